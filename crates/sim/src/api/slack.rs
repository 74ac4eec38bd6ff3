//! Slack's incoming webhooks and the limits of their blocks.

use serde_json::Value;

use super::webhook::{Refused, Rules, json_body};
use crate::answer::Answer;
use crate::cloud::Hook;
use crate::request::Request;

pub(super) static RULES: Rules = Rules {
    hook: Hook::Slack,
    check,
    accepted: || Answer::text(200, "ok"),
};

const BLOCKS: usize = 50;
const SECTION_TEXT: usize = 3_000;
const FIELDS: usize = 10;
const FIELD_TEXT: usize = 2_000;
const HEADER_TEXT: usize = 150;
const CONTEXT_ELEMENTS: usize = 10;
const ACTIONS: usize = 25;
const BUTTON_TEXT: usize = 75;
const LINK: usize = 3_000;
const MESSAGE_TEXT: usize = 40_000;

fn check(request: &Request) -> Result<Value, Refused> {
    if !request.path.starts_with("/services/")
        && !request.path.starts_with("/workflows/")
        && !request.path.starts_with("/triggers/")
    {
        return Err(Refused::new(
            404,
            "no_service",
            "the path is not that of a webhook",
        ));
    }
    let payload = json_body(request).map_err(|refused| match refused.status {
        400 => Refused::new(400, "invalid_payload", refused.why),
        _ => refused,
    })?;
    let Some(message) = payload.as_object() else {
        return Err(Refused::new(
            400,
            "invalid_payload",
            "the payload is not an object",
        ));
    };
    let text = message.get("text").and_then(Value::as_str).unwrap_or_default();
    if text.chars().count() > MESSAGE_TEXT {
        return Err(Refused::new(
            400,
            "msg_too_long",
            format!("text of {} characters", text.chars().count()),
        ));
    }
    let parts = ["blocks", "attachments"].map(|name| message.get(name).and_then(Value::as_array));
    if text.is_empty() && parts.iter().flatten().all(|part| part.is_empty()) {
        return Err(Refused::new(400, "no_text", "neither text nor blocks"));
    }
    match message.get("blocks") {
        None => {}
        Some(Value::Array(blocks)) => {
            check_blocks(blocks).map_err(|why| Refused::new(400, "invalid_blocks", why))?
        }
        Some(_) => {
            return Err(Refused::new(
                400,
                "invalid_blocks_format",
                "blocks is not an array",
            ));
        }
    }
    Ok(payload)
}

fn check_blocks(blocks: &[Value]) -> Result<(), String> {
    if blocks.len() > BLOCKS {
        return Err(format!("{} blocks, at most {BLOCKS}", blocks.len()));
    }
    for (index, block) in blocks.iter().enumerate() {
        check_block(block).map_err(|why| format!("block {index}: {why}"))?;
    }
    Ok(())
}

fn check_block(block: &Value) -> Result<(), String> {
    match block.get("type").and_then(Value::as_str) {
        Some("divider") => Ok(()),
        Some("header") => match block.pointer("/text/type").and_then(Value::as_str) {
            Some("plain_text") => check_text(block.get("text"), HEADER_TEXT),
            _ => Err("a header's text must be plain_text".to_owned()),
        },
        Some("section") => check_section(block),
        Some("context") => {
            let elements = list(block, "elements", CONTEXT_ELEMENTS)?;
            elements
                .iter()
                .filter(|element| is_text(element))
                .try_for_each(|element| check_text(Some(element), SECTION_TEXT))
        }
        Some("actions") => list(block, "elements", ACTIONS)?
            .iter()
            .try_for_each(check_action),
        Some("image" | "rich_text" | "markdown" | "table" | "video" | "input" | "file") => Ok(()),
        Some(other) => Err(format!("unknown type {other}")),
        None => Err("no type".to_owned()),
    }
}

fn check_section(block: &Value) -> Result<(), String> {
    if block.get("text").is_none() && block.get("fields").is_none() {
        return Err("a section needs text or fields".to_owned());
    }
    if block.get("text").is_some() {
        check_text(block.get("text"), SECTION_TEXT)?;
    }
    if block.get("fields").is_some() {
        list(block, "fields", FIELDS)?
            .iter()
            .try_for_each(|field| check_text(Some(field), FIELD_TEXT))?;
    }
    block.get("accessory").map_or(Ok(()), check_action)
}

fn check_action(element: &Value) -> Result<(), String> {
    if element.get("type").and_then(Value::as_str) != Some("button") {
        return Ok(());
    }
    check_text(element.get("text"), BUTTON_TEXT)?;
    let link = element.get("url").and_then(Value::as_str).unwrap_or_default();
    if link.chars().count() > LINK {
        Err(format!("a link of {} characters", link.chars().count()))
    } else {
        Ok(())
    }
}

fn list<'a>(block: &'a Value, name: &str, most: usize) -> Result<&'a [Value], String> {
    match block.get(name).and_then(Value::as_array) {
        Some(entries) if entries.is_empty() => Err(format!("{name} is empty")),
        Some(entries) if entries.len() > most => Err(format!("{} {name}, at most {most}", entries.len())),
        Some(entries) => Ok(entries),
        None => Err(format!("{name} is missing")),
    }
}

fn is_text(element: &Value) -> bool {
    matches!(
        element.get("type").and_then(Value::as_str),
        Some("mrkdwn" | "plain_text")
    )
}

fn check_text(object: Option<&Value>, most: usize) -> Result<(), String> {
    let object = object
        .filter(|object| is_text(object))
        .ok_or("a text object must be mrkdwn or plain_text")?;
    let length = object
        .get("text")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .chars()
        .count();
    match length {
        0 => Err("a text is empty".to_owned()),
        length if length > most => Err(format!("a text of {length} characters, at most {most}")),
        _ => Ok(()),
    }
}
