//! App registrations and managed identities, each with its service principal.

use chrono::{DateTime, TimeDelta, Utc};

/// What the exchange of a federated token is for, unless the credential says otherwise.
pub(crate) const EXCHANGE_AUDIENCE: &str = "api://AzureADTokenExchange";

/// A client secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppSecret {
    /// The secret.
    pub text: String,
    /// When it ends.
    pub ends: DateTime<Utc>,
}

/// Whose tokens are taken in place of a secret. Compared to the letter, case included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FederatedCredential {
    /// `iss`.
    pub issuer: String,
    /// `sub`.
    pub subject: String,
    /// `aud`.
    pub audience: String,
}

/// An app registration (or managed identity) and its service principal.
#[derive(Debug, Clone)]
pub struct App {
    /// The application id.
    pub client_id: String,
    /// The service principal's id.
    pub object_id: String,
    /// Display name.
    pub display_name: String,
    /// The only tenant that knows it.
    pub tenant: String,
    /// A public client: it must not prove itself.
    pub public: bool,
    /// Client secrets.
    pub secrets: Vec<AppSecret>,
    /// Federated credentials.
    pub federated: Vec<FederatedCredential>,
    /// Redirect URIs. On `http://localhost` and `http://127.0.0.1` the port does not count.
    pub redirects: Vec<String>,
    /// Permissions that were consented to, with their resource: `499b84ac-…/vso.pats`.
    pub consented: Vec<String>,
    /// Organizations that its service principal was added to.
    pub organizations: Vec<String>,
    /// Refuses every request of this app with this AADSTS code.
    pub refuses: Option<u32>,
}

impl App {
    /// Whether the service principal was added to the organization.
    pub(crate) fn is_in(&self, organization: &str) -> bool {
        self.organizations
            .iter()
            .any(|known| known.eq_ignore_ascii_case(organization))
    }
}

/// An app registration to add.
#[derive(Debug, Clone, Default)]
pub struct AppSeed {
    pub(crate) display_name: String,
    pub(crate) public: bool,
    pub(crate) client_id: Option<String>,
    pub(crate) tenant: Option<String>,
    pub(crate) secrets: Vec<(String, TimeDelta)>,
    pub(crate) federated: Vec<FederatedCredential>,
    pub(crate) redirects: Vec<String>,
    pub(crate) consented: Vec<String>,
    pub(crate) organizations: Vec<String>,
}

impl AppSeed {
    /// An app that must prove itself.
    pub fn confidential(display_name: &str) -> Self {
        Self {
            display_name: display_name.to_owned(),
            ..Self::default()
        }
    }

    /// An app that must not.
    pub fn public(display_name: &str) -> Self {
        Self {
            public: true,
            ..Self::confidential(display_name)
        }
    }

    /// With this application id.
    #[must_use]
    pub fn client_id(mut self, client_id: &str) -> Self {
        self.client_id = Some(client_id.to_owned());
        self
    }

    /// In another tenant than the cloud's first.
    #[must_use]
    pub fn tenant(mut self, tenant: &str) -> Self {
        self.tenant = Some(tenant.to_owned());
        self
    }

    /// With a client secret that ends this long from now; negative: it has.
    #[must_use]
    pub fn secret(mut self, text: &str, ends_in: TimeDelta) -> Self {
        self.secrets.push((text.to_owned(), ends_in));
        self
    }

    /// With a federated credential for the usual audience.
    #[must_use]
    pub fn federated(mut self, issuer: &str, subject: &str) -> Self {
        self.federated.push(FederatedCredential {
            issuer: issuer.to_owned(),
            subject: subject.to_owned(),
            audience: EXCHANGE_AUDIENCE.to_owned(),
        });
        self
    }

    /// With a redirect URI.
    #[must_use]
    pub fn redirect(mut self, uri: &str) -> Self {
        self.redirects.push(uri.to_owned());
        self
    }

    /// With consent to a permission, named with its resource: `499b84ac-1321-427f-aa17-267ca6975798/vso.pats`.
    #[must_use]
    pub fn consent(mut self, scope: &str) -> Self {
        self.consented.push(scope.to_owned());
        self
    }

    /// With its service principal in an organization.
    #[must_use]
    pub fn organization(mut self, name: &str) -> Self {
        self.organizations.push(name.to_owned());
        self
    }
}
