//! One rotation: intent, minting, test, storing, reading back, and how each is taken back where the next one fails.

use chrono::TimeDelta;

use crate::failure::{Failure, FailureKind};
use crate::pat::AuthorizationId;
use crate::time::minute;

use super::super::progress::{Minted, Storing, Trial, Try};
use super::super::record::{Intent, Metadata, Record, Superseded, seconds};
use super::super::say;
use super::super::step::{Purpose, Step};
use super::due::Standing;
use super::take_back::{abandon, is_ours, is_too_old, overtaken, take_back};
use super::view::View;
use super::{Halt, due, recover};

/// A rotation takes less, from its intent to the value read back, even where a new PAT needs its time to work.
const HELD_UP: TimeDelta = TimeDelta::minutes(1);

/// What is to be said of a rotation under way that needs no further step of its own.
pub(super) enum Flow {
    /// It is done.
    Done,
    /// Its minting had no clear answer, and is settled: start over.
    Again,
}

/// Says what is about to be minted, once it is sure that the outcome can be recorded.
pub(super) fn begin(view: &View<'_>, standing: &Standing<'_>, why: &str) -> Result<(), Halt> {
    let Some(rotation) = view.observed.rotations.get(view.done.tries.len()).copied() else {
        return Err(say::bug(&Step::ReadCurrent {
            why: "a third rotation",
        })
        .into());
    };
    still_absent(view)?;
    let intent = Intent {
        rotation,
        name: view.settings.name.generation(view.now, rotation),
        run: view.observed.run.clone(),
        start: view.now,
        storing: false,
    };
    let mut metadata = view.settled()?;
    if standing.text_in_store {
        metadata.record.clone_from(&standing.record);
    }
    // The longest tags that this rotation will write: those of its intent on the way, and those of its end.
    metadata.intent = Some(Intent {
        storing: true,
        ..intent.clone()
    });
    let longest_id = AuthorizationId::new("0".repeat(36));
    let end = replacement(view, standing, &intent, &longest_id, view.now)?;
    for tags in [&metadata, &end] {
        tags.write(view.observed.limits)
            .map_err(|full| say::tags_full(view.settings, &full))?;
    }
    metadata.intent = Some(intent.clone());
    let purpose = Purpose::Intend {
        intent: Box::new(intent),
        previous: standing.record.as_ref().map(|record| record.id.clone()),
    };
    Err(view.write(metadata, None, purpose, why.to_owned())?.into())
}

/// A placeholder above a value that another run has stored meanwhile would hide it from everybody, so the place is
/// looked at once more.
fn still_absent(view: &View<'_>) -> Result<(), Halt> {
    if view.current.is_some() {
        return Ok(());
    }
    match &view.done.looked_again {
        None => Err(Step::ReadCurrent {
            why: "that there is still no secret of that name",
        }
        .into()),
        Some(Ok(None)) => Ok(()),
        Some(Ok(Some(made))) => Err(say::overtaken(view.settings, made.metadata.intent.as_ref()).into()),
        Some(Err(failure)) => Err(failure.clone().into()),
    }
}

/// The tags of the version that holds the new PAT.
fn replacement(
    view: &View<'_>,
    standing: &Standing<'_>,
    intent: &Intent,
    id: &AuthorizationId,
    valid_to: chrono::DateTime<chrono::Utc>,
) -> Result<Metadata, Failure> {
    let mut metadata = view.settled()?;
    let recorded = standing.record.as_ref().map(|record| &record.id);
    let replaced = recorded.into_iter().chain(&standing.displaced);
    let alive = replaced.filter(|id| view.active(id).is_some() || view.other_owner(id).is_some());
    let mut superseded = view.superseded();
    superseded.extend(alive.map(|id| Superseded {
        id: id.clone(),
        not_before: view.after_overlap(view.now),
    }));
    for candidate in superseded {
        let listed = metadata.superseded.iter().any(|listed| listed.id == candidate.id);
        // What has ended by itself, and what is nobody's any more, was dropped from the list on purpose.
        let alive = view.active(&candidate.id).is_some() || view.other_owner(&candidate.id).is_some();
        if !listed && alive {
            metadata.superseded.push(candidate);
        }
    }
    metadata.superseded.retain(|superseded| superseded.id != *id);
    metadata.placeholder = false;
    metadata.record = Some(Record {
        id: id.clone(),
        display_name: intent.name.clone(),
        organization: view.settings.organization.clone(),
        owner: view.observed.me.clone(),
        scopes: view.settings.scopes.clone(),
        valid_to: seconds(valid_to),
        rotation: Some(intent.rotation),
    });
    Ok(metadata)
}

/// The next step of the rotation under way.
pub(super) fn go_on(view: &View<'_>, last: &Try) -> Result<Flow, Halt> {
    match &last.minted {
        None => before_minting(view, last),
        Some(Err(failure)) if last.unclear => settle_minting(view, last, failure),
        Some(Err(failure)) => take_back(view, last, failure.clone()),
        Some(Ok(minted)) => match &last.stored {
            None | Some(Storing::Failed(_)) => before_stored(view, last, minted),
            Some(Storing::Unclear(failure)) => {
                Err(say::store_unclear(failure.clone(), &last.intent.name, last.intent.until()).into())
            }
            Some(Storing::Done(version)) => stored(view, last, minted, version),
        },
    }
}

fn before_minting(view: &View<'_>, last: &Try) -> Result<Flow, Halt> {
    if view.done.cancelled {
        return take_back(view, last, say::cancelled("nothing was minted"));
    }
    match &last.confirmed {
        None => Err(Step::ReadCurrent {
            why: "that the intent stands as written, so the store lets us write",
        }
        .into()),
        Some(Err(failure)) => Err(failure.clone().into()),
        Some(Ok(false)) => Err(overtaken(view).into()),
        Some(Ok(true)) if is_too_old(view, last) => {
            take_back(view, last, say::outlived(last.intent.start, view.now))
        }
        Some(Ok(true)) => Err(Step::Mint {
            name: last.intent.name.clone(),
            scopes: view.settings.scopes.clone(),
            valid_to: view.now + TimeDelta::days(i64::from(view.settings.valid_days)),
        }
        .into()),
    }
}

/// A PAT of the intent's name may exist, and its text is lost.
fn settle_minting(view: &View<'_>, last: &Try, failure: &Failure) -> Result<Flow, Halt> {
    let name = &last.intent.name;
    if view.done.cancelled {
        let what = format!("whether {name} was minted is not known, and the next run settles that");
        return Err(say::cancelled(&what).into());
    }
    let found = match &last.found {
        None => return Err(Step::FindByName { name: name.clone() }.into()),
        // The name is remembered in the intent's place.
        Some(Err(_)) => return take_back(view, last, failure.clone()),
        Some(Ok(found)) => found,
    };
    recover::confirm_gone(view)?;
    for pat in found.iter().filter(|pat| pat.display_name == *name) {
        let id = &pat.authorization_id;
        match view.observed.account.as_deref() {
            None => return Err(say::account_unknown(name).into()),
            Some(account) if !pat.reach.names(account) => continue,
            Some(_) => {}
        }
        if let Some(refused) = view.done.unrevoked.get(id) {
            let about = format!("{name} ({id})");
            let named = is_ours(view, last);
            return Err(say::needs_person(view.settings, &about, failure.clone(), refused, named).into());
        }
        if !view.done.revoked.contains(id) {
            let why = "its minting had no clear answer, and its text is lost";
            return Err(recover::revoke(id, Some(name), why).into());
        }
    }
    // Without room to remember the name, the intent stays and does it.
    if view.settled().is_err() {
        return Err(failure.clone().into());
    }
    if view.done.tries.len() < view.observed.rotations.len() {
        return Ok(Flow::Again);
    }
    take_back(view, last, failure.clone())
}

/// Tests the new PAT and stores it, or revokes it.
fn before_stored(view: &View<'_>, last: &Try, minted: &Minted) -> Result<Flow, Halt> {
    if let Some(failure) = why_not_stored(view, last, minted) {
        return abandon(view, last, minted, failure);
    }
    let step = if last.trial.is_none() {
        Step::Test {
            id: minted.id.clone(),
            scopes: view.settings.scopes.clone(),
        }
    } else if last.checked.is_none() {
        Step::ReadCurrent {
            why: "that the intent is still this run's",
        }
    } else if last.announced.is_none() {
        let mut metadata = view.metadata();
        metadata.intent = Some(Intent {
            storing: true,
            ..last.intent.clone()
        });
        let why = "that the value is about to be written".to_owned();
        match view.write(metadata, None, Purpose::Storing, why) {
            Ok(step) => step,
            Err(failure) => return abandon(view, last, minted, failure),
        }
    } else {
        match store(view, last, minted) {
            Ok(step) => step,
            Err(Halt::Fail(failure)) => return abandon(view, last, minted, *failure),
            Err(step) => return Err(step),
        }
    };
    Err(step.into())
}

fn store(view: &View<'_>, last: &Try, minted: &Minted) -> Result<Step, Halt> {
    let standing = due::standing(view)?;
    let metadata = replacement(view, &standing, &last.intent, &minted.id, minted.valid_to)?;
    let tags = metadata
        .write(view.observed.limits)
        .map_err(|full| say::tags_full(view.settings, &full))?;
    Ok(Step::Store {
        tags,
        expires: seconds(minted.valid_to),
    })
}

/// A run that was held up may have been taken for dead, and what it has minted revoked: then nothing may be revoked for
/// the sake of what it has stored.
fn still_works(view: &View<'_>, last: &Try, version: &str) -> Result<(), Halt> {
    if view.now - last.intent.start <= HELD_UP {
        return Ok(());
    }
    match &view.done.proved {
        Some(Trial::Works) => Ok(()),
        Some(Trial::Refused(failure)) => Err(say::dead_when_stored(failure, version).into()),
        Some(Trial::Unproven(failure)) => Err(say::not_read_back(failure.clone(), version).into()),
        None => Err(Step::Prove {
            version: version.to_owned(),
            scopes: view.settings.scopes.clone(),
        }
        .into()),
    }
}

/// What keeps the new PAT out of the store.
fn why_not_stored(view: &View<'_>, last: &Try, minted: &Minted) -> Option<Failure> {
    if let Some(Storing::Failed(failure)) = &last.stored {
        return Some(failure.clone());
    }
    if view.done.cancelled {
        return Some(say::cancelled("it does not go on"));
    }
    match &last.trial {
        Some(Trial::Refused(failure)) => return Some(say::does_not_work(failure)),
        Some(Trial::Unproven(failure)) => return Some(say::not_proven(failure)),
        Some(Trial::Works) | None => {}
    }
    if minted.valid_to <= view.now {
        return Some(say::does_not_work(&Failure::new(
            FailureKind::Service,
            format!("The service says that it ended on {}.", minute(minted.valid_to)),
        )));
    }
    match &last.checked {
        Some(Err(failure)) => return Some(failure.clone()),
        Some(Ok(false)) => return Some(overtaken(view)),
        Some(Ok(true)) | None => {}
    }
    if let Some(Err(failure)) = &last.announced {
        return Some(failure.clone());
    }
    is_too_old(view, last).then(|| say::outlived(last.intent.start, view.now))
}

/// The value is stored: read it back, and revoke what it replaces.
fn stored(view: &View<'_>, last: &Try, minted: &Minted, version: &str) -> Result<Flow, Halt> {
    match &last.same {
        _ if view.done.cancelled => {
            let what = "the new PAT is stored and valid, and the next run finishes what is left";
            return Err(say::cancelled(what).into());
        }
        None => {
            let version = version.to_owned();
            return Err(Step::ReadBack { version }.into());
        }
        Some(Err(failure)) => return Err(say::not_read_back(failure.clone(), version).into()),
        Some(Ok(false)) => {
            recover::confirm_gone(view)?;
            let id = &minted.id;
            let failure = say::other_value(version);
            if let Some(refused) = view.done.unrevoked.get(id) {
                let about = format!("{} ({id})", last.intent.name);
                return Err(say::needs_person(view.settings, &about, failure, refused, false).into());
            }
            if !view.done.revoked.contains(id) {
                let why = "the store holds another value than its text";
                return Err(recover::revoke(id, Some(&last.intent.name), why).into());
            }
            return Err(say::taken_back(failure).into());
        }
        Some(Ok(true)) => still_works(view, last, version)?,
    }
    recover::revoke_due(view)?;
    let settled = view.settled()?;
    if settled.superseded != view.metadata().superseded {
        let why = "that what was replaced has ended".to_owned();
        return Err(view.write(settled, None, Purpose::Tidy, why)?.into());
    }
    recover::failed(view)?;
    Ok(Flow::Done)
}
