//! How fast each host is asked, shared by all requests to it.
//!
//! Azure DevOps sends `Retry-After` with a 429 and also with a 200: that request worked, wait before the next
//! ("Rate and usage limits", Azure DevOps documentation). A pause alone would have all that wait come back in the same
//! moment, so a host that asks for one is asked one request at a time after it, then ever more: up to half of what was
//! on its way before at once, and one more each time that as many were answered well. A host that never asks for less is
//! never held back.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::{BoxFuture, Response};

/// No host can make us wait longer than this before one request, whatever it asks for.
const LONGEST: Duration = Duration::from_secs(60);

/// The pause after a 429 that names no time; each further one doubles it.
const UNTOLD: Duration = Duration::from_secs(1);
/// Up to this: so long Azure DevOps holds requests back before it refuses them ("Rate and usage limits").
const LONGEST_UNTOLD: Duration = Duration::from_secs(30);

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

/// All hosts.
#[derive(Default)]
pub(crate) struct Pace {
    gates: Mutex<HashMap<String, Arc<Gate>>>,
}

/// One host.
#[derive(Default)]
struct Gate {
    state: Mutex<State>,
    /// Told when there is room for who waits.
    room: Notify,
}

#[derive(Default)]
struct State {
    /// Requests on their way.
    flying: u32,
    /// Requests that wait, for a pause to end or for others to land.
    waiting: u32,
    /// The end of the pause that the host asked for.
    not_before: Option<Instant>,
    /// Whether whoever reads the log knows of that pause.
    told: bool,
    /// How many times the host asked for less. What was on its way before says nothing about the pace since.
    round: u32,
    /// Refusals in a row that named no time.
    untold: u32,
    limit: Option<Limit>,
}

/// How many requests may be on their way at once, since the host asked for less.
struct Limit {
    allowed: u32,
    /// Up to here it grows with each good answer, from here on with each `allowed` of them.
    half: u32,
    /// Beyond this there is no limit any more.
    before: u32,
    /// Good answers since it last grew.
    good: u32,
}

/// What a request finds that wants to start.
enum Door {
    /// It has started, in this round.
    Open(u32),
    Pause {
        left: Duration,
        tell: bool,
    },
    Full,
}

impl Pace {
    /// Waits until the host may be asked.
    pub(crate) async fn turn(&self, time: &Arc<dyn Time>, host: &str) -> Turn {
        let gate = {
            let mut gates = self.gates.lock().unwrap_or_else(PoisonError::into_inner);
            match gates.get(host) {
                Some(gate) => gate.clone(),
                None => gates.entry(host.to_owned()).or_default().clone(),
            }
        };
        let mut door = gate.state().knock(time.instant());
        if let Door::Open(round) = door {
            return Turn { gate, round };
        }
        let queue = Waiting::on(&gate);
        let round = loop {
            match door {
                Door::Open(round) => break round,
                // An answer to a parallel request may prolong the pause meanwhile; `LONGEST` bounds each round.
                Door::Pause { left, tell } => {
                    if tell {
                        let seconds = left.as_secs();
                        tracing::info!("{host} asks for a pause of {seconds} s before the next request.");
                    }
                    time.sleep(left).await;
                }
                Door::Full => {
                    // Listens before it looks again, so that no room goes by unheard.
                    let mut room = pin!(gate.room.notified());
                    room.as_mut().enable();
                    if gate.state().is_full() {
                        room.await;
                    }
                }
            }
            door = gate.state().knock(time.instant());
        };
        drop(queue);
        Turn { gate, round }
    }
}

impl Gate {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Calls as many of those who wait as there is room for.
    fn call(&self, state: MutexGuard<'_, State>) {
        let room = state
            .limit
            .as_ref()
            .map_or(u32::MAX, |limit| limit.allowed.saturating_sub(state.flying));
        let called = room.min(state.waiting);
        drop(state);
        (0..called).for_each(|_| self.room.notify_one());
    }
}

impl State {
    fn knock(&mut self, now: Instant) -> Door {
        if let Some(end) = self.not_before {
            let left = end.saturating_duration_since(now);
            if !left.is_zero() {
                let tell = left >= LONG && !self.told;
                self.told |= tell;
                return Door::Pause { left, tell };
            }
            self.not_before = None;
        }
        if self.is_full() {
            return Door::Full;
        }
        self.flying += 1;
        Door::Open(self.round)
    }

    fn is_full(&self) -> bool {
        let limit = self.limit.as_ref();
        limit.is_some_and(|limit| self.flying >= limit.allowed)
    }

    fn pause(&mut self, end: Instant) {
        let known = self.not_before;
        self.told &= known.is_some_and(|known| end < known + LONG);
        self.not_before = known.max(Some(end));
    }

    /// The host wants less. After a pause it is met with one request at first.
    fn less(&mut self, paused: bool) {
        let half = (self.flying / 2).max(1);
        let before = self.limit.as_ref().map_or(0, |limit| limit.before);
        self.round = self.round.wrapping_add(1);
        self.limit = Some(Limit {
            allowed: if paused { 1 } else { half },
            half,
            before: before.max(self.flying),
            good: 0,
        });
    }

    /// The pause after a refusal that names no time; those of one round are one.
    fn untold(&mut self, is_of_round: bool) -> Duration {
        self.untold += u32::from(is_of_round);
        let doubled = UNTOLD.saturating_mul(1 << self.untold.saturating_sub(1).min(8));
        doubled.min(LONGEST_UNTOLD)
    }

    fn good(&mut self) {
        self.untold = 0;
        let Some(limit) = &mut self.limit else {
            return;
        };
        limit.good += 1;
        if limit.allowed < limit.half || limit.good >= limit.allowed {
            limit.allowed += 1;
            limit.good = 0;
        }
        if limit.allowed > limit.before {
            self.limit = None;
        }
    }
}

/// Leave to send one request; it is over when this is dropped.
pub(crate) struct Turn {
    gate: Arc<Gate>,
    round: u32,
}

impl Turn {
    /// Notes what the answer says about the pace, and returns the pause that it asks for, capped.
    pub(crate) fn answered(&self, time: &Arc<dyn Time>, answer: &Response) -> Option<Duration> {
        let mut state = self.gate.state();
        let is_of_round = self.round == state.round;
        let untold = || (answer.status == 429).then(|| state.untold(is_of_round));
        let wait = asked_wait(answer, time.date()).or_else(untold);
        if let Some(wait) = wait {
            state.pause(time.instant() + wait);
        }
        if is_of_round {
            if wait.is_some() || is_used_up(answer) {
                state.less(wait.is_some());
            } else if answer.status < 500 {
                state.good();
            }
        }
        wait
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut state = self.gate.state();
        state.flying = state.flying.saturating_sub(1);
        self.gate.call(state);
    }
}

/// One request that waits.
struct Waiting<'a>(&'a Gate);

impl<'a> Waiting<'a> {
    fn on(gate: &'a Gate) -> Self {
        gate.state().waiting += 1;
        Self(gate)
    }
}

/// A call that reached who gave up waiting is passed on.
impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.waiting = state.waiting.saturating_sub(1);
        self.0.call(state);
    }
}

/// The pause that an answer asks for: `Retry-After` in seconds or as a date; or, on a request that worked, the delay
/// that rate limiting already put on it. `X-RateLimit-Reset` is none: it tells when the account's usage would be back at
/// nothing, long after the host takes requests again.
fn asked_wait(answer: &Response, now: DateTime<Utc>) -> Option<Duration> {
    let wait = answer
        .header("retry-after")
        .and_then(|text| retry_after(text, now));
    let delay = || Duration::try_from_secs_f64(number(answer, "x-ratelimit-delay")?).ok();
    wait.or_else(delay)
        .filter(|wait| !wait.is_zero())
        .map(|wait| wait.min(LONGEST))
}

/// Whether the account has used up what it may use before its requests are held back.
fn is_used_up(answer: &Response) -> bool {
    number(answer, "x-ratelimit-remaining").is_some_and(|left| left <= 0.0)
}

fn number(answer: &Response, header: &str) -> Option<f64> {
    answer.header(header)?.trim().parse().ok()
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
    use std::cell::{Cell, RefCell};
    use std::task::{Context, Poll, Waker};

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

    /// How many lines were told to whoever reads the log.
    struct Told(Arc<std::sync::atomic::AtomicU32>);

    impl tracing::Subscriber for Told {
        fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
            *metadata.level() == tracing::Level::INFO
        }
        fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::Id {
            tracing::Id::from_u64(1)
        }
        fn record(&self, _: &tracing::Id, _: &tracing::span::Record<'_>) {}
        fn record_follows_from(&self, _: &tracing::Id, _: &tracing::Id) {}
        fn event(&self, _: &tracing::Event<'_>) {
            self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        }
        fn enter(&self, _: &tracing::Id) {}
        fn exit(&self, _: &tracing::Id) {}
    }

    #[tokio::test(start_paused = true)]
    async fn a_long_pause_is_told_once_however_many_wait() {
        let told = Arc::new(std::sync::atomic::AtomicU32::new(0));
        let _listening = tracing::subscriber::set_default(Told(told.clone()));
        Host::default()
            .asked(&Pace::default(), 12, 4, |number| {
                let pause = [("retry-after", "30")];
                Response::from_parts(
                    "h",
                    200,
                    if number == 0 { &pause[..] } else { &[] }.iter().copied(),
                    Vec::new(),
                )
            })
            .await;
        assert_eq!(told.load(std::sync::atomic::Ordering::Relaxed), 1);
    }

    #[test]
    fn chance_stays_in_its_range() {
        for _ in 0..100 {
            let chance = MachineTime.chance();
            assert!((0.0..1.0).contains(&chance), "{chance}");
        }
    }

    /// A host that takes 20 ms for an answer, and what it has seen.
    #[derive(Default)]
    struct Host {
        now: Cell<u32>,
        most: Cell<u32>,
        /// When each request came, and how many were then on their way.
        came: RefCell<Vec<(Instant, u32)>>,
    }

    impl Host {
        async fn answer(&self, say: impl Fn(usize) -> Response) -> Response {
            self.now.set(self.now.get() + 1);
            self.most.set(self.most.get().max(self.now.get()));
            let number = self.came.borrow().len();
            self.came.borrow_mut().push((Instant::now(), self.now.get()));
            tokio::time::sleep(Duration::from_millis(20)).await;
            self.now.set(self.now.get() - 1);
            say(number)
        }

        /// Sends `count` requests, `parallel` at once, each once; `say` makes the n-th answer, from 0.
        async fn asked(&self, pace: &Pace, count: usize, parallel: usize, say: impl Fn(usize) -> Response) {
            let time: Arc<dyn Time> = Arc::new(MachineTime);
            let next = Cell::new(0);
            let lane = async || {
                while next.get() < count {
                    next.set(next.get() + 1);
                    let turn = pace.turn(&time, "h").await;
                    let answer = self.answer(&say).await;
                    turn.answered(&time, &answer);
                }
            };
            let mut lanes: Vec<_> = (0..parallel).map(|_| Box::pin(lane())).collect();
            std::future::poll_fn(|context| {
                lanes.retain_mut(|lane| lane.as_mut().poll(context).is_pending());
                if lanes.is_empty() {
                    Poll::Ready(())
                } else {
                    Poll::Pending
                }
            })
            .await;
        }

        /// The most that were on their way at once among the requests that came in this span after `start`, in ms.
        fn most_between(&self, start: Instant, from: u64, to: u64) -> u32 {
            let span = start + Duration::from_millis(from)..start + Duration::from_millis(to);
            let came = self.came.borrow();
            let within = came.iter().filter(|(at, _)| span.contains(at));
            within.map(|(_, flying)| *flying).max().unwrap_or(0)
        }
    }

    fn good() -> Response {
        Response::from_parts("h", 200, [], Vec::new())
    }

    fn throttled(seconds: &str) -> Response {
        Response::from_parts("h", 429, [("Retry-After", seconds)], Vec::new())
    }

    #[tokio::test(start_paused = true)]
    async fn a_host_that_asks_for_nothing_is_never_held_back() {
        let (host, start) = (Host::default(), Instant::now());
        host.asked(&Pace::default(), 640, 64, |_| good()).await;
        assert_eq!(host.most.get(), 64);
        assert_eq!(start.elapsed(), Duration::from_millis(10 * 20));
    }

    #[tokio::test(start_paused = true)]
    async fn after_a_refusal_nobody_asks_until_the_pause_is_over_and_then_one_by_one_up_to_half() {
        let (host, start) = (Host::default(), Instant::now());
        let say = |number| if number == 64 { throttled("5") } else { good() };
        host.asked(&Pace::default(), 6_000, 64, say).await;
        // The 65th request ends at 40 ms; what had begun until then ends at 60 ms at the latest.
        assert_eq!(host.most_between(start, 60, 5_040), 0);
        assert_eq!(host.most_between(start, 5_040, 5_060), 1);
        assert_eq!(host.most_between(start, 5_060, 5_080), 2);
        assert_eq!(host.most_between(start, 5_080, 5_100), 4);
        assert_eq!(host.most_between(start, 5_100, 5_160), 32);
        assert!(host.most_between(start, 5_160, 5_400) <= 46, "won back slowly");
        assert_eq!(host.most_between(start, 6_000, 60_000), 64, "and won back");
    }

    #[tokio::test(start_paused = true)]
    async fn refusals_of_what_was_sent_together_count_as_one() {
        let (host, start) = (Host::default(), Instant::now());
        let say = |number| if number < 64 { throttled("5") } else { good() };
        host.asked(&Pace::default(), 640, 64, say).await;
        assert_eq!(host.most_between(start, 5_020, 5_140), 32);
    }

    #[tokio::test(start_paused = true)]
    async fn a_host_that_keeps_refusing_is_asked_once_a_pause() {
        let (host, start) = (Host::default(), Instant::now());
        let say = |number| if number < 70 { throttled("10") } else { good() };
        host.asked(&Pace::default(), 200, 64, say).await;
        let came = host.came.borrow();
        let before = came
            .iter()
            .filter(|(at, _)| *at < start + Duration::from_secs(60));
        assert_eq!(before.count(), 64 + 5);
    }

    #[tokio::test(start_paused = true)]
    async fn refusals_that_name_no_time_are_met_with_ever_longer_pauses() {
        let (host, start) = (Host::default(), Instant::now());
        let refused = || Response::from_parts("h", 429, [], Vec::new());
        let say = |number| if number < 67 { refused() } else { good() };
        host.asked(&Pace::default(), 68, 64, say).await;
        let came = host.came.borrow();
        let after = came.iter().skip(64).map(|(at, _)| (*at - start).as_millis());
        assert_eq!(after.collect::<Vec<_>>(), [1_020, 3_040, 7_060, 15_080]);
    }

    #[tokio::test(start_paused = true)]
    async fn an_account_that_has_used_up_its_share_is_given_less_without_a_pause() {
        let (host, start) = (Host::default(), Instant::now());
        let used_up = || Response::from_parts("h", 200, [("X-RateLimit-Remaining", "0")], Vec::new());
        let say = |number| if number < 64 { used_up() } else { good() };
        host.asked(&Pace::default(), 640, 64, say).await;
        assert_eq!(host.most_between(start, 20, 40), 32);
    }

    #[tokio::test(start_paused = true)]
    async fn who_gives_up_waiting_leaves_the_place_to_the_next() {
        let (pace, time): (_, Arc<dyn Time>) = (Pace::default(), Arc::new(MachineTime));
        let first = pace.turn(&time, "h").await;
        first.answered(&time, &throttled("5"));
        let turn = || Box::pin(pace.turn(&time, "h"));
        let (mut impatient, mut patient) = (turn(), turn());
        tokio::time::advance(Duration::from_secs(5)).await;
        // The one request that may be on its way is the first, until it lands.
        let mut context = Context::from_waker(Waker::noop());
        assert!(impatient.as_mut().poll(&mut context).is_pending());
        assert!(patient.as_mut().poll(&mut context).is_pending());
        drop(first);
        drop(impatient);
        let second = tokio::time::timeout(Duration::from_secs(1), patient).await;
        assert!(second.is_ok());
    }

    proptest! {
        #[test]
        fn no_header_panics_or_waits_longer_than_the_cap(text in "\\PC{0,40}") {
            let _ = asked("Retry-After", &text);
            prop_assert!(retry_after(&text, now()).is_none_or(|wait| wait.min(LONGEST) <= LONGEST));
        }
    }
}
