//! Telling certificate, proxy, connection and broken answer apart in what the HTTP library reports.

use std::error::Error;
use std::io;
use std::time::Duration;

use crate::HttpError;

/// What the error is about.
pub(crate) struct Asked<'a> {
    /// The host, with its port where one was given.
    pub(crate) host: &'a str,
    /// `host/path`.
    pub(crate) asked: &'a str,
    /// The proxy that the request went through, as `host:port`.
    pub(crate) proxy: Option<&'a str>,
    /// The limit for the whole request.
    pub(crate) limit: Duration,
}

/// Names what went wrong. Nothing of the library's own outermost text is used, because it quotes whole URLs.
pub(crate) fn name(error: &reqwest::Error, about: &Asked<'_>) -> HttpError {
    let chain = chain(error);
    let host = about.host.to_owned();
    let tunnel = chain.iter().map(ToString::to_string).find_map(|text| {
        // hyper-util keeps its TunnelError private; a test here guards these words.
        text.strip_prefix("tunnel error: ").map(ToOwned::to_owned)
    });
    // Before the tunnel stands, the only TLS is the proxy's own.
    let showing = match (&tunnel, about.proxy) {
        (Some(_), Some(proxy)) => proxy.to_owned(),
        _ => host.clone(),
    };
    let tls = chain
        .iter()
        .find_map(|error| error.downcast_ref::<rustls::Error>());
    if let Some(why) = tls.and_then(certificate) {
        return HttpError::Certificate { host: showing, why };
    }
    let bottom = chain.last().map(ToString::to_string).unwrap_or_default();
    if let (Some(tunnel), Some(proxy)) = (tunnel, about.proxy) {
        let sign_in = tunnel == "proxy authorization required";
        let why = match tunnel.as_str() {
            "proxy authorization required" => "407, it wants a sign-in".to_owned(),
            "unsuccessful" => "it answered CONNECT with a refusal".to_owned(),
            "failed to create underlying connection" => format!("it cannot be reached: {bottom}"),
            "unexpected end of file" | "io error establishing tunnel" => {
                "it closed the connection".to_owned()
            }
            other => other.to_owned(),
        };
        return HttpError::Proxy {
            proxy: proxy.to_owned(),
            host,
            why,
            sign_in,
        };
    }
    if error.is_connect() {
        let why = if error.is_timeout() {
            "it did not answer in time".to_owned()
        } else {
            bottom
        };
        return HttpError::Connect { host, why };
    }
    if error.is_timeout() {
        return HttpError::Timeout {
            asked: about.asked.to_owned(),
            after: about.limit,
        };
    }
    // The TLS library adds the address of a page of its own.
    let why = bottom.split(": https://").next().unwrap_or_default().to_owned();
    HttpError::Broken {
        asked: about.asked.to_owned(),
        why,
    }
}

/// Why a certificate was not accepted; `None` when the failure is not about one.
fn certificate(error: &rustls::Error) -> Option<String> {
    use rustls::CertificateError as C;
    let rustls::Error::InvalidCertificate(error) = error else {
        return None;
    };
    Some(match error {
        C::UnknownIssuer => "its issuer is not among the trusted authorities".to_owned(),
        C::Expired | C::ExpiredContext { .. } => "it has expired".to_owned(),
        C::NotValidYet | C::NotValidYetContext { .. } => {
            "it is not valid yet; is this machine's clock right?".to_owned()
        }
        C::NotValidForName | C::NotValidForNameContext { .. } => "it is for another host name".to_owned(),
        C::BadSignature => "it is not signed by the authority that it names".to_owned(),
        C::Revoked => "it was revoked".to_owned(),
        other => format!("{other:?}"),
    })
}

/// The error and all its sources. `io::Error::source` skips the error it wraps, so that is looked into too.
fn chain<'a>(error: &'a reqwest::Error) -> Vec<&'a (dyn Error + 'static)> {
    let mut chain: Vec<&'a (dyn Error + 'static)> = Vec::new();
    let mut next: Option<&'a (dyn Error + 'static)> = error.source();
    while let Some(error) = next {
        chain.push(error);
        let inner = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        next = match inner {
            Some(inner) => Some(inner as &(dyn Error + 'static)),
            None => error.source(),
        };
    }
    chain
}
