//! Every place where a process can die, one after the other.

use super::model::*;
use crate::rotation::Unsettled;

/// A world in which a PAT is recorded, and the run that has done so.
pub(super) fn recorded(overlap_hours: u32) -> World {
    let mut world = World::new(overlap_hours);
    let report = Run::new(settings(overlap_hours), 1, "1", 1).finish(&mut world);
    assert_eq!(report.failure, None);
    assert!(report.rotated);
    world
}

/// Kills the run at its `at`-th request; `None` where it ended before.
fn die(world: &mut World, run: &mut Run, at: usize, done: Done) -> bool {
    for step in 0.. {
        world.advance(1);
        let fault = if step == at {
            Fault::Crash(done)
        } else {
            Fault::None
        };
        match run.go(world, fault) {
            Went::On => {}
            Went::Died => return true,
            Went::Ended(_) => return false,
        }
    }
    false
}

fn check_after(world: &World, at: usize, done: Done) {
    let metadata = world.metadata();
    let place = format!("dead at step {at}, {done:?}");
    assert_eq!(metadata.intent, None, "{place}");
    for pat in world.live() {
        let name = |unsettled: &Unsettled| unsettled.name == pat.display_name;
        assert!(
            metadata.records(&pat.authorization_id) || metadata.unsettled.iter().any(name),
            "{place}: the orphan {}",
            pat.display_name
        );
    }
    let value = world.current().unwrap().value.clone();
    assert_eq!(metadata.record.map(|record| record.id), value, "{place}");
}

/// Kills a run everywhere, before and after each request, and runs it again.
fn everywhere(
    world: &World,
    force: bool,
    again: impl Fn(&mut World, u128) -> crate::rotation::RotationReport,
) -> usize {
    let mut places = 0;
    for done in [
        Done::Never,
        Done::Now,
        Done::Later(12),
        Done::Later(20),
        Done::Later(200),
    ] {
        for at in 0.. {
            let mut world = world.clone();
            let mut settings = settings(world.overlap_hours);
            settings.force = force;
            let mut run = Run::new(settings, 50, "50", 1);
            if !die(&mut world, &mut run, at, done) {
                break;
            }
            let report = again(&mut world, 60);
            let code = report
                .failure
                .as_ref()
                .and_then(|failure| failure.code.as_deref());
            if world.overwrote && code == Some("overtaken") {
                // What the dead run has sent landed above the intent of this one, which has taken everything back.
                assert!(!report.rotated, "dead at step {at}, {done:?}");
            } else {
                assert_eq!(report.failure, None, "dead at step {at}, {done:?}");
                check_after(&world, at, done);
            }
            places += 1;
            // What was still on its way, and what must wait, is settled by one more run.
            world.advance(2 * 86_400);
            let report =
                Run::new(super::model::settings(world.overlap_hours), 70, "70", 1).finish(&mut world);
            assert_eq!(report.failure, None, "dead at step {at}, {done:?}");
            world.advance(2 * 86_400);
            Run::new(super::model::settings(world.overlap_hours), 80, "80", 1).finish(&mut world);
            check_after(&world, at, done);
            assert_eq!(
                world.live().len(),
                1,
                "dead at step {at}, {done:?}: {:#?}",
                world.live()
            );
        }
    }
    places
}

#[test]
fn the_same_job_run_again_at_once_mends_whatever_a_dead_run_has_left() {
    let mut places = 0;
    for overlap in [0, 24] {
        let again = |world: &mut World, number| {
            world.advance(5);
            Run::new(settings(overlap), number, "50", 2).finish(world)
        };
        places += everywhere(&World::new(overlap), false, again);
        places += everywhere(&recorded(overlap), true, again);
    }
    assert!(places > 80, "{places}");
}

#[test]
fn another_run_after_the_locks_time_mends_whatever_a_dead_run_has_left() {
    let mut places = 0;
    for overlap in [0, 24] {
        let again = |world: &mut World, number| {
            world.advance(16 * 60);
            Run::new(settings(overlap), number, "60", 1).finish(world)
        };
        places += everywhere(&World::new(overlap), false, again);
        places += everywhere(&recorded(overlap), true, again);
    }
    assert!(places > 80, "{places}");
}

#[test]
fn a_lost_pat_is_revoked_by_the_very_next_run_unless_its_text_may_still_land() {
    for at in 0.. {
        let mut world = recorded(0);
        let mut forced = settings(0);
        forced.force = true;
        let mut run = Run::new(forced, 50, "50", 1);
        if !die(&mut world, &mut run, at, Done::Never) {
            break;
        }
        let storing = matches!(run.steps.last(), Some(crate::rotation::Step::Store { .. }));
        world.advance(5);
        Run::new(settings(0), 60, "50", 2).finish(&mut world);
        assert_eq!(
            world.live().len(),
            if storing { 2 } else { 1 },
            "dead at step {at}"
        );
    }
}

/// Two runs that die, and a write of the first that reaches the store after the second one's: no tag names what the
/// second one has minted, and nothing is revoked on a guess.
#[test]
fn a_pat_whose_intent_a_late_write_has_overwritten_is_told_of_and_left_alone() {
    let mut world = recorded(0);
    let mut forced = settings(0);
    forced.force = true;
    let mut first = Run::new(forced.clone(), 50, "50", 1);
    assert!(die(&mut world, &mut first, 1, Done::Later(60)));
    assert_eq!(first.steps.last().unwrap().label(), "intend");
    let mut second = Run::new(forced, 60, "60", 1);
    assert!(die(&mut world, &mut second, 3, Done::Now));
    assert_eq!(second.steps.last().unwrap().label(), "mint");
    world.advance(60);
    assert!(world.overwrote);
    world.advance(16 * 60);
    let report = Run::new(settings(0), 70, "70", 1).finish(&mut world);
    assert_eq!(report.failure, None);
    let value = world.current().unwrap().value.as_ref();
    let mut live = world.live().into_iter();
    let lost = live.find(|pat| Some(&pat.authorization_id) != value).unwrap();
    let told = (lost.authorization_id.clone(), lost.display_name.clone());
    assert!(report.unrecorded.contains(&told), "{:?}", report.unrecorded);
}
