//! Many at once: by names, or all of somebody's.

use patkeeper_sim::{PatSeed, Unreadable};
use patkeeper_tests::step::StepResult::{Succeeded, SucceededWithIssues};
use patkeeper_tests::world::report;

use crate::scene::{Scene, assert_says, end, ends, everyones, for_real, mine, outcome};

#[test]
fn patterns_mean_the_live_pats_of_this_organization_and_no_other() {
    let mut scene = Scene::new();
    let user = scene.world.user.clone();
    let meant = [scene.pat("ci-a"), scene.pat("ci-b"), scene.pat("nuget.1")];
    let not_meant = [
        scene.pat("CI-c"),
        scene.pat("xci-a"),
        scene.pat("nuget.10"),
        scene.pat_elsewhere(&user, "ci-elsewhere"),
        scene.pat_of(&scene.ann, "ci-of-ann"),
    ];
    let gone = scene.pat("ci-gone");
    scene.revoke_by_hand(&gone);
    let run = scene.revoke(&for_real(mine()).input("names", "ci-*\nnuget.?"));
    assert_eq!(end(&run), ends([3, 3, 0, 0], 0), "{}", run.log());
    assert!(meant.iter().all(|id| !scene.is_live(id)));
    assert!(not_meant.iter().all(|id| scene.is_live(id)));
    // Of another organization's it is said that they were left alone.
    assert_eq!(report(&run)["counts"]["elsewhere"], 1, "{}", run.log());
}

#[test]
fn patterns_over_everybody_or_over_owners() {
    for (owners, expected) in [("", 3), ("ann@acme.example", 2)] {
        let mut scene = Scene::new();
        let ids = [
            scene.pat_of(&scene.ann, "ci-a"),
            scene.pat_of(&scene.ann, "ci-b"),
            scene.pat_of(&scene.bob, "ci-a"),
        ];
        let other = scene.pat_of(&scene.bob, "other");
        let step = for_real(everyones())
            .input("names", "ci-*")
            .input("owners", owners);
        let run = scene.revoke(&step);
        assert_eq!(end(&run), ends([expected, expected, 0, 0], 0), "{}", run.log());
        let live = ids.iter().filter(|id| scene.is_live(id)).count();
        assert_eq!(live, 3 - expected as usize, "{owners}");
        assert!(scene.is_live(&other));
        assert_eq!(scene.writes().len(), 1, "{owners}");
    }
}

#[test]
fn expect_count_lets_the_right_number_through() {
    for (step, owner) in [
        (mine(), None),
        (everyones().input("owners", "ann@acme.example"), Some(())),
    ] {
        let mut scene = Scene::new();
        let owner = if owner.is_some() {
            scene.ann.clone()
        } else {
            scene.world.user.clone()
        };
        let ids = ["a", "b", "c"].map(|name| scene.pat_of(&owner, name));
        let run = scene.revoke(&for_real(step).input("all", "true").input("expectCount", "3"));
        assert_eq!(end(&run), ends([3, 3, 0, 0], 0), "{}", run.log());
        assert!(ids.iter().all(|id| !scene.is_live(id)));
    }
}

#[test]
fn expect_count_stops_any_other_number_before_anything_is_changed() {
    for step in [mine(), everyones().input("owners", "ann@acme.example")] {
        for (selector, value) in [("all", "true"), ("names", "?")] {
            for (count, dry) in [("2", "false"), ("4", "false"), ("0", "false"), ("2", "true")] {
                let mut scene = Scene::new();
                let user = scene.world.user.clone();
                for owner in [user, scene.ann.clone()] {
                    for name in ["a", "b", "c"] {
                        scene.pat_of(&owner, name);
                    }
                }
                let step = step
                    .clone()
                    .input(selector, value)
                    .input("expectCount", count)
                    .input("dryRun", dry);
                let run = scene.revoke(&step);
                let case = format!("{selector} {count} {dry}\n{}", run.log());
                assert_eq!(run.exit_code, Some(2), "{case}");
                assert_eq!(
                    (run.output("matched"), run.output("revoked")),
                    ("3", "0"),
                    "{case}"
                );
                assert_says(
                    &run,
                    &[
                        "3 PATs match",
                        &format!("expectCount is {count}"),
                        "nothing was changed",
                    ],
                );
                scene.assert_nothing_changed(&case);
            }
        }
    }
}

#[test]
fn expect_count_of_none_is_a_check_that_nothing_is_left() {
    let mut scene = Scene::new();
    let step = for_real(mine()).input("names", "old-*").input("expectCount", "0");
    let run = scene.revoke(&step);
    assert_eq!(end(&run), ends([0, 0, 0, 0], 0), "{}", run.log());
}

#[test]
fn expect_count_counts_ids_too() {
    let mut scene = Scene::new();
    let ids = [scene.pat("a"), scene.pat("b")].join(" ");
    let step = for_real(mine()).input("authorizationIds", &ids);
    let run = scene.revoke(&step.clone().input("expectCount", "1"));
    assert_eq!(run.exit_code, Some(2), "{}", run.log());
    scene.assert_nothing_changed("two of one");
    let run = scene.revoke(&step.input("expectCount", "2"));
    assert_eq!(end(&run), ends([2, 2, 0, 0], 0), "{}", run.log());
}

#[test]
fn expect_count_holds_for_nothing_that_could_not_be_read() {
    let mut scene = Scene::new();
    let ids = ["ci-a", "ci-b"].map(|name| scene.pat_of(&scene.ann, name));
    let bob = scene.bob.clone();
    scene.pat_of(&bob, "ci-c");
    scene.cloud(|cloud| cloud.user_mut(&bob).unwrap().unreadable = Some(Unreadable::Failing));
    let step = for_real(everyones())
        .input("names", "ci-?")
        .input("expectCount", "2");
    let run = scene.revoke(&step);
    assert_eq!(run.exit_code, Some(4), "{}", run.log());
    assert!(ids.iter().all(|id| scene.is_live(id)));
    assert_says(&run, &["nothing was changed", "bob"]);
}

#[test]
fn all_of_them_takes_every_live_one_of_one_owner() {
    let mut scene = Scene::new();
    for number in 0..7 {
        scene.pat_of(&scene.ann, &format!("ann-{number}"));
    }
    let kept = scene.pat_of(&scene.bob, "bobs");
    let elsewhere = scene.pat_elsewhere(&scene.ann, "elsewhere");
    let global = scene.special(&scene.ann, "global", PatSeed::global);
    let step = for_real(everyones())
        .input("all", "true")
        .input("owners", "ann@acme.example");
    let run = scene.revoke(&step);
    assert_eq!(end(&run), ends([8, 8, 0, 0], 0), "{}", run.log());
    assert!(scene.is_live(&kept) && scene.is_live(&elsewhere) && !scene.is_live(&global));
    assert_says(&run, &["global"]);

    // Of somebody who has none any more that is said, and is no failure.
    let run = scene.revoke(&step);
    assert_eq!(end(&run), ends([0, 0, 0, 0], 0), "{}", run.log());
    assert_says(&run, &["no PAT"]);
}

#[test]
fn all_of_ones_own_leaves_everybody_elses() {
    let mut scene = Scene::new();
    let own = ["a", "b", "c"].map(|name| scene.pat(name));
    let kept = scene.pat_of(&scene.ann, "a");
    let run = scene.revoke(&for_real(mine()).input("all", "true"));
    assert_eq!(end(&run), ends([3, 3, 0, 0], 0), "{}", run.log());
    assert!(own.iter().all(|id| !scene.is_live(id)) && scene.is_live(&kept));
}

#[test]
fn several_owners_by_upn_and_descriptor_each_once() {
    let mut scene = Scene::new();
    let ids = [scene.pat_of(&scene.ann, "a"), scene.pat_of(&scene.bob, "b")];
    let owners = format!(
        "ann@acme.example\n{}\nANN@acme.example",
        scene.descriptor(&scene.bob)
    );
    let run = scene.revoke(
        &for_real(everyones())
            .input("all", "true")
            .input("owners", &owners),
    );
    assert_eq!(end(&run), ends([2, 2, 0, 0], 0), "{}", run.log());
    assert!(ids.iter().all(|id| outcome(&run, id) == "revoked"));
}

#[test]
fn patterns_that_match_nothing_are_an_error_and_in_a_dry_run_a_word() {
    for step in [
        mine(),
        everyones(),
        everyones().input("owners", "ann@acme.example"),
    ] {
        let mut scene = Scene::new();
        let kept = [scene.pat("ci-a"), scene.pat_of(&scene.ann, "ci-a")];
        let step = step.input("names", "cd-*\nnone");
        let run = scene.revoke(&for_real(step.clone()));
        assert_eq!(run.exit_code, Some(2), "{}", run.log());
        assert_says(&run, &["cd-*", "none", "nothing was changed"]);
        let run = scene.revoke(&step);
        assert_eq!(end(&run), ([0, 0, 0, 0], Succeeded, Some(0)), "{}", run.log());
        assert!(kept.iter().all(|id| scene.is_live(id)));
        scene.assert_nothing_changed("nothing matches");
    }
}

#[test]
fn a_hundred_and_fifty_over_several_pages_are_all_listed_and_all_revoked() {
    for everyone in [false, true] {
        let mut scene = Scene::new();
        let owner = scene.owner(everyone);
        for number in 0..150 {
            scene.pat_of(&owner, &format!("ci-{number:03}"));
        }
        let kept = scene.pat_of(&owner, "kept");
        let step = if everyone {
            everyones().input("owners", "ann@acme.example")
        } else {
            mine()
        };
        let step = step.input("names", "ci-*");
        let run = scene.revoke(&step);
        assert_eq!(
            end(&run),
            ([150, 0, 0, 0], SucceededWithIssues, Some(0)),
            "{}",
            run.log()
        );
        assert_eq!(report(&run)["pats"].as_array().unwrap().len(), 150);
        let run = scene.revoke(&for_real(step).input("expectCount", "150"));
        assert_eq!(end(&run), ends([150, 150, 0, 0], 0), "{}", run.log());
        assert!(scene.is_live(&kept));
    }
}
