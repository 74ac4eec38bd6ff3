//! Statuses, totals and the verdict: a pure function of what was read, the settings and the time.

mod ending;
mod gather;
mod required;
mod settings;

use chrono::{DateTime, Utc};

pub use ending::{StepEnd, StepResult, step_end};
use gather::{Known, Standing};
pub use settings::{FailOn, FailOnPolicy, MonitorSettings};

use crate::glob::Glob;
use crate::pat::{AuthorizationId, Listed, Reach};
use crate::policy;
use crate::reading::{IdentityKind, OrganizationReading};
use crate::report::{
    Finding, Missing, OrganizationEntry, PatEntry, PatStatus, Report, Run, SCHEMA, Severity, Soonest, Tool,
    Totals, UnreadableEntry, Verdict,
};

/// Judges everything read, as of `now`.
///
/// The order of the PATs in the readings makes no difference. Of the organizations, the first one whose list
/// holds a PAT is the one it is reported under.
#[must_use]
pub fn judge(
    readings: &[OrganizationReading],
    settings: &MonitorSettings,
    run: Run,
    now: DateTime<Utc>,
) -> Report {
    let gathered = gather::gather(readings, now);
    let required = required::check(readings, &settings.require_names, now);

    let mut totals = Totals {
        elsewhere: count(gathered.elsewhere),
        ..Totals::default()
    };
    let mut pats = Vec::new();
    let mut findings = Vec::new();
    for known in gathered
        .pats
        .iter()
        .filter(|known| settings.looks_at(&known.pat.display_name))
    {
        let Some(status) = status(known, settings, now) else {
            totals.history += 1;
            continue;
        };
        // An ended PAT opens nothing: what it might have done is no finding any more.
        if known.standing != Standing::Ended {
            findings.extend(settings.policy.findings(known.organization, known.subject()));
        }
        pats.push(entry(known, status));
    }
    pats.sort_by(|a, b| urgency(a).cmp(&urgency(b)));

    let mut missing = required.missing;
    if !settings.names.is_empty() && pats.is_empty() {
        let patterns: Vec<&str> = settings.names.iter().map(Glob::as_str).collect();
        missing.insert(
            0,
            Missing {
                input: "names".to_owned(),
                pattern: patterns.join(" "),
            },
        );
    }
    let mut unreadable: Vec<UnreadableEntry> = readings.iter().flat_map(unreadable_of).collect();
    unreadable.extend(required.undecided);

    let all_seen = settings.names.is_empty() && unreadable.is_empty();
    policy::apply_waivers(&settings.policy, &mut findings, all_seen, now);
    findings.sort_by(|a, b| weight(a).cmp(&weight(b)));

    for entry in &pats {
        totals.total += 1;
        *match entry.status {
            PatStatus::Healthy => &mut totals.healthy,
            PatStatus::Warning => &mut totals.warning,
            PatStatus::Critical => &mut totals.critical,
            PatStatus::Expired => &mut totals.expired,
            PatStatus::Replaced => &mut totals.replaced,
        } += 1;
    }
    totals.missing = count(missing.len());
    totals.unreadable = count(unreadable.len());
    totals.waived = count(findings.iter().filter(|finding| finding.waived.is_some()).count());
    totals.policy_findings = count(findings.len()) - totals.waived;

    Report {
        schema: SCHEMA.to_owned(),
        tool: Tool::this(),
        run: Run { at: now, ..run },
        status: verdict(&pats, &missing, &unreadable),
        totals,
        soonest: soonest(&pats),
        organizations: readings.iter().map(organization).collect(),
        settings: settings.entry(),
        slice: None,
        merged: Vec::new(),
        notes: notes(readings, settings, &missing, &unreadable),
        pats,
        findings,
        missing,
        unreadable,
    }
}

/// How one PAT stands; `None` when it is history.
fn status(known: &Known<'_>, settings: &MonitorSettings, now: DateTime<Utc>) -> Option<PatStatus> {
    let replaced = known.replaced_by.is_some();
    match known.standing {
        Standing::Live if replaced => Some(PatStatus::Replaced),
        Standing::Live if known.days_left <= i64::from(settings.critical_days) => Some(PatStatus::Critical),
        Standing::Live if known.days_left <= i64::from(settings.warning_days) => Some(PatStatus::Warning),
        Standing::Live => Some(PatStatus::Healthy),
        Standing::Ended if replaced => None,
        // The service calls it active and its date says that it is long over: one of them is wrong, or our clock
        // is. That is no history.
        Standing::Ended if known.pat.listed == Listed::Active && known.pat.valid_to <= now => {
            Some(PatStatus::Expired)
        }
        Standing::Ended => {
            let counts = now - known.end <= chrono::TimeDelta::days(i64::from(settings.expired_within_days));
            counts.then_some(PatStatus::Expired)
        }
    }
}

fn entry(known: &Known<'_>, status: PatStatus) -> PatEntry {
    let pat = known.pat;
    PatEntry {
        organization: known.organization.to_owned(),
        owner: None,
        authorization_id: pat.authorization_id.clone(),
        display_name: pat.display_name.clone(),
        family: known.family.to_owned(),
        scopes: pat.scopes.iter().map(str::to_owned).collect(),
        valid_from: pat.valid_from,
        valid_to: pat.valid_to,
        effective_expiry: known.end,
        days_left: known.days_left,
        global: pat.reach == Reach::AllOrganizations,
        status,
        replaced_by: known
            .replaced_by
            .filter(|_| status == PatStatus::Replaced)
            .map(str::to_owned),
    }
}

/// The worst of what was judged.
fn verdict(pats: &[PatEntry], missing: &[Missing], unreadable: &[UnreadableEntry]) -> Verdict {
    let worst = pats.iter().map(|entry| entry.status.verdict());
    let missing = (!missing.is_empty()).then_some(Verdict::Missing);
    let unknown = (!unreadable.is_empty()).then_some(Verdict::Unknown);
    worst.chain(missing).chain(unknown).max().unwrap_or(Verdict::Ok)
}

fn soonest(pats: &[PatEntry]) -> Option<Soonest> {
    let live = pats
        .iter()
        .filter(|entry| !matches!(entry.status, PatStatus::Expired | PatStatus::Replaced));
    let first = live.min_by_key(|entry| {
        (
            entry.effective_expiry,
            &entry.display_name,
            &entry.authorization_id,
        )
    })?;
    Some(Soonest {
        display_name: first.display_name.clone(),
        days_left: first.days_left,
    })
}

/// Worst first, then what ends first.
fn urgency(entry: &PatEntry) -> impl Ord + '_ {
    let key: (_, _, &str, &AuthorizationId) = (
        std::cmp::Reverse(entry.status),
        entry.effective_expiry,
        &entry.display_name,
        &entry.authorization_id,
    );
    key
}

/// Heaviest first, waived ones last; equally heavy ones by rule, then by PAT.
fn weight(finding: &Finding) -> impl Ord + '_ {
    let severity: std::cmp::Reverse<Severity> = std::cmp::Reverse(finding.severity);
    let rule = policy::Rule::find(&finding.rule);
    (
        finding.waived.is_some(),
        severity,
        rule,
        &finding.subject,
        &finding.authorization_id,
        &finding.message,
    )
}

fn organization(reading: &OrganizationReading) -> OrganizationEntry {
    let ids: std::collections::BTreeSet<_> = reading.pats.iter().map(|pat| &pat.authorization_id).collect();
    OrganizationEntry {
        name: reading.organization.name().to_owned(),
        account_id: reading.account_id.clone(),
        signed_in_as: reading.signed_in.name.clone(),
        identity_kind: reading.signed_in.kind.map(|kind| match kind {
            IdentityKind::User => "user".to_owned(),
            IdentityKind::App => "app".to_owned(),
        }),
        sign_in: reading.signed_in.how.clone(),
        read: count(ids.len()),
        users: None,
    }
}

fn unreadable_of(reading: &OrganizationReading) -> impl Iterator<Item = UnreadableEntry> + '_ {
    reading.unreadable.iter().map(|unreadable| UnreadableEntry {
        organization: reading.organization.name().to_owned(),
        what: unreadable.what.clone(),
        failure: unreadable.failure.clone(),
    })
}

fn notes(
    readings: &[OrganizationReading],
    settings: &MonitorSettings,
    missing: &[Missing],
    unreadable: &[UnreadableEntry],
) -> Vec<String> {
    let mut notes: Vec<String> = Vec::new();
    for note in readings.iter().flat_map(|reading| &reading.notes) {
        if !notes.contains(note) {
            notes.push(note.clone());
        }
    }
    for reading in readings {
        let name = reading.organization.name();
        match gather::all_elsewhere(reading) {
            None => {}
            Some(1) => notes.push(format!(
                "{name}: the only PAT listed is not valid in this organization"
            )),
            Some(all) => {
                notes.push(format!(
                    "{name}: none of the {all} PATs listed is valid in this organization"
                ));
            }
        }
    }
    for scope in settings.policy.unknown_forbidden_scopes() {
        notes.push(format!(
            "The forbidden scope {scope} is not in the catalogue: if that is a misspelling, it forbids nothing \
             (docs/scopes.md)."
        ));
    }
    if !missing.is_empty() && !unreadable.is_empty() {
        notes.push("What is missing may be in the part that could not be read.".to_owned());
    }
    notes
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
