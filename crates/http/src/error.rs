//! Why there is no answer. Messages name host and path at most; never a query, a header or a body.

use std::time::Duration;

/// No usable answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HttpError {
    /// The server's certificate (or the proxy's) is not trusted. Never retried.
    #[error("{host} shows a certificate that is not trusted: {why}")]
    Certificate {
        /// The host.
        host: String,
        /// The TLS library's reason.
        why: String,
    },
    /// No connection: name not found, refused, unreachable. Nothing was sent.
    #[error("no connection to {host}: {why}")]
    Connect {
        /// The host.
        host: String,
        /// The reason, from the bottom of the chain.
        why: String,
    },
    /// The proxy refused or could not be reached. Nothing reached the service.
    #[error("the proxy {proxy} did not let us through to {host}: {why}")]
    Proxy {
        /// Proxy host and port.
        proxy: String,
        /// The host asked for.
        host: String,
        /// The reason.
        why: String,
    },
    /// No answer in time. It may have been processed.
    #[error("{asked} did not answer within {after:?}")]
    Timeout {
        /// `host/path`.
        asked: String,
        /// The limit.
        after: Duration,
    },
    /// The connection broke before the answer was whole. It may have been processed.
    #[error("the connection to {asked} broke before the answer was whole: {why}")]
    Broken {
        /// `host/path`.
        asked: String,
        /// The reason.
        why: String,
    },
    /// The answer is larger than anything we ask for.
    #[error("{asked} answered more than {limit} bytes")]
    TooLarge {
        /// `host/path`.
        asked: String,
        /// The limit.
        limit: usize,
    },
    /// The answer's content type is not JSON.
    #[error("{asked} answered {status} with '{content_type}' where JSON was due")]
    NotJson {
        /// `host/path`.
        asked: String,
        /// The status.
        status: u16,
        /// What came instead.
        content_type: String,
    },
    /// JSON that does not fit.
    #[error("{asked} answered what is not understood: {why}")]
    Malformed {
        /// `host/path`.
        asked: String,
        /// Where it does not fit.
        why: String,
    },
    /// The request was refused before anything was sent: not https, or not a URL.
    #[error("refused to ask {host}: {why}")]
    Refused {
        /// The host, if there is one.
        host: String,
        /// The reason.
        why: String,
    },
}
