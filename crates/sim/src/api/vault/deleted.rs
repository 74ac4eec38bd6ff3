//! Deleting softly, and what becomes of it.

use chrono::{DateTime, TimeDelta, Utc};

use super::Call;
use super::change::check_own;
use super::wire::{self, Refused};
use crate::answer::Answer;
use crate::cloud::{Cloud, Right, Vault, VaultSecret};

/// Takes away what was deleted too long ago.
pub(super) fn forget_old(vault: &mut Vault, now: DateTime<Utc>) {
    let retention = TimeDelta::days(vault.retention_days.into());
    vault
        .secrets
        .retain(|secret| secret.deleted.is_none_or(|at| at + retention > now));
}

/// Whether the deletion is over, so that the secret is among the deleted ones.
pub(super) fn is_settled(vault: &Vault, secret: &VaultSecret, now: DateTime<Utc>) -> bool {
    secret.deleted.is_some_and(|at| at + vault.deletion_takes <= now)
}

/// The name of a deleted secret cannot be used.
pub(super) fn check_free(call: &Call<'_>, secret: &VaultSecret, now: DateTime<Utc>) -> Result<(), Refused> {
    let name = &secret.name;
    if secret.deleted.is_none() {
        Ok(())
    } else if is_settled(&call.vault, secret, now) {
        Err(Refused::conflict(
            "ObjectIsDeletedButRecoverable",
            &format!(
                "Secret {name} is currently in a deleted but recoverable state, and its name cannot be reused; in \
                 this state, the secret can only be recovered or purged."
            ),
        ))
    } else {
        Err(Refused::conflict(
            "ObjectIsBeingDeleted",
            &format!("Secret {name} is currently being deleted."),
        ))
    }
}

/// `DELETE /secrets/{name}`: all versions.
pub(super) fn delete(cloud: &mut Cloud, call: &Call<'_>, name: &str) -> Result<Answer, Refused> {
    call.allow(Right::Delete, "delete", Some(name))?;
    let now = cloud.now();
    let secret = call
        .books(cloud)?
        .secret_mut(name)
        .filter(|secret| secret.deleted.is_none())
        .ok_or_else(|| Refused::not_found(name))?;
    check_own(secret, "delete")?;
    secret.deleted = Some(now);
    Ok(Answer::json(200, &wire::deleted(&call.vault, secret, now, true)))
}

/// `GET /deletedsecrets/{name}`.
pub(super) fn read(call: &Call<'_>, name: &str, now: DateTime<Utc>) -> Result<Answer, Refused> {
    call.allow(Right::Get, "getSecret/action", Some(name))?;
    let secret = call
        .vault
        .secret(name)
        .filter(|secret| is_settled(&call.vault, secret, now));
    let found = secret.and_then(|secret| Some((secret, secret.deleted?)));
    let (secret, at) = found.ok_or_else(|| Refused::not_deleted(name))?;
    Ok(Answer::json(200, &wire::deleted(&call.vault, secret, at, true)))
}

/// `POST /deletedsecrets/{name}/recover`.
pub(super) fn recover(cloud: &mut Cloud, call: &Call<'_>, name: &str) -> Result<Answer, Refused> {
    call.allow(Right::Recover, "recover/action", Some(name))?;
    let now = cloud.now();
    let secret = call
        .books(cloud)?
        .secret_mut(name)
        .filter(|secret| is_settled(&call.vault, secret, now))
        .ok_or_else(|| Refused::not_deleted(name))?;
    secret.deleted = None;
    let version = secret.current().ok_or_else(|| Refused::not_found(name))?;
    Ok(Answer::json(200, &wire::item(&call.vault, secret, version, true)))
}

/// `DELETE /deletedsecrets/{name}`: for good.
pub(super) fn purge(cloud: &mut Cloud, call: &Call<'_>, name: &str) -> Result<Answer, Refused> {
    call.allow(Right::Purge, "purge/action", Some(name))?;
    let now = cloud.now();
    let vault = call.books(cloud)?;
    let known = vault.secret(name);
    if !known.is_some_and(|secret| is_settled(&call.vault, secret, now)) {
        return Err(Refused::not_deleted(name));
    }
    vault
        .secrets
        .retain(|secret| !secret.name.eq_ignore_ascii_case(name));
    Ok(Answer::empty(204))
}
