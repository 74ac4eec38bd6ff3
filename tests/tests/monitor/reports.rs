//! The files a step leaves, and the summary on the build page.

use std::path::Path;

use patkeeper_sim::{Action, Fault, Match, Refusal};
use patkeeper_tests::documents::{assert_attaches_its_report, attached};
use patkeeper_tests::world::{PATS, World, report};

#[test]
fn json_and_markdown_are_written_and_the_summary_is_on_the_build_page() {
    let mut world = World::having(&[("ci-deploy", 60), ("nuget-feed", 3)]);
    let run = world.run(&World::step());
    run.assert_well_behaved();
    let path = Path::new(run.output("reportJson"));
    assert!(
        path.is_absolute() && path.starts_with(world.job.temp().join("patkeeper")),
        "{}",
        path.display()
    );
    assert_eq!(path.file_name().unwrap(), "patkeeper.json");
    assert!(path.with_file_name("patkeeper.md").is_file());
    let summaries: Vec<_> = run
        .record
        .uploads
        .iter()
        .filter(|upload| upload.kind == "Distributedtask.Core.Summary")
        .collect();
    assert_eq!(summaries.len(), 1);
    assert!(String::from_utf8_lossy(&summaries[0].content).contains("nuget-feed"));
    let searched = world.assert_no_secret(&run, &[]);
    assert!(searched.files >= 3, "{searched}");
}

#[test]
fn the_report_names_its_schema_and_says_what_the_outputs_say() {
    let mut world = World::having(&[("ci-deploy", 60), ("nuget-feed", 3), ("gone", -3)]);
    let run = world.run(&World::step());
    let report = report(&run);
    assert_eq!(report["schema"], "patkeeper.report/1");
    assert_eq!(report["status"], run.output("status"));
    for output in [
        "total",
        "healthy",
        "warning",
        "critical",
        "expired",
        "missing",
        "replaced",
        "unreadable",
        "policyFindings",
    ] {
        assert_eq!(
            report["totals"][output].to_string(),
            run.output(output),
            "{output}"
        );
    }
    assert_eq!(
        report["run"]["requests"].as_u64().unwrap(),
        world.sim.log().len() as u64
    );
}

#[test]
fn each_format_has_its_file() {
    let mut world = World::having(&[("ci-deploy", 60)]);
    let folder = world.job.root().join("reports");
    let run = world.run(
        &World::step()
            .input("reportFormats", "junit, csv")
            .input("reportDirectory", &folder.display().to_string()),
    );
    run.assert_well_behaved();
    let written = Path::new(run.output("reportJson")).parent().unwrap();
    assert!(written.starts_with(&folder), "{}", written.display());
    let mut names: Vec<_> = std::fs::read_dir(written)
        .unwrap()
        .flatten()
        .map(|entry| entry.file_name().into_string().unwrap())
        .filter(|name| !name.ends_with(".md"))
        .collect();
    names.sort();
    assert_eq!(names, ["patkeeper.csv", "patkeeper.json", "patkeeper.junit.xml"]);
}

#[test]
fn two_steps_of_a_job_do_not_overwrite_each_others_reports() {
    let mut world = World::having(&[("ci-deploy", 60)]);
    let first = world.run(&World::step());
    world.pat("gone", -2);
    let step = patkeeper_tests::job::Step::new("second").input("accessToken", "$(Token)");
    let second = world.run(&step);
    assert_ne!(first.output("reportJson"), second.output("reportJson"));
    assert_eq!(report(&first)["status"], "ok");
    assert_eq!(report(&second)["status"], "expired");
    first.assert_well_behaved();
}

#[test]
fn a_directory_that_cannot_be_written_is_said_and_never_hides_the_verdict() {
    let mut world = World::having(&[("gone", -2)]);
    let file = world.job.root().join("a-file");
    std::fs::write(&file, "").unwrap();
    let run = world.run(&World::step().input("reportDirectory", &file.join("below").display().to_string()));
    run.assert_well_behaved();
    assert_ne!(run.exit_code, Some(0), "{}", run.log());
    assert!(run.log().contains("a-file"), "{}", run.log());
}

/// The results tab is looked at above all where something is wrong.
#[test]
fn the_report_is_attached_whatever_the_verdict_and_whichever_files_are_asked_for() {
    for (days_left, status) in [(60, "ok"), (3, "critical"), (-3, "expired")] {
        let mut world = World::having(&[("ci-deploy", days_left)]);
        let run = world.run(&World::step().input("reportFormats", "csv"));
        run.assert_well_behaved();
        assert_attaches_its_report(&run);
        let (_, document) = attached(&run).unwrap();
        assert_eq!(document["status"], status);
        assert_eq!(document["pats"][0]["displayName"], "ci-deploy");
        world.assert_no_secret(&run, &[]);
    }
    let mut world = World::having(&[("ci-deploy", 60)]);
    world.sim.fault(Fault::always(
        Match::any().path(PATS),
        Action::Refuse(Refusal::SignInPage),
    ));
    let run = world.run(&World::step());
    assert_attaches_its_report(&run);
    let (_, document) = attached(&run).unwrap();
    assert_eq!(document["status"], "unknown");
    assert_eq!(document["unreadable"][0]["failure"]["code"], "signInPage");
    world.assert_no_secret(&run, &[]);
}

#[test]
fn what_was_not_written_is_not_attached() {
    let mut world = World::having(&[("gone", -2)]);
    let run = world.run(&World::step().input("names", "$(NoSuchVariable)"));
    assert_eq!(run.exit_code, Some(2), "{}", run.log());
    run.assert_well_behaved();
    assert_eq!(run.record.uploads.len(), 0);
}

#[test]
fn a_step_restricted_to_harmless_commands_still_gives_its_verdict() {
    let mut world = World::having(&[("a", 60)]);
    let run = world.run(&World::step().restricted());
    assert_eq!(
        (run.output("status"), run.exit_code),
        ("ok", Some(0)),
        "{}",
        run.log()
    );
    run.assert_well_behaved();
    assert_eq!(run.record.uploads.len(), 0);
}

#[test]
fn outputs_reach_the_next_step() {
    let mut world = World::having(&[("nuget-feed", 3)]);
    world.run(&World::step());
    let run = world.run(
        &patkeeper_tests::job::Step::new("next")
            .input("accessToken", "$(Token)")
            .input("names", "$(pats.soonestExpiryName)"),
    );
    assert_eq!(run.output("total"), "1", "{}", run.log());
}
