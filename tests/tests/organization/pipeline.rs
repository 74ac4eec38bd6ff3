//! `pipelines/organization-audit.yml`, its steps run as its jobs run them, and its verdict.

use std::fs;

use patkeeper_sim::{Unreadable, UserSeed};
use patkeeper_tests::job::Step;
use patkeeper_tests::package::workspace;
use patkeeper_tests::running::Run;
use patkeeper_tests::step::StepResult;
use patkeeper_tests::world::{ACME, WEBHOOKS, World, task};

use crate::scene::{administered, enroll, give, member, run};

/// A step of a task, as the file has it: the task, then each line of it without its indentation.
struct Written {
    inputs: Vec<(String, String)>,
    rest: Vec<String>,
}

impl Written {
    fn get(&self, name: &str) -> &str {
        let found = self.inputs.iter().find(|(known, _)| known == name);
        found.map_or("", |(_, value)| value.as_str())
    }

    /// The value of a line such as `condition: …`.
    fn says(&self, key: &str) -> &str {
        let found = self
            .rest
            .iter()
            .find_map(|line| line.strip_prefix(key)?.strip_prefix(": "));
        found.unwrap_or_default()
    }
}

fn file() -> String {
    fs::read_to_string(workspace().join("pipelines/organization-audit.yml")).unwrap()
}

/// The steps of that task in the file. That the file is YAML, and its inputs are the task's, is looked at elsewhere.
fn steps(task: &str) -> Vec<Written> {
    let text = file();
    let start = format!("- task: {task}");
    let mut steps = Vec::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        if line.trim() != start {
            continue;
        }
        let depth = line.len() - line.trim_start().len();
        let mut written = Written {
            inputs: Vec::new(),
            rest: Vec::new(),
        };
        while let Some(line) =
            lines.next_if(|line| line.trim().is_empty() || line.len() - line.trim_start().len() > depth)
        {
            let indent = line.len() - line.trim_start().len();
            let line = line.trim();
            match (indent - depth.min(indent), line.split_once(": ")) {
                (2, _) => written.rest.push(line.to_owned()),
                (4, Some((name, value))) if !line.starts_with('#') => {
                    let value = if value == "|" { "" } else { value };
                    written.inputs.push((name.to_owned(), value.to_owned()));
                }
                // A line of a block.
                (6, _) => {
                    let (_, value) = written.inputs.last_mut().unwrap();
                    *value += line;
                    value.push('\n');
                }
                _ => {}
            }
        }
        steps.push(written);
    }
    steps
}

/// The step of the file, with the sign-in of a test in place of the one that its reader prepares.
fn as_written(written: &Written, reference: &str) -> Step {
    let sign_in = [
        "signIn",
        "azureSubscription",
        "refreshTokenVault",
        "refreshTokenSecret",
        "clientId",
    ];
    let kept = written
        .inputs
        .iter()
        .filter(|(name, _)| !sign_in.contains(&name.as_str()));
    kept.fold(Step::new(reference), |step, (name, value)| {
        step.input(name, value)
    })
}

/// Runs the eight jobs, hands their reports over as artifacts do, and runs the merging job. Whatever a condition lets
/// through comes with it.
fn whole_pipeline(world: &mut World) -> (Vec<Run>, Run) {
    let [slice, verdict] = <[Written; 2]>::try_from(steps("PatMonitor@1")).ok().unwrap();
    let [hand_over, _] = <[Written; 2]>::try_from(steps("PublishPipelineArtifact@1"))
        .ok()
        .unwrap();
    let jobs: u32 = between(&file(), "parallel: ", "\n").parse().unwrap();
    assert_eq!(
        hand_over.says("condition"),
        "and(succeededOrFailed(), ne(variables['slice.reportJson'], ''))"
    );
    assert_eq!(hand_over.get("targetPath"), "$(slice.reportJson)");
    let artifact = hand_over.get("artifact").to_owned();
    assert_eq!(artifact, "slice-$(System.JobPositionInPhase)");

    let workspace = world.job.root().to_owned();
    let mut runs = Vec::new();
    for position in 1..=jobs {
        let mut job = world
            .job
            .on_another_agent()
            .variable("System.JobPositionInPhase", &position.to_string())
            .variable("System.TotalJobsInPhase", &jobs.to_string());
        for (name, value) in world.sim.agent_env() {
            job = job.agent_setting(&name, &value);
        }
        let policy = job.sources().join("pipelines");
        fs::create_dir_all(&policy).unwrap();
        fs::copy(
            patkeeper_tests::package::workspace().join("pipelines/pat-policy.yml"),
            policy.join("pat-policy.yml"),
        )
        .unwrap();
        let run = job.run(
            &task(),
            &as_written(&slice, "slice").input("accessToken", "$(Token)"),
        );
        run.assert_well_behaved();
        let report = run.output("reportJson");
        if !report.is_empty() {
            let to = workspace
                .join("slices")
                .join(artifact.replace("$(System.JobPositionInPhase)", &position.to_string()));
            fs::create_dir_all(&to).unwrap();
            fs::copy(report, to.join(std::path::Path::new(report).file_name().unwrap())).unwrap();
        }
        runs.push(run);
    }

    assert!(file().contains("condition: succeededOrFailed() # a share that could not be read"));
    world
        .job
        .set_variable("Pipeline.Workspace", &workspace.display().to_string());
    world.job.add_secret("slackWebhook", WEBHOOKS[0].1);
    world.sim.cloud(|cloud| cloud.deliveries.clear());
    let verdict = run(world, &as_written(&verdict, "pats"));
    (runs, verdict)
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    text.split(before).nth(1).unwrap().split(after).next().unwrap()
}

fn people() -> World {
    let world = administered();
    for number in 0..24 {
        let user = member(&world, &format!("user{number}@acme.example"));
        give(&world, &user, &format!("ci-build-{number}x"), 60);
    }
    world
}

#[test]
fn the_audit_to_copy_gives_one_verdict_over_its_slices() {
    let mut world = people();
    let ann = member(&world, "ann@acme.example");
    give(&world, &ann, "ci-deploy-old", -3);
    let (slices, verdict) = whole_pipeline(&mut world);
    assert_eq!(slices.len(), 8);
    for run in &slices {
        // A share is no verdict: an expired PAT in it does not keep the others from being read.
        assert_eq!(run.exit_code, Some(0), "{}", run.log());
    }
    assert_eq!(
        (
            verdict.output("status"),
            verdict.output("total"),
            verdict.exit_code
        ),
        ("expired", "25", Some(1)),
        "{}",
        verdict.log()
    );
    assert_eq!(
        world.sim.cloud(|cloud| cloud.deliveries.len()),
        1,
        "told once, by the one who judges"
    );
}

#[test]
fn the_audit_to_copy_hands_over_a_slice_that_failed() {
    let mut world = people();
    enroll(
        &world,
        UserSeed::new(ACME, "eve@acme.example", "Eve").unreadable(Unreadable::Failing),
    );
    let (slices, verdict) = whole_pipeline(&mut world);
    let failed = slices
        .iter()
        .filter(|run| run.result() == StepResult::Failed)
        .count();
    assert_eq!(failed, 1);
    assert_eq!(
        (verdict.output("status"), verdict.exit_code),
        ("unknown", Some(4)),
        "{}",
        verdict.log()
    );
    assert!(verdict.log().contains("eve@acme.example"), "{}", verdict.log());
}
