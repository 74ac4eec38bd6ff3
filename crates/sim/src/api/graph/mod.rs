//! Graph: `/{org}/_apis/graph`, and the older identities beside it.

mod identities;
mod pages;
mod wire;

use serde_json::json;

use super::Call;
use super::caller::reader;
use super::version::{Stage, version};
use crate::answer::Answer;
use crate::cloud::{Cloud, User};
use crate::refusal::Refusal;

/// The answer, if the path is one of these.
pub(super) fn answer(cloud: &mut Cloud, call: &Call<'_>) -> Option<Result<Answer, Refusal>> {
    if call.is("_apis/identities") {
        return Some(checked(
            cloud,
            call,
            "vso.identity",
            Stage::Released,
            identities::answer,
        ));
    }
    let graph = |cloud: &mut Cloud, work: fn(&Cloud, &Call<'_>) -> Result<Answer, Refusal>| {
        Some(checked(cloud, call, "vso.graph", Stage::Preview, work))
    };
    if call.is("_apis/graph/users") {
        return graph(cloud, pages::users);
    }
    if call.is("_apis/graph/serviceprincipals") {
        return graph(cloud, pages::service_principals);
    }
    let key = call.path.last()?;
    if call.is(&format!("_apis/graph/descriptors/{key}")) {
        return graph(cloud, descriptor);
    }
    None
}

fn checked(
    cloud: &mut Cloud,
    call: &Call<'_>,
    scope: &str,
    stage: Stage,
    work: fn(&Cloud, &Call<'_>) -> Result<Answer, Refusal>,
) -> Result<Answer, Refusal> {
    reader(cloud, call, Some(scope))?;
    version(call.request, stage)?;
    if call.request.method != "GET" {
        return Err(Refusal::method(&call.request.method));
    }
    work(cloud, call)
}

/// `GET descriptors/{storageKey}`.
fn descriptor(cloud: &Cloud, call: &Call<'_>) -> Result<Answer, Refusal> {
    let key = call.path.last().map(String::as_str).unwrap_or_default();
    let user = member(cloud, call, |user| user.id.eq_ignore_ascii_case(key)).or_else(|| {
        let crowd = cloud.crowd(&call.organization.name)?;
        Some(crowd.user(crowd.number_of_id(key)?))
    });
    match user {
        Some(user) => Ok(Answer::json(
            200,
            &json!({ "value": user.descriptor, "_links": {} }),
        )),
        None => Err(Refusal::exception(
            404,
            "StorageKeyNotFoundException",
            format!("VS860016: Could not resolve a descriptor for storage key '{key}'."),
        )),
    }
}

/// The first of the organization's users in the books that is meant.
fn member(cloud: &Cloud, call: &Call<'_>, is: impl Fn(&User) -> bool) -> Option<User> {
    let mut here = cloud
        .users
        .iter()
        .filter(|user| user.is_in(&call.organization.name));
    here.find(|user| is(user)).cloned()
}
