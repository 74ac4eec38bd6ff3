//! Bad days of the PATs: strangers in the family, people who revoke by hand, others who minted, clocks that are off.

use std::slice;

use chrono::TimeDelta;
use patkeeper_sim::{Clock, SecretSeed, SecretVersion};
use patkeeper_tests::invariants::{Books, Place, assert_settled, superseded};
use patkeeper_tests::job::Step;
use patkeeper_tests::office::VAULT;
use patkeeper_tests::world::PATS;

use crate::scene::{NAME, PLACE, SECRET, Scene, assert_says, end, ends};

/// What was sent to change a PAT or the vault, in order: `DELETE pat`, `PUT secret`.
fn changes(scene: &Scene) -> Vec<String> {
    let writes = scene.writes().into_iter();
    writes
        .map(|request| {
            let what = if request.path.contains(PATS) {
                "pat"
            } else {
                "secret"
            };
            format!("{} {what}", request.method)
        })
        .collect()
}

/// Another user of the organization; the variable that holds their token.
fn release_service(scene: &mut Scene) -> String {
    let token = scene.cloud(|cloud| {
        let other = cloud.add_user("acme", "svc-release@acme.example", "Release Service");
        cloud.user_token(&other)
    });
    scene.office.world.job.add_secret("Other", &token);
    "$(Other)".to_owned()
}

/// Puts a version into the vault as it once was, tags and end included.
fn restore(scene: &Scene, version: &SecretVersion) {
    let mut seed = SecretSeed::new(SECRET, &version.value);
    for (name, value) in &version.tags {
        seed = seed.tag(name, value);
    }
    if let Some(at) = version.expires {
        seed = seed.expires(at);
    }
    scene.cloud(|cloud| cloud.put_secret(VAULT, seed));
}

#[test]
fn a_strangers_pat_in_the_family_is_reported_and_never_revoked() {
    let mut scene = Scene::rotated(70);
    let name = format!("{NAME}-2026-08-01-0a1b2c3d");
    let stranger = scene.made_by_hand(&name, 60);
    for step in [
        scene.step(),
        scene.step().input("overlapHours", "0").input("force", "true"),
    ] {
        let run = scene.rotate(&step);
        assert_eq!(end(&run), ends(true, 0), "{}", run.log());
        assert_says(
            &run,
            &[&name, &stranger, "nothing records it", "not revoked on a guess"],
        );
        let page = run.upload("patkeeper.md").unwrap();
        assert!(page.contains(&name), "{page}");
    }
    scene.days_pass(3);
    scene.rotate(&scene.step());
    assert_eq!(scene.pat(&stranger).revoked, None);
    assert_eq!(scene.live().len(), 2);
}

#[test]
fn a_name_that_only_resembles_the_family_is_no_matter() {
    let mut scene = Scene::rotated(70);
    for name in [
        "ci-build",
        "ci-build-2026-08-01",
        "ci-build-nightly-2026-08-01-0a1b2c3d",
        "my-ci-build-2026-08-01-0a1b2c3d",
    ] {
        scene.made_by_hand(name, 60);
    }
    let run = scene.rotate(&scene.step().input("overlapHours", "0"));
    assert_eq!(end(&run), ends(true, 0), "{}", run.log());
    assert!(!run.log().contains("nothing records it"), "{}", run.log());
    assert_eq!(scene.live().len(), 5);
}

#[test]
fn while_the_recorded_pat_is_revoked_the_one_it_replaced_is_kept_until_a_new_one_is_stored() {
    let mut scene = Scene::rotated(70);
    let first = scene.stored().authorization_id;
    assert_eq!(scene.rotate(&scene.step()).output("rotated"), "true");
    let second = scene.stored().authorization_id;
    scene.revoke_by_hand(&second);
    scene.time_passes(TimeDelta::hours(25));
    scene.sim().clear_log();
    let run = scene.rotate(&scene.step());
    assert_eq!(end(&run), ends(true, 0), "{}", run.log());
    assert!(
        run.output("reason").contains("was revoked"),
        "{}",
        run.output("reason")
    );
    assert_eq!(run.output("previousAuthorizationId"), second);
    assert_eq!(run.output("previousRevoked"), "true");
    // Consumers that had gone back to the first one had it until the third was there.
    assert!(scene.pat(&first).revoked.is_some(), "{}", run.log());
    let changes = changes(&scene);
    let at = |what: &str| changes.iter().rposition(|change| change == what);
    assert!(at("PUT secret") < at("DELETE pat"), "{changes:?}");
    assert_eq!(scene.live(), [scene.stored()]);
}

#[test]
fn a_value_that_was_restored_by_hand_is_never_overwritten_on_a_guess() {
    // Without its tags: nobody can tell what it is.
    let mut scene = Scene::rotated(70);
    let old = scene.stored().authorization_id;
    assert_eq!(scene.rotate(&scene.step()).output("rotated"), "true");
    scene.put_by_hand(&old);
    scene.sim().clear_log();
    let run = scene.rotate(&scene.step());
    assert_eq!(end(&run), ends(false, 2), "{}", run.log());
    assert_says(
        &run,
        &["was put there by hand", "adopt", "nothing was minted or revoked"],
    );
    scene.assert_nothing_changed("a value without tags");
    assert_eq!(scene.live().len(), 2);
}

#[test]
fn a_version_that_was_restored_with_its_tags_is_the_recorded_one_and_the_later_one_is_revoked_in_time() {
    let mut scene = Scene::rotated(1);
    let (before, first) = (scene.current(), scene.stored().authorization_id);
    let run = scene.rotate(&scene.step().input("force", "true"));
    assert_eq!(end(&run), ends(true, 0), "{}", run.log());
    let second = scene.stored().authorization_id;
    restore(&scene, &before);
    let run = scene.rotate(&scene.step());
    assert_eq!(end(&run), ends(false, 0), "{}", run.log());
    assert_eq!(run.output("authorizationId"), first);
    for _ in 0..2 {
        scene.days_pass(2);
        let run = scene.rotate(&scene.step());
        assert_eq!(end(&run), ends(false, 0), "{}", run.log());
    }
    assert_eq!(scene.pat(&first).revoked, None, "consumers use it");
    assert!(
        scene.pat(&second).revoked.is_some(),
        "nobody has it: {:?}",
        scene.current().tags
    );
}

#[test]
fn what_another_owner_minted_is_replaced_and_said_not_to_be_ours_to_revoke() {
    let mut scene = Scene::rotated(70);
    let old = scene.stored();
    let token = release_service(&mut scene);
    let others = |step: Step| step.input("accessToken", &token);

    let run = scene.rotate(&others(scene.step()).input("renewBeforeDays", "5"));
    assert_eq!(end(&run), ends(false, 0), "{}", run.log());
    assert_says(&run, &["was minted by svc-build@acme.example"]);
    scene.assert_nothing_changed("not due");

    let run = scene.rotate(&others(scene.step()).input("overlapHours", "0"));
    assert_eq!(end(&run), ends(true, 0), "{}", run.log());
    assert_eq!(run.output("previousAuthorizationId"), old.authorization_id);
    assert_eq!(run.output("previousRevoked"), "false");
    assert_says(
        &run,
        &[
            &old.authorization_id,
            "svc-build@acme.example",
            "only that owner's sign-in",
        ],
    );
    assert_eq!(scene.pat(&old.authorization_id).revoked, None);
    assert_eq!(
        superseded(&scene.current()),
        slice::from_ref(&old.authorization_id)
    );
    assert_ne!(scene.stored().owner, old.owner);
}

#[test]
fn who_minted_the_replaced_pat_revokes_it_with_their_own_sign_in() {
    let mut scene = Scene::rotated(70);
    let old = scene.stored().authorization_id;
    let token = release_service(&mut scene);
    let step = scene
        .step()
        .input("accessToken", &token)
        .input("overlapHours", "0");
    assert_eq!(scene.rotate(&step).output("rotated"), "true");
    let run = scene.rotate(&scene.step());
    assert_eq!(run.exit_code, Some(0), "{}", run.log());
    assert!(scene.pat(&old).revoked.is_some(), "{}", run.log());
}

#[test]
fn the_recorded_pat_that_is_in_no_list_any_more_is_replaced() {
    for is_forgotten in [false, true] {
        let mut scene = Scene::rotated(10);
        let id = scene.stored().authorization_id;
        scene.revoke_by_hand(&id);
        if is_forgotten {
            scene.forget(&id);
        }
        let run = scene.rotate(&scene.step());
        assert_eq!(end(&run), ends(true, 0), "{}", run.log());
        let why = if is_forgotten {
            "is not listed any more"
        } else {
            "was revoked"
        };
        assert!(run.output("reason").contains(why), "{}", run.output("reason"));
        assert_eq!(run.output("previousAuthorizationId"), id);
        // Gone counts as revoked only where a list shows it.
        assert_eq!(
            run.output("previousRevoked"),
            (!is_forgotten).to_string(),
            "{}",
            run.log()
        );
        assert_eq!(scene.live(), [scene.stored()]);
    }
}

#[test]
fn the_replaced_pat_that_is_gone_already_is_done_with() {
    let mut scene = Scene::rotated(70);
    let old = scene.stored().authorization_id;
    assert_eq!(scene.rotate(&scene.step()).output("rotated"), "true");
    scene.revoke_by_hand(&old);
    scene.days_pass(2);
    scene.sim().clear_log();
    let run = scene.rotate(&scene.step());
    assert_eq!(end(&run), ends(false, 0), "{}", run.log());
    assert_says(&run, &["that what was replaced has ended"]);
    assert_eq!(superseded(&scene.current()), Vec::<String>::new());
    assert!(!changes(&scene).contains(&"DELETE pat".to_owned()));
}

#[test]
fn the_replaced_pat_that_nobody_lists_is_not_said_to_be_revoked() {
    let mut scene = Scene::rotated(70);
    let old = scene.stored().authorization_id;
    assert_eq!(scene.rotate(&scene.step()).output("rotated"), "true");
    scene.forget(&old);
    scene.days_pass(2);
    let run = scene.rotate(&scene.step());
    assert_eq!(run.output("previousRevoked"), "false", "{}", run.log());
    assert_says(&run, &[&old]);
}

#[test]
fn a_machine_whose_clock_is_off_by_minutes_rotates_by_the_stores() {
    for (minutes, words) in [
        (5, "5 minutes behind"),
        (-5, "4 minutes ahead"),
        (-4, "3 minutes ahead"),
    ] {
        let mut scene = Scene::new();
        let by = TimeDelta::minutes(minutes);
        scene.cloud(|cloud| cloud.clock = Clock::System { offset: by });
        let run = scene.rotate(&scene.step());
        assert_eq!(end(&run), ends(true, 0), "{}", run.log());
        let direction = words.split(' ').next_back().unwrap();
        assert_says(&run, &["clock", direction]);
        // The end that was asked for is ninety days from the service's now.
        let life = scene.stored().valid_to - scene.stored().valid_from;
        assert!(
            (life - TimeDelta::days(90)).abs() < TimeDelta::seconds(30),
            "{life}"
        );

        let run = scene.rotate(&scene.step().input("force", "true").input("overlapHours", "1"));
        assert_eq!(end(&run), ends(true, 0), "{}", run.log());
        let until = scene.tag("patkeeper-supersedes");
        let until = until
            .split_once('@')
            .unwrap()
            .1
            .parse::<chrono::DateTime<chrono::Utc>>()
            .unwrap();
        let left = until - scene.cloud(|cloud| cloud.now());
        assert!(
            (left - TimeDelta::hours(1)).abs() < TimeDelta::seconds(30),
            "{left}"
        );
    }
}

#[test]
fn two_organizations_with_one_name_for_their_pats_do_not_touch_each_other() {
    const OTHER: &str = "globex";
    let mut scene = Scene::rotated(70);
    let (user, ours) = (scene.office.world.user.clone(), scene.stored());
    scene.cloud(|cloud| cloud.join(&user, OTHER));
    let step = scene
        .step()
        .input("organization", OTHER)
        .input("secretName", "globex-pat")
        .input("overlapHours", "0");
    let place = Place {
        organization: OTHER,
        secret: "globex-pat",
        ..PLACE
    };
    for force in ["false", "true"] {
        let before = Books::of(scene.sim(), place);
        let run = scene.rotate_alone(&step.clone().input("force", force));
        assert_eq!(end(&run), ends(true, 0), "{}", run.log());
        assert!(
            !run.log().contains("nothing records it"),
            "the other's is no stranger\n{}",
            run.log()
        );
        assert_settled(scene.sim(), place, &before);
    }
    assert_eq!(scene.pat(&ours.authorization_id).revoked, None);

    let run = scene.rotate(&scene.step().input("overlapHours", "0"));
    assert_eq!(end(&run), ends(true, 0), "{}", run.log());
    assert!(!run.log().contains("nothing records it"), "{}", run.log());
    assert_eq!(scene.live().len(), 2);
}

#[test]
fn a_pat_of_another_organization_is_not_revoked_though_a_dead_run_named_it() {
    let mut scene = Scene::rotated(70);
    // A run that has died right after it minted, an hour ago.
    let name = format!("{NAME}-2026-08-01-0a1b2c3d");
    let orphan = scene.made_by_hand(&name, 60);
    let user = scene.office.world.user.clone();
    let foreign = scene.cloud(|cloud| {
        cloud.join(&user, "globex");
        let seed = patkeeper_tests::world::seed(cloud, &user, "globex", &name, 60);
        let hour_ago = (cloud.now() - TimeDelta::hours(1)).format("%Y-%m-%dT%H:%M:%SZ");
        let intent = format!("0a1b2c3d{}/{name}/{hour_ago}/acme/1/job/1", "0".repeat(24));
        let secret = cloud.vault_mut(VAULT).unwrap().secret_mut(SECRET).unwrap();
        let tags = &mut secret.versions.last_mut().unwrap().tags;
        tags.insert("patkeeper-intent".to_owned(), intent);
        cloud.add_pat(seed.usable())
    });
    let run = scene.rotate(&scene.step());
    assert_eq!(end(&run), ends(true, 0), "{}", run.log());
    assert!(scene.pat(&orphan).revoked.is_some(), "{}", run.log());
    assert_eq!(scene.pat(&foreign).revoked, None, "{}", run.log());
}

#[test]
fn a_secret_of_another_organization_is_left_alone() {
    let mut scene = Scene::rotated(70);
    let user = scene.office.world.user.clone();
    scene.cloud(|cloud| cloud.join(&user, "globex"));
    let run = scene.rotate(&scene.step().input("organization", "globex"));
    assert_eq!(end(&run), ends(false, 2), "{}", run.log());
    assert_says(
        &run,
        &[
            "holds a PAT of the organization acme, not of globex",
            "secretName",
        ],
    );
    scene.assert_nothing_changed("another organization's");
}
