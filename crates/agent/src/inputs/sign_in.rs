//! The sign-in's inputs, checked against one another and against who gives them.
//!
//! An input that the sign-in chosen does not use asks for nothing, so that one template can fill in all of them. It
//! is refused only where it shows that something else was meant: a client secret that `clientAuthentication` would
//! leave unused, half of a refresh token's place, a service connection where there is no agent to hand it out, a
//! choice that there is not.

use patkeeper_core::tenant::{is_client_id, is_tenant};
use patkeeper_core::vault::{SecretName, VaultName};
use secrecy::SecretString;

use super::quote::quote;
use super::{BadInput, Inputs};
use crate::Front;
use crate::registry::Input;
use crate::registry::sign_in::{
    ACCESS_TOKEN, AZURE_SUBSCRIPTION, CLIENT_AUTHENTICATION, CLIENT_ID, CLIENT_SECRET,
    MANAGED_IDENTITY_CLIENT_ID, REFRESH_TOKEN_SECRET, REFRESH_TOKEN_VAULT, SIGN_IN, TENANT_ID,
};

pub mod command;

/// What the inputs say about signing in.
#[derive(Debug)]
pub struct SignInInputs {
    /// Whose token calls Azure DevOps.
    pub choice: SignIn,
    /// The service connection's id. It reaches a vault whatever the choice; at a terminal there is none.
    pub azure_subscription: Option<String>,
}

/// Whose token calls Azure DevOps.
#[derive(Debug)]
pub enum SignIn {
    /// A token from an earlier step. Whether it can be one is known where tokens are used.
    AccessToken(SecretString),
    /// The identity of the service connection, which is then given.
    ServiceConnection,
    /// The identity of the machine.
    ManagedIdentity {
        /// The client id of a user-assigned one.
        client_id: Option<String>,
    },
    /// A user's refresh token, kept in a vault.
    RefreshToken(RefreshTokenInputs),
    /// Whoever the Azure CLI is signed in as.
    AzureCli,
}

/// Where a refresh token is, and whose it is.
#[derive(Debug)]
pub struct RefreshTokenInputs {
    /// The app registration it was issued to, a GUID.
    pub client_id: String,
    /// The tenant of that app, a GUID or a domain name. `None`: the service connection's, which is then given.
    pub tenant_id: Option<String>,
    /// The vault that keeps it.
    pub vault: VaultName,
    /// The secret that holds it.
    pub secret: SecretName,
    /// How the app proves itself.
    pub proof: ClientProof,
}

/// How an app registration proves itself when a refresh token is redeemed.
#[derive(Debug)]
pub enum ClientProof {
    /// Not at all: a public client.
    None,
    /// With the OIDC token of the service connection, which is then given.
    Federated,
    /// With its client secret.
    Secret(SecretString),
}

#[derive(Debug, Clone, Copy)]
enum Choice {
    ServiceConnection,
    ManagedIdentity,
    AccessToken,
    RefreshToken,
    AzureCli,
}

impl Choice {
    const fn name(self) -> &'static str {
        match self {
            Self::ServiceConnection => "serviceConnection",
            Self::ManagedIdentity => "managedIdentity",
            Self::AccessToken => "accessToken",
            Self::RefreshToken => "refreshToken",
            Self::AzureCli => "azureCli",
        }
    }

    const fn row(self) -> (&'static str, Self) {
        (self.name(), self)
    }
}

#[derive(Debug, Clone, Copy)]
enum Proof {
    None,
    Federated,
    Secret,
}

const CHOICES: &[(&str, Choice)] = &[
    Choice::ServiceConnection.row(),
    Choice::ManagedIdentity.row(),
    Choice::AccessToken.row(),
    Choice::RefreshToken.row(),
    Choice::AzureCli.row(),
];
const PROOFS: &[(&str, Proof)] = &[
    ("none", Proof::None),
    ("federated", Proof::Federated),
    ("secret", Proof::Secret),
];

impl SignInInputs {
    /// Checks the sign-in's inputs. Nothing is read or sent.
    ///
    /// # Errors
    /// No sign-in, two of them without a choice, or one that lacks an input or has one that cannot be.
    pub fn read(inputs: &Inputs) -> Result<Self, BadInput> {
        let chosen = inputs.choice(&SIGN_IN, CHOICES)?;
        let proof = inputs.choice(&CLIENT_AUTHENTICATION, PROOFS)?;
        let azure_subscription = azure_subscription(inputs)?;
        let choice = match chosen {
            Some(choice) => choice,
            None => implied(inputs)?,
        };
        let choice = match choice {
            Choice::AccessToken => {
                let what = "a secret variable with a user's Microsoft Entra token";
                SignIn::AccessToken(needed(
                    inputs,
                    &ACCESS_TOKEN,
                    inputs.secret(&ACCESS_TOKEN),
                    choice,
                    what,
                )?)
            }
            Choice::ServiceConnection if inputs.front() == Front::People => {
                let why = "serviceConnection works in a pipeline only, because its agent hands the connection out; \
                           at a terminal use azureCli.";
                return Err(inputs.bad(&SIGN_IN, why));
            }
            Choice::ServiceConnection => {
                connection_needed(inputs, azure_subscription.as_ref(), choice)?;
                SignIn::ServiceConnection
            }
            Choice::ManagedIdentity => SignIn::ManagedIdentity {
                client_id: client_id(inputs, &MANAGED_IDENTITY_CLIENT_ID)?,
            },
            Choice::RefreshToken => {
                if inputs.front() == Front::Agent {
                    connection_needed(inputs, azure_subscription.as_ref(), choice)?;
                }
                SignIn::RefreshToken(refresh_token(inputs, proof)?)
            }
            Choice::AzureCli => SignIn::AzureCli,
        };
        Ok(Self {
            choice,
            azure_subscription,
        })
    }
}

/// What the inputs given imply where `signIn` is blank.
fn implied(inputs: &Inputs) -> Result<Choice, BadInput> {
    let token = inputs.has(&ACCESS_TOKEN);
    let refresh_token = inputs.has(&REFRESH_TOKEN_SECRET);
    if token && refresh_token {
        let why = format!(
            "{} and {} are both given, and each is a sign-in of its own; choose accessToken or refreshToken.",
            inputs.label(ACCESS_TOKEN.name),
            inputs.label(REFRESH_TOKEN_SECRET.name)
        );
        return Err(inputs.bad(&SIGN_IN, why));
    }
    if token {
        return Ok(Choice::AccessToken);
    }
    // A vault without a secret is a refresh token whose name was forgotten. Signing in as the connection that was
    // given to reach it would end in a refusal that explains something else.
    if refresh_token || inputs.has(&REFRESH_TOKEN_VAULT) {
        return Ok(Choice::RefreshToken);
    }
    if inputs.has(&AZURE_SUBSCRIPTION) {
        return Ok(Choice::ServiceConnection);
    }
    if inputs.has(&MANAGED_IDENTITY_CLIENT_ID) {
        let why = format!(
            "it is blank, and {} alone does not choose a sign-in; set managedIdentity.",
            inputs.label(MANAGED_IDENTITY_CLIENT_ID.name)
        );
        return Err(inputs.bad(&SIGN_IN, why));
    }
    if inputs.front() == Front::People {
        return Ok(Choice::AzureCli);
    }
    let why = "there is no sign-in; give accessToken, refreshTokenSecret or azureSubscription, or choose \
               managedIdentity or azureCli.";
    Err(inputs.bad(&SIGN_IN, why))
}

/// The connection's id as the agent wrote it into the input. An agent knows whether there is such a connection.
fn azure_subscription(inputs: &Inputs) -> Result<Option<String>, BadInput> {
    let Some(id) = inputs.text(&AZURE_SUBSCRIPTION) else {
        return Ok(None);
    };
    if inputs.front() == Front::People {
        let why = "a service connection is handed out by a pipeline's agent; at a terminal leave it out, and the \
                   Azure CLI reaches the vault.";
        return Err(inputs.bad(&AZURE_SUBSCRIPTION, why));
    }
    if id.contains(char::is_control) {
        let why = format!("{} is not the name of one service connection.", quote(id));
        return Err(inputs.bad(&AZURE_SUBSCRIPTION, why));
    }
    Ok(Some(id.to_owned()))
}

fn connection_needed(inputs: &Inputs, id: Option<&String>, choice: Choice) -> Result<(), BadInput> {
    let what = match choice {
        Choice::RefreshToken => "the Azure Resource Manager service connection that reaches the Key Vault",
        _ => "the Azure Resource Manager service connection",
    };
    needed(inputs, &AZURE_SUBSCRIPTION, id, choice, what).map(|_| ())
}

fn refresh_token(inputs: &Inputs, proof: Option<Proof>) -> Result<RefreshTokenInputs, BadInput> {
    const CHOICE: Choice = Choice::RefreshToken;
    let vault = inputs.text(&REFRESH_TOKEN_VAULT);
    let vault = needed(
        inputs,
        &REFRESH_TOKEN_VAULT,
        vault,
        CHOICE,
        "the Key Vault's name",
    )?;
    let vault = vault_name(inputs, &REFRESH_TOKEN_VAULT, vault)?;
    let name = inputs.text(&REFRESH_TOKEN_SECRET);
    let name = needed(inputs, &REFRESH_TOKEN_SECRET, name, CHOICE, "the secret's name")?;
    let secret = secret_name(inputs, &REFRESH_TOKEN_SECRET, name)?;
    let client_id = client_id(inputs, &CLIENT_ID)?;
    let what = "the application (client) ID of the app registration that the refresh token belongs to";
    let client_id = needed(inputs, &CLIENT_ID, client_id, CHOICE, what)?;
    let tenant_id = tenant(inputs)?;
    if inputs.front() == Front::People {
        needed(
            inputs,
            &TENANT_ID,
            tenant_id.as_ref(),
            CHOICE,
            "the tenant of the app registration",
        )?;
    }
    Ok(RefreshTokenInputs {
        client_id,
        tenant_id,
        vault,
        secret,
        proof: client_proof(inputs, proof)?,
    })
}

pub(super) fn vault_name(inputs: &Inputs, input: &Input, text: &str) -> Result<VaultName, BadInput> {
    VaultName::parse(text).map_err(|error| {
        let why = format!(
            "{}: {error}; allowed are a name such as acme-kv and a URL such as https://acme-kv.vault.azure.net/.",
            quote(text)
        );
        inputs.bad(input, why)
    })
}

pub(super) fn secret_name(inputs: &Inputs, input: &Input, text: &str) -> Result<SecretName, BadInput> {
    SecretName::parse(text).ok_or_else(|| {
        let why = format!(
            "{} cannot name a secret; allowed are 1 to 127 letters, digits and hyphens.",
            quote(text)
        );
        inputs.bad(input, why)
    })
}

fn client_proof(inputs: &Inputs, proof: Option<Proof>) -> Result<ClientProof, BadInput> {
    let proof = inputs.present(&CLIENT_AUTHENTICATION, proof)?;
    let secret = inputs.secret(&CLIENT_SECRET);
    let authentication = inputs.label(CLIENT_AUTHENTICATION.name);
    match (proof, secret) {
        (Proof::Secret, Some(secret)) => Ok(ClientProof::Secret(secret)),
        (Proof::Secret, None) => {
            let why = format!(
                "it is missing, though {authentication} is secret; give a secret variable with the client secret."
            );
            Err(inputs.bad(&CLIENT_SECRET, why))
        }
        (Proof::None | Proof::Federated, Some(_)) => {
            let why = format!(
                "it would not be used, because {authentication} is not secret; set {authentication} to secret, or \
                 leave it out."
            );
            Err(inputs.bad(&CLIENT_SECRET, why))
        }
        (Proof::Federated, None) if inputs.front() == Front::People => {
            let why = "federated works in a pipeline only, because its agent hands the service connection out; \
                       allowed here are none and secret.";
            Err(inputs.bad(&CLIENT_AUTHENTICATION, why))
        }
        (Proof::Federated, None) => Ok(ClientProof::Federated),
        (Proof::None, None) => Ok(ClientProof::None),
    }
}

/// A value that the choice cannot do without.
fn needed<T>(
    inputs: &Inputs,
    input: &Input,
    value: Option<T>,
    choice: Choice,
    what: &str,
) -> Result<T, BadInput> {
    value.ok_or_else(|| {
        let name = choice.name();
        let sign_in = inputs.label(SIGN_IN.name);
        let why = if inputs.has(&SIGN_IN) {
            format!("it is missing, though {sign_in} is {name}; give {what}.")
        } else {
            format!("it is missing, and the other inputs imply {sign_in}: {name}; give {what}.")
        };
        inputs.bad(input, why)
    })
}

fn client_id(inputs: &Inputs, input: &Input) -> Result<Option<String>, BadInput> {
    match inputs.text(input) {
        Some(text) if !is_client_id(text) => {
            let why = format!(
                "{} is not an ID; allowed is a GUID such as 00000000-0000-0000-0000-000000000000.",
                quote(text)
            );
            Err(inputs.bad(input, why))
        }
        text => Ok(text.map(str::to_owned)),
    }
}

fn tenant(inputs: &Inputs) -> Result<Option<String>, BadInput> {
    match inputs.text(&TENANT_ID) {
        Some(text) if !is_tenant(text) => {
            let why = format!(
                "{} is not a tenant; allowed are its ID (a GUID) and one of its verified domains, such as \
                 acme.onmicrosoft.com.",
                quote(text)
            );
            Err(inputs.bad(&TENANT_ID, why))
        }
        text => Ok(text.map(str::to_owned)),
    }
}

#[cfg(test)]
mod tests;
