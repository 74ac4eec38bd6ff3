//! Reports of slices, judged together: nothing is sent.

use std::fs::File;
use std::io::{self, BufReader};
use std::path::PathBuf;

use chrono::Utc;
use patkeeper_agent::registry::pat_monitor;
use patkeeper_core::failure::{Failure, FailureKind};
use patkeeper_core::judge::{MonitorSettings, Scope};
use patkeeper_core::report::{Asked, Report, ReportError, Row, merge, read_into};
use patkeeper_http::Client;

use super::{Found, organization};
use crate::job::Around;
use crate::report::scrubbed;

/// Folds the reports into one. `given` are the inputs that say what they must have been judged by.
pub(super) fn judge(
    paths: &[PathBuf],
    given: &[&'static str],
    settings: &MonitorSettings,
    around: &Around<'_>,
    client: &Client,
) -> Result<Found, Failure> {
    let console = around.console;
    let label = console.front().label("mergeReports");
    let refused = |why: String| {
        Failure::new(FailureKind::Input, format!("{label}: {why}."))
            .with_code("badInput")
            .with_why("a verdict over some of the reports, or over reports that do not fit, would say less than it seems to")
    };
    let mut sources: Vec<(String, Report)> = Vec::new();
    for path in paths {
        let name = path.display().to_string();
        let head = read(path, &mut |_| Ok(())).map_err(|error| refused(format!("{name}: {error}")))?;
        sources.push((name, head));
    }

    let mut shelf = organization::shelf(around)?;
    let mut reread = |at: usize, each: &mut dyn FnMut(Row) -> io::Result<()>| match paths.get(at) {
        Some(path) => read(path, each).map(drop),
        None => Ok(()),
    };
    let asked = Asked {
        settings,
        scope: Scope::Mine,
        given,
    };
    let mut unkept = None;
    let mut keep = |row: Row| {
        organization::put(console, &mut shelf, [row]).map_err(|failure| {
            let error = io::Error::other(failure.what.clone());
            unkept = Some(failure);
            error
        })
    };
    let now = Utc::now();
    let run = around.run(&pat_monitor::TASK, client, now);
    let merged = merge(&sources, &asked, run, now, &mut reread, &mut keep);
    if let Some(failure) = unkept {
        return Err(failure);
    }
    let report = merged.map_err(|error| refused(error.to_string()))?;
    shelf.close().map_err(organization::full)?;
    Ok(Found {
        report: scrubbed(console, report)?,
        rows: Some(shelf),
    })
}

fn read(path: &PathBuf, each: &mut dyn FnMut(Row) -> io::Result<()>) -> Result<Report, ReportError> {
    let io = |error: io::Error| ReportError::Io(error.to_string());
    // A pipe would be waited for, and a device never ends.
    if !std::fs::metadata(path).map_err(io)?.is_file() {
        return Err(ReportError::Io("it is not a file".to_owned()));
    }
    let file = File::open(path).map_err(io)?;
    read_into(BufReader::with_capacity(64 * 1024, file), each)
}
