//! One request.

use std::fmt;

use base64::Engine;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use secrecy::{ExposeSecret, SecretString};

use crate::HttpError;

/// Whether a request may be sent a second time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repeat {
    /// Reading, or revoking: sending it twice does no harm.
    Safe,
    /// Creating: sent again only if it was provably not processed (no connection, or refused with 429).
    OnlyIfNotProcessed,
}

/// One request. The URL never holds a secret, but for webhooks, whose whole URL is one.
pub struct Request {
    pub(crate) method: reqwest::Method,
    url: Url,
    query: Vec<(&'static str, String)>,
    headers: Vec<(&'static str, String)>,
    bearer: Option<SecretString>,
    basic_pat: Option<SecretString>,
    pub(crate) body: Option<Vec<u8>>,
    pub(crate) repeat: Repeat,
}

/// Where a request goes.
enum Url {
    Plain(String),
    Secret(SecretString),
}

/// A request that passed every check and can be sent as often as needed.
pub(crate) struct Checked {
    pub(crate) method: reqwest::Method,
    pub(crate) url: reqwest::Url,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Option<Vec<u8>>,
    pub(crate) repeat: Repeat,
    /// The host, with its port where one was given.
    pub(crate) host: String,
    /// What messages may say of the URL: `host/path`, or the host alone where the path is a secret.
    pub(crate) asked: String,
}

/// The address of Azure's Instance Metadata Service. It speaks plain http, and only to its own machine.
pub(crate) const IMDS: &str = "169.254.169.254";

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
        Self::new(
            reqwest::Method::POST,
            Url::Plain(url.into()),
            Repeat::OnlyIfNotProcessed,
        )
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
        Self {
            method,
            url,
            query: Vec::new(),
            headers: Vec::new(),
            bearer: None,
            basic_pat: None,
            body: None,
            repeat,
        }
    }

    /// Adds one query parameter; its value is percent-encoded here.
    #[must_use]
    pub fn query(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.query.push((name, value.into()));
        self
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

    /// Checks what was put together, before anything is sent.
    pub(crate) fn check(self) -> Result<Checked, HttpError> {
        let (text, secret) = match &self.url {
            Url::Plain(text) => (text.as_str(), false),
            Url::Secret(text) => (text.expose_secret(), true),
        };
        let refused = |host: &str, why: &str| HttpError::Refused {
            host: host.to_owned(),
            why: why.to_owned(),
        };
        let mut url = reqwest::Url::parse(text).map_err(|_| refused("an address", "it is not a URL"))?;
        let host = match (url.host_str(), url.port()) {
            (Some(host), Some(port)) => format!("{host}:{port}"),
            (Some(host), None) => host.to_owned(),
            (None, _) => return Err(refused("an address", "it names no host")),
        };
        if url.scheme() != "https" && !is_imds(&url) {
            return Err(refused(
                &host,
                "it is not https, and a token in it would travel in the clear",
            ));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(refused(&host, "the URL holds a user name or password"));
        }
        url.set_fragment(None);
        if !self.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&self.query);
        }
        let asked = if secret {
            host.clone()
        } else {
            format!("{host}{}", url.path())
        };
        let headers = self.checked_headers().map_err(|why| HttpError::Refused {
            host: host.clone(),
            why,
        })?;
        Ok(Checked {
            method: self.method,
            url,
            headers,
            body: self.body,
            repeat: self.repeat,
            host,
            asked,
        })
    }

    fn checked_headers(&self) -> Result<HeaderMap, String> {
        let mut headers = HeaderMap::new();
        for (name, value) in &self.headers {
            let name = HeaderName::from_bytes(name.as_bytes())
                .map_err(|_| format!("'{name}' cannot be a header's name"))?;
            let value = HeaderValue::from_str(value)
                .map_err(|_| format!("the header {name} would hold a line break or control character"))?;
            headers.append(name, value);
        }
        if self.body.is_some() && !headers.contains_key(CONTENT_TYPE) {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        if let Some(token) = &self.bearer {
            let value = format!("Bearer {}", token.expose_secret());
            headers.insert(AUTHORIZATION, secret_value(&value, "token")?);
        }
        if let Some(pat) = &self.basic_pat {
            let pair = format!(":{}", pat.expose_secret());
            let value = format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(pair));
            headers.insert(AUTHORIZATION, secret_value(&value, "PAT")?);
        }
        Ok(headers)
    }
}

fn secret_value(text: &str, what: &str) -> Result<HeaderValue, String> {
    let mut value = HeaderValue::from_str(text).map_err(|_| {
        format!("the {what} holds a line break or another character that no header can carry")
    })?;
    value.set_sensitive(true);
    Ok(value)
}

/// Whether a URL is the one plain-http service that a token may be asked from.
pub(crate) fn is_imds(url: &reqwest::Url) -> bool {
    url.scheme() == "http" && url.host_str() == Some(IMDS) && url.port().is_none()
}

/// Neither URL nor headers nor body: any of them may be, or hold, a secret.
impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("method", &self.method)
            .field("repeat", &self.repeat)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(request: Request) -> String {
        match request.check() {
            Ok(_) => panic!("was not refused"),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn plain_http_is_refused_but_for_the_metadata_service() {
        assert!(refusal(Request::get("http://dev.azure.com/acme")).contains("not https"));
        assert!(
            Request::get("http://169.254.169.254/metadata/identity")
                .check()
                .is_ok()
        );
        assert!(refusal(Request::get("http://169.254.169.254:8080/")).contains("not https"));
        assert!(refusal(Request::get("http://169.254.169.254.evil.example/")).contains("not https"));
    }

    #[test]
    fn a_url_with_credentials_is_refused_without_quoting_them() {
        let message = refusal(Request::get("https://someone:hunter2@dev.azure.com/acme"));
        assert!(!message.contains("hunter2"), "{message}");
    }

    #[test]
    fn a_secret_url_that_is_no_url_is_not_quoted() {
        let message = refusal(Request::post_to_secret_url(
            "not a url T0PS3CRET".to_owned().into(),
        ));
        assert!(!message.contains("T0PS3CRET"), "{message}");
    }

    #[test]
    fn a_token_with_a_line_break_is_an_error_and_not_quoted() {
        let message =
            refusal(Request::get("https://dev.azure.com/").bearer("abc\r\nX-Evil: 1".to_owned().into()));
        assert!(message.contains("line break"), "{message}");
        assert!(!message.contains("X-Evil"), "{message}");
    }

    #[test]
    fn query_values_cannot_add_parameters() {
        let checked = Request::get("https://dev.azure.com/a?x=1")
            .query("continuationToken", "a&$top=1#z")
            .check()
            .unwrap();
        assert_eq!(
            checked.url.query(),
            Some("x=1&continuationToken=a%26%24top%3D1%23z")
        );
        assert_eq!(checked.asked, "dev.azure.com/a");
    }

    #[test]
    fn debug_shows_no_secret() {
        let request =
            Request::post_to_secret_url("https://hooks.slack.com/services/T0PS3CRET".to_owned().into())
                .bearer("T0PS3CRET".to_owned().into())
                .pat("T0PS3CRET".to_owned().into())
                .json(&serde_json::json!({ "token": "T0PS3CRET" }));
        assert!(!format!("{request:?}").contains("T0PS3CRET"));
        let checked = request.check().unwrap();
        assert_eq!(checked.asked, "hooks.slack.com");
        assert!(!format!("{:?}", checked.headers).contains("T0PS3CRET"));
    }

    #[test]
    fn a_pat_goes_as_basic_with_an_empty_user() {
        let checked = Request::get("https://dev.azure.com/")
            .pat("abc".to_owned().into())
            .check()
            .unwrap();
        assert_eq!(checked.headers[AUTHORIZATION], "Basic OmFiYw==");
    }
}
