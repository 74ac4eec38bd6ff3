use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::published;

fn entry() -> Value {
    json!({
        "id": "2518505060978539161;00000064", "correlationId": "c", "activityId": "a",
        "actorCUID": "a718550e-4777-4058-8298-bff88d0cb524", "actorUserId": "d6a98b6c-6932-485c-a986-aea9fc981df0",
        "actorUPN": "ann@acme.example", "actorDisplayName": "Ann", "authenticationMechanism": "PAT",
        "timestamp": "2026-11-05T14:05:02.1460838+00:00", "scopeType": "organization", "ipAddress": "192.0.2.7",
        "userAgent": "curl", "actionId": "Token.PatCreateEvent", "details": "Personal Access Token \"ci\" was created.",
        "data": { "DisplayName": "ci", "Scopes": ["vso.code"], "IsGlobal": false, "ValidTo": null, "Count": 2 },
        "area": "Token", "category": "create", "categoryDisplayName": "Create"
    })
}

fn read(body: Value) -> AuditPage {
    page(&body, None).unwrap().told("acme", str::to_owned)
}

fn result(entries: Value) -> Value {
    json!({ "decoratedAuditLogEntries": entries, "continuationToken": "t", "hasMore": false })
}

#[test]
fn an_entry_is_read_at_the_top_and_inside_value() {
    let result = result(json!([entry()]));
    for body in [result.clone(), json!({ "value": result })] {
        let page = read(body);
        let event = &page.events[0];
        assert_eq!(event.action, "Token.PatCreateEvent");
        assert_eq!(event.at.to_rfc3339(), "2026-11-05T14:05:02.146083800+00:00");
        assert_eq!(event.actor_upn.as_deref(), Some("ann@acme.example"));
        assert_eq!(
            event.actor_id.as_deref(),
            Some("a718550e-4777-4058-8298-bff88d0cb524")
        );
        assert_eq!(event.ip_address.as_deref(), Some("192.0.2.7"));
        let data: Vec<_> = event
            .data
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        assert_eq!(
            data,
            [
                "count=2",
                "displayname=ci",
                "isglobal=false",
                "scopes=[\"vso.code\"]"
            ]
        );
        assert_eq!((page.unreadable.len(), page.next), (0, None));
    }
}

#[test]
fn only_action_and_time_must_be_there() {
    let page = read(result(
        json!([{ "actionId": "A", "timestamp": "2026-11-05T14:05:02" }]),
    ));
    let event = &page.events[0];
    assert_eq!(
        (&event.actor_id, &event.ip_address, event.data.len()),
        (&None, &None, 0)
    );
    let nobody = "00000000-0000-0000-0000-000000000000";
    let mut system = entry();
    (system["actorCUID"], system["actorUserId"]) = (json!(nobody), json!(nobody));
    (system["ipAddress"], system["userAgent"]) = (Value::Null, json!(""));
    let event = read(result(json!([system]))).events.remove(0);
    assert_eq!(
        (event.actor_id, event.ip_address, event.user_agent),
        (None, None, None)
    );
}

#[test]
fn an_entry_that_is_not_understood_is_named_within_bounds_and_the_others_count() {
    let long = "x".repeat(5_000);
    let page = read(result(json!([
        entry(), { "actionId": long, "timestamp": "soon" }, { "id": "7", "timestamp": "2026-11-05T14:05:02Z" }, 7
    ])));
    assert_eq!((page.events.len(), page.unreadable.len()), (1, 3));
    assert!(page.unreadable[0].what.len() < 250);
    assert!(page.unreadable[1].failure.what.ends_with("it has no actionId"));
}

#[test]
fn has_more_alone_tells_that_there_is_more() {
    let end = |more: Value, token: Value, asked: Option<&str>| {
        let mut body = result(json!([entry()]));
        (body["hasMore"], body["continuationToken"]) = (more, token);
        let page = page(&body, asked).unwrap().told("acme", str::to_owned);
        assert_eq!(page.events.len(), 1, "what was read counts");
        (page.next, page.unreadable.len())
    };
    let next = Some("t".to_owned());
    assert_eq!(end(json!(true), json!("t"), None), (next, 0));
    assert_eq!(end(json!(false), json!("t"), None), (None, 0));
    assert_eq!(end(json!(false), json!(7), None), (None, 0));
    for missing in [json!(null), json!("")] {
        assert_eq!(end(json!(true), missing, None), (None, 1), "more, and not where");
    }
    assert_eq!(end(json!(true), json!("t"), Some("t")), (None, 1), "no progress");
    assert_eq!(end(json!(null), json!("t"), None), (None, 1), "it does not say");
    assert_eq!(end(json!(null), json!(null), None), (None, 0));
}

#[test]
fn nothing_is_an_answer_and_what_is_no_log_is_none() {
    assert_eq!(read(result(json!([]))).events.len(), 0);
    for body in [
        json!({}),
        json!([]),
        json!(null),
        result(Value::Null),
        json!({ "hasMore": false }),
        json!({ "value": [{ "actionId": "Token.PatPublicDiscoveryEvent" }], "hasMore": false }),
        json!({ "value": [] }),
        json!({ "decoratedAuditLogEntries": {}, "hasMore": false }),
        json!({ "decoratedAuditLogEntries": [], "hasMore": "no" }),
        json!({ "decoratedAuditLogEntries": [], "hasMore": true, "continuationToken": 7 }),
    ] {
        assert!(page(&body, None).is_err(), "{body}");
    }
}

#[test]
fn the_published_example_is_read() {
    let example = "audit/7.2/httpExamples/auditLog/GET__AuditLog_QueryLog_by_date.json";
    let Some(body) = published::answer_of(example) else {
        return;
    };
    let page = read(body);
    assert_eq!(
        (page.events.len(), page.unreadable.len(), page.next),
        (2, 0, None)
    );
    assert!(page.events[0].data.contains_key("eventsummary"));
}

proptest! {
    #[test]
    fn nothing_makes_it_fail(
        name in prop::sample::select(vec!["data", "timestamp", "actionId", "actorCUID"]),
        text in "\\PC{0,20}", number in any::<i64>(),
    ) {
        for value in [json!(text), json!(number), json!([text, number]), json!({ &text: { "a": number } })] {
            let mut entry = entry();
            entry[name] = value.clone();
            let page = read(result(json!([entry, value])));
            prop_assert_eq!(page.events.len() + page.unreadable.len(), 2);
        }
    }
}
