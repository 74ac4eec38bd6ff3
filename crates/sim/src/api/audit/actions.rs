//! `GET actions`: which events there are.

use serde_json::{Value, json};

use crate::answer::Answer;
use crate::api::Call;

/// Action, area, category. There are many more in the real service.
const ACTIONS: &[(&str, &str, &str)] = &[
    ("AuditLog.AccessLog", "Auditing", "access"),
    ("AuditLog.DownloadLog", "Auditing", "access"),
    (
        "OrganizationPolicy.PolicyValueUpdated",
        "OrganizationPolicy",
        "modify",
    ),
    ("Project.CreateCompleted", "Project", "create"),
    ("Security.ModifyPermission", "Security", "modify"),
    ("Token.PatCreateEvent", "Token", "create"),
    ("Token.PatExpiredEvent", "Token", "modify"),
    ("Token.PatPublicDiscoveryEvent", "Token", "access"),
    ("Token.PatRevokeEvent", "Token", "remove"),
    ("Token.PatSystemRevokeEvent", "Token", "remove"),
    ("Token.PatUpdateEvent", "Token", "modify"),
    ("Token.SshCreateEvent", "Token", "create"),
    ("Token.SshRevokeEvent", "Token", "remove"),
    ("Token.SshUpdateEvent", "Token", "modify"),
];

pub(super) fn answer(call: &Call<'_>) -> Answer {
    let area = call.request.parameter("areaName").unwrap_or_default();
    let value: Vec<Value> = ACTIONS
        .iter()
        .filter(|(_, known, _)| area.is_empty() || known.eq_ignore_ascii_case(&area))
        .map(|(action, area, category)| json!({ "area": area, "category": category, "actionId": action }))
        .collect();
    Answer::json(200, &json!({ "count": value.len(), "value": value }))
}

/// Area and category of an action.
pub(super) fn kind(action: &str) -> (&str, &'static str) {
    let known = ACTIONS.iter().find(|(name, ..)| *name == action);
    known.map_or_else(
        || (action.split('.').next().unwrap_or_default(), "unknown"),
        |(_, area, category)| (*area, *category),
    )
}
