//! What a team must know of a revocation: what failed and what to do, then what is gone.

use patkeeper_core::report::UnreadableEntry;
use patkeeper_core::revocation::{PatOutcome, RevocationReport, RevokedPat};

use super::{
    DETAIL, Digest, Item, SENTENCE, Weight, context, count, cut, link, name, of, said, unreadable,
    why_and_ways_out,
};

/// Notes shown: the log has them all.
const NOTES: usize = 3;

pub(super) fn digest<'a>(report: &'a RevocationReport, sentence: &str) -> Digest<'a> {
    let link = link(&report.run);
    Digest {
        title: title(report),
        sentence: cut(sentence, SENTENCE),
        items: items(report),
        context: context(None, &report.run, &report.tool.version),
        link,
        unlisted: 0,
        rest: if link.is_some() {
            "the build's summary and reports list all"
        } else {
            "the log and the reports list all"
        },
    }
}

fn title(report: &RevocationReport) -> String {
    let counts = report.counts;
    let number = |number: u32, what: &str| (number > 0).then(|| format!("{} {what}", count(number, "PAT")));
    let parts: Vec<String> = [
        number(counts.failed, "not revoked"),
        number(counts.revoked, "revoked"),
        number(counts.would_revoke, "would be revoked"),
    ]
    .into_iter()
    .flatten()
    .collect();
    let what = match parts.as_slice() {
        [] if report.failures().next().is_some() => "the revocation failed".to_owned(),
        [] => "nothing to revoke".to_owned(),
        parts => parts.join(", "),
    };
    let organization = of(std::iter::once(report.organization.name.as_str()));
    cut(&format!("Azure DevOps PATs{organization}: {what}"), 140)
}

fn items(report: &RevocationReport) -> Vec<Item> {
    // What it was is said by the sentence above.
    let mut items: Vec<Item> = report.failure.iter().flat_map(why_and_ways_out).collect();
    items.extend(with(report, PatOutcome::Failed));
    items.extend(
        report
            .unreadable
            .iter()
            .map(|entry: &UnreadableEntry| unreadable(entry)),
    );
    let reason = report.settings.reason.iter();
    items.extend(reason.map(|reason| said(Weight::Soon, "reason", reason)));
    let notes = report.notes.iter().take(NOTES);
    items.extend(notes.map(|note| said(Weight::Soon, "note", note)));
    for outcome in [
        PatOutcome::Revoked,
        PatOutcome::WouldRevoke,
        PatOutcome::AlreadyGone,
    ] {
        items.extend(with(report, outcome));
    }
    items
}

fn with(report: &RevocationReport, outcome: PatOutcome) -> impl Iterator<Item = Item> + '_ {
    let all = report.pats.iter().filter(move |pat| pat.outcome == outcome);
    all.map(item)
}

fn item(pat: &RevokedPat) -> Item {
    let (weight, label) = match pat.outcome {
        PatOutcome::Failed => (Weight::Bad, "not revoked"),
        PatOutcome::Revoked => (Weight::Good, "revoked"),
        PatOutcome::WouldRevoke => (Weight::Soon, "would be revoked"),
        PatOutcome::AlreadyGone => (Weight::Good, "already gone"),
    };
    let owner = pat.owner.as_ref().map(|owner| format!("of {owner}"));
    let id = pat
        .display_name
        .as_ref()
        .map(|_| format!("id {}", pat.authorization_id));
    let why = pat.failure.as_ref().map(|failure| failure.what.clone());
    let detail: Vec<String> = [why, owner, id].into_iter().flatten().collect();
    Item {
        weight,
        label,
        subject: match &pat.display_name {
            Some(called) => name(called),
            None => name(pat.authorization_id.as_str()),
        },
        detail: cut(&detail.join(" · "), DETAIL),
    }
}
