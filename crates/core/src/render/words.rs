//! What several renderers say, in the same words. Text of strangers is still raw in these sentences:
//! each renderer makes it harmless for its format.

use std::collections::HashSet;

use chrono::{DateTime, Utc};

use super::failure::for_support;
use crate::failure::Failure;
use crate::owner::SubjectDescriptor;
use crate::policy::Rule;
use crate::report::{
    Finding, Missing, OrganizationEntry, OwnerEntry, PatEntry, PatStatus, Report, Severity, UnreadableEntry,
    UsersEntry,
};
use crate::rotation::BaseName;
use crate::time;

/// `1 PAT`, `2 PATs`.
#[must_use]
pub fn count(number: usize, thing: &str) -> String {
    if number == 1 {
        format!("1 {thing}")
    } else {
        format!("{} {thing}s", self::number(number))
    }
}

/// `9999`, and from there on in groups: `60,000`.
#[must_use]
pub fn number(number: usize) -> String {
    if number < 10_000 {
        number.to_string()
    } else {
        grouped(number)
    }
}

/// In groups from the first one on: `1,500`, as numbers that stand large are read.
#[must_use]
pub fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// The severity of a finding, or that it is waived.
pub(super) fn weight(finding: &Finding) -> &'static str {
    if finding.waived.is_some() {
        "waived"
    } else {
        finding.severity.as_str()
    }
}

/// Whether its expiry asks for something to be done.
pub(super) fn needs_attention(pat: &PatEntry) -> bool {
    matches!(
        pat.status,
        PatStatus::Warning | PatStatus::Critical | PatStatus::Expired
    )
}

/// The rules that PATs were judged by.
pub(super) fn rules(report: &Report) -> impl Iterator<Item = &str> {
    let judges =
        |rule: &str| Rule::find(rule).is_some_and(|rule| rule.judges_pats_in(&report.settings.scope));
    report
        .settings
        .rules
        .iter()
        .filter(move |setting| setting.severity != Severity::Off && judges(&setting.rule))
        .map(|setting| setting.rule.as_str())
}

/// Whether policy judges it at all: one that has ended opens nothing any more.
pub(super) fn meets_policy(pat: &PatEntry) -> bool {
    pat.status != PatStatus::Expired
}

/// The PATs whose expiry asks for something to be done, in the report's order; and how many of them there are, which
/// may be more than a report of a large organization lists.
pub(super) fn urgent(report: &Report) -> (Vec<&PatEntry>, usize) {
    let listed: Vec<&PatEntry> = report.pats.iter().filter(|pat| needs_attention(pat)).collect();
    let totals = report.totals;
    let all = (totals.expired + totals.critical + totals.warning) as usize;
    let all = all.max(listed.len());
    (listed, all)
}

/// Whether the PATs are those of many users.
#[must_use]
pub fn has_owners(report: &Report) -> bool {
    report.pats.iter().any(|pat| pat.owner.is_some())
        || report.findings.iter().any(|finding| finding.owner.is_some())
}

/// Whose it is; empty where that goes without saying.
pub(super) fn owner(owner: Option<&OwnerEntry>) -> &str {
    owner.map_or("", |owner| owner.name.as_str())
}

/// ISO date in UTC.
pub(super) fn date(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d").to_string()
}

/// Whether the PAT ends sooner than its own date says, because global PATs end.
fn ends_as_global(pat: &PatEntry) -> bool {
    pat.global && pat.effective_expiry < pat.valid_to
}

/// What else there is to know about the end of a PAT; empty for most.
#[must_use]
pub fn note(pat: &PatEntry) -> String {
    let mut notes = Vec::new();
    if let Some(by) = &pat.replaced_by {
        notes.push(format!("replaced by {by}"));
    }
    if ends_as_global(pat) {
        notes.push(format!(
            "ends with all global PATs, not on {}",
            date(pat.valid_to)
        ));
    }
    notes.join("; ")
}

/// What to do about a PAT; empty when nothing has to be done. Only its owner can make the next one.
pub(super) fn next_step(pat: &PatEntry) -> String {
    let who = match &pat.owner {
        Some(owner) => format!("{} must ", owner.name),
        None => String::new(),
    };
    if needs_attention(pat) && ends_as_global(pat) {
        let ends = date(pat.effective_expiry);
        return format!("global PATs end on {ends}: {who}make one PAT for each organization that uses it");
    }
    match pat.status {
        PatStatus::Replaced | PatStatus::Healthy => String::new(),
        PatStatus::Expired => format!("{who}{}", rotate(pat, "now")),
        PatStatus::Critical if pat.days_left < 1 => {
            format!("less than a day left, {who}{}", rotate(pat, "now"))
        }
        PatStatus::Critical => {
            let left = count(usize::try_from(pat.days_left).unwrap_or(0), "day");
            format!("{left} left, {who}{}", rotate(pat, "now"))
        }
        PatStatus::Warning => {
            let when = format!("before {}", date(pat.effective_expiry));
            format!("{who}{}", rotate(pat, &when))
        }
    }
}

/// What stands below the next steps of an organization's PATs.
pub(super) const ADMINISTRATOR: &str = "Only its owner can rotate a PAT. An administrator can revoke any of them: PatRevoke@1 with scope: organization (docs/patrevoke.md)";

/// The owners who are gone, and with them whoever could rotate their PATs.
pub(super) struct Gone<'a>(HashSet<&'a SubjectDescriptor>);

impl<'a> Gone<'a> {
    pub(super) fn of(report: &'a Report) -> Self {
        let orphans = report
            .findings
            .iter()
            .filter(|finding| finding.rule == Rule::OrphanedOwner.id());
        Self(
            orphans
                .filter_map(|finding| finding.owner.as_ref())
                .map(|owner| &owner.descriptor)
                .collect(),
        )
    }

    /// [`next_step`], unless there is nobody left to take it.
    pub(super) fn next_step(&self, pat: &PatEntry) -> String {
        match &pat.owner {
            Some(owner) if self.0.contains(&owner.descriptor) && needs_attention(pat) => format!(
                "{} is gone: find out what uses it, give that an identity of its own (docs/instead-of-pats.md), and revoke it",
                owner.name
            ),
            _ => next_step(pat),
        }
    }
}

/// How a PAT is replaced: by the task, under the name of its family, where that is a name that the task takes.
fn rotate(pat: &PatEntry, when: &str) -> String {
    match BaseName::parse(&pat.family) {
        Ok(name) => format!("rotate it {when}: PatRotate@1, name: {name} (docs/rotation.md)"),
        Err(_) => format!("replace it {when} (docs/rotation.md)"),
    }
}

/// What to do about a pattern without a match, by the input that held it.
pub(super) fn missing_remedy(input: &str) -> &'static str {
    if input == "names" {
        "no PAT has such a name, so nothing was judged: correct the pattern"
    } else {
        "no live PAT has such a name: make it, or correct the pattern"
    }
}

/// A pattern without a match, in one sentence.
#[must_use]
pub fn missing_words(missing: &Missing) -> String {
    format!(
        "{} ({}): {}.",
        missing.pattern,
        missing.input,
        missing_remedy(&missing.input)
    )
}

/// Why a failure happened, with the service's own words and code last; empty where neither is known.
#[must_use]
pub fn cause_words(failure: &Failure) -> String {
    let why = failure.why.iter().cloned();
    let service = for_support(failure).map(|(head, words)| format!("{head}: {words}"));
    let parts: Vec<String> = why.chain(service).collect();
    parts.join(". ")
}

/// `signed in as somebody (user, refresh token)`, or `not signed in`.
pub(super) fn signed_in(organization: &OrganizationEntry) -> String {
    signed_in_as(
        organization.signed_in_as.as_deref(),
        organization.identity_kind.as_deref(),
        &organization.sign_in,
    )
}

/// The same of any report's organization.
pub(super) fn signed_in_as(name: Option<&str>, identity_kind: Option<&str>, sign_in: &str) -> String {
    let how: Vec<&str> = identity_kind
        .into_iter()
        .chain([sign_in])
        .filter(|word| !word.is_empty())
        .collect();
    let how = if how.is_empty() {
        String::new()
    } else {
        format!(" ({})", how.join(", "))
    };
    match name {
        Some(name) => format!("signed in as {name}{how}"),
        None if how.is_empty() => "not signed in".to_owned(),
        None => format!("signed in{how}"),
    }
}

/// `Read 42 PATs in 3 requests`, and what of them is not judged; of an organization also whose.
pub(super) fn read(report: &Report) -> String {
    let read: usize = report
        .organizations
        .iter()
        .map(|organization| organization.read as usize)
        .sum();
    let mut line = format!("Read {}", count(read, "PAT"));
    let users: Vec<&UsersEntry> = report
        .organizations
        .iter()
        .filter_map(|organization| organization.users.as_ref())
        .collect();
    if !users.is_empty() {
        let sum = |of: fn(&UsersEntry) -> u32| users.iter().map(|users| of(users) as usize).sum::<usize>();
        line.push_str(&format!(" of {}", count(sum(|users| users.read), "user")));
        let others = counts([
            (sum(|users| users.skipped), "service identities passed over"),
            (sum(|users| users.unreadable), "unreadable"),
            (sum(|users| users.gone), "gone"),
        ]);
        if !others.is_empty() {
            line.push_str(&format!(" ({})", others.join(", ")));
        }
    }
    line.push_str(&format!(" in {}", count(report.run.requests as usize, "request")));
    let skipped = counts([
        (report.totals.elsewhere as usize, "of other organizations"),
        (report.totals.history as usize, "of the past"),
    ]);
    if !skipped.is_empty() {
        line.push_str("; not judged: ");
        line.push_str(&skipped.join(", "));
    }
    line
}

/// `1 expired`, `3 critical`: what is not 0.
pub(super) fn counts<const N: usize>(all: [(usize, &str); N]) -> Vec<String> {
    all.into_iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, what)| format!("{} {what}", self::number(number)))
        .collect()
}

/// Which part of the users, or of which parts it was merged: in short, for the verdict. `None`: it is whole.
pub(super) fn part(report: &Report) -> Option<String> {
    match (&report.slice, report.merged.len()) {
        (Some(slice), _) => Some(format!("Slice {} of {}", slice.position, slice.of)),
        (None, 0) => None,
        (None, merged) => Some(format!("{} merged", count(merged, "report"))),
    }
}

/// The same in a sentence or two.
pub(super) fn part_in_full(report: &Report) -> Option<String> {
    let part = part(report)?;
    if let Some(slice) = &report.slice {
        let so_far = match slice.unmatched.len() {
            0 => String::new(),
            unmatched => format!(" ({} without a match in this one)", count(unmatched, "pattern")),
        };
        return Some(format!(
            "{part}: one job's share of the users. It decides nothing alone about required names{so_far}: the job that \
             merges all {} does (mergeReports)",
            slice.of
        ));
    }
    let slices = report
        .merged
        .iter()
        .filter_map(|merged| merged.slice)
        .map(|slice| slice.of);
    let of = slices
        .max()
        .map_or_else(String::new, |of| format!(" (slices 1 to {of})"));
    let judged = |at: Option<DateTime<Utc>>| at.map_or_else(String::new, time::minute);
    let times = report.merged.iter().map(|merged| merged.at);
    Some(format!(
        "{part}{of}: judged between {} and {}",
        judged(times.clone().min()),
        judged(times.max())
    ))
}

/// `36 healthy · 2 replaced`, without what is 0; and which one ends first, apart, because it holds a name.
pub(super) fn calm(report: &Report) -> (String, Option<(&str, String)>) {
    let counts = counts([
        (report.totals.healthy as usize, "healthy"),
        (report.totals.replaced as usize, "replaced"),
    ]);
    let soonest = report.soonest.as_ref().map(|soonest| {
        let left = match usize::try_from(soonest.days_left) {
            Ok(0) | Err(_) => "in less than a day".to_owned(),
            Ok(days) => format!("in {}", count(days, "day")),
        };
        (soonest.display_name.as_str(), left)
    });
    (counts.join(" · "), soonest)
}

/// Findings by weight, then by rule, so that each rule's remedy is said once; waived ones last.
pub(super) fn by_rule(report: &Report) -> Vec<&Finding> {
    let mut findings: Vec<&Finding> = report.findings.iter().collect();
    let place = |rule: &str| {
        report
            .settings
            .rules
            .iter()
            .position(|setting| setting.rule == rule)
            .unwrap_or(usize::MAX)
    };
    findings.sort_by_key(|finding| {
        (
            finding.waived.is_some(),
            std::cmp::Reverse(finding.severity),
            place(&finding.rule),
            finding.rule.as_str(),
        )
    });
    findings
}

/// How many findings there are, which may be more than a report of a large organization lists: open ones, waived ones.
pub(super) fn all_findings(report: &Report) -> (usize, usize) {
    let waived = report
        .findings
        .iter()
        .filter(|finding| finding.waived.is_some())
        .count();
    let open = report.findings.len() - waived;
    (
        open.max(report.totals.policy_findings as usize),
        waived.max(report.totals.waived as usize),
    )
}

/// `3 findings, 1 waived`.
pub(super) fn findings(report: &Report) -> String {
    let (open, waived) = all_findings(report);
    let open = count(open, "finding");
    if waived == 0 {
        open
    } else {
        format!("{open}, {} waived", number(waived))
    }
}

/// Whose PAT a finding is about, unless its subject says so already.
pub(super) fn finding_owner(finding: &Finding) -> &str {
    let owner = owner(finding.owner.as_ref());
    if owner == finding.subject { "" } else { owner }
}

/// What a finding says: its message, or why it does not count.
pub(super) fn finding(finding: &Finding) -> String {
    match &finding.waived {
        Some(waived) => format!("until {}: {}", waived.until, waived.reason),
        None => finding.message.clone(),
    }
}

/// What could not be read, in the order of the report but those of one cause together: each cause with what it kept from
/// being read. Causes are the same where the same error has the same reason and the same ways out: the sentence
/// may name whom it happened to, and the service's own words hold an id of each request.
pub(super) fn by_cause<'a>(
    entries: impl Iterator<Item = &'a UnreadableEntry>,
) -> Vec<(&'a Failure, Vec<&'a UnreadableEntry>)> {
    let same = |a: &Failure, b: &Failure| {
        a == b
            || (a.code.is_some()
                && (a.kind, &a.code, &a.why, &a.ways_out) == (b.kind, &b.code, &b.why, &b.ways_out))
    };
    let mut causes: Vec<(&Failure, Vec<&UnreadableEntry>)> = Vec::new();
    for entry in entries {
        match causes.iter_mut().find(|(cause, _)| same(cause, &entry.failure)) {
            Some((_, kept)) => kept.push(entry),
            None => causes.push((&entry.failure, vec![entry])),
        }
    }
    causes
}

/// What happened, where it did not happen to all of them in the same words: to the first of them.
pub(super) fn what_happened(cause: &Failure, kept: &[&UnreadableEntry]) -> String {
    if kept.iter().all(|entry| entry.failure.what == cause.what) {
        cause.what.clone()
    } else {
        format!("For instance: {}", cause.what)
    }
}
