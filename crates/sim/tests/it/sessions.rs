//! Token administration: whose tokens an administrator sees, what revoking does to them, and who may.

use chrono::TimeDelta;
use patkeeper_sim::{
    AppAccess, AppSeed, PatSeed, TokenSpec, UnknownRevocation, Unreadable, UserKind, UserSeed,
};
use reqwest::blocking::{RequestBuilder, Response};
use serde_json::{Value, json};

use crate::support::{PATS, World, now, world};

const BASE: &str = "https://vssps.dev.azure.com/acme/_apis/tokenadmin";

/// A world with an administrator, and their token.
fn administered() -> (World, String) {
    let world = world();
    let token = world.sim.cloud(|cloud| {
        let admin = cloud.enroll(UserSeed::new("acme", "admin@acme.example", "Admin").administrator());
        cloud.full_token(&admin)
    });
    (world, token)
}

fn list(world: &World, token: &str, user: &str, query: &str) -> Response {
    let descriptor = world
        .sim
        .cloud(|cloud| cloud.user(user).map(|user| user.descriptor.clone()))
        .unwrap_or_else(|| user.to_owned());
    let url = format!("{BASE}/personalaccesstokens/{descriptor}?api-version=7.1{query}");
    world.client.get(url).bearer_auth(token).send().unwrap()
}

fn listed(world: &World, token: &str, query: &str) -> Value {
    let answer = list(world, token, &world.user, query);
    assert_eq!(answer.status(), 200);
    answer.json().unwrap()
}

fn post(world: &World, query: &str) -> RequestBuilder {
    let url = format!("{BASE}/revocations?api-version=7.1{query}");
    world.client.post(url)
}

fn revoke(world: &World, token: &str, ids: &[&str]) -> u16 {
    let body: Vec<Value> = ids.iter().map(|id| json!({ "authorizationId": id })).collect();
    let sent = post(world, "").bearer_auth(token).json(&body).send().unwrap();
    sent.status().as_u16()
}

fn add(world: &World, name: &str, with: impl FnOnce(PatSeed) -> PatSeed) -> String {
    let seed = PatSeed::new(&world.user, "acme", name, "vso.code");
    world.sim.cloud(|cloud| cloud.add_pat(with(seed)))
}

fn names(page: &Value) -> Vec<&str> {
    let entries = page["value"].as_array().unwrap();
    entries
        .iter()
        .map(|entry| entry["displayName"].as_str().unwrap())
        .collect()
}

#[test]
fn a_user_s_list_has_every_state_ssh_keys_and_times_without_a_zone() {
    let (world, token) = administered();
    add(&world, "live", |seed| seed);
    add(&world, "ended", |seed| seed.ends(now() - TimeDelta::days(3)));
    add(&world, "gone", |seed| seed.revoked(now() - TimeDelta::days(1)));
    world.sim.cloud(|cloud| {
        cloud.add_ssh_key(&world.user, "acme", "laptop");
        cloud.join(&world.user, "labs");
        cloud.add_pat(PatSeed::new(&world.user, "labs", "elsewhere", "vso.code"));
    });
    let all = listed(&world, &token, "");
    assert_eq!(names(&all), ["laptop", "live", "ended", "gone", "elsewhere"]);
    assert_eq!(all["continuationToken"], Value::Null);
    let valid: Vec<&Value> = all["value"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| &entry["isValid"])
        .collect();
    assert_eq!(valid, [true, true, true, false, true]);
    assert_eq!(all["value"][1]["validTo"], "2026-12-21T12:00:00");
    assert_eq!(
        names(&listed(&world, &token, "&isPublic=false")),
        ["live", "ended", "gone", "elsewhere"]
    );
    assert_eq!(names(&listed(&world, &token, "&isPublic=True")), ["laptop"]);
    world.sim.cloud(|cloud| cloud.manners.sessions_foreign = false);
    assert!(!names(&listed(&world, &token, "")).contains(&"elsewhere"));
}

#[test]
fn pages_are_named_by_a_guid_and_end_with_null() {
    let (world, token) = administered();
    for number in 0..45 {
        add(&world, &format!("pat-{number}"), |seed| seed);
    }
    let (mut seen, mut sizes, mut then) = (Vec::new(), Vec::new(), String::new());
    loop {
        let page = listed(&world, &token, &format!("&pageSize=20{then}"));
        sizes.push(names(&page).len());
        seen.extend(names(&page).iter().map(|name| (*name).to_owned()));
        let Some(next) = page["continuationToken"].as_str() else {
            assert!(page["continuationToken"].is_null());
            break;
        };
        assert_eq!(next.len(), 36);
        then = format!("&continuationToken={next}");
    }
    seen.dedup();
    assert_eq!((sizes, seen.len()), (vec![20, 20, 5], 45));
    world.sim.cloud(|cloud| cloud.manners.session_page_cap = 10);
    assert_eq!(names(&listed(&world, &token, "&pageSize=500")).len(), 10);
}

#[test]
fn what_is_malformed_gets_400_and_who_is_unknown_404() {
    let (world, token) = administered();
    let status = |user: &str, query: &str| list(&world, &token, user, query).status().as_u16();
    for query in [
        "&pageSize=0",
        "&pageSize=-1",
        "&pageSize=ten",
        "&isPublic=maybe",
        "&continuationToken=x",
        "&continuationToken=00000000-0000-4000-8000-000000000000",
    ] {
        assert_eq!(status(&world.user, query), 400, "{query}");
    }
    for descriptor in ["nobody", "aad.", "xyz.abc", "aad.a%20b"] {
        assert_eq!(status(descriptor, ""), 400, "{descriptor}");
    }
    assert_eq!(status("aad.bm9ib2R5", ""), 404);
    let someone = world
        .sim
        .cloud(|cloud| cloud.add_user("labs", "s@acme.example", "S"));
    assert_eq!(
        status(&someone, ""),
        404,
        "a user of another organization is unknown"
    );
}

#[test]
fn only_administrators_may_with_a_token_or_a_pat_of_the_right_scope() {
    let (world, token) = administered();
    let mine = world.sim.cloud(|cloud| cloud.full_token(&world.user));
    assert_eq!(list(&world, &mine, &world.user, "").status(), 401);
    assert_eq!(list(&world, &world.token, &world.user, "").status(), 401);
    assert_eq!(list(&world, &token, &world.user, "").status(), 200);
    let admin = world.sim.cloud(|cloud| {
        let mut users = cloud.users.iter();
        let known = users.find(|user| user.display_name == "Admin");
        known.map(|user| user.id.clone()).unwrap()
    });
    let with_pat = |owner: &str, scope: &str| {
        let secret = world.sim.cloud(|cloud| {
            let id = cloud.add_pat(PatSeed::new(owner, "acme", "tool", scope).usable());
            cloud.secret_of(&id).unwrap().to_owned()
        });
        let descriptor = world
            .sim
            .cloud(|cloud| cloud.user(owner).unwrap().descriptor.clone());
        let url = format!("{BASE}/personalaccesstokens/{descriptor}?api-version=7.1");
        let answer = world.client.get(url).basic_auth("", Some(secret)).send().unwrap();
        answer.status().as_u16()
    };
    assert_eq!(with_pat(&admin, "vso.tokenadministration"), 200);
    assert_eq!(with_pat(&admin, "vso.tokens"), 401);
    assert_eq!(with_pat(&world.user, "vso.tokenadministration"), 401);
    let app = world.sim.cloud(|cloud| {
        let client_id = cloud.add_app(AppSeed::confidential("sp").organization("acme"));
        let id = cloud.app(&client_id).unwrap().object_id.clone();
        cloud.make_administrator("acme", &id);
        let mut spec = TokenSpec::app("sp").client(&client_id);
        spec.object_id = Some(id);
        cloud.token(spec)
    });
    assert_eq!(list(&world, &app, &world.user, "").status(), 401);
    world
        .sim
        .cloud(|cloud| cloud.manners.apps_administer = AppAccess::Permitted);
    assert_eq!(list(&world, &app, &world.user, "").status(), 200);
}

#[test]
fn what_an_administrator_revokes_is_revoked_for_its_owner_and_over_basic() {
    let (world, token) = administered();
    let (first, second) = (
        add(&world, "first", PatSeed::usable),
        add(&world, "second", |seed| seed),
    );
    let key = world
        .sim
        .cloud(|cloud| cloud.add_ssh_key(&world.user, "acme", "laptop"));
    let secret = world
        .sim
        .cloud(|cloud| cloud.secret_of(&first).unwrap().to_owned());
    let open = || {
        let url = "https://dev.azure.com/acme/_apis/git/repositories?api-version=7.1";
        let answer = world
            .client
            .get(url)
            .basic_auth("", Some(&secret))
            .send()
            .unwrap();
        answer.status().as_u16()
    };
    assert_eq!(open(), 200);
    assert_eq!(
        revoke(&world, &token, &[&first.to_uppercase(), &second, &key]),
        204
    );
    assert_eq!(open(), 401);
    let own = world.get_json(&format!("{PATS}&displayFilterOption=revoked"));
    assert_eq!(own["patTokens"].as_array().unwrap().len(), 2);
    let all = listed(&world, &token, "");
    let dead = |entry: &Value| entry["isValid"] == false;
    assert!(all["value"].as_array().unwrap().iter().all(dead), "{all}");
    assert_eq!(
        revoke(&world, &token, &[&first]),
        204,
        "what is gone already is no error"
    );
}

#[test]
fn a_revocation_may_take_its_time() {
    let (world, token) = administered();
    let id = add(&world, "slow", |seed| seed);
    world
        .sim
        .cloud(|cloud| cloud.manners.revocation_lag = TimeDelta::minutes(50));
    assert_eq!(revoke(&world, &token, &[&id]), 204);
    let revoked = |world: &World| {
        let list = world.get_json(&format!("{PATS}&displayFilterOption=revoked"));
        list["patTokens"].as_array().unwrap().len()
    };
    assert_eq!(revoked(&world), 0);
    assert_eq!(listed(&world, &token, "")["value"][0]["isValid"], true);
    world
        .sim
        .cloud(|cloud| cloud.clock.advance(TimeDelta::minutes(51)));
    assert_eq!(revoked(&world), 1);
}

#[test]
fn one_unknown_id_keeps_all_from_being_revoked_unless_that_is_the_habit() {
    let (world, token) = administered();
    let known = add(&world, "known", |seed| seed);
    let foreign = world.sim.cloud(|cloud| {
        cloud.join(&world.user, "labs");
        cloud.add_pat(PatSeed::new(&world.user, "labs", "elsewhere", "vso.code"))
    });
    let state = |id: &str| world.sim.cloud(|cloud| cloud.pat(id).unwrap().revoked.is_some());
    assert_eq!(revoke(&world, &token, &[&known, &foreign]), 404);
    assert!(!state(&known));
    world
        .sim
        .cloud(|cloud| cloud.manners.unknown_revocation = UnknownRevocation::Ignored);
    assert_eq!(revoke(&world, &token, &[&known, &foreign]), 204);
    assert_eq!(
        (state(&known), state(&foreign)),
        (true, false),
        "another organization's is not touched"
    );
}

#[test]
fn a_list_of_ids_is_a_bare_array_of_guids_and_not_too_long() {
    let (world, token) = administered();
    let id = add(&world, "a", |seed| seed);
    for body in [
        json!({ "value": [{ "authorizationId": id }] }),
        json!([id]),
        json!([{ "authorizationId": "x" }]),
        json!([{}]),
        json!([]),
    ] {
        let answer = post(&world, "").bearer_auth(&token).json(&body).send().unwrap();
        assert_eq!(answer.status(), 400, "{body}");
    }
    world.sim.cloud(|cloud| cloud.manners.revocation_cap = 1);
    assert_eq!(revoke(&world, &token, &[&id, &id]), 400);
    let wrong_kind = json!([{ "authorizationId": id }]);
    let answer = post(&world, "&isPublic=true")
        .bearer_auth(&token)
        .json(&wrong_kind)
        .send()
        .unwrap();
    assert_eq!(answer.status(), 404, "a PAT is no SSH key");
    assert!(world.sim.cloud(|cloud| cloud.pat(&id).unwrap().revoked.is_none()));
}

#[test]
fn some_users_cannot_be_read_and_each_read_is_counted() {
    let (world, token) = administered();
    let statuses = [
        (Unreadable::Forbidden, 403),
        (Unreadable::Failing, 500),
        (Unreadable::Unknown, 404),
        (Unreadable::Hostile, 200),
    ];
    for (why, status) in statuses {
        let user = world.sim.cloud(|cloud| {
            cloud.enroll(
                UserSeed::new("acme", "u@acme.example", "U")
                    .kind(UserKind::Guest)
                    .unreadable(why),
            )
        });
        let answer = list(&world, &token, &user, "");
        assert_eq!(answer.status(), status, "{why:?}");
        if why == Unreadable::Hostile {
            let text = answer.text().unwrap();
            assert!(serde_json::from_str::<Value>(&text).is_err() && text.contains("##vso["));
        }
        list(&world, &token, &user, "");
        let count = world.sim.cloud(|cloud| {
            let descriptor = cloud.user(&user).unwrap().descriptor.clone();
            cloud.reads().of(&descriptor)
        });
        assert_eq!(count, 2);
    }
}
