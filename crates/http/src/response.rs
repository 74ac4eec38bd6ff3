//! One answer, read whole.

use std::fmt;

use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use serde::de::DeserializeOwned;

use crate::HttpError;

/// An answer, read whole.
#[derive(Clone)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// `Content-Type`, lower-cased, without parameters; empty when absent.
    pub content_type: String,
    /// `host/path` of the request, without its query: fit for messages.
    pub asked: String,
    headers: HeaderMap,
    body: Vec<u8>,
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
            headers,
            body,
        }
    }

    /// A header's value as text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The body without a UTF-8 BOM.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        self.body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&self.body)
    }

    /// Whether the content type promises JSON: `application/json` or `application/…+json`.
    #[must_use]
    pub fn is_json(&self) -> bool {
        self.content_type == "application/json"
            || (self.content_type.starts_with("application/") && self.content_type.ends_with("+json"))
    }

    /// The body as JSON, if the content type says so.
    ///
    /// # Errors
    /// Another content type, or JSON that does not fit. The message says where, and never quotes the body.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, HttpError> {
        if !self.is_json() {
            return Err(HttpError::NotJson {
                asked: self.asked.clone(),
                status: self.status,
                content_type: self.content_type.clone(),
            });
        }
        serde_json::from_slice(self.body()).map_err(|error| HttpError::Malformed {
            asked: self.asked.clone(),
            why: match error.classify() {
                serde_json::error::Category::Eof if self.body().is_empty() => "the body is empty".to_owned(),
                serde_json::error::Category::Eof => "the JSON ends too early".to_owned(),
                serde_json::error::Category::Data => {
                    format!(
                        "the JSON has another shape, at line {} column {}",
                        error.line(),
                        error.column()
                    )
                }
                _ => format!("not JSON, at line {} column {}", error.line(), error.column()),
            },
        })
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
        let value: serde_json::Value = answer("application/json; charset=utf-8", b"\xef\xbb\xbf{\"a\":1}")
            .json()
            .unwrap();
        assert_eq!(value["a"], 1);
    }

    #[test]
    fn html_is_not_read_as_json_even_if_it_would_parse() {
        let error = answer("text/html; charset=utf-8", b"{}")
            .json::<serde_json::Value>()
            .unwrap_err();
        assert!(matches!(error, HttpError::NotJson { status: 200, .. }), "{error}");
        assert!(answer("", b"{}").json::<serde_json::Value>().is_err());
        assert!(
            answer("Application/Problem+JSON", b"{}")
                .json::<serde_json::Value>()
                .is_ok()
        );
    }

    #[test]
    fn json_errors_name_the_place_and_quote_nothing() {
        let error = answer("application/json", b"{\"token\":\"T0PS3CRET\"}")
            .json::<Vec<u8>>()
            .unwrap_err()
            .to_string();
        assert!(error.contains("line 1"), "{error}");
        let error = answer("application/json", br#""T0PS3CRET""#)
            .json::<u32>()
            .unwrap_err()
            .to_string();
        assert!(!error.contains("T0PS3CRET"), "{error}");
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
        fn no_body_panics_or_is_quoted(body in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = answer("application/json", &body).json::<std::collections::BTreeMap<String, u8>>();
        }
    }
}
