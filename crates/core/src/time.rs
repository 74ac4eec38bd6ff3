//! The service's timestamps, and days.

use chrono::{DateTime, Datelike, NaiveDate, SecondsFormat, TimeDelta, Utc};

/// Reads ISO 8601 with any number of fraction digits (the service sends 0 to 7), with `Z`, an offset, or no
/// zone at all: token administration leaves it out and means UTC. `None` for everything else, and for moments
/// outside the years 0 to 9999, which no JSON reader would take back.
#[must_use]
pub fn parse(text: &str) -> Option<DateTime<Utc>> {
    let text = text.trim_matches(|c: char| c.is_ascii_whitespace());
    let zoned =
        DateTime::parse_from_rfc3339(text).or_else(|_| DateTime::parse_from_rfc3339(&format!("{text}Z")));
    let at = zoned.ok()?.to_utc();
    (0..=9999).contains(&at.year()).then_some(at)
}

/// The day of a moment in UTC, as `YYYY-MM-DD`.
#[must_use]
pub fn day(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d").to_string()
}

/// The second of a moment, as `2026-11-21T08:00:00Z` (ISO 8601, UTC): for programs.
#[must_use]
pub fn second(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// The minute of a moment, as `YYYY-MM-DD HH:MM UTC`.
#[must_use]
pub fn minute(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M UTC").to_string()
}

/// What is left of a span of time, as `9 d`, rounded down; hours under a day.
#[must_use]
pub fn left(span: TimeDelta) -> String {
    match whole_days(span) {
        0 => format!("{} h", span.num_hours()),
        days => format!("{days} d"),
    }
}

/// Whole days of a span of time, rounded down: half a day ago is -1.
#[must_use]
pub fn whole_days(span: TimeDelta) -> i64 {
    let towards_zero = span.num_days();
    if span < TimeDelta::days(towards_zero) {
        towards_zero - 1
    } else {
        towards_zero
    }
}

/// Reads exactly `YYYY-MM-DD`, and only a day that the calendar has.
#[must_use]
pub fn parse_day(text: &str) -> Option<NaiveDate> {
    let bytes = text.as_bytes();
    let shaped = bytes.len() == 10
        && bytes.iter().enumerate().all(|(at, byte)| match at {
            4 | 7 => *byte == b'-',
            _ => byte.is_ascii_digit(),
        });
    if !shaped {
        return None;
    }
    let number = |range| {
        text.get(range)
            .and_then(|digits: &str| digits.parse::<u32>().ok())
    };
    let year = i32::try_from(number(0..4)?).ok()?;
    NaiveDate::from_ymd_opt(year, number(5..7)?, number(8..10)?)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn iso(text: &str) -> String {
        parse(text)
            .unwrap_or_else(|| panic!("{text} is not read"))
            .to_rfc3339()
    }

    #[test]
    fn every_spelling_the_service_has_is_the_same_moment() {
        for text in [
            "2026-12-01T23:46:23",
            "2026-12-01T23:46:23Z",
            "2026-12-01T23:46:23.0Z",
            "2026-12-01T23:46:23.0000000Z",
            "2026-12-01T23:46:23.0000000+00:00",
            "2026-12-02T01:46:23+02:00",
            " 2026-12-01T23:46:23.000000000 ",
        ] {
            assert_eq!(iso(text), "2026-12-01T23:46:23+00:00", "{text}");
        }
    }

    #[test]
    fn fractions_keep_their_place_value() {
        assert_eq!(iso("2020-12-01T23:46:23.32Z"), "2020-12-01T23:46:23.320+00:00");
        assert_eq!(
            iso("2020-12-01T23:46:23.1033333Z"),
            "2020-12-01T23:46:23.103333300+00:00"
        );
        assert_eq!(iso("2020-12-01T23:46:23.5"), "2020-12-01T23:46:23.500+00:00");
    }

    #[test]
    fn the_far_ends_of_dotnet_dates_are_read() {
        assert!(parse("0001-01-01T00:00:00").is_some());
        assert!(parse("9999-12-31T23:59:59.9999999Z").is_some());
        assert!(parse("9999-12-31T23:59:59-01:00").is_none());
    }

    #[test]
    fn what_is_no_moment_is_refused() {
        for text in [
            "",
            "never",
            "2026-13-01T00:00:00Z",
            "2026-02-30T00:00:00",
            "2026-12-01",
            "1796083200",
            "２026-12-01T00:00:00Z",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn days_are_of_the_calendar() {
        assert!(parse_day("2028-02-29").is_some());
        for text in [
            "2027-02-29",
            "2027-02-30",
            "2027-2-3",
            "+027-02-03",
            "2027-02-03 ",
            "20270203",
            "2027/02/03",
            "2027-02.03",
            "２027-02-3",
        ] {
            assert_eq!(parse_day(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_breaks_the_readers(text in "\\PC{0,40}", shaped in "[0-9+-]{0,5}-[0-9]{1,2}-[0-9]{1,2}[T ][0-9:.]{0,20}[Z+-]?[0-9:]{0,5}") {
            let _ = (parse(&text), parse_day(&text), parse(&shaped), parse_day(&shaped));
        }

        #[test]
        fn a_moment_written_with_any_precision_is_read_back(seconds in 0_i64..253_402_300_799, digits in 0_usize..=9, nanos in 0_u32..1_000_000_000) {
            let unit = 10_u32.pow(9 - u32::try_from(digits).unwrap());
            let at = DateTime::from_timestamp(seconds, nanos / unit * unit).unwrap();
            let fraction = format!("{:09}", nanos / unit * unit);
            let point = if digits == 0 { "" } else { "." };
            let text = format!("{}{point}{}", at.format("%Y-%m-%dT%H:%M:%S"), &fraction[..digits]);
            prop_assert_eq!(parse(&text), Some(at));
            prop_assert_eq!(parse(&format!("{text}Z")), Some(at));
        }
    }
}
