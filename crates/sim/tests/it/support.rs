//! A client as strict as the product's: through the proxy, trusting the simulator's CA and nothing else.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use patkeeper_sim::{Sim, SimConfig};
use reqwest::blocking::{Client, ClientBuilder, RequestBuilder, Response};
use reqwest::{Certificate, Proxy, redirect};
use serde_json::Value;

/// A simulator with a clock that stands still at noon of 2026-11-21, an organization `acme`, and one user.
pub(crate) struct World {
    pub(crate) sim: Sim,
    pub(crate) client: Client,
    pub(crate) user: String,
    pub(crate) token: String,
    pub(crate) account: String,
}

pub(crate) const NOW: &str = "2026-11-21T12:00:00Z";
pub(crate) const PATS: &str = "https://vssps.dev.azure.com/acme/_apis/tokens/pats?api-version=7.1-preview.1";

pub(crate) fn now() -> chrono::DateTime<chrono::Utc> {
    NOW.parse().unwrap()
}

pub(crate) fn world() -> World {
    world_with(SimConfig::default())
}

pub(crate) fn world_with(config: SimConfig) -> World {
    let sim = Sim::start(SimConfig {
        clock: patkeeper_sim::Clock::Fixed(now()),
        ..config
    })
    .unwrap();
    let (account, user, token) = sim.cloud(|cloud| {
        let account = cloud.add_organization("acme");
        let user = cloud.add_user("acme", "svc-build@acme.example", "Build Service");
        let token = cloud.user_token(&user);
        (account, user, token)
    });
    let client = client(&sim);
    World {
        sim,
        client,
        user,
        token,
        account,
    }
}

pub(crate) fn client(sim: &Sim) -> Client {
    builder(sim)
        .proxy(Proxy::all(sim.proxy_url()).unwrap())
        .build()
        .unwrap()
}

pub(crate) fn builder(sim: &Sim) -> ClientBuilder {
    // Another test of the same process may have been first.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder()
        .tls_certs_only([Certificate::from_pem(sim.ca_pem().as_bytes()).unwrap()])
        .redirect(redirect::Policy::none())
        .retry(reqwest::retry::never())
        .timeout(Duration::from_secs(20))
}

/// Sends a form.
pub(crate) fn form(request: RequestBuilder, fields: &[(&str, &str)]) -> Response {
    let body = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(fields)
        .finish();
    request
        .header("content-type", "application/x-www-form-urlencoded")
        .body(body)
        .send()
        .unwrap()
}

/// The claims inside a JSON web token.
pub(crate) fn claims(token: &str) -> Value {
    let payload = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}

impl World {
    pub(crate) fn get(&self, url: &str) -> Response {
        self.client.get(url).bearer_auth(&self.token).send().unwrap()
    }

    pub(crate) fn get_json(&self, url: &str) -> Value {
        let response = self.get(url);
        assert_eq!(response.status(), 200, "{url}");
        response.json().unwrap()
    }

    pub(crate) fn post(&self, body: &Value) -> Response {
        self.client
            .post(PATS)
            .bearer_auth(&self.token)
            .json(body)
            .send()
            .unwrap()
    }

    pub(crate) fn create(&self, body: &Value) -> Value {
        let response = self.post(body);
        assert_eq!(response.status(), 200);
        response.json().unwrap()
    }

    pub(crate) fn update(&self, body: &Value) -> Value {
        let response = self
            .client
            .put(PATS)
            .bearer_auth(&self.token)
            .json(body)
            .send()
            .unwrap();
        assert_eq!(response.status(), 200);
        response.json().unwrap()
    }

    pub(crate) fn revoke(&self, id: &str) -> Response {
        self.client
            .delete(format!("{PATS}&authorizationId={id}"))
            .bearer_auth(&self.token)
            .send()
            .unwrap()
    }
}
