//! Moments, as the page says and counts them.

use chrono::{DateTime, TimeDelta, Utc};
use patkeeper_core::render::count;
use patkeeper_core::time;

/// Milliseconds since 1970. Exact: a calendar of 10,000 years has far fewer than 2⁵³.
#[expect(clippy::cast_precision_loss, reason = "exact for every moment that is read")]
pub(crate) fn milliseconds(at: DateTime<Utc>) -> f64 {
    at.timestamp_millis() as f64
}

/// `2026-11-22 10:00 UTC, 3 days ago`; of a time `2026-11-22 10:00 UTC to 2026-11-22 11:00 UTC`.
pub(crate) fn and_how_long_ago(from: DateTime<Utc>, to: DateTime<Utc>, now: DateTime<Utc>) -> String {
    let (mut minute, last) = (time::minute(from), time::minute(to));
    if last != minute {
        minute = format!("{minute} to {last}");
    }
    match usize::try_from((now - from).num_days()) {
        Ok(0) | Err(_) => minute,
        Ok(days) => format!("{minute}, {} ago", count(days, "day")),
    }
}

/// Midnight (UTC) before a moment.
pub(crate) fn midnight(at: DateTime<Utc>) -> DateTime<Utc> {
    at - TimeDelta::seconds(at.timestamp().rem_euclid(86_400))
        - TimeDelta::nanoseconds(i64::from(at.timestamp_subsec_nanos()))
}
