//! The coming days, and what ends on them.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use patkeeper_core::pat::GLOBAL_PATS_END;
use patkeeper_core::render::{count, grouped};
use patkeeper_core::report::{PatEntry, PatStatus};
use patkeeper_core::text::{visible, visible_name};
use patkeeper_core::time;

use crate::health::View;
use crate::model::{Day, Dot, Mark, Timeline, Tone};
use crate::moment::{midnight, milliseconds};
use crate::table::{left, number};

/// How many days are shown.
pub(crate) const DAYS: u32 = 90;
/// How many PATs of one day are shown.
const DOTS: usize = 12;

impl View {
    pub(crate) fn timeline(&self, now: DateTime<Utc>) -> Timeline {
        let mut timeline = empty(now);
        let first = midnight(now);
        let mut days: BTreeMap<u32, Day> = BTreeMap::new();
        let mut global = 0;
        for (row, pat) in self.report.pats.iter().enumerate() {
            let end = pat.effective_expiry;
            if pat.global && end == GLOBAL_PATS_END && pat.status != PatStatus::Replaced {
                global += 1;
            }
            match u32::try_from(time::whole_days(end - first)) {
                Err(_) => timeline.earlier += 1,
                Ok(offset) if offset >= DAYS => timeline.later += 1,
                Ok(offset) => {
                    let tone = Tone::of_status(self.by_now.status(pat));
                    let day = days.entry(offset).or_insert_with(|| Day {
                        offset,
                        date: time::day(end),
                        count: 0,
                        tone,
                        dots: Vec::new(),
                    });
                    day.count += 1;
                    day.tone = day.tone.max(tone);
                    if day.dots.len() < DOTS {
                        day.dots.push(Dot {
                            row: number(row),
                            tone,
                            name: visible_name(&pat.display_name),
                            lines: self.lines(pat),
                        });
                    }
                }
            }
        }
        if global > 0 {
            for mark in &mut timeline.marks {
                mark.words
                    .push_str(&format!(" {} of this page with it.", ends(global)));
            }
        }
        timeline.ends = days.into_values().collect();
        let listed = self.report.pats.len();
        let all = (self.report.totals.total as usize).max(listed);
        timeline.partial = (all > listed).then(|| {
            format!(
                "Drawn are the {} most urgent of {}: most of those that end later are not.",
                grouped(listed),
                count(all, "PAT")
            )
        });
        timeline
    }

    fn lines(&self, pat: &PatEntry) -> Vec<String> {
        let owner = pat.owner.as_ref().map(|owner| visible_name(&owner.name));
        let scopes = pat.scopes.join(" ");
        let scopes = (!scopes.is_empty()).then(|| visible(&scopes));
        let gone = if pat.days_left < 0 { "" } else { " left" };
        let judged = format!("{}{gone}, {}", left(pat), pat.status.as_str());
        let days = match self.by_now.days_left(pat) {
            Some(days) => format!(
                "{days} d left, {}; when it was judged {judged}",
                self.by_now.status(pat).as_str()
            ),
            None => judged,
        };
        let remark = self.remark(pat);
        let remark = (!remark.is_empty()).then(|| visible(&remark));
        [owner, scopes, Some(days), remark]
            .into_iter()
            .flatten()
            .collect()
    }
}

/// The days without any PAT.
pub(crate) fn empty(now: DateTime<Utc>) -> Timeline {
    let first = midnight(now);
    let offset = u32::try_from(time::whole_days(GLOBAL_PATS_END - first)).ok();
    let mark = offset.filter(|offset| *offset < DAYS).map(|offset| Mark {
        offset,
        label: "Global PATs end".to_owned(),
        words: format!(
            "Azure DevOps ends all global PATs on {}, whatever their own date says: make one PAT for each organization \
             that uses it.",
            time::day(GLOBAL_PATS_END)
        ),
    });
    Timeline {
        from: milliseconds(first),
        days: DAYS,
        ends: Vec::new(),
        marks: mark.into_iter().collect(),
        earlier: 0,
        later: 0,
        partial: None,
    }
}

fn ends(number: usize) -> String {
    let verb = if number == 1 { "ends" } else { "end" };
    format!("{} {verb}", count(number, "PAT"))
}
