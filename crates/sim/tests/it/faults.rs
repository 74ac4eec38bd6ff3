//! What can be made to go wrong, and what the books and the log say then.

use std::error::Error;
use std::time::Duration;

use crate::support::{PATS, World, world};
use patkeeper_sim::{Action, Fault, Match, PatSeed, Refusal, fingerprint};
use serde_json::json;

fn create(world: &World) -> Result<reqwest::blocking::Response, reqwest::Error> {
    let body = json!({ "displayName": "a", "scope": "vso.code", "validTo": "2026-12-30T00:00:00Z" });
    world
        .client
        .post(PATS)
        .bearer_auth(&world.token)
        .json(&body)
        .send()
}

fn made(world: &World) -> usize {
    world.sim.cloud(|cloud| cloud.pats.len())
}

fn is_reset(error: &reqwest::Error) -> bool {
    let mut source = error.source();
    while let Some(inner) = source {
        let kind = inner.downcast_ref::<std::io::Error>().map(std::io::Error::kind);
        if kind == Some(std::io::ErrorKind::ConnectionReset) {
            return true;
        }
        source = inner.source();
    }
    false
}

#[test]
fn a_reset_is_a_real_one_and_before_processing_nothing_is_done() {
    let world = world();
    world
        .sim
        .fault(Fault::once(Match::any().method("POST"), Action::ResetBefore));
    let error = create(&world).unwrap_err();
    assert!(is_reset(&error), "{error:?}");
    assert_eq!(made(&world), 0);
    assert_eq!(create(&world).unwrap().status(), 200);
}

#[test]
fn after_processing_only_the_answer_is_lost() {
    let world = world();
    world
        .sim
        .fault(Fault::once(Match::any().method("POST"), Action::ResetAfter));
    assert!(is_reset(&create(&world).unwrap_err()));
    assert_eq!(made(&world), 1);
    let lost = Action::Status {
        status: 503,
        processed: true,
        retry_after: Some(4),
    };
    world.sim.fault(Fault::once(Match::any().method("POST"), lost));
    let answer = create(&world).unwrap();
    assert_eq!(answer.status(), 503);
    assert_eq!(answer.headers()["retry-after"], "4");
    assert_eq!(made(&world), 2);
    world.sim.fault(Fault::once(Match::any(), Action::status(500)));
    assert_eq!(create(&world).unwrap().status(), 500);
    assert_eq!(made(&world), 2);
}

#[test]
fn a_connection_can_end_in_silence_instead() {
    let world = world();
    world
        .sim
        .fault(Fault::once(Match::any().method("POST"), Action::CloseBefore));
    let error = create(&world).unwrap_err();
    assert!(!is_reset(&error), "{error:?}");
    assert_eq!(made(&world), 0);
}

#[test]
fn any_failure_inside_a_200_can_be_ordered_and_makes_nothing() {
    let world = world();
    for (error, message) in [
        ("failedToReadTenantPolicy", None),
        ("notYetInvented", Some("New.".to_owned())),
    ] {
        let what = Action::PatError {
            error: error.to_owned(),
            message: message.clone(),
        };
        world.sim.fault(Fault::once(Match::any(), what));
        let answer: serde_json::Value = create(&world).unwrap().json().unwrap();
        assert_eq!(
            (&answer["patToken"], answer["patTokenError"].as_str()),
            (&json!(null), Some(error))
        );
        assert_eq!(
            answer.get("patTokenErrorMessage").and_then(|text| text.as_str()),
            message.as_deref()
        );
    }
    assert_eq!(made(&world), 0);
}

#[test]
fn a_truncated_body_promises_more_than_comes() {
    let world = world();
    world.sim.fault(Fault::once(Match::any(), Action::Truncate(10)));
    let answer = world.get(PATS);
    assert_eq!(answer.status(), 200);
    assert!(answer.content_length().unwrap() > 10);
    assert!(answer.bytes().is_err());
    assert_eq!(world.get_json(PATS)["continuationToken"], "");
}

#[test]
fn a_hanging_request_is_in_the_log_without_an_answer() {
    let world = world();
    world.sim.fault(Fault::once(Match::any(), Action::Hang));
    let (client, token) = (world.client.clone(), world.token.clone());
    let asking = std::thread::spawn(move || client.get(PATS).bearer_auth(token).send().is_err());
    let line = loop {
        match world.sim.log().pop() {
            Some(line) => break line,
            None => std::thread::yield_now(),
        }
    };
    assert_eq!((line.status, line.fault.as_deref()), (None, Some("hang")));
    drop(world.sim);
    assert!(asking.join().unwrap(), "only the simulator's end ends the wait");
}

#[test]
fn an_answer_can_be_spoiled_in_each_way() {
    let world = world();
    let spoiled = |action: Action| {
        world.sim.fault(Fault::once(Match::any(), action));
        let answer = world.get(PATS);
        let kind = answer
            .headers()
            .get("content-type")
            .map(|value| value.to_str().unwrap().to_owned());
        (
            answer.status().as_u16(),
            kind.unwrap_or_default(),
            answer.text().unwrap(),
        )
    };
    let (status, kind, body) = spoiled(Action::GarbageJson);
    assert_eq!((status, kind.as_str()), (200, "application/json; charset=utf-8"));
    assert!(serde_json::from_str::<serde_json::Value>(&body).is_err());
    let (_, kind, body) = spoiled(Action::ContentType("text/html".into()));
    assert_eq!(kind, "text/html");
    assert!(serde_json::from_str::<serde_json::Value>(&body).is_ok());
    assert_eq!(spoiled(Action::ContentType(String::new())).1, "");
    let huge = spoiled(Action::Huge(1_000_000)).2;
    assert!(huge.len() >= 1_000_000 && serde_json::from_str::<serde_json::Value>(&huge).is_ok());
    assert_eq!(spoiled(Action::Refuse(Refusal::SignInPage)).0, 203);
    let limited = spoiled(Action::Refuse(Refusal::RateLimited { retry_after: None }));
    assert!(limited.0 == 429 && limited.2.contains("TF400733"));
    let replaced = Action::Replace {
        status: 418,
        content_type: "text/x-tea".into(),
        body: "short".into(),
    };
    assert_eq!(spoiled(replaced), (418, "text/x-tea".into(), "short".into()));
    world.sim.fault(Fault::once(
        Match::any(),
        Action::Header("Retry-After".into(), "9".into()),
    ));
    assert_eq!(world.get(PATS).headers()["retry-after"], "9");
}

#[test]
fn a_delay_only_delays() {
    let world = world();
    let wait = Duration::from_millis(30);
    world.sim.fault(Fault::once(Match::any(), Action::Delay(wait)));
    world.get_json(PATS);
    assert!(world.sim.log()[0].took.unwrap() >= wait);
    world.sim.set_latency(wait);
    world.get_json(PATS);
    assert!(world.sim.log()[1].took.unwrap() >= wait);
}

#[test]
fn a_fault_strikes_the_requests_it_is_for_and_as_often_as_said() {
    let world = world();
    let statuses = |urls: &[&str]| {
        urls.iter()
            .map(|url| world.get(url).status().as_u16())
            .collect::<Vec<_>>()
    };
    let other = "https://dev.azure.com/acme/_apis/connectionData?api-version=7.1-preview";
    let expired = format!("{PATS}&displayFilterOption=expired");
    let here = || {
        Match::any()
            .method("get")
            .host("VSSPS.dev.azure.com")
            .path("Tokens/pats")
    };
    world.sim.fault(Fault {
        when: here().nth(2),
        what: Action::status(502),
        times: Some(2),
    });
    assert_eq!(
        statuses(&[PATS, other, PATS, PATS, PATS, other]),
        [200, 200, 502, 502, 200, 200]
    );
    world.sim.clear_faults();
    world
        .sim
        .fault(Fault::always(here().query("=EXPIRED"), Action::status(503)));
    assert_eq!(statuses(&[PATS, &expired, &expired, PATS]), [200, 503, 503, 200]);
}

#[test]
fn faults_set_one_after_another_strike_one_after_another() {
    let world = world();
    world.sim.fault(Fault::once(Match::any(), Action::status(500)));
    world.sim.fault(Fault::once(Match::any(), Action::status(502)));
    let statuses: Vec<_> = (0..3).map(|_| world.get(PATS).status().as_u16()).collect();
    assert_eq!(statuses, [500, 502, 200]);
}

#[test]
fn the_log_tells_who_asked_what_and_no_secret() {
    let world = world();
    let secret = world.sim.cloud(|cloud| {
        let id = cloud.add_pat(PatSeed::new(&world.user, "acme", "a", "vso.build").usable());
        cloud.secret_of(&id).unwrap().to_owned()
    });
    let client = &world.client;
    client.get(PATS).send().unwrap();
    client
        .get(format!("{PATS}&continuationToken={}", world.token))
        .bearer_auth(&world.token)
        .send()
        .unwrap();
    let builds = "https://dev.azure.com/acme/_apis/build/definitions?api-version=7.1";
    client.get(builds).basic_auth("", Some(&secret)).send().unwrap();
    client
        .post(PATS)
        .bearer_auth(&world.token)
        .json(&json!({ "displayName": secret }))
        .send()
        .unwrap();
    let log = world.sim.log();
    let identities: Vec<_> = log.iter().map(|line| line.identity.as_str()).collect();
    assert_eq!(identities[..2], ["anonymous", "user:svc-build@acme.example"]);
    assert!(identities[2].starts_with("pat:"));
    assert_eq!(
        log.iter().map(|line| line.status).collect::<Vec<_>>(),
        [Some(203), Some(400), Some(200), Some(200)]
    );
    let written = format!("{log:?}");
    assert!(!written.contains(&secret) && !written.contains(&world.token));
    assert!(log[3].body.contains(&fingerprint(&secret)));
    assert_eq!(
        log[1].header("Authorization"),
        Some(format!("Bearer <secret {}>", fingerprint(&world.token)).as_str())
    );
    world.sim.clear_log();
    assert!(world.sim.log().is_empty());
}
