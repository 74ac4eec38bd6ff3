//! Who is told of an audit.

use patkeeper_sim::{Delivery, TokenSpec};

use crate::scene::{Scene, end, step};
use patkeeper_tests::step::StepResult::Failed;

fn told(scene: &Scene) -> Vec<Delivery> {
    let told = scene.cloud(|cloud| std::mem::take(&mut cloud.deliveries));
    for delivery in &told {
        assert!(delivery.accepted(), "{:?}: {:?}", delivery.hook, delivery.refused);
    }
    told
}

#[test]
fn every_channel_is_told_of_a_leak_with_its_pat() {
    for fail_on in ["leaked", "never"] {
        let mut scene = Scene::busy();
        scene.leak();
        let step = scene.world.telling_all(step().input("failOn", fail_on));
        let run = scene.audit(&step);
        let told = told(&scene);
        assert_eq!(told.len(), 3, "{fail_on}\n{}", run.log());
        for delivery in told {
            assert!(delivery.raw.contains("ci-deploy"), "{}", delivery.raw);
        }
    }
}

#[test]
fn nobody_is_told_of_a_quiet_log() {
    let mut scene = Scene::new();
    scene.event(crate::scene::CREATED, 1, |event| event);
    let step = scene.world.telling_all(step());
    let run = scene.audit(&step);
    assert_eq!(told(&scene).len(), 0, "{}", run.log());
}

#[test]
fn every_channel_is_told_when_nothing_could_be_read() {
    let mut scene = Scene::busy();
    let old = scene.cloud(|cloud| {
        let spec = TokenSpec::user(&scene.auditor).scopes("vso.auditlog");
        cloud.token(spec.valid_for(-chrono::TimeDelta::hours(1)))
    });
    scene.world.job.add_secret("Old", &old);
    let step = scene.world.telling_all(step().input("accessToken", "$(Old)"));
    let run = scene.audit(&step);
    assert_eq!(end(&run), (Failed, Some(3)), "{}", run.log());
    assert_eq!(told(&scene).len(), 3, "{}", run.log());
}
