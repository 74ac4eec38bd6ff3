//! What a team must know of the audit log: PATs that leaked, PATs that open everything, and who did how much.

use patkeeper_core::audit::{Action, AuditReport, AuditedActor, AuditedEvent};
use patkeeper_core::text::plain;
use patkeeper_core::time;

use super::{
    DETAIL, Digest, Item, SENTENCE, SUBJECT, Weight, context, count, cut, link, name, of, said, unreadable,
};

/// Most active ones shown.
const ACTORS: usize = 5;
/// Addresses of each shown.
const PLACES: usize = 3;
/// Notes shown: the log has them all.
const NOTES: usize = 3;

pub(super) fn digest<'a>(report: &'a AuditReport, sentence: &str) -> Digest<'a> {
    let link = link(&report.run);
    let (items, unlisted) = items(report);
    Digest {
        title: title(report),
        sentence: cut(sentence, SENTENCE),
        items,
        context: context(None, &report.run, &report.tool.version),
        link,
        unlisted,
        rest: if link.is_some() {
            "the build's summary and reports say more"
        } else {
            "the log and the reports say more"
        },
    }
}

fn title(report: &AuditReport) -> String {
    let totals = report.totals;
    let what = if totals.leaked > 0 {
        format!("{} found in public repositories", count(totals.leaked, "PAT"))
    } else if !report.unreadable.is_empty() {
        "could not be read".to_owned()
    } else if totals.full_scope > 0 {
        format!("{} created with full access", count(totals.full_scope, "PAT"))
    } else {
        count(totals.events, "event")
    };
    let of = of(report.organizations.iter().map(|entry| entry.name.as_str()));
    cut(&format!("Azure DevOps audit log{of}: {what}"), 140)
}

/// Most urgent first; and how many leaks and PATs with full access the report counts and does not list.
fn items(report: &AuditReport) -> (Vec<Item>, usize) {
    let several = report.organizations.len() > 1;
    let listed = |is: fn(&AuditedEvent) -> bool, weight, label| {
        let events = report.events.iter().filter(move |event| is(event));
        events.map(move |event| self::event(event, several, weight, label))
    };
    let leaked: Vec<Item> = listed(|event| event.leaked, Weight::Bad, "leaked").collect();
    let full: fn(&AuditedEvent) -> bool = |event| event.full_scope && event.kind == Action::Created;
    let full: Vec<Item> = listed(full, Weight::Bad, "full access").collect();
    let beyond = |all: u32, listed: usize| (all as usize).saturating_sub(listed);
    let unlisted = beyond(report.totals.leaked, leaked.len()) + beyond(report.totals.full_scope, full.len());

    let mut items = leaked;
    items.extend(report.unreadable.iter().map(unreadable));
    items.extend(full);
    let by_the_system = |event: &AuditedEvent| event.kind == Action::SystemRevoked;
    items.extend(listed(by_the_system, Weight::Soon, "revoked by the system"));
    let notes = report.notes.iter().take(NOTES);
    items.extend(notes.map(|note| said(Weight::Soon, "note", note)));
    items.extend(report.actors.iter().take(ACTORS).map(actor));
    (items, unlisted)
}

fn event(event: &AuditedEvent, several: bool, weight: Weight, label: &'static str) -> Item {
    let pat = event.pat.as_ref();
    let called = pat.and_then(|pat| pat.display_name.as_deref());
    let owner = pat.and_then(|pat| pat.owner.as_deref());
    let by = match event.kind {
        // Nobody did that: the service has found it, or acted itself.
        Action::Leaked | Action::SystemRevoked | Action::Expired => None,
        _ => Some(format!("by {}", event.actor.called())),
    };
    let parts = [
        owner.map(|owner| format!("of {owner}")),
        by,
        event.ip_address.as_ref().map(|address| format!("from {address}")),
        several.then(|| format!("in {}", event.organization)),
        Some(time::minute(event.at)),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    Item {
        weight,
        label,
        subject: match called {
            Some(called) => name(called),
            None => cut(event.details.as_deref().unwrap_or(&event.what), SUBJECT),
        },
        detail: cut(&parts.join(" · "), DETAIL),
    }
}

fn actor(actor: &AuditedActor) -> Item {
    let counts = actor.counts;
    let kinds = [
        (counts.created, "created"),
        (counts.updated, "updated"),
        (counts.revoked, "revoked"),
        (counts.expired, "expired"),
        (counts.leaked, "leaked"),
        (counts.other, "other"),
    ];
    let kinds = kinds.into_iter().filter(|(number, _)| *number > 0);
    let kinds: Vec<String> = kinds.map(|(number, what)| format!("{number} {what}")).collect();
    let mut detail = kinds.join(", ");
    let addresses = actor
        .ip_addresses
        .iter()
        .filter_map(|place| place.name.as_deref());
    let addresses: Vec<String> = addresses.take(PLACES).map(plain).collect();
    if !addresses.is_empty() {
        detail = format!("{detail}; from {}", addresses.join(", "));
    }
    Item {
        weight: Weight::Good,
        label: "actor",
        subject: name(actor.actor.called()),
        detail: cut(&detail, DETAIL),
    }
}
