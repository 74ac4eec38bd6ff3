//! The report's files.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use patkeeper_agent::inputs::pat_monitor::ReportFormat;
use patkeeper_core::render;
use patkeeper_core::report::Report;

/// The folder that a step's reports go to. It exists and can be written to, before anything is sent: a step that
/// cannot leave its report should say so while nothing has happened yet.
#[derive(Debug)]
pub(crate) struct Folder(PathBuf);

/// The files of one report.
#[derive(Debug, Default)]
pub(crate) struct Written {
    /// `patkeeper.json`.
    pub(crate) json: Option<PathBuf>,
    /// `patkeeper.md`.
    pub(crate) markdown: Option<PathBuf>,
    /// All of them, in the order written.
    pub(crate) files: Vec<PathBuf>,
}

impl Folder {
    /// Makes the folder, with all above it.
    pub(crate) fn prepare(path: &Path) -> io::Result<Self> {
        let path = std::path::absolute(path)?;
        fs::create_dir_all(&path)?;
        tempfile::Builder::new().prefix(".patkeeper").tempfile_in(&path)?;
        Ok(Self(path))
    }

    /// Writes the report in each format. Uploads are queued by the agent, so the files stay.
    pub(crate) fn write(&self, report: &Report, formats: &[ReportFormat]) -> io::Result<Written> {
        let mut written = Written::default();
        for format in formats {
            let (name, text) = match format {
                ReportFormat::Json => ("patkeeper.json", render::json(report)),
                ReportFormat::Markdown => ("patkeeper.md", render::markdown(report)),
                ReportFormat::Junit => ("patkeeper.junit.xml", render::junit(report)),
                ReportFormat::Csv => ("patkeeper.csv", render::csv(report)),
            };
            let path = self.put(name, &text)?;
            match format {
                ReportFormat::Json => written.json = Some(path.clone()),
                ReportFormat::Markdown => written.markdown = Some(path.clone()),
                ReportFormat::Junit | ReportFormat::Csv => {}
            }
            written.files.push(path);
        }
        Ok(written)
    }

    /// A half-written report would be read as a whole one, so its name comes last.
    fn put(&self, name: &str, text: &str) -> io::Result<PathBuf> {
        let mut file = tempfile::Builder::new()
            .prefix(".patkeeper")
            .tempfile_in(&self.0)?;
        file.write_all(text.as_bytes())?;
        let path = self.0.join(name);
        file.persist(&path)?;
        Ok(path)
    }
}
