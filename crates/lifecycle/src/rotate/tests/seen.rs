//! What is seen before anything is decided, what is shown, and what a dry run sends.

use patkeeper_core::failure::{Failure, FailureKind};
use patkeeper_core::rotation::{Outcome, Settings};

use super::cancelled::is_a_change;
use super::stage::*;
use crate::rotate::ports::OddPat;

#[tokio::test(start_paused = true)]
async fn a_list_that_lacks_the_recorded_pat_is_read_again() {
    let stage = Stage::recorded().await;
    stage.meets("active", Some(1), Manner::Stale);
    let rotated = stage.run(&settings(), 2).await;
    assert_eq!(stage.called(|called| called.call == "active").len(), 2);
    assert!(!rotated.report.rotated && rotated.report.failure.is_none());
    stage.assert_settled();
    assert_eq!(stage.metadata().record.unwrap().id, guid(1));
}

#[tokio::test(start_paused = true)]
async fn a_list_that_has_it_is_read_once() {
    let stage = Stage::recorded().await;
    stage.run(&settings(), 2).await;
    assert_eq!(stage.called(|called| called.call == "active").len(), 1);
}

fn odd(id: Option<usize>, name: Option<&str>) -> OddPat {
    OddPat {
        id: id.map(guid),
        name: name.map(str::to_owned),
        failure: Failure::new(FailureKind::Service, "An entry cannot be understood.").with_code("odd"),
    }
}

/// The code of the failure that a forced run ends with where the list has this entry.
async fn with(stage: &Stage, odd: OddPat) -> Option<String> {
    stage.books.borrow_mut().odd = vec![odd];
    let rotated = stage.run(&forced(), 2).await;
    rotated.report.failure.and_then(|failure| failure.code)
}

#[tokio::test(start_paused = true)]
async fn an_entry_that_is_not_understood_stops_a_run_only_where_it_may_be_its_own() {
    for (entry, stops) in [
        (odd(Some(900), Some("nightly")), false),
        (odd(None, Some("nightly")), false),
        (odd(Some(900), None), false),
        (odd(Some(1), None), true),
        (odd(Some(1), Some("nightly")), true),
        (odd(None, None), true),
        (odd(None, Some("ci-2026-11-18-00000000")), true),
    ] {
        let stage = Stage::recorded().await;
        let code = with(&stage, entry.clone()).await;
        assert_eq!(code.as_deref(), stops.then_some("odd"), "{entry:?}");
        if stops {
            assert_eq!(stage.called(is_a_change), [""; 0], "{entry:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_entry_without_a_name_may_be_what_a_dead_run_has_minted() {
    let stage = Stage::recorded().await;
    stage.meets("mint", Some(1), Manner::HangsAfter);
    let stop = stage.after("mint", std::time::Duration::ZERO);
    stage.run_until(&forced(), 2, stop).await;
    assert!(stage.metadata().intent.is_some());
    stage.books.borrow_mut().odd = vec![odd(Some(900), None)];
    let before = stage.called(is_a_change);
    let rotated = stage.run_again(&forced(), 2).await;
    let code = rotated.report.failure.and_then(|failure| failure.code);
    assert_eq!(code.as_deref(), Some("odd"));
    assert_eq!(stage.called(is_a_change), before);
}

#[tokio::test(start_paused = true)]
async fn an_entry_that_may_be_the_lost_pat_keeps_it_from_being_taken_for_settled() {
    let stage = Stage::recorded().await;
    stage.books.borrow_mut().odd = vec![odd(Some(900), None)];
    stage.meets("mint", Some(1), Manner::Unclear);
    let rotated = stage.run(&forced(), 2).await;
    assert!(matches!(stage.step("look").0, Outcome::Failed(_)));
    assert!(rotated.report.failure.is_some());
    assert_eq!(stage.metadata().unsettled.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn every_text_of_a_pat_is_masked_before_it_is_used() {
    let stage = Stage::recorded().await;
    stage.run(&forced(), 2).await;
    let books = stage.books.borrow();
    let text = format!("the text of {}", guid(2));
    let of_text: Vec<&str> = books
        .calls
        .iter()
        .filter(|called| called.what == text)
        .map(|called| called.call)
        .collect();
    assert_eq!(of_text.first(), Some(&"mask"), "{of_text:?}");
    assert!(of_text.contains(&"try"));
    let read = books
        .calls
        .iter()
        .position(|called| called.call == "value")
        .unwrap();
    assert_eq!(
        (books.calls[read + 1].call, &books.calls[read + 1].what),
        ("mask", &text)
    );
}

#[tokio::test(start_paused = true)]
async fn a_dry_run_sends_nothing_that_changes_and_tells_every_step() {
    for recorded in [false, true] {
        let stage = if recorded {
            Stage::recorded().await
        } else {
            Stage::new()
        };
        let settings = Settings {
            dry_run: true,
            ..forced()
        };
        let before = stage.books.borrow().versions.clone();
        let rotated = stage.run(&settings, 2).await;
        assert_eq!(rotated.report.failure, None);
        assert!(rotated.token.is_none());
        assert_eq!(stage.called(is_a_change), [""; 0]);
        assert_eq!(stage.books.borrow().versions, before);
        let books = stage.books.borrow();
        let labels: Vec<&str> = books.steps.iter().map(|(label, ..)| *label).collect();
        for label in ["intend", "mint", "test", "store", "read back"] {
            assert!(labels.contains(&label), "{label} in {labels:?}");
        }
        assert_eq!(labels.contains(&"revoke"), recorded);
    }
}

#[tokio::test(start_paused = true)]
async fn the_gravest_of_several_failures_is_told() {
    let stage = Stage::recorded().await;
    stage.meets("observe", Some(1), Manner::Refused);
    stage.meets("active", Some(1), Manner::Refused);
    let rotated = stage.run(&forced(), 2).await;
    let failure = rotated.report.failure.unwrap();
    assert_eq!(failure.what, "active was not done.");
    assert_eq!(stage.called(is_a_change), [""; 0]);
}
