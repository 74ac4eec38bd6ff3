//! The files that a step leaves of its report.

use std::io;
use std::path::{Path, PathBuf};

use patkeeper_agent::Front;
use patkeeper_agent::console::Console;
use patkeeper_agent::inputs::ReportFormat;
use patkeeper_core::failure::{Failure, FailureKind};
use patkeeper_core::judge::{StepEnd, StepResult};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::folder::Folder;
use crate::job::Around;
use crate::page::{self, Page};

/// The files of one report.
#[derive(Debug, Default)]
pub(crate) struct Written {
    /// `patkeeper.json`.
    pub(crate) json: Option<PathBuf>,
    /// All of them, in the order written.
    pub(crate) files: Vec<PathBuf>,
}

impl Written {
    /// The value of the output `reportJson`.
    pub(crate) fn json(&self) -> String {
        let path = self.json.as_deref().map(|path| path.to_string_lossy());
        path.unwrap_or_default().into_owned()
    }

    /// The paths for people.
    pub(crate) fn names(&self) -> Vec<String> {
        self.files.iter().map(|path| path.display().to_string()).collect()
    }
}

/// Larger documents are too much for a page, the results tab or an HTML report, in bytes: it is given their head.
const WHOLE: u64 = 8 * 1024 * 1024;

/// The folder that reports in the formats asked for go to; `None`: nowhere. Each step of a job has one of its own, since
/// uploads are queued.
pub(crate) fn folder(
    directory: Option<&PathBuf>,
    asked: &[ReportFormat],
    around: &Around<'_>,
) -> Result<Option<Folder>, Failure> {
    let front = around.console.front();
    page::check(front, asked)?;
    let Some(directory) = directory else {
        return Ok(None);
    };
    let path = match front {
        Front::Agent => directory.join(around.context.step_folder()),
        Front::People => directory.clone(),
    };
    let folder = Folder::prepare(&path).map_err(|error| {
        let path = path.display();
        let label = front.label("reportDirectory");
        Failure::new(
            FailureKind::Input,
            format!("{label}: '{path}' cannot be written to: {error}."),
        )
        .with_code("badInput")
        .with_way_out("give a folder that the agent may write to, such as $(Agent.TempDirectory)/patkeeper")
    })?;
    Ok(Some(folder))
}

/// Writes the report's files, each drawn by `draw`, and leaves the JSON for the results tab: all of it, or what `head`
/// draws where that is too large. A report that cannot be written fails the step, for someone relies
/// on it; it never takes a result's place.
pub(crate) fn write(
    console: &Console,
    folder: Option<&Folder>,
    asked: &[ReportFormat],
    end: StepEnd,
    head: impl Fn() -> String,
    draw: impl Fn(ReportFormat, &mut dyn io::Write) -> io::Result<()>,
) -> (Written, StepEnd) {
    let Some(folder) = folder else {
        return (Written::default(), end);
    };
    match put(console, folder, asked, head, draw) {
        Ok(written) => (written, end),
        Err(error) => {
            console.error(&format!(
                "The report could not be written: {error}. Is the disk full?"
            ));
            let exit_code = if end.result == StepResult::Failed {
                end.exit_code
            } else {
                FailureKind::Input.exit_code()
            };
            let end = StepEnd {
                result: StepResult::Failed,
                exit_code,
            };
            (Written::default(), end)
        }
    }
}

fn put(
    console: &Console,
    folder: &Folder,
    asked: &[ReportFormat],
    head: impl Fn() -> String,
    draw: impl Fn(ReportFormat, &mut dyn io::Write) -> io::Result<()>,
) -> io::Result<Written> {
    let mut written = Written::default();
    let mut summary = None;
    let mut shown: Option<PathBuf> = None;
    let page = asked.contains(&ReportFormat::Html).then(Page::embedded).flatten();
    for format in formats(console, asked) {
        let name = match format {
            ReportFormat::Json => "patkeeper.json",
            ReportFormat::Markdown => "patkeeper.md",
            ReportFormat::Junit => "patkeeper.junit.xml",
            ReportFormat::Csv => "patkeeper.csv",
            ReportFormat::Html => "patkeeper.html",
            ReportFormat::Sarif => "patkeeper.sarif",
        };
        let path = folder.put(name, |out| match (format, &page, &shown) {
            (ReportFormat::Html, Some(page), Some(shown)) => page.write(out, &[("patkeeper.json", shown)]),
            (ReportFormat::Html, ..) => Err(io::Error::other("this program has no page")),
            _ => draw(format, out),
        })?;
        match format {
            ReportFormat::Json => {
                if page.is_some() || console.front() == Front::Agent {
                    let document = shown_of(folder, &path, &head)?;
                    console.attach_document(&document.to_string_lossy());
                    shown = Some(document);
                }
                written.json = Some(path.clone());
            }
            ReportFormat::Markdown => summary = Some(path.clone()),
            ReportFormat::Junit | ReportFormat::Csv | ReportFormat::Html | ReportFormat::Sarif => {}
        }
        written.files.push(path);
    }
    if let Some(summary) = summary {
        console.upload_summary(&summary.to_string_lossy());
    }
    Ok(written)
}

/// What pages are given of a document that was written: all of it, or its head beside it.
fn shown_of(folder: &Folder, document: &Path, head: impl Fn() -> String) -> io::Result<PathBuf> {
    if std::fs::metadata(document)?.len() <= WHOLE {
        return Ok(document.to_owned());
    }
    folder.put("patkeeper.head.json", |out| out.write_all(head().as_bytes()))
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

/// The report, or a row of it, without any secret of this run. A service may quote what it was sent, and nobody masks
/// files and chat messages: so it is taken out once, before anything is drawn, while each secret still stands whole.
pub(crate) fn scrubbed<T: Serialize + DeserializeOwned>(console: &Console, report: T) -> Result<T, Failure> {
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
