//! Entra access tokens and job tokens that the simulator has issued.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

/// The application id of Azure DevOps, the preferred audience.
pub(crate) const DEVOPS_AUDIENCE: &str = "499b84ac-1321-427f-aa17-267ca6975798";

/// Audiences that Azure DevOps takes.
pub(crate) fn is_devops_audience(audience: &str) -> bool {
    audience == DEVOPS_AUDIENCE || audience.trim_end_matches('/') == "https://app.vssps.visualstudio.com"
}

/// Whose token it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BearerKind {
    /// A user's, from a delegated flow: the user's id in the books.
    User(String),
    /// A service principal's or managed identity's: its display name.
    App(String),
    /// The job's own (`System.AccessToken`): the build service's display name.
    Job(String),
}

/// What to issue.
#[derive(Debug, Clone)]
pub struct TokenSpec {
    /// Whose.
    pub kind: BearerKind,
    /// `aud`; Azure DevOps' application id unless set.
    pub audience: String,
    /// `scp`, space separated; only in users' tokens.
    pub scopes: String,
    /// `tid`; `None`: the user's own or the cloud's first tenant.
    pub tenant: Option<String>,
    /// From now; negative: already expired.
    pub valid_for: TimeDelta,
    /// `appid`: the app registration that it is issued to; `None`: a name without one.
    pub client_id: Option<String>,
    /// `oid` of an app; `None`: any.
    pub object_id: Option<String>,
}

impl TokenSpec {
    /// A user's token with both scopes that the PAT API wants, for one hour.
    pub fn user(user: &str) -> Self {
        Self::of(BearerKind::User(user.to_owned()), "vso.pats vso.pats_manage")
    }

    /// An app-only token, for one hour.
    pub fn app(name: &str) -> Self {
        Self::of(BearerKind::App(name.to_owned()), "")
    }

    /// A job's token, for one hour.
    pub fn job(name: &str) -> Self {
        Self::of(BearerKind::Job(name.to_owned()), "")
    }

    /// With these scopes instead.
    #[must_use]
    pub fn scopes(mut self, scopes: &str) -> Self {
        self.scopes = scopes.to_owned();
        self
    }

    /// For another audience.
    #[must_use]
    pub fn audience(mut self, audience: &str) -> Self {
        self.audience = audience.to_owned();
        self
    }

    /// Of another tenant.
    #[must_use]
    pub fn tenant(mut self, tenant: &str) -> Self {
        self.tenant = Some(tenant.to_owned());
        self
    }

    /// Issued to this app registration.
    #[must_use]
    pub fn client(mut self, client_id: &str) -> Self {
        self.client_id = Some(client_id.to_owned());
        self
    }

    /// Valid for this long from now; negative: already expired.
    #[must_use]
    pub fn valid_for(mut self, time: TimeDelta) -> Self {
        self.valid_for = time;
        self
    }

    fn of(kind: BearerKind, scopes: &str) -> Self {
        Self {
            kind,
            audience: DEVOPS_AUDIENCE.to_owned(),
            scopes: scopes.to_owned(),
            tenant: None,
            valid_for: TimeDelta::hours(1),
            client_id: None,
            object_id: None,
        }
    }
}

/// An issued token, known by its text.
#[derive(Debug, Clone)]
pub struct Bearer {
    /// The token as sent in `Authorization`.
    pub text: String,
    /// Whose.
    pub kind: BearerKind,
    /// `aud`.
    pub audience: String,
    /// `scp`.
    pub scopes: String,
    /// `tid`.
    pub tenant: String,
    /// `exp`.
    pub expires: DateTime<Utc>,
    /// `oid`: the user's id, or the service principal's.
    pub object_id: String,
    /// `appid`: the app registration that it was issued to, when it was one of the books.
    pub client_id: Option<String>,
}

/// The claims of version 1.0 tokens that Azure DevOps gets.
pub(crate) fn claims(
    spec: &TokenSpec,
    issuer: &str,
    tenant: &str,
    who: &Who<'_>,
    now: DateTime<Utc>,
) -> Value {
    let expires = now + spec.valid_for;
    let mut claims = json!({
        "aud": spec.audience,
        "iss": format!("{issuer}/{tenant}/"),
        "iat": now.timestamp(),
        "nbf": now.timestamp(),
        "exp": expires.timestamp(),
        "oid": who.id,
        "sub": who.id,
        "tid": tenant,
        "ver": "1.0",
    });
    let special = match spec.kind {
        BearerKind::User(_) => json!({
            "idtyp": "user", "name": who.name, "upn": who.upn, "unique_name": who.upn, "scp": spec.scopes,
        }),
        BearerKind::App(_) => json!({
            "idtyp": "app", "appid": spec.client_id.as_deref().unwrap_or(who.id), "app_displayname": who.name
        }),
        BearerKind::Job(_) => json!({ "nameid": who.id, "scp": "app_token", "aui": who.name }),
    };
    if let (Some(claims), Value::Object(special)) = (claims.as_object_mut(), special) {
        claims.extend(special);
        if let (BearerKind::User(_), Some(client_id)) = (&spec.kind, &spec.client_id) {
            claims.insert("appid".to_owned(), client_id.as_str().into());
        }
    }
    claims
}

/// The identity inside a token.
pub(crate) struct Who<'a> {
    pub(crate) id: &'a str,
    pub(crate) name: &'a str,
    pub(crate) upn: &'a str,
}
