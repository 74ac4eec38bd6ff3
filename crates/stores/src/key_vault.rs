//! Azure Key Vault, through Microsoft's SDK over our own client.
//!
//! A new version is put once. Where the answer does not tell whether it was stored, the secret is read back, and the
//! value and tags found there settle it: a second `PUT` could add a version above one that somebody else has added
//! meanwhile.

mod credential;
mod limits;
mod refusal;
#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Arc;

use azure_core::Error;
use azure_core::error::ErrorKind;
use azure_core::http::ClientOptions;
use azure_core::time::OffsetDateTime;
use azure_security_keyvault_secrets::models::{self, SecretAttributes, SetSecretParameters};
use azure_security_keyvault_secrets::{ResourceExt, SecretClient, SecretClientOptions};
use chrono::{DateTime, Utc};
use patkeeper_core::advice;
use patkeeper_core::cloud::Cloud;
use patkeeper_core::failure::{Failure, FailureKind};
use patkeeper_core::vault::{SecretName, VaultName};
use patkeeper_http::azure::{self, Way};
use patkeeper_http::{Client, Echo, HttpError, TokenFacts, TokenSource};
use secrecy::{ExposeSecret, SecretString};

use self::credential::Credential;
use self::refusal::{About, Doing, Refusal};
use crate::{Metadata, NotStored, Secret, SecretId};

/// One vault, and whose token opens it.
pub struct KeyVault {
    client: SecretClient,
    credential: Arc<Credential>,
    vault: VaultName,
    cloud: Cloud,
}

impl KeyVault {
    /// The vault of that name, in its own cloud if its URL named one, else in that of the `connection`. `tokens` are
    /// for [`Cloud::vault_scope`] of that cloud.
    ///
    /// # Errors
    /// An SDK that does not take the vault's address: a bug.
    pub fn new(
        client: &Client,
        vault: &VaultName,
        connection: Cloud,
        tokens: Arc<dyn TokenSource>,
    ) -> Result<Self, Failure> {
        Self::over(azure::options(client, Way::Out), vault, connection, tokens)
    }

    fn over(
        options: ClientOptions,
        vault: &VaultName,
        connection: Cloud,
        tokens: Arc<dyn TokenSource>,
    ) -> Result<Self, Failure> {
        let cloud = vault.cloud(connection);
        let credential = Arc::new(Credential::new(tokens, cloud.vault_scope()));
        let options = SecretClientOptions {
            client_options: options,
            ..SecretClientOptions::default()
        };
        let client = SecretClient::new(&vault.url(connection), credential.clone(), Some(options)).map_err(
            |error| {
                Failure::new(
                    FailureKind::Bug,
                    format!("The Key Vault '{vault}' has no usable address."),
                )
                .with_why(error.to_string())
            },
        )?;
        Ok(Self {
            client,
            credential,
            vault: vault.clone(),
            cloud,
        })
    }

    /// What the token that was last sent says of itself: whose rights count here.
    #[must_use]
    pub fn facts(&self) -> TokenFacts {
        self.credential.facts()
    }

    /// The current version of a secret; `None`: the vault has no secret of that name (a deleted one is none).
    ///
    /// # Errors
    /// A refusal, no answer, or an answer that cannot be understood.
    pub async fn get(&self, name: &SecretName) -> Result<Option<Secret>, Failure> {
        let answer = match self.client.get_secret(name.as_str(), None).await {
            Ok(answer) => answer,
            Err(error) => {
                let about = (Doing::Read, name, None);
                return match self.refusal(&error, None) {
                    Some(refusal) if refusal.is_no_secret() => Ok(None),
                    refusal => Err(self.failure(about, &error, refusal)),
                };
            }
        };
        // The SDK's own words may quote the value.
        let model = answer.into_model().ok();
        model
            .and_then(|model| self.secret(name, model))
            .map(Some)
            .ok_or_else(|| self.not_understood(Doing::Read, name))
    }

    /// Stores a value as a new version, and tells which one. It is sent once; an unclear answer is settled by reading
    /// back.
    ///
    /// # Errors
    /// See [`NotStored`].
    pub async fn set(
        &self,
        name: &SecretName,
        value: &SecretString,
        metadata: &Metadata,
    ) -> Result<SecretId, NotStored> {
        limits::check(name, value.expose_secret(), metadata).map_err(NotStored::surely)?;
        let body = parameters(value, metadata).try_into().map_err(|_: Error| {
            NotStored::surely(Failure::new(
                FailureKind::Bug,
                format!("The secret '{name}' cannot be written down."),
            ))
        })?;
        let unclear = match self.client.set_secret(name.as_str(), body, None).await {
            Ok(answer) => {
                let model = answer.into_model().ok();
                match model.and_then(|model| self.secret(name, model)) {
                    Some(stored) if is_same(&stored, value, metadata) => return Ok(stored.id),
                    _ => self.not_understood(Doing::Write, name),
                }
            }
            Err(error) => {
                let refusal = self.refusal(&error, Some(value));
                let clear = is_clear(&error, refusal.as_ref());
                let failure = self.failure((Doing::Write, name, Some(value)), &error, refusal);
                if clear {
                    return Err(NotStored::surely(failure));
                }
                failure
            }
        };
        match self.get(name).await {
            Ok(Some(stored)) if is_same(&stored, value, metadata) => Ok(stored.id),
            Ok(Some(_)) => Err(self.unclear(name, unclear, "it showed another value")),
            Ok(None) => Err(self.unclear(name, unclear, "it had no secret of that name")),
            Err(read) => Err(self.unclear(
                name,
                unclear,
                &format!("it could not be read: {}", read.what.trim_end_matches('.')),
            )),
        }
    }

    /// The failure where nobody can say whether a value was stored.
    fn unclear(&self, name: &SecretName, put: Failure, read: &str) -> NotStored {
        let failure = Failure::new(
            FailureKind::Service,
            format!(
                "It is not known whether the Key Vault '{}' has stored the secret '{name}'.",
                self.vault
            ),
        )
        .with_code("storeUnclear")
        .with_why(format!(
            "{} Asked afterwards, {read}. Either the value was never stored, or it still will be",
            put.what
        ))
        .with_way_out("run the step again in some minutes")
        .with_way_out(format!(
            "look at the secret's versions: az keyvault secret list-versions --vault-name {} --name {name}",
            self.vault
        ));
        NotStored {
            failure: match put.service_words {
                Some(words) => failure.with_service_words(words),
                None => failure,
            },
            may_land: true,
        }
    }

    fn refusal(&self, error: &Error, value: Option<&SecretString>) -> Option<Refusal> {
        let ErrorKind::HttpResponse {
            raw_response: Some(answer),
            ..
        } = error.kind()
        else {
            return None;
        };
        Some(Refusal::read(answer, &self.echo(value)))
    }

    fn echo(&self, value: Option<&SecretString>) -> Echo {
        let token = self.credential.last();
        let sent = token.as_ref().into_iter().chain(value);
        Echo::of(sent.map(ExposeSecret::expose_secret))
    }

    fn failure(
        &self,
        (doing, name, value): (Doing, &SecretName, Option<&SecretString>),
        error: &Error,
        refusal: Option<Refusal>,
    ) -> Failure {
        if let Some(told) = credential::told(error) {
            return told.clone();
        }
        if let Some(error) = azure::no_answer(error) {
            return self.no_answer(error);
        }
        let facts = self.credential.facts();
        let about = About {
            vault: &self.vault,
            cloud: self.cloud,
            name,
            doing,
            facts: &facts,
        };
        if let Some(refusal) = refusal {
            return refusal.failure(&about);
        }
        // What is left is the vault's challenge, which names whom to ask for a token and for what.
        let words: String = self
            .echo(value)
            .out_of(&error.to_string())
            .chars()
            .take(500)
            .collect();
        about
            .failure(FailureKind::Service, "challengeResource")
            .with_why(
                "what it asks a token for is not a resource that the vault's host belongs to, so none was sent; \
                 whatever answered may not be Key Vault",
            )
            .with_way_out("check the vault's name, and the proxy and DNS of the agent's machine")
            .with_service_words(format!("\"{words}\""))
    }

    /// A vault that does not exist has no address, so this is what a wrong name looks like.
    fn no_answer(&self, error: &HttpError) -> Failure {
        let mut failure = error.failure();
        match error {
            // Rust's own words on Unix, then those of Windows.
            HttpError::Connect { why, .. }
                if why.contains("lookup address") || why.contains("No such host") =>
            {
                let what = format!("The Key Vault '{}' was not found: {error}.", self.vault);
                let ways = failure.ways_out;
                failure = match advice::find("VaultNotFound") {
                    Some(row) => row.failure(what),
                    None => Failure::new(FailureKind::Service, what),
                };
                // That a name leads nowhere may as well be the network's fault: nobody has refused anything.
                failure.kind = FailureKind::Service;
                failure.ways_out.extend(ways);
            }
            HttpError::Connect { .. } | HttpError::Proxy { sign_in: false, .. } => failure.ways_out.insert(
                0,
                format!(
                    "check the vault's name: '{}' in the cloud {}",
                    self.vault,
                    self.cloud.name()
                ),
            ),
            _ => {}
        }
        failure
    }

    fn not_understood(&self, doing: Doing, name: &SecretName) -> Failure {
        let what = match doing {
            Doing::Read => "reading",
            Doing::Write => "storing",
        };
        Failure::new(
            FailureKind::Service,
            format!(
                "The Key Vault '{}' answered what cannot be understood when {what} the secret '{name}'.",
                self.vault
            ),
        )
        .with_code("notUnderstood")
        .with_why("the answer is no secret as Key Vault sends one; something between may have answered in its place")
        .with_way_out("run the step again; if it stays so, look at the proxy between")
    }

    /// A stored secret, if this is the one asked for, whole.
    fn secret(&self, name: &SecretName, model: models::Secret) -> Option<Secret> {
        let id = model.resource_id().ok()?;
        let attributes = model.attributes.unwrap_or_default();
        let found = id.name.eq_ignore_ascii_case(name.as_str()) && id.vault_url == self.url();
        found.then_some(Secret {
            id: SecretId {
                store: id.vault_url,
                name: id.name,
                version: id.version?,
            },
            value: SecretString::from(model.value?),
            metadata: Metadata {
                expires: attributes
                    .expires
                    .and_then(|at| DateTime::<Utc>::from_timestamp(at.unix_timestamp(), 0)),
                content_type: model.content_type,
                tags: model.tags.unwrap_or_default().into_iter().collect(),
            },
        })
    }

    fn url(&self) -> String {
        self.vault.url(self.cloud)
    }
}

/// Whether what is stored is what was to be stored. Tags count too: a new version may hold the same value.
fn is_same(stored: &Secret, value: &SecretString, metadata: &Metadata) -> bool {
    stored.value.expose_secret() == value.expose_secret() && stored.metadata.tags == metadata.tags
}

/// Whether a failed `PUT` surely wrote nothing.
fn is_clear(error: &Error, refusal: Option<&Refusal>) -> bool {
    match (azure::no_answer(error), refusal) {
        (Some(no_answer), _) => matches!(
            no_answer,
            HttpError::Certificate { .. }
                | HttpError::Connect { .. }
                | HttpError::Proxy { .. }
                | HttpError::Refused { .. }
        ),
        (None, Some(refusal)) => refusal.is_clear(),
        // The SDK, or whoever gives tokens, has stopped before anything was sent.
        (None, None) => true,
    }
}

fn parameters(value: &SecretString, metadata: &Metadata) -> SetSecretParameters {
    let expires = metadata
        .expires
        .and_then(|at| OffsetDateTime::from_unix_timestamp(at.timestamp()).ok());
    let tags = (!metadata.tags.is_empty()).then(|| metadata.tags.clone().into_iter().collect());
    SetSecretParameters {
        content_type: metadata.content_type.clone(),
        secret_attributes: Some(SecretAttributes {
            enabled: Some(true),
            expires,
            ..SecretAttributes::default()
        }),
        tags,
        value: Some(value.expose_secret().to_owned()),
    }
}

impl fmt::Debug for KeyVault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyVault")
            .field("url", &self.url())
            .finish_non_exhaustive()
    }
}
