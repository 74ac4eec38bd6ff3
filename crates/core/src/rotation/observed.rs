//! What was seen of the store and of the service, before anything is decided.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use crate::pat::{AuthorizationId, Pat};

use super::{Owner, RotationId, RunId, TagLimits};

/// All that a run sees before it acts.
#[derive(Debug, Clone)]
pub struct Observed {
    /// Which run this is.
    pub run: RunId,
    /// Ids for the rotation that it may begin, and for the one that it begins when the first one's minting has no
    /// clear answer. Drawn at random.
    pub rotations: [RotationId; 2],
    /// Whose PATs it manages.
    pub me: Owner,
    /// The organization's account id, by which other organizations' PATs are told apart. `None` where it could not be
    /// learned without a doubt: then no PAT is revoked by its name.
    pub account: Option<String>,
    /// The secret.
    pub secret: Secret,
    /// What the store takes.
    pub limits: TagLimits,
    /// All pages of the caller's active PATs (`displayFilterOption=active`), whichever organization they are of.
    pub active: Vec<Pat>,
    /// The time.
    pub clock: Clock,
}

/// The secret, as its versions' properties show it; no value is read for this.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Secret {
    /// The store has none of that name.
    Absent,
    /// It exists.
    Present {
        /// The version that consumers get.
        current: Version,
        /// Every other version, in any order. A store that keeps no metadata for each version gives none.
        older: Vec<Version>,
    },
}

/// The properties of one version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// The store's name for it.
    pub id: String,
    /// When it was made, by the store's clock.
    pub created: DateTime<Utc>,
    /// Whether its value can be read.
    pub enabled: bool,
    /// All of its tags.
    pub tags: BTreeMap<String, String>,
}

/// The store's clock and this machine's at the same moment. The store's is the one that every run shares: the age of
/// a lock, the end of an overlap and the day in a name are told by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clock {
    /// The store's, as the `Date` of its answer says.
    pub store: DateTime<Utc>,
    /// This machine's, when that answer came.
    pub machine: DateTime<Utc>,
}

impl Clock {
    /// The store's time when this machine's clock shows `now`.
    #[must_use]
    pub fn at(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        self.store + (now - self.machine)
    }
}

/// The current version, read again in the middle of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// The current version; `None`: the store has no such secret any more.
    pub current: Option<Version>,
    /// The time.
    pub clock: Clock,
}

/// The caller's PATs that have ended, as far as the service still lists them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ended {
    /// `displayFilterOption=revoked`.
    pub revoked: Vec<AuthorizationId>,
    /// `displayFilterOption=expired`.
    pub expired: Vec<AuthorizationId>,
}

impl Ended {
    /// Whether it is in either list.
    #[must_use]
    pub fn shows(&self, id: &AuthorizationId) -> bool {
        self.revoked.contains(id) || self.expired.contains(id)
    }
}
