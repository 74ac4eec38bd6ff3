//! Which PAT is the recorded one, and whether it is due.

use chrono::{DateTime, TimeDelta, Utc};

use crate::pat::{AuthorizationId, Pat};
use crate::scope::ScopeSet;
use crate::time::{left, minute};

use super::super::progress::{Held, Trial};
use super::super::record::{Owner, Record, seconds};
use super::super::report;
use super::super::say;
use super::super::settings::{Mode, Settings};
use super::super::step::Step;
use super::view::View;
use super::{Halt, recover};

/// How far the service's end of a PAT may be from the recorded one without being another one.
const SAME_END: TimeDelta = TimeDelta::minutes(1);

/// The PAT that counts as the recorded one.
pub(super) struct Standing<'a> {
    /// It, with the end that the service has now; `None`: there is none yet.
    pub(super) record: Option<Record>,
    /// Whether the current version holds its text. Not so for a PAT named with `adopt` beside a stored one.
    pub(super) text_in_store: bool,
    /// The one that the store records, where `adopt` names another one.
    pub(super) displaced: Option<AuthorizationId>,
    /// Its entry in the caller's active list.
    pub(super) pat: Option<&'a Pat>,
    /// Who minted it, where that is somebody else than who signed in: then its state cannot be seen.
    pub(super) other_owner: Option<Owner>,
    /// What is odd about it.
    pub(super) notes: Vec<String>,
}

/// Why a PAT is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reason {
    First,
    NotInStore,
    Forced,
    Ended,
    OtherScopes,
    Time,
    Refused,
}

pub(super) enum Verdict {
    Due(Reason, String),
    NotDue(String),
}

/// Finds the recorded PAT, or says why there is a current version and none.
pub(super) fn standing<'a>(view: &View<'a>) -> Result<Standing<'a>, Halt> {
    let Some(current) = &view.current else {
        return adopted(view, false, None);
    };
    if !current.metadata.is_ours() {
        if view.settings.adopt.is_some() {
            check_enabled(view, current)?;
            return adopted(view, true, None);
        }
        let above_ours = view.older.iter().any(|version| version.metadata.is_ours());
        return Err(if above_ours {
            say::by_hand(view.settings, &current.id).into()
        } else {
            say::untagged(view.settings).into()
        });
    }
    let Some(record) = &current.metadata.record else {
        return adopted(view, false, None);
    };
    if record.organization != view.settings.organization {
        return Err(say::other_organization(view.settings, record.organization.name()).into());
    }
    check_enabled(view, current)?;
    let mut notes = Vec::new();
    let taken_over = |id: &AuthorizationId| view.knows(id) || view.done.revoked.contains(id);
    if let Some(id) = view.settings.adopt.as_ref().filter(|id| !taken_over(id)) {
        if view.active(id).is_some() {
            return adopted(view, false, Some(record.id.clone()));
        }
        notes.push(already_ended(view, id)?);
    }
    if record.rotation.is_some() && view.settings.name.recognize(&record.display_name).is_none() {
        notes.push(format!(
            "The secret holds {}, which is no generation of {}: the next rotation gives it that name.",
            record.display_name, view.settings.name
        ));
    }
    let mut record = record.clone();
    let pat = view.active(&record.id);
    if let Some(pat) = pat {
        let end = seconds(match &view.done.extended {
            // The list was read before.
            Some((Ok(extended), _)) => *extended,
            _ => pat.effective_expiry(),
        });
        if (end - record.valid_to).abs() >= SAME_END {
            notes.push(format!(
                "{} ends on {}, not on {} as was recorded.",
                record.display_name,
                minute(end),
                minute(record.valid_to)
            ));
            record.valid_to = end;
        }
    }
    Ok(Standing {
        other_owner: view.other_owner(&record.id).cloned(),
        record: Some(record),
        text_in_store: true,
        displaced: None,
        pat,
        notes,
    })
}

/// The PAT that `adopt` names, if it names one; what it takes over from is in `displaced`.
fn adopted<'a>(
    view: &View<'a>,
    text_in_store: bool,
    displaced: Option<AuthorizationId>,
) -> Result<Standing<'a>, Halt> {
    let mut standing = Standing {
        record: None,
        text_in_store: false,
        displaced,
        pat: None,
        other_owner: None,
        notes: Vec::new(),
    };
    let Some(id) = &view.settings.adopt else {
        return Ok(standing);
    };
    let Some(pat) = view.active(id) else {
        // It has been taken over and revoked since, or it never was the caller's.
        standing.notes.push(already_ended(view, id)?);
        if text_in_store {
            return Err(say::adopt_ended(view.settings, id).into());
        }
        return Ok(standing);
    };
    Ok(Standing {
        record: Some(Record {
            id: id.clone(),
            display_name: pat.display_name.clone(),
            organization: view.settings.organization.clone(),
            owner: view.observed.me.clone(),
            scopes: pat.scopes.clone(),
            valid_to: seconds(pat.effective_expiry()),
            rotation: None,
        }),
        text_in_store,
        pat: Some(pat),
        ..standing
    })
}

/// `adopt` names a PAT that is not active: taken over long ago, or not one of the caller's.
fn already_ended(view: &View<'_>, id: &AuthorizationId) -> Result<String, Halt> {
    if !view.knows(id) {
        if view.done.ended.is_none() {
            let why = format!("whether {id}, which adopt names, has ended");
            return Err(Step::ListEnded { why }.into());
        }
        if let Some(Err(failure)) = &view.done.ended {
            return Err(failure.clone().into());
        }
        if !view.has_ended(id) {
            return Err(say::adopt_unknown(id).into());
        }
    }
    Ok(format!(
        "adopt: {id} has ended, so there is nothing left to take over. Remove the input."
    ))
}

fn check_enabled(view: &View<'_>, current: &Held) -> Result<(), Halt> {
    if current.enabled || view.settings.force {
        return Ok(());
    }
    Err(say::disabled(view.settings, &current.id).into())
}

/// Whether the recorded PAT is due, in words.
pub(super) fn decide(view: &View<'_>, standing: &Standing<'_>) -> Result<Verdict, Halt> {
    let due = |reason, why: String| Ok(Verdict::Due(reason, why));
    let Some(record) = &standing.record else {
        return due(Reason::First, "nothing is recorded yet".to_owned());
    };
    let name = &record.display_name;
    if !standing.text_in_store {
        return due(
            Reason::NotInStore,
            format!("{name} is to be taken over, and the secret does not hold its text"),
        );
    }
    if view.settings.force {
        return due(Reason::Forced, "forced".to_owned());
    }
    if standing.pat.is_none() && standing.other_owner.is_none() {
        let Some(ended) = &view.done.ended else {
            let why = format!("what became of the recorded {name}");
            return Err(Step::ListEnded { why }.into());
        };
        let what = match ended {
            Ok(ended) if ended.revoked.contains(&record.id) => "was revoked",
            Ok(ended) if ended.expired.contains(&record.id) => "has expired",
            _ if view.has_ended(&record.id) => "was revoked",
            _ => "is not listed any more",
        };
        return due(Reason::Ended, format!("the recorded {name} {what}"));
    }
    if let Some(change) = scopes_changed(&record.scopes, &view.settings.scopes) {
        return due(
            Reason::OtherScopes,
            format!("other scopes are asked for: {change}"),
        );
    }
    let life = lifetime(view, standing);
    let remaining = record.valid_to - view.now;
    let (threshold, words) = threshold(view.settings, life);
    if remaining < threshold {
        let why = if remaining <= TimeDelta::zero() {
            format!("{name} ended on {}", minute(record.valid_to))
        } else {
            format!("{words} ({})", left(remaining))
        };
        return due(Reason::Time, why);
    }
    if view.done.proved.is_none() {
        // Tags can be right and the value another one: a person may have put it there, or a run died over it.
        return Err(recover::prove(view, standing).into());
    }
    if let Some(Trial::Refused(_)) = &view.done.proved {
        return due(
            Reason::Refused,
            format!("the stored value does not work, though {name} is active"),
        );
    }
    Ok(Verdict::NotDue(format!(
        "{name} has {} of {} left",
        left(remaining),
        report::life(life)
    )))
}

/// `+ vso.code - vso.work`; `None` where both sets hold the same.
fn scopes_changed(recorded: &ScopeSet, asked: &ScopeSet) -> Option<String> {
    let more = asked.iter().filter(|scope| !recorded.contains(scope));
    let less = recorded.iter().filter(|scope| !asked.contains(scope));
    let change: Vec<String> = more
        .map(|scope| format!("+ {scope}"))
        .chain(less.map(|scope| format!("- {scope}")))
        .collect();
    (!change.is_empty()).then(|| change.join(" "))
}

/// How long the recorded PAT lives in all; with `mode: extend`, from one extension to the end that it gives.
pub(super) fn lifetime(view: &View<'_>, standing: &Standing<'_>) -> TimeDelta {
    let made = match (standing.pat, &view.current) {
        (Some(pat), _) => pat.valid_from,
        (None, Some(current)) => current.created,
        (None, None) => view.now,
    };
    let end = standing.record.as_ref().map_or(made, |record| record.valid_to);
    let life = (end - made).max(TimeDelta::zero());
    match view.settings.mode {
        Mode::Replace => life,
        // Each extension lengthens it, and gives no more than what is asked for: a third of all that a PAT has lived
        // would one day be more than that.
        Mode::Extend => life.min(TimeDelta::days(i64::from(view.settings.valid_days))),
    }
}

/// How much time must be left, and what is said when less is.
pub(super) fn threshold(settings: &Settings, life: TimeDelta) -> (TimeDelta, String) {
    match settings.renew_before_days {
        Some(days) if !is_too_long(days, life) => (
            TimeDelta::days(i64::from(days)),
            format!("fewer than {days} days are left"),
        ),
        _ => (
            life / 3,
            format!("under a third of {} is left", report::life(life)),
        ),
    }
}

/// Whether such a PAT would always be due.
fn is_too_long(renew_before_days: u32, life: TimeDelta) -> bool {
    TimeDelta::days(i64::from(renew_before_days)) >= life
}

/// From when on it is due, and a warning where it is not what was asked for.
pub(super) fn next_due(
    settings: &Settings,
    end: DateTime<Utc>,
    life: TimeDelta,
) -> (DateTime<Utc>, Option<String>) {
    let warning = settings
        .renew_before_days
        .filter(|days| is_too_long(*days, life))
        .map(|days| {
            format!(
                "renewBeforeDays: {days} is more than the {} that were issued, so a third of those counts instead.",
                report::life(life)
            )
        });
    (seconds(end - threshold(settings, life).0), warning)
}
