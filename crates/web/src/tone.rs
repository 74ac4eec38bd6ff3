//! How something stands, as a color and a sign.

use patkeeper_core::judge::{StepEnd, StepResult};
use patkeeper_core::report::{Finding, PatStatus, Severity, Verdict};

use crate::model::{Count, Tone};

impl Tone {
    pub(crate) fn of_status(status: PatStatus) -> Self {
        match status {
            PatStatus::Healthy => Self::Good,
            PatStatus::Replaced => Self::Notice,
            PatStatus::Warning => Self::Warning,
            PatStatus::Critical => Self::Critical,
            PatStatus::Expired => Self::Bad,
        }
    }

    pub(crate) fn of_verdict(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Ok => Self::Good,
            Verdict::Warning => Self::Warning,
            Verdict::Critical => Self::Critical,
            Verdict::Expired | Verdict::Missing => Self::Bad,
            Verdict::Unknown => Self::Unknown,
        }
    }

    pub(crate) fn of_severity(severity: Severity) -> Self {
        match severity {
            Severity::Off => Self::Good,
            Severity::Notice => Self::Notice,
            Severity::Warning => Self::Warning,
            Severity::Error => Self::Critical,
        }
    }

    pub(crate) fn of_finding(finding: &Finding) -> Self {
        match finding.waived {
            Some(_) => Self::Good,
            None => Self::of_severity(finding.severity),
        }
    }

    pub(crate) fn of_end(end: StepEnd) -> Self {
        match end.result {
            StepResult::Succeeded => Self::Good,
            StepResult::SucceededWithIssues => Self::Warning,
            StepResult::Failed => Self::Bad,
        }
    }
}

/// How many PATs have a status.
pub(crate) fn count(status: PatStatus, count: u32) -> Count {
    let label = match status {
        PatStatus::Expired => "Expired",
        PatStatus::Critical => "Critical",
        PatStatus::Warning => "Warning",
        PatStatus::Healthy => "Healthy",
        PatStatus::Replaced => "Replaced",
    };
    Count {
        id: status.as_str().to_owned(),
        label: label.to_owned(),
        count,
        tone: Tone::of_status(status),
    }
}
