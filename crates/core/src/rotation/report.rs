//! What happened, until when the secret is valid, and when the next run will act.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use crate::failure::{Failure, FailureKind};
use crate::organization::Organization;
use crate::pat::AuthorizationId;
use crate::time;

use super::record::{Record, Superseded};
use super::settings::Settings;
use super::step::{Outcome, Step};

/// One step and what came of it, as a log shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The step's name: see [`Step::label`].
    pub label: &'static str,
    /// What it did, or in a dry run would do. May quote a stranger's text.
    pub words: String,
    /// What came of it; empty where it went as planned.
    pub outcome: String,
}

impl Line {
    pub(super) fn of(step: &Step, outcome: &Outcome) -> Self {
        let came = match outcome {
            Outcome::Failed(failure) | Outcome::Refused(failure) => failure.what.clone(),
            Outcome::Unclear(failure) => format!("not known: {}", failure.what),
            Outcome::Gone => "the service says that it is gone".to_owned(),
            Outcome::OtherValue => "another value".to_owned(),
            _ => String::new(),
        };
        Self {
            label: step.label(),
            words: step.words(),
            outcome: came,
        }
    }
}

/// The PAT that was recorded before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Previous {
    /// Its id.
    pub id: AuthorizationId,
    /// Whether it is revoked, or has ended, for sure.
    pub revoked: bool,
}

/// What came of a rotation. Made by the plan's last step.
#[derive(Debug, Clone, PartialEq)]
pub struct RotationReport {
    /// The PAT's base name.
    pub name: String,
    /// Where the PAT is valid.
    pub organization: Organization,
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
    /// Why it was due, or why not. Words without a period; empty where the run ended before that was decided.
    pub reason: String,
    /// The PAT that the store recorded when the run began.
    pub before: Option<Record>,
    /// The recorded PAT at the end of the run, with its issued end.
    pub record: Option<Record>,
    /// The version that holds it.
    pub version: Option<String>,
    /// From when on a run will act again.
    pub next_due: Option<DateTime<Utc>>,
    /// The PAT that was recorded before; where nothing was rotated, the one replaced last, if this run had to do
    /// with it.
    pub previous: Option<Previous>,
    /// What is still to be revoked, by a later run.
    pub waiting: Vec<Superseded>,
    /// What this run has revoked, for sure.
    pub revoked: Vec<AuthorizationId>,
    /// What PATs are called that are spoken of here, where that is known. Text of strangers among it.
    pub names: BTreeMap<AuthorizationId, String>,
    /// Active PATs whose name fits the generations, and that neither a version nor an intent knows. Never revoked.
    pub unrecorded: Vec<(AuthorizationId, String)>,
    /// Each step with its outcome; in a dry run the plan.
    pub lines: Vec<Line>,
    /// Things to say that fail nothing. Sentences.
    pub warnings: Vec<String>,
    /// Why the step fails.
    pub failure: Option<Failure>,
}

impl RotationReport {
    /// A rotation that failed before anything was planned, such as one that nobody could sign in for.
    #[must_use]
    pub fn failed(settings: &Settings, failure: Failure) -> Self {
        Self {
            failure: Some(failure),
            ..Self::empty(settings)
        }
    }

    pub(super) fn empty(settings: &Settings) -> Self {
        Self {
            name: settings.name.to_string(),
            organization: settings.organization.clone(),
            store: settings.store.clone(),
            secret: settings.secret.clone(),
            dry_run: settings.dry_run,
            rotated: false,
            extended: false,
            reason: String::new(),
            before: None,
            record: None,
            version: None,
            next_due: None,
            previous: None,
            waiting: Vec::new(),
            revoked: Vec::new(),
            names: BTreeMap::new(),
            unrecorded: Vec::new(),
            lines: Vec::new(),
            warnings: Vec::new(),
            failure: None,
        }
    }

    /// Whether a team is to be told: something was done, or could not be. A dry run is nobody's news, and who cancels
    /// a run knows it.
    #[must_use]
    pub fn is_news(&self) -> bool {
        let failed = self
            .failure
            .as_ref()
            .is_some_and(|failure| failure.kind != FailureKind::Cancelled);
        !self.dry_run && (failed || self.rotated || self.extended || !self.revoked.is_empty())
    }

    /// What the PAT is called, where that is known, else its id. Text of a stranger.
    #[must_use]
    pub fn called<'a>(&'a self, id: &'a AuthorizationId) -> &'a str {
        self.names.get(id).map_or(id.as_str(), String::as_str)
    }

    /// The last line of a log: one sentence.
    #[must_use]
    pub fn sentence(&self) -> String {
        let due = self
            .next_due
            .map(|at| format!(" Next due {}.", time::day(at)))
            .unwrap_or_default();
        let would = |done: &str, planned: &str| if self.dry_run { planned } else { done }.to_owned();
        match &self.failure {
            Some(_) if self.rotated => format!("Rotated, but not all is done.{due}"),
            Some(failure) => failure.what.clone(),
            None if self.rotated => format!("{}{due}", would("Rotated.", "Would rotate.")),
            None if self.extended => format!("{}{due}", would("Extended.", "Would extend.")),
            None => format!("Not due: {}.{due}", self.reason),
        }
    }
}

/// ISO date and time in UTC, to the minute.
pub(super) fn minute(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M UTC").to_string()
}

/// How long a PAT lives in all, as `90 d`: the seconds between asking and making are not shown as a day less.
pub(super) fn life(span: chrono::TimeDelta) -> String {
    left(span + chrono::TimeDelta::hours(1))
}

/// `9 d`, rounded down; hours under a day.
pub(super) fn left(span: chrono::TimeDelta) -> String {
    match time::whole_days(span) {
        0 => format!("{} h", span.num_hours()),
        days => format!("{days} d"),
    }
}
