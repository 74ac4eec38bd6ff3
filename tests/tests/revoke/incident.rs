//! A leaked PAT in hand: it is named by its id, and dies in one step.

use patkeeper_sim::{ConnectionData, Refusal};
use patkeeper_tests::step::StepResult::SucceededWithIssues;
use patkeeper_tests::world::report;

use crate::scene::{Scene, assert_says, end, ends, everyones, for_real, mine, outcome, told};

#[test]
fn a_dry_run_is_the_default_and_lists_exactly_and_changes_nothing() {
    let mut scene = Scene::new();
    let (leaked, other) = (scene.pat("leaked"), scene.pat("other"));
    let run = scene.revoke(&mine().input("authorizationIds", &leaked));
    assert_eq!(
        end(&run),
        ([1, 0, 0, 0], SucceededWithIssues, Some(0)),
        "{}",
        run.log()
    );
    assert_says(&run, &["Dry run", &leaked, "would revoke", "dryRun: false"]);
    assert!(!run.log().contains(&other), "{}", run.log());
    assert_eq!(outcome(&run, &leaked), "wouldRevoke");
    assert_eq!(report(&run)["counts"]["wouldRevoke"], 1);
    scene.assert_nothing_changed("a dry run");
}

#[test]
fn a_dry_run_that_is_left_blank_is_one() {
    let mut scene = Scene::new();
    let leaked = scene.pat("leaked");
    let run = scene.revoke(&mine().input("all", "true").input("dryRun", " "));
    assert_eq!(end(&run).1, SucceededWithIssues, "{}", run.log());
    assert!(scene.is_live(&leaked));
    scene.assert_nothing_changed("a dry run");
}

#[test]
fn ones_own_pat_dies_by_its_id_and_no_other() {
    let mut scene = Scene::new();
    let (leaked, other) = (scene.pat("leaked"), scene.pat("leaked"));
    let step = for_real(mine())
        .input("authorizationIds", &leaked)
        .input("reason", "found in a paste (ticket 4711)");
    let run = scene.revoke(&step);
    assert_eq!(end(&run), ends([1, 1, 0, 0], 0), "{}", run.log());
    assert!(!scene.is_live(&leaked) && scene.is_live(&other));
    assert_says(
        &run,
        &["found in a paste (ticket 4711)", &leaked, "Revoked 1 PAT"],
    );
    assert_eq!(
        report(&run)["settings"]["reason"],
        "found in a paste (ticket 4711)"
    );
    let summary = run.upload("patkeeper.md").expect("a summary");
    assert!(
        summary.contains("found in a paste") && summary.contains(&leaked),
        "{summary}"
    );

    // Run again, it says that there is nothing left to do, and asks for nothing that changes anything.
    scene.sim().clear_log();
    let run = scene.revoke(&step);
    assert_eq!(end(&run), ends([1, 0, 1, 0], 0), "{}", run.log());
    assert_eq!(outcome(&run, &leaked), "alreadyGone");
    scene.assert_nothing_changed("gone already");
}

#[test]
fn anybodys_pat_dies_by_its_id_whether_or_not_the_owner_is_known() {
    for owners in ["", "ann@acme.example", "ANN@Acme.Example"] {
        let mut scene = Scene::new();
        let leaked = scene.pat_of(&scene.ann, "leaked");
        let others = [
            scene.pat_of(&scene.ann, "other"),
            scene.pat_of(&scene.bob, "bobs"),
        ];
        let step = for_real(everyones())
            .input("authorizationIds", &leaked)
            .input("owners", owners);
        let run = scene.revoke(&step);
        assert_eq!(end(&run), ends([1, 1, 0, 0], 0), "{owners}\n{}", run.log());
        assert!(
            !scene.is_live(&leaked) && others.iter().all(|id| scene.is_live(id)),
            "{owners}"
        );
        assert_eq!(told(&run, &leaked)["owner"], "ann@acme.example", "{owners}");
        assert_says(&run, &["an hour"]);

        let run = scene.revoke(&step);
        assert_eq!(end(&run), ends([1, 0, 1, 0], 0), "{owners}\n{}", run.log());
    }
}

#[test]
fn an_owner_named_by_descriptor_need_not_be_looked_for() {
    let mut scene = Scene::new();
    let leaked = scene.pat_of(&scene.bob, "leaked");
    let step = for_real(everyones())
        .input("authorizationIds", &leaked)
        .input("owners", &scene.descriptor(&scene.bob));
    let run = scene.revoke(&step);
    assert_eq!(end(&run), ends([1, 1, 0, 0], 0), "{}", run.log());
    let graph = scene
        .requests()
        .iter()
        .filter(|request| request.path.contains("graph"))
        .count();
    assert_eq!(graph, 0, "{}", run.log());
}

#[test]
fn the_owner_who_is_named_is_the_only_one_who_is_read() {
    let mut scene = Scene::new();
    let leaked = scene.pat_of(&scene.bob, "leaked");
    let step = for_real(everyones())
        .input("authorizationIds", &leaked)
        .input("owners", "ann@acme.example");
    let run = scene.revoke(&step);
    // It is not hers: whatever an incident's notes say, nobody else's PAT dies for it.
    assert_eq!(end(&run), ends([0, 0, 0, 1], 4), "{}", run.log());
    assert!(scene.is_live(&leaked));
    let (ann, bob) = (scene.descriptor(&scene.ann), scene.descriptor(&scene.bob));
    let reads = scene.cloud(|cloud| [ann, bob].map(|user| cloud.reads().of(&user)));
    assert_eq!(reads, [1, 0]);
}

#[test]
fn ids_are_the_same_in_upper_case_and_between_commas_blanks_and_lines() {
    let mut scene = Scene::new();
    let ids = ["a", "b", "c", "d"].map(|name| scene.pat(name));
    let given = format!(
        "{}, {}\n{} {}\n{}",
        ids[0].to_uppercase(),
        ids[1],
        ids[2].to_uppercase(),
        ids[3],
        ids[0]
    );
    let run = scene.revoke(&for_real(mine()).input("authorizationIds", &given));
    assert_eq!(end(&run), ends([4, 4, 0, 0], 0), "{}", run.log());
    assert_eq!(scene.writes().len(), 4);

    let mut scene = Scene::new();
    let id = scene.pat_of(&scene.ann, "a");
    let run = scene.revoke(&for_real(everyones()).input("authorizationIds", &id.to_uppercase()));
    assert_eq!(end(&run), ends([1, 1, 0, 0], 0), "{}", run.log());
}

#[test]
fn an_id_that_nobody_knows_fails_and_the_others_are_revoked_all_the_same() {
    let mut scene = Scene::new();
    let user = scene.world.user.clone();
    for (owner, step) in [(user, mine()), (scene.ann.clone(), everyones())] {
        let ids = ["a", "b"].map(|name| scene.pat_of(&owner, name));
        let unknown = scene.unknown_id();
        let given = format!("{} {unknown} {}", ids[0], ids[1]);
        let run = scene.revoke(&for_real(step).input("authorizationIds", &given));
        assert_eq!(end(&run), ends([2, 2, 0, 1], 4), "{}", run.log());
        assert_eq!(outcome(&run, &unknown), "failed");
        assert_says(&run, &[&unknown]);
        assert!(ids.iter().all(|id| !scene.is_live(id)));
    }
}

#[test]
fn revoked_and_expired_ones_are_gone_already_on_either_way() {
    let mut scene = Scene::new();
    let user = scene.world.user.clone();
    for (owner, step) in [(user, mine()), (scene.ann.clone(), everyones())] {
        let revoked = scene.pat_of(&owner, "revoked");
        scene.revoke_by_hand(&revoked);
        let expired = scene.special(&owner, "expired", |pat| {
            let ended = chrono::Utc::now() - chrono::TimeDelta::days(2);
            pat.starts(ended - chrono::TimeDelta::days(30)).ends(ended)
        });
        let live = scene.pat_of(&owner, "live");
        let given = format!("{revoked}\n{expired}\n{live}");
        let run = scene.revoke(&for_real(step).input("authorizationIds", &given));
        assert_eq!(end(&run), ends([3, 1, 2, 0], 0), "{}", run.log());
        assert_eq!(
            [&revoked, &expired, &live].map(|id| outcome(&run, id)),
            ["alreadyGone", "alreadyGone", "revoked"]
        );
    }
}

#[test]
fn a_pat_of_another_organization_is_left_alone_and_said_to_be_one() {
    let mut scene = Scene::new();
    let user = scene.world.user.clone();
    for (owner, step) in [(user, mine()), (scene.ann.clone(), everyones())] {
        let foreign = scene.pat_elsewhere(&owner, "elsewhere");
        let own = scene.pat_of(&owner, "own");
        let step = for_real(step).input("authorizationIds", &format!("{foreign} {own}"));
        let run = scene.revoke(&step);
        assert_eq!(end(&run), ends([1, 1, 0, 1], 4), "{}", run.log());
        assert!(scene.is_live(&foreign) && !scene.is_live(&own));
        assert_says(&run, &["other organization"]);
    }
}

#[test]
fn a_global_pat_is_revoked_and_said_to_end_everywhere() {
    let mut scene = Scene::new();
    let user = scene.world.user.clone();
    for (owner, step) in [(user, mine()), (scene.ann.clone(), everyones())] {
        let global = scene.special(&owner, "everywhere", patkeeper_sim::PatSeed::global);
        let run = scene.revoke(&for_real(step).input("authorizationIds", &global));
        assert_eq!(end(&run), ends([1, 1, 0, 0], 0), "{}", run.log());
        assert_eq!(told(&run, &global)["global"], true);
        assert_says(&run, &["global", "all organizations"]);
    }
}

#[test]
fn ids_go_on_where_the_account_is_not_known_and_patterns_do_not() {
    let mut scene = Scene::new();
    scene.cloud(|cloud| {
        cloud.manners.connection_data = ConnectionData::Refused(Refusal::BearerRefused);
    });
    // And the agent's own knowledge is of another organization.
    scene
        .world
        .job
        .set_variable("System.CollectionUri", "https://dev.azure.com/elsewhere/");
    let leaked = scene.pat("leaked");
    let step = for_real(mine()).input("organization", "acme");
    for selector in [("names", "leak*"), ("all", "true")] {
        let run = scene.revoke(&step.clone().input(selector.0, selector.1));
        assert_eq!(run.exit_code, Some(3), "{selector:?}\n{}", run.log());
        assert!(scene.is_live(&leaked), "{selector:?}");
        assert_says(&run, &["nothing was changed", "authorizationIds"]);
        scene.assert_nothing_changed("an account that is not known");
    }
    let run = scene.revoke(&step.input("authorizationIds", &leaked));
    assert_eq!(end(&run), ends([1, 1, 0, 0], 0), "{}", run.log());
}

#[test]
fn what_is_revoked_no_longer_opens_anything() {
    let mut scene = Scene::new();
    let leaked = scene.special(&scene.ann, "leaked", patkeeper_sim::PatSeed::usable);
    let run = scene.revoke(&for_real(everyones()).input("authorizationIds", &leaked));
    assert_eq!(run.exit_code, Some(0), "{}", run.log());
    let pat = scene.cloud(|cloud| cloud.pat(&leaked).cloned()).unwrap();
    assert!(
        pat.revoked
            .is_some_and(|at| at <= scene.cloud(|cloud| cloud.now()))
    );
}
