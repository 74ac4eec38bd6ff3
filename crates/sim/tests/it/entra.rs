//! Apps at Entra's token endpoint: proofs, resources, tenants, and how each is refused.

use chrono::TimeDelta;
use patkeeper_sim::{Action, AppSeed, Fault, Instance, Match, fingerprint};
use reqwest::blocking::Response;
use serde_json::Value;

use crate::support::{PATS, World, claims, form, world};

pub(crate) const DEVOPS: &str = "499b84ac-1321-427f-aa17-267ca6975798";
pub(crate) const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
const VAULT: &str = "https://vault.azure.net/.default";
const ISSUER: &str = "https://issuer.example/acme";
const AUDIENCE: &str = "api://AzureADTokenExchange";

impl World {
    pub(crate) fn tenant(&self) -> String {
        self.sim.cloud(|cloud| cloud.tenant().to_owned())
    }

    pub(crate) fn token_url(&self) -> String {
        format!(
            "https://login.microsoftonline.com/{}/oauth2/v2.0/token",
            self.tenant()
        )
    }

    /// Asks for a token.
    pub(crate) fn ask(&self, fields: &[(&str, &str)]) -> Response {
        form(self.client.post(self.token_url()), fields)
    }

    fn by_secret(&self, client_id: &str, secret: &str, scope: &str) -> Response {
        self.ask(&[
            ("grant_type", "client_credentials"),
            ("client_id", client_id),
            ("client_secret", secret),
            ("scope", scope),
        ])
    }

    fn by_assertion(&self, client_id: &str, assertion: &str) -> Response {
        self.ask(&[
            ("grant_type", "client_credentials"),
            ("client_id", client_id),
            ("client_assertion_type", JWT_BEARER),
            ("client_assertion", assertion),
            ("scope", VAULT),
        ])
    }
}

/// Status, error and code of a refusal whose shape is Entra's.
pub(crate) fn refused(answer: Response) -> (u16, String, u64) {
    let status = answer.status().as_u16();
    let body: Value = answer.json().unwrap();
    let code = body["error_codes"][0].as_u64().unwrap();
    let text = body["error_description"].as_str().unwrap();
    assert!(text.starts_with(&format!("AADSTS{code}: ")), "{text}");
    for part in [
        " Trace ID: ",
        " Correlation ID: ",
        " Timestamp: 2026-11-21 12:00:00Z",
    ] {
        assert!(text.contains(part), "{text}");
    }
    assert_eq!(body["timestamp"], "2026-11-21 12:00:00Z");
    assert!(
        body["error_uri"]
            .as_str()
            .unwrap()
            .ends_with(&format!("/error?code={code}"))
    );
    assert!(body["trace_id"].is_string() && body["correlation_id"].is_string());
    (status, body["error"].as_str().unwrap().to_owned(), code)
}

fn denied(status: u16, error: &str, code: u64) -> (u16, String, u64) {
    (status, error.to_owned(), code)
}

#[test]
fn a_secret_brings_an_app_token_for_the_resource_that_was_asked_for() {
    let world = world();
    let (app, secret) = world.sim.cloud(|cloud| {
        let app = cloud.add_app(AppSeed::confidential("sp-pipelines"));
        let secret = cloud.add_app_secret(&app, TimeDelta::days(30));
        (app, secret)
    });
    for (scope, audience) in [
        (VAULT, "https://vault.azure.net"),
        ("https://vault.azure.net//.default", "https://vault.azure.net/"),
        ("499b84ac-1321-427f-aa17-267ca6975798/.default", DEVOPS),
    ] {
        let answer = world.by_secret(&app, &secret, scope);
        assert_eq!(answer.headers()["cache-control"], "no-store, no-cache");
        let body: Value = answer.json().unwrap();
        assert_eq!(body["token_type"], "Bearer");
        assert!(body["expires_in"].is_u64() && body.get("refresh_token").is_none());
        let claims = claims(body["access_token"].as_str().unwrap());
        assert_eq!(claims["aud"], audience);
        assert_eq!(claims["appid"], app.as_str());
        assert_eq!(claims["idtyp"], "app");
        assert_eq!(claims["tid"], world.tenant());
        assert!(claims.get("scp").is_none() && claims.get("upn").is_none());
        assert_ne!(claims["oid"], claims["appid"]);
    }
    let basic = form(
        world
            .client
            .post(world.token_url())
            .basic_auth(&app, Some(&secret)),
        &[("grant_type", "client_credentials"), ("scope", VAULT)],
    );
    assert_eq!(basic.status(), 200);
}

#[test]
fn a_proof_that_is_wrong_ended_missing_or_not_wanted_is_told_apart() {
    let world = world();
    let (app, public) = world.sim.cloud(|cloud| {
        let seed = AppSeed::confidential("sp").secret("ended-secret", TimeDelta::days(-1));
        (cloud.add_app(seed), cloud.add_app(AppSeed::public("native")))
    });
    assert_eq!(
        refused(world.by_secret(&app, "wrong", VAULT)),
        denied(401, "invalid_client", 7_000_215)
    );
    assert_eq!(
        refused(world.by_secret(&app, "ended-secret", VAULT)),
        denied(401, "invalid_client", 7_000_222)
    );
    assert_eq!(
        refused(world.by_secret(&app, "", VAULT)),
        denied(401, "invalid_client", 7_000_216)
    );
    assert_eq!(
        refused(world.by_secret(&public, "some", VAULT)),
        denied(401, "invalid_client", 700_025)
    );
    let refresh = [
        ("grant_type", "refresh_token"),
        ("client_id", app.as_str()),
        ("refresh_token", "none"),
    ];
    assert_eq!(
        refused(world.ask(&refresh)),
        denied(401, "invalid_client", 7_000_218)
    );
}

#[test]
fn a_request_for_nothing_that_exists_says_what_is_not_there() {
    let world = world();
    let (app, elsewhere, us) = world.sim.cloud(|cloud| {
        let us = cloud.add_tenant(Instance::UsGovernment, "agency.example");
        (
            cloud.add_app(AppSeed::confidential("sp").secret("right", TimeDelta::days(1))),
            cloud.add_app(
                AppSeed::confidential("sp-us")
                    .tenant(&us)
                    .secret("right", TimeDelta::days(1)),
            ),
            us,
        )
    });
    let unknown = "00000000-0000-4000-8000-000000000001";
    assert_eq!(
        refused(world.by_secret(unknown, "right", VAULT)),
        denied(400, "unauthorized_client", 700_016)
    );
    assert_eq!(refused(world.by_secret(&elsewhere, "right", VAULT)).2, 700_016);
    assert_eq!(
        refused(world.by_secret(&app, "right", "https://nothing.example/.default")),
        denied(400, "invalid_resource", 500_011)
    );
    assert_eq!(
        refused(world.by_secret(&app, "right", &format!("{DEVOPS}/vso.pats"))),
        denied(400, "invalid_scope", 1_002_012)
    );
    assert_eq!(refused(world.ask(&[("client_id", &app)])).2, 900_144);
    assert_eq!(
        refused(world.ask(&[("grant_type", "client_credentials")])).2,
        900_144
    );
    assert_eq!(
        refused(world.ask(&[("grant_type", "password"), ("client_id", &app)])),
        denied(400, "unsupported_grant_type", 70_003)
    );
    assert_eq!(
        refused(world.client.get(world.token_url()).send().unwrap()).2,
        900_561
    );
    let at = |host: &str, tenant: &str, app: &str, scope: &str| {
        form(
            world
                .client
                .post(format!("https://{host}/{tenant}/oauth2/v2.0/token")),
            &[
                ("grant_type", "client_credentials"),
                ("client_id", app),
                ("client_secret", "right"),
                ("scope", scope),
            ],
        )
    };
    let public = "login.microsoftonline.com";
    assert_eq!(
        refused(at(public, "11111111-1111-4111-8111-111111111111", &app, VAULT)),
        denied(400, "invalid_request", 90_002)
    );
    assert_eq!(refused(at(public, "nonsense", &app, VAULT)).2, 900_023);
    assert_eq!(refused(at(public, "common", &app, VAULT)).2, 50_059);
    assert_eq!(refused(at(public, &us, &elsewhere, VAULT)).2, 90_002);
    let us_host = "login.microsoftonline.us";
    assert_eq!(refused(at(us_host, &us, &elsewhere, VAULT)).2, 500_011);
    let answer = at(
        us_host,
        "agency.example",
        &elsewhere,
        "https://vault.usgovcloudapi.net/.default",
    );
    let body: Value = answer.json().unwrap();
    assert_eq!(claims(body["access_token"].as_str().unwrap())["tid"], us.as_str());
}

#[test]
fn a_federated_token_must_fit_a_credential_to_the_letter_and_be_in_time() {
    let world = world();
    let subject = "sc://acme/Rockets/azure";
    let app = world
        .sim
        .cloud(|cloud| cloud.add_app(AppSeed::confidential("sp").federated(ISSUER, subject)));
    let minutes = TimeDelta::minutes;
    let issue = |issuer: &str, subject: &str, audience: &str, life| {
        let token = world
            .sim
            .cloud(|cloud| cloud.assertion(issuer, subject, audience, life));
        world.by_assertion(&app, &token)
    };
    assert_eq!(issue(ISSUER, subject, AUDIENCE, minutes(10)).status(), 200);
    assert_eq!(
        refused(issue(ISSUER, subject, AUDIENCE, minutes(-1))),
        denied(401, "invalid_client", 700_024)
    );
    let wrong = [
        ("https://issuer.example/other", subject, AUDIENCE, 700_211),
        (ISSUER, subject, "api://other", 700_212),
        (ISSUER, "sc://acme/Rockets/other", AUDIENCE, 700_213),
        (ISSUER, "sc://acme/rockets/azure", AUDIENCE, 7_002_138),
    ];
    for (issuer, subject, audience, _) in wrong {
        assert_eq!(
            refused(issue(issuer, subject, audience, minutes(10))),
            denied(400, "invalid_request", 70_021)
        );
    }
    world.sim.cloud(|cloud| cloud.entra.precise_federation = true);
    for (issuer, subject, audience, code) in wrong {
        assert_eq!(
            refused(issue(issuer, subject, audience, minutes(10))),
            denied(401, "invalid_client", code)
        );
    }
    let forged = world.sim.cloud(|cloud| {
        let token = cloud.assertion(ISSUER, subject, AUDIENCE, minutes(10));
        let (signed, _) = token.rsplit_once('.').unwrap();
        format!("{signed}.forged")
    });
    assert_eq!(refused(world.by_assertion(&app, &forged)).2, 700_027);
    assert_eq!(refused(world.by_assertion(&app, "no token")).2, 50_027);
}

#[test]
fn any_code_can_be_ordered_for_an_app() {
    let world = world();
    let app = world
        .sim
        .cloud(|cloud| cloud.add_app(AppSeed::confidential("sp").secret("right", TimeDelta::days(1))));
    for (code, status, error) in [
        (7_000_222, 401, "invalid_client"),
        (53_003, 400, "invalid_grant"),
        (7_000_112, 400, "unauthorized_client"),
        (1_234_567, 400, "invalid_grant"),
    ] {
        world.sim.cloud(|cloud| cloud.refuse_app(&app, Some(code)));
        assert_eq!(
            refused(world.by_secret(&app, "right", VAULT)),
            denied(status, error, code.into())
        );
    }
    world.sim.cloud(|cloud| cloud.refuse_app(&app, None));
    assert_eq!(world.by_secret(&app, "right", VAULT).status(), 200);
}

#[test]
fn an_app_is_let_into_organizations_it_was_added_to_and_kept_from_pats_even_there() {
    let world = world();
    let (app, token) = world.sim.cloud(|cloud| {
        let app = cloud.add_app(AppSeed::confidential("sp"));
        let token = cloud.token_of_app(&app, DEVOPS);
        (app, token)
    });
    let connection = "https://dev.azure.com/acme/_apis/connectionData?api-version=7.1-preview";
    let get = |url: &str| world.client.get(url).bearer_auth(&token).send().unwrap();
    let object = world
        .sim
        .cloud(|cloud| cloud.app(&app).unwrap().object_id.clone());
    for url in [connection, PATS] {
        let answer = get(url);
        assert_eq!(answer.status(), 401);
        let text = answer.text().unwrap();
        assert!(text.contains("TF401444") && text.contains(&object), "{text}");
    }
    world.sim.cloud(|cloud| cloud.join_app(&app, "acme"));
    let known: Value = get(connection).json().unwrap();
    assert_eq!(known["authenticatedUser"]["id"], object.as_str());
    let body: Value = get(PATS).json().unwrap();
    assert_eq!(body["typeKey"], "InvalidAccessException");
    world
        .sim
        .cloud(|cloud| cloud.manners.app_tokens = patkeeper_sim::AppTokens::Allowed);
    assert_eq!(get(PATS).status(), 200);
}

#[test]
fn microsoft_s_libraries_find_what_they_ask_for_first() {
    let world = world();
    let tenant = world.tenant();
    let get = |url: &str| world.client.get(url).send().unwrap();
    let base = "https://login.microsoftonline.com";
    let body: Value = get(&format!("{base}/{tenant}/v2.0/.well-known/openid-configuration"))
        .json()
        .unwrap();
    assert_eq!(body["token_endpoint"], world.token_url());
    let unknown = get(&format!(
        "{base}/nowhere.example/v2.0/.well-known/openid-configuration"
    ));
    assert_eq!(refused(unknown), denied(400, "invalid_tenant", 90_002));
    let instance = format!(
        "{base}/common/discovery/instance?api-version=1.1&authorization_endpoint=https://login.microsoftonline.us/{tenant}/oauth2/v2.0/authorize"
    );
    let body: Value = get(&instance).json().unwrap();
    let found = body["tenant_discovery_endpoint"].as_str().unwrap();
    assert!(found.starts_with("https://login.microsoftonline.us/"));
    assert_eq!(
        get(&instance.replace("microsoftonline.us", "evil.example")).status(),
        400
    );
}

#[test]
fn what_a_sign_in_consists_of_is_findable_but_never_in_the_log() {
    let world = world();
    let (app, secret, assertion) = world.sim.cloud(|cloud| {
        let app = cloud.add_app(AppSeed::confidential("sp").federated(ISSUER, "sub"));
        let secret = cloud.add_app_secret(&app, TimeDelta::days(1));
        let assertion = cloud.assertion(ISSUER, "sub", AUDIENCE, TimeDelta::minutes(10));
        (app, secret, assertion)
    });
    let mut shown = vec![secret.clone(), assertion.clone(), "guessed".to_owned()];
    for answer in [
        world.by_secret(&app, &secret, VAULT),
        world.by_assertion(&app, &assertion),
    ] {
        let body: Value = answer.json().unwrap();
        shown.push(body["access_token"].as_str().unwrap().to_owned());
    }
    world.by_secret(&app, "guessed", VAULT);
    let known = world.sim.cloud(|cloud| cloud.secrets());
    let log = world.sim.log();
    let text = format!("{log:?}");
    for secret in &shown {
        assert!(known.contains(secret));
        assert!(!text.contains(secret.as_str()));
    }
    assert!(log[0].body.contains(&fingerprint(&secret)));
    assert_eq!(log[0].identity, "app:sp");
}

#[test]
fn the_sign_in_host_can_be_slow_to_answer_or_out_of_order_too() {
    let world = world();
    let app = world
        .sim
        .cloud(|cloud| cloud.add_app(AppSeed::confidential("sp").secret("right", TimeDelta::days(1))));
    let here = Match::any().host("login.microsoftonline.com");
    let busy = Action::Status {
        status: 429,
        processed: false,
        retry_after: Some(3),
    };
    world.sim.fault(Fault::once(here, busy));
    let answer = world.by_secret(&app, "right", VAULT);
    assert_eq!(answer.status(), 429);
    assert_eq!(answer.headers()["retry-after"], "3");
    assert_eq!(world.by_secret(&app, "right", VAULT).status(), 200);
}
