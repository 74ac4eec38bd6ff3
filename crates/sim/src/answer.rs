//! One answer, before it is put on the wire.

use std::time::Duration;

use bytes::Bytes;
use serde_json::Value;

/// The byte order mark that the service puts before some error bodies.
const BOM: &[u8] = b"\xef\xbb\xbf";

/// Status, headers and body of an answer.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Bytes,
    /// Waited before it is given.
    pub(crate) delay: Duration,
}

impl Answer {
    /// No content type, no body.
    pub(crate) fn empty(status: u16) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: Bytes::new(),
            delay: Duration::ZERO,
        }
    }

    pub(crate) fn json(status: u16, value: &Value) -> Self {
        Self::empty(status)
            .typed("application/json; charset=utf-8")
            .with_body(value.to_string())
    }

    /// JSON behind a byte order mark.
    pub(crate) fn json_with_bom(status: u16, value: &Value) -> Self {
        let body = [BOM, value.to_string().as_bytes()].concat();
        Self::empty(status)
            .typed("application/json; charset=utf-8")
            .with_body(body)
    }

    pub(crate) fn html(status: u16, page: String) -> Self {
        Self::empty(status)
            .typed("text/html; charset=utf-8")
            .with_body(page)
    }

    pub(crate) fn text(status: u16, text: &str) -> Self {
        Self::empty(status)
            .typed("text/plain; charset=utf-8")
            .with_body(text.to_owned())
    }

    pub(crate) fn with_body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self
    }

    /// Adds a header.
    pub(crate) fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// Sets the content type, whatever it was.
    pub(crate) fn typed(mut self, content_type: &str) -> Self {
        self.headers
            .retain(|(name, _)| !name.eq_ignore_ascii_case("content-type"));
        self.with("Content-Type", content_type)
    }
}
