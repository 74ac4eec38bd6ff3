//! Teams: workflows of Power Automate, and the older connectors.

use serde_json::Value;

use super::webhook::{Refused, Rules, json_body};
use crate::answer::Answer;
use crate::cloud::Hook;
use crate::request::Request;

pub(super) static WORKFLOW: Rules = Rules {
    hook: Hook::Teams,
    check: check_workflow,
    accepted: || Answer::empty(202),
};
pub(super) static CONNECTOR: Rules = Rules {
    hook: Hook::Teams,
    check: check_message,
    accepted: || Answer::text(200, "1"),
};

/// A message may have 28 kB, everything included.
const LIMIT: usize = 28 * 1024;

/// A workflow's URL carries its permission in `sig`.
fn check_workflow(request: &Request) -> Result<Value, Refused> {
    if request.parameter("sig").is_none_or(|sig| sig.is_empty()) {
        let says = r#"{"error":{"code":"DirectApiAuthorizationRequired","message":"The request must be authenticated only by Shared Access scheme."}}"#;
        return Err(Refused::new(401, says, "the URL has no sig"));
    }
    check_message(request)
}

fn check_message(request: &Request) -> Result<Value, Refused> {
    if request.body.len() > LIMIT {
        return Err(Refused::new(
            413,
            "Request Entity Too Large",
            format!("{} bytes, at most {LIMIT}", request.body.len()),
        ));
    }
    let payload = json_body(request)?;
    check_card(&payload).map_err(|why| {
        Refused::new(
            400,
            r#"{"error":{"code":"InvalidRequestContent","message":"The request content is not valid."}}"#,
            why,
        )
    })?;
    Ok(payload)
}

fn check_card(payload: &Value) -> Result<(), String> {
    let text = |value: &Value, path: &str| value.pointer(path).and_then(Value::as_str).map(str::to_owned);
    if text(payload, "/type").as_deref() != Some("message") {
        return Err("type is not message".to_owned());
    }
    let attachments = payload
        .get("attachments")
        .and_then(Value::as_array)
        .filter(|list| !list.is_empty());
    for attachment in attachments.ok_or("no attachments")? {
        if text(attachment, "/contentType").as_deref() != Some("application/vnd.microsoft.card.adaptive") {
            return Err("an attachment is not an adaptive card".to_owned());
        }
        if text(attachment, "/content/type").as_deref() != Some("AdaptiveCard") {
            return Err("the content is not an AdaptiveCard".to_owned());
        }
        if text(attachment, "/content/version").is_none() {
            return Err("the card has no version".to_owned());
        }
        check_elements(attachment.pointer("/content/body"))?;
    }
    Ok(())
}

/// Every element needs a type, and a text needs words.
fn check_elements(body: Option<&Value>) -> Result<(), String> {
    for element in body.and_then(Value::as_array).ok_or("the card has no body")? {
        let kind = element
            .get("type")
            .and_then(Value::as_str)
            .ok_or("an element has no type")?;
        if kind == "TextBlock" && element.get("text").and_then(Value::as_str).is_none() {
            return Err("a TextBlock has no text".to_owned());
        }
    }
    Ok(())
}
