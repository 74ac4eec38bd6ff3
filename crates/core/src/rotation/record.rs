//! What the store keeps beside the value: which PAT it is, what is still to be revoked, and what is under way.

use std::collections::BTreeMap;
use std::fmt;

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};

use crate::organization::Organization;
use crate::pat::AuthorizationId;
use crate::scope::ScopeSet;
use crate::text::plain;

use super::RotationId;

/// Whose PATs a sign-in manages.
#[derive(Debug, Clone)]
pub struct Owner {
    id: String,
    name: Option<String>,
}

impl Owner {
    /// An owner by an id that stays the same when the person is renamed (the Entra object id, which the token carries,
    /// else the identity's id in connection data), and by UPN or display name, which is for messages alone.
    #[must_use]
    pub fn new(id: &str, name: Option<&str>) -> Self {
        Self {
            id: id.split_whitespace().collect(),
            name: name
                .map(|name| plain(name.trim()))
                .filter(|name| !name.is_empty()),
        }
    }

    /// The id, without white space.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The name, on one line.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// The name, else the id.
    #[must_use]
    pub fn words(&self) -> &str {
        self.name().unwrap_or(&self.id)
    }
}

/// One owner is another one by the id alone.
impl PartialEq for Owner {
    fn eq(&self, other: &Self) -> bool {
        self.id.eq_ignore_ascii_case(&other.id)
    }
}

impl Eq for Owner {}

/// The PAT whose text a version of the secret holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The service's id of it.
    pub id: AuthorizationId,
    /// What it is called.
    pub display_name: String,
    /// Where it is valid.
    pub organization: Organization,
    /// Who minted it, and so who alone can revoke it.
    pub owner: Owner,
    /// The scopes as they were asked for.
    pub scopes: ScopeSet,
    /// When the service said that it ends, in whole seconds.
    pub valid_to: DateTime<Utc>,
    /// The rotation that minted it; `None` for a PAT that a person made and [`super::Settings::adopt`] took over.
    pub rotation: Option<RotationId>,
}

/// A PAT that another one has replaced, and that is still to be revoked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Superseded {
    /// Which one.
    pub id: AuthorizationId,
    /// Not to be revoked before this, so that jobs which have loaded it can end.
    pub not_before: DateTime<Utc>,
}

/// A name whose minting had no clear answer: a PAT of that name may exist or yet appear, and its text is lost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsettled {
    /// The generation's name.
    pub name: String,
    /// When its rotation began.
    pub since: DateTime<Utc>,
}

/// What a rotation is about to do, written before it does it: the write-ahead log, and the lock that others meet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intent {
    /// The rotation.
    pub rotation: RotationId,
    /// The name of the PAT that it is about to mint.
    pub name: String,
    /// Whose it is.
    pub run: RunId,
    /// When it began, by the store's clock.
    pub start: DateTime<Utc>,
    /// Whether the value may be on its way into the store. From then on the PAT must not be revoked on the word of
    /// this intent while it is young: the write may still land.
    pub storing: bool,
}

/// How long an intent keeps others out.
pub const LOCK: TimeDelta = TimeDelta::minutes(15);

/// How old its own intent may be when a run begins to store. What is left until [`LOCK`] is time for that write to
/// land.
pub const STORE_WITHIN: TimeDelta = TimeDelta::minutes(10);

/// How long a name stays unsettled.
pub const UNSETTLED_FOR: TimeDelta = TimeDelta::days(1);

impl Intent {
    /// Until when it keeps others out.
    #[must_use]
    pub fn until(&self) -> DateTime<Utc> {
        self.start + LOCK
    }

    /// Whether its run may still be at work. A start that lies far in the future is of no run that looked at the
    /// store's clock.
    #[must_use]
    pub fn is_young(&self, now: DateTime<Utc>) -> bool {
        (now - self.start).abs() < LOCK
    }
}

/// A run of a job. Each part holds letters, digits, `.`, `_`, `-` and `+` alone; whatever else is in it, or is too
/// long for a tag, is replaced by a checksum.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunId {
    collection: String,
    build: String,
    job: String,
    attempt: u32,
}

impl RunId {
    /// A run by the id of its collection, the id of its build, what identifies its job in every attempt
    /// (`System.JobIdentifier`, not `System.JobId`), and the attempt, from 1 on. Elsewhere than on an agent no two
    /// runs may be of one job: give a random build.
    #[must_use]
    pub fn new(collection: &str, build: &str, job: &str, attempt: u32) -> Self {
        Self {
            collection: short(collection, 36),
            build: short(build, 20),
            job: short(job, 40),
            attempt,
        }
    }

    /// Whether `self` is an earlier attempt of the very job that `other` is, which has therefore ended.
    #[must_use]
    pub fn is_earlier_attempt_of(&self, other: &Self) -> bool {
        self.attempt < other.attempt
            && (&self.collection, &self.build, &self.job) == (&other.collection, &other.build, &other.job)
    }

    /// Which attempt.
    #[must_use]
    pub fn attempt(&self) -> u32 {
        self.attempt
    }

    /// The id of its build.
    #[must_use]
    pub fn build(&self) -> &str {
        &self.build
    }
}

/// `collection/build/job/attempt`.
impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}/{}/{}/{}",
            self.collection, self.build, self.job, self.attempt
        )
    }
}

/// A part of a run's name: as it is where it fits, else its start and a checksum of all of it, so that two jobs never
/// become one.
fn short(part: &str, longest: usize) -> String {
    let safe = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '+');
    if !part.is_empty() && part.len() <= longest && part.chars().all(|c| safe(&c)) {
        return part.to_owned();
    }
    // FNV-1a: equal parts must meet in every version of the program.
    let checksum = part.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |sum, byte| {
        (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let start: String = part.chars().filter(safe).take(longest - 17).collect();
    format!("{start}+{checksum:016x}")
}

/// All that the tags of one version say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Metadata {
    /// The PAT whose text the version holds; `None` for a placeholder, and for a value that Patkeeper has not written.
    pub record: Option<Record>,
    /// Whether the version holds no PAT yet, and was put only to carry an intent.
    pub placeholder: bool,
    /// What is under way.
    pub intent: Option<Intent>,
    /// What is still to be revoked, oldest first.
    pub superseded: Vec<Superseded>,
    /// Names without a clear answer, oldest first.
    pub unsettled: Vec<Unsettled>,
    /// Every other tag: a user's own, and `patkeeper-` ones that this version does not know. They stay as they are.
    pub foreign: BTreeMap<String, String>,
}

impl Metadata {
    /// Whether Patkeeper has written any of it.
    #[must_use]
    pub fn is_ours(&self) -> bool {
        self.record.is_some()
            || self.placeholder
            || self.intent.is_some()
            || !self.superseded.is_empty()
            || !self.unsettled.is_empty()
    }

    /// Whether this PAT stands in it, as the recorded one or as one to be revoked.
    #[must_use]
    pub fn records(&self, id: &AuthorizationId) -> bool {
        self.record.as_ref().is_some_and(|record| record.id == *id)
            || self.superseded.iter().any(|superseded| superseded.id == *id)
    }
}

/// A moment as tags keep it: in whole seconds.
pub(crate) fn seconds(at: DateTime<Utc>) -> DateTime<Utc> {
    at.trunc_subsecs(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_earlier_attempt_of_the_same_job_is_one() {
        let run = |build: &str, job: &str, attempt| RunId::new("acme", build, job, attempt);
        let second = run("7", "Rotate.Job", 2);
        assert!(run("7", "Rotate.Job", 1).is_earlier_attempt_of(&second));
        for other in [
            run("7", "Rotate.Job", 2),
            run("7", "Rotate.Job", 3),
            run("8", "Rotate.Job", 1),
            run("7", "Rotate.Other", 1),
            RunId::new("other", "7", "Rotate.Job", 1),
        ] {
            assert!(!other.is_earlier_attempt_of(&second), "{other}");
        }
    }

    #[test]
    fn jobs_whose_names_do_not_fit_stay_apart() {
        let run = |job: &str| RunId::new("acme", "7", job, 1);
        let long = "x".repeat(60);
        assert_ne!(run(&format!("{long}1")), run(&format!("{long}2")));
        assert_ne!(run("a/b"), run("a;b"));
        assert_ne!(run(""), run("/"));
        assert_eq!(run("a/b"), run("a/b"));
        assert_eq!(run("a/b").to_string().matches('/').count(), 3);
    }

    #[test]
    fn an_owner_who_was_renamed_is_the_same_one() {
        let owner = |id: &str, name: &str| Owner::new(id, Some(name));
        assert_eq!(owner("AB", "ann@acme.example"), owner("ab", "anne@acme.example"));
        assert_ne!(owner("ab", "ann@acme.example"), owner("ac", "ann@acme.example"));
    }
}
