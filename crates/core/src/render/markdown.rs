//! The summary on the build page.

use super::failure::for_support;
use super::page::Page;
use super::verdict::verdict_of;
use super::words;
use crate::report::{PatEntry, Report, UnreadableEntry};
use crate::text::markdown::{code, prose};
use crate::time;

/// PATs shown.
const PATS: usize = 100;
/// Findings shown.
const FINDINGS: usize = 100;
/// Next steps, missing patterns and notes shown, each.
const OTHERS: usize = 50;
/// Unreadable things shown: each takes several lines.
const UNREADABLE: usize = 20;

/// Columns of a name, a cell of several scopes, a sentence.
const NAME: usize = 60;
const SCOPES: usize = 80;
const SENTENCE: usize = 300;

/// The Markdown summary for the build page: verdict, at most 100 PATs, policy findings, what could not be read,
/// what to do next. Never over 128 KiB. It holds no links, images or HTML, whatever names and messages hold.
#[must_use]
pub fn markdown(report: &Report) -> String {
    let mut page = Page::new("in the report");
    let (verdict, counts) = verdict_of(report);
    page.line(&format!(
        "## {}: {}",
        prose(&report.run.task, NAME),
        report.status.as_str()
    ));
    page.line("");
    page.line(&format!("**Verdict: {verdict}.** {counts}."));
    page.line("");
    for organization in report.organizations.iter().take(OTHERS) {
        let name = code(&organization.name, NAME);
        page.line(&format!(
            "- {name}, {}",
            prose(&words::signed_in(organization), SENTENCE)
        ));
    }
    // Nothing of strangers in these.
    let read = [Some(words::read(report)), words::part_in_full(report)];
    for line in read.into_iter().flatten() {
        page.line(&format!("- {line}"));
    }
    page.line(&format!(
        "- Judged at {} by Patkeeper {}",
        time::minute(report.run.at),
        code(&report.tool.version, NAME)
    ));
    pats(&mut page, report);
    policy(&mut page, report);
    missing(&mut page, report);
    unreadable_of(&mut page, &report.unreadable, report.totals.unreadable as usize);
    notes(&mut page, &report.notes);
    next_steps(&mut page, report);
    page.text
}

fn pats(page: &mut Page, report: &Report) {
    if !report.pats.is_empty() {
        let several = report.organizations.len() > 1;
        let owners = words::has_owners(report);
        let cells = |organization: &dyn Fn() -> String, owner: &dyn Fn() -> String| {
            let cells = [several.then(organization), owners.then(owner)];
            let cells = cells.into_iter().flatten().map(|cell| format!(" {cell} |"));
            cells.collect::<String>()
        };
        page.line("");
        page.line(&format!(
            "| Status | Left | Ends |{} Name | Scopes | |",
            cells(&|| "Organization".to_owned(), &|| "Owner".to_owned())
        ));
        page.line(&format!(
            "|---|--:|---|{}---|---|---|",
            "---|".repeat(usize::from(several) + usize::from(owners))
        ));
        for pat in report.pats.iter().take(PATS) {
            page.line(&format!(
                "| {} | {} d | {} |{} {} | {} | {} |",
                pat.status.as_str(),
                pat.days_left,
                words::date(pat.effective_expiry),
                cells(&|| code(&pat.organization, NAME), &|| owner(words::owner(
                    pat.owner.as_ref()
                ))),
                code(&pat.display_name, NAME),
                scopes(pat),
                prose(&words::note(pat), SENTENCE),
            ));
        }
        page.more(PATS, report.pats.len().max(report.totals.total as usize));
    }
    let (counts, soonest) = words::calm(report);
    let soonest = soonest.map(|(name, left)| format!("soonest: {} {left}", code(name, NAME)));
    let line: Vec<String> = [counts]
        .into_iter()
        .filter(|counts| !counts.is_empty())
        .chain(soonest)
        .collect();
    if !line.is_empty() {
        page.line("");
        page.line(&line.join(" · "));
    }
}

fn owner(owner: &str) -> String {
    if owner.is_empty() {
        String::new()
    } else {
        code(owner, NAME)
    }
}

fn scopes(pat: &PatEntry) -> String {
    if pat.scopes.is_empty() {
        String::new()
    } else {
        code(&pat.scopes.join(" "), SCOPES)
    }
}

fn policy(page: &mut Page, report: &Report) {
    if report.findings.is_empty() {
        return;
    }
    page.heading(&format!("Policy: {}", words::findings(report)));
    let owners = words::has_owners(report);
    let cell = |cell: String| {
        if owners {
            format!(" {cell} |")
        } else {
            String::new()
        }
    };
    page.line(&format!(
        "| Severity | Rule | PAT |{} Finding | What to do |",
        cell("Owner".to_owned())
    ));
    page.line(&format!(
        "|---|---|---|{}---|---|",
        if owners { "---|" } else { "" }
    ));
    for finding in words::by_rule(report).iter().take(FINDINGS) {
        let remedy = if finding.waived.is_none() {
            prose(&finding.remedy, SENTENCE)
        } else {
            String::new()
        };
        page.line(&format!(
            "| {} | {} | {} |{} {} | {remedy} |",
            words::weight(finding),
            code(&finding.rule, NAME),
            code(&finding.subject, NAME),
            cell(owner(words::finding_owner(finding))),
            prose(&words::finding(finding), SENTENCE),
        ));
    }
    let (open, waived) = words::all_findings(report);
    page.more(FINDINGS, open + waived);
}

fn missing(page: &mut Page, report: &Report) {
    if report.missing.is_empty() {
        return;
    }
    page.heading("Missing");
    for missing in report.missing.iter().take(OTHERS) {
        let remedy = words::missing_remedy(&missing.input);
        page.line(&format!(
            "- {} {}: {remedy}",
            code(&missing.input, NAME),
            code(&missing.pattern, NAME)
        ));
    }
    page.more(OTHERS, report.missing.len());
}

pub(super) fn unreadable(page: &mut Page, entries: &[UnreadableEntry]) {
    unreadable_of(page, entries, entries.len());
}

/// Where the report lists some of them, and counts all.
fn unreadable_of(page: &mut Page, entries: &[UnreadableEntry], all: usize) {
    if entries.is_empty() {
        return;
    }
    page.heading("Could not be read");
    for (cause, kept) in words::by_cause(entries.iter().take(UNREADABLE)) {
        for entry in &kept {
            let organization = code(&entry.organization, NAME);
            page.line(&format!("- {organization}: {}", prose(&entry.what, SENTENCE)));
        }
        let happened = words::what_happened(cause, &kept);
        page.line(&format!("  - What: {}", prose(&happened, SENTENCE)));
        if let Some(why) = &cause.why {
            page.line(&format!("  - Why: {}", prose(why, SENTENCE)));
        }
        for way in cause.ways_out.iter().take(OTHERS) {
            page.line(&format!("  - Way out: {}", prose(way, SENTENCE)));
        }
        for (head, words) in for_support(cause) {
            page.line(&format!("  - {head}: {}", code(&words, SENTENCE)));
        }
    }
    page.more(UNREADABLE, all.max(entries.len()));
}

pub(super) fn notes(page: &mut Page, notes: &[String]) {
    if notes.is_empty() {
        return;
    }
    page.heading("Notes");
    for note in notes.iter().take(OTHERS) {
        // A word of ours first: the note's own first word could make a list or a heading.
        page.line(&format!("- Note: {}", prose(note, SENTENCE)));
    }
    page.more(OTHERS, notes.len());
}

fn next_steps(page: &mut Page, report: &Report) {
    let (urgent, all) = words::urgent(report);
    if urgent.is_empty() {
        return;
    }
    page.heading("What to do next");
    let gone = words::Gone::of(report);
    for pat in urgent.iter().take(OTHERS) {
        page.line(&format!(
            "- {}: {}",
            code(&pat.display_name, NAME),
            prose(&gone.next_step(pat), SENTENCE)
        ));
    }
    page.more(OTHERS, all);
    if words::has_owners(report) {
        page.line("");
        page.line(&prose(words::ADMINISTRATOR, SENTENCE));
    }
}
