//! The agent's front: one task, from `INPUT_*` to `task.complete`.

use std::ffi::OsString;
use std::process::ExitCode;

use patkeeper_agent::Front;
use patkeeper_agent::console::Console;
use patkeeper_agent::context::AgentContext;
use patkeeper_agent::inputs::Inputs;
use patkeeper_agent::registry::{self, Task};
use patkeeper_core::failure::{Failure, FailureKind};

use crate::job::{self, Around};
use crate::run::{self, Ending};

/// Runs the task of this name.
pub(crate) fn run(name: &str) -> ExitCode {
    let context = AgentContext::read(variable);
    let task = registry::task(name);
    let (console, right) = Console::new(
        Front::Agent,
        task,
        context.debug,
        std::io::stdout(),
        std::io::stderr(),
    );
    run::report_bugs(&console);
    end_with_parent();
    let ending = match task {
        Some(task) => {
            perform(task, &context, &console).unwrap_or_else(|failure| run::failed(&console, &failure))
        }
        None => {
            let what = format!("'{name}' is no task of Patkeeper {}.", env!("CARGO_PKG_VERSION"));
            run::failed(&console, &Failure::new(FailureKind::Input, what))
        }
    };
    console.complete(right, ending.result, &ending.message);
    ExitCode::from(ending.exit_code)
}

fn perform(task: &'static Task, context: &AgentContext, console: &Console) -> Result<Ending, Failure> {
    let inputs = run::masked(console, Inputs::from_agent(task, variable)?);
    let variables: Vec<(String, String)> = std::env::vars_os()
        .map(|(name, value)| (text(name), text(value)))
        .collect();
    let around = Around {
        network: run::network(variable)?,
        context,
        variables: &variables,
        console,
    };
    job::perform(task, &inputs, around)
}

/// An agent that has waited long enough kills the shim, and only the shim. What is left of the step must not go on
/// without it: the kernel then asks this process to stop, which ends it as a cancellation does.
fn end_with_parent() {
    #[cfg(target_os = "linux")]
    let _ = rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::TERM));
}

/// A variable of the process.
fn variable(name: &str) -> Option<String> {
    std::env::var_os(name).map(text)
}

/// Text that is no Unicode is kept as far as it can be: an input that is there must not read as one that is not.
fn text(value: OsString) -> String {
    value.to_string_lossy().into_owned()
}
