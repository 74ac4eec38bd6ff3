//! Issuing tokens to apps and for users.

use chrono::TimeDelta;
use serde_json::json;

use super::super::bearer::TokenSpec;
use super::{App, Assertion, Code, Decision, Device, Grant, Instance, RefreshToken};
use crate::cloud::Cloud;

impl Cloud {
    /// Issues an app-only token to an app of the books, for that audience.
    pub fn token_of_app(&mut self, client_id: &str, audience: &str) -> String {
        let life = self.entra.token_life;
        self.app_token_for(client_id, audience, life)
    }

    pub(crate) fn app_token_for(&mut self, client_id: &str, audience: &str, life: TimeDelta) -> String {
        let app = self.app(client_id).cloned();
        let name = app
            .as_ref()
            .map_or(client_id, |app| app.display_name.as_str())
            .to_owned();
        let mut spec = TokenSpec::app(&name)
            .audience(audience)
            .client(client_id)
            .valid_for(life);
        spec.tenant = app.as_ref().map(|app| app.tenant.clone());
        spec.object_id = app.map(|app| app.object_id);
        self.token(spec)
    }

    /// Issues a user's token through an app, for that audience, with these scopes (`vso.pats vso.pats_manage`).
    pub fn token_of_user(&mut self, user: &str, client_id: &str, audience: &str, scopes: &str) -> String {
        let life = self.entra.token_life;
        self.token(
            TokenSpec::user(user)
                .audience(audience)
                .scopes(scopes)
                .client(client_id)
                .valid_for(life),
        )
    }

    pub(crate) fn id_token(&mut self, grant: &Grant, app: &App) -> String {
        let user = grant.user.as_str();
        let now = self.now();
        let known = self.user(user).cloned();
        let instance = self
            .find_tenant(&app.tenant)
            .map_or(Instance::Public, |tenant| tenant.instance);
        let text = self.mint.jwt(&json!({
            "aud": app.client_id,
            "iss": format!("https://{}/{}/v2.0", instance.host(), app.tenant),
            "iat": now.timestamp(),
            "nbf": now.timestamp(),
            "exp": (now + self.entra.token_life).timestamp(),
            "name": known.as_ref().map(|user| user.display_name.as_str()),
            "preferred_username": known.as_ref().map(|user| user.upn.as_str()),
            "oid": user,
            "sub": user,
            "tid": app.tenant,
            "nonce": grant.nonce,
            "ver": "2.0",
        }));
        self.remember(&text);
        text
    }

    /// Issues a refresh token for a user's earlier sign-in through an app. `scopes` are named with their
    /// resources, and count as consented to.
    pub fn refresh_token(&mut self, user: &str, client_id: &str, scopes: &str) -> String {
        if let Some(app) = self.app_mut(client_id) {
            for scope in scopes.split(' ').filter(|scope| scope.contains('/')) {
                if !app.consented.iter().any(|known| known == scope) {
                    app.consented.push(scope.to_owned());
                }
            }
        }
        self.issue_refresh_token(Grant {
            user: user.to_owned(),
            client_id: client_id.to_owned(),
            scopes: scopes.to_owned(),
            nonce: None,
        })
    }

    pub(crate) fn issue_refresh_token(&mut self, grant: Grant) -> String {
        let text = self.mint.opaque("1.AX0A", 900);
        let issued = self.now();
        self.remember(&text);
        self.entra.refresh_tokens.insert(
            text.clone(),
            RefreshToken {
                grant,
                issued,
                refused: None,
            },
        );
        text
    }

    /// A code for the redirect, to be redeemed with the verifier of `challenge`.
    pub(crate) fn issue_code(
        &mut self,
        grant: Grant,
        redirect: &str,
        challenge: Option<(String, String)>,
    ) -> String {
        let text = self.mint.opaque("1.AX0AcA", 600);
        let ends = self.now() + self.entra.code_life;
        self.remember(&text);
        self.entra.codes.insert(
            text.clone(),
            Code {
                grant,
                redirect: redirect.to_owned(),
                challenge,
                ends,
                redeemed: false,
            },
        );
        text
    }

    /// A device code and the code that the user types.
    pub(crate) fn issue_device(&mut self, client_id: &str, scopes: &str) -> (String, String) {
        let text = self.mint.opaque("D", 230);
        let user_code = self.mint.user_code();
        let ends = self.now() + self.entra.device_life;
        self.remember(&text);
        self.entra.devices.insert(
            text.clone(),
            Device {
                user_code: user_code.clone(),
                client_id: client_id.to_owned(),
                scopes: scopes.to_owned(),
                ends,
                polls: 0,
                polled: None,
                decision: Decision::Pending,
            },
        );
        (text, user_code)
    }

    /// A token of a foreign issuer, valid from now on; negative: already expired.
    pub fn assertion(&mut self, issuer: &str, subject: &str, audience: &str, valid_for: TimeDelta) -> String {
        let now = self.now();
        let starts = now.min(now + valid_for - TimeDelta::minutes(10));
        let ends = now + valid_for;
        let uti = self.guid();
        let text = self.mint.jwt(&json!({
            "iss": issuer, "sub": subject, "aud": audience, "iat": starts.timestamp(), "nbf": starts.timestamp(),
            "exp": ends.timestamp(), "uti": uti,
        }));
        self.remember(&text);
        self.entra.assertions.insert(
            text.clone(),
            Assertion {
                issuer: issuer.to_owned(),
                subject: subject.to_owned(),
                audience: audience.to_owned(),
                starts,
                ends,
            },
        );
        text
    }
}
