//! How PATs stand by the days that they have left, and how those of a report stand under other thresholds than it was
//! judged by.

use super::head::verdict;
use crate::report::{PatStatus, Report, Totals, Verdict};

/// What a live PAT's days are held against.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Thresholds {
    /// Days.
    pub warning_days: u32,
    /// Days.
    pub critical_days: u32,
}

impl Thresholds {
    /// Those that a report was judged by.
    #[must_use]
    pub fn of(report: &Report) -> Self {
        Self {
            warning_days: report.settings.warning_days,
            critical_days: report.settings.critical_days,
        }
    }

    /// How a live PAT stands that no newer one has replaced.
    #[must_use]
    pub fn status(self, days_left: i64) -> PatStatus {
        if days_left <= i64::from(self.critical_days) {
            PatStatus::Critical
        } else if days_left <= i64::from(self.warning_days) {
            PatStatus::Warning
        } else {
            PatStatus::Healthy
        }
    }

    /// How a PAT stands that was judged before: what has ended, or was replaced, stays so.
    fn again(self, judged: PatStatus, days_left: i64) -> PatStatus {
        match judged {
            PatStatus::Expired | PatStatus::Replaced => judged,
            PatStatus::Healthy | PatStatus::Warning | PatStatus::Critical => self.status(days_left),
        }
    }
}

/// The PATs that a report counts and does not list: those of its rows that are the least urgent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unlisted {
    judged_by: Thresholds,
    /// None of them that is live and not replaced has fewer days left.
    least_days: i64,
    /// How many, by status; nothing else is filled in.
    counts: Totals,
}

impl Unlisted {
    /// Those of a report; `None`: it lists every PAT that it counts.
    #[must_use]
    pub fn of(report: &Report) -> Option<Self> {
        let mut listed = Totals::default();
        let mut least_days = 0;
        for pat in &report.pats {
            listed.status(pat.status, 1);
            if !matches!(pat.status, PatStatus::Expired | PatStatus::Replaced) {
                least_days = least_days.max(pat.days_left);
            }
        }
        let mut counts = Totals::default();
        for status in PatStatus::ALL {
            let more = report.totals.of(status).saturating_sub(listed.of(status));
            counts.status(status, more);
        }
        (counts.total > 0).then_some(Self {
            judged_by: Thresholds::of(report),
            least_days,
            counts,
        })
    }

    /// How many PATs.
    #[must_use]
    pub fn number(&self) -> u32 {
        self.counts.total
    }

    /// Counts them as their report does.
    pub(crate) fn count_as_judged(&self, totals: &mut Totals) {
        for status in PatStatus::ALL {
            totals.status(status, self.counts.of(status));
        }
    }

    /// Counts them under these thresholds, each as mild as it can be; whether that is how each of them stands.
    fn count(&self, thresholds: Thresholds, totals: &mut Totals) -> bool {
        let mut exact = true;
        for status in PatStatus::ALL {
            let number = self.counts.of(status);
            // The days that one may have left which was judged so.
            let (from, to) = match status {
                PatStatus::Expired | PatStatus::Replaced => {
                    totals.status(status, number);
                    continue;
                }
                PatStatus::Critical => (0, i64::from(self.judged_by.critical_days)),
                PatStatus::Warning => (
                    i64::from(self.judged_by.critical_days) + 1,
                    i64::from(self.judged_by.warning_days),
                ),
                PatStatus::Healthy => (i64::from(self.judged_by.warning_days) + 1, i64::MAX),
            };
            let (worst, mildest) = (from.max(self.least_days).min(to), to);
            let mildest = thresholds.status(mildest);
            exact &= number == 0 || thresholds.status(worst) == mildest;
            totals.status(mildest, number);
        }
        exact
    }
}

/// How the PATs of a report stand, and what they come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgment {
    /// By what.
    pub thresholds: Thresholds,
    /// One for each of [`Report::pats`].
    pub statuses: Vec<PatStatus>,
    /// The counts.
    pub totals: Totals,
    /// The verdict.
    pub status: Verdict,
    /// Whether the counts are right. Else PATs that the report does not list may stand worse than they are counted, and
    /// there are at least so many that need attention.
    pub exact: bool,
}

impl Judgment {
    /// The report's own.
    #[must_use]
    pub fn reported(report: &Report) -> Self {
        Self {
            thresholds: Thresholds::of(report),
            statuses: report.pats.iter().map(|pat| pat.status).collect(),
            totals: report.totals,
            status: report.status,
            exact: true,
        }
    }

    /// Makes it the report's own. Rows stay in their order.
    pub fn put(&self, report: &mut Report) {
        for (pat, status) in report.pats.iter_mut().zip(&self.statuses) {
            pat.status = *status;
        }
        report.totals = self.totals;
        report.status = self.status;
        report.settings.warning_days = self.thresholds.warning_days;
        report.settings.critical_days = self.thresholds.critical_days;
    }
}

/// A report as its step judged it, under other thresholds. Which PATs it does not list is told by `unlisted`: those of
/// each report that it was made of.
///
/// Only PATs that are live and not replaced are judged anew: what has ended, what is missing and what could not be read
/// is so under any thresholds. A report that calls itself worse than its counts stays at least as bad as that.
#[must_use]
pub fn rejudge(report: &Report, unlisted: &[Unlisted], thresholds: Thresholds) -> Judgment {
    let statuses: Vec<PatStatus> = report
        .pats
        .iter()
        .map(|pat| thresholds.again(pat.status, pat.days_left))
        .collect();
    let mut totals = Totals {
        total: 0,
        healthy: 0,
        warning: 0,
        critical: 0,
        expired: 0,
        replaced: 0,
        ..report.totals
    };
    for status in &statuses {
        totals.status(*status, 1);
    }
    let mut exact = true;
    for unlisted in unlisted {
        exact &= unlisted.count(thresholds, &mut totals);
    }
    let counted = verdict(&totals);
    let status = if report.status > verdict(&report.totals) {
        report.status.max(counted)
    } else {
        counted
    };
    Judgment {
        thresholds,
        statuses,
        totals,
        status,
        exact,
    }
}

#[cfg(test)]
mod tests;
