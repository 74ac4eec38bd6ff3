//! Who is told, and of what.

use patkeeper_sim::{Action, Delivery, Fault, Match, Refusal, TokenSpec};
use patkeeper_tests::job::Step;
use patkeeper_tests::office::{SECRET as REFRESH_SECRET, VAULT};
use patkeeper_tests::running::Run;
use patkeeper_tests::world::PATS;

use crate::scene::{Scene, end, ends};

/// Every channel was told once; what they were told.
fn told(scene: &Scene, run: &Run) -> Vec<Delivery> {
    let told = scene.cloud(|cloud| std::mem::take(&mut cloud.deliveries));
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

fn nobody_is_told(scene: &Scene, why: &str) {
    let told = scene.cloud(|cloud| std::mem::take(&mut cloud.deliveries));
    assert!(told.is_empty(), "{why}: {told:?}");
}

fn telling(scene: &mut Scene) -> Step {
    let step = scene.step();
    scene.office.world.telling_all(step)
}

#[test]
fn every_channel_is_told_of_a_rotation() {
    let mut scene = Scene::rotated(70);
    let step = telling(&mut scene);
    let run = scene.rotate(&step);
    assert_eq!(end(&run), ends(true, 0), "{}", run.log());
    let name = scene.stored().display_name;
    for delivery in told(&scene, &run) {
        assert!(delivery.raw.contains(&name), "{}", delivery.raw);
        assert!(
            delivery.raw.contains(&run.output("validTo")[..10]),
            "{}",
            delivery.raw
        );
    }
    // Later, of the revocation of what was replaced.
    scene.days_pass(2);
    let run = scene.rotate(&step);
    assert_eq!(end(&run), ends(false, 0), "{}", run.log());
    told(&scene, &run);
}

#[test]
fn every_channel_is_told_of_an_extension() {
    let mut scene = Scene::rotated(70);
    let step = telling(&mut scene).input("mode", "extend");
    let run = scene.rotate(&step);
    assert_eq!(end(&run), ends(false, 0), "{}", run.log());
    told(&scene, &run);
}

#[test]
fn nobody_is_told_when_nothing_happens() {
    let mut scene = Scene::rotated(10);
    let step = telling(&mut scene);
    scene.rotate(&step);
    nobody_is_told(&scene, "not due");
    scene.rotate(&step.input("force", "true").input("dryRun", "true"));
    nobody_is_told(&scene, "a dry run");
}

#[test]
fn the_webhook_gets_a_document_that_a_program_can_read() {
    let mut scene = Scene::new();
    let step = telling(&mut scene);
    let run = scene.rotate(&step);
    let told = told(&scene, &run);
    let generic = told
        .iter()
        .find(|delivery| format!("{:?}", delivery.hook) == "Generic")
        .unwrap();
    let document = generic.payload.as_ref().unwrap();
    assert_eq!(document["schema"], "patkeeper.alert/1", "{document}");
    let rotation = &document["rotation"];
    assert!(rotation.is_object(), "{document}");
    assert!(
        rotation.to_string().contains(run.output("authorizationId")),
        "{document}"
    );
}

#[test]
fn every_channel_is_told_of_a_failure() {
    let mut scene = Scene::rotated(70);
    scene.cloud(|cloud| {
        cloud.organization_mut("acme").unwrap().policies.creation = patkeeper_sim::Creation::Disabled;
    });
    let step = telling(&mut scene);
    let run = scene.rotate(&step);
    assert_eq!(end(&run), ends(false, 3), "{}", run.log());
    for delivery in told(&scene, &run) {
        assert!(delivery.raw.contains("acme"), "{}", delivery.raw);
    }
}

#[test]
fn every_channel_is_told_when_nobody_could_sign_in() {
    // The token of the step is refused.
    let mut scene = Scene::rotated(70);
    scene.sim().fault(Fault::always(
        Match::any().path(PATS),
        Action::Refuse(Refusal::BearerRefused),
    ));
    let step = telling(&mut scene);
    let run = scene.rotate(&step);
    assert_eq!(end(&run), ends(false, 3), "{}", run.log());
    told(&scene, &run);

    // It has expired since the job got it.
    let mut scene = Scene::rotated(70);
    let user = scene.office.world.user.clone();
    let old = scene.cloud(|cloud| {
        let hour = chrono::TimeDelta::hours(1);
        let mut spec = TokenSpec::user(&user);
        spec = spec.valid_for(-hour);
        cloud.token(spec)
    });
    scene.office.world.job.add_secret("Old", &old);
    let step = telling(&mut scene).input("accessToken", "$(Old)");
    let run = scene.rotate(&step);
    assert_eq!(end(&run), ends(false, 3), "{}", run.log());
    told(&scene, &run);

    // The refresh token is none any more.
    let mut scene = Scene::rotated(70);
    scene.cloud(|cloud| {
        let secret = cloud
            .vault_mut(VAULT)
            .unwrap()
            .secret_mut(REFRESH_SECRET)
            .unwrap();
        let version = secret.versions.last_mut().unwrap();
        version.value = "a-refresh-token-of-nobody-made-up".to_owned();
        cloud.remember("a-refresh-token-of-nobody-made-up");
    });
    let step = scene.filled(scene.office.refresh_step());
    let step = scene.office.world.telling_all(step);
    let run = scene.rotate(&step);
    assert_eq!(end(&run), ends(false, 3), "{}", run.log());
    for delivery in told(&scene, &run) {
        assert!(delivery.raw.contains("ci-build"), "{}", delivery.raw);
    }

    // The connection's own secret has ended.
    let mut scene = Scene::rotated(70);
    scene.office.app(|app| {
        app.secrets
            .iter_mut()
            .for_each(|secret| secret.ends -= chrono::TimeDelta::days(60))
    });
    let step = telling(&mut scene);
    let run = scene.rotate(&step);
    assert_eq!(end(&run), ends(false, 3), "{}", run.log());
    told(&scene, &run);
}

#[test]
fn bad_input_is_nobodys_news() {
    let mut scene = Scene::rotated(70);
    let step = telling(&mut scene).input("validDays", "0");
    let run = scene.rotate(&step);
    assert_eq!(end(&run).2, Some(2), "{}", run.log());
    nobody_is_told(&scene, "bad input");
    assert!(scene.requests().is_empty());
}

#[test]
fn a_channel_that_fails_is_a_warning_and_the_rotation_stands() {
    let mut scene = Scene::rotated(70);
    scene.sim().fault(Fault::always(
        Match::any().host("hooks.slack.com"),
        Action::status(404),
    ));
    let step = telling(&mut scene);
    let run = scene.rotate(&step);
    assert_eq!(end(&run).0, "true", "{}", run.log());
    assert_eq!(run.exit_code, Some(0), "{}", run.log());
    assert!(
        run.record
            .warnings
            .iter()
            .any(|warning| warning.contains("Slack")),
        "{:?}",
        run.record.warnings
    );
    let taken = scene.cloud(|cloud| {
        cloud
            .deliveries
            .iter()
            .filter(|delivery| delivery.accepted())
            .count()
    });
    assert_eq!(taken, 2);
}
