//! What is read of a rotation: each log and summary as a person gets it.

use std::time::Duration;

use chrono::TimeDelta;

use super::crashes::recorded;
use super::model::*;
use crate::failure::{Failure, FailureKind};
use crate::render::{self, LogLine};
use crate::report;
use crate::rotation::*;

/// A run told as it happens.
struct Told {
    run: Run,
    lines: Vec<LogLine>,
}

impl Told {
    fn new(number: u128, build: &str) -> Self {
        Self {
            run: Run::new(settings(24), number, build, 1),
            lines: Vec::new(),
        }
    }

    fn forced(number: u128, build: &str) -> Self {
        let mut told = Self::new(number, build);
        told.run.settings.force = true;
        told
    }

    /// Takes a step, whose outcome is `outcome`, if there is one.
    fn go(
        &mut self,
        world: &mut World,
        outcome: impl Fn(&Step) -> Option<Outcome>,
    ) -> Option<RotationReport> {
        world.advance(1);
        if self.run.observed.is_none() {
            let observed = self.run.observe(world);
            self.lines = render::rotation::opening(&self.run.settings, &observed);
            self.run.observed = Some(observed);
            return None;
        }
        let step = self.run.next(world);
        if let Step::Done(report) = step {
            self.lines.extend(render::rotation::closing(&report));
            let warnings = render::rotation::warnings(&report).into_iter();
            self.lines
                .extend(warnings.map(|warning| LogLine::Text(format!("##[warning]{warning}"))));
            return Some(*report);
        }
        let dry_run = self.run.settings.dry_run;
        let assumed = step.assumed().filter(|_| dry_run);
        let outcome = assumed
            .or_else(|| outcome(&step))
            .unwrap_or_else(|| self.run.act(world, &step, Done::Now).unwrap());
        let took = Duration::from_millis(if step.label() == "test" { 2_140 } else { 120 });
        let lines = render::rotation::step(&step, &outcome, took, None, dry_run);
        self.lines.extend(lines);
        self.run.progress.note(&step, outcome);
        None
    }

    /// Runs to its end, and gives the log with its last words.
    fn finish_with(
        &mut self,
        world: &mut World,
        outcome: impl Fn(&Step) -> Option<Outcome>,
    ) -> (String, RotationReport) {
        loop {
            let Some(report) = self.go(world, &outcome) else {
                continue;
            };
            match &report.failure {
                Some(failure) => self.lines.extend(render::failure(failure)),
                None => self.lines.push(LogLine::Text(report.sentence())),
            }
            let lines = self.lines.iter().map(|line| match line {
                LogLine::Text(line) => line.as_str(),
                other => panic!("{other:?}"),
            });
            return (lines.collect::<Vec<_>>().join("\n"), report);
        }
    }

    fn finish(&mut self, world: &mut World) -> (String, RotationReport) {
        self.finish_with(world, |_| None)
    }

    /// Runs until the step of this label is next.
    fn until(&mut self, world: &mut World, label: &str) {
        while self.run.next_label(world) != Some(label) {
            assert!(self.go(world, |_| None).is_none(), "it ends before {label}");
        }
    }
}

fn refused(what: &str) -> Failure {
    Failure::new(FailureKind::Refused, what)
}

fn page(report: &RotationReport) -> String {
    let run = report::Run {
        task: "PatRotate".to_owned(),
        at: start(),
        requests: 14,
        link: None,
        pipeline: None,
    };
    render::rotation::markdown(report, &run)
}

fn at_step(label: &'static str, outcome: Outcome) -> impl Fn(&Step) -> Option<Outcome> {
    move |step| (step.label() == label).then(|| outcome.clone())
}

#[test]
fn a_first_rotation_reads_like_this() {
    let (log, report) = Told::new(1, "4710").finish(&mut World::new(24));
    insta::assert_snapshot!(format!("{log}\n\n{}", page(&report)));
}

#[test]
fn a_due_rotation_and_the_run_that_revokes_the_old_pat_read_like_this() {
    let mut world = recorded(24);
    world.advance(61 * 86_400);
    let (due, report) = Told::new(0x77ab, "4711").finish(&mut world);
    let (not_due, quiet) = Told::new(0x77ac, "4712").finish(&mut world);
    world.advance(25 * 3600);
    let (later, revoked) = Told::new(0x77ad, "4713").finish(&mut world);
    assert!(report.is_news() && revoked.is_news());
    assert!(!quiet.is_news(), "nothing was done, so nobody is told");
    insta::assert_snapshot!([due, page(&report), not_due, later, page(&revoked)].join("\n\n"));
}

#[test]
fn a_forced_rotation_without_overlap_and_a_shortened_life_reads_like_this() {
    let mut world = recorded(0);
    let mut told = Told::forced(2, "4711");
    told.run.settings.overlap_hours = 0;
    told.run.settings.renew_before_days = Some(40);
    let ends = start() + TimeDelta::days(30);
    told.until(&mut world, "mint");
    let step = told.run.next(&world);
    let Step::Mint { name, scopes, .. } = &step else {
        panic!()
    };
    let id = world.make_until(name, &scopes.to_string(), HERE, true, ends);
    told.run.in_hand = Some(id.clone());
    let minted = Outcome::Minted { id, valid_to: ends };
    let (log, report) = told.finish_with(&mut world, at_step("mint", minted));
    insta::assert_snapshot!(format!("{log}\n\n{}", page(&report)));
}

#[test]
fn a_new_pat_that_is_refused_reads_like_this() {
    let refusal = Failure::new(
        FailureKind::Refused,
        "Azure DevOps refused the PAT: 401 at https://dev.azure.com/acme/_apis/connectionData.",
    )
    .with_why("a policy may forbid PATs where this agent stands")
    .with_way_out("ask an administrator about conditional access for PATs");
    let (log, report) =
        Told::forced(2, "4711").finish_with(&mut recorded(24), at_step("test", Outcome::Refused(refusal)));
    insta::assert_snapshot!(format!("{log}\n\n{}", page(&report)));
}

#[test]
fn a_lock_and_what_a_dead_run_has_left_read_like_this() {
    let mut world = recorded(24);
    Told::forced(0x77ab, "4711").until(&mut world, "test");
    let (locked, report) = Told::new(0x77ac, "4712").finish(&mut world);
    assert!(report.is_news());
    world.advance(16 * 60);
    let mut other = Told::new(0x77ad, "4713");
    other.run.skew = TimeDelta::minutes(-7);
    let (mended, _) = other.finish(&mut world);
    insta::assert_snapshot!([locked, page(&report), mended].join("\n\n"));
}

#[test]
fn a_store_that_does_not_answer_reads_like_this() {
    let unclear = Failure::new(
        FailureKind::Service,
        "Key Vault kv-devops did not answer within 30 s.",
    );
    let mut world = recorded(24);
    let (log, report) =
        Told::forced(2, "4711").finish_with(&mut world, at_step("store", Outcome::Unclear(unclear)));
    insta::assert_snapshot!(format!("{log}\n\n{}", page(&report)));
}

#[test]
fn a_pat_that_can_be_neither_stored_nor_revoked_reads_like_this() {
    let (log, report) = Told::forced(0x77ab, "4711").finish_with(&mut recorded(24), |step| match step {
        Step::Store { .. } => Some(Outcome::Failed(refused(
            "Key Vault kv-devops refused to store the secret.",
        ))),
        Step::Revoke { .. } => Some(Outcome::Failed(failure())),
        _ => None,
    });
    assert_eq!(report.failure.as_ref().unwrap().kind.exit_code(), 5);
    insta::assert_snapshot!(format!("{log}\n\n{}", page(&report)));
}

#[test]
fn a_cancelled_run_reads_like_this() {
    let mut world = recorded(24);
    let mut told = Told::forced(2, "4711");
    told.until(&mut world, "test");
    told.run.progress.cancel();
    let (log, report) = told.finish(&mut world);
    assert!(!report.is_news());
    insta::assert_snapshot!(log);
}

#[test]
fn a_dry_run_reads_like_this() {
    let mut world = recorded(24);
    Told::forced(2, "4710").finish(&mut world);
    world.advance(61 * 86_400);
    let mut told = Told::new(3, "4711");
    told.run.settings.dry_run = true;
    let (due, report) = told.finish(&mut world);
    assert!(!report.is_news());
    let mut told = Told::new(4, "4712");
    told.run.settings.dry_run = true;
    told.run.settings.valid_days = 30;
    let (first, _) = told.finish(&mut World::new(24));
    insta::assert_snapshot!([due, page(&report), first].join("\n\n"));
}

#[test]
fn an_extended_pat_reads_like_this() {
    let mut world = recorded(24);
    world.advance(61 * 86_400);
    let mut told = Told::new(2, "4711");
    told.run.settings.mode = Mode::Extend;
    let (log, report) = told.finish(&mut world);
    assert!(
        report.next_due > Some(world.now),
        "by its new end, not by the one listed before"
    );
    insta::assert_snapshot!(format!("{log}\n\n{}", page(&report)));
}
