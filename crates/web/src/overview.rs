//! The top of the page.

use std::cmp::Reverse;

use chrono::{DateTime, Utc};
use patkeeper_core::render::{cause_words, has_owners, missing_words, own_verdict_line};
use patkeeper_core::render::{count as words, number as grouped};
use patkeeper_core::report::{PatStatus, Totals, UnreadableEntry};
use patkeeper_core::text::{visible, visible_name};

use crate::documents::{Documents, Other};
use crate::headline::headline;
use crate::health::View;
use crate::model::{Change, Overview, Thresholds, Unreadable};
use crate::moment::{and_how_long_ago, milliseconds};
use crate::table::number;
use crate::tone::count;

/// How much of what could not be read is named.
const UNREADABLE: usize = 50;

pub(crate) fn overview(documents: &Documents, view: Option<&View>, now: DateTime<Utc>) -> Overview {
    let (tone, headline) = headline(documents, view);
    let report = view.map(|view| &view.report);
    let others = documents.others.iter();
    let (from, to) = match view {
        Some(view) => (view.from, view.report.run.at),
        None => {
            let last = others.map(|other| other.run().at).max().unwrap_or(now);
            (last, last)
        }
    };
    let (unreadable, unreadable_more) = unreadable(documents, view);
    Overview {
        tone,
        headline,
        verdict: report.map(own_verdict_line),
        since: view.and_then(|view| view.by_now.details()),
        as_of: milliseconds(from),
        as_of_words: and_how_long_ago(from, to, now),
        organizations: organizations(documents, view),
        has_owners: report.is_some_and(has_owners),
        counts: report
            .into_iter()
            .flat_map(|report| PatStatus::ALL.map(|status| count(status, report.totals.of(status))))
            .filter(|count| count.count > 0)
            .collect(),
        partial: view.and_then(partial),
        findings_partial: view.and_then(findings_partial),
        thresholds: view.map(thresholds).unwrap_or_default(),
        missing: report
            .into_iter()
            .flat_map(|report| &report.missing)
            .map(|missing| visible(&missing_words(missing)))
            .collect(),
        unreadable,
        unreadable_more,
        changes: changes(documents),
        notes: notes(documents, view),
        documents: documents.entries(view.map_or(&[], |view| &view.parts)),
    }
}

fn thresholds(view: &View) -> Thresholds {
    let (shown, judged) = (view.judgment.thresholds, view.reported.thresholds);
    Thresholds {
        warning_days: shown.warning_days,
        critical_days: shown.critical_days,
        judged_warning_days: judged.warning_days,
        judged_critical_days: judged.critical_days,
    }
}

fn organizations(documents: &Documents, view: Option<&View>) -> Vec<String> {
    let of_view = view.into_iter().flat_map(|view| &view.report.organizations);
    let of_view = of_view.map(|one| one.name.as_str());
    let of_others = documents.others.iter().flat_map(Other::organizations);
    let mut all: Vec<String> = Vec::new();
    for name in of_view.chain(of_others).map(visible) {
        if !all
            .iter()
            .any(|known| known.to_lowercase() == name.to_lowercase())
        {
            all.push(name);
        }
    }
    all
}

/// What a page of part of the rows must say.
fn partial(view: &View) -> Option<String> {
    let mut said = view.shares.clone();
    let report = &view.report;
    let listed = report.pats.len();
    let all = (report.totals.total as usize).max(listed);
    if all > listed {
        said.push(format!(
            "The table has the {} most urgent of {}; the counts are of all of them.",
            grouped(listed),
            words(all, "PAT")
        ));
    }
    if !view.judgment.exact {
        said.push(
            "Under these thresholds PATs that are not in the table may be due, too: there are at least as many as counted."
                .to_owned(),
        );
    }
    (!said.is_empty()).then(|| visible(&said.join(" ")))
}

/// What a page of part of the policy findings must say: whole rules may be missing.
fn findings_partial(view: &View) -> Option<String> {
    let listed = view.report.findings.len();
    let all = all_findings(&view.report.totals).max(listed);
    (all > listed).then(|| {
        format!(
            "Here are the {} heaviest of {}. Rules that are not here may have found something, too, and those that are, \
             more: the JSON report has all.",
            grouped(listed),
            words(all, "policy finding")
        )
    })
}

/// Policy findings, those that a waiver covers among them.
pub(crate) fn all_findings(totals: &Totals) -> usize {
    totals.policy_findings.saturating_add(totals.waived) as usize
}

fn unreadable(documents: &Documents, view: Option<&View>) -> (Vec<Unreadable>, u32) {
    let of_view = view.into_iter().flat_map(|view| &view.report.unreadable);
    let of_others = documents.others.iter().flat_map(|other| match other {
        Other::Rotation(_) => [].as_slice(),
        Other::Revocation(report) => &report.unreadable,
        Other::Audit(report) => &report.unreadable,
    });
    let listed: Vec<&UnreadableEntry> = of_view.chain(of_others).collect();
    let counted = view.map_or(0, |view| {
        view.report
            .totals
            .unreadable
            .saturating_sub(number(view.report.unreadable.len()))
    });
    let shown: Vec<Unreadable> = listed.iter().take(UNREADABLE).map(|entry| said(entry)).collect();
    let more = number(listed.len() - shown.len()).saturating_add(counted);
    (shown, more)
}

fn said(entry: &UnreadableEntry) -> Unreadable {
    let what = visible_name(&entry.what);
    let organization = visible(&entry.organization);
    let why = cause_words(&entry.failure);
    Unreadable {
        what: if organization.is_empty() || what.contains(&organization) {
            what
        } else {
            format!("{what} ({organization})")
        },
        message: visible(&entry.failure.what),
        why: (!why.is_empty()).then(|| visible(&why)),
        ways_out: entry.failure.ways_out.iter().map(|way| visible(way)).collect(),
    }
}

fn changes(documents: &Documents) -> Vec<Change> {
    let mut others: Vec<&Other> = documents.others.iter().collect();
    others.sort_by_key(|other| Reverse(other.run().at));
    others.into_iter().map(Other::change).collect()
}

fn notes(documents: &Documents, view: Option<&View>) -> Vec<String> {
    let of_view = view.into_iter().flat_map(|view| &view.report.notes);
    let of_others = documents.others.iter().flat_map(|other| match other {
        // A rotation's are lines of its change.
        Other::Rotation(_) => [].as_slice(),
        Other::Revocation(report) => &report.notes,
        Other::Audit(report) => &report.notes,
    });
    let mut notes: Vec<String> = Vec::new();
    for note in of_view.chain(of_others).map(|note| visible(note)) {
        if !notes.contains(&note) {
            notes.push(note);
        }
    }
    notes
}
