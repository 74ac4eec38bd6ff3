//! The port of a rotation: one secret of a vault, its versions and their tags.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use patkeeper_core::failure::{Failure, FailureKind};
use patkeeper_core::rotation::{self, CONTENT_TYPE, Clock, Reading, TagLimits};
use patkeeper_core::vault::SecretName;
use patkeeper_lifecycle::ports::NotDone;
use patkeeper_lifecycle::rotate::ports::RotatedSecret;
use secrecy::SecretString;

use crate::{Change, Found, KeyVault, Metadata, SecretId, Version};

/// The secret of a vault that keeps a PAT.
#[derive(Debug)]
pub struct Rotated {
    vault: KeyVault,
    name: SecretName,
    now: fn() -> DateTime<Utc>,
}

impl Rotated {
    /// `now` is this machine's clock.
    #[must_use]
    pub fn new(vault: KeyVault, name: SecretName, now: fn() -> DateTime<Utc>) -> Self {
        Self { vault, name, now }
    }

    /// Both clocks, right after an answer of the vault. One that does not tell the time is taken to agree.
    fn clock(&self) -> Clock {
        let machine = (self.now)();
        let store = self.vault.clock().unwrap_or(machine);
        Clock { store, machine }
    }

    fn full(&self, version: &str) -> SecretId {
        SecretId {
            store: self.vault.url(),
            name: self.name.as_str().to_owned(),
            version: version.to_owned(),
        }
    }

    fn seen(version: Version, clock: Clock) -> rotation::Version {
        rotation::Version {
            id: version.id.version,
            // A vault always says. An unknown age must not make a PAT look old, and so due.
            created: version.created.unwrap_or(clock.store),
            enabled: version.enabled,
            tags: version.metadata.tags,
        }
    }
}

impl RotatedSecret for Rotated {
    fn limits(&self) -> TagLimits {
        TagLimits::KEY_VAULT
    }

    fn id(&self, version: &str) -> String {
        self.full(version).to_string()
    }

    async fn observe(&self) -> Result<(rotation::Secret, Clock), Failure> {
        let found = self.vault.versions(&self.name).await?;
        let clock = self.clock();
        let secret = match found {
            Found::Nothing => rotation::Secret::Absent,
            Found::Deleted { .. } => return Err(self.vault.is_deleted(&self.name)),
            Found::Secret(versions) => rotation::Secret::Present {
                current: Self::seen(versions.current, clock),
                older: versions
                    .others
                    .into_iter()
                    .map(|version| Self::seen(version, clock))
                    .collect(),
            },
        };
        Ok((secret, clock))
    }

    async fn current(&self) -> Result<Reading, Failure> {
        let current = self.vault.current(&self.name).await?;
        let clock = self.clock();
        Ok(Reading {
            current: current.map(|version| Self::seen(version, clock)),
            clock,
        })
    }

    async fn value(&self, version: &str) -> Result<SecretString, Failure> {
        let id = self.full(version);
        match self.vault.read_back(&id).await? {
            Some(secret) => Ok(secret.value),
            None => Err(Failure::new(
                FailureKind::Service,
                format!("The version {id} is not there any more."),
            )
            .with_code("versionGone")
            .with_way_out("run the step again, and see who else changes that secret")),
        }
    }

    async fn write_tags(
        &self,
        version: Option<&str>,
        tags: &BTreeMap<String, String>,
        expires: Option<DateTime<Utc>>,
    ) -> Result<String, NotDone> {
        let written = match version {
            Some(version) => {
                let change = Change {
                    tags: Some(tags.clone()),
                    expires,
                    ..Change::default()
                };
                self.vault.update(&self.full(version), &change).await?
            }
            None => {
                let metadata = Metadata {
                    expires,
                    content_type: Some(CONTENT_TYPE.to_owned()),
                    tags: tags.clone(),
                };
                self.vault.put_placeholder(&self.name, &metadata).await?
            }
        };
        Ok(written.id.version)
    }

    async fn put(
        &self,
        token: &SecretString,
        tags: &BTreeMap<String, String>,
        expires: DateTime<Utc>,
    ) -> Result<String, NotDone> {
        let metadata = Metadata {
            expires: Some(expires),
            content_type: Some(CONTENT_TYPE.to_owned()),
            tags: tags.clone(),
        };
        Ok(self.vault.set(&self.name, token, &metadata).await?.version)
    }
}
