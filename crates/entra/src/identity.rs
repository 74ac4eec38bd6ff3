//! Whoever a token can be had for without a person: an app, a managed identity, or whoever is signed in to the
//! Azure CLI.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use patkeeper_core::failure::Failure;
use patkeeper_http::{Proxy, TokenSource};
use secrecy::SecretString;

use crate::azure_cli::AzureCli;
use crate::cache::{Cached, Credential};
use crate::managed::{Environment, Managed};
use crate::service_principal::{Means, ServicePrincipal};
use crate::{OidcRequest, Setup};

/// Gives tokens for any resource. Cheap to clone; clones share what was fetched.
#[derive(Clone)]
pub struct Identity {
    setup: Setup,
    credential: Arc<dyn Credential>,
    sources: Arc<Mutex<HashMap<String, Arc<Cached>>>>,
}

impl Identity {
    /// A service connection with workload identity federation: the app proves itself with the connection's assertion.
    /// `tenant` is a tenant's id or domain. Sends nothing.
    ///
    /// # Errors
    /// A tenant or client id that cannot be one.
    pub fn federated(
        setup: &Setup,
        tenant: &str,
        client_id: &str,
        oidc: Arc<OidcRequest>,
    ) -> Result<Self, Failure> {
        let app = ServicePrincipal::new(setup, tenant, client_id, Means::Assertion(oidc))?;
        Ok(Self::of(setup, Arc::new(app)))
    }

    /// A service connection with a client secret. Sends nothing.
    ///
    /// # Errors
    /// A tenant or client id that cannot be one, or an empty secret.
    pub fn client_secret(
        setup: &Setup,
        tenant: &str,
        client_id: &str,
        secret: SecretString,
    ) -> Result<Self, Failure> {
        let app = ServicePrincipal::new(setup, tenant, client_id, Means::Secret(secret))?;
        Ok(Self::of(setup, Arc::new(app)))
    }

    /// The managed identity of the machine, as the process's environment says where to ask for it: the App Service
    /// endpoint (`IDENTITY_ENDPOINT` and `IDENTITY_HEADER`), else Azure's instance metadata service. `client_id`
    /// names a user-assigned one. Sends nothing.
    ///
    /// # Errors
    /// An environment with another kind of managed identity (Azure Arc, Cloud Shell, Azure ML, Service Fabric), or
    /// an endpoint that is no URL.
    pub fn managed(setup: &Setup, client_id: Option<String>) -> Result<Self, Failure> {
        let environment = Environment::read(|name| std::env::var(name).ok())?;
        let managed = Managed::new(setup, client_id, environment);
        Ok(Self::of(setup, Arc::new(managed)))
    }

    /// Whoever is signed in to the Azure CLI for the account that this runs as. `proxy` is the agent's, for `az` where
    /// the machine names none. Starts nothing.
    ///
    /// # Errors
    /// There is no `az` on the path.
    pub fn azure_cli(setup: &Setup, proxy: Option<&Proxy>) -> Result<Self, Failure> {
        let azure_cli = AzureCli::new(std::env::vars_os(), proxy)?;
        Ok(Self::of(setup, Arc::new(azure_cli)))
    }

    pub(crate) fn of(setup: &Setup, credential: Arc<dyn Credential>) -> Self {
        Self {
            setup: setup.clone(),
            credential,
            sources: Arc::default(),
        }
    }

    /// Tokens for one scope, such as `https://vault.azure.net/.default`. Each is masked before it is handed out, kept
    /// until five minutes before its end, and fetched once however many ask.
    #[must_use]
    pub fn tokens_for(&self, scope: impl Into<String>) -> Arc<dyn TokenSource> {
        let scope = scope.into();
        let mut sources = self.sources.lock().unwrap_or_else(PoisonError::into_inner);
        let source = sources
            .entry(scope.clone())
            .or_insert_with(|| Arc::new(Cached::new(&self.setup, Arc::clone(&self.credential), scope)));
        Arc::clone(source) as Arc<dyn TokenSource>
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity")
            .field("how", &self.credential.how())
            .finish_non_exhaustive()
    }
}
