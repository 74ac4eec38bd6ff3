//! PatMonitor, wired: inputs to adapters to verdict, whoever started it.

mod outcome;
mod reports;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::Utc;
use patkeeper_agent::Front;
use patkeeper_agent::console::Console;
use patkeeper_agent::inputs::PatMonitorInputs;
use patkeeper_agent::inputs::pat_monitor::{AlertOn, ReportFormat};
use patkeeper_agent::inputs::sign_in::SignIn;
use patkeeper_agent::registry::pat_monitor;
use patkeeper_core::failure::{Failure, FailureKind};
use patkeeper_core::judge::{MonitorSettings, StepEnd, StepResult, judge, step_end};
use patkeeper_core::news::News;
use patkeeper_core::organization::Organization;
use patkeeper_core::policy::{FILE_BYTES, Policy};
use patkeeper_core::render;
use patkeeper_core::report::Report;
use patkeeper_devops::AzureDevOps;
use patkeeper_http::{Client, TokenSource};
use patkeeper_lifecycle::monitor::{Target, none_read, read_all};
use serde_json::Value;

use crate::alerts;
use crate::folder::Folder;
use crate::job::Around;
use crate::run::{self, Ending};
use reports::Written;

/// Runs PatMonitor.
pub(crate) fn perform(inputs: PatMonitorInputs, around: Around<'_>) -> Result<Ending, Failure> {
    run::to_the_end(around.console, stands(&inputs), run(&inputs, &around))
}

/// What is so when a run is cancelled.
fn stands(inputs: &PatMonitorInputs) -> &'static str {
    match inputs.sign_in.choice {
        SignIn::RefreshToken(_) => {
            "No PAT was changed. Whichever refresh token the vault holds now, it is a good one: redeeming does not end it."
        }
        _ => "Nothing was changed.",
    }
}

/// Reads, judges, reports, tells; the verdict comes last.
async fn run(inputs: &PatMonitorInputs, around: &Around<'_>) -> Result<Ending, Failure> {
    let console = around.console;
    let client = around.client()?;
    let settings = settings(console.front(), inputs)?;
    let folder = report_folder(inputs, around)
        .map(|path| prepare(console.front(), &path))
        .transpose()?;

    let place = around.place(&client);
    let signed_in = place.sign_in(&inputs.sign_in);
    let readings = match signed_in.azure_devops().await {
        Ok(token) => read_all(&targets(inputs, &client, token, around)).await,
        // Configuration is to be mended by who wrote it. Anything else may happen to a good pipeline on any day,
        // and then the team is told like of all that cannot be read.
        Err(failure) if failure.kind == FailureKind::Input => return Err(failure),
        Err(failure) => none_read(&inputs.organizations, &failure),
    };
    let now = Utc::now();
    let run = around.run(&pat_monitor::TASK, &client, now);
    let report = scrubbed(console, judge(&readings, &settings, run, now))?;
    let end = step_end(&report, settings.fail_on, settings.fail_on_policy);

    console.log(&render::log(&report));
    let (written, end) = write(console, folder.as_ref(), &report, inputs, end);
    let verdict = render::verdict_line(&report, end);
    let news = News::Monitor {
        report: &report,
        verdict: &verdict,
    };
    let told = if is_told(inputs.alert_on, &report, end) {
        alerts::tell(console, &inputs.channels, &client, &news).await
    } else {
        Vec::new()
    };
    let files: Vec<String> = written
        .files
        .iter()
        .map(|path| path.display().to_string())
        .collect();
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    let closing = render::closing(&told, &files);
    if !closing.is_empty() {
        console.text("");
        console.text(&closing);
    }
    outcome::set_outputs(console, &report, &written);
    outcome::say(console, &report, end, &verdict);
    Ok(Ending {
        result: end.result,
        exit_code: end.exit_code,
        message: verdict,
    })
}

/// Whether the channels are told.
fn is_told(alert_on: AlertOn, report: &Report, end: StepEnd) -> bool {
    match alert_on {
        AlertOn::Never => false,
        AlertOn::Always => true,
        AlertOn::Attention => report.needs_attention(end),
    }
}

/// Where the reports go; `None`: nowhere. Each step of a job has a folder of its own, since uploads are queued.
fn report_folder(inputs: &PatMonitorInputs, around: &Around<'_>) -> Option<PathBuf> {
    let directory = inputs.report_directory.as_ref()?;
    Some(match around.console.front() {
        Front::Agent => directory.join(around.context.step_folder()),
        Front::People => directory.clone(),
    })
}

/// The report without any secret of this run. A service may quote what it was sent, and nobody masks files and chat
/// messages: so it is taken out once, before anything is drawn, while each secret still stands whole.
fn scrubbed(console: &Console, report: Report) -> Result<Report, Failure> {
    fn scrub(console: &Console, value: &mut Value) {
        match value {
            Value::String(text) => *text = console.scrub(text),
            Value::Array(items) => items.iter_mut().for_each(|item| scrub(console, item)),
            Value::Object(members) => members.values_mut().for_each(|member| scrub(console, member)),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
    // Nearly always there is nothing to take out, and taking the report apart costs as much as drawing it.
    if serde_json::to_string(&report).is_ok_and(|text| console.scrub(&text) == text) {
        return Ok(report);
    }
    let scrubbed = serde_json::to_value(report).and_then(|mut value| {
        scrub(console, &mut value);
        serde_json::from_value(value)
    });
    // A secret that equals a word of the report's own, such as a status, must not end as an unscrubbed report.
    scrubbed.map_err(|error| {
        Failure::new(
            FailureKind::Input,
            format!("A secret of this run is a word that the report needs: {error}."),
        )
        .with_way_out("check the secret inputs: is one of them mixed up with another?")
    })
}

fn settings(front: Front, inputs: &PatMonitorInputs) -> Result<MonitorSettings, Failure> {
    let file = inputs.policy_file.as_deref();
    let text = file.map(|path| read_policy(front, path)).transpose()?;
    let policy = Policy::load(text.as_deref(), &inputs.policy).map_err(|error| {
        let path = file.unwrap_or(Path::new("")).display();
        Failure::new(
            FailureKind::Input,
            format!("{}: {path}, {error}", front.label("policyFile")),
        )
        .with_code("badInput")
    })?;
    Ok(MonitorSettings {
        names: inputs.names.clone(),
        require_names: inputs.require_names.clone(),
        warning_days: inputs.warning_days,
        critical_days: inputs.critical_days,
        expired_within_days: inputs.expired_within_days,
        fail_on: inputs.fail_on,
        fail_on_policy: inputs.fail_on_policy,
        policy,
    })
}

fn read_policy(front: Front, path: &Path) -> Result<String, Failure> {
    let refuse = |why: String| {
        Failure::new(
            FailureKind::Input,
            format!("{}: '{}' {why}", front.label("policyFile"), path.display()),
        )
        .with_code("badInput")
        .with_way_out("give the path of a YAML file; a relative one starts at the step's working directory")
    };
    let metadata = std::fs::metadata(path).map_err(|error| refuse(format!("cannot be read: {error}.")))?;
    if !metadata.is_file() {
        return Err(refuse("is not a file.".to_owned()));
    }
    if metadata.len() > FILE_BYTES {
        return Err(refuse(format!(
            "is larger than {FILE_BYTES} bytes: is it the right file?"
        )));
    }
    std::fs::read_to_string(path).map_err(|error| refuse(format!("cannot be read: {error}.")))
}

fn prepare(front: Front, path: &Path) -> Result<Folder, Failure> {
    Folder::prepare(path).map_err(|error| {
        Failure::new(
            FailureKind::Input,
            format!(
                "{}: '{}' cannot be written to: {error}.",
                front.label("reportDirectory"),
                path.display()
            ),
        )
        .with_code("badInput")
        .with_way_out("give a folder that the agent may write to, such as $(Agent.TempDirectory)/patkeeper")
    })
}

fn targets(
    inputs: &PatMonitorInputs,
    client: &Client,
    token: Arc<dyn TokenSource>,
    around: &Around<'_>,
) -> Vec<Target<AzureDevOps>> {
    let target = |organization: &Organization| Target {
        organization: organization.clone(),
        known_account_id: around.known_account(organization),
        pats: AzureDevOps::new(client.clone(), organization.clone(), Arc::clone(&token)),
    };
    inputs.organizations.iter().map(target).collect()
}

/// Writes the report's files. A report that cannot be written fails the step, for someone relies on it; it never
/// takes a verdict's place.
fn write(
    console: &Console,
    folder: Option<&Folder>,
    report: &Report,
    inputs: &PatMonitorInputs,
    end: StepEnd,
) -> (Written, StepEnd) {
    let Some(folder) = folder else {
        return (Written::default(), end);
    };
    match Written::into(folder, report, &formats(console, &inputs.report_formats)) {
        Ok(written) => {
            if let Some(markdown) = &written.markdown {
                console.upload_summary(&markdown.to_string_lossy());
            }
            (written, end)
        }
        Err(error) => {
            console.error(&format!(
                "The report could not be written: {error}. Is the disk full?"
            ));
            let exit_code = if end.result == StepResult::Failed {
                end.exit_code
            } else {
                FailureKind::Input.exit_code()
            };
            (
                Written::default(),
                StepEnd {
                    result: StepResult::Failed,
                    exit_code,
                },
            )
        }
    }
}

/// The formats asked for; JSON is what `reportJson` promises, Markdown what the build's page shows.
fn formats(console: &Console, asked: &[ReportFormat]) -> Vec<ReportFormat> {
    let mut formats = vec![ReportFormat::Json];
    if console.front() == Front::Agent {
        formats.push(ReportFormat::Markdown);
    }
    for format in asked {
        if !formats.contains(format) {
            formats.push(*format);
        }
    }
    formats
}
