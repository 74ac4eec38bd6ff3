//! Reading and writing one secret.

use super::Call;
use super::deleted;
use super::wire::{self, Refused, Wanted};
use crate::answer::Answer;
use crate::cloud::{Cloud, Right, SecretVersion, VaultSecret};

/// `GET /secrets/{name}[/{version}]`.
pub(super) fn read(call: &Call<'_>, name: &str, version: Option<&str>) -> Result<Answer, Refused> {
    call.allow(Right::Get, "getSecret/action", Some(name))?;
    let (secret, version) = find(call, name, version)?;
    if !version.enabled {
        return Err(Refused::forbidden(
            "SecretDisabled",
            "Operation get is not allowed on a disabled secret.",
        ));
    }
    Ok(Answer::json(200, &wire::bundle(&call.vault, secret, version)))
}

/// `PUT /secrets/{name}`: every time a new version.
pub(super) fn write(cloud: &mut Cloud, call: &Call<'_>, name: &str) -> Result<Answer, Refused> {
    call.allow(Right::Set, "setSecret/action", Some(name))?;
    let wanted = Wanted::read(call.request)?;
    if let Some(known) = call.vault.secret(name) {
        deleted::check_free(call, known, cloud.now())?;
        check_own(known, "set")?;
    }
    let version = wanted.version(cloud.version_id(), cloud.now())?;
    cloud.remember(&version.value);
    let vault = call.books(cloud)?;
    vault.add_version(name, version.clone());
    let secret = vault.secret(name).ok_or_else(|| Refused::not_found(name))?;
    Ok(Answer::json(200, &wire::bundle(vault, secret, &version)))
}

/// `PATCH /secrets/{name}[/{version}]`: all but the value.
pub(super) fn update(
    cloud: &mut Cloud,
    call: &Call<'_>,
    name: &str,
    version: Option<&str>,
) -> Result<Answer, Refused> {
    call.allow(Right::Set, "update/action", Some(name))?;
    let wanted = Wanted::read(call.request)?;
    let (known, version) = find(call, name, version)?;
    check_own(known, "update")?;
    let mut changed = version.clone();
    wanted.apply(&mut changed, cloud.now());
    let stored = call
        .books(cloud)?
        .secret_mut(name)
        .and_then(|secret| secret.version_mut(&changed.id));
    if let Some(stored) = stored {
        *stored = changed.clone();
    }
    Ok(Answer::json(200, &wire::item(&call.vault, known, &changed, true)))
}

/// The version that is meant; the newest where none is named.
fn find<'a>(
    call: &'a Call<'_>,
    name: &str,
    version: Option<&str>,
) -> Result<(&'a VaultSecret, &'a SecretVersion), Refused> {
    let secret = call
        .vault
        .secret(name)
        .filter(|secret| secret.deleted.is_none())
        .ok_or_else(|| Refused::not_found(name))?;
    let found = match version {
        None => secret.current(),
        Some(id) => secret.version(id),
    };
    let missing = || match version {
        None => Refused::not_found(name),
        Some(id) => Refused::not_found(&format!("{name}/{id}")),
    };
    Ok((secret, found.ok_or_else(missing)?))
}

/// Secrets of certificates are changed through their certificate.
pub(super) fn check_own(secret: &VaultSecret, operation: &str) -> Result<(), Refused> {
    if !secret.managed {
        return Ok(());
    }
    Err(Refused::forbidden(
        "SecretManagedByKeyVault",
        &format!(
            "Operation \"{operation}\" is not allowed on this secret, since it is associated with a certificate. \
             Perform the operation on the corresponding certificate."
        ),
    ))
}
