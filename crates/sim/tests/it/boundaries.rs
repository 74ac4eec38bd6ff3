//! Stopping a run at any of its requests, and what lands after its client has left.

use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};

use crate::support::{PATS, World, world};
use chrono::TimeDelta;
use patkeeper_sim::{Action, Boundary, Fault, Match, Passage, Right, Side, TokenSpec};
use serde_json::json;

fn wish() -> serde_json::Value {
    json!({ "displayName": "a", "scope": "vso.code", "validTo": "2026-12-30T00:00:00Z" })
}

/// Lists, creates, lists; stops at the first request that fails.
fn run(world: &World) -> Result<(), reqwest::Error> {
    let list = || world.client.get(PATS).bearer_auth(&world.token).send();
    list()?;
    world
        .client
        .post(PATS)
        .bearer_auth(&world.token)
        .json(&wish())
        .send()?;
    list()?;
    Ok(())
}

fn made(world: &World) -> usize {
    world.sim.cloud(|cloud| cloud.pats.len())
}

#[test]
fn a_clean_run_names_both_sides_of_each_of_its_requests_in_order() {
    let world = world();
    let seen: Arc<Mutex<Vec<Boundary>>> = Arc::default();
    let told = Arc::clone(&seen);
    run(&world).unwrap();
    world.sim.clear_log();
    world.sim.at_boundary(move |at| {
        told.lock().unwrap().push(at.clone());
        Passage::Go
    });
    run(&world).unwrap();
    let boundaries = world.sim.boundaries();
    assert_eq!(*seen.lock().unwrap(), boundaries);
    let names: Vec<String> = boundaries.iter().map(ToString::to_string).collect();
    assert_eq!(names.len(), 6);
    assert_eq!(
        names[0],
        "before 1: GET vssps.dev.azure.com/acme/_apis/tokens/pats"
    );
    assert_eq!(
        names[3],
        "after 2: POST vssps.dev.azure.com/acme/_apis/tokens/pats"
    );
    world.sim.ignore_boundaries();
    run(&world).unwrap();
    assert_eq!(seen.lock().unwrap().len(), 6);
}

#[test]
fn a_run_that_is_cut_before_a_request_has_not_done_it_and_after_it_has() {
    for (number, side, expected, status) in [
        (1, Side::Before, 0, None),
        (1, Side::After, 0, None),
        (2, Side::Before, 0, None),
        (2, Side::After, 1, None),
        (3, Side::Before, 1, None),
        (4, Side::Before, 1, Some(200)),
    ] {
        let world = world();
        world.sim.at_boundary(move |at| {
            if (at.number, at.side) == (number, side) {
                Passage::Cut
            } else {
                Passage::Go
            }
        });
        assert_eq!(run(&world).is_ok(), number > 3, "{number} {side:?}");
        assert_eq!(made(&world), expected, "{number} {side:?}");
        let log = world.sim.log();
        assert_eq!(log.last().unwrap().status, status, "{number} {side:?}");
        assert_eq!(log.len(), number.min(3));
    }
}

#[test]
fn the_process_behind_a_request_can_be_killed_before_anything_is_done() {
    let world = world();
    let mut child = Command::new("sleep")
        .arg("600")
        .stdin(Stdio::null())
        .spawn()
        .unwrap();
    let ended: Arc<Mutex<Option<bool>>> = Arc::default();
    let told = Arc::clone(&ended);
    world.sim.at_boundary(move |at| {
        if (at.method.as_str(), at.side) != ("POST", Side::Before) {
            return Passage::Go;
        }
        child.kill().unwrap();
        let status = child.wait().unwrap();
        *told.lock().unwrap() = Some(status.success());
        Passage::Cut
    });
    assert!(run(&world).is_err());
    assert_eq!(*ended.lock().unwrap(), Some(false));
    assert_eq!(made(&world), 0);
}

#[test]
fn a_request_that_waits_at_a_boundary_lets_another_programs_go_on() {
    let world = world();
    let other = world.sim.another_proxy_url().unwrap();
    let port: u16 = other.rsplit_once(':').unwrap().1.parse().unwrap();
    let through = |proxy: &str| {
        let trusted = reqwest::Certificate::from_pem(world.sim.ca_pem().as_bytes()).unwrap();
        reqwest::blocking::Client::builder()
            .proxy(reqwest::Proxy::all(proxy).unwrap())
            .tls_certs_only([trusted])
            .build()
            .unwrap()
    };
    let (first, second) = (through(world.sim.proxy_url()), through(&other));
    let mut passed = false;
    world.sim.at_boundary(move |at| {
        passed |= at.port == port && at.side == Side::After;
        if passed || at.port == port {
            Passage::Go
        } else {
            Passage::Wait
        }
    });
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| first.get(PATS).bearer_auth(&world.token).send());
        while world.sim.log().is_empty() {
            std::thread::yield_now();
        }
        assert!(second.get(PATS).bearer_auth(&world.token).send().is_ok());
        assert!(waiting.join().unwrap().is_ok());
    });
    let log = world.sim.log();
    assert_eq!(log[1].port, port);
    assert!(log[0].port != port && log[0].took > log[1].took, "{log:#?}");
}

#[test]
fn a_request_that_is_held_back_lands_when_it_is_let_with_the_rights_of_then() {
    let world = world();
    let hold = || {
        world
            .sim
            .fault(Fault::once(Match::any().method("POST"), Action::HoldBack));
    };
    hold();
    assert!(run(&world).is_err());
    assert_eq!(made(&world), 0);
    assert_eq!(world.sim.let_land(), [200]);
    assert_eq!(made(&world), 1);
    assert!(world.sim.let_land().is_empty(), "it lands once");
    hold();
    assert!(run(&world).is_err());
    world.sim.cloud(|cloud| cloud.clock.advance(TimeDelta::hours(2)));
    assert_eq!(world.sim.let_land(), [401]);
    assert_eq!(made(&world), 1);
}

#[test]
fn every_answer_tells_the_clouds_time_and_not_the_machines() {
    let world = world();
    let date = |url: &str, token: &str| {
        let answer = world.client.get(url).bearer_auth(token).send().unwrap();
        answer.headers()["date"].to_str().unwrap().to_owned()
    };
    assert_eq!(date(PATS, &world.token), "Sat, 21 Nov 2026 12:00:00 GMT");
    world
        .sim
        .cloud(|cloud| cloud.clock.advance(TimeDelta::minutes(-3)));
    let vault = world.sim.cloud(|cloud| {
        cloud.grant("acme-kv", "ci", Right::ALL);
        cloud.token(TokenSpec::app("ci").audience("https://vault.azure.net"))
    });
    let secrets = "https://acme-kv.vault.azure.net/secrets?api-version=2025-07-01";
    assert_eq!(date(secrets, &vault), "Sat, 21 Nov 2026 11:57:00 GMT");
    world.sim.fault(Fault::once(
        Match::any(),
        Action::Header("Date".into(), "Thu, 01 Jan 2026 00:00:00 GMT".into()),
    ));
    assert_eq!(date(PATS, &world.token), "Thu, 01 Jan 2026 00:00:00 GMT");
}
