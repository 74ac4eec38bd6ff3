//! A step's last words, and what it leaves for the steps after it.

use patkeeper_agent::Front;
use patkeeper_agent::console::Console;
use patkeeper_core::failure::Failure;
use patkeeper_core::judge::{StepEnd, StepResult};
use patkeeper_core::{render, text};
use patkeeper_lifecycle::organization::Progress;

use crate::report::Written;
use crate::run::{Ending, words};

/// Causes said beside the step; an agent keeps ten errors of one.
const MOST_CAUSES: usize = 3;

/// Which channels were told and which files were written.
pub(crate) fn closing(console: &Console, told: &[&str], written: &Written) {
    let files = written.names();
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    let closing = render::closing(told, &files);
    if !closing.is_empty() {
        console.text("");
        console.text(&closing);
    }
}

/// Sets outputs. One that the task does not declare is a bug that must not hide the others.
pub(crate) fn outputs(console: &Console, outputs: impl IntoIterator<Item = (&'static str, String)>) {
    for (name, value) in outputs {
        if let Err(error) = console.set_output(name, &value) {
            console.warning(&error.to_string());
        }
    }
}

/// The last line, as loud as it is grave. Beside a step that failed, its causes are said too: they are what a person
/// looks for first. A cause that the last line is itself is said there, once, with its code and what to do.
pub(crate) fn the_end<'a>(
    console: &Console,
    end: StepEnd,
    sentence: &str,
    causes: impl Iterator<Item = &'a Failure>,
) -> Ending {
    let mut last = None;
    if end.result == StepResult::Failed && console.front() == Front::Agent {
        let mut said: Vec<&Failure> = Vec::new();
        for failure in causes {
            if text::plain(&failure.what) == sentence {
                last = Some(failure);
            } else if said.len() < MOST_CAUSES && !said.contains(&failure) {
                console.error_with_code(failure.code.as_deref(), &words(failure));
                said.push(failure);
            }
        }
    }
    match (end.result, last) {
        (StepResult::Succeeded, _) => console.text(sentence),
        (StepResult::SucceededWithIssues, _) => console.warning(sentence),
        (StepResult::Failed, None) => console.error(sentence),
        (StepResult::Failed, Some(failure)) => {
            console.error_with_code(failure.code.as_deref(), &words(failure));
        }
    }
    Ending {
        result: end.result,
        exit_code: end.exit_code,
        message: sentence.to_owned(),
    }
}

/// `1200 of 20000 users read`.
pub(crate) fn users_read(progress: Progress) -> String {
    let known = match progress.all_known {
        true => "",
        false => "at least ",
    };
    format!("{} of {known}{} users read", progress.done, progress.known)
}
