//! Policy findings, rule by rule.

use std::cmp::Reverse;
use std::collections::HashMap;

use patkeeper_core::pat::AuthorizationId;
use patkeeper_core::policy::Rule;
use patkeeper_core::report::{Finding, Severity};
use patkeeper_core::text::{visible, visible_name};

use crate::health::View;
use crate::model::{FindingGroup, FindingItem, Tone};
use crate::table::number;

impl View {
    pub(crate) fn groups(&self, per_rule: u32) -> Vec<FindingGroup> {
        let mut rows: HashMap<&AuthorizationId, Vec<usize>> = HashMap::new();
        for (row, pat) in self.report.pats.iter().enumerate() {
            rows.entry(&pat.authorization_id).or_default().push(row);
        }
        let mut rules: Vec<(&str, Vec<&Finding>)> = Vec::new();
        for finding in &self.report.findings {
            match rules.iter_mut().find(|(rule, _)| *rule == finding.rule) {
                Some((_, findings)) => findings.push(finding),
                None => rules.push((&finding.rule, vec![finding])),
            }
        }
        let row_of = |finding: &Finding| {
            let of_id = rows.get(finding.authorization_id.as_ref()?)?;
            let is_it = |row: &&usize| {
                let pat = self.report.pats.get(**row);
                pat.is_some_and(|pat| finding.is_about(pat))
            };
            of_id.iter().find(is_it).copied().map(number)
        };
        let groups = rules.into_iter().map(|(rule, findings)| {
            let shown = findings.iter().take(per_rule as usize);
            let items: Vec<FindingItem> = shown.map(|finding| item(finding, row_of(finding))).collect();
            group(rule, &findings, items)
        });
        let mut groups: Vec<FindingGroup> = groups.collect();
        groups.sort_by_key(|group| {
            let rule = Rule::find(&group.rule);
            (Reverse(group.tone), rule.is_none(), rule)
        });
        groups
    }
}

fn group(rule: &str, findings: &[&Finding], items: Vec<FindingItem>) -> FindingGroup {
    let open = || findings.iter().filter(|finding| finding.waived.is_none());
    let heaviest = |findings: &mut dyn Iterator<Item = &&Finding>| findings.map(|one| one.severity).max();
    let severity = heaviest(&mut open()).or_else(|| heaviest(&mut findings.iter()));
    let tone = findings.iter().map(|finding| Tone::of_finding(finding)).max();
    FindingGroup {
        rule: visible(rule),
        // Written for documentation, which is Markdown.
        about: Rule::find(rule).map_or_else(String::new, |rule| rule.finds().replace('`', "")),
        severity: severity.unwrap_or(Severity::Off).as_str().to_owned(),
        tone: tone.unwrap_or(Tone::Good),
        count: number(open().count()),
        waived: number(findings.len() - open().count()),
        more: number(findings.len() - items.len()),
        items,
    }
}

fn item(finding: &Finding, row: Option<u32>) -> FindingItem {
    let organization = finding.organization.as_deref().map(visible);
    let owner = finding
        .owner
        .as_ref()
        .filter(|owner| owner.name != finding.subject);
    let owner = owner.map(|owner| visible_name(&owner.name));
    let place: Vec<String> = organization.into_iter().chain(owner).collect();
    FindingItem {
        subject: visible_name(&finding.subject),
        row,
        place: place.join(", "),
        message: visible(&finding.message),
        remedy: visible(&finding.remedy),
        waived: finding
            .waived
            .as_ref()
            .map(|waived| visible(&format!("until {}: {}", waived.until, waived.reason))),
    }
}
