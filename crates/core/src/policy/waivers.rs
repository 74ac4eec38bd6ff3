//! Waivers: a finding that someone has accepted, why, and until when.

use chrono::{DateTime, NaiveDate, Utc};

use super::{Policy, Rule};
use crate::glob::Glob;
use crate::report::{Finding, MINE, Severity, Waived};

/// One waiver of the policy file.
#[derive(Debug, Clone, PartialEq)]
pub struct Waiver {
    /// Which rule it is about.
    pub rule: Rule,
    /// Which PATs: a pattern over display names, or an authorization id.
    pub pat: Glob,
    /// Why.
    pub reason: String,
    /// The last day it holds; it ends with that day, in UTC.
    pub until: NaiveDate,
}

impl Waiver {
    fn is_past(&self, now: DateTime<Utc>) -> bool {
        now.date_naive() > self.until
    }

    /// Whether it is about this finding, whatever the date.
    fn is_about(&self, finding: &Finding) -> bool {
        let Some(id) = &finding.authorization_id else {
            return false;
        };
        self.rule.id() == finding.rule
            && (self.pat.matches(&finding.subject)
                || self.pat.as_str().trim().eq_ignore_ascii_case(id.as_str()))
    }

    fn finding(&self, severity: Severity, rule: Rule, message: String, remedy: &str) -> Finding {
        Finding {
            rule: rule.id().to_owned(),
            severity,
            organization: None,
            owner: None,
            authorization_id: None,
            subject: format!("{} for {}", self.rule.id(), self.pat.as_str()),
            message,
            remedy: remedy.to_owned(),
            waived: None,
        }
    }
}

/// Marks the findings that a waiver covers, and adds those about the waivers themselves. Of several waivers
/// for one finding the one that holds longest is shown. `all_seen` is false when PATs were left out or could
/// not be read: then nobody can tell that a waiver is unused.
pub(crate) fn apply(policy: &Policy, findings: &mut Vec<Finding>, all_seen: bool, now: DateTime<Utc>) {
    let mut about_waivers = Vec::new();
    for waiver in &policy.waivers {
        if waiver.is_past(now) {
            let message = format!("this waiver ended with {}: {}", waiver.until, waiver.reason);
            let remedy = "Fix what it waived and remove it, or decide again: a new reason and `until` in the policy file.";
            about_waivers.push((waiver, Rule::ExpiredWaiver, message, remedy));
            continue;
        }
        let mut used = false;
        for finding in findings.iter_mut().filter(|finding| waiver.is_about(finding)) {
            used = true;
            let until = waiver.until.to_string();
            if finding.waived.as_ref().is_none_or(|other| other.until < until) {
                finding.waived = Some(Waived {
                    reason: waiver.reason.clone(),
                    until,
                });
            }
        }
        if !used && all_seen && waiver.rule.judges_pats_in(MINE) {
            let message = "this waiver covers no finding".to_owned();
            let remedy = "Remove it from the policy file, or correct its `rule` or `pat`.";
            about_waivers.push((waiver, Rule::UnusedWaiver, message, remedy));
        }
    }
    findings.extend(
        about_waivers
            .into_iter()
            .filter_map(|(waiver, rule, message, remedy)| {
                let severity = policy.severity(rule);
                (severity != Severity::Off).then(|| waiver.finding(severity, rule, message, remedy))
            }),
    );
}
