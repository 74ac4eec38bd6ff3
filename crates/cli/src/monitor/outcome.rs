//! What a step leaves for the steps after it, and its last words.

use patkeeper_agent::Front;
use patkeeper_agent::console::Console;
use patkeeper_core::failure::Failure;
use patkeeper_core::judge::{StepEnd, StepResult};
use patkeeper_core::report::{Report, Verdict};

use super::reports::Written;
use crate::run::words;

/// Causes said beside the step; an agent keeps ten errors of one.
const MOST_CAUSES: usize = 3;

/// Sets every output of the contract.
pub(crate) fn set_outputs(console: &Console, report: &Report, written: &Written) {
    let totals = report.totals;
    let soonest = report.soonest.as_ref();
    let outputs = [
        ("status", report.status.as_str().to_owned()),
        ("total", totals.total.to_string()),
        ("healthy", totals.healthy.to_string()),
        ("warning", totals.warning.to_string()),
        ("critical", totals.critical.to_string()),
        ("expired", totals.expired.to_string()),
        ("missing", totals.missing.to_string()),
        ("replaced", totals.replaced.to_string()),
        ("unreadable", totals.unreadable.to_string()),
        ("policyFindings", totals.policy_findings.to_string()),
        (
            "soonestExpiryDays",
            soonest
                .map(|soonest| soonest.days_left.to_string())
                .unwrap_or_default(),
        ),
        (
            "soonestExpiryName",
            soonest
                .map(|soonest| patkeeper_core::text::plain(&soonest.display_name))
                .unwrap_or_default(),
        ),
        (
            "reportJson",
            written
                .json
                .as_deref()
                .map(|path| path.to_string_lossy().into_owned())
                .unwrap_or_default(),
        ),
    ];
    for (name, value) in outputs {
        if let Err(error) = console.set_output(name, &value) {
            console.warning(&error.to_string());
        }
    }
}

/// The verdict, as loud as it is grave. What could not be read is said beside the step too: its reasons are what a
/// person looks for first.
pub(crate) fn say(console: &Console, report: &Report, end: StepEnd, verdict: &str) {
    if report.status == Verdict::Unknown && console.front() == Front::Agent {
        let mut said: Vec<&Failure> = Vec::new();
        for entry in &report.unreadable {
            if said.len() < MOST_CAUSES && !said.contains(&&entry.failure) {
                console.error_with_code(entry.failure.code.as_deref(), &words(&entry.failure));
                said.push(&entry.failure);
            }
        }
    }
    match end.result {
        StepResult::Succeeded => console.text(verdict),
        StepResult::SucceededWithIssues => console.warning(verdict),
        StepResult::Failed => console.error(verdict),
    }
}
