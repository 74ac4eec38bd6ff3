//! What happened, until when the secret is valid, and when the next run will act.

use chrono::{DateTime, TimeDelta, Utc};

use crate::failure::{Failure, FailureKind};
use crate::organization::Organization;
use crate::pat::AuthorizationId;
use crate::{text, time};

use super::record::{Owner, Record, Superseded};
use super::settings::Settings;
use super::step::{Outcome, Step};

/// One step and what came of it. The label is a verb, and the words its object: *mint* `ci-…, vso.code, until …`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The step's name: see [`Step::label`].
    pub label: &'static str,
    /// What it was done to, and why. May quote a stranger's text.
    pub words: String,
    /// What came of it, in a few words; empty where nothing is to be said but that it was done.
    pub outcome: String,
    /// What else is to be said of it: why it failed, or that less was granted than was asked for. A sentence, mostly
    /// empty. May quote a stranger's text.
    pub more: String,
}

impl Line {
    /// The step with what came of it.
    #[must_use]
    pub fn of(step: &Step, outcome: &Outcome) -> Self {
        let (outcome, more) = came(step, outcome);
        Self {
            label: step.label(),
            words: step.words(),
            outcome,
            more,
        }
    }
}

fn came(step: &Step, outcome: &Outcome) -> (String, String) {
    let done = |words: &str| (words.to_owned(), String::new());
    match outcome {
        Outcome::Failed(failure) => ("failed".to_owned(), failure.what.clone()),
        Outcome::Refused(failure) => ("refused".to_owned(), failure.what.clone()),
        Outcome::Unclear(failure) => (
            "no clear answer: it may have been done".to_owned(),
            failure.what.clone(),
        ),
        Outcome::Gone => done("the service says that there is no such PAT"),
        Outcome::OtherValue => done("another value"),
        Outcome::SameValue => done("the same value"),
        Outcome::Works => match step {
            // A dry run takes for granted what it has not asked.
            Step::ReadCurrent { .. } => done(""),
            _ => done("it works"),
        },
        Outcome::Found(pats) => match step {
            Step::FindByName { name } if pats.iter().any(|pat| pat.display_name == *name) => {
                done("there is one")
            }
            _ => done("there is none"),
        },
        Outcome::Stored { version } => done(&format!("version {version}")),
        Outcome::Minted { id, valid_to } => (format!("id {id}"), shortened(step, *valid_to)),
        Outcome::Extended { valid_to } => (format!("ends {}", minute(*valid_to)), shortened(step, *valid_to)),
        Outcome::Written { version } => match step {
            Step::WriteTags(write) if write.version.is_none() => {
                done(&format!("version {version}, a disabled one without a value"))
            }
            _ => done(""),
        },
        Outcome::Ended(_) | Outcome::Revoked | Outcome::Current(_) => done(""),
    }
}

/// What is said where the service has given a sooner end than it was asked for.
fn shortened(step: &Step, issued: DateTime<Utc>) -> String {
    match step {
        Step::Mint { valid_to: asked, .. } | Step::Extend { valid_to: asked, .. }
            if is_shortened(*asked, issued) =>
        {
            format!(
                "It ends {}, sooner than asked for: your tenant's policy. That is the date from here on.",
                minute(issued)
            )
        }
        _ => String::new(),
    }
}

/// Whether an end is so much sooner than the one asked for that it is to be said.
pub(super) fn is_shortened(asked: DateTime<Utc>, issued: DateTime<Utc>) -> bool {
    asked - issued > TimeDelta::hours(1)
}

/// The PAT that was recorded before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Previous {
    /// Its id.
    pub id: AuthorizationId,
    /// Whether it is revoked, or has ended, for sure.
    pub revoked: bool,
}

/// A PAT that is not the recorded one, and that the run had to do with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Other {
    /// Its id.
    pub id: AuthorizationId,
    /// What it is called, where that is known. Text of a stranger for a PAT that was adopted.
    pub name: Option<String>,
    /// What became of it.
    pub fate: Fate,
}

/// What became of a PAT that is not the recorded one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// This run has revoked it.
    Revoked,
    /// The service lists it as revoked or expired.
    Ended,
    /// The service lists it nowhere.
    Unseen,
    /// It stays valid, so that jobs which have loaded it can end.
    Waits {
        /// The first run from then on revokes it.
        until: DateTime<Utc>,
    },
    /// Its time has come, and this run has not revoked it.
    Overdue,
    /// Another sign-in than this one minted it, and so this one can neither see nor revoke it.
    OthersOwn {
        /// Whose it is.
        owner: Owner,
    },
}

impl Other {
    /// Its name, else its id. Text of a stranger.
    #[must_use]
    pub fn called(&self) -> &str {
        self.name.as_deref().unwrap_or(self.id.as_str())
    }

    /// What became of it, in words without a period; in a dry run what would. May quote a stranger's text.
    #[must_use]
    pub fn words(&self, dry_run: bool) -> String {
        match &self.fate {
            Fate::Revoked if dry_run => "would be revoked".to_owned(),
            Fate::Revoked => "revoked".to_owned(),
            Fate::Ended => "has ended".to_owned(),
            Fate::Unseen => "is not listed any more".to_owned(),
            Fate::Waits { until } => {
                let works = if dry_run { "would work" } else { "works" };
                format!("{works} until {}, when the next run revokes it", minute(*until))
            }
            Fate::Overdue => "still to be revoked: the next run tries".to_owned(),
            Fate::OthersOwn { owner } => {
                format!("minted by {}, so this sign-in cannot revoke it", owner.words())
            }
        }
    }
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
    /// Every other PAT that the run had to do with, the one recorded before first.
    pub others: Vec<Other>,
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
            others: Vec::new(),
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
        !self.dry_run && (failed || self.rotated || self.extended || self.revoked().next().is_some())
    }

    /// The PATs that this run has revoked.
    pub fn revoked(&self) -> impl Iterator<Item = &Other> {
        self.others.iter().filter(|other| other.fate == Fate::Revoked)
    }

    /// The last line of a log: what happened, in a sentence or two on one harmless line.
    #[must_use]
    pub fn sentence(&self) -> String {
        let would = |done: &str, planned: &str| if self.dry_run { planned } else { done }.to_owned();
        let what = match &self.failure {
            Some(_) if self.rotated => "Rotated, but not all is done.".to_owned(),
            Some(_) if self.extended => "Extended, but not all is done.".to_owned(),
            Some(failure) => return text::plain(&failure.what),
            None if self.rotated => would("Rotated.", "Would rotate."),
            None if self.extended => would("Extended.", "Would extend."),
            None => {
                let mut what = format!("Not due: {}.", self.reason);
                let revoked: Vec<&str> = self.revoked().map(Other::called).collect();
                if !revoked.is_empty() {
                    let verb = would("Revoked", "Would revoke");
                    what.push_str(&format!(" {verb} {}.", revoked.join(", ")));
                }
                what
            }
        };
        let due = self
            .next_due
            .map(|at| format!(" Next due {}.", time::day(at)))
            .unwrap_or_default();
        text::plain(&format!("{what}{due}"))
    }
}

/// ISO date and time in UTC, to the minute.
pub(super) fn minute(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M UTC").to_string()
}

/// How long a PAT lives in all, as `90 d`: the seconds between asking and making are not shown as a day less.
pub(super) fn life(span: TimeDelta) -> String {
    left(span + TimeDelta::hours(1))
}

/// `9 d`, rounded down; hours under a day.
pub(super) fn left(span: TimeDelta) -> String {
    match time::whole_days(span) {
        0 => format!("{} h", span.num_hours()),
        days => format!("{days} d"),
    }
}
