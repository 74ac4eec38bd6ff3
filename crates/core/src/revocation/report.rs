//! `patkeeper.revocation/1`: what came of a revocation, the one document that all formats are drawn from.
//!
//! It holds text of strangers (display names, service messages) as it was: renderers make it harmless. It never holds
//! a secret.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::settings::{Selection, Settings, Whose};
use crate::failure::Failure;
use crate::glob::Glob;
use crate::owner::OwnerName;
use crate::pat::AuthorizationId;
use crate::report::{MINE, ORGANIZATION, OrganizationEntry, Run, Tool, UnreadableEntry};

/// The value of [`RevocationReport::schema`].
pub const SCHEMA: &str = "patkeeper.revocation/1";

/// The whole report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct RevocationReport {
    /// Always `patkeeper.revocation/1`.
    pub schema: String,
    /// What wrote it.
    pub tool: Tool,
    /// When and where it was made.
    pub run: Run,
    /// The organization.
    pub organization: OrganizationEntry,
    /// What was asked for.
    pub settings: Asked,
    /// The counts.
    pub counts: Counts,
    /// Every PAT that the selection came to, in the order of the ids given or of the lists; and every id that came to
    /// none.
    pub pats: Vec<RevokedPat>,
    /// What could not be read: users whose PATs may have been meant, too, and owners that nobody is.
    pub unreadable: Vec<UnreadableEntry>,
    /// Why the run as a whole did not start, or ended early.
    pub failure: Option<Failure>,
    /// Things worth saying that fail nothing.
    pub notes: Vec<String>,
}

/// What was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Asked {
    /// `mine` or `organization`.
    pub scope: String,
    /// With scope `organization`: whose PATs; empty: every user's.
    pub owners: Vec<String>,
    /// Which ones.
    pub selector: Selector,
    /// With selector `authorizationIds`: the ids.
    pub authorization_ids: Vec<AuthorizationId>,
    /// With selector `names`: the patterns.
    pub names: Vec<String>,
    /// Whether nothing was to be changed.
    pub dry_run: bool,
    /// How many had to match.
    pub expect_count: Option<u32>,
    /// Why, in the words of who asked for it.
    pub reason: Option<String>,
}

/// The input that says which PATs are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum Selector {
    /// Exact ids.
    AuthorizationIds,
    /// Patterns of names.
    Names,
    /// Every live one.
    All,
}

/// How many of what. An id that is no PAT of the organization counts as failed, and not as matched.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Counts {
    /// PATs that the selection came to, whether live or gone.
    pub matched: u32,
    /// Revoked by this run.
    pub revoked: u32,
    /// Revoked or expired before.
    pub already_gone: u32,
    /// Not revoked, or not known to be.
    pub failed: u32,
    /// In a dry run, or one that did not start: would have been revoked.
    pub would_revoke: u32,
    /// Users and lists that could not be read.
    pub unreadable: u32,
    /// PATs of other organizations that the lists held and that were left alone.
    pub elsewhere: u32,
}

/// What became of a PAT.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum PatOutcome {
    /// This run has revoked it.
    Revoked,
    /// It was revoked or had expired before.
    AlreadyGone,
    /// It was not revoked, or is not known to be; `failure` says why.
    Failed,
    /// A dry run, or one that did not start: it would have been revoked.
    WouldRevoke,
}

impl PatOutcome {
    /// In words for people.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Revoked => "revoked",
            Self::AlreadyGone => "already gone",
            Self::Failed => "failed",
            Self::WouldRevoke => "would revoke",
        }
    }

    /// As the contract writes it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Revoked => "revoked",
            Self::AlreadyGone => "alreadyGone",
            Self::Failed => "failed",
            Self::WouldRevoke => "wouldRevoke",
        }
    }
}

/// One PAT and what became of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct RevokedPat {
    /// The service's id.
    pub authorization_id: AuthorizationId,
    /// What its owner called it, where it was listed.
    pub display_name: Option<String>,
    /// Whose it is, with scope `organization`: UPN, else display name, else descriptor.
    pub owner: Option<String>,
    /// Its scopes, as the service wrote them.
    pub scopes: Vec<String>,
    /// When it would have ended, where it was listed.
    pub valid_to: Option<DateTime<Utc>>,
    /// Valid in all organizations.
    pub global: bool,
    /// What became of it.
    pub outcome: PatOutcome,
    /// With outcome `failed`: why.
    pub failure: Option<Failure>,
}

impl Asked {
    pub(super) fn of(settings: &Settings) -> Self {
        let (scope, owners) = match &settings.whose {
            Whose::Mine => (MINE, [].as_slice()),
            Whose::Organization(owners) => (ORGANIZATION, owners.as_slice()),
        };
        let (selector, ids, names) = match &settings.selection {
            Selection::Ids(ids) => (Selector::AuthorizationIds, ids.as_slice(), [].as_slice()),
            Selection::Names(names) => (Selector::Names, [].as_slice(), names.as_slice()),
            Selection::All => (Selector::All, [].as_slice(), [].as_slice()),
        };
        Self {
            scope: scope.to_owned(),
            owners: owners.iter().map(OwnerName::as_str).map(str::to_owned).collect(),
            selector,
            authorization_ids: ids.to_vec(),
            names: names.iter().map(Glob::as_str).map(str::to_owned).collect(),
            dry_run: settings.dry_run,
            expect_count: settings.expect_count,
            reason: settings.reason.clone(),
        }
    }
}
