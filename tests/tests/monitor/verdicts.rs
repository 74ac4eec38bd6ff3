//! What is judged, and how the step ends for it.

use chrono::TimeDelta;
use patkeeper_tests::step::StepResult::{Failed, Succeeded, SucceededWithIssues};

use patkeeper_tests::world::{World, count, end, ends, report};

#[test]
fn a_healthy_list_succeeds() {
    let mut world = World::having(&[("ci-deploy", 60), ("board-bot", 45)]);
    let run = world.run(&World::step());
    run.assert_well_behaved();
    assert_eq!(end(&run), ends("ok", Succeeded, 0), "{}", run.log());
    let counts = [
        "total",
        "healthy",
        "warning",
        "critical",
        "expired",
        "missing",
        "replaced",
        "unreadable",
    ]
    .map(|output| count(&run, output));
    assert_eq!(counts, [2, 2, 0, 0, 0, 0, 0, 0]);
    assert_eq!(
        (run.output("soonestExpiryDays"), run.output("soonestExpiryName")),
        ("45", "board-bot")
    );
    assert_eq!(run.output("policyFindings"), "0");
    assert!(run.record.errors.is_empty(), "{:?}", run.record.errors);
}

#[test]
fn one_of_each_status_is_counted_apart_and_the_worst_one_decides() {
    let mut world = World::having(&[
        ("healthy", 60),
        ("warning", 21),
        ("critical", 5),
        ("expired", -3),
        ("ci-2026-08-20-77ab01cd", 25),
    ]);
    world.special("ci-2026-11-01-3f9c01ab", 60, |seed| {
        seed.starts(chrono::Utc::now())
    });
    let run = world.run(&World::step());
    run.assert_well_behaved();
    assert_eq!(end(&run), ends("expired", Failed, 1), "{}", run.log());
    let counts =
        ["total", "healthy", "warning", "critical", "expired", "replaced"].map(|output| count(&run, output));
    assert_eq!(counts, [6, 2, 1, 1, 1, 1], "{}", run.log());
    assert_eq!(
        (run.output("soonestExpiryDays"), run.output("soonestExpiryName")),
        ("5", "critical")
    );
    assert_eq!(report(&run)["status"], "expired");
    assert_eq!(
        report(&run)["pats"][0]["displayName"],
        "expired",
        "most urgent first"
    );
}

#[test]
fn each_status_against_each_threshold() {
    let worlds = [
        ("ok", World::having(&[("a", 60)])),
        ("warning", World::having(&[("a", 60), ("b", 20)])),
        ("critical", World::having(&[("a", 20), ("b", 3)])),
        ("expired", World::having(&[("a", 60), ("b", -3)])),
        ("missing", World::having(&[("a", 60), ("b", -3)])),
    ];
    let severity = |status: &str| {
        ["warning", "critical", "expired", "missing"]
            .iter()
            .position(|s| *s == status)
    };
    for (status, mut world) in worlds {
        for fail_on in ["never", "expired", "critical", "warning"] {
            let required = if status == "missing" { "gone*" } else { "" };
            let run = world.run(
                &World::step()
                    .input("failOn", fail_on)
                    .input("requireNames", required),
            );
            run.assert_well_behaved();
            let expected = match (severity(status), severity(fail_on)) {
                (None, _) => ends(status, Succeeded, 0),
                (Some(severity), Some(limit)) if severity >= limit => ends(status, Failed, 1),
                _ => ends(status, SucceededWithIssues, 0),
            };
            assert_eq!(
                end(&run),
                expected,
                "{status} with failOn {fail_on}\n{}",
                run.log()
            );
        }
    }
}

#[test]
fn days_are_rounded_down_and_a_limit_counts_as_reached() {
    let mut world = World::having(&[("at-7", 7), ("at-8", 8), ("at-30", 30), ("at-31", 31)]);
    world.special("six-and-a-bit", 7, |seed| {
        seed.ends(chrono::Utc::now() + TimeDelta::days(7) - TimeDelta::minutes(5))
    });
    let run = world.run(&World::step());
    let counts = ["critical", "warning", "healthy"].map(|output| count(&run, output));
    assert_eq!(counts, [2, 2, 1], "{}", run.log());
    assert_eq!(run.output("soonestExpiryDays"), "6");
}

#[test]
fn limits_of_the_step_replace_the_defaults() {
    let mut world = World::having(&[("a", 40), ("b", 12)]);
    let run = world.run(
        &World::step()
            .input("warningDays", "50")
            .input("criticalDays", "12"),
    );
    assert_eq!(
        ["critical", "warning", "healthy"].map(|output| count(&run, output)),
        [1, 1, 0]
    );
    assert_eq!(end(&run), ends("critical", SucceededWithIssues, 0));
}

#[test]
fn an_expired_pat_becomes_history() {
    let mut world = World::having(&[("a", 60), ("long gone", -40), ("gone", -10)]);
    let run = world.run(&World::step());
    assert_eq!(
        (count(&run, "expired"), count(&run, "total")),
        (1, 2),
        "{}",
        run.log()
    );
    let run = world.run(&World::step().input("expiredWithinDays", "9"));
    assert_eq!(end(&run), ends("ok", Succeeded, 0), "{}", run.log());
}

#[test]
fn an_expired_pat_that_a_newer_generation_replaced_does_not_count() {
    let mut world = World::having(&[("ci-2026-08-20-77ab01cd", -2), ("ci-2026-11-01-3f9c01ab", 60)]);
    let run = world.run(&World::step());
    assert_eq!(end(&run), ends("ok", Succeeded, 0), "{}", run.log());
}

#[test]
fn a_required_name_without_a_living_match_is_missing() {
    let mut world = World::having(&[("ci-deploy", 60), ("nuget-feed", -2)]);
    let step = World::step().input("requireNames", "ci-*\nnuget-*");
    let run = world.run(&step);
    run.assert_well_behaved();
    assert_eq!(end(&run), ends("missing", Failed, 1), "{}", run.log());
    assert_eq!(run.output("missing"), "1");
    assert!(run.log().contains("nuget-*"), "{}", run.log());
}

#[test]
fn a_replaced_pat_still_lives_for_required_names() {
    let mut world = World::having(&[("ci-2026-08-20-77ab01cd", 25)]);
    world.special("ci-2026-11-01-3f9c01ab", 60, |seed| {
        seed.starts(chrono::Utc::now())
    });
    let run = world.run(&World::step().input("requireNames", "ci-2026-08-20-*"));
    assert_eq!(end(&run), ends("ok", Succeeded, 0), "{}", run.log());
}

#[test]
fn names_choose_what_is_judged_and_a_list_without_a_match_is_missing() {
    let mut world = World::having(&[("ci-deploy", 60), ("board-bot", -2)]);
    let run = world.run(&World::step().input("names", "ci-*"));
    assert_eq!(end(&run), ends("ok", Succeeded, 0), "{}", run.log());
    assert_eq!(run.output("total"), "1");
    let run = world.run(&World::step().input("names", "svc-*\nsvn-*"));
    run.assert_well_behaved();
    assert_eq!(end(&run), ends("missing", Failed, 1), "{}", run.log());
}

#[test]
fn no_pat_at_all_is_ok_unless_one_is_required() {
    let mut world = World::new();
    let run = world.run(&World::step());
    run.assert_well_behaved();
    assert_eq!(end(&run), ends("ok", Succeeded, 0), "{}", run.log());
    assert_eq!((run.output("total"), run.output("soonestExpiryDays")), ("0", ""));
    let run = world.run(&World::step().input("requireNames", "*"));
    assert_eq!(end(&run), ends("missing", Failed, 1), "{}", run.log());
}
