//! Graph: pages of users with all that is in them, service principals, and the other ways to look somebody up.

use std::collections::BTreeSet;

use patkeeper_sim::generate::{CrowdPlan, crowd};
use patkeeper_sim::{AppSeed, TokenSpec, UserKind, UserSeed};
use reqwest::blocking::Response;
use serde_json::Value;

use crate::support::{World, world};

const USERS: &str = "https://vssps.dev.azure.com/acme/_apis/graph/users?api-version=7.2-preview.1";

fn full(world: &World) -> String {
    world.sim.cloud(|cloud| cloud.full_token(&world.user))
}

fn ask(world: &World, url: &str, token: &str) -> Response {
    world.client.get(url).bearer_auth(token).send().unwrap()
}

fn next(answer: &Response) -> Option<String> {
    let token = answer.headers().get("x-ms-continuationtoken")?;
    Some(token.to_str().unwrap().to_owned())
}

/// The entries of each page.
fn pages(world: &World, query: &str) -> Vec<Vec<Value>> {
    let token = full(world);
    let mut pages = Vec::new();
    let mut then = String::new();
    loop {
        let answer = ask(world, &format!("{USERS}{query}{then}"), &token);
        assert_eq!(answer.status(), 200);
        let follows = next(&answer);
        let body: Value = answer.json().unwrap();
        let page = body["value"].as_array().unwrap().clone();
        assert_eq!(body["count"], page.len());
        pages.push(page);
        match follows {
            None => return pages,
            Some(token) => {
                let escaped: String = form_urlencoded::byte_serialize(token.as_bytes()).collect();
                then = format!("&continuationToken={escaped}");
            }
        }
    }
}

fn texts(entries: &[Value], key: &str) -> Vec<String> {
    entries
        .iter()
        .map(|entry| entry[key].as_str().unwrap_or_default().to_owned())
        .collect()
}

#[test]
fn every_kind_of_user_is_listed_as_the_service_tells_them_apart() {
    let world = world();
    world.sim.cloud(|cloud| {
        let seed = |name: &str| UserSeed::new("acme", &format!("{name}@acme.example"), name);
        cloud.enroll(seed("guest").kind(UserKind::Guest).without_mail());
        cloud.enroll(seed("msa").kind(UserKind::MicrosoftAccount));
        cloud.enroll(UserSeed::new("acme", "6d0f", "Build").kind(UserKind::BuildService));
        cloud.enroll(UserSeed::new("acme", "agent", "Agent").kind(UserKind::ServiceIdentity));
        cloud.enroll(seed("gone").deleted_in_origin());
        cloud.add_user("labs", "other@acme.example", "Other");
    });
    let all = pages(&world, "").concat();
    assert_eq!(
        texts(&all, "domain")[2..5],
        ["Windows Live ID", "Build", "LOCAL AUTHORITY"]
    );
    let kinds: Vec<String> = texts(&all, "descriptor")
        .iter()
        .map(|descriptor| descriptor.split('.').next().unwrap().to_owned())
        .collect();
    assert_eq!(kinds, ["aad", "aad", "msa", "svc", "svc", "aad"]);
    assert_eq!(all[1]["mailAddress"], "");
    assert_eq!(all[1]["metaType"], "guest");
    assert_eq!(all[5]["isDeletedInOrigin"], true);
    assert!(all[0].get("isDeletedInOrigin").is_none());
    let owners = pages(&world, "&subjectTypes=aad,msa").concat();
    assert_eq!(owners.len(), 4);
}

#[test]
fn pages_come_short_and_empty_while_more_follow_and_the_header_alone_ends_them() {
    let world = world();
    world.sim.cloud(|cloud| {
        crowd(cloud, "acme", &CrowdPlan::of(5, 400));
        cloud.manners.graph_page = 50;
    });
    let pages = pages(&world, "&subjectTypes=aad,msa");
    let sizes: Vec<usize> = pages.iter().map(Vec::len).collect();
    assert_eq!(sizes.first(), Some(&0), "{sizes:?}");
    assert!(sizes.iter().filter(|size| **size == 0).count() >= 3, "{sizes:?}");
    assert!(sizes.iter().any(|size| (1..50).contains(size)), "{sizes:?}");
    let all: BTreeSet<String> = texts(&pages.concat(), "descriptor").into_iter().collect();
    // The crowd, its administrator, and the user of the test.
    assert_eq!((all.len(), pages.concat().len()), (402, 402));
}

#[test]
fn a_page_is_asked_for_with_the_selection_of_the_first() {
    let world = world();
    let token = full(&world);
    let first = ask(&world, &format!("{USERS}&subjectTypes=aad"), &token);
    let next = next(&first).unwrap();
    let escaped: String = form_urlencoded::byte_serialize(next.as_bytes()).collect();
    assert_ne!(escaped, next, "a token has letters that a query must escape");
    let other = ask(&world, &format!("{USERS}&continuationToken={escaped}"), &token);
    assert_eq!(other.status(), 400);
    let raw = ask(
        &world,
        &format!("{USERS}&subjectTypes=aad&continuationToken={next}"),
        &token,
    );
    assert_eq!(raw.status(), 400, "sent as it came, it is another token");
}

#[test]
fn graph_needs_its_scope_and_a_preview_version() {
    let world = world();
    assert_eq!(world.get(USERS).status(), 401, "vso.pats does not open it");
    let graph = world
        .sim
        .cloud(|cloud| cloud.token(TokenSpec::user(&world.user).scopes("vso.graph")));
    assert_eq!(ask(&world, USERS, &graph).status(), 200);
    assert_eq!(
        ask(&world, &USERS.replace("-preview.1", ""), &graph).status(),
        400
    );
}

#[test]
fn service_principals_are_those_of_the_organization() {
    let world = world();
    let client_id = world.sim.cloud(|cloud| {
        cloud.add_app(AppSeed::confidential("elsewhere").organization("labs"));
        cloud.add_app(AppSeed::confidential("sp-deploy").organization("acme"))
    });
    world.sim.cloud(|cloud| cloud.manners.graph_empty_every = 0);
    let url = USERS.replace("users", "serviceprincipals");
    let answer: Value = ask(&world, &url, &full(&world)).json().unwrap();
    assert_eq!(answer["count"], 1);
    assert_eq!(answer["value"][0]["applicationId"], client_id.as_str());
    assert!(
        answer["value"][0]["descriptor"]
            .as_str()
            .unwrap()
            .starts_with("aadsp.")
    );
}

#[test]
fn a_user_is_found_by_storage_key_mail_and_descriptor() {
    let world = world();
    let (token, user, member) = world.sim.cloud(|cloud| {
        crowd(cloud, "acme", &CrowdPlan::of(5, 40));
        let member = cloud.crowd("acme").unwrap().user(7);
        let user = cloud.user(&world.user).unwrap().clone();
        (cloud.full_token(&world.user), user, member)
    });
    for known in [&user, &member] {
        let url = USERS.replace("users?", &format!("descriptors/{}?", known.id));
        let answer: Value = ask(&world, &url, &token).json().unwrap();
        assert_eq!(answer["value"], known.descriptor.as_str());
        let base = "https://vssps.dev.azure.com/acme/_apis/identities?api-version=7.1";
        let url = format!("{base}&subjectDescriptors={}", known.descriptor);
        let answer: Value = ask(&world, &url, &token).json().unwrap();
        assert_eq!(answer["value"][0]["id"], known.id.as_str());
    }
    let url = USERS.replace("users?", &format!("descriptors/{}?", world.account));
    assert_eq!(ask(&world, &url, &token).status(), 404);
    let url =
        "https://vssps.dev.azure.com/acme/_apis/identities?api-version=7.1&searchFilter=General&filterValue=";
    let found: Value = ask(&world, &format!("{url}SVC-build@acme.example"), &token)
        .json()
        .unwrap();
    assert_eq!(found["value"][0]["subjectDescriptor"], user.descriptor.as_str());
    let nobody: Value = ask(&world, &format!("{url}nobody@acme.example"), &token)
        .json()
        .unwrap();
    assert_eq!(nobody["count"], 0);
}
