//! What is known at one moment: what was observed, changed by what this run has done since.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};

use crate::failure::Failure;
use crate::pat::{AuthorizationId, Pat};

use super::super::observed::{Ended, Observed, Secret};
use super::super::progress::{Held, Progress, Try};
use super::super::record::{Intent, Metadata, Owner, Record, Superseded, seconds};
use super::super::say;
use super::super::settings::Settings;

/// No PAT lives longer than this (Azure DevOps documentation, "Use personal access tokens").
const LONGEST_LIFE: TimeDelta = TimeDelta::days(366);

pub(super) struct View<'a> {
    pub(super) observed: &'a Observed,
    pub(super) done: &'a Progress,
    pub(super) settings: &'a Settings,
    /// The store's time.
    pub(super) now: DateTime<Utc>,
    /// The store's time when it was observed. Whether another run may be at work is judged by what was seen and when:
    /// it may have gone on since, however long this run has taken.
    pub(super) seen: DateTime<Utc>,
    /// The current version; `None`: there is no secret yet.
    pub(super) current: Option<Held>,
    /// Every other version.
    pub(super) older: Vec<Held>,
}

impl<'a> View<'a> {
    pub(super) fn new(
        observed: &'a Observed,
        done: &'a Progress,
        settings: &'a Settings,
        now: DateTime<Utc>,
    ) -> Result<Self, Failure> {
        let mut versions = Vec::new();
        let mut current = None;
        match &observed.secret {
            Secret::Absent => {}
            Secret::Present { current: seen, older } => {
                current = Some(Held::read(seen)?);
                for version in older {
                    versions.push(Held::read(version)?);
                }
            }
        }
        if let Some(held) = &done.held {
            versions.extend(current.take().filter(|seen| seen.id != held.id));
            versions.retain(|version| version.id != held.id);
            current = Some(held.clone());
        }
        Ok(Self {
            observed,
            done,
            settings,
            now: seconds(done.clock.unwrap_or(observed.clock).at(now)),
            seen: seconds(observed.clock.store),
            current,
            older: versions,
        })
    }

    pub(super) fn metadata(&self) -> Metadata {
        self.current
            .as_ref()
            .map(|current| current.metadata.clone())
            .unwrap_or_default()
    }

    pub(super) fn record(&self) -> Option<&Record> {
        self.current.as_ref()?.metadata.record.as_ref()
    }

    /// The intent in the store that is not this run's own.
    pub(super) fn foreign_intent(&self) -> Option<&Intent> {
        let intent = self.current.as_ref()?.metadata.intent.as_ref()?;
        (!self.observed.rotations.contains(&intent.rotation)).then_some(intent)
    }

    /// The name in a dead run's intent, where nobody but another owner could see a PAT of that name.
    pub(super) fn lost_by_another_owner(&self) -> Option<String> {
        let Secret::Present { current, .. } = &self.observed.secret else {
            return None;
        };
        let Metadata { record, intent, .. } = Held::read(current).ok()?.metadata;
        let is_others = record.is_some_and(|record| record.owner != self.observed.me);
        let name = intent?.name;
        let seen = self.observed.active.iter().any(|pat| pat.display_name == name);
        (is_others && !seen).then_some(name)
    }

    fn versions(&self) -> impl Iterator<Item = &Held> {
        self.current.iter().chain(&self.older)
    }

    /// Whether any version knows this PAT.
    pub(super) fn knows(&self, id: &AuthorizationId) -> bool {
        self.versions().any(|version| version.metadata.records(id))
    }

    /// What the lists of ended PATs say, where they were asked for and answered.
    pub(super) fn ended(&self) -> Option<&Ended> {
        self.done.ended.as_ref()?.as_ref().ok()
    }

    /// Whether it has ended for sure.
    pub(super) fn has_ended(&self, id: &AuthorizationId) -> bool {
        self.done.revoked.contains(id) || self.ended().is_some_and(|ended| ended.shows(id))
    }

    /// The PAT in the caller's active list, if it is there and this run has not revoked it.
    pub(super) fn active(&self, id: &AuthorizationId) -> Option<&'a Pat> {
        let pats = &self.observed.active;
        pats.iter()
            .find(|pat| pat.authorization_id == *id && !self.has_ended(id) && !self.is_elsewhere(pat))
    }

    /// Whether it is valid in other organizations alone.
    fn is_elsewhere(&self, pat: &Pat) -> bool {
        let accounts = pat.reach.accounts();
        let account = self.observed.account.as_deref();
        !accounts.is_empty() && account.is_some_and(|account| !pat.reach.names(account))
    }

    /// The owner of a PAT that another sign-in than this one minted, and that this one therefore neither sees nor can
    /// revoke.
    pub(super) fn other_owner(&self, id: &AuthorizationId) -> Option<&Owner> {
        let listed = self.observed.active.iter().any(|pat| pat.authorization_id == *id);
        let record = self.known_record(id).filter(|_| !listed)?;
        (record.owner != self.observed.me).then_some(&record.owner)
    }

    /// What the store recorded when it was observed.
    pub(super) fn recorded_before(&self) -> Option<Record> {
        match &self.observed.secret {
            Secret::Present { current, .. } => Held::read(current).ok()?.metadata.record,
            Secret::Absent => None,
        }
    }

    /// Whether it was recorded once, or is to be revoked, and another one is recorded now.
    pub(super) fn was_superseded(&self, id: &AuthorizationId) -> bool {
        let of_observed = match &self.observed.secret {
            Secret::Present { current, .. } => {
                Held::read(current).is_ok_and(|held| held.metadata.records(id))
            }
            Secret::Absent => false,
        };
        (of_observed || self.knows(id)) && self.record().is_none_or(|record| record.id != *id)
    }

    /// Whether an intent or an unsettled minting has this name.
    pub(super) fn names(&self, name: &str) -> bool {
        self.versions().any(|version| {
            let intent = version.metadata.intent.iter().map(|intent| &intent.name);
            let unsettled = version.metadata.unsettled.iter().map(|unsettled| &unsettled.name);
            intent.chain(unsettled).any(|known| known == name)
        })
    }

    fn known_record(&self, id: &AuthorizationId) -> Option<&Record> {
        self.versions()
            .filter_map(|version| version.metadata.record.as_ref())
            .find(|record| record.id == *id)
    }

    /// What a PAT is called, if anything tells. Text of a stranger.
    pub(super) fn name(&self, id: &AuthorizationId) -> Option<&str> {
        let mut listed = self.observed.active.iter();
        let listed = listed.find(|pat| pat.authorization_id == *id);
        let mut tries = self.done.tries.iter();
        let minted = tries.find(|tried| tried.minted().is_some_and(|minted| minted.id == *id));
        listed
            .map(|pat| pat.display_name.as_str())
            .or_else(|| minted.map(|tried| tried.intent.name.as_str()))
            .or_else(|| self.known_record(id).map(|record| record.display_name.as_str()))
    }

    /// Whether a superseded PAT must have ended by now, whatever became of it.
    pub(super) fn must_be_over(&self, superseded: &Superseded) -> bool {
        let end = match self.known_record(&superseded.id) {
            Some(record) => record.valid_to + TimeDelta::days(1),
            None => superseded.not_before + LONGEST_LIFE,
        };
        end < self.now
    }

    pub(super) fn after_overlap(&self, from: DateTime<Utc>) -> DateTime<Utc> {
        from + TimeDelta::hours(i64::from(self.settings.overlap_hours))
    }

    /// Names that PATs may be revoked by, each with the intent that it comes from, if that is what it comes from.
    ///
    /// An intent of another run that may still be at work gives none; nor does one of this run.
    fn lost_names(&self) -> Vec<(&str, Option<&Intent>)> {
        let mut names: Vec<(&str, Option<&Intent>)> = Vec::new();
        // The lock has let this run pass, so whoever wrote this is dead.
        names.extend(
            self.foreign_intent()
                .map(|intent| (intent.name.as_str(), Some(intent))),
        );
        for version in &self.older {
            let intent = version.metadata.intent.as_ref();
            let dead = intent.filter(|intent| {
                !intent.is_young(self.seen) && !self.observed.rotations.contains(&intent.rotation)
            });
            names.extend(dead.map(|intent| (intent.name.as_str(), Some(intent))));
        }
        for version in self.versions() {
            let unsettled = version.metadata.unsettled.iter();
            names.extend(unsettled.map(|unsettled| (unsettled.name.as_str(), None)));
        }
        // A name may be that of a PAT which was stored, and whose id the tags no more tell. Where the recorded one is
        // seen to be another, who has the name is a second one.
        let stored: BTreeSet<&str> = self
            .versions()
            .filter_map(|version| version.metadata.record.as_ref())
            .filter(|record| self.active(&record.id).is_none())
            .map(|record| record.display_name.as_str())
            .collect();
        names.retain(|(name, _)| !stored.contains(name));
        names
    }

    /// PATs of these names that no version knows, and whether the text of one may be on its way into the store.
    pub(super) fn orphans(&self) -> Result<Vec<(&'a Pat, Option<Intent>)>, Failure> {
        let mut orphans: Vec<(&'a Pat, Option<Intent>)> = Vec::new();
        for (name, intent) in self.lost_names() {
            let landing = intent.filter(|intent| intent.storing && intent.is_young(self.seen));
            for pat in &self.observed.active {
                let id = &pat.authorization_id;
                let seen = orphans.iter().any(|(orphan, _)| orphan.authorization_id == *id);
                if pat.display_name != name || self.knows(id) || self.done.revoked.contains(id) || seen {
                    continue;
                }
                match self.observed.account.as_deref() {
                    Some(account) if pat.reach.names(account) => orphans.push((pat, landing.cloned())),
                    Some(_) => {}
                    None => return Err(say::account_unknown(name)),
                }
            }
        }
        Ok(orphans)
    }

    pub(super) fn last_try(&self) -> Option<&'a Try> {
        self.done.tries.last()
    }
}
