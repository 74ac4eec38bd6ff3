//! Slack, Teams and other webhooks: what they take and what they say.

use crate::support::{World, world};
use patkeeper_sim::{Delivery, Hook};
use serde_json::{Value, json};

const SLACK: &str = "https://hooks.slack.com/services/T000/B000/not-a-real-hook";
const FLOW: &str =
    "https://prod-07.westeurope.logic.azure.com/workflows/0/triggers/manual/paths/invoke?sig=not-a-signature";
const CONNECTOR: &str = "https://acme.webhook.office.com/webhookb2/0/IncomingWebhook/0/0";
const ANY: &str = "https://hooks.acme.example/patkeeper";

fn send(world: &World, url: &str, payload: &Value) -> (u16, String) {
    let answer = world.client.post(url).json(payload).send().unwrap();
    (answer.status().as_u16(), answer.text().unwrap())
}

fn last(world: &World) -> Delivery {
    world.sim.cloud(|cloud| cloud.deliveries.last().cloned()).unwrap()
}

fn section(text: &str) -> Value {
    json!({ "type": "section", "text": { "type": "mrkdwn", "text": text } })
}

fn card(text: &str) -> Value {
    let body = json!([{ "type": "TextBlock", "text": text }]);
    let content = json!({ "type": "AdaptiveCard", "version": "1.4", "body": body });
    json!({
        "type": "message",
        "attachments": [{ "contentType": "application/vnd.microsoft.card.adaptive", "content": content }],
    })
}

#[test]
fn each_host_takes_a_good_message_in_its_own_way_and_the_books_keep_it() {
    let world = world();
    let slack = json!({ "text": "fallback", "blocks": [section("a"), { "type": "divider" }] });
    assert_eq!(send(&world, SLACK, &slack), (200, "ok".into()));
    assert_eq!(
        (last(&world).hook, last(&world).payload),
        (Hook::Slack, Some(slack))
    );
    assert_eq!(send(&world, FLOW, &card("a")), (202, String::new()));
    assert_eq!(
        (last(&world).hook, last(&world).url.as_str()),
        (Hook::Teams, FLOW)
    );
    assert_eq!(send(&world, CONNECTOR, &card("a")), (200, "1".into()));
    assert_eq!(send(&world, ANY, &json!({ "anything": 1 })).0, 200);
    assert_eq!(last(&world).hook, Hook::Generic);
    assert!(
        world
            .sim
            .cloud(|cloud| cloud.deliveries.iter().all(Delivery::accepted))
    );
}

#[test]
fn slack_refuses_what_is_over_its_limits() {
    let world = world();
    let blocks = |blocks: Value| json!({ "text": "t", "blocks": blocks });
    let fields: Vec<Value> = (0..11)
        .map(|_| json!({ "type": "mrkdwn", "text": "x" }))
        .collect();
    let bad = [
        (blocks(json!(vec![section("a"); 51])), "51 blocks"),
        (blocks(json!([section(&"x".repeat(3001))])), "3001 characters"),
        (blocks(json!([section("")])), "empty"),
        (blocks(json!([{ "type": "section" }])), "text or fields"),
        (
            blocks(json!([{ "type": "section", "fields": fields }])),
            "11 fields",
        ),
        (
            blocks(json!([{ "type": "header", "text": { "type": "mrkdwn", "text": "x" } }])),
            "plain_text",
        ),
        (
            blocks(json!([{ "type": "header", "text": { "type": "plain_text", "text": "x".repeat(151) } }])),
            "151",
        ),
        (blocks(json!([{ "type": "context", "elements": [] }])), "empty"),
        (blocks(json!([{ "type": "banner" }])), "unknown type"),
    ];
    for (payload, why) in bad {
        assert_eq!(
            send(&world, SLACK, &payload),
            (400, "invalid_blocks".into()),
            "{why}"
        );
        let refused = last(&world).refused.unwrap_or_default();
        assert!(refused.contains(why), "{refused}");
    }
    assert_eq!(
        send(
            &world,
            SLACK,
            &blocks(json!(vec![section(&"x".repeat(3000)); 50]))
        )
        .0,
        200
    );
    assert_eq!(send(&world, SLACK, &json!({})), (400, "no_text".into()));
    assert_eq!(
        send(&world, SLACK, &json!("text")),
        (400, "invalid_payload".into())
    );
    assert_eq!(
        send(&world, "https://hooks.slack.com/other", &json!({ "text": "t" })),
        (404, "no_service".into())
    );
}

#[test]
fn teams_refuses_a_message_over_28_kilobytes_and_what_is_no_card() {
    let world = world();
    let overhead = card("").to_string().len();
    let fitting = card(&"x".repeat(28 * 1024 - overhead));
    assert_eq!(send(&world, FLOW, &fitting).0, 202);
    assert_eq!(
        send(&world, FLOW, &card(&"x".repeat(28 * 1024 - overhead + 1))).0,
        413
    );
    assert_eq!(send(&world, FLOW, &json!({ "text": "plain" })).0, 400);
    assert_eq!(
        send(&world, FLOW, &json!({ "type": "message", "attachments": [] })).0,
        400
    );
    let unsigned = FLOW.split('?').next().unwrap();
    assert_eq!(send(&world, unsigned, &card("a")).0, 401);
}

#[test]
fn only_json_by_post_is_a_message() {
    let world = world();
    assert_eq!(world.client.get(ANY).send().unwrap().status(), 405);
    assert_eq!(world.client.post(ANY).body("{}").send().unwrap().status(), 415);
    let broken = world
        .client
        .post(ANY)
        .header("content-type", "application/json")
        .body("{")
        .send()
        .unwrap();
    assert_eq!(broken.status(), 400);
    assert!(
        world
            .sim
            .cloud(|cloud| cloud.deliveries.iter().all(|delivery| !delivery.accepted()))
    );
}
