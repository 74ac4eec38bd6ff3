//! The events for a spreadsheet.

use super::super::csv::sheet;
use crate::audit::{AuditReport, AuditedEvent, AuditedPat};
use crate::pat::AuthorizationId;
use crate::text::csv::cell;
use crate::time;

/// The columns, in this order; a later version may add some at the end.
const COLUMNS: [&str; 20] = [
    "organization",
    "at",
    "action",
    "what",
    "actorUpn",
    "actorName",
    "actorId",
    "displayName",
    "authorizationId",
    "owner",
    "scopes",
    "global",
    "validTo",
    "ipAddress",
    "userAgent",
    "mechanism",
    "leaked",
    "fullScope",
    "details",
    "id",
];

/// One line an event in the order of the report, with a head line; quoted as RFC 4180 asks, lines end with CR LF. No
/// text of a stranger is a formula to a spreadsheet: see [`cell`].
#[must_use]
pub fn csv(report: &AuditReport) -> String {
    sheet(COLUMNS, report.events.iter().map(row))
}

fn row(event: &AuditedEvent) -> [String; 20] {
    let text = |text: &Option<String>| cell(text.as_deref().unwrap_or_default());
    let nothing = AuditedPat::default();
    let pat = event.pat.as_ref().unwrap_or(&nothing);
    [
        cell(&event.organization),
        time::second(event.at),
        cell(&event.action),
        cell(&event.what),
        text(&event.actor.upn),
        text(&event.actor.name),
        text(&event.actor.id),
        text(&pat.display_name),
        cell(pat.authorization_id.as_ref().map_or("", AuthorizationId::as_str)),
        text(&pat.owner),
        cell(&pat.scopes.join(" ")),
        pat.global.map(|global| global.to_string()).unwrap_or_default(),
        pat.valid_to.map(time::second).unwrap_or_default(),
        text(&event.ip_address),
        text(&event.user_agent),
        text(&event.mechanism),
        event.leaked.to_string(),
        event.full_scope.to_string(),
        text(&event.details),
        text(&event.id),
    ]
}
