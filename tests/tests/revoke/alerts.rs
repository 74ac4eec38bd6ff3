//! Who is told of a revocation, and what: which PATs, of whom, and why.

use patkeeper_sim::{Action, Delivery, Fault, Hook, Match};
use patkeeper_tests::job::Step;
use patkeeper_tests::running::Run;
use patkeeper_tests::world::PATS;

use crate::scene::{Scene, end, ends, everyones, for_real, mine};

fn telling(scene: &mut Scene, step: Step) -> Step {
    scene.world.telling_all(step)
}

fn deliveries(scene: &Scene) -> Vec<Delivery> {
    scene.cloud(|cloud| std::mem::take(&mut cloud.deliveries))
}

/// Every channel was told once, and took it.
fn told(scene: &Scene, run: &Run) -> Vec<Delivery> {
    let told = deliveries(scene);
    let mut hooks: Vec<_> = told
        .iter()
        .map(|delivery| format!("{:?}", delivery.hook))
        .collect();
    hooks.sort();
    assert_eq!(hooks, ["Generic", "Slack", "Teams"], "{}", run.log());
    for delivery in &told {
        assert!(delivery.accepted(), "{:?}: {:?}", delivery.hook, delivery.refused);
    }
    told
}

#[test]
fn every_channel_is_told_what_was_revoked_and_why() {
    for everyone in [false, true] {
        let mut scene = Scene::new();
        let owner = scene.owner(everyone);
        scene.pat_of(&owner, "ci-leaked");
        let step = if everyone {
            everyones().input("owners", "ann@acme.example")
        } else {
            mine()
        };
        let step = for_real(step)
            .input("all", "true")
            .input("reason", "laptop stolen");
        let step = telling(&mut scene, step);
        let run = scene.revoke(&step);
        assert_eq!(end(&run), ends([1, 1, 0, 0], 0), "{}", run.log());
        for delivery in told(&scene, &run) {
            for words in ["ci-leaked", "laptop stolen", "acme"] {
                assert!(delivery.raw.contains(words), "no '{words}': {}", delivery.raw);
            }
        }
    }
}

#[test]
fn the_webhook_gets_a_document_that_a_program_can_read() {
    let mut scene = Scene::new();
    let id = scene.pat("leaked");
    let step = for_real(mine())
        .input("authorizationIds", &id)
        .input("reason", "ticket 4711");
    let step = telling(&mut scene, step);
    let run = scene.revoke(&step);
    let told = told(&scene, &run);
    let generic = told
        .iter()
        .find(|delivery| delivery.hook == Hook::Generic)
        .unwrap();
    let document = generic.payload.as_ref().unwrap();
    assert_eq!(document["schema"], "patkeeper.alert/1", "{document}");
    let text = document.to_string();
    assert!(text.contains(&id) && text.contains("ticket 4711"), "{text}");
}

#[test]
fn nobody_is_told_of_a_dry_run_or_of_nothing_or_of_bad_input() {
    let mut scene = Scene::new();
    let id = scene.pat("leaked");
    let gone = scene.pat("gone");
    scene.revoke_by_hand(&gone);
    for (step, exit_code) in [
        (mine().input("authorizationIds", &id), 0),
        (mine().input("names", "no-such-*"), 0),
        (for_real(mine()).input("authorizationIds", &gone), 0),
        (for_real(mine()).input("authorizationIds", "no-id"), 2),
    ] {
        let step = telling(&mut scene, step);
        let run = scene.revoke(&step);
        assert_eq!(run.exit_code, Some(exit_code), "{}", run.log());
        assert_eq!(deliveries(&scene).len(), 0, "{}", run.log());
    }
}

#[test]
fn every_channel_is_told_of_what_failed() {
    let mut scene = Scene::new();
    let ids = [scene.pat("ci-good"), scene.pat("ci-bad")];
    scene.sim().fault(Fault::always(
        Match::any().method("DELETE").path(PATS).query(&ids[1]),
        Action::status(500),
    ));
    let step = telling(&mut scene, for_real(mine()).input("all", "true"));
    let run = scene.revoke(&step);
    assert_eq!(end(&run), ends([2, 1, 0, 1], 4), "{}", run.log());
    for delivery in told(&scene, &run) {
        assert!(delivery.raw.contains("ci-bad"), "{}", delivery.raw);
    }
}

#[test]
fn hundreds_stay_within_what_a_chat_takes() {
    let mut scene = Scene::new();
    for number in 0..300 {
        scene.pat_of(&scene.ann, &format!("ci-{number:03}-{}", "x".repeat(200)));
    }
    let step = for_real(everyones())
        .input("all", "true")
        .input("owners", "ann@acme.example");
    let step = telling(&mut scene, step.input("reason", &"y".repeat(3_000)));
    let run = scene.revoke(&step);
    assert_eq!(end(&run), ends([300, 300, 0, 0], 0), "{}", run.log());
    for delivery in told(&scene, &run) {
        assert!(delivery.raw.contains("300"), "{:?}", delivery.hook);
    }
}

#[test]
fn a_channel_that_fails_is_a_warning_and_what_is_revoked_stays_so() {
    let mut scene = Scene::new();
    let id = scene.pat("leaked");
    scene.sim().fault(Fault::always(
        Match::any().host("hooks.slack.com"),
        Action::status(404),
    ));
    let step = for_real(mine()).input("authorizationIds", &id);
    let step = telling(&mut scene, step);
    let run = scene.revoke(&step);
    assert_eq!(run.exit_code, Some(0), "{}", run.log());
    assert_eq!(run.output("revoked"), "1");
    let warnings = &run.record.warnings;
    assert!(
        warnings.iter().any(|warning| warning.contains("Slack")),
        "{warnings:?}"
    );
}
