//! Azure Key Vault, through Microsoft's SDK over our own client.
//!
//! A new version is put once. Where the answer does not tell whether it was stored, the secret is read back, and the
//! value and tags found there settle it: a second `PUT` could add a version above one that somebody else has added
//! meanwhile.
//!
//! Each method says how many requests it sends. The first request of a [`KeyVault`] is sent twice, since it is the vault
//! that says, in answer to one without a token, what the token must be for; and failing ones are repeated by the client.

mod change;
mod credential;
mod failing;
mod limits;
mod line;
mod refusal;
#[cfg(test)]
mod tests;
mod versions;

use std::fmt;
use std::sync::Arc;

use azure_core::Error;
use azure_core::http::ClientOptions;
use azure_core::time::OffsetDateTime;
use azure_security_keyvault_secrets::models::{SecretAttributes, SetSecretParameters};
use azure_security_keyvault_secrets::{SecretClient, SecretClientOptions};
use chrono::{DateTime, Utc};
use patkeeper_core::cloud::Cloud;
use patkeeper_core::failure::{Failure, FailureKind};
use patkeeper_core::vault::{SecretName, VaultName};
use patkeeper_http::azure::{self, Way};
use patkeeper_http::{Client, HttpError, TokenFacts, TokenSource};
use secrecy::{ExposeSecret, SecretString};

use self::credential::Credential;
use self::line::Line;
use self::refusal::{Doing, Refusal};
use self::versions::Reading;
use crate::{Metadata, NotDone, Secret, SecretId};

/// One vault, and whose token opens it.
pub struct KeyVault {
    client: SecretClient,
    credential: Arc<Credential>,
    vault: VaultName,
    cloud: Cloud,
    line: Arc<Line>,
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
        mut options: ClientOptions,
        vault: &VaultName,
        connection: Cloud,
        tokens: Arc<dyn TokenSource>,
    ) -> Result<Self, Failure> {
        let cloud = vault.cloud(connection);
        let credential = Arc::new(Credential::new(tokens, cloud.vault_scope()));
        let line = Arc::new(Line::to(vault.url(connection)));
        options.per_try_policies.push(line.clone());
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
            line,
        })
    }

    /// What the token that was last sent says of itself: whose rights count here.
    #[must_use]
    pub fn facts(&self) -> TokenFacts {
        self.credential.facts()
    }

    /// The vault's time, as its last answer told it, in whole seconds; `None` before the first one.
    #[must_use]
    pub fn clock(&self) -> Option<DateTime<Utc>> {
        self.line.clock()
    }

    /// The current version of a secret; `None`: the vault has no secret of that name (a deleted one is none). One request.
    ///
    /// # Errors
    /// A refusal, no answer, or an answer that cannot be understood.
    pub async fn get(&self, name: &SecretName) -> Result<Option<Secret>, Failure> {
        match self.read(name, None).await? {
            Reading::Secret(secret, _) => Ok(Some(secret)),
            Reading::Nothing => Ok(None),
            Reading::Disabled(failure) => Err(failure),
        }
    }

    /// Stores a value as a new version, and tells which one. One request, and one more where its answer does not
    /// tell whether it was stored: then that is settled by reading back, and the value is not sent again.
    ///
    /// # Errors
    /// See [`NotDone`].
    pub async fn set(
        &self,
        name: &SecretName,
        value: &SecretString,
        metadata: &Metadata,
    ) -> Result<SecretId, NotDone> {
        limits::check(name, value.expose_secret(), metadata).map_err(NotDone::surely)?;
        let body = parameters(value, metadata, true).try_into().map_err(|_: Error| {
            NotDone::surely(Failure::new(
                FailureKind::Bug,
                format!("The secret '{name}' cannot be written down."),
            ))
        })?;
        let unclear = match self.client.set_secret(name.as_str(), body, None).await {
            Ok(answer) => {
                let model = answer.into_model().ok();
                match model.and_then(|model| self.secret(name, model)) {
                    Some((stored, _)) if is_same(&stored, value, metadata) => return Ok(stored.id),
                    _ => self.not_understood(Doing::Write, name),
                }
            }
            Err(error) => {
                let refusal = self.refusal(&error, Some(value));
                let clear = is_clear(&error, refusal.as_ref());
                let failure = self.failure((Doing::Write, name), &error, refusal);
                if clear {
                    return Err(NotDone::surely(failure));
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

    /// What to tell people where [`Self::versions`] has found a deleted secret.
    pub(crate) fn is_deleted(&self, name: &SecretName) -> Failure {
        refusal::deleted(&self.vault, name)
    }

    pub(crate) fn url(&self) -> String {
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

fn parameters(value: &SecretString, metadata: &Metadata, enabled: bool) -> SetSecretParameters {
    let expires = metadata.expires.and_then(offset);
    let tags = (!metadata.tags.is_empty()).then(|| metadata.tags.clone().into_iter().collect());
    SetSecretParameters {
        content_type: metadata.content_type.clone(),
        secret_attributes: Some(SecretAttributes {
            enabled: Some(enabled),
            expires,
            ..SecretAttributes::default()
        }),
        tags,
        value: Some(value.expose_secret().to_owned()),
    }
}

fn offset(at: DateTime<Utc>) -> Option<OffsetDateTime> {
    OffsetDateTime::from_unix_timestamp(at.timestamp()).ok()
}

impl fmt::Debug for KeyVault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyVault")
            .field("url", &self.url())
            .finish_non_exhaustive()
    }
}
