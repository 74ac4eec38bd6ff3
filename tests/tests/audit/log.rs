//! The log as the service hands it out: page by page, in either wrapping, with escapes that JSON does not know.

use chrono::TimeDelta;
use patkeeper_sim::{Action, AuditSeed, Fault, Match};
use patkeeper_tests::step::StepResult::{Failed, Succeeded};
use patkeeper_tests::world::{ACME, at_once, report};

use crate::scene::{CREATED, LEAKED, LOG, Scene, assert_says, count, end, step};

/// So many creations, minutes apart, the oldest of all being a leak.
fn long(entries: u32) -> Scene {
    let scene = Scene::new();
    scene.cloud(|cloud| {
        let now = cloud.now();
        for number in 1..entries {
            let at = now - TimeDelta::seconds(i64::from(number) * 60);
            let event = AuditSeed::new(ACME, CREATED).by(&scene.ann).at(at);
            cloud.add_event(
                event
                    .details(&format!("made {number}"))
                    .data("DisplayName", format!("ci-{number}")),
            );
        }
        let event = AuditSeed::new(ACME, LEAKED).at(now - TimeDelta::days(25));
        cloud.add_event(event.data("DisplayName", "found"));
    });
    scene
}

#[test]
fn pages_are_read_until_no_more_is_said_to_follow() {
    let mut scene = long(2_500);
    let run = scene.audit(&step());
    // The last one is on the last page.
    assert_eq!(end(&run), (Failed, Some(1)), "{}", run.log());
    assert_eq!((count(&run, "events"), count(&run, "leaked")), (2_500, 1));
    assert_eq!(scene.pages(), 3, "{}", run.log());
}

#[test]
fn ten_thousand_entries_are_counted_and_the_leak_is_among_those_listed() {
    let mut scene = long(10_000);
    let run = scene.audit(&step());
    assert_eq!(end(&run), (Failed, Some(1)), "{}", run.log());
    assert_eq!((count(&run, "events"), count(&run, "created")), (10_000, 9_999));
    let report = report(&run);
    let leaks = report["events"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|event| event["leaked"] == true);
    assert_eq!(leaks.count(), 1);
    // A log that people can still read.
    assert!(run.log().lines().count() < 400, "{}", run.log().lines().count());
}

#[test]
fn one_page_of_ten_thousand_is_read_too() {
    let mut scene = long(10_000);
    let body = scene.cloud(|cloud| {
        let entries: Vec<serde_json::Value> = cloud
            .events()
            .iter()
            .map(|event| {
                serde_json::json!({
                    "id": event.id, "actionId": event.action, "timestamp": event.at.to_rfc3339(),
                    "actorUPN": "ann@acme.example", "details": event.details, "data": event.data,
                })
            })
            .collect();
        serde_json::json!({ "decoratedAuditLogEntries": entries, "continuationToken": "t", "hasMore": false })
    });
    scene.sim().fault(Fault::always(
        Match::any().path(LOG),
        Action::Replace {
            status: 200,
            content_type: "application/json".to_owned(),
            body: body.to_string(),
        },
    ));
    let run = scene.audit(&step());
    assert_eq!(end(&run), (Failed, Some(1)), "{}", run.log());
    assert_eq!(count(&run, "events"), 10_000, "{}", run.log());
    assert_eq!(scene.pages(), 1);
}

#[test]
fn either_wrapping_and_invalid_escapes_read_alike() {
    for wrapped in [false, true] {
        for every in [0, 1, 3] {
            let mut scene = Scene::busy();
            scene.leak();
            scene.cloud(|cloud| {
                cloud.manners.audit_wrapped = wrapped;
                cloud.manners.audit_bad_escapes = every;
            });
            let run = scene.audit(&step());
            let case = format!("wrapped {wrapped}, every {every}\n{}", run.log());
            assert_eq!(end(&run), (Failed, Some(1)), "{case}");
            assert_eq!((count(&run, "events"), count(&run, "leaked")), (7, 1), "{case}");
        }
    }
}

#[test]
fn a_token_alone_does_not_mean_more() {
    let mut scene = Scene::busy();
    let run = scene.audit(&step());
    assert_eq!(end(&run), (Succeeded, Some(0)), "{}", run.log());
    // The simulator, as the service does, sends a token with the last page.
    assert_eq!(scene.pages(), 1, "{}", run.log());
}

#[test]
fn keys_of_data_are_never_required() {
    let mut scene = Scene::new();
    let odd = [
        serde_json::json!({}),
        serde_json::json!({"x": [1, {"y": null}]}),
        serde_json::json!({"DISPLAYNAME": 7}),
    ];
    scene.cloud(|cloud| {
        for (number, data) in odd.iter().enumerate() {
            let at = cloud.now() - TimeDelta::hours(i64::try_from(number).unwrap() + 1);
            let mut event = AuditSeed::new(ACME, LEAKED).at(at);
            for (key, value) in data.as_object().unwrap() {
                event = event.data(key, value.clone());
            }
            cloud.add_event(event);
        }
    });
    let run = scene.audit(&step());
    assert_eq!(end(&run), (Failed, Some(1)), "{}", run.log());
    assert_eq!(count(&run, "leaked"), 3, "{}", run.log());
    assert_says(&run, &["does not tell its id"]);
}

#[test]
fn what_cannot_be_read_fails_the_step_whatever_fail_on_says_and_what_came_before_is_kept() {
    let ways = [
        Action::status(500),
        Action::status(503),
        Action::GarbageJson,
        Action::Truncate(300),
        Action::ContentType("text/html".to_owned()),
        Action::ResetBefore,
        Action::Replace {
            status: 200,
            content_type: "application/json".to_owned(),
            body: r#"{"decoratedAuditLogEntries":{},"hasMore":false}"#.to_owned(),
        },
    ];
    at_once(&ways, 7, |way| {
        let mut scene = long(1_500);
        scene
            .sim()
            .fault(Fault::always(Match::any().path(LOG).nth(2), way.clone()));
        let run = scene.audit(&step().input("failOn", "never"));
        assert_eq!(end(&run), (Failed, Some(4)), "{way:?}\n{}", run.log());
        assert_eq!(count(&run, "created"), 1_000, "{way:?}\n{}", run.log());
        assert_eq!(report(&run)["totals"]["unreadable"], 1, "{way:?}\n{}", run.log());
        assert_says(&run, &["unknown", "could not be read"]);
    });
}

#[test]
fn a_log_that_does_not_end_is_given_up() {
    let mut scene = Scene::busy();
    let body = r#"{"decoratedAuditLogEntries":[],"continuationToken":"again","hasMore":true}"#;
    scene.sim().fault(Fault::always(
        Match::any().path(LOG),
        Action::Replace {
            status: 200,
            content_type: "application/json".to_owned(),
            body: body.to_owned(),
        },
    ));
    let run = scene.audit(&step());
    assert_eq!(end(&run), (Failed, Some(4)), "{}", run.log());
    assert!(scene.pages() < 5, "{}", scene.pages());
}

#[test]
fn the_days_or_the_times_given_are_those_that_are_read() {
    let scene_with = || {
        let scene = Scene::new();
        for days in [1, 5, 20, 60] {
            let at = scene.cloud(|cloud| cloud.now()) - TimeDelta::days(days);
            scene.event_at(CREATED, at);
        }
        scene
    };
    for (days, expected) in [("2", 1), ("10", 2), ("", 3), ("90", 4)] {
        let mut scene = scene_with();
        let run = scene.audit(&step().input("days", days));
        assert_eq!(count(&run, "events"), expected, "{days}\n{}", run.log());
    }
    let mut scene = scene_with();
    let day = |ago: i64| {
        (chrono::Utc::now() - TimeDelta::days(ago))
            .format("%Y-%m-%d")
            .to_string()
    };
    let step = step()
        .input("startTime", &day(30))
        .input("endTime", &format!("{}T00:00:00Z", day(3)));
    let run = scene.audit(&step);
    assert_eq!(count(&run, "events"), 2, "{}", run.log());
}
