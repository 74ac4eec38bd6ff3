//! Rate limits: a bucket of requests for each caller, as the service meters users.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, Utc};

/// A rate limit, counted in requests on the cloud's clock.
///
/// A caller who has used up the bucket is answered all the same, with `Retry-After` on a 200; one who does not wait is
/// let run into debt, and then refused with 429 until the bucket has filled up again.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RateLimit {
    /// Requests that the bucket holds.
    pub burst: f64,
    /// Requests a second that it fills up by.
    pub per_second: f64,
    /// Requests beyond the bucket that are still answered.
    pub debt: f64,
    /// Added before answers that carry `Retry-After`, as the service delays those.
    pub delay: Duration,
}

/// What the meter says of one request.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Metered {
    pub(crate) refused: bool,
    /// Seconds to wait before the next one.
    pub(crate) wait: Option<u32>,
    pub(crate) remaining: u32,
    /// Seconds until the bucket is full.
    pub(crate) full_in: u32,
}

/// The buckets, by caller.
#[derive(Debug, Clone, Default)]
pub(crate) struct Meters(BTreeMap<String, (f64, DateTime<Utc>)>);

impl Meters {
    /// Takes one request out of a caller's bucket.
    pub(crate) fn take(&mut self, caller: &str, limit: &RateLimit, now: DateTime<Utc>) -> Metered {
        let (level, since) = self.0.entry(caller.to_owned()).or_insert((limit.burst, now));
        let passed = (now - *since).num_milliseconds().max(0);
        #[allow(clippy::cast_precision_loss, reason = "milliseconds of a test run")]
        let filled = passed as f64 / 1000.0 * limit.per_second;
        *level = (*level + filled).min(limit.burst);
        *since = now;
        let refused = *level - 1.0 < -limit.debt;
        if !refused {
            *level -= 1.0;
        }
        let seconds = |requests: f64| {
            let seconds = (requests / limit.per_second.max(0.001)).ceil();
            #[allow(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "bounded on both sides"
            )]
            let whole = seconds.clamp(0.0, 3600.0) as u32;
            whole
        };
        Metered {
            refused,
            wait: (*level < 1.0).then(|| seconds(1.0 - *level).max(1)),
            #[allow(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a bucket is small, and not negative here"
            )]
            remaining: level.max(0.0) as u32,
            full_in: seconds(limit.burst - *level),
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    #[test]
    fn a_bucket_warns_when_it_is_empty_refuses_beyond_the_debt_and_fills_up_again() {
        let limit = RateLimit {
            burst: 2.0,
            per_second: 0.5,
            debt: 1.0,
            delay: Duration::ZERO,
        };
        let now: DateTime<Utc> = "2026-11-21T12:00:00Z".parse().unwrap();
        let mut meters = Meters::default();
        let mut take = |after| {
            let metered = meters.take("a", &limit, now + TimeDelta::seconds(after));
            (metered.refused, metered.wait)
        };
        assert_eq!(take(0), (false, None));
        assert_eq!(take(0), (false, Some(2)), "the bucket is empty now");
        assert_eq!(take(0), (false, Some(4)), "one request of debt");
        assert_eq!(take(0), (true, Some(4)));
        assert_eq!(take(4), (false, Some(2)));
        assert_eq!(take(60), (false, None));
    }
}
