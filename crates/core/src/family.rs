//! Generations of one PAT.

use crate::time;

/// What may stand between a name and its date.
const SEPARATORS: [char; 4] = ['-', '_', '.', ' '];

/// The length of `YYYY-MM-DD`.
const DATE: usize = 10;

/// The name without its date and what follows it: `ci-2026-08-20-77ab01cd`, `ci 2026-08-20` and `ci` are all of
/// family `ci`.
///
/// The last day of the calendar counts, so that a base name may hold a date of its own. A date must be set off
/// from something before it; a name without one is a family of its own.
#[must_use]
pub fn family(display_name: &str) -> &str {
    let starts = display_name.char_indices().rev().map(|(at, _)| at);
    for start in starts {
        let Some(date) = display_name.get(start..start + DATE) else {
            continue;
        };
        let goes_on = display_name
            .as_bytes()
            .get(start + DATE)
            .is_some_and(u8::is_ascii_digit);
        if goes_on || time::parse_day(date).is_none() {
            continue;
        }
        let before = display_name.get(..start).unwrap_or_default();
        let base = before.trim_end_matches(SEPARATORS);
        if base.len() < before.len() && !base.is_empty() {
            return base;
        }
    }
    display_name
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_date_and_what_follows_it_are_a_generation() {
        for (name, expected) in [
            ("ci-2026-08-20-77ab01cd", "ci"),
            ("ci-2026-08-20", "ci"),
            ("ci_2026-08-20", "ci"),
            ("ci.2026-08-20 (old)", "ci"),
            ("team ci - 2026-08-20", "team ci"),
            ("ci-2026-01-01-2026-08-20-77ab01cd", "ci-2026-01-01"),
            ("größe-2026-08-20-é", "größe"),
        ] {
            assert_eq!(family(name), expected, "{name}");
        }
    }

    #[test]
    fn what_is_no_trailing_date_stays() {
        for name in [
            "ci",
            "",
            "ci-2026-02-30",
            "ci-2026-13-01",
            "2026-08-20-ci",
            "--2026-08-20",
            "ci2026-08-20",
            "ci-2026-08-201",
            "ci-26-08-20",
            "ci-20260820",
            "日本-２０２６-08-20",
        ] {
            assert_eq!(family(name), name, "{name}");
        }
    }

    proptest! {
        #[test]
        fn a_family_is_a_start_of_the_name_and_never_empty(name in "\\PC{0,40}") {
            prop_assert!(name.starts_with(family(&name)));
            prop_assert!(name.is_empty() || !family(&name).is_empty());
        }

        #[test]
        fn every_generation_of_a_base_name_is_of_one_family(
            base in "[A-Za-z0-9]([A-Za-z0-9 ._-]{0,30}[A-Za-z0-9])?",
            day in 0_i64..20_000,
            id in "[0-9a-f]{8}",
        ) {
            let date = time::day(chrono::DateTime::from_timestamp(day * 86_400, 0).unwrap());
            let name = format!("{base}-{date}-{id}");
            prop_assert_eq!(family(&name), base.as_str());
        }
    }
}
