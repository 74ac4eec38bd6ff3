//! Bad days of the vault: writes that land late, locks, rights, names that are deleted, too many requests.

use std::slice;

use chrono::TimeDelta;
use patkeeper_sim::{Action, Fault, Match, Right, SecretSeed, VaultAccess, VaultNetwork, VaultThrottle};
use patkeeper_tests::invariants::{Books, assert_nothing_minted_is_lost, assert_safe};
use patkeeper_tests::office::{VAULT, VAULT_HOST};
use patkeeper_tests::running::Run;
use patkeeper_tests::world::{PATS, at_once, eventually};

use crate::scene::{PLACE, SECRET, Scene, assert_says, end, ends};

/// A due rotation whose value is held back on its way to the vault.
fn held_back() -> (Scene, Run) {
    let mut scene = Scene::rotated(70);
    let old = scene.stored();
    scene.sim().fault(Fault::once(
        Match::any().method("PUT").host(VAULT_HOST),
        Action::HoldBack,
    ));
    let run = scene.rotate_unsettled(&scene.step());
    assert_eq!(end(&run).2, Some(4), "{}", run.log());
    assert_says(
        &run,
        &[
            "It is not known whether the new PAT",
            "was not revoked, since the write may still land",
            "run the step again after",
        ],
    );
    assert_eq!(scene.stored(), old);
    assert_eq!(scene.live().len(), 2, "the write may still land\n{}", run.log());
    scene.next_build();
    (scene, run)
}

#[test]
fn a_value_that_lands_after_its_time_out_is_taken_up_by_the_next_run() {
    let (mut scene, _) = held_back();
    let old = scene.stored();
    assert_eq!(scene.sim().let_land(), [200]);
    let new = scene.stored();
    assert_ne!(new, old);
    let run = scene.rotate(&scene.step());
    assert_eq!(end(&run), ends(false, 0), "{}", run.log());
    assert_eq!(run.output("authorizationId"), new.authorization_id);
    scene.days_pass(2);
    scene.rotate(&scene.step());
    assert_eq!(scene.live(), [scene.stored()]);
}

#[test]
fn while_it_may_still_land_others_stay_out_and_are_told_until_when() {
    let (mut scene, first) = held_back();
    let live = scene.live();
    scene.sim().clear_log();
    let run = scene.rotate_unsettled(&scene.step());
    assert_eq!(end(&run), ends(false, 6), "{}", run.log());
    assert_says(
        &run,
        &["Another run holds the lock", "build 4711", "attempt 1", "UTC"],
    );
    scene.assert_nothing_changed("another run's lock");
    assert_eq!(scene.live(), live, "{}", first.log());
}

#[test]
fn a_value_that_never_lands_is_given_up_after_the_locks_time() {
    let (mut scene, _) = held_back();
    let old = scene.stored().authorization_id;
    scene.time_passes(TimeDelta::minutes(16));
    let run = scene.rotate(&scene.step());
    assert_eq!(end(&run), ends(true, 0), "{}", run.log());
    assert_says(&run, &["minted by a run that has died"]);
    let live: Vec<String> = scene.live().into_iter().map(|pat| pat.authorization_id).collect();
    assert_eq!(live, [old, scene.stored().authorization_id]);
}

#[test]
fn a_second_attempt_of_the_same_job_does_not_wait_for_the_first_ones_lock() {
    let mut scene = Scene::rotated(70);
    // Everything after the intent fails, its taking back included.
    scene.sim().fault(Fault::always(
        Match::any().method("POST").path(PATS),
        Action::status(404),
    ));
    scene.sim().fault(Fault::always(
        Match::any().method("PATCH").host(VAULT_HOST).nth(2),
        Action::status(404),
    ));
    let run = scene.rotate_unsettled(&scene.step());
    assert_ne!(run.exit_code, Some(0), "{}", run.log());
    assert_ne!(scene.tag("patkeeper-intent"), "", "{}", run.log());
    scene.sim().clear_faults();

    // The same job, as it stands, is the same attempt and may be the same run.
    let same = scene.rotate_unsettled(&scene.step());
    assert_eq!(end(&same), ends(false, 6), "{}", same.log());
    scene.office.change_job(|job| {
        job.variable("System.StageAttempt", "2")
            .variable("System.JobAttempt", "1")
    });
    let again = scene.rotate(&scene.step());
    assert_eq!(end(&again), ends(true, 0), "{}", again.log());
}

#[test]
fn a_run_that_outlives_its_lock_stores_nothing_and_revokes_what_it_minted() {
    let mut scene = Scene::rotated(70);
    let (old, before) = (scene.stored(), Books::of(scene.sim(), PLACE));
    scene.sim().fault(Fault::once(
        Match::any().method("POST").path(PATS),
        Action::DelayAfter(std::time::Duration::from_millis(1500)),
    ));
    let step = scene.step();
    let running = scene.office.world.start_rotating(&step);
    eventually("it mints", || scene.live().len() == 2);
    scene.cloud(|cloud| cloud.clock.advance(TimeDelta::minutes(11)));
    let run = running.finish(&mut scene.office.world.job);
    run.assert_well_behaved();
    scene.office.assert_no_secret(&run);
    assert_eq!(end(&run), ends(false, 4), "{}", run.log());
    assert_says(&run, &["took too long to store the new PAT", "15 minutes"]);
    assert_eq!(scene.live(), slice::from_ref(&old));
    assert_eq!(scene.stored(), old);
    assert_nothing_minted_is_lost(scene.sim(), PLACE, &before);
}

#[test]
fn a_vault_that_is_not_reached_changes_nothing() {
    let ways = vec![
        (
            Match::any().method("CONNECT").host(VAULT_HOST),
            Action::status(502),
        ),
        (Match::any().host(VAULT_HOST), Action::ResetBefore),
        (Match::any().host(VAULT_HOST), Action::status(503)),
    ];
    at_once(&ways, 24, |way| {
        let mut scene = Scene::rotated(70);
        let old = scene.stored();
        scene.sim().fault(Fault::always(way.0.clone(), way.1.clone()));
        let run = scene.rotate(&scene.step());
        assert_eq!(end(&run), ends(false, 4), "{:?}\n{}", way.1, run.log());
        assert_says(&run, &["acme-kv"]);
        scene.assert_nothing_changed("the vault is not reached");
        assert_eq!(scene.live(), [old]);
    });
}

#[test]
fn a_right_that_is_missing_is_named_before_anything_is_minted() {
    for (missing, words) in [
        (Right::List, "list"),
        (Right::Get, "read"),
        (Right::Set, "change"),
    ] {
        for access in [VaultAccess::Roles, VaultAccess::Policies] {
            let mut scene = Scene::rotated(70);
            let old = scene.stored();
            scene.office.vault(|vault| {
                vault.access = access;
                vault.grants.retain(|(_, right)| *right != missing);
            });
            let run = scene.rotate(&scene.step());
            assert_eq!(end(&run), ends(false, 3), "{missing:?}\n{}", run.log());
            assert_says(&run, &["The Key Vault 'acme-kv' did not let", words]);
            assert_eq!(scene.live(), [old], "{missing:?}\n{}", run.log());
        }
    }
}

#[test]
fn a_vault_that_is_behind_a_firewall_says_where_the_agent_must_stand() {
    for (network, words) in [
        (VaultNetwork::Firewall, "firewall"),
        (VaultNetwork::Private, "private endpoint"),
    ] {
        let mut scene = Scene::rotated(70);
        scene.office.vault(|vault| vault.network = network);
        let run = scene.rotate(&scene.step());
        assert_eq!(end(&run), ends(false, 3), "{}", run.log());
        assert_says(&run, &[words]);
        scene.assert_nothing_changed(words);
    }
}

#[test]
fn a_secret_that_was_deleted_and_still_holds_its_name_is_explained() {
    let mut scene = Scene::rotated(10);
    let live = scene.live();
    scene.cloud(|cloud| {
        let now = cloud.now();
        let vault = cloud.vault_mut(VAULT).unwrap();
        vault.secret_mut(SECRET).unwrap().deleted = Some(now);
    });
    let run = scene.rotate_alone(&scene.step());
    assert_eq!(end(&run), ends(false, 3), "{}", run.log());
    assert_says(
        &run,
        &[
            SECRET,
            "is deleted, and still holds its name",
            "az keyvault secret recover",
        ],
    );
    assert!(
        !run.log().contains("<vault>") && !run.log().contains("<secret>"),
        "{}",
        run.log()
    );
    let minted: Vec<_> = scene
        .writes()
        .into_iter()
        .filter(|request| request.path.contains(PATS))
        .collect();
    assert!(minted.is_empty(), "{minted:?}");
    assert_eq!(scene.live(), live);
}

#[test]
fn a_vault_that_is_throttled_for_a_while_is_waited_for_and_one_that_stays_so_fails_the_step() {
    let mut scene = Scene::rotated(70);
    scene.office.vault(|vault| {
        vault.throttle = Some(VaultThrottle {
            requests: 2,
            retry_after: Some(1),
        });
    });
    let run = scene.rotate(&scene.step());
    assert_eq!(end(&run), ends(true, 0), "{}", run.log());

    let mut scene = Scene::rotated(70);
    scene.office.vault(|vault| {
        vault.throttle = Some(VaultThrottle {
            requests: 10_000,
            retry_after: None,
        });
    });
    let run = scene.rotate(&scene.step());
    assert_eq!(end(&run), ends(false, 4), "{}", run.log());
    assert_says(&run, &["more requests than it takes"]);
    assert_eq!(scene.live().len(), 1);
}

#[test]
fn a_version_that_somebody_has_disabled_is_not_switched_on_again_unasked() {
    let mut scene = Scene::rotated(70);
    scene.cloud(|cloud| {
        let secret = cloud.vault_mut(VAULT).unwrap().secret_mut(SECRET).unwrap();
        secret.versions.last_mut().unwrap().enabled = false;
    });
    let run = scene.rotate(&scene.step());
    assert_eq!(end(&run), ends(false, 2), "{}", run.log());
    assert_says(&run, &["is disabled", "force: true"]);
    scene.assert_nothing_changed("disabled by somebody");

    let run = scene.rotate(&scene.step().input("force", "true"));
    assert_eq!(end(&run), ends(true, 0), "{}", run.log());
}

#[test]
fn tags_that_cannot_be_understood_end_the_run() {
    let mut scene = Scene::rotated(70);
    scene.cloud(|cloud| {
        let secret = cloud.vault_mut(VAULT).unwrap().secret_mut(SECRET).unwrap();
        let tags = &mut secret.versions.last_mut().unwrap().tags;
        tags.insert("patkeeper-valid-to".to_owned(), "next spring".to_owned());
    });
    let run = scene.rotate(&scene.step());
    assert_eq!(end(&run), ends(false, 2), "{}", run.log());
    assert_says(&run, &["patkeeper-valid-to", "next spring", "put the tag back"]);
    scene.assert_nothing_changed("tags that are not understood");
}

#[test]
fn a_secret_without_room_for_tags_is_refused_before_anything_is_minted() {
    let mut scene = Scene::new();
    let by_hand = scene.made_by_hand("made by ann", 3);
    let value = scene.pat(&by_hand).secret.unwrap();
    let seed = (0..12).fold(SecretSeed::new(SECRET, &value), |seed, number| {
        seed.tag(&format!("tag-{number}"), "of a person")
    });
    scene.cloud(|cloud| cloud.put_secret(VAULT, seed));
    let step = scene.step().input("scopes", "vso.build");
    let run = scene.rotate_adopting(&step, &by_hand);
    assert_eq!(end(&run), ends(false, 2), "{}", run.log());
    assert_says(&run, &["no room for the tags", "12 tags", "nothing was minted"]);
    scene.assert_nothing_changed("no room");
}

#[test]
fn a_value_that_was_stored_and_never_answered_is_found_and_not_stored_twice() {
    let mut scene = Scene::rotated(70);
    let before = Books::of(scene.sim(), PLACE);
    scene.sim().fault(Fault::once(
        Match::any().method("PUT").host(VAULT_HOST),
        Action::ResetAfter,
    ));
    let run = scene.rotate(&scene.step());
    assert_eq!(end(&run), ends(true, 0), "{}", run.log());
    let puts = scene
        .writes()
        .into_iter()
        .filter(|request| request.method == "PUT");
    assert_eq!(puts.count(), 1);
    assert_safe(scene.sim(), PLACE, &before);
}

#[test]
fn a_pat_that_can_be_neither_stored_nor_revoked_needs_a_person() {
    let mut scene = Scene::rotated(70);
    let old = scene.stored();
    scene.sim().fault(Fault::always(
        Match::any().method("PUT").host(VAULT_HOST),
        Action::status(403),
    ));
    scene.sim().fault(Fault::always(
        Match::any().method("DELETE").path(PATS),
        Action::status(404),
    ));
    let run = scene.rotate_unsettled(&scene.step());
    assert_eq!(end(&run), ends(false, 5), "{}", run.log());
    let new = scene.live().pop().unwrap();
    assert_says(
        &run,
        &[
            "could be neither stored nor revoked",
            &new.display_name,
            &new.authorization_id,
            "https://dev.azure.com/acme/_usersSettings/tokens",
        ],
    );
    assert_eq!(scene.stored(), old);
    // The intent still names it, so a later run does what a person has not.
    scene.sim().clear_faults();
    scene.time_passes(TimeDelta::minutes(16));
    let run = scene.rotate(&scene.step());
    assert_eq!(end(&run), ends(true, 0), "{}", run.log());
    assert!(
        scene.pat(&new.authorization_id).revoked.is_some(),
        "{}",
        run.log()
    );
}
