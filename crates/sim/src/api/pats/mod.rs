//! The PAT life-cycle API: `/{org}/_apis/tokens/pats`.

mod change;
mod create;
mod list;
mod wire;

use uuid::Uuid;

use super::Call;
use super::caller::pat_owner;
use super::version::{ApiVersion, Stage, version};
use crate::answer::Answer;
use crate::cloud::{Actor, Cloud, Pat, UnknownId};
use crate::refusal::Refusal;
use wire::Failure;

/// A request of a known user in a known version.
struct Visit<'a> {
    call: &'a Call<'a>,
    user: String,
    version: ApiVersion,
}

pub(super) fn answer(cloud: &mut Cloud, call: &Call<'_>) -> Result<Answer, Refusal> {
    let user = pat_owner(cloud, call)?;
    let version = version(call.request, Stage::Preview)?;
    let visit = Visit { call, user, version };
    let answer = match call.request.method.as_str() {
        "GET" if call.request.parameter("authorizationId").is_some() => get(cloud, &visit),
        "GET" => list::answer(cloud, &visit),
        "POST" => create::answer(cloud, &visit),
        "PUT" => change::update(cloud, &visit),
        "DELETE" => change::revoke(cloud, &visit),
        method => Err(Refusal::method(method)),
    }?;
    let echoed = format!(
        "application/json; charset=utf-8; api-version={}.{}-preview.1",
        version.major, version.minor
    );
    Ok(if answer.body.is_empty() {
        answer
    } else {
        answer.typed(&echoed)
    })
}

fn get(cloud: &Cloud, visit: &Visit<'_>) -> Result<Answer, Refusal> {
    let id = visit.authorization_id()?;
    match visit.own(cloud, &id) {
        Some(pat) => Ok(wire::result(visit, pat, None)),
        None => unknown(cloud, visit, &id),
    }
}

/// The answer of GET and PUT for an id that is not in the caller's books.
fn unknown(cloud: &Cloud, visit: &Visit<'_>, id: &str) -> Result<Answer, Refusal> {
    match cloud.manners.unknown_id {
        UnknownId::InBand => Ok(wire::failure(visit, Failure::AuthorizationNotFound)),
        UnknownId::NotFound => Err(session_token_not_found(id)),
    }
}

fn session_token_not_found(id: &str) -> Refusal {
    Refusal::exception(
        404,
        "SessionTokenNotFoundException",
        format!("The session token with authorization id {id} could not be found."),
    )
}

impl Visit<'_> {
    /// Writes into the audit log what the user has done.
    fn note(&self, cloud: &mut Cloud, action: &str, pat: &Pat) {
        let actor = Actor {
            id: Some(self.user.clone()),
            mechanism: "AAD",
            agent: super::agent(self.call.request),
        };
        cloud.note_pat(&self.call.organization.name, action, pat, &actor);
    }

    /// The query's `authorizationId`, in the books' spelling.
    fn authorization_id(&self) -> Result<String, Refusal> {
        let sent = self.call.request.parameter("authorizationId").unwrap_or_default();
        let id = Uuid::parse_str(sent.trim()).map_err(|_| {
            Refusal::exception(
                400,
                "ArgumentException",
                format!("The value '{sent}' is not valid for authorizationId."),
            )
        })?;
        Ok(id.to_string())
    }

    /// The caller's own PAT of that id.
    fn own<'c>(&self, cloud: &'c Cloud, id: &str) -> Option<&'c Pat> {
        cloud.pat(id).filter(|pat| pat.owner == self.user)
    }

    /// The same, if it may be changed from this organization: it was made for it, or is global.
    fn own_here<'c>(&self, cloud: &'c Cloud, id: &str) -> Option<&'c Pat> {
        self.own(cloud, id)
            .filter(|pat| pat.is_for(&self.call.organization.account_id))
    }
}
