//! Runs that meet in the middle of their work.

use super::crashes::recorded;
use super::model::*;
use crate::rotation::{Metadata, RotationReport};

fn forced(number: u128) -> Run {
    let mut run = Run::new(settings(0), number, &number.to_string(), 1);
    run.settings.force = true;
    run
}

/// Takes steps until the one of this name would be next.
fn until(world: &mut World, run: &mut Run, label: &str) {
    while run.next_label(world) != Some(label) {
        world.advance(1);
        assert!(matches!(run.go(world, Fault::None), Went::On));
    }
}

fn code(report: &RotationReport) -> Option<&str> {
    report
        .failure
        .as_ref()
        .and_then(|failure| failure.code.as_deref())
}

#[test]
fn a_run_that_saw_a_lock_is_kept_out_however_late_it_acts() {
    let mut world = recorded(0);
    let (mut first, mut second) = (forced(2), forced(3));
    until(&mut world, &mut first, "mint");
    first.go(&mut world, Fault::None);
    second.go(&mut world, Fault::None);
    assert!(first.finish(&mut world).rotated);
    // By now the lock that it saw would have ended; what it stood for is stored since.
    world.advance(20 * 60);
    let report = second.finish(&mut world);
    assert_eq!(code(&report), Some("locked"));
    assert_eq!(world.live().len(), 1);
}

#[test]
fn a_run_whose_intent_was_overwritten_revokes_its_own_pat_and_touches_nothing_else() {
    let mut world = recorded(0);
    let (mut first, mut second) = (forced(2), forced(3));
    first.go(&mut world, Fault::None);
    until(&mut world, &mut second, "mint");
    second.go(&mut world, Fault::None);
    until(&mut world, &mut first, "mint");
    let its = world.metadata().intent;
    let report = second.finish(&mut world);
    assert_eq!(code(&report), Some("overtaken"));
    assert_eq!(report.failure.map(|failure| failure.kind.exit_code()), Some(6));
    assert_eq!(world.live().len(), 1);
    assert_eq!(world.metadata().intent, its, "the lock of the other run stands");
    assert!(first.finish(&mut world).rotated);
}

#[test]
fn a_version_that_a_person_puts_in_between_is_not_hidden() {
    let mut world = recorded(0);
    let mut run = forced(2);
    until(&mut world, &mut run, "check");
    until(&mut world, &mut run, "test");
    let by_hand = world.make("made by hand", "vso.code", HERE, false);
    // Some tools copy the tags of the version before, the intent among them.
    let tags = world.current().unwrap().version.tags.clone();
    world.put(tags, Some(by_hand.clone()));
    let report = run.finish(&mut world);
    assert_eq!(code(&report), Some("overtaken"));
    assert_eq!(world.current().unwrap().value, Some(by_hand));
    assert_eq!(world.live().len(), 1);
}

#[test]
fn an_unfinished_intent_behind_the_current_version_names_nothing_while_it_is_young() {
    let mut world = recorded(24);
    let (mut first, mut second) = (forced(2), forced(3));
    for run in [&mut first, &mut second] {
        run.settings.overlap_hours = 24;
    }
    first.go(&mut world, Fault::None);
    second.go(&mut world, Fault::None);
    until(&mut world, &mut first, "store");
    // The second one has read its intent back, and looked before it stores, when the first one's value lands.
    until(&mut world, &mut second, "mint");
    until(&mut world, &mut second, "announce");
    first.go(&mut world, Fault::None);
    let mut third = Run::new(settings(24), 4, "4", 1);
    let report = third.finish(&mut world);
    assert_eq!(report.failure, None);
    assert_eq!(world.live().len(), 3, "{:#?}", third.steps);
    assert!(second.finish(&mut world).rotated);
    world.check();
}

#[test]
fn a_minting_that_cannot_be_looked_for_is_remembered_and_holds_no_lock() {
    let mut world = recorded(0);
    let mut run = forced(2);
    let report = loop {
        world.advance(1);
        let fault = match run.next_label(&world) {
            Some("mint") => Fault::Unclear(Done::Later(60)),
            Some("look") => Fault::Refused,
            _ => Fault::None,
        };
        if let Went::Ended(report) = run.go(&mut world, fault) {
            break report;
        }
    };
    assert_eq!(report.failure.map(|failure| failure.kind.exit_code()), Some(4));
    let Metadata {
        intent, unsettled, ..
    } = world.metadata();
    assert_eq!(intent, None);
    assert_eq!(unsettled.len(), 1);
    world.advance(120);
    assert_eq!(world.live().len(), 2);
    assert_eq!(forced(3).finish(&mut world).failure, None);
    assert_eq!(world.live().len(), 1);
}

#[test]
fn a_run_held_up_before_its_write_does_not_call_a_revoked_pat_good() {
    let mut world = recorded(0);
    let (mut first, mut second) = (forced(2), forced(3));
    until(&mut world, &mut first, "store");
    let (step, planned) = (first.next(&world), world.now);
    world.advance(16 * 60);
    assert!(second.finish(&mut world).rotated);
    let good = world.current().unwrap().value.clone().unwrap();
    world.advance(60);
    // Nothing can keep the late write out of the store: what counts is what is said and done then.
    let outcome = first
        .act_as_planned(&mut world, &step, Done::Now, planned)
        .unwrap();
    first.progress.note(&step, outcome);
    let report = first.finish(&mut world);
    let failure = report.failure.unwrap();
    assert_eq!(failure.code.as_deref(), Some("deadWhenStored"), "{failure:?}");
    assert_eq!(world.token(&good).life, Life::Active);
    assert!(forced(4).finish(&mut world).rotated);
    let value = world.current().unwrap().value.clone().unwrap();
    assert_eq!((world.token(&value).life, world.live().len()), (Life::Active, 1));
}
