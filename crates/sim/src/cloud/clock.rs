//! The cloud's time, and how it writes it.

use chrono::{DateTime, Duration, DurationRound, TimeDelta, Utc};

/// The cloud's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clock {
    /// The machine's time, shifted.
    System {
        /// Added to the machine's time.
        offset: TimeDelta,
    },
    /// Stands still.
    Fixed(DateTime<Utc>),
}

impl Default for Clock {
    fn default() -> Self {
        Self::System {
            offset: TimeDelta::zero(),
        }
    }
}

impl Clock {
    /// The time now.
    pub fn now(&self) -> DateTime<Utc> {
        match self {
            Self::System { offset } => Utc::now() + *offset,
            Self::Fixed(time) => *time,
        }
    }

    /// Moves the clock, forward or back.
    pub fn advance(&mut self, by: Duration) {
        match self {
            Self::System { offset } => *offset += by,
            Self::Fixed(time) => *time += by,
        }
    }
}

/// `time` as the service stores it: rounded to 1/300 s, kept to 100 ns (published examples of the PAT API).
pub(crate) fn stored(time: DateTime<Utc>) -> DateTime<Utc> {
    const PARTS: i64 = 300;
    const SECOND: i64 = 1_000_000_000;
    let second = time.duration_trunc(TimeDelta::seconds(1)).unwrap_or(time);
    let nanos = (time - second).num_nanoseconds().unwrap_or_default();
    let parts = (nanos * PARTS + SECOND / 2) / SECOND;
    let hundreds = (parts * (SECOND / 100) + PARTS / 2) / PARTS;
    second + TimeDelta::nanoseconds(hundreds * 100)
}

/// `time` as the PAT API writes it: up to 7 fraction digits, trailing zeros cut.
pub(crate) fn written(time: DateTime<Utc>) -> String {
    let fraction = format!("{:07}", time.timestamp_subsec_nanos() / 100);
    let fraction = fraction.trim_end_matches('0');
    let seconds = time.format("%Y-%m-%dT%H:%M:%S");
    if fraction.is_empty() {
        format!("{seconds}Z")
    } else {
        format!("{seconds}.{fraction}Z")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn through(text: &str) -> String {
        written(stored(text.parse::<DateTime<Utc>>().unwrap()))
    }

    #[test]
    fn times_are_rounded_as_in_the_published_examples() {
        assert_eq!(through("2020-12-01T23:46:23.319Z"), "2020-12-01T23:46:23.32Z");
        assert_eq!(
            through("2020-11-02T22:56:52.1033Z"),
            "2020-11-02T22:56:52.1033333Z"
        );
        assert_eq!(
            through("2020-10-24T03:04:19.1466Z"),
            "2020-10-24T03:04:19.1466667Z"
        );
        assert_eq!(through("2020-10-24T03:04:19Z"), "2020-10-24T03:04:19Z");
    }

    #[test]
    fn rounding_up_reaches_the_next_second() {
        assert_eq!(through("2020-12-31T23:59:59.9999Z"), "2021-01-01T00:00:00Z");
    }

    proptest! {
        #[test]
        fn a_stored_time_is_stored_as_itself(seconds in 0_i64..4_000_000_000, nanos in 0_u32..1_000_000_000) {
            let time = DateTime::from_timestamp(seconds, nanos).unwrap();
            let once = stored(time);
            prop_assert_eq!(stored(once), once);
            prop_assert!((once - time).abs() <= TimeDelta::nanoseconds(1_666_717));
            prop_assert_eq!(written(once).parse::<DateTime<Utc>>().unwrap(), once);
        }
    }
}
