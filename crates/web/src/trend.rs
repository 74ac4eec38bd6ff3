//! Earlier builds.

use patkeeper_core::document::Document;
use patkeeper_core::fold::fold;
use patkeeper_core::report;
use patkeeper_core::time;

use crate::model::{Tone, Trend, TrendPoint};
use crate::moment::milliseconds;

/// One build in the trend, by its documents. What could be read only in part has no point: drawn as the whole it would
/// be a rise or a dip that never was.
#[must_use]
pub fn trend_point<'a>(texts: impl IntoIterator<Item = &'a str>) -> Trend {
    let mut reports = Vec::new();
    let mut unread = 0;
    for text in texts {
        match Document::read(text) {
            Ok(Document::Monitor(report)) => reports.push(*report),
            Ok(_) => {}
            Err(error) => unread += usize::from(error.may_be(report::SCHEMA)),
        }
    }
    let gap = |gap: String| Trend { point: None, gap };
    if unread > 0 {
        let all = unread + reports.len();
        return gap(match all {
            1 => "its report could not be read".to_owned(),
            all => format!("{unread} of {all} reports could not be read"),
        });
    }
    let Some(folded) = fold(&reports) else {
        return gap("no PatMonitor report".to_owned());
    };
    if !folded.shares.is_empty() {
        return gap("only slices that no report merges".to_owned());
    }
    let (report, totals) = (&folded.report, folded.report.totals);
    let point = TrendPoint {
        at: milliseconds(report.run.at),
        at_words: time::day(report.run.at),
        tone: Tone::of_verdict(report.status),
        verdict: report.status.as_str().to_owned(),
        healthy: totals.healthy.saturating_add(totals.replaced),
        due: totals.warning.saturating_add(totals.critical),
        dead: totals.expired.saturating_add(totals.missing),
        unreadable: totals.unreadable,
    };
    Trend {
        point: Some(point),
        gap: String::new(),
    }
}
