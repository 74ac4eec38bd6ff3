//! Token administration: `/{org}/_apis/tokenadmin`.

mod list;
mod revoke;

use super::Call;
use super::administration;
use super::version::{Stage, version};
use crate::answer::Answer;
use crate::cloud::Cloud;
use crate::refusal::Refusal;

/// The answer, if the path is one of these.
pub(super) fn answer(cloud: &mut Cloud, call: &Call<'_>) -> Option<Result<Answer, Refusal>> {
    let path: Vec<String> = call.path.iter().map(|part| part.to_ascii_lowercase()).collect();
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    match path.as_slice() {
        ["_apis", "tokenadmin", "personalaccesstokens", _] => {
            let descriptor = call.path.last()?;
            Some(checked(cloud, call, "GET", |cloud, call| {
                list::answer(cloud, call, descriptor)
            }))
        }
        ["_apis", "tokenadmin", "revocations"] => Some(checked(cloud, call, "POST", revoke::answer)),
        _ => None,
    }
}

fn checked(
    cloud: &mut Cloud,
    call: &Call<'_>,
    method: &str,
    work: impl FnOnce(&mut Cloud, &Call<'_>) -> Result<Answer, Refusal>,
) -> Result<Answer, Refusal> {
    administration::of_tokens(cloud, call)?;
    version(call.request, Stage::Released)?;
    if call.request.method != method {
        return Err(Refusal::method(&call.request.method));
    }
    work(cloud, call)
}

/// `isPublic`: SSH keys (true) or PATs (false); without it, both.
fn is_public(call: &Call<'_>) -> Result<Option<bool>, Refusal> {
    match call.request.parameter("isPublic") {
        None => Ok(None),
        Some(text) => text
            .to_ascii_lowercase()
            .parse()
            .map(Some)
            .map_err(|_| bad("isPublic", &text)),
    }
}

fn bad(name: &str, value: &str) -> Refusal {
    Refusal::exception(
        400,
        "VssPropertyValidationException",
        format!("The value '{value}' is not valid for {name}."),
    )
}
