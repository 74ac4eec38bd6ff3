//! `PUT` and `DELETE`: changing and ending a PAT.

use uuid::Uuid;

use super::create::{check_global, check_name, checked_end, checked_scope};
use super::wire::{Body, Failure};
use super::{Visit, session_token_not_found, unknown, wire};
use crate::answer::Answer;
use crate::cloud::clock::stored;
use crate::cloud::{Cloud, Pat, State};
use crate::refusal::Refusal;

/// Changes what the body names and keeps the rest: id, `validFrom` and the secret always stay.
pub(super) fn update(cloud: &mut Cloud, visit: &Visit<'_>) -> Result<Answer, Refusal> {
    let body = Body::read(visit)?;
    let sent = body.text("authorizationId")?.unwrap_or_default();
    let Ok(id) = Uuid::parse_str(sent.trim()) else {
        return Ok(wire::failure(visit, Failure::InvalidAuthorizationId));
    };
    let id = id.to_string();
    let Some(pat) = visit.own_here(cloud, &id) else {
        return unknown(cloud, visit, &id);
    };
    match changed(pat, &body, cloud, visit)? {
        Ok(changed) => {
            let answer = wire::result(visit, &changed, None);
            visit.note(cloud, "Token.PatUpdateEvent", &changed);
            if let Some(pat) = cloud.pat_mut(&id) {
                *pat = changed;
            }
            Ok(answer)
        }
        Err(failure) => Ok(wire::failure(visit, failure)),
    }
}

fn changed(
    pat: &Pat,
    body: &Body,
    cloud: &Cloud,
    visit: &Visit<'_>,
) -> Result<Result<Pat, Failure>, Refusal> {
    let policies = &visit.call.organization.policies;
    let (name, scope) = (body.text("displayName")?, body.text("scope")?);
    let (valid_to, all_orgs) = (body.time("validTo")?, body.flag("allOrgs")?);
    let now = cloud.now();
    let change = || {
        match pat.state(now) {
            State::Active => {}
            State::Expired => return Err(Failure::ExpiredCannotBeExtended),
            State::Revoked => return Err(Failure::FailedToUpdate),
        }
        let mut pat = pat.clone();
        if let Some(name) = name {
            check_name(&name)?;
            pat.display_name = name;
        }
        if let Some(scope) = scope {
            pat.scope = checked_scope(&scope, policies)?;
        }
        if let Some(asked) = valid_to {
            pat.valid_to = stored(checked_end(asked, pat.valid_from, now, policies)?);
        }
        match all_orgs {
            Some(true) => {
                check_global(policies)?;
                pat.target_accounts = None;
            }
            Some(false) if pat.target_accounts.is_none() => {
                pat.target_accounts = Some(vec![visit.call.organization.account_id.clone()]);
            }
            Some(false) | None => {}
        }
        Ok(pat)
    };
    Ok(change())
}

/// Ends a PAT. One that is unknown, of another organization, expired or already revoked is an error.
pub(super) fn revoke(cloud: &mut Cloud, visit: &Visit<'_>) -> Result<Answer, Refusal> {
    let id = visit.authorization_id()?;
    let now = cloud.now();
    let revocable = visit
        .own_here(cloud, &id)
        .is_some_and(|pat| pat.state(now) == State::Active);
    match cloud.pat_mut(&id).filter(|_| revocable) {
        Some(pat) => {
            pat.revoked = Some(now);
            let pat = pat.clone();
            visit.note(cloud, "Token.PatRevokeEvent", &pat);
            Ok(Answer::empty(cloud.manners.revoke_status))
        }
        None => Err(session_token_not_found(&id)),
    }
}
