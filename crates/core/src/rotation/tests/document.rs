//! What a rotation leaves with its build.

use chrono::TimeDelta;
use serde_json::Value;

use super::crashes::recorded;
use super::model::*;
use crate::document::Document;
use crate::failure::FailureKind;
use crate::judge::{StepEnd, StepResult};
use crate::render::json;
use crate::report;
use crate::rotation::*;

fn run() -> report::Run {
    report::Run {
        task: "PatRotate".to_owned(),
        at: start(),
        requests: 14,
        link: None,
        pipeline: Some("rotate".to_owned()),
    }
}

/// The document of the report as a reader of its file has it.
fn kept(report: &RotationReport) -> RotationDocument {
    let document = report.document(run());
    match Document::read(&json(&document)) {
        Ok(Document::Rotation(read)) => {
            assert_eq!(*read, document);
            *read
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_document_tells_both_pats_and_what_became_of_the_old_one() {
    let mut world = recorded(24);
    world.advance(61 * 86_400);
    let old = world.metadata().record.unwrap();
    let report = Run::new(settings(24), 2, "1", 1).finish(&mut world);
    let new = world.metadata().record.unwrap();
    let document = kept(&report);
    assert!(document.rotated && !document.extended && !document.dry_run);
    let id = |pat: &Option<RecordedPat>| pat.as_ref().and_then(|pat| pat.authorization_id.clone());
    assert_eq!(id(&document.before), Some(old.id.clone()));
    assert_eq!(id(&document.after), Some(new.id));
    let after = document.after.as_ref().unwrap();
    assert_eq!(after.scopes, ["vso.code", "vso.build_execute"]);
    assert_eq!(after.valid_to, new.valid_to);
    assert_eq!(document.version, report.version);
    assert_eq!(document.next_due, report.next_due);
    let [other] = document.others.as_slice() else {
        panic!("{document:?}");
    };
    assert_eq!((&other.authorization_id, other.fate), (&old.id, FateKind::Waits));
    assert_eq!(
        other.valid_until,
        document.waiting.first().map(|pat| pat.not_before)
    );
    assert!(other.valid_until.unwrap() > start() + TimeDelta::days(61));
    assert!(
        other.words.ends_with("when the next run revokes it"),
        "{}",
        other.words
    );
    let previous = document.previous.as_ref().unwrap();
    assert_eq!((&previous.authorization_id, previous.revoked), (&old.id, false));
    assert_eq!(document.sentence, report.sentence());
    let steps: Vec<&str> = document.steps.iter().map(|step| step.step.as_str()).collect();
    assert!(steps.contains(&"mint"), "{steps:?}");
    let succeeded = StepEnd {
        result: StepResult::Succeeded,
        exit_code: 0,
    };
    assert_eq!(document.end(), succeeded);
}

/// A planned PAT has an id and a version that stand in for what is not there.
#[test]
fn a_dry_run_names_no_id_and_no_version_of_what_was_not_made() {
    for (world, is_first) in [(World::new(0), true), (recorded(0), false)] {
        let mut dry = Run::new(settings(0), 2, "2", 1);
        dry.settings.force = !is_first;
        dry.settings.dry_run = true;
        dry.observed = Some(dry.observe(&world));
        let report = loop {
            match dry.next(&world) {
                Step::Done(report) => break report,
                step => {
                    let outcome = step.assumed().unwrap();
                    dry.progress.note(&step, outcome);
                }
            }
        };
        let document = kept(&report);
        assert!(document.dry_run && document.rotated);
        let after = document.after.as_ref().unwrap();
        assert!(after.authorization_id.is_none() && after.display_name.starts_with("ci-"));
        assert_eq!(document.version, None);
        assert!(!json(&document).contains("00000000-0000-0000-0000-000000000000"));
        assert_eq!(document.before.is_none(), is_first);
        for other in &document.others {
            assert_eq!(
                (other.fate, other.words.as_str()),
                (FateKind::Revoked, "would be revoked")
            );
        }
    }
}

#[test]
fn a_rotation_that_could_not_begin_is_a_document_that_says_why() {
    let report = RotationReport::failed(&settings(24), failure());
    let document = kept(&report);
    assert_eq!(document.failure, Some(failure()));
    assert_eq!((document.end().result, document.end().exit_code), {
        (StepResult::Failed, failure().kind.exit_code())
    });
    assert_ne!(failure().kind, FailureKind::Verdict);
    assert!(document.before.is_none() && document.after.is_none() && document.reason.is_empty());
    assert_eq!(
        (document.name.as_str(), document.organization.as_str()),
        ("ci", "acme")
    );
}

/// An absent member and an empty one are one thing to some readers: every member is always written.
#[test]
fn the_words_of_the_json_are_those_of_the_contract() {
    let fate = |fate: Fate| serde_json::to_value(fate.kind()).unwrap();
    let until = start();
    let owner = "bob".to_owned();
    let all = [
        (Fate::Revoked, "revoked"),
        (Fate::Ended, "ended"),
        (Fate::Unseen, "unseen"),
        (Fate::Waits { until }, "waits"),
        (Fate::Overdue, "overdue"),
        (Fate::OthersOwn { owner }, "othersOwn"),
    ];
    for (one, word) in all {
        assert_eq!(fate(one), word);
    }
    let empty = RotationReport::failed(&settings(24), failure()).document(run());
    let value: Value = serde_json::from_str(&json(&empty)).unwrap();
    let names: Vec<&String> = value.as_object().unwrap().keys().collect();
    assert_eq!(names.len(), 23, "{names:?}");
    assert_eq!(value["schema"], "patkeeper.rotation/1");
    assert!(value["nextDue"].is_null() && value["dryRun"] == false);
}
