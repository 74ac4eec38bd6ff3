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
    page.line(&format!("- {}", prose(&words::read(report), SENTENCE)));
    page.line(&format!(
        "- Judged at {} by Patkeeper {}",
        time::minute(report.run.at),
        code(&report.tool.version, NAME)
    ));
    pats(&mut page, report);
    policy(&mut page, report);
    missing(&mut page, report);
    unreadable(&mut page, &report.unreadable);
    notes(&mut page, &report.notes);
    next_steps(&mut page, report);
    page.text
}

fn pats(page: &mut Page, report: &Report) {
    if !report.pats.is_empty() {
        let several = report.organizations.len() > 1;
        let organization = |cell: String| {
            if several {
                format!(" {cell} |")
            } else {
                String::new()
            }
        };
        page.line("");
        page.line(&format!(
            "| Status | Left | Ends |{} Name | Scopes | |",
            organization("Organization".to_owned())
        ));
        page.line(&format!(
            "|---|--:|---|{}---|---|---|",
            if several { "---|" } else { "" }
        ));
        for pat in report.pats.iter().take(PATS) {
            page.line(&format!(
                "| {} | {} d | {} |{} {} | {} | {} |",
                pat.status.as_str(),
                pat.days_left,
                words::date(pat.effective_expiry),
                organization(code(&pat.organization, NAME)),
                code(&pat.display_name, NAME),
                scopes(pat),
                prose(&words::note(pat), SENTENCE),
            ));
        }
        page.more(PATS, report.pats.len());
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
    page.row(["Severity", "Rule", "PAT", "Finding", "What to do"].map(str::to_owned));
    page.line("|---|---|---|---|---|");
    let findings = words::by_rule(report);
    for finding in findings.iter().take(FINDINGS) {
        let remedy = if finding.waived.is_none() {
            prose(&finding.remedy, SENTENCE)
        } else {
            String::new()
        };
        page.row([
            words::weight(finding).to_owned(),
            code(&finding.rule, NAME),
            code(&finding.subject, NAME),
            prose(&words::finding(finding), SENTENCE),
            remedy,
        ]);
    }
    page.more(FINDINGS, findings.len());
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
    if entries.is_empty() {
        return;
    }
    page.heading("Could not be read");
    for entry in entries.iter().take(UNREADABLE) {
        let failure = &entry.failure;
        let organization = code(&entry.organization, NAME);
        page.line(&format!("- {organization}: {}", prose(&entry.what, SENTENCE)));
        page.line(&format!("  - What: {}", prose(&failure.what, SENTENCE)));
        if let Some(why) = &failure.why {
            page.line(&format!("  - Why: {}", prose(why, SENTENCE)));
        }
        for way in failure.ways_out.iter().take(OTHERS) {
            page.line(&format!("  - Way out: {}", prose(way, SENTENCE)));
        }
        for (head, words) in for_support(failure) {
            page.line(&format!("  - {head}: {}", code(&words, SENTENCE)));
        }
    }
    page.more(UNREADABLE, entries.len());
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
    let urgent = words::urgent(report);
    if urgent.is_empty() {
        return;
    }
    page.heading("What to do next");
    for pat in urgent.iter().take(OTHERS) {
        page.line(&format!(
            "- {}: {}",
            code(&pat.display_name, NAME),
            prose(&words::next_step(pat), SENTENCE)
        ));
    }
    page.more(OTHERS, urgent.len());
}
