//! The one client as Microsoft's SDK for Rust sends with it: the same proxy, trust, pace and tries.
//!
//! The SDK's own client panics where a machine has no CA certificates, asks a host with an untrusted certificate for
//! over a minute, and repeats a `PUT` that may have been processed. So it never gets to send anything itself.

use std::sync::Arc;

use async_trait::async_trait;
use azure_core::error::{Error, ErrorKind};
use azure_core::http::request::Body;
use azure_core::http::{
    AsyncRawResponse, ClientOptions, HttpClient, Method, Request as SdkRequest, RetryOptions, Transport,
};

use crate::{Client, HttpError, Repeat, Request};

/// Which way the SDK's requests go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// As all requests do: through the proxy, if there is one, and https only.
    Out,
    /// To a service of this very machine: see [`Request::on_this_machine`].
    OnThisMachine,
}

/// A header that says of the SDK's request that it is to be sent once. It is not sent along.
pub const ONCE: &str = "x-patkeeper-once";

/// Options that have the SDK send through `client`, and leave repeating to it.
#[must_use]
pub fn options(client: &Client, way: Way) -> ClientOptions {
    ClientOptions {
        transport: Some(Transport::new(Arc::new(Adapter {
            client: client.clone(),
            way,
        }))),
        retry: RetryOptions::none(),
        ..ClientOptions::default()
    }
}

/// The reason why there was no answer, if that is at the bottom of an SDK's error. The SDK's own words often say no
/// more than that an operation failed.
#[must_use]
pub fn no_answer(error: &Error) -> Option<&HttpError> {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if let Some(found) = error.downcast_ref::<HttpError>() {
            return Some(found);
        }
        cause = error.source();
    }
    None
}

#[derive(Debug)]
struct Adapter {
    client: Client,
    way: Way,
}

#[async_trait]
impl HttpClient for Adapter {
    async fn execute_request(&self, request: &SdkRequest) -> azure_core::Result<AsyncRawResponse> {
        let url = request.url().as_str();
        // What the SDK posts are requests for tokens, which change nothing. What it puts is a new version of a secret.
        let (ours, repeat) = match request.method() {
            Method::Put => (Request::put(url), Repeat::OnlyIfNotProcessed),
            Method::Post => (Request::post(url), Repeat::Safe),
            Method::Delete => (Request::delete(url), Repeat::Safe),
            Method::Get => (Request::get(url), Repeat::Safe),
            Method::Patch => (Request::patch(url), Repeat::Safe),
            other => {
                return Err(Error::with_message(
                    ErrorKind::Other,
                    format!("{other} is not sent"),
                ));
            }
        };
        let once = |name: &str| name.eq_ignore_ascii_case(ONCE);
        let is_once = request.headers().iter().any(|(name, _)| once(name.as_str()));
        let repeat = if is_once { Repeat::Never } else { repeat };
        let headers = request.headers().iter().filter(|(name, _)| !once(name.as_str()));
        let mut ours = headers.fold(ours.repeat(repeat), |ours, (name, value)| {
            ours.header(name.as_str().to_owned(), value.as_str())
        });
        if let Body::Bytes(bytes) = request.body() {
            // A body without length is no body: a GET with one is refused by some services.
            if !bytes.is_empty() || matches!(request.method(), Method::Put | Method::Post | Method::Patch) {
                ours = ours.body(bytes.to_vec());
            }
        } else {
            return Err(Error::with_message(ErrorKind::Other, "a stream is not sent"));
        }
        if self.way == Way::OnThisMachine {
            ours = ours.on_this_machine();
        }
        // `Other`, because the SDK would try again after what it takes for a broken connection.
        let answer = self.client.send(ours).await.map_err(|error| {
            let what = error.to_string();
            Error::with_error(ErrorKind::Other, error, what)
        })?;
        let mut headers = azure_core::http::headers::Headers::new();
        for (name, value) in answer.headers() {
            headers.insert(name.to_owned(), value.to_owned());
        }
        Ok(AsyncRawResponse::from_bytes(
            answer.status.into(),
            headers,
            answer.body().to_vec(),
        ))
    }
}
