//! How a monitoring step ends.

use super::{FailOn, FailOnPolicy};
use crate::failure::FailureKind;
use crate::report::{Report, Severity, Verdict};

/// How a step ends: the agent's three results.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepResult {
    /// `Succeeded`.
    Succeeded,
    /// `SucceededWithIssues`.
    SucceededWithIssues,
    /// `Failed`.
    Failed,
}

/// The end of a monitoring step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StepEnd {
    /// The agent's result.
    pub result: StepResult,
    /// The process's exit code: 0 unless the step fails.
    pub exit_code: u8,
}

/// How the step ends by the contract: threshold, policy threshold, and what could not be read.
///
/// What could not be read always fails. Of several reasons to fail, the exit code is that of the greatest
/// [`FailureKind`].
#[must_use]
pub fn step_end(report: &Report, fail_on: FailOn, fail_on_policy: FailOnPolicy) -> StepEnd {
    let unreadable = report.unreadable.iter().map(|entry| entry.failure.kind);
    // A report of another program may call itself unknown and not say why.
    let unknown = (report.status == Verdict::Unknown).then_some(FailureKind::Service);
    let unknown = if report.unreadable.is_empty() {
        unknown
    } else {
        None
    };
    let over = (fail_on.reaches(report.status) || report.breaks_policy(fail_on_policy))
        .then_some(FailureKind::Verdict);
    match unreadable.chain(unknown).chain(over).max() {
        Some(kind) => StepEnd {
            result: StepResult::Failed,
            exit_code: kind.exit_code(),
        },
        None if report.status == Verdict::Ok => StepEnd {
            result: StepResult::Succeeded,
            exit_code: 0,
        },
        None => StepEnd {
            result: StepResult::SucceededWithIssues,
            exit_code: 0,
        },
    }
}

impl Report {
    /// The findings that no waiver covers.
    pub fn counting_findings(&self) -> impl Iterator<Item = &crate::report::Finding> {
        self.findings.iter().filter(|finding| finding.waived.is_none())
    }

    /// Whether a finding fails a step with this threshold.
    pub(crate) fn breaks_policy(&self, fail_on_policy: FailOnPolicy) -> bool {
        self.counting_findings()
            .any(|finding| fail_on_policy.reaches(finding.severity))
    }

    /// Whether `alertOn: attention` tells the team: the verdict is not `ok`, the step fails, or a policy finding
    /// of severity `error` has no waiver.
    #[must_use]
    pub fn needs_attention(&self, end: StepEnd) -> bool {
        self.status != Verdict::Ok
            || end.result == StepResult::Failed
            || self
                .counting_findings()
                .any(|finding| finding.severity == Severity::Error)
    }
}
