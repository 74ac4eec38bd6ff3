//! What the machine and the agent say about the network.

use std::path::PathBuf;

use secrecy::SecretString;

/// A proxy as the agent was configured with it.
#[derive(Debug, Clone)]
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

impl Settings {
    /// Reads the agent's variables through `var` (the process environment in the product).
    ///
    /// # Errors
    /// A bypass list that is not a JSON array of strings.
    pub fn from_agent(var: impl Fn(&str) -> Option<String>) -> Result<Self, SettingsError> {
        let _ = var;
        Ok(Self::default())
    }
}
