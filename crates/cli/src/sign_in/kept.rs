//! The refresh token in its Key Vault: what is written beside it, and how its successor takes its place.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use patkeeper_agent::console::Console;
use patkeeper_agent::inputs::sign_in::RefreshTokenInputs;
use patkeeper_core::cloud::Cloud;
use patkeeper_core::failure::{Failure, FailureKind};
use patkeeper_core::vault::{SecretName, VaultName};
use patkeeper_entra::delegated::{BoxFuture, Keeper};
use patkeeper_stores::{KeyVault, Metadata};
use secrecy::SecretString;

use crate::run::words;

/// How long Microsoft Entra takes a refresh token that is not used ("Refresh tokens in the Microsoft identity
/// platform"). A policy of the tenant may end it earlier.
pub(super) const LIFE: TimeDelta = TimeDelta::days(90);

/// What is written beside a refresh token, so that whoever finds it in the vault knows what it is.
pub(super) fn metadata(now: DateTime<Utc>, tags: BTreeMap<String, String>) -> Metadata {
    Metadata {
        expires: Some(now + LIFE),
        content_type: Some("application/vnd.patkeeper.refresh-token".to_owned()),
        tags,
    }
}

/// The refresh token that a run redeems.
pub(super) struct KeptToken {
    store: KeyVault,
    vault: VaultName,
    /// Of the connection that reaches it.
    cloud: Cloud,
    secret: SecretName,
    console: Console,
    /// Of the version that was read: they are its successor's too.
    tags: Mutex<BTreeMap<String, String>>,
}

impl KeptToken {
    pub(super) fn new(store: KeyVault, cloud: Cloud, inputs: &RefreshTokenInputs, console: &Console) -> Self {
        Self {
            store,
            vault: inputs.vault.clone(),
            cloud,
            secret: inputs.secret.clone(),
            console: console.clone(),
            tags: Mutex::default(),
        }
    }

    fn tags(&self) -> MutexGuard<'_, BTreeMap<String, String>> {
        self.tags.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Keeper for KeptToken {
    fn read(&self) -> BoxFuture<'_, Result<SecretString, Failure>> {
        Box::pin(async {
            let found = self.store.get(&self.secret).await?;
            let found = found.ok_or_else(|| absent(&self.vault, self.cloud, &self.secret))?;
            *self.tags() = found.metadata.tags;
            Ok(found.value)
        })
    }

    fn keep<'a>(&'a self, successor: &'a SecretString) -> BoxFuture<'a, bool> {
        Box::pin(async move {
            let metadata = metadata(Utc::now(), self.tags().clone());
            let Err(not_stored) = self.store.set(&self.secret, successor, &metadata).await else {
                return true;
            };
            self.console.warning(&format!(
                "{}\nThe refresh token that was there is still good, and this run goes on. But it ends {} days after \
                 it was stored, unless a successor takes its place before.",
                words(&not_stored.failure),
                LIFE.num_days()
            ));
            false
        })
    }
}

/// A vault as inputs and flags name it: by its URL, unless its name alone leads to it whatever connection is used.
pub(super) fn as_named(vault: &VaultName, connection: Cloud) -> String {
    match vault.cloud(connection) {
        Cloud::Public => vault.name().to_owned(),
        _ => vault.url(connection),
    }
}

fn absent(vault: &VaultName, cloud: Cloud, secret: &SecretName) -> Failure {
    let (name, vault) = (vault.name(), as_named(vault, cloud));
    Failure::new(
        FailureKind::Refused,
        format!("The Key Vault '{vault}' has no secret '{secret}', where the refresh token should be."),
    )
    .with_code("noRefreshToken")
    .with_way_out(format!(
        "sign in once: patkeeper sign-in --vault {vault} --secret-name {secret} --tenant-id … --client-id …"
    ))
    .with_way_out(format!(
        "if it was deleted: az keyvault secret recover --vault-name {name} --name {secret}"
    ))
    .with_way_out("or correct refreshTokenVault and refreshTokenSecret")
}
