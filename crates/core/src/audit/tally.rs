//! The log, taken page by page: what matches is kept and counted, all else is dropped at once.

use std::cmp::Ordering;
use std::collections::hash_map::DefaultHasher;
use std::collections::{BTreeMap, HashSet};
use std::hash::{Hash, Hasher};

use chrono::{DateTime, SubsecRound, Utc};

use super::actors::{Actors, counts};
use super::event::Event;
use super::report::{
    Action, ActorCounts, AuditReport, AuditSettings, AuditTotals, AuditedEvent, AuditedOrganization,
    AuditedPat, SCHEMA, Who,
};
use super::settings::{Settings, Span};
use super::{notes, pat};
use crate::glob::Glob;
use crate::organization::Organization;
use crate::reading::{IdentityKind, SignedIn, Unreadable};
use crate::report::{Run, Tool, UnreadableEntry};

/// Most events, and most actors, that a report lists.
pub const LISTED: usize = 20_000;
/// Most characters kept of one text.
const LONGEST: usize = 2_000;

/// How one organization's log could be read.
#[derive(Debug, Clone)]
pub struct OrganizationLog {
    /// Which one.
    pub organization: Organization,
    /// Whose token read it.
    pub signed_in: SignedIn,
    /// What could not be read.
    pub unreadable: Vec<Unreadable>,
    /// How many more things could not be read that are not named.
    pub more_unreadable: u32,
}

/// What of the log matches, and how much of what there was.
#[derive(Debug)]
pub struct Tally {
    settings: AuditSettings,
    actions: Vec<Glob>,
    actors: Vec<Glob>,
    counts: ActorCounts,
    events: Vec<AuditedEvent>,
    people: Actors,
    logs: BTreeMap<String, Seen>,
    /// Entries that matched before, by organization and id, as numbers: there may be a million of them.
    taken: HashSet<u64>,
}

/// What one organization's log held.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Seen {
    /// Entries handed out.
    pub(super) read: u32,
    /// Of them, those of another time than was asked for.
    pub(super) outside: u32,
    /// Of them, those that match.
    pub(super) matching: u32,
    /// Of those that do not match, the leaks.
    pub(super) other_leaks: u32,
    /// Of those that match, queries of the log itself.
    pub(super) queries: u32,
}

impl Tally {
    /// Counts what these settings ask for, between moments that [`Span::resolve`] gave.
    #[must_use]
    pub fn new(settings: &Settings, from: DateTime<Utc>, to: DateTime<Utc>) -> Self {
        let texts = |globs: &[Glob]| globs.iter().map(|glob| glob.as_str().to_owned()).collect();
        let any_case = |globs: &[Glob]| {
            globs
                .iter()
                .map(|glob| Glob::in_any_case(glob.as_str()))
                .collect()
        };
        Self {
            settings: AuditSettings {
                from,
                to,
                days: match settings.span {
                    Span::Days(days) => Some(days),
                    Span::Between(..) => None,
                },
                actions: texts(&settings.actions),
                actors: texts(&settings.actors),
                fail_on: settings.fail_on,
            },
            actions: any_case(&settings.actions),
            actors: any_case(&settings.actors),
            counts: ActorCounts::default(),
            events: Vec::new(),
            people: Actors::default(),
            logs: BTreeMap::new(),
            taken: HashSet::new(),
        }
    }

    /// Takes one page of an organization's log. An entry that comes again, on this page or another one, counts once.
    pub fn take(&mut self, organization: &Organization, events: Vec<Event>) {
        let name = organization.name().to_ascii_lowercase();
        let mut seen = self.logs.get(&name).copied().unwrap_or_default();
        for event in events {
            seen.read = seen.read.saturating_add(1);
            if !self.is_in_span(event.at) {
                seen.outside = seen.outside.saturating_add(1);
                continue;
            }
            let kind = pat::action(&event.action);
            let matching = self.matches(&event);
            if (!matching && kind != Action::Leaked) || !self.is_new(&name, &event) {
                continue;
            }
            if !matching {
                seen.other_leaks = seen.other_leaks.saturating_add(1);
                continue;
            }
            seen.matching = seen.matching.saturating_add(1);
            if event.action.eq_ignore_ascii_case("AuditLog.AccessLog") {
                seen.queries = seen.queries.saturating_add(1);
            }
            let event = entry(organization, kind, event);
            self.counts.add(&counts(&event));
            self.people.take(&event);
            self.events.push(event);
        }
        if self.events.len() >= 2 * LISTED {
            self.keep_the_listed();
        }
        self.logs.insert(name, seen);
    }

    /// The report on what was taken. `logs` has every organization asked, in the order to show them.
    #[must_use]
    pub fn finish(mut self, logs: &[OrganizationLog], run: Run) -> AuditReport {
        self.keep_the_listed();
        self.events.sort_by(newest);
        let seen = |log: &OrganizationLog| {
            let name = log.organization.name().to_ascii_lowercase();
            self.logs.get(&name).copied().unwrap_or_default()
        };
        let organizations = logs.iter().map(|log| organization(log, seen(log).read)).collect();
        let unreadable: Vec<UnreadableEntry> = logs.iter().flat_map(unreadable_of).collect();
        let more = logs
            .iter()
            .map(|log| log.more_unreadable)
            .fold(count(unreadable.len()), u32::saturating_add);
        let mut actors = self.people.finish();
        let counts = self.counts;
        let totals = AuditTotals {
            events: counts.events,
            created: counts.created,
            updated: counts.updated,
            revoked: counts.revoked,
            expired: counts.expired,
            leaked: counts.leaked,
            other: counts.other,
            actors: count(actors.len()),
            full_scope: counts.full_scope,
            system_revoked: counts.system_revoked,
            unreadable: more,
            not_listed: counts.events.saturating_sub(count(self.events.len())),
        };
        actors.truncate(LISTED);
        let sees_leaks = self.actions.iter().any(|glob| glob.matches(pat::LEAK));
        let notes = notes::notes(
            &logs.iter().map(|log| (log, seen(log))).collect::<Vec<_>>(),
            &self.settings,
            &totals,
            sees_leaks,
            run.at,
        );
        AuditReport {
            schema: SCHEMA.to_owned(),
            tool: Tool::this(),
            run,
            totals,
            organizations,
            settings: self.settings,
            events: self.events,
            actors,
            unreadable,
            notes,
        }
    }

    /// Both ends belong to it, by whole seconds as they were asked for. Where it ends now, nothing is too late: the
    /// service's clock may be ahead of this machine's.
    fn is_in_span(&self, at: DateTime<Utc>) -> bool {
        let at = at.trunc_subsecs(0);
        at >= self.settings.from && (at <= self.settings.to || self.settings.days.is_some())
    }

    fn matches(&self, event: &Event) -> bool {
        let by_name = |glob: &Glob| {
            [&event.actor_upn, &event.actor_name]
                .into_iter()
                .any(|name| glob.matches(name.as_deref().unwrap_or_default()))
        };
        self.actions.iter().any(|glob| glob.matches(&event.action))
            && (self.actors.is_empty() || self.actors.iter().any(by_name))
    }

    /// Whether the entry comes for the first time. One without an id cannot be told.
    fn is_new(&mut self, organization: &str, event: &Event) -> bool {
        let Some(id) = event.id.as_deref().filter(|id| !id.trim().is_empty()) else {
            return true;
        };
        // The same in every run of one build, and of a million entries two fall together once in millions of runs.
        let mut hasher = DefaultHasher::new();
        (organization, id).hash(&mut hasher);
        self.taken.insert(hasher.finish())
    }

    /// Drops what no report lists: the oldest, and leaks and full access last.
    fn keep_the_listed(&mut self) {
        if self.events.len() > LISTED {
            self.events
                .sort_by(|a, b| a.weight().cmp(&b.weight()).then_with(|| newest(a, b)));
            self.events.truncate(LISTED);
        }
    }
}

/// Newest first, and in one order whichever organization's page came first.
fn newest(a: &AuditedEvent, b: &AuditedEvent) -> Ordering {
    fn rest(event: &AuditedEvent) -> impl Ord + '_ {
        (&event.organization, &event.id, &event.action)
    }
    b.at.cmp(&a.at).then_with(|| rest(a).cmp(&rest(b)))
}

fn entry(organization: &Organization, kind: Action, event: Event) -> AuditedEvent {
    let (pat, full_scope) = pat::pat(kind, &event);
    AuditedEvent {
        organization: organization.name().to_owned(),
        at: event.at,
        kind,
        what: short(pat::words(kind, &event).to_owned()),
        action: short(event.action),
        actor: Who {
            name: shown(event.actor_name),
            upn: shown(event.actor_upn),
            id: shown(event.actor_id),
        },
        pat: pat.map(|pat| AuditedPat {
            display_name: shown(pat.display_name),
            owner: shown(pat.owner),
            ..pat
        }),
        ip_address: shown(event.ip_address),
        user_agent: shown(event.user_agent),
        mechanism: shown(event.mechanism),
        details: shown(event.details),
        id: shown(event.id),
        leaked: kind == Action::Leaked,
        full_scope,
    }
}

fn shown(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.trim().is_empty()).map(short)
}

/// Nobody's name is longer: a log made to be large must not fill the machine.
fn short(mut text: String) -> String {
    if let Some((end, _)) = text.char_indices().nth(LONGEST) {
        text.truncate(end);
        text.push('…');
    }
    text
}

fn organization(log: &OrganizationLog, read: u32) -> AuditedOrganization {
    AuditedOrganization {
        name: log.organization.name().to_owned(),
        signed_in_as: log.signed_in.name.clone(),
        identity_kind: log.signed_in.kind.map(|kind| match kind {
            IdentityKind::User => "user".to_owned(),
            IdentityKind::App => "app".to_owned(),
        }),
        sign_in: log.signed_in.how.clone(),
        read,
    }
}

fn unreadable_of(log: &OrganizationLog) -> impl Iterator<Item = UnreadableEntry> + '_ {
    log.unreadable.iter().map(|unreadable| UnreadableEntry {
        organization: log.organization.name().to_owned(),
        what: unreadable.what.clone(),
        failure: unreadable.failure.clone(),
    })
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
