//! What is said of all reports together.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::Asked;
use super::fit::Group;
use crate::judge::{add_notes, all_elsewhere, missing, nothing_named, perhaps_there, undecided};
use crate::report::{
    MergedEntry, Missing, OrganizationEntry, Report, Run, SCHEMA, Settings, Tool, Totals, Undecided,
    UnreadableEntry, UsersEntry, Verdict,
};
use crate::slice::Slice;

/// The merged report without what is counted.
pub(super) fn head(
    sources: &[(String, Report)],
    groups: &[Group],
    asked: &Asked<'_>,
    run: Run,
    now: DateTime<Utc>,
) -> Report {
    let own = asked.settings.entry(asked.scope);
    let settings = match sources.first() {
        Some((_, first)) => Settings {
            fail_on: own.fail_on,
            fail_on_policy: own.fail_on_policy,
            ..first.settings.clone()
        },
        None => own,
    };
    let requests = sources.iter().fold(run.requests, |sum, (_, report)| {
        sum.saturating_add(report.run.requests)
    });
    let merged = sources.iter().map(|(name, report)| MergedEntry {
        source: name.clone(),
        slice: report
            .slice
            .as_ref()
            .and_then(|slice| Slice::new(slice.position, slice.of)),
        at: report.run.at,
    });
    Report {
        schema: SCHEMA.to_owned(),
        tool: Tool::this(),
        run: Run {
            at: now,
            requests,
            ..run
        },
        status: Verdict::Ok,
        totals: Totals::default(),
        soonest: None,
        organizations: groups
            .iter()
            .flat_map(|group| organizations(members(sources, group)))
            .collect(),
        settings,
        slice: None,
        merged: merged.collect(),
        pats: Vec::new(),
        findings: Vec::new(),
        missing: Vec::new(),
        unreadable: Vec::new(),
        notes: Vec::new(),
    }
}

fn members<'a>(sources: &'a [(String, Report)], group: &'a Group) -> impl Iterator<Item = &'a Report> {
    group
        .members
        .iter()
        .filter_map(|at| sources.get(*at).map(|(_, report)| report))
}

/// Each organization of some slices once. All slices pass over the same identities that cannot own PATs.
fn organizations<'a>(reports: impl Iterator<Item = &'a Report>) -> Vec<OrganizationEntry> {
    let mut all: Vec<OrganizationEntry> = Vec::new();
    for entry in reports.flat_map(|report| &report.organizations) {
        let Some(sum) = all
            .iter_mut()
            .find(|known| known.name.to_lowercase() == entry.name.to_lowercase())
        else {
            all.push(entry.clone());
            continue;
        };
        sum.read = sum.read.saturating_add(entry.read);
        sum.account_id = sum.account_id.take().or_else(|| entry.account_id.clone());
        sum.signed_in_as = sum.signed_in_as.take().or_else(|| entry.signed_in_as.clone());
        sum.identity_kind = sum.identity_kind.take().or_else(|| entry.identity_kind.clone());
        sum.users = match (sum.users, entry.users) {
            (Some(some), Some(more)) => Some(UsersEntry {
                read: some.read.saturating_add(more.read),
                skipped: some.skipped.max(more.skipped),
                unreadable: some.unreadable.saturating_add(more.unreadable),
                gone: some.gone.saturating_add(more.gone),
            }),
            (some, more) => some.or(more),
        };
    }
    all
}

/// What only all reports decide.
pub(super) struct Decided {
    pub(super) missing: Vec<Missing>,
    pub(super) undecided: Vec<UnreadableEntry>,
}

/// A pattern is missing where no report has a match for it.
pub(super) fn decide(sources: &[(String, Report)], settings: &Settings, nothing_judged: bool) -> Decided {
    let mut decided = Decided {
        missing: Vec::new(),
        undecided: Vec::new(),
    };
    if nothing_judged && !settings.names.is_empty() {
        decided.missing.push(nothing_named(&settings.names));
    }
    for pattern in &settings.require_names {
        let wanted = missing(pattern.clone());
        let mut perhaps: Option<&Undecided> = None;
        let found = sources.iter().any(|(_, report)| {
            let slice = report.slice.as_ref();
            let here = slice
                .into_iter()
                .flat_map(|slice| &slice.undecided)
                .find(|undecided| undecided.pattern == *pattern);
            if let Some(here) = here
                && perhaps.is_none_or(|other| here.organization < other.organization)
            {
                perhaps = Some(here);
            }
            let unmatched = slice.map_or(&report.missing, |slice| &slice.unmatched);
            here.is_none() && !unmatched.contains(&wanted)
        });
        match perhaps {
            _ if found => {}
            Some(perhaps) => decided.undecided.push(undecided(perhaps)),
            None => decided.missing.push(wanted),
        }
    }
    decided
}

/// Everything worth saying, once the rest stands; and that a report calls itself unknown without saying why.
pub(super) fn notes(sources: &[(String, Report)], groups: &[Group], report: &mut Report) {
    let perhaps = perhaps_there(&report.missing, report.totals.unreadable);
    let mut notes = Vec::new();
    for (name, source) in sources {
        // Whether that is so has been found anew.
        let kept: Vec<String> = source
            .notes
            .iter()
            .filter(|note| !crate::judge::is_perhaps_there(note))
            .cloned()
            .collect();
        add_notes(&mut notes, &kept);
        if source.status == Verdict::Unknown && source.totals.unreadable == 0 {
            report.status = Verdict::Unknown;
            notes.push(format!("{name} calls its verdict unknown and does not say why."));
        }
    }
    // A slice leaves unsaid what may be so of its share alone.
    let sliced = |group: &&Group| members(sources, group).any(|member| member.slice.is_some());
    for group in groups.iter().filter(sliced) {
        let mut by_name: BTreeMap<&str, u32> = BTreeMap::new();
        let mut elsewhere = 0_u32;
        for member in members(sources, group) {
            elsewhere = elsewhere.saturating_add(member.totals.elsewhere);
            for entry in &member.organizations {
                let read = by_name.entry(&entry.name).or_default();
                *read = read.saturating_add(entry.read);
            }
        }
        // Of several organizations the counts do not tell which one the others' PATs were listed in.
        if let [(name, read)] = by_name.into_iter().collect::<Vec<_>>().as_slice()
            && *read == elsewhere
        {
            notes.extend(all_elsewhere(name, *read));
        }
    }
    notes.extend(perhaps);
    report.notes = notes;
}
