//! Waivers: a finding that someone has accepted, why, and until when.

use chrono::{DateTime, NaiveDate, Utc};

use super::{Policy, Rule};
use crate::glob::Glob;
use crate::pat::AuthorizationId;
use crate::report::{Finding, Severity, Waived};

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

    /// Whether it is about this finding, whatever the date. An owner who is gone has no PAT to show: their finding
    /// goes by their name.
    fn is_about(&self, finding: &Finding) -> bool {
        let names_id = |id: &AuthorizationId| self.pat.as_str().trim().eq_ignore_ascii_case(id.as_str());
        self.rule.id() == finding.rule
            && (finding.authorization_id.is_some() || finding.owner.is_some())
            && (self.pat.matches(&finding.subject) || finding.authorization_id.as_ref().is_some_and(names_id))
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

/// The waivers at work on findings that come bit by bit.
#[derive(Debug)]
pub(crate) struct Waiving<'a> {
    policy: &'a Policy,
    now: DateTime<Utc>,
    /// Which waivers have covered something.
    used: Vec<bool>,
}

/// The findings about waivers themselves.
#[derive(Debug, Default)]
pub(crate) struct AboutWaivers {
    /// Those past their date.
    pub(crate) expired: Vec<Finding>,
    /// Those that covered nothing.
    pub(crate) unused: Vec<Finding>,
}

impl<'a> Waiving<'a> {
    pub(crate) fn new(policy: &'a Policy, now: DateTime<Utc>) -> Self {
        Self {
            policy,
            now,
            used: vec![false; policy.waivers.len()],
        }
    }

    /// Marks the findings that a waiver covers. Of several waivers for one finding the one that holds longest is
    /// shown.
    pub(crate) fn cover(&mut self, findings: &mut [Finding]) {
        for (waiver, used) in self.policy.waivers.iter().zip(&mut self.used) {
            if waiver.is_past(self.now) {
                continue;
            }
            for finding in findings.iter_mut().filter(|finding| waiver.is_about(finding)) {
                *used = true;
                let until = waiver.until.to_string();
                if finding.waived.as_ref().is_none_or(|other| other.until < until) {
                    finding.waived = Some(Waived {
                        reason: waiver.reason.clone(),
                        until,
                    });
                }
            }
        }
    }

    /// The findings about the waivers, each one told once though a file may hold a waiver twice. Unused ones of rules
    /// that judge nothing in this `scope` are none.
    pub(crate) fn about(&self, scope: &str) -> AboutWaivers {
        let mut about = AboutWaivers::default();
        for (waiver, used) in self.policy.waivers.iter().zip(&self.used) {
            let (rule, list, message, remedy) = if waiver.is_past(self.now) {
                (
                    Rule::ExpiredWaiver,
                    &mut about.expired,
                    format!("this waiver ended with {}: {}", waiver.until, waiver.reason),
                    "Fix what it waived and remove it, or decide again: a new reason and `until` in the policy file.",
                )
            } else if !used && waiver.rule.judges_pats_in(scope) {
                (
                    Rule::UnusedWaiver,
                    &mut about.unused,
                    "this waiver covers no finding".to_owned(),
                    "Remove it from the policy file, or correct its `rule` or `pat`.",
                )
            } else {
                continue;
            };
            let severity = self.policy.severity(rule);
            if severity == Severity::Off {
                continue;
            }
            let finding = waiver.finding(severity, rule, message, remedy);
            if !list.contains(&finding) {
                list.push(finding);
            }
        }
        about
    }
}
