//! Trials, and steps that never end.

use std::time::Duration;

use patkeeper_core::rotation::Outcome;

use super::stage::*;

/// From the first try on: a quarter of a second, doubled up to eight, and none that would begin after thirty.
const TRIES: [u128; 8] = [0, 250, 750, 1_750, 3_750, 7_750, 15_750, 23_750];

fn code(rotated: &crate::rotate::Rotated) -> &str {
    rotated
        .report
        .failure
        .as_ref()
        .unwrap()
        .code
        .as_deref()
        .unwrap_or_default()
}

#[tokio::test(start_paused = true)]
async fn a_pat_that_is_refused_is_tried_at_growing_pauses_for_half_a_minute_and_then_revoked() {
    let stage = Stage::recorded().await;
    stage.meets("try", None, Manner::Refused);
    let rotated = stage.run(&forced(), 2).await;
    assert_eq!(stage.times("try"), TRIES);
    assert!(matches!(stage.step("test").0, Outcome::Refused(_)));
    assert!(!rotated.report.rotated && rotated.token.is_none());
    assert_eq!(rotated.report.failure.as_ref().unwrap().kind.exit_code(), 4);
    stage.assert_settled();
    assert_eq!(stage.metadata().record.unwrap().id, guid(1));
}

#[tokio::test(start_paused = true)]
async fn a_pat_that_works_after_a_while_is_stored_and_the_log_says_at_which_try() {
    for (refusals, which) in [(0, ""), (1, ", at the second try"), (3, ", at the 4th try")] {
        let stage = Stage::recorded().await;
        stage.meets("try", Some(refusals), Manner::Refused);
        let rotated = stage.run(&forced(), 2).await;
        assert!(rotated.report.rotated && rotated.report.failure.is_none());
        let (outcome, _, detail) = stage.step("test");
        assert_eq!(outcome, Outcome::Works);
        assert_eq!(detail.unwrap(), format!("GET /projects answered 200{which}"));
        stage.assert_settled();
        assert_eq!(stage.metadata().record.unwrap().id, guid(2));
    }
}

#[tokio::test(start_paused = true)]
async fn a_service_that_fails_to_the_end_proves_nothing_and_the_message_is_another_one() {
    let stage = Stage::recorded().await;
    stage.meets("try", None, Manner::Refused);
    let refused = stage.run(&forced(), 2).await;
    let stage = Stage::recorded().await;
    stage.meets("try", None, Manner::Unclear);
    let unproven = stage.run(&forced(), 2).await;
    assert_eq!(stage.times("try"), TRIES);
    assert!(matches!(stage.step("test").0, Outcome::Failed(_)));
    assert_ne!(
        unproven.report.failure.as_ref().unwrap().what,
        refused.report.failure.as_ref().unwrap().what
    );
    stage.assert_settled();
    assert_eq!(stage.metadata().record.unwrap().id, guid(1));
}

#[tokio::test(start_paused = true)]
async fn of_tries_that_differ_the_last_answer_counts() {
    let stage = Stage::recorded().await;
    stage.meets("try", Some(3), Manner::Unclear);
    stage.meets("try", None, Manner::Refused);
    stage.run(&forced(), 2).await;
    assert!(matches!(stage.step("test").0, Outcome::Refused(_)));
}

#[tokio::test(start_paused = true)]
async fn a_trial_without_an_answer_is_over_after_half_a_minute() {
    let stage = Stage::recorded().await;
    stage.meets("try", None, Manner::Hangs);
    stage.run(&forced(), 2).await;
    let (outcome, took, _) = stage.step("test");
    let Outcome::Failed(failure) = outcome else {
        panic!("{outcome:?}")
    };
    assert_eq!(failure.code.as_deref(), Some("noAnswer"));
    // Calls of ten seconds each, and none that would begin after thirty.
    assert_eq!(stage.times("try"), [0, 10_250, 20_750]);
    assert_eq!(took, Duration::from_secs(30));
    stage.assert_settled();
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_lost_on_its_way_is_tried_again() {
    let stage = Stage::recorded().await;
    stage.meets("try", Some(1), Manner::Hangs);
    let rotated = stage.run(&forced(), 2).await;
    assert!(rotated.report.rotated && rotated.report.failure.is_none());
    stage.assert_settled();
}

#[tokio::test(start_paused = true)]
async fn a_minting_that_never_ends_is_given_up_and_looked_for() {
    for manner in [Manner::Hangs, Manner::HangsAfter] {
        let stage = Stage::recorded().await;
        stage.meets("mint", Some(1), manner);
        let rotated = stage.run(&forced(), 2).await;
        let books = stage.books.borrow();
        let (_, outcome, took, _) = books.steps.iter().find(|(label, ..)| *label == "mint").unwrap();
        assert!(matches!(outcome, Outcome::Unclear(failure) if failure.code.as_deref() == Some("slowStep")));
        assert_eq!(*took, Duration::from_secs(240));
        assert!(books.steps.iter().any(|(label, ..)| *label == "look"));
        drop(books);
        assert!(rotated.report.rotated, "{:#?}", rotated.report.failure);
        stage.assert_settled();
    }
}

#[tokio::test(start_paused = true)]
async fn a_storing_that_never_ends_leaves_both_pats_and_the_intent() {
    let stage = Stage::recorded().await;
    stage.meets("put", Some(1), Manner::Hangs);
    let rotated = stage.run(&forced(), 2).await;
    assert!(matches!(stage.step("store").0, Outcome::Unclear(_)));
    assert_eq!(code(&rotated), "storeUnclear");
    // The value may still land, so nobody may take it back yet.
    assert_eq!(stage.live(), [guid(1), guid(2)]);
    assert!(stage.metadata().intent.unwrap().storing);
}

#[tokio::test(start_paused = true)]
async fn a_reading_that_never_ends_is_taken_for_not_done() {
    let stage = Stage::recorded().await;
    stage.meets("current", None, Manner::Hangs);
    let rotated = stage.run(&forced(), 2).await;
    let (outcome, took, _) = stage.step("check");
    assert!(matches!(outcome, Outcome::Failed(_)), "{outcome:?}");
    assert_eq!(took, Duration::from_secs(240));
    assert_eq!(code(&rotated), "slowStep");
    assert_eq!(stage.called(|called| called.call == "mint"), [""; 0]);
    assert_eq!(stage.live(), [guid(1)]);
}
