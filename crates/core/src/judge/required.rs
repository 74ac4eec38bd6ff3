//! `requireNames`: a gate must not pass because its token is gone.

use chrono::{DateTime, Utc};

use super::gather::own_pats;
use crate::failure::{Failure, FailureKind};
use crate::glob::Glob;
use crate::reading::OrganizationReading;
use crate::report::{Missing, UnreadableEntry};

/// What came of the patterns.
#[derive(Debug, Default)]
pub(super) struct Required {
    /// No live PAT matches.
    pub(super) missing: Vec<Missing>,
    /// A live PAT matches that may belong to another organization.
    pub(super) undecided: Vec<UnreadableEntry>,
}

/// What one organization's list says about one pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Answer {
    No,
    /// Only if the account that the PAT names is this organization.
    Perhaps,
    Yes,
}

/// Looks for a live PAT for each pattern, in any of the organizations. One that a newer one has replaced counts:
/// it still opens what it opened.
pub(super) fn check(readings: &[OrganizationReading], patterns: &[Glob], now: DateTime<Utc>) -> Required {
    let mut required = Required::default();
    for pattern in patterns {
        let answers = readings
            .iter()
            .map(|reading| (answer(reading, pattern, now), reading));
        match answers.max_by_key(|(answer, _)| *answer) {
            Some((Answer::Yes, _)) => {}
            Some((Answer::Perhaps, reading)) => required.undecided.push(undecided(reading, pattern)),
            Some((Answer::No, _)) | None => required.missing.push(Missing {
                input: "requireNames".to_owned(),
                pattern: pattern.as_str().to_owned(),
            }),
        }
    }
    required
}

fn answer(reading: &OrganizationReading, pattern: &Glob, now: DateTime<Utc>) -> Answer {
    let pats = own_pats(reading);
    let matching = || {
        pats.values()
            .filter(|pat| pat.is_live(now) && pattern.matches(&pat.display_name))
    };
    if reading.account_id.is_some() {
        return if matching().next().is_some() {
            Answer::Yes
        } else {
            Answer::No
        };
    }
    // A global PAT is valid here whichever organization this is, and so is taken one that names no account.
    match matching().map(|pat| pat.reach.accounts().is_empty()).max() {
        None => Answer::No,
        Some(false) => Answer::Perhaps,
        Some(true) => Answer::Yes,
    }
}

fn undecided(reading: &OrganizationReading, pattern: &Glob) -> UnreadableEntry {
    let organization = reading.organization.name();
    let pattern = pattern.as_str();
    UnreadableEntry {
        organization: organization.to_owned(),
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
