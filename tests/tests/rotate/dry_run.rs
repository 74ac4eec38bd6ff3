//! `dryRun`: the plan, and not one request that changes anything.

use std::slice;

use patkeeper_tests::world::PATS;

use crate::scene::{Scene, assert_says, end, ends, moment};

#[test]
fn a_due_rotation_is_shown_and_nothing_is_written() {
    let mut scene = Scene::rotated(70);
    let (pat, before) = (scene.stored(), scene.current());
    let run = scene.rotate(&scene.step().input("dryRun", "true"));
    assert_eq!(end(&run), ends(false, 0), "{}", run.log());
    scene.assert_nothing_changed("a dry run");
    assert!(scene.requests().iter().any(|request| request.path.contains(PATS)));
    assert_eq!(scene.current().updated, before.updated);
    assert_eq!(scene.live(), slice::from_ref(&pat));
    assert_says(
        &run,
        &[
            "Dry run",
            "would mint",
            "would test",
            "would store",
            "would read back",
            "Would rotate",
        ],
    );
    // What stands is what stood.
    assert_eq!(run.output("authorizationId"), pat.authorization_id);
    assert_eq!(run.output("validTo"), moment(pat.valid_to));
    assert!(
        run.output("reason").contains("under a third"),
        "{}",
        run.output("reason")
    );
    assert_eq!(run.output("previousAuthorizationId"), "");
    assert_eq!(run.output("previousRevoked"), "false");
    // The version that the rotation would make has no name yet.
    assert!(
        ["", before.id.as_str()].contains(&run.output("secretId").rsplit('/').next().unwrap()),
        "{}",
        run.output("secretId")
    );
}

#[test]
fn a_first_rotation_an_overlap_that_is_over_and_an_extension_are_shown_and_nothing_is_written() {
    let first = Scene::new();
    let mut over = Scene::rotated(70);
    assert_eq!(over.rotate(&over.step()).output("rotated"), "true");
    over.days_pass(2);
    let extended = Scene::rotated(70);
    for (mut scene, input, words) in [
        (first, ("force", "false"), "Would rotate"),
        (over, ("force", "false"), "Would revoke"),
        (extended, ("mode", "extend"), "Would extend"),
    ] {
        scene.sim().clear_log();
        let (live, versions) = (scene.live(), scene.versions().len());
        let step = scene.step().input("dryRun", "true").input(input.0, input.1);
        let run = scene.rotate_alone(&step);
        assert_eq!(end(&run), ends(false, 0), "{}", run.log());
        assert_says(&run, &[words]);
        scene.assert_nothing_changed(words);
        assert_eq!((scene.live(), scene.versions().len()), (live, versions));
        let stands = scene.secret().map(|_| moment(scene.stored().valid_to));
        assert_eq!(run.output("validTo"), stands.unwrap_or_default(), "{words}");
        assert_eq!(run.output("previousRevoked"), "false", "{}", run.log());
    }
}

#[test]
fn what_would_be_refused_is_refused_in_a_dry_run_too() {
    let mut scene = Scene::new();
    let by_hand = scene.made_by_hand("made by ann", 60);
    scene.put_by_hand(&by_hand);
    let run = scene.rotate(&scene.step().input("dryRun", "true"));
    assert_eq!(end(&run), ends(false, 2), "{}", run.log());
    assert_says(&run, &["is not Patkeeper's"]);
}
