//! Microsoft Entra's answers that are no token, in words.
//!
//! Its errors are JSON with `error`, `error_description` (which begins with the code and ends with the trace and
//! correlation ids) and `error_codes` ("Microsoft Entra authentication and authorization error codes").

use patkeeper_core::advice;
use patkeeper_core::failure::{Failure, FailureKind};
use patkeeper_http::{Echo, HttpError, Response, words};
use serde_json::Value;

/// What Microsoft Entra's refusal, or its failure, means. `doing` fits behind "Microsoft Entra refused to";
/// `echo` knows every secret that was sent.
pub(crate) fn failure(answer: &Response, doing: &str, echo: &Echo) -> Failure {
    let body: Value = serde_json::from_slice(answer.body()).unwrap_or_default();
    let text = |name: &str| {
        let text = body.get(name).and_then(Value::as_str).map(str::trim);
        text.filter(|text| !text.is_empty())
    };
    let message = text("error_description");
    let error = text("error");
    let names: Vec<&str> = error.into_iter().chain(text("suberror")).collect();
    let words = words::of(answer, message, &names, echo);
    meaning(answer.status, &codes(&body, message), error, doing).with_service_words(words)
}

/// What the absence of an answer means, when `doing` was asked of it.
pub(crate) fn no_answer(error: &HttpError, doing: &str) -> Failure {
    let mut failure = error.failure();
    failure.what = format!("Could not {doing}: {error}");
    failure
}

fn meaning(status: u16, codes: &[String], error: Option<&str>, doing: &str) -> Failure {
    let refused = format!("Microsoft Entra refused to {doing}");
    let failed = format!("Microsoft Entra failed to {doing}");
    let again = "run the step again; if it stays so, look at https://azure.status.microsoft";
    if status == 429 {
        return Failure::new(FailureKind::Service, failed)
            .with_code("rateLimit")
            .with_why("it asks to be asked less often, by this app or from this address")
            .with_way_out("run the step again in some minutes")
            .with_way_out("let fewer jobs sign in at the same time");
    }
    let row = codes.iter().find_map(|code| advice::find(code));
    match (row, codes.first(), error) {
        (Some(row), _, _) => {
            let what = if row.kind == FailureKind::Refused {
                refused
            } else {
                failed
            };
            row.failure(what)
        }
        _ if matches!(status, 408 | 500..) => Failure::new(FailureKind::Service, failed)
            .with_code("serviceError")
            .with_way_out(again),
        (None, Some(code), _) => Failure::new(FailureKind::Refused, refused)
            .with_code(code)
            .with_why("this version of Patkeeper has no advice on its reason")
            .with_way_out(format!(
                "read its words below, or look the code up: https://login.microsoftonline.com/error?code={}",
                code.trim_start_matches(PREFIX)
            )),
        (None, None, Some(_)) => Failure::new(FailureKind::Refused, refused)
            .with_code("signInRefused")
            .with_way_out("read its words below"),
        (None, None, None) => odd(failed),
    }
}

/// An answer that is neither a token nor a refusal.
fn odd(what: String) -> Failure {
    Failure::new(FailureKind::Service, what)
        .with_code("notUnderstood")
        .with_why(
            "its answer is neither a token nor a refusal; a proxy or filter may have answered in its place",
        )
        .with_way_out("check that the agent's network lets answers of the sign-in host through as they are")
        .with_way_out("run the step again; if it stays so, report it with the lines around this one")
}

/// What the codes of its messages begin with.
const PREFIX: &str = "AADSTS";

/// The codes of an error, as it lists them and as its message names them.
fn codes(body: &Value, message: Option<&str>) -> Vec<String> {
    let listed = body.get("error_codes").and_then(Value::as_array).into_iter();
    let listed = listed
        .flatten()
        .filter_map(Value::as_u64)
        .map(|number| format!("{PREFIX}{number}"));
    listed
        .chain(named(message.unwrap_or_default()))
        .take(20)
        .collect()
}

/// The codes that a text names.
pub(crate) fn named(text: &str) -> impl Iterator<Item = String> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric());
    words
        .filter(|word| {
            word.strip_prefix(PREFIX)
                .is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
        })
        .map(ToOwned::to_owned)
}

#[cfg(test)]
mod tests;
