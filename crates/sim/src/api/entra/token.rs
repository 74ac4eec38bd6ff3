//! `POST /{tenant}/oauth2/v2.0/token`: every grant.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};

use super::client::{self, Proof, prove, written};
use super::denial::{Denial, Words};
use super::scopes::Asked;
use super::{client_info, device, own_tenant, post_only, user_may};
use crate::answer::Answer;
use crate::cloud::{App, Cloud, Grant, Instance, Tenant};
use crate::request::Request;

/// One request for a token.
struct Desk<'a> {
    instance: Instance,
    tenant: Option<Tenant>,
    app: App,
    request: &'a Request,
    words: Words,
}

pub(super) fn answer(cloud: &mut Cloud, instance: Instance, tenant: &str, request: &Request) -> Answer {
    // What a client proves itself or a sign-in with is a secret whether or not it is taken.
    for name in [
        "client_secret",
        "client_assertion",
        "refresh_token",
        "code",
        "device_code",
        "code_verifier",
    ] {
        if let Some(value) = request.field(name) {
            cloud.remember(&value);
        }
    }
    grant(cloud, instance, tenant, request).unwrap_or_else(|denial| denial.answer(cloud, request))
}

fn grant(cloud: &mut Cloud, instance: Instance, tenant: &str, request: &Request) -> Result<Answer, Denial> {
    let mut words = Words::default();
    post_only(request, &mut words)?;
    let tenant = super::tenant(cloud, instance, tenant, &mut words)?;
    let Some(grant_type) = request.field("grant_type").filter(|kind| !kind.is_empty()) else {
        "grant_type".clone_into(&mut words.detail);
        return Err(Denial::new(900_144, &words));
    };
    // For texts that name the resource, whatever becomes of the scope.
    let scope = request.field("scope").unwrap_or_default();
    let resource = scope.split(' ').find_map(|part| part.rsplit_once('/'));
    words.resource = resource.map_or_else(String::new, |(resource, _)| resource.to_owned());
    let app = client::app(cloud, tenant.as_ref(), client::named(request).0, &mut words)?;
    let mut desk = Desk {
        instance,
        tenant,
        app,
        request,
        words,
    };
    match grant_type.as_str() {
        "client_credentials" => desk.client_credentials(cloud),
        "refresh_token" => desk.refresh(cloud),
        "authorization_code" => desk.code(cloud),
        "urn:ietf:params:oauth:grant-type:device_code" | "device_code" => desk.device(cloud),
        _ => {
            grant_type.clone_into(&mut desk.words.detail);
            Err(desk.denial(70_003))
        }
    }
}

impl Desk<'_> {
    fn denial(&self, code: u32) -> Denial {
        Denial::new(code, &self.words)
    }

    /// A field that must be there.
    fn needed(&mut self, name: &str) -> Result<String, Denial> {
        match self.request.field(name).filter(|value| !value.is_empty()) {
            Some(value) => Ok(value),
            None => {
                name.clone_into(&mut self.words.detail);
                Err(self.denial(900_144))
            }
        }
    }

    fn prove(&mut self, cloud: &Cloud, unproven: u32) -> Result<Proof, Denial> {
        prove(cloud, &self.app, self.request, unproven, &mut self.words)
    }

    fn client_credentials(&mut self, cloud: &mut Cloud) -> Result<Answer, Denial> {
        if self.tenant.is_none() {
            return Err(self.denial(50_059));
        }
        self.prove(cloud, 7_000_216)?;
        let scope = self.needed("scope")?;
        let Some(audience) = scope.strip_suffix("/.default").filter(|name| !name.contains(' ')) else {
            scope.clone_into(&mut self.words.scope);
            return Err(self.denial(1_002_012));
        };
        audience.clone_into(&mut self.words.resource);
        if self.instance.resource(audience).is_none() {
            return Err(self.denial(500_011));
        }
        let life = cloud.entra.token_life;
        let token = cloud.app_token_for(&self.app.client_id, audience, life);
        Ok(Answer::json(
            200,
            &json!({
                "token_type": "Bearer",
                "expires_in": life.num_seconds(),
                "ext_expires_in": life.num_seconds(),
                "access_token": token,
            }),
        ))
    }

    fn refresh(&mut self, cloud: &mut Cloud) -> Result<Answer, Denial> {
        own_tenant(self.tenant.as_ref(), &self.words)?;
        let proof = self.prove(cloud, 7_000_218)?;
        if proof == Proof::Assertion && !cloud.entra.assertions_redeem {
            return Err(self.denial(700_027));
        }
        let text = self.needed("refresh_token")?;
        let Some(known) = cloud.entra.refresh_tokens.get(&text).cloned() else {
            return Err(self.denial(9_002_313));
        };
        if known.grant.client_id != self.app.client_id {
            return Err(self.denial(70_000));
        }
        self.words.detail = written(known.issued);
        if let Some(code) = known.refused {
            return Err(self.denial(code));
        }
        user_may(cloud, &known.grant.user, &self.app, &mut self.words)?;
        let revoked = cloud.entra.valid_from.get(&known.grant.user);
        if revoked.is_some_and(|from| known.issued <= *from) {
            return Err(self.denial(50_173));
        }
        if cloud.now() - known.issued >= cloud.entra.inactivity {
            return Err(self.denial(700_082));
        }
        let rotates = cloud.entra.rotates;
        self.user_tokens(cloud, known.grant, rotates)
    }

    fn code(&mut self, cloud: &mut Cloud) -> Result<Answer, Denial> {
        own_tenant(self.tenant.as_ref(), &self.words)?;
        self.prove(cloud, 7_000_218)?;
        let text = self.needed("code")?;
        let redirect = self.needed("redirect_uri")?;
        let Some(known) = cloud.entra.codes.get(&text).cloned() else {
            return Err(self.denial(9_002_313));
        };
        if known.grant.client_id != self.app.client_id {
            return Err(self.denial(70_000));
        }
        if known.redeemed {
            return Err(self.denial(54_005));
        }
        if known.ends <= cloud.now() {
            self.words.detail = written(known.ends);
            return Err(self.denial(70_008));
        }
        if known.redirect != redirect {
            self.words.redirect = redirect;
            self.words.detail = known.redirect;
            return Err(self.denial(500_112));
        }
        if let Some((challenge, method)) = &known.challenge {
            let verifier = self.request.field("code_verifier").unwrap_or_default();
            if !verifies(&verifier, challenge, method) {
                return Err(self.denial(501_481));
            }
        }
        user_may(cloud, &known.grant.user, &self.app, &mut self.words)?;
        if let Some(code) = cloud.entra.codes.get_mut(&text) {
            code.redeemed = true;
        }
        let offline = asks_offline(&known.grant.scopes);
        self.user_tokens(cloud, known.grant, offline)
    }

    fn device(&mut self, cloud: &mut Cloud) -> Result<Answer, Denial> {
        own_tenant(self.tenant.as_ref(), &self.words)?;
        self.prove(cloud, 7_000_218)?;
        let text = self.needed("device_code")?;
        let grant = device::poll(cloud, &self.app, &text, &mut self.words)?;
        user_may(cloud, &grant.user, &self.app, &mut self.words)?;
        if cloud.entra.consents_when_asked {
            super::authorize::consent(cloud, &self.app.client_id, &grant.scopes);
            if let Some(app) = cloud.app(&self.app.client_id) {
                self.app = app.clone();
            }
        }
        let offline = asks_offline(&grant.scopes);
        self.user_tokens(cloud, grant, offline)
    }

    /// The tokens of a sign-in, for the scopes of the request or else of the sign-in.
    fn user_tokens(&mut self, cloud: &mut Cloud, grant: Grant, offline: bool) -> Result<Answer, Denial> {
        let scope = self.request.field("scope").filter(|scope| !scope.is_empty());
        let scope = scope.unwrap_or_else(|| grant.scopes.clone());
        let asked = Asked::read(self.instance, &scope, &mut self.words)?;
        let scopes = asked.granted(self.instance, &self.app, &self.words)?;
        let life = cloud.entra.token_life.num_seconds();
        let shown: Vec<String> = scopes
            .split(' ')
            .map(|scope| format!("{}/{scope}", asked.audience))
            .collect();
        let token = cloud.token_of_user(&grant.user, &self.app.client_id, &asked.audience, &scopes);
        let mut body = Map::new();
        let mut put = |name: &str, value: Value| {
            body.insert(name.to_owned(), value);
        };
        put("token_type", "Bearer".into());
        put("scope", shown.join(" ").into());
        put("expires_in", life.into());
        put("ext_expires_in", life.into());
        put("access_token", token.into());
        if asked.openid || grant.scopes.split(' ').any(|scope| scope == "openid") {
            put("id_token", cloud.id_token(&grant, &self.app).into());
        }
        if self.request.field("client_info").is_some() {
            put("client_info", client_info(cloud, &grant.user).into());
        }
        if offline {
            put("refresh_token", cloud.issue_refresh_token(grant).into());
        }
        Ok(Answer::json(200, &Value::Object(body)))
    }
}

fn asks_offline(scopes: &str) -> bool {
    scopes.split(' ').any(|scope| scope == "offline_access")
}

/// Whether `verifier` is the one that `challenge` was made from, and as long as the standard wants it.
fn verifies(verifier: &str, challenge: &str, method: &str) -> bool {
    if !(43..=128).contains(&verifier.len()) {
        return false;
    }
    match method {
        "S256" => {
            let digest = ring::digest::digest(&ring::digest::SHA256, verifier.as_bytes());
            URL_SAFE_NO_PAD.encode(digest) == challenge
        }
        "plain" => verifier == challenge,
        _ => false,
    }
}
