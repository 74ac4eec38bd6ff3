//! What a team must know of a rotation: why it failed and what to do, or what holds from now on.

use patkeeper_core::failure::Failure;
use patkeeper_core::report::{Run, Tool};
use patkeeper_core::rotation::{Fate, Other, RotationReport};
use patkeeper_core::time;

use super::{DETAIL, Digest, Item, SENTENCE, Weight, context, cut, link, name, said, why_and_ways_out};

pub(super) fn digest<'a>(report: &'a RotationReport, run: &'a Run, sentence: &str) -> Digest<'a> {
    let link = link(run);
    Digest {
        title: title(report),
        sentence: cut(sentence, SENTENCE),
        items: items(report),
        context: context(None, run, &Tool::this().version),
        link,
        unlisted: 0,
        rest: if link.is_some() {
            "the build's summary lists all"
        } else {
            "the log lists all"
        },
    }
}

fn title(report: &RotationReport) -> String {
    let (name, of) = (&report.name, report.organization.name());
    let headline = report.headline();
    cut(&format!("Azure DevOps PAT {name} of {of}: {headline}"), 140)
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
            .filter_map(|other| self::other(other, report.dry_run)),
    );
    items.extend(
        report
            .warnings
            .iter()
            .map(|warning| said(Weight::Soon, "warning", warning)),
    );
    items
}

/// Why it failed, and what to do first.
fn failed(report: &RotationReport, failure: &Failure) -> Vec<Item> {
    let mut items = Vec::new();
    // Else it is the sentence above.
    if report.rotated || report.extended {
        items.push(said(Weight::Bad, "failed", &failure.what));
    }
    items.extend(why_and_ways_out(failure));
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
        time::minute(record.valid_to),
        report.secret,
        report.store
    );
    if let Some(version) = report.version.as_deref().filter(|_| report.rotated) {
        detail.push_str(&format!(", version {version}"));
    }
    if let Some(due) = report.next_due {
        detail.push_str(&format!("; due from {} on", time::day(due)));
    }
    Some(Item {
        weight,
        label,
        subject: name(&record.display_name),
        detail: cut(&detail, DETAIL),
    })
}

fn other(other: &Other, dry_run: bool) -> Option<Item> {
    let (weight, label) = match other.fate {
        Fate::Revoked => (Weight::Good, "revoked"),
        Fate::Ended | Fate::Waits { .. } => (Weight::Good, "old PAT"),
        Fate::Unseen | Fate::Overdue => (Weight::Soon, "old PAT"),
        // A warning says it.
        Fate::OthersOwn { .. } => return None,
    };
    let detail = match other.fate {
        Fate::Revoked => format!("id {}", other.id),
        _ => other.words(dry_run),
    };
    Some(Item {
        weight,
        label,
        subject: name(other.called()),
        detail: cut(&detail, DETAIL),
    })
}
