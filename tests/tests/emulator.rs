//! The emulator against small scripts: it must fail steps where an agent would.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    reason = "a broken premise should end the test where it is found"
)]

use std::fs;
use std::path::Path;

use patkeeper_tests::job::{Job, Step};
use patkeeper_tests::leak::assert_no_secret;
use patkeeper_tests::package::Task;
use patkeeper_tests::running::{Ended, Run};
use patkeeper_tests::step::{StepResult, Stream};

/// A task whose handler is this script; its folder lies in the job's.
fn task(job: &Job, script: &str) -> Task {
    with_manifest(job, script, r#""outputVariables": [{ "name": "status" }]"#)
}

fn with_manifest(job: &Job, script: &str, more: &str) -> Task {
    let folder = tempfile_in(&job.sources());
    fs::write(folder.join("index.js"), script).unwrap();
    let manifest = format!(
        r#"{{ "id": "x", "name": "StandIn", "version": {{ "Major": 1, "Minor": 0, "Patch": 0 }},
            "inputs": [{{ "name": "value", "type": "string" }}],
            "execution": {{ "Node20_1": {{ "target": "index.js" }} }}, {more} }}"#
    );
    fs::write(folder.join("task.json"), manifest).unwrap();
    Task::at(folder)
}

fn tempfile_in(folder: &Path) -> std::path::PathBuf {
    let count = fs::read_dir(folder).unwrap().count();
    let path = folder.join(format!("task{count}"));
    fs::create_dir(&path).unwrap();
    path
}

fn run(script: &str) -> Run {
    let mut job = Job::new();
    let task = task(&job, script);
    job.run(&task, &Step::new("s"))
}

#[test]
fn a_step_that_says_nothing_succeeds_but_is_not_well_behaved() {
    let run = run("");
    assert_eq!(run.result(), StepResult::Succeeded);
    assert!(std::panic::catch_unwind(|| run.assert_well_behaved()).is_err());
}

#[test]
fn the_worst_result_wins() {
    let run =
        run("console.log('##vso[task.complete result=Failed;]a\\n##vso[task.complete result=Succeeded;]b')");
    assert_eq!(run.result(), StepResult::Failed);
    assert_eq!(run.record.completions.len(), 2);
}

#[test]
fn an_exit_code_fails_a_step_that_reported_success() {
    let run = run("console.log('##vso[task.complete result=Succeeded;]'); process.exitCode = 3");
    assert_eq!((run.result(), run.exit_code), (StepResult::Failed, Some(3)));
}

#[test]
fn a_result_that_is_missing_or_misspelled_fails_the_step() {
    for line in [
        "##vso[task.complete]done",
        "##vso[task.complete result=succeeded;]done",
    ] {
        let run = run(&format!("console.log('{line}')"));
        assert_eq!(
            (run.result(), run.record.completions.len()),
            (StepResult::Failed, 0),
            "{line}"
        );
    }
}

#[test]
fn an_unknown_event_fails_and_an_unknown_area_only_warns() {
    assert_eq!(
        run("console.log('name ##vso[task.explode]x')").result(),
        StepResult::Failed
    );
    let warned = run("console.log('##vso[nowhere.event]x')");
    assert_eq!(
        (warned.result(), warned.record.complaints.len()),
        (StepResult::Succeeded, 1)
    );
}

#[test]
fn commands_count_on_stderr_too() {
    let run = run("console.error('x ##vso[task.complete result=Failed;]y')");
    assert_eq!(run.result(), StepResult::Failed);
    assert_eq!(run.record.raw[0].0, Stream::Err);
}

#[test]
fn a_secret_is_masked_once_told_and_in_the_echo_of_commands() {
    let run = run("console.log('##vso[task.setsecret]opensesame\\nopen: opensesame')");
    assert!(run.log().contains("open: ***"));
    assert!(
        run.record
            .log
            .iter()
            .all(|line| !line.text.contains("opensesame"))
    );
}

#[test]
fn a_secret_variable_of_several_lines_fails() {
    let run = run("console.log('##vso[task.setvariable variable=status;issecret=true]a%0Ab')");
    assert_eq!(run.result(), StepResult::Failed);
}

#[test]
fn outputs_reach_later_steps_and_only_settable_variables_are_set() {
    let mut job = Job::new();
    let sets =
        "console.log('##vso[task.setvariable variable=status]ok\\n##vso[task.setvariable variable=PATH]x')";
    let restricted = r#""outputVariables": [{ "name": "status" }],
                        "restrictions": { "settableVariables": { "allowed": ["status"] } }"#;
    let sets = with_manifest(&job, sets, restricted);
    let first = job.run(&sets, &Step::new("first"));
    assert_eq!(first.output("status"), "ok");
    assert!(first.record.variables.is_empty() && first.record.complaints.len() == 1);
    let reads = task(&job, "console.log('got ' + process.env.INPUT_VALUE)");
    let second = job.run(&reads, &Step::new("second").input("value", "$(first.status)"));
    assert!(second.log().contains("got ok"));
}

#[test]
fn ten_issues_of_a_kind_are_kept() {
    let run = run("for (let i = 0; i < 12; i++) console.log('##vso[task.logissue type=error]e' + i)");
    assert_eq!(
        (run.record.errors.len(), run.record.issues_dropped, run.result()),
        (10, 2, StepResult::Succeeded)
    );
}

#[test]
fn an_issue_of_another_type_fails_the_step() {
    assert_eq!(
        run("console.log('##vso[task.logissue type=notice]x')").result(),
        StepResult::Failed
    );
}

#[test]
fn an_upload_must_exist_and_stay() {
    assert_eq!(
        run("console.log('##vso[task.uploadsummary]/no/such.md')").result(),
        StepResult::Failed
    );
    let gone = run(
        "const fs = require('fs'), file = process.env.AGENT_TEMPDIRECTORY + '/s.md';
        fs.writeFileSync(file, 'x'); console.log('##vso[task.uploadsummary]' + file);
        console.log('##vso[task.complete result=Succeeded;]');
        process.stdin.on('end', () => fs.unlinkSync(file)).resume()",
    );
    assert_eq!(
        (gone.result(), gone.upload("s.md").as_deref()),
        (StepResult::Succeeded, Some("x"))
    );
    assert!(std::panic::catch_unwind(|| gone.assert_well_behaved()).is_err());
}

#[test]
fn an_attachment_has_a_type_and_a_name_that_every_agent_takes() {
    let attach = |properties: &str| {
        run(&format!(
            "const file = process.env.AGENT_TEMPDIRECTORY + '/a.json';
            require('fs').writeFileSync(file, '{{}}');
            console.log('##vso[task.addattachment {properties}]' + file);
            console.log('##vso[task.complete result=Succeeded;]')"
        ))
    };
    let taken = attach("type=k;name=n.json");
    assert_eq!(
        (taken.result(), taken.upload("n.json").as_deref()),
        (StepResult::Succeeded, Some("{}"))
    );
    for properties in [
        "type=k",
        "name=n.json",
        "type=;name=n.json",
        "type=k;name=a/b.json",
        "type=k;name=a:b.json",
        "type=k?;name=n.json",
    ] {
        assert_eq!(attach(properties).result(), StepResult::Failed, "{properties}");
    }
}

#[test]
fn a_restricted_step_uploads_nothing_and_still_completes() {
    let mut job = Job::new();
    let task = task(
        &job,
        "console.log('##vso[task.uploadsummary]/no/such.md\\n##vso[task.complete result=Succeeded;]')",
    );
    let run = job.run(&task, &Step::new("s").restricted());
    assert_eq!(run.result(), StepResult::Succeeded);
    assert!(run.log().contains("task.uploadsummary is not allowed"));
    run.assert_well_behaved();
}

#[test]
fn cancellation_interrupts_node_first() {
    let mut job = Job::new();
    let task = task(
        &job,
        "process.on('SIGINT', () => process.exit(130)); setInterval(() => {}, 1000); console.log('ready')",
    );
    let running = job.start(&task, &Step::new("s"));
    running.wait_for_line(|line| line == "ready");
    let run = running.cancel().finish(&mut job);
    assert_eq!(
        (run.ended, run.exit_code, run.result()),
        (Ended::Interrupted, Some(130), StepResult::Canceled)
    );
}

#[test]
fn a_child_that_outlives_node_is_noticed_and_ended() {
    let mut job = Job::new();
    let script = "const { spawn } = require('child_process');
        spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000); console.log(\"up\")'],
              { stdio: ['ignore', 'inherit', 'ignore'], detached: true }).unref();
        process.on('SIGINT', () => process.exit(0));
        setInterval(() => {}, 1000)";
    let task = task(&job, script);
    let running = job.start(&task, &Step::new("s"));
    running.wait_for_line(|line| line == "up");
    assert_eq!(running.descendants().len(), 1);
    let run = running.cancel().finish(&mut job);
    assert_eq!(run.left_behind.len(), 1);
    assert!(run.streams_held);
}

#[test]
fn a_secret_in_a_file_in_base64_is_found() {
    let mut job = Job::new().secret("Token", "opensesame!");
    let writes = task(
        &job,
        "require('fs').writeFileSync(process.env.AGENT_TEMPDIRECTORY + '/x',
            'Basic ' + Buffer.from(':' + process.env.SECRET_TOKEN).toString('base64'))",
    );
    let run = job.run(&writes, &Step::new("s"));
    let search = std::panic::AssertUnwindSafe(|| assert_no_secret(&job, &run, &["opensesame!"]));
    assert!(std::panic::catch_unwind(search).is_err());
    let other = assert_no_secret(&job, &run, &["another secret"]);
    assert!(other.files > 0 && other.forms > 5, "{other}");
}
