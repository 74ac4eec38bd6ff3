//! The verdict in one line.

use super::words;
use crate::judge::{StepEnd, StepResult};
use crate::report::{PatStatus, Report, Severity, Verdict};
use crate::text::plain;

/// The mildest verdict that fails the step, by the setting's text; `None` when only the unknown does.
fn threshold(report: &Report) -> Option<Verdict> {
    match report.settings.fail_on.as_str() {
        "warning" => Some(Verdict::Warning),
        "critical" => Some(Verdict::Critical),
        "expired" => Some(Verdict::Expired),
        _ => None,
    }
}

/// Whether this verdict fails a step with the report's `failOn`.
pub(super) fn fails(report: &Report, verdict: Verdict) -> bool {
    verdict == Verdict::Unknown || threshold(report).is_some_and(|mildest| verdict >= mildest)
}

/// The verdict that one PAT alone would give.
pub(super) fn of_status(status: PatStatus) -> Verdict {
    match status {
        PatStatus::Replaced | PatStatus::Healthy => Verdict::Ok,
        PatStatus::Warning => Verdict::Warning,
        PatStatus::Critical => Verdict::Critical,
        PatStatus::Expired => Verdict::Expired,
    }
}

/// Whether a finding of this severity fails a step with the report's `failOnPolicy`.
pub(super) fn policy_fails(report: &Report, severity: Severity) -> bool {
    match report.settings.fail_on_policy.as_str() {
        "error" => severity >= Severity::Error,
        "warning" => severity >= Severity::Warning,
        _ => false,
    }
}

fn policy_fails_step(report: &Report) -> bool {
    report
        .findings
        .iter()
        .any(|finding| finding.waived.is_none() && policy_fails(report, finding.severity))
}

/// The verdict in one line, the last one of the log: what it is, whether and why it fails the step, and the counts.
#[must_use]
pub fn verdict_line(report: &Report, end: StepEnd) -> String {
    format!(
        "Verdict: {}. {}.",
        judgment(report, end.result == StepResult::Failed),
        counts(report)
    )
}

/// [`verdict_line`] for a report whose step's end is not at hand: by its own settings.
pub(super) fn verdict_of(report: &Report) -> (String, String) {
    let failed = !report.unreadable.is_empty() || fails(report, report.status) || policy_fails_step(report);
    (judgment(report, failed), counts(report))
}

fn judgment(report: &Report, failed: bool) -> String {
    let verdict = report.status.as_str();
    let fail_on = plain(&report.settings.fail_on);
    let fail_on_policy = plain(&report.settings.fail_on_policy);
    if report.status == Verdict::Unknown {
        return format!("{verdict} (always fails)");
    }
    match (failed, fails(report, report.status)) {
        (true, true) => format!("{verdict} (fails on: {fail_on})"),
        (true, false) if policy_fails_step(report) => {
            format!("{verdict}, but policy fails the step (fails on policy: {fail_on_policy})")
        }
        (true, false) => format!("{verdict}, but the step fails"),
        (false, _) if report.status == Verdict::Ok => verdict.to_owned(),
        (false, _) if threshold(report).is_none() => format!("{verdict}, the step goes on (fails on: never)"),
        (false, _) => format!("{verdict}, the step goes on (fails on: {fail_on})"),
    }
}

/// Starts with a capital letter or a digit.
fn counts(report: &Report) -> String {
    let totals = report.totals;
    let number = |number: u32, thing: &str| (number > 0).then(|| words::count(number as usize, thing));
    let urgent: Vec<String> = [
        (totals.expired, "expired"),
        (totals.critical, "critical"),
        (totals.warning, "warning"),
    ]
    .into_iter()
    .filter(|(number, _)| *number > 0)
    .map(|(number, what)| format!("{number} {what}"))
    .collect();
    let judged = match (urgent.is_empty(), totals.total) {
        (_, 0) => "No PAT judged".to_owned(),
        (true, total) => format!("{} judged", words::count(total as usize, "PAT")),
        (false, total) => format!("{} of {total} judged", urgent.join(", ")),
    };
    let others = [
        number(totals.missing, "pattern").map(|patterns| format!("{patterns} without a match")),
        number(totals.unreadable, "thing").map(|things| format!("{things} could not be read")),
        number(totals.policy_findings, "policy finding"),
    ];
    [Some(judged)]
        .into_iter()
        .chain(others)
        .flatten()
        .collect::<Vec<_>>()
        .join("; ")
}
