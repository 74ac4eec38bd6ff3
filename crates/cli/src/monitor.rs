//! PatMonitor, wired: inputs to adapters to verdict, whoever started it.

mod alerts;
mod outcome;
mod reports;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::Utc;
use patkeeper_agent::Front;
use patkeeper_agent::console::Console;
use patkeeper_agent::context::AgentContext;
use patkeeper_agent::inputs::PatMonitorInputs;
use patkeeper_agent::inputs::pat_monitor::ReportFormat;
use patkeeper_agent::inputs::sign_in::SignIn;
use patkeeper_core::failure::{Failure, FailureKind};
use patkeeper_core::judge::{MonitorSettings, StepEnd, StepResult, judge, step_end};
use patkeeper_core::organization::Organization;
use patkeeper_core::policy::{FILE_BYTES, Policy};
use patkeeper_core::render;
use patkeeper_core::report::{Report, Run};
use patkeeper_devops::AzureDevOps;
use patkeeper_http::{Client, Settings, TokenSource};
use patkeeper_lifecycle::monitor::{Target, none_read, read_all};
use serde_json::Value;

use crate::run::{self, Ending};
use crate::sign_in::Place;
use reports::{Folder, Written};

/// What is so when a run is cancelled.
pub(crate) fn stands(inputs: &PatMonitorInputs) -> &'static str {
    match inputs.sign_in.choice {
        SignIn::RefreshToken(_) => {
            "No PAT was changed. Whichever refresh token the vault holds now, it is a good one: redeeming does not end it."
        }
        _ => "Nothing was changed.",
    }
}

/// One run of PatMonitor.
pub(crate) struct Job<'a> {
    /// Checked inputs.
    pub(crate) inputs: PatMonitorInputs,
    /// Where this run's reports go; `None`: nowhere.
    pub(crate) report_folder: Option<PathBuf>,
    /// Proxy and trust.
    pub(crate) network: Settings,
    /// What the agent tells.
    pub(crate) context: &'a AgentContext,
    /// The agent's variables, for its connections: see [`Place::variables`].
    pub(crate) variables: &'a [(String, String)],
    /// Where to print.
    pub(crate) console: &'a Console,
}

/// Reads, judges, reports, tells; the verdict comes last.
pub(crate) async fn run(job: Job<'_>) -> Result<Ending, Failure> {
    let Job {
        inputs,
        report_folder,
        network,
        context,
        variables,
        console,
    } = job;
    run::tell_of_network(console, &network);
    let settings = settings(console.front(), &inputs)?;
    let folder = report_folder
        .as_deref()
        .map(|path| prepare(console.front(), path))
        .transpose()?;
    let client = Client::new(&network).map_err(|error| error.failure())?;

    let place = Place {
        console,
        client: &client,
        proxy: network.proxy.as_ref(),
        variables,
    };
    let readings = match place.azure_devops(&inputs.sign_in).await {
        Ok(token) => read_all(&targets(&inputs, &client, token, context)).await,
        // Configuration is to be mended by who wrote it. Anything else may happen to a good pipeline on any day,
        // and then the team is told like of all that cannot be read.
        Err(failure) if failure.kind == FailureKind::Input => return Err(failure),
        Err(failure) => none_read(&inputs.organizations, &failure),
    };
    let now = Utc::now();
    let run = Run {
        task: "PatMonitor".to_owned(),
        at: now,
        requests: client.requests(),
        link: context.build_link.clone(),
        pipeline: context.pipeline.clone(),
    };
    let report = scrubbed(console, judge(&readings, &settings, run, now))?;
    let end = step_end(&report, settings.fail_on, settings.fail_on_policy);

    console.log(&render::log(&report));
    let (written, end) = write(console, folder.as_ref(), &report, &inputs, end);
    let verdict = render::verdict_line(&report, end);
    let told = alerts::tell(console, &inputs, &client, &report, end, &verdict).await;
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
    context: &AgentContext,
) -> Vec<Target<AzureDevOps>> {
    let here = context
        .collection_uri
        .as_deref()
        .and_then(|uri| Organization::parse(uri).ok());
    let target = |organization: &Organization| Target {
        organization: organization.clone(),
        known_account_id: context
            .collection_id
            .clone()
            .filter(|_| here.as_ref() == Some(organization)),
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
    match folder.write(report, &formats(console, &inputs.report_formats)) {
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
