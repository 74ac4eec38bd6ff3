//! People at Entra: browser, device, refresh token.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::TimeDelta;
use patkeeper_sim::{AppSeed, Browser, Clock, Declined};
use reqwest::blocking::Response;
use serde_json::Value;

use crate::entra::{DEVOPS, JWT_BEARER, refused};
use crate::support::{PATS, World, claims, form, world};

const SCOPE: &str = "offline_access 499b84ac-1321-427f-aa17-267ca6975798/vso.pats \
                     499b84ac-1321-427f-aa17-267ca6975798/vso.pats_manage";
const BACK: &str = "http://localhost:4711/";
const VERIFIER: &str = "a-verifier-of-more-than-forty-three-characters-as-it-must-be";

fn app(public: bool) -> AppSeed {
    let seed = if public {
        AppSeed::public("Patkeeper")
    } else {
        AppSeed::confidential("Patkeeper").secret("right", TimeDelta::days(1))
    };
    seed.redirect("http://localhost")
        .consent(&format!("{DEVOPS}/vso.pats"))
        .consent(&format!("{DEVOPS}/vso.pats_manage"))
}

fn challenge() -> String {
    let digest = ring::digest::digest(&ring::digest::SHA256, VERIFIER.as_bytes());
    URL_SAFE_NO_PAD.encode(digest)
}

/// A world with an app, whose user sits at the browser.
fn signed_in(seed: AppSeed) -> (World, String) {
    let world = world();
    let app = world.sim.cloud(|cloud| {
        cloud.entra.browser = Browser::User(world.user.clone());
        cloud.add_app(seed)
    });
    (world, app)
}

fn browse(world: &World, app: &str, scope: &str, redirect: &str) -> Response {
    let url = format!(
        "https://login.microsoftonline.com/{}/oauth2/v2.0/authorize",
        world.tenant()
    );
    let query = [
        ("client_id", app),
        ("response_type", "code"),
        ("redirect_uri", redirect),
        ("scope", scope),
        ("state", "a state"),
        ("code_challenge", &challenge()),
        ("code_challenge_method", "S256"),
    ];
    world.client.get(url).query(&query).send().unwrap()
}

/// The parameters that the browser is sent back with.
fn sent_back(answer: &Response) -> Vec<(String, String)> {
    assert_eq!(answer.status(), 302);
    let location = answer.headers()["location"].to_str().unwrap();
    let query = location
        .strip_prefix(BACK)
        .and_then(|rest| rest.strip_prefix('?'))
        .unwrap();
    form_urlencoded::parse(query.as_bytes()).into_owned().collect()
}

fn parameter(answer: &Response, name: &str) -> String {
    let all = sent_back(answer);
    let found = all.into_iter().find(|(known, _)| known == name);
    found.map(|(_, value)| value).unwrap_or_default()
}

fn redeem(world: &World, app: &str, code: &str, verifier: &str, redirect: &str) -> Response {
    world.ask(&[
        ("grant_type", "authorization_code"),
        ("client_id", app),
        ("code", code),
        ("redirect_uri", redirect),
        ("code_verifier", verifier),
        ("scope", SCOPE),
    ])
}

fn refresh(world: &World, app: &str, token: &str, more: &[(&str, &str)]) -> Response {
    let mut fields = vec![
        ("grant_type", "refresh_token"),
        ("client_id", app),
        ("refresh_token", token),
        ("scope", SCOPE),
    ];
    fields.extend(more);
    world.ask(&fields)
}

fn text<'a>(body: &'a Value, name: &str) -> &'a str {
    body[name].as_str().unwrap()
}

#[test]
fn a_browser_comes_back_with_a_code_that_is_worth_a_user_s_token_once() {
    let (world, app) = signed_in(app(true));
    let answer = browse(&world, &app, SCOPE, BACK);
    assert_eq!(parameter(&answer, "state"), "a state");
    let code = parameter(&answer, "code");
    let body: Value = redeem(&world, &app, &code, VERIFIER, BACK).json().unwrap();
    let claims = claims(text(&body, "access_token"));
    assert_eq!(claims["scp"], "vso.pats vso.pats_manage");
    assert_eq!(claims["upn"], "svc-build@acme.example");
    assert_eq!(
        (&claims["oid"], &claims["appid"]),
        (&world.user.as_str().into(), &app.as_str().into())
    );
    assert_eq!(claims["aud"], DEVOPS);
    assert!(text(&body, "scope").contains(&format!("{DEVOPS}/vso.pats_manage")));
    let list = world.client.get(PATS).bearer_auth(text(&body, "access_token"));
    assert_eq!(list.send().unwrap().status(), 200);
    assert_eq!(
        refresh(&world, &app, text(&body, "refresh_token"), &[]).status(),
        200
    );
    assert_eq!(refused(redeem(&world, &app, &code, VERIFIER, BACK)).2, 54_005);
}

#[test]
fn a_code_is_bound_to_its_verifier_its_redirect_and_its_time() {
    let (world, app) = signed_in(app(true));
    let code = || parameter(&browse(&world, &app, SCOPE, BACK), "code");
    let other = VERIFIER.replace('a', "b");
    assert_eq!(refused(redeem(&world, &app, &code(), &other, BACK)).2, 501_481);
    assert_eq!(refused(redeem(&world, &app, &code(), "", BACK)).2, 501_481);
    assert_eq!(
        refused(redeem(&world, &app, &code(), &challenge(), BACK)).2,
        501_481
    );
    assert_eq!(
        refused(redeem(&world, &app, &code(), VERIFIER, "http://localhost:4712/")).2,
        500_112
    );
    assert_eq!(
        refused(redeem(&world, &app, "never-issued", VERIFIER, BACK)).2,
        9_002_313
    );
    world.sim.cloud(|cloud| cloud.entra.code_life = TimeDelta::zero());
    assert_eq!(refused(redeem(&world, &app, &code(), VERIFIER, BACK)).2, 70_008);
}

#[test]
fn without_offline_access_there_is_no_refresh_token() {
    let (world, app) = signed_in(app(true));
    let scope = SCOPE.replace("offline_access ", "");
    let code = parameter(&browse(&world, &app, &scope, BACK), "code");
    let body: Value = redeem(&world, &app, &code, VERIFIER, BACK).json().unwrap();
    assert!(body.get("refresh_token").is_none());
}

#[test]
fn a_page_that_cannot_send_the_browser_back_keeps_it() {
    let (world, app) = signed_in(app(true));
    for (redirect, code) in [
        ("http://localhost:4711/elsewhere", "AADSTS50011"),
        ("https://evil.example/", "AADSTS50011"),
    ] {
        let answer = browse(&world, &app, SCOPE, redirect);
        assert_eq!(answer.status(), 200);
        assert!(answer.text().unwrap().contains(code));
    }
    world
        .sim
        .cloud(|cloud| cloud.refuse_user(&world.user, Some(53_003)));
    let blocked = browse(&world, &app, SCOPE, BACK);
    assert_eq!(blocked.status(), 200);
    assert!(blocked.text().unwrap().contains("AADSTS53003"));
    world.sim.cloud(|cloud| cloud.entra.browser = Browser::Nobody);
    assert!(
        browse(&world, &app, SCOPE, BACK)
            .text()
            .unwrap()
            .contains("Sign in")
    );
}

#[test]
fn an_app_that_wants_its_answer_posted_gets_a_page_that_does_so() {
    let (world, app) = signed_in(app(true));
    let url = format!(
        "https://login.microsoftonline.com/{}/oauth2/v2.0/authorize",
        world.tenant()
    );
    let query = [
        ("client_id", app.as_str()),
        ("response_type", "code"),
        ("response_mode", "form_post"),
        ("redirect_uri", BACK),
        ("scope", SCOPE),
        ("state", "\"><script>"),
    ];
    let answer = world.client.get(url).query(&query).send().unwrap();
    assert_eq!(answer.status(), 200);
    let page = answer.text().unwrap();
    assert!(page.contains(&format!("action=\"{BACK}\"")) && page.contains("name=\"code\""));
    assert!(page.contains("value=\"&quot;>&lt;script>\""), "{page}");
}

#[test]
fn a_refusal_that_the_app_may_know_comes_back_with_the_state() {
    let (world, app) = signed_in(app(true));
    let back = |scope: &str| {
        let answer = browse(&world, &app, scope, BACK);
        assert_eq!(parameter(&answer, "state"), "a state");
        (
            parameter(&answer, "error"),
            parameter(&answer, "error_description"),
        )
    };
    let (error, text) = back(&format!("{DEVOPS}/vso.graph"));
    assert_eq!(error, "consent_required");
    assert!(text.starts_with("AADSTS65001: "), "{text}");
    let (_, text) = back(&format!("{DEVOPS}/vso.nonsense"));
    assert!(text.starts_with("AADSTS650053: "), "{text}");
    world.sim.cloud(|cloud| cloud.entra.browser = Browser::Declines);
    let (error, text) = back(SCOPE);
    assert_eq!(error, "access_denied");
    assert!(text.starts_with("AADSTS65004: "), "{text}");
    world.sim.cloud(|cloud| {
        cloud.entra.browser = Browser::User(world.user.clone());
        cloud.entra.consents_when_asked = true;
    });
    let answer = browse(&world, &app, &format!("{DEVOPS}/vso.graph"), BACK);
    assert!(!parameter(&answer, "code").is_empty());
}

#[test]
fn a_refresh_token_brings_a_successor_and_stays_good_itself() {
    let world = world();
    let (app, first) = world.sim.cloud(|cloud| {
        let app = cloud.add_app(app(true));
        let token = cloud.refresh_token(&world.user, &app, SCOPE);
        (app, token)
    });
    let body: Value = refresh(&world, &app, &first, &[]).json().unwrap();
    let second = text(&body, "refresh_token").to_owned();
    assert_ne!(first, second);
    assert_eq!(
        claims(text(&body, "access_token"))["scp"],
        "vso.pats vso.pats_manage"
    );
    for token in [&first, &second] {
        assert_eq!(refresh(&world, &app, token, &[]).status(), 200);
    }
    world.sim.cloud(|cloud| cloud.entra.rotates = false);
    let body: Value = refresh(&world, &app, &second, &[]).json().unwrap();
    assert!(body.get("refresh_token").is_none());
    let known = world.sim.cloud(|cloud| cloud.secrets());
    assert!(known.contains(&first) && known.contains(&second));
    assert!(!format!("{:?}", world.sim.log()).contains(&first));
}

#[test]
fn a_confidential_app_redeems_with_its_proof_and_nothing_less() {
    let world = world();
    let (app, token, assertion) = world.sim.cloud(|cloud| {
        let app = cloud.add_app(app(false).federated("https://issuer.example", "sub"));
        let token = cloud.refresh_token(&world.user, &app, SCOPE);
        let life = TimeDelta::minutes(10);
        let audience = "api://AzureADTokenExchange";
        (
            app,
            token,
            cloud.assertion("https://issuer.example", "sub", audience, life),
        )
    });
    let proof = [
        ("client_assertion_type", JWT_BEARER),
        ("client_assertion", assertion.as_str()),
    ];
    assert_eq!(refused(refresh(&world, &app, &token, &[])).2, 7_000_218);
    assert_eq!(refused(refresh(&world, &app, &token, &proof[1..])).2, 7_000_218);
    assert_eq!(
        refresh(&world, &app, &token, &[("client_secret", "right")]).status(),
        200
    );
    assert_eq!(refresh(&world, &app, &token, &proof).status(), 200);
    world.sim.cloud(|cloud| cloud.entra.assertions_redeem = false);
    assert_eq!(refused(refresh(&world, &app, &token, &proof)).2, 700_027);
}

#[test]
fn a_refresh_token_dies_of_age_revocation_its_user_and_its_scopes() {
    let world = world();
    let (app, other, token) = world.sim.cloud(|cloud| {
        let app_id = cloud.add_app(app(true));
        let other = cloud.add_app(app(true));
        let token = cloud.refresh_token(&world.user, &app_id, SCOPE);
        (app_id, other, token)
    });
    let tried = |app: &str| refused(refresh(&world, app, &token, &[]));
    assert_eq!(refused(refresh(&world, &app, "mangled", &[])).2, 9_002_313);
    assert_eq!(tried(&other).2, 70_000);
    let graph = format!("{DEVOPS}/vso.graph");
    for (scope, code) in [
        (graph.as_str(), 65_001),
        ("499b84ac-1321-427f-aa17-267ca6975798/vso.nonsense", 650_053),
        (
            "499b84ac-1321-427f-aa17-267ca6975798/vso.pats https://vault.azure.net/.default",
            28_000,
        ),
    ] {
        let fields = [
            ("grant_type", "refresh_token"),
            ("client_id", app.as_str()),
            ("refresh_token", token.as_str()),
            ("scope", scope),
        ];
        assert_eq!(refused(world.ask(&fields)).2, code);
    }
    for code in [50_076, 50_079, 50_057, 53_003] {
        world
            .sim
            .cloud(|cloud| cloud.refuse_user(&world.user, Some(code)));
        assert_eq!(tried(&app).2, u64::from(code));
    }
    world.sim.cloud(|cloud| {
        cloud.refuse_user(&world.user, None);
        cloud.entra.inactivity = TimeDelta::zero();
    });
    assert_eq!(tried(&app).2, 700_082);
    world.sim.cloud(|cloud| cloud.revoke_sessions(&world.user));
    assert_eq!(tried(&app).2, 50_173);
    world
        .sim
        .cloud(|cloud| cloud.refuse_refresh_token(&token, Some(700_084)));
    assert_eq!(tried(&app).2, 700_084);
}

fn device(world: &World, app: &str) -> Value {
    let url = world.token_url().replace("/token", "/devicecode");
    form(world.client.post(url), &[("client_id", app), ("scope", SCOPE)])
        .json()
        .unwrap()
}

fn poll(world: &World, app: &str, code: &str) -> Response {
    world.ask(&[
        ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
        ("client_id", app),
        ("device_code", code),
    ])
}

#[test]
fn a_device_waits_until_its_code_is_typed_in_and_agreed_to() {
    let (world, app) = signed_in(app(true));
    let asked = device(&world, &app);
    assert_eq!(asked["interval"], 5);
    assert!(text(&asked, "message").contains(text(&asked, "user_code")));
    assert!(text(&asked, "verification_uri").starts_with("https://microsoft.com/"));
    let code = text(&asked, "device_code");
    assert_eq!(
        refused(poll(&world, &app, code)),
        (400, "authorization_pending".into(), 70_016)
    );
    world.sim.cloud(|cloud| cloud.entra.slow_down = 1);
    assert_eq!(refused(poll(&world, &app, code)).1, "slow_down");
    world.sim.cloud(|cloud| {
        let pending = cloud.pending_devices();
        assert_eq!(pending[0].1, app);
        cloud.approve_device(&pending[0].0, &world.user);
    });
    let body: Value = poll(&world, &app, code).json().unwrap();
    assert_eq!(
        claims(text(&body, "access_token"))["scp"],
        "vso.pats vso.pats_manage"
    );
    assert!(body["refresh_token"].is_string());
    assert_eq!(refused(poll(&world, &app, code)).2, 54_005);
}

#[test]
fn a_device_code_can_be_declined_run_out_or_be_unknown() {
    let (world, app) = signed_in(app(true));
    let code = |asked: &Value| text(asked, "device_code").to_owned();
    let asked = device(&world, &app);
    world
        .sim
        .cloud(|cloud| cloud.decline_device(text(&asked, "user_code")));
    assert_eq!(
        refused(poll(&world, &app, &code(&asked))).1,
        "authorization_declined"
    );
    world
        .sim
        .cloud(|cloud| cloud.entra.declined = Declined::AccessDenied);
    assert_eq!(refused(poll(&world, &app, &code(&asked))).1, "access_denied");
    assert_eq!(
        refused(poll(&world, &app, "never-issued")),
        (400, "bad_verification_code".into(), 70_018)
    );
    let other = world.sim.cloud(|cloud| cloud.add_app(self::app(true)));
    let asked = device(&world, &app);
    assert_eq!(refused(poll(&world, &other, &code(&asked))).2, 70_018);
    world
        .sim
        .cloud(|cloud| cloud.clock.advance(TimeDelta::minutes(15)));
    let answer = poll(&world, &app, &code(&asked));
    let body: Value = answer.json().unwrap();
    assert_eq!(text(&body, "error"), "expired_token");
}

#[test]
fn a_device_that_asks_sooner_than_it_was_told_is_slowed_down() {
    let (world, app) = signed_in(app(true));
    world.sim.cloud(|cloud| {
        cloud.clock = Clock::default();
        cloud.entra.device_interval = 3_600;
        cloud.entra.device_life = TimeDelta::days(1);
    });
    let asked = device(&world, &app);
    let error = || {
        let body: Value = poll(&world, &app, text(&asked, "device_code")).json().unwrap();
        text(&body, "error").to_owned()
    };
    assert_eq!(error(), "authorization_pending");
    assert_eq!(error(), "slow_down");
}

#[test]
fn the_one_at_the_browser_can_answer_for_the_device_after_some_polls() {
    let (world, app) = signed_in(app(true));
    world.sim.cloud(|cloud| cloud.entra.device_polls = Some(1));
    let asked = device(&world, &app);
    let code = text(&asked, "device_code");
    assert_eq!(refused(poll(&world, &app, code)).1, "authorization_pending");
    assert_eq!(poll(&world, &app, code).status(), 200);
}

#[test]
fn someone_of_another_tenant_cannot_sign_in() {
    let (world, app) = signed_in(app(true));
    world.sim.cloud(|cloud| {
        let guest = cloud.add_user("acme", "guest@labs.example", "Guest");
        cloud
            .users
            .iter_mut()
            .filter(|user| user.id == guest)
            .for_each(|user| "11111111-1111-4111-8111-111111111111".clone_into(&mut user.tenant));
        cloud.entra.browser = Browser::User(guest);
    });
    let page = browse(&world, &app, SCOPE, BACK).text().unwrap();
    assert!(page.contains("AADSTS50020"), "{page}");
}
