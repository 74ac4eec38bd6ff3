//! The verdict in one line.

use super::words;
use crate::judge::{FailOn, FailOnPolicy, StepEnd, StepResult, step_end};
use crate::report::{Report, Verdict};

/// The report's `failOn`. One that this version does not know fails no step that it can tell of.
pub(super) fn fail_on(report: &Report) -> FailOn {
    FailOn::parse(&report.settings.fail_on).unwrap_or(FailOn::Never)
}

/// The report's `failOnPolicy`, as [`fail_on`].
pub(super) fn fail_on_policy(report: &Report) -> FailOnPolicy {
    FailOnPolicy::parse(&report.settings.fail_on_policy).unwrap_or(FailOnPolicy::Never)
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

/// [`verdict_line`] of a report whose step's end is not at hand.
#[must_use]
pub fn own_verdict_line(report: &Report) -> String {
    verdict_line(report, own_end(report))
}

/// How the step of a report ends by its own settings.
#[must_use]
pub fn own_end(report: &Report) -> StepEnd {
    step_end(report, fail_on(report), fail_on_policy(report))
}

/// [`own_verdict_line`] in its two parts.
pub(super) fn verdict_of(report: &Report) -> (String, String) {
    let end = own_end(report);
    (judgment(report, end.result == StepResult::Failed), counts(report))
}

fn judgment(report: &Report, failed: bool) -> String {
    let verdict = report.status.as_str();
    let (fail_on, fail_on_policy) = (fail_on(report), fail_on_policy(report));
    if report.status == Verdict::Unknown {
        return format!("{verdict} (always fails)");
    }
    let (on, on_policy) = (fail_on.as_str(), fail_on_policy.as_str());
    match (failed, fail_on.reaches(report.status)) {
        (true, true) => format!("{verdict} (fails on: {on})"),
        (true, false) if report.breaks_policy(fail_on_policy) => {
            format!("{verdict}, but policy fails the step (fails on policy: {on_policy})")
        }
        (true, false) => format!("{verdict}, but the step fails"),
        (false, _) if report.status == Verdict::Ok => verdict.to_owned(),
        (false, _) => format!("{verdict}, the step goes on (fails on: {on})"),
    }
}

/// Starts with a capital letter or a digit.
fn counts(report: &Report) -> String {
    let totals = report.totals;
    let number = |number: u32, thing: &str| (number > 0).then(|| words::count(number as usize, thing));
    let urgent = words::counts([
        (totals.expired as usize, "expired"),
        (totals.critical as usize, "critical"),
        (totals.warning as usize, "warning"),
    ]);
    let part = words::part(report);
    let judged = match (urgent.is_empty(), totals.total as usize) {
        (_, 0) if part.is_some() => "no PAT judged".to_owned(),
        (_, 0) => "No PAT judged".to_owned(),
        (true, total) => format!("{} judged", words::count(total, "PAT")),
        (false, total) => format!("{} of {} judged", urgent.join(", "), words::number(total)),
    };
    let others = [
        number(totals.missing, "pattern").map(|patterns| format!("{patterns} without a match")),
        number(totals.unreadable, "thing").map(|things| format!("{things} could not be read")),
        number(totals.policy_findings, "policy finding"),
    ];
    let counts: Vec<String> = [Some(judged)].into_iter().chain(others).flatten().collect();
    let part = part.map(|part| format!("{part}: ")).unwrap_or_default();
    format!("{part}{}", counts.join("; "))
}
