//! How an auditing step ends, and its last sentence.

use super::{AuditReport, FailOn};
use crate::failure::FailureKind;
use crate::judge::{StepEnd, StepResult};

impl AuditReport {
    /// How the step ends: `failOn`, and what could not be read, which always fails it. Of several reasons the exit
    /// code is that of the greatest [`FailureKind`].
    #[must_use]
    pub fn end(&self) -> StepEnd {
        let unreadable = self.unreadable.iter().map(|entry| entry.failure.kind);
        let over = self.is_over().then_some(FailureKind::Verdict);
        let (result, exit_code) = match unreadable.chain(over).max() {
            Some(kind) => (StepResult::Failed, kind.exit_code()),
            None if self.totals.leaked > 0 => (StepResult::SucceededWithIssues, 0),
            None => (StepResult::Succeeded, 0),
        };
        StepEnd { result, exit_code }
    }

    /// Whether a team is to be told: the step fails, a PAT was found in a public repository, one was made with full
    /// access, or the system revoked one.
    #[must_use]
    pub fn needs_attention(&self) -> bool {
        let totals = &self.totals;
        self.end().result == StepResult::Failed
            || totals.leaked + totals.full_scope + totals.system_revoked > 0
    }

    /// Whether what was found is at or over the threshold.
    fn is_over(&self) -> bool {
        match self.settings.fail_on {
            FailOn::Never => false,
            FailOn::Leaked => self.totals.leaked > 0,
            FailOn::Any => self.totals.events > 0,
        }
    }

    /// What came of it, in one sentence; the last line of the log.
    #[must_use]
    pub fn sentence(&self) -> String {
        let totals = &self.totals;
        let step = match self.settings.fail_on {
            _ if !self.unreadable.is_empty() => "part of the log could not be read (always fails)".to_owned(),
            fail_on if self.is_over() => format!("found (fails on: {})", fail_on.as_str()),
            fail_on if totals.leaked > 0 => {
                format!("found, the step goes on (fails on: {})", fail_on.as_str())
            }
            _ => "ok".to_owned(),
        };
        if totals.events == 0 {
            return format!("Audit: {step}. No event matches.");
        }
        let number = |number: u32, what: &str| (number > 0).then(|| format!("{number} {what}"));
        let of_which = |all: u32, what: &str, part: u32, how: &str| {
            let part = if part > 0 {
                format!(" ({part} {how})")
            } else {
                String::new()
            };
            number(all, &format!("{what}{part}"))
        };
        let kinds: Vec<String> = [
            number(totals.leaked, "found in public repositories"),
            of_which(totals.created, "created", totals.full_scope, "with full access"),
            number(totals.updated, "updated"),
            of_which(totals.revoked, "revoked", totals.system_revoked, "by the system"),
            number(totals.expired, "expired"),
            number(totals.other, "other"),
        ]
        .into_iter()
        .flatten()
        .collect();
        let plural =
            |number: u32, thing: &str| format!("{number} {thing}{}", if number == 1 { "" } else { "s" });
        format!(
            "Audit: {step}. {} by {}: {}.",
            plural(totals.events, "event"),
            plural(totals.actors, "actor"),
            kinds.join(", ")
        )
    }
}
