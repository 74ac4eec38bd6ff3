//! What a rotation needs of Azure DevOps and of the store.

use std::collections::BTreeMap;
use std::future::Future;

use chrono::{DateTime, Utc};
use patkeeper_core::failure::Failure;
use patkeeper_core::pat::{AuthorizationId, Pat};
use patkeeper_core::rotation::{Clock, Ended, Owner, Reading, Secret, TagLimits};
use patkeeper_core::scope::ScopeSet;
use secrecy::SecretString;

use crate::ports::{NotDone, Revoked};

/// Whose sign-in it is, and where.
#[derive(Debug, Clone)]
pub struct Account {
    /// The organization's account id; `None`: connection data refused to say.
    pub id: Option<String>,
    /// Who is signed in.
    pub me: Owner,
}

/// The list of active PATs, whole.
#[derive(Debug, Clone, Default)]
pub struct ActivePats {
    /// Those understood, of every organization.
    pub pats: Vec<Pat>,
    /// Those not understood.
    pub odd: Vec<OddPat>,
}

/// An entry of the list that cannot be understood.
#[derive(Debug, Clone)]
pub struct OddPat {
    /// Its id, if that can be read.
    pub id: Option<AuthorizationId>,
    /// Its name, if that can be read. Text of a stranger.
    pub name: Option<String>,
    /// What is wrong with it.
    pub failure: Failure,
}

impl OddPat {
    /// Whether it may be the one of this name.
    #[must_use]
    pub fn is_perhaps(&self, name: &str) -> bool {
        self.name.as_deref().is_none_or(|own| own == name)
    }
}

/// A PAT just made.
#[derive(Debug)]
pub struct Minted {
    /// Its id.
    pub id: AuthorizationId,
    /// The end that it was given.
    pub valid_to: DateTime<Utc>,
    /// Its text, which nobody tells a second time.
    pub token: SecretString,
}

/// The signed-in user's PATs, as a rotation reads and changes them.
pub trait RotatedPats {
    /// Whose sign-in it is, and which account the organization is.
    fn account(&self) -> impl Future<Output = Result<Account, Failure>>;
    /// All pages of the active ones.
    fn active(&self) -> impl Future<Output = Result<ActivePats, Failure>>;
    /// All pages of the revoked and the expired ones.
    fn ended(&self) -> impl Future<Output = Result<Ended, Failure>>;
    /// Makes one, valid in this organization alone.
    fn mint(
        &self,
        name: &str,
        scopes: &ScopeSet,
        valid_to: DateTime<Utc>,
    ) -> impl Future<Output = Result<Minted, NotDone>>;
    /// Revokes one.
    fn revoke(&self, id: &AuthorizationId) -> impl Future<Output = Result<Revoked, NotDone>>;
    /// Gives one another end; returns the one that it has then.
    fn extend(
        &self,
        id: &AuthorizationId,
        valid_to: DateTime<Utc>,
    ) -> impl Future<Output = Result<DateTime<Utc>, NotDone>>;
    /// Calls the organization with a PAT of these scopes, once; returns what was asked and answered, in words.
    fn call_with(
        &self,
        token: &SecretString,
        scopes: &ScopeSet,
    ) -> impl Future<Output = Result<String, NotDone>>;
}

/// The one secret that keeps the PAT.
pub trait RotatedSecret {
    /// What the store takes.
    fn limits(&self) -> TagLimits;
    /// A version's id as people and programs name it.
    fn id(&self, version: &str) -> String;
    /// All versions, without their values.
    fn observe(&self) -> impl Future<Output = Result<(Secret, Clock), Failure>>;
    /// The current version, without its value; a disabled one too.
    fn current(&self) -> impl Future<Output = Result<Reading, Failure>>;
    /// A version's value.
    fn value(&self, version: &str) -> impl Future<Output = Result<SecretString, Failure>>;
    /// Gives a version these tags, and this end if any; without a version, makes a first, disabled one that holds a
    /// placeholder. Returns which version has them. Unclear answers are settled by reading back.
    fn write_tags(
        &self,
        version: Option<&str>,
        tags: &BTreeMap<String, String>,
        expires: Option<DateTime<Utc>>,
    ) -> impl Future<Output = Result<String, NotDone>>;
    /// Stores a value as a new version, once, and returns which. Unclear answers are settled by reading back.
    fn put(
        &self,
        token: &SecretString,
        tags: &BTreeMap<String, String>,
        expires: DateTime<Utc>,
    ) -> impl Future<Output = Result<String, NotDone>>;
}
