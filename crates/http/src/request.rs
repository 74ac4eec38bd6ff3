//! One request.

use std::borrow::Cow;
use std::fmt;
use std::net::IpAddr;

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
    /// What is right at this moment alone: sent once.
    Never,
}

/// One request. The URL never holds a secret, but for webhooks, whose whole URL is one.
pub struct Request {
    pub(crate) method: reqwest::Method,
    url: Url,
    query: Vec<(&'static str, String)>,
    headers: Vec<(Cow<'static, str>, String)>,
    bearer: Option<SecretString>,
    basic_pat: Option<SecretString>,
    pub(crate) body: Option<Vec<u8>>,
    pub(crate) repeat: Repeat,
    on_this_machine: bool,
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
    /// Never through a proxy.
    pub(crate) past_proxy: bool,
    /// The host, with its port where one was given.
    pub(crate) host: String,
    /// What messages may say of the URL: `host/path`, or the host alone where the path is a secret.
    pub(crate) asked: String,
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

    /// `PATCH` that sets parts of something to a state: sending it twice leaves the same state.
    pub fn patch(url: impl Into<String>) -> Self {
        Self::new(reqwest::Method::PATCH, Url::Plain(url.into()), Repeat::Safe)
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
            on_this_machine: false,
        }
    }

    /// Adds one query parameter; its value is percent-encoded here.
    #[must_use]
    pub fn query(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.query.push((name, value.into()));
        self
    }

    /// Adds a header. Of its own accord only `Authorization` and `X-IDENTITY-HEADER` are kept out of debug output.
    #[must_use]
    pub fn header(mut self, name: impl Into<Cow<'static, str>>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
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

    /// A body of any kind; its `Content-Type` is set with [`Request::header`].
    #[must_use]
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = Some(body.into());
        self
    }

    /// Asks a service of the very machine that this runs on, or of its host: never through a proxy, plain http
    /// allowed, and no address that lies further away. A managed identity's endpoint is such a service.
    #[must_use]
    pub fn on_this_machine(mut self) -> Self {
        self.on_this_machine = true;
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
        if self.on_this_machine && !is_near(&url) {
            return Err(refused(&host, "it is not an address of this machine or its host"));
        }
        if url.scheme() != "https" && !self.on_this_machine {
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
            past_proxy: self.on_this_machine,
            host,
            asked,
        })
    }

    fn checked_headers(&self) -> Result<HeaderMap, String> {
        let mut headers = HeaderMap::new();
        for (name, value) in &self.headers {
            let name = HeaderName::from_bytes(name.as_bytes())
                .map_err(|_| format!("'{name}' cannot be a header's name"))?;
            let mut value = HeaderValue::from_str(value)
                .map_err(|_| format!("the header {name} would hold a line break or control character"))?;
            // The SDK puts its secrets into headers like any other.
            value.set_sensitive(name == AUTHORIZATION || name == "x-identity-header");
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

/// Whether a URL's host is this machine or what carries it: loopback, the link-local addresses (RFC 3927) on which
/// Azure's hosts answer, and the private ones (RFC 1918) on which App Service's do.
fn is_near(url: &reqwest::Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    match host
        .trim_start_matches('[')
        .trim_end_matches(']')
        .parse::<IpAddr>()
    {
        Ok(IpAddr::V4(address)) => address.is_loopback() || address.is_link_local() || address.is_private(),
        Ok(IpAddr::V6(address)) => address.is_loopback(),
        Err(_) => host.eq_ignore_ascii_case("localhost"),
    }
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
    fn plain_http_is_refused_but_to_this_machine_when_asked_for() {
        let local = |url: &str| Request::get(url).on_this_machine();
        for url in [
            "http://169.254.169.254/metadata/identity",
            "http://169.254.129.4:8081/msi/token",
            "http://172.16.2.6:8081/msi/token",
            "http://localhost:42356/msi/token",
            "http://127.0.0.1:41075/MSI/token/",
            "http://[::1]:80/",
        ] {
            assert!(refusal(Request::get(url)).contains("not https"), "{url}");
            let checked = local(url)
                .check()
                .unwrap_or_else(|error| panic!("{url}: {error}"));
            assert!(checked.past_proxy, "{url}");
        }
        for url in [
            "http://dev.azure.com/acme",
            "http://169.254.169.254.evil.example/",
            "http://localhost.evil.example/",
            "http://8.8.8.8/",
            "https://evil.example/msi/token",
        ] {
            assert!(
                refusal(local(url)).contains("not an address of this machine"),
                "{url}"
            );
        }
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
