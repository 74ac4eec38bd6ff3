//! `requireNames`: a gate must not pass because its token is gone.

use chrono::{DateTime, Utc};

use super::gather::own_pats;
use crate::failure::{Failure, FailureKind};
use crate::glob::Glob;
use crate::reading::OrganizationReading;
use crate::report::{Missing, Undecided, UnreadableEntry};

/// The patterns, and what the lists seen so far say about each.
#[derive(Debug)]
pub(super) struct Required<'a> {
    patterns: Vec<(&'a Glob, Answer)>,
}

/// What came of the patterns.
#[derive(Debug, Default)]
pub(super) struct Answers {
    /// No live PAT matches.
    pub(super) missing: Vec<Missing>,
    /// A live PAT matches that may belong to another organization.
    pub(super) undecided: Vec<Undecided>,
}

/// What the lists say about one pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Answer {
    No,
    /// Only if the account that the PAT names is this organization.
    Perhaps(String),
    Yes,
}

impl<'a> Required<'a> {
    pub(super) fn new(patterns: &'a [Glob]) -> Self {
        Self {
            patterns: patterns.iter().map(|pattern| (pattern, Answer::No)).collect(),
        }
    }

    /// Looks for a live PAT for each pattern, in any of the organizations. One that a newer one has replaced counts:
    /// it still opens what it opened.
    pub(super) fn look(&mut self, reading: &OrganizationReading, now: DateTime<Utc>) {
        if self.patterns.iter().all(|(_, answer)| *answer == Answer::Yes) {
            return;
        }
        let account_known = reading.account_id.is_some();
        for pat in own_pats(reading).into_values().filter(|pat| pat.is_live(now)) {
            for (pattern, answer) in &mut self.patterns {
                if *answer == Answer::Yes || !pattern.matches(&pat.display_name) {
                    continue;
                }
                // A global PAT is valid here whichever organization this is, and so is taken one that names no
                // account.
                if account_known || pat.reach.accounts().is_empty() {
                    *answer = Answer::Yes;
                    continue;
                }
                // Of several organizations the same one is named, in whatever order they come.
                let name = reading.organization.name();
                match answer {
                    Answer::Perhaps(other) if other.as_str() <= name => {}
                    _ => *answer = Answer::Perhaps(name.to_owned()),
                }
            }
        }
    }

    pub(super) fn answers(self) -> Answers {
        let mut answers = Answers::default();
        for (pattern, answer) in self.patterns {
            let pattern = pattern.as_str().to_owned();
            match answer {
                Answer::Yes => {}
                Answer::Perhaps(organization) => answers.undecided.push(Undecided {
                    organization,
                    pattern,
                }),
                Answer::No => answers.missing.push(missing(pattern)),
            }
        }
        answers
    }
}

pub(crate) fn missing(pattern: String) -> Missing {
    Missing {
        input: "requireNames".to_owned(),
        pattern,
    }
}

/// All patterns of `names` together, where nothing matched any of them.
pub(crate) fn nothing_named(patterns: &[String]) -> Missing {
    Missing {
        input: "names".to_owned(),
        pattern: patterns.join(" "),
    }
}

pub(crate) fn undecided(of: &Undecided) -> UnreadableEntry {
    let Undecided {
        organization,
        pattern,
    } = of;
    UnreadableEntry {
        organization: organization.clone(),
        what: format!("whether {organization} has a live PAT that matches {pattern}"),
        failure: Failure::new(
            FailureKind::Service,
            format!("A PAT that matches {pattern} is listed, but it may be another organization's."),
        )
        .with_code("accountNotKnown")
        .with_why(format!(
            "Connection data did not tell which account {organization} is."
        ))
        .with_way_out("Sign in with a token that may read connection data (docs/sign-in.md#connection-data)")
        .with_way_out("Run in a pipeline of this organization, which tells its account"),
    }
}
