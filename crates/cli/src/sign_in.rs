//! Sign-in, wired: the inputs and the agent's connections become the source of tokens.

pub(crate) mod command;
mod kept;

use std::cell::OnceCell;
use std::sync::Arc;

use chrono::Utc;
use patkeeper_agent::connection::{Authentication, AzureConnection};
use patkeeper_agent::console::Console;
use patkeeper_agent::inputs::sign_in::{ClientProof, RefreshTokenInputs, SignIn, SignInInputs};
use patkeeper_core::cloud::Cloud;
use patkeeper_core::failure::{Failure, FailureKind};
use patkeeper_core::purpose::Purpose;
use patkeeper_core::vault::VaultName;
use patkeeper_entra::delegated::{App, Proof, RefreshToken, scopes};
use patkeeper_entra::{GivenToken, Identity, OidcRequest, Setup};
use patkeeper_http::{AZURE_DEVOPS, Client, Mask, Proxy, TokenFacts, TokenSource};
use patkeeper_stores::KeyVault;
use secrecy::ExposeSecret;

use kept::KeptToken;

/// Where a sign-in takes place.
pub(crate) struct Place<'a> {
    /// Who is told, and what must never be printed.
    pub(crate) console: &'a Console,
    /// What asks Microsoft Entra and Key Vault.
    pub(crate) client: &'a Client,
    /// The agent's proxy, for programs that are started.
    pub(crate) proxy: Option<&'a Proxy>,
    /// The agent's variables, among them connections and the job's own token. Empty for people.
    pub(crate) variables: &'a [(String, String)],
}

/// Who reaches the vault.
struct Reached {
    identity: Identity,
    connection: Option<AzureConnection>,
    /// Of a connection that is federated.
    oidc: Option<Arc<OidcRequest>>,
}

impl Reached {
    /// The one of the Azure CLI, and of managed identities here, is the public one.
    fn cloud(&self) -> Cloud {
        self.connection
            .as_ref()
            .map_or(Cloud::Public, |connection| connection.cloud)
    }
}

/// One sign-in: what it has got hold of serves all that the run asks for.
pub(crate) struct SigningIn<'a> {
    place: &'a Place<'a>,
    inputs: &'a SignInInputs,
    reached: OnceCell<Reached>,
}

impl<'a> Place<'a> {
    /// The sign-in that these inputs ask for. Nothing is sent yet.
    pub(crate) fn sign_in(&'a self, inputs: &'a SignInInputs) -> SigningIn<'a> {
        SigningIn {
            place: self,
            inputs,
            reached: OnceCell::new(),
        }
    }
}

impl SigningIn<'_> {
    /// Whose token calls Azure DevOps, with the permissions that the purpose takes where they are asked for one by
    /// one. A first token is got, so that a sign-in that fails ends the run before
    /// anything else is asked for.
    pub(crate) async fn azure_devops(&self, purpose: Purpose) -> Result<Arc<dyn TokenSource>, Failure> {
        let place = self.place;
        let scope = format!("{AZURE_DEVOPS}/.default");
        let source: Arc<dyn TokenSource> = match &self.inputs.choice {
            SignIn::AccessToken(token) => Arc::new(GivenToken::new(
                token,
                &place.console.front().label("accessToken"),
            )?),
            SignIn::ServiceConnection => {
                let reached = self.reached()?;
                if reached.cloud() != Cloud::Public {
                    return Err(of_another_cloud(reached.cloud()));
                }
                reached.identity.tokens_for(scope)
            }
            SignIn::ManagedIdentity { .. } | SignIn::AzureCli if self.inputs.azure_subscription.is_none() => {
                self.reached()?.identity.tokens_for(scope)
            }
            SignIn::ManagedIdentity { client_id } => place.managed(client_id.as_deref())?.tokens_for(scope),
            SignIn::AzureCli => place.azure_cli()?.tokens_for(scope),
            SignIn::RefreshToken(refresh) => Arc::new(self.refresh_token(refresh, purpose)?),
        };
        let facts = TokenFacts::read(source.token().await?.expose_secret());
        for warning in facts.warnings(purpose, Utc::now()) {
            place.console.warning(&warning);
        }
        Ok(source)
    }

    /// A vault, as who reaches vaults may use it.
    pub(crate) fn vault(&self, name: &VaultName) -> Result<KeyVault, Failure> {
        let reached = self.reached()?;
        self.place.vault(name, reached.cloud(), &reached.identity)
    }

    fn reached(&self) -> Result<&Reached, Failure> {
        if let Some(reached) = self.reached.get() {
            return Ok(reached);
        }
        let reached = self.place.reach(self.inputs)?;
        Ok(self.reached.get_or_init(|| reached))
    }

    fn refresh_token(&self, refresh: &RefreshTokenInputs, purpose: Purpose) -> Result<RefreshToken, Failure> {
        let (place, reached) = (self.place, self.reached()?);
        if refresh.tenant_id.is_none() && reached.cloud() != Cloud::Public {
            return Err(no_tenant(reached.cloud()));
        }
        let proof = match (&refresh.proof, &reached.connection) {
            (ClientProof::None, _) => Proof::None,
            (ClientProof::Secret(secret), _) => Proof::Secret(secret.clone()),
            (ClientProof::Federated, Some(connection)) => match &reached.oidc {
                Some(oidc) => Proof::Assertion(Arc::clone(oidc)),
                None => Proof::Assertion(place.oidc(connection)?),
            },
            // The inputs refuse it before; without its proof it would be another kind of app.
            (ClientProof::Federated, None) => {
                let what = "clientAuthentication: federated needs a service connection.";
                return Err(Failure::new(FailureKind::Input, what).with_code("badInput"));
            }
        };
        let tenant = refresh.tenant_id.clone().or_else(|| {
            reached
                .connection
                .as_ref()
                .map(|connection| connection.tenant.clone())
        });
        let app = App {
            tenant: tenant.unwrap_or_default(),
            client_id: refresh.client_id.clone(),
            proof,
        };
        let vault = self.vault(&refresh.vault)?;
        let kept = KeptToken::new(vault, reached.cloud(), refresh, place.console);
        // Azure DevOps Services belongs to the public cloud, whatever cloud the vault is in.
        Ok(RefreshToken::new(
            &place.setup(Cloud::Public),
            app,
            scopes(purpose),
            Arc::new(kept),
        ))
    }
}

impl Place<'_> {
    /// What every source of tokens needs. Each secret it gets hold of is known to the console before it is used.
    fn setup(&self, cloud: Cloud) -> Setup {
        let console = self.console.clone();
        let mask: Mask = Arc::new(move |name, secret| console.mask(name, secret));
        Setup {
            client: self.client.clone(),
            cloud,
            mask,
            now: Utc::now,
        }
    }

    /// The identity that reaches the vault: the connection's, else the managed identity that signs in, else the Azure
    /// CLI's.
    fn reach(&self, inputs: &SignInInputs) -> Result<Reached, Failure> {
        let Some(id) = &inputs.azure_subscription else {
            let identity = match &inputs.choice {
                SignIn::ManagedIdentity { client_id } => self.managed(client_id.as_deref())?,
                _ => self.azure_cli()?,
            };
            return Ok(Reached {
                identity,
                connection: None,
                oidc: None,
            });
        };
        let connection = AzureConnection::read(id, self.variables.iter().cloned())?;
        let setup = self.setup(connection.cloud);
        for (name, secret) in connection.secrets() {
            (setup.mask)(name, secret);
        }
        let (tenant, client_id) = (
            connection.tenant.as_str(),
            connection.client_id.as_deref().unwrap_or_default(),
        );
        let mut oidc = None;
        let identity = match &connection.subject {
            Authentication::Federated => {
                let request = self.oidc(&connection)?;
                oidc = Some(Arc::clone(&request));
                Identity::federated(&setup, tenant, client_id, request)?
            }
            Authentication::Secret(key) => Identity::client_secret(&setup, tenant, client_id, key.clone())?,
            Authentication::ManagedIdentity { client_id } => Identity::managed(&setup, client_id.clone())?,
        };
        Ok(Reached {
            identity,
            connection: Some(connection),
            oidc,
        })
    }

    /// The connection's assertion; the error says why it has none.
    fn oidc(&self, connection: &AzureConnection) -> Result<Arc<OidcRequest>, Failure> {
        let request = connection.oidc_request(self.variables.iter().cloned())?;
        let setup = self.setup(connection.cloud);
        (setup.mask)("the job's token", &request.token);
        let id = connection.id.clone();
        Ok(Arc::new(OidcRequest::new(&setup, request.uri, id, request.token)))
    }

    fn managed(&self, client_id: Option<&str>) -> Result<Identity, Failure> {
        Identity::managed(&self.setup(Cloud::Public), client_id.map(str::to_owned))
    }

    fn azure_cli(&self) -> Result<Identity, Failure> {
        Identity::azure_cli(&self.setup(Cloud::Public), self.proxy)
    }

    /// A vault, as this identity may use it.
    fn vault(&self, name: &VaultName, cloud: Cloud, identity: &Identity) -> Result<KeyVault, Failure> {
        let tokens = identity.tokens_for(name.cloud(cloud).vault_scope());
        KeyVault::new(self.client, name, cloud, tokens)
    }
}

/// Azure DevOps Services belongs to the public cloud.
fn of_another_cloud(cloud: Cloud) -> Failure {
    let what = format!(
        "azureSubscription: the connection belongs to {}, and Azure DevOps takes tokens of {} alone.",
        cloud.name(),
        Cloud::Public.name()
    );
    Failure::new(FailureKind::Input, what)
        .with_code("badInput")
        .with_way_out(
            "name a connection of the public cloud; one of another cloud can only reach a Key Vault there",
        )
}

fn no_tenant(cloud: Cloud) -> Failure {
    let what = format!(
        "tenantId: it is missing, and the connection's own tenant is one of {}, where the app that the refresh token \
         belongs to cannot be.",
        cloud.name()
    );
    Failure::new(FailureKind::Input, what)
        .with_code("badInput")
        .with_way_out("give the tenant of the app registration: its ID, or a domain of it")
}
