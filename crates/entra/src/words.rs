//! A service's own words and ids, as a failure quotes them.

use patkeeper_http::{Echo, Response};

/// Longest quotation, in characters. Microsoft Entra's messages end with the ids that its support asks for, so they
/// must fit whole.
const LONGEST: usize = 2_000;
/// Longest id, in characters.
const LONGEST_ID: usize = 200;
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
    let mut ids: Vec<String> = names.iter().map(|name| short(name, LONGEST_ID, echo)).collect();
    ids.push(format!("HTTP {}", answer.status));
    let mut called: Vec<&str> = Vec::new();
    for (header, name) in IDS {
        let value = answer.header(header).map(str::trim).unwrap_or_default();
        if !value.is_empty() && !called.contains(&name) {
            called.push(name);
            ids.push(format!("{name} {}", short(value, LONGEST_ID, echo)));
        }
    }
    let ids = ids.join(", ");
    match message {
        Some(message) => format!("\"{}\" ({ids})", short(message, LONGEST, echo)),
        None => ids,
    }
}

/// At most this many characters of a service's text, without what was sent. Cut first, half a secret could stay.
fn short(text: &str, longest: usize, echo: &Echo) -> String {
    let text = echo.out_of(text.trim());
    let mut start: String = text.chars().take(longest).collect();
    if start.len() < text.len() {
        start.push('…');
    }
    start
}
