use proptest::prelude::*;

use super::super::LogLine;
use super::super::json;
use super::super::page::BYTES;
use super::super::tests::assert_same_page;
use super::{csv, log, markdown};
use crate::failure::{Failure, FailureKind};
use crate::glob::Glob;
use crate::owner::{Owner, OwnerName, SubjectDescriptor};
use crate::pat::{AuthorizationId, Reach};
use crate::reading::{IdentityKind, SignedIn};
use crate::report::{UnreadableEntry, UsersEntry};
use crate::revocation::tests::{OTHERS, OURS, id, ours, pat, run, settings};
use crate::revocation::{Refusal, RevocationReport, Selection, Sought, Tried, Whose};
use crate::text::tests::{HOSTILE, assert_harmless_line, hostile};

fn service(words: &str) -> Failure {
    Failure::new(
        FailureKind::Service,
        format!("Azure DevOps failed to revoke the PAT in acme: {words}."),
    )
    .with_code("serviceError")
    .with_way_out("run it again later")
    .with_service_words("\"Not today.\" (HTTP 503, activity 7c1e)")
}

/// Of Bob, after a leak: one of everything.
fn incident() -> RevocationReport {
    let mut settings = settings(Selection::Ids((1..=6).map(id).collect()));
    settings.whose = Whose::Organization(vec![
        OwnerName::parse("bob@acme.example").unwrap(),
        OwnerName::parse("eve@acme.example").unwrap(),
    ]);
    settings.expect_count = Some(4);
    settings.reason = Some("laptop stolen (ticket 4711)".into());
    let bob = Owner {
        descriptor: SubjectDescriptor::parse("aad.Ym9i").unwrap(),
        principal_name: Some("bob@acme.example".into()),
        display_name: Some("Bob".into()),
        deleted_in_origin: false,
    };
    let mut sought = Sought::new(&settings, None);
    sought.listed(pat(1, "ci-deploy-prod", ours()), Some(&bob));
    sought.listed(pat(2, "nuget-feed-sync", Reach::AllOrganizations), Some(&bob));
    sought.listed(pat(3, "board-bot", ours()), Some(&bob));
    sought.listed(
        pat(5, "other", Reach::Organizations(vec![OTHERS.into()])),
        Some(&bob),
    );
    sought.ended(id(4));
    let mut report = RevocationReport::empty(&settings, run());
    signed_in(&mut report);
    report.organization.read = 42;
    report.organization.users = Some(UsersEntry {
        read: 1,
        unreadable: 1,
        ..UsersEntry::default()
    });
    report.unreadable.push(UnreadableEntry {
        organization: "acme".into(),
        what: "the PATs of eve@acme.example".into(),
        failure: Failure::new(FailureKind::Service, "Azure DevOps failed to list PATs in acme")
            .with_way_out("run it again later"),
    });
    report.chosen(sought.choose(Ok(OURS.to_owned())).unwrap());
    report.tried(0, Tried::Revoked);
    report.tried(1, Tried::Revoked);
    report.tried(2, Tried::Failed(Box::new(service("it answered 503"))));
    report.count();
    report
}

fn signed_in(report: &mut RevocationReport) {
    report.signed_in(&SignedIn {
        name: Some("ann@acme.example".into()),
        kind: Some(IdentityKind::User),
        how: "access token".into(),
    });
}

/// One's own PATs by name, `count` of them.
fn listed(count: u32, dry_run: bool) -> RevocationReport {
    let mut settings = settings(Selection::Names(vec![Glob::new("ci-*")]));
    settings.dry_run = dry_run;
    let mut sought = Sought::new(&settings, None);
    for number in 0..count {
        sought.listed(pat(number, &format!("ci-{number:03}"), ours()), None);
    }
    let mut report = RevocationReport::empty(&settings, run());
    signed_in(&mut report);
    report.organization.read = count + 3;
    report.chosen(sought.choose(Ok(OURS.to_owned())).unwrap());
    report
}

fn not_started() -> RevocationReport {
    let mut report = listed(2, false);
    report.settings.expect_count = Some(3);
    report.failure = Some(
        Refusal::OtherCount {
            expected: 3,
            matched: 2,
        }
        .failure(),
    );
    report
}

fn printed(report: &RevocationReport) -> String {
    let mut text = String::new();
    for line in log(report) {
        match line {
            LogLine::Text(line) => text.push_str(&line),
            LogLine::GroupStart(title) => text.extend(["##[group]", &title]),
            LogLine::GroupEnd => text.push_str("##[endgroup]"),
        }
        text.push('\n');
    }
    text.push_str(&report.sentence());
    text
}

#[test]
fn log_of_an_incident() {
    insta::assert_snapshot!(printed(&incident()));
}

#[test]
fn log_of_a_dry_run() {
    insta::assert_snapshot!(printed(&listed(2, true)));
}

#[test]
fn log_of_a_run_that_did_not_start() {
    insta::assert_snapshot!(printed(&not_started()));
}

#[test]
fn summary_of_an_incident() {
    insta::assert_snapshot!(markdown(&incident()));
}

#[test]
fn summary_of_a_run_that_did_not_start() {
    insta::assert_snapshot!(markdown(&not_started()));
}

#[test]
fn spreadsheet_of_an_incident() {
    insta::assert_snapshot!(csv(&incident()));
}

#[test]
fn json_of_an_incident() {
    insta::assert_snapshot!(json(&incident()));
}

#[test]
fn how_to_do_it_for_real_is_said_in_the_words_of_the_task_or_of_the_command() {
    let mut report = listed(2, true);
    assert!(printed(&report).contains("set dryRun: false; with expectCount: 2"));
    report.run.pipeline = None;
    assert!(printed(&report).contains("--dry-run false; with --expect-count 2"));
    assert!(!printed(&report).contains("rotate"), "nothing was changed");
}

#[test]
fn a_long_list_is_cut_and_the_rest_counted() {
    let report = listed(500, true);
    let text = printed(&report);
    assert_eq!(
        text.lines()
            .filter(|line| line.starts_with("  would revoke"))
            .count(),
        50
    );
    assert!(text.contains("… and 450 more, in the report"), "{text}");
    assert_eq!(markdown(&report).matches("| would revoke").count(), 100);
    assert_eq!(csv(&report).lines().count(), 501);
}

#[test]
fn one_cause_of_many_failures_is_said_once() {
    let mut report = listed(500, false);
    for place in 0..500 {
        report.tried(place, Tried::Failed(Box::new(service("it answered 503"))));
    }
    report.count();
    let text = printed(&report);
    assert_eq!(text.matches("it answered 503").count(), 1, "{text}");
    assert!(text.contains("… and 490 more, in the report"), "{text}");
}

#[test]
fn a_summary_is_never_larger_than_it_may_be() {
    let mut report = listed(300, false);
    let wide = "漢\u{301}\u{302}\u{303}\u{304}".repeat(400);
    for pat in &mut report.pats {
        pat.display_name = Some(wide.clone());
        pat.owner = Some(wide.clone());
        pat.scopes = vec![wide.clone()];
        pat.failure = Some(service(&wide).with_why(&wide).with_way_out(&wide));
    }
    let page = markdown(&report);
    assert!(
        page.len() <= BYTES && page.ends_with("\n… and more, in the report\n"),
        "{}",
        page.len()
    );
}

/// Puts the text wherever a stranger's can come to stand.
fn poisoned(text: &str) -> RevocationReport {
    let mut report = incident();
    let some = || Some(text.to_owned());
    let failure = || {
        Failure::new(FailureKind::Service, text)
            .with_code(text)
            .with_why(text)
            .with_way_out(text)
            .with_service_words(format!("\"{text}\""))
    };
    report.run.pipeline = some();
    report.organization.name = text.to_owned();
    report.organization.signed_in_as = some();
    report.organization.identity_kind = some();
    report.organization.sign_in = text.to_owned();
    report.settings.owners = vec![text.to_owned(); 2];
    report.settings.names = vec![text.to_owned()];
    report.settings.selector = crate::revocation::Selector::Names;
    report.settings.reason = some();
    for pat in &mut report.pats {
        pat.authorization_id = AuthorizationId::new(format!("{}{text}", pat.authorization_id));
        pat.display_name = some();
        pat.owner = some();
        pat.scopes = vec![text.to_owned()];
        pat.failure = pat.failure.as_ref().map(|_| failure());
    }
    for entry in &mut report.unreadable {
        entry.organization = text.to_owned();
        entry.what = text.to_owned();
        entry.failure = failure();
    }
    report.failure = Some(failure());
    report.notes = vec![text.to_owned()];
    report
}

/// Nothing of the text takes effect in any format.
fn assert_powerless(text: &str) {
    let report = poisoned(text);
    for line in log(&report) {
        match line {
            LogLine::Text(line) | LogLine::GroupStart(line) => {
                assert_harmless_line(&line);
                assert!(line.len() < 4_000, "{line}");
            }
            LogLine::GroupEnd => {}
        }
    }
    assert_harmless_line(&report.sentence());

    let page = markdown(&report);
    page.lines().for_each(assert_harmless_line);
    assert_same_page(&page, &markdown(&poisoned("x")), text);

    let json = json(&report);
    json.lines().for_each(assert_harmless_line);
    assert!(!json.contains(['#', '<', '>', '&']));
    assert_eq!(serde_json::from_str::<RevocationReport>(&json).unwrap(), report);

    let csv = csv(&report);
    csv.lines().for_each(assert_harmless_line);
    let mut reader = ::csv::Reader::from_reader(csv.as_bytes());
    let records: Vec<_> = reader.records().map(Result::unwrap).collect();
    assert_eq!(records.len(), report.pats.len());
    for field in records.iter().flatten() {
        assert!(!field.starts_with(['=', '+', '-', '@', '\t', '\r']), "{field:?}");
    }
}

#[test]
fn hostile_texts_take_no_effect_in_any_format() {
    for attack in HOSTILE {
        assert_powerless(attack);
    }
    assert_powerless(&"very-long ".repeat(2_000));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_text_takes_effect_in_any_format(text in hostile()) {
        assert_powerless(&text);
    }
}
