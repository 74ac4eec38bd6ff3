//! What is to be revoked.

use crate::glob::Glob;
use crate::organization::Organization;
use crate::owner::OwnerName;
use crate::pat::AuthorizationId;

/// Which PATs are meant.
#[derive(Debug, Clone, PartialEq)]
pub enum Selection {
    /// These, each once, in the order given; at least one, each a GUID.
    Ids(Vec<AuthorizationId>),
    /// Every live one whose name matches; at least one pattern.
    Names(Vec<Glob>),
    /// Every live one.
    All,
}

/// Whose PATs are looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whose {
    /// The signed-in user's, through the lifecycle API.
    Mine,
    /// These users', through the token administration API; none named: every user's.
    Organization(Vec<OwnerName>),
}

/// What a revocation is to do.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// The one organization.
    pub organization: Organization,
    /// Whose PATs.
    pub whose: Whose,
    /// Which of them.
    pub selection: Selection,
    /// List what would be revoked, and change nothing.
    pub dry_run: bool,
    /// Refuse to start unless this many match.
    pub expect_count: Option<u32>,
    /// Kept in the report and the log. Text of a person.
    pub reason: Option<String>,
}
