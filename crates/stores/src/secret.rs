//! A stored secret, its version, and what is written beside it.

use std::collections::BTreeMap;
use std::fmt;

use chrono::{DateTime, Utc};
use secrecy::SecretString;

/// One version of one secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretId {
    /// Where it is kept, as a URL without a slash at its end: `https://acme-kv.vault.azure.net`.
    pub store: String,
    /// The secret's name.
    pub name: String,
    /// The version that the store gave it.
    pub version: String,
}

impl fmt::Display for SecretId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/secrets/{}/{}", self.store, self.name, self.version)
    }
}

/// What is written beside a value. None of it is secret.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Metadata {
    /// When the secret ends. Stores keep whole seconds; parts of one are dropped.
    pub expires: Option<DateTime<Utc>>,
    /// What kind of secret it is, such as `application/vnd.patkeeper.refresh-token`.
    pub content_type: Option<String>,
    /// Names and values of our own.
    pub tags: BTreeMap<String, String>,
}

/// A secret as it is stored.
#[derive(Debug, Clone)]
pub struct Secret {
    /// Which version this is.
    pub id: SecretId,
    /// Its text.
    pub value: SecretString,
    /// What is written beside it.
    pub metadata: Metadata,
}

/// One version of a secret, without its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// Which one.
    pub id: SecretId,
    /// Whether its value can be read.
    pub enabled: bool,
    /// When it was written, in whole seconds: two versions may have the same moment.
    pub created: Option<DateTime<Utc>>,
    /// When what is written beside it was last changed, in whole seconds.
    pub updated: Option<DateTime<Utc>>,
    /// What is written beside it.
    pub metadata: Metadata,
}

/// All versions of a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Versions {
    /// The one that a reader who names no version gets.
    pub current: Version,
    /// All others, in the order that the store lists them, which says nothing of their age.
    pub others: Vec<Version>,
}

impl Versions {
    /// Each of them, the current one first.
    pub fn iter(&self) -> impl Iterator<Item = &Version> {
        std::iter::once(&self.current).chain(&self.others)
    }
}

/// What a store has under a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// Nothing that can be seen. A deleted secret of which nothing may be read looks the same.
    Nothing,
    /// A deleted secret: until it is recovered or purged, the name cannot be used.
    Deleted {
        /// When it was deleted.
        at: Option<DateTime<Utc>>,
        /// When it will be gone for good, and the name free.
        purged: Option<DateTime<Utc>>,
    },
    /// A secret.
    Secret(Versions),
}

/// What to change beside a stored value. What is `None` stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Change {
    /// All tags that there shall be from then on: others go.
    pub tags: Option<BTreeMap<String, String>>,
    /// When the secret ends. It cannot be taken away again.
    pub expires: Option<DateTime<Utc>>,
    /// What kind of secret it is.
    pub content_type: Option<String>,
    /// Whether its value can be read.
    pub enabled: Option<bool>,
}

impl Change {
    /// Whether a version is as this wants it.
    #[must_use]
    pub fn is_done(&self, version: &Version) -> bool {
        let Metadata {
            expires,
            content_type,
            tags,
        } = &version.metadata;
        let seconds = |at: Option<DateTime<Utc>>| at.map(|at| at.timestamp());
        self.tags.as_ref().is_none_or(|wanted| wanted == tags)
            && self
                .expires
                .is_none_or(|_| seconds(self.expires) == seconds(*expires))
            && (self.content_type.is_none() || self.content_type == *content_type)
            && self.enabled.is_none_or(|wanted| wanted == version.enabled)
    }
}
