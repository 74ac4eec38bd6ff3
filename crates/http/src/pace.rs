//! Waits that a host asked for, shared by all requests to it.
//!
//! Azure DevOps sends `Retry-After` with a 429 and also with a 200: that request worked, wait before the next
//! ("Rate and usage limits", Azure DevOps documentation).

use std::collections::HashMap;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::time::Instant;

use crate::{BoxFuture, Response};

/// No host can make us wait longer than this before one request, whatever it asks for.
const LONGEST: Duration = Duration::from_secs(60);

/// A wait from here on is told to whoever reads the log: a step that says nothing looks hung.
pub(crate) const LONG: Duration = Duration::from_secs(3);

/// Time and chance, so that tests own both.
pub(crate) trait Time: Send + Sync {
    fn instant(&self) -> Instant;
    fn date(&self) -> DateTime<Utc>;
    /// In `0.0..1.0`.
    fn chance(&self) -> f64;
    fn sleep(&self, wait: Duration) -> BoxFuture<'_, ()>;
}

/// The machine's time.
pub(crate) struct MachineTime;

impl Time for MachineTime {
    fn instant(&self) -> Instant {
        Instant::now()
    }

    fn date(&self) -> DateTime<Utc> {
        Utc::now()
    }

    fn chance(&self) -> f64 {
        // The standard library seeds every RandomState anew; spreading retries needs no better source.
        let bits = RandomState::new().build_hasher().finish() >> 11;
        #[expect(clippy::cast_precision_loss, reason = "53 bits fit")]
        let chance = bits as f64 / (1u64 << 53) as f64;
        chance
    }

    fn sleep(&self, wait: Duration) -> BoxFuture<'_, ()> {
        Box::pin(tokio::time::sleep(wait))
    }
}

/// When each host wants to be asked again.
#[derive(Default)]
pub(crate) struct Pace {
    not_before: Mutex<HashMap<String, Instant>>,
}

impl Pace {
    /// Notes what an answer asks for, and returns it, capped.
    pub(crate) fn note(&self, time: &Arc<dyn Time>, host: &str, answer: &Response) -> Option<Duration> {
        let wait = asked_wait(answer, time.date())?;
        let until = time.instant() + wait;
        let mut hosts = self.not_before.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = hosts.entry(host.to_owned()).or_insert(until);
        *entry = until.max(*entry);
        Some(wait)
    }

    /// Waits until the host may be asked.
    pub(crate) async fn wait(&self, time: &Arc<dyn Time>, host: &str) {
        // An answer to a parallel request may prolong the wait while we sleep; `LONGEST` bounds each round.
        while let Some(wait) = self.left(time.instant(), host) {
            if wait >= LONG {
                tracing::info!(
                    "{host} asks for a pause of {} s before the next request.",
                    wait.as_secs()
                );
            }
            time.sleep(wait).await;
        }
    }

    fn left(&self, now: Instant, host: &str) -> Option<Duration> {
        let mut hosts = self.not_before.lock().unwrap_or_else(PoisonError::into_inner);
        let left = hosts.get(host)?.saturating_duration_since(now);
        if left.is_zero() {
            hosts.remove(host);
            return None;
        }
        Some(left)
    }
}

/// The wait that an answer asks for: `Retry-After` in seconds or as a date, or, on a request that worked,
/// the delay that rate limiting already put on it.
fn asked_wait(answer: &Response, now: DateTime<Utc>) -> Option<Duration> {
    let wait = answer
        .header("retry-after")
        .and_then(|text| retry_after(text, now));
    let delay = || {
        let seconds: f64 = answer.header("x-ratelimit-delay")?.trim().parse().ok()?;
        Duration::try_from_secs_f64(seconds).ok()
    };
    wait.or_else(delay)
        .filter(|wait| !wait.is_zero())
        .map(|wait| wait.min(LONGEST))
}

fn retry_after(text: &str, now: DateTime<Utc>) -> Option<Duration> {
    let text = text.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        // More digits than a u64 holds is still a request to wait very long.
        return Some(Duration::from_secs(text.parse().unwrap_or(u64::MAX)));
    }
    // An HTTP date is an RFC 2822 date that always says GMT (RFC 9110, 5.6.7).
    let date = DateTime::parse_from_rfc2822(text).ok()?;
    Some((date.with_timezone(&Utc) - now).to_std().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn now() -> DateTime<Utc> {
        "2026-11-21T10:00:00Z".parse().unwrap()
    }

    fn asked(name: &str, value: &str) -> Option<u128> {
        let answer = Response::from_parts("h", 200, [(name, value)], Vec::new());
        asked_wait(&answer, now()).map(|wait| wait.as_millis())
    }

    #[test]
    fn seconds_and_dates_are_understood_and_capped() {
        assert_eq!(asked("Retry-After", "7"), Some(7000));
        assert_eq!(asked("Retry-After", "Sat, 21 Nov 2026 10:00:09 GMT"), Some(9000));
        assert_eq!(asked("Retry-After", "86400"), Some(60_000));
        assert_eq!(asked("Retry-After", "99999999999999999999999"), Some(60_000));
        assert_eq!(asked("X-RateLimit-Delay", "1.250"), Some(1250));
    }

    #[test]
    fn a_past_date_zero_and_nonsense_ask_for_nothing() {
        for text in ["0", "Fri, 20 Nov 2026 10:00:00 GMT", "-5", "soon", "", "1e9"] {
            assert_eq!(asked("Retry-After", text), None, "{text}");
        }
        for text in ["-1", "NaN", "inf", ""] {
            assert_eq!(asked("X-RateLimit-Delay", text), None, "{text}");
        }
    }

    #[test]
    fn chance_stays_in_its_range() {
        for _ in 0..100 {
            let chance = MachineTime.chance();
            assert!((0.0..1.0).contains(&chance), "{chance}");
        }
    }

    proptest! {
        #[test]
        fn no_header_panics_or_waits_longer_than_the_cap(text in "\\PC{0,40}") {
            let _ = asked("Retry-After", &text);
            prop_assert!(retry_after(&text, now()).is_none_or(|wait| wait.min(LONGEST) <= LONGEST));
        }
    }
}
