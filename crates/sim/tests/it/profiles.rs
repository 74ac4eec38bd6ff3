//! What a leaked PAT tells about its owner, and in which organizations it works.

use chrono::TimeDelta;
use patkeeper_sim::PatSeed;
use reqwest::blocking::Response;
use serde_json::Value;

use crate::support::{World, world};

const ME: &str = "https://app.vssps.visualstudio.com/_apis/profile/profiles/me?api-version=7.1";
const ACCOUNTS: &str = "https://app.vssps.visualstudio.com/_apis/accounts?api-version=7.1";

fn pat(world: &World, scope: &str, with: impl FnOnce(PatSeed) -> PatSeed) -> String {
    world.sim.cloud(|cloud| {
        let seed = PatSeed::new(&world.user, "acme", "leaked", scope).usable();
        let id = cloud.add_pat(with(seed));
        cloud.secret_of(&id).unwrap().to_owned()
    })
}

fn ask(world: &World, url: &str, secret: &str) -> Response {
    world.client.get(url).basic_auth("", Some(secret)).send().unwrap()
}

#[test]
fn a_pat_of_one_organization_is_refused_and_a_global_one_with_the_scope_is_not() {
    let world = world();
    let bound = pat(&world, "vso.profile", |seed| seed);
    let global = pat(&world, "vso.profile", PatSeed::global);
    let narrow = pat(&world, "vso.code", PatSeed::global);
    assert_eq!(
        [&bound, &global, &narrow].map(|secret| ask(&world, ME, secret).status().as_u16()),
        [401, 200, 401]
    );
    assert_eq!(ask(&world, ME, "made-up").status(), 203);
    world.sim.cloud(|cloud| {
        cloud.join(&world.user, "labs");
        cloud.add_organization("not-mine");
    });
    let id = ask(&world, ME, &global).json::<Value>().unwrap()["id"].clone();
    assert_eq!(id, world.user.as_str());
    let url = format!("{ACCOUNTS}&memberId={}", world.user);
    let accounts: Value = ask(&world, &url, &global).json().unwrap();
    let names: Vec<&str> = accounts["value"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|account| account["accountName"].as_str())
        .collect();
    assert_eq!(names, ["acme", "labs"]);
    assert_eq!(accounts["value"][0]["accountId"], world.account.as_str());
    assert_eq!(
        ask(&world, ACCOUNTS, &global).status(),
        400,
        "somebody has to be named"
    );
    world.sim.cloud(|cloud| cloud.clock.advance(TimeDelta::days(11)));
    assert_eq!(ask(&world, ME, &global).status(), 401, "global PATs have ended");
}

#[test]
fn a_user_s_token_works_with_the_scope() {
    let world = world();
    assert_eq!(world.get(ME).status(), 401);
    let token = world.sim.cloud(|cloud| cloud.full_token(&world.user));
    let answer = world.client.get(ME).bearer_auth(&token).send().unwrap();
    assert_eq!(answer.status(), 200);
    let other = format!("{ACCOUNTS}&memberId={}", world.account);
    let answer = world.client.get(other).bearer_auth(&token).send().unwrap();
    assert_eq!(answer.status(), 401);
}

#[test]
fn connection_data_answers_a_pat_of_the_organization() {
    let world = world();
    let secret = pat(&world, "vso.code", |seed| seed);
    let url = "https://dev.azure.com/acme/_apis/connectionData?api-version=7.1-preview";
    let answer: Value = ask(&world, url, &secret).json().unwrap();
    assert_eq!(answer["authenticatedUser"]["id"], world.user.as_str());
    assert_eq!(answer["instanceId"], world.account.as_str());
}
