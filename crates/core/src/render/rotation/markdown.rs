//! The summary of a rotation on the build page.

use super::super::failure::for_support;
use super::super::page::Page;
use crate::failure::Failure;
use crate::report::{Run, Tool};
use crate::rotation::{Line, Other, Record, RotationReport};
use crate::text::markdown::{code, prose};
use crate::time;

/// Other PATs, warnings and steps shown, each.
const OTHERS: usize = 50;

/// Columns of a name, a sentence.
const NAME: usize = 60;
const SENTENCE: usize = 400;

/// The Markdown summary for the build page: what happened, the recorded PAT and the one before it, warnings, the
/// steps. Never over 128 KiB. It holds no links, images or HTML, whatever names and messages hold.
#[must_use]
pub fn markdown(report: &RotationReport, run: &Run) -> String {
    let mut page = Page::new("in the log");
    page.line(&format!("## {}: {}", prose(&run.task, NAME), report.headline()));
    page.line("");
    // A word of ours first, and no emphasis around: the sentence may quote what would end it.
    page.line(&format!("**Result:** {}", prose(&report.sentence(), SENTENCE)));
    page.line("");
    if let Some(failure) = &report.failure {
        failed(&mut page, report, failure);
        page.line("");
    }
    if let Some(record) = &report.record {
        recorded(&mut page, report, record);
        page.line("");
    }
    page.line(&format!(
        "- PAT {} of {}, in secret {} of {}",
        code(&report.name, NAME),
        code(report.organization.name(), NAME),
        code(&report.secret, NAME),
        prose(&report.store, NAME)
    ));
    if !report.reason.is_empty() && (report.rotated || report.extended || report.failure.is_some()) {
        page.line(&format!("- Why now: {}", prose(&report.reason, SENTENCE)));
    }
    page.line(&format!(
        "- At {}, by Patkeeper {}",
        time::minute(run.at),
        code(&Tool::this().version, NAME)
    ));
    others(&mut page, report);
    warnings(&mut page, report);
    steps(&mut page, report);
    page.text
}

fn failed(page: &mut Page, report: &RotationReport, failure: &Failure) {
    // Else it stands above.
    if report.rotated || report.extended {
        page.line(&format!("- What: {}", prose(&failure.what, SENTENCE)));
    }
    if let Some(why) = &failure.why {
        page.line(&format!("- Why: {}", prose(why, SENTENCE)));
    }
    for way in failure.ways_out.iter().take(OTHERS) {
        page.line(&format!("- Way out: {}", prose(way, SENTENCE)));
    }
    for (head, words) in for_support(failure) {
        page.line(&format!("- {head}: {}", code(&words, SENTENCE)));
    }
}

fn recorded(page: &mut Page, report: &RotationReport, record: &Record) {
    let head = if report.dry_run && report.rotated {
        "PAT that would be minted"
    } else {
        "Recorded PAT"
    };
    page.row([head, "Version", "Valid until", "Next due", "Previous PAT"].map(str::to_owned));
    page.line("|---|---|---|---|---|");
    // What is not made has no version.
    let version = report.version.as_deref();
    let version = version.filter(|_| !(report.dry_run && report.rotated));
    let due = report.next_due.map(time::minute).unwrap_or_default();
    page.row([
        code(&record.display_name, NAME),
        version.map(|version| code(version, NAME)).unwrap_or_default(),
        time::minute(record.valid_to),
        due,
        previous(report).map_or_else(|| "none".to_owned(), |other| fate(report, other)),
    ]);
}

fn previous(report: &RotationReport) -> Option<&Other> {
    let previous = report.previous.as_ref()?;
    report.others.iter().find(|other| other.id == previous.id)
}

fn fate(report: &RotationReport, other: &Other) -> String {
    format!(
        "{}: {}",
        code(other.called(), NAME),
        prose(&other.words(report.dry_run), SENTENCE)
    )
}

/// Those that the table has not.
fn others(page: &mut Page, report: &RotationReport) {
    let in_table = previous(report).filter(|_| report.record.is_some());
    let others: Vec<&Other> = report
        .others
        .iter()
        .filter(|other| in_table.is_none_or(|previous| previous.id != other.id))
        .collect();
    if others.is_empty() {
        return;
    }
    page.heading("Other PATs");
    for other in others.iter().take(OTHERS) {
        page.line(&format!("- {}", fate(report, other)));
    }
    page.more(OTHERS, others.len());
}

fn warnings(page: &mut Page, report: &RotationReport) {
    if report.warnings.is_empty() {
        return;
    }
    page.heading("Warnings");
    for warning in report.warnings.iter().take(OTHERS) {
        // A word of ours first: the warning's own first word could make a list or a heading.
        page.line(&format!("- Warning: {}", prose(warning, SENTENCE)));
    }
    page.more(OTHERS, report.warnings.len());
}

fn steps(page: &mut Page, report: &RotationReport) {
    if report.lines.is_empty() {
        return;
    }
    if report.dry_run {
        page.heading("Plan");
        page.row(["Step", "What"].map(str::to_owned));
        page.line("|---|---|");
        for line in report.lines.iter().take(OTHERS) {
            page.row([line.label.to_owned(), prose(&line.words, SENTENCE)]);
        }
    } else {
        page.heading("Steps");
        page.row(["Step", "What", "Outcome"].map(str::to_owned));
        page.line("|---|---|---|");
        for line in report.lines.iter().take(OTHERS) {
            page.row([line.label.to_owned(), prose(&line.words, SENTENCE), outcome(line)]);
        }
    }
    page.more(OTHERS, report.lines.len());
}

fn outcome(line: &Line) -> String {
    match (line.outcome.as_str(), line.more.as_str()) {
        ("", "") => "done".to_owned(),
        (outcome, "") => prose(outcome, SENTENCE),
        ("", more) => prose(more, SENTENCE),
        (outcome, more) => prose(&format!("{outcome}: {more}"), SENTENCE),
    }
}
