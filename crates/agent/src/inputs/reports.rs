//! Which reports are written.

use super::{BadInput, Inputs};
use crate::registry::Input;

/// One form of the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReportFormat {
    /// `patkeeper.json`.
    Json,
    /// `patkeeper.md`.
    Markdown,
    /// `patkeeper.junit.xml`; PatMonitor's alone.
    Junit,
    /// `patkeeper.csv`.
    Csv,
    /// `patkeeper.html`.
    Html,
    /// `patkeeper.sarif`; PatMonitor's alone.
    Sarif,
}

const ALL: &[(&str, ReportFormat)] = &[
    ("json", ReportFormat::Json),
    ("markdown", ReportFormat::Markdown),
    ("junit", ReportFormat::Junit),
    ("csv", ReportFormat::Csv),
    ("html", ReportFormat::Html),
    ("sarif", ReportFormat::Sarif),
];

/// Those given, each once. Only what the input offers is known.
pub(super) fn formats(inputs: &Inputs, input: &Input) -> Result<Vec<ReportFormat>, BadInput> {
    let offered = input.kind.options();
    let table: Vec<_> = ALL
        .iter()
        .filter(|(name, _)| offered.iter().any(|(value, _)| value == name))
        .copied()
        .collect();
    inputs.choices(input, &table)
}
