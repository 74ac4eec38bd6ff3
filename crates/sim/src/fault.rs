//! What shall go wrong, and when.

use std::time::Duration;

use crate::refusal::Refusal;
use crate::request::Request;

/// Which requests a fault is for. Empty fields match everything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Match {
    /// HTTP method, without regard to letter case. `CONNECT` selects the proxy's own requests, which no other
    /// value does.
    pub method: Option<String>,
    /// Host name, whole, without regard to letter case.
    pub host: Option<String>,
    /// Part of the path, without regard to letter case.
    pub path_contains: Option<String>,
    /// Part of the query as sent, without regard to letter case.
    pub query_contains: Option<String>,
    /// Skips the matching requests before this one; 1 (or `None`) is the first after the fault was set.
    pub nth: Option<u32>,
}

impl Match {
    /// Every request through a tunnel.
    pub fn any() -> Self {
        Self::default()
    }

    /// Only this HTTP method.
    #[must_use]
    pub fn method(mut self, method: &str) -> Self {
        self.method = Some(method.to_owned());
        self
    }

    /// Only this host.
    #[must_use]
    pub fn host(mut self, host: &str) -> Self {
        self.host = Some(host.to_owned());
        self
    }

    /// Only paths that contain `part`.
    #[must_use]
    pub fn path(mut self, part: &str) -> Self {
        self.path_contains = Some(part.to_owned());
        self
    }

    /// Only queries that contain `part`.
    #[must_use]
    pub fn query(mut self, part: &str) -> Self {
        self.query_contains = Some(part.to_owned());
        self
    }

    /// From the `nth` matching request on, counted from 1.
    #[must_use]
    pub fn nth(mut self, nth: u32) -> Self {
        self.nth = Some(nth);
        self
    }

    fn fits(&self, request: &Request) -> bool {
        let method_fits = match &self.method {
            Some(method) => method.eq_ignore_ascii_case(&request.method),
            None => request.method != "CONNECT",
        };
        method_fits
            && self
                .host
                .as_ref()
                .is_none_or(|host| host.eq_ignore_ascii_case(&request.host))
            && self
                .path_contains
                .as_ref()
                .is_none_or(|part| contains(&request.path, part))
            && self
                .query_contains
                .as_ref()
                .is_none_or(|part| contains(&request.query, part))
    }
}

fn contains(text: &str, part: &str) -> bool {
    text.to_ascii_lowercase().contains(&part.to_ascii_lowercase())
}

/// What goes wrong. "Before" leaves the books as they were; "after" has done what was asked, and only the
/// answer is lost or spoiled. For `CONNECT`, only `Status`, `Delay`, `CloseBefore`, the resets and `Hang` have
/// a meaning.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Action {
    /// This status with a short HTML body, as from a gateway.
    Status {
        /// HTTP status.
        status: u16,
        /// Whether the request was carried out all the same.
        processed: bool,
        /// `Retry-After` in seconds.
        retry_after: Option<u32>,
    },
    /// One of the service's own refusals; nothing is processed.
    Refuse(Refusal),
    /// Waits, then answers as always.
    Delay(Duration),
    /// A failure of the PAT API inside a 200, with no PAT; nothing is processed.
    PatError {
        /// `patTokenError`, known or made up.
        error: String,
        /// `patTokenErrorMessage`, if the answer has that property.
        message: Option<String>,
    },
    /// The connection ends in an orderly way without an answer; nothing is processed.
    CloseBefore,
    /// A TCP reset; nothing is processed.
    ResetBefore,
    /// A TCP reset in place of the answer.
    ResetAfter,
    /// The answer's headers promise the whole body; this many bytes come, then the connection ends.
    Truncate(usize),
    /// The answer with another content type; an empty one takes the header away.
    ContentType(String),
    /// The answer with one header more, for example `Retry-After` on a 200.
    Header(String, String),
    /// Processed, then answered 200 `application/json` with text that is no JSON.
    GarbageJson,
    /// Processed, then answered with this instead.
    Replace {
        /// HTTP status.
        status: u16,
        /// Content type.
        content_type: String,
        /// Body.
        body: String,
    },
    /// Not processed, and answered with a JSON body in which `<sent>` stands for everything secret that was sent: the
    /// headers that prove the caller, and the request's body.
    Quote {
        /// HTTP status.
        status: u16,
        /// The body.
        body: String,
    },
    /// Processed, then answered 200 `application/json` with a valid JSON array of about this many bytes.
    Huge(usize),
    /// A TCP reset, and nothing is processed until [`Sim::let_land`](crate::Sim::let_land): a request that was on its
    /// way for longer than its client waited.
    HoldBack,
    /// Never answered; nothing is processed.
    Hang,
    /// Processed, and never answered.
    HangAfter,
    /// Processed at once, and answered after this time.
    DelayAfter(Duration),
}

impl Action {
    /// A gateway's status before anything is processed.
    pub fn status(status: u16) -> Self {
        Self::Status {
            status,
            processed: false,
            retry_after: None,
        }
    }

    pub(crate) fn name(&self) -> String {
        match self {
            Self::Status {
                status,
                processed: false,
                ..
            } => format!("status {status}"),
            Self::Status {
                status,
                processed: true,
                ..
            } => format!("status {status} after processing"),
            Self::Refuse(refusal) => format!("refuse {refusal:?}"),
            Self::Delay(time) => format!("delay {} ms", time.as_millis()),
            Self::PatError { error, .. } => format!("patTokenError {error}"),
            Self::CloseBefore => "close before processing".into(),
            Self::ResetBefore => "reset before processing".into(),
            Self::ResetAfter => "reset after processing".into(),
            Self::Truncate(bytes) => format!("truncate to {bytes}"),
            Self::ContentType(kind) => format!("content type {kind}"),
            Self::Header(name, _) => format!("header {name}"),
            Self::GarbageJson => "garbage".into(),
            Self::Replace { status, .. } => format!("replace with {status}"),
            Self::Quote { status, .. } => format!("quote with {status}"),
            Self::Huge(bytes) => format!("huge {bytes}"),
            Self::HoldBack => "hold back".into(),
            Self::Hang => "hang".into(),
            Self::HangAfter => "hang after processing".into(),
            Self::DelayAfter(time) => format!("delay {} ms after processing", time.as_millis()),
        }
    }
}

/// One fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Which requests.
    pub when: Match,
    /// What happens.
    pub what: Action,
    /// How often it strikes; `None`: always.
    pub times: Option<u32>,
}

impl Fault {
    /// Strikes once.
    pub fn once(when: Match, what: Action) -> Self {
        Self {
            when,
            what,
            times: Some(1),
        }
    }

    /// Strikes every time.
    pub fn always(when: Match, what: Action) -> Self {
        Self {
            when,
            what,
            times: None,
        }
    }
}

/// The faults that wait. Each counts every request that fits it; of those that are due, the one set first
/// strikes, so that several `once` faults follow one another.
#[derive(Debug, Default)]
pub(crate) struct FaultBook {
    waiting: Vec<Waiting>,
}

#[derive(Debug)]
struct Waiting {
    fault: Fault,
    seen: u32,
    struck: u32,
}

impl FaultBook {
    pub(crate) fn add(&mut self, fault: Fault) {
        self.waiting.push(Waiting {
            fault,
            seen: 0,
            struck: 0,
        });
    }

    pub(crate) fn clear(&mut self) {
        self.waiting.clear();
    }

    pub(crate) fn strike(&mut self, request: &Request) -> Option<Action> {
        let mut struck = None;
        for waiting in self
            .waiting
            .iter_mut()
            .filter(|waiting| waiting.fault.when.fits(request))
        {
            waiting.seen += 1;
            let due = waiting.seen >= waiting.fault.when.nth.unwrap_or(1);
            let spent = waiting.fault.times.is_some_and(|times| waiting.struck >= times);
            if struck.is_none() && due && !spent {
                waiting.struck += 1;
                struck = Some(waiting.fault.what.clone());
            }
        }
        struck
    }
}
