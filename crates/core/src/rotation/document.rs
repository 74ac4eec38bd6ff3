//! `patkeeper.rotation/1`: what came of a rotation, as it is kept with a build.
//!
//! It holds text of strangers (display names, service messages) as it was: renderers make it harmless. It never holds
//! a secret.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::line::Line;
use super::record::Record;
use super::report::{FateKind, Other, RotationReport};
use crate::failure::Failure;
use crate::judge::{StepEnd, StepResult};
use crate::pat::AuthorizationId;
use crate::report::{Run, Tool};

/// The value of [`RotationDocument::schema`].
pub const SCHEMA: &str = "patkeeper.rotation/1";

/// The whole document.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct RotationDocument {
    /// Always `patkeeper.rotation/1`.
    pub schema: String,
    /// What wrote it.
    pub tool: Tool,
    /// When and where it was made.
    pub run: Run,
    /// What happened, on one line: the last one of the log.
    pub sentence: String,
    /// The PAT's base name.
    pub name: String,
    /// The organization that the PAT is valid in, e.g. `acme`.
    pub organization: String,
    /// What the store is called.
    pub store: String,
    /// The secret's name there.
    pub secret: String,
    /// Whether nothing was changed because it was a dry run; the rest says what would be.
    pub dry_run: bool,
    /// Whether the store holds a new value.
    pub rotated: bool,
    /// Whether the same PAT got a later end.
    pub extended: bool,
    /// Why it was due, or why not; empty where the run ended before that was decided.
    pub reason: String,
    /// The PAT that the store recorded when the run began.
    pub before: Option<RecordedPat>,
    /// The PAT that the store records at the end.
    pub after: Option<RecordedPat>,
    /// The version of the secret that holds it; `null` where none does, and where a dry run would have made it.
    pub version: Option<String>,
    /// From when on a run will act again.
    pub next_due: Option<DateTime<Utc>>,
    /// The PAT that was recorded before; where nothing was rotated, the one replaced last, if this run had to do with
    /// it.
    pub previous: Option<PreviousPat>,
    /// What is still to be revoked, by a later run.
    pub waiting: Vec<WaitingPat>,
    /// Every other PAT that the run had to do with, the one recorded before first.
    pub others: Vec<OtherPat>,
    /// Active PATs whose name fits the generations, and that nothing records. They are never revoked.
    pub unrecorded: Vec<UnrecordedPat>,
    /// Each step with its outcome; in a dry run the plan.
    pub steps: Vec<StepTaken>,
    /// Things to say that fail nothing.
    pub warnings: Vec<String>,
    /// Why the step fails.
    pub failure: Option<Failure>,
}

/// A PAT whose text the store holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct RecordedPat {
    /// The service's id; `null` for one that a dry run would have made.
    pub authorization_id: Option<AuthorizationId>,
    /// What it is called.
    pub display_name: String,
    /// Its scopes, as they were asked for.
    pub scopes: Vec<String>,
    /// When it ends, as issued.
    pub valid_to: DateTime<Utc>,
}

/// The PAT that was recorded before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct PreviousPat {
    /// The service's id.
    pub authorization_id: AuthorizationId,
    /// Whether it has ended for sure.
    pub revoked: bool,
}

/// A PAT that a later run will revoke.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct WaitingPat {
    /// The service's id.
    pub authorization_id: AuthorizationId,
    /// Not before this, so that jobs which have loaded it can end.
    pub not_before: DateTime<Utc>,
}

/// A PAT that is not the recorded one, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct OtherPat {
    /// The service's id.
    pub authorization_id: AuthorizationId,
    /// What it is called, where that is known.
    pub display_name: Option<String>,
    /// What became of it.
    pub fate: FateKind,
    /// That in words.
    pub words: String,
    /// With fate `waits`: until when it stays valid.
    pub valid_until: Option<DateTime<Utc>>,
}

/// A PAT that looks like one of the rotation's, and that nothing records.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct UnrecordedPat {
    /// The service's id.
    pub authorization_id: AuthorizationId,
    /// What it is called.
    pub display_name: String,
}

/// One step and what came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct StepTaken {
    /// A verb, such as `mint`.
    pub step: String,
    /// What it was done to, and why.
    pub words: String,
    /// What came of it; empty where nothing is to be said but that it was done, and in a dry run.
    pub outcome: String,
    /// What else is to be said of it; mostly empty.
    pub more: String,
}

impl RotationReport {
    /// The report as it is kept.
    #[must_use]
    pub fn document(&self, run: Run) -> RotationDocument {
        // A dry run plans with an id and a version that are none.
        let is_planned = self.dry_run && self.rotated;
        let after = self.record.as_ref().map(|record| RecordedPat {
            authorization_id: (!is_planned).then(|| record.id.clone()),
            ..RecordedPat::from(record)
        });
        RotationDocument {
            schema: SCHEMA.to_owned(),
            tool: Tool::this(),
            run,
            sentence: self.sentence(),
            name: self.name.clone(),
            organization: self.organization.name().to_owned(),
            store: self.store.clone(),
            secret: self.secret.clone(),
            dry_run: self.dry_run,
            rotated: self.rotated,
            extended: self.extended,
            reason: self.reason.clone(),
            before: self.before.as_ref().map(RecordedPat::from),
            after,
            version: self.version.clone().filter(|_| !is_planned),
            next_due: self.next_due,
            previous: self.previous.as_ref().map(|previous| PreviousPat {
                authorization_id: previous.id.clone(),
                revoked: previous.revoked,
            }),
            waiting: self
                .waiting
                .iter()
                .map(|superseded| WaitingPat {
                    authorization_id: superseded.id.clone(),
                    not_before: superseded.not_before,
                })
                .collect(),
            others: self
                .others
                .iter()
                .map(|other| OtherPat::of(other, self.dry_run))
                .collect(),
            unrecorded: self
                .unrecorded
                .iter()
                .map(|(id, name)| UnrecordedPat {
                    authorization_id: id.clone(),
                    display_name: name.clone(),
                })
                .collect(),
            steps: self
                .lines
                .iter()
                .map(|line| StepTaken::of(line, self.dry_run))
                .collect(),
            warnings: self.warnings.clone(),
            failure: self.failure.clone(),
        }
    }
}

impl RotationDocument {
    /// How the step ends by the contract.
    #[must_use]
    pub fn end(&self) -> StepEnd {
        let (result, exit_code) = match &self.failure {
            Some(failure) => (StepResult::Failed, failure.kind.exit_code()),
            None => (StepResult::Succeeded, 0),
        };
        StepEnd { result, exit_code }
    }
}

impl From<&Record> for RecordedPat {
    fn from(record: &Record) -> Self {
        Self {
            authorization_id: Some(record.id.clone()),
            display_name: record.display_name.clone(),
            scopes: record.scopes.iter().map(str::to_owned).collect(),
            valid_to: record.valid_to,
        }
    }
}

impl OtherPat {
    fn of(other: &Other, dry_run: bool) -> Self {
        Self {
            authorization_id: other.id.clone(),
            display_name: other.name.clone(),
            fate: other.fate.kind(),
            words: other.words(dry_run),
            valid_until: other.fate.until(),
        }
    }
}

impl StepTaken {
    fn of(line: &Line, dry_run: bool) -> Self {
        // What a dry run takes for granted did not come of anything.
        let came = |text: &String| if dry_run { String::new() } else { text.clone() };
        Self {
            step: line.label.to_owned(),
            words: line.words.clone(),
            outcome: came(&line.outcome),
            more: came(&line.more),
        }
    }
}
