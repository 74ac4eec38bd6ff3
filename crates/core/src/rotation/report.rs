//! What happened, until when the secret is valid, and when the next run will act.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::failure::{Failure, FailureKind};
use crate::organization::Organization;
use crate::pat::AuthorizationId;
use crate::{text, time};

use super::line::Line;
use super::record::{Record, Superseded};
use super::settings::Settings;

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
        /// Whose it is: UPN or display name, else an id. Text of a stranger.
        owner: String,
    },
}

/// What became of a PAT, in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum FateKind {
    /// This run has revoked it; in a dry run it would have.
    Revoked,
    /// The service lists it as revoked or expired.
    Ended,
    /// The service lists it nowhere.
    Unseen,
    /// It stays valid for a while, so that jobs which have loaded it can end.
    Waits,
    /// Its time has come, and this run has not revoked it.
    Overdue,
    /// Another sign-in minted it, and so this one can neither see nor revoke it.
    OthersOwn,
}

impl Fate {
    /// In one word.
    #[must_use]
    pub fn kind(&self) -> FateKind {
        match self {
            Self::Revoked => FateKind::Revoked,
            Self::Ended => FateKind::Ended,
            Self::Unseen => FateKind::Unseen,
            Self::Waits { .. } => FateKind::Waits,
            Self::Overdue => FateKind::Overdue,
            Self::OthersOwn { .. } => FateKind::OthersOwn,
        }
    }

    /// Until when it stays valid, for one that waits.
    #[must_use]
    pub fn until(&self) -> Option<DateTime<Utc>> {
        match self {
            Self::Waits { until } => Some(*until),
            _ => None,
        }
    }
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
                format!(
                    "{works} until {}, when the next run revokes it",
                    time::minute(*until)
                )
            }
            Fate::Overdue => "still to be revoked: the next run tries".to_owned(),
            Fate::OthersOwn { owner } => {
                format!("minted by {owner}, so this sign-in cannot revoke it")
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

    /// Replaces every text that another wrote, or that quotes one, by what `map` makes of it.
    pub fn map_text(&mut self, map: impl Fn(&str) -> String) {
        for record in [&mut self.before, &mut self.record].into_iter().flatten() {
            let scopes: Vec<String> = record.scopes.iter().map(&map).collect();
            record.scopes = scopes.iter().map(String::as_str).collect();
        }
        let mut texts = vec![&mut self.store, &mut self.secret, &mut self.reason];
        texts.extend(&mut self.version);
        let records = [&mut self.before, &mut self.record];
        texts.extend(
            records
                .into_iter()
                .flatten()
                .map(|record| &mut record.display_name),
        );
        for other in &mut self.others {
            texts.extend(&mut other.name);
            if let Fate::OthersOwn { owner } = &mut other.fate {
                texts.push(owner);
            }
        }
        texts.extend(self.unrecorded.iter_mut().map(|(_, name)| name));
        for line in &mut self.lines {
            texts.extend([&mut line.words, &mut line.outcome, &mut line.more]);
        }
        texts.extend(&mut self.warnings);
        if let Some(failure) = &mut self.failure {
            texts.push(&mut failure.what);
            texts.extend(
                [&mut failure.code, &mut failure.why, &mut failure.service_words]
                    .into_iter()
                    .flatten(),
            );
            texts.extend(&mut failure.ways_out);
        }
        for text in texts {
            *text = map(text);
        }
    }

    /// Whether a team is to be told: something was done, or could not be. A dry run is nobody's news, and who cancels
    /// a run knows it.
    #[must_use]
    pub fn is_news(&self) -> bool {
        let otherwise = match &self.failure {
            Some(failure) => failure.kind != FailureKind::Cancelled,
            None => self.revoked().next().is_some(),
        };
        !self.dry_run && (self.rotated || self.extended || otherwise)
    }

    /// The PATs that this run has revoked.
    pub fn revoked(&self) -> impl Iterator<Item = &Other> {
        self.others.iter().filter(|other| other.fate == Fate::Revoked)
    }

    /// What came of it in a few words of our own, such as `rotated`.
    #[must_use]
    pub fn headline(&self) -> String {
        let done = match (self.rotated, self.extended, self.revoked().count()) {
            (true, ..) => "rotated".to_owned(),
            (_, true, _) => "extended".to_owned(),
            (.., 0) => "not due".to_owned(),
            (.., 1) => "not due, 1 PAT revoked".to_owned(),
            (.., several) => format!("not due, {several} PATs revoked"),
        };
        match &self.failure {
            Some(failure) if failure.kind == FailureKind::NeedsPerson => "a person is needed".to_owned(),
            Some(_) if self.rotated || self.extended => format!("{done}, but not all is done"),
            Some(failure) if failure.kind == FailureKind::Cancelled => "cancelled".to_owned(),
            Some(_) => "failed".to_owned(),
            None if self.dry_run => format!("{done} (dry run)"),
            None => done,
        }
    }

    /// The last line of a log: what happened, on one harmless line.
    #[must_use]
    pub fn sentence(&self) -> String {
        let what = match &self.failure {
            Some(failure) if !self.rotated && !self.extended => return text::plain(&failure.what),
            failure => self.done(failure.is_some()),
        };
        let due = match self.next_due.map(time::day) {
            Some(day) if self.dry_run && (self.rotated || self.extended) => {
                format!(" It would then be due again on {day}.")
            }
            Some(day) => format!(" Next due {day}."),
            None => String::new(),
        };
        text::plain(&format!("{what}{due}"))
    }

    fn done(&self, but: bool) -> String {
        let verb = match (self.rotated, self.extended, self.dry_run) {
            (true, _, false) => "Rotated",
            (true, _, true) => "Would rotate",
            (_, true, false) => "Extended",
            (_, true, true) => "Would extend",
            _ => {
                let mut what = format!("Not due: {}.", self.reason);
                let revoked: Vec<&str> = self.revoked().map(Other::called).collect();
                if !revoked.is_empty() {
                    let verb = if self.dry_run { "Would revoke" } else { "Revoked" };
                    what.push_str(&format!(" {verb} {}.", revoked.join(", ")));
                }
                return what;
            }
        };
        let but = if but { ", but not all is done" } else { "" };
        format!("{verb}{but}.")
    }
}

/// How long a PAT lives in all, as `90 d`: the seconds between asking and making are not shown as a day less.
pub(super) fn life(span: TimeDelta) -> String {
    time::left(span + TimeDelta::hours(1))
}
