//! A run that is asked to stop.

use std::time::Duration;

use patkeeper_core::failure::FailureKind;
use patkeeper_core::rotation::Outcome;
use tokio::time::Instant;

use super::stage::*;
use crate::rotate::Rotated;

const SECOND: Duration = Duration::from_secs(1);

/// Stops a forced run `later` than its first call of this name; how long it took from then on.
async fn stopped(stage: &Stage, call: &str, later: Duration) -> (Rotated, Duration) {
    let when = std::cell::Cell::new(None);
    let stop = async {
        stage.after(call, later).await;
        when.set(Some(Instant::now()));
    };
    let rotated = stage.run_until(&forced(), 2, stop).await;
    (rotated, when.get().unwrap().elapsed())
}

fn assert_cancelled(rotated: &Rotated) {
    let failure = rotated.report.failure.as_ref().unwrap();
    assert_eq!(failure.kind, FailureKind::Cancelled, "{failure:?}");
}

#[tokio::test(start_paused = true)]
async fn a_minting_under_way_is_waited_for_and_its_pat_is_revoked() {
    let stage = Stage::recorded().await;
    stage.meets("mint", Some(1), Manner::Takes(3 * SECOND));
    let (rotated, took) = stopped(&stage, "mint", SECOND).await;
    assert!(matches!(stage.step("mint").0, Outcome::Minted { .. }));
    assert_eq!(stage.called(|called| called.call == "try"), [""; 0]);
    assert_cancelled(&rotated);
    assert!(took.abs_diff(2 * SECOND) < SECOND / 10, "{took:?}");
    stage.assert_settled();
    assert_eq!(stage.metadata().record.unwrap().id, guid(1));
}

#[tokio::test(start_paused = true)]
async fn a_minting_that_is_not_answered_in_time_is_left_to_the_next_run() {
    for manner in [Manner::Hangs, Manner::HangsAfter] {
        let stage = Stage::recorded().await;
        stage.meets("mint", Some(1), manner);
        let (rotated, took) = stopped(&stage, "mint", SECOND).await;
        assert_eq!(took, 3 * SECOND);
        assert_cancelled(&rotated);
        let what = &rotated.report.failure.as_ref().unwrap().what;
        let intent = stage.metadata().intent.unwrap();
        assert!(what.contains(&intent.name), "{what}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_reading_under_way_is_given_up_at_once() {
    for call in ["current", "try"] {
        let stage = Stage::recorded().await;
        stage.meets(call, Some(1), Manner::Hangs);
        let (rotated, took) = stopped(&stage, call, SECOND).await;
        assert!(took < SECOND, "{took:?}");
        assert_cancelled(&rotated);
        stage.assert_settled();
        assert_eq!(stage.metadata().record.unwrap().id, guid(1));
    }
}

#[tokio::test(start_paused = true)]
async fn a_run_that_has_decided_nothing_yet_ends_without_a_change() {
    let stage = Stage::recorded().await;
    stage.meets("active", Some(1), Manner::Hangs);
    let (rotated, took) = stopped(&stage, "active", SECOND).await;
    assert!(took < SECOND);
    assert_cancelled(&rotated);
    let failure = rotated.report.failure.unwrap();
    assert!(failure.what.contains("nothing was changed"), "{}", failure.what);
    assert_eq!(stage.called(is_a_change), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn what_is_stored_stays_and_the_next_run_revokes_the_old_one() {
    let stage = Stage::recorded().await;
    stage.meets("put", Some(1), Manner::Takes(2 * SECOND));
    let (rotated, _) = stopped(&stage, "put", SECOND).await;
    assert_cancelled(&rotated);
    assert!(rotated.report.rotated);
    assert_eq!(stage.live(), [guid(1), guid(2)]);
    let next = stage.run(&settings(), 3).await;
    assert_eq!(next.report.failure, None);
    stage.assert_settled();
}

#[tokio::test(start_paused = true)]
async fn a_storing_that_is_not_answered_in_time_is_not_taken_back() {
    let stage = Stage::recorded().await;
    stage.meets("put", Some(1), Manner::Hangs);
    let (rotated, took) = stopped(&stage, "put", SECOND).await;
    assert_eq!(took, 3 * SECOND);
    assert_cancelled(&rotated);
    assert_eq!(stage.live(), [guid(1), guid(2)]);
}

#[tokio::test(start_paused = true)]
async fn a_taking_back_for_which_no_time_is_left_says_so() {
    let stage = Stage::recorded().await;
    stage.meets("try", None, Manner::Hangs);
    // The intent is written twice: the second time it is taken back.
    stage.meets("write tags", Some(1), Manner::Takes(Duration::ZERO));
    stage.meets("write tags", None, Manner::Hangs);
    let (rotated, took) = stopped(&stage, "try", SECOND).await;
    assert_eq!(took, 6 * SECOND);
    assert_cancelled(&rotated);
    let (Outcome::Unclear(failure), ..) = stage.step("clear") else {
        panic!("{:?}", stage.step("clear"))
    };
    assert_eq!(failure.kind, FailureKind::Cancelled);
    assert!(failure.what.contains("no time was left"), "{}", failure.what);
    assert_eq!(stage.live(), [guid(1)]);
}

#[tokio::test(start_paused = true)]
async fn a_pat_that_can_neither_be_stored_nor_revoked_in_time_is_named() {
    let stage = Stage::recorded().await;
    stage.meets("try", None, Manner::Hangs);
    stage.meets("revoke", None, Manner::Hangs);
    let (rotated, took) = stopped(&stage, "try", SECOND).await;
    assert_eq!(took, 6 * SECOND);
    let failure = rotated.report.failure.unwrap();
    assert_eq!(failure.kind, FailureKind::Cancelled);
    assert!(failure.what.contains(guid(2).as_str()), "{failure:?}");
    assert!(failure.what.contains("the next run revokes it"), "{failure:?}");
}

pub(super) fn is_a_change(called: &Called) -> bool {
    ["mint", "revoke", "extend", "write tags", "put"].contains(&called.call)
}
