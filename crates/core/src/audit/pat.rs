//! What one entry of the log tells of a PAT.
//!
//! What `data` holds for PATs is not documented: its keys are looked for in the spellings that Azure DevOps uses for
//! the same things elsewhere, letter case and punctuation apart, and none of them is ever needed.

use serde_json::Value;

use super::event::Event;
use super::report::{Action, AuditedPat};
use crate::pat::AuthorizationId;
use crate::scope::ScopeSet;
use crate::time;

/// The action that leaks are recorded as.
pub(super) const LEAK: &str = "Token.PatPublicDiscoveryEvent";

/// The actions of PATs (Azure DevOps documentation, "Auditing events list", area Token), in lower case.
const ACTIONS: [(&str, Action); 6] = [
    ("token.patcreateevent", Action::Created),
    ("token.patupdateevent", Action::Updated),
    ("token.patrevokeevent", Action::Revoked),
    ("token.patsystemrevokeevent", Action::SystemRevoked),
    ("token.patexpiredevent", Action::Expired),
    ("token.patpublicdiscoveryevent", Action::Leaked),
];

const NAMES: &[&str] = &["displayname", "friendlyname", "name"];
const IDS: &[&str] = &["authorizationid", "tokenid", "patid"];
const OWNERS: &[&str] = &[
    "ownerupn",
    "targetuserupn",
    "targetuserprincipalname",
    "userprincipalname",
    "ownername",
    "ownerdisplayname",
    "owner",
    "targetusername",
    "targetuserdisplayname",
    "targetuser",
    "username",
    "userdisplayname",
    "user",
    "ownerid",
    "targetuserid",
    "userid",
];
const GLOBALS: &[&str] = &[
    "global",
    "isglobal",
    "allorganizations",
    "isallorganizations",
    "scopedtoallorganizations",
];
const ENDS: &[&str] = &[
    "validto",
    "expirationdate",
    "expirydate",
    "expiration",
    "expireson",
    "expiresat",
    "expires",
];

/// More scopes than the catalogue has are not one PAT's.
const SCOPES: usize = 200;
/// How deep values that hold others are followed.
const DEPTH: u8 = 4;

/// What an action is counted as. One that is not known, of PATs or of anything else, is no error.
pub(super) fn action(id: &str) -> Action {
    ACTIONS
        .iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(id.trim()))
        .map_or(Action::Other, |(_, action)| *action)
}

/// What happened, in words: of a PAT's events always the same, of any other what the service says.
pub(super) fn words(action: Action, event: &Event) -> &str {
    match action {
        Action::Leaked => "PAT found in a public repository",
        Action::Created => "PAT created",
        Action::Updated => "PAT updated",
        Action::Revoked => "PAT revoked",
        Action::SystemRevoked => "PAT revoked by the system",
        Action::Expired => "PAT expired",
        Action::Other => event
            .details
            .as_deref()
            .filter(|details| !details.trim().is_empty())
            .unwrap_or(&event.action),
    }
}

/// The PAT that an entry is about, and whether full access is among the scopes that it names.
pub(super) fn pat(action: Action, event: &Event) -> (Option<AuditedPat>, bool) {
    let of_pats = event.action.trim().get(..9);
    if action == Action::Other && !of_pats.is_some_and(|start| start.eq_ignore_ascii_case("token.pat")) {
        return (None, false);
    }
    let members = members(event);
    let find = |keys: &[&str]| {
        let value = |key: &&str| members.iter().find(|(known, _)| known == key);
        keys.iter().find_map(value).map(|(_, value)| value.as_str())
    };
    let scopes: Vec<&str> = members
        .iter()
        .filter(|(key, _)| is_scope(key))
        .map(|(_, value)| value.as_str())
        .collect();
    let full = scopes.iter().any(|value| is_full(value))
        || matches!(find(&["fullscope", "isfullscope", "fullaccess", "isfullaccess"]), Some(value) if flag(value) == Some(true));
    let (quoted, owner) = quoted(action, event.details.as_deref().unwrap_or_default());
    let pat = AuditedPat {
        display_name: find(NAMES).or(quoted).map(str::to_owned),
        authorization_id: find(IDS).map(AuthorizationId::new),
        owner: find(OWNERS).or(owner).map(str::to_owned),
        scopes: scopes
            .iter()
            .find(|value| flag(value).is_none())
            .map(|value| {
                ScopeSet::parse(&words_of(value))
                    .iter()
                    .take(SCOPES)
                    .map(str::to_owned)
                    .collect()
            })
            .unwrap_or_default(),
        global: find(GLOBALS).and_then(flag),
        valid_to: find(ENDS).and_then(time::parse),
    };
    ((pat != AuditedPat::default()).then_some(pat), full)
}

/// The members of `data` that hold something, those within others by their whole path; keys in lower case, without
/// punctuation.
fn members(event: &Event) -> Vec<(String, String)> {
    let mut members = Vec::new();
    for (key, value) in &event.data {
        let nested = value.trim_start().starts_with(['{', '[']);
        match nested.then(|| serde_json::from_str(value)) {
            Some(Ok(nested)) => gather(&mut members, key, &nested, DEPTH),
            _ => gather(&mut members, key, &Value::String(value.clone()), DEPTH),
        }
    }
    members
}

fn gather(members: &mut Vec<(String, String)>, path: &str, value: &Value, depth: u8) {
    let text = match value {
        Value::Null => return,
        Value::Object(_) | Value::Array(_) if depth == 0 => return,
        Value::Object(inner) => {
            for (key, value) in inner {
                gather(members, &format!("{path}{key}"), value, depth - 1);
            }
            return;
        }
        Value::Array(items) => {
            let texts: Vec<&str> = items.iter().filter_map(Value::as_str).collect();
            for item in items.iter().filter(|item| item.is_object()) {
                gather(members, path, item, depth - 1);
            }
            texts.join(" ")
        }
        Value::String(text) => text.clone(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
    };
    let text = text.trim();
    if !text.is_empty() && !text.eq_ignore_ascii_case("null") {
        let key: String = path.chars().filter(char::is_ascii_alphanumeric).collect();
        let key = key.to_ascii_lowercase();
        // `TokenName`, `newScope` and the like. An id alone may be of anything.
        let bare = ["personalaccesstoken", "token", "pat", "new"]
            .into_iter()
            .find_map(|start| key.strip_prefix(start))
            .filter(|bare| !matches!(*bare, "" | "id"));
        let bare = bare.map(|bare| (bare.to_owned(), text.to_owned()));
        members.push((key, text.to_owned()));
        members.extend(bare);
    }
}

/// Whether a key names the PAT's scopes: not the scope of the entry itself, and not what they were before.
fn is_scope(key: &str) -> bool {
    let before = ["old", "previous", "prior", "original"]
        .iter()
        .any(|start| key.starts_with(start));
    let entry = ["scopetype", "scopeid", "scopename", "scopedisplayname"]
        .iter()
        .any(|end| key.ends_with(end));
    key.contains("scope") && !before && !entry && !GLOBALS.contains(&key)
}

/// Scopes are separated by spaces elsewhere; whatever cannot be part of one separates them here.
fn words_of(value: &str) -> String {
    value.replace(
        |c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-')),
        " ",
    )
}

fn is_full(value: &str) -> bool {
    ScopeSet::parse(&words_of(value).to_ascii_lowercase()).is_full_access()
}

fn flag(value: &str) -> Option<bool> {
    match value.to_ascii_lowercase().as_str() {
        "true" | "yes" | "1" => Some(true),
        "false" | "no" | "0" => Some(false),
        _ => None,
    }
}

/// The names that the service's sentence has in quotes: the PAT's, and where it has one its owner's. A name may hold
/// quotes itself, and even words of the sentence.
fn quoted(action: Action, details: &str) -> (Option<&str>, Option<&str>) {
    const OWNER: &str = "\" of user \"";
    let inner = details
        .split_once('"')
        .and_then(|(_, rest)| rest.rsplit_once('"'))
        .map(|(inner, _)| inner);
    let named = matches!(action, Action::Leaked | Action::SystemRevoked);
    let parts = inner.filter(|_| named).and_then(|inner| inner.rsplit_once(OWNER));
    let (name, owner) = match parts {
        Some((name, owner)) => (Some(name), Some(owner)),
        None => (inner.filter(|_| action != Action::Other), None),
    };
    let shown = |text: &&str| !text.trim().is_empty();
    (name.filter(shown), owner.filter(shown))
}
