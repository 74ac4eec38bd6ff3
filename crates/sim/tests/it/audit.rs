//! The audit log: what is written, how it is read, and the ways in which there is nothing to read.

use chrono::{DateTime, TimeDelta, Utc};
use patkeeper_sim::{AppAccess, AuditOff, AuditSeed, PatSeed, TokenSpec, UserSeed};
use reqwest::blocking::Response;
use serde_json::{Value, json};

use crate::support::{World, now, world};

const LOG: &str = "https://auditservice.dev.azure.com/acme/_apis/audit/auditlog?api-version=7.2-preview.1&skipAggregation=true";

/// A world with auditing on, no odd escapes, and an administrator's token.
fn audited() -> (World, String) {
    let world = world();
    let token = world.sim.cloud(|cloud| {
        let admin = cloud.enroll(UserSeed::new("acme", "admin@acme.example", "Admin").administrator());
        cloud.audit("acme", true);
        cloud.manners.audit_bad_escapes = 0;
        cloud.full_token(&admin)
    });
    (world, token)
}

fn ask(world: &World, token: &str, query: &str) -> Response {
    let request = world.client.get(format!("{LOG}{query}")).bearer_auth(token);
    request.send().unwrap()
}

fn page(world: &World, token: &str, query: &str) -> Value {
    let answer = ask(world, token, query);
    assert_eq!(answer.status(), 200, "{query}");
    answer.json().unwrap()
}

fn actions(page: &Value) -> Vec<&str> {
    let entries = page["decoratedAuditLogEntries"].as_array().unwrap();
    entries
        .iter()
        .map(|entry| entry["actionId"].as_str().unwrap())
        .collect()
}

fn seed(world: &World, action: &str, ago: TimeDelta) {
    world
        .sim
        .cloud(|cloud| cloud.add_event(AuditSeed::new("acme", action).at(now() - ago)));
}

#[test]
fn what_happens_to_pats_is_written_with_actor_and_agent_and_asking_too() {
    let (world, token) = audited();
    let made =
        world.create(&json!({ "displayName": "ci", "scope": "vso.code", "validTo": "2026-12-20T00:00:00Z" }));
    let id = made["patToken"]["authorizationId"].as_str().unwrap().to_owned();
    world.update(&json!({ "authorizationId": id, "displayName": "ci-2" }));
    world.revoke(&id);
    let first = page(&world, &token, "");
    assert_eq!(
        actions(&first),
        [
            "Token.PatRevokeEvent",
            "Token.PatUpdateEvent",
            "Token.PatCreateEvent"
        ]
    );
    let entry = &first["decoratedAuditLogEntries"][2];
    assert_eq!(entry["actorUPN"], "svc-build@acme.example");
    assert_eq!(entry["timestamp"], "2026-11-21T12:00:00.0000000+00:00");
    assert_eq!(entry["details"], "Personal Access Token \"ci\" was created.");
    assert_eq!(entry["category"], "create");
    let spelled = first["decoratedAuditLogEntries"].as_array().unwrap();
    let key = |entry: &Value| {
        let mut keys = entry["data"].as_object().unwrap().keys();
        keys.find(|key| key.eq_ignore_ascii_case("authorizationId"))
            .cloned()
    };
    assert_eq!(spelled.iter().filter_map(key).count(), 3);
    assert_ne!(
        key(&spelled[0]),
        key(&spelled[1]),
        "keys are spelled in more than one way"
    );
    assert!(
        actions(&page(&world, &token, "")).contains(&"AuditLog.AccessLog"),
        "asking is an event"
    );
}

#[test]
fn administrators_revoking_pats_and_keys_leave_events() {
    let (world, token) = audited();
    let (pat, key) = world.sim.cloud(|cloud| {
        let pat = cloud.add_pat(PatSeed::new(&world.user, "acme", "a", "vso.code"));
        (pat, cloud.add_ssh_key(&world.user, "acme", "laptop"))
    });
    let url = "https://vssps.dev.azure.com/acme/_apis/tokenadmin/revocations?api-version=7.1";
    for _ in 0..2 {
        let body = json!([{ "authorizationId": pat }, { "authorizationId": key }]);
        world
            .client
            .post(url)
            .bearer_auth(&token)
            .json(&body)
            .send()
            .unwrap();
    }
    assert_eq!(
        actions(&page(&world, &token, "")),
        ["Token.SshRevokeEvent", "Token.PatRevokeEvent"],
        "each once"
    );
}

#[test]
fn pages_go_from_the_newest_on_and_the_last_has_a_token_too() {
    let (world, token) = audited();
    for hours in 0..7 {
        seed(
            &world,
            &format!("Token.Number{hours}"),
            TimeDelta::hours(hours + 1),
        );
    }
    let first = page(&world, &token, "&batchSize=3");
    assert_eq!(
        actions(&first),
        ["Token.Number0", "Token.Number1", "Token.Number2"]
    );
    assert_eq!(first["hasMore"], true);
    // What is written meanwhile is newer, and moves nothing.
    seed(&world, "Token.Late", TimeDelta::zero());
    let next = |page: &Value| {
        let token = page["continuationToken"].as_str().unwrap();
        format!("&batchSize=3&continuationToken={token}")
    };
    let second = page(&world, &token, &next(&first));
    assert_eq!(
        actions(&second),
        ["Token.Number3", "Token.Number4", "Token.Number5"]
    );
    let third = page(&world, &token, &next(&second));
    assert_eq!(
        (actions(&third), &third["hasMore"]),
        (vec!["Token.Number6"], &json!(false))
    );
    assert!(
        third["continuationToken"].is_string(),
        "a token alone does not mean more"
    );
    assert!(actions(&page(&world, &token, &next(&third))).is_empty());
}

#[test]
fn only_ninety_days_are_kept_and_a_span_selects() {
    let (world, token) = audited();
    seed(&world, "Token.Old", TimeDelta::days(91));
    seed(&world, "Token.Month", TimeDelta::days(30));
    seed(&world, "Token.New", TimeDelta::hours(1));
    assert_eq!(actions(&page(&world, &token, "")), ["Token.New", "Token.Month"]);
    let span = "&startTime=2026-10-20T00:00:00Z&endTime=2026-10-25T00:00:00Z";
    assert_eq!(actions(&page(&world, &token, span)), ["Token.Month"]);
    for bad in [
        "&startTime=2026-10-25T00:00:00Z&endTime=2026-10-20T00:00:00Z",
        "&startTime=yesterday",
        "&batchSize=0",
        "&continuationToken=x",
    ] {
        assert_eq!(ask(&world, &token, bad).status(), 400, "{bad}");
    }
}

#[test]
fn accesses_are_one_entry_unless_they_are_wanted_apart() {
    let (world, token) = audited();
    seed(&world, "Token.PatExpiredEvent", TimeDelta::hours(1));
    for _ in 0..3 {
        page(&world, &token, "");
    }
    let together = world
        .client
        .get(LOG.replace("&skipAggregation=true", ""))
        .bearer_auth(&token)
        .send()
        .unwrap();
    let together: Value = together.json().unwrap();
    assert_eq!(
        actions(&together),
        ["AuditLog.AccessLog", "Token.PatExpiredEvent"]
    );
    assert_eq!(
        together["decoratedAuditLogEntries"][0]["details"],
        "Accessed the audit log 3 times"
    );
    assert_eq!(actions(&page(&world, &token, "")).len(), 5);
}

#[test]
fn an_answer_may_be_wrapped_or_have_an_escape_that_json_does_not_know() {
    let (world, token) = audited();
    world.sim.cloud(|cloud| {
        let seed = AuditSeed::new("acme", "Token.PatPublicDiscoveryEvent")
            .from("2001:db8::1", "curl/8 ##vso[x]\u{202e}");
        cloud.add_event(seed.data("DisplayName", "ci"));
    });
    let plain = page(&world, &token, "");
    let entry = &plain["decoratedAuditLogEntries"][0];
    assert_eq!(entry["userAgent"], "curl/8 ##vso[x]\u{202e}");
    world.sim.cloud(|cloud| cloud.manners.audit_wrapped = true);
    assert!(page(&world, &token, "")["value"]["decoratedAuditLogEntries"].is_array());
    world
        .sim
        .cloud(|cloud| cloud.add_event(AuditSeed::new("acme", "Token.SshCreateEvent").bad_escape()));
    let text = ask(&world, &token, "").text().unwrap();
    assert!(text.contains("\\d") && serde_json::from_str::<Value>(&text).is_err());
}

#[test]
fn switched_off_forbidden_and_empty_are_three_things() {
    let (world, token) = audited();
    let mine = world.sim.cloud(|cloud| cloud.full_token(&world.user));
    let refused = ask(&world, &mine, "");
    assert_eq!(refused.status(), 403);
    assert!(refused.text().unwrap().contains("View audit log"));
    world.sim.cloud(|cloud| cloud.let_read_audit("acme", &world.user));
    assert!(actions(&page(&world, &mine, "")).is_empty(), "truly nothing");
    seed(&world, "Token.PatExpiredEvent", TimeDelta::hours(1));
    world.sim.cloud(|cloud| cloud.audit("acme", false));
    assert!(
        actions(&page(&world, &token, "")).is_empty(),
        "off looks like nothing"
    );
    for (off, status) in [(AuditOff::Forbidden, 403), (AuditOff::NotFound, 404)] {
        world.sim.cloud(|cloud| cloud.manners.audit_off = off);
        assert_eq!(ask(&world, &token, "").status(), status);
    }
    let before = world.sim.cloud(|cloud| cloud.events().len());
    world.create(&json!({ "displayName": "ci", "scope": "vso.code", "validTo": "2026-12-20T00:00:00Z" }));
    assert_eq!(
        world.sim.cloud(|cloud| cloud.events().len()),
        before,
        "nothing is written while it is off"
    );
}

#[test]
fn the_scope_is_wanted_and_apps_are_let_in_by_the_service_s_habit_only() {
    let (world, token) = audited();
    assert_eq!(ask(&world, &world.token, "").status(), 401);
    assert_eq!(ask(&world, &token, "").status(), 200);
    let app = world.sim.cloud(|cloud| {
        let mut spec = TokenSpec::app("sp");
        spec.object_id = Some("11111111-0000-4000-8000-000000000001".to_owned());
        cloud.let_read_audit("acme", "11111111-0000-4000-8000-000000000001");
        cloud.token(spec)
    });
    assert_eq!(ask(&world, &app, "").status(), 403);
    world
        .sim
        .cloud(|cloud| cloud.manners.apps_audit = AppAccess::Permitted);
    assert_eq!(ask(&world, &app, "").status(), 200);
}

#[test]
fn the_catalog_tells_all_actions_or_those_of_an_area() {
    let (world, token) = audited();
    let url = "https://auditservice.dev.azure.com/acme/_apis/audit/actions?api-version=7.1-preview.1";
    let get = |query: &str| -> Value {
        let request = world.client.get(format!("{url}{query}")).bearer_auth(&token);
        request.send().unwrap().json().unwrap()
    };
    assert_eq!(get("&areaName=Auditing")["count"], 2);
    assert!(get("")["count"].as_u64() > Some(10));
}

#[test]
fn times_have_seven_digits_and_a_zone_in_numbers() {
    let (world, token) = audited();
    let at: DateTime<Utc> = "2026-11-20T10:00:00.1460838Z".parse().unwrap();
    world
        .sim
        .cloud(|cloud| cloud.add_event(AuditSeed::new("acme", "Token.PatExpiredEvent").at(at)));
    let entry = &page(&world, &token, "")["decoratedAuditLogEntries"][0];
    assert_eq!(entry["timestamp"], "2026-11-20T10:00:00.1460838+00:00");
    assert_eq!(entry["ipAddress"], Value::Null);
}
