//! Eight jobs that read a share each, and the verdict over all of them.

use std::fs;
use std::path::PathBuf;

use patkeeper_sim::{Unreadable, UserSeed};
use patkeeper_tests::documents::assert_fits_schema;
use patkeeper_tests::job::{Job, Step};
use patkeeper_tests::running::Run;
use patkeeper_tests::step::StepResult::{Failed, Succeeded};
use patkeeper_tests::world::{ACME, World, end, ends, report, task};
use serde_json::{Value, json};

use crate::scene::{
    administered, assert_adds_up, descriptor, enroll, give, give_special, member, read_report, rows, step,
};

/// How many jobs.
pub(crate) const JOBS: u32 = 8;

/// An organization of people each with a PAT or three, which no day ends while a test runs.
pub(crate) fn organization() -> World {
    let world = administered();
    for number in 0..60_i64 {
        let user = member(&world, &format!("user{number:02}@acme.example"));
        give(&world, &user, &format!("ci-{number:02}x"), 10 + number);
        if number % 4 == 0 {
            give(&world, &user, &format!("feed-{number:02}x"), number % 3 * 3 + 2);
            give_special(
                &world,
                &user,
                &format!("admin-{number:02}x"),
                50,
                patkeeper_sim::PatSeed::global,
            );
        }
        if number % 10 == 0 {
            give(&world, &user, &format!("gone-{number:02}x"), -3);
        }
    }
    let left = enroll(
        &world,
        UserSeed::new(ACME, "left@acme.example", "Left").deleted_in_origin(),
    );
    give(&world, &left, "still-works", 60);
    enroll(
        &world,
        UserSeed::new(ACME, "lost@acme.example", "Lost").unreadable(Unreadable::Unknown),
    );
    world
}

/// The reports of one slice each, by jobs on agents of their own.
pub(crate) struct Slices {
    /// The jobs, whose folders hold the reports.
    pub(crate) jobs: Vec<Job>,
    /// Their runs.
    pub(crate) runs: Vec<Run>,
}

impl Slices {
    /// Runs all jobs of `strategy: parallel: 8`.
    pub(crate) fn read(world: &World, step: &Step) -> Self {
        let step = step.clone().input("slice", "auto").input("failOn", "never");
        let mut slices = Self {
            jobs: Vec::new(),
            runs: Vec::new(),
        };
        for position in 1..=JOBS {
            let mut job = world
                .job
                .on_another_agent()
                .variable("System.JobPositionInPhase", &position.to_string())
                .variable("System.TotalJobsInPhase", &JOBS.to_string());
            for (name, value) in world.sim.agent_env() {
                job = job.agent_setting(&name, &value);
            }
            let run = job.run(&task(), &step);
            run.assert_well_behaved();
            slices.jobs.push(job);
            slices.runs.push(run);
        }
        slices
    }

    pub(crate) fn paths(&self) -> Vec<PathBuf> {
        self.runs
            .iter()
            .map(|run| run.output("reportJson").into())
            .collect()
    }
}

/// A step that merges these.
pub(crate) fn merging(paths: &[PathBuf]) -> Step {
    let lines: Vec<_> = paths.iter().map(|path| path.display().to_string()).collect();
    Step::new("verdict").input("mergeReports", &lines.join("\n"))
}

/// Merges them, which sends nothing.
pub(crate) fn merge(world: &mut World, step: &Step) -> Run {
    let before = world.sim.arrivals();
    let run = world.run(step);
    run.assert_well_behaved();
    world.assert_no_secret(&run, &[]);
    assert_eq!(world.sim.arrivals(), before, "something was sent\n{}", run.log());
    run
}

/// What a report says of PATs, apart from when, by whom and in how many parts it was made.
fn said(report: &Value) -> Value {
    let mut said = report.clone();
    for member in ["run", "slice", "merged"] {
        said[member] = json!(null);
    }
    // The service's words hold the number of a request.
    for finding in said["findings"].as_array_mut().unwrap() {
        let message = finding["message"].as_str().unwrap();
        let (message, _) = message.split_once(": \"").unwrap_or((message, ""));
        finding["message"] = json!(message);
    }
    said
}

/// Both say the same.
fn assert_same(merged: &Value, whole: &Value) {
    let (merged, whole) = (said(merged), said(whole));
    for (member, value) in whole.as_object().unwrap() {
        assert_eq!(merged[member].to_string(), value.to_string(), "{member}");
    }
    assert_eq!(merged, whole);
}

#[test]
fn slices_read_each_user_once_and_merged_they_say_what_one_run_says() {
    let mut world = organization();
    let demands = |step: Step| step.input("requireNames", "ci-0*\nfeed-*\nstill-works\nnowhere-*");
    let whole = world.run(&demands(step()));
    assert_eq!(end(&whole), ends("missing", Failed, 1), "{}", whole.log());
    world.sim.cloud(|cloud| cloud.forget_reads());

    let slices = Slices::read(&world, &demands(step()));
    for (position, run) in (1..).zip(&slices.runs) {
        // That a share lacks a name says nothing: another one may have it.
        assert!(
            ["ok", "warning", "critical", "expired"].contains(&run.output("status")),
            "{}",
            run.log()
        );
        let report = report(run);
        assert_fits_schema(&report);
        assert_adds_up(&report);
        assert_eq!(
            (&report["slice"]["position"], &report["slice"]["of"]),
            (&json!(position), &json!(JOBS))
        );
    }
    let ids: Vec<String> = world
        .sim
        .cloud(|cloud| cloud.users.iter().map(|user| user.id.clone()).collect());
    for id in ids {
        let user = descriptor(&world, &id);
        let reads = world.sim.cloud(|cloud| cloud.reads().of(&user));
        assert_eq!(reads, 1, "{user}");
    }

    let merged = merge(&mut world, &merging(&slices.paths()));
    assert_eq!(end(&merged), ends("missing", Failed, 1), "{}", merged.log());
    let (whole, merged) = (report(&whole), report(&merged));
    assert_fits_schema(&merged);
    assert_adds_up(&merged);
    assert_same(&merged, &whole);
    assert_eq!(
        rows(&merged, "missing"),
        [json!({ "input": "requireNames", "pattern": "nowhere-*" })]
    );
    assert_eq!(rows(&merged, "merged").len(), 8);
}

#[test]
fn a_name_that_one_slice_has_is_not_missing() {
    let mut world = organization();
    let slices = Slices::read(&world, &step().input("requireNames", "ci-07x"));
    let merged = merge(&mut world, &merging(&slices.paths()).input("failOn", "never"));
    assert_eq!(merged.output("missing"), "0", "{}", merged.log());
    assert_eq!(merged.output("status"), "expired");
}

#[test]
fn a_waiver_that_covers_something_in_one_slice_is_used() {
    let mut world = organization();
    let policy = world.job.root().join("policy.yml");
    let waivers = "version: 1\nrules: { global-reach: { severity: error } }\nwaivers:\n  \
                   - { rule: global-reach, pat: admin-08x, reason: agreed, until: 2999-01-31 }\n  \
                   - { rule: global-reach, pat: nobody-has-it, reason: forgotten, until: 2999-01-31 }\n";
    fs::write(&policy, waivers).unwrap();
    let judged = step().input("policyFile", &policy.display().to_string());
    let whole = world.run(&judged);
    let slices = Slices::read(&world, &judged);
    let merged = merge(&mut world, &merging(&slices.paths()));
    let (whole, merged) = (report(&whole), report(&merged));
    assert_same(&merged, &whole);
    assert_eq!(merged["totals"]["waived"], 1);
    let unused: Vec<_> = rows(&merged, "findings")
        .iter()
        .filter(|finding| finding["authorizationId"].is_null() && finding["rule"] != "orphaned-owner")
        .collect();
    assert_eq!(unused.len(), 1, "{unused:?}");
    assert!(unused[0].to_string().contains("nobody-has-it"), "{unused:?}");
}

#[test]
fn one_unreadable_user_of_one_slice_makes_the_whole_verdict_unknown() {
    let mut world = organization();
    enroll(
        &world,
        UserSeed::new(ACME, "eve@acme.example", "Eve").unreadable(Unreadable::Failing),
    );
    let slices = Slices::read(&world, &step());
    let unknown = slices
        .runs
        .iter()
        .filter(|run| run.output("status") == "unknown")
        .count();
    assert_eq!(unknown, 1);
    let merged = merge(&mut world, &merging(&slices.paths()).input("failOn", "never"));
    assert_eq!(end(&merged), ends("unknown", Failed, 4), "{}", merged.log());
    let report = report(&merged);
    assert_adds_up(&report);
    assert!(
        rows(&report, "unreadable")[0]["what"]
            .as_str()
            .unwrap()
            .contains("eve@acme.example")
    );
}

#[test]
fn a_good_organization_passes_in_slices_too() {
    let mut world = administered();
    for number in 0..20 {
        let user = member(&world, &format!("user{number}@acme.example"));
        give(&world, &user, &format!("ci-{number}x"), 60);
    }
    let slices = Slices::read(&world, &step());
    let merged = merge(&mut world, &merging(&slices.paths()));
    assert_eq!(end(&merged), ends("ok", Succeeded, 0), "{}", merged.log());
    assert_eq!(merged.output("total"), "20");
    assert!(read_report(&PathBuf::from(merged.output("reportJson")))["slice"].is_null());
}
