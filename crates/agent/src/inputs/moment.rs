//! Moments that a person writes.

use chrono::{DateTime, NaiveTime, Utc};
use patkeeper_core::time;

/// ISO 8601: a day, which is its midnight, or a moment with seconds or without. UTC, where no zone is given.
pub(super) fn parse(text: &str) -> Option<DateTime<Utc>> {
    if let Some(day) = time::parse_day(text) {
        return Some(day.and_time(NaiveTime::MIN).and_utc());
    }
    time::parse(text).or_else(|| time::parse(&with_seconds(text)?))
}

/// `2026-11-21T08:00Z` with `:00` behind the minutes.
fn with_seconds(text: &str) -> Option<String> {
    const MINUTES: usize = "2026-11-21T08:00".len();
    let (minutes, zone) = text.split_at_checked(MINUTES)?;
    Some(format!("{minutes}:00{zone}"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_moment_is_read_as_people_write_it_in_utc_unless_it_says_otherwise() {
        for (text, moment) in [
            ("2026-11-21", "2026-11-21T00:00:00Z"),
            ("2026-11-21T08:30", "2026-11-21T08:30:00Z"),
            ("2026-11-21T08:30Z", "2026-11-21T08:30:00Z"),
            ("2026-11-21T08:30+02:00", "2026-11-21T06:30:00Z"),
            ("2026-11-21T08:30:15", "2026-11-21T08:30:15Z"),
            ("2026-11-21T08:30:15.5-01:00", "2026-11-21T09:30:15Z"),
        ] {
            assert_eq!(parse(text).map(time::second).as_deref(), Some(moment), "{text}");
        }
    }

    #[test]
    fn what_is_no_moment_is_none() {
        for text in [
            "yesterday",
            "2026-02-30",
            "21.11.2026",
            "11/21/2026",
            "2026-11-21T",
            "2026-11-21T08",
            "2026-11-21T25:00",
            "2026-11-21T08:30:",
            "20261121",
            "1796083200",
            "2026-11-21T08:30é",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_breaks_it(text in "\\PC{0,30}", shaped in "[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{5}\\PC{0,6}") {
            let _ = (parse(&text), parse(&shaped));
        }
    }
}
