//! What is read in a log.

use chrono::TimeDelta;

use super::crashes::recorded;
use super::model::*;
use crate::render;
use crate::rotation::RotationReport;

fn shown(report: &RotationReport) -> String {
    let lines = report.lines.iter().map(|line| {
        let outcome = if line.outcome.is_empty() {
            String::new()
        } else {
            format!("  -> {}", line.outcome)
        };
        format!("  {:<10}{}{outcome}", line.label, line.words)
    });
    let warnings = report
        .warnings
        .iter()
        .map(|warning| format!("  warning: {warning}"));
    let failure = report
        .failure
        .iter()
        .flat_map(render::failure)
        .map(|line| match line {
            render::LogLine::Text(text) => text,
            other => format!("{other:?}"),
        });
    let reason = [format!("reason: {}", report.reason)];
    reason
        .into_iter()
        .chain(lines)
        .chain(warnings)
        .chain(failure)
        .chain([report.sentence()])
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn a_rotation_reads_like_this() {
    let mut world = recorded(24);
    world.advance(61 * 86_400);
    let due = Run::new(settings(24), 0x77ab, "4711", 1).finish(&mut world);
    world.advance(25 * 3600);
    let later = Run::new(settings(24), 0x77ac, "4712", 1).finish(&mut world);
    insta::assert_snapshot!(format!("{}\n\n{}", shown(&due), shown(&later)));
}

#[test]
fn a_rotation_that_a_dead_run_precedes_reads_like_this() {
    let mut world = recorded(24);
    let mut forced = Run::new(settings(24), 0x77ab, "4711", 1);
    forced.settings.force = true;
    while forced.next_label(&world) != Some("test") {
        world.advance(1);
        forced.go(&mut world, Fault::None);
    }
    let locked = Run::new(settings(24), 0x77ac, "4712", 1).finish(&mut world);
    world.advance(16 * 60);
    let mut other = Run::new(settings(24), 0x77ad, "4713", 1);
    other.skew = TimeDelta::minutes(-7);
    let mended = other.finish(&mut world);
    insta::assert_snapshot!(format!("{}\n\n{}", shown(&locked), shown(&mended)));
}

#[test]
fn a_rotation_that_nobody_lets_through_reads_like_this() {
    let mut world = recorded(24);
    let mut run = Run::new(settings(24), 0x77ab, "4711", 1);
    run.settings.force = true;
    let report = loop {
        world.advance(1);
        let fault = match run.next_label(&world) {
            Some("store" | "revoke") => Fault::Refused,
            _ => Fault::None,
        };
        if let Went::Ended(report) = run.go(&mut world, fault) {
            break report;
        }
    };
    insta::assert_snapshot!(shown(&report));
}
