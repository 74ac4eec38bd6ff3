//! A service's own words and ids, as a failure quotes them.

use patkeeper_http::{Echo, Response};

/// Longest message, in characters; the rest of it is left out of its middle. With the ids it must fit into a line.
const LONGEST: usize = 640;
/// What is kept of a message's end: Microsoft Entra's hold the trace id, correlation id and time there, which its
/// support asks for.
const END: usize = 240;
/// Longest id, in characters.
const LONGEST_ID: usize = 100;
/// The headers with the ids that support asks for, and what each is called. Azure DevOps has the first three,
/// Microsoft Entra the fourth.
const IDS: [(&str, &str); 4] = [
    ("x-vss-e2eid", "activity"),
    ("activityid", "activity"),
    ("x-msedge-ref", "x-msedge-ref"),
    ("x-ms-request-id", "request"),
];

/// `"message" (name, HTTP 403, activity 7c1e)`, without anything that was sent. `names` are the service's short names
/// for what happened.
pub(crate) fn quoted(answer: &Response, message: Option<&str>, names: &[&str], echo: &Echo) -> String {
    let mut ids: Vec<String> = names.iter().map(|name| id(name, echo)).collect();
    ids.push(format!("HTTP {}", answer.status));
    let mut called: Vec<&str> = Vec::new();
    for (header, name) in IDS {
        let value = answer.header(header).map(str::trim).unwrap_or_default();
        if !value.is_empty() && !called.contains(&name) {
            called.push(name);
            ids.push(format!("{name} {}", id(value, echo)));
        }
    }
    let ids = ids.join(", ");
    match message {
        Some(message) => format!("\"{}\" ({ids})", message_of(message, echo)),
        None => ids,
    }
}

/// A message without what was sent, and then without its middle if it is long. Cut first, half a secret could stay.
fn message_of(text: &str, echo: &Echo) -> String {
    let text = echo.out_of(text.trim());
    let length = text.chars().count();
    if length <= LONGEST {
        return text;
    }
    let start = text.chars().take(LONGEST - END);
    let end = text.chars().skip(length - END);
    start.chain(['…']).chain(end).collect()
}

/// An id, or a name, of at most [`LONGEST_ID`] characters.
fn id(text: &str, echo: &Echo) -> String {
    echo.out_of(text.trim()).chars().take(LONGEST_ID).collect()
}
