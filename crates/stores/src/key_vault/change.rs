//! Writing what stands beside a value: a placeholder for a secret that is not there yet, and changes to a version.

use std::collections::BTreeMap;

use azure_core::error::Error;
use azure_core::http::{ClientMethodOptions, Context};
use azure_security_keyvault_secrets::ResourceExt;
use azure_security_keyvault_secrets::models::{
    self, SecretAttributes, SecretClientSetSecretOptions, SecretClientUpdateSecretPropertiesOptions,
    UpdateSecretPropertiesParameters,
};
use patkeeper_core::failure::{Failure, FailureKind};
use patkeeper_core::vault::SecretName;
use patkeeper_http::{HttpError, azure};
use secrecy::SecretString;

use super::line::Once;
use super::refusal::{Doing, Refusal};
use super::versions::{Reading, is_same_version};
use super::{KeyVault, credential, is_clear, limits, offset, parameters};
use crate::{Change, Metadata, NotDone, SecretId, Version};

/// The value of a placeholder. Nobody can read it, since a placeholder is disabled.
const PLACEHOLDER: &str = "placeholder: Patkeeper is about to store the first personal access token here";

impl KeyVault {
    /// Makes a secret whose only version is disabled and holds no PAT, so that there is something to write an intent
    /// to. One request; where its answer does not tell whether it was stored, one more for every 25 versions, and the
    /// tags found there settle it: no two placeholders may have the same.
    ///
    /// # Errors
    /// See [`NotDone`]; `ObjectIsDeletedButRecoverable` where a deleted secret has the name.
    pub async fn put_placeholder(&self, name: &SecretName, metadata: &Metadata) -> Result<Version, NotDone> {
        limits::check(name, PLACEHOLDER, metadata).map_err(NotDone::surely)?;
        let value = SecretString::from(PLACEHOLDER);
        let body = parameters(&value, metadata, false)
            .try_into()
            .map_err(|_: Error| NotDone::surely(cannot_be_written(name)))?;
        let is_it = |version: &Version| !version.enabled && version.metadata.tags == metadata.tags;
        // Sent again after a wait it could land above a value that another run has stored meanwhile, and hide it.
        let once = SecretClientSetSecretOptions {
            method_options: ClientMethodOptions {
                context: Context::new().with_value(Once),
            },
        };
        let unclear = match self.client.set_secret(name.as_str(), body, Some(once)).await {
            Ok(answer) => match self.answered(name, answer.into_model().ok()) {
                Some(stored) if is_it(&stored) => return Ok(stored),
                _ => self.not_understood(Doing::Write, name),
            },
            Err(error) => {
                let refusal = self.refusal(&error, None);
                let clear = is_clear(&error, refusal.as_ref());
                let failure = self.failure((Doing::Write, name), &error, refusal);
                if clear {
                    return Err(NotDone::surely(failure));
                }
                failure
            }
        };
        match self.list(name).await {
            Ok(all) => all
                .into_iter()
                .find(is_it)
                .ok_or_else(|| self.unclear(name, unclear, "it had no such version")),
            Err(read) => Err(self.unclear(name, unclear, &unreadable(&read))),
        }
    }

    /// Changes what is written beside a version; its value stays. One request; where its answer does not tell whether
    /// the change was stored, one more, or for a disabled version one for every 25 versions besides.
    ///
    /// # Errors
    /// See [`NotDone`].
    pub async fn update(&self, id: &SecretId, change: &Change) -> Result<Version, NotDone> {
        let name = &self.own(id).map_err(NotDone::surely)?;
        let limited = Metadata {
            expires: None,
            content_type: change.content_type.clone(),
            tags: change.tags.clone().unwrap_or_default(),
        };
        limits::check(name, "", &limited).map_err(NotDone::surely)?;
        let body = wanted(change)
            .try_into()
            .map_err(|_: Error| NotDone::surely(cannot_be_written(name)))?;
        let options = SecretClientUpdateSecretPropertiesOptions {
            secret_version: Some(id.version.clone()),
            ..SecretClientUpdateSecretPropertiesOptions::default()
        };
        let is_it = |version: &Version| is_same_version(&version.id, id) && change.is_done(version);
        let sent = self
            .client
            .update_secret_properties(name.as_str(), body, Some(options));
        let unclear = match sent.await {
            Ok(answer) => match self.answered(name, answer.into_model().ok()) {
                Some(stored) if is_it(&stored) => return Ok(stored),
                _ => self.not_understood(Doing::Change, name),
            },
            Err(error) => {
                let refusal = self.refusal(&error, None);
                let clear = is_clear_though_repeated(&error, refusal.as_ref());
                let failure = self.failure((Doing::Change, name), &error, refusal);
                if clear {
                    return Err(NotDone::surely(failure));
                }
                failure
            }
        };
        match self.look_up(name, id).await {
            Ok(Some(stored)) if is_it(&stored) => Ok(stored),
            Ok(_) => Err(self.unclear(name, unclear, "it showed that version without the change")),
            Err(read) => Err(self.unclear(name, unclear, &unreadable(&read))),
        }
    }

    /// Replaces all tags of a version. Costs as [`Self::update`].
    ///
    /// # Errors
    /// See [`NotDone`].
    pub async fn set_tags(&self, id: &SecretId, tags: &BTreeMap<String, String>) -> Result<Version, NotDone> {
        let change = Change {
            tags: Some(tags.clone()),
            ..Change::default()
        };
        self.update(id, &change).await
    }

    async fn look_up(&self, name: &SecretName, id: &SecretId) -> Result<Option<Version>, Failure> {
        match self.read(name, Some(&id.version)).await? {
            Reading::Secret(_, version) => Ok(Some(version)),
            Reading::Nothing => Ok(None),
            Reading::Disabled(_) => {
                let all = self.list(name).await?;
                Ok(all.into_iter().find(|version| is_same_version(&version.id, id)))
            }
        }
    }

    /// The version that an answer is about. It need not hold a value.
    fn answered(&self, name: &SecretName, model: Option<models::Secret>) -> Option<Version> {
        let model = model?;
        let id = model.resource_id().ok()?;
        self.version(name, id, model.attributes, model.content_type, model.tags)
    }
}

/// Whether a failed change surely wrote nothing. Unlike a new version it is sent again after a broken answer, and the
/// failure told is that of the last time: so only what no earlier time can have got past counts.
fn is_clear_though_repeated(error: &Error, refusal: Option<&Refusal>) -> bool {
    match (azure::no_answer(error), refusal) {
        _ if credential::told(error).is_some() => true,
        (Some(no_answer), _) => matches!(
            no_answer,
            HttpError::Certificate { .. }
                | HttpError::Proxy { sign_in: true, .. }
                | HttpError::Refused { .. }
        ),
        (None, Some(refusal)) => refusal.is_clear() && refusal.status != 429,
        (None, None) => true,
    }
}

fn wanted(change: &Change) -> UpdateSecretPropertiesParameters {
    let attributes = SecretAttributes {
        enabled: change.enabled,
        expires: change.expires.and_then(offset),
        ..SecretAttributes::default()
    };
    let any = change.enabled.is_some() || change.expires.is_some();
    UpdateSecretPropertiesParameters {
        content_type: change.content_type.clone(),
        secret_attributes: any.then_some(attributes),
        tags: change.tags.clone().map(|tags| tags.into_iter().collect()),
    }
}

fn unreadable(read: &Failure) -> String {
    format!("it could not be read: {}", read.what.trim_end_matches('.'))
}

fn cannot_be_written(name: &SecretName) -> Failure {
    Failure::new(
        FailureKind::Bug,
        format!("The secret '{name}' cannot be written down."),
    )
}
