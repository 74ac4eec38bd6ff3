//! A canceled step ends in time, says so, and leaves no process behind.

use patkeeper_sim::{Action, Fault, Match};
use patkeeper_tests::running::{Ended, Running};
use patkeeper_tests::step::StepResult;

use patkeeper_tests::world::{PATS, World, eventually};

/// A step that waits for an answer which never comes.
fn waiting() -> (World, Running) {
    let mut world = World::having(&[("a", 60)]);
    world
        .sim
        .fault(Fault::always(Match::any().path(PATS), Action::Hang));
    let running = world.start(&World::step());
    eventually("the list is asked for", || {
        world.sim.log().iter().any(|request| request.path.contains(PATS))
    });
    assert_eq!(running.descendants().len(), 1);
    (world, running)
}

#[test]
fn a_step_canceled_while_it_waits_for_an_answer() {
    let (mut world, running) = waiting();
    let run = running.cancel().finish(&mut world.job);
    run.assert_well_behaved();
    assert_eq!(
        (run.ended, run.exit_code, run.result()),
        (Ended::Interrupted, Some(130), StepResult::Canceled)
    );
    assert!(run.log().to_lowercase().contains("cancel"), "{}", run.log());
    world.assert_no_secret(&run, &[]);
}

#[test]
fn a_step_canceled_while_it_waits_before_asking_again() {
    let mut world = World::having(&[("a", 60)]);
    let later = Action::Status {
        status: 503,
        processed: false,
        retry_after: Some(60),
    };
    world.sim.fault(Fault::always(Match::any().path(PATS), later));
    let running = world.start(&World::step());
    eventually("the list was refused", || {
        world
            .sim
            .log()
            .iter()
            .any(|request| request.path.contains(PATS) && request.status == Some(503))
    });
    let run = running.cancel().finish(&mut world.job);
    run.assert_well_behaved();
    assert_eq!(
        (run.ended, run.exit_code),
        (Ended::Interrupted, Some(130)),
        "{}",
        run.log()
    );
}

#[cfg(target_os = "linux")]
#[test]
fn a_step_whose_shim_is_killed_ends_with_it() {
    let (mut world, running) = waiting();
    let run = running.kill().finish(&mut world.job);
    assert!(!run.streams_held, "{}", run.log());
    assert_eq!(run.left_behind, Vec::<i32>::new(), "{}", run.log());
}
