//! The life of a PAT through the API: listing, creating, changing, ending.

use crate::support::{PATS, now, world, world_with};
use chrono::TimeDelta;
use patkeeper_sim::{Activation, Creation, OverLifespan, PatSeed, Policies, Sim, SimConfig, UnknownId};
use serde_json::{Value, json};

/// A clock that stands still lets the wire times be compared as text.
fn days(days: i64) -> String {
    (now() + TimeDelta::days(days))
        .format("%Y-%m-%dT%H:%M:%SZ")
        .to_string()
}

fn wish() -> Value {
    json!({ "displayName": "ci-build", "scope": "vso.build vso.code", "validTo": days(60), "allOrgs": false })
}

fn with(mut body: Value, name: &str, value: Value) -> Value {
    body.as_object_mut().into_iter().for_each(|body| {
        body.insert(name.to_owned(), value.clone());
    });
    body
}

fn policies(sim: &Sim, policies: Policies) {
    sim.cloud(|cloud| {
        cloud
            .organization_mut("acme")
            .into_iter()
            .for_each(|acme| acme.policies = policies.clone())
    });
}

fn error(result: &Value) -> &str {
    assert!(
        result["patToken"].is_null() || result["patTokenError"] == "none",
        "{result}"
    );
    result["patTokenError"].as_str().unwrap_or_default()
}

#[test]
fn the_secret_comes_once_and_opens_what_its_scopes_allow() {
    let world = world();
    let made = world.create(&wish())["patToken"].clone();
    let (id, secret) = (
        made["authorizationId"].as_str().unwrap(),
        made["token"].as_str().unwrap(),
    );
    assert_eq!(secret.len(), 84);
    assert_eq!(made["targetAccounts"], json!([world.account]));
    let got = world.get_json(&format!("{PATS}&authorizationId={id}"));
    assert_eq!(got["patToken"], with(made.clone(), "token", Value::Null));
    assert_eq!(
        world.get_json(PATS)["patTokens"],
        json!([with(made.clone(), "token", Value::Null)])
    );
    let open = |path: &str| {
        let url = format!("https://dev.azure.com/acme/{path}?api-version=7.1");
        world.client.get(url).basic_auth("", Some(secret)).send().unwrap()
    };
    assert_eq!(open("_apis/build/definitions").status(), 200);
    assert_eq!(open("platform/_apis/git/repositories").status(), 200);
    let refused = open("_apis/wit/fields");
    assert_eq!(refused.status(), 401);
    assert!(refused.headers().get("content-type").is_none());
    assert_eq!(refused.text().unwrap(), "");
    assert_eq!(world.revoke(id).status(), 204);
    assert_eq!(open("_apis/build/definitions").status(), 401);
}

#[test]
fn times_come_back_rounded_to_a_three_hundredth_of_a_second() {
    let world = world();
    let made = world.create(&with(wish(), "validTo", json!("2026-12-20T23:46:23.319Z")));
    assert_eq!(made["patToken"]["validTo"], "2026-12-20T23:46:23.32Z");
    assert_eq!(made["patToken"]["validFrom"], "2026-11-21T12:00:00Z");
    world
        .sim
        .cloud(|cloud| cloud.clock.advance(TimeDelta::microseconds(103_400)));
    assert_eq!(
        world.create(&wish())["patToken"]["validFrom"],
        "2026-11-21T12:00:00.1033333Z"
    );
}

#[test]
fn a_wish_with_a_fault_is_refused_inside_a_200_and_nothing_is_made() {
    let world = world();
    let cases = [
        ("displayName", json!(""), "displayNameRequired"),
        ("displayName", json!(null), "displayNameRequired"),
        ("displayName", json!("x".repeat(300)), "invalidDisplayName"),
        ("scope", json!(""), "invalidScope"),
        ("scope", json!("vso.code vso.nonsense"), "invalidScope"),
        ("validTo", json!(days(-1)), "invalidValidTo"),
    ];
    for (name, value, expected) in cases {
        let result = world.create(&with(wish(), name, value.clone()));
        assert_eq!(error(&result), expected, "{name}: {value}");
        assert!(result["patToken"].is_null());
    }
    assert!(world.sim.cloud(|cloud| cloud.pats.is_empty()));
}

#[test]
fn no_end_gets_a_default_and_no_life_is_longer_than_a_year() {
    let world = world();
    assert_eq!(
        world.create(&with(wish(), "validTo", Value::Null))["patToken"]["validTo"],
        json!(days(30))
    );
    assert_eq!(
        world.create(&with(wish(), "validTo", json!(days(4000))))["patToken"]["validTo"],
        json!(days(365))
    );
}

#[test]
fn a_body_that_is_not_json_gets_400_and_one_of_another_type_415() {
    let world = world();
    let send = |body: &'static str, kind: &str| {
        let request = world
            .client
            .post(PATS)
            .bearer_auth(&world.token)
            .header("content-type", kind)
            .body(body);
        request.send().unwrap()
    };
    for body in [
        "{",
        "",
        "[]",
        r#"{"displayName": 5}"#,
        r#"{"displayName":"a","scope":"vso.code","validTo":"soon"}"#,
    ] {
        let answer = send(body, "application/json; charset=utf-8");
        assert_eq!(answer.status(), 400, "{body}");
        let text = answer.text().unwrap();
        assert!(
            text.contains("TF400898") && text.contains("JsonReaderException"),
            "{text}"
        );
    }
    assert_eq!(send("{}", "text/plain").status(), 415);
}

#[test]
fn policies_refuse_in_their_own_words() {
    let world = world();
    let cases = [
        (
            Policies {
                restrict_global: true,
                ..Policies::default()
            },
            "globalPatPolicyViolation",
        ),
        (
            Policies {
                block_global_creation: true,
                ..Policies::default()
            },
            "globalPATCreationBlocked",
        ),
        (
            Policies {
                restrict_full_scope: true,
                ..Policies::default()
            },
            "fullScopePatPolicyViolation",
        ),
        (
            Policies {
                creation: Creation::Disabled,
                ..Policies::default()
            },
            "disablePatCreationPolicyViolation",
        ),
        (
            Policies {
                creation: Creation::AccessDenied,
                ..Policies::default()
            },
            "accessDenied",
        ),
        (
            Policies {
                max_lifespan_days: Some(30),
                over_lifespan: OverLifespan::Refuse,
                ..Policies::default()
            },
            "patLifespanPolicyViolation",
        ),
    ];
    let wide = with(with(wish(), "allOrgs", json!(true)), "scope", json!("app_token"));
    for (policy, expected) in cases {
        policies(&world.sim, policy);
        assert_eq!(error(&world.create(&wide)), expected);
    }
    policies(&world.sim, Policies::default());
    let made = world.create(&wide);
    assert!(made["patToken"]["targetAccounts"].is_null());
}

#[test]
fn a_maximum_lifespan_counts_from_now_at_creation_and_from_creation_at_a_change() {
    let mut world = world();
    policies(
        &world.sim,
        Policies {
            max_lifespan_days: Some(30),
            ..Policies::default()
        },
    );
    let made = world.create(&wish())["patToken"].clone();
    assert_eq!(made["validTo"], json!(days(30)));
    world.sim.cloud(|cloud| cloud.clock.advance(TimeDelta::days(20)));
    world.token = world.sim.cloud(|cloud| cloud.user_token(&world.user));
    let id = &made["authorizationId"];
    let changed = world.update(&json!({ "authorizationId": id, "validTo": days(80) }));
    assert_eq!(
        changed["patToken"]["validTo"],
        json!(days(30)),
        "a capped PAT cannot be extended"
    );
}

#[test]
fn a_change_keeps_what_it_does_not_name_and_never_shows_or_alters_the_secret() {
    let world = world();
    let made = world.create(&wish())["patToken"].clone();
    let id = made["authorizationId"].as_str().unwrap();
    let changed = world.update(&json!({ "authorizationId": id, "displayName": "renamed" }));
    let expected = with(
        with(made.clone(), "displayName", json!("renamed")),
        "token",
        Value::Null,
    );
    assert_eq!(changed["patToken"], expected);
    let secret = world.sim.cloud(|cloud| cloud.secret_of(id).map(str::to_owned));
    assert_eq!(secret.as_deref(), made["token"].as_str());
    let global = world.update(&json!({ "authorizationId": id, "allOrgs": true }));
    assert!(global["patToken"]["targetAccounts"].is_null());
    assert_eq!(
        error(&world.update(&json!({ "authorizationId": id, "scope": "vso.x" }))),
        "invalidScope"
    );
    assert_eq!(
        error(&world.update(&json!({ "displayName": "whose" }))),
        "invalidAuthorizationId"
    );
}

#[test]
fn what_has_ended_or_belongs_elsewhere_cannot_be_changed() {
    let world = world();
    let (ended, gone, elsewhere) = world.sim.cloud(|cloud| {
        let seed = |name: &str| PatSeed::new(&world.user, "acme", name, "vso.code");
        let ended = cloud.add_pat(seed("ended").ends(now() - TimeDelta::days(1)));
        let gone = cloud.add_pat(seed("gone").revoked(now()));
        cloud.join(&world.user, "labs");
        (
            ended,
            gone,
            cloud.add_pat(PatSeed::new(&world.user, "labs", "elsewhere", "vso.work")),
        )
    });
    let change = |id: &str| world.update(&json!({ "authorizationId": id, "validTo": days(10) }));
    assert_eq!(error(&change(&ended)), "expiredPatCannotBeExtended");
    assert_eq!(error(&change(&gone)), "failedToUpdateAccessToken");
    assert_eq!(error(&change(&elsewhere)), "authorizationNotFound");
    for id in [&ended, &gone, &elsewhere] {
        assert_eq!(world.revoke(id).status(), 404);
    }
}

#[test]
fn ending_a_pat_twice_is_an_error_with_a_name() {
    let world = world();
    let made = world.create(&wish());
    let id = made["patToken"]["authorizationId"].as_str().unwrap();
    world.sim.cloud(|cloud| cloud.manners.revoke_status = 200);
    let first = world.revoke(&id.to_uppercase());
    assert_eq!(
        (first.status().as_u16(), first.text().unwrap().as_str()),
        (200, "")
    );
    let second = world.revoke(id);
    assert_eq!(second.status(), 404);
    assert_eq!(
        second.json::<Value>().unwrap()["typeKey"],
        "SessionTokenNotFoundException"
    );
    assert_eq!(world.revoke("not-a-guid").status(), 400);
}

#[test]
fn an_unknown_id_is_refused_in_band_or_by_status() {
    let world = world();
    let url = format!("{PATS}&authorizationId=00000000-0000-4000-8000-000000000000");
    assert_eq!(error(&world.get_json(&url)), "authorizationNotFound");
    world
        .sim
        .cloud(|cloud| cloud.manners.unknown_id = UnknownId::NotFound);
    assert_eq!(world.get(&url).status(), 404);
}

#[test]
fn the_message_of_an_error_comes_from_7_2_on() {
    let world = world();
    let bad = with(wish(), "scope", json!("x"));
    assert!(world.create(&bad).get("patTokenErrorMessage").is_none());
    let newer = PATS.replace("7.1", "7.2");
    let result: Value = world
        .client
        .post(newer)
        .bearer_auth(&world.token)
        .json(&bad)
        .send()
        .unwrap()
        .json()
        .unwrap();
    assert!(result["patTokenErrorMessage"].is_string());
}

#[test]
fn a_fresh_pat_may_need_a_while_before_it_works() {
    let world = world();
    let works = |secret: &str| {
        let url = "https://dev.azure.com/acme/_apis/build/definitions?api-version=7.1";
        world
            .client
            .get(url)
            .basic_auth("", Some(secret))
            .send()
            .unwrap()
            .status()
            .is_success()
    };
    world
        .sim
        .cloud(|cloud| cloud.manners.activation = Activation::AfterUses(2));
    let made = world.create(&wish());
    let secret = made["patToken"]["token"].as_str().unwrap();
    assert_eq!(
        [works(secret), works(secret), works(secret)],
        [false, false, true]
    );
    world
        .sim
        .cloud(|cloud| cloud.manners.activation = Activation::After(TimeDelta::seconds(5)));
    let made = world.create(&wish());
    let secret = made["patToken"]["token"].as_str().unwrap();
    assert!(!works(secret));
    world
        .sim
        .cloud(|cloud| cloud.clock.advance(TimeDelta::seconds(5)));
    assert!(works(secret));
}

#[test]
fn a_global_pat_stops_working_in_december_2026_whatever_it_says() {
    let world = world();
    let made = world.create(&with(wish(), "allOrgs", json!(true)));
    let secret = made["patToken"]["token"].as_str().unwrap();
    let status = || {
        let url = "https://dev.azure.com/acme/_apis/build/definitions?api-version=7.1";
        world
            .client
            .get(url)
            .basic_auth("", Some(secret))
            .send()
            .unwrap()
            .status()
            .as_u16()
    };
    assert_eq!(status(), 200);
    world.sim.cloud(|cloud| cloud.clock.advance(TimeDelta::days(10)));
    assert_eq!(status(), 401);
}

#[test]
fn the_same_seed_and_the_same_requests_give_the_same_ids() {
    let run = |seed| {
        let world = world_with(SimConfig {
            seed,
            ..SimConfig::default()
        });
        world.create(&wish())["patToken"]["authorizationId"].clone()
    };
    assert_eq!(run(5), run(5));
    assert_ne!(run(5), run(6));
}
