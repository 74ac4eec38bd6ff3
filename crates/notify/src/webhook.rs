//! Any webhook: `patkeeper.alert/1`, a document for programs.

use patkeeper_core::report::{PatStatus, Report, Severity};
use serde_json::{Value, json};

use crate::digest::{self, cut, name, word};

/// The value of the document's `schema`.
pub const SCHEMA: &str = "patkeeper.alert/1";

/// Most entries in each of its lists; `left_out` counts the others.
const MOST: usize = 50;

/// The document: what the verdict is and the most urgent of what led to it. Names are one harmless line each;
/// a program goes by `authorizationId`.
#[must_use]
pub fn webhook(report: &Report, verdict: &str) -> Value {
    let urgent = |status: PatStatus| !matches!(status, PatStatus::Healthy | PatStatus::Replaced);
    let pats: Vec<Value> = report
        .pats
        .iter()
        .filter(|pat| urgent(pat.status))
        .map(|pat| {
            json!({
                "organization": name(&pat.organization),
                "authorizationId": cut(pat.authorization_id.as_str(), 64),
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
                "authorizationId": finding.authorization_id.as_ref().map(|id| cut(id.as_str(), 64)),
                "subject": name(&finding.subject),
                "message": cut(&finding.message, 300),
                "remedy": cut(&finding.remedy, 300),
            })
        })
        .collect();
    let missing: Vec<Value> = report
        .missing
        .iter()
        .map(|missing| json!({"input": cut(&missing.input, 40), "pattern": cut(&missing.pattern, 300)}))
        .collect();
    let unreadable: Vec<Value> = report
        .unreadable
        .iter()
        .map(|entry| {
            json!({
                "organization": name(&entry.organization),
                "what": cut(&entry.what, 300),
                "why": cut(&entry.failure.what, 300),
            })
        })
        .collect();
    let most = |all: Vec<Value>| {
        let left_out = all.len().saturating_sub(MOST);
        (all.into_iter().take(MOST).collect::<Vec<_>>(), left_out)
    };
    let (pats, pats_left_out) = most(pats);
    let (findings, findings_left_out) = most(findings);
    let (missing, missing_left_out) = most(missing);
    let (unreadable, unreadable_left_out) = most(unreadable);
    json!({
        "schema": SCHEMA,
        "tool": {"name": report.tool.name, "version": report.tool.version},
        "at": report.run.at,
        "status": word(report.status),
        "verdict": cut(verdict, 1_000),
        "totals": report.totals,
        "soonest": report.soonest.as_ref().map(|soonest| {
            json!({"displayName": name(&soonest.display_name), "daysLeft": soonest.days_left})
        }),
        "organizations": report.organizations.iter().map(|entry| name(&entry.name)).collect::<Vec<_>>(),
        "pipeline": report.run.pipeline.as_deref().map(name),
        "link": digest::link(report),
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
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    #[test]
    fn the_document_of_a_bad_day() {
        let document = webhook(&fixture::report(), "Verdict: unknown. 1 expired of 5 judged.");
        insta::assert_snapshot!(serde_json::to_string_pretty(&document).unwrap());
    }

    #[test]
    fn a_long_list_is_cut_and_counted() {
        let document = webhook(&fixture::crowd(60, "x"), "");
        assert_eq!(document["pats"].as_array().unwrap().len(), MOST);
        assert_eq!(document["leftOut"]["pats"], 10);
    }

    #[test]
    fn a_hostile_name_is_one_harmless_line() {
        let document = webhook(&fixture::crowd(1, "a\n##vso[task.complete]\u{202e}b"), "").to_string();
        assert!(!document.contains("##vso") && !document.contains('\u{202e}') && !document.contains("\\n"));
    }
}
