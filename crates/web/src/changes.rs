//! What rotations, revocations and audits came to.

use patkeeper_core::audit::{AuditReport, AuditedEvent};
use patkeeper_core::failure::Failure;
use patkeeper_core::render::{audit, cause_words, revocation};
use patkeeper_core::revocation::{PatOutcome, RevocationReport};
use patkeeper_core::rotation::{FateKind, RotationDocument};
use patkeeper_core::text::{visible, visible_name};
use patkeeper_core::time;

use crate::documents::Other;
use crate::model::{Change, ChangeLine, Tone};
use crate::moment::milliseconds;
use crate::table::number;

/// Lines shown of one change.
const LINES: usize = 50;

impl Other {
    pub(crate) fn tone(&self) -> Tone {
        match self {
            Self::Rotation(document) => of_rotation(document),
            Self::Revocation(report) => Tone::of_end(report.end()),
            Self::Audit(report) => of_audit(report),
        }
    }

    /// As the step's log ends. A rotation's says which PAT, since a build may rotate several.
    pub(crate) fn sentence(&self) -> String {
        visible(&match self {
            Self::Rotation(document) => format!("{}: {}", visible_name(&document.name), document.sentence),
            Self::Revocation(report) => report.sentence(),
            Self::Audit(report) => report.sentence(),
        })
    }

    pub(crate) fn change(&self) -> Change {
        let (mut lines, more, mut remedies) = match self {
            Self::Rotation(document) => rotation(document),
            Self::Revocation(report) => revoked(report),
            Self::Audit(report) => audited(report),
        };
        let more = more + number(lines.len().saturating_sub(LINES));
        lines.truncate(LINES);
        for remedy in &mut remedies {
            *remedy = visible(remedy);
        }
        let run = self.run();
        Change {
            task: visible(&run.task),
            at: milliseconds(run.at),
            at_words: time::minute(run.at),
            tone: self.tone(),
            sentence: self.sentence(),
            lines,
            more,
            remedies,
        }
    }
}

type Told = (Vec<ChangeLine>, u32, Vec<String>);

fn line(subject: &str, words: &str, tone: Tone) -> ChangeLine {
    ChangeLine {
        subject: visible_name(subject),
        words: visible(words),
        tone,
    }
}

/// Why something failed.
fn why(failure: &Failure) -> String {
    match cause_words(failure) {
        why if why.is_empty() => failure.what.clone(),
        why => format!("{} ({why})", failure.what),
    }
}

fn of_rotation(document: &RotationDocument) -> Tone {
    let others = document.others.iter().map(|other| of_fate(other.fate));
    let warned = (!document.warnings.is_empty()).then_some(Tone::Warning);
    let waits = others.max().filter(|tone| *tone > Tone::Notice);
    let planned = document.dry_run.then_some(Tone::Notice);
    let failed = document.failure.is_some().then_some(Tone::Bad);
    let tones = [failed, warned, waits, planned];
    tones.into_iter().flatten().max().unwrap_or(Tone::Good)
}

fn of_fate(fate: FateKind) -> Tone {
    match fate {
        FateKind::Revoked | FateKind::Ended | FateKind::Unseen => Tone::Good,
        FateKind::Waits => Tone::Notice,
        FateKind::Overdue | FateKind::OthersOwn => Tone::Warning,
    }
}

fn rotation(document: &RotationDocument) -> Told {
    let mut lines = Vec::new();
    if let Some(after) = &document.after {
        let ends = time::minute(after.valid_to);
        let words = match (document.rotated, document.extended, document.dry_run) {
            (true, _, false) => format!("new, ends {ends}"),
            (true, _, true) => format!("would be new, and end {ends}"),
            (_, true, false) => format!("extended, ends {ends}"),
            (_, true, true) => format!("would be extended, and end {ends}"),
            _ => format!("in the store, ends {ends}"),
        };
        lines.push(line(&after.display_name, &words, Tone::Good));
    }
    for other in &document.others {
        let called = other
            .display_name
            .as_deref()
            .unwrap_or(other.authorization_id.as_str());
        lines.push(line(called, &other.words, of_fate(other.fate)));
    }
    for pat in &document.unrecorded {
        let words = "looks like one of this rotation's, and nothing records it; it is never revoked";
        lines.push(line(&pat.display_name, words, Tone::Warning));
    }
    for warning in &document.warnings {
        lines.push(line(&document.name, warning, Tone::Warning));
    }
    let failure = document.failure.as_ref();
    if let Some(failure) = failure {
        lines.insert(0, line(&document.name, &why(failure), Tone::Bad));
    }
    let remedies = failure.map(|failure| failure.ways_out.clone());
    (lines, 0, remedies.unwrap_or_default())
}

fn revoked(report: &RevocationReport) -> Told {
    let mut lines = Vec::new();
    let mut remedies = Vec::new();
    if let Some(failure) = &report.failure {
        lines.push(line(&report.organization.name, &why(failure), Tone::Bad));
        remedies.extend(failure.ways_out.iter().cloned());
    }
    for pat in revocation::by_outcome(report) {
        let tone = match pat.outcome {
            PatOutcome::Failed => Tone::Bad,
            PatOutcome::WouldRevoke => Tone::Warning,
            PatOutcome::Revoked | PatOutcome::AlreadyGone => Tone::Good,
        };
        let outcome = pat.outcome.words();
        let of = pat
            .owner
            .as_deref()
            .map_or_else(String::new, |owner| format!(", of {owner}"));
        let words = match &pat.failure {
            Some(failure) => format!("{outcome}{of}: {}", why(failure)),
            None => format!("{outcome}{of}"),
        };
        lines.push(line(revocation::called(pat), &words, tone));
        for way in pat.failure.iter().flat_map(|failure| &failure.ways_out) {
            if remedies.len() < LINES && !remedies.contains(way) {
                remedies.push(way.clone());
            }
        }
    }
    remedies.extend(revocation::next_steps(report));
    (lines, 0, remedies)
}

fn of_audit(report: &AuditReport) -> Tone {
    let totals = &report.totals;
    let tones = [
        (!report.unreadable.is_empty(), Tone::Unknown),
        (totals.leaked > 0, Tone::Bad),
        (totals.full_scope > 0 || totals.system_revoked > 0, Tone::Warning),
    ];
    let worst = tones
        .into_iter()
        .filter_map(|(so, tone)| so.then_some(tone))
        .max();
    worst.unwrap_or_else(|| Tone::of_end(report.end()))
}

fn audited(report: &AuditReport) -> Told {
    let mut lines = Vec::new();
    let mut remedies = Vec::new();
    let leaks = audit::leaks(report);
    for (event, step) in &leaks {
        let words = format!("{}, {}: {step}", event.what, time::minute(event.at));
        lines.push(line(subject(event), &words, Tone::Bad));
    }
    if report.totals.leaked > 0 {
        remedies.push(audit::AFTER_A_LEAK.to_owned());
    }
    if report.totals.full_scope > 0 {
        remedies.push(audit::FULL_ACCESS.to_owned());
    }
    if report.totals.system_revoked > 0 {
        remedies.push(audit::SYSTEM.to_owned());
    }
    let grave = audit::with_full_access(report)
        .into_iter()
        .chain(audit::by_the_system(report));
    let grave: Vec<&AuditedEvent> = grave.filter(|event| !event.leaked).collect();
    let told = |event: &AuditedEvent, tone| {
        let by = format!(
            "{} by {}, {}",
            event.what,
            event.actor.called(),
            time::minute(event.at)
        );
        let words = match audit::note(event) {
            note if note.is_empty() => by,
            note => format!("{by}; {note}"),
        };
        line(subject(event), &words, tone)
    };
    lines.extend(grave.iter().map(|event| told(event, Tone::Warning)));
    let is_told = |event: &AuditedEvent| event.leaked || grave.iter().any(|one| std::ptr::eq(*one, event));
    let others = report.events.iter().filter(|event| !is_told(event));
    lines.extend(others.map(|event| told(event, Tone::Notice)));
    (lines, report.totals.not_listed, remedies)
}

/// The PAT; else who did it.
fn subject(event: &AuditedEvent) -> &str {
    match audit::pat(event) {
        "" => event.actor.called(),
        pat => pat,
    }
}
