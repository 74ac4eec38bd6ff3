//! The table: which rows match, in which order, and what can be asked for.

use std::cmp::Ordering;

use patkeeper_core::render::note;
use patkeeper_core::report::PatEntry;
use patkeeper_core::text::{visible, visible_name};
use patkeeper_core::time;

use crate::health::View;
use crate::model::{PatPage, PatQuery, PatRow, PatSort, Tone};
use crate::rows::Prepared;

/// The most rows of a page.
const ROWS: u32 = 500;

impl View {
    pub(crate) fn page(&self, query: &PatQuery) -> PatPage {
        let asked = Asked::of(query);
        let mut matching: Vec<(usize, &PatEntry, &Prepared)> = self
            .report
            .pats
            .iter()
            .zip(&self.prepared)
            .enumerate()
            .filter(|(_, (pat, prepared))| asked.matches(pat, prepared))
            .map(|(row, (pat, prepared))| (row, pat, prepared))
            .collect();
        matching.sort_by(|one, other| {
            let order = compare(query.sort, *one, *other);
            if query.descending { order.reverse() } else { order }
        });
        let rows = matching
            .iter()
            .skip(query.offset as usize)
            .take(query.limit.min(ROWS) as usize);
        PatPage {
            rows: rows
                .map(|(row, pat, prepared)| self.row(*row, pat, prepared))
                .collect(),
            matching: number(matching.len()),
            of: number(self.report.pats.len()),
        }
    }

    /// What else is to be said of a PAT's end.
    pub(crate) fn remark(&self, pat: &PatEntry) -> String {
        let mut said = vec![note(pat)];
        said.retain(|note| !note.is_empty());
        if let Some(done) = self.later.of_pat(pat) {
            said.push(format!("{done} later in this build"));
        } else if self.by_now.has_ended(pat) {
            said.push("has ended since it was judged".to_owned());
        }
        said.join("; ")
    }

    fn row(&self, row: usize, pat: &PatEntry, prepared: &Prepared) -> PatRow {
        let judged = self.reported.statuses.get(row);
        let remark = self.remark(pat);
        PatRow {
            row: number(row),
            status: pat.status.as_str().to_owned(),
            tone: Tone::of_status(pat.status),
            judged: judged
                .filter(|judged| **judged != pat.status)
                .map(|judged| judged.as_str().to_owned()),
            left: left(pat),
            ends: time::day(pat.effective_expiry),
            remark: (!remark.is_empty()).then(|| visible(&remark)),
            name: visible_name(&pat.display_name),
            authorization_id: visible(pat.authorization_id.as_str()),
            organization: visible(&pat.organization),
            owner: pat.owner.as_ref().map(|owner| visible_name(&owner.name)),
            scopes: pat.scopes.iter().map(|scope| visible(scope)).collect(),
            lifetime_days: u32::try_from(time::whole_days(lifetime(pat))).unwrap_or(0),
            rules: prepared.marks.clone(),
        }
    }
}

pub(crate) fn number(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// As the log's table says it.
pub(crate) fn left(pat: &PatEntry) -> String {
    format!("{} d", pat.days_left)
}

fn lifetime(pat: &PatEntry) -> chrono::TimeDelta {
    pat.valid_to - pat.valid_from
}

type Row<'a> = (usize, &'a PatEntry, &'a Prepared);

/// Equal ones keep their order whichever way round, since sorting is stable; the order of urgency itself turns.
fn compare(sort: PatSort, one: Row<'_>, other: Row<'_>) -> Ordering {
    let (place, pat, prepared) = one;
    let (other_place, other_pat, other_prepared) = other;
    match sort {
        PatSort::Urgency => place.cmp(&other_place),
        PatSort::Ends => pat.effective_expiry.cmp(&other_pat.effective_expiry),
        PatSort::Name => prepared.name.cmp(&other_prepared.name),
        PatSort::Owner => {
            let of = |prepared: &'_ Prepared| prepared.owner.is_none();
            of(prepared)
                .cmp(&of(other_prepared))
                .then_with(|| prepared.owner.cmp(&other_prepared.owner))
        }
        PatSort::Lifetime => lifetime(pat).cmp(&lifetime(other_pat)),
        PatSort::Findings => other_prepared.weight.cmp(&prepared.weight),
    }
}

/// A query, ready to be held against each row.
struct Asked<'a> {
    query: &'a PatQuery,
    words: Vec<String>,
}

impl<'a> Asked<'a> {
    fn of(query: &'a PatQuery) -> Self {
        Self {
            query,
            words: query.search.split_whitespace().map(str::to_lowercase).collect(),
        }
    }

    fn matches(&self, pat: &PatEntry, prepared: &Prepared) -> bool {
        let PatQuery {
            statuses,
            owner,
            scope,
            rule,
            organization,
            day,
            ..
        } = self.query;
        let is = |wanted: &Option<String>, of: &dyn Fn(&str) -> bool| wanted.as_deref().is_none_or(of);
        (statuses.is_empty() || statuses.iter().any(|status| status == pat.status.as_str()))
            && is(owner, &|wanted| {
                pat.owner
                    .as_ref()
                    .is_some_and(|owner| owner.descriptor.as_str() == wanted)
            })
            && is(scope, &|wanted| pat.scopes.iter().any(|scope| scope == wanted))
            && is(rule, &|wanted| {
                prepared.marks.iter().any(|mark| mark.rule == wanted)
            })
            && is(organization, &|wanted| pat.organization == wanted)
            && is(day, &|wanted| time::day(pat.effective_expiry) == wanted)
            && self.words.iter().all(|word| prepared.text.contains(word))
    }
}
