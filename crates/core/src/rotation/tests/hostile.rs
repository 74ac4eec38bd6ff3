//! What strangers write takes no effect in a rotation's log and summary.

use std::time::Duration;

use chrono::TimeDelta;
use proptest::prelude::*;

use super::crashes::recorded;
use super::model::*;
use crate::failure::{Failure, FailureKind};
use crate::pat::AuthorizationId;
use crate::render::rotation::{closing, markdown, opening, step, warnings};
use crate::render::tests::assert_same_page;
use crate::render::{LogLine, failure};
use crate::report;
use crate::rotation::*;
use crate::text::tests::{HOSTILE, assert_harmless_line, hostile};

/// A report that has this text wherever it can hold one, and something in each of its lists.
fn poisoned(text: &str) -> RotationReport {
    let mut world = recorded(24);
    world.advance(61 * 86_400);
    let mut report = Run::new(settings(24), 2, "1", 1).finish(&mut world);
    let other = |number, fate| Other {
        id: guid(number),
        name: Some(text.to_owned()),
        fate,
    };
    report.others.extend([
        other(71, Fate::Revoked),
        other(72, Fate::Overdue),
        other(
            73,
            Fate::OthersOwn {
                owner: text.to_owned(),
            },
        ),
    ]);
    report.warnings.push(text.to_owned());
    report.failure = Some(
        Failure::new(FailureKind::Service, text)
            .with_why(text)
            .with_way_out(text)
            .with_service_words(text),
    );
    for line in &mut report.lines {
        line.more = text.to_owned();
    }
    report.map_text(|_| text.to_owned());
    // Of these an empty one is left out.
    report.reason = format!("because {text}");
    let failure = report.failure.as_mut().unwrap();
    failure.service_words = Some(format!("\"{text}\""));
    report
}

fn page(report: &RotationReport) -> String {
    let run = report::Run {
        task: "PatRotate".to_owned(),
        at: start(),
        requests: 14,
        link: None,
        pipeline: None,
    };
    markdown(report, &run)
}

/// Every log line that can quote the text.
fn log(text: &str) -> Vec<LogLine> {
    let mut world = recorded(24);
    let id = world.make(text, "vso.code vso.build_execute", HERE, false);
    let mut run = Run::new(settings(24), 2, "1", 1);
    run.settings.secret = text.to_owned();
    run.settings.store = text.to_owned();
    let mut observed = run.observe(&world);
    observed.me = Owner::new("0d1e", Some(text));
    if let Secret::Present { current, .. } = &mut observed.secret {
        let tag = "patkeeper-display-name".to_owned();
        current.tags.insert(tag, text.chars().take(256).collect());
    }
    let mut lines = opening(&run.settings, &observed);
    let revoke = Step::Revoke {
        id: id.clone(),
        name: Some(text.to_owned()),
        why: text.to_owned(),
    };
    let mint = Step::Mint {
        name: text.to_owned(),
        scopes: run.settings.scopes.clone(),
        valid_to: start() + TimeDelta::days(90),
    };
    let refusal = Failure::new(FailureKind::Refused, text);
    let version = text.to_owned();
    for (done, outcome) in [
        (&revoke, Outcome::Failed(refusal.clone())),
        (&revoke, Outcome::Unclear(refusal.clone())),
        (&mint, Outcome::Refused(refusal)),
        (&mint, Outcome::Stored { version }),
        (
            &mint,
            Outcome::Minted {
                id: AuthorizationId::new(text),
                valid_to: start(),
            },
        ),
    ] {
        for dry_run in [false, true] {
            lines.extend(step(done, &outcome, Duration::ZERO, None, dry_run));
            lines.extend(step(done, &outcome, Duration::ZERO, Some(text), dry_run));
        }
    }
    let report = poisoned(text);
    lines.extend(closing(&report));
    lines.extend(warnings(&report).into_iter().map(LogLine::Text));
    lines.extend(report.failure.iter().flat_map(failure));
    lines.push(LogLine::Text(report.sentence()));
    lines
}

fn assert_powerless(text: &str) {
    for line in log(text) {
        let LogLine::Text(line) = line else {
            panic!("{line:?}")
        };
        assert_harmless_line(&line);
        assert!(
            line.chars().count() <= 1_200,
            "{} characters",
            line.chars().count()
        );
    }
    for (dry_run, rotated) in [(false, true), (true, true), (false, false)] {
        let with = |text: &str| {
            page(&RotationReport {
                dry_run,
                rotated,
                ..poisoned(text)
            })
        };
        let page = with(text);
        page.lines().for_each(assert_harmless_line);
        assert_same_page(&page, &with("x"), text);
    }
}

#[test]
fn hostile_names_take_no_effect_in_a_rotations_log_and_summary() {
    for attack in HOSTILE {
        assert_powerless(attack);
    }
    assert_powerless(&"very-long ".repeat(2_000));
}

#[test]
fn what_scrubs_a_report_sees_every_text_in_it() {
    let mut report = poisoned("x");
    // A tag holds what it was given.
    if let Some(record) = &mut report.record {
        record.scopes = crate::scope::ScopeSet::parse("leaked\\\"x");
    }
    report.before = report.record.clone();
    let mut real = Run::new(settings(24), 9, "1", 1);
    real.settings.force = true;
    report.lines = real.finish(&mut recorded(24)).lines;
    report.unrecorded.push((guid(9), "leaked".to_owned()));
    report.map_text(|text| format!("leaked {text}"));
    report.map_text(|_| "y".to_owned());
    let shown = format!("{report:?}");
    for text in ["leaked", "Key Vault", "ci-20", "x\""] {
        assert!(!shown.contains(text), "{text} in {shown}");
    }
}

#[test]
fn a_thousand_warnings_are_cut_and_counted() {
    let mut report = poisoned("x");
    report.warnings = vec!["w ".repeat(300); 1_000];
    let warnings = warnings(&report);
    assert!(warnings.len() < 40, "{}", warnings.len());
    assert_eq!(warnings.last().map(String::as_str), Some("… and 980 more"));
    let page = page(&report);
    assert!(page.contains("… and 950 more, in the log"), "{page}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn no_text_takes_effect_in_a_rotations_log_and_summary(text in hostile()) {
        assert_powerless(&text);
    }
}
