//! PatMonitor, wired: inputs to adapters to verdict, whoever started it.

mod merge;
mod organization;
mod outcome;
mod shelf;

use std::io;
use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use patkeeper_agent::Front;
use patkeeper_agent::inputs::pat_monitor::{AlertOn, Judged, Scope};
use patkeeper_agent::inputs::sign_in::{SignIn, SignInInputs};
use patkeeper_agent::inputs::{PatMonitorInputs, ReportFormat};
use patkeeper_agent::registry::pat_monitor;
use patkeeper_core::document::Head as _;
use patkeeper_core::failure::{Failure, FailureKind};
use patkeeper_core::judge::{self, Judging, MonitorSettings, StepEnd, judge, step_end};
use patkeeper_core::news::News;
use patkeeper_core::organization::Organization;
use patkeeper_core::policy::{FILE_BYTES, Policy};
use patkeeper_core::purpose::Purpose;
use patkeeper_core::render;
use patkeeper_core::report::{Report, Rows};
use patkeeper_devops::AzureDevOps;
use patkeeper_http::{Client, TokenSource};
use patkeeper_lifecycle::monitor::{Target, none_read, read_all};

use crate::job::Around;
use crate::report::{self, scrubbed};
use crate::run::{self, Ending};
use crate::{alerts, say};
use shelf::Shelf;

/// Runs PatMonitor.
pub(crate) fn perform(inputs: PatMonitorInputs, around: Around<'_>) -> Result<Ending, Failure> {
    run::to_the_end(around.console, stands(&inputs), run(&inputs, &around))
}

/// What is so when a run is cancelled.
fn stands(inputs: &PatMonitorInputs) -> &'static str {
    match &inputs.judged {
        Judged::Read {
            sign_in:
                SignInInputs {
                    choice: SignIn::RefreshToken(_),
                    ..
                },
            ..
        } => {
            "No PAT was changed. Whichever refresh token the vault holds now, it is a good one: redeeming does not end it."
        }
        _ => "Nothing was changed.",
    }
}

/// What was judged, and all of its rows where the report holds but the most urgent ones.
struct Found {
    report: Report,
    rows: Option<Shelf>,
}

/// Reads, judges, reports, tells; the verdict comes last.
async fn run(inputs: &PatMonitorInputs, around: &Around<'_>) -> Result<Ending, Failure> {
    let console = around.console;
    let client = around.client()?;
    let settings = settings(console.front(), inputs)?;
    let folder = report::folder(inputs.report_directory.as_ref(), &inputs.report_formats, around)?;

    let Found { report, rows } = match &inputs.judged {
        Judged::Read {
            organizations,
            sign_in,
            scope,
        } => read(organizations, sign_in, *scope, &settings, &client, around).await?,
        Judged::Reports { paths, given } => merge::judge(paths, given, &settings, around, &client)?,
    };
    let report = scrubbed(console, report)?;
    let end = step_end(&report, settings.fail_on, settings.fail_on_policy);

    console.log(&render::log(&report));
    let whole = report.rows();
    let rows: &dyn Rows = match &rows {
        Some(shelf) => shelf,
        None => &whole,
    };
    let head = || render::json(&report.head());
    let draw = |format, out: &mut dyn io::Write| match format {
        ReportFormat::Json => render::json_to(out, &report, rows),
        ReportFormat::Markdown => out.write_all(render::markdown(&report).as_bytes()),
        ReportFormat::Junit => render::junit_to(out, &report, rows),
        ReportFormat::Csv => render::csv_to(out, rows),
        ReportFormat::Sarif => render::sarif_to(out, &report, rows),
        ReportFormat::Html => Ok(()),
    };
    let (written, end) = report::write(console, folder.as_ref(), &inputs.report_formats, end, head, draw);
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
    say::closing(console, &told, &written);
    outcome::set_outputs(console, &report, &written);
    let causes = report.unreadable.iter().map(|entry| &entry.failure);
    Ok(say::the_end(console, end, &verdict, causes))
}

/// Whether the channels are told.
fn is_told(alert_on: AlertOn, report: &Report, end: StepEnd) -> bool {
    match alert_on {
        AlertOn::Never => false,
        AlertOn::Always => true,
        AlertOn::Attention => report.needs_attention(end),
    }
}

/// Reads what the service tells now, and judges it.
async fn read(
    organizations: &[Organization],
    sign_in: &SignInInputs,
    scope: Scope,
    settings: &MonitorSettings,
    client: &Client,
    around: &Around<'_>,
) -> Result<Found, Failure> {
    let place = around.place(client);
    let signing_in = place.sign_in(sign_in);
    let purpose = match scope {
        Scope::Mine => Purpose::Rotate,
        Scope::Organization { .. } => Purpose::Organization,
    };
    let judged = match scope {
        Scope::Mine => judge::Scope::Mine,
        Scope::Organization { slice, .. } => judge::Scope::Organization {
            slice,
            several: organizations.len() > 1,
        },
    };
    let run = |now: DateTime<Utc>| around.run(&pat_monitor::TASK, client, now);
    let token = match signing_in.azure_devops(purpose).await {
        Ok(token) => token,
        // Configuration is to be mended by who wrote it. Anything else may happen to a good pipeline on any day,
        // and then the team is told like of all that cannot be read.
        Err(failure) if failure.kind == FailureKind::Input => return Err(failure),
        Err(failure) => {
            let now = Utc::now();
            let mut judging = Judging::new(settings, judged, now);
            judging.take(&none_read(organizations, &failure), None);
            let (report, _) = judging.finish(run(now));
            return Ok(Found { report, rows: None });
        }
    };
    match scope {
        Scope::Mine => {
            let readings = read_all(&targets(organizations, client, token, around)).await;
            let now = Utc::now();
            Ok(Found {
                report: judge(&readings, settings, run(now), now),
                rows: None,
            })
        }
        Scope::Organization { parallelism, slice } => {
            let everybody = organization::Everybody {
                organizations,
                parallelism,
                slice,
                client,
                token,
                around,
            };
            let judging = Judging::new(settings, judged, Utc::now());
            everybody.judge(judging, run).await
        }
    }
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

fn targets(
    organizations: &[Organization],
    client: &Client,
    token: Arc<dyn TokenSource>,
    around: &Around<'_>,
) -> Vec<Target<AzureDevOps>> {
    let target = |organization: &Organization| Target {
        organization: organization.clone(),
        known_account_id: around.known_account(organization),
        pats: AzureDevOps::new(client.clone(), organization.clone(), Arc::clone(&token)),
    };
    organizations.iter().map(target).collect()
}
