//! The report: what a run has come to, read off what is known at its end.

use chrono::TimeDelta;

use crate::failure::Failure;
use crate::pat::AuthorizationId;
use crate::time::minute;

use super::super::line::is_shortened;
use super::super::observed::Observed;
use super::super::progress::{Progress, Storing, Trial};
use super::super::report::{Fate, Other, Previous, RotationReport, life};
use super::super::settings::Settings;
use super::super::step::Step;
use super::due::{self, Standing, Verdict};
use super::view::View;

/// How far the machine's clock may be off without a word.
const SKEW: TimeDelta = TimeDelta::minutes(2);

/// The store could not be understood.
pub(super) fn unread(done: &Progress, settings: &Settings, failure: Failure) -> Step {
    Step::Done(Box::new(RotationReport {
        lines: done.lines.clone(),
        ..RotationReport::failed(settings, failure)
    }))
}

/// The run's end.
pub(super) fn done(view: &View<'_>, failure: Option<Failure>) -> Step {
    let last = view.last_try();
    let mut report = RotationReport {
        lines: view.done.lines.clone(),
        failure,
        ..RotationReport::empty(view.settings)
    };
    report.rotated = last.is_some_and(|last| {
        matches!(last.stored, Some(Storing::Done(_))) && !matches!(last.same, Some(Ok(false)))
    });
    report.extended = matches!(&view.done.extended, Some((Ok(_), _)))
        && report
            .failure
            .as_ref()
            .is_none_or(|failure| failure.code.as_deref() != Some("littleWon"));
    report.before = view.recorded_before();
    report.record = view.record().cloned();
    report.version = report
        .record
        .as_ref()
        .and(view.current.as_ref())
        .map(|current| current.id.clone());
    let standing = due::standing(view).ok();
    if let Some(standing) = &standing {
        report.warnings.extend(standing.notes.iter().cloned());
        set_due(view, standing, &mut report);
    }
    report.waiting = view.superseded();
    report.previous = previous(view, &report);
    report.others = others(view, &report);
    report.unrecorded = unrecorded(view);
    report.warnings.extend(warnings(view, &report));
    Step::Done(Box::new(report))
}

fn set_due(view: &View<'_>, standing: &Standing<'_>, report: &mut RotationReport) {
    report.reason = match (view.last_try(), &view.done.extended) {
        (Some(last), _) => last.why.clone(),
        (None, Some((_, why))) => why.clone(),
        // What ended the run came first.
        (None, None) if report.failure.is_some() => String::new(),
        (None, None) => match due::decide(view, standing) {
            Ok(Verdict::Due(_, why) | Verdict::NotDue(why)) => why,
            Err(_) => String::new(),
        },
    };
    let Some(record) = &standing.record else { return };
    let lifetime = match view.last_try() {
        Some(last) if report.rotated => record.valid_to - last.intent.start,
        _ => due::lifetime(view, standing),
    };
    let (next_due, warning) = due::next_due(view.settings, record.valid_to, lifetime);
    report.next_due = Some(next_due);
    report.warnings.extend(warning);
}

fn previous(view: &View<'_>, report: &RotationReport) -> Option<Previous> {
    let id = if report.rotated {
        view.last_try()?.previous.clone()
    } else {
        let mut revoked = view.done.revoked.iter().filter(|id| view.was_superseded(id));
        let waiting = || report.waiting.last().map(|superseded| &superseded.id);
        revoked.next().or_else(waiting).cloned()
    }?;
    let revoked = view.has_ended(&id);
    Some(Previous { id, revoked })
}

fn others(view: &View<'_>, report: &RotationReport) -> Vec<Other> {
    let previous = report.previous.iter().map(|previous| &previous.id);
    let waiting = report.waiting.iter().map(|superseded| &superseded.id);
    let mut ids: Vec<&AuthorizationId> = Vec::new();
    for id in previous.chain(&view.done.revoked).chain(waiting) {
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    ids.into_iter()
        .map(|id| Other {
            id: id.clone(),
            name: view.name(id).map(str::to_owned),
            fate: fate(view, report, id),
        })
        .collect()
}

fn fate(view: &View<'_>, report: &RotationReport, id: &AuthorizationId) -> Fate {
    let waiting = report.waiting.iter().find(|superseded| superseded.id == *id);
    match (waiting, view.other_owner(id)) {
        _ if view.done.revoked.contains(id) => Fate::Revoked,
        _ if view.has_ended(id) => Fate::Ended,
        (_, Some(owner)) => Fate::OthersOwn {
            owner: owner.words().to_owned(),
        },
        (Some(waiting), None) if waiting.not_before > view.now => Fate::Waits {
            until: waiting.not_before,
        },
        (Some(_), None) => Fate::Overdue,
        (None, None) => Fate::Unseen,
    }
}

/// PATs that look like generations and that nobody has written down.
fn unrecorded(view: &View<'_>) -> Vec<(AuthorizationId, String)> {
    let Observed { active, account, .. } = view.observed;
    let own = |id: &AuthorizationId| {
        view.done
            .tries
            .iter()
            .any(|tried| tried.minted().is_some_and(|minted| minted.id == *id))
    };
    active
        .iter()
        .filter(|pat| {
            let id = &pat.authorization_id;
            let here = account.as_deref().is_none_or(|account| pat.reach.names(account));
            here && view.settings.name.recognize(&pat.display_name).is_some()
                && !view.knows(id)
                && !view.has_ended(id)
                && !view.names(&pat.display_name)
                && view.settings.adopt.as_ref() != Some(id)
                && !own(id)
        })
        .map(|pat| (pat.authorization_id.clone(), pat.display_name.clone()))
        .collect()
}

fn warnings(view: &View<'_>, report: &RotationReport) -> Vec<String> {
    let mut warnings = Vec::new();
    if let Some(minted) = view.last_try().and_then(|last| last.minted())
        && is_shortened(minted.asked, minted.valid_to)
        && report.rotated
    {
        let issued = minted.valid_to - (minted.asked - TimeDelta::days(i64::from(view.settings.valid_days)));
        warnings.push(format!(
            "Asked for {} days, issued {}: your tenant's policy. Planning with {}.",
            view.settings.valid_days,
            life(issued),
            life(issued)
        ));
    }
    for superseded in &report.waiting {
        let id = &superseded.id;
        let about = view
            .name(id)
            .map_or_else(|| id.to_string(), |name| format!("{name} ({id})"));
        if let Some(owner) = view.other_owner(id) {
            warnings.push(format!(
                "{about} was minted by {}, and only that owner's sign-in, or an administrator, can revoke it.",
                owner.words()
            ));
        } else if superseded.not_before <= view.now && view.ended().is_some() && view.active(id).is_none() {
            warnings.push(format!(
                "{about} is to be revoked, and the service shows it neither as active nor as ended."
            ));
        }
    }
    if let Some(record) = &report.record
        && !report.rotated
        && let Some(owner) = view.other_owner(&record.id)
    {
        warnings.push(format!(
            "The recorded {} was minted by {}: whether it is still active cannot be seen with this sign-in.",
            record.display_name,
            owner.words()
        ));
    }
    match &view.done.proved {
        Some(Trial::Refused(failure)) => {
            warnings.push(format!("The stored PAT does not work: {}", failure.what))
        }
        Some(Trial::Unproven(failure)) => warnings.push(format!(
            "Whether the stored PAT works could not be seen, so what it replaced was not revoked: {}",
            failure.what
        )),
        Some(Trial::Works) | None => {}
    }
    if let Some(name) = view.lost_by_another_owner() {
        warnings.push(format!(
            "{name} may have been minted by a run of another owner that has died. Only that owner's sign-in can see it: \
             run the step with it once more, or have that PAT revoked."
        ));
    }
    for (id, name) in &report.unrecorded {
        warnings.push(format!(
            "{name} ({id}) looks like a generation of {}, and nothing records it. It is not revoked on a guess: \
             revoke it if it is nobody's.",
            view.settings.name
        ));
    }
    if let Some(last) = view.last_try()
        && let Some(Err(failure)) = &last.cleared
    {
        warnings.push(format!(
            "The intent could not be taken back, and keeps others out until {}: {}",
            minute(last.intent.until()),
            failure.what
        ));
    }
    let clock = view.done.clock.unwrap_or(view.observed.clock);
    let skew = clock.store - clock.machine;
    if skew.abs() > SKEW {
        warnings.push(format!(
            "This machine's clock is {} minutes {} the store's, which is the one that counts here.",
            skew.abs().num_minutes(),
            if skew > TimeDelta::zero() {
                "behind"
            } else {
                "ahead of"
            }
        ));
    }
    warnings
}
