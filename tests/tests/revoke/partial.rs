//! Some fail: every other one is tried all the same, and the counts and the report say which.

use patkeeper_sim::{Action, Fault, Match, Refusal};
use patkeeper_tests::world::{PATS, at_once, report};

use crate::scene::{REVOCATIONS, Scene, assert_says, end, ends, everyones, for_real, mine, outcome, told};

fn page(status: u16, content_type: &str, body: &str) -> Action {
    Action::Replace {
        status,
        content_type: content_type.to_owned(),
        body: body.to_owned(),
    }
}

fn exception(status: u16, type_key: &str) -> Action {
    Action::Refuse(Refusal::Exception {
        status,
        type_key: type_key.to_owned(),
        message: "Not this one.".to_owned(),
    })
}

/// Ways for one request to fail for good, and the exit code that says so.
fn ways() -> Vec<(Action, i32)> {
    vec![
        (Action::status(500), 4),
        (Action::status(503), 4),
        (exception(500, "VssServiceException"), 4),
        (exception(403, "AccessCheckException"), 3),
        (exception(400, "VssPropertyValidationException"), 4),
        (Action::ResetBefore, 4),
        (Action::CloseBefore, 4),
    ]
}

#[test]
fn one_of_ones_own_that_fails_costs_the_others_nothing() {
    at_once(&ways(), 8, |(action, exit_code)| {
        let mut scene = Scene::new();
        let ids: Vec<String> = (0..12)
            .map(|number| scene.pat(&format!("ci-{number:02}")))
            .collect();
        let bad = &ids[5];
        scene.sim().fault(Fault::always(
            Match::any().method("DELETE").path(PATS).query(bad),
            action.clone(),
        ));
        let run = scene.revoke(&for_real(mine()).input("all", "true"));
        let case = format!("{action:?}\n{}", run.log());
        assert_eq!(end(&run), ends([12, 11, 0, 1], *exit_code), "{case}");
        for id in &ids {
            let expected = if id == bad { "failed" } else { "revoked" };
            assert_eq!(outcome(&run, id), expected, "{case}");
        }
        let failure = &told(&run, bad)["failure"];
        assert!(
            failure["what"].as_str().is_some_and(|what| !what.is_empty()),
            "{case}"
        );
        assert_says(&run, &["ci-05", bad]);
        let summary = run.upload("patkeeper.md").unwrap();
        assert!(
            summary.contains("ci-05") && summary.contains("failed"),
            "{summary}"
        );

        // What is said to do next is true.
        scene.sim().clear_faults();
        let run = scene.revoke(&for_real(mine()).input("authorizationIds", &ids.join(" ")));
        assert_eq!(run.exit_code, Some(0), "{case}\n{}", run.log());
        assert!(ids.iter().all(|id| !scene.is_live(id)), "{case}");
    });
}

#[test]
fn a_request_for_many_that_is_refused_as_a_whole_is_halved_until_the_culprit_stands_alone() {
    for culprits in [&[7][..], &[0], &[39], &[3, 4, 30]] {
        let mut scene = Scene::new();
        let ids: Vec<String> = (0..40)
            .map(|number| {
                // Of one whose organizations nobody names, the service knows nothing when it is to revoke it.
                scene.special(&scene.ann, &format!("ci-{number:02}"), |pat| {
                    if culprits.contains(&number) {
                        pat.accounts(Vec::new())
                    } else {
                        pat
                    }
                })
            })
            .collect();
        let step = for_real(everyones())
            .input("authorizationIds", &ids.join("\n"))
            .input("owners", "ann@acme.example");
        let run = scene.revoke(&step);
        let bad = u32::try_from(culprits.len()).unwrap();
        assert_eq!(
            end(&run),
            ends([40, 40 - bad, 0, bad], 4),
            "{culprits:?}\n{}",
            run.log()
        );
        for (number, id) in ids.iter().enumerate() {
            let expected = if culprits.contains(&number) {
                "failed"
            } else {
                "revoked"
            };
            assert_eq!(outcome(&run, id), expected, "{number} of {culprits:?}");
        }
        // Halving, not trying each.
        assert!(
            scene.writes().len() < 40,
            "{culprits:?}: {}",
            scene.writes().len()
        );
    }
}

#[test]
fn a_service_that_takes_fewer_ids_at_once_gets_fewer() {
    for cap in [1, 7, 20] {
        let mut scene = Scene::new();
        scene.cloud(|cloud| cloud.manners.revocation_cap = cap);
        for number in 0..40 {
            scene.pat_of(&scene.ann, &format!("ci-{number}"));
        }
        let step = for_real(everyones())
            .input("all", "true")
            .input("owners", "ann@acme.example");
        let run = scene.revoke(&step);
        assert_eq!(end(&run), ends([40, 40, 0, 0], 0), "{cap}\n{}", run.log());
    }
}

#[test]
fn a_400_or_413_by_a_gateway_is_halved_too() {
    for status in [400, 413] {
        let mut scene = Scene::new();
        let ids: Vec<String> = (0..10)
            .map(|number| scene.pat_of(&scene.bob, &format!("ci-{number}")))
            .collect();
        scene.sim().fault(Fault::once(
            Match::any().path(REVOCATIONS),
            Action::status(status),
        ));
        let run = scene.revoke(&for_real(everyones()).input("authorizationIds", &ids.join(" ")));
        assert_eq!(end(&run), ends([10, 10, 0, 0], 0), "{status}\n{}", run.log());
        assert_eq!(scene.writes().len(), 3, "{status}");
    }
}

/// Ways for an answer to be lost on its way, though what was asked for is done.
fn lost() -> [Action; 3] {
    [
        Action::ResetAfter,
        Action::GarbageJson,
        page(200, "text/html", "<html>Welcome</html>"),
    ]
}

#[test]
fn of_those_whose_answer_is_lost_the_lists_tell_what_became() {
    for action in lost() {
        let mut scene = Scene::new();
        let user = scene.world.user.clone();
        for (owner, step, when) in [
            (user, mine(), Match::any().method("DELETE")),
            (scene.ann.clone(), everyones(), Match::any().path(REVOCATIONS)),
        ] {
            let ids = ["a", "b", "c"].map(|name| scene.pat_of(&owner, name));
            scene.sim().fault(Fault::always(when, action.clone()));
            let run = scene.revoke(&for_real(step).input("authorizationIds", &ids.join(" ")));
            assert_eq!(end(&run), ends([3, 3, 0, 0], 0), "{action:?}\n{}", run.log());
        }
    }
}

#[test]
fn where_the_lists_cannot_tell_it_may_have_been_revoked_and_a_second_run_settles_it() {
    let mut scene = Scene::new();
    let ids = ["a", "b", "c"].map(|name| scene.pat_of(&scene.ann, name));
    let descriptor = scene.descriptor(&scene.ann);
    let step = for_real(everyones())
        .input("authorizationIds", &ids.join(" "))
        .input("owners", &descriptor);
    scene
        .sim()
        .fault(Fault::always(Match::any().path(REVOCATIONS), Action::ResetAfter));
    scene.sim().fault(Fault::always(
        Match::any().path("personalaccesstokens").nth(2),
        Action::status(500),
    ));
    let run = scene.revoke(&step);
    assert_eq!(end(&run), ends([3, 0, 0, 3], 4), "{}", run.log());
    assert_says(&run, &["may have been revoked", "run it again"]);
    scene.sim().clear_faults();
    let run = scene.revoke(&step);
    assert_eq!(end(&run), ends([3, 0, 3, 0], 0), "{}", run.log());
}

#[test]
fn a_service_in_a_hurry_is_waited_for() {
    for everyone in [false, true] {
        let mut scene = Scene::new();
        let owner = scene.owner(everyone);
        let ids: Vec<String> = (0..5)
            .map(|number| scene.pat_of(&owner, &format!("ci-{number}")))
            .collect();
        let when = if everyone {
            Match::any().path(REVOCATIONS)
        } else {
            Match::any().method("DELETE")
        };
        let limited = Action::Refuse(Refusal::RateLimited { retry_after: Some(1) });
        scene.sim().fault(Fault::once(when, limited));
        let step = if everyone { everyones() } else { mine() };
        let run = scene.revoke(&for_real(step).input("authorizationIds", &ids.join(" ")));
        assert_eq!(end(&run), ends([5, 5, 0, 0], 0), "{}", run.log());
    }
}

#[test]
fn one_that_vanishes_between_list_and_revocation_is_gone_already() {
    let mut scene = Scene::new();
    let ids = [scene.pat("a"), scene.pat("b")];
    let raced = ids[0].clone();
    // Its owner is faster.
    scene.sim().fault(Fault::once(
        Match::any().method("DELETE").query(&raced),
        Action::ResetAfter,
    ));
    let run = scene.revoke(&for_real(mine()).input("all", "true"));
    assert_eq!(run.exit_code, Some(0), "{}", run.log());
    assert_eq!(run.output("failed"), "0", "{}", run.log());
    assert!(ids.iter().all(|id| !scene.is_live(id)));
}

#[test]
fn a_list_that_cannot_be_read_to_its_end_is_said_and_what_was_found_is_revoked() {
    let mut scene = Scene::new();
    for number in 0..150 {
        scene.pat(&format!("ci-{number:03}"));
    }
    scene.sim().fault(Fault::always(
        Match::any().path(PATS).query("active").nth(2),
        Action::status(500),
    ));
    let run = scene.revoke(&for_real(mine()).input("all", "true"));
    assert_eq!(end(&run), ends([100, 100, 0, 0], 4), "{}", run.log());
    assert_eq!(report(&run)["counts"]["unreadable"], 1, "{}", run.log());
    assert_says(&run, &["could not be read"]);
}
