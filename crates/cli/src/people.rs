//! The front for people and scripts: flags in, plain text out.

use std::io::Read;
use std::process::ExitCode;

use clap::ArgMatches;
use patkeeper_agent::Front;
use patkeeper_agent::console::Console;
use patkeeper_agent::context::AgentContext;
use patkeeper_agent::inputs::Inputs;
use patkeeper_agent::registry::{Input, Task};
use patkeeper_core::failure::{Failure, FailureKind};
use patkeeper_http::Settings;
use secrecy::{ExposeSecret, SecretString};

use crate::commands::text;
use crate::job::{self, Around};
use crate::run::{self, Ending};

/// Runs the task that the command stands for.
pub(crate) fn run(task: &'static Task, matches: &ArgMatches) -> ExitCode {
    command(task, matches, |console| {
        let inputs = run::masked(console, inputs(task, matches)?);
        let around = Around {
            network: network()?,
            context: &AgentContext::default(),
            variables: &[],
            console,
        };
        job::perform(task, &inputs, around)
    })
}

/// Runs one command for a person, and says how it ended.
pub(crate) fn command(
    task: &'static Task,
    matches: &ArgMatches,
    work: impl FnOnce(&Console) -> Result<Ending, Failure>,
) -> ExitCode {
    let verbose = matches.get_flag("verbose");
    let (console, right) = Console::new(
        Front::People,
        Some(task),
        verbose,
        std::io::stdout(),
        std::io::stderr(),
    );
    run::report_bugs(&console);
    let ending = work(&console).unwrap_or_else(|failure| run::failed(&console, &failure));
    console.complete(right, ending.result, &ending.message);
    ExitCode::from(ending.exit_code)
}

/// The flags given.
pub(crate) fn inputs(task: &'static Task, matches: &ArgMatches) -> Result<Inputs, Failure> {
    let typed_in = typed_in(task, matches)?;
    let flag = |name: &str| match &typed_in {
        Some((input, value)) if *input == name => Some(value.clone()),
        _ => text(matches, name),
    };
    for input in task.inputs.iter().filter(|input| input.secret) {
        if let Some(value) = flag(input.name) {
            refuse_lost(input, &value)?;
        }
    }
    Ok(Inputs::from_flags(task, flag)?)
}

/// Proxy and trust as the machine has them.
pub(crate) fn network() -> Result<Settings, Failure> {
    run::network(|name| std::env::var(name).ok())
}

/// The one secret that is read from standard input, if its flag says `-`.
fn typed_in(task: &'static Task, matches: &ArgMatches) -> Result<Option<(&'static str, String)>, Failure> {
    let mut dashes = task
        .inputs
        .iter()
        .filter(|input| input.secret && text(matches, input.name).as_deref() == Some("-"));
    let Some(input) = dashes.next() else {
        return Ok(None);
    };
    if let Some(other) = dashes.next() {
        let what = format!(
            "{} and {} cannot both be read from standard input.",
            input.flag(),
            other.flag()
        );
        return Err(Failure::new(FailureKind::Input, what));
    }
    let value = typed(&input.flag())?;
    Ok(Some((input.name, value.expose_secret().to_owned())))
}

/// All of standard input; `what` names it.
pub(crate) fn typed(what: &str) -> Result<SecretString, Failure> {
    let mut value = String::new();
    let read = std::io::stdin().take(64 * 1024).read_to_string(&mut value);
    let value = SecretString::from(value);
    read.map_err(|error| {
        let what = format!("{what} could not be read from standard input: {error}.");
        Failure::new(FailureKind::Input, what)
    })?;
    Ok(value)
}

/// A secret that is given and empty, or more than one line, was lost on its way: it must not read as one that was
/// never given, since that would be another sign-in.
fn refuse_lost(input: &Input, value: &str) -> Result<(), Failure> {
    let why = match value.trim() {
        "" => "it is given, and empty",
        text if text.contains(['\r', '\n']) => "it has more than one line",
        _ => return Ok(()),
    };
    let what = format!(
        "{}: {why} (its value is not shown, because it is a secret).",
        Front::People.label(input.name)
    );
    Err(Failure::new(FailureKind::Input, what).with_code("badInput"))
}
