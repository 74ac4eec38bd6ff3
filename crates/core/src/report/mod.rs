//! `patkeeper.report/1`: the one document that all formats are drawn from.
//!
//! Its JSON is a public contract. It holds text of strangers (display names, service messages) as it was:
//! renderers make it harmless. It never holds a secret.

mod key;
mod merge;
mod read;
mod rows;
#[cfg(feature = "schema")]
pub(crate) mod schema;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::failure::Failure;
use crate::owner::{Owner, SubjectDescriptor};
use crate::pat::AuthorizationId;
use crate::slice::Slice;

pub(crate) use key::tie;
pub use key::{FindingKey, PatKey, UnreadableKey};
pub use merge::{Asked, MergeError, Reread, merge};
pub use read::{ReportError, from_json, read_into};
pub use rows::{Each, Kind, ROWS, Row, Rows, WholeRows};
#[cfg(feature = "schema")]
pub use schema::schema;

/// The value of [`Report::schema`].
pub const SCHEMA: &str = "patkeeper.report/1";

/// [`Settings::scope`] where the PATs judged are those of whoever signed in.
pub const MINE: &str = "mine";

/// [`Settings::scope`] where the PATs judged are every user's.
pub const ORGANIZATION: &str = "organization";

/// The verdict over everything judged, mildest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum Verdict {
    /// Nothing needs attention.
    Ok,
    /// At least one PAT ends within `warningDays`.
    Warning,
    /// At least one PAT ends within `criticalDays`.
    Critical,
    /// At least one PAT has ended.
    Expired,
    /// A required PAT is not there.
    Missing,
    /// Part of what should be judged could not be read.
    Unknown,
}

impl Verdict {
    /// As the contract writes it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Critical => "critical",
            Self::Expired => "expired",
            Self::Missing => "missing",
            Self::Unknown => "unknown",
        }
    }
}

/// The status of one PAT.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum PatStatus {
    /// A newer live PAT of its family has taken over.
    Replaced,
    /// More than `warningDays` left.
    Healthy,
    /// At most `warningDays` left.
    Warning,
    /// At most `criticalDays` left.
    Critical,
    /// Ended, and not more than `expiredWithinDays` ago.
    Expired,
}

impl PatStatus {
    /// Every status, most urgent first.
    pub const ALL: [Self; 5] = [
        Self::Expired,
        Self::Critical,
        Self::Warning,
        Self::Healthy,
        Self::Replaced,
    ];

    /// As the contract writes it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Replaced => "replaced",
            Self::Healthy => "healthy",
            Self::Warning => "warning",
            Self::Critical => "critical",
            Self::Expired => "expired",
        }
    }

    /// The verdict that one such PAT alone gives. A replaced one is judged by policy alone.
    #[must_use]
    pub fn verdict(self) -> Verdict {
        match self {
            Self::Replaced | Self::Healthy => Verdict::Ok,
            Self::Warning => Verdict::Warning,
            Self::Critical => Verdict::Critical,
            Self::Expired => Verdict::Expired,
        }
    }
}

/// How much a policy finding weighs; `off` only among the settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum Severity {
    /// The rule does not run.
    Off,
    /// Worth knowing; never fails a step.
    Notice,
    /// Fails a step with `failOnPolicy: warning`.
    Warning,
    /// Fails a step with `failOnPolicy: warning` or `error`.
    Error,
}

impl Severity {
    /// As the contract writes it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Notice => "notice",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// The whole report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// Always `patkeeper.report/1`.
    pub schema: String,
    /// What wrote it.
    pub tool: Tool,
    /// When and where it was made.
    pub run: Run,
    /// The verdict.
    pub status: Verdict,
    /// The counts.
    pub totals: Totals,
    /// The live PAT that ends first.
    pub soonest: Option<Soonest>,
    /// Every organization asked.
    pub organizations: Vec<OrganizationEntry>,
    /// What was judged by what.
    pub settings: Settings,
    /// The share of the users that was judged; `null`: all of them.
    pub slice: Option<SliceEntry>,
    /// The reports that this one was made of; empty: it was judged from what was read.
    #[serde(default)]
    pub merged: Vec<MergedEntry>,
    /// Every PAT judged, most urgent first.
    pub pats: Vec<PatEntry>,
    /// Every policy finding, heaviest first, waived ones last.
    pub findings: Vec<Finding>,
    /// Patterns that should have matched a PAT and did not.
    pub missing: Vec<Missing>,
    /// What could not be read.
    pub unreadable: Vec<UnreadableEntry>,
    /// Things worth saying that change no verdict.
    pub notes: Vec<String>,
}

/// The program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Tool {
    /// `patkeeper`.
    pub name: String,
    /// Its version.
    pub version: String,
}

impl Tool {
    /// This program.
    #[must_use]
    pub fn this() -> Self {
        Self {
            name: "patkeeper".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        }
    }
}

/// The run that made the report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Run {
    /// `PatMonitor`.
    pub task: String,
    /// The moment everything was judged at (UTC).
    pub at: DateTime<Utc>,
    /// HTTP requests sent, each try counted.
    pub requests: u32,
    /// Where the build can be looked at, when a pipeline ran it.
    pub link: Option<String>,
    /// The pipeline's name, when a pipeline ran it.
    pub pipeline: Option<String>,
}

/// How many of what. `total` is `healthy + warning + critical + expired + replaced`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Totals {
    /// PATs in the report.
    pub total: u32,
    /// PATs with more than `warningDays` left.
    pub healthy: u32,
    /// PATs with at most `warningDays` left, and more than `criticalDays`.
    pub warning: u32,
    /// PATs with at most `criticalDays` left.
    pub critical: u32,
    /// PATs that ended, and not more than `expiredWithinDays` ago.
    pub expired: u32,
    /// Live PATs that a newer one has replaced.
    pub replaced: u32,
    /// Patterns without a match.
    pub missing: u32,
    /// Things that could not be read.
    pub unreadable: u32,
    /// Policy findings that no waiver covers.
    pub policy_findings: u32,
    /// Policy findings that a waiver covers.
    pub waived: u32,
    /// PATs that ended long ago or were replaced before they ended: not judged.
    pub history: u32,
    /// PATs of other organizations that the list held: not judged.
    pub elsewhere: u32,
}

/// The live PAT that ends first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Soonest {
    /// Its name.
    pub display_name: String,
    /// Whole days left, rounded down.
    pub days_left: i64,
}

/// One organization asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct OrganizationEntry {
    /// Its name, e.g. `acme`.
    pub name: String,
    /// Its account id, where connection data told it.
    pub account_id: Option<String>,
    /// Whose token read it.
    pub signed_in_as: Option<String>,
    /// `user` or `app`.
    pub identity_kind: Option<String>,
    /// `access token`, `refresh token`, …; empty: nobody could sign in.
    pub sign_in: String,
    /// PATs its lists held.
    pub read: u32,
    /// Its users, where every user's PATs were asked for.
    pub users: Option<UsersEntry>,
}

/// How many users of an organization came to what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct UsersEntry {
    /// Users whose PATs were read whole.
    pub read: u32,
    /// Identities that cannot own PATs.
    pub skipped: u32,
    /// Users whose PATs could not be read, or not whole.
    pub unreadable: u32,
    /// Users whom token administration does not know.
    pub gone: u32,
}

/// Whose a PAT is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct OwnerEntry {
    /// The UPN, else the display name, else the descriptor.
    pub name: String,
    /// The id that the service knows them by.
    pub descriptor: SubjectDescriptor,
}

impl From<&Owner> for OwnerEntry {
    fn from(owner: &Owner) -> Self {
        Self {
            name: owner.name().to_owned(),
            descriptor: owner.descriptor.clone(),
        }
    }
}

/// One job's share of the users, and what only all shares together decide. None of that counts in this report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct SliceEntry {
    /// Which share, from 1.
    pub position: u32,
    /// Of how many.
    pub of: u32,
    /// Patterns that no PAT of this share matches.
    pub unmatched: Vec<Missing>,
    /// Required patterns that only PATs of unknown organizations match.
    pub undecided: Vec<Undecided>,
    /// Findings about waivers that cover nothing in this share; `null`: not all of the share was seen.
    pub unused: Option<Vec<Finding>>,
}

/// A required pattern that a PAT matches which may belong to another organization.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Undecided {
    /// The organization whose account is not known.
    pub organization: String,
    /// The pattern.
    pub pattern: String,
}

/// One report that was merged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct MergedEntry {
    /// Where it was read from, as the input named it.
    pub source: String,
    /// Its share of the users; `null`: all of them.
    pub slice: Option<Slice>,
    /// When it was judged (UTC).
    pub at: DateTime<Utc>,
}

/// What was judged by what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Settings {
    /// `mine` or `organization`.
    pub scope: String,
    /// Name patterns judged; empty: all.
    pub names: Vec<String>,
    /// Name patterns required.
    pub require_names: Vec<String>,
    /// Days.
    pub warning_days: u32,
    /// Days.
    pub critical_days: u32,
    /// Days.
    pub expired_within_days: u32,
    /// `never`, `expired`, `critical` or `warning`.
    pub fail_on: String,
    /// `never`, `error` or `warning`.
    pub fail_on_policy: String,
    /// Every rule and what it ran with.
    pub rules: Vec<RuleSetting>,
    /// Every waiver of the policy file.
    #[serde(default)]
    pub waivers: Vec<WaiverSetting>,
}

/// One waiver of the policy file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct WaiverSetting {
    /// The rule it is about.
    pub rule: String,
    /// The pattern or the authorization id.
    pub pat: String,
    /// The last day it holds, as `YYYY-MM-DD`.
    pub until: String,
    /// The reason given.
    pub reason: String,
}

/// One rule as it ran.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct RuleSetting {
    /// The rule's id.
    pub rule: String,
    /// Its severity.
    pub severity: Severity,
    /// Its limit or pattern in words, e.g. `90 days`.
    pub limit: Option<String>,
    /// `default`, `policy file` or `input`.
    pub from: String,
}

/// One PAT judged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct PatEntry {
    /// The organization whose list named it.
    pub organization: String,
    /// Whose it is, where every user's PATs were asked for.
    pub owner: Option<OwnerEntry>,
    /// The service's id.
    pub authorization_id: AuthorizationId,
    /// What its owner called it.
    pub display_name: String,
    /// Its name without the generation.
    pub family: String,
    /// Its scopes, as the service wrote them.
    pub scopes: Vec<String>,
    /// When it was made.
    pub valid_from: DateTime<Utc>,
    /// When the service says it ends.
    pub valid_to: DateTime<Utc>,
    /// When it really ends.
    pub effective_expiry: DateTime<Utc>,
    /// Whole days until then, rounded down; negative after it.
    pub days_left: i64,
    /// Valid in all organizations.
    pub global: bool,
    /// How it stands.
    pub status: PatStatus,
    /// With status `replaced`: the name of the PAT that took over.
    pub replaced_by: Option<String>,
}

/// One policy finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// The rule's id.
    pub rule: String,
    /// Its severity.
    pub severity: Severity,
    /// The organization, where the finding is about a PAT.
    pub organization: Option<String>,
    /// Whose PAT it is about, or whom, where every user's PATs were asked for.
    pub owner: Option<OwnerEntry>,
    /// The PAT, where the finding is about one (a waiver past its date is about none).
    pub authorization_id: Option<AuthorizationId>,
    /// Its display name, or what else the finding is about.
    pub subject: String,
    /// What is wrong, e.g. `180 days, allowed 90`.
    pub message: String,
    /// What to do about it.
    pub remedy: String,
    /// The waiver that covers it.
    pub waived: Option<Waived>,
}

/// Why a finding does not count.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Waived {
    /// The reason given.
    pub reason: String,
    /// The last day it holds, as `YYYY-MM-DD`.
    pub until: String,
}

/// A pattern without a match.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Missing {
    /// `names` or `requireNames`.
    pub input: String,
    /// The pattern, or the patterns joined by spaces.
    pub pattern: String,
}

/// Something that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct UnreadableEntry {
    /// The organization it belongs to.
    pub organization: String,
    /// What it is.
    pub what: String,
    /// Why not.
    pub failure: Failure,
}
