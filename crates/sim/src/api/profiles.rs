//! Who somebody is, and which organizations they are a member of: `app.vssps.visualstudio.com`.

use serde_json::{Value, json};

use super::caller::person;
use super::version::{Stage, version};
use crate::answer::Answer;
use crate::cloud::{Cloud, User};
use crate::refusal::Refusal;
use crate::request::Request;

pub(super) fn answer(cloud: &mut Cloud, request: &Request) -> Answer {
    let activity = cloud.guid();
    let path: Vec<String> = request
        .segments()
        .iter()
        .map(|part| part.to_ascii_lowercase())
        .collect();
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    let answer = asked(cloud, request, &path);
    answer
        .unwrap_or_else(|refusal| refusal.answer(&request.host, &activity))
        .with("X-VSS-E2EID", activity.clone())
        .with("ActivityId", activity)
}

fn asked(cloud: &mut Cloud, request: &Request, path: &[&str]) -> Result<Answer, Refusal> {
    let user = person(cloud, request, "vso.profile")?;
    version(request, Stage::Released)?;
    if request.method != "GET" {
        return Err(Refusal::method(&request.method));
    }
    match path {
        ["_apis", "profile", "profiles", who] if *who == "me" || user.id.eq_ignore_ascii_case(who) => {
            Ok(Answer::json(200, &profile(&user)))
        }
        ["_apis", "accounts"] => accounts(cloud, request, &user),
        _ => Err(Refusal::exception(
            404,
            "VssResourceNotFoundException",
            format!(
                "API resource location /{} is not registered on https://{}/.",
                path.join("/"),
                request.host
            ),
        )),
    }
}

fn profile(user: &User) -> Value {
    json!({
        "displayName": user.display_name,
        "publicAlias": user.id,
        "emailAddress": user.mail.as_deref().unwrap_or_default(),
        "coreRevision": 1,
        "timeStamp": "2026-01-05T08:00:00.52+00:00",
        "id": user.id,
        "revision": 1,
    })
}

/// One of `memberId` and `ownerId` has to be there, and to be the caller's own.
fn accounts(cloud: &Cloud, request: &Request, user: &User) -> Result<Answer, Refusal> {
    let member = request
        .parameter("memberId")
        .or_else(|| request.parameter("ownerId"));
    let member = member.ok_or_else(|| {
        Refusal::exception(
            400,
            "ArgumentException",
            "One of the parameters ownerId and memberId has to be given.",
        )
    })?;
    if !member.eq_ignore_ascii_case(&user.id) {
        return Err(Refusal::BearerRefused);
    }
    let value: Vec<Value> = cloud
        .organizations
        .iter()
        .filter(|organization| user.is_in(&organization.name))
        .map(|organization| {
            json!({
                "accountId": organization.account_id,
                "accountUri": format!("https://vssps.dev.azure.com:443/{}/", organization.name),
                "accountName": organization.name,
                "properties": {},
            })
        })
        .collect();
    Ok(Answer::json(
        200,
        &json!({ "count": value.len(), "value": value }),
    ))
}
