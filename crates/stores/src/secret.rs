//! A stored secret, its version, and what is written beside it.

use std::collections::BTreeMap;
use std::fmt;

use chrono::{DateTime, Utc};
use patkeeper_core::failure::Failure;
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

/// A value is not known to be stored. Turns into its [`Failure`] where that is all that matters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotStored {
    /// What to tell people.
    pub failure: Failure,
    /// Whether the value may be stored all the same, or yet be: there was no clear answer, and reading back did not
    /// show it. Where this is false the store is as it was.
    pub may_land: bool,
}

impl NotStored {
    /// The store is as it was.
    pub(crate) fn surely(failure: Failure) -> Self {
        Self {
            failure,
            may_land: false,
        }
    }
}

impl From<NotStored> for Failure {
    fn from(not_stored: NotStored) -> Self {
        not_stored.failure
    }
}
