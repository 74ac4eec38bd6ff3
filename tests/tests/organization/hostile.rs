//! Names of users and PATs that would act, and none does: on the agent, on the build page, in a spreadsheet, in test
//! results, in the verdict over slices.

use std::fs;

use patkeeper_sim::{Unreadable, UserSeed};
use patkeeper_tests::documents::assert_fits_schema;
use patkeeper_tests::hostile::{assert_harmless, assert_harmless_file, hostile};
use patkeeper_tests::job::Step;
use patkeeper_tests::running::Run;
use patkeeper_tests::world::{ACME, World, count, report};

use crate::scene::{administered, assert_adds_up, beside, enroll, give, rows, run, step};
use crate::slices::{Slices, merge, merging};

/// People of every hostile name: some with PATs, some who cannot be read, some who are gone.
fn hostile_world() -> World {
    let world = administered();
    for (number, name) in hostile().iter().enumerate() {
        let plain = UserSeed::new(ACME, name, name);
        let seed = match number % 5 {
            0 => plain.unreadable(Unreadable::Failing),
            1 => plain.unreadable(Unreadable::Unknown),
            2 => plain.deleted_in_origin(),
            3 => plain.unreadable(Unreadable::Hostile),
            _ => plain,
        };
        let user = enroll(&world, seed);
        give(&world, &user, name, [-2, 3, 20, 60][number % 4]);
    }
    for (number, name) in hostile().iter().enumerate() {
        let user = enroll(
            &world,
            UserSeed::new(ACME, &format!("user{number}@acme.example"), name),
        );
        give(&world, &user, name, [-2, 3, 20, 60][number % 4]);
    }
    world
}

fn in_every_format(step: Step) -> Step {
    step.input("reportFormats", "json markdown junit csv html sarif")
        .input("failOn", "never")
}

fn assert_all_harmless(run: &Run) {
    assert_harmless(run);
    let files: Vec<_> = fs::read_dir(beside(run, "x").parent().unwrap())
        .unwrap()
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.is_file())
        .collect();
    assert_eq!(files.len(), 6, "{files:?}");
    files.iter().for_each(|file| assert_harmless_file(file));
    let report = report(run);
    assert_fits_schema(&report);
    assert_adds_up(&report);
}

#[test]
fn no_name_of_a_user_or_pat_takes_effect() {
    let mut world = hostile_world();
    let run = run(&mut world, &in_every_format(step()));
    assert_all_harmless(&run);
    assert_eq!(run.output("status"), "unknown", "{}", run.log());
    let report = report(&run);
    let mut known = hostile();
    known.retain(|name| !name.trim().is_empty());
    for name in known {
        let named = |row: &serde_json::Value| row["displayName"] == name.as_str();
        assert!(
            rows(&report, "pats").iter().any(named),
            "{name:?} is not as it was"
        );
    }
    assert!(count(&run, "unreadable") >= 16);
}

#[test]
fn no_name_takes_effect_when_slices_are_merged() {
    let mut world = hostile_world();
    let slices = Slices::read(&world, &step());
    slices.runs.iter().for_each(assert_harmless);
    let merged = merge(&mut world, &in_every_format(merging(&slices.paths())));
    assert_all_harmless(&merged);
    assert_eq!(merged.output("status"), "unknown", "{}", merged.log());
}
