//! Who holds the lock, and finishing what earlier runs have left.

use crate::failure::Failure;
use crate::pat::AuthorizationId;

use super::super::progress::Trial;
use super::super::record::Superseded;
use super::super::say;
use super::super::step::Step;
use super::Halt;
use super::due::Standing;
use super::view::View;

/// An intent of another run that may be at work ends this run.
pub(super) fn lock(view: &View<'_>) -> Result<(), Halt> {
    match view.foreign_intent() {
        Some(intent)
            if intent.is_young(view.seen) && !intent.run.is_earlier_attempt_of(&view.observed.run) =>
        {
            Err(say::locked(view.settings, intent).into())
        }
        _ => Ok(()),
    }
}

/// PATs that a dead run has minted and nobody has the text of are revoked. One whose text may still land in the store
/// is left for later: see [`View::settled`].
pub(super) fn orphans(view: &View<'_>) -> Result<(), Halt> {
    confirm_gone(view)?;
    for (pat, landing) in view.orphans()? {
        if landing.is_some() {
            continue;
        }
        if let Some(failure) = view.done.unrevoked.get(&pat.authorization_id) {
            return Err(failure.clone().into());
        }
        let why = "minted by a run that has died, and its text is lost";
        return Err(revoke(&pat.authorization_id, Some(&pat.display_name), why).into());
    }
    Ok(())
}

/// Every PAT whose time has come is revoked, but only while the recorded one is active, and the stored value is seen
/// to work: the run that stored it may have died before it read it back.
pub(super) fn superseded(view: &View<'_>, standing: &Standing<'_>) -> Result<(), Halt> {
    let Some(recorded) = view.record() else {
        return Ok(());
    };
    let is_live = view.active(&recorded.id).is_some_and(|pat| pat.is_live(view.now));
    // Another owner's is in no list of ours: that it works is all that can be seen of it.
    let is_unseen = view.other_owner(&recorded.id).is_some();
    let is_current = standing.text_in_store
        && standing
            .record
            .as_ref()
            .is_some_and(|record| record.id == recorded.id);
    if !is_current || !(is_live || is_unseen) {
        return Ok(());
    }
    let to_revoke = || {
        let due = view
            .superseded()
            .into_iter()
            .filter(|superseded| superseded.not_before <= view.now);
        due.filter(|superseded| !view.done.unrevoked.contains_key(&superseded.id))
    };
    if to_revoke().any(|superseded| view.active(&superseded.id).is_some()) {
        match &view.done.proved {
            None => return Err(prove(view, standing).into()),
            Some(Trial::Works) => {}
            Some(Trial::Refused(_) | Trial::Unproven(_)) => return Ok(()),
        }
    }
    revoke_due(view)
}

/// Revokes what has been superseded and whose time has come; asks about what is not active any more.
pub(super) fn revoke_due(view: &View<'_>) -> Result<(), Halt> {
    confirm_gone(view)?;
    for Superseded { id, not_before } in view.superseded() {
        if not_before > view.now || view.done.unrevoked.contains_key(&id) {
            continue;
        }
        if let Some(pat) = view.active(&id) {
            return Err(revoke(
                &id,
                Some(&pat.display_name),
                "it was replaced, and the overlap has passed",
            )
            .into());
        }
        let over = view.must_be_over(&Superseded {
            id: id.clone(),
            not_before,
        });
        if view.other_owner(&id).is_none() && !over && view.done.ended.is_none() {
            let why = format!("whether {id}, which was replaced, has ended");
            return Err(Step::ListEnded { why }.into());
        }
    }
    Ok(())
}

/// What the service said is gone counts as revoked only where its lists show it.
pub(super) fn confirm_gone(view: &View<'_>) -> Result<(), Halt> {
    match view.done.gone.keys().next() {
        Some(id) => Err(Step::ListEnded {
            why: format!("whether {id} has ended"),
        }
        .into()),
        None => Ok(()),
    }
}

/// The run fails for what could not be revoked, once everything else is done.
pub(super) fn failed(view: &View<'_>) -> Result<(), Halt> {
    let worst = view.done.unrevoked.values().max_by_key(|failure| failure.kind);
    match worst {
        Some(failure) => Err(Failure::clone(failure).into()),
        None => Ok(()),
    }
}

pub(super) fn prove(view: &View<'_>, standing: &Standing<'_>) -> Step {
    let scopes = standing.record.as_ref().map(|record| record.scopes.clone());
    Step::Prove {
        version: view
            .current
            .as_ref()
            .map(|current| current.id.clone())
            .unwrap_or_default(),
        scopes: scopes.unwrap_or_else(|| view.settings.scopes.clone()),
    }
}

pub(super) fn revoke(id: &AuthorizationId, name: Option<&str>, why: &str) -> Step {
    Step::Revoke {
        id: id.clone(),
        name: name.map(str::to_owned),
        why: why.to_owned(),
    }
}
