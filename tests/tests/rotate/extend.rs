//! `mode: extend`: the same PAT lives longer, and its text stays.

use crate::scene::{Scene, assert_says, end, ends, is_in_days, moment};

fn max_days(scene: &Scene, days: u32) {
    scene.cloud(|cloud| {
        cloud.organization_mut("acme").unwrap().policies.max_lifespan_days = Some(days);
    });
}

#[test]
fn a_due_pat_is_given_a_later_end_and_keeps_its_text() {
    let mut scene = Scene::rotated(70);
    let (pat, before, versions) = (scene.stored(), scene.current(), scene.versions().len());
    let run = scene.rotate(&scene.step().input("mode", "extend"));
    assert_eq!(end(&run), ends(false, 0), "{}", run.log());
    let after = scene.current();
    assert_eq!(
        (after.id, after.value, scene.versions().len()),
        (before.id, before.value, versions)
    );
    let extended = scene.stored();
    assert_eq!(
        (
            &extended.authorization_id,
            &extended.display_name,
            &extended.scope
        ),
        (&pat.authorization_id, &pat.display_name, &pat.scope)
    );
    assert!(
        is_in_days(&moment(extended.valid_to), 90),
        "{}",
        extended.valid_to
    );
    assert_eq!(run.output("validTo"), moment(extended.valid_to));
    assert_eq!(run.output("authorizationId"), pat.authorization_id);
    assert_eq!(run.output("previousAuthorizationId"), "");
    assert_eq!(scene.live().len(), 1);
    assert_says(&run, &["Extended.", "mode: replace"]);
}

#[test]
fn nothing_is_extended_before_it_is_due_unless_forced() {
    let mut scene = Scene::rotated(10);
    let run = scene.rotate(&scene.step().input("mode", "extend"));
    assert_eq!(end(&run), ends(false, 0), "{}", run.log());
    scene.assert_nothing_changed("it is not due");
    let run = scene.rotate(&scene.step().input("mode", "extend").input("force", "true"));
    assert_eq!(end(&run), ends(false, 0), "{}", run.log());
    assert!(is_in_days(run.output("validTo"), 90));
}

#[test]
fn too_little_won_fails_the_step_and_the_new_end_is_recorded_all_the_same() {
    let mut scene = Scene::rotated(70);
    max_days(&scene, 95);
    let run = scene.rotate(&scene.step().input("mode", "extend"));
    assert_eq!(end(&run), ends(false, 3), "{}", run.log());
    assert_says(
        &run,
        &[
            "has won too little",
            "policy",
            "the day the PAT was made",
            "mode: replace",
        ],
    );
    let pat = scene.stored();
    assert!(is_in_days(&moment(pat.valid_to), 25), "{}", pat.valid_to);
    assert_eq!(scene.tag("patkeeper-valid-to"), moment(pat.valid_to));
    assert_eq!(
        scene.current().expires.map(|at| at.timestamp()),
        Some(pat.valid_to.timestamp())
    );
}

#[test]
fn nothing_won_fails_the_step() {
    let mut scene = Scene::rotated(70);
    max_days(&scene, 90);
    let run = scene.rotate(&scene.step().input("mode", "extend"));
    assert_eq!(end(&run), ends(false, 3), "{}", run.log());
    assert_says(&run, &["has won nothing", "mode: replace"]);
}

#[test]
fn what_has_ended_cannot_be_extended() {
    let revoked = Scene::rotated(10);
    revoked.revoke_by_hand(&revoked.stored().authorization_id);
    for (mut scene, what) in [(revoked, "was revoked"), (Scene::rotated(95), "has expired")] {
        let run = scene.rotate(&scene.step().input("mode", "extend"));
        assert_eq!(end(&run), ends(false, 2), "{}", run.log());
        assert_says(
            &run,
            &[
                "mode: extend cannot go on",
                what,
                "nothing was changed",
                "mode: replace",
            ],
        );
        scene.assert_nothing_changed(what);
    }
}

#[test]
fn other_scopes_are_no_matter_of_extending() {
    let mut scene = Scene::rotated(10);
    let step = scene
        .step()
        .input("mode", "extend")
        .input("scopes", "vso.build_execute");
    let run = scene.rotate(&step);
    assert_eq!(end(&run), ends(false, 2), "{}", run.log());
    assert_says(&run, &["other scopes are asked for: - vso.code", "mode: replace"]);
    scene.assert_nothing_changed("other scopes");
}

#[test]
fn the_first_pat_is_minted_in_this_mode_too() {
    let mut scene = Scene::new();
    let run = scene.rotate(&scene.step().input("mode", "extend"));
    assert_eq!(end(&run), ends(true, 0), "{}", run.log());
    assert_eq!(scene.live(), [scene.stored()]);
}
