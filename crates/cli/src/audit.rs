//! PatAudit, wired: inputs to the audit logs to what they tell, whoever started it.

use std::sync::Arc;

use chrono::Utc;
use patkeeper_agent::console::Console;
use patkeeper_agent::inputs::{PatAuditInputs, ReportFormat};
use patkeeper_agent::registry::pat_audit;
use patkeeper_core::audit::AuditReport;
use patkeeper_core::document::Head as _;
use patkeeper_core::failure::{Failure, FailureKind};
use patkeeper_core::news::News;
use patkeeper_core::purpose::Purpose;
use patkeeper_core::render;
use patkeeper_devops::AzureDevOps;
use patkeeper_lifecycle::audit::{Target, none_read, read_all};

use crate::job::Around;
use crate::report::{self, Written};
use crate::run::{self, Ending};
use crate::{alerts, say};

/// Runs PatAudit.
pub(crate) fn perform(inputs: PatAuditInputs, around: Around<'_>) -> Result<Ending, Failure> {
    run::to_the_end(around.console, "Nothing was changed.", run(&inputs, &around))
}

async fn run(inputs: &PatAuditInputs, around: &Around<'_>) -> Result<Ending, Failure> {
    let console = around.console;
    let client = around.client()?;
    let folder = report::folder(inputs.report_directory.as_ref(), &inputs.report_formats, around)?;

    let place = around.place(&client);
    let signing_in = place.sign_in(&inputs.sign_in);
    let now = Utc::now();
    let reading = match signing_in.azure_devops(Purpose::Audit).await {
        Ok(token) => {
            let target = |organization: &patkeeper_core::organization::Organization| Target {
                organization: organization.clone(),
                log: AzureDevOps::new(client.clone(), organization.clone(), Arc::clone(&token)),
            };
            let targets: Vec<_> = inputs.organizations.iter().map(target).collect();
            read_all(&targets, &inputs.settings, now).await
        }
        // Configuration is to be mended by who wrote it. Anything else may happen to a good pipeline on any day,
        // and then the team is told like of all that cannot be read.
        Err(failure) if failure.kind == FailureKind::Input => return Err(failure),
        Err(failure) => none_read(&inputs.organizations, &failure, &inputs.settings, now),
    };
    let run = around.run(&pat_audit::TASK, &client, now);
    let report = report::scrubbed(console, reading.report(run))?;

    console.log(&render::audit::log(&report));
    let draw = |format, out: &mut dyn std::io::Write| match format {
        ReportFormat::Json => out.write_all(render::json(&report).as_bytes()),
        ReportFormat::Markdown => out.write_all(render::audit::markdown(&report).as_bytes()),
        ReportFormat::Csv => out.write_all(render::audit::csv(&report).as_bytes()),
        ReportFormat::Junit | ReportFormat::Sarif | ReportFormat::Html => Ok(()),
    };
    let (written, end) = report::write(
        console,
        folder.as_ref(),
        &inputs.report_formats,
        report.end(),
        || render::json(&report.head()),
        draw,
    );
    let sentence = report.sentence();
    let news = News::Audit {
        report: &report,
        sentence: &sentence,
    };
    let told = if report.needs_attention() {
        alerts::tell(console, &inputs.channels, &client, &news).await
    } else {
        Vec::new()
    };
    say::closing(console, &told, &written);
    set_outputs(console, &report, &written);
    let causes = report.unreadable.iter().map(|entry| &entry.failure);
    Ok(say::the_end(console, end, &sentence, causes))
}

/// Sets every output of the contract.
fn set_outputs(console: &Console, report: &AuditReport, written: &Written) {
    let totals = report.totals;
    say::outputs(
        console,
        [
            ("events", totals.events.to_string()),
            ("created", totals.created.to_string()),
            ("updated", totals.updated.to_string()),
            ("revoked", totals.revoked.to_string()),
            ("expired", totals.expired.to_string()),
            ("leaked", totals.leaked.to_string()),
            ("actors", totals.actors.to_string()),
            ("reportJson", written.json()),
        ],
    );
}
