//! Who did how much of what, from where.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};

use super::report::{Action, ActorCounts, AuditedActor, AuditedEvent, Place, Who};

/// Addresses and programs listed for one actor; the rest of them are counted together.
const PLACES: usize = 20;
/// Different ones told apart for one actor.
const TOLD_APART: usize = 1_000;
/// What the service writes where there is no id.
const NIL: &str = "00000000-0000-0000-0000-000000000000";

/// Everyone who did something. The order of the events makes no difference.
#[derive(Debug, Default)]
pub(super) struct Actors {
    people: BTreeMap<Key, Person>,
    /// Whose an id is, as an entry that has both has told; in lower case.
    upns: BTreeMap<String, String>,
}

/// What tells one from another, in lower case: of those that an entry has, the first of these.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Upn(String),
    Id(String),
    Name(String),
    Nobody,
}

#[derive(Debug)]
struct Person {
    who: Who,
    counts: ActorCounts,
    first: DateTime<Utc>,
    last: DateTime<Utc>,
    ip_addresses: Places,
    user_agents: Places,
    organizations: BTreeSet<String>,
}

#[derive(Debug, Default)]
struct Places {
    known: BTreeMap<String, u32>,
    others: u32,
}

impl Actors {
    /// Counts one event of somebody.
    pub(super) fn take(&mut self, event: &AuditedEvent) {
        let lower = |text: &Option<String>| {
            let text = text.as_deref().unwrap_or_default().trim().to_lowercase();
            (!text.is_empty() && text != NIL).then_some(text)
        };
        let (upn, id) = (lower(&event.actor.upn), lower(&event.actor.id));
        if let (Some(upn), Some(id)) = (&upn, &id) {
            let known = self.upns.entry(id.clone()).or_insert_with(|| upn.clone());
            if upn < known {
                known.clone_from(upn);
            }
        }
        let key = match (upn, id, lower(&event.actor.name)) {
            (Some(upn), _, _) => Key::Upn(upn),
            (None, Some(id), _) => Key::Id(id),
            (None, None, Some(name)) => Key::Name(name),
            (None, None, None) => Key::Nobody,
        };
        let mut person = Person {
            who: event.actor.clone(),
            counts: counts(event),
            first: event.at,
            last: event.at,
            ip_addresses: Places::default(),
            user_agents: Places::default(),
            organizations: BTreeSet::from([event.organization.clone()]),
        };
        person.ip_addresses.add(event.ip_address.as_deref(), 1);
        person.user_agents.add(event.user_agent.as_deref(), 1);
        self.add(key, person);
    }

    fn add(&mut self, key: Key, person: Person) {
        match self.people.get_mut(&key) {
            Some(known) => known.join(person),
            None => {
                self.people.insert(key, person);
            }
        }
    }

    /// Most active first. An id whose UPN another entry tells is nobody else.
    pub(super) fn finish(mut self) -> Vec<AuditedActor> {
        let known: Vec<(Key, Key)> = self
            .people
            .keys()
            .filter_map(|key| match key {
                Key::Id(id) => Some((key.clone(), Key::Upn(self.upns.get(id)?.clone()))),
                _ => None,
            })
            .collect();
        for (id, upn) in known {
            if let Some(person) = self.people.remove(&id) {
                self.add(upn, person);
            }
        }
        let mut actors: Vec<AuditedActor> = self.people.into_values().map(Person::finish).collect();
        // A stable sort: those that are equal stay in the order of their keys.
        actors.sort_by_key(|actor| std::cmp::Reverse((actor.counts.events, actor.last)));
        actors
    }
}

impl Person {
    fn join(&mut self, other: Self) {
        self.counts.add(&other.counts);
        // They are called what they were called last; of equally late ones, whatever the order they came in.
        let (newer, older) = if (other.last, &other.who) > (self.last, &self.who) {
            (other.who, std::mem::take(&mut self.who))
        } else {
            (std::mem::take(&mut self.who), other.who)
        };
        self.who = Who {
            name: newer.name.or(older.name),
            upn: newer.upn.or(older.upn),
            id: newer.id.or(older.id),
        };
        self.first = self.first.min(other.first);
        self.last = self.last.max(other.last);
        self.ip_addresses.join(other.ip_addresses);
        self.user_agents.join(other.user_agents);
        self.organizations.extend(other.organizations);
    }

    fn finish(self) -> AuditedActor {
        AuditedActor {
            actor: self.who,
            counts: self.counts,
            first: self.first,
            last: self.last,
            ip_addresses: self.ip_addresses.finish(),
            user_agents: self.user_agents.finish(),
            organizations: self.organizations.into_iter().collect(),
        }
    }
}

impl Places {
    fn add(&mut self, name: Option<&str>, events: u32) {
        let Some(name) = name.filter(|name| !name.trim().is_empty()) else {
            return;
        };
        let full = self.known.len() >= TOLD_APART;
        let count = match self.known.get_mut(name) {
            Some(count) => count,
            None if full => &mut self.others,
            None => self.known.entry(name.to_owned()).or_default(),
        };
        *count = count.saturating_add(events);
    }

    fn join(&mut self, other: Self) {
        for (name, events) in other.known {
            self.add(Some(&name), events);
        }
        self.others = self.others.saturating_add(other.others);
    }

    fn finish(self) -> Vec<Place> {
        let mut known: Vec<(String, u32)> = self.known.into_iter().collect();
        known.sort_by_key(|(_, events)| std::cmp::Reverse(*events));
        let rest = known.iter().skip(PLACES);
        let others = rest.fold(self.others, |sum, (_, events)| sum.saturating_add(*events));
        known.truncate(PLACES);
        let place = |(name, events)| Place {
            name: Some(name),
            events,
        };
        let mut places: Vec<Place> = known.into_iter().map(place).collect();
        if others > 0 {
            places.push(Place {
                name: None,
                events: others,
            });
        }
        places
    }
}

/// What one event counts as.
pub(super) fn counts(event: &AuditedEvent) -> ActorCounts {
    let mut counts = ActorCounts {
        events: 1,
        ..ActorCounts::default()
    };
    *match event.kind {
        Action::Leaked => &mut counts.leaked,
        Action::Created => &mut counts.created,
        Action::Updated => &mut counts.updated,
        Action::Revoked | Action::SystemRevoked => &mut counts.revoked,
        Action::Expired => &mut counts.expired,
        Action::Other => &mut counts.other,
    } = 1;
    counts.full_scope = u32::from(event.kind == Action::Created && event.full_scope);
    counts.system_revoked = u32::from(event.kind == Action::SystemRevoked);
    counts
}

impl ActorCounts {
    pub(super) fn add(&mut self, other: &Self) {
        for (count, more) in [
            (&mut self.events, other.events),
            (&mut self.created, other.created),
            (&mut self.updated, other.updated),
            (&mut self.revoked, other.revoked),
            (&mut self.expired, other.expired),
            (&mut self.leaked, other.leaked),
            (&mut self.other, other.other),
            (&mut self.full_scope, other.full_scope),
            (&mut self.system_revoked, other.system_revoked),
        ] {
            *count = count.saturating_add(more);
        }
    }
}
