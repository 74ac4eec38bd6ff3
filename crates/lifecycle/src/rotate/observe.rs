//! What is seen before anything is decided.

use std::collections::BTreeSet;

use futures_util::future::join3;
use patkeeper_core::failure::{Failure, FailureKind};
use patkeeper_core::pat::AuthorizationId;
use patkeeper_core::rotation::{Metadata, Observed, Secret, Settings, Version};

use super::Rotation;
use super::ports::{ActivePats, OddPat, RotatedPats, RotatedSecret};

impl<P: RotatedPats, S: RotatedSecret> Rotation<'_, P, S> {
    /// Store, account and PATs, all at once.
    pub(super) async fn observe(&self) -> Result<Observed, Failure> {
        let (seen, account, active) =
            join3(self.secret.observe(), self.pats.account(), self.pats.active()).await;
        let (seen, account, mut active) = match (seen, account, active) {
            (Ok(seen), Ok(account), Ok(active)) => (seen, account, active),
            (seen, account, active) => return Err(worst(seen.err(), account.err(), active.err())),
        };
        let (secret, clock) = seen;
        let known = Known::of(&secret);
        // The list may be older than what the store shows: a run that ended in between has stored a PAT that it lacks.
        if known.current.iter().any(|id| !lists(&active, id)) {
            active = self.pats.active().await?;
        }
        if let Some(odd) = active.odd.iter().find(|odd| known.needs(odd, self.settings)) {
            return Err(odd.failure.clone());
        }
        let bears_out = |id: &String| active.pats.iter().any(|pat| pat.reach.names(id));
        Ok(Observed {
            run: self.run.clone(),
            rotations: self.rotations,
            me: account.me,
            account: account
                .id
                .or_else(|| self.known_account_id.clone().filter(bears_out)),
            secret,
            limits: self.secret.limits(),
            active: active.pats,
            clock,
        })
    }
}

fn lists(active: &ActivePats, id: &AuthorizationId) -> bool {
    active.pats.iter().any(|pat| pat.authorization_id == *id)
}

/// The gravest failure: exit codes have an order.
fn worst(seen: Option<Failure>, account: Option<Failure>, active: Option<Failure>) -> Failure {
    // Of equals the first one counts, and what the list of PATs says is most to the point.
    let all = [account, seen, active].into_iter().flatten();
    all.max_by_key(|failure| failure.kind)
        .unwrap_or_else(|| Failure::new(FailureKind::Bug, "Nothing failed, and nothing was seen."))
}

/// What the store knows of PATs.
#[derive(Default)]
struct Known {
    /// The recorded one.
    current: Option<AuthorizationId>,
    ids: BTreeSet<AuthorizationId>,
    names: BTreeSet<String>,
    /// Names that a PAT may have which no version records.
    lost: BTreeSet<String>,
}

impl Known {
    fn of(secret: &Secret) -> Self {
        let Secret::Present { current, older } = secret else {
            return Self::default();
        };
        // Tags that cannot be understood end the run where they are planned with.
        let read = |version: &Version| Metadata::read(&version.tags).ok();
        let mut known = Self::default();
        let now = read(current);
        known.current = now
            .as_ref()
            .and_then(|tags| Some(tags.record.as_ref()?.id.clone()));
        for tags in now.into_iter().chain(older.iter().filter_map(read)) {
            known
                .ids
                .extend(tags.superseded.into_iter().map(|superseded| superseded.id));
            known.lost.extend(tags.intent.map(|intent| intent.name));
            known
                .lost
                .extend(tags.unsettled.into_iter().map(|unsettled| unsettled.name));
            if let Some(record) = tags.record {
                known.ids.insert(record.id);
                known.names.insert(record.display_name);
            }
        }
        // What was minted under such a name, and then stored, is not lost.
        known.lost.retain(|name| !known.names.contains(name));
        known
    }

    /// Whether a rotation cannot be planned while this entry is not understood.
    fn needs(&self, odd: &OddPat, settings: &Settings) -> bool {
        let by_id = |id: &AuthorizationId| self.ids.contains(id) || settings.adopt.as_ref() == Some(id);
        let by_name = |name: &String| {
            self.names.contains(name) || self.lost.contains(name) || settings.name.recognize(name).is_some()
        };
        match (&odd.id, &odd.name) {
            (None, None) => true,
            (Some(id), None) => by_id(id) || !self.lost.is_empty(),
            (id, Some(name)) => id.as_ref().is_some_and(by_id) || by_name(name),
        }
    }
}
