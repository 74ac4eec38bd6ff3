//! Who may do what, and how the others are told.

use crate::support::{PATS, World, world};
use chrono::TimeDelta;
use patkeeper_sim::{AppTokens, ConnectionData, PatSeed, RateHeaders, Refusal, SignIn, TokenSpec};
use reqwest::blocking::Response;
use serde_json::Value;

const CONNECTION: &str = "https://dev.azure.com/acme/_apis/connectionData?api-version=7.1-preview";
const BUILDS: &str = "https://dev.azure.com/acme/_apis/build/definitions?api-version=7.1";

fn with_token(world: &World, spec: TokenSpec) -> Response {
    let token = world.sim.cloud(|cloud| cloud.token(spec));
    world.client.get(PATS).bearer_auth(token).send().unwrap()
}

fn header<'a>(response: &'a Response, name: &str) -> &'a str {
    response
        .headers()
        .get(name)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
}

#[test]
fn whoever_is_not_known_gets_a_page_that_looks_like_success() {
    let world = world();
    let senders = [
        world.client.get(PATS),
        world.client.get(PATS).bearer_auth("made.up.token"),
        world.client.get(PATS).header("authorization", "nonsense"),
        world.client.get(BUILDS).basic_auth("", Some("never-issued")),
    ];
    for sender in senders {
        let answer = sender.send().unwrap();
        assert_eq!(answer.status(), 203);
        assert!(header(&answer, "content-type").starts_with("text/html"));
        let page = answer.text().unwrap();
        assert!(page.contains("<title>Azure DevOps Services | Sign In</title>"));
        assert!((15_000..18_000).contains(&page.len()), "{}", page.len());
    }
    world.sim.cloud(|cloud| cloud.manners.sign_in = SignIn::Redirect);
    let moved = world.client.get(PATS).send().unwrap();
    assert_eq!(moved.status(), 302);
    assert!(header(&moved, "location").contains("/_signin?"));
    world.sim.cloud(|cloud| cloud.manners.sign_in = SignIn::Anonymous);
    assert_eq!(world.client.get(PATS).send().unwrap().status(), 401);
}

#[test]
fn a_user_s_token_needs_both_scopes_the_right_audience_tenant_and_time() {
    let world = world();
    let spec = || TokenSpec::user(&world.user);
    assert_eq!(with_token(&world, spec()).status(), 200);
    assert_eq!(
        with_token(&world, spec().scopes("user_impersonation")).status(),
        200
    );
    assert_eq!(
        with_token(&world, spec().audience("https://app.vssps.visualstudio.com")).status(),
        200
    );
    for refused in [
        spec().scopes("vso.pats"),
        spec().scopes("vso.pats_manage"),
        spec().scopes("vso.pats vso.tokens"),
        spec().audience("https://management.core.windows.net/"),
        spec().tenant("11111111-1111-4111-8111-111111111111"),
        spec().valid_for(TimeDelta::minutes(-1)),
    ] {
        let shown = format!("{refused:?}");
        let answer = with_token(&world, refused);
        assert_eq!(answer.status(), 401, "{shown}");
        assert_eq!(header(&answer, "www-authenticate"), "Bearer");
        assert!(header(&answer, "x-tfs-serviceerror").starts_with("TF400813%3A%20"));
        let body = answer.bytes().unwrap();
        let json: Value = serde_json::from_slice(body.strip_prefix(b"\xef\xbb\xbf").unwrap()).unwrap();
        assert_eq!(json["typeKey"], "InvalidIdentityException");
    }
}

#[test]
fn a_user_of_another_organization_is_not_let_in() {
    let world = world();
    let token = world.sim.cloud(|cloud| {
        let stranger = cloud.add_user("labs", "someone@labs.example", "Someone");
        cloud.user_token(&stranger)
    });
    assert_eq!(
        world.client.get(PATS).bearer_auth(token).send().unwrap().status(),
        401
    );
}

#[test]
fn apps_jobs_and_pats_are_kept_away_from_the_life_cycle_api() {
    let world = world();
    let message = |answer: Response| answer.json::<Value>().unwrap()["message"].clone();
    let refused = with_token(&world, TokenSpec::app("sp-pipelines"));
    assert_eq!(refused.status(), 403);
    assert_eq!(
        message(refused),
        "Service principals are not allowed to perform this action."
    );
    world
        .sim
        .cloud(|cloud| cloud.manners.app_tokens = AppTokens::NotInOrganization);
    let refused = with_token(&world, TokenSpec::app("sp-pipelines"));
    assert!(message(refused).as_str().unwrap().starts_with("TF401444: "));
    world
        .sim
        .cloud(|cloud| cloud.manners.app_tokens = AppTokens::Redirected);
    assert_eq!(with_token(&world, TokenSpec::app("sp-pipelines")).status(), 302);
    let refused = with_token(&world, TokenSpec::job("Project Collection Build Service (acme)"));
    assert_eq!(message(refused), "The requested operation is not allowed.");
    let secret = world.sim.cloud(|cloud| {
        let id = cloud.add_pat(PatSeed::new(&world.user, "acme", "full", "app_token").usable());
        cloud.secret_of(&id).map(str::to_owned)
    });
    let refused = world.client.get(PATS).basic_auth("", secret).send().unwrap();
    assert_eq!(message(refused), "The requested operation is not allowed.");
}

#[test]
fn a_preview_resource_wants_its_version_said_so() {
    let world = world();
    let base = "https://vssps.dev.azure.com/acme/_apis/tokens/pats";
    for (query, status) in [
        ("?api-version=7.1-preview.1", 200),
        ("?api-version=7.2-preview.1", 200),
        ("?api-version=7.1-preview", 200),
        ("?api-version=7.1", 400),
        ("?api-version=8.0-preview.1", 400),
        ("", 400),
    ] {
        assert_eq!(world.get(&format!("{base}{query}")).status(), status, "{query}");
    }
}

#[test]
fn connection_data_says_who_asks_and_where() {
    let world = world();
    let data = world.get_json(CONNECTION);
    assert_eq!(data["instanceId"], world.account.as_str());
    let user = &data["authenticatedUser"];
    assert_eq!(user["id"], world.user.as_str());
    assert!(user["subjectDescriptor"].as_str().unwrap().starts_with("aad."));
    assert_eq!(user["providerDisplayName"], "Build Service");
    assert_eq!(user["properties"]["Account"]["$value"], "svc-build@acme.example");
    world
        .sim
        .cloud(|cloud| cloud.manners.connection_data = ConnectionData::Refused(Refusal::BearerRefused));
    assert_eq!(world.get(CONNECTION).status(), 401);
}

#[test]
fn the_tenant_can_be_asked_without_a_credential() {
    let world = world();
    let tenant = world
        .sim
        .cloud(|cloud| cloud.organization("acme").map(|acme| acme.tenant.clone()))
        .unwrap();
    let answer = world
        .client
        .get(CONNECTION)
        .header("X-TFS-FedAuthRedirect", "Suppress")
        .send()
        .unwrap();
    assert_eq!(answer.status(), 401);
    let expected = format!("Bearer authorization_uri=https://login.microsoftonline.com/{tenant}");
    assert_eq!(header(&answer, "www-authenticate"), expected);
}

#[test]
fn a_pat_opens_only_its_own_organization_and_only_what_exists() {
    let world = world();
    let secret = world.sim.cloud(|cloud| {
        let id = cloud.add_pat(PatSeed::new(&world.user, "acme", "reader", "vso.build vso.project").usable());
        cloud.join(&world.user, "labs");
        cloud.secret_of(&id).map(str::to_owned)
    });
    let open = |url: &str| {
        world
            .client
            .get(url)
            .basic_auth("", secret.clone())
            .send()
            .unwrap()
    };
    assert_eq!(open(BUILDS).status(), 200);
    let refused = open(&BUILDS.replace("acme", "labs"));
    assert_eq!(refused.status(), 401);
    assert!(header(&refused, "www-authenticate").starts_with("Basic realm="));
    assert_eq!(
        open("https://dev.azure.com/acme/web%20shop/_apis/build/definitions?api-version=7.1").status(),
        200
    );
    assert_eq!(
        open("https://dev.azure.com/acme/nowhere/_apis/build/definitions?api-version=7.1").status(),
        404
    );
    assert_eq!(
        open("https://dev.azure.com/acme/_apis/nothing?api-version=7.1").status(),
        404
    );
    let projects: Value = open("https://dev.azure.com/acme/_apis/projects?api-version=7.1")
        .json()
        .unwrap();
    assert_eq!(projects["count"], 2);
}

#[test]
fn an_organization_that_is_not_there_or_closed_says_so() {
    let world = world();
    let missing = world.get(&PATS.replace("acme", "nowhere"));
    assert_eq!(missing.status(), 404);
    world.sim.cloud(|cloud| {
        cloud
            .organization_mut("acme")
            .into_iter()
            .for_each(|acme| acme.refuses_all = Some(Refusal::ConditionalAccess));
    });
    let refused = world.get(PATS);
    assert_eq!(refused.status(), 403);
    assert!(refused.text().unwrap().contains("VS403463"));
}

#[test]
fn rate_limits_and_waits_can_ride_on_a_success() {
    let world = world();
    world.sim.cloud(|cloud| {
        cloud.manners.retry_after_on_success = Some(7);
        cloud.manners.rate_headers = Some(RateHeaders {
            resource: "core".into(),
            delay: "2.500".into(),
            limit: 200,
            remaining: 3,
            reset: 1_795_000_000,
        });
    });
    let answer = world.get(PATS);
    assert_eq!(answer.status(), 200);
    assert_eq!(header(&answer, "retry-after"), "7");
    assert_eq!(header(&answer, "x-ratelimit-remaining"), "3");
}
