//! The summary of an audit on the build page.

use super::super::markdown::{notes, unreadable};
use super::super::page::Page;
use super::words;
use crate::audit::{AuditReport, AuditedEvent};
use crate::text::markdown::{code, prose};
use crate::time;

/// Events shown.
const EVENTS: usize = 100;
/// Actors, leaks and other events shown, each.
const OTHERS: usize = 50;

/// Columns of a name, a sentence.
const NAME: usize = 60;
const SENTENCE: usize = 300;

/// The Markdown summary for the build page: the verdict, leaks first, full access, revocations by the system, who did
/// what from where, at most 100 events, what could not be read. Never over 128 KiB. It holds no links, images or
/// HTML, whatever names, user agents and sentences hold.
#[must_use]
pub fn markdown(report: &AuditReport) -> String {
    let mut page = Page::new("in the report");
    page.line(&format!("## {}", prose(&report.run.task, NAME)));
    page.line("");
    page.line(&format!("**{}**", report.sentence()));
    page.line("");
    for organization in report.organizations.iter().take(OTHERS) {
        page.line(&format!(
            "- {}, {}",
            code(&organization.name, NAME),
            prose(&words::signed_in(organization), SENTENCE)
        ));
    }
    page.line(&format!("- {}", prose(&words::read(report), SENTENCE)));
    page.line(&format!("- {}", prose(&words::asked(report), SENTENCE)));
    page.line(&format!(
        "- At {} by Patkeeper {}",
        time::minute(report.run.at),
        code(&report.tool.version, NAME)
    ));
    leaks(&mut page, report);
    let full = words::with_full_access(report);
    apart(
        &mut page,
        report,
        "Created or updated with full access",
        &full,
        words::FULL_ACCESS,
    );
    let system = words::by_the_system(report);
    apart(&mut page, report, "Revoked by the system", &system, words::SYSTEM);
    actors(&mut page, report);
    if !report.events.is_empty() {
        page.heading("Events, newest first");
        let events: Vec<&AuditedEvent> = report.events.iter().take(EVENTS).collect();
        table(&mut page, report, &events);
        page.more(events.len(), report.totals.events as usize);
    }
    unreadable(&mut page, &report.unreadable);
    notes(&mut page, &report.notes);
    page.text
}

fn leaks(page: &mut Page, report: &AuditReport) {
    let leaks = words::leaks(report);
    if leaks.is_empty() {
        return;
    }
    page.heading(&format!("LEAKED: {}", words::leaked(report)));
    for (event, step) in leaks.iter().take(OTHERS) {
        let pat = match words::pat(event) {
            "" => String::new(),
            pat => format!(" {}", code(pat, NAME)),
        };
        page.line(&format!(
            "- PAT{pat} of {}, {}: {}",
            code(&event.organization, NAME),
            time::minute(event.at),
            prose(step, SENTENCE)
        ));
    }
    page.more(OTHERS, report.totals.leaked as usize);
    page.line("");
    page.line(&prose(words::AFTER_A_LEAK, SENTENCE));
}

/// Events of one kind, with what to do about them.
fn apart(page: &mut Page, report: &AuditReport, head: &str, events: &[&AuditedEvent], step: &str) {
    if events.is_empty() {
        return;
    }
    page.heading(&format!("{head}: {}", events.len()));
    let shown: Vec<&AuditedEvent> = events.iter().copied().take(OTHERS).collect();
    table(page, report, &shown);
    page.more(shown.len(), events.len());
    page.line("");
    page.line(&prose(step, SENTENCE));
}

fn actors(page: &mut Page, report: &AuditReport) {
    if report.actors.is_empty() {
        return;
    }
    let columns: Vec<_> = words::COUNTS
        .into_iter()
        .filter(|(_, of)| words::any(report, *of))
        .collect();
    page.heading("Who did what, from where");
    let heads: String = columns.iter().map(|(name, _)| format!(" {name} |")).collect();
    page.line(&format!("| Who |{heads} From | With |"));
    page.line(&format!("|---|{}---|---|", "--:|".repeat(columns.len())));
    for actor in report.actors.iter().take(OTHERS) {
        let counts: String = columns
            .iter()
            .map(|(_, of)| format!(" {} |", words::number(of(&actor.counts))))
            .collect();
        page.line(&format!(
            "| {} |{counts} {} | {} |",
            code(actor.actor.called(), NAME),
            some(&words::places(&actor.ip_addresses), SENTENCE),
            some(&words::places(&actor.user_agents), SENTENCE)
        ));
    }
    page.more(OTHERS, report.totals.actors as usize);
}

fn table(page: &mut Page, report: &AuditReport, events: &[&AuditedEvent]) {
    let several = report.organizations.len() > 1;
    let organization = |cell: &str| {
        if several {
            format!(" {cell} |")
        } else {
            String::new()
        }
    };
    page.line(&format!(
        "| When |{} What | PAT | By | From | |",
        organization("Organization")
    ));
    page.line(&format!(
        "|---|{}---|---|---|---|---|",
        if several { "---|" } else { "" }
    ));
    for event in events {
        page.line(&format!(
            "| {} |{} {} | {} | {} | {} | {} |",
            time::minute(event.at),
            organization(&code(&event.organization, NAME)),
            prose(&event.what, SENTENCE),
            some(words::pat(event), NAME),
            code(event.actor.called(), NAME),
            some(event.ip_address.as_deref().unwrap_or_default(), NAME),
            prose(&words::note(event), SENTENCE),
        ));
    }
}

/// A cell that may be empty.
fn some(text: &str, columns: usize) -> String {
    if text.trim().is_empty() {
        String::new()
    } else {
        code(text, columns)
    }
}
