//! From any state that can be reached.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use super::model::*;
use crate::pat::AuthorizationId;
use crate::rotation::{LOCK, Mode, RotationReport, RunId, STORE_WITHIN};

fn done() -> impl Strategy<Value = Done> {
    // What is on its way lands within four minutes: a lock leaves five for it.
    prop_oneof![
        1 => Just(Done::Never),
        1 => Just(Done::Now),
        2 => (1_i64..240).prop_map(Done::Later)
    ]
}

fn fault(crash: bool) -> impl Strategy<Value = Fault> {
    let crashes = if crash { 4 } else { 0 };
    prop_oneof![
        2 => Just(Fault::Refused),
        4 => done().prop_map(Fault::Unclear),
        1 => Just(Fault::Cancel),
        2 => done().prop_map(Fault::CancelDuring),
        crashes + 1 => done().prop_map(move |done| if crash { Fault::Crash(done) } else { Fault::None }),
        2 => prop_oneof![Just(60_i64), Just(500), Just(700), Just(1000)].prop_map(Fault::Stall),
        2 => Just(Fault::HeldUp),
    ]
}

/// One for each request: few in most runs, or none would come to its end.
fn faults(crash: bool) -> impl Strategy<Value = Vec<Fault>> {
    let few = vec((0_usize..12, fault(crash)), 0..3).prop_map(|few| {
        let mut faults = Vec::from([Fault::None; 12]);
        for (at, fault) in few {
            faults[at] = fault;
        }
        faults
    });
    let many = vec(prop_oneof![2 => Just(Fault::None), 1 => fault(crash)], 0..25);
    prop_oneof![4 => few, 1 => many]
}

/// A run: what precedes it in seconds, whether it is the same job again, what it is asked for, and its faults.
#[derive(Debug, Clone)]
struct Plan {
    after: i64,
    same_job: bool,
    force: bool,
    extend: bool,
    adopt: bool,
    skew: i64,
    looks: Looks,
    faults: Vec<Fault>,
}

fn plans(crash: bool) -> impl Strategy<Value = Plan> {
    (
        prop_oneof![2 => 1_i64..120, 1 => 120_i64..2_000, 1 => 2_000_i64..200_000, 1 => Just(65 * 86_400)],
        prop::bool::weighted(0.7),
        prop::bool::weighted(0.6),
        prop::bool::weighted(0.2),
        prop::bool::weighted(0.2),
        -300_i64..300,
        prop_oneof![4 => Just(Looks::AtOnce), 1 => Just(Looks::StoreFirst), 1 => Just(Looks::ListFirst)],
        faults(crash),
    )
        .prop_map(
            |(after, same_job, force, extend, adopt, skew, looks, faults)| Plan {
                after,
                same_job,
                force,
                extend,
                adopt,
                skew,
                looks,
                faults,
            },
        )
}

/// A run that is answered well, however long it takes.
fn slow() -> impl Strategy<Value = Plan> {
    plans(false).prop_map(|mut plan| {
        plan.faults
            .retain(|fault| matches!(fault, Fault::None | Fault::Stall(_) | Fault::HeldUp));
        plan
    })
}

/// What there is before the first run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Before {
    /// A PAT that a person has made, and no secret.
    Nothing,
    /// It, and a PAT that a run has stored.
    Recorded,
    /// It, stored by hand: every run adopts it.
    StoredByHand,
}

fn before() -> impl Strategy<Value = Before> {
    prop_oneof![
        3 => Just(Before::Nothing),
        1 => Just(Before::Recorded),
        1 => Just(Before::StoredByHand)
    ]
}

/// A world, the runs in it, and the two that put an end to all doubt.
struct History {
    world: World,
    before: Before,
    by_hand: AuthorizationId,
}

impl History {
    fn new(before: Before, overlap: u32) -> Self {
        let mut world = World::new(overlap);
        let by_hand = world.make("made by hand", "vso.code vso.build_execute", HERE, false);
        match before {
            Before::Nothing => {}
            Before::Recorded => {
                Run::new(settings(overlap), 1, "1", 1).finish(&mut world);
            }
            Before::StoredByHand => {
                world.put(BTreeMap::default(), Some(by_hand.clone()));
            }
        }
        Self {
            world,
            before,
            by_hand,
        }
    }

    fn run(&self, plan: &Plan, number: u32) -> Run {
        let mut settings = settings(self.world.overlap_hours);
        settings.force = plan.force;
        if plan.extend {
            settings.mode = Mode::Extend;
        }
        if plan.adopt || self.before == Before::StoredByHand {
            settings.adopt = Some(self.by_hand.clone());
        }
        let build = if plan.same_job {
            "same".to_owned()
        } else {
            number.to_string()
        };
        let mut run = Run::new(settings, u128::from(number) + 100, &build, number + 1);
        run.skew = TimeDelta::seconds(plan.skew);
        run.looks = plan.looks;
        run
    }

    /// One run, to its end or its death.
    fn alone(&mut self, plan: &Plan, number: u32) {
        let mut run = self.run(plan, number);
        let mut faults = plan.faults.iter().copied();
        loop {
            self.world.advance(1);
            let went = run.go(&mut self.world, faults.next().unwrap_or(Fault::None));
            self.world.check();
            if !matches!(went, Went::On) {
                break;
            }
        }
    }

    /// Two undisturbed runs, once all is quiet.
    fn settle(&mut self) -> RotationReport {
        let mut settings = settings(self.world.overlap_hours);
        if self.before == Before::StoredByHand {
            settings.adopt = Some(self.by_hand.clone());
        }
        let mut undisturbed = |number, build| {
            self.world.advance(2 * 86_400);
            let report = Run::new(settings.clone(), number, build, 1).finish(&mut self.world);
            assert_eq!(report.failure, None, "{:#?}", report.lines);
            report
        };
        undisturbed(9_000, "first");
        let report = undisturbed(9_001, "second");
        let metadata = self.world.metadata();
        assert_eq!(metadata.intent, None);
        assert_eq!(metadata.superseded, []);
        let record = metadata.record.unwrap();
        let recorded = self.world.token(&record.id);
        assert_eq!(Some(&record.id), self.world.current().unwrap().value.as_ref());
        assert_eq!(recorded.life, Life::Active);
        // Ends that are less than a minute apart count as the same.
        let apart = (record.valid_to - recorded.pat.valid_to).abs();
        assert!(apart < TimeDelta::minutes(1), "{apart}");
        if settings.adopt.is_some() && record.id != self.by_hand {
            assert_eq!(self.world.token(&self.by_hand).life, Life::Revoked);
        }
        report
    }

    /// Every PAT that a run has minted and that works is the recorded one, or, where that `may_be`, told of.
    fn one_is_left(&self, report: &RotationReport, may_be: bool) {
        let value = self.world.current().unwrap().value.as_ref();
        for pat in self.world.live() {
            let id = &pat.authorization_id;
            let told = report.unrecorded.iter().any(|(told, _)| told == id);
            assert!(Some(id) == value || (may_be && told), "{pat:#?}");
        }
    }
}

/// Which of two runs has a turn, and how many seconds pass before it: some steps of the one, some of the other.
fn turns() -> impl Strategy<Value = Vec<(bool, i64)>> {
    let some = (
        any::<bool>(),
        1_usize..16,
        0_i64..20,
        prop_oneof![3 => Just(0_i64), 1 => Just(960)],
    );
    let some = some.prop_map(|(which, many, seconds, before)| {
        (0..many).map(move |turn| (which, if turn == 0 { before + seconds } else { seconds }))
    });
    vec(some, 0..8).prop_map(|turns| turns.into_iter().flatten().collect())
}

/// Two runs, a step of one or of the other at a time.
fn interleave(history: &mut History, runs: [&Plan; 2], turns: &[(bool, i64)], first: u32) {
    let mut going = [history.run(runs[0], first), history.run(runs[1], first + 1)].map(Some);
    // Two that run at the same time are never attempts of one job.
    if let Some(run) = &mut going[1] {
        run.run = RunId::new("acme", "other", "Rotate.Job", 1);
    }
    let mut taken = [0, 0];
    let both = turns
        .iter()
        .copied()
        .chain((0..120).map(|turn| (turn % 2 == 0, 1)));
    for (which, seconds) in both {
        let which = usize::from(which);
        history.world.advance(seconds);
        let fault = runs[which]
            .faults
            .get(taken[which])
            .copied()
            .unwrap_or(Fault::None);
        taken[which] += 1;
        if let Some(run) = &mut going[which]
            && !matches!(run.go(&mut history.world, fault), Went::On)
        {
            going[which] = None;
        }
        history.world.check();
    }
    assert!(going.iter().all(Option::is_none), "a run does not end");
}

/// The same histories each time; with `PROPTEST_CASES` set, as many others.
fn config() -> ProptestConfig {
    let asked = ProptestConfig::default();
    if std::env::var_os("PROPTEST_CASES").is_some() {
        return asked;
    }
    ProptestConfig {
        cases: 700,
        rng_seed: RngSeed::Fixed(20_261_121),
        ..asked
    }
}

proptest! {
    #![proptest_config(config())]

    /// A PAT that is only told of is one whose intent a write of tags that landed late has overwritten.
    #[test]
    fn whatever_runs_have_died_of_two_more_leave_one_recorded_pat(
        before in before(),
        plans in vec(plans(true), 1..7),
        overlap in prop_oneof![Just(0_u32), Just(24)],
    ) {
        let mut history = History::new(before, overlap);
        for (number, plan) in (0_u32..).zip(&plans) {
            history.world.advance(plan.after);
            history.alone(plan, number);
        }
        let report = history.settle();
        history.one_is_left(&report, history.world.overwrote);
    }

    #[test]
    fn two_runs_at_once_however_slow_leave_one_recorded_pat(
        before in before(),
        runs in [slow(), slow()],
        turns in turns(),
        overlap in prop_oneof![Just(0_u32), Just(24)],
    ) {
        let mut history = History::new(before, overlap);
        history.world.advance(runs[0].after);
        interleave(&mut history, [&runs[0], &runs[1]], &turns, 10);
        let report = history.settle();
        history.one_is_left(&report, false);
    }

    /// Where two runs pass the lock together and one of them dies, or cannot revoke what it has minted, its intent may
    /// have been overwritten: then its PAT is told of.
    #[test]
    fn two_runs_at_once_that_may_fail_and_die_leave_nothing_that_is_not_told_of(
        before in before(),
        runs in vec([plans(true), plans(true)], 1..4),
        turns in turns(),
        overlap in prop_oneof![Just(0_u32), Just(24)],
    ) {
        let mut history = History::new(before, overlap);
        for (number, runs) in (0_u32..).zip(&runs) {
            history.world.advance(runs[0].after);
            interleave(&mut history, [&runs[0], &runs[1]], &turns, 10 * number + 10);
        }
        let report = history.settle();
        history.one_is_left(&report, true);
    }

    /// It may be taken for dead meanwhile, and what it writes in the end may be a PAT that was revoked.
    #[test]
    fn a_run_held_up_before_any_request_while_another_works_leaves_one_recorded_pat(
        before in before(),
        [first, second] in [slow(), slow()],
        at in 2_usize..14,
        seconds in prop_oneof![1 => 0_i64..60, 3 => 880_i64..1_200],
        overlap in prop_oneof![Just(0_u32), Just(24)],
    ) {
        let mut history = History::new(before, overlap);
        history.world.advance(first.after);
        let mut held_up = history.run(&Plan { same_job: false, ..first }, 10);
        let mut ended = false;
        for turn in 0..=at {
            history.world.advance(1);
            let fault = if turn == at { Fault::HeldUp } else { Fault::None };
            ended = ended || !matches!(held_up.go(&mut history.world, fault), Went::On);
        }
        history.world.advance(seconds);
        history.alone(&second, 11);
        while !ended {
            history.world.advance(1);
            ended = !matches!(held_up.go(&mut history.world, Fault::None), Went::On);
            history.world.check();
        }
        let report = history.settle();
        history.one_is_left(&report, false);
    }

    /// A person revokes PATs between runs: what still works is kept until a new one is stored, and nothing of anybody
    /// else's is touched. The model refuses every other revocation.
    #[test]
    fn a_person_who_revokes_pats_is_no_reason_to_revoke_more(
        before in prop_oneof![Just(Before::Nothing), Just(Before::Recorded)],
        plans in vec((plans(true), any::<prop::sample::Index>()), 1..6),
        overlap in prop_oneof![Just(0_u32), Just(24)],
    ) {
        let mut history = History::new(before, overlap);
        for (number, (plan, victim)) in (0_u32..).zip(&plans) {
            history.world.advance(plan.after);
            let live: Vec<_> = history.world.live().iter().map(|pat| pat.authorization_id.clone()).collect();
            if !live.is_empty() {
                history.world.revoke_by_hand(victim.get(&live));
            }
            history.alone(plan, number);
        }
        let report = history.settle();
        history.one_is_left(&report, history.world.overwrote);
    }
}

#[test]
fn what_is_on_its_way_lands_before_a_lock_ends() {
    assert!(LOCK - STORE_WITHIN >= TimeDelta::minutes(5));
}
