//! What the machine and the agent say about the network.

use std::fmt;
use std::path::PathBuf;

use patkeeper_core::failure::{Failure, FailureKind};
use secrecy::SecretString;

use crate::transport::{is_encrypted, pattern};

/// A proxy as the agent was configured with it.
#[derive(Clone)]
pub struct Proxy {
    /// `AGENT_PROXYURL`.
    pub url: String,
    /// `AGENT_PROXYUSERNAME`.
    pub user: Option<String>,
    /// `SECRET_AGENT_PROXYPASSWORD`.
    pub password: Option<SecretString>,
    /// `AGENT_PROXYBYPASSLIST`: regular expressions, without regard to letter case, against the whole URL.
    pub bypass: Vec<String>,
}

/// The network settings of one run. `Default` is a machine without any: the environment's
/// `HTTPS_PROXY`/`NO_PROXY` and the system's roots.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// The agent's proxy; `None`: the environment's.
    pub proxy: Option<Proxy>,
    /// `AGENT_CAINFO`: a PEM bundle trusted besides the system's roots.
    pub extra_ca: Option<PathBuf>,
    /// `AGENT_CLIENTCERT` (PEM).
    pub client_certificate: Option<PathBuf>,
    /// `AGENT_CLIENTCERTKEY` (PEM).
    pub client_key: Option<PathBuf>,
    /// `AGENT_CLIENTCERTARCHIVE` (PKCS #12). Not used; [`Settings::warnings`] says so where it matters.
    pub client_archive: Option<PathBuf>,
    /// `AGENT_SKIPCERTVALIDATION`.
    pub skip_certificate_validation: bool,
}

/// Why the client could not be built. Always bad configuration of the machine or agent (exit code 2).
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SettingsError {
    /// A file could not be read or holds no certificate.
    #[error("{setting} ({path}): {why}")]
    File {
        /// The variable that named it.
        setting: &'static str,
        /// The file.
        path: String,
        /// Why not.
        why: String,
    },
    /// The proxy's URL or bypass list is not understood.
    #[error("{setting}: {why}")]
    Proxy {
        /// The variable.
        setting: &'static str,
        /// Why not. Never holds a password.
        why: String,
    },
    /// The machine has no trusted roots and no extra CA was given.
    #[error("this machine has no CA certificates: {why}")]
    NoRoots {
        /// The TLS library's words.
        why: String,
    },
    /// Anything else the TLS or HTTP library refuses.
    #[error("the HTTP client could not be set up: {why}")]
    Client {
        /// Its words.
        why: String,
    },
}

impl SettingsError {
    /// The failure that people read.
    #[must_use]
    pub fn failure(&self) -> Failure {
        let failure = Failure::new(
            FailureKind::Input,
            format!("The network settings do not work: {self}"),
        );
        match self {
            Self::File { setting, .. } => {
                failure.with_way_out(format!("correct the file that the agent was configured with ({setting})"))
            }
            Self::Proxy { .. } => failure.with_way_out("configure the agent's proxy again: './config.sh --proxyurl …'"),
            Self::NoRoots { .. } => failure
                .with_way_out("install the CA certificates: 'apt-get install ca-certificates', 'apk add ca-certificates'")
                .with_way_out("or give the agent a bundle: './config.sh --sslcacert <file.pem>'"),
            Self::Client { .. } => failure,
        }
    }
}

impl Settings {
    /// Reads the agent's variables through `var` (the process environment in the product).
    ///
    /// # Errors
    /// A bypass list that is not a JSON array of strings.
    pub fn from_agent(var: impl Fn(&str) -> Option<String>) -> Result<Self, SettingsError> {
        let text = |name: &str| {
            var(name)
                .map(|text| text.trim().to_owned())
                .filter(|text| !text.is_empty())
        };
        let path = |name: &str| text(name).map(PathBuf::from);
        let proxy = match text("AGENT_PROXYURL") {
            None => None,
            Some(url) => Some(Proxy {
                url,
                user: text("AGENT_PROXYUSERNAME"),
                // Not trimmed: a password may begin or end with a blank.
                password: var("SECRET_AGENT_PROXYPASSWORD")
                    .filter(|text| !text.is_empty())
                    .map(SecretString::from),
                bypass: text("AGENT_PROXYBYPASSLIST").map_or(Ok(Vec::new()), |list| bypass_list(&list))?,
            }),
        };
        Ok(Self {
            proxy,
            extra_ca: path("AGENT_CAINFO"),
            client_certificate: path("AGENT_CLIENTCERT"),
            client_key: path("AGENT_CLIENTCERTKEY"),
            client_archive: path("AGENT_CLIENTCERTARCHIVE"),
            skip_certificate_validation: text("AGENT_SKIPCERTVALIDATION")
                .is_some_and(|text| text.eq_ignore_ascii_case("true")),
        })
    }

    /// What people must be told of these settings before anything is sent, one line each.
    #[must_use]
    pub fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        if self.skip_certificate_validation {
            warnings.push(
                "Certificates are not checked, because the agent was configured with '--sslskipcertvalidation': \
                 whoever sits between this agent and Azure DevOps can read and keep the token. \
                 Configure the agent with '--sslcacert' instead."
                    .to_owned(),
            );
        }
        for text in self.proxy.iter().flat_map(|proxy| &proxy.bypass) {
            if !text.trim().is_empty() && pattern(text).is_none() {
                warnings.push(format!(
                    "The proxy bypass pattern '{text}' is not understood as a regular expression: no address goes past the proxy by it."
                ));
            }
        }
        let locked = self
            .client_key
            .iter()
            .chain(&self.client_certificate)
            .any(|path| {
                // A file that cannot be read is the client's error to tell.
                std::fs::read(path).is_ok_and(|pem| is_encrypted(&pem))
            });
        if self.client_certificate.is_some() && locked {
            warnings.push(
                "The agent's client certificate is not shown to servers: its key is locked with a pass phrase, \
                 which is not supported. Give the agent an unlocked PEM key ('--sslclientcertkey')."
                    .to_owned(),
            );
        }
        if self.client_certificate.is_none() && self.client_archive.is_some() {
            warnings.push(
                "The agent's client certificate is not shown to servers: only a PKCS #12 archive is given, which is \
                 not supported. Give the agent PEM files too ('--sslclientcert', '--sslclientcertkey')."
                    .to_owned(),
            );
        }
        warnings
    }
}

fn bypass_list(text: &str) -> Result<Vec<String>, SettingsError> {
    serde_json::from_str(text).map_err(|error| SettingsError::Proxy {
        setting: "AGENT_PROXYBYPASSLIST",
        why: format!(
            "is not a JSON array of strings (line {} column {})",
            error.line(),
            error.column()
        ),
    })
}

impl Proxy {
    /// The URL, checked.
    pub(crate) fn parsed(&self) -> Result<reqwest::Url, SettingsError> {
        let wrong = |why: &str| SettingsError::Proxy {
            setting: "AGENT_PROXYURL",
            why: why.to_owned(),
        };
        let url =
            reqwest::Url::parse(&self.url).map_err(|_| wrong("is not a URL such as http://proxy:8080"))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(wrong("only http and https proxies are supported"));
        }
        if url.host_str().is_none_or(str::is_empty) {
            return Err(wrong("names no host"));
        }
        Ok(url)
    }

    /// `host:port`, without user name and password.
    #[must_use]
    pub fn shown(&self) -> String {
        let Ok(url) = self.parsed() else {
            return "(not understood)".to_owned();
        };
        match (url.host_str(), url.port_or_known_default()) {
            (Some(host), Some(port)) => format!("{host}:{port}"),
            (host, _) => host.unwrap_or_default().to_owned(),
        }
    }
}

/// Without user name and password, which the URL may hold too.
impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Proxy")
            .field("host", &self.shown())
            .field("bypass", &self.bypass)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use secrecy::ExposeSecret;

    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Result<Settings, SettingsError> {
        Settings::from_agent(|name| {
            pairs
                .iter()
                .find(|(known, _)| *known == name)
                .map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn the_agents_variables_are_read() {
        let settings = read(&[
            ("AGENT_PROXYURL", "http://proxy.example:8080"),
            ("AGENT_PROXYUSERNAME", "agent"),
            ("SECRET_AGENT_PROXYPASSWORD", " pass "),
            ("AGENT_PROXYBYPASSLIST", r#"["acme\\.example", "^https://x/"]"#),
            ("AGENT_CAINFO", "/ca.pem"),
            ("AGENT_SKIPCERTVALIDATION", "True"),
        ])
        .unwrap();
        let proxy = settings.proxy.as_ref().unwrap();
        assert_eq!(proxy.shown(), "proxy.example:8080");
        assert_eq!(proxy.password.as_ref().unwrap().expose_secret(), " pass ");
        assert_eq!(proxy.bypass, ["acme\\.example", "^https://x/"]);
        assert!(settings.skip_certificate_validation);
    }

    #[test]
    fn an_agent_without_proxy_leaves_its_variables_empty() {
        let settings = read(&[
            ("AGENT_PROXYURL", ""),
            ("AGENT_CAINFO", " "),
            ("AGENT_SKIPCERTVALIDATION", "False"),
        ]);
        let settings = settings.unwrap();
        assert!(settings.proxy.is_none() && settings.extra_ca.is_none() && settings.warnings().is_empty());
    }

    #[test]
    fn a_bypass_list_that_is_no_list_is_an_error() {
        for list in ["acme", "{}", "[1]", "[\"a\""] {
            let pairs = [("AGENT_PROXYURL", "http://p:1"), ("AGENT_PROXYBYPASSLIST", list)];
            assert!(matches!(read(&pairs), Err(SettingsError::Proxy { .. })), "{list}");
        }
    }

    #[test]
    fn a_proxy_that_cannot_be_used_is_named_without_its_password() {
        for url in [
            "socks5://u:T0PS3CRET@p:1",
            "u:T0PS3CRET@p:1",
            "http://",
            "T0PS3CRET",
        ] {
            let settings = read(&[("AGENT_PROXYURL", url)]).unwrap();
            let error = crate::Client::new(&settings).unwrap_err();
            assert!(matches!(error, SettingsError::Proxy { .. }), "{url}: {error:?}");
            assert!(
                !format!("{error:?} {error} {:?}", error.failure()).contains("T0PS3CRET"),
                "{url}"
            );
        }
    }

    proptest! {
        #[test]
        fn no_bypass_list_panics(list in "\\PC{0,60}", pattern in "\\PC{0,30}") {
            let _ = read(&[("AGENT_PROXYURL", "http://p:1"), ("AGENT_PROXYBYPASSLIST", &list)]);
            let list = serde_json::json!([pattern]).to_string();
            let settings = read(&[("AGENT_PROXYURL", "http://p:1"), ("AGENT_PROXYBYPASSLIST", &list)]).unwrap();
            let _ = settings.warnings();
        }
    }
}
