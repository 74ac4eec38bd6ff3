//! The reports of several steps of one build, as one view.
//!
//! This is for looking, not for deciding: a step that must decide over several reports merges them
//! ([`crate::report::merge`]), which refuses what does not fit together. A view shows whatever is there, and says what
//! it cannot tell.
//!
//! - A report that another one was merged from is left out where that one is here, too.
//! - Of reports that ask the same (the same PATs of the same organizations, judged by the same settings) the one judged
//!   last is shown: the others are earlier looks or attempts. What one of them said worse is a note.
//! - A PAT is told apart by its organization and id. Where several reports have it, the one judged last says how it
//!   stands, since a step in between may have rotated it. If it stood worse before, a note says so, and the verdict,
//!   which is the worst of the reports', still tells of it.
//! - A finding is told apart by its rule and by what it is about, and the report judged last has the word. One that only
//!   an earlier report has stays: steps may run different policies.
//! - Thresholds are each report's own. Where they differ, the view's are the strictest, and a note says so.

mod again;

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use chrono::{DateTime, Utc};

use self::again::{said_worse, superseded_by};
use crate::judge::{self, Tally, Thresholds, Unlisted, add_notes, verdict};
use crate::render::count;
use crate::report::{
    Finding, MINE, Missing, PatEntry, Report, Run, Settings, SliceEntry, Totals, UnreadableKey, Verdict,
};
use crate::text::{fit, name};
use crate::time;

/// How many PATs a note names.
const NAMED: usize = 3;
/// Widest name in a note, in columns.
const NAME: usize = 60;

/// Several reports as one view.
#[derive(Debug, Clone, PartialEq)]
pub struct Folded {
    /// The view. Of a single report it is that report.
    pub report: Report,
    /// What its reports count and do not list.
    pub unlisted: Vec<Unlisted>,
    /// When the oldest report was judged that is shown; the latest is the view's own moment.
    pub from: DateTime<Utc>,
    /// See [`parts`].
    pub parts: Vec<Part>,
    /// Said where only shares of the users are here and none that merges them, as sentences.
    pub shares: Vec<String>,
}

/// What becomes of one report among the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// It is part of the view.
    Shown,
    /// One that was merged from it is.
    Merged,
    /// A later one that asks the same has taken its place.
    Superseded,
}

/// Folds reports in any order. `None`: there are none.
#[must_use]
pub fn fold(reports: &[Report]) -> Option<Folded> {
    let superseded_by = superseded_by(reports);
    let parts = parts_of(reports, &superseded_by);
    let mut kept: Vec<&Report> = reports
        .iter()
        .zip(&parts)
        .filter_map(|(report, part)| (*part == Part::Shown).then_some(report))
        .collect();
    // The one judged last first; of those judged at once the one given last.
    kept.reverse();
    kept.sort_by_key(|report| std::cmp::Reverse(report.run.at));
    let (last, earlier) = kept.split_first()?;

    let (unlisted, twice) = unlisted(&kept);
    let shares = shares(&kept);
    let mut tally = Tally::new(usize::MAX);
    let worse_before = rows(&kept, &mut tally);
    let mut report = Report {
        schema: last.schema.clone(),
        tool: last.tool.clone(),
        run: Run {
            requests: sum(&kept, |report| report.run.requests),
            ..last.run.clone()
        },
        status: Verdict::Ok,
        totals: Totals::default(),
        soonest: None,
        organizations: Vec::new(),
        settings: settings(&kept, last),
        slice: last.slice.clone().filter(|_| earlier.is_empty()),
        merged: kept.iter().flat_map(|report| report.merged.clone()).collect(),
        pats: Vec::new(),
        findings: Vec::new(),
        missing: missing(&kept),
        unreadable: Vec::new(),
        notes: Vec::new(),
    };
    uncounted(&kept, &unlisted, &mut tally.totals);
    tally.fill(&mut report);
    let told = kept.iter().map(|report| report.status).max();
    report.status = report.status.max(told.unwrap_or(report.status));
    if report.soonest.is_none() {
        let soonest = kept.iter().filter_map(|report| report.soonest.as_ref());
        report.soonest = soonest.min_by_key(|soonest| soonest.days_left).cloned();
    }
    for organization in kept.iter().rev().flat_map(|report| &report.organizations) {
        let known = report.organizations.iter_mut();
        match known
            .into_iter()
            .find(|known| same(&known.name, &organization.name))
        {
            Some(known) => known.clone_from(organization),
            None => report.organizations.push(organization.clone()),
        }
    }
    let own = [worse_before, thresholds_differ(&kept), twice];
    let mut own: Vec<String> = own.into_iter().flatten().collect();
    let earlier = reports.iter().zip(&superseded_by).zip(&parts);
    let mut earlier: Vec<(&Report, &Report)> = earlier
        .filter(|(_, part)| **part == Part::Superseded)
        .filter_map(|((earlier, by), _)| Some((earlier, reports.get((*by)?)?)))
        .collect();
    earlier.sort_by_key(|(earlier, _)| std::cmp::Reverse(earlier.run.at));
    own.extend(
        earlier
            .into_iter()
            .filter_map(|(earlier, later)| said_worse(earlier, later)),
    );
    add_notes(&mut report.notes, &own);
    for given in &kept {
        if given.status > verdict(&given.totals) {
            let note = format!(
                "A report of {} calls its verdict {} and does not say why.",
                time::minute(given.run.at),
                given.status.as_str()
            );
            add_notes(&mut report.notes, &[note]);
        }
        add_notes(&mut report.notes, &given.notes);
    }
    Some(Folded {
        report,
        unlisted,
        from: kept.last().map_or(last.run.at, |oldest| oldest.run.at),
        parts,
        shares,
    })
}

/// What becomes of each report.
#[must_use]
pub fn parts(reports: &[Report]) -> Vec<Part> {
    parts_of(reports, &superseded_by(reports))
}

fn parts_of(reports: &[Report], superseded_by: &[Option<usize>]) -> Vec<Part> {
    let parts = superseded_by.iter().enumerate().map(|(at, by)| {
        if is_merged_in_another(at, reports) {
            Part::Merged
        } else if by.is_some() {
            Part::Superseded
        } else {
            Part::Shown
        }
    });
    parts.collect()
}

fn same(one: &str, other: &str) -> bool {
    one.to_lowercase() == other.to_lowercase()
}

/// What tells a PAT apart.
type PatKeyed<'a> = (String, &'a str);

fn pat_key(pat: &PatEntry) -> PatKeyed<'_> {
    (pat.organization.to_lowercase(), pat.authorization_id.as_str())
}

/// What the reports count and do not list. Of several that tell of the same users of an organization only the one with
/// the most, since theirs may be the same PATs; the sentence says so.
fn unlisted(kept: &[&Report]) -> (Vec<Unlisted>, Option<String>) {
    let mut all: Vec<(&Report, Unlisted)> = kept
        .iter()
        .filter_map(|report| Some((*report, Unlisted::of(report)?)))
        .collect();
    all.sort_by_key(|(_, unlisted)| std::cmp::Reverse(unlisted.number()));
    let given = all.len();
    let mut counted: Vec<(&Report, Unlisted)> = Vec::new();
    for (report, unlisted) in all {
        if !counted
            .iter()
            .any(|(other, _)| may_tell_of_the_same(report, other))
        {
            counted.push((report, unlisted));
        }
    }
    let note = (counted.len() < given).then(|| {
        "Several reports of one organization count PATs that they do not list. They may be the same ones, so there are at \
         least as many PATs as counted."
            .to_owned()
    });
    (counted.into_iter().map(|(_, unlisted)| unlisted).collect(), note)
}

fn may_tell_of_the_same(one: &Report, other: &Report) -> bool {
    if let (Some(slice), Some(its)) = (&one.slice, &other.slice)
        && slice.of == its.of
        && slice.position != its.position
    {
        return false;
    }
    let holds = |name: &str| other.organizations.iter().any(|one| same(&one.name, name));
    one.organizations
        .iter()
        .any(|organization| holds(&organization.name))
}

fn sum(reports: &[&Report], of: impl Fn(&Report) -> u32) -> u32 {
    reports
        .iter()
        .fold(0, |sum, report| sum.saturating_add(of(report)))
}

/// Whether one of the others names it as what it was merged from: its share of the users, the moment it was judged at,
/// and its organizations. What was merged is older, so no two reports can have each other left out.
fn is_merged_in_another(at: usize, reports: &[Report]) -> bool {
    let Some(report) = reports.get(at) else {
        return false;
    };
    let share = |slice: &SliceEntry| (slice.position, slice.of);
    let own = report.slice.as_ref().map(share);
    reports.iter().enumerate().any(|(other_at, other)| {
        let names_it = other.merged.iter().any(|merged| {
            let of = merged.slice.map(|slice| (slice.position, slice.of));
            merged.at == report.run.at && of == own
        });
        let holds = |name: &str| other.organizations.iter().any(|one| same(&one.name, name));
        names_it
            && (other.run.at, other_at) > (report.run.at, at)
            && report
                .organizations
                .iter()
                .all(|organization| holds(&organization.name))
    })
}

/// Counts and keeps each row once; gives what is to be said of PATs that stood worse in an earlier report.
fn rows(kept: &[&Report], tally: &mut Tally) -> Option<String> {
    if let [alone] = kept {
        alone.pats.iter().for_each(|pat| tally.pat(pat));
        alone.findings.iter().for_each(|finding| tally.finding(finding));
        alone.unreadable.iter().for_each(|entry| tally.unreadable(entry));
        return None;
    }
    let mut pats: HashMap<PatKeyed<'_>, &PatEntry> = HashMap::new();
    let mut findings: HashSet<About<'_>> = HashSet::new();
    let mut unreadable: BTreeSet<UnreadableKey> = BTreeSet::new();
    let mut worse: Vec<String> = Vec::new();
    for report in kept {
        for pat in &report.pats {
            match pats.entry(pat_key(pat)) {
                Entry::Vacant(place) => {
                    place.insert(pat);
                    tally.pat(pat);
                }
                Entry::Occupied(last) if pat.status.verdict() > last.get().status.verdict() => {
                    worse.push(format!(
                        "{} was {} at {} and is {} in the later report",
                        name(&pat.display_name, NAME),
                        pat.status.as_str(),
                        time::minute(report.run.at),
                        last.get().status.as_str()
                    ))
                }
                Entry::Occupied(_) => {}
            }
        }
        for finding in &report.findings {
            if findings.insert(About::of(finding)) {
                tally.finding(finding);
            }
        }
        for entry in &report.unreadable {
            if unreadable.insert(entry.key()) {
                tally.unreadable(entry);
            }
        }
    }
    let named = worse.get(..NAMED.min(worse.len()))?.join("; ");
    match worse.len() {
        0 => None,
        all if all > NAMED => Some(format!(
            "Several reports have {}, and the later one is shown: {named}; and {} more.",
            count(all, "PAT"),
            all - NAMED
        )),
        all => Some(format!(
            "Several reports have {}, and the later one is shown: {named}.",
            count(all, "PAT")
        )),
    }
}

/// What tells a finding apart.
#[derive(PartialEq, Eq, Hash)]
struct About<'a> {
    rule: &'a str,
    organization: String,
    owner: &'a str,
    /// The PAT's id; else what it is about, and what it says of it.
    of: (&'a str, &'a str),
}

impl<'a> About<'a> {
    fn of(finding: &'a Finding) -> Self {
        let owner = finding.owner.as_ref();
        Self {
            rule: &finding.rule,
            organization: finding.organization.as_deref().unwrap_or_default().to_lowercase(),
            owner: owner.map_or("", |owner| owner.descriptor.as_str()),
            of: match &finding.authorization_id {
                Some(id) => (id.as_str(), ""),
                None => (&finding.subject, &finding.message),
            },
        }
    }
}

/// Adds to what the rows came to what the reports count and do not list, and what no row tells of.
fn uncounted(kept: &[&Report], unlisted: &[Unlisted], totals: &mut Totals) {
    for unlisted in unlisted {
        unlisted.count_as_judged(totals);
    }
    for report in kept {
        let told = report.totals;
        let waived = report.findings.iter().filter(|finding| finding.waived.is_some());
        let waived = judge::count(waived.count());
        let open = judge::count(report.findings.len()).saturating_sub(waived);
        for (total, more) in [
            (&mut totals.history, told.history),
            (&mut totals.elsewhere, told.elsewhere),
            (&mut totals.waived, told.waived.saturating_sub(waived)),
            (
                &mut totals.policy_findings,
                told.policy_findings.saturating_sub(open),
            ),
            (
                &mut totals.unreadable,
                told.unreadable
                    .saturating_sub(judge::count(report.unreadable.len())),
            ),
        ] {
            *total = total.saturating_add(more);
        }
    }
}

/// `1, 3 and 4`.
fn join(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [some @ .., last] => format!("{} and {last}", some.join(", ")),
    }
}

/// Patterns without a match: those that several reports have, once.
fn missing(kept: &[&Report]) -> Vec<Missing> {
    let mut all: Vec<Missing> = Vec::new();
    for report in kept {
        let new = report.missing.iter().filter(|missing| !all.contains(missing));
        let new: Vec<Missing> = new.cloned().collect();
        all.extend(new);
    }
    all
}

/// The settings of the report whose verdict is the worst, under the strictest thresholds; each rule as it weighs most.
fn settings(kept: &[&Report], last: &Report) -> Settings {
    let worst = kept.iter().rev().max_by_key(|report| report.status);
    let mut settings = worst.map_or(last, |worst| *worst).settings.clone();
    for other in kept.iter().map(|report| &report.settings) {
        settings.warning_days = settings.warning_days.max(other.warning_days);
        settings.critical_days = settings.critical_days.max(other.critical_days);
        if other.scope != MINE {
            settings.scope.clone_from(&other.scope);
        }
        for rule in &other.rules {
            match settings.rules.iter_mut().find(|known| known.rule == rule.rule) {
                Some(known) if known.severity < rule.severity => known.clone_from(rule),
                Some(_) => {}
                None => settings.rules.push(rule.clone()),
            }
        }
    }
    settings
}

fn thresholds_differ(kept: &[&Report]) -> Option<String> {
    let mut all: Vec<(u32, u32)> = kept
        .iter()
        .map(|report| Thresholds::of(report))
        .map(|thresholds| (thresholds.warning_days, thresholds.critical_days))
        .collect();
    all.sort_unstable();
    all.dedup();
    let words: Vec<String> = all
        .iter()
        .rev()
        .map(|(warning, critical)| format!("{warning} and {critical} days"))
        .collect();
    (all.len() > 1).then(|| {
        format!(
            "The reports were judged by different thresholds (warningDays and criticalDays: {}): each PAT stands as its \
             own report says.",
            words.join("; ")
        )
    })
}

/// A share of the users tells of its own users alone.
fn shares(kept: &[&Report]) -> Vec<String> {
    let mut groups: BTreeMap<(Vec<String>, u32), BTreeSet<u32>> = BTreeMap::new();
    for report in kept {
        if let Some(slice) = &report.slice {
            let mut names: Vec<String> = report
                .organizations
                .iter()
                .map(|one| fit(&one.name, NAME).to_lowercase())
                .collect();
            names.sort_unstable();
            groups
                .entry((names, slice.of))
                .or_default()
                .insert(slice.position);
        }
    }
    let said = groups.into_iter().map(|((names, of), positions)| {
        let of_whom = names.join(", ");
        if positions.len() >= of as usize {
            return format!(
                "All {} of {of_whom} are here, and no report that merges them: whether required names have a match is \
                 not decided.",
                count(of as usize, "slice")
            );
        }
        let positions: Vec<String> = positions.iter().map(u32::to_string).collect();
        format!(
            "Only {} {} of {of} of {of_whom} {} here: the other users' PATs are not on this page, and whether required names \
             have a match is not decided.",
            if positions.len() == 1 { "slice" } else { "slices" },
            join(&positions),
            if positions.len() == 1 { "is" } else { "are" }
        )
    });
    said.collect()
}

#[cfg(test)]
mod tests;
