//! One request, read whole, as the APIs see it.

use bytes::Bytes;
use hyper::HeaderMap;
use percent_encoding::percent_decode_str;

/// A request to one of the hosts.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// Lower case, without port.
    pub(crate) host: String,
    /// As sent.
    pub(crate) path: String,
    /// As sent, without `?`.
    pub(crate) query: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Request {
    /// A header's value, if it is text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The path's parts, percent-decoded, empty ones left out.
    pub(crate) fn segments(&self) -> Vec<String> {
        self.path
            .split('/')
            .filter(|part| !part.is_empty())
            .map(|part| percent_decode_str(part).decode_utf8_lossy().into_owned())
            .collect()
    }

    /// The first query parameter of that name, without regard to letter case.
    pub(crate) fn parameter(&self, name: &str) -> Option<String> {
        form_urlencoded::parse(self.query.as_bytes())
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.into_owned())
    }

    /// The first field of that name in a body that is a form.
    pub(crate) fn field(&self, name: &str) -> Option<String> {
        if !self.is_form() {
            return None;
        }
        form_urlencoded::parse(&self.body)
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.into_owned())
    }

    /// Whether the content type names JSON.
    pub(crate) fn is_json(&self) -> bool {
        self.is_of_type("application/json")
    }

    /// Whether the content type names a form.
    pub(crate) fn is_form(&self) -> bool {
        self.is_of_type("application/x-www-form-urlencoded")
    }

    fn is_of_type(&self, wanted: &str) -> bool {
        self.header("content-type").is_some_and(|value| {
            let kind = value.split(';').next().unwrap_or_default().trim();
            kind.eq_ignore_ascii_case(wanted)
        })
    }
}
