//! Inputs in tests, as each front gives them.

use patkeeper_core::failure::Failure;

use super::{BadInput, Inputs};
use crate::registry::{Input, Task};

/// The value of this name, whatever its letter case.
pub(super) fn find(values: &[(&str, &str)], name: &str) -> Option<String> {
    let found = values.iter().find(|(given, _)| given.eq_ignore_ascii_case(name));
    found.map(|(_, value)| (*value).to_owned())
}

/// As an agent gives them: every input is there, with the default of `task.json` or empty.
pub(super) fn by_agent(task: &'static Task, values: &[(&str, &str)]) -> Result<Inputs, BadInput> {
    let filled_in = task.inputs.iter().map(|input| {
        let default = input.default.filter(|_| input.default_in_manifest);
        (input.name, default.unwrap_or_default())
    });
    let all: Vec<_> = values.iter().copied().chain(filled_in).collect();
    Inputs::from_agent(task, |name| match name {
        "AGENT_TEMPDIRECTORY" => Some("/agent/_temp".to_owned()),
        _ => find(&all, name.strip_prefix("INPUT_")?),
    })
}

/// As a person at a terminal gives them.
pub(super) fn by_people(task: &'static Task, values: &[(&str, &str)]) -> Result<Inputs, BadInput> {
    Inputs::from_flags(task, |name| find(values, name))
}

/// The one message, which names the input as its reader knows it, on either front; and the exit code.
pub(super) fn refusal(input: &Input, by_agent: BadInput, by_people: BadInput) -> String {
    assert_eq!(by_agent.input, input.name, "{by_agent}");
    assert!(
        by_agent.message.starts_with(&format!("{}: ", input.name)),
        "{by_agent}"
    );
    assert!(
        by_people.message.starts_with(&format!("--{}: ", input.flag())),
        "{by_people}"
    );
    assert_eq!(Failure::from(by_people).kind.exit_code(), 2);
    by_agent.message
}
