//! What is worth saying of a log beside what it holds.

use chrono::{DateTime, TimeDelta, Utc};

use super::report::{AuditSettings, AuditTotals};
use super::settings::{FailOn, KEPT_DAYS};
use super::tally::{LISTED, OrganizationLog, Seen};
use crate::time::minute;

/// How to see whether auditing is on.
const CHECK: &str = "look under Organization settings, Policies, Log Audit Events";

pub(super) fn notes(
    logs: &[(&OrganizationLog, Seen)],
    settings: &AuditSettings,
    totals: &AuditTotals,
    sees_leaks: bool,
    now: DateTime<Utc>,
) -> Vec<String> {
    let mut notes = Vec::new();
    let span = format!("from {} to {}", minute(settings.from), minute(settings.to));
    for (log, seen) in logs {
        let name = log.organization.name();
        let whole = log.unreadable.is_empty() && log.more_unreadable == 0;
        let inside = seen.read - seen.outside;
        if whole && inside == 0 {
            notes.push(format!(
                "{name}: the audit log has no entry at all {span}. That is rare while auditing is on, and it is off \
                 until somebody turns it on; what happens while it is off is never recorded: {CHECK}."
            ));
        } else if whole && seen.matching == 0 {
            let entries = number(inside, "entry", "entries");
            notes.push(format!(
                "{name}: auditing was on ({entries} {span}), and none of them matches: nothing of what was asked for \
                 happened while it was on."
            ));
        }
        if seen.other_leaks > 0 {
            let leaks = number(seen.other_leaks, "entry says", "entries say");
            notes.push(format!(
                "{name}: {leaks} that a PAT was found in a public repository, and the patterns leave them out: they \
                 are not counted and fail nothing. Run it again without actions and actors, and see docs/incident.md."
            ));
        }
        if seen.queries > 0 {
            notes.push(format!(
                "{name}: reading the log is itself recorded in it: Patkeeper's own queries are among the \
                 AuditLog.AccessLog events."
            ));
        }
        if log.more_unreadable > 0 {
            notes.push(format!(
                "{name}: {} more things could not be read than are named.",
                log.more_unreadable
            ));
        }
        if seen.outside > 0 {
            let entries = number(seen.outside, "entry", "entries");
            notes.push(format!(
                "{name}: the service handed out {entries} of another time, too: left out."
            ));
        }
    }
    if settings.fail_on == FailOn::Leaked && !sees_leaks {
        notes.push(format!(
            "failOn is leaked, and no pattern of actions matches {}: no leak can fail this step.",
            super::pat::LEAK
        ));
    }
    if now.checked_sub_signed(TimeDelta::days(i64::from(KEPT_DAYS)) + TimeDelta::hours(1))
        > Some(settings.from)
    {
        notes.push(format!(
            "The service keeps its log for {KEPT_DAYS} days: what is older than that is not in it any more."
        ));
    }
    if totals.not_listed > 0 {
        notes.push(format!(
            "{} events are counted and not listed: a report lists {LISTED}, those of leaks and of full access first, \
             then the newest.",
            totals.not_listed
        ));
    }
    notes
}

fn number(number: u32, one: &str, several: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { several })
}
