//! What was asked and what was answered, without secrets.

use std::sync::LazyLock;
use std::time::Duration;

use chrono::{DateTime, Utc};
use regex_lite::{Captures, Regex};

/// One request as the simulator saw it.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct LoggedRequest {
    /// In order of arrival; requests to the proxy itself count too, so there are gaps.
    pub seq: u64,
    /// The cloud's clock at arrival.
    pub at: DateTime<Utc>,
    /// Time since the simulator's start at arrival.
    pub since_start: Duration,
    /// From arrival to the answer; `None` while or when none was given.
    pub took: Option<Duration>,
    /// HTTP method.
    pub method: String,
    /// Host asked.
    pub host: String,
    /// Path as sent.
    pub path: String,
    /// Query as sent, secrets replaced.
    pub query: String,
    /// Headers as sent, names in lower case, `authorization` and other secrets replaced.
    pub headers: Vec<(String, String)>,
    /// Body as text, secrets replaced, cut after 64 kB.
    pub body: String,
    /// Who asked: `anonymous`, `unknown`, `user:<upn>`, `app:<name>`, `job:<name>` or `pat:<authorization id>`.
    pub identity: String,
    /// Status answered; `None`: the connection was cut, hangs, or the client left.
    pub status: Option<u16>,
    /// Bytes of the answer's body, before any truncation.
    pub answered_bytes: usize,
    /// The fault that struck.
    pub fault: Option<String>,
}

impl LoggedRequest {
    /// A header's value as sent (redacted), by name without regard to letter case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }
}

/// A short stable mark of a secret, to recognize it in a log without being able to read it (FNV-1a, 8 hex digits).
pub fn fingerprint(secret: &str) -> String {
    let hash = secret.bytes().fold(0x811c_9dc5_u32, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    });
    format!("{hash:08x}")
}

/// JSON web tokens, both PAT formats, and credentials in `Authorization`.
static SECRETS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*|[A-Za-z0-9]{76}AZDO[A-Za-z0-9]{4}|\b[a-z2-7]{52}\b",
    )
    .ok()
});

/// `text` with everything that looks like a secret replaced by its fingerprint.
pub(crate) fn redact(text: &str) -> String {
    match &*SECRETS {
        Some(secrets) => {
            let marked = |found: &Captures<'_>| {
                format!(
                    "<secret {}>",
                    fingerprint(found.get(0).map_or("", |m| m.as_str()))
                )
            };
            secrets.replace_all(text, marked).into_owned()
        }
        None => "<not shown>".to_owned(),
    }
}

/// The headers for the log.
pub(crate) fn redact_headers(headers: &hyper::HeaderMap) -> Vec<(String, String)> {
    headers
        .iter()
        .map(|(name, value)| {
            let text = String::from_utf8_lossy(value.as_bytes());
            let shown = match name.as_str() {
                "authorization" | "proxy-authorization" => {
                    let (scheme, secret) = text.split_once(' ').unwrap_or(("", &text));
                    format!("{scheme} <secret {}>", fingerprint(secret))
                }
                _ => redact(&text),
            };
            (name.as_str().to_owned(), shown)
        })
        .collect()
}

const BODY_LIMIT: usize = 64 * 1024;

/// A body for the log.
pub(crate) fn redact_body(body: &[u8]) -> String {
    redact(&String::from_utf8_lossy(body.get(..BODY_LIMIT).unwrap_or(body)))
}
