//! The JSON of Key Vault: bundles, items, errors, and what a body may hold.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};

use crate::answer::Answer;
use crate::cloud::{SecretVersion, Vault, VaultSecret};
use crate::request::Request;

/// A refusal in the service's form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refused {
    status: u16,
    code: &'static str,
    message: String,
    inner: Option<&'static str>,
    retry_after: Option<u32>,
}

impl Refused {
    fn new(status: u16, code: &'static str, message: &str) -> Self {
        Self {
            status,
            code,
            message: message.to_owned(),
            inner: None,
            retry_after: None,
        }
    }

    pub(super) fn unauthorized(message: &str) -> Self {
        Self::new(401, "Unauthorized", message)
    }

    pub(super) fn forbidden(inner: &'static str, message: &str) -> Self {
        Self {
            inner: Some(inner),
            ..Self::new(403, "Forbidden", message)
        }
    }

    pub(super) fn bad(message: &str) -> Self {
        Self::new(400, "BadParameter", message)
    }

    /// A value that the service does not take; it does not say which.
    pub(super) fn property() -> Self {
        Self::bad("Property  has invalid value\r\n")
    }

    pub(super) fn conflict(inner: &'static str, message: &str) -> Self {
        Self {
            inner: Some(inner),
            ..Self::new(409, "Conflict", message)
        }
    }

    /// `what` is a name, or a name and a version.
    pub(super) fn not_found(what: &str) -> Self {
        Self::new(
            404,
            "SecretNotFound",
            &format!(
                "A secret with (name/id) {what} was not found in this key vault. If you recently deleted this secret \
                 you may be able to recover it using the correct recovery command. For help resolving this issue, \
                 please see https://go.microsoft.com/fwlink/?linkid=2125182"
            ),
        )
    }

    pub(super) fn not_deleted(name: &str) -> Self {
        Self::new(
            404,
            "SecretNotFound",
            &format!("Deleted Secret not found: {name}"),
        )
    }

    pub(super) fn throttled(retry_after: Option<u32>) -> Self {
        Self {
            retry_after,
            ..Self::new(
                429,
                "Throttled",
                "Request was not processed because too many requests were received. Reason: \
                 VaultRequestTypeLimitReached",
            )
        }
    }

    /// The vault went away while a connection to it was open.
    pub(super) fn gone() -> Self {
        Self::new(404, "VaultNotFound", "The vault was not found.")
    }

    pub(super) fn answer(self, challenge: Option<String>) -> Answer {
        let mut error = json!({ "code": self.code, "message": self.message });
        if let (Some(inner), Some(error)) = (self.inner, error.as_object_mut()) {
            error.insert("innererror".to_owned(), json!({ "code": inner }));
        }
        let answer = Answer::json(self.status, &json!({ "error": error }));
        let answer = match self.retry_after {
            Some(seconds) => answer.with("Retry-After", seconds.to_string()),
            None => answer,
        };
        match challenge.filter(|_| self.status == 401) {
            Some(challenge) => answer.with("WWW-Authenticate", challenge),
            None => answer,
        }
    }
}

/// `^[0-9a-zA-Z-]{1,127}$`.
pub(super) fn check_name(name: &str) -> Result<(), Refused> {
    let good =
        (1..=127).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    if good {
        Ok(())
    } else {
        Err(Refused::bad(&format!(
            "The request URI contains an invalid name: {name}"
        )))
    }
}

/// What a body says about a version. Absent and `null` are the same.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Wanted {
    pub(super) value: Option<String>,
    content_type: Option<String>,
    tags: Option<BTreeMap<String, String>>,
    enabled: Option<bool>,
    not_before: Option<DateTime<Utc>>,
    expires: Option<DateTime<Utc>>,
}

impl Wanted {
    pub(super) fn read(request: &Request) -> Result<Self, Refused> {
        let body = request
            .is_json()
            .then(|| serde_json::from_slice(&request.body).ok())
            .flatten();
        let Some(Value::Object(body)) = body else {
            return Err(Refused::bad("The request body is not a JSON object."));
        };
        let attributes = match given(&body, "attributes") {
            None => Map::new(),
            Some(Value::Object(attributes)) => attributes.clone(),
            Some(_) => return Err(Refused::property()),
        };
        Ok(Self {
            value: text(&body, "value", 25 * 1024)?,
            content_type: text(&body, "contentType", 255)?,
            tags: given(&body, "tags").map(tags).transpose()?,
            enabled: match given(&attributes, "enabled") {
                None => None,
                Some(value) => Some(value.as_bool().ok_or_else(Refused::property)?),
            },
            not_before: seconds(&attributes, "nbf")?,
            expires: seconds(&attributes, "exp")?,
        })
    }

    /// A new version that is as this says.
    pub(super) fn version(self, id: String, now: DateTime<Utc>) -> Result<SecretVersion, Refused> {
        Ok(SecretVersion {
            id,
            // An empty value is not documented as allowed.
            value: self
                .value
                .filter(|value| !value.is_empty())
                .ok_or_else(Refused::property)?,
            content_type: self.content_type,
            tags: self.tags.unwrap_or_default(),
            enabled: self.enabled.unwrap_or(true),
            not_before: self.not_before,
            expires: self.expires,
            created: now,
            updated: now,
        })
    }

    /// Changes what is said about a version, all but its value; tags are replaced as a whole.
    pub(super) fn apply(self, version: &mut SecretVersion, now: DateTime<Utc>) {
        version.content_type = self.content_type.or(version.content_type.take());
        version.tags = self.tags.unwrap_or(std::mem::take(&mut version.tags));
        version.enabled = self.enabled.unwrap_or(version.enabled);
        version.not_before = self.not_before.or(version.not_before);
        version.expires = self.expires.or(version.expires);
        version.updated = now;
    }
}

fn given<'a>(object: &'a Map<String, Value>, key: &str) -> Option<&'a Value> {
    object.get(key).filter(|value| !value.is_null())
}

fn text(body: &Map<String, Value>, key: &str, most: usize) -> Result<Option<String>, Refused> {
    match given(body, key) {
        None => Ok(None),
        Some(Value::String(text)) if text.len() <= most => Ok(Some(text.clone())),
        Some(_) => Err(Refused::property()),
    }
}

/// At most 15, name and value at most 256 characters each ("About Azure Key Vault secrets").
fn tags(value: &Value) -> Result<BTreeMap<String, String>, Refused> {
    let fits = |text: &str| text.chars().count() <= 256;
    let tags = value.as_object().filter(|tags| tags.len() <= 15);
    let tag = |(name, value): (&String, &Value)| {
        let value = value.as_str().filter(|value| fits(value) && fits(name))?;
        Some((name.clone(), value.to_owned()))
    };
    tags.and_then(|tags| tags.iter().map(tag).collect())
        .ok_or_else(Refused::property)
}

/// A time in whole seconds since 1970; fractions and texts are refused.
fn seconds(attributes: &Map<String, Value>, key: &str) -> Result<Option<DateTime<Utc>>, Refused> {
    given(attributes, key)
        .map(|value| {
            let time = value.as_i64().filter(|seconds| *seconds >= 0);
            time.and_then(|seconds| DateTime::from_timestamp(seconds, 0))
                .ok_or_else(Refused::property)
        })
        .transpose()
}

/// A version with its value, as after reading and writing.
pub(super) fn bundle(vault: &Vault, secret: &VaultSecret, version: &SecretVersion) -> Value {
    let mut bundle = facts(vault, secret, version);
    bundle.insert("value".to_owned(), json!(version.value));
    Value::Object(bundle)
}

/// A version without its value; `versioned`: with its id, else as an entry of the list of all secrets.
pub(super) fn item(vault: &Vault, secret: &VaultSecret, version: &SecretVersion, versioned: bool) -> Value {
    let mut item = facts(vault, secret, version);
    if !versioned {
        let id = format!("https://{}/secrets/{}", vault.host, secret.name);
        item.insert("id".to_owned(), json!(id));
    }
    Value::Object(item)
}

/// A deleted secret.
pub(super) fn deleted(vault: &Vault, secret: &VaultSecret, at: DateTime<Utc>, versioned: bool) -> Value {
    let Some(version) = secret.current() else {
        return Value::Null;
    };
    let mut shown = item(vault, secret, version, versioned);
    if let Some(shown) = shown.as_object_mut() {
        let id = format!("https://{}/deletedsecrets/{}", vault.host, secret.name);
        shown.insert("recoveryId".to_owned(), json!(id));
        shown.insert("deletedDate".to_owned(), json!(at.timestamp()));
        let purge = at + chrono::TimeDelta::days(vault.retention_days.into());
        shown.insert("scheduledPurgeDate".to_owned(), json!(purge.timestamp()));
    }
    shown
}

fn facts(vault: &Vault, secret: &VaultSecret, version: &SecretVersion) -> Map<String, Value> {
    let mut attributes = json!({
        "enabled": version.enabled,
        "created": version.created.timestamp(),
        "updated": version.updated.timestamp(),
        "recoveryLevel": "Recoverable+Purgeable",
        "recoverableDays": vault.retention_days,
    });
    let times = [("nbf", version.not_before), ("exp", version.expires)];
    for (key, time) in times {
        if let (Some(time), Some(attributes)) = (time, attributes.as_object_mut()) {
            attributes.insert(key.to_owned(), json!(time.timestamp()));
        }
    }
    let id = format!("https://{}/secrets/{}/{}", vault.host, secret.name, version.id);
    let mut facts = Map::new();
    facts.insert("id".to_owned(), json!(id));
    facts.insert("attributes".to_owned(), attributes);
    facts.insert("tags".to_owned(), json!(version.tags));
    if let Some(content_type) = &version.content_type {
        facts.insert("contentType".to_owned(), json!(content_type));
    }
    if secret.managed {
        facts.insert("managed".to_owned(), json!(true));
    }
    facts
}
