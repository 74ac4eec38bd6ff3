//! Taking over a PAT that a person has made.

use chrono::TimeDelta;
use patkeeper_sim::{Hook, SecretSeed};
use patkeeper_tests::invariants::{Books, assert_safe};
use patkeeper_tests::office::VAULT;

use crate::scene::{NAME, PLACE, SCOPES, SECRET, Scene, assert_says, end, ends, is_in_days, moment};

#[test]
fn a_secret_that_carries_no_tags_is_left_alone_and_adopt_is_explained() {
    let mut scene = Scene::new();
    let by_hand = scene.made_by_hand("made by ann", 60);
    scene.put_by_hand(&by_hand);
    let before = scene.current();
    let run = scene.rotate(&scene.step());
    assert_eq!(end(&run), ends(false, 2), "{}", run.log());
    assert_says(
        &run,
        &[
            SECRET,
            "is not Patkeeper's",
            "adopt: <authorization id>",
            "nothing was changed",
        ],
    );
    scene.assert_nothing_changed("nobody knows whose it is");
    assert_eq!(scene.current().value, before.value);
    assert_eq!(scene.live().len(), 1);
}

#[test]
fn the_pat_in_such_a_secret_is_adopted_as_it_is_while_it_is_not_due() {
    let mut scene = Scene::new();
    let by_hand = scene.made_by_hand("made by ann", 60);
    scene.cloud(|cloud| {
        cloud.pat_mut(&by_hand).unwrap().scope = SCOPES.to_owned();
    });
    scene.put_by_hand(&by_hand);
    let versions = scene.versions().len();
    let run = scene.rotate_adopting(&scene.step(), &by_hand);
    assert_eq!(end(&run), ends(false, 0), "{}", run.log());
    assert_eq!(run.output("authorizationId"), by_hand);
    assert_eq!(scene.versions().len(), versions);
    assert_eq!(scene.tag("patkeeper-display-name"), "made by ann");
    assert_eq!(scene.live().len(), 1);

    // From then on it is the recorded one, with adopt or without.
    for step in [scene.step(), scene.step().input("adopt", &by_hand)] {
        let run = scene.rotate(&step);
        assert_eq!(end(&run), ends(false, 0), "{}", run.log());
        assert_eq!(run.output("authorizationId"), by_hand);
    }
}

#[test]
fn an_adopted_pat_that_is_due_is_replaced_and_then_revoked() {
    let mut scene = Scene::new();
    let by_hand = scene.made_by_hand("made by ann", 3);
    scene.put_by_hand(&by_hand);
    let step = scene.step().input("scopes", "vso.build");
    let run = scene.rotate_adopting(&step, &by_hand);
    assert_eq!(end(&run), ends(true, 0), "{}", run.log());
    assert_eq!(run.output("previousAuthorizationId"), by_hand);
    assert_eq!(scene.live().len(), 2);
    assert!(scene.stored().display_name.starts_with(NAME));

    scene.time_passes(TimeDelta::hours(25));
    // The input that was needed once has stayed in the pipeline.
    let run = scene.rotate(&step.input("adopt", &by_hand));
    assert_eq!(end(&run), ends(false, 0), "{}", run.log());
    assert_eq!(run.output("previousRevoked"), "true");
    assert_eq!(scene.live(), [scene.stored()]);
}

#[test]
fn a_pat_that_is_kept_nowhere_is_adopted_by_a_new_one_in_a_new_secret() {
    let mut scene = Scene::new();
    let by_hand = scene.made_by_hand("made by ann", 60);
    let run = scene.rotate_adopting(&scene.step(), &by_hand);
    assert_eq!(end(&run), ends(true, 0), "{}", run.log());
    assert_eq!(run.output("previousAuthorizationId"), by_hand);
    assert!(
        run.output("reason").contains("made by ann"),
        "{}",
        run.output("reason")
    );
    assert!(scene.tag("patkeeper-supersedes").starts_with(&by_hand));
    scene.days_pass(2);
    let run = scene.rotate(&scene.step());
    assert_eq!(run.output("previousRevoked"), "true", "{}", run.log());
    assert_eq!(scene.live(), [scene.stored()]);
}

#[test]
fn what_adopt_names_must_be_a_pat_of_who_signed_in() {
    let mut scene = Scene::new();
    let unknown = "00000000-0000-4000-8000-000000000000";
    let run = scene.rotate(&scene.step().input("adopt", unknown));
    assert_eq!(end(&run), ends(false, 2), "{}", run.log());
    assert_says(
        &run,
        &[
            unknown,
            "none of the PATs of who signed in",
            "PatMonitor's report",
        ],
    );
    scene.assert_nothing_changed("nobody's PAT");

    let run = scene.rotate(&scene.step().input("adopt", "made by ann"));
    assert_eq!(end(&run).2, Some(2), "{}", run.log());
    assert_says(&run, &["adopt", "'made by ann' is no authorization id"]);

    let gone = scene.made_by_hand("made by ann", 60);
    scene.put_by_hand(&gone);
    scene.revoke_by_hand(&gone);
    let run = scene.rotate(&scene.step().input("adopt", &gone));
    assert_eq!(end(&run), ends(false, 2), "{}", run.log());
    assert_says(&run, &[&gone, "has ended"]);
}

#[test]
fn a_value_put_there_by_hand_above_versions_of_patkeepers_is_adopted_too() {
    let mut scene = Scene::rotated(10);
    let ours = scene.stored();
    let by_hand = scene.made_by_hand("made by ann", 60);
    scene.cloud(|cloud| {
        let pat = cloud.pat_mut(&by_hand).unwrap();
        pat.scope = SCOPES.to_owned();
        let seed = SecretSeed::new(SECRET, pat.secret.as_deref().unwrap());
        cloud.put_secret(VAULT, seed);
    });
    let run = scene.rotate(&scene.step());
    assert_eq!(end(&run), ends(false, 2), "{}", run.log());
    assert_says(
        &run,
        &[
            "was put there by hand",
            "nothing was minted or revoked",
            "adopt: <authorization id>",
        ],
    );
    scene.assert_nothing_changed("a person's value");

    let run = scene.rotate_adopting(&scene.step(), &by_hand);
    assert_eq!(end(&run), ends(false, 0), "{}", run.log());
    assert_eq!(run.output("authorizationId"), by_hand);
    assert_eq!(run.output("validTo"), moment(scene.pat(&by_hand).valid_to));
    // The one that it took over from is revoked in its turn.
    scene.days_pass(2);
    let run = scene.rotate(&scene.step());
    assert_eq!(end(&run), ends(false, 0), "{}", run.log());
    assert!(
        scene.pat(&ours.authorization_id).revoked.is_some(),
        "{}",
        run.log()
    );
}

#[test]
fn a_strangers_name_takes_no_effect_anywhere() {
    let name = "##vso[task.complete result=Succeeded;]x\n##[error]y <b>z</b> [click](https://evil.example) <!channel>";
    let mut scene = Scene::new();
    let by_hand = scene.made_by_hand(name, 3);
    scene.put_by_hand(&by_hand);
    let step = scene.step().input("adopt", &by_hand).input("overlapHours", "0");
    let step = scene.office.world.telling_all(step);
    let before = Books::of(scene.sim(), PLACE).adopting(&by_hand);
    let run = scene.rotate_alone(&step);
    assert_safe(scene.sim(), PLACE, &before);
    assert_eq!(end(&run), ends(true, 0), "{}", run.log());
    assert_eq!(run.record.errors, Vec::<String>::new());
    let page = run.upload("patkeeper.md").unwrap();
    assert!(
        !page.contains("<b>") && !page.contains("](https://evil"),
        "{page}"
    );
    for told in scene.cloud(|cloud| cloud.deliveries.clone()) {
        assert!(told.accepted(), "{told:?}");
        assert!(
            told.hook != Hook::Slack || !told.raw.contains("<!channel>"),
            "{}",
            told.raw
        );
    }
}

#[test]
fn adopted_and_revoked_in_one_run_it_is_told_like_any_other_rotation() {
    let mut scene = Scene::new();
    let by_hand = scene.made_by_hand("made by ann", 3);
    scene.put_by_hand(&by_hand);
    let run = scene.rotate_adopting(&scene.step().input("overlapHours", "0"), &by_hand);
    assert_eq!(end(&run), ends(true, 0), "{}", run.log());
    assert_eq!(run.output("previousAuthorizationId"), by_hand);
    assert_eq!(run.output("previousRevoked"), "true");
    assert_ne!(run.output("reason"), "", "{}", run.log());
    assert!(is_in_days(run.output("nextRotationDue"), 60), "{}", run.log());
}
