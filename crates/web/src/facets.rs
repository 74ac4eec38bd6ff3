//! What the table can be filtered by.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use patkeeper_core::policy::Rule;
use patkeeper_core::report::{PatEntry, PatStatus};
use patkeeper_core::text::{visible, visible_name};

use crate::health::View;
use crate::model::{Count, Facets, Tone};
use crate::rows::Prepared;
use crate::table::number;
use crate::tone::count;

/// The most owners offered: more of them are found by the search.
const OWNERS: usize = 500;

impl View {
    pub(crate) fn facets(&self) -> Facets {
        let rows = || self.report.pats.iter().zip(&self.prepared);
        let mut owners = Tallied::default();
        let mut scopes = Tallied::default();
        let mut rules = Tallied::default();
        let mut organizations = Tallied::default();
        for (pat, prepared) in rows() {
            let tone = Tone::of_status(pat.status);
            if let Some(owner) = &pat.owner {
                owners.add(owner.descriptor.as_str(), tone, || visible_name(&owner.name));
            }
            organizations.add(&pat.organization, tone, || visible(&pat.organization));
            each_once(pat, |scope| scopes.add(scope, tone, || visible_name(scope)));
            each_rule(prepared, |rule, tone| rules.add(rule, tone, || rule.to_owned()));
        }
        let mut rules = rules.counts();
        rules.sort_by_key(|count| {
            (
                Reverse(count.tone),
                Rule::find(&count.id).is_none(),
                Rule::find(&count.id),
            )
        });
        let asked = self.report.organizations.iter().map(|one| one.name.as_str());
        let asked: Vec<&str> = asked.collect();
        let mut organizations = organizations.counts();
        organizations.sort_by_key(|count| {
            asked
                .iter()
                .position(|name| *name == count.id)
                .unwrap_or(usize::MAX)
        });
        let mut owners = owners.most_first();
        owners.truncate(OWNERS);
        Facets {
            statuses: PatStatus::ALL
                .into_iter()
                .map(|status| {
                    count(
                        status,
                        number(rows().filter(|(pat, _)| pat.status == status).count()),
                    )
                })
                .filter(|count| count.count > 0)
                .collect(),
            owners,
            scopes: scopes.most_first(),
            rules,
            organizations,
        }
    }
}

fn each_once<'a>(pat: &'a PatEntry, mut each: impl FnMut(&'a str)) {
    for (at, scope) in pat.scopes.iter().enumerate() {
        let before = pat.scopes.get(..at).unwrap_or_default();
        if !before.contains(scope) {
            each(scope);
        }
    }
}

fn each_rule<'a>(prepared: &'a Prepared, mut each: impl FnMut(&'a str, Tone)) {
    for (at, mark) in prepared.marks.iter().enumerate() {
        let mut before = prepared.marks.iter().take(at);
        // Marks come heaviest first.
        if !before.any(|other| other.rule == mark.rule) {
            each(&mark.rule, mark.tone);
        }
    }
}

/// PATs by something that they have, with the worst tone of each.
#[derive(Default)]
struct Tallied<'a>(BTreeMap<&'a str, Count>);

impl<'a> Tallied<'a> {
    fn add(&mut self, id: &'a str, tone: Tone, label: impl FnOnce() -> String) {
        let count = self.0.entry(id).or_insert_with(|| Count {
            id: id.to_owned(),
            label: label(),
            count: 0,
            tone,
        });
        count.count = count.count.saturating_add(1);
        count.tone = count.tone.max(tone);
    }

    /// By their ids.
    fn counts(self) -> Vec<Count> {
        self.0.into_values().collect()
    }

    fn most_first(self) -> Vec<Count> {
        let mut counts = self.counts();
        counts.sort_by_key(|count| Reverse(count.count));
        counts
    }
}
