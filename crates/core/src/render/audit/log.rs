//! PatAudit's log.

use super::super::LogLine;
use super::super::log::{Lines, more, notes, unreadable};
use super::super::table::{self, Align};
use super::words;
use crate::audit::{AuditReport, AuditedActor, AuditedEvent};
use crate::text::{fit, name};
use crate::time;

/// Events shown.
const EVENTS: usize = 50;
/// Actors shown, and events of each kind that is shown apart.
const OTHERS: usize = 20;

/// Widest cells, in columns.
const NAME: usize = 40;
const PLACE: usize = 60;
const SENTENCE: usize = 300;

/// PatAudit's log but for its last line ([`AuditReport::sentence`]): what was read, leaks first and never folded,
/// full access, revocations by the system, who did what from where, the events, what could not be read, notes.
#[must_use]
pub fn log(report: &AuditReport) -> Vec<LogLine> {
    let mut lines = Lines(Vec::new());
    header(&mut lines, report);
    leaks(&mut lines, report);
    let full = words::with_full_access(report);
    apart(
        &mut lines,
        report,
        "Created or updated with full access",
        &full,
        words::FULL_ACCESS,
    );
    let system = words::by_the_system(report);
    apart(
        &mut lines,
        report,
        "Revoked by the system",
        &system,
        words::SYSTEM,
    );
    actors(&mut lines, report);
    events(&mut lines, report);
    unreadable(&mut lines, &report.unreadable);
    notes(&mut lines, &report.notes);
    lines.0
}

fn header(lines: &mut Lines, report: &AuditReport) {
    let mut head = vec![
        format!("Patkeeper {}", fit(&report.tool.version, NAME)),
        fit(&report.run.task, NAME),
    ];
    match report.organizations.as_slice() {
        [] => {}
        [one] => head.extend([fit(&one.name, NAME), fit(&words::signed_in(one), SENTENCE)]),
        several => head.push(format!("{} organizations", several.len())),
    }
    lines.text(head.join(" · "));
    if report.organizations.len() > 1 {
        let row = |one: &crate::audit::AuditedOrganization| {
            let read = format!("{} read", one.read);
            vec![fit(&one.name, NAME), read, fit(&words::signed_in(one), SENTENCE)]
        };
        let rows: Vec<Vec<String>> = report.organizations.iter().map(row).collect();
        lines.all(table::lines(&[Align::Left, Align::Right, Align::Left], &rows));
    }
    lines.text(words::read(report));
    lines.text(fit(&words::asked(report), SENTENCE));
}

fn leaks(lines: &mut Lines, report: &AuditReport) {
    let leaks = words::leaks(report);
    if leaks.is_empty() {
        return;
    }
    lines.text("");
    lines.text(format!("LEAKED: {}", words::leaked(report)));
    let shown: Vec<&AuditedEvent> = leaks.iter().take(OTHERS).map(|(event, _)| *event).collect();
    // The head stands above the first one only.
    let mut rows = event_table(report, &shown).into_iter();
    lines.all(rows.next());
    for (row, (_, step)) in rows.zip(&leaks) {
        lines.text(row);
        lines.text(format!("    → {}", fit(step, SENTENCE)));
    }
    lines.all(more(shown.len(), report.totals.leaked as usize));
    lines.text(format!("  {}", words::AFTER_A_LEAK));
}

/// Events of one kind, with what to do about them.
fn apart(lines: &mut Lines, report: &AuditReport, head: &str, events: &[&AuditedEvent], step: &str) {
    if events.is_empty() {
        return;
    }
    let shown: Vec<&AuditedEvent> = events.iter().copied().take(OTHERS).collect();
    let mut body = event_table(report, &shown);
    body.extend(more(shown.len(), events.len()));
    body.push(format!("  → {step}"));
    lines.section(format!("{head}: {}", events.len()), body);
}

fn actors(lines: &mut Lines, report: &AuditReport) {
    if report.actors.is_empty() {
        return;
    }
    let columns: Vec<_> = words::COUNTS
        .into_iter()
        .filter(|(_, of)| words::any(report, *of))
        .collect();
    let mut head = vec!["WHO".to_owned()];
    head.extend(columns.iter().map(|(name, _)| name.to_uppercase()));
    head.extend(["FROM".to_owned(), "WITH".to_owned()]);
    let row = |actor: &AuditedActor| {
        let mut row = vec![name(actor.actor.called(), NAME)];
        row.extend(columns.iter().map(|(_, of)| words::number(of(&actor.counts))));
        row.push(fit(&words::places(&actor.ip_addresses), PLACE));
        row.push(fit(&words::places(&actor.user_agents), PLACE));
        row
    };
    let mut rows = vec![head];
    rows.extend(report.actors.iter().take(OTHERS).map(row));
    let mut align = vec![Align::Left];
    align.extend(columns.iter().map(|_| Align::Right));
    align.extend([Align::Left; 2]);
    let mut body = table::lines(&align, &rows);
    body.extend(more(OTHERS, report.totals.actors as usize));
    lines.section("Who did what, from where".to_owned(), body);
}

fn events(lines: &mut Lines, report: &AuditReport) {
    if report.events.is_empty() {
        return;
    }
    let shown: Vec<&AuditedEvent> = report.events.iter().take(EVENTS).collect();
    let mut body = event_table(report, &shown);
    body.extend(more(shown.len(), report.totals.events as usize));
    lines.section("Events, newest first".to_owned(), body);
}

/// A head line and one line an event.
fn event_table(report: &AuditReport, events: &[&AuditedEvent]) -> Vec<String> {
    let several = report.organizations.len() > 1;
    let organization = |name: &str| if several { name.to_owned() } else { String::new() };
    let head = [
        "WHEN",
        &organization("ORGANIZATION"),
        "WHAT",
        "PAT",
        "BY",
        "FROM",
        "",
    ]
    .map(str::to_owned);
    let mut rows = vec![head.to_vec()];
    rows.extend(events.iter().map(|event| {
        vec![
            time::minute(event.at),
            organization(&fit(&event.organization, NAME)),
            fit(&event.what, PLACE),
            fit(words::pat(event), NAME),
            name(event.actor.called(), NAME),
            fit(event.ip_address.as_deref().unwrap_or_default(), NAME),
            fit(&words::note(event), SENTENCE),
        ]
    }));
    table::lines(&[Align::Left; 7], &rows)
}
