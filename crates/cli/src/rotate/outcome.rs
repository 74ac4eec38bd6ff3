//! What a rotation leaves for the steps after it, and its last words.

use std::io;

use patkeeper_agent::console::Console;
use patkeeper_core::judge::StepResult;
use patkeeper_core::pat::AuthorizationId;
use patkeeper_core::render;
use patkeeper_core::report::Run;
use patkeeper_core::rotation::RotationReport;
use patkeeper_core::text::plain;
use patkeeper_core::time;
use secrecy::SecretString;

use crate::folder::Folder;
use crate::job::Around;
use crate::report::scrubbed;
use crate::run::{self, Ending};

/// Sets every output of the contract.
pub(super) fn set_outputs(
    console: &Console,
    report: &RotationReport,
    secret_id: Option<&str>,
    token: Option<&SecretString>,
) {
    // A dry run has changed nothing: what stands is what stood.
    let record = if report.dry_run {
        report.before.as_ref()
    } else {
        report.record.as_ref()
    };
    let (secret_id, previous, next_due) = if report.dry_run && report.rotated {
        (None, None, None)
    } else {
        (secret_id, report.previous.as_ref(), report.next_due)
    };
    let only_planned = |id: &AuthorizationId| report.dry_run && report.revoked().any(|other| other.id == *id);
    let reason = match (&report.failure, report.reason.is_empty()) {
        (Some(failure), true) => plain(&failure.what),
        _ => plain(&report.reason),
    };
    let outputs = [
        ("rotated", (report.rotated && !report.dry_run).to_string()),
        ("reason", reason),
        (
            "authorizationId",
            record.map(|record| plain(record.id.as_str())).unwrap_or_default(),
        ),
        (
            "displayName",
            record
                .map(|record| plain(&record.display_name))
                .unwrap_or_default(),
        ),
        (
            "validTo",
            record
                .map(|record| time::second(record.valid_to))
                .unwrap_or_default(),
        ),
        ("secretId", secret_id.map(plain).unwrap_or_default()),
        ("nextRotationDue", next_due.map(time::second).unwrap_or_default()),
        (
            "previousAuthorizationId",
            previous
                .map(|previous| plain(previous.id.as_str()))
                .unwrap_or_default(),
        ),
        (
            "previousRevoked",
            previous
                .is_some_and(|previous| previous.revoked && !only_planned(&previous.id))
                .to_string(),
        ),
    ];
    let mut set: Vec<_> = outputs
        .iter()
        .map(|(name, value)| console.set_output(name, value))
        .collect();
    set.extend(token.map(|token| console.set_secret_output("token", token)));
    for error in set.into_iter().filter_map(Result::err) {
        console.warning(&error.to_string());
    }
}

/// Leaves with the build what came of it: the document for the results tab, and the summary. What cannot be written
/// is a warning: the rotation stands.
pub(super) fn leave(around: &Around<'_>, report: &RotationReport, run: &Run) {
    let (console, context) = (around.console, around.context);
    let Some(temp) = &context.temp_directory else {
        return;
    };
    let path = temp.join("patkeeper").join(context.step_folder());
    let put = |name, text: String| Folder::prepare(&path)?.put(name, |out| out.write_all(text.as_bytes()));
    let left = scrubbed(console, report.document(run.clone()))
        .map_err(|failure| io::Error::other(failure.what))
        .and_then(|document| put("patkeeper.json", render::json(&document)))
        .map(|path| console.attach_document(&path.to_string_lossy()))
        .and_then(|()| {
            let summary = render::rotation::markdown(report, run);
            put("patkeeper.md", console.scrub(&summary))
        })
        .map(|path| console.upload_summary(&path.to_string_lossy()));
    if let Err(error) = left {
        console.warning(&format!(
            "The report could not be written to {}: {error}.",
            path.display()
        ));
    }
}

/// The last words, as loud as they are grave.
pub(super) fn end(console: &Console, report: &RotationReport) -> Ending {
    let sentence = report.sentence();
    match &report.failure {
        Some(failure) => Ending {
            message: sentence,
            ..run::failed(console, failure)
        },
        None => {
            console.text(&sentence);
            Ending {
                result: StepResult::Succeeded,
                exit_code: 0,
                message: sentence,
            }
        }
    }
}
