//! PatMonitor, wired: inputs to adapters to verdict, whoever started it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use chrono::Utc;
use patkeeper_agent::Front;
use patkeeper_agent::console::Console;
use patkeeper_agent::context::AgentContext;
use patkeeper_agent::inputs::PatMonitorInputs;
use patkeeper_agent::inputs::pat_monitor::{AlertOn, ReportFormat, SignIn};
use patkeeper_core::failure::{Failure, FailureKind};
use patkeeper_core::judge::{MonitorSettings, StepEnd, StepResult, judge, step_end};
use patkeeper_core::organization::Organization;
use patkeeper_core::policy::{FILE_BYTES, Policy};
use patkeeper_core::render;
use patkeeper_core::report::{Report, Run, Verdict};
use patkeeper_devops::AzureDevOps;
use patkeeper_entra::GivenToken;
use patkeeper_http::{Client, Settings, TokenSource};
use patkeeper_lifecycle::monitor::{Target, Told, read_all, tell_all};
use patkeeper_lifecycle::ports::Notifier;
use patkeeper_notify::{Channel, Listener};
use serde_json::Value;

use crate::reports::{Folder, Written};
use crate::run::{Ending, words};

/// A channel that answers nothing must not keep a step from its verdict.
const TELLING_TAKES_AT_MOST: Duration = Duration::from_secs(90);

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
        console,
    } = job;
    if let Some(password) = network.proxy.as_ref().and_then(|proxy| proxy.password.as_ref()) {
        console.mask("the proxy's password", password);
    }
    for warning in network.warnings() {
        console.warning(&warning);
    }
    let settings = settings(console.front(), &inputs)?;
    let folder = report_folder
        .as_deref()
        .map(|path| prepare(console.front(), path))
        .transpose()?;
    let client = Client::new(&network).map_err(|error| error.failure())?;

    let SignIn::AccessToken(token) = &inputs.sign_in;
    let token = GivenToken::new(token, &console.front().label("accessToken"))?;
    for warning in token.facts().warnings(Utc::now()) {
        console.warning(&warning);
    }
    let targets = targets(&inputs, &client, Arc::new(token), context);
    let readings = read_all(&targets).await;
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
    let told = tell(console, &inputs, &client, &report, end, &verdict).await;
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
    set_outputs(console, &report, &written);
    say(console, &report, end, &verdict);
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
    let policy = match &inputs.policy_file {
        None => Policy::load(None, &inputs.policy).map_err(|error| (PathBuf::new(), error)),
        Some(path) => Policy::load(Some(&read_policy(front, path)?), &inputs.policy)
            .map_err(|error| (path.clone(), error)),
    };
    let policy = policy.map_err(|(path, error)| {
        Failure::new(
            FailureKind::Input,
            format!("{}: {}, {error}", front.label("policyFile"), path.display()),
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

/// Tells the team, where it is due; returns the channels that took it. One that did not is a warning.
async fn tell(
    console: &Console,
    inputs: &PatMonitorInputs,
    client: &Client,
    report: &Report,
    end: StepEnd,
    verdict: &str,
) -> Vec<&'static str> {
    let due = match inputs.alert_on {
        AlertOn::Never => false,
        AlertOn::Always => true,
        AlertOn::Attention => report.needs_attention(end),
    };
    if !due {
        return Vec::new();
    }
    let channels: Vec<Patient> = [
        (Listener::Slack, &inputs.slack_webhook_url),
        (Listener::Teams, &inputs.teams_webhook_url),
        (Listener::Webhook, &inputs.webhook_url),
    ]
    .into_iter()
    .filter_map(|(listener, url)| Some(Patient(Channel::new(listener, url.clone()?, client.clone()))))
    .collect();
    let told = tell_all(&channels, report, verdict).await;
    told.into_iter()
        .filter_map(|Told { channel, outcome }| match outcome {
            Ok(()) => Some(channel),
            Err(failure) => {
                console.warning(&words(&failure));
                None
            }
        })
        .collect()
}

/// A channel that is waited for, but not for ever.
struct Patient(Channel);

impl Notifier for Patient {
    fn name(&self) -> &'static str {
        self.0.name()
    }

    async fn tell(&self, report: &Report, verdict: &str) -> Result<(), Failure> {
        let telling = tokio::time::timeout(TELLING_TAKES_AT_MOST, self.0.tell(report, verdict));
        telling.await.unwrap_or_else(|_| {
            let what = format!(
                "{} gave no answer within {} s.",
                self.name(),
                TELLING_TAKES_AT_MOST.as_secs()
            );
            Err(Failure::new(FailureKind::Service, what))
        })
    }
}

fn set_outputs(console: &Console, report: &Report, written: &Written) {
    let totals = report.totals;
    let soonest = report.soonest.as_ref();
    let outputs = [
        ("status", report.status.as_str().to_owned()),
        ("total", totals.total.to_string()),
        ("healthy", totals.healthy.to_string()),
        ("warning", totals.warning.to_string()),
        ("critical", totals.critical.to_string()),
        ("expired", totals.expired.to_string()),
        ("missing", totals.missing.to_string()),
        ("replaced", totals.replaced.to_string()),
        ("unreadable", totals.unreadable.to_string()),
        ("policyFindings", totals.policy_findings.to_string()),
        (
            "soonestExpiryDays",
            soonest
                .map(|soonest| soonest.days_left.to_string())
                .unwrap_or_default(),
        ),
        (
            "soonestExpiryName",
            soonest
                .map(|soonest| patkeeper_core::text::plain(&soonest.display_name))
                .unwrap_or_default(),
        ),
        (
            "reportJson",
            written
                .json
                .as_deref()
                .map(|path| path.to_string_lossy().into_owned())
                .unwrap_or_default(),
        ),
    ];
    for (name, value) in outputs {
        if let Err(error) = console.set_output(name, &value) {
            console.warning(&error.to_string());
        }
    }
}

/// The verdict, as loud as it is grave. What could not be read is said beside the step too: its reasons are what a
/// person looks for first.
fn say(console: &Console, report: &Report, end: StepEnd, verdict: &str) {
    if report.status == Verdict::Unknown && console.front() == Front::Agent {
        for entry in report.unreadable.iter().take(3) {
            console.error_with_code(entry.failure.code.as_deref(), &words(&entry.failure));
        }
    }
    match end.result {
        StepResult::Succeeded => console.text(verdict),
        StepResult::SucceededWithIssues => console.warning(verdict),
        StepResult::Failed => console.error(verdict),
    }
}
