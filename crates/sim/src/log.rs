//! What was asked and what was answered, without secrets.

use std::time::Duration;

use chrono::{DateTime, Utc};

/// One request as the simulator saw it.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct LoggedRequest {
    /// In order of arrival; requests to the proxy itself count too, so there are gaps.
    pub seq: u64,
    /// The simulator's port that it came in by: see [`Sim::another_proxy_url`](crate::Sim::another_proxy_url).
    pub port: u16,
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

/// `text` with everything that looks like a JSON web token or a PAT replaced by its fingerprint.
fn redact(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(is_word) {
        let (before, from) = rest.split_at(start);
        let (word, after) = from.split_at(from.find(|c| !is_word(c)).unwrap_or(from.len()));
        shown.push_str(before);
        if looks_secret(word) {
            shown.push_str(&format!("<secret {}>", fingerprint(word)));
        } else {
            shown.push_str(word);
        }
        rest = after;
    }
    shown + rest
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-')
}

/// Three base64 parts, today's PAT format, or the older one of 52 base32 characters.
fn looks_secret(word: &str) -> bool {
    let jwt = word.starts_with("eyJ") && word.split('.').count() == 3;
    let base32 = |c: char| c.is_ascii_lowercase() || ('2'..='7').contains(&c);
    jwt || word.split(['.', '_', '-']).any(|part| match part.len() {
        84 => part.get(76..80) == Some("AZDO"),
        52 => part.chars().all(base32),
        _ => false,
    })
}

/// The headers for the log.
pub(crate) fn redact_headers(headers: &hyper::HeaderMap) -> Vec<(String, String)> {
    headers
        .iter()
        .map(|(name, value)| {
            let text = String::from_utf8_lossy(value.as_bytes());
            let shown = match name.as_str() {
                "x-identity-header" => format!("<secret {}>", fingerprint(&text)),
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

/// Fields of forms and queries that a sign-in consists of.
const SECRET_FIELDS: &[&str] = &[
    "assertion",
    "client_assertion",
    "client_secret",
    "code",
    "code_verifier",
    "device_code",
    "password",
    "refresh_token",
];

/// A form or a query for the log: secret fields by their names, the rest by its looks.
pub(crate) fn redact_form(form: &str) -> String {
    let shown: Vec<String> = form
        .split('&')
        .map(|pair| match form_urlencoded::parse(pair.as_bytes()).next() {
            Some((name, value)) if SECRET_FIELDS.contains(&name.to_ascii_lowercase().as_str()) => {
                format!("{name}=<secret {}>", fingerprint(&value))
            }
            _ => redact(pair),
        })
        .collect();
    shown.join("&")
}

const BODY_LIMIT: usize = 64 * 1024;

/// A body for the log.
pub(crate) fn redact_body(body: &[u8]) -> String {
    redact(&String::from_utf8_lossy(body.get(..BODY_LIMIT).unwrap_or(body)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_looks_like_a_secret_leaves_only_its_mark() {
        let new = format!("{}AZDO{}", "N".repeat(76), "N".repeat(4));
        let old = "a7".repeat(26);
        let jwt = ["eyJ", "eyJ", ""]
            .map(|start| format!("{start}{}", "fake".repeat(5)))
            .join(".");
        let text = format!(
            "{{\"a\":\"{new}\", \"b\":\"{old}\"}} x={jwt}&y=ci-build-2026-08-20 ä {}",
            "n".repeat(52)
        );
        let shown = redact(&text);
        for secret in [&new, &old, &jwt] {
            assert!(
                !shown.contains(secret.as_str()) && shown.contains(&fingerprint(secret)),
                "{shown}"
            );
        }
        assert!(shown.contains("&y=ci-build-2026-08-20 ä "));
    }

    #[test]
    fn what_a_sign_in_consists_of_is_known_by_its_field() {
        let shown =
            redact_form("grant_type=refresh_token&client_secret=a%7Eb&Code=c%20d&scope=vso.pats&flag");
        let mark = |secret: &str| format!("<secret {}>", fingerprint(secret));
        assert_eq!(
            shown,
            format!(
                "grant_type=refresh_token&client_secret={}&Code={}&scope=vso.pats&flag",
                mark("a~b"),
                mark("c d")
            )
        );
    }

    #[test]
    fn ordinary_text_stays_as_it_is() {
        let text =
            "{\"displayName\":\"ci deploy\",\"authorizationId\":\"4ab5764f-4193-4f1d-b995-64144880b7d7\"}";
        assert_eq!(redact(text), text);
    }
}
