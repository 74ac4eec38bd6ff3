//! What a vault has under a name: versions and what is written beside them, and one of them with its value.
//!
//! Which version is the current one, no list says: versions come in the order of their random ids, and their moments
//! are whole seconds. So the vault is asked for the secret without a version. Where the current one is disabled it
//! refuses that, and the newest disabled version is taken; of several of one second one that has an end, which a placeholder has not, and of those that with the greatest id, so that
//! all runs take the same.

use std::collections::HashMap;

use azure_core::time::OffsetDateTime;
use azure_security_keyvault_secrets::ResourceExt;
use azure_security_keyvault_secrets::models::{self, SecretAttributes, SecretClientGetSecretOptions};
use chrono::{DateTime, Utc};
use futures_util::TryStreamExt;
use patkeeper_core::failure::{Failure, FailureKind};
use patkeeper_core::vault::SecretName;
use secrecy::SecretString;
use serde_json::Value;

use super::KeyVault;
use super::refusal::Doing;
use crate::{Found, Metadata, Secret, SecretId, Version, Versions};

/// More pages (of 25 versions) than this are no list of one secret's versions.
const MOST_PAGES: usize = 400;

/// What asking for one version gave.
pub(super) enum Reading {
    Secret(Secret, Version),
    /// It is there, and disabled; with what there is to say where that is no answer.
    Disabled(Failure),
    Nothing,
}

impl KeyVault {
    /// All versions of a secret with what is written beside them. One request for every 25 versions, and, unless
    /// there is a single one, one for the current version; where there is none, one more for a deleted secret.
    ///
    /// # Errors
    /// A refusal, no answer, an answer that cannot be understood, or a secret that belongs to a certificate.
    pub async fn versions(&self, name: &SecretName) -> Result<Found, Failure> {
        let mut all = self.list(name).await?;
        let current = match (all.pop(), all.is_empty()) {
            (None, _) => return self.deleted(name).await,
            (Some(only), true) => only,
            (Some(last), false) => {
                all.push(last);
                match self.read(name, None).await? {
                    Reading::Nothing => return self.deleted(name).await,
                    // It may be newer than the list.
                    Reading::Secret(_, current) => current,
                    Reading::Disabled(_) => self.newest_disabled(name, &all)?,
                }
            }
        };
        all.retain(|version| !is_same_version(&version.id, &current.id));
        Ok(Found::Secret(Versions { current, others: all }))
    }

    /// What is written beside the current version; `None`: there is no secret of that name. One request; where the
    /// current version is disabled one more for every 25 versions, and one more where another takes its place meanwhile.
    ///
    /// # Errors
    /// As [`Self::versions`].
    pub async fn current(&self, name: &SecretName) -> Result<Option<Version>, Failure> {
        match self.read(name, None).await? {
            Reading::Secret(_, current) => Ok(Some(current)),
            Reading::Nothing => Ok(None),
            Reading::Disabled(_) => match self.newest_disabled(name, &self.list(name).await?) {
                Ok(current) => Ok(Some(current)),
                Err(changed) => match self.read(name, None).await? {
                    Reading::Secret(_, current) => Ok(Some(current)),
                    Reading::Nothing => Ok(None),
                    Reading::Disabled(_) => Err(changed),
                },
            },
        }
    }

    /// This very version with its value; `None`: there is no such version. One request.
    ///
    /// # Errors
    /// As [`Self::get`].
    pub async fn read_back(&self, id: &SecretId) -> Result<Option<Secret>, Failure> {
        let name = self.own(id)?;
        match self.read(&name, Some(&id.version)).await? {
            Reading::Secret(secret, _) => Ok(Some(secret)),
            Reading::Nothing => Ok(None),
            Reading::Disabled(failure) => Err(failure),
        }
    }

    /// The name in an id of this vault.
    pub(super) fn own(&self, id: &SecretId) -> Result<SecretName, Failure> {
        let name = SecretName::parse(&id.name).filter(|_| id.store == self.url());
        name.ok_or_else(|| {
            Failure::new(
                FailureKind::Bug,
                format!("The Key Vault '{}' was asked for {id}.", self.vault),
            )
        })
    }

    /// One version with its value; the current one where none is named. An answer about another one is none.
    pub(super) async fn read(&self, name: &SecretName, version: Option<&str>) -> Result<Reading, Failure> {
        let options = SecretClientGetSecretOptions {
            secret_version: version.map(str::to_owned),
            ..SecretClientGetSecretOptions::default()
        };
        let answer = match self.client.get_secret(name.as_str(), Some(options)).await {
            Ok(answer) => answer,
            Err(error) => {
                let refusal = self.refusal(&error, None);
                let (nothing, disabled) = refusal.as_ref().map_or((false, false), |refusal| {
                    (refusal.is_no_secret(), refusal.is_disabled())
                });
                if nothing {
                    return Ok(Reading::Nothing);
                }
                let failure = self.failure((Doing::Read, name), &error, refusal);
                return if disabled {
                    Ok(Reading::Disabled(failure))
                } else {
                    Err(failure)
                };
            }
        };
        // The SDK's own words may quote the value.
        let read = answer
            .into_model()
            .ok()
            .and_then(|model| self.secret(name, model))
            .filter(|(_, read)| version.is_none_or(|wanted| read.id.version.eq_ignore_ascii_case(wanted)));
        match read {
            Some((secret, version)) => Ok(Reading::Secret(secret, version)),
            None => Err(self.not_understood(Doing::Read, name)),
        }
    }

    /// Every version in the vault's order; none where there is no such secret.
    pub(super) async fn list(&self, name: &SecretName) -> Result<Vec<Version>, Failure> {
        let fail = |error: &azure_core::Error, refusal| {
            if self.line.succeeded() {
                self.not_understood(Doing::List, name)
            } else {
                self.failure((Doing::List, name), error, refusal)
            }
        };
        let pages = self.client.list_secret_properties_versions(name.as_str(), None);
        let mut pages = pages.map_err(|error| fail(&error, None))?.into_pages();
        let mut all = Vec::new();
        for _ in 0..MOST_PAGES {
            let page = match pages.try_next().await {
                Ok(Some(page)) if is_list(page.body()) => page.into_model(),
                Ok(Some(_)) => return Err(self.not_understood(Doing::List, name)),
                Ok(None) => return Ok(all),
                Err(error) => {
                    return match self.refusal(&error, None) {
                        Some(refusal) if refusal.is_no_secret() => Ok(Vec::new()),
                        refusal => Err(fail(&error, refusal)),
                    };
                }
            };
            let page = page.map_err(|error| fail(&error, None))?;
            for entry in page.value {
                let managed = entry.managed == Some(true);
                let id = entry.resource_id().ok();
                let version = id
                    .and_then(|id| self.version(name, id, entry.attributes, entry.content_type, entry.tags));
                all.push(version.ok_or_else(|| self.not_understood(Doing::List, name))?);
                if managed {
                    return Err(self.of_a_certificate(name));
                }
            }
        }
        Err(self.not_understood(Doing::List, name))
    }

    /// The secret is not there: whether a deleted one holds its name, as far as that may be read.
    async fn deleted(&self, name: &SecretName) -> Result<Found, Failure> {
        match self.client.get_deleted_secret(name.as_str(), None).await {
            Ok(answer) => {
                let deleted = answer.into_model().ok();
                let deleted = deleted.ok_or_else(|| self.not_understood(Doing::Read, name))?;
                Ok(Found::Deleted {
                    at: deleted.deleted_date.and_then(moment),
                    purged: deleted.scheduled_purge_date.and_then(moment),
                })
            }
            Err(error) => match self.refusal(&error, None) {
                Some(refusal) if refusal.is_no_secret() || refusal.is_forbidden() => Ok(Found::Nothing),
                refusal => Err(self.failure((Doing::Read, name), &error, refusal)),
            },
        }
    }

    /// The current version, where the vault said that it is disabled.
    fn newest_disabled(&self, name: &SecretName, all: &[Version]) -> Result<Version, Failure> {
        let newest = all.iter().map(|version| version.created).max();
        let mut of_that_second = all
            .iter()
            .filter(|version| !version.enabled && Some(version.created) == newest)
            .collect::<Vec<_>>();
        of_that_second.sort_by_key(|version| {
            let holds_a_value = version.metadata.expires.is_some();
            (holds_a_value, version.id.version.clone())
        });
        of_that_second.pop().cloned().ok_or_else(|| {
            Failure::new(
                FailureKind::Service,
                format!(
                    "The secret '{name}' in the Key Vault '{}' was changed while it was being read.",
                    self.vault
                ),
            )
            .with_code("changedMeanwhile")
            .with_why(
                "the vault says that its current version is disabled, and lists a newer one that is not",
            )
            .with_way_out("run the step again")
        })
    }

    fn of_a_certificate(&self, name: &SecretName) -> Failure {
        Failure::new(
            FailureKind::Input,
            format!("The secret '{name}' in the Key Vault '{}' belongs to a certificate.", self.vault),
        )
        .with_code("SecretManagedByKeyVault")
        .with_why("Key Vault keeps a certificate's private key in a secret of its name, and lets nobody else write it")
        .with_way_out("choose another name for the secret")
    }

    /// A stored secret, if this is the one asked for, whole.
    pub(super) fn secret(&self, name: &SecretName, model: models::Secret) -> Option<(Secret, Version)> {
        let id = model.resource_id().ok()?;
        let version = self.version(name, id, model.attributes, model.content_type, model.tags)?;
        let secret = Secret {
            id: version.id.clone(),
            value: SecretString::from(model.value?),
            metadata: version.metadata.clone(),
        };
        Some((secret, version))
    }

    /// A version, if it is one of the secret asked for.
    pub(super) fn version(
        &self,
        name: &SecretName,
        id: azure_security_keyvault_secrets::ResourceId,
        attributes: Option<SecretAttributes>,
        content_type: Option<String>,
        tags: Option<HashMap<String, String>>,
    ) -> Option<Version> {
        let attributes = attributes.unwrap_or_default();
        let found = id.name.eq_ignore_ascii_case(name.as_str()) && id.vault_url == self.url();
        found.then_some(Version {
            id: SecretId {
                store: id.vault_url,
                name: id.name,
                version: id.version?,
            },
            enabled: attributes.enabled.unwrap_or(true),
            created: attributes.created.and_then(moment),
            updated: attributes.updated.and_then(moment),
            metadata: Metadata {
                expires: attributes.expires.and_then(moment),
                content_type,
                tags: tags.unwrap_or_default().into_iter().collect(),
            },
        })
    }
}

/// Whether two ids of one secret are of one version.
pub(super) fn is_same_version(one: &SecretId, other: &SecretId) -> bool {
    one.version.eq_ignore_ascii_case(&other.version)
}

/// The SDK takes an answer without a list for an empty one, and then the secret would not be there.
fn is_list(body: &[u8]) -> bool {
    serde_json::from_slice::<Value>(body).is_ok_and(|page| page.get("value").is_some_and(Value::is_array))
}

fn moment(at: OffsetDateTime) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp(at.unix_timestamp(), 0)
}
