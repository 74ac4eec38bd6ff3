//! What several renderers say, in the same words. Text of strangers is still raw in these sentences:
//! each renderer makes it harmless for its format.

use chrono::{DateTime, Utc};

use crate::policy::Rule;
use crate::report::{Finding, OrganizationEntry, PatEntry, PatStatus, Report, Severity};
use crate::rotation::BaseName;

/// `1 PAT`, `2 PATs`.
pub(crate) fn count(number: usize, thing: &str) -> String {
    if number == 1 {
        format!("1 {thing}")
    } else {
        format!("{number} {thing}s")
    }
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

/// The PATs whose expiry asks for something to be done, in the report's order.
pub(super) fn urgent(report: &Report) -> Vec<&PatEntry> {
    report.pats.iter().filter(|pat| needs_attention(pat)).collect()
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
pub(super) fn note(pat: &PatEntry) -> String {
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

/// What to do about a PAT; empty when nothing has to be done.
pub(super) fn next_step(pat: &PatEntry) -> String {
    if needs_attention(pat) && ends_as_global(pat) {
        let ends = date(pat.effective_expiry);
        return format!("global PATs end on {ends}: make one PAT for each organization that uses it");
    }
    match pat.status {
        PatStatus::Replaced | PatStatus::Healthy => String::new(),
        PatStatus::Expired => rotate(pat, "now"),
        PatStatus::Critical if pat.days_left < 1 => {
            format!("less than a day left, {}", rotate(pat, "now"))
        }
        PatStatus::Critical => {
            let left = count(usize::try_from(pat.days_left).unwrap_or(0), "day");
            format!("{left} left, {}", rotate(pat, "now"))
        }
        PatStatus::Warning => rotate(pat, &format!("before {}", date(pat.effective_expiry))),
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

/// `Read 42 PATs in 3 requests`, and what of them is not judged.
pub(super) fn read(report: &Report) -> String {
    let read: usize = report
        .organizations
        .iter()
        .map(|organization| organization.read as usize)
        .sum();
    let mut line = format!(
        "Read {} in {}",
        count(read, "PAT"),
        count(report.run.requests as usize, "request")
    );
    let skipped: Vec<String> = [
        (report.totals.elsewhere, "of other organizations"),
        (report.totals.history, "of the past"),
    ]
    .into_iter()
    .filter(|(number, _)| *number > 0)
    .map(|(number, what)| format!("{number} {what}"))
    .collect();
    if !skipped.is_empty() {
        line.push_str("; not judged: ");
        line.push_str(&skipped.join(", "));
    }
    line
}

/// `36 healthy · 2 replaced`, without what is 0; and which one ends first, apart, because it holds a name.
pub(super) fn calm(report: &Report) -> (String, Option<(&str, String)>) {
    let counts: Vec<String> = [
        (report.totals.healthy, "healthy"),
        (report.totals.replaced, "replaced"),
    ]
    .into_iter()
    .filter(|(number, _)| *number > 0)
    .map(|(number, what)| format!("{number} {what}"))
    .collect();
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

/// `3 findings, 1 waived`.
pub(super) fn findings(report: &Report) -> String {
    let waived = report
        .findings
        .iter()
        .filter(|finding| finding.waived.is_some())
        .count();
    let open = count(report.findings.len() - waived, "finding");
    if waived == 0 {
        open
    } else {
        format!("{open}, {waived} waived")
    }
}

/// What a finding says: its message, or why it does not count.
pub(super) fn finding(finding: &Finding) -> String {
    match &finding.waived {
        Some(waived) => format!("until {}: {}", waived.until, waived.reason),
        None => finding.message.clone(),
    }
}
