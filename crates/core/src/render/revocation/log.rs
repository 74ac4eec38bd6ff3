//! PatRevoke's log.

use super::super::LogLine;
use super::super::failure::details;
use super::super::log::{Lines, more, notes, unreadable};
use super::super::table::{self, Align};
use super::super::words::{date, signed_in};
use super::words;
use crate::failure::Failure;
use crate::revocation::{RevocationReport, RevokedPat};
use crate::text::{fit, name};

/// PATs shown.
const PATS: usize = 50;
/// Failures told in full.
const FAILURES: usize = 10;

/// Widest cells, in columns.
const NAME: usize = 40;
const SCOPES: usize = 44;
const SENTENCE: usize = 300;

/// PatRevoke's log but for its last line ([`RevocationReport::sentence`]): what is meant and why, each PAT with what
/// became of it, what failed and what to do about it, what could not be read, what to do next. What is over the limit
/// (50 PATs) is counted.
#[must_use]
pub fn log(report: &RevocationReport) -> Vec<LogLine> {
    let mut lines = Lines(Vec::new());
    header(&mut lines, report);
    pats(&mut lines, report);
    if let Some(failure) = &report.failure {
        lines.text("");
        lines.text(fit(&failure.what, SENTENCE));
        lines.all(indented(failure));
    }
    failures(&mut lines, report);
    unreadable(&mut lines, &report.unreadable);
    notes(&mut lines, &report.notes);
    let steps = words::next_steps(report);
    if !steps.is_empty() {
        lines.text("");
        lines.text("What to do next");
        lines.all(steps.iter().map(|step| format!("  {}", fit(step, SENTENCE))));
    }
    lines.0
}

fn header(lines: &mut Lines, report: &RevocationReport) {
    let head = [
        format!("Patkeeper {}", fit(&report.tool.version, NAME)),
        fit(&report.run.task, NAME),
        fit(&report.organization.name, NAME),
        fit(&signed_in(&report.organization), SENTENCE),
    ];
    lines.text(head.join(" · "));
    if report.settings.dry_run {
        lines.text(words::DRY_RUN);
    }
    lines.text(fit(&words::asked(report), SENTENCE));
    if let Some(reason) = &report.settings.reason {
        lines.text(format!("Reason: {}", fit(reason, SENTENCE)));
    }
    lines.text(words::read(report));
}

fn pats(lines: &mut Lines, report: &RevocationReport) {
    let pats = words::by_outcome(report);
    if pats.is_empty() {
        return;
    }
    let head = ["OUTCOME", "ENDS", "OWNER", "NAME", "SCOPES", "ID", ""].map(str::to_owned);
    let owned = pats.iter().any(|pat| pat.owner.is_some());
    let row = |pat: &RevokedPat| {
        vec![
            pat.outcome.words().to_owned(),
            pat.valid_to.map(date).unwrap_or_default(),
            fit(pat.owner.as_deref().unwrap_or_default(), NAME),
            // Of an id that no list holds there is nothing more to say than the id.
            pat.display_name
                .as_deref()
                .map(|called| name(called, NAME))
                .unwrap_or_default(),
            fit(&pat.scopes.join(" "), SCOPES),
            fit(pat.authorization_id.as_str(), NAME),
            words::note(pat).to_owned(),
        ]
    };
    let mut rows = vec![head.to_vec()];
    rows.extend(pats.iter().take(PATS).map(|pat| row(pat)));
    if !owned && let Some(owner) = rows.first_mut().and_then(|head| head.get_mut(2)) {
        owner.clear();
    }
    lines.text("");
    lines.all(table::lines(&[Align::Left; 7], &rows));
    lines.all(more(PATS, pats.len()));
}

/// What failed, each cause said once below all that it kept from being revoked.
fn failures(lines: &mut Lines, report: &RevocationReport) {
    let mut causes: Vec<(&Failure, Vec<&RevokedPat>)> = Vec::new();
    for pat in &report.pats {
        let Some(failure) = &pat.failure else {
            continue;
        };
        match causes.last_mut().filter(|(cause, _)| *cause == failure) {
            Some((_, pats)) => pats.push(pat),
            None => causes.push((failure, vec![pat])),
        }
    }
    if causes.is_empty() {
        return;
    }
    lines.text("");
    lines.text(format!("Failed: {}", report.counts.failed));
    for (cause, pats) in causes.iter().take(FAILURES) {
        let shown = pats.iter().take(FAILURES);
        lines.all(shown.map(|pat| format!("  {}", name(words::called(pat), NAME))));
        lines.all(more(FAILURES, pats.len()));
        lines.text(format!("    {}", fit(&cause.what, SENTENCE)));
        lines.all(indented(cause).map(|line| format!("  {line}")));
    }
    lines.all(more(FAILURES, causes.len()));
}

fn indented(failure: &Failure) -> impl Iterator<Item = String> {
    details(failure).into_iter().map(|line| format!("  {line}"))
}
