//! The proxy and its certificates.

use crate::support::{PATS, builder, client, world, world_with};
use patkeeper_sim::{Action, Certificate, Fault, Match, Sim, SimConfig};
use reqwest::Proxy;

/// Whether a client that trusts only the simulator's CA accepts `host`, and if not, in which words.
fn connects(sim: &Sim, host: &str) -> Result<(), String> {
    let result = client(sim).get(format!("https://{host}/")).send();
    result.map(drop).map_err(|error| format!("{error:?}"))
}

#[test]
fn real_names_are_answered_under_the_simulators_own_ca() {
    let world = world();
    for host in [
        "dev.azure.com",
        "vssps.dev.azure.com",
        "acme.visualstudio.com",
        "acme.vssps.visualstudio.com",
        "hooks.slack.com",
        "prod-07.westeurope.logic.azure.com",
        "acme.webhook.office.com",
        "hooks.acme.example",
    ] {
        assert_eq!(connects(&world.sim, host), Ok(()), "{host}");
    }
}

#[test]
fn a_host_that_is_not_played_gets_502_and_nothing_leaves() {
    let world = world();
    assert!(connects(&world.sim, "crates.example.org").is_err());
    let tunnels = world.sim.tunnels();
    assert_eq!(
        (tunnels[0].method.as_str(), tunnels[0].status),
        ("CONNECT", Some(502))
    );
    assert!(world.sim.log().is_empty());
}

#[test]
fn plain_http_is_not_carried() {
    let world = world();
    let answer = world.client.get("http://dev.azure.com/acme").send().unwrap();
    assert_eq!(answer.status(), 501);
}

#[test]
fn a_bad_certificate_is_bad_for_its_host_only() {
    let world = world();
    for (kind, word) in [
        (Certificate::Expired, "Expired"),
        (Certificate::WrongName, "NotValidForName"),
        (Certificate::UntrustedCa, "UnknownIssuer"),
    ] {
        world.sim.certificate("dev.azure.com", kind);
        let error = connects(&world.sim, "dev.azure.com").unwrap_err();
        assert!(error.contains(word), "{kind:?}: {error}");
        assert_eq!(connects(&world.sim, "vssps.dev.azure.com"), Ok(()));
    }
    world.sim.certificate("dev.azure.com", Certificate::Good);
    assert_eq!(connects(&world.sim, "dev.azure.com"), Ok(()));
}

#[test]
fn a_proxy_with_a_password_refuses_who_does_not_know_it() {
    let world = world_with(SimConfig {
        proxy_auth: Some(("agent".into(), "not-a-secret".into())),
        ..SimConfig::default()
    });
    assert!(connects(&world.sim, "dev.azure.com").is_err());
    assert_eq!(world.sim.tunnels()[0].status, Some(407));
    let proxy = Proxy::all(world.sim.proxy_url())
        .unwrap()
        .basic_auth("agent", "not-a-secret");
    let knowing = builder(&world.sim).proxy(proxy).build().unwrap();
    assert_eq!(
        knowing
            .get(PATS)
            .bearer_auth(&world.token)
            .send()
            .unwrap()
            .status(),
        200
    );
}

#[test]
fn one_connection_carries_many_requests() {
    let world = world();
    for _ in 0..5 {
        world.get_json(PATS);
    }
    assert_eq!(world.sim.tunnels().len(), 1);
    assert_eq!(world.sim.log().len(), 5);
}

#[test]
fn the_proxy_itself_can_fail() {
    let world = world();
    world
        .sim
        .fault(Fault::once(Match::any().method("CONNECT"), Action::status(503)));
    assert!(connects(&world.sim, "dev.azure.com").is_err());
    assert_eq!(connects(&world.sim, "dev.azure.com"), Ok(()));
}

#[test]
fn a_simulator_that_was_dropped_takes_no_more_connections() {
    let world = world();
    world.get_json(PATS);
    let (client, token, address) = (world.client.clone(), world.token.clone(), world.sim.address());
    drop(world.sim);
    assert!(client.get(PATS).bearer_auth(token).send().is_err());
    assert!(std::net::TcpStream::connect(address).is_err());
}
