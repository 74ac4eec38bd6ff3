//! `patkeeper.audit/1`: what the audit log tells.
//!
//! It holds texts of strangers (names, user agents, sentences of the service) as they were: renderers make them
//! harmless. It never holds a secret.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::FailOn;
use crate::pat::AuthorizationId;
use crate::report::{Run, Tool, UnreadableEntry};

/// The value of [`AuditReport::schema`].
pub const SCHEMA: &str = "patkeeper.audit/1";

/// The whole report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct AuditReport {
    /// Always `patkeeper.audit/1`.
    pub schema: String,
    /// What wrote it.
    pub tool: Tool,
    /// When and where it was made.
    pub run: Run,
    /// The counts, over all events that match, listed or not.
    pub totals: AuditTotals,
    /// Every organization asked.
    pub organizations: Vec<AuditedOrganization>,
    /// What was asked for.
    pub settings: AuditSettings,
    /// The events that match, newest first; where there are too many to list, those of leaks and of full access
    /// are listed before all others.
    pub events: Vec<AuditedEvent>,
    /// Who did how much of it, from where; most active first.
    pub actors: Vec<AuditedActor>,
    /// What could not be read.
    pub unreadable: Vec<UnreadableEntry>,
    /// Things worth saying that change no result.
    pub notes: Vec<String>,
}

/// How many of what. `events` is `created + updated + revoked + expired + leaked + other`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct AuditTotals {
    /// Events that match.
    pub events: u32,
    /// PATs created.
    pub created: u32,
    /// PATs updated.
    pub updated: u32,
    /// PATs revoked, those of `systemRevoked` among them.
    pub revoked: u32,
    /// PATs expired.
    pub expired: u32,
    /// PATs found in a public repository.
    pub leaked: u32,
    /// Matching events of any other action.
    pub other: u32,
    /// How many different ones did all that.
    pub actors: u32,
    /// PATs created with full access (`app_token`), among `created`.
    pub full_scope: u32,
    /// PATs that the system revoked, among `revoked`.
    pub system_revoked: u32,
    /// Things that could not be read.
    pub unreadable: u32,
    /// Matching events that are counted and not listed: there were too many.
    pub not_listed: u32,
}

/// One organization asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct AuditedOrganization {
    /// Its name, e.g. `acme`.
    pub name: String,
    /// Whose token read it.
    pub signed_in_as: Option<String>,
    /// `user` or `app`.
    pub identity_kind: Option<String>,
    /// `access token`, `refresh token`, …; empty: nobody could sign in.
    pub sign_in: String,
    /// Entries of its log that were read, matching or not.
    pub read: u32,
}

/// What was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct AuditSettings {
    /// From when on (UTC).
    pub from: DateTime<Utc>,
    /// Until when (UTC).
    pub to: DateTime<Utc>,
    /// How many days before the run, where the span was given so.
    pub days: Option<u32>,
    /// Patterns over action ids.
    pub actions: Vec<String>,
    /// Patterns over UPN or display name of who did it; empty: everybody.
    pub actors: Vec<String>,
    /// `never`, `leaked` or `any`.
    pub fail_on: FailOn,
}

/// What an event is counted as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum Action {
    /// A PAT was found in a public repository.
    Leaked,
    /// A PAT was created.
    Created,
    /// A PAT was updated, which a new token text for the same PAT is, too.
    Updated,
    /// Somebody revoked a PAT.
    Revoked,
    /// The system revoked a PAT.
    SystemRevoked,
    /// A PAT expired.
    Expired,
    /// Whatever else matches.
    Other,
}

/// One event that matches.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct AuditedEvent {
    /// The organization whose log has it.
    pub organization: String,
    /// When (UTC).
    pub at: DateTime<Utc>,
    /// The service's id of the action, e.g. `Token.PatCreateEvent`.
    pub action: String,
    /// What it is counted as.
    pub kind: Action,
    /// What happened, in words.
    pub what: String,
    /// Who did it.
    pub actor: Who,
    /// The PAT it happened to, as far as the entry tells.
    pub pat: Option<AuditedPat>,
    /// From which address.
    pub ip_address: Option<String>,
    /// With which program.
    pub user_agent: Option<String>,
    /// How the actor had signed in.
    pub mechanism: Option<String>,
    /// The sentence of the service.
    pub details: Option<String>,
    /// The service's id of the entry.
    pub id: Option<String>,
    /// The PAT was found in a public repository.
    pub leaked: bool,
    /// The entry names full access (`app_token`) among the PAT's scopes.
    pub full_scope: bool,
}

impl AuditedEvent {
    /// Where too many events are to be listed, those of the least weight stay: leaks, then full access.
    pub(crate) fn weight(&self) -> impl Ord + use<> {
        (!self.leaked, !self.full_scope)
    }
}

/// Who did something.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Who {
    /// Display name.
    pub name: Option<String>,
    /// UPN.
    pub upn: Option<String>,
    /// A stable id.
    pub id: Option<String>,
}

impl Who {
    /// What people call them: the UPN, else the display name, else the id.
    #[must_use]
    pub fn called(&self) -> &str {
        [&self.upn, &self.name, &self.id]
            .into_iter()
            .flatten()
            .map(String::as_str)
            .find(|name| !name.trim().is_empty())
            .unwrap_or("somebody whom the log does not name")
    }
}

/// A PAT, as far as an entry of the log tells.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct AuditedPat {
    /// What its owner called it.
    pub display_name: Option<String>,
    /// The service's id.
    pub authorization_id: Option<AuthorizationId>,
    /// Whose it is.
    pub owner: Option<String>,
    /// Its scopes; empty: not told.
    pub scopes: Vec<String>,
    /// Valid in all organizations.
    pub global: Option<bool>,
    /// When it ends.
    pub valid_to: Option<DateTime<Utc>>,
}

/// What one actor did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct AuditedActor {
    /// Who.
    pub actor: Who,
    /// How much of what.
    pub counts: ActorCounts,
    /// Of their events the first one.
    pub first: DateTime<Utc>,
    /// Of their events the last one.
    pub last: DateTime<Utc>,
    /// From which addresses, most used first.
    pub ip_addresses: Vec<Place>,
    /// With which programs, most used first.
    pub user_agents: Vec<Place>,
    /// In which organizations.
    pub organizations: Vec<String>,
}

/// How much of what one actor did: as in the totals.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ActorCounts {
    /// Their events.
    pub events: u32,
    /// PATs created.
    pub created: u32,
    /// PATs updated.
    pub updated: u32,
    /// PATs revoked.
    pub revoked: u32,
    /// PATs expired.
    pub expired: u32,
    /// PATs found in a public repository.
    pub leaked: u32,
    /// Events of any other action.
    pub other: u32,
    /// PATs created with full access, among `created`.
    pub full_scope: u32,
    /// PATs that the system revoked, among `revoked`.
    pub system_revoked: u32,
}

/// An address or a program, and how often it was used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Place {
    /// The address or the user agent; `null`: all further ones together.
    pub name: Option<String>,
    /// Events from there.
    pub events: u32,
}
