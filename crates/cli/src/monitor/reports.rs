//! The report's files.

use std::io;
use std::path::PathBuf;

use patkeeper_agent::inputs::pat_monitor::ReportFormat;
use patkeeper_core::render;
use patkeeper_core::report::Report;

use crate::folder::Folder;

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

impl Written {
    /// Writes the report in each format. Uploads are queued by the agent, so the files stay.
    pub(crate) fn into(folder: &Folder, report: &Report, formats: &[ReportFormat]) -> io::Result<Self> {
        let mut written = Self::default();
        for format in formats {
            let (name, text) = match format {
                ReportFormat::Json => ("patkeeper.json", render::json(report)),
                ReportFormat::Markdown => ("patkeeper.md", render::markdown(report)),
                ReportFormat::Junit => ("patkeeper.junit.xml", render::junit(report)),
                ReportFormat::Csv => ("patkeeper.csv", render::csv(report)),
            };
            let path = folder.put(name, &text)?;
            match format {
                ReportFormat::Json => written.json = Some(path.clone()),
                ReportFormat::Markdown => written.markdown = Some(path.clone()),
                ReportFormat::Junit | ReportFormat::Csv => {}
            }
            written.files.push(path);
        }
        Ok(written)
    }
}
