//! What has become of PATs since they were judged, as far as the calendar alone tells.

use chrono::{DateTime, Utc};
use patkeeper_core::judge::{Thresholds, Unlisted};
use patkeeper_core::render::grouped;
use patkeeper_core::report::{PatEntry, PatStatus, Report};
use patkeeper_core::text::visible_name;
use patkeeper_core::time;

use crate::headline::count;
use crate::later::Later;
use crate::model::Tone;

/// PATs named that have ended.
const NAMED: usize = 3;

/// PATs that stand worse by the page's moment than when they were judged.
#[derive(Debug)]
pub(crate) struct ByNow {
    now: DateTime<Utc>,
    /// Whole days since the oldest report was judged. Within the first one only what ends is told.
    pub(crate) days: usize,
    thresholds: Thresholds,
    /// Those that have ended since: when, and which.
    ended: Vec<(DateTime<Utc>, String)>,
    /// Those that are critical now and were not.
    critical: usize,
    /// Those that have warning now and were healthy.
    warning: usize,
    /// There may be more of them among those that the reports do not list.
    at_least: &'static str,
}

impl ByNow {
    pub(crate) fn since(judged: DateTime<Utc>, now: DateTime<Utc>) -> Self {
        Self {
            now,
            days: usize::try_from((now - judged).num_days()).unwrap_or(0),
            thresholds: Thresholds {
                warning_days: 0,
                critical_days: 0,
            },
            ended: Vec::new(),
            critical: 0,
            warning: 0,
            at_least: "",
        }
    }

    /// Counts anew, under the report's thresholds.
    pub(crate) fn count(&mut self, report: &Report, unlisted: &[Unlisted], later: &Later) {
        self.thresholds = Thresholds::of(report);
        self.at_least = if unlisted.is_empty() { "" } else { "at least " };
        self.ended.clear();
        (self.critical, self.warning) = (0, 0);
        // Of what the build itself has dealt with, the step that did so tells.
        for pat in report.pats.iter().filter(|pat| later.of_pat(pat).is_none()) {
            match self.status(pat) {
                status if status == pat.status => {}
                PatStatus::Expired => self
                    .ended
                    .push((pat.effective_expiry, visible_name(&pat.display_name))),
                PatStatus::Critical => self.critical += 1,
                _ => self.warning += 1,
            }
        }
        self.ended.sort();
    }

    /// How a PAT stands now. Time heals nothing: never better than it was judged.
    pub(crate) fn status(&self, pat: &PatEntry) -> PatStatus {
        if self.has_ended(pat) {
            return PatStatus::Expired;
        }
        match self.days_left(pat) {
            Some(days) if pat.status != PatStatus::Replaced => self.thresholds.status(days).max(pat.status),
            _ => pat.status,
        }
    }

    /// Whether a PAT has ended since that counted as live.
    pub(crate) fn has_ended(&self, pat: &PatEntry) -> bool {
        !matches!(pat.status, PatStatus::Expired | PatStatus::Replaced) && pat.effective_expiry <= self.now
    }

    /// Days that a live PAT has left, where they are no longer those that it was judged by.
    pub(crate) fn days_left(&self, pat: &PatEntry) -> Option<i64> {
        let days = time::whole_days(pat.effective_expiry - self.now);
        (self.days > 0 && days >= 0).then_some(days)
    }

    /// How that stands, and it in a sentence. `None`: nothing has changed by the calendar.
    pub(crate) fn said(&self) -> Option<(Tone, String)> {
        let near = |days: u32| format!("come within {}", count(days as usize, "day"));
        let counted = [
            (self.ended.len(), Tone::Bad, "ended".to_owned()),
            (self.critical, Tone::Critical, near(self.thresholds.critical_days)),
            (self.warning, Tone::Warning, near(self.thresholds.warning_days)),
        ];
        let mut said: Vec<String> = Vec::new();
        let mut worst = Tone::Good;
        for (pats, tone, words) in counted {
            let of_their_end = match (tone, pats) {
                (_, 0) => continue,
                (Tone::Bad, _) => "",
                (_, 1) => " of its end",
                _ => " of their end",
            };
            worst = worst.max(tone);
            let have = if pats == 1 { "has" } else { "have" };
            let pats = if said.is_empty() {
                count(pats, "PAT")
            } else {
                grouped(pats)
            };
            said.push(format!("{pats} {have} {words}{of_their_end}"));
        }
        let ago = match self.days {
            0 => String::new(),
            days => format!(" {} ago", count(days, "day")),
        };
        (!said.is_empty()).then(|| {
            let said = said.join(", ");
            (
                worst,
                format!("Since this was judged{ago}, {}{said}.", self.at_least),
            )
        })
    }

    /// What else is to be said of that.
    pub(crate) fn details(&self) -> Option<String> {
        self.said()?;
        let named = self.ended.iter().take(NAMED);
        let named: Vec<String> = named
            .map(|(end, name)| format!("{name} on {}", time::day(*end)))
            .collect();
        let more = match self.ended.len().saturating_sub(NAMED) {
            0 => String::new(),
            more => format!(" and {} more", grouped(more)),
        };
        let ended = match named.is_empty() {
            true => String::new(),
            false => format!("Ended since: {}{more}. ", named.join(", ")),
        };
        Some(format!(
            "{ended}That goes by the dates alone: only a new run tells what was rotated or extended in the meantime."
        ))
    }
}
