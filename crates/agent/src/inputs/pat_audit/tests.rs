use patkeeper_core::glob::Glob;

use super::*;
use crate::inputs::given;

/// What a plain step has; values given replace these.
const BASE: &[(&str, &str)] = &[("organization", "acme"), ("accessToken", "made-up-token")];

fn now() -> DateTime<Utc> {
    time::parse("2026-11-21T08:00:00Z").unwrap()
}

fn read(values: &[(&str, &str)]) -> Result<PatAuditInputs, BadInput> {
    let inputs = given::by_agent(&registry::TASK, &[values, BASE].concat())?;
    PatAuditInputs::read(&inputs, now())
}

fn typed(values: &[(&str, &str)]) -> Result<PatAuditInputs, BadInput> {
    let inputs = given::by_people(&registry::TASK, &[values, BASE].concat())?;
    PatAuditInputs::read(&inputs, now())
}

fn refusal(values: &[(&str, &str)], input: &Input) -> String {
    given::refusal(input, read(values).unwrap_err(), typed(values).unwrap_err())
}

#[test]
fn a_step_with_nothing_but_a_token_has_the_contracts_defaults() {
    for inputs in [read(&[]).unwrap(), typed(&[]).unwrap()] {
        let settings = inputs.settings;
        assert_eq!(settings.span, Span::Days(30));
        assert_eq!(settings.actions, [Glob::new("Token.*")]);
        assert!(settings.actors.is_empty());
        assert_eq!(settings.fail_on, FailOn::Leaked);
        assert_eq!(
            inputs.report_formats,
            [ReportFormat::Json, ReportFormat::Markdown]
        );
    }
}

#[test]
fn every_input_reaches_what_it_is_for() {
    let inputs = read(&[
        ("organization", "acme\nfabrikam"),
        ("days", "90"),
        ("actions", "Token.Pat*\n\nOrganizationPolicy.*"),
        ("actors", "*@acme.example\nAnn Archer"),
        ("failOn", "Any"),
        ("teamsWebhookUrl", "https://hooks.example/x"),
        ("reportDirectory", "out"),
        ("reportFormats", "markdown,csv"),
    ])
    .unwrap();
    let settings = inputs.settings;
    assert_eq!(
        inputs
            .organizations
            .iter()
            .map(Organization::name)
            .collect::<Vec<_>>(),
        ["acme", "fabrikam"]
    );
    assert_eq!(settings.span, Span::Days(90));
    assert_eq!(
        settings.actions,
        ["Token.Pat*", "OrganizationPolicy.*"].map(Glob::new)
    );
    assert_eq!(settings.actors, ["*@acme.example", "Ann Archer"].map(Glob::new));
    assert_eq!(settings.fail_on, FailOn::Any);
    assert!(inputs.channels.teams.is_some());
    assert_eq!(inputs.report_directory, Some(PathBuf::from("out")));
    assert_eq!(inputs.report_formats, [ReportFormat::Markdown, ReportFormat::Csv]);
}

#[test]
fn a_span_may_be_given_by_its_ends() {
    for (from, to, seconds) in [
        (
            "2026-11-14",
            "2026-11-21",
            ["2026-11-14T00:00:00Z", "2026-11-21T00:00:00Z"],
        ),
        (
            "2026-11-21T09:30+02:00",
            "2026-11-21T08:00:00Z",
            ["2026-11-21T07:30:00Z", "2026-11-21T08:00:00Z"],
        ),
        (
            "2026-08-23",
            "2026-11-21",
            ["2026-08-23T00:00:00Z", "2026-11-21T00:00:00Z"],
        ),
    ] {
        let span = read(&[("startTime", from), ("endTime", to)])
            .unwrap()
            .settings
            .span;
        let [from, to] = seconds.map(|text| time::parse(text).unwrap());
        assert_eq!(span, Span::Between(from, to));
    }
}

#[test]
fn days_and_ends_contradict_each_other_only_where_both_are_given() {
    let ends = [("startTime", "2026-11-14"), ("endTime", "2026-11-21")];
    assert!(read(&ends).is_ok(), "the contract's 30 days are not given");
    let message = refusal(&[&ends[..], &[("days", "30")]].concat(), &registry::DAYS);
    assert!(
        message.contains("startTime") && message.contains("endTime"),
        "{message}"
    );
}

#[test]
fn one_end_alone_is_refused() {
    let message = refusal(&[("startTime", "2026-11-14")], &registry::END_TIME);
    assert!(message.contains("startTime"), "{message}");
    let message = refusal(&[("endTime", "2026-11-14"), ("days", "3")], &registry::START_TIME);
    assert!(message.contains("endTime"), "{message}");
}

#[test]
fn a_span_that_cannot_be_is_refused_with_what_was_given() {
    for (from, to, input, words) in [
        ("2026-11-21", "2026-11-14", &registry::START_TIME, "not before"),
        (
            "2026-11-14",
            "2026-11-14T00:00Z",
            &registry::START_TIME,
            "not before",
        ),
        ("2026-08-22T23:59", "2026-11-21", &registry::START_TIME, "90 days"),
        ("2026-01-01", "2026-01-31", &registry::START_TIME, "90 days ago"),
        ("2026-11-14", "2026-11-22", &registry::END_TIME, "future"),
        ("2026-12-01", "2026-12-02", &registry::END_TIME, "future"),
        ("last week", "2026-11-21", &registry::START_TIME, "ISO 8601"),
        ("2026-11-14", "21.11.2026", &registry::END_TIME, "ISO 8601"),
        ("2026-02-30", "2026-11-21", &registry::START_TIME, "ISO 8601"),
    ] {
        let message = refusal(&[("startTime", from), ("endTime", to)], input);
        let given = if input.name == "startTime" { from } else { to };
        assert!(
            message.contains(words) && message.contains(&format!("'{given}'")),
            "{message}"
        );
    }
}

#[test]
fn what_is_of_another_type_is_refused() {
    for (input, wrong) in [
        (&registry::DAYS, "0"),
        (&registry::DAYS, "91"),
        (&registry::DAYS, "a month"),
        (&registry::FAIL_ON, "expired"),
        (&REPORT_FORMATS, "junit"),
        (&REPORT_FORMATS, "json sarif"),
        (&SEVERAL, "https://evil.example/acme"),
    ] {
        refusal(&[(input.name, wrong)], input);
    }
}
