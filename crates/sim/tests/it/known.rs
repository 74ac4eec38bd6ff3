//! Who an answer says was asking, and what organizations with public projects tell everybody.

use crate::support::{World, world};
use chrono::TimeDelta;
use patkeeper_sim::PatSeed;
use reqwest::blocking::Response;
use serde_json::Value;

const CONNECTION: &str = "https://dev.azure.com/acme/_apis/connectionData?api-version=7.1-preview";
const PROJECTS: &str = "https://dev.azure.com/acme/_apis/projects?api-version=7.1";
const CONTROLLERS: &str = "https://dev.azure.com/acme/_apis/build/controllers?api-version=7.1";

fn with_pat(world: &World, url: &str, pat: &str) -> Response {
    world.client.get(url).basic_auth("", Some(pat)).send().unwrap()
}

fn user_data(answer: &Response) -> Option<String> {
    let value = answer.headers().get("x-vss-userdata")?;
    Some(value.to_str().unwrap().to_owned())
}

/// The text of a PAT with these scopes.
fn pat(world: &World, scopes: &str) -> String {
    world.sim.cloud(|cloud| {
        let id = cloud.add_pat(PatSeed::new(&world.user, "acme", "a", scopes).usable());
        cloud.secret_of(&id).unwrap().to_owned()
    })
}

#[test]
fn answers_name_whom_the_service_knows_and_nobody_else() {
    let world = world();
    let expected = format!("{}:svc-build@acme.example", world.user);
    let pat = pat(&world, "vso.build");
    assert_eq!(user_data(&world.get(CONNECTION)), Some(expected.clone()));
    assert_eq!(
        user_data(&with_pat(&world, CONTROLLERS, &pat)),
        Some(expected.clone())
    );
    let missing = with_pat(
        &world,
        "https://dev.azure.com/acme/_apis/none?api-version=7.1",
        &pat,
    );
    assert_eq!(
        (missing.status().as_u16(), user_data(&missing)),
        (404, Some(expected))
    );
    for (url, pat) in [(PROJECTS, pat.as_str()), (CONTROLLERS, "made-up")] {
        let refused = with_pat(&world, url, pat);
        assert_eq!(user_data(&refused), None, "{url} {}", refused.status());
    }
    world.sim.cloud(|cloud| cloud.clock.advance(TimeDelta::days(60)));
    assert_eq!(user_data(&with_pat(&world, CONTROLLERS, &pat)), None);
}

#[test]
fn where_projects_are_public_a_pat_that_is_none_is_answered_as_nobody() {
    let world = world();
    let good = pat(&world, "vso.project");
    let answers = |pat: &str| [CONNECTION, PROJECTS, CONTROLLERS].map(|url| with_pat(&world, url, pat));
    assert_eq!(
        answers("made-up").map(|answer| answer.status().as_u16()),
        [203; 3]
    );
    world
        .sim
        .cloud(|cloud| cloud.organization_mut("acme").unwrap().public = true);
    let [connection, projects, controllers] = answers("made-up");
    assert_eq!((projects.status().as_u16(), user_data(&projects)), (200, None));
    assert_eq!(controllers.status(), 203);
    let connection: Value = connection.json().unwrap();
    let descriptor = connection["authenticatedUser"]["descriptor"].as_str().unwrap();
    assert!(descriptor.starts_with("System:PublicAccess"), "{descriptor}");
    let [connection, projects, _] = answers(&good);
    assert!(user_data(&projects).is_some());
    let connection: Value = connection.json().unwrap();
    assert_eq!(connection["authenticatedUser"]["id"], world.user);
}
