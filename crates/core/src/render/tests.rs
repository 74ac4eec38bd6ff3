//! What people and programs get, whole; and what hostile text does to it: nothing.

mod organization;

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;

use super::*;
use crate::failure::{Failure, FailureKind};
use crate::judge::{StepEnd, StepResult};
use crate::owner::SubjectDescriptor;
use crate::pat::AuthorizationId;
use crate::report::{
    Finding, Missing, OrganizationEntry, OwnerEntry, PatEntry, PatStatus, Report, RuleSetting, Run, SCHEMA,
    Settings, Severity, Soonest, Tool, Totals, UnreadableEntry, Verdict, Waived,
};
use crate::text::tests::{HOSTILE, assert_harmless_line, hostile};

const FAILED: StepEnd = StepEnd {
    result: StepResult::Failed,
    exit_code: 1,
};
const PASSED: StepEnd = StepEnd {
    result: StepResult::Succeeded,
    exit_code: 0,
};
const ISSUES: StepEnd = StepEnd {
    result: StepResult::SucceededWithIssues,
    exit_code: 0,
};

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn pat(number: u32, name: &str, scopes: &str, ends: &str, status: PatStatus) -> PatEntry {
    let ends = at(ends);
    let days_left = (ends - at("2026-11-21T08:00:00Z"))
        .num_seconds()
        .div_euclid(86_400);
    PatEntry {
        organization: "acme".into(),
        owner: None,
        authorization_id: AuthorizationId::new(format!("{number:08x}-0000-4000-8000-000000000000")),
        display_name: name.into(),
        family: name.split("-202").next().unwrap_or(name).into(),
        scopes: scopes.split_whitespace().map(str::to_owned).collect(),
        valid_from: ends - TimeDelta::days(90),
        valid_to: ends,
        effective_expiry: ends,
        days_left,
        global: false,
        status,
        replaced_by: None,
    }
}

fn finding(rule: &str, severity: Severity, pat: &PatEntry, message: &str, remedy: &str) -> Finding {
    Finding {
        rule: rule.into(),
        severity,
        organization: Some(pat.organization.clone()),
        owner: None,
        authorization_id: Some(pat.authorization_id.clone()),
        subject: pat.display_name.clone(),
        message: message.into(),
        remedy: remedy.into(),
        waived: None,
    }
}

fn rule(rule: &str, severity: Severity, limit: Option<&str>) -> RuleSetting {
    RuleSetting {
        rule: rule.into(),
        severity,
        limit: limit.map(str::to_owned),
        from: "default".into(),
    }
}

/// A Monday morning: one of everything but what could not be read.
pub(crate) fn monday() -> Report {
    let mut old = pat(
        7,
        "ci-build-2026-08-20-77ab01cd",
        "vso.build_execute",
        "2026-12-20T08:00:00Z",
        PatStatus::Replaced,
    );
    old.replaced_by = Some("ci-build-2026-11-20-3f9c01ab".into());
    let mut global = pat(
        3,
        "legacy-all-orgs",
        "vso.code",
        "2026-12-01T00:00:00Z",
        PatStatus::Warning,
    );
    global.global = true;
    global.valid_to = at("2027-03-01T00:00:00Z");
    let bot = pat(
        4,
        "board-bot",
        "vso.work_write",
        "2026-12-12T23:59:00Z",
        PatStatus::Warning,
    );
    let sync = pat(
        5,
        "legacy-sync",
        "app_token",
        "2027-02-10T00:00:00Z",
        PatStatus::Healthy,
    );
    let vendor = pat(
        6,
        "vendor-bridge",
        "app_token",
        "2027-01-30T00:00:00Z",
        PatStatus::Healthy,
    );
    let lifetime =
        "Replace it by one that is given 90 days or less: PatRotate@1, validDays (docs/rotation.md).";
    let full = "Replace it by a PAT with what it uses: PatRotate@1 (docs/rotation.md), with what `patkeeper scopes` finds.";
    let mut waived = finding(
        "full-access",
        Severity::Error,
        &vendor,
        "app_token opens everything its owner can",
        full,
    );
    waived.waived = Some(Waived {
        reason: "vendor tool, replaced in January (ticket 4711)".into(),
        until: "2027-01-31".into(),
    });
    Report {
        schema: SCHEMA.into(),
        tool: Tool {
            name: "patkeeper".into(),
            version: "1.0.0".into(),
        },
        run: Run {
            task: "PatMonitor".into(),
            at: at("2026-11-21T08:00:00Z"),
            requests: 3,
            link: Some("https://dev.azure.com/acme/shop/_build/results?buildId=4711&view=results".into()),
            pipeline: Some("weekly-audit".into()),
        },
        status: Verdict::Expired,
        totals: Totals {
            total: 9,
            healthy: 4,
            warning: 2,
            critical: 1,
            expired: 1,
            replaced: 1,
            policy_findings: 4,
            waived: 1,
            history: 4,
            elsewhere: 2,
            ..Totals::default()
        },
        soonest: Some(Soonest {
            display_name: "nuget-feed-sync".into(),
            days_left: 5,
        }),
        organizations: vec![OrganizationEntry {
            name: "acme".into(),
            account_id: Some("0b9c4cf5-1d5b-4b6f-9f8e-3f6f9c6f1a2b".into()),
            signed_in_as: Some("svc-build@acme.example".into()),
            identity_kind: Some("user".into()),
            sign_in: "access token".into(),
            read: 15,
            users: None,
        }],
        settings: Settings {
            scope: "mine".into(),
            names: vec![],
            require_names: vec!["nuget-*".into()],
            warning_days: 30,
            critical_days: 7,
            expired_within_days: 30,
            fail_on: "expired".into(),
            fail_on_policy: "never".into(),
            rules: vec![
                rule("lifetime", Severity::Error, Some("90 days")),
                rule("full-access", Severity::Error, None),
                rule("global-reach", Severity::Error, None),
                rule("high-risk-scope", Severity::Off, None),
            ],
            waivers: vec![],
        },
        slice: None,
        merged: vec![],
        findings: vec![
            finding(
                "full-access",
                Severity::Error,
                &sync,
                "app_token opens everything its owner can",
                full,
            ),
            finding(
                "lifetime",
                Severity::Error,
                &bot,
                "180 days, allowed 90",
                lifetime,
            ),
            finding(
                "lifetime",
                Severity::Error,
                &global,
                "365 days, allowed 90",
                lifetime,
            ),
            finding(
                "global-reach",
                Severity::Error,
                &global,
                "valid in all organizations; stops working on 2026-12-01",
                "Make one PAT for each organization that uses it",
            ),
            waived,
        ],
        pats: vec![
            pat(
                1,
                "ci-deploy-prod-2026-08-20",
                "vso.build_execute",
                "2026-11-18T09:00:00Z",
                PatStatus::Expired,
            ),
            pat(
                2,
                "nuget-feed-sync",
                "vso.packaging_write",
                "2026-11-26T20:00:00Z",
                PatStatus::Critical,
            ),
            global,
            bot,
            vendor,
            sync,
            pat(
                8,
                "ci-build-2026-11-20-3f9c01ab",
                "vso.build_execute vso.code",
                "2027-02-18T08:00:00Z",
                PatStatus::Healthy,
            ),
            pat(
                9,
                "wiki-export",
                "vso.wiki",
                "2027-02-19T08:00:00Z",
                PatStatus::Healthy,
            ),
            old,
        ],
        missing: vec![],
        unreadable: vec![],
        notes: vec![],
    }
}

/// Two organizations, one of which could not be read to its end, and a pattern without a match.
pub(crate) fn half_blind() -> Report {
    let mut report = monday();
    report.status = Verdict::Unknown;
    report.totals.missing = 1;
    report.totals.unreadable = 1;
    report.organizations.push(OrganizationEntry {
        name: "acme-labs".into(),
        account_id: None,
        signed_in_as: None,
        identity_kind: None,
        sign_in: "access token".into(),
        read: 1,
        users: None,
    });
    let mut other = pat(
        10,
        "漢字-deploy",
        "vso.code vso.made_up",
        "2027-02-19T08:00:00Z",
        PatStatus::Healthy,
    );
    other.organization = "acme-labs".into();
    report.pats.push(other);
    report.missing.push(Missing {
        input: "requireNames".into(),
        pattern: "release-*".into(),
    });
    report.unreadable.push(UnreadableEntry {
        organization: "acme-labs".into(),
        what: "the expired PATs of acme-labs, from page 2 on".into(),
        failure: refused(),
    });
    report
        .notes
        .push("acme-labs: its account id is unknown, so all PATs its list holds are judged".into());
    report
}

fn refused() -> Failure {
    Failure::new(
        FailureKind::Refused,
        "Azure DevOps refused to list PATs for the service principal 'sp-pipelines'.",
    )
    .with_code("InvalidAccessException")
    .with_why(
        "it lets only users near the PAT lifecycle API; service principals are refused, even for listing.",
    )
    .with_way_out("signIn: refreshToken, a user's sign-in kept in Key Vault")
    .with_way_out("signIn: accessToken, a user's token from an earlier step")
    .with_service_words(
        "\"Service principals are not allowed to perform this action.\" (InvalidAccessException, HTTP 403, \
         activity 0c1d5e4f-6a7b-4c8d-9e0f-112233445566)",
    )
}

fn all_well() -> Report {
    let mut report = monday();
    report.pats.retain(|pat| pat.status == PatStatus::Healthy);
    report.findings.clear();
    report.status = Verdict::Ok;
    report.totals = Totals {
        total: 4,
        healthy: 4,
        ..Totals::default()
    };
    report.soonest = Some(Soonest {
        display_name: "vendor-bridge".into(),
        days_left: 69,
    });
    report
}

/// As the agent's console prints them.
fn printed(lines: &[LogLine]) -> String {
    let mut text = String::new();
    for line in lines {
        match line {
            LogLine::Text(line) => text.push_str(line),
            LogLine::GroupStart(title) => text.extend(["##[group]", title]),
            LogLine::GroupEnd => text.push_str("##[endgroup]"),
        }
        text.push('\n');
    }
    text
}

/// With every extension that some page's Markdown may have.
pub(crate) fn markdown_to_html(markdown: &str) -> String {
    let mut options = comrak::Options::default();
    let on = &mut options.extension;
    on.table = true;
    on.autolink = true;
    on.strikethrough = true;
    on.tasklist = true;
    on.superscript = true;
    on.footnotes = true;
    on.description_lists = true;
    on.multiline_block_quotes = true;
    on.math_dollars = true;
    on.math_code = true;
    on.wikilinks_title_after_pipe = true;
    on.underline = true;
    on.subscript = true;
    on.spoiler = true;
    on.greentext = true;
    on.alerts = true;
    options.parse.relaxed_autolinks = true;
    options.render.r#unsafe = true;
    comrak::markdown_to_html(markdown, &options)
}

#[test]
fn log_of_a_monday() {
    let mut lines = log(&monday());
    lines.push(LogLine::Text(closing(
        &["Slack"],
        &["patkeeper.json", "patkeeper.md"],
    )));
    lines.push(LogLine::Text(verdict_line(&monday(), FAILED)));
    insta::assert_snapshot!(printed(&lines));
}

#[test]
fn log_of_what_could_not_be_read() {
    let mut lines = log(&half_blind());
    lines.push(LogLine::Text(verdict_line(
        &half_blind(),
        StepEnd {
            exit_code: 3,
            ..FAILED
        },
    )));
    insta::assert_snapshot!(printed(&lines));
}

#[test]
fn one_cause_is_said_once_below_all_that_it_kept_from_being_read() {
    let mut report = half_blind();
    let entry = |what: &str, failure: Failure| UnreadableEntry {
        organization: "acme".into(),
        what: what.into(),
        failure,
    };
    let other = Failure::new(FailureKind::Service, "It did not answer.");
    report.unreadable = vec![
        entry("first", refused()),
        entry("second", refused()),
        entry("third", other),
    ];
    let text = printed(&log(&report));
    let place = |words: &str| text.find(words).unwrap_or_else(|| panic!("{words}: {text}"));
    assert_eq!(text.matches("refused to list PATs").count(), 1);
    assert!(place("first") < place("second") && place("second") < place("refused to list PATs"));
    assert!(place("refused to list PATs") < place("third") && place("third") < place("It did not answer."));
}

#[test]
fn only_a_name_that_the_task_takes_is_named_for_it() {
    let step = |name: &str, status| {
        let pat = pat(1, name, "vso.code", "2026-11-26T20:00:00Z", status);
        words::next_step(&pat)
    };
    for (name, expected) in [
        (
            "ci-2026-08-20-77ab01cd",
            "rotate it now: PatRotate@1, name: ci (docs/rotation.md)",
        ),
        ("ci (old)", "replace it now (docs/rotation.md)"),
        ("", "replace it now (docs/rotation.md)"),
        ("##vso[task.complete]", "replace it now (docs/rotation.md)"),
    ] {
        assert_eq!(step(name, PatStatus::Expired), expected, "{name}");
        assert_eq!(
            step(name, PatStatus::Critical),
            format!("5 days left, {expected}"),
            "{name}"
        );
    }
    assert_eq!(
        step("ci", PatStatus::Warning),
        "rotate it before 2026-11-26: PatRotate@1, name: ci (docs/rotation.md)"
    );
}

#[test]
fn log_of_nothing_to_do() {
    let mut lines = log(&all_well());
    lines.push(LogLine::Text(verdict_line(&all_well(), PASSED)));
    insta::assert_snapshot!(printed(&lines));
}

#[test]
fn summary_of_a_monday() {
    insta::assert_snapshot!(markdown(&monday()));
}

#[test]
fn summary_of_what_could_not_be_read() {
    insta::assert_snapshot!(markdown(&half_blind()));
}

#[test]
fn spreadsheet_of_a_monday() {
    insta::assert_snapshot!(csv(&monday()));
}

#[test]
fn test_results_of_a_monday() {
    insta::assert_snapshot!(junit(&monday()));
}

#[test]
fn test_results_of_what_could_not_be_read() {
    let mut report = half_blind();
    report.settings.fail_on_policy = "error".into();
    report.pats.truncate(1);
    insta::assert_snapshot!(junit(&report));
}

#[test]
fn json_report_of_a_monday() {
    insta::assert_snapshot!(json(&monday()));
}

#[test]
fn a_failure_says_what_why_and_what_to_do() {
    insta::assert_snapshot!(printed(&failure(&refused())));
}

#[test]
fn a_service_is_quoted_once_and_only_with_what_it_said() {
    let support = |failure: &Failure| {
        let lines = super::failure(failure);
        let words: Vec<String> = printed(&lines).lines().skip(1).map(str::to_owned).collect();
        words
    };
    let bare = || Failure::new(FailureKind::Refused, "It said no.");
    for (failure, expected) in [
        (bare().with_code("badInput"), vec![]),
        (bare().with_code("notUnderstood").with_service_words(" "), vec![]),
        (bare().with_code("AADSTS50076"), vec!["  Code: AADSTS50076"]),
        (
            bare()
                .with_code("TF400813")
                .with_service_words("\"TF400813: The user 'x' is not authorized.\" (HTTP 401)"),
            vec!["  The service's words: \"TF400813: The user 'x' is not authorized.\" (HTTP 401)"],
        ),
        (
            bare()
                .with_code("fullScopePatPolicyViolation")
                .with_service_words("activity 7c1e"),
            vec![
                "  The service's words: activity 7c1e",
                "  Code: fullScopePatPolicyViolation",
            ],
        ),
        (
            bare().with_code("signInPage").with_service_words("HTTP 203"),
            vec!["  The service's words: HTTP 203"],
        ),
    ] {
        assert_eq!(support(&failure), expected, "{failure:?}");
        let mut report = half_blind();
        report.unreadable[0].failure = failure;
        for page in [printed(&log(&report)), markdown(&report), junit(&report)] {
            assert!(!page.contains("\"\"") && !page.contains("&quot;&quot;"), "{page}");
            assert_eq!(
                page.contains("The service"),
                expected.iter().any(|line| line.contains("words")),
                "{page}"
            );
        }
    }
}

#[test]
fn the_verdict_says_whether_and_why_the_step_fails() {
    let mut report = monday();
    report.settings.fail_on = "never".into();
    let mut lines = vec![verdict_line(&monday(), FAILED), verdict_line(&report, ISSUES)];
    report.settings.fail_on_policy = "error".into();
    lines.push(verdict_line(&report, FAILED));
    report.settings.fail_on_policy = "never".into();
    report.settings.fail_on = "expired".into();
    report.status = Verdict::Warning;
    report.totals.expired = 0;
    report.totals.critical = 0;
    lines.push(verdict_line(&report, ISSUES));
    lines.push(verdict_line(&half_blind(), FAILED));
    lines.push(verdict_line(&all_well(), PASSED));
    let mut nothing = all_well();
    nothing.totals = Totals::default();
    lines.push(verdict_line(&nothing, PASSED));
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn nothing_told_and_nothing_written_is_not_said() {
    assert_eq!(closing(&[], &[]), "");
    assert_eq!(
        closing(&["Slack", "Teams"], &[]),
        "Told 2 channels (Slack, Teams)."
    );
    assert_eq!(closing(&[], &["patkeeper.json"]), "Reports: patkeeper.json");
}

/// As many PATs as an organization of some size has, each with a finding.
fn crowd(number: u32) -> Report {
    let mut report = monday();
    report.pats = (0..number)
        .map(|n| {
            pat(
                n,
                &format!("bot-{n:05}"),
                "vso.code vso.build",
                "2026-11-24T08:00:00Z",
                PatStatus::Critical,
            )
        })
        .collect();
    report.findings = report
        .pats
        .iter()
        .map(|pat| {
            finding(
                "lifetime",
                Severity::Error,
                pat,
                "180 days, allowed 90",
                "Shorten it",
            )
        })
        .collect();
    report.totals = Totals {
        total: number,
        critical: number,
        policy_findings: number,
        ..Totals::default()
    };
    report
}

#[test]
fn a_long_list_is_cut_and_the_rest_counted() {
    let text = printed(&log(&crowd(1000)));
    assert_eq!(
        text.lines().filter(|line| line.starts_with("  critical")).count(),
        50
    );
    assert!(text.contains("… and 950 more, in the report"), "{text}");
    assert!(text.lines().count() < 160, "{}", text.lines().count());
    assert!(text.contains("##[group]Policy: 1000 findings"));
    let page = markdown(&crowd(1000));
    assert_eq!(
        page.lines().filter(|line| line.starts_with("| critical")).count(),
        100
    );
    assert!(page.contains("… and 900 more, in the report"));
    assert_eq!(csv(&crowd(1000)).lines().count(), 1001);
    assert_eq!(junit(&crowd(1000)).matches("<testcase").count(), 4000);
}

#[test]
fn a_summary_is_never_larger_than_it_may_be() {
    let mut report = crowd(200);
    let wide = "漢\u{301}\u{302}\u{303}\u{304}".repeat(1000);
    for pat in &mut report.pats {
        pat.display_name.clone_from(&wide);
        pat.scopes = vec![wide.clone()];
        pat.replaced_by = Some(wide.clone());
    }
    for finding in &mut report.findings {
        finding.message.clone_from(&wide);
        finding.remedy.clone_from(&wide);
    }
    let page = markdown(&report);
    assert!(page.len() <= super::page::BYTES, "{} bytes", page.len());
    assert!(page.ends_with("\n… and more, in the report\n"));
}

#[test]
fn two_pats_of_one_name_are_two_test_cases() {
    let mut report = monday();
    report.pats[1].display_name = report.pats[0].display_name.clone();
    let names = test_cases(&junit(&report));
    // Three rules and the end; the expired one is judged by its end alone.
    assert_eq!(names.len(), 8 * 4 + 1);
    assert!(names.values().all(|count| *count == 1), "{names:?}");
}

#[test]
fn only_rules_that_judged_a_pat_are_its_test_cases() {
    let mut report = all_well();
    report.pats.truncate(1);
    report.settings.rules.extend([
        rule("orphaned-owner", Severity::Error, None),
        rule("expired-waiver", Severity::Warning, None),
        rule("unused-waiver", Severity::Notice, None),
        rule("rule-of-the-future", Severity::Error, None),
    ]);
    let classes = |report: &Report| {
        let mut classes: Vec<String> = test_cases(&junit(report))
            .into_keys()
            .map(|(class, _)| class)
            .collect();
        classes.sort();
        classes
    };
    let judged = [
        "acme.expiry",
        "acme.full-access",
        "acme.global-reach",
        "acme.lifetime",
    ];
    assert_eq!(classes(&report), judged);

    let mut past = finding(
        "expired-waiver",
        Severity::Warning,
        &report.pats[0],
        "it ended",
        "decide",
    );
    (past.organization, past.authorization_id) = (None, None);
    let odd = finding(
        "rule-of-the-future",
        Severity::Error,
        &report.pats[0],
        "odd",
        "wait",
    );
    report.findings = vec![past, odd];
    let mut with_findings = judged.to_vec();
    with_findings.extend(["acme.rule-of-the-future", "policy.expired-waiver"]);
    assert_eq!(classes(&report), with_findings);
}

#[test]
fn rules_that_saw_no_pat_are_not_said_to_have_found_nothing() {
    let policy = |report: &Report| {
        printed(&log(report))
            .lines()
            .find(|line| line.starts_with("Policy"))
            .map(str::to_owned)
    };
    let mut report = all_well();
    report
        .settings
        .rules
        .push(rule("orphaned-owner", Severity::Error, None));
    assert_eq!(
        policy(&report).as_deref(),
        Some("Policy: nothing found by 3 rules")
    );
    report.unreadable = half_blind().unreadable;
    assert_eq!(
        policy(&report).as_deref(),
        Some("Policy: nothing found by 3 rules in what could be read")
    );
    report.pats = vec![monday().pats.swap_remove(0)];
    (report.totals.total, report.totals.expired) = (1, 1);
    assert_eq!(policy(&report), None, "an expired PAT is not judged by policy");
    report.pats.clear();
    report.totals = Totals::default();
    assert_eq!(policy(&report), None);
}

/// Reads the XML, so that what is not well-formed fails; how often each class and name occurs.
fn test_cases(xml: &str) -> HashMap<(String, String), usize> {
    use quick_xml::events::Event;
    let mut reader = quick_xml::Reader::from_str(xml);
    reader.config_mut().check_end_names = true;
    let mut cases = HashMap::new();
    loop {
        match reader.read_event().unwrap() {
            Event::Start(start) | Event::Empty(start) if start.name().as_ref() == "testcase" => {
                let attribute = |name: &str| {
                    let found = start.try_get_attribute(name).unwrap().unwrap();
                    found
                        .normalized_value(quick_xml::XmlVersion::Implicit1_0)
                        .unwrap()
                        .into_owned()
                };
                *cases
                    .entry((attribute("classname"), attribute("name")))
                    .or_default() += 1;
            }
            Event::Eof => break,
            Event::DocType(_) | Event::PI(_) | Event::CData(_) | Event::Comment(_) => {
                panic!("made from text: {xml}")
            }
            _ => {}
        }
    }
    cases
}

/// Puts the text wherever a stranger's can come to stand.
fn poisoned(text: &str) -> Report {
    let mut report = half_blind();
    let text = || text.to_owned();
    report.run.pipeline = Some(text());
    report.run.link = Some(text());
    report.soonest = Some(Soonest {
        display_name: text(),
        days_left: 1,
    });
    for organization in &mut report.organizations {
        organization.name = text();
        organization.signed_in_as = Some(text());
        organization.account_id = Some(text());
        organization.sign_in = text();
        organization.identity_kind = Some(text());
    }
    for pat in &mut report.pats {
        pat.organization = text();
        pat.owner = Some(owner(text()));
        pat.authorization_id = AuthorizationId::new(format!("{}{}", pat.authorization_id, text()));
        pat.display_name = text();
        pat.family = text();
        pat.scopes = vec![text(), text()];
        pat.replaced_by = Some(text());
    }
    for (finding, pat) in report.findings.iter_mut().zip(&report.pats) {
        finding.organization = Some(text());
        finding.owner = Some(owner(text()));
        finding.authorization_id = Some(pat.authorization_id.clone());
        finding.subject = text();
        finding.message = format!("'{}' is no name", text());
        finding.remedy = text();
        if let Some(waived) = &mut finding.waived {
            waived.reason = text();
            waived.until = text();
        }
    }
    for missing in &mut report.missing {
        missing.pattern = text();
    }
    for entry in &mut report.unreadable {
        entry.organization = text();
        entry.what = text();
        entry.failure = Failure::new(FailureKind::Service, text())
            .with_code(text())
            .with_why(text())
            .with_way_out(text())
            .with_way_out(text())
            .with_service_words(format!("\"{text}\"", text = text()));
    }
    report.notes = vec![text()];
    report.settings.names = vec![text()];
    report
}

/// A user of this name.
fn owner(name: String) -> OwnerEntry {
    OwnerEntry {
        name,
        descriptor: SubjectDescriptor::parse("aad.QW5u").unwrap(),
    }
}

/// The tags that our own Markdown makes.
const TAGS: &[&str] = &[
    "h2",
    "h3",
    "p",
    "ul",
    "li",
    "strong",
    "code",
    "table",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
    "th align=\"right\"",
    "td align=\"right\"",
];

/// The page with the text in it is the calm one, but for the text.
pub(crate) fn assert_same_page(page: &str, calm: &str, text: &str) {
    let (html, calm) = (markdown_to_html(page), markdown_to_html(calm));
    let tags = |html: &str| -> Vec<String> {
        let tags = html.split('<').skip(1).filter_map(|tag| tag.split('>').next());
        tags.map(|tag| tag.trim_start_matches('/').to_owned()).collect()
    };
    for tag in tags(&html) {
        assert!(TAGS.contains(&tag.as_str()), "<{tag}> from {text:?}: {html}");
    }
    // All the blocks are where they are with a name that means nothing: only inline code may come and go.
    let blocks = |html: &str| {
        tags(html)
            .into_iter()
            .filter(|tag| tag != "code")
            .collect::<Vec<_>>()
    };
    assert_eq!(blocks(&html), blocks(&calm), "{text:?} changes the page: {page}");
}

/// Nothing of the text takes effect in any format.
fn assert_powerless(text: &str) {
    let report = poisoned(text);

    let mut lines = log(&report);
    lines.extend(failure(&report.unreadable[0].failure));
    lines.push(LogLine::Text(verdict_line(&report, FAILED)));
    lines.push(LogLine::Text(closing(&[text], &[text])));
    for line in lines {
        match line {
            LogLine::Text(line) | LogLine::GroupStart(line) => assert_harmless_line(&line),
            LogLine::GroupEnd => {}
        }
    }

    let page = markdown(&report);
    page.lines().for_each(assert_harmless_line);
    assert_same_page(&page, &markdown(&poisoned("x")), text);

    let json = json(&report);
    json.lines().for_each(assert_harmless_line);
    assert!(!json.contains(['#', '<', '>', '&']));
    assert_eq!(serde_json::from_str::<Report>(&json).unwrap(), report);

    let csv = csv(&report);
    let mut reader = ::csv::Reader::from_reader(csv.as_bytes());
    let records: Vec<_> = reader.records().map(Result::unwrap).collect();
    assert_eq!(records.len(), report.pats.len());
    csv.lines().for_each(assert_harmless_line);
    for record in &records {
        // The guards are quotes; nothing else is added or lost.
        assert_eq!(
            record[2].replace('\'', ""),
            crate::text::plain(text).replace('\'', "")
        );
        for (column, field) in record.iter().enumerate().filter(|(column, _)| *column != 5) {
            assert!(
                !field.starts_with(['=', '+', '-', '@', '\t', '\r']),
                "column {column}: {field:?}"
            );
        }
    }

    let xml = junit(&report);
    xml.lines().for_each(assert_harmless_line);
    assert!(xml.chars().all(|c| c == '\n' || !c.is_control()));
    // Three rules and the end; of the expired one, the end and what was found about it.
    assert_eq!(
        test_cases(&xml).values().sum::<usize>(),
        (report.pats.len() - 1) * 4 + 2 + 2
    );
}

#[test]
fn hostile_names_take_no_effect_in_any_format() {
    for attack in HOSTILE {
        assert_powerless(attack);
    }
    let long = "very-long ".repeat(2_000);
    assert_powerless(&long);
    assert!(
        log(&poisoned(&long))
            .iter()
            .all(|line| !matches!(line, LogLine::Text(line) if line.len() > 1000))
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn no_text_takes_effect_in_any_format(text in hostile()) {
        assert_powerless(&text);
    }
}
