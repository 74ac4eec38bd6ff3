use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;

use super::*;
use crate::failure::{Failure, FailureKind};
use crate::glob::Glob;
use crate::judge::StepResult;
use crate::organization::Organization;
use crate::reading::{IdentityKind, SignedIn, Unreadable};
use crate::report::Run;

const ID: &str = "0b9c4cf5-1d5b-4b6f-9f8e-3f6f9c6f1a2b";

pub(crate) fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn now() -> DateTime<Utc> {
    at("2026-11-21T08:00:00Z")
}

pub(crate) fn acme() -> Organization {
    Organization::parse("acme").unwrap()
}

pub(crate) fn run() -> Run {
    Run {
        task: "PatAudit".into(),
        at: now(),
        requests: 5,
        link: None,
        pipeline: Some("weekly-audit".into()),
    }
}

pub(crate) fn settings() -> Settings {
    Settings {
        span: Span::Days(30),
        actions: vec![Glob::new("Token.*")],
        actors: vec![],
        fail_on: FailOn::Leaked,
    }
}

pub(crate) fn log(organization: &Organization) -> OrganizationLog {
    OrganizationLog {
        organization: organization.clone(),
        signed_in: SignedIn {
            name: Some("auditor@acme.example".into()),
            kind: Some(IdentityKind::User),
            how: "access token".into(),
        },
        unreadable: vec![],
        more_unreadable: 0,
    }
}

/// Of Ann, from her desk; each at its own minute, with its own id.
pub(crate) fn event(number: u32, action: &str) -> Event {
    Event {
        action: action.into(),
        at: at("2026-11-20T08:00:00Z") - TimeDelta::minutes(i64::from(number)),
        id: Some(format!("entry-{number}")),
        actor_upn: Some("ann@acme.example".into()),
        actor_name: Some("Ann".into()),
        actor_id: Some("ann-id".into()),
        ip_address: Some("203.0.113.7".into()),
        user_agent: Some("Mozilla/5.0".into()),
        mechanism: None,
        details: None,
        category: None,
        data: BTreeMap::new(),
    }
}

pub(crate) fn with_data(mut event: Event, data: &[(&str, &str)]) -> Event {
    let data = data
        .iter()
        .map(|(key, value)| ((*key).to_lowercase(), (*value).to_owned()));
    event.data = data.collect();
    event
}

pub(crate) fn by(mut event: Event, upn: Option<&str>, name: Option<&str>, id: Option<&str>) -> Event {
    event.actor_upn = upn.map(str::to_owned);
    event.actor_name = name.map(str::to_owned);
    event.actor_id = id.map(str::to_owned);
    event
}

pub(crate) fn tally(settings: &Settings) -> Tally {
    let (from, to) = settings.span.resolve(now());
    Tally::new(settings, from, to)
}

fn audit(settings: &Settings, events: Vec<Event>) -> AuditReport {
    let mut tally = tally(settings);
    tally.take(&acme(), events);
    tally.finish(&[log(&acme())], run())
}

fn one(event: Event) -> AuditedEvent {
    let everything = Settings {
        actions: vec![Glob::new("*")],
        ..settings()
    };
    audit(&everything, vec![event]).events.remove(0)
}

fn pat_of(data: &[(&str, &str)]) -> AuditedPat {
    one(with_data(event(1, "Token.PatCreateEvent"), data))
        .pat
        .unwrap_or_default()
}

#[test]
fn actions_and_actors_match_in_any_letter_case_and_what_does_not_match_is_only_read() {
    let settings = Settings {
        actions: vec![Glob::new("token.pat*")],
        actors: vec![Glob::new("ANN@*"), Glob::new("build bot")],
        ..settings()
    };
    let report = audit(
        &settings,
        vec![
            event(1, "Token.PatCreateEvent"),
            event(2, "TOKEN.PATREVOKEEVENT"),
            event(3, "Token.SshCreateEvent"),
            event(4, "Tokens.PatCreateEvent"),
            by(
                event(5, "Token.PatCreateEvent"),
                Some("Ann@ACME.example"),
                None,
                None,
            ),
            by(event(6, "Token.PatCreateEvent"), None, Some("Build Bot"), None),
            by(
                event(7, "Token.PatCreateEvent"),
                Some("eve@acme.example"),
                Some("Eve"),
                None,
            ),
            by(event(8, "Token.PatCreateEvent"), None, None, Some("ann@id")),
        ],
    );
    let shown: Vec<_> = report
        .events
        .iter()
        .map(|event| event.id.as_deref().unwrap())
        .collect();
    assert_eq!(shown, ["entry-1", "entry-2", "entry-5", "entry-6"]);
    assert_eq!((report.totals.created, report.totals.revoked), (3, 1));
    assert_eq!(report.organizations[0].read, 8);
}

#[test]
fn an_actor_without_a_name_is_among_everybody() {
    let settings = Settings {
        actors: vec![Glob::new("*")],
        ..settings()
    };
    let report = audit(
        &settings,
        vec![by(event(1, "Token.PatCreateEvent"), None, None, None)],
    );
    assert_eq!((report.totals.events, report.totals.actors), (1, 1));
}

#[test]
fn each_action_counts_as_what_it_is_and_an_unknown_one_as_other() {
    let actions = [
        "Token.PatCreateEvent",
        "Token.PatUpdateEvent",
        "Token.PatRevokeEvent",
        "token.patsystemrevokeevent",
        "Token.PatExpiredEvent",
        "Token.PatPublicDiscoveryEvent",
        "Token.PatDreamEvent",
        "Token.SshRevokeEvent",
        "Token.",
    ];
    let events = (1..)
        .zip(actions)
        .map(|(number, action)| event(number, action))
        .collect();
    let totals = audit(&settings(), events).totals;
    let expected = AuditTotals {
        events: 9,
        created: 1,
        updated: 1,
        revoked: 2,
        expired: 1,
        leaked: 1,
        other: 3,
        actors: 1,
        system_revoked: 1,
        ..AuditTotals::default()
    };
    assert_eq!(totals, expected);
}

#[test]
fn an_entry_that_comes_again_counts_once_and_another_organizations_is_another() {
    let other = Organization::parse("acme-labs").unwrap();
    let mut tally = tally(&settings());
    let leak = || event(1, "Token.PatPublicDiscoveryEvent");
    tally.take(&acme(), vec![leak(), leak()]);
    tally.take(&Organization::parse("ACME").unwrap(), vec![leak()]);
    tally.take(&other, vec![leak()]);
    let mut nameless = leak();
    nameless.id = None;
    tally.take(&other, vec![nameless.clone(), nameless]);
    let report = tally.finish(&[log(&acme()), log(&other)], run());
    assert_eq!(report.totals.leaked, 4);
    assert_eq!(report.organizations[0].read, 3);
}

fn actors(events: Vec<Event>) -> Vec<AuditedActor> {
    let report = audit(&settings(), events);
    assert_eq!(report.totals.actors as usize, report.actors.len());
    report.actors
}

#[test]
fn nobody_is_counted_twice_for_letter_case_or_for_an_entry_without_a_upn() {
    let entry = |number| event(number, "Token.PatCreateEvent");
    let ann = [
        by(entry(1), Some("ann@acme.example"), Some("Ann"), Some("ID-1")),
        by(entry(2), Some("Ann@Acme.Example"), Some("Ann"), None),
        by(entry(3), None, Some("Ann A."), Some("id-1")),
        by(entry(4), Some(" "), None, Some("Id-1")),
    ];
    // Whichever comes first.
    for turn in 0..ann.len() {
        let mut events = ann.to_vec();
        events.rotate_left(turn);
        let actors = actors(events);
        assert_eq!(actors.len(), 1, "{turn}: {actors:?}");
        assert_eq!(actors[0].counts.events, 4);
        assert_eq!(
            actors[0].actor.called(),
            "ann@acme.example",
            "as the newest entry writes it"
        );
    }
}

#[test]
fn those_without_a_upn_are_told_apart_by_id_then_by_name() {
    let entry = |number| event(number, "Token.PatCreateEvent");
    let nil = "00000000-0000-0000-0000-000000000000";
    let found = actors(vec![
        by(entry(1), None, Some("Service"), Some("id-1")),
        by(entry(2), None, Some("Service"), Some("id-2")),
        by(entry(3), None, Some("Service"), Some(nil)),
        by(entry(4), None, Some("Another"), Some(nil)),
        by(entry(5), None, None, Some(nil)),
        by(entry(6), None, None, None),
    ]);
    let events: Vec<_> = found.iter().map(|actor| actor.counts.events).collect();
    assert_eq!(events, [2, 1, 1, 1, 1]);
}

#[test]
fn an_actors_addresses_are_counted_and_the_many_are_folded() {
    let mut events: Vec<Event> = (0..30)
        .map(|number| event(number, "Token.PatCreateEvent"))
        .collect();
    for (number, event) in (0..).zip(&mut events) {
        event.ip_address = Some(format!("203.0.113.{}", if number < 5 { 0 } else { number }));
        event.user_agent = None;
    }
    let actor = actors(events).remove(0);
    assert_eq!(actor.ip_addresses.len(), 21);
    assert_eq!(actor.ip_addresses[0].name.as_deref(), Some("203.0.113.0"));
    assert_eq!(actor.ip_addresses[0].events, 5);
    let rest = actor.ip_addresses.last().unwrap();
    assert_eq!((rest.name.as_deref(), rest.events), (None, 6));
    assert!(actor.user_agents.is_empty());
    assert_eq!(actor.last - actor.first, TimeDelta::minutes(29));
}

#[test]
fn what_data_calls_a_thing_makes_no_difference() {
    for data in [
        [
            ("DisplayName", "ci"),
            ("AuthorizationId", ID),
            ("OwnerName", "ann"),
            ("Scopes", "vso.code vso.build"),
        ],
        [
            ("TokenName", "ci"),
            ("patAuthorizationId", ID),
            ("targetUser", "ann"),
            ("Scope", "vso.code,vso.build"),
        ],
        [
            ("pat_display_name", "ci"),
            ("Authorization-Id", ID),
            ("owner", "ann"),
            ("PatScopes", "[\"vso.code\",\"vso.build\"]"),
        ],
        [
            ("name", "ci"),
            ("tokenId", ID),
            ("userName", "ann"),
            ("tokenScope", "vso.code; vso.build"),
        ],
    ] {
        let pat = pat_of(&data);
        assert_eq!(pat.display_name.as_deref(), Some("ci"), "{data:?}");
        assert_eq!(
            pat.authorization_id.map(|id| id.to_string()).as_deref(),
            Some(ID),
            "{data:?}"
        );
        assert_eq!(pat.owner.as_deref(), Some("ann"), "{data:?}");
        assert_eq!(pat.scopes, ["vso.code", "vso.build"], "{data:?}");
    }
    let nested =
        r#"{"displayName":"ci","scopes":["app_token"],"validTo":"2026-12-01T00:00:00","isGlobal":true}"#;
    let pat = pat_of(&[("token", nested)]);
    assert_eq!(
        (pat.display_name.as_deref(), pat.global),
        (Some("ci"), Some(true))
    );
    assert_eq!(pat.scopes, ["app_token"]);
    let pat = pat_of(&[("ValidTo", "2026-12-01T00:00:00.0000000Z"), ("Global", "False")]);
    assert_eq!(
        (pat.valid_to, pat.global),
        (Some(at("2026-12-01T00:00:00Z")), Some(false))
    );
}

#[test]
fn data_that_tells_nothing_or_nonsense_is_no_error() {
    for data in [
        &[][..],
        &[("", ""), ("displayname", " "), ("scopes", "null")],
        &[("validto", "soon"), ("isglobal", "perhaps")],
        &[("token", "{\"a\":"), ("x", "[[[[[[[[]]]]]]]]")],
    ] {
        assert_eq!(pat_of(data), AuditedPat::default(), "{data:?}");
    }
    assert_eq!(one(event(1, "Token.PatCreateEvent")).pat, None);
    let key = with_data(
        event(1, "Token.SshCreateEvent"),
        &[("DisplayName", "laptop"), ("scopes", "app_token")],
    );
    assert_eq!(
        (one(key.clone()).pat, one(key).full_scope),
        (None, false),
        "an SSH key is no PAT"
    );
}

#[test]
fn full_access_is_seen_in_any_spelling_and_not_where_it_was_before() {
    let full = |action: &str, data: &[(&str, &str)]| one(with_data(event(1, action), data)).full_scope;
    for data in [
        ("scope", "app_token"),
        ("Scopes", "vso.code APP_TOKEN"),
        ("TokenScopes", "[\"app_token\"]"),
        ("details", "{\"pat\":{\"scopeList\":\"vso.code,app_token\"}}"),
        ("newScope", "vso.full_access"),
        ("isFullScope", "True"),
    ] {
        assert!(full("Token.PatCreateEvent", &[data]), "{data:?}");
    }
    for data in [
        ("scope", "vso.code"),
        ("scope", "app_tokens my_app_token"),
        ("displayName", "app_token"),
        ("previousScope", "app_token"),
        ("OldScopes", "app_token"),
        ("scopeDisplayName", "app_token"),
    ] {
        assert!(!full("Token.PatCreateEvent", &[data]), "{data:?}");
    }
    let scopes = [("scope", "app_token")];
    assert!(full("Token.PatUpdateEvent", &scopes));
    let totals = audit(
        &settings(),
        vec![
            with_data(event(1, "Token.PatCreateEvent"), &scopes),
            with_data(event(2, "Token.PatUpdateEvent"), &scopes),
        ],
    )
    .totals;
    assert_eq!(totals.full_scope, 1, "those created are counted");
}

#[test]
fn names_are_read_from_the_sentence_where_data_has_none() {
    let told = |action: &str, details: &str| {
        let mut event = event(1, action);
        event.details = Some(details.into());
        let pat = one(event).pat.unwrap_or_default();
        (pat.display_name, pat.owner)
    };
    let some = |name: &str, owner: Option<&str>| (Some(name.to_owned()), owner.map(str::to_owned));
    let (create, leak) = ("Token.PatCreateEvent", "Token.PatPublicDiscoveryEvent");
    assert_eq!(
        told(create, "Personal Access Token \"ci\" was created."),
        some("ci", None)
    );
    assert_eq!(
        told(create, "Token \"a \"quoted\" one\" was created."),
        some("a \"quoted\" one", None)
    );
    assert_eq!(
        told(create, "Token \"x\" of user \"boss\" was created."),
        some("x\" of user \"boss", None),
        "a name cannot make itself another's"
    );
    assert_eq!(
        told(
            leak,
            "Personal Access Token \"x\" of user \"boss\" of user \"Ann\" was found in a public repository"
        ),
        some("x\" of user \"boss", Some("Ann"))
    );
    for nothing in ["", "\"", "no quotes", "\"\"", "\" \""] {
        assert_eq!(told(leak, nothing), (None, None), "{nothing}");
    }
    let mut both = with_data(event(1, create), &[("displayname", "from data")]);
    both.details = Some("Token \"from the sentence\" was created".into());
    assert_eq!(one(both).pat.unwrap().display_name.as_deref(), Some("from data"));
}

fn kept(span: Span, moments: &[&str]) -> (u32, AuditReport) {
    let events = (0..).zip(moments).map(|(number, moment)| Event {
        at: at(moment),
        ..event(number, "Token.PatCreateEvent")
    });
    let report = audit(&Settings { span, ..settings() }, events.collect());
    (report.totals.events, report)
}

#[test]
fn both_ends_of_a_span_belong_to_it_and_what_lies_beyond_is_left_out_and_told_of() {
    let span = Span::Between(at("2026-11-01T00:00:00.700Z"), at("2026-11-02T00:00:00Z"));
    let (kept, report) = kept(
        span,
        &[
            "2026-11-01T00:00:00.100Z",
            "2026-11-02T00:00:00.900Z",
            "2026-10-31T23:59:59.999Z",
            "2026-11-02T00:00:01Z",
            "2027-01-01T00:00:00Z",
        ],
    );
    assert_eq!(kept, 2);
    assert_eq!(
        report.notes,
        ["acme: the service handed out 3 entries of another time, too: left out."]
    );
    assert_eq!(report.settings.days, None);
}

#[test]
fn a_service_whose_clock_is_ahead_hides_nothing_that_happens_now() {
    let moments = [
        "2026-11-21T08:04:00Z",
        "2026-10-22T08:00:00Z",
        "2026-10-22T07:59:59Z",
    ];
    let (kept, report) = kept(Span::Days(30), &moments);
    assert_eq!(kept, 2);
    assert_eq!(report.settings.from, at("2026-10-22T08:00:00Z"));
    assert_eq!((report.settings.to, report.settings.days), (now(), Some(30)));
}

fn failing(kind: FailureKind) -> Unreadable {
    Unreadable {
        what: "the audit log of acme".into(),
        failure: Failure::new(kind, "It did not work."),
    }
}

#[test]
fn the_threshold_decides_how_the_step_ends_and_what_cannot_be_read_always_fails_it() {
    use FailOn::{Any, Leaked, Never};
    use StepResult::{Failed, Succeeded, SucceededWithIssues};
    let (leak, other) = ("Token.PatPublicDiscoveryEvent", "Token.PatCreateEvent");
    for (fail_on, action, unreadable, result, code, attention) in [
        (Never, None, None, Succeeded, 0, false),
        (Never, Some(other), None, Succeeded, 0, false),
        (Never, Some(leak), None, SucceededWithIssues, 0, true),
        (Leaked, None, None, Succeeded, 0, false),
        (Leaked, Some(other), None, Succeeded, 0, false),
        (Leaked, Some(leak), None, Failed, 1, true),
        (Any, None, None, Succeeded, 0, false),
        (Any, Some(other), None, Failed, 1, true),
        (Any, Some(leak), None, Failed, 1, true),
        (Never, None, Some(FailureKind::Service), Failed, 4, true),
        (Never, Some(leak), Some(FailureKind::Refused), Failed, 3, true),
        (Leaked, Some(leak), Some(FailureKind::Service), Failed, 4, true),
    ] {
        let case = format!("{fail_on:?} {action:?} {unreadable:?}");
        let mut tally = tally(&Settings {
            fail_on,
            ..settings()
        });
        tally.take(
            &acme(),
            action.map(|action| event(1, action)).into_iter().collect(),
        );
        let mut log = log(&acme());
        log.unreadable = unreadable.map(failing).into_iter().collect();
        let report = tally.finish(&[log], run());
        let end = report.end();
        assert_eq!((end.result, end.exit_code), (result, code), "{case}");
        assert_eq!(report.needs_attention(), attention, "{case}");
        assert_eq!(
            report.sentence().contains("(fails on: ") && !report.sentence().contains("goes on"),
            code == 1,
            "{case}: {}",
            report.sentence()
        );
        assert_eq!(report.sentence().contains("always fails"), code > 1, "{case}");
        assert_eq!(report.totals.unreadable, u32::from(unreadable.is_some()));
    }
}

#[test]
fn full_access_and_the_systems_revocations_ask_for_attention_and_fail_nothing() {
    for event in [
        with_data(event(1, "Token.PatCreateEvent"), &[("scope", "app_token")]),
        event(1, "Token.PatSystemRevokeEvent"),
    ] {
        let report = audit(&settings(), vec![event]);
        assert!(report.needs_attention());
        assert_eq!(report.end().result, StepResult::Succeeded);
    }
}

#[test]
fn a_silent_log_a_log_without_a_match_and_an_unread_one_are_three_messages() {
    let silent = audit(&settings(), vec![]).notes;
    assert!(
        silent[0].contains("no entry at all") && silent[0].contains("Log Audit Events"),
        "{silent:?}"
    );
    assert_eq!(silent.len(), 1);

    let quiet = audit(&settings(), vec![event(1, "Git.RepositoryCreated")]).notes;
    assert!(quiet[0].contains("auditing was on (1 entry from"), "{quiet:?}");
    assert!(quiet[0].contains("none of them matches"), "{quiet:?}");
    assert_eq!(quiet.len(), 1);

    let mut log = log(&acme());
    log.unreadable = vec![failing(FailureKind::Refused)];
    let unread = tally(&settings()).finish(&[log], run());
    assert_eq!(
        unread.notes,
        Vec::<String>::new(),
        "the failure itself is the message"
    );
    assert_eq!(unread.unreadable[0].organization, "acme");

    assert_eq!(
        audit(&settings(), vec![event(1, "Token.PatCreateEvent")]).notes,
        Vec::<String>::new()
    );
}

#[test]
fn a_leak_that_the_patterns_leave_out_is_told_of_once() {
    let leak = by(
        event(1, "Token.PatPublicDiscoveryEvent"),
        None,
        Some("Azure DevOps Service"),
        None,
    );
    let narrow = Settings {
        actors: vec![Glob::new("ann@*")],
        ..settings()
    };
    let report = audit(
        &narrow,
        vec![leak.clone(), leak.clone(), event(2, "Token.PatCreateEvent")],
    );
    assert_eq!(report.totals.leaked, 0);
    assert!(
        report.notes[0].starts_with("acme: 1 entry says that a PAT was found"),
        "{:?}",
        report.notes
    );

    let blind = Settings {
        actions: vec![Glob::new("Token.PatCreate*")],
        ..settings()
    };
    let notes = audit(&blind, vec![event(2, "Token.PatCreateEvent")]).notes;
    assert!(
        notes[0].starts_with("failOn is leaked, and no pattern"),
        "{notes:?}"
    );
}

#[test]
fn queries_of_the_log_are_said_to_be_among_what_was_asked_for_only_where_they_are() {
    let everything = Settings {
        actions: vec![Glob::new("*")],
        ..settings()
    };
    let notes = audit(&everything, vec![event(1, "AuditLog.AccessLog")]).notes;
    assert!(notes[0].contains("Patkeeper's own queries"), "{notes:?}");
    let notes = audit(&everything, vec![event(1, "Git.RepositoryCreated")]).notes;
    assert_eq!(notes, Vec::<String>::new());
}

#[test]
fn a_span_that_begins_before_what_the_service_keeps_is_told_of() {
    let span = Span::Between(at("2026-06-01T00:00:00Z"), at("2026-08-25T00:00:00Z"));
    let (_, report) = kept(span, &["2026-08-24T10:00:00Z"]);
    assert!(report.notes[0].contains("90 days"), "{:?}", report.notes);
    let (_, report) = kept(Span::Days(90), &["2026-11-20T10:00:00Z"]);
    assert_eq!(report.notes, Vec::<String>::new());
}

#[test]
fn of_too_many_events_all_are_counted_and_the_oldest_leak_is_listed() {
    let number = 2 * u32::try_from(LISTED).unwrap() + 7;
    let mut tally = tally(&settings());
    let mut leak = event(0, "Token.PatPublicDiscoveryEvent");
    leak.at = at("2026-10-23T00:00:00Z");
    tally.take(&acme(), vec![leak]);
    for start in (1..=number).step_by(1_000) {
        let page = (start..(start + 1_000).min(number + 1)).map(|one| Event {
            at: now() - TimeDelta::seconds(i64::from(one)),
            ..event(one, "Token.PatCreateEvent")
        });
        tally.take(&acme(), page.collect());
    }
    let report = tally.finish(&[log(&acme())], run());
    assert_eq!(
        (report.totals.events, report.totals.created),
        (number + 1, number)
    );
    assert_eq!(report.events.len(), LISTED);
    assert_eq!(report.totals.not_listed as usize, number as usize + 1 - LISTED);
    assert!(
        report.events.last().unwrap().leaked,
        "newest first, and the leak is the oldest"
    );
    assert_eq!(report.events[0].at, now() - TimeDelta::seconds(1));
    assert!(
        report.notes[0].contains("counted and not listed"),
        "{:?}",
        report.notes
    );
}

#[test]
fn a_text_made_to_be_large_is_cut() {
    let mut large = event(1, "Token.PatCreateEvent");
    large.user_agent = Some("ä".repeat(100_000));
    large.details = Some("x".repeat(100_000));
    let event = one(with_data(large, &[("displayname", &"y".repeat(100_000))]));
    assert_eq!(event.user_agent.unwrap().chars().count(), 2_001);
    assert!(event.details.unwrap().len() < 3_000);
    assert!(event.pat.unwrap().display_name.unwrap().len() < 3_000);
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let action = prop_oneof![
        proptest::sample::select(vec![
            "Token.PatCreateEvent",
            "Token.PatUpdateEvent",
            "Token.PatRevokeEvent",
            "Token.PatSystemRevokeEvent",
            "Token.PatExpiredEvent",
            "Token.PatPublicDiscoveryEvent",
            "Token.SshCreateEvent",
            "AuditLog.AccessLog",
        ])
        .prop_map(str::to_owned),
        "(Token\\.)?\\PC{0,9}",
    ];
    let text = || proptest::option::of(prop_oneof!["[aAbB]{0,2}", "\\PC{0,6}"]);
    let data = proptest::collection::btree_map(
        proptest::sample::select(vec!["scopes", "displayname", "token", "validto", "", "isglobal"])
            .prop_map(str::to_owned),
        prop_oneof![Just("app_token".to_owned()), "[\\[{][\\PC\"]{0,9}", "\\PC{0,20}"],
        0..4,
    );
    let moment = -3_000_000_i64..100_000;
    let event = (
        action,
        moment,
        proptest::option::of(0_u32..40),
        (text(), text(), text()),
        (text(), text()),
        text(),
        data,
    )
        .prop_map(
            |(action, seconds, id, (upn, name, actor_id), (ip, agent), details, data)| Event {
                action,
                at: now() + TimeDelta::seconds(seconds),
                id: id.map(|id| id.to_string()),
                actor_upn: upn,
                actor_name: name,
                actor_id,
                ip_address: ip,
                user_agent: agent,
                mechanism: None,
                details,
                category: None,
                data,
            },
        );
    proptest::collection::vec(event, 0..40)
}

proptest! {
    #[test]
    fn the_counts_add_up_and_pages_may_be_cut_anywhere(events in events(), size in 1_usize..9) {
        let report = audit(&settings(), events.clone());
        let totals = report.totals;
        prop_assert_eq!(
            totals.events,
            totals.created + totals.updated + totals.revoked + totals.expired + totals.leaked + totals.other
        );
        prop_assert_eq!(totals.events as usize, report.events.len());
        prop_assert!(totals.full_scope <= totals.created && totals.system_revoked <= totals.revoked);
        prop_assert_eq!(report.actors.iter().map(|actor| actor.counts.events).sum::<u32>(), totals.events);
        prop_assert_eq!(report.events.iter().filter(|event| event.leaked).count(), totals.leaked as usize);
        prop_assert!(report.events.is_sorted_by(|a, b| a.at >= b.at));
        for actor in &report.actors {
            let places = |places: &[Place]| places.iter().map(|place| place.events).sum::<u32>();
            prop_assert!(places(&actor.ip_addresses) <= actor.counts.events);
            prop_assert!(actor.first <= actor.last && !actor.actor.called().is_empty());
        }

        let mut paged = tally(&settings());
        for page in events.chunks(size) {
            paged.take(&acme(), page.to_vec());
        }
        let paged = paged.finish(&[log(&acme())], run());
        prop_assert_eq!(&paged, &report);

        let json = crate::render::json(&report);
        prop_assert_eq!(serde_json::from_str::<AuditReport>(&json).unwrap(), report);
    }
}
