//! Requests, answers, and when to ask again.

use std::sync::Arc;

use secrecy::SecretString;
use serde::de::DeserializeOwned;

use crate::{HttpError, Settings, SettingsError};

/// Whether a request may be sent a second time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repeat {
    /// Reading, or revoking: sending it twice does no harm.
    Safe,
    /// Creating: sent again only if it was provably not processed (no connection, or refused with 429).
    OnlyIfNotProcessed,
}

/// One request. The URL never holds a secret, but for webhooks, whose whole URL is one.
#[derive(Debug)]
pub struct Request {
    pub(crate) method: reqwest::Method,
    pub(crate) url: Url,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) bearer: Option<SecretString>,
    pub(crate) basic_pat: Option<SecretString>,
    pub(crate) body: Option<Vec<u8>>,
    pub(crate) repeat: Repeat,
}

/// Where a request goes.
#[derive(Debug)]
pub(crate) enum Url {
    Plain(String),
    Secret(SecretString),
}

/// An answer, read whole.
#[derive(Debug)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// `Content-Type`, lower-cased, without parameters; empty when absent.
    pub content_type: String,
    /// `host/path` of the request, without its query: fit for messages.
    pub asked: String,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Response {
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

    /// The body as JSON, if the content type says so.
    ///
    /// # Errors
    /// Another content type, or JSON that does not fit.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, HttpError> {
        todo_json(self)
    }
}

fn todo_json<T: DeserializeOwned>(_: &Response) -> Result<T, HttpError> {
    Err(HttpError::Malformed { asked: String::new(), why: String::new() })
}

/// The client. Cheap to clone; clones share connections, waits and the count of requests.
#[derive(Debug, Clone)]
pub struct Client {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {}

impl Client {
    /// Builds the client.
    ///
    /// # Errors
    /// Settings that do not work: see [`SettingsError`].
    pub fn new(settings: &Settings) -> Result<Self, SettingsError> {
        let _ = settings;
        Ok(Self { inner: Arc::new(Inner {}) })
    }

    /// Sends a request, again where [`Repeat`] and the answer allow it, and reads the whole answer.
    ///
    /// A status is never an error here: what a 401 or a 203 means is for the service's own crate.
    ///
    /// # Errors
    /// No answer: see [`HttpError`].
    pub async fn send(&self, request: Request) -> Result<Response, HttpError> {
        let _ = (request, &self.inner);
        Err(HttpError::Malformed { asked: String::new(), why: String::new() })
    }

    /// Answers received so far, by all clones.
    #[must_use]
    pub fn requests(&self) -> u32 {
        0
    }
}

impl Request {
    /// `GET`, safe to repeat.
    pub fn get(url: impl Into<String>) -> Self {
        Self::new(reqwest::Method::GET, Url::Plain(url.into()), Repeat::Safe)
    }

    /// `DELETE`, safe to repeat.
    pub fn delete(url: impl Into<String>) -> Self {
        Self::new(reqwest::Method::DELETE, Url::Plain(url.into()), Repeat::Safe)
    }

    /// `POST` that creates something.
    pub fn post(url: impl Into<String>) -> Self {
        Self::new(reqwest::Method::POST, Url::Plain(url.into()), Repeat::OnlyIfNotProcessed)
    }

    /// `PUT` that sets something to a state: sending it twice leaves the same state.
    pub fn put(url: impl Into<String>) -> Self {
        Self::new(reqwest::Method::PUT, Url::Plain(url.into()), Repeat::Safe)
    }

    /// `POST` to a URL that is itself a secret. At least once: a message twice is better than none.
    pub fn post_to_secret_url(url: SecretString) -> Self {
        Self::new(reqwest::Method::POST, Url::Secret(url), Repeat::Safe)
    }

    fn new(method: reqwest::Method, url: Url, repeat: Repeat) -> Self {
        Self { method, url, headers: Vec::new(), bearer: None, basic_pat: None, body: None, repeat }
    }

    /// Adds a header that is no secret.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// `Authorization: Bearer`.
    #[must_use]
    pub fn bearer(mut self, token: SecretString) -> Self {
        self.bearer = Some(token);
        self
    }

    /// `Authorization: Basic base64(":" + PAT)`.
    #[must_use]
    pub fn pat(mut self, pat: SecretString) -> Self {
        self.basic_pat = Some(pat);
        self
    }

    /// A JSON body.
    #[must_use]
    pub fn json(mut self, body: &serde_json::Value) -> Self {
        self.body = Some(body.to_string().into_bytes());
        self
    }

    /// Overrides whether it may be repeated.
    #[must_use]
    pub fn repeat(mut self, repeat: Repeat) -> Self {
        self.repeat = repeat;
        self
    }
}
