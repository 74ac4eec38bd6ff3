//! PatRevoke, wired: inputs to adapters to what came of it, whoever started it.

use chrono::Utc;
use patkeeper_agent::console::Console;
use patkeeper_agent::inputs::{PatRevokeInputs, ReportFormat};
use patkeeper_agent::registry::pat_revoke;
use patkeeper_core::document::Head as _;
use patkeeper_core::failure::{Failure, FailureKind};
use patkeeper_core::news::News;
use patkeeper_core::purpose::Purpose;
use patkeeper_core::render;
use patkeeper_core::revocation::{RevocationReport, Whose};
use patkeeper_devops::AzureDevOps;
use patkeeper_http::Client;
use patkeeper_lifecycle::revoke::{Progress, Revocation};

use crate::job::Around;
use crate::report::{self, Written};
use crate::run::{self, Cancellation, Ending};
use crate::{alerts, say};

/// Requests in flight at once: an incident is in a hurry, and a service that is hurried answers 429.
const PARALLELISM: usize = 16;

/// Runs PatRevoke.
pub(crate) fn perform(inputs: PatRevokeInputs, around: Around<'_>) -> Result<Ending, Failure> {
    run::until_done(around.console, async |cancellation: Cancellation| {
        run(&inputs, &around, &cancellation).await
    })
}

async fn run(
    inputs: &PatRevokeInputs,
    around: &Around<'_>,
    cancellation: &Cancellation,
) -> Result<Ending, Failure> {
    let (console, settings) = (around.console, &inputs.settings);
    let client = around.client()?;
    let folder = report::folder(inputs.report_directory.as_ref(), &inputs.report_formats, around)?;
    let mut report = match revoked(inputs, around, &client, cancellation).await {
        // Configuration is to be mended by who wrote it. Anything else may happen to a good pipeline on any day,
        // and then the team is told.
        Err(failure) if failure.kind == FailureKind::Input => return Err(failure),
        Err(failure) => RevocationReport::failed(
            settings,
            around.run(&pat_revoke::TASK, &client, Utc::now()),
            failure,
        ),
        Ok(report) => report,
    };
    report.run.requests = client.requests();
    let report = report::scrubbed(console, report)?;

    console.log(&render::revocation::log(&report));
    let head = || render::json(&report.head());
    let draw = |format, out: &mut dyn std::io::Write| match format {
        ReportFormat::Json => out.write_all(render::json(&report).as_bytes()),
        ReportFormat::Markdown => out.write_all(render::revocation::markdown(&report).as_bytes()),
        ReportFormat::Csv => out.write_all(render::revocation::csv(&report).as_bytes()),
        ReportFormat::Junit | ReportFormat::Sarif | ReportFormat::Html => Ok(()),
    };
    let formats = &inputs.report_formats;
    let (written, end) = report::write(console, folder.as_ref(), formats, report.end(), head, draw);
    let sentence = report.sentence();
    let mut told = Vec::new();
    if report.needs_attention() {
        let news = News::Revocation {
            report: &report,
            sentence: &sentence,
        };
        told = tokio::select! {
            biased;
            () = cancellation.requested() => Vec::new(),
            told = alerts::tell(console, &inputs.channels, &client, &news) => told,
        };
    }
    say::closing(console, &told, &written);
    set_outputs(console, &report, &written);
    Ok(say::the_end(console, end, &sentence, report.failures()))
}

async fn revoked(
    inputs: &PatRevokeInputs,
    around: &Around<'_>,
    client: &Client,
    cancellation: &Cancellation,
) -> Result<RevocationReport, Failure> {
    let (console, settings) = (around.console, &inputs.settings);
    let (purpose, everyone) = match settings.whose {
        Whose::Mine => (Purpose::Rotate, false),
        Whose::Organization(_) => (Purpose::Organization, true),
    };
    let place = around.place(client);
    let signing_in = place.sign_in(&inputs.sign_in);
    let tokens = tokio::select! {
        biased;
        tokens = signing_in.azure_devops(purpose) => tokens?,
        () = cancellation.requested() => return Err(run::cancelled("No PAT was revoked.")),
    };
    // Who cancels a revocation wants no further PAT to end, not even one that waits for its turn. Sign-ins go on: what
    // they have begun to replace they must keep.
    let client = client.until(cancellation.told());
    let run = around.run(&pat_revoke::TASK, &client, Utc::now());
    let revocation = Revocation {
        settings,
        pats: &AzureDevOps::new(client, settings.organization.clone(), tokens),
        known_account_id: around.known_account(&settings.organization),
        parallelism: PARALLELISM,
    };
    let tell = |progress| tell(console, progress);
    Ok(if everyone {
        revocation.of_everyone(run, &tell, cancellation.requested()).await
    } else {
        revocation.of_mine(run, &tell, cancellation.requested()).await
    })
}

/// How far it is, for whoever waits: reading is the first half.
fn tell(console: &Console, progress: Progress) {
    match progress {
        Progress::Reading(users) => console.progress(users.percent() / 2, &say::users_read(users)),
        Progress::Revoking { of: 0, .. } => {}
        Progress::Revoking { done, of } => {
            let percent = u8::try_from(50 + done * 50 / of.max(1)).unwrap_or(100);
            console.progress(percent, &format!("{done} of {of} PATs tried"));
        }
    }
}

/// Sets every output of the contract.
fn set_outputs(console: &Console, report: &RevocationReport, written: &Written) {
    let counts = report.counts;
    say::outputs(
        console,
        [
            ("matched", counts.matched.to_string()),
            ("revoked", counts.revoked.to_string()),
            ("alreadyGone", counts.already_gone.to_string()),
            ("failed", counts.failed.to_string()),
            ("reportJson", written.json()),
        ],
    );
}
