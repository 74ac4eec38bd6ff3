//! Entries of the audit log.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};

use super::actions;
use crate::api::Call;
use crate::cloud::AuditEvent;

const NOBODY: &str = "00000000-0000-0000-0000-000000000000";

/// Stands in a text where an escape shall be that JSON does not know.
const ODD: &str = "\u{f8ff}";

/// Seven digits, and a zone that is not `Z`.
pub(super) fn written(time: DateTime<Utc>) -> String {
    let fraction = time.timestamp_subsec_nanos() / 100;
    format!("{}.{fraction:07}+00:00", time.format("%Y-%m-%dT%H:%M:%S"))
}

/// A `DecoratedAuditLogEntry`; `times` are those of the events that it stands for, the newest first.
pub(super) fn entry(call: &Call<'_>, event: &AuditEvent, times: &[String], odd: bool) -> Value {
    let (area, category) = actions::kind(&event.action);
    let actor = event.actor.as_deref();
    let (details, data) = if times.len() > 1 {
        let mut data = event.data.clone();
        data.insert("EventSummary".to_owned(), json!(times));
        (format!("Accessed the audit log {} times", times.len()), data)
    } else {
        (event.details.clone(), event.data.clone())
    };
    let mut words = category.chars();
    let title: String = words
        .next()
        .into_iter()
        .flat_map(char::to_uppercase)
        .chain(words)
        .collect();
    let mut made = json!({
        "id": event.id,
        "correlationId": event.id,
        "activityId": event.id,
        "actorCUID": actor.unwrap_or(NOBODY),
        "actorUserId": actor.unwrap_or(NOBODY),
        "actorClientId": NOBODY,
        "actorDisplayName": event.display_name,
        "actorImageUrl": null,
        "authenticationMechanism": event.mechanism,
        "timestamp": written(event.at),
        "scopeType": "organization",
        "scopeDisplayName": format!("{} (Organization)", event.organization),
        "scopeId": call.organization.account_id,
        "projectId": NOBODY,
        "projectName": "",
        "ipAddress": event.address,
        "userAgent": event.agent,
        "actionId": event.action,
        "data": Value::Object(data),
        "details": if odd || event.bad_escape { format!("{details} {ODD}") } else { details },
        "area": area,
        "category": category,
        "categoryDisplayName": title,
    });
    if let (false, Some(entry)) = (event.upn.is_empty(), made.as_object_mut()) {
        entry.insert("actorUPN".to_owned(), event.upn.as_str().into());
    }
    made
}

/// The text of an answer, with what JSON does not know in the places meant for it.
pub(super) fn text(entries: Vec<Value>, token: Option<String>, more: bool, wrapped: bool) -> String {
    let mut body = Map::new();
    body.insert("decoratedAuditLogEntries".to_owned(), Value::Array(entries));
    body.insert("continuationToken".to_owned(), json!(token));
    body.insert("hasMore".to_owned(), more.into());
    let body = if wrapped {
        json!({ "value": body })
    } else {
        Value::Object(body)
    };
    body.to_string().replace(ODD, "C:\\d")
}
