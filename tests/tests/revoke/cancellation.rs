//! Cancelled half-way: no further PAT is tried, what stands is said, and nothing is left behind.

use std::time::{Duration, Instant};

use patkeeper_sim::{Action, Fault, Match};
use patkeeper_tests::revocations::Live;
use patkeeper_tests::running::Ended;
use patkeeper_tests::step::StepResult;
use patkeeper_tests::world::{PATS, count, eventually, report, revocation};

use crate::scene::{REVOCATIONS, Scene, everyones, for_real, mine};

/// What an interrupted step may take by the contract.
const IN_TIME: Duration = Duration::from_secs(7);

/// Runs the step until so many requests that end PATs have arrived, then cancels it.
fn cancelled(
    scene: &mut Scene,
    step: &patkeeper_tests::job::Step,
    after: usize,
) -> patkeeper_tests::running::Run {
    let before = Live::of(scene.sim());
    let running = scene.world.job.start(&revocation(), step);
    eventually("revocations are under way", || scene.writes().len() >= after);
    let begun = Instant::now();
    let run = running.cancel().finish(&mut scene.world.job);
    let took = begun.elapsed();
    assert!(took < IN_TIME, "{took:?}\n{}", run.log());
    assert_eq!(
        (run.ended, run.exit_code, run.result()),
        (Ended::Interrupted, Some(130), StepResult::Canceled),
        "{}",
        run.log()
    );
    scene.assert_whole(&before, &run);
    run
}

#[test]
fn half_way_through_two_hundred() {
    let mut scene = Scene::new();
    for number in 0..200 {
        scene.pat(&format!("ci-{number:03}"));
    }
    scene.sim().fault(Fault::always(
        Match::any().method("DELETE").path(PATS).nth(101),
        Action::Hang,
    ));
    let step = for_real(mine()).input("all", "true");
    // The hundred, and the first of those that are never answered.
    let run = cancelled(&mut scene, &step, 101);
    assert_eq!(count(&run, "matched"), 200, "{}", run.log());
    assert_eq!(count(&run, "revoked"), 100, "{}", run.log());
    assert_eq!(count(&run, "failed"), 100, "{}", run.log());
    let log = run.log();
    for words in ["ancelled", "100 PATs", "run it again", "still live"] {
        assert!(log.contains(words), "no '{words}' in:\n{log}");
    }
    assert_eq!(report(&run)["failure"]["code"], "cancelled");
    // Those under way, and no more.
    assert!(scene.writes().len() <= 100 + 16, "{}", scene.writes().len());

    scene.sim().clear_faults();
    let run = scene.revoke(&step.input("expectCount", "100"));
    assert_eq!(run.exit_code, Some(0), "{}", run.log());
}

#[test]
fn what_is_under_way_is_waited_for_a_little() {
    let mut scene = Scene::new();
    let ids = ["a", "b", "c"].map(|name| scene.pat(name));
    scene.sim().fault(Fault::always(
        Match::any().method("DELETE"),
        Action::DelayAfter(Duration::from_millis(900)),
    ));
    let run = cancelled(&mut scene, &for_real(mine()).input("all", "true"), 1);
    // Whatever was sent was answered in time, so that of each it is known.
    let sent = scene.writes().len();
    assert_eq!(count(&run, "revoked") as usize, sent, "{}", run.log());
    assert_eq!(ids.iter().filter(|id| !scene.is_live(id)).count(), sent);
}

#[test]
fn many_at_once_that_are_never_answered_may_have_been_revoked() {
    let mut scene = Scene::new();
    for number in 0..200 {
        scene.pat_of(&scene.ann, &format!("ci-{number:03}"));
    }
    scene
        .sim()
        .fault(Fault::always(Match::any().path(REVOCATIONS), Action::HangAfter));
    let step = for_real(everyones())
        .input("all", "true")
        .input("owners", "ann@acme.example");
    let run = cancelled(&mut scene, &step, 1);
    assert_eq!(
        (count(&run, "revoked"), count(&run, "failed")),
        (0, 200),
        "{}",
        run.log()
    );
    assert!(run.log().contains("may have been revoked"), "{}", run.log());
}

#[test]
fn while_it_still_reads_nothing_is_changed() {
    let mut scene = Scene::new();
    scene.pat("a");
    scene.pat_of(&scene.ann, "a");
    for (step, path) in [
        (mine(), PATS),
        (everyones(), "_apis/tokenadmin/personalaccesstokens"),
    ] {
        scene.sim().clear_log();
        scene.sim().clear_faults();
        scene
            .sim()
            .fault(Fault::always(Match::any().path(path), Action::Hang));
        let before = Live::of(scene.sim());
        let running = scene
            .world
            .job
            .start(&revocation(), &for_real(step).input("names", "a*"));
        eventually("the list is asked for", || {
            scene.requests().iter().any(|request| request.path.contains(path))
        });
        let begun = Instant::now();
        let run = running.cancel().finish(&mut scene.world.job);
        assert!(begun.elapsed() < IN_TIME, "{}", run.log());
        assert_eq!(
            (run.ended, run.exit_code),
            (Ended::Interrupted, Some(130)),
            "{}",
            run.log()
        );
        scene.assert_whole(&before, &run);
        before.assert_untouched(scene.sim(), &run.log());
        assert!(run.log().contains("othing was changed"), "{}", run.log());
        scene.assert_nothing_changed("reading");
    }
}
