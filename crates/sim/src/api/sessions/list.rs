//! `GET personalaccesstokens/{descriptor}`: a page of a user's session tokens.

use serde_json::{Value, json};
use uuid::Uuid;

use super::{bad, is_public};
use crate::answer::Answer;
use crate::api::Call;
use crate::cloud::clock::written;
use crate::cloud::{Cloud, Pat, SshKey, Unreadable};
use crate::refusal::Refusal;

const NOTHING: &str = "00000000-0000-0000-0000-000000000000";

pub(super) fn answer(cloud: &mut Cloud, call: &Call<'_>, descriptor: &str) -> Result<Answer, Refusal> {
    if !is_descriptor(descriptor) {
        return Err(bad("subjectDescriptor", descriptor));
    }
    let sent = |name: &str| call.request.parameter(name).filter(|text| !text.is_empty());
    let size = match sent("pageSize") {
        None => cloud.manners.session_page_default,
        Some(text) => text
            .parse::<usize>()
            .ok()
            .filter(|size| *size > 0)
            .ok_or_else(|| bad("pageSize", &text))?,
    };
    let public = is_public(call)?;
    let start = match sent("continuationToken") {
        None => 0,
        Some(text) => place(&text, descriptor).ok_or_else(|| bad("continuationToken", &text))?,
    };
    let (sessions, unreadable) = sessions(cloud, call, descriptor, start == 0, public)?;
    match unreadable {
        None => {}
        Some(Unreadable::Hostile) => return Ok(hostile()),
        Some(Unreadable::Forbidden) => {
            return Err(Refusal::exception(
                403,
                "AccessCheckException",
                "TF50309: The tokens of this user cannot be administered.",
            ));
        }
        Some(Unreadable::Failing) => {
            return Err(Refusal::exception(
                500,
                "VssServiceException",
                "TF400898: An Internal Error Occurred.",
            ));
        }
        Some(Unreadable::Unknown) => return Err(unknown(descriptor)),
    }
    let size = size.min(cloud.manners.session_page_cap).max(1);
    let end = sessions.len().min(start.saturating_add(size));
    let next = (end < sessions.len()).then(|| token(end, descriptor));
    let page: Vec<Value> = sessions.into_iter().take(end).skip(start).collect();
    Ok(Answer::json(
        200,
        &json!({ "value": page, "continuationToken": next }),
    ))
}

/// All of a user's session tokens, and why they must not be shown. The first page is counted as a read.
fn sessions(
    cloud: &mut Cloud,
    call: &Call<'_>,
    descriptor: &str,
    first: bool,
    public: Option<bool>,
) -> Result<(Vec<Value>, Option<Unreadable>), Refusal> {
    let organization = &call.organization;
    let known = cloud
        .users
        .iter()
        .find(|user| user.descriptor == descriptor && user.is_in(&organization.name));
    if let Some(user) = known {
        let foreign = cloud.manners.sessions_foreign;
        let now = cloud.now();
        let pats = cloud.pats.iter().filter(|pat| {
            public != Some(true) && pat.owner == user.id && (foreign || pat.is_for(&organization.account_id))
        });
        let keys = cloud.ssh_keys.iter().filter(|key| {
            public != Some(false) && key.owner == user.id && key.account == organization.account_id
        });
        let sessions = keys
            .map(|key| of_key(key, key.revoked.is_none_or(|at| at > now)))
            .chain(pats.map(|pat| of_pat(pat, pat.revoked.is_none_or(|at| at > now))))
            .collect();
        let unreadable = user.unreadable;
        if first {
            cloud.reads.note(descriptor);
        }
        return Ok((sessions, unreadable));
    }
    let crowd = cloud
        .crowds
        .iter()
        .find(|crowd| crowd.organization().eq_ignore_ascii_case(&organization.name));
    let (crowd, number) = crowd
        .and_then(|crowd| Some((crowd, crowd.number(descriptor)?)))
        .ok_or_else(|| unknown(descriptor))?;
    if first {
        cloud.reads.note_crowd(crowd, number);
    }
    let now = cloud.clock.now();
    let pats = match public {
        Some(true) => Vec::new(),
        _ => crowd.pats(number),
    };
    let sessions = pats
        .iter()
        .map(|pat| of_pat(pat, pat.revoked.is_none_or(|at| at > now)))
        .collect();
    Ok((sessions, crowd.unreadable(number)))
}

/// `kind.id`, as a descriptor is built; whether there is such a user is another question.
fn is_descriptor(text: &str) -> bool {
    text.split_once('.').is_some_and(|(kind, id)| {
        matches!(kind, "aad" | "msa" | "svc" | "aadsp" | "imp" | "bnd" | "unusr")
            && !id.is_empty()
            && id
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'='))
    })
}

fn unknown(descriptor: &str) -> Refusal {
    Refusal::exception(
        404,
        "IdentityNotFoundException",
        format!("The identity with subject descriptor '{descriptor}' could not be found."),
    )
}

/// A body that no reader of JSON takes, and that must reach no log as it is.
fn hostile() -> Answer {
    Answer::json(200, &Value::Null).with_body(
        "{\"value\":[{\"displayName\":\"\n##vso[task.complete result=Succeeded]\n##[error]<script>\u{202e}",
    )
}

/// A `SessionToken`. Its times have no zone.
fn session(id: &str, owner: &str, times: (String, String), is_valid: bool) -> Value {
    let bare = |time: &str| time.trim_end_matches('Z').to_owned();
    json!({
        "clientId": NOTHING,
        "accessId": NOTHING,
        "authorizationId": id,
        "hostAuthorizationId": NOTHING,
        "userId": owner,
        "validFrom": bare(&times.0),
        "validTo": bare(&times.1),
        "displayName": null,
        "scope": "app_token",
        "targetAccounts": null,
        "token": null,
        "alternateToken": null,
        "isValid": is_valid,
        "isPublic": false,
        "publicData": null,
        "source": null,
        "claims": null,
        "crossCompanyCorrelatingId": null,
    })
}

fn of_pat(pat: &Pat, is_valid: bool) -> Value {
    let times = (written(pat.valid_from), written(pat.valid_to));
    let mut made = session(&pat.authorization_id, &pat.owner, times, is_valid);
    if let Some(made) = made.as_object_mut() {
        made.insert("displayName".to_owned(), pat.display_name.as_str().into());
        made.insert("scope".to_owned(), pat.scope.as_str().into());
        made.insert("targetAccounts".to_owned(), json!(pat.target_accounts));
    }
    made
}

fn of_key(key: &SshKey, is_valid: bool) -> Value {
    let times = (written(key.valid_from), written(key.valid_to));
    let mut made = session(&key.authorization_id, &key.owner, times, is_valid);
    if let Some(made) = made.as_object_mut() {
        made.insert("displayName".to_owned(), key.display_name.as_str().into());
        made.insert("targetAccounts".to_owned(), json!([key.account]));
        made.insert("isPublic".to_owned(), true.into());
        made.insert("publicData".to_owned(), "ssh-rsa AAAAB3NzaC1yc2E=".into());
    }
    made
}

/// A GUID for the entry at `start` of this user's list, and of no other.
fn token(start: usize, descriptor: &str) -> String {
    let mark = mark(descriptor);
    Uuid::from_u64_pair(
        mark,
        mark.rotate_left(17) ^ u64::try_from(start).unwrap_or_default(),
    )
    .to_string()
}

fn place(token: &str, descriptor: &str) -> Option<usize> {
    let (mark, start) = Uuid::parse_str(token).ok()?.as_u64_pair();
    let known = mark == self::mark(descriptor);
    known
        .then(|| usize::try_from(start ^ mark.rotate_left(17)).ok())?
        .filter(|start| *start < 1_000_000)
}

/// FNV-1a.
fn mark(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
