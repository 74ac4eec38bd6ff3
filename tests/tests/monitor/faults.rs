//! A service that breaks: the step fails, or it succeeds truly, and it never hangs.

use std::time::Duration;

use patkeeper_sim::{Action, Fault, Match};
use patkeeper_tests::step::StepResult::{Failed, Succeeded};

use patkeeper_tests::world::{PATS, World, at_once, end, ends};

/// One page of healthy PATs, and a second page with the one that has ended... so `ok` would be a lie.
fn two_pages() -> World {
    let world = World::new();
    for number in 0..110 {
        world.pat(&format!("ci-{number:03}x"), 60);
    }
    world
}

fn page_two() -> Match {
    Match::any().path(PATS).query("active").nth(2)
}

#[test]
fn a_second_page_that_keeps_failing_keeps_the_first_and_fails_the_step() {
    let spoiled = |content_type: &str| Action::ContentType(content_type.to_owned());
    let ways = vec![
        Action::status(500),
        Action::status(503),
        Action::status(404),
        Action::ResetBefore,
        Action::ResetAfter,
        Action::Truncate(200),
        spoiled("text/html"),
        spoiled(""),
        Action::GarbageJson,
        Action::Replace {
            status: 200,
            content_type: "application/json".into(),
            body: "{}".into(),
        },
        Action::Replace {
            status: 200,
            content_type: "application/json".into(),
            body: String::new(),
        },
        Action::Replace {
            status: 204,
            content_type: "application/json".into(),
            body: String::new(),
        },
    ];
    at_once(&ways, 24, |way| {
        let mut world = two_pages();
        world.sim.fault(Fault::always(page_two(), way.clone()));
        let run = world.run(&World::step().input("failOn", "never"));
        run.assert_well_behaved();
        assert_eq!(end(&run), ends("unknown", Failed, 4), "{way:?}\n{}", run.log());
        assert_eq!(run.output("total"), "100", "{way:?}\n{}", run.log());
        assert_ne!(run.output("unreadable"), "0", "{way:?}");
    });
}

#[test]
fn a_second_page_that_fails_once_is_asked_for_again() {
    let mut world = two_pages();
    world.sim.fault(Fault::once(page_two(), Action::status(503)));
    let run = world.run(&World::step());
    assert_eq!(end(&run), ends("ok", Succeeded, 0), "{}", run.log());
    assert_eq!(run.output("total"), "110");
}

/// Everything that can go wrong with an answer, once or for good, but for one that never comes: it takes a time-out
/// to get over.
fn ways_to_fail() -> Vec<Action> {
    vec![
        Action::status(400),
        Action::status(401),
        Action::status(403),
        Action::status(404),
        Action::status(408),
        Action::status(500),
        Action::status(502),
        Action::Status {
            status: 503,
            processed: true,
            retry_after: Some(1),
        },
        Action::Status {
            status: 429,
            processed: false,
            retry_after: None,
        },
        Action::Delay(Duration::from_millis(50)),
        Action::ResetBefore,
        Action::ResetAfter,
        Action::Truncate(0),
        Action::Truncate(10),
        Action::ContentType("text/html".into()),
        Action::ContentType(String::new()),
        Action::Header("Retry-After".into(), "1".into()),
        Action::GarbageJson,
        Action::Replace {
            status: 200,
            content_type: "application/json".into(),
            body: "[]".into(),
        },
        Action::Replace {
            status: 200,
            content_type: "application/json".into(),
            body: "null".into(),
        },
        Action::Replace {
            status: 200,
            content_type: "application/json".into(),
            body: "{\"patTokens\":null}".into(),
        },
        Action::Huge(40 * 1024 * 1024),
    ]
}

/// Every way for every request.
fn faults() -> Vec<(Match, Action)> {
    requests()
        .into_iter()
        .flat_map(|request| ways_to_fail().into_iter().map(move |way| (request.clone(), way)))
        .collect()
}

/// The requests of a run: the tunnels, connection data, both pages of the active list, the expired list.
fn requests() -> Vec<Match> {
    vec![
        Match::any().method("CONNECT"),
        Match::any().path("connectionData"),
        Match::any().path(PATS).query("active"),
        page_two(),
        Match::any().path(PATS).query("expired"),
    ]
}

#[test]
fn no_single_fault_makes_a_wrong_ok() {
    let never = (Match::any().path(PATS).query("active"), Action::Hang);
    let all: Vec<_> = std::iter::once(never).chain(faults()).collect();
    at_once(&all, 24, |fault: &(Match, Action)| {
        let (request, way) = fault.clone();
        let mut world = two_pages();
        world.pat("ended", -2);
        world.sim.fault(Fault::once(request, way));
        let run = world.run(&World::step());
        run.assert_well_behaved();
        let (status, result, exit_code) = end(&run);
        assert!(
            result == Failed && exit_code != Some(0),
            "{fault:?}: {status}\n{}",
            run.log()
        );
        assert!(
            ["expired", "unknown"].contains(&status.as_str()),
            "{fault:?}: {status}\n{}",
            run.log()
        );
        if status == "expired" {
            assert_eq!(
                (run.output("expired"), run.output("total")),
                ("1", "111"),
                "{fault:?}\n{}",
                run.log()
            );
        }
    });
}

#[test]
fn no_lasting_fault_makes_a_wrong_ok() {
    at_once(&faults(), 24, |(request, way)| {
        let mut world = two_pages();
        world.sim.fault(Fault::always(request.clone(), way.clone()));
        let run = world.run(&World::step().input("failOn", "never"));
        run.assert_well_behaved();
        let (status, result, _) = end(&run);
        let harmless = matches!(way, Action::Delay(_) | Action::Header(..))
            || (request.method.is_some()
                && !matches!(
                    way,
                    Action::Status { .. } | Action::ResetBefore | Action::ResetAfter
                ));
        // A token may be fit for PATs and not for connection data; the agent then knows which account this is.
        let spared = request.path_contains.as_deref() == Some("connectionData")
            && matches!(
                way,
                Action::Status {
                    status: 401 | 403,
                    ..
                }
            );
        if harmless {
            assert_eq!(
                (status.as_str(), result),
                ("ok", Succeeded),
                "{request:?} {way:?}\n{}",
                run.log()
            );
        } else if !spared {
            assert_eq!(
                (status.as_str(), result),
                ("unknown", Failed),
                "{request:?} {way:?}\n{}",
                run.log()
            );
        } else {
            assert_eq!(
                (status.as_str(), result, run.output("total")),
                ("ok", Succeeded, "110"),
                "{request:?} {way:?}\n{}",
                run.log()
            );
        }
    });
}
