use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::audit::{AuditReport, tests as audits};
use crate::failure::{Failure, FailureKind};
use crate::render::json as text_of;
use crate::render::tests::monday;
use crate::report::ROWS;
use crate::revocation::{PatOutcome, RevocationReport, RevokedPat, Selection, tests as revocations};

fn revocation() -> RevocationReport {
    let mut report = RevocationReport::empty(&revocations::settings(Selection::All), revocations::run());
    report.pats = vec![revoked(1, PatOutcome::Revoked)];
    report.count();
    report
}

fn revoked(number: u32, outcome: PatOutcome) -> RevokedPat {
    RevokedPat {
        authorization_id: revocations::id(number),
        display_name: Some("ci".to_owned()),
        owner: None,
        scopes: vec!["vso.code".to_owned()],
        valid_to: None,
        global: false,
        outcome,
        failure: None,
    }
}

fn audit(events: u32) -> AuditReport {
    let mut tally = audits::tally(&audits::settings());
    let events = (1..=events).map(|number| audits::event(number, "Token.PatCreateEvent"));
    tally.take(&audits::acme(), events.collect());
    tally.finish(&[audits::log(&audits::acme())], audits::run())
}

fn refusal(text: &str) -> String {
    Document::read(text).unwrap_err().to_string()
}

#[test]
fn a_document_is_read_as_what_it_calls_itself() {
    let (report, revocation, audit) = (monday(), revocation(), audit(2));
    let read = |text: &str| Document::read(text).unwrap();
    assert_eq!(read(&text_of(&report)), Document::Monitor(Box::new(report)));
    assert_eq!(
        read(&text_of(&revocation)),
        Document::Revocation(Box::new(revocation))
    );
    assert_eq!(read(&text_of(&audit)), Document::Audit(Box::new(audit)));
}

#[test]
fn a_byte_order_mark_and_members_of_a_later_release_are_passed_over() {
    for mut value in [
        serde_json::to_value(revocation()).unwrap(),
        serde_json::to_value(monday()).unwrap(),
        serde_json::to_value(audit(1)).unwrap(),
    ] {
        value["added"] = json!({"later": [1, {}]});
        value["run"]["added"] = json!("later");
        Document::read(&format!("\u{feff} {value}")).unwrap();
    }
}

/// What the results tab gets of a large organization.
#[test]
fn a_head_is_read_though_it_holds_fewer_rows_than_it_counts() {
    let mut head = monday();
    head.totals.total = 90_000;
    head.pats.truncate(1);
    head.findings.clear();
    let text = text_of(&head);
    assert_eq!(Document::read(&text), Ok(Document::Monitor(Box::new(head))));
}

#[test]
fn what_is_wrong_with_a_text_is_told_apart() {
    for (text, said) in [
        (
            "",
            "line 1, column 0: this is not JSON: EOF while parsing a value",
        ),
        ("<html>", "line 1, column 1: this is not JSON: expected value"),
        (
            "{\"schema\": \"patkeeper.audit/1\"",
            "line 1, column 30: this is not JSON: EOF while parsing an object",
        ),
        (
            "{\"schema\": 1, ",
            "line 1, column 14: this is not JSON: EOF while parsing an object",
        ),
        (
            "{\"schema\": \"patkeeper.audit/9\"} {}",
            "line 1, column 33: this is not JSON: trailing characters",
        ),
        (
            "{\"schema\": \"patkeeper.audit/2\"}",
            "this is a `patkeeper.audit/2`, which a newer version of Patkeeper has written",
        ),
        (
            "{\"schema\": \"patkeeper.report/99999999999999999999\"}",
            "this is a `patkeeper.report/99999999999999999999`, which a newer version of Patkeeper has written",
        ),
        (
            "{\"schema\": \"patkeeper.renewal/1\"}",
            "this is a `patkeeper.renewal/1`, which a newer version of Patkeeper has written",
        ),
        (
            "{\"schema\": \"patkeeper.report/0\"}",
            "this is a `patkeeper.report/0`, which this version of Patkeeper does not read any more",
        ),
    ] {
        assert_eq!(refusal(text), said, "{text}");
    }
    for text in [
        "null",
        "7",
        "[]",
        "[\"patkeeper.audit/1\"]",
        "{}",
        "{\"schema\": null}",
        "{\"schema\": \"else\"}",
        "{\"schema\": \"patkeeper.report\"}",
        "{\"schema\": \"patkeeper.report/one\"}",
        "{\"schema\": \"patkeeper./2\"}",
        "{\"schema\": \"patkeeper.audit/1\", \"schema\": \"patkeeper.audit/1\"}",
    ] {
        assert_eq!(Document::read(text), Err(DocumentError::NotPatkeepers), "{text}");
    }
}

/// A name that is as long as a file must not become a message of that length.
#[test]
fn of_a_schema_that_is_not_known_only_the_start_is_quoted() {
    let text = format!("{{\"schema\": \"patkeeper.{}/2\"}}", "é".repeat(5_000));
    match Document::read(&text) {
        Err(DocumentError::Newer { found }) => assert_eq!(found.chars().count(), QUOTED),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_document_that_breaks_its_own_shape_is_told_with_the_place() {
    assert_eq!(
        refusal("{\"schema\": \"patkeeper.rotation/1\",\n \"rotated\": \"yes\"}"),
        "line 2, column 17: this does not fit `patkeeper.rotation/1`: invalid type: string \"yes\", expected a boolean"
    );
    let mut value = serde_json::to_value(revocation()).unwrap();
    value["pats"][0]["outcome"] = json!("vanished");
    let said = refusal(&format!("{value:#}"));
    assert!(
        said.contains("`patkeeper.revocation/1`: unknown variant `vanished`"),
        "{said}"
    );
    assert!(!said.starts_with("line 1,"), "{said}");
    let said = refusal("{\"schema\": \"patkeeper.report/1\"}");
    assert!(
        said.contains("does not fit `patkeeper.report/1`: missing field"),
        "{said}"
    );
}

#[test]
fn no_depth_breaks_the_reader() {
    for schema in [
        report::SCHEMA,
        rotation::SCHEMA,
        revocation::SCHEMA,
        audit::SCHEMA,
        "else",
    ] {
        for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
            for (opened, closed) in [(100_000, 0), (100_000, 100_000), (100, 100)] {
                let deep = format!("{}1{}", open.repeat(opened), close.repeat(closed));
                assert!(Document::read(&deep).is_err());
                let text = format!("{{\"schema\": \"{schema}\", \"x\": {deep}}}");
                assert!(Document::read(&text).is_err());
                let text = format!("{{\"x\": {deep}, \"schema\": \"{schema}\"}}");
                assert!(Document::read(&text).is_err());
            }
        }
    }
}

#[test]
fn the_head_of_a_report_has_its_first_rows_and_all_of_its_counts() {
    let mut report = monday();
    report.pats = (0..=ROWS).map(|_| report.pats[0].clone()).collect();
    report.pats[ROWS].display_name = "the mildest".to_owned();
    let head = report.head();
    assert_eq!(head.pats, report.pats[..ROWS]);
    assert_eq!((head.totals, &head.findings), (report.totals, &report.findings));
    assert_eq!(monday().head(), monday());
}

/// The one PAT of thousands that was not revoked is the one to be seen.
#[test]
fn the_head_of_a_revocation_has_what_failed_before_what_was_gone() {
    let mut report = revocation();
    let many = u32::try_from(ROWS).unwrap();
    report.pats = (0..many)
        .map(|number| revoked(number, PatOutcome::AlreadyGone))
        .collect();
    report.pats.push(revoked(many, PatOutcome::Revoked));
    report.pats.push(RevokedPat {
        failure: Some(Failure::new(FailureKind::Refused, "No.")),
        ..revoked(many + 1, PatOutcome::Failed)
    });
    report.count();
    let head = report.head();
    let first: Vec<_> = head.pats.iter().take(3).map(|pat| pat.outcome).collect();
    assert_eq!(
        first,
        [PatOutcome::Failed, PatOutcome::Revoked, PatOutcome::AlreadyGone]
    );
    assert_eq!((head.pats.len(), head.counts), (ROWS, report.counts));
    report.pats.truncate(ROWS);
    assert_eq!(report.head(), report, "what fits stays in its order");
}

#[test]
fn the_head_of_an_audit_keeps_leaks_and_says_how_much_is_not_listed() {
    let mut report = audit(u32::try_from(ROWS).unwrap() + 2);
    report.events.last_mut().unwrap().leaked = true;
    let oldest = report.events.last().unwrap().clone();
    let head = report.head();
    assert_eq!(head.events.first(), Some(&oldest));
    assert_eq!((head.events.len(), head.totals.not_listed), (ROWS, 2));
    assert_eq!(head.totals.events, report.totals.events);
    assert_eq!(audit(3).head(), audit(3));
}

proptest! {
    #[test]
    fn no_text_breaks_the_reader(
        text in prop_oneof!["\\PC{0,60}", "[{\\[\\]}\",:a-z0-9/.\\\\ ]{0,60}"],
        schema in prop::sample::select(vec!["report/1", "rotation/1", "revocation/1", "audit/1", "audit/2", "/", ""]),
    ) {
        let _ = Document::read(&text);
        let _ = Document::read(&format!("{{\"schema\":\"patkeeper.{schema}\",{text}}}"));
    }

    #[test]
    fn no_value_in_any_place_breaks_the_reader(
        at in any::<prop::sample::Index>(),
        of in 0..3_usize,
        with in prop::sample::select(vec!["null", "[]", "{}", "-1", "1e999", "18446744073709551616", "\"\"", "[[]]",
            "\"\\ud800\"", "\"+262142-01-01T00:00:00Z\"", "{\"schema\":1}"]),
    ) {
        let value = match of {
            0 => serde_json::to_value(monday()),
            1 => serde_json::to_value(revocation()),
            _ => serde_json::to_value(audit(2)),
        };
        let mut value = value.unwrap();
        let mut places = Vec::new();
        pointers(&value, String::new(), &mut places);
        let place: &String = at.get(&places);
        *value.pointer_mut(place).unwrap() = json!("placed here");
        let text = value.to_string().replace("\"placed here\"", with);
        if let Ok(document) = Document::read(&text) {
            prop_assert!(text.contains(document.schema()));
        }
    }

    #[test]
    fn a_document_that_was_cut_is_no_json(at in any::<prop::sample::Index>()) {
        let text = text_of(&revocation());
        let cut = &text[..at.index(text.len() - 2)];
        prop_assert!(matches!(Document::read(cut), Err(DocumentError::NotJson { .. })), "{}", cut);
    }
}

/// Every place in a value.
fn pointers(value: &Value, at: String, places: &mut Vec<String>) {
    match value {
        Value::Array(items) => {
            for (number, item) in items.iter().enumerate() {
                pointers(item, format!("{at}/{number}"), places);
            }
        }
        Value::Object(members) => {
            for (name, member) in members {
                pointers(member, format!("{at}/{name}"), places);
            }
        }
        _ => {}
    }
    places.push(at);
}
