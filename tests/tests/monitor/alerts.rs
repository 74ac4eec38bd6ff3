//! Telling Slack, Teams and a webhook. A failed alert is a warning and never changes the verdict.

use patkeeper_sim::{Action, Delivery, Fault, Hook, Match};
use patkeeper_tests::step::StepResult::{Failed, Succeeded, SucceededWithIssues};

use patkeeper_tests::world::{WEBHOOK_SECRETS as SECRETS, World, end, ends};

fn deliveries(world: &World) -> Vec<Delivery> {
    world.sim.cloud(|cloud| cloud.deliveries.clone())
}

#[test]
fn every_channel_is_told_once_of_what_needs_attention() {
    let mut world = World::having(&[("a", 60), ("nuget-feed-sync", 3)]);
    let step = world.telling_all(World::step());
    let run = world.run(&step);
    run.assert_well_behaved();
    assert_eq!(
        end(&run),
        ends("critical", SucceededWithIssues, 0),
        "{}",
        run.log()
    );
    let told = deliveries(&world);
    let mut hooks: Vec<_> = told
        .iter()
        .map(|delivery| format!("{:?}", delivery.hook))
        .collect();
    hooks.sort();
    assert_eq!(hooks, ["Generic", "Slack", "Teams"]);
    for delivery in &told {
        assert!(delivery.accepted(), "{:?}: {:?}", delivery.hook, delivery.refused);
        assert!(delivery.raw.contains("nuget-feed-sync"), "{}", delivery.raw);
        assert!(!delivery.raw.contains(&world.token));
    }
    world.assert_no_secret(&run, &SECRETS);
}

#[test]
fn nobody_is_told_when_all_is_well_unless_asked() {
    let mut world = World::having(&[("a", 60)]);
    let step = world.telling_all(World::step());
    world.run(&step);
    assert!(deliveries(&world).is_empty());
    world.run(&step.clone().input("alertOn", "always"));
    assert_eq!(deliveries(&world).len(), 3);
    world.pat("b", -2);
    world.run(&step.input("alertOn", "never"));
    assert_eq!(deliveries(&world).len(), 3);
}

#[test]
fn channels_are_told_when_the_verdict_is_unknown_or_a_policy_finding_is_an_error() {
    let mut world = World::having(&[("a", 60)]);
    world.sim.fault(Fault::always(
        Match::any().path("tokens/pats").query("expired"),
        Action::status(404),
    ));
    let step = world.telling_all(World::step());
    let run = world.run(&step);
    assert_eq!(end(&run), ends("unknown", Failed, 4), "{}", run.log());
    assert_eq!(deliveries(&world).len(), 3);

    let mut world = World::new();
    let id = world.pat("a", 60);
    world
        .sim
        .cloud(|cloud| cloud.pat_mut(&id).unwrap().scope = "app_token".to_owned());
    let step = world.telling_all(World::step());
    let run = world.run(&step);
    assert_eq!(end(&run), ends("ok", Succeeded, 0), "{}", run.log());
    assert_eq!(deliveries(&world).len(), 3);
}

#[test]
fn a_channel_that_fails_is_a_warning_and_the_others_are_told() {
    for (input, host) in [
        ("Slack", "hooks.slack.com"),
        ("Teams", "prod-00.westeurope.logic.azure.com"),
        ("webhook", "alerts.example"),
    ] {
        for way in [Action::status(404), Action::status(500), Action::ResetBefore] {
            let mut world = World::having(&[("a", 60), ("b", -3)]);
            world
                .sim
                .fault(Fault::always(Match::any().host(host), way.clone()));
            let step = world.telling_all(World::step());
            let run = world.run(&step);
            run.assert_well_behaved();
            assert_eq!(end(&run), ends("expired", Failed, 1), "{way:?}\n{}", run.log());
            assert_eq!(run.record.warnings.len(), 1, "{way:?}\n{}", run.log());
            assert!(
                run.record.warnings[0].contains(input),
                "{}",
                run.record.warnings[0]
            );
            assert_eq!(
                deliveries(&world)
                    .iter()
                    .filter(|delivery| delivery.accepted())
                    .count(),
                2
            );
            world.assert_no_secret(&run, &SECRETS);
        }
    }
}

#[test]
fn a_failed_alert_does_not_fail_a_step_that_succeeds() {
    let mut world = World::having(&[("a", 60)]);
    world
        .sim
        .fault(Fault::always(Match::any().method("POST"), Action::status(410)));
    let step = world.telling_all(World::step()).input("alertOn", "always");
    let run = world.run(&step);
    run.assert_well_behaved();
    assert_eq!(
        (run.output("status"), run.exit_code),
        ("ok", Some(0)),
        "{}",
        run.log()
    );
    assert_ne!(run.result(), Failed);
    assert_eq!(run.record.warnings.len(), 3, "{}", run.log());
}

#[test]
fn an_alert_that_fails_once_is_sent_again() {
    let mut world = World::having(&[("a", 3)]);
    world.sim.fault(Fault::once(
        Match::any().method("POST").host("hooks.slack.com"),
        Action::status(503),
    ));
    let step = world.telling_all(World::step());
    let run = world.run(&step);
    assert!(
        run.record
            .warnings
            .iter()
            .all(|warning| !warning.contains("Slack")),
        "{}",
        run.log()
    );
    assert!(
        deliveries(&world)
            .iter()
            .any(|delivery| delivery.hook == Hook::Slack && delivery.accepted())
    );
}

#[test]
fn a_thousand_pats_fit_into_every_channel() {
    let mut world = World::new();
    for number in 0..1000 {
        world.pat(&format!("{number:04} {}", "a long name ".repeat(12)), 3);
    }
    let step = world.telling_all(World::step());
    let run = world.run(&step);
    run.assert_well_behaved();
    let told = deliveries(&world);
    assert_eq!(told.len(), 3);
    for delivery in told {
        assert!(delivery.accepted(), "{:?}: {:?}", delivery.hook, delivery.refused);
    }
    assert_eq!(
        run.record
            .warnings
            .iter()
            .filter(|warning| warning.contains("Slack"))
            .count(),
        0
    );
}

#[test]
fn no_pat_name_mentions_anyone_or_leads_anywhere() {
    let mut world = World::new();
    for name in [
        "<!channel> <!here> <@U012AB3CD>",
        "<https://evil.example|click>",
        "[click](https://evil.example)",
        "*b* _i_ `c` ~s~",
    ] {
        world.pat(name, 3);
    }
    let step = world.telling_all(World::step());
    world.run(&step);
    for delivery in deliveries(&world) {
        match delivery.hook {
            Hook::Slack => {
                for mention in ["<!channel>", "<!here>", "<@U012AB3CD>", "<https://evil.example"] {
                    assert!(!delivery.raw.contains(mention), "{}", delivery.raw);
                }
            }
            Hook::Teams => assert_no_markdown(&delivery.payload.unwrap()),
            Hook::Generic => {}
        }
    }
}

/// Teams reads Markdown in a `TextBlock` and in a fact, and none in a `TextRun`.
fn assert_no_markdown(card: &serde_json::Value) {
    match card {
        serde_json::Value::Object(element) if element.get("type").is_some_and(|kind| kind == "TextRun") => {}
        serde_json::Value::Object(element) => element.values().for_each(assert_no_markdown),
        serde_json::Value::Array(elements) => elements.iter().for_each(assert_no_markdown),
        serde_json::Value::String(text) => assert!(!text.contains("](https://evil.example"), "{text}"),
        _ => {}
    }
}
