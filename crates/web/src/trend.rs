//! Earlier builds.

use patkeeper_core::document::Document;
use patkeeper_core::fold::fold;
use patkeeper_core::time;

use crate::model::{Tone, TrendPoint};
use crate::moment::milliseconds;

/// One build in the trend, by its documents; `None`: no PatMonitor's among them.
#[must_use]
pub fn trend_point<'a>(texts: impl IntoIterator<Item = &'a str>) -> Option<TrendPoint> {
    let reports: Vec<_> = texts
        .into_iter()
        .filter_map(|text| match Document::read(text) {
            Ok(Document::Monitor(report)) => Some(*report),
            _ => None,
        })
        .collect();
    let report = fold(&reports)?.report;
    let totals = report.totals;
    Some(TrendPoint {
        at: milliseconds(report.run.at),
        at_words: time::day(report.run.at),
        tone: Tone::of_verdict(report.status),
        verdict: report.status.as_str().to_owned(),
        healthy: totals.healthy.saturating_add(totals.replaced),
        due: totals.warning.saturating_add(totals.critical),
        dead: totals.expired.saturating_add(totals.missing),
        unreadable: totals.unreadable,
    })
}
