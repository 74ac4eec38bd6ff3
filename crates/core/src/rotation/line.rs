//! A step in words, with what came of it.

use chrono::{DateTime, TimeDelta, Utc};

use super::step::{Outcome, Step};
use crate::time::minute;

/// One step and what came of it. The label is a verb, and the words its object: *mint* `ci-…, vso.code, until …`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The step's name: see [`Step::label`].
    pub label: &'static str,
    /// What it was done to, and why. May quote a stranger's text.
    pub words: String,
    /// What came of it, in a few words; empty where nothing is to be said but that it was done.
    pub outcome: String,
    /// What else is to be said of it: why it failed, or that less was granted than was asked for. A sentence, mostly
    /// empty. May quote a stranger's text.
    pub more: String,
}

impl Line {
    /// The step with what came of it.
    #[must_use]
    pub fn of(step: &Step, outcome: &Outcome) -> Self {
        let (outcome, more) = came(step, outcome);
        Self {
            label: step.label(),
            words: step.words(),
            outcome,
            more,
        }
    }
}

fn came(step: &Step, outcome: &Outcome) -> (String, String) {
    let done = |words: &str| (words.to_owned(), String::new());
    match outcome {
        Outcome::Failed(failure) => ("failed".to_owned(), failure.what.clone()),
        Outcome::Refused(failure) => ("refused".to_owned(), failure.what.clone()),
        Outcome::Unclear(failure) => (
            "no clear answer: it may have been done".to_owned(),
            failure.what.clone(),
        ),
        Outcome::Gone => done("the service says that there is no such PAT"),
        Outcome::OtherValue => done("another value"),
        Outcome::SameValue => done("the same value"),
        Outcome::Works => match step {
            // A dry run takes for granted what it has not asked.
            Step::ReadCurrent { .. } => done(""),
            _ => done("it works"),
        },
        Outcome::Found(pats) => match step {
            Step::FindByName { name } if pats.iter().any(|pat| pat.display_name == *name) => {
                done("there is one")
            }
            _ => done("there is none"),
        },
        Outcome::Stored { version } => done(&format!("version {version}")),
        Outcome::Minted { id, valid_to } => (format!("id {id}"), shortened(step, *valid_to)),
        Outcome::Extended { valid_to } => match shortened(step, *valid_to) {
            more if more.is_empty() => (more, SAFER.to_owned()),
            more => (String::new(), more),
        },
        Outcome::Written { version } => match step {
            Step::WriteTags(write) if write.version.is_none() => {
                done(&format!("version {version}, a disabled one without a value"))
            }
            _ => done(""),
        },
        Outcome::Ended(_) | Outcome::Revoked | Outcome::Current(_) => done(""),
    }
}

/// What whoever extends should know.
const SAFER: &str = "Its text is the same, wherever it has got to. Replacing is safer: mode: replace.";

/// What is said where the service has given a sooner end than it was asked for.
fn shortened(step: &Step, issued: DateTime<Utc>) -> String {
    match step {
        Step::Mint { valid_to: asked, .. } | Step::Extend { valid_to: asked, .. }
            if is_shortened(*asked, issued) =>
        {
            format!(
                "It ends {}, sooner than asked for: your tenant's policy. That is the date from here on.",
                minute(issued)
            )
        }
        _ => String::new(),
    }
}

/// Whether an end is so much sooner than the one asked for that it is to be said.
pub(super) fn is_shortened(asked: DateTime<Utc>, issued: DateTime<Utc>) -> bool {
    asked - issued > TimeDelta::hours(1)
}
