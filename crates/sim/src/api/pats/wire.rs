//! Bodies of the PAT API, in and out.

use chrono::{DateTime, NaiveDateTime, Utc};
use serde_json::{Map, Value, json};

use super::Visit;
use crate::answer::Answer;
use crate::cloud::Pat;
use crate::cloud::clock::written;
use crate::refusal::Refusal;

/// The failures that travel inside a 200.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Failure {
    DisplayNameRequired,
    InvalidDisplayName,
    InvalidValidTo,
    InvalidScope,
    AccessDenied,
    AuthorizationNotFound,
    InvalidAuthorizationId,
    FailedToUpdate,
    GlobalPolicy,
    GlobalCreationBlocked,
    FullScopePolicy,
    LifespanPolicy,
    CreationDisabled,
    ExpiredCannotBeExtended,
}

impl Failure {
    /// `patTokenError` and a message.
    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::DisplayNameRequired => ("displayNameRequired", "A display name is required."),
            Self::InvalidDisplayName => ("invalidDisplayName", "The display name is not valid."),
            Self::InvalidValidTo => ("invalidValidTo", "The expiration date is not valid."),
            Self::InvalidScope => ("invalidScope", "The scope is not valid."),
            Self::AccessDenied => ("accessDenied", "Access denied."),
            Self::AuthorizationNotFound => ("authorizationNotFound", "The authorization was not found."),
            Self::InvalidAuthorizationId => ("invalidAuthorizationId", "The authorization id is not valid."),
            Self::FailedToUpdate => (
                "failedToUpdateAccessToken",
                "The access token could not be updated.",
            ),
            Self::GlobalPolicy => (
                "globalPatPolicyViolation",
                "A policy restricts global personal access tokens.",
            ),
            Self::GlobalCreationBlocked => (
                "globalPATCreationBlocked",
                "Global personal access tokens can no longer be created.",
            ),
            Self::FullScopePolicy => (
                "fullScopePatPolicyViolation",
                "A policy restricts full-scoped personal access tokens.",
            ),
            Self::LifespanPolicy => (
                "patLifespanPolicyViolation",
                "A policy limits the lifespan of personal access tokens.",
            ),
            Self::CreationDisabled => (
                "disablePatCreationPolicyViolation",
                "A policy disables the creation of personal access tokens.",
            ),
            Self::ExpiredCannotBeExtended => (
                "expiredPatCannotBeExtended",
                "An expired personal access token cannot be extended.",
            ),
        }
    }
}

/// One `PatToken`; `token` only where it was just created.
pub(super) fn pat_token(pat: &Pat, token: Option<&str>) -> Value {
    json!({
        "displayName": pat.display_name,
        "validTo": written(pat.valid_to),
        "scope": pat.scope,
        "targetAccounts": pat.target_accounts,
        "validFrom": written(pat.valid_from),
        "authorizationId": pat.authorization_id,
        "token": token,
    })
}

/// A `PatTokenResult` with a PAT.
pub(super) fn result(visit: &Visit<'_>, pat: &Pat, token: Option<&str>) -> Answer {
    whole(visit, pat_token(pat, token), "none", Value::Null)
}

/// A `PatTokenResult` without.
pub(super) fn failure(visit: &Visit<'_>, failure: Failure) -> Answer {
    let (error, message) = failure.words();
    whole(visit, Value::Null, error, message.into())
}

fn whole(visit: &Visit<'_>, token: Value, error: &str, message: Value) -> Answer {
    let mut body = json!({ "patToken": token, "patTokenError": error });
    if let (true, Some(body)) = (visit.version.at_least(7, 2), body.as_object_mut()) {
        body.insert("patTokenErrorMessage".to_owned(), message);
    }
    Answer::json(200, &body)
}

/// The body of POST and PUT, its properties found without regard to letter case.
pub(super) struct Body(Map<String, Value>);

impl Body {
    pub(super) fn read(visit: &Visit<'_>) -> Result<Self, Refusal> {
        if !visit.call.request.is_json() {
            return Err(Refusal::exception(
                415,
                "UnsupportedMediaTypeException",
                "The request entity's media type is not supported for this resource.",
            ));
        }
        let text = visit
            .call
            .request
            .body
            .strip_prefix(b"\xef\xbb\xbf")
            .unwrap_or(&visit.call.request.body);
        match serde_json::from_slice(text) {
            Ok(Value::Object(properties)) => Ok(Self(properties)),
            Ok(_) | Err(_) => Err(Refusal::MalformedBody),
        }
    }

    fn property(&self, name: &str) -> Option<&Value> {
        self.0
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
            .filter(|value| !value.is_null())
    }

    pub(super) fn text(&self, name: &str) -> Result<Option<String>, Refusal> {
        match self.property(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(_) => Err(Refusal::MalformedBody),
        }
    }

    pub(super) fn flag(&self, name: &str) -> Result<Option<bool>, Refusal> {
        match self.property(name) {
            None => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(*flag)),
            Some(_) => Err(Refusal::MalformedBody),
        }
    }

    /// A time; without a zone it is UTC.
    pub(super) fn time(&self, name: &str) -> Result<Option<DateTime<Utc>>, Refusal> {
        let Some(text) = self.text(name)? else {
            return Ok(None);
        };
        let zoned = DateTime::parse_from_rfc3339(&text).map(|time| time.with_timezone(&Utc));
        let time = zoned.or_else(|_| {
            NaiveDateTime::parse_from_str(&text, "%Y-%m-%dT%H:%M:%S%.f").map(|time| time.and_utc())
        });
        time.map(Some).map_err(|_| Refusal::MalformedBody)
    }
}
