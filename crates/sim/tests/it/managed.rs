//! Managed identities, on a virtual machine and in App Service.

use std::net::{Ipv4Addr, SocketAddr};

use patkeeper_sim::{Action, Fault, ManagedIdentity, Match};
use reqwest::blocking::{Client, RequestBuilder, Response};
use serde_json::Value;

use crate::support::{World, builder, claims, world};

const VAULT: &str = "https://vault.azure.net";

fn direct(world: &World) -> Client {
    builder(&world.sim).no_proxy().build().unwrap()
}

fn imds(world: &World) -> String {
    let loopback = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let address = world.sim.imds(loopback).unwrap();
    format!("http://{address}/metadata/identity/oauth2/token?api-version=2018-02-01&resource={VAULT}")
}

fn get(client: &Client, url: &str) -> RequestBuilder {
    client.get(url).header("Metadata", "true")
}

fn body(request: RequestBuilder) -> (u16, Value) {
    let answer: Response = request.send().unwrap();
    (answer.status().as_u16(), answer.json().unwrap())
}

#[test]
fn a_machine_gives_tokens_of_the_identity_that_is_meant() {
    let world = world();
    let (client, url) = (direct(&world), imds(&world));
    let (status, nobody) = body(get(&client, &url));
    assert_eq!(status, 400);
    assert_eq!(nobody["error"], "invalid_request");
    assert_eq!(nobody["error_description"], "Identity not found");
    let add = |name: &str, kind| world.sim.cloud(|cloud| cloud.add_managed_identity(name, kind));
    let first = add("id-one", ManagedIdentity::User);
    assert_eq!(body(get(&client, &url)).1["client_id"], first.as_str());
    let second = add("id-two", ManagedIdentity::User);
    let (_, several) = body(get(&client, &url));
    let text = several["error_description"].as_str().unwrap();
    assert!(
        text.starts_with("Multiple user assigned identities exist"),
        "{text}"
    );
    let (_, chosen) = body(get(&client, &format!("{url}&client_id={second}")));
    assert_eq!(chosen["client_id"], second.as_str());
    let system = add("vm-agent", ManagedIdentity::System);
    let (status, own) = body(get(&client, &url));
    assert_eq!((status, &own["client_id"]), (200, &system.as_str().into()));
    assert!(own["expires_on"].is_string() && own["expires_in"].is_string());
    let claims = claims(own["access_token"].as_str().unwrap());
    assert_eq!(claims["aud"], VAULT);
    assert_eq!(claims["idtyp"], "app");
    let (status, _) = body(get(&client, &format!("{url}&client_id=nobody")));
    assert_eq!(status, 400);
}

#[test]
fn the_metadata_service_wants_its_header_and_no_proxy_s() {
    let world = world();
    let (client, url) = (direct(&world), imds(&world));
    world
        .sim
        .cloud(|cloud| cloud.add_managed_identity("vm", ManagedIdentity::System));
    for refused in [
        client.get(&url),
        get(&client, &url).header("X-Forwarded-For", "192.0.2.1"),
        get(&client, &url.replace("2018-02-01", "2001-01-01")),
        get(&client, &url.replace("api-version=2018-02-01&", "")),
        get(&client, url.split('&').next().unwrap()),
        get(&client, &url.replace("vault.azure.net", "nothing.example")),
    ] {
        let (status, body) = body(refused);
        assert_eq!(status, 400, "{body}");
        assert!(body["error"].is_string());
    }
    assert_eq!(body(get(&client, &url)).0, 200);
    let through_the_proxy = get(
        &world.client,
        "http://169.254.169.254/metadata/identity/oauth2/token",
    );
    assert_eq!(through_the_proxy.send().unwrap().status(), 501);
    assert!(
        world
            .sim
            .tunnels()
            .iter()
            .any(|asked| asked.path.contains("169.254.169.254"))
    );
}

#[test]
fn the_metadata_service_can_go_wrong_like_anything_else() {
    let world = world();
    let (client, url) = (direct(&world), imds(&world));
    world
        .sim
        .cloud(|cloud| cloud.add_managed_identity("vm", ManagedIdentity::System));
    for status in [404, 410, 429, 500] {
        let here = Match::any().host("169.254.169.254");
        world.sim.fault(Fault::once(here, Action::status(status)));
        assert_eq!(get(&client, &url).send().unwrap().status(), status);
    }
    assert_eq!(get(&client, &url).send().unwrap().status(), 200);
}

#[test]
fn app_service_wants_the_secret_that_it_told_the_site() {
    let world = world();
    let client = direct(&world);
    let endpoint = world.sim.identity_endpoint().unwrap();
    let other = world.sim.identity_endpoint().unwrap();
    let url = format!("{}?api-version=2019-08-01&resource={VAULT}", endpoint.url);
    let asked = |header: &str| body(client.get(&url).header("X-IDENTITY-HEADER", header));
    assert_eq!(asked(&endpoint.header).0, 400);
    world
        .sim
        .cloud(|cloud| cloud.add_managed_identity("site", ManagedIdentity::System));
    let (status, given) = asked(&endpoint.header);
    assert_eq!(status, 200);
    assert!(given["expires_on"].is_string());
    assert_eq!(claims(given["access_token"].as_str().unwrap())["aud"], VAULT);
    assert_eq!(asked(&other.header).0, 401);
    assert_eq!(body(client.get(&url)).0, 401);
    let old = client
        .get(url.replace("2019-08-01", "2017-09-01"))
        .header("X-IDENTITY-HEADER", &endpoint.header);
    assert_eq!(body(old).0, 400);
    assert!(
        world
            .sim
            .cloud(|cloud| cloud.secrets())
            .contains(&endpoint.header)
    );
    assert!(!format!("{:?}", world.sim.log()).contains(&endpoint.header));
}
