//! Inputs that contradict the rest: one message, exit code 2, nothing sent.

use patkeeper_tests::job::Step;
use patkeeper_tests::step::StepResult::Failed;
use patkeeper_tests::world::World;

use crate::scene::{administered, run, step};

fn assert_refused(mut world: World, step: &Step, words: &[&str]) {
    let run = run(&mut world, step);
    assert_eq!((run.result(), run.exit_code), (Failed, Some(2)), "{}", run.log());
    assert_eq!(run.record.errors.len(), 1, "{:?}", run.record.errors);
    for word in words {
        assert!(
            run.record.errors[0].contains(word),
            "no '{word}' in {:?}",
            run.record.errors
        );
    }
    assert_eq!(world.sim.arrivals(), 0, "something was sent");
}

#[test]
fn parallelism_has_bounds() {
    for value in ["0", "65", "-1", "many", "1.5", "99999999999999999999"] {
        assert_refused(
            administered(),
            &step().input("parallelism", value),
            &["parallelism", "1", "64"],
        );
    }
}

#[test]
fn a_slice_needs_an_organization() {
    let slice = World::step().input("slice", "auto");
    assert_refused(administered(), &slice, &["slice", "scope", "organization"]);
    assert_refused(administered(), &step().input("slice", "3"), &["slice", "auto"]);
}

#[test]
fn a_slice_needs_to_know_which_one_it_is() {
    for (position, of) in [
        ("", ""),
        ("1", ""),
        ("", "8"),
        ("0", "8"),
        ("9", "8"),
        ("one", "eight"),
        ("-1", "8"),
        ("1.5", "8"),
        ("$(nowhere)", "8"),
        ("1", "99999999999999999999"),
    ] {
        let mut world = administered();
        world.job.set_variable("System.JobPositionInPhase", position);
        world.job.set_variable("System.TotalJobsInPhase", of);
        let words = ["slice", "System.JobPositionInPhase", "strategy: parallel"];
        assert_refused(world, &step().input("slice", "auto"), &words);
    }
}

#[test]
fn reports_are_not_merged_by_who_reads_a_slice() {
    let both = step()
        .input("slice", "auto")
        .input("mergeReports", "/somewhere/patkeeper.json");
    assert_refused(administered(), &both, &["slice", "mergeReports"]);
}
