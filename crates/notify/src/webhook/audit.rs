//! The document of an audit.

use patkeeper_core::audit::{Action, AuditReport, AuditedActor, AuditedEvent};
use serde_json::{Value, json};

use super::{LONGEST, fill, frame, id, most, sentences, unreadable};
use crate::digest::{cut, name, word};

pub(super) fn document(report: &AuditReport, sentence: &str) -> Value {
    let ranks: [fn(&AuditedEvent) -> bool; 3] = [
        |event| event.leaked,
        |event| !event.leaked && event.full_scope,
        |event| !event.leaked && !event.full_scope && event.kind == Action::SystemRevoked,
    ];
    let events = ranks.into_iter().flat_map(|is| {
        let those = report.events.iter().filter(move |event| is(event));
        those.map(event)
    });
    let (events, _) = most(events);
    let (actors, _) = most(report.actors.iter().map(actor));
    let settings = &report.settings;
    let (unreadable, unreadable_left_out) = unreadable(&report.unreadable);
    let (notes, notes_left_out) = sentences(&report.notes);
    let beyond = |all: u32, shown: &[Value]| (all as usize).saturating_sub(shown.len());
    let (events_left_out, actors_left_out) = (
        beyond(report.totals.events, &events),
        beyond(report.totals.actors, &actors),
    );
    let mut document = frame(&report.run, &report.tool, sentence);
    fill(
        &mut document,
        json!({
            "status": status(report),
            "organizations": report.organizations.iter().map(|entry| name(&entry.name)).collect::<Vec<_>>(),
            "unreadable": unreadable,
            "audit": {
                "from": settings.from,
                "to": settings.to,
                "failOn": word(settings.fail_on),
                "totals": report.totals,
                "events": events,
                "actors": actors,
                "notes": notes,
            },
            "leftOut": {
                "unreadable": unreadable_left_out,
                "events": events_left_out,
                "actors": actors_left_out,
                "notes": notes_left_out,
            },
        }),
    );
    document
}

/// The mildest first: `nothing`, `events`, `leaked`, `unknown` (part of the log could not be read).
fn status(report: &AuditReport) -> &'static str {
    match report.totals {
        _ if !report.unreadable.is_empty() => "unknown",
        totals if totals.leaked > 0 => "leaked",
        totals if totals.events > 0 => "events",
        _ => "nothing",
    }
}

/// Those of leaks, of full access, and of revocations by the system alone: the report has all.
fn event(event: &AuditedEvent) -> Value {
    let pat = event.pat.as_ref();
    json!({
        "organization": name(&event.organization),
        "at": event.at,
        "action": cut(&event.action, 100),
        "leaked": event.leaked,
        "fullScope": event.full_scope,
        "actor": name(event.actor.called()),
        "ipAddress": event.ip_address.as_deref().map(|address| cut(address, 64)),
        "displayName": pat.and_then(|pat| pat.display_name.as_deref()).map(name),
        "authorizationId": pat.and_then(|pat| pat.authorization_id.as_ref()).map(id),
        "owner": pat.and_then(|pat| pat.owner.as_deref()).map(name),
        "details": event.details.as_deref().map(|details| cut(details, LONGEST)),
    })
}

fn actor(actor: &AuditedActor) -> Value {
    json!({
        "name": name(actor.actor.called()),
        "counts": actor.counts,
        "last": actor.last,
    })
}
