//! One thing for the executor to do, with all it needs, and what can come of it.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use crate::failure::Failure;
use crate::pat::{AuthorizationId, Pat};
use crate::scope::ScopeSet;
use crate::time::minute;

use super::progress::Held;
use super::record::Intent;
use super::report::RotationReport;
use super::{Ended, Reading};

/// The content type of a stored PAT.
pub const CONTENT_TYPE: &str = "application/vnd.patkeeper.pat";

/// What to do next. Each step but the last is answered with an [`Outcome`].
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// List the caller's revoked and expired PATs, all pages. A read.
    /// Answered with [`Outcome::Ended`] or [`Outcome::Failed`].
    ListEnded {
        /// What for.
        why: String,
    },
    /// Revoke a PAT.
    /// Answered with [`Outcome::Revoked`], [`Outcome::Gone`], [`Outcome::Failed`] or [`Outcome::Unclear`].
    Revoke {
        /// Which one; nothing but this decides.
        id: AuthorizationId,
        /// What it is called, where that is known. Text of a stranger for a PAT that was adopted.
        name: Option<String>,
        /// Why it may be revoked.
        why: String,
    },
    /// Write the tags of a version, and leave its value as it is.
    /// Answered with [`Outcome::Written`], [`Outcome::Failed`] or [`Outcome::Unclear`]; an unclear answer is settled by
    /// reading back first.
    WriteTags(Box<WriteTags>),
    /// Read the current version's properties again. A read.
    /// Answered with [`Outcome::Current`] or [`Outcome::Failed`].
    ReadCurrent {
        /// What for.
        why: &'static str,
    },
    /// Mint a PAT for this organization alone. Every form of its text is registered with the log's masker first.
    /// Answered with [`Outcome::Minted`], [`Outcome::Failed`] (surely none was made) or [`Outcome::Unclear`].
    Mint {
        /// Its name.
        name: String,
        /// What it shall be able to do.
        scopes: ScopeSet,
        /// The end to ask for.
        valid_to: DateTime<Utc>,
    },
    /// List the caller's active PATs again, all pages. A read.
    /// Answered with [`Outcome::Found`] or [`Outcome::Failed`].
    FindByName {
        /// The name whose minting had no clear answer.
        name: String,
    },
    /// Call the organization with the PAT just minted, retried over a short while.
    /// Answered with [`Outcome::Works`], [`Outcome::Refused`], or [`Outcome::Failed`] where nothing was proven.
    Test {
        /// Which one.
        id: AuthorizationId,
        /// What it was minted for: chooses the URL, where none is given.
        scopes: ScopeSet,
    },
    /// Read the value of a stored version, and call the organization with it. A read.
    /// Answered as [`Step::Test`].
    Prove {
        /// Which version.
        version: String,
        /// What that PAT was minted for.
        scopes: ScopeSet,
    },
    /// Write the value just minted as a new version, once, with content type [`CONTENT_TYPE`].
    /// Answered with [`Outcome::Stored`], [`Outcome::Failed`] (surely not stored) or [`Outcome::Unclear`] (it may be, or
    /// yet be; reading back has not shown it).
    Store {
        /// Its tags.
        tags: BTreeMap<String, String>,
        /// When the secret ends: the issued end of the PAT.
        expires: DateTime<Utc>,
    },
    /// Read the value of the version just stored. A read.
    /// Answered with [`Outcome::SameValue`], [`Outcome::OtherValue`] or [`Outcome::Failed`].
    ReadBack {
        /// Which version.
        version: String,
    },
    /// Give a PAT a later end: everything else resent as a fresh read shows it.
    /// Answered with [`Outcome::Extended`] or [`Outcome::Failed`].
    Extend {
        /// Which one.
        id: AuthorizationId,
        /// The end to ask for.
        valid_to: DateTime<Utc>,
        /// Why it is due.
        why: String,
    },
    /// Nothing is left to do.
    Done(Box<RotationReport>),
}

/// The tags of a version are to become these.
#[derive(Debug, Clone, PartialEq)]
pub struct WriteTags {
    /// Which version; `None`: there is none, so put a first, disabled one that holds a placeholder.
    pub version: Option<String>,
    /// All tags that it shall have, users' own among them.
    pub tags: BTreeMap<String, String>,
    /// The end that the version shall have; `None` leaves it as it is.
    pub expires: Option<DateTime<Utc>>,
    /// What it is for.
    pub purpose: Purpose,
    /// Why, in words.
    pub why: String,
    /// The version as it is then.
    pub(super) held: Held,
}

/// What a writing of tags is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Purpose {
    /// Say what is about to be minted, and keep others out.
    Intend {
        /// What.
        intent: Box<Intent>,
        /// The PAT that it will take over from.
        previous: Option<AuthorizationId>,
    },
    /// Say that the value may be on its way.
    Storing,
    /// Take the intent back.
    Clear,
    /// Say what holds now: what was revoked is no more to be revoked, what is left of a dead run is cleared.
    Tidy,
}

/// What came of a step.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// The lists.
    Ended(Ended),
    /// The service says it is revoked.
    Revoked,
    /// The service says that there is no such PAT.
    Gone,
    /// The tags are written, to this version.
    Written {
        /// Which one; the one made, where there was none.
        version: String,
    },
    /// The current version now.
    Current(Reading),
    /// A PAT was made.
    Minted {
        /// Its id.
        id: AuthorizationId,
        /// The end that the service gave it, which may be sooner than the one asked for.
        valid_to: DateTime<Utc>,
    },
    /// The caller's active PATs.
    Found(Vec<Pat>),
    /// The PAT opens what it should.
    Works,
    /// The PAT was refused: 401, a sign-in page or a redirect; or 403 and 404 where the URL was given.
    Refused(Failure),
    /// The value is stored, as this version.
    Stored {
        /// Which one.
        version: String,
    },
    /// The stored value is the minted one, byte for byte.
    SameValue,
    /// It is another one.
    OtherValue,
    /// The PAT has this end now.
    Extended {
        /// As the service says.
        valid_to: DateTime<Utc>,
    },
    /// It was not done, for sure; of a read: nothing was learned.
    Failed(Failure),
    /// Whether it was done is not known.
    Unclear(Failure),
}

impl Step {
    /// The step's name in a log.
    #[must_use]
    pub fn label(&self) -> &'static str {
        match self {
            Self::ListEnded { .. } => "look",
            Self::Revoke { .. } => "revoke",
            Self::WriteTags(write) => match write.purpose {
                Purpose::Intend { .. } => "intend",
                Purpose::Storing => "announce",
                Purpose::Clear => "clear",
                Purpose::Tidy => "record",
            },
            Self::ReadCurrent { .. } => "check",
            Self::Mint { .. } => "mint",
            Self::FindByName { .. } => "look",
            Self::Test { .. } => "test",
            Self::Prove { .. } => "prove",
            Self::Store { .. } => "store",
            Self::ReadBack { .. } => "read back",
            Self::Extend { .. } => "extend",
            Self::Done(_) => "done",
        }
    }

    /// Whether it changes something in the store or at the service.
    #[must_use]
    pub fn changes(&self) -> bool {
        match self {
            Self::Revoke { .. }
            | Self::WriteTags(_)
            | Self::Mint { .. }
            | Self::Store { .. }
            | Self::Extend { .. } => true,
            Self::ListEnded { .. }
            | Self::ReadCurrent { .. }
            | Self::FindByName { .. }
            | Self::Test { .. }
            | Self::Prove { .. }
            | Self::ReadBack { .. }
            | Self::Done(_) => false,
        }
    }

    /// What it is done to and why, in words without a period that follow its label as a verb's object does. May quote
    /// a stranger's text: a log makes it harmless.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::ListEnded { why } => format!("at the revoked and expired PATs: {why}"),
            Self::Revoke { id, name, why } => match name {
                Some(name) => format!("{name} (id {id}): {why}"),
                None => format!("{id}: {why}"),
            },
            Self::WriteTags(write) => match &write.purpose {
                Purpose::Intend { intent, .. } => format!("to mint {}: {}", intent.name, write.why),
                Purpose::Storing | Purpose::Clear | Purpose::Tidy => write.why.clone(),
            },
            Self::ReadCurrent { why } => (*why).to_owned(),
            Self::Mint {
                name,
                scopes,
                valid_to,
            } => format!("{name}, {scopes}, until {}", minute(*valid_to)),
            Self::FindByName { name } => format!("for a PAT named {name}"),
            Self::Test { .. } => "the new PAT, with a call to the organization".to_owned(),
            Self::Prove { .. } => "the stored PAT, with a call to the organization".to_owned(),
            Self::Store { expires, .. } => {
                format!("the new PAT as a new version that expires {}", minute(*expires))
            }
            Self::ReadBack { .. } => "what the store holds now".to_owned(),
            Self::Extend { id, valid_to, why } => format!("id {id} until {}: {why}", minute(*valid_to)),
            Self::Done(report) => report.sentence(),
        }
    }

    /// What a dry run takes for the outcome of a step that would change something, or that depends on one that would
    /// have. `None`: it changes nothing, so a dry run does it.
    #[must_use]
    pub fn assumed(&self) -> Option<Outcome> {
        match self {
            Self::ListEnded { .. } | Self::Prove { .. } | Self::Done(_) => None,
            Self::Revoke { .. } => Some(Outcome::Revoked),
            Self::WriteTags(write) => Some(Outcome::Written {
                version: write.version.clone().unwrap_or_else(|| NEW.to_owned()),
            }),
            // The intent that was not written is where it would be.
            Self::ReadCurrent { .. } => Some(Outcome::Works),
            Self::Mint { valid_to, .. } => Some(Outcome::Minted {
                id: AuthorizationId::new(NEW_ID),
                valid_to: *valid_to,
            }),
            Self::FindByName { .. } => Some(Outcome::Found(Vec::new())),
            Self::Test { .. } => Some(Outcome::Works),
            Self::Store { .. } => Some(Outcome::Stored {
                version: NEW.to_owned(),
            }),
            Self::ReadBack { .. } => Some(Outcome::SameValue),
            Self::Extend { valid_to, .. } => Some(Outcome::Extended { valid_to: *valid_to }),
        }
    }
}

/// Stands in a dry run for the id of the PAT that would be made.
const NEW_ID: &str = "00000000-0000-0000-0000-000000000000";

/// Stands in a dry run for the version that would be made.
pub(super) const NEW: &str = "new";
