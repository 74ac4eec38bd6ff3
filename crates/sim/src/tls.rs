//! The certificate authority made at start, and the leaves it issues for the hosts it plays.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

/// What kind of certificate a host shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Certificate {
    /// For the right name, from the simulator's CA, valid for years.
    #[default]
    Good,
    /// Ended in 2021.
    Expired,
    /// For another name.
    WrongName,
    /// From a CA nobody trusts.
    UntrustedCa,
}

/// Why certificates could not be made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TlsError {
    #[error(transparent)]
    Issue(#[from] rcgen::Error),
    #[error(transparent)]
    Serve(#[from] rustls::Error),
}

/// Issues and remembers one TLS configuration for each host and kind of certificate.
pub(crate) struct Authority {
    trusted: CertifiedIssuer<'static, KeyPair>,
    stranger: CertifiedIssuer<'static, KeyPair>,
    issued: Mutex<HashMap<(String, Certificate), Arc<ServerConfig>>>,
}

impl Authority {
    pub(crate) fn new() -> Result<Self, TlsError> {
        Ok(Self {
            trusted: issuer("Patkeeper simulator CA")?,
            stranger: issuer("Nobody's CA")?,
            issued: Mutex::default(),
        })
    }

    /// The certificate that clients must trust, PEM.
    pub(crate) fn pem(&self) -> String {
        self.trusted.pem()
    }

    pub(crate) fn server(&self, host: &str, kind: Certificate) -> Result<Arc<ServerConfig>, TlsError> {
        let mut issued = self.issued.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = issued.get(&(host.to_owned(), kind)) {
            return Ok(Arc::clone(known));
        }
        let config = Arc::new(self.issue(host, kind)?);
        issued.insert((host.to_owned(), kind), Arc::clone(&config));
        Ok(config)
    }

    fn issue(&self, host: &str, kind: Certificate) -> Result<ServerConfig, TlsError> {
        let name = if kind == Certificate::WrongName {
            "someone-else.example"
        } else {
            host
        };
        let mut params = CertificateParams::new(vec![name.to_owned()])?;
        params.distinguished_name.push(DnType::CommonName, name);
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.use_authority_key_identifier_extension = true;
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = if kind == Certificate::Expired {
            date_time_ymd(2021, 1, 1)
        } else {
            date_time_ymd(2049, 1, 1)
        };
        let key = KeyPair::generate()?;
        let issuer = if kind == Certificate::UntrustedCa {
            &self.stranger
        } else {
            &self.trusted
        };
        let leaf = params.signed_by(&key, issuer)?;
        let chain: Vec<CertificateDer<'static>> = vec![leaf.der().clone()];
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(chain, key)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(config)
    }
}

fn issuer(name: &str) -> Result<CertifiedIssuer<'static, KeyPair>, TlsError> {
    let mut params = CertificateParams::new(Vec::new())?;
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = date_time_ymd(2049, 1, 1);
    Ok(CertifiedIssuer::self_signed(params, KeyPair::generate()?)?)
}
