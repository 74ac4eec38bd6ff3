//! How an auditing step ends, and its last sentence.

use super::{AuditReport, FailOn};
use crate::failure::FailureKind;
use crate::judge::{StepEnd, StepResult};
use crate::render::count;

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
            || [totals.leaked, totals.full_scope, totals.system_revoked]
                .iter()
                .any(|number| *number > 0)
    }

    /// Whether what was found is at or over the threshold.
    fn is_over(&self) -> bool {
        match self.settings.fail_on {
            FailOn::Never => false,
            FailOn::Leaked => self.totals.leaked > 0,
            FailOn::Any => self.totals.events > 0,
        }
    }

    /// What came of it, in one line: the last one of the log. Numbers and words of our own alone.
    #[must_use]
    pub fn sentence(&self) -> String {
        format!("Verdict: {}. {}.", self.judgment(), self.counted())
    }

    fn judgment(&self) -> String {
        let fail_on = self.settings.fail_on.as_str();
        let found = match (self.totals.leaked, self.totals.events) {
            _ if !self.unreadable.is_empty() => {
                return "unknown (always fails), part of the log could not be read".to_owned();
            }
            (0, 0) => return "nothing found".to_owned(),
            (0, _) if self.settings.fail_on != FailOn::Any => return "no leak".to_owned(),
            (0, _) => "events found",
            _ => "leaked",
        };
        if self.is_over() {
            format!("{found} (fails on: {fail_on})")
        } else {
            format!("{found}, the step goes on (fails on: {fail_on})")
        }
    }

    /// Starts with a capital letter or a digit.
    pub(crate) fn counted(&self) -> String {
        let totals = &self.totals;
        if totals.events == 0 {
            return "No event matches".to_owned();
        }
        let part = |part: u32, how: &str| {
            if part > 0 {
                format!(" ({part} {how})")
            } else {
                String::new()
            }
        };
        let kinds: Vec<String> = [
            (totals.leaked, "found in public", String::new()),
            (
                totals.created,
                "created",
                part(totals.full_scope, "with full access"),
            ),
            (totals.updated, "updated", String::new()),
            (
                totals.revoked,
                "revoked",
                part(totals.system_revoked, "by the system"),
            ),
            (totals.expired, "expired", String::new()),
            (totals.other, "other", String::new()),
        ]
        .into_iter()
        .filter(|(number, ..)| *number > 0)
        .map(|(number, what, part)| format!("{number} {what}{part}"))
        .collect();
        format!(
            "{} by {}: {}",
            count(totals.events as usize, "event"),
            count(totals.actors as usize, "actor"),
            kinds.join(", ")
        )
    }
}
