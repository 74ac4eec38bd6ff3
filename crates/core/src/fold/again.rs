//! Reports that ask the same: an earlier look or attempt, and the later one that has taken its place.

use std::collections::HashMap;

use super::{NAMED, pat_key};
use crate::judge::Unlisted;
use crate::render::count;
use crate::report::{MINE, PatEntry, PatStatus, Report, RuleSetting, WaiverSetting};
use crate::text::name;
use crate::time;

/// What a report was made to tell. What only decides how its step ends is no part of it.
#[derive(PartialEq, Eq)]
struct Question<'a> {
    scope: &'a str,
    slice: Option<(u32, u32)>,
    days: [u32; 3],
    names: [&'a [String]; 2],
    /// In lower case, each with who asked, where only whoever signed in is asked about.
    organizations: Vec<(String, Option<&'a str>)>,
    rules: &'a [RuleSetting],
    waivers: &'a [WaiverSetting],
}

impl<'a> Question<'a> {
    fn of(report: &'a Report) -> Self {
        let settings = &report.settings;
        let mine = settings.scope == MINE;
        let mut organizations: Vec<_> = report
            .organizations
            .iter()
            .map(|one| {
                let who = one.signed_in_as.as_deref().filter(|_| mine);
                (one.name.to_lowercase(), who)
            })
            .collect();
        organizations.sort_unstable();
        Self {
            scope: &settings.scope,
            slice: report.slice.as_ref().map(|slice| (slice.position, slice.of)),
            days: [
                settings.warning_days,
                settings.critical_days,
                settings.expired_within_days,
            ],
            names: [&settings.names, &settings.require_names],
            organizations,
            rules: &settings.rules,
            waivers: &settings.waivers,
        }
    }
}

/// For each report the one that has taken its place: the last of those that ask the same; of those judged at once the
/// one given last.
pub(super) fn superseded_by(reports: &[Report]) -> Vec<Option<usize>> {
    let mut last: Vec<(Question<'_>, usize)> = Vec::new();
    let mut order: Vec<usize> = (0..reports.len()).collect();
    order.sort_by_key(|at| reports.get(*at).map(|report| report.run.at));
    let mut group_of = vec![0; reports.len()];
    for at in order {
        let Some(report) = reports.get(at) else { continue };
        let question = Question::of(report);
        let group = last.iter().position(|(known, _)| *known == question);
        let group = group.unwrap_or(last.len());
        match last.get_mut(group) {
            Some((_, last)) => *last = at,
            None => last.push((question, at)),
        }
        if let Some(place) = group_of.get_mut(at) {
            *place = group;
        }
    }
    let by = group_of.into_iter().enumerate().map(|(at, group)| {
        let (_, last) = last.get(group)?;
        (*last != at).then_some(*last)
    });
    by.collect()
}

/// What an earlier report said worse than the one in its place, as a sentence.
pub(super) fn said_worse(earlier: &Report, later: &Report) -> Option<String> {
    let mut said = Vec::new();
    if earlier.status > later.status {
        said.push(format!("its verdict was {}", earlier.status.as_str()));
    }
    let now: HashMap<_, &PatEntry> = later.pats.iter().map(|pat| (pat_key(pat), pat)).collect();
    // A report that does not list all its PATs does not tell which are gone.
    let lists_all = Unlisted::of(later).is_none();
    let mut pats = earlier.pats.iter().filter_map(|pat| {
        let was = |then: &str| {
            format!(
                "{} was {} and is {then}",
                name(&pat.display_name, super::NAME),
                pat.status.as_str()
            )
        };
        match now.get(&pat_key(pat)) {
            Some(now) => (pat.status.verdict() > now.status.verdict()).then(|| was(now.status.as_str())),
            None => (lists_all && pat.status > PatStatus::Healthy).then(|| was("not there any more")),
        }
    });
    said.extend(pats.by_ref().take(NAMED));
    let more = pats.count();
    if more > 0 {
        said.push(format!("{} more stood worse", count(more, "PAT")));
    }
    for (before, now, what, thing) in [
        (
            earlier.totals.unreadable,
            later.totals.unreadable,
            "could not be read",
            "thing",
        ),
        (
            earlier.totals.missing,
            later.totals.missing,
            "had no match",
            "pattern",
        ),
    ] {
        if before > now {
            said.push(format!("{} {what}", count(before as usize, thing)));
        }
    }
    (!said.is_empty()).then(|| {
        format!(
            "A report of {} asked the same and said worse; the one of {} is shown in its place: {}.",
            time::minute(earlier.run.at),
            time::minute(later.run.at),
            said.join("; ")
        )
    })
}
