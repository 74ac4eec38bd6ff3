//! The document of PATs that were judged.

use patkeeper_core::report::{OwnerEntry, Report};
use serde_json::{Value, json};

use super::{LONGEST, fill, frame, id, most, unreadable};
use crate::digest::monitor::{Unlisted, is_news, is_urgent};
use crate::digest::{cut, name, word};

pub(super) fn document(report: &Report, verdict: &str) -> Value {
    let pats = report.pats.iter().filter(|pat| is_urgent(pat)).map(|pat| {
        let entry = json!({
            "organization": name(&pat.organization),
            "authorizationId": id(&pat.authorization_id),
            "displayName": name(&pat.display_name),
            "status": word(pat.status),
            "daysLeft": pat.days_left,
            "ends": pat.effective_expiry,
        });
        owned(entry, pat.owner.as_ref())
    });
    let findings = report
        .findings
        .iter()
        .filter(|finding| is_news(finding))
        .map(|finding| {
            let entry = json!({
                "rule": finding.rule,
                "severity": word(finding.severity),
                "organization": finding.organization.as_deref().map(name),
                "authorizationId": finding.authorization_id.as_ref().map(id),
                "subject": name(&finding.subject),
                "message": cut(&finding.message, LONGEST),
                "remedy": cut(&finding.remedy, LONGEST),
            });
            owned(entry, finding.owner.as_ref())
        });
    let missing = report
        .missing
        .iter()
        .map(|missing| json!({"input": cut(&missing.input, 40), "pattern": cut(&missing.pattern, LONGEST)}));
    let unlisted = Unlisted::of(report);
    let (pats, pats_left_out) = most(pats);
    let (findings, findings_left_out) = most(findings);
    let (missing, missing_left_out) = most(missing);
    let (unreadable, unreadable_left_out) = unreadable(&report.unreadable);
    let mut document = frame(&report.run, &report.tool, verdict);
    fill(
        &mut document,
        json!({
            "status": word(report.status),
            "totals": report.totals,
            "soonest": report.soonest.as_ref().map(|soonest| {
                json!({"displayName": name(&soonest.display_name), "daysLeft": soonest.days_left})
            }),
            "organizations": report.organizations.iter().map(|entry| name(&entry.name)).collect::<Vec<_>>(),
            "unreadable": unreadable,
            "missing": missing,
            "pats": pats,
            "findings": findings,
            "leftOut": {
                "unreadable": unreadable_left_out + unlisted.unreadable,
                "missing": missing_left_out,
                "pats": pats_left_out + unlisted.pats,
                "findings": findings_left_out + unlisted.findings,
            },
        }),
    );
    if let Some(slice) = &report.slice {
        fill(
            &mut document,
            json!({"slice": {"position": slice.position, "of": slice.of}}),
        );
    }
    if !report.merged.is_empty() {
        fill(&mut document, json!({"mergedReports": report.merged.len()}));
    }
    document
}

/// Whose it is, where every user's PATs were judged.
fn owned(mut entry: Value, owner: Option<&OwnerEntry>) -> Value {
    if let Some(owner) = owner {
        fill(&mut entry, json!({"owner": name(&owner.name)}));
    }
    entry
}
