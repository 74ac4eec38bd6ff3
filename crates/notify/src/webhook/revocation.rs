//! The document of a revocation.

use patkeeper_core::revocation::{PatOutcome, RevocationReport, RevokedPat};
use serde_json::{Value, json};

use super::{LONGEST, failure, fill, frame, id, most, sentences, unreadable};
use crate::digest::{cut, name, word};

pub(super) fn document(report: &RevocationReport, sentence: &str) -> Value {
    let order = [
        PatOutcome::Failed,
        PatOutcome::Revoked,
        PatOutcome::WouldRevoke,
        PatOutcome::AlreadyGone,
    ];
    let pats = order.into_iter().flat_map(|outcome| {
        let with = report.pats.iter().filter(move |pat| pat.outcome == outcome);
        with.map(pat)
    });
    let (pats, pats_left_out) = most(pats);
    let asked = &report.settings;
    let (owners, owners_left_out) = sentences(&asked.owners);
    let (names, names_left_out) = sentences(&asked.names);
    let (unreadable, unreadable_left_out) = unreadable(&report.unreadable);
    let (notes, notes_left_out) = sentences(&report.notes);
    let mut document = frame(&report.run, &report.tool, sentence);
    fill(
        &mut document,
        json!({
            "status": status(report),
            "organizations": [name(&report.organization.name)],
            "unreadable": unreadable,
            "revocation": {
                "scope": cut(&asked.scope, 40),
                "owners": owners,
                "selector": word(asked.selector),
                "names": names,
                "dryRun": asked.dry_run,
                "expectCount": asked.expect_count,
                "reason": asked.reason.as_deref().map(|reason| cut(reason, LONGEST)),
                "counts": report.counts,
                "pats": pats,
                "notes": notes,
                "failure": report.failure.as_ref().map(failure),
            },
            "leftOut": {
                "unreadable": unreadable_left_out,
                "owners": owners_left_out,
                "names": names_left_out,
                "pats": pats_left_out,
                "notes": notes_left_out,
            },
        }),
    );
    document
}

/// The mildest first: `nothing`, `wouldRevoke`, `revoked`, `failed` (something could not be revoked or read).
fn status(report: &RevocationReport) -> &'static str {
    match report.counts {
        _ if report.failures().next().is_some() => "failed",
        counts if counts.revoked > 0 => "revoked",
        counts if counts.would_revoke > 0 => "wouldRevoke",
        _ => "nothing",
    }
}

fn pat(pat: &RevokedPat) -> Value {
    json!({
        "authorizationId": id(&pat.authorization_id),
        "displayName": pat.display_name.as_deref().map(name),
        "owner": pat.owner.as_deref().map(name),
        "outcome": word(pat.outcome),
        "why": pat.failure.as_ref().map(|failure| cut(&failure.what, LONGEST)),
    })
}
