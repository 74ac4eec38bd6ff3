//! The table's rows, prepared once, so that every key pressed in the search field is answered at once.

use std::collections::HashMap;

use patkeeper_core::pat::AuthorizationId;
use patkeeper_core::policy::Rule;
use patkeeper_core::report::{Finding, PatEntry, Report, Severity};
use patkeeper_core::text::{visible, visible_name};

use crate::model::{RuleMark, Tone};

/// What is known of a row beside its entry.
#[derive(Debug)]
pub(crate) struct Prepared {
    /// Lower case: name, owner, organization, scopes, rules and id.
    pub(crate) text: String,
    /// Lower case.
    pub(crate) name: String,
    /// Lower case; `None` sorts last.
    pub(crate) owner: Option<String>,
    /// The policy findings about it, heaviest first.
    pub(crate) marks: Vec<RuleMark>,
    /// How many findings of each weight.
    pub(crate) weight: Weight,
}

/// Errors, warnings, notices, and waived ones.
pub(crate) type Weight = [u32; 4];

/// One for each of the report's PATs.
pub(crate) fn prepare(report: &Report) -> Vec<Prepared> {
    let mut by_pat: HashMap<&AuthorizationId, Vec<&Finding>> = HashMap::new();
    for finding in &report.findings {
        if let Some(id) = &finding.authorization_id {
            by_pat.entry(id).or_default().push(finding);
        }
    }
    let row = |pat: &PatEntry| {
        let findings = by_pat.get(&pat.authorization_id).into_iter().flatten();
        let findings: Vec<&Finding> = findings
            .copied()
            .filter(|finding| finding.is_about(pat))
            .collect();
        prepared(pat, &findings)
    };
    report.pats.iter().map(row).collect()
}

fn prepared(pat: &PatEntry, findings: &[&Finding]) -> Prepared {
    let name = visible_name(&pat.display_name).to_lowercase();
    let owner = pat
        .owner
        .as_ref()
        .map(|owner| visible_name(&owner.name).to_lowercase());
    let mut text = name.clone();
    let parts = [owner.as_deref().unwrap_or_default(), &pat.organization]
        .into_iter()
        .chain(pat.scopes.iter().map(String::as_str))
        .chain(findings.iter().map(|finding| finding.rule.as_str()))
        .chain([pat.authorization_id.as_str()]);
    for part in parts {
        // No word of a search holds a blank, so none is found across two of them.
        text.push(' ');
        text.push_str(&part.to_lowercase());
    }
    let mut weight = Weight::default();
    for finding in findings {
        let [errors, warnings, notices, waived] = &mut weight;
        *match (&finding.waived, finding.severity) {
            (Some(_), _) => waived,
            (None, Severity::Error) => errors,
            (None, Severity::Warning) => warnings,
            (None, Severity::Notice | Severity::Off) => notices,
        } += 1;
    }
    let mut marks: Vec<RuleMark> = findings
        .iter()
        .map(|finding| RuleMark {
            rule: visible(&finding.rule),
            tone: Tone::of_finding(finding),
        })
        .collect();
    marks.sort_by_key(|mark| (std::cmp::Reverse(mark.tone), Rule::find(&mark.rule)));
    Prepared {
        text,
        name,
        owner,
        marks,
        weight,
    }
}
