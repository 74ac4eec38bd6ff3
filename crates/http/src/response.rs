//! One answer, read whole.

use std::fmt;

use chrono::{DateTime, Utc};
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;

use crate::repair;

/// An answer, read whole.
#[derive(Clone)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// `Content-Type`, lower-cased, without parameters; empty when absent.
    pub content_type: String,
    /// `host/path` of the request, without its query: fit for messages.
    pub asked: String,
    /// The request was sent before and may have been carried out then: that answer was lost, or said that the service
    /// had failed.
    pub follows_a_lost_one: bool,
    headers: HeaderMap,
    body: Vec<u8>,
    /// When it came, by this machine's clock.
    pub(crate) received: Option<DateTime<Utc>>,
}

impl Response {
    /// Puts an answer together from its parts; headers that HTTP does not allow are left out.
    pub fn from_parts<'a>(
        asked: impl Into<String>,
        status: u16,
        headers: impl IntoIterator<Item = (&'a str, &'a str)>,
        body: impl Into<Vec<u8>>,
    ) -> Self {
        let headers = headers
            .into_iter()
            .filter_map(|(name, value)| {
                Some((
                    HeaderName::from_bytes(name.as_bytes()).ok()?,
                    HeaderValue::from_str(value).ok()?,
                ))
            })
            .collect();
        Self::new(asked.into(), status, headers, body.into())
    }

    pub(crate) fn new(asked: String, status: u16, headers: HeaderMap, body: Vec<u8>) -> Self {
        let content_type = headers
            .get(CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.split(';').next())
            .map(|value| value.trim().to_ascii_lowercase())
            .unwrap_or_default();
        Self {
            status,
            content_type,
            asked,
            follows_a_lost_one: false,
            headers,
            body,
            received: None,
        }
    }

    /// When the service answered: what its `Date` header says, else when the answer came.
    #[must_use]
    pub fn date(&self) -> Option<DateTime<Utc>> {
        let told = self.header("date");
        told.and_then(|date| DateTime::parse_from_rfc2822(date).ok())
            .map(|date| date.to_utc())
            .or(self.received)
    }

    /// A header's value as text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// Whether a header came, be it text or not.
    #[must_use]
    pub fn has_header(&self, name: &str) -> bool {
        self.headers.contains_key(name)
    }

    /// All values of a header that may come several times, those that are text.
    pub fn header_values(&self, name: &str) -> impl Iterator<Item = &str> {
        self.headers
            .get_all(name)
            .iter()
            .filter_map(|value| value.to_str().ok())
    }

    /// All headers that are text, by their lower-case names.
    pub(crate) fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        self.headers
            .iter()
            .filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)))
    }

    /// The body without a UTF-8 BOM.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        self.body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&self.body)
    }

    /// The body as JSON, if the content type promises it: `application/json` or `application/…+json`. An escape that
    /// JSON does not allow reads as U+FFFD.
    ///
    /// # Errors
    /// See [`NotJson`].
    pub fn json(&self) -> Result<Value, NotJson> {
        self.json_with(|body| serde_json::from_slice(body).ok())
    }

    /// The same, read by `read`, which gets the body and, if it gives nothing, the body with such escapes replaced.
    ///
    /// # Errors
    /// See [`NotJson`].
    pub fn json_with<T>(&self, read: impl Fn(&[u8]) -> Option<T>) -> Result<T, NotJson> {
        let promised = self.content_type == "application/json"
            || (self.content_type.starts_with("application/") && self.content_type.ends_with("+json"));
        if !promised {
            return Err(NotJson::ContentType);
        }
        read(self.body())
            .or_else(|| read(&repair::escapes(self.body())))
            .ok_or(NotJson::Syntax)
    }
}

/// Why a body is not the JSON that was due. It quotes nothing: a body may hold a fresh secret, and a header text
/// of a stranger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.why())]
pub enum NotJson {
    /// The content type is another one, or absent. What parses all the same may be anything.
    ContentType,
    /// The body does not parse: cut off, empty, or something else.
    Syntax,
}

impl NotJson {
    /// What is wrong, as a sentence about the answer.
    #[must_use]
    pub fn why(self) -> &'static str {
        match self {
            Self::ContentType => "its content type is not JSON",
            Self::Syntax => "it is not JSON",
        }
    }
}

/// Never the body, which may hold a fresh secret, nor the headers.
impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response")
            .field("asked", &self.asked)
            .field("status", &self.status)
            .field("content_type", &self.content_type)
            .field("bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn answer(content_type: &str, body: &[u8]) -> Response {
        Response::from_parts("dev.azure.com/acme", 200, [("content-type", content_type)], body)
    }

    #[test]
    fn json_behind_a_bom_is_read() {
        let answer = answer("application/json; charset=utf-8", b"\xef\xbb\xbf{\"a\":1}");
        assert_eq!(answer.json().unwrap()["a"], 1);
    }

    #[test]
    fn what_does_not_promise_json_is_not_read_as_json_even_if_it_would_parse() {
        for other in ["text/html; charset=utf-8", "text/json", "application/jsonp", ""] {
            assert_eq!(answer(other, b"{}").json(), Err(NotJson::ContentType), "{other}");
        }
        assert!(answer("Application/Problem+JSON", b"{}").json().is_ok());
    }

    #[test]
    fn what_promises_json_and_is_none_is_told_without_being_quoted() {
        for body in ["", "{\"token\":\"T0PS3CRET\"", "T0PS3CRET"] {
            let error = answer("application/json", body.as_bytes()).json().unwrap_err();
            assert_eq!(error, NotJson::Syntax);
            assert!(!format!("{error} {error:?}").contains("T0PS3CRET"));
        }
    }

    #[test]
    fn debug_shows_neither_body_nor_headers() {
        let shown = format!(
            "{:?}",
            Response::from_parts(
                "a/b",
                200,
                [("x-token", "T0PS3CRET")],
                br#"{"token":"T0PS3CRET"}"#.to_vec()
            )
        );
        assert!(!shown.contains("T0PS3CRET"), "{shown}");
    }

    proptest! {
        #[test]
        fn no_body_panics(body in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = answer("application/json", &body).json();
        }
    }
}
