//! Whether reports are parts of one whole.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

use super::MergeError;
use crate::judge::{MonitorSettings, Scope};
use crate::report::{MINE, Report, SCHEMA, Settings};
use crate::slice::Slice;

/// Reports that are further apart are no one verdict.
const APART: TimeDelta = TimeDelta::hours(6);
/// Reports that all are older than this say nothing of today.
const OLD: TimeDelta = TimeDelta::hours(24);
/// Clocks of two machines may differ by this.
const AHEAD: TimeDelta = TimeDelta::minutes(5);
/// The most shares that a run can have: far more than Azure Pipelines runs jobs at once.
const MOST_SLICES: u32 = 10_000;
/// Characters of a value that an error quotes.
const VALUE: usize = 200;

/// What the merging step itself is asked for. What it leaves blank, or at its default, the reports decide; the rest has
/// to be what they were judged by. `failOn` and `failOnPolicy` are the merging step's own.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// The step's settings.
    pub settings: &'a MonitorSettings,
    /// Whose PATs; [`Scope::Mine`] is the default and says nothing.
    pub scope: Scope,
    /// Which of `warningDays`, `criticalDays` and `expiredWithinDays` differ from their defaults.
    pub given: &'a [&'a str],
}

/// Reports of one set of organizations: together every share of their users, each once.
#[derive(Debug)]
pub(super) struct Group {
    /// In the order of names, lower case.
    pub(super) organizations: Vec<String>,
    /// Which of the reports, in the order given.
    pub(super) members: Vec<usize>,
}

/// The reports by organizations; an error where they are not all of them, or not all judged alike.
pub(super) fn groups(
    sources: &[(String, Report)],
    asked: &Asked<'_>,
    now: DateTime<Utc>,
) -> Result<Vec<Group>, MergeError> {
    let Some((first_name, first)) = sources.first() else {
        return Err(MergeError::Nothing);
    };
    for (name, report) in sources {
        if report.schema != SCHEMA {
            return Err(does_not_add_up(name, format!("it is no {SCHEMA}")));
        }
        if report.run.at > now + AHEAD {
            return Err(MergeError::InTheFuture {
                source_name: name.clone(),
                at: report.run.at,
                now,
            });
        }
        alike(name, &said(&report.settings), first_name, &said(&first.settings))?;
    }
    alike(first_name, &said(&first.settings), "this step", &asked.said())?;
    let at = |(_, report): &&(String, Report)| report.run.at;
    if let (Some((oldest, early)), Some((newest, late))) =
        (sources.iter().min_by_key(at), sources.iter().max_by_key(at))
        && late.run.at - early.run.at > APART
    {
        return Err(MergeError::TooFarApart {
            source_name: newest.clone(),
            at: late.run.at,
            other: oldest.clone(),
            other_at: early.run.at,
        });
    }
    if let Some((newest, late)) = sources.iter().max_by_key(at)
        && now - late.run.at > OLD
    {
        return Err(MergeError::TooOld {
            source_name: newest.clone(),
            at: late.run.at,
            now,
        });
    }

    let mut by_organizations: BTreeMap<Vec<String>, Vec<usize>> = BTreeMap::new();
    for (at, (_, report)) in sources.iter().enumerate() {
        by_organizations
            .entry(organizations(report))
            .or_default()
            .push(at);
    }
    let mut groups: Vec<Group> = by_organizations
        .into_iter()
        .map(|(organizations, members)| Group {
            organizations,
            members,
        })
        .collect();
    groups.sort_by(|a, b| a.members.cmp(&b.members));
    apart(sources, &groups)?;
    for group in &groups {
        whole(sources, group, &groups)?;
    }
    Ok(groups)
}

/// Its share of the users; a report without one is all of them.
pub(super) fn slice_of(name: &str, report: &Report) -> Result<Slice, MergeError> {
    let Some(slice) = &report.slice else {
        return Ok(Slice { position: 1, of: 1 });
    };
    let (position, of) = (slice.position, slice.of);
    Slice::new(position, of)
        .filter(|slice| slice.of <= MOST_SLICES)
        .ok_or_else(|| does_not_add_up(name, format!("there is no slice {position} of {of}")))
}

pub(super) fn does_not_add_up(name: &str, what: String) -> MergeError {
    MergeError::DoesNotAddUp {
        source_name: name.to_owned(),
        what,
    }
}

fn organizations(report: &Report) -> Vec<String> {
    let mut names: Vec<String> = report
        .organizations
        .iter()
        .map(|organization| organization.name.to_lowercase())
        .collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// No organization is in two groups.
fn apart(sources: &[(String, Report)], groups: &[Group]) -> Result<(), MergeError> {
    let mut seen: BTreeMap<&str, &Group> = BTreeMap::new();
    for group in groups {
        for name in &group.organizations {
            if let Some(other) = seen.insert(name, group) {
                return Err(other_organization(sources, group, other));
            }
        }
    }
    Ok(())
}

fn other_organization(sources: &[(String, Report)], group: &Group, other: &Group) -> MergeError {
    let first = |group: &Group| {
        let source = group.members.first().and_then(|at| sources.get(*at));
        source.map_or_else(String::new, |(name, _)| name.clone())
    };
    MergeError::OtherOrganization {
        source_name: first(group),
        organizations: group.organizations.clone(),
        other: first(other),
        others: other.organizations.clone(),
    }
}

/// A group has every share once, and its reports mean the same accounts.
fn whole(sources: &[(String, Report)], group: &Group, groups: &[Group]) -> Result<(), MergeError> {
    let mut seen: BTreeMap<u32, &str> = BTreeMap::new();
    let mut first: Option<(&str, Slice)> = None;
    let mut accounts: BTreeMap<String, (&str, &str)> = BTreeMap::new();
    for (name, report) in group.members.iter().filter_map(|at| sources.get(*at)) {
        let slice = slice_of(name, report)?;
        let (other, other_slice) = *first.get_or_insert((name, slice));
        if slice.of != other_slice.of {
            return Err(MergeError::OtherCount {
                source_name: name.clone(),
                slice,
                other: other.to_owned(),
                other_slice,
            });
        }
        if let Some(other) = seen.insert(slice.position, name) {
            return Err(MergeError::DoubledSlice {
                source_name: name.clone(),
                other: other.to_owned(),
                slice,
                organizations: group.organizations.clone(),
            });
        }
        for entry in &report.organizations {
            let Some(account) = &entry.account_id else {
                continue;
            };
            let (other, other_account) = *accounts
                .entry(entry.name.to_lowercase())
                .or_insert((name, account));
            if !other_account.eq_ignore_ascii_case(account) {
                let named = |account: &str| vec![format!("{} ({account})", entry.name)];
                return Err(MergeError::OtherOrganization {
                    source_name: name.clone(),
                    organizations: named(account),
                    other: other.to_owned(),
                    others: named(other_account),
                });
            }
        }
    }
    let of = first.map_or(1, |(_, slice)| slice.of);
    let missing: Vec<u32> = (1..=of).filter(|position| !seen.contains_key(position)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    // What is missing here may be what is given of another organization.
    let strays = |other: &&Group| {
        let slices = other.members.iter().filter_map(|at| sources.get(*at));
        !std::ptr::eq(*other, group)
            && slices
                .filter_map(|(_, report)| report.slice.as_ref())
                .any(|slice| slice.of == of && missing.contains(&slice.position))
    };
    match groups
        .iter()
        .find(|other| strays(other) && other.members.len() < of as usize)
    {
        Some(other) => Err(other_organization(sources, other, group)),
        None => Err(MergeError::MissingSlice {
            organizations: group.organizations.clone(),
            missing,
            of,
        }),
    }
}

/// What reports are judged by, as pairs of name and value.
type Said = Vec<(String, String)>;

fn said(settings: &Settings) -> Said {
    let list = |items: &[String]| {
        let mut items: Vec<&str> = items.iter().map(String::as_str).collect();
        items.sort_unstable();
        items.dedup();
        items.join(" ")
    };
    let mut waivers = settings.waivers.clone();
    waivers.sort_unstable();
    waivers.dedup();
    let waivers: Vec<String> = waivers
        .iter()
        .map(|waiver| {
            let (rule, pat, until) = (&waiver.rule, &waiver.pat, &waiver.until);
            format!("{rule} for {pat} until {until}: {}", waiver.reason)
        })
        .collect();
    let mut said = vec![
        ("scope".to_owned(), settings.scope.clone()),
        ("names".to_owned(), list(&settings.names)),
        ("requireNames".to_owned(), list(&settings.require_names)),
        ("warningDays".to_owned(), settings.warning_days.to_string()),
        ("criticalDays".to_owned(), settings.critical_days.to_string()),
        (
            "expiredWithinDays".to_owned(),
            settings.expired_within_days.to_string(),
        ),
        ("waivers (policyFile)".to_owned(), waivers.join("; ")),
    ];
    said.extend(settings.rules.iter().map(|rule| {
        let limit = rule.limit.iter().map(|limit| format!(", {limit}"));
        let value: String = std::iter::once(rule.severity.as_str().to_owned())
            .chain(limit)
            .collect();
        (format!("the rule {}", rule.rule), value)
    }));
    said
}

impl Asked<'_> {
    /// What this step says of its own.
    fn said(&self) -> Said {
        let mut settings = self.settings.entry(self.scope);
        settings.rules.retain(|rule| rule.from != "default");
        let mut said = said(&settings);
        said.retain(|(name, value)| match name.as_str() {
            "warningDays" | "criticalDays" | "expiredWithinDays" => self.given.contains(&name.as_str()),
            "scope" => value != MINE,
            _ => !value.is_empty(),
        });
        said
    }
}

/// Whether everything in `others` is so in `own`.
fn alike(name: &str, own: &Said, other: &str, others: &Said) -> Result<(), MergeError> {
    let shown = |value: &str| match value {
        "" => "blank".to_owned(),
        value => crate::text::fit(value, VALUE),
    };
    for (setting, other_value) in others {
        let value = own
            .iter()
            .find(|(known, _)| known == setting)
            .map_or("", |(_, value)| value);
        if value != other_value {
            return Err(MergeError::OtherSettings {
                source_name: name.to_owned(),
                setting: setting.clone(),
                value: shown(value),
                other: other.to_owned(),
                other_value: shown(other_value),
            });
        }
    }
    Ok(())
}
