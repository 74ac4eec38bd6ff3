//! What a team must know of a rotation: why it failed and what to do, or what holds from now on.

use patkeeper_core::failure::{Failure, FailureKind};
use patkeeper_core::report::{Run, Tool};
use patkeeper_core::rotation::{Fate, Other, RotationReport};

use super::{DETAIL, Digest, Item, SENTENCE, SUBJECT, Weight, context, cut, link, minute, name};

/// Ways out shown: the log has them all.
const WAYS_OUT: usize = 3;

pub(super) fn digest<'a>(report: &'a RotationReport, run: &'a Run, sentence: &str) -> Digest<'a> {
    let link = link(run);
    Digest {
        title: title(report),
        sentence: cut(sentence, SENTENCE),
        items: items(report),
        context: context(None, run, &Tool::this().version),
        link,
        lists_all: if link.is_some() {
            "the build's summary lists all"
        } else {
            "the log lists all"
        },
    }
}

fn title(report: &RotationReport) -> String {
    let done = match (report.rotated, report.extended) {
        (true, _) => "rotated",
        (_, true) => "extended",
        _ if report.revoked().next().is_some() => "what was replaced is revoked",
        _ => "not due",
    };
    let outcome = match &report.failure {
        Some(failure) if failure.kind == FailureKind::NeedsPerson => "a person is needed".to_owned(),
        Some(_) if report.rotated || report.extended => format!("{done}, but not all is done"),
        Some(_) => "rotation failed".to_owned(),
        None if report.dry_run => format!("{done} (dry run)"),
        None => done.to_owned(),
    };
    let of = report.organization.name();
    cut(
        &format!("Azure DevOps PAT {} of {of}: {outcome}", report.name),
        140,
    )
}

fn items(report: &RotationReport) -> Vec<Item> {
    let mut items = Vec::new();
    if let Some(failure) = &report.failure {
        items.extend(failed(report, failure));
    }
    items.extend(recorded(report));
    items.extend(
        report
            .others
            .iter()
            .map(|other| self::other(other, report.dry_run)),
    );
    items.extend(
        report
            .warnings
            .iter()
            .map(|warning| said(Weight::Soon, "warning", warning)),
    );
    items
}

fn said(weight: Weight, label: &'static str, sentence: &str) -> Item {
    Item {
        weight,
        label,
        subject: cut(sentence, SENTENCE),
        detail: String::new(),
    }
}

/// Why it failed, and what to do first.
fn failed(report: &RotationReport, failure: &Failure) -> Vec<Item> {
    let mut items = Vec::new();
    // Else it is the sentence above.
    if report.rotated || report.extended {
        items.push(said(Weight::Bad, "failed", &failure.what));
    }
    items.extend(failure.why.iter().map(|why| said(Weight::Bad, "why", why)));
    let labels = ["do first", "or", "or"].into_iter().take(WAYS_OUT);
    items.extend(
        labels
            .zip(&failure.ways_out)
            .map(|(label, way)| said(Weight::Bad, label, way)),
    );
    items
}

/// The PAT that the secret holds, where that is known.
fn recorded(report: &RotationReport) -> Option<Item> {
    let record = report.record.as_ref()?;
    let (weight, label) = match (report.rotated, report.extended) {
        (true, _) => (Weight::Good, "new"),
        (_, true) => (Weight::Good, "extended"),
        _ => (Weight::Soon, "recorded"),
    };
    let mut detail = format!(
        "ends {}, in secret {} of {}",
        minute(record.valid_to),
        report.secret,
        report.store
    );
    if let Some(version) = report.version.as_deref().filter(|_| report.rotated) {
        detail.push_str(&format!(", version {version}"));
    }
    if let Some(due) = report.next_due {
        detail.push_str(&format!("; next due {}", due.format("%Y-%m-%d")));
    }
    Some(Item {
        weight,
        label,
        subject: name(&record.display_name),
        detail: cut(&detail, DETAIL),
    })
}

fn other(other: &Other, dry_run: bool) -> Item {
    let weight = match other.fate {
        Fate::Revoked | Fate::Ended | Fate::Waits { .. } => Weight::Good,
        Fate::Unseen | Fate::Overdue | Fate::OthersOwn { .. } => Weight::Soon,
    };
    Item {
        weight,
        label: "replaced",
        subject: cut(other.called(), SUBJECT),
        detail: cut(&other.words(dry_run), DETAIL),
    }
}
