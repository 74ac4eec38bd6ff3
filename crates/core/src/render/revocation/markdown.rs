//! The summary of a revocation on the build page.

use super::super::failure::for_support;
use super::super::markdown::{notes, unreadable};
use super::super::page::Page;
use super::super::words::{date, signed_in};
use super::words;
use crate::failure::Failure;
use crate::revocation::RevocationReport;
use crate::text::markdown::{code, prose};
use crate::time;

/// PATs shown.
const PATS: usize = 100;
/// Failures shown: each takes several lines.
const FAILURES: usize = 20;

/// Columns of a name, a cell of several scopes, a sentence.
const NAME: usize = 60;
const SCOPES: usize = 80;
const SENTENCE: usize = 300;

/// The Markdown summary for the build page: what happened, at most 100 PATs, what failed and why, what could not be
/// read, what to do next. Never over 128 KiB. It holds no links, images or HTML, whatever names and messages hold.
#[must_use]
pub fn markdown(report: &RevocationReport) -> String {
    let mut page = Page::new("in the report");
    page.line(&format!("## {}", prose(&report.run.task, NAME)));
    page.line("");
    // A word of ours first, and no emphasis around: the sentence may quote what would end it.
    page.line(&format!("**Result:** {}", prose(&report.sentence(), SENTENCE)));
    page.line("");
    page.line(&format!(
        "- {}, {}",
        code(&report.organization.name, NAME),
        prose(&signed_in(&report.organization), SENTENCE)
    ));
    page.line(&format!("- {}", prose(&words::asked(report), SENTENCE)));
    if let Some(reason) = &report.settings.reason {
        page.line(&format!("- Reason: {}", prose(reason, SENTENCE)));
    }
    page.line(&format!("- {}", words::read(report)));
    page.line(&format!(
        "- At {} by Patkeeper {}",
        time::minute(report.run.at),
        code(&report.tool.version, NAME)
    ));
    if let Some(failure) = &report.failure {
        why(&mut page, failure, "");
    }
    pats(&mut page, report);
    failures(&mut page, report);
    unreadable(&mut page, &report.unreadable);
    notes(&mut page, &report.notes);
    let steps = words::next_steps(report);
    if !steps.is_empty() {
        page.heading("What to do next");
        for step in &steps {
            // The steps start with words of ours.
            page.line(&format!("- {}", prose(step, SENTENCE)));
        }
    }
    page.text
}

fn pats(page: &mut Page, report: &RevocationReport) {
    let pats = words::by_outcome(report);
    if pats.is_empty() {
        return;
    }
    page.line("");
    page.row(["Outcome", "Ends", "Owner", "Name", "Scopes", "Id", ""].map(str::to_owned));
    page.line("|---|---|---|---|---|---|---|");
    for pat in pats.iter().take(PATS) {
        let scopes = pat.scopes.join(" ");
        page.row([
            pat.outcome.words().to_owned(),
            pat.valid_to.map(date).unwrap_or_default(),
            pat.owner
                .as_deref()
                .map(|owner| code(owner, NAME))
                .unwrap_or_default(),
            pat.display_name
                .as_deref()
                .map(|name| code(name, NAME))
                .unwrap_or_default(),
            if scopes.is_empty() {
                scopes
            } else {
                code(&scopes, SCOPES)
            },
            code(pat.authorization_id.as_str(), NAME),
            prose(words::note(pat), SENTENCE),
        ]);
    }
    page.more(PATS, pats.len());
}

fn failures(page: &mut Page, report: &RevocationReport) {
    let failed: Vec<_> = report.pats.iter().filter(|pat| pat.failure.is_some()).collect();
    if failed.is_empty() {
        return;
    }
    page.heading(&format!("Failed: {}", report.counts.failed));
    for pat in failed.iter().take(FAILURES) {
        page.line(&format!("- {}", code(words::called(pat), NAME)));
        if let Some(failure) = &pat.failure {
            page.line(&format!("  - What: {}", prose(&failure.what, SENTENCE)));
            why(page, failure, "  ");
        }
    }
    page.more(FAILURES, failed.len());
}

fn why(page: &mut Page, failure: &Failure, indent: &str) {
    if let Some(why) = &failure.why {
        page.line(&format!("{indent}- Why: {}", prose(why, SENTENCE)));
    }
    for way in &failure.ways_out {
        page.line(&format!("{indent}- Way out: {}", prose(way, SENTENCE)));
    }
    for (head, words) in for_support(failure) {
        page.line(&format!("{indent}- {head}: {}", code(&words, SENTENCE)));
    }
}
