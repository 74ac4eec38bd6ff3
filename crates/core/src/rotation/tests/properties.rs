//! From any state that can be reached.

use proptest::collection::vec;
use proptest::prelude::*;

use super::model::*;
use crate::rotation::{LOCK, RotationReport};

fn done() -> impl Strategy<Value = Done> {
    // What is on its way lands within four minutes: a lock leaves five for it.
    prop_oneof![
        Just(Done::Never),
        Just(Done::Now),
        (1_i64..240).prop_map(Done::Later)
    ]
}

fn faults(crash: bool) -> impl Strategy<Value = Fault> {
    let crashes = if crash { 2 } else { 0 };
    prop_oneof![
        30 => Just(Fault::None),
        2 => Just(Fault::Refused),
        4 => done().prop_map(Fault::Unclear),
        crashes + 1 => done().prop_map(move |done| if crash { Fault::Crash(done) } else { Fault::None }),
        2 => prop_oneof![Just(60_i64), Just(500), Just(700), Just(1000)].prop_map(Fault::Stall),
    ]
}

/// A run: what precedes it in seconds, whether it is the same job again, whether it is forced, and its faults.
#[derive(Debug, Clone)]
struct Plan {
    after: i64,
    same_job: bool,
    force: bool,
    skew: i64,
    faults: Vec<Fault>,
}

fn plans(crash: bool) -> impl Strategy<Value = Plan> {
    (
        prop_oneof![1_i64..120, 120_i64..2_000, 2_000_i64..200_000, Just(65 * 86_400)],
        any::<bool>(),
        prop::bool::weighted(0.6),
        -300_i64..300,
        vec(faults(crash), 0..25),
    )
        .prop_map(|(after, same_job, force, skew, faults)| Plan {
            after,
            same_job,
            force,
            skew,
            faults,
        })
}

/// A run that is answered well, however long it takes.
fn slow() -> impl Strategy<Value = Plan> {
    plans(false).prop_map(|mut plan| {
        plan.faults
            .retain(|fault| matches!(fault, Fault::None | Fault::Stall(_)));
        plan
    })
}

fn run_of(plan: &Plan, number: u32, overlap: u32) -> Run {
    let mut settings = settings(overlap);
    settings.force = plan.force;
    let build = if plan.same_job {
        "same".to_owned()
    } else {
        number.to_string()
    };
    let mut run = Run::new(settings, u128::from(number) + 100, &build, number + 1);
    run.skew = chrono::TimeDelta::seconds(plan.skew);
    run
}

/// Two undisturbed runs, once all is quiet.
fn settle(world: &mut World) -> RotationReport {
    world.advance(2 * 86_400);
    let settings = settings(world.overlap_hours);
    let first = Run::new(settings.clone(), 9_000, "first", 1).finish(world);
    assert_eq!(first.failure, None, "{:#?}", first.lines);
    world.advance(2 * 86_400);
    let second = Run::new(settings, 9_001, "second", 1).finish(world);
    assert_eq!(second.failure, None, "{:#?}", second.lines);
    let metadata = world.metadata();
    assert_eq!(metadata.intent, None);
    assert_eq!(metadata.superseded, []);
    assert_eq!(
        metadata.record.map(|record| record.id),
        world.current().unwrap().value
    );
    second
}

fn one_is_left(world: &World) {
    let live = world.live();
    assert_eq!(live.len(), 1, "{live:#?}");
    assert_eq!(
        Some(&live[0].authorization_id),
        world.current().unwrap().value.as_ref()
    );
}

/// Two runs, a step of one or of the other at a time.
fn interleave(world: &mut World, runs: [&Plan; 2], turns: &[(bool, i64)], overlap: u32, first: u32) {
    let mut going = [
        Some(run_of(runs[0], first, overlap)),
        Some(run_of(runs[1], first + 1, overlap)),
    ];
    // Two that run at the same time are never attempts of one job.
    if let Some(run) = &mut going[1] {
        run.run = crate::rotation::RunId::new("acme", "other", "Rotate.Job", 1);
    }
    let mut taken = [0, 0];
    let both = turns
        .iter()
        .copied()
        .chain((0..120).map(|turn| (turn % 2 == 0, 1)));
    for (which, seconds) in both {
        let which = usize::from(which);
        world.advance(seconds);
        let fault = runs[which]
            .faults
            .get(taken[which])
            .copied()
            .unwrap_or(Fault::None);
        taken[which] += 1;
        if let Some(run) = &mut going[which]
            && !matches!(run.go(world, fault), Went::On)
        {
            going[which] = None;
        }
        world.check();
    }
    assert!(going.iter().all(Option::is_none), "a run does not end");
}

fn config() -> ProptestConfig {
    ProptestConfig {
        cases: std::env::var("PROPTEST_CASES")
            .ok()
            .and_then(|cases| cases.parse().ok())
            .unwrap_or(400),
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn whatever_runs_have_died_of_two_more_leave_one_recorded_pat(
        plans in vec(plans(true), 1..7),
        overlap in prop_oneof![Just(0_u32), Just(24)],
    ) {
        let mut world = World::new(overlap);
        for (number, plan) in (0_u32..).zip(&plans) {
            world.advance(plan.after);
            let mut run = run_of(plan, number, overlap);
            let mut faults = plan.faults.iter().copied();
            loop {
                world.advance(1);
                let went = run.go(&mut world, faults.next().unwrap_or(Fault::None));
                world.check();
                if !matches!(went, Went::On) {
                    break;
                }
            }
        }
        settle(&mut world);
        one_is_left(&world);
    }

    #[test]
    fn two_runs_at_once_however_slow_leave_one_recorded_pat(
        before in prop::bool::ANY,
        runs in [slow(), slow()],
        turns in vec((any::<bool>(), 0_i64..40), 0..60),
        overlap in prop_oneof![Just(0_u32), Just(24)],
    ) {
        let mut world = World::new(overlap);
        if before {
            Run::new(settings(overlap), 1, "1", 1).finish(&mut world);
            world.advance(runs[0].after);
        }
        interleave(&mut world, [&runs[0], &runs[1]], &turns, overlap, 10);
        settle(&mut world);
        one_is_left(&world);
    }

    /// Where two runs pass the lock together and one of them dies, or cannot revoke what it has minted, its intent may
    /// have been overwritten: then its PAT is told of.
    #[test]
    fn two_runs_at_once_that_may_fail_and_die_leave_nothing_that_is_not_told_of(
        runs in vec([plans(true), plans(true)], 1..4),
        turns in vec((any::<bool>(), 0_i64..40), 0..60),
        overlap in prop_oneof![Just(0_u32), Just(24)],
    ) {
        let mut world = World::new(overlap);
        for (number, runs) in (0_u32..).zip(&runs) {
            world.advance(runs[0].after);
            interleave(&mut world, [&runs[0], &runs[1]], &turns, overlap, 10 * number + 10);
        }
        let report = settle(&mut world);
        let value = world.current().unwrap().value.clone();
        for pat in world.live() {
            let told = report.unrecorded.iter().any(|(id, _)| *id == pat.authorization_id);
            prop_assert!(told || Some(&pat.authorization_id) == value.as_ref(), "{:#?}", pat);
        }
    }

    /// A person revokes PATs between runs: what still works is kept until a new one is stored, and nothing of anybody
    /// else's is touched. The model refuses every other revocation.
    #[test]
    fn a_person_who_revokes_pats_is_no_reason_to_revoke_more(
        plans in vec((plans(true), any::<prop::sample::Index>()), 1..6),
        overlap in prop_oneof![Just(0_u32), Just(24)],
    ) {
        let mut world = World::new(overlap);
        for (number, (plan, victim)) in (0_u32..).zip(&plans) {
            world.advance(plan.after);
            let live: Vec<_> = world.live().iter().map(|pat| pat.authorization_id.clone()).collect();
            if !live.is_empty() {
                world.revoke_by_hand(victim.get(&live));
            }
            let mut run = run_of(plan, number, overlap);
            let mut faults = plan.faults.iter().copied();
            while matches!(run.go(&mut world, faults.next().unwrap_or(Fault::None)), Went::On) {
                world.advance(1);
            }
        }
        settle(&mut world);
        one_is_left(&world);
    }
}

#[test]
fn what_is_on_its_way_lands_before_a_lock_ends() {
    assert!(LOCK - crate::rotation::STORE_WITHIN >= chrono::TimeDelta::minutes(5));
}
