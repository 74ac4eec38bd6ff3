//! What several renderers say of a revocation, in the same words. Text of strangers is still raw in these sentences.

use super::super::words::count;
use crate::revocation::{PatOutcome, RevocationReport, RevokedPat, Selector};

/// `Read 42 PATs of 7 users in 12 requests`.
pub(super) fn read(report: &RevocationReport) -> String {
    let organization = &report.organization;
    let users = organization
        .users
        .map(|users| format!(" of {}", count(users.read as usize, "user")));
    format!(
        "Read {}{} in {}",
        count(organization.read as usize, "PAT"),
        users.unwrap_or_default(),
        count(report.run.requests as usize, "request")
    )
}

/// Which PATs are meant: `Meant: names ci-*, among the PATs of ann@acme.example; 3 are expected`.
pub(super) fn asked(report: &RevocationReport) -> String {
    let asked = &report.settings;
    let whose = report.whose();
    let which = match asked.selector {
        Selector::AuthorizationIds => {
            format!(
                "{}, among the PATs {whose}",
                count(asked.authorization_ids.len(), "id")
            )
        }
        Selector::Names => format!("names {}, among the PATs {whose}", asked.names.join(" ")),
        Selector::All => format!("all PATs {whose}"),
    };
    // Several of them are not named by the words above.
    let owners = match asked.owners.as_slice() {
        [] | [_] => String::new(),
        several => format!(" ({})", several.join(", ")),
    };
    let expected = asked.expect_count.map(|number| match number {
        1 => "; 1 is expected".to_owned(),
        number => format!("; {number} are expected"),
    });
    format!("Meant: {which}{owners}{}", expected.unwrap_or_default())
}

/// The PATs, those first that somebody must look at.
#[must_use]
pub fn by_outcome(report: &RevocationReport) -> Vec<&RevokedPat> {
    let mut pats: Vec<&RevokedPat> = report.pats.iter().collect();
    pats.sort_by_key(|pat| match pat.outcome {
        PatOutcome::Failed => 0,
        PatOutcome::Revoked => 1,
        PatOutcome::WouldRevoke => 2,
        PatOutcome::AlreadyGone => 3,
    });
    pats
}

/// Its name, else its id.
#[must_use]
pub fn called(pat: &RevokedPat) -> &str {
    pat.display_name
        .as_deref()
        .filter(|name| !name.trim().is_empty())
        .unwrap_or(pat.authorization_id.as_str())
}

/// What else there is to know of a PAT; empty for most.
pub(super) fn note(pat: &RevokedPat) -> &'static str {
    if pat.global {
        "global: in all organizations"
    } else {
        ""
    }
}

/// The first words of a dry run.
pub(super) const DRY_RUN: &str = "Dry run: nothing is changed.";

/// What to do next, best first.
#[must_use]
pub fn next_steps(report: &RevocationReport) -> Vec<String> {
    let counts = report.counts;
    let mut steps = Vec::new();
    let number = counts.would_revoke;
    if report.settings.dry_run && report.failure.is_none() && number > 0 {
        let them = if number == 1 { "it" } else { "them" };
        let how = if report.run.pipeline.is_some() {
            format!("set dryRun: false; with expectCount: {}", counts.matched)
        } else {
            format!(
                "run it with --dry-run false; with --expect-count {}",
                counts.matched
            )
        };
        steps.push(format!(
            "nothing was changed. To revoke {them}, {how} it does not start if another number matches then"
        ));
    }
    if counts.failed > 0 && !report.settings.dry_run && report.failure.is_none() {
        steps.push(
            "see why some failed, do what is said there, and run it again: what is revoked stays revoked"
                .to_owned(),
        );
    }
    if counts.revoked > 0 {
        let (it, one) = if counts.revoked == 1 {
            ("it", "it")
        } else {
            ("them", "one")
        };
        steps.push(format!(
            "rotate what depended on {it}: whatever still uses {one} is refused from now on (docs/rotation.md)"
        ));
        steps.push(format!(
            "audit what was done meanwhile, and which PATs were made: PatAudit@1, or `patkeeper audit --organization \
             {}` (docs/incident.md)",
            report.organization.name
        ));
    }
    steps
}
