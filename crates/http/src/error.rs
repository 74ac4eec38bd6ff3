//! Why there is no answer. Messages name host and path at most; never a query, a header or a body.

use std::time::Duration;

use patkeeper_core::failure::{Failure, FailureKind};

/// No usable answer.
#[derive(Debug, Clone, thiserror::Error)]
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
        /// It wants a sign-in that it did not get (407): asking again cannot help.
        sign_in: bool,
    },
    /// No answer in time. It may have been processed.
    #[error("{asked} did not answer within {} s", .after.as_secs())]
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
    /// The run was cancelled before the request was begun: see [`Client::until`](crate::Client::until).
    #[error("the run was cancelled before {host} was asked")]
    NotBegun {
        /// The host.
        host: String,
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

impl HttpError {
    /// The failure that people read: what happened, why, and what to do next.
    #[must_use]
    pub fn failure(&self) -> Failure {
        let kind = match self {
            Self::Refused { .. } => FailureKind::Input,
            Self::NotBegun { .. } => FailureKind::Cancelled,
            _ => FailureKind::Service,
        };
        let failure = Failure::new(kind, sentence(&self.to_string())).with_code(self.code());
        match self {
            Self::Certificate { host, .. } => failure
                .with_why("the certificate was issued by an authority this machine does not trust, is out of date, or is for another host; a proxy that inspects TLS shows its own")
                .with_way_out(format!("have the authority that signs for {host} added to the agent: './config.sh --sslcacert <file.pem>', or to the machine's own roots"))
                .with_way_out("if it is expired, or for another host, tell whoever runs that host or proxy"),
            Self::Connect { host, .. } => failure
                .with_way_out(format!("check that the agent's machine resolves {host} and may reach it on port 443"))
                .with_way_out("if it reaches the internet only through a proxy, configure the agent with it: './config.sh --proxyurl …'"),
            Self::Proxy { sign_in: true, .. } => failure
                .with_why("it asks for a sign-in. Patkeeper signs in with user name and password (Basic) and speaks no NTLM or Kerberos")
                .with_way_out("configure the agent with '--proxyusername' and '--proxypassword'")
                .with_way_out("or have the Azure DevOps hosts let through without sign-in"),
            Self::Proxy { host, .. } => failure
                .with_way_out("check the proxy the agent is configured with ('--proxyurl')")
                .with_way_out(format!("have {host} allowed there, or on the agent's proxy bypass list")),
            Self::Timeout { .. } | Self::Broken { .. } => {
                failure.with_way_out("run the step again; if it stays so, look at that host's status page and at the network between")
            }
            Self::TooLarge { .. } => failure
                .with_why("something between the agent and the service may answer in its place, such as a proxy's page")
                .with_way_out("run the step again; if it stays so, report it with the lines around this one"),
            Self::NotBegun { .. } => failure.with_way_out("run it again"),
            Self::Refused { .. } => failure.with_way_out("correct the input that holds this address or token"),
        }
    }

    /// A short name, fit for `Failure::code`.
    fn code(&self) -> &'static str {
        match self {
            Self::Certificate { .. } => "certificate",
            Self::Connect { .. } => "noConnection",
            Self::Proxy { sign_in: true, .. } => "proxySignIn",
            Self::Proxy { .. } => "proxy",
            Self::Timeout { .. } => "timeout",
            Self::Broken { .. } => "brokenAnswer",
            Self::TooLarge { .. } => "tooLarge",
            Self::NotBegun { .. } => "cancelled",
            Self::Refused { .. } => "refusedAddress",
        }
    }
}

/// With a capital first letter.
fn sentence(text: &str) -> String {
    // A host's name keeps its letters.
    if text.split(' ').next().is_some_and(|word| word.contains('.')) {
        return text.to_owned();
    }
    let mut letters = text.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect())
        .unwrap_or_default()
}
