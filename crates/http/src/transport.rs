//! How settings become connections.

use std::path::Path;
use std::sync::OnceLock;
use std::time::Duration;

use hyper_util::client::proxy::matcher::Matcher;
use regex_lite::{Regex, RegexBuilder};
use reqwest::{Certificate, ClientBuilder, Identity};
use secrecy::ExposeSecret;

use crate::settings::{Settings, SettingsError};

/// Until a connection stands, TLS and proxy included.
const CONNECT: Duration = Duration::from_secs(20);
/// For a whole request, from connecting to the last byte of the answer. Azure DevOps holds back requests of a
/// busy account for up to 30 s ("Rate and usage limits").
pub(crate) const WHOLE: Duration = Duration::from_secs(45);
/// Idle connections kept for one host: as many as the most requests in flight (`parallelism`).
const IDLE: usize = 64;

/// The two ways out of this machine: through the proxy, if there is one, and past it.
pub(crate) struct Transport {
    through: reqwest::Client,
    past: OnceLock<reqwest::Client>,
    settings: Settings,
    route: Route,
}

enum Route {
    /// The agent's own proxy, with the URLs that go past it.
    Agent { shown: String, bypass: Vec<Regex> },
    /// Whatever `HTTPS_PROXY` and its kin say. The matcher only names the proxy.
    Environment(Box<Matcher>),
}

impl Transport {
    pub(crate) fn new(settings: &Settings) -> Result<Self, SettingsError> {
        // One provider for the process. An earlier one, installed by another client, is the same.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder = base(settings)?;
        let route = match &settings.proxy {
            None => Route::Environment(Box::new(Matcher::from_system())),
            Some(proxy) => {
                let wrong = |why: &str| SettingsError::Proxy {
                    setting: "AGENT_PROXYURL",
                    why: why.to_owned(),
                };
                let url = proxy.parsed()?;
                let shown = proxy.shown();
                let mut rule = reqwest::Proxy::all(url)
                    .map_err(|_| wrong("is not the URL of an http or https proxy"))?;
                if let Some(user) = &proxy.user {
                    let password = proxy
                        .password
                        .as_ref()
                        .map_or("", |password| password.expose_secret());
                    rule = rule.basic_auth(user, password);
                }
                builder = builder.proxy(rule);
                Route::Agent {
                    shown,
                    bypass: proxy.bypass.iter().filter_map(|text| pattern(text)).collect(),
                }
            }
        };
        let through = builder.build().map_err(|error| refusal(&error, settings))?;
        Ok(Self {
            through,
            past: OnceLock::new(),
            settings: settings.clone(),
            route,
        })
    }

    /// The connection for a URL, and the proxy it leads through, as `host:port`.
    pub(crate) fn route(
        &self,
        url: &reqwest::Url,
        past_proxy: bool,
    ) -> Result<(&reqwest::Client, Option<String>), SettingsError> {
        if past_proxy {
            return Ok((self.past()?, None));
        }
        match &self.route {
            Route::Agent { bypass, .. } if bypass.iter().any(|pattern| pattern.is_match(url.as_str())) => {
                Ok((self.past()?, None))
            }
            Route::Agent { shown, .. } => Ok((&self.through, Some(shown.clone()))),
            Route::Environment(matcher) => {
                let proxy = url.as_str().parse().ok().and_then(|uri| matcher.intercept(&uri));
                let shown =
                    proxy.and_then(|proxy| proxy.uri().authority().map(|host| host.as_str().to_owned()));
                Ok((&self.through, shown))
            }
        }
    }

    /// Built at its first use: most runs never go past their proxy, and reading the system's roots takes time.
    fn past(&self) -> Result<&reqwest::Client, SettingsError> {
        if let Some(client) = self.past.get() {
            return Ok(client);
        }
        let client = base(&self.settings)?
            .no_proxy()
            .build()
            .map_err(|error| refusal(&error, &self.settings))?;
        Ok(self.past.get_or_init(|| client))
    }
}

/// A bypass pattern as the agent compiles it: trimmed, without regard to letter case.
/// The agent ignores one that does not compile; so does this, and [`Settings::warnings`] says it.
pub(crate) fn pattern(text: &str) -> Option<Regex> {
    let text = text.trim();
    if text.is_empty() {
        return None;
    }
    RegexBuilder::new(text).case_insensitive(true).build().ok()
}

fn base(settings: &Settings) -> Result<ClientBuilder, SettingsError> {
    let mut builder = reqwest::Client::builder()
        .user_agent(concat!("patkeeper/", env!("CARGO_PKG_VERSION")))
        .redirect(reqwest::redirect::Policy::none())
        .referer(false)
        .retry(reqwest::retry::never())
        .connect_timeout(CONNECT)
        .timeout(WHOLE)
        .pool_max_idle_per_host(IDLE)
        .tls_danger_accept_invalid_certs(settings.skip_certificate_validation);
    if let Some(path) = &settings.extra_ca {
        builder = builder.tls_certs_merge(authorities(path)?);
    }
    if let Some(identity) = identity(settings)? {
        builder = builder.identity(identity);
    }
    Ok(builder)
}

fn authorities(path: &Path) -> Result<Vec<Certificate>, SettingsError> {
    let setting = "AGENT_CAINFO";
    let wrong = |why: &str| SettingsError::File {
        setting,
        path: path.display().to_string(),
        why: why.to_owned(),
    };
    let found = Certificate::from_pem_bundle(&read(setting, path)?).map_err(|_| wrong("is not PEM"))?;
    if found.is_empty() {
        return Err(wrong("holds no PEM certificate"));
    }
    Ok(found)
}

/// The client certificate, if there is one that can be used; [`Settings::warnings`] tells of one that cannot.
fn identity(settings: &Settings) -> Result<Option<Identity>, SettingsError> {
    let Some(path) = &settings.client_certificate else {
        return Ok(None);
    };
    let mut pem = read("AGENT_CLIENTCERT", path)?;
    let mut blamed = ("AGENT_CLIENTCERT", path);
    if let Some(key) = &settings.client_key {
        pem.push(b'\n');
        pem.extend(read("AGENT_CLIENTCERTKEY", key)?);
        blamed = ("AGENT_CLIENTCERTKEY", key);
    }
    if is_encrypted(&pem) {
        return Ok(None);
    }
    Identity::from_pem(&pem)
        .map(Some)
        .map_err(|_| SettingsError::File {
            setting: blamed.0,
            path: blamed.1.display().to_string(),
            why: "certificate and private key are needed, both as PEM".to_owned(),
        })
}

/// Whether a PEM private key is locked with a pass phrase.
pub(crate) fn is_encrypted(pem: &[u8]) -> bool {
    let text = String::from_utf8_lossy(pem);
    text.contains("BEGIN ENCRYPTED PRIVATE KEY") || text.contains("Proc-Type: 4,ENCRYPTED")
}

fn read(setting: &'static str, path: &Path) -> Result<Vec<u8>, SettingsError> {
    std::fs::read(path).map_err(|error| SettingsError::File {
        setting,
        path: path.display().to_string(),
        why: error.to_string(),
    })
}

/// What the TLS library refuses at start. Without an extra CA it is the lack of any root certificate.
fn refusal(error: &reqwest::Error, settings: &Settings) -> SettingsError {
    let mut bottom: &dyn std::error::Error = error;
    while let Some(source) = bottom.source() {
        bottom = source;
    }
    let why = bottom.to_string();
    match bottom.downcast_ref::<rustls::Error>() {
        Some(rustls::Error::General(_)) if settings.extra_ca.is_none() => SettingsError::NoRoots { why },
        Some(rustls::Error::InvalidCertificate(_)) => SettingsError::File {
            setting: "AGENT_CAINFO",
            path: settings
                .extra_ca
                .as_deref()
                .unwrap_or(Path::new(""))
                .display()
                .to_string(),
            why,
        },
        Some(rustls::Error::InconsistentKeys(_)) => SettingsError::File {
            setting: "AGENT_CLIENTCERTKEY",
            path: settings
                .client_key
                .as_deref()
                .unwrap_or(Path::new(""))
                .display()
                .to_string(),
            why: "the key does not belong to the certificate in AGENT_CLIENTCERT".to_owned(),
        },
        _ => SettingsError::Client { why },
    }
}
