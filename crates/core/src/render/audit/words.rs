//! What several renderers say of an audit, in the same words. Text of strangers is still raw in these sentences.

use std::collections::HashMap;

use super::super::words::count;
use crate::audit::{
    Action, ActorCounts, AuditReport, AuditedActor, AuditedEvent, AuditedOrganization, Place,
};
use crate::pat::AuthorizationId;
use crate::time;

pub(super) fn signed_in(organization: &AuditedOrganization) -> String {
    super::super::words::signed_in_as(
        organization.signed_in_as.as_deref(),
        organization.identity_kind.as_deref(),
        &organization.sign_in,
    )
}

/// `Read 812 entries in 5 requests, from … to …`.
pub(super) fn read(report: &AuditReport) -> String {
    let read: u64 = report.organizations.iter().map(|one| u64::from(one.read)).sum();
    let settings = &report.settings;
    format!(
        "Read {read} {} in {}, from {} to {}",
        if read == 1 { "entry" } else { "entries" },
        count(report.run.requests as usize, "request"),
        time::minute(settings.from),
        time::minute(settings.to)
    )
}

/// What was looked for: `actions Token.*; actors *@acme.example`.
pub(super) fn asked(report: &AuditReport) -> String {
    let settings = &report.settings;
    let mut asked = format!("Looked for: actions {}", settings.actions.join(" "));
    if !settings.actors.is_empty() {
        asked.push_str("; actors ");
        asked.push_str(&settings.actors.join(" "));
    }
    asked
}

/// The PAT by its name, else its id; empty: the entry tells neither.
#[must_use]
pub fn pat(event: &AuditedEvent) -> &str {
    let pat = event.pat.as_ref();
    let id = || pat.and_then(|pat| pat.authorization_id.as_ref().map(AuthorizationId::as_str));
    pat.and_then(|pat| pat.display_name.as_deref())
        .or_else(id)
        .unwrap_or_default()
}

/// What else there is to know of an event; empty for most.
#[must_use]
pub fn note(event: &AuditedEvent) -> String {
    let pat = event.pat.as_ref();
    // Whose it is, where that is not who did it.
    let owner = pat.and_then(|pat| pat.owner.as_deref()).filter(|owner| {
        let actor = &event.actor;
        ![&actor.upn, &actor.name, &actor.id]
            .into_iter()
            .flatten()
            .any(|name| name.eq_ignore_ascii_case(owner))
    });
    let parts = [
        event.leaked.then(|| "LEAKED".to_owned()),
        event.full_scope.then(|| "full access".to_owned()),
        pat.filter(|pat| pat.global == Some(true))
            .map(|_| "all organizations".to_owned()),
        owner.map(|owner| format!("of {owner}")),
        (event.kind == Action::Other)
            .then(|| event.action.clone())
            .filter(|action| *action != event.what),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join("; ")
}

/// `203.0.113.7 (12), 198.51.100.4 (2), others (1)`; at most three of them by name.
pub(super) fn places(places: &[Place]) -> String {
    const NAMED: usize = 3;
    let named: Vec<&Place> = places
        .iter()
        .filter(|place| place.name.is_some())
        .take(NAMED)
        .collect();
    let all: u64 = places.iter().map(|place| u64::from(place.events)).sum();
    let shown: u64 = named.iter().map(|place| u64::from(place.events)).sum();
    let alone = named.len() == 1 && shown == all;
    let mut parts: Vec<String> = named
        .iter()
        .map(|place| {
            let name = place.name.as_deref().unwrap_or_default();
            if alone {
                name.to_owned()
            } else {
                format!("{name} ({})", place.events)
            }
        })
        .collect();
    if all > shown {
        parts.push(format!("others ({})", all - shown));
    }
    parts.join(", ")
}

/// One number of an actor's.
pub(super) type Count = fn(&ActorCounts) -> u32;

/// The counts of an actor that have a column, with its head.
pub(super) const COUNTS: [(&str, Count); 7] = [
    ("Events", |counts| counts.events),
    ("Created", |counts| counts.created),
    ("Updated", |counts| counts.updated),
    ("Revoked", |counts| counts.revoked),
    ("Expired", |counts| counts.expired),
    ("Leaked", |counts| counts.leaked),
    ("Other", |counts| counts.other),
];

/// The number, nothing for none: a table is read by what stands out of it.
pub(super) fn number(number: u32) -> String {
    if number == 0 {
        String::new()
    } else {
        number.to_string()
    }
}

/// Whether anybody did any of it.
pub(super) fn any(report: &AuditReport, of: Count) -> bool {
    report
        .actors
        .iter()
        .any(|actor: &AuditedActor| of(&actor.counts) > 0)
}

/// The leaks, newest first, and what to do about each.
#[must_use]
pub fn leaks(report: &AuditReport) -> Vec<(&AuditedEvent, String)> {
    let mut ended: HashMap<&AuthorizationId, &AuditedEvent> = HashMap::new();
    let revoked = |event: &&AuditedEvent| matches!(event.kind, Action::Revoked | Action::SystemRevoked);
    for event in report.events.iter().filter(revoked) {
        if let Some(id) = id(event) {
            // The events come newest first: the last revocation that is met is the first that was done.
            ended.insert(id, event);
        }
    }
    report
        .events
        .iter()
        .filter(|event| event.leaked)
        .map(|event| {
            let step = match id(event).and_then(|id| ended.get(id)) {
                Some(end) => format!("revoked at {} by {}", time::minute(end.at), end.actor.called()),
                None => revoke(event),
            };
            (event, step)
        })
        .collect()
}

fn id(event: &AuditedEvent) -> Option<&AuthorizationId> {
    event.pat.as_ref()?.authorization_id.as_ref()
}

/// A command to copy holds nothing of strangers but an id that is one.
fn revoke(event: &AuditedEvent) -> String {
    match id(event).filter(|id| id.is_guid()) {
        Some(id) => format!(
            "revoke it now: `patkeeper revoke --organization {} --authorization-ids {id} --dry-run false`; for \
             another user's, add `--scope organization`",
            event.organization
        ),
        None => {
            "revoke it now: the entry does not tell its id, docs/incident.md says how to find it".to_owned()
        }
    }
}

/// What comes after the revocation of what has leaked.
pub const AFTER_A_LEAK: &str =
    "Then see what was done with it, rotate what used it, and tell its owner: docs/incident.md";

/// What to do about full access.
pub const FULL_ACCESS: &str = "Full access opens everything its owner can: replace each by a PAT with what it uses (docs/scopes.md), and revoke it";

/// What to do about revocations by the system.
pub const SYSTEM: &str = "The system revokes what it has found in public, and what policy forbids: ask the owner where each one was";

/// The events of PATs created with full access, or updated and having it.
#[must_use]
pub fn with_full_access(report: &AuditReport) -> Vec<&AuditedEvent> {
    of(report, |event| {
        event.full_scope && matches!(event.kind, Action::Created | Action::Updated)
    })
}

/// The revocations by the system.
#[must_use]
pub fn by_the_system(report: &AuditReport) -> Vec<&AuditedEvent> {
    of(report, |event| event.kind == Action::SystemRevoked)
}

fn of(report: &AuditReport, which: impl Fn(&AuditedEvent) -> bool) -> Vec<&AuditedEvent> {
    report.events.iter().filter(|event| which(event)).collect()
}

/// `1 PAT was found in a public repository`.
pub(super) fn leaked(report: &AuditReport) -> String {
    match report.totals.leaked {
        1 => "1 PAT was found in a public repository".to_owned(),
        number => format!("{number} times a PAT was found in a public repository"),
    }
}
