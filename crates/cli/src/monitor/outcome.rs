//! What a step leaves for the steps after it.

use patkeeper_agent::console::Console;
use patkeeper_core::report::Report;

use crate::report::Written;
use crate::say;

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
        ("reportJson", written.json()),
    ];
    say::outputs(console, outputs);
}
