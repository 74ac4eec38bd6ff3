//! Whose token goes into a request: the one trait between whoever gets tokens and whoever spends them.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use base64::Engine;
use base64::alphabet::URL_SAFE;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use chrono::{DateTime, Utc};
use patkeeper_core::failure::Failure;
use patkeeper_core::purpose::Purpose;
use patkeeper_core::reading::IdentityKind;
use secrecy::SecretString;
use serde_json::Value;

/// Azure DevOps as a resource of Microsoft Entra: the audience to ask tokens for.
pub const AZURE_DEVOPS: &str = "499b84ac-1321-427f-aa17-267ca6975798";

/// What can be awaited, and handed to another thread: what methods of a `dyn` trait return.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Where access tokens come from.
pub trait TokenSource: Send + Sync {
    /// A token that is good now. Called before each request, so a source keeps what it has got.
    fn token(&self) -> BoxFuture<'_, Result<SecretString, Failure>>;

    /// How it signs in, in words: `access token`, `refresh token`, ….
    fn how(&self) -> &'static str;
}

/// Told of every secret that a source gets hold of, under the name that stands for it in the log, before the secret
/// is used or sent anywhere: whoever prints must know what never to print.
pub type Mask = Arc<dyn Fn(&str, &SecretString) + Send + Sync>;

/// What an access token says of itself. Read without checking its signature, so fit for messages only:
/// nothing is ever allowed or refused because of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TokenFacts {
    /// A user's token has `scp`, an app's has not. `None`: the token does not tell.
    pub kind: Option<IdentityKind>,
    /// `upn`, `unique_name` or `preferred_username`. Text of a stranger.
    pub name: Option<String>,
    /// `app_displayname`: what that app is called. Text of a stranger.
    pub app_name: Option<String>,
    /// The last part of `xms_mirid`: the managed identity's own name, or that of the machine whose it is. Text of a
    /// stranger.
    pub managed_identity: Option<String>,
    /// `appid` or `azp`: the client id of the app that asked for the token.
    pub app_id: Option<String>,
    /// `oid`: the object id of the user or service principal.
    pub object_id: Option<String>,
    /// `tid`: the Entra tenant.
    pub tenant: Option<String>,
    /// `aud`: the service it was issued for.
    pub audience: Option<String>,
    /// `exp`.
    pub expires: Option<DateTime<Utc>>,
    /// `scp`, split.
    pub scopes: Vec<String>,
}

/// Longest payload that is looked at, in bytes of base64. Entra's tokens have some 2,000.
const LONGEST: usize = 64 * 1024;
/// Longest text that is taken out of a token, in characters.
const LONGEST_TEXT: usize = 256;

impl TokenFacts {
    /// Reads what can be read; a token that is no JWT tells nothing.
    #[must_use]
    pub fn read(token: &str) -> Self {
        payload(token)
            .map(|payload| Self::of(&payload))
            .unwrap_or_default()
    }

    fn of(payload: &Value) -> Self {
        let text = |names: &[&str]| {
            let found = names
                .iter()
                .filter_map(|name| payload.get(name)?.as_str())
                .find(|text| !text.is_empty());
            found.map(|text| text.chars().take(LONGEST_TEXT).collect::<String>())
        };
        let scopes = payload.get("scp").and_then(Value::as_str).unwrap_or_default();
        let scopes: Vec<String> = scopes
            .split_whitespace()
            .take(100)
            .map(ToOwned::to_owned)
            .collect();
        let audience = match payload.get("aud") {
            Some(Value::Array(several)) => several.first().and_then(Value::as_str).map(ToOwned::to_owned),
            _ => text(&["aud"]),
        };
        let (app_id, object_id) = (text(&["appid", "azp"]), text(&["oid"]));
        // Only a token that names an identity is one of Entra's, and only of those `scp` says what they are.
        let from_entra = app_id.is_some() || object_id.is_some();
        Self {
            kind: from_entra.then_some(if scopes.is_empty() {
                IdentityKind::App
            } else {
                IdentityKind::User
            }),
            name: text(&["upn", "unique_name", "preferred_username"]),
            app_name: text(&["app_displayname"]),
            managed_identity: text(&["xms_mirid"])
                .and_then(|id| Some(id.rsplit('/').next()?.to_owned()))
                .filter(|name| !name.is_empty()),
            app_id,
            object_id,
            tenant: text(&["tid"]),
            audience,
            expires: payload
                .get("exp")
                .and_then(Value::as_i64)
                .and_then(|exp| DateTime::from_timestamp(exp, 0)),
            scopes,
        }
    }

    /// Who this is, for messages: `svc-build@acme.example`, `the service principal 'sp-pipelines' (object id 3c4d…)`,
    /// `the managed identity 'mi-agents' (object id 3c4d…)`.
    #[must_use]
    pub fn who(&self) -> String {
        if let Some(name) = &self.name {
            return name.clone();
        }
        let is_app = self.kind == Some(IdentityKind::App);
        let app = self.app_name.as_ref().map(|name| format!("'{name}'"));
        let app = app.or_else(|| self.app_id.as_ref().map(|id| format!("of app {id}")));
        let (kind, app) = match &self.managed_identity {
            Some(name) => ("managed identity", Some(format!("'{name}'"))),
            None => ("service principal", app),
        };
        match (is_app, app, &self.object_id) {
            (true, Some(app), Some(object)) => format!("the {kind} {app} (object id {object})"),
            (true, Some(app), None) => format!("the {kind} {app}"),
            (true, None, Some(object)) => format!("the {kind} with object id {object}"),
            (_, _, Some(object)) => format!("the user with object id {object}"),
            _ => "the given token".to_owned(),
        }
    }

    /// Whether the token was issued for Azure DevOps; `None` when it does not tell.
    #[must_use]
    pub fn is_for_azure_devops(&self) -> Option<bool> {
        let audience = self.audience.as_deref()?.trim_end_matches('/');
        Some(
            audience.eq_ignore_ascii_case(AZURE_DEVOPS)
                || audience.eq_ignore_ascii_case("https://app.vssps.visualstudio.com"),
        )
    }

    /// Which of the scopes that a purpose takes a user's token lacks.
    /// Empty when it does not tell, or holds the broad `user_impersonation`.
    #[must_use]
    pub fn missing_scopes(&self, purpose: Purpose) -> Vec<&'static str> {
        let has = |name: &str| self.scopes.iter().any(|scope| scope.eq_ignore_ascii_case(name));
        if self.kind != Some(IdentityKind::User) || has("user_impersonation") {
            return Vec::new();
        }
        let needs = purpose.needs().iter().copied();
        needs.filter(|name| !has(name)).collect()
    }

    /// Whether its time is over at `now`, by more than clocks may differ (5 minutes, as Entra allows).
    #[must_use]
    pub fn has_expired(&self, now: DateTime<Utc>) -> bool {
        self.expires
            .is_some_and(|expires| expires + chrono::TimeDelta::minutes(5) < now)
    }

    /// What is worth saying before the first request, one line each. Nothing is refused for it: this machine's
    /// clock may be wrong and the service's rules may change, so the service has the last word.
    #[must_use]
    pub fn warnings(&self, purpose: Purpose, now: DateTime<Utc>) -> Vec<String> {
        let mut warnings = Vec::new();
        if self.is_for_azure_devops() == Some(false) {
            let audience = self.audience.as_deref().unwrap_or_default();
            warnings.push(format!(
                "The token was issued for '{audience}', not for Azure DevOps ({AZURE_DEVOPS}): it will hardly be accepted."
            ));
        }
        if self.has_expired(now) {
            let ended = self
                .expires
                .map(|at| at.format("%Y-%m-%d %H:%M UTC").to_string())
                .unwrap_or_default();
            warnings.push(format!("The token ended at {ended}: it will hardly be accepted."));
        }
        let missing = self.missing_scopes(purpose);
        if !missing.is_empty() {
            warnings.push(format!(
                "The token lacks {}: {} takes {}.",
                missing.join(" and "),
                purpose.words(),
                purpose.needs().join(" and ")
            ));
        }
        warnings
    }
}

/// The middle segment of a JWT, decoded. Padding and the standard alphabet's absence are tolerated.
fn payload(token: &str) -> Option<Value> {
    const ENGINE: GeneralPurpose = GeneralPurpose::new(
        &URL_SAFE,
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
    );
    let mut segments = token.trim().split('.');
    let (_, middle, _) = (segments.next()?, segments.next()?, segments.next()?);
    if segments.next().is_some() || middle.len() > LONGEST {
        return None;
    }
    let value: Value = serde_json::from_slice(&ENGINE.decode(middle).ok()?).ok()?;
    value.is_object().then_some(value)
}

#[cfg(test)]
mod tests {
    use base64::prelude::BASE64_URL_SAFE_NO_PAD;
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn jwt(payload: &Value) -> String {
        format!("e30.{}.c2ln", BASE64_URL_SAFE_NO_PAD.encode(payload.to_string()))
    }

    fn now() -> DateTime<Utc> {
        "2026-11-21T10:00:00Z".parse().unwrap()
    }

    #[test]
    fn a_delegated_token_is_a_users() {
        let facts = TokenFacts::read(&jwt(&json!({
            "aud": AZURE_DEVOPS, "scp": "vso.pats vso.pats_manage", "upn": "svc-build@acme.example",
            "oid": "0001", "appid": "0002", "tid": "0003", "exp": 1_795_255_200
        })));
        assert_eq!(facts.kind, Some(IdentityKind::User));
        assert_eq!(facts.who(), "svc-build@acme.example");
        assert_eq!(facts.warnings(Purpose::Rotate, now()), Vec::<String>::new());
    }

    #[test]
    fn a_token_without_scopes_is_an_apps() {
        let facts = TokenFacts::read(&jwt(
            &json!({ "aud": AZURE_DEVOPS, "oid": "0001", "appid": "0002" }),
        ));
        assert_eq!(facts.kind, Some(IdentityKind::App));
        assert_eq!(facts.who(), "the service principal of app 0002 (object id 0001)");
        let facts = TokenFacts {
            app_name: Some("sp-pipelines".into()),
            ..facts
        };
        assert_eq!(
            facts.who(),
            "the service principal 'sp-pipelines' (object id 0001)"
        );
    }

    #[test]
    fn a_managed_identity_is_called_by_its_name() {
        let facts = TokenFacts::read(&jwt(&json!({
            "aud": AZURE_DEVOPS, "oid": "0001", "appid": "0002",
            "xms_mirid": "/subscriptions/0003/resourcegroups/rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/mi-agents"
        })));
        assert_eq!(facts.kind, Some(IdentityKind::App));
        assert_eq!(facts.who(), "the managed identity 'mi-agents' (object id 0001)");
    }

    #[test]
    fn an_opaque_token_tells_nothing_and_is_warned_of_nothing() {
        for token in [
            "opaque",
            "a.b.c",
            "",
            "e30.bnVsbA.x",
            "e30.e30.e30",
            "..",
            "a.b.c.d",
        ] {
            let facts = TokenFacts::read(token);
            assert_eq!(facts.kind, None, "{token}");
            assert!(facts.warnings(Purpose::Rotate, now()).is_empty(), "{token}");
            assert_eq!(facts.who(), "the given token");
        }
    }

    #[test]
    fn both_spellings_of_the_audience_are_right_and_another_is_warned_of() {
        let told = |audience: &str| TokenFacts::read(&jwt(&json!({ "aud": audience }))).is_for_azure_devops();
        assert_eq!(told("499B84AC-1321-427F-AA17-267CA6975798"), Some(true));
        assert_eq!(told("https://app.vssps.visualstudio.com/"), Some(true));
        assert_eq!(told("https://management.core.windows.net/"), Some(false));
    }

    #[test]
    fn an_ended_token_is_warned_of_beyond_clock_skew_only() {
        let at = |exp: i64| {
            TokenFacts::read(&jwt(&json!({ "exp": exp })))
                .warnings(Purpose::Rotate, now())
                .len()
        };
        let now = now().timestamp();
        assert_eq!(at(now - 3600), 1);
        assert_eq!(at(now - 200), 0);
        assert_eq!(at(i64::MAX), 0);
    }

    #[test]
    fn one_pat_scope_alone_is_warned_of() {
        let missing = |scopes: &str| {
            TokenFacts::read(&jwt(&json!({ "oid": "1", "scp": scopes }))).missing_scopes(Purpose::Rotate)
        };
        assert_eq!(missing("vso.pats"), ["vso.pats_manage"]);
        assert_eq!(missing("vso.code"), ["vso.pats", "vso.pats_manage"]);
        assert!(missing("user_impersonation").is_empty());
    }

    proptest! {
        #[test]
        fn no_token_panics(token in "\\PC{0,80}", bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
            let _ = TokenFacts::read(&token).warnings(Purpose::Rotate, now());
            let _ = TokenFacts::read(&format!("e30.{}.x", BASE64_URL_SAFE_NO_PAD.encode(&bytes)));
        }

        #[test]
        fn no_claim_panics_whatever_its_type(exp in any::<i64>(), text in "\\PC{0,400}", number in any::<f64>()) {
            let facts = TokenFacts::read(&jwt(&json!({
                "exp": exp, "scp": number, "aud": [number, text], "upn": text, "oid": { "a": text }, "tid": text
            })));
            let _ = facts.warnings(Purpose::Rotate, now());
            prop_assert!(facts.who().chars().count() <= LONGEST_TEXT + 40);
        }
    }
}
