//! `POST revocations`: ends session tokens, all of a list or none.

use serde_json::Value;
use uuid::Uuid;

use super::{bad, is_public};
use crate::answer::Answer;
use crate::api::{Call, administration};
use crate::cloud::{Cloud, UnknownRevocation};
use crate::refusal::Refusal;

pub(super) fn answer(cloud: &mut Cloud, call: &Call<'_>) -> Result<Answer, Refusal> {
    let ids = ids(call)?;
    if ids.is_empty() || ids.len() > cloud.manners.revocation_cap {
        return Err(bad("revocations", &format!("{} authorizations", ids.len())));
    }
    let public = is_public(call)?;
    let known: Vec<Known> = ids.iter().map(|id| find(cloud, call, id, public)).collect();
    if cloud.manners.unknown_revocation == UnknownRevocation::Refused
        && let Some((id, _)) = ids.iter().zip(&known).find(|(_, known)| **known == Known::Not)
    {
        return Err(Refusal::exception(
            404,
            "SessionTokenNotFoundException",
            format!("The session token with authorization id {id} could not be found."),
        ));
    }
    let actor = administration::of_tokens(cloud, call)?.actor(call);
    let at = cloud.now() + cloud.manners.revocation_lag;
    let organization = &call.organization.name;
    for (id, known) in ids.iter().zip(known) {
        match known {
            Known::Not => {}
            Known::Crowd => {
                let crowd = cloud.crowd_mut(organization);
                let fresh = crowd
                    .as_ref()
                    .and_then(|crowd| crowd.pat_of(id))
                    .filter(|pat| pat.revoked.is_none());
                crowd.map(|crowd| crowd.revoke(id, at));
                if let Some(pat) = fresh {
                    cloud.note_pat(organization, "Token.PatRevokeEvent", &pat, &actor);
                }
            }
            Known::Pat => {
                let fresh = cloud.pat_mut(id).filter(|pat| pat.revoked.is_none());
                let pat = fresh.map(|pat| {
                    pat.revoked = Some(at);
                    pat.clone()
                });
                if let Some(pat) = pat {
                    cloud.note_pat(organization, "Token.PatRevokeEvent", &pat, &actor);
                }
            }
            Known::Key => {
                let key = cloud.ssh_keys.iter_mut().find(|key| key.authorization_id == *id);
                let name = key.filter(|key| key.revoked.is_none()).map(|key| {
                    key.revoked = Some(at);
                    key.display_name.clone()
                });
                if let Some(name) = name {
                    let details = format!("SSH Key \"{name}\" was revoked.");
                    let data = [("DisplayName".to_owned(), Value::from(name))]
                        .into_iter()
                        .collect();
                    cloud.note(organization, "Token.SshRevokeEvent", details, data, &actor);
                }
            }
        }
    }
    Ok(Answer::empty(204))
}

/// The ids of a bare array of objects, in the books' spelling.
fn ids(call: &Call<'_>) -> Result<Vec<String>, Refusal> {
    if !call.request.is_json() {
        return Err(Refusal::exception(
            415,
            "UnsupportedMediaTypeException",
            "The request entity's media type is not supported for this resource.",
        ));
    }
    let body: Value = serde_json::from_slice(&call.request.body).map_err(|_| Refusal::MalformedBody)?;
    let Value::Array(entries) = body else {
        return Err(bad("revocations", "not an array"));
    };
    let id = |entry: &Value| {
        let properties = entry.as_object()?;
        let (_, id) = properties
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case("authorizationId"))?;
        Some(Uuid::parse_str(id.as_str()?).ok()?.to_string())
    };
    entries
        .iter()
        .map(|entry| id(entry).ok_or_else(|| bad("authorizationId", &entry.to_string())))
        .collect()
}

/// Where in the organization's books an id is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Known {
    Pat,
    Key,
    Crowd,
    Not,
}

/// PATs and keys of other organizations are not found; global PATs are.
fn find(cloud: &Cloud, call: &Call<'_>, id: &str, public: Option<bool>) -> Known {
    let organization = &call.organization;
    let account = &organization.account_id;
    let is_of = |pat: &crate::cloud::Pat| {
        pat.is_for(account)
            && cloud
                .user(&pat.owner)
                .is_some_and(|user| user.is_in(&organization.name))
    };
    let is_pat = || cloud.pat(id).is_some_and(is_of);
    let is_key = || {
        let mut keys = cloud.ssh_keys.iter();
        keys.any(|key| key.authorization_id == id && key.account == *account)
    };
    let is_crowd = || {
        cloud
            .crowd(&organization.name)
            .is_some_and(|crowd| crowd.pat_of(id).is_some())
    };
    match public {
        None | Some(false) if is_pat() => Known::Pat,
        None | Some(false) if is_crowd() => Known::Crowd,
        None | Some(true) if is_key() => Known::Key,
        _ => Known::Not,
    }
}
