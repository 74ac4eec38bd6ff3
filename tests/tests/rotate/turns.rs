//! The ordinary life of a PAT: the first rotation, the days on which nothing is due, and the days on which it is.

use std::slice;

use chrono::TimeDelta;
use patkeeper_sim::SecretSeed;
use patkeeper_tests::office::{VAULT, VAULT_HOST};
use patkeeper_tests::world::{PATS, UPN};

use crate::scene::{NAME, SCOPES, SECRET, Scene, assert_says, end, ends, is_in_days, moment};

#[test]
fn the_first_rotation_makes_the_secret() {
    let mut scene = Scene::new();
    let run = scene.rotate(&scene.step());
    assert_eq!(end(&run), ends(true, 0), "{}", run.log());
    let pat = scene.stored();
    assert_eq!(pat.scope, SCOPES);
    assert_eq!(pat.target_accounts.as_ref().map(Vec::len), Some(1));
    assert_eq!(scene.live(), slice::from_ref(&pat));
    let shape = pat.display_name.strip_prefix(&format!("{NAME}-")).unwrap();
    let (day, mark) = shape.split_at(10);
    assert_eq!(day, pat.valid_from.format("%Y-%m-%d").to_string());
    assert!(
        mark.len() == 9 && mark[1..].chars().all(|c| c.is_ascii_hexdigit()),
        "{mark}"
    );

    let current = scene.current();
    assert_eq!(
        current.content_type.as_deref(),
        Some("application/vnd.patkeeper.pat")
    );
    let tag = |name: &str| current.tags.get(name).map(String::as_str).unwrap_or_default();
    assert_eq!(tag("patkeeper-organization"), "acme");
    assert_eq!(tag("patkeeper-scopes"), SCOPES);
    assert_eq!(
        tag("patkeeper-owner"),
        format!("{} {UPN}", scene.office.world.user)
    );
    assert_eq!(tag("patkeeper-rotation-id").len(), 32);
    assert!(tag("patkeeper-rotation-id").starts_with(&mark[1..]));
    assert_eq!(tag("patkeeper-supersedes"), "");
    assert_eq!(tag("patkeeper-placeholder"), "");
    // The lock of a secret that did not exist is a version of its own, which nobody can read.
    let versions = scene.versions();
    assert_eq!(
        versions.iter().map(|version| version.enabled).collect::<Vec<_>>(),
        [false, true]
    );

    assert_eq!(run.output("authorizationId"), pat.authorization_id);
    assert_eq!(run.output("displayName"), pat.display_name);
    assert_eq!(run.output("validTo"), tag("patkeeper-valid-to"));
    assert!(is_in_days(run.output("validTo"), 90));
    assert!(is_in_days(run.output("nextRotationDue"), 60));
    assert_eq!(
        run.output("secretId"),
        format!("https://{VAULT_HOST}/secrets/{SECRET}/{}", current.id)
    );
    assert_eq!(run.output("previousAuthorizationId"), "");
    assert_eq!(run.output("previousRevoked"), "false");
    assert_eq!(run.output("reason"), "nothing is recorded yet");
    assert_eq!(run.output("token"), "");
    assert_says(&run, &[&pat.display_name, SECRET, "Rotated."]);
}

#[test]
fn nothing_happens_while_nothing_is_due() {
    let mut scene = Scene::rotated(40);
    let (before, pat) = (scene.current(), scene.stored());
    let run = scene.rotate(&scene.step());
    assert_eq!(end(&run), ends(false, 0), "{}", run.log());
    scene.assert_nothing_changed("nothing is due");
    assert_eq!(scene.current().updated, before.updated);
    assert_eq!(run.output("authorizationId"), pat.authorization_id);
    assert_eq!(run.output("validTo"), moment(pat.valid_to));
    assert!(is_in_days(run.output("nextRotationDue"), 20));
    assert!(
        run.output("secretId").ends_with(&before.id),
        "{}",
        run.output("secretId")
    );
    assert!(
        run.output("reason").contains("d of 90 d left"),
        "{}",
        run.output("reason")
    );
    assert_says(&run, &["Not due", "Next due"]);
}

#[test]
fn a_third_of_its_life_before_its_end_it_is_replaced() {
    for (days, more, due) in [
        (59, ("overlapHours", "24"), false),
        (61, ("overlapHours", "24"), true),
        (61, ("renewBeforeDays", "20"), false),
        (71, ("renewBeforeDays", "20"), true),
    ] {
        let mut scene = Scene::rotated(days);
        let old = scene.stored();
        let run = scene.rotate(&scene.step().input(more.0, more.1));
        assert_eq!(end(&run), ends(due, 0), "{days} {more:?}\n{}", run.log());
        let new = scene.stored();
        assert_eq!(new != old, due);
        if due {
            assert_eq!(run.output("previousAuthorizationId"), old.authorization_id);
            assert_eq!(run.output("previousRevoked"), "false");
            assert!(is_in_days(run.output("validTo"), 90));
            // Both work while the overlap lasts.
            assert_eq!(scene.live(), [old.clone(), new]);
            assert!(
                scene
                    .tag("patkeeper-supersedes")
                    .starts_with(&format!("{}@", old.authorization_id))
            );
        }
    }
}

#[test]
fn the_pat_that_has_already_ended_is_replaced_too() {
    let mut scene = Scene::rotated(95);
    let old = scene.stored();
    let run = scene.rotate(&scene.step());
    assert_eq!(end(&run), ends(true, 0), "{}", run.log());
    assert!(
        run.output("reason").contains("has expired"),
        "{}",
        run.output("reason")
    );
    assert_eq!(run.output("previousAuthorizationId"), old.authorization_id);
    // What has ended cannot come back, so there is nothing left to revoke.
    assert_eq!(run.output("previousRevoked"), "true", "{}", run.log());
    assert_eq!(scene.tag("patkeeper-supersedes"), "");
    assert_eq!(scene.live().len(), 1);
}

#[test]
fn other_scopes_make_it_due_and_another_order_of_them_does_not() {
    let mut scene = Scene::rotated(1);
    let run = scene.rotate(&scene.step().input("scopes", "vso.code,\n vso.build_execute"));
    assert_eq!(end(&run), ends(false, 0), "{}", run.log());
    scene.assert_nothing_changed("the same scopes");

    let run = scene.rotate(&scene.step().input("scopes", "vso.build_execute vso.work"));
    assert_eq!(end(&run), ends(true, 0), "{}", run.log());
    assert_eq!(
        run.output("reason"),
        "other scopes are asked for: + vso.work - vso.code"
    );
    assert_eq!(scene.stored().scope, "vso.build_execute vso.work");
    assert_eq!(scene.tag("patkeeper-scopes"), "vso.build_execute vso.work");
}

#[test]
fn forced_twice_on_one_day_it_makes_two_generations() {
    let mut scene = Scene::rotated(0);
    let first = scene.stored();
    let run = scene.rotate(&scene.step().input("force", "true"));
    assert_eq!(end(&run), ends(true, 0), "{}", run.log());
    assert_eq!(run.output("reason"), "forced");
    let second = scene.stored();
    let run = scene.rotate(&scene.step().input("force", "true"));
    assert_eq!(end(&run), ends(true, 0), "{}", run.log());
    let third = scene.stored();
    let mut names = vec![first.display_name, second.display_name, third.display_name];
    names.dedup();
    assert_eq!(names.len(), 3, "{names:?}");
    // Both wait, the older one for its own time.
    assert_eq!(scene.tag("patkeeper-supersedes").matches('@').count(), 2);
}

#[test]
fn after_the_overlap_the_next_run_revokes_what_was_replaced() {
    let mut scene = Scene::rotated(70);
    let old = scene.stored();
    assert_eq!(scene.rotate(&scene.step()).output("rotated"), "true");
    let new = scene.stored();

    scene.time_passes(TimeDelta::hours(23));
    scene.sim().clear_log();
    let run = scene.rotate(&scene.step());
    assert_eq!(end(&run), ends(false, 0), "{}", run.log());
    scene.assert_nothing_changed("the overlap lasts");
    assert_eq!(run.output("previousAuthorizationId"), old.authorization_id);
    assert_eq!(run.output("previousRevoked"), "false");

    scene.time_passes(TimeDelta::hours(2));
    let run = scene.rotate(&scene.step());
    assert_eq!(end(&run), ends(false, 0), "{}", run.log());
    assert_eq!(run.output("previousAuthorizationId"), old.authorization_id);
    assert_eq!(run.output("previousRevoked"), "true");
    assert_says(&run, &[&format!("Revoked {}", old.display_name)]);
    assert_eq!(scene.live(), [scene.stored()]);
    assert_eq!(scene.stored().authorization_id, new.authorization_id);
    assert_eq!(scene.tag("patkeeper-supersedes"), "");

    scene.sim().clear_log();
    let run = scene.rotate(&scene.step());
    scene.assert_nothing_changed("all is done");
    assert_eq!(run.output("previousAuthorizationId"), "", "{}", run.log());
}

#[test]
fn without_overlap_the_old_one_is_revoked_in_the_same_run() {
    let mut scene = Scene::rotated(70);
    let old = scene.stored();
    let run = scene.rotate(&scene.step().input("overlapHours", "0"));
    assert_eq!(end(&run), ends(true, 0), "{}", run.log());
    assert_eq!(run.output("previousAuthorizationId"), old.authorization_id);
    assert_eq!(run.output("previousRevoked"), "true");
    assert_eq!(scene.live(), [scene.stored()]);
    assert_eq!(scene.tag("patkeeper-supersedes"), "");
    // It was stored, and read back, before the old one was touched.
    let order: Vec<(String, String)> = scene
        .requests()
        .into_iter()
        .map(|request| (request.method, request.path))
        .collect();
    let at = |what: &dyn Fn(&(String, String)) -> bool| order.iter().rposition(what);
    let stored = at(&|(method, path)| method == "PUT" && path.ends_with(SECRET)).unwrap();
    let read = at(&|(method, path)| method == "GET" && path.ends_with(&scene.current().id)).unwrap();
    let revoked = at(&|(method, path)| method == "DELETE" && path.contains(PATS)).unwrap();
    assert!(stored < read && read < revoked, "{order:?}");
}

#[test]
fn tags_that_people_have_put_there_stay() {
    let mut scene = Scene::rotated(70);
    scene.cloud(|cloud| {
        let secret = cloud.vault_mut(VAULT).unwrap().secret_mut(SECRET).unwrap();
        let tags = &mut secret.versions.last_mut().unwrap().tags;
        tags.insert("owner".to_owned(), "team-build".to_owned());
    });
    let run = scene.rotate(&scene.step());
    assert_eq!(end(&run), ends(true, 0), "{}", run.log());
    assert_eq!(scene.tag("owner"), "team-build");
}

#[test]
fn each_secret_has_a_pat_of_its_own() {
    let mut scene = Scene::rotated(1);
    let first = scene.stored();
    scene.cloud(|cloud| cloud.put_secret(VAULT, SecretSeed::new("other-secret", "left alone")));
    let step = scene
        .step()
        .input("name", "ci-deploy")
        .input("secretName", "deploy-pat");
    let run = scene.rotate_alone(&step);
    assert_eq!(end(&run), ends(true, 0), "{}", run.log());
    assert_eq!(scene.stored(), first);
    assert_eq!(scene.live().len(), 2);
}
