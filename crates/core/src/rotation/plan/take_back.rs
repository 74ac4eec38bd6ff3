//! A rotation that cannot go on is taken back: the new PAT is revoked, then its intent.

use crate::failure::{Failure, FailureKind};

use super::super::progress::{Minted, Try};
use super::super::record::STORE_WITHIN;
use super::super::say;
use super::super::step::Purpose;
use super::attempt::Flow;
use super::view::View;
use super::{Halt, recover};

pub(super) fn is_too_old(view: &View<'_>, last: &Try) -> bool {
    view.now - last.intent.start > STORE_WITHIN
}

pub(super) fn overtaken(view: &View<'_>) -> Failure {
    say::overtaken(view.settings, view.foreign_intent())
}

/// Revokes the new PAT, then takes the intent back.
pub(super) fn abandon(view: &View<'_>, last: &Try, minted: &Minted, failure: Failure) -> Result<Flow, Halt> {
    recover::confirm_gone(view)?;
    if view.done.revoked.contains(&minted.id) {
        return take_back(view, last, say::taken_back(failure));
    }
    if let Some(refused) = view.done.unrevoked.get(&minted.id) {
        let about = format!("{} ({})", last.intent.name, minted.id);
        let named = is_ours(view, last);
        // No service has refused it: the run had no time left, and what the intent names is the next run's.
        if named && refused.kind == FailureKind::Cancelled {
            let what = format!("the new PAT {about} is not stored, and the next run revokes it");
            return Err(say::cancelled(&what).into());
        }
        return Err(say::needs_person(view.settings, &about, failure, refused, named).into());
    }
    Err(recover::revoke(&minted.id, Some(&last.intent.name), "it is not stored").into())
}

/// Whether the store's intent, as it was last seen, is the one of this rotation.
pub(super) fn is_ours(view: &View<'_>, last: &Try) -> bool {
    view.current.as_ref().is_some_and(|current| {
        let intent = current.metadata.intent.as_ref();
        current.id == last.version && intent.is_some_and(|intent| intent.rotation == last.intent.rotation)
    })
}

/// Takes the intent back, if it is still ours to take, and ends the run.
pub(super) fn take_back(view: &View<'_>, last: &Try, failure: Failure) -> Result<Flow, Halt> {
    // After its time another run may have taken over, and tags are written as a whole.
    if is_ours(view, last) && last.cleared.is_none() && last.intent.is_young(view.now) {
        let why = "the intent: nothing is under way any more".to_owned();
        let cleared = view
            .settled()
            .and_then(|metadata| view.write(metadata, None, Purpose::Clear, why));
        if let Ok(step) = cleared {
            return Err(step.into());
        }
    }
    let mut failure = failure;
    if let Some(Err(refused)) = &last.cleared
        && failure.kind == FailureKind::Service
        && refused.kind == FailureKind::Refused
    {
        failure.kind = FailureKind::Refused;
    }
    Err(failure.into())
}
