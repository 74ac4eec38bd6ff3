//! What may be sent again, and when. The one place that decides it.
//!
//! | outcome | reading, revoking | creating |
//! |---|---|---|
//! | no connection, the proxy did not answer | again | again |
//! | 429 | again | again |
//! | 408, 500, 502, 503, 504 | again | no: it may have been processed |
//! | broken answer | again | no: it may have been processed |
//! | time-out | once more | no: it may have been processed |
//! | certificate, proxy sign-in, too large, refused by us | no | no |
//! | any other status | no | no |

use std::time::Duration;

use crate::{HttpError, Repeat};

/// Tries in all, the first one included.
pub(crate) const TRIES: u32 = 4;
/// The wait before the second try; each further one doubles it.
const FIRST_WAIT: Duration = Duration::from_millis(500);
/// No further try is begun when it would begin later than this after the first.
const BUDGET: Duration = Duration::from_secs(120);

/// How one try ended, as far as a further try depends on it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Outcome<'a> {
    Answered { status: u16 },
    Failed(&'a HttpError),
}

/// Whether an outcome allows a further try at all.
fn allows(repeat: Repeat, outcome: Outcome<'_>, tries: u32) -> bool {
    let safe = repeat == Repeat::Safe;
    match outcome {
        _ if repeat == Repeat::Never => false,
        Outcome::Answered { status: 429 } => true,
        Outcome::Answered { status } => safe && matches!(status, 408 | 500 | 502 | 503 | 504),
        Outcome::Failed(HttpError::Connect { .. }) => true,
        Outcome::Failed(HttpError::Proxy { sign_in, .. }) => !sign_in,
        Outcome::Failed(HttpError::Broken { .. }) => safe,
        // Each one costs its whole limit, and a service that hangs twice will hang again.
        Outcome::Failed(HttpError::Timeout { .. }) => safe && tries < 2,
        Outcome::Failed(_) => false,
    }
}

/// How long to wait before the next try; `None`: there is none.
///
/// `tries` were made, `elapsed` passed since the first began, `asked` is what the host wants us to wait
/// (already capped), and `chance` is in `0.0..1.0`: back-off is spread over 75 % to 125 % of its value, so that
/// jobs that failed together do not come back together.
pub(crate) fn wait(
    repeat: Repeat,
    outcome: Outcome<'_>,
    tries: u32,
    elapsed: Duration,
    asked: Option<Duration>,
    chance: f64,
) -> Option<Duration> {
    if tries >= TRIES || !allows(repeat, outcome, tries) {
        return None;
    }
    let back_off = FIRST_WAIT
        .saturating_mul(1 << tries.saturating_sub(1).min(8))
        .mul_f64(0.75 + chance / 2.0);
    let wait = back_off.max(asked.unwrap_or_default());
    (elapsed + wait <= BUDGET).then_some(wait)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connect() -> HttpError {
        HttpError::Connect {
            host: "h".into(),
            why: "refused".into(),
        }
    }
    fn broken() -> HttpError {
        HttpError::Broken {
            asked: "h/p".into(),
            why: "reset".into(),
        }
    }
    fn timeout() -> HttpError {
        HttpError::Timeout {
            asked: "h/p".into(),
            after: Duration::from_secs(60),
        }
    }
    fn certificate() -> HttpError {
        HttpError::Certificate {
            host: "h".into(),
            why: "expired".into(),
        }
    }
    fn proxy(sign_in: bool) -> HttpError {
        HttpError::Proxy {
            proxy: "p".into(),
            host: "h".into(),
            why: "no".into(),
            sign_in,
        }
    }

    #[test]
    fn what_is_sent_once_is_sent_once() {
        let connect = connect();
        for outcome in [Outcome::Answered { status: 429 }, Outcome::Failed(&connect)] {
            assert_eq!(wait(Repeat::Never, outcome, 1, Duration::ZERO, None, 0.5), None);
        }
    }

    #[test]
    fn the_table_holds() {
        let again = |repeat: Repeat, outcome: Outcome<'_>| {
            wait(repeat, outcome, 1, Duration::ZERO, None, 0.5).is_some()
        };
        for status in [100, 200, 203, 204, 302, 400, 401, 403, 404, 409, 501, 505] {
            assert!(!again(Repeat::Safe, Outcome::Answered { status }), "{status}");
            assert!(
                !again(Repeat::OnlyIfNotProcessed, Outcome::Answered { status }),
                "{status}"
            );
        }
        for status in [408, 500, 502, 503, 504] {
            assert!(again(Repeat::Safe, Outcome::Answered { status }), "{status}");
            assert!(
                !again(Repeat::OnlyIfNotProcessed, Outcome::Answered { status }),
                "{status}"
            );
        }
        assert!(again(
            Repeat::OnlyIfNotProcessed,
            Outcome::Answered { status: 429 }
        ));
        for (error, safe, create) in [
            (connect(), true, true),
            (proxy(false), true, true),
            (broken(), true, false),
            (timeout(), true, false),
            (certificate(), false, false),
            (proxy(true), false, false),
            (
                HttpError::TooLarge {
                    asked: String::new(),
                    limit: 1,
                },
                false,
                false,
            ),
        ] {
            assert_eq!(again(Repeat::Safe, Outcome::Failed(&error)), safe, "{error}");
            assert_eq!(
                again(Repeat::OnlyIfNotProcessed, Outcome::Failed(&error)),
                create,
                "{error}"
            );
        }
    }

    #[test]
    fn waits_double_with_jitter_and_end_after_four_tries() {
        let at = |tries, chance| {
            wait(
                Repeat::Safe,
                Outcome::Answered { status: 503 },
                tries,
                Duration::ZERO,
                None,
                chance,
            )
            .map(|wait| wait.as_millis())
        };
        assert_eq!(
            [at(1, 0.5), at(2, 0.5), at(3, 0.5), at(4, 0.5)],
            [Some(500), Some(1000), Some(2000), None]
        );
        assert_eq!(at(1, 0.0), Some(375));
        assert!(at(1, 0.999).unwrap() < 625);
    }

    #[test]
    fn a_time_out_is_met_once_more_and_no_more() {
        let error = timeout();
        let at = |tries| {
            wait(
                Repeat::Safe,
                Outcome::Failed(&error),
                tries,
                Duration::ZERO,
                None,
                0.5,
            )
        };
        assert!(at(1).is_some() && at(2).is_none());
    }

    #[test]
    fn a_longer_wait_that_the_host_asks_for_wins() {
        let asked = Some(Duration::from_secs(7));
        let outcome = Outcome::Answered { status: 429 };
        assert_eq!(wait(Repeat::Safe, outcome, 1, Duration::ZERO, asked, 0.5), asked);
    }

    #[test]
    fn no_try_begins_after_the_budget() {
        let outcome = Outcome::Answered { status: 429 };
        let asked = Some(Duration::from_secs(60));
        assert!(wait(Repeat::Safe, outcome, 2, Duration::from_secs(60), asked, 0.5).is_some());
        assert_eq!(
            wait(Repeat::Safe, outcome, 3, Duration::from_secs(121), asked, 0.5),
            None
        );
    }
}
