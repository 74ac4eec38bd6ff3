//! PatRotate's log, told while it happens.

use std::time::Duration;

use super::super::LogLine;
use crate::report::Tool;
use crate::rotation::{
    Fate, Line, Metadata, Observed, Other, Outcome, Purpose, Record, RotationReport, Secret, Settings, Step,
};
use crate::text::{fit, name};
use crate::time;

/// Columns of a name, of what a step does, of what came of it, of a sentence.
const NAME: usize = 60;
const WORDS: usize = 280;
const OUTCOME: usize = 160;
const SENTENCE: usize = 400;

/// Warnings, and PATs that wait, shown each.
const OTHERS: usize = 20;

/// What is asked for, and what was seen before anything is decided.
#[must_use]
pub fn opening(settings: &Settings, observed: &Observed) -> Vec<LogLine> {
    let version = Tool::this().version;
    let signed_in = format!("signed in as {}", observed.me.words());
    let head = ["PatRotate", settings.organization.name(), &signed_in];
    let head: Vec<String> = head.iter().map(|part| fit(part, NAME)).collect();
    let mut lines = vec![
        text(format!("Patkeeper {version} · {}", head.join(" · "))),
        text(format!(
            "PAT {} in secret {} of {}",
            settings.name,
            name(&settings.secret, NAME),
            name(&settings.store, NAME)
        )),
    ];
    if settings.dry_run {
        lines.push(text(
            "Dry run: nothing is changed. What would be done:".to_owned(),
        ));
    }
    let (recorded, under_way) = seen(observed);
    lines.push(row("recorded", None, &fit(&recorded, WORDS)));
    lines.extend(under_way.map(|words| row("under way", None, &fit(&words, WORDS))));
    lines
}

/// The recorded PAT, and what a run has said that it is about to do.
fn seen(observed: &Observed) -> (String, Option<String>) {
    let current = match &observed.secret {
        Secret::Absent => return ("nothing yet: there is no secret of that name".to_owned(), None),
        Secret::Present { current, .. } => current,
    };
    let version = &current.id;
    let Ok(metadata) = Metadata::read(&current.tags) else {
        return (
            format!("version {version}, whose tags cannot be understood"),
            None,
        );
    };
    let under_way = metadata.intent.as_ref().map(|intent| {
        format!(
            "build {}, attempt {}, since {}: to mint {}",
            intent.run.build(),
            intent.run.attempt(),
            time::minute(intent.start),
            intent.name
        )
    });
    let recorded = match &metadata.record {
        Some(record) => format!("{}, version {version}", ending(record, observed)),
        None if metadata.is_ours() => "nothing yet".to_owned(),
        None => format!("version {version}, which has none of Patkeeper's tags"),
    };
    (recorded, under_way)
}

fn ending(record: &Record, observed: &Observed) -> String {
    let left = record.valid_to - observed.clock.store;
    let end = time::minute(record.valid_to);
    let ends = if left.num_seconds() > 0 {
        format!("ends {end} ({})", time::left(left))
    } else {
        format!("ended {end}")
    };
    format!("{}, {ends}", record.display_name)
}

/// A step, with what came of it and how long it took; in a dry run what would be done, where it was not. `detail` says
/// more of what came of it.
#[must_use]
pub fn step(
    step: &Step,
    outcome: &Outcome,
    took: Duration,
    detail: Option<&str>,
    dry_run: bool,
) -> Vec<LogLine> {
    let line = Line::of(step, outcome);
    let words = fit(&line.words, WORDS);
    if dry_run && step.assumed().is_some() {
        let verb = match step {
            Step::WriteTags(write) if matches!(write.purpose, Purpose::Intend { .. }) => "write the intent",
            _ => line.label,
        };
        return vec![row(line.label, None, &format!("would {verb} {words}"))];
    }
    let came = fit(detail.unwrap_or(&line.outcome), OUTCOME);
    let words = if came.is_empty() {
        words
    } else {
        format!("{words} → {came}")
    };
    let mut lines = vec![row(line.label, Some(took), &words)];
    if !line.more.is_empty() {
        lines.push(row("", None, &fit(&line.more, SENTENCE)));
    }
    lines
}

/// What holds at the end, and what waits for a later run; but for [`warnings`] and the last line, which is
/// [`RotationReport::sentence`].
#[must_use]
pub fn closing(report: &RotationReport) -> Vec<LogLine> {
    let mut lines = Vec::new();
    if let Some(record) = &report.record
        && (report.rotated || report.extended)
        && !report.dry_run
    {
        let version = report.version.as_deref().unwrap_or_default();
        let end = time::minute(record.valid_to);
        let words = format!("{}, ends {end}, version {version}", record.display_name);
        lines.push(row("now holds", None, &fit(&words, WORDS)));
    }
    // Of what cannot be revoked with this sign-in a warning speaks.
    let waits = |other: &&Other| matches!(other.fate, Fate::Waits { .. } | Fate::Overdue);
    let waiting: Vec<&Other> = report.others.iter().filter(waits).collect();
    lines.extend(waiting.iter().take(OTHERS).map(|other| {
        let words = format!("{}: {}", name(other.called(), NAME), other.words(report.dry_run));
        row("waits", None, &fit(&words, WORDS))
    }));
    lines.extend(more(waiting.len()));
    if let Some(due) = report.next_due {
        lines.push(row("next due", None, &format!("from {} on", time::minute(due))));
    }
    lines
}

/// What is to be said beside the step, though it fails nothing.
#[must_use]
pub fn warnings(report: &RotationReport) -> Vec<String> {
    let all = report.warnings.len();
    let warnings = report.warnings.iter().take(OTHERS);
    let mut warnings: Vec<String> = warnings.map(|warning| fit(warning, SENTENCE)).collect();
    if all > OTHERS {
        warnings.push(format!("… and {} more", all - OTHERS));
    }
    warnings
}

fn more(all: usize) -> Option<LogLine> {
    (all > OTHERS).then(|| text(format!("… and {} more", all - OTHERS)))
}

fn text(line: String) -> LogLine {
    LogLine::Text(line)
}

/// `  mint        0.2 s  ci-…`: the times and the words below each other, however long the words are.
fn row(label: &str, took: Option<Duration>, words: &str) -> LogLine {
    let took = took
        .map(|took| format!("{:.1} s", took.as_secs_f64()))
        .unwrap_or_default();
    text(format!("  {label:<9}  {took:>7}  {words}"))
}
