//! Reports that are no whole are refused: a verdict over some of them would say less than it seems to.

use std::fs;
use std::path::{Path, PathBuf};

use chrono::{SecondsFormat, TimeDelta, Utc};
use patkeeper_tests::running::Run;
use patkeeper_tests::step::StepResult::Failed;
use patkeeper_tests::world::World;
use serde_json::{Value, json};

use crate::scene::{read_report, step};
use crate::slices::{JOBS, Slices, merge, merging, organization};

/// Slices that fit, of one organization.
struct Fitting {
    world: World,
    slices: Slices,
    folder: PathBuf,
}

impl Fitting {
    fn new() -> Self {
        let world = organization();
        let slices = Slices::read(&world, &step());
        let folder = world.job.root().join("slices");
        fs::create_dir(&folder).unwrap();
        Self {
            world,
            slices,
            folder,
        }
    }

    /// Copies of the reports, to be spoiled.
    fn copies(&self) -> Vec<PathBuf> {
        let copy = |(number, from): (usize, PathBuf)| {
            let to = self.folder.join(format!("slice-{}.json", number + 1));
            fs::copy(from, &to).unwrap();
            to
        };
        self.slices.paths().into_iter().enumerate().map(copy).collect()
    }

    /// What is said against these; nothing is sent, nothing judged.
    fn refusal(&mut self, paths: &[PathBuf]) -> String {
        let step = merging(paths).input("failOn", "never");
        let run = merge(&mut self.world, &step);
        assert_refused(&run);
        run.record.completions[0].1.clone() + "\n" + &run.log()
    }
}

fn assert_refused(run: &Run) {
    assert_eq!((run.result(), run.exit_code), (Failed, Some(2)), "{}", run.log());
    assert_eq!(run.record.errors.len(), 1, "{:?}", run.record.errors);
    assert!(
        run.record.errors[0].contains("mergeReports"),
        "{:?}",
        run.record.errors
    );
    assert_eq!((run.output("status"), run.output("reportJson")), ("", ""));
}

fn edit(path: &Path, edit: impl FnOnce(&mut Value)) {
    let mut report = read_report(path);
    edit(&mut report);
    fs::write(path, report.to_string()).unwrap();
}

fn age(paths: &[PathBuf], by: TimeDelta) {
    let at = (Utc::now() - by).to_rfc3339_opts(SecondsFormat::Secs, true);
    for path in paths {
        edit(path, |report| report["run"]["at"] = json!(at));
    }
}

/// Spoils one of the slices, or the list of them.
type Spoil = fn(&mut Vec<PathBuf>);

#[test]
fn what_is_no_whole_is_refused_with_one_message_and_without_a_verdict() {
    let spoiled: [(&str, Spoil, &[&str]); 22] = [
        (
            "a missing slice",
            |paths| drop(paths.remove(3)),
            &["acme", "slice 4 of 8"],
        ),
        (
            "a doubled slice",
            |paths| {
                fs::copy(&paths[1], &paths[4]).unwrap();
            },
            &["slice-5.json", "slice-2.json", "2 of 8"],
        ),
        (
            "the same file twice",
            |paths| paths.push(paths[0].clone()),
            &["slice-1.json", "1 of 8"],
        ),
        (
            "another count",
            |paths| edit(&paths[2], |r| r["slice"]["of"] = json!(9)),
            &["slice-3.json", "3 of 9"],
        ),
        (
            "a slice beyond the count",
            |paths| edit(&paths[2], |r| r["slice"]["position"] = json!(9)),
            &["slice-3.json"],
        ),
        (
            "other settings",
            |paths| edit(&paths[6], |r| r["settings"]["warningDays"] = json!(5)),
            &["slice-7.json", "warningDays", "30", "5"],
        ),
        (
            "another rule",
            |paths| {
                edit(&paths[6], |r| {
                    r["settings"]["rules"][0]["severity"] = json!("off")
                })
            },
            &["slice-7.json"],
        ),
        (
            "another organization",
            |paths| edit(&paths[7], |r| r["organizations"][0]["name"] = json!("beta")),
            &["slice-8.json", "beta", "acme"],
        ),
        (
            "a time apart",
            |paths| age(&paths[..1], TimeDelta::hours(7)),
            &["slice-1.json", "6 h"],
        ),
        (
            "yesterday",
            |paths| age(paths, TimeDelta::hours(25)),
            &["24 h", "again"],
        ),
        (
            "in the future",
            |paths| age(&paths[5..6], TimeDelta::hours(-1)),
            &["slice-6.json", "clock"],
        ),
        (
            "not JSON",
            |paths| fs::write(&paths[0], "status: ok").unwrap(),
            &["slice-1.json", "not JSON"],
        ),
        (
            "HTML",
            |paths| fs::write(&paths[0], "<!DOCTYPE html><html>").unwrap(),
            &["slice-1.json", "not JSON"],
        ),
        (
            "empty",
            |paths| fs::write(&paths[0], "").unwrap(),
            &["slice-1.json", "not JSON"],
        ),
        (
            "JSON of something else",
            |paths| fs::write(&paths[0], "{\"status\":\"ok\"}").unwrap(),
            &["slice-1.json", "no report"],
        ),
        (
            "another version",
            |paths| edit(&paths[0], |r| r["schema"] = json!("patkeeper.report/2")),
            &["slice-1.json", "patkeeper.report/2"],
        ),
        (
            "a revocation",
            |paths| edit(&paths[0], |r| r["schema"] = json!("patkeeper.revocation/1")),
            &["slice-1.json", "patkeeper.revocation/1"],
        ),
        (
            "cut off",
            |paths| {
                let text = fs::read_to_string(&paths[0]).unwrap();
                fs::write(&paths[0], &text[..text.len() / 2]).unwrap();
            },
            &["slice-1.json", "not JSON"],
        ),
        (
            "edited totals",
            |paths| edit(&paths[0], |r| r["totals"]["expired"] = json!(0xbad)),
            &["slice-1.json", "run its job again"],
        ),
        (
            "a PAT taken out",
            |paths| edit(&paths[0], |r| drop(r["pats"].as_array_mut().unwrap().pop())),
            &["slice-1.json", "run its job again"],
        ),
        (
            "no file",
            |paths| fs::remove_file(&paths[0]).unwrap(),
            &["slice-1.json"],
        ),
        (
            "a directory",
            |paths| {
                fs::remove_file(&paths[0]).unwrap();
                fs::create_dir(&paths[0]).unwrap();
            },
            &["slice-1.json"],
        ),
    ];
    let mut fitting = Fitting::new();
    for (what, spoil, words) in spoiled {
        let mut paths = fitting.copies();
        spoil(&mut paths);
        let said = fitting.refusal(&paths);
        for word in words {
            assert!(said.contains(word), "{what}: no '{word}' in\n{said}");
        }
        if fitting.folder.join("slice-1.json").is_dir() {
            fs::remove_dir(fitting.folder.join("slice-1.json")).unwrap();
        }
    }
    // The same files unspoiled are one whole, so it was the spoiling that was refused.
    let paths = fitting.copies();
    let run = merge(&mut fitting.world, &merging(&paths).input("failOn", "never"));
    assert_eq!(
        (run.output("status"), run.exit_code),
        ("expired", Some(0)),
        "{}",
        run.log()
    );
    assert_eq!(fitting.slices.runs.len(), JOBS as usize);
}

#[test]
fn slices_of_less_than_a_day_ago_are_still_a_verdict() {
    let mut fitting = Fitting::new();
    let paths = fitting.copies();
    age(&paths, TimeDelta::hours(23));
    let run = merge(&mut fitting.world, &merging(&paths).input("failOn", "never"));
    assert_eq!(run.exit_code, Some(0), "{}", run.log());
}

#[test]
fn the_merging_step_may_only_ask_for_what_the_slices_were_judged_by() {
    let mut fitting = Fitting::new();
    let paths = fitting.copies();
    let run = merge(&mut fitting.world, &merging(&paths).input("warningDays", "60"));
    assert_refused(&run);
    assert!(run.log().contains("warningDays"), "{}", run.log());
    let run = merge(
        &mut fitting.world,
        &merging(&paths)
            .input("warningDays", "30")
            .input("failOn", "never"),
    );
    assert_eq!(run.exit_code, Some(0), "{}", run.log());
}

/// Reports are texts of strangers as soon as somebody else can write the artifact.
#[test]
fn a_report_that_somebody_wrote_to_command_the_agent_does_not() {
    let mut fitting = Fitting::new();
    for text in patkeeper_tests::hostile::hostile() {
        let paths = fitting.copies();
        edit(&paths[0], |report| report["schema"] = json!(text));
        let run = merge(&mut fitting.world, &merging(&paths));
        patkeeper_tests::hostile::assert_harmless(&run);
        assert_refused(&run);
    }
}
