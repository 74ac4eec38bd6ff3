//! What people get of everybody's PATs: owners, shares of users, what was merged, and heads of what does not fit.

use super::*;
use crate::report::{MergedEntry, SliceEntry, UsersEntry};
use crate::slice::Slice;

fn owner(name: &str) -> OwnerEntry {
    let id: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
    OwnerEntry {
        name: name.into(),
        descriptor: SubjectDescriptor::parse(&format!("aad.{id}")).unwrap(),
    }
}

fn unreadable(user: &str, request: u32) -> UnreadableEntry {
    let failure = Failure::new(
        FailureKind::Service,
        format!("Azure DevOps did not list the PATs of {user}: it answered 503."),
    )
    .with_code("serviceError")
    .with_why("it failed or was out of reach, also when asked again")
    .with_way_out("run the step again")
    .with_service_words(format!("HTTP 503, activity {request}"));
    UnreadableEntry {
        organization: "acme".into(),
        what: format!("the PATs of {user}"),
        failure,
    }
}

/// A Monday of an organization with 20,000 users: of 60,000 PATs the report lists the most urgent ones.
fn everybodys_monday() -> Report {
    let mut report = monday();
    let owners = [
        "ann@acme.example",
        "ben@acme.example",
        "carla.with-a-very-long-name@subsidiary.acme.example",
        "left-in-may@acme.example",
    ];
    let whose = |name: &str| owner(owners[name.len() % owners.len()]);
    for pat in &mut report.pats {
        pat.owner = Some(whose(&pat.display_name));
    }
    for finding in &mut report.findings {
        finding.owner = Some(whose(&finding.subject));
    }
    let orphaned = |pat: &PatEntry| Finding {
        owner: pat.owner.clone(),
        ..finding(
            "orphaned-owner",
            Severity::Error,
            pat,
            "its owner is no longer in the directory",
            "Revoke it: PatRevoke@1 with scope: organization.",
        )
    };
    let orphans: Vec<Finding> = report
        .pats
        .iter()
        .filter(|pat| pat.owner == Some(owner(owners[3])))
        .map(orphaned)
        .collect();
    let nobody = Finding {
        organization: None,
        authorization_id: None,
        subject: "gone@acme.example".into(),
        owner: Some(owner("gone@acme.example")),
        ..orphans[0].clone()
    };
    report.findings.splice(0..0, orphans.into_iter().chain([nobody]));
    report.settings.scope = "organization".into();
    report
        .settings
        .rules
        .push(rule("orphaned-owner", Severity::Error, None));
    report.status = Verdict::Unknown;
    report.unreadable = (1..=12)
        .map(|number| unreadable(&format!("user{number:02}@acme.example"), number))
        .collect();
    report.organizations[0].read = 60_000;
    report.organizations[0].users = Some(UsersEntry {
        read: 20_000,
        skipped: 512,
        unreadable: 12,
        gone: 1,
    });
    report.run.requests = 20_412;
    report.totals = Totals {
        total: 59_000,
        healthy: 57_500,
        warning: 900,
        critical: 80,
        expired: 20,
        replaced: 500,
        policy_findings: 12_345,
        waived: 1,
        unreadable: 12,
        history: 1_000,
        ..Totals::default()
    };
    report
}

fn slice() -> Report {
    let mut report = everybodys_monday();
    report.slice = Some(SliceEntry {
        position: 3,
        of: 8,
        unmatched: vec![Missing {
            input: "requireNames".into(),
            pattern: "release-*".into(),
        }],
        undecided: vec![],
        unused: None,
    });
    report.unreadable.clear();
    report.totals.unreadable = 0;
    report.status = Verdict::Expired;
    report
}

fn merged() -> Report {
    let mut report = everybodys_monday();
    report.merged = (1..=8)
        .map(|position| MergedEntry {
            source: format!("reports/slice-{position}/patkeeper.json"),
            slice: Slice::new(position, 8),
            at: at("2026-11-21T06:00:00Z") + TimeDelta::minutes(i64::from(position)),
        })
        .collect();
    report
}

fn whole_log(report: &Report) -> String {
    let mut lines = log(report);
    lines.push(LogLine::Text(verdict_line(report, FAILED)));
    printed(&lines)
}

#[test]
fn log_of_everybodys_monday() {
    insta::assert_snapshot!(whole_log(&everybodys_monday()));
}

#[test]
fn log_of_a_slice() {
    insta::assert_snapshot!(whole_log(&slice()));
}

#[test]
fn log_of_what_was_merged() {
    insta::assert_snapshot!(whole_log(&merged()));
}

#[test]
fn summary_of_everybodys_monday() {
    insta::assert_snapshot!(markdown(&everybodys_monday()));
}

#[test]
fn summaries_of_a_slice_and_of_what_was_merged_say_so() {
    let head = |report: &Report| markdown(report).split("\n| ").next().unwrap().to_owned();
    insta::assert_snapshot!(format!("{}\n{}", head(&slice()), head(&merged())));
}

#[test]
fn what_a_head_leaves_out_is_counted_by_the_totals() {
    let report = everybodys_monday();
    let (log, page) = (whole_log(&report), markdown(&report));
    // 1,000 need attention and 4 of them are listed; of 12,346 findings all but those listed are left out.
    let listed = report.findings.len();
    for (text, left_out) in [
        (&log, vec![1_000 - 4, 58_000 - 5, 12_346 - listed, 12 - 10]),
        (&page, vec![59_000 - 100, 12_346 - 100, 1_000 - 50]),
    ] {
        for number in left_out {
            let words = format!("… and {} more, in the report", words::number(number));
            assert!(text.contains(&words), "{words} is not in {text}");
        }
    }
}

#[test]
fn one_cause_is_said_once_though_each_request_has_an_id_of_its_own() {
    let report = everybodys_monday();
    for text in [whole_log(&report), markdown(&report)] {
        assert_eq!(text.matches("it failed or was out of reach").count(), 1, "{text}");
        assert!(text.contains("user01") && text.contains("user10"), "{text}");
    }
    // Another error, and one without a code, are other causes.
    let mut other = everybodys_monday();
    other.unreadable[1].failure = Failure::new(FailureKind::Service, "It did not answer.");
    other.unreadable[2].failure = refused();
    let text = whole_log(&other);
    for cause in [
        "did not list the PATs",
        "It did not answer",
        "refused to list PATs",
    ] {
        assert_eq!(text.matches(cause).count(), 1, "{cause}: {text}");
    }
}

#[test]
fn only_the_owner_can_rotate_and_nobody_waits_for_one_who_is_gone() {
    let mut report = everybodys_monday();
    report.pats.truncate(4);
    for pat in &mut report.pats {
        pat.display_name = "ci".into();
        pat.owner = Some(owner("ann@acme.example"));
    }
    let steps = |report: &Report| {
        let text = printed(&log(report));
        let at = text.find("What to do next").unwrap();
        text[at..].to_owned()
    };
    report.findings.clear();
    let calm = steps(&report);
    assert_eq!(calm.matches("ann@acme.example must").count(), 4, "{calm}");
    assert!(calm.contains("An administrator can revoke"), "{calm}");
    let gone = Finding {
        owner: Some(owner("ann@acme.example")),
        ..finding("orphaned-owner", Severity::Error, &report.pats[0], "gone", "")
    };
    report.findings = vec![gone];
    let gone = steps(&report);
    assert_eq!(gone.matches("ann@acme.example is gone").count(), 4, "{gone}");
}

#[test]
fn numbers_are_grouped_from_five_digits_on() {
    for (number, shown) in [
        (0, "0"),
        (9_999, "9999"),
        (10_000, "10,000"),
        (1_234_567, "1,234,567"),
        (123_456, "123,456"),
    ] {
        assert_eq!(words::number(number), shown);
    }
}

#[test]
fn a_row_of_an_organization_is_no_wider_than_its_columns_allow() {
    let mut report = everybodys_monday();
    let long = "very-long-".repeat(30);
    for pat in &mut report.pats {
        pat.owner = Some(OwnerEntry {
            name: long.clone(),
            ..owner("x")
        });
        pat.display_name.clone_from(&long);
        pat.scopes = vec![long.clone()];
        pat.global = false;
        pat.replaced_by = None;
    }
    for line in printed(&log(&report))
        .lines()
        .filter(|line| line.starts_with("  critical"))
    {
        assert!(
            crate::text::width(line) <= 160,
            "{}: {line}",
            crate::text::width(line)
        );
    }
}
