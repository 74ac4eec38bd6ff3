//! The document of PATs that were judged.

use patkeeper_core::report::{PatStatus, Report, Severity};
use serde_json::{Value, json};

use super::{LONGEST, fill, frame, id, most, unreadable};
use crate::digest::{cut, name, word};

pub(super) fn document(report: &Report, verdict: &str) -> Value {
    let urgent = |status: PatStatus| !matches!(status, PatStatus::Healthy | PatStatus::Replaced);
    let pats: Vec<Value> = report
        .pats
        .iter()
        .filter(|pat| urgent(pat.status))
        .map(|pat| {
            json!({
                "organization": name(&pat.organization),
                "authorizationId": id(&pat.authorization_id),
                "displayName": name(&pat.display_name),
                "status": word(pat.status),
                "daysLeft": pat.days_left,
                "ends": pat.effective_expiry,
            })
        })
        .collect();
    let findings: Vec<Value> = report
        .findings
        .iter()
        .filter(|finding| finding.waived.is_none() && finding.severity >= Severity::Warning)
        .map(|finding| {
            json!({
                "rule": finding.rule,
                "severity": word(finding.severity),
                "organization": finding.organization.as_deref().map(name),
                "authorizationId": finding.authorization_id.as_ref().map(id),
                "subject": name(&finding.subject),
                "message": cut(&finding.message, LONGEST),
                "remedy": cut(&finding.remedy, LONGEST),
            })
        })
        .collect();
    let missing: Vec<Value> = report
        .missing
        .iter()
        .map(|missing| json!({"input": cut(&missing.input, 40), "pattern": cut(&missing.pattern, LONGEST)}))
        .collect();
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
                "unreadable": unreadable_left_out,
                "missing": missing_left_out,
                "pats": pats_left_out,
                "findings": findings_left_out,
            },
        }),
    );
    document
}
