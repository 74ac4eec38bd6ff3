//! What the tags should say: what is still to be revoked, what may yet appear, and the step that writes it.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use crate::failure::Failure;
use crate::pat::AuthorizationId;

use super::super::progress::Held;
use super::super::record::{Intent, Metadata, Superseded, UNSETTLED_FOR, Unsettled};
use super::super::say;
use super::super::step::{Purpose, Step, WriteTags};
use super::view::View;

impl View<'_> {
    /// Every PAT that is still to be revoked and may be: what the current version says is superseded, and what other
    /// versions record though they are not current. Oldest first.
    pub(super) fn superseded(&self) -> Vec<Superseded> {
        let recorded = self.record().map(|record| &record.id);
        let mut all = self.metadata().superseded;
        // Where no version is in its place, nothing has superseded it yet.
        let current = self.current.as_ref().filter(|_| recorded.is_some());
        let created = current.map_or(self.now, |current| current.created);
        let known = self.older.iter().flat_map(|version| {
            let record = version.metadata.record.iter().map(|record| &record.id);
            record.chain(
                version
                    .metadata
                    .superseded
                    .iter()
                    .map(|superseded| &superseded.id),
            )
        });
        let mut seen: BTreeSet<&AuthorizationId> = BTreeSet::new();
        for id in known {
            // What is not active needs no further revoking.
            if self.active(id).is_some() && all.iter().all(|listed| listed.id != *id) && seen.insert(id) {
                all.push(Superseded {
                    id: id.clone(),
                    not_before: self.after_overlap(created),
                });
            }
        }
        all.retain(|superseded| Some(&superseded.id) != recorded && !self.has_ended(&superseded.id));
        all
    }

    /// What the current version's tags should say now, without an intent: what has ended is no more to be revoked,
    /// what a dead run may still bring about is remembered.
    pub(super) fn settled(&self) -> Result<Metadata, Failure> {
        let mut metadata = self.metadata();
        metadata.intent = None;
        metadata.superseded.retain(|superseded| {
            let over = self.active(&superseded.id).is_none() && self.must_be_over(superseded);
            !over && !self.has_ended(&superseded.id)
        });
        metadata.unsettled.retain(|unsettled| {
            self.now - unsettled.since < UNSETTLED_FOR && !self.done_with(&unsettled.name)
        });
        for (pat, landing) in self.orphans()? {
            if let Some(intent) = landing {
                metadata.superseded.push(Superseded {
                    id: pat.authorization_id.clone(),
                    not_before: intent.until(),
                });
            }
        }
        for tried in self.done.tries.iter().filter(|tried| tried.unclear) {
            let found = tried.found.iter().flatten().flatten();
            let settled = found
                .filter(|pat| pat.display_name == tried.intent.name)
                .any(|pat| self.done.revoked.contains(&pat.authorization_id));
            if !settled {
                self.remember(&mut metadata, &tried.intent)?;
            }
        }
        if let Some(intent) = self.foreign_intent() {
            let seen = self
                .observed
                .active
                .iter()
                .any(|pat| pat.display_name == intent.name);
            if intent.is_young(self.seen) && !seen {
                self.remember(&mut metadata, intent)?;
            }
        }
        Ok(metadata)
    }

    /// Whether a PAT of that name was there and this run has revoked it: there will be no second one.
    fn done_with(&self, name: &str) -> bool {
        let mut pats = self.observed.active.iter();
        pats.any(|pat| pat.display_name == name && self.done.revoked.contains(&pat.authorization_id))
    }

    /// Notes that a PAT of the intent's name may yet appear.
    fn remember(&self, metadata: &mut Metadata, intent: &Intent) -> Result<(), Failure> {
        let unsettled = Unsettled {
            name: intent.name.clone(),
            since: intent.start,
        };
        if metadata.unsettled.contains(&unsettled) {
            return Ok(());
        }
        if !metadata.has_room_for_unsettled(&unsettled, self.observed.limits) {
            return Err(say::unsettled_full(self.settings));
        }
        metadata.unsettled.push(unsettled);
        Ok(())
    }

    /// The step that gives the current version these tags.
    pub(super) fn write(
        &self,
        metadata: Metadata,
        expires: Option<DateTime<Utc>>,
        purpose: Purpose,
        why: String,
    ) -> Result<Step, Failure> {
        // What is written where nothing is holds an intent and no value.
        let metadata = Metadata {
            placeholder: metadata.placeholder || self.current.is_none(),
            ..metadata
        };
        let tags = metadata
            .write(self.observed.limits)
            .map_err(|full| say::tags_full(self.settings, &full))?;
        let current = self.current.as_ref();
        Ok(Step::WriteTags(Box::new(WriteTags {
            version: current.map(|current| current.id.clone()),
            tags,
            expires,
            purpose,
            why,
            held: Held {
                id: current.map(|current| current.id.clone()).unwrap_or_default(),
                created: current.map_or(self.now, |current| current.created),
                enabled: current.is_some_and(|current| current.enabled),
                metadata,
            },
        })))
    }
}
