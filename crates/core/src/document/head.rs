//! Documents that are too large to be looked at whole, cut down to what matters most.

use crate::audit::{AuditReport, AuditedEvent};
use crate::judge::count;
use crate::report::{ROWS, Report};
use crate::revocation::{PatOutcome, RevocationReport};

/// What has rows that can be very many.
pub trait Head {
    /// The same with at most [`ROWS`] rows of each kind, the most urgent ones. The counts still count everything.
    #[must_use]
    fn head(&self) -> Self;
}

impl Head for Report {
    fn head(&self) -> Self {
        let mut head = self.clone();
        head.pats.truncate(ROWS);
        head.findings.truncate(ROWS);
        head.unreadable.truncate(ROWS);
        head
    }
}

impl Head for RevocationReport {
    fn head(&self) -> Self {
        let mut head = self.clone();
        if head.pats.len() > ROWS {
            head.pats.sort_by_key(|pat| match pat.outcome {
                PatOutcome::Failed => 0,
                PatOutcome::Revoked | PatOutcome::WouldRevoke => 1,
                PatOutcome::AlreadyGone => 2,
            });
            head.pats.truncate(ROWS);
        }
        head.unreadable.truncate(ROWS);
        head
    }
}

impl Head for AuditReport {
    fn head(&self) -> Self {
        let mut head = self.clone();
        let all = head.events.len();
        if all > ROWS {
            head.events.sort_by_key(AuditedEvent::weight);
            head.events.truncate(ROWS);
            head.totals.not_listed = head.totals.not_listed.saturating_add(count(all - ROWS));
        }
        head.actors.truncate(ROWS);
        head.unreadable.truncate(ROWS);
        head
    }
}
