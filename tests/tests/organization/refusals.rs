//! A sign-in that may not, and a service that does not answer what was asked.

use patkeeper_sim::{Action, Fault, Match, Refusal, TokenSpec};
use patkeeper_tests::running::Run;
use patkeeper_tests::step::StepResult::Failed;
use patkeeper_tests::world::{ACME, World, count, end, ends, report};

use crate::scene::{USERS, USERS_PATS, asked_for_pats, crowded, rows, run, sign_in, step};

/// So few requests tell it: connection data, users, and a handful of people.
const FEW: usize = 40;

/// One thing is said, once; nobody is asked for after that.
fn assert_said_once(world: &World, run: &Run) {
    assert_eq!(count(run, "unreadable"), 1, "{}", run.log());
    assert_eq!(count(run, "total"), 0);
    assert_eq!(rows(&report(run), "unreadable").len(), 1);
    let log = world.sim.log();
    assert!(log.len() <= FEW, "{} requests", log.len());
    let said = run
        .record
        .errors
        .iter()
        .filter(|error| !error.starts_with("Verdict"))
        .count();
    assert!(said <= 1, "{:?}", run.record.errors);
}

#[test]
fn who_is_no_administrator_is_told_so_once() {
    let mut world = crowded(300, 0);
    let token = world.sim.cloud(|cloud| {
        let user = cloud.add_user(ACME, "ann@acme.example", "Ann");
        cloud.full_token(&user)
    });
    sign_in(&mut world, token);
    let run = run(&mut world, &step().input("failOn", "never"));
    assert_eq!(end(&run), ends("unknown", Failed, 3), "{}", run.log());
    assert_said_once(&world, &run);
    assert!(
        run.log().contains("Project Collection Administrator"),
        "{}",
        run.log()
    );
    assert!(run.log().contains("ann@acme.example"), "{}", run.log());
}

#[test]
fn an_app_that_is_not_let_in_is_told_what_is_known_about_apps() {
    let mut world = crowded(300, 0);
    let token = world
        .sim
        .cloud(|cloud| cloud.token(TokenSpec::app("sp-pipelines")));
    sign_in(&mut world, token);
    let run = run(&mut world, &step().input("failOn", "never"));
    assert_eq!(end(&run), ends("unknown", Failed, 3), "{}", run.log());
    assert_said_once(&world, &run);
    assert!(run.log().contains("refreshToken"), "{}", run.log());
}

#[test]
fn users_that_are_not_listed_leave_nothing_to_judge() {
    for (action, exit_code) in [
        (Action::Refuse(Refusal::BearerRefused), 3),
        (Action::status(500), 4),
        (Action::GarbageJson, 4),
        (Action::Refuse(Refusal::SignInPage), 3),
    ] {
        let mut world = crowded(50, 0);
        world
            .sim
            .fault(Fault::always(Match::any().path(USERS), action.clone()));
        let run = run(&mut world, &step().input("failOn", "never"));
        assert_eq!(
            end(&run),
            ends("unknown", Failed, exit_code),
            "{action:?}\n{}",
            run.log()
        );
        assert_eq!(asked_for_pats(&world).len(), 0, "{action:?}");
        assert_said_once(&world, &run);
    }
}

#[test]
fn a_page_of_users_that_is_lost_is_no_end_of_them() {
    for action in [Action::status(500), Action::GarbageJson, Action::Truncate(40)] {
        let mut world = crowded(200, 0);
        world.sim.cloud(|cloud| {
            cloud.manners.graph_page = 50;
            cloud.manners.graph_empty_every = 0;
        });
        world
            .sim
            .fault(Fault::always(Match::any().path(USERS).nth(3), action.clone()));
        let run = run(&mut world, &step().input("failOn", "never"));
        assert_eq!(end(&run), ends("unknown", Failed, 4), "{action:?}\n{}", run.log());
        assert!(
            count(&run, "total") > 100,
            "who was listed is judged: {}",
            run.log()
        );
        assert_eq!(count(&run, "unreadable"), 1);
        let report = report(&run);
        let what = rows(&report, "unreadable")[0]["what"].as_str().unwrap();
        assert_eq!(what, "the users of acme, from page 3 on");
    }
}

#[test]
fn a_service_that_knows_nobody_has_said_nothing() {
    let mut world = crowded(50, 0);
    let unknown = Refusal::Exception {
        status: 404,
        type_key: "IdentityNotFoundException".to_owned(),
        message: "The identity could not be found.".to_owned(),
    };
    world.sim.fault(Fault::always(
        Match::any().path(USERS_PATS),
        Action::Refuse(unknown),
    ));
    let run = run(&mut world, &step().input("failOn", "never"));
    assert_eq!(end(&run), ends("unknown", Failed, 4), "{}", run.log());
    assert_eq!(count(&run, "unreadable"), 1);
}

#[test]
fn a_service_that_is_down_is_given_up_and_who_was_not_asked_for_is_told() {
    let mut world = crowded(2_000, 0);
    let down = Action::Refuse(Refusal::Exception {
        status: 500,
        type_key: "VssServiceException".to_owned(),
        message: "TF400898: An Internal Error Occurred.".to_owned(),
    });
    world
        .sim
        .fault(Fault::always(Match::any().path(USERS_PATS).nth(300), down));
    let run = run(
        &mut world,
        &step().input("failOn", "never").input("parallelism", "64"),
    );
    assert_eq!(end(&run), ends("unknown", Failed, 4), "{}", run.log());
    let report = report(&run);
    let others = |row: &serde_json::Value| row["what"] == "the PATs of the other users of acme";
    assert!(rows(&report, "unreadable").iter().any(others));
    assert!(
        asked_for_pats(&world).len() < 1_500,
        "{}",
        asked_for_pats(&world).len()
    );
}
