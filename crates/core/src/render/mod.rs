//! Everything drawn from a report. Each renderer makes the text of strangers harmless for its own format.

use crate::judge::StepEnd;
use crate::report::Report;

/// One line of a log, in a form that the console can print for an agent or for a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LogLine {
    /// Plain text, already harmless.
    Text(String),
    /// Starts a group that can be folded.
    GroupStart(String),
    /// Ends it.
    GroupEnd,
}

/// PatMonitor's log: header, table (at most 50 rows), policy, what to do next.
#[must_use]
pub fn log(report: &Report) -> Vec<LogLine> {
    let _ = report;
    Vec::new()
}

/// The verdict in one sentence, the last line of the log.
#[must_use]
pub fn verdict_line(report: &Report, end: StepEnd) -> String {
    let _ = (report, end);
    String::new()
}

/// The JSON report: pretty-printed, with everything escaped that a log, a page or a terminal could take for
/// a command (`#`, `<`, `>`, `&`, bidi and control characters), its values unchanged.
#[must_use]
pub fn json(report: &Report) -> String {
    let _ = report;
    String::new()
}

/// The Markdown summary for the build page.
#[must_use]
pub fn markdown(report: &Report) -> String {
    let _ = report;
    String::new()
}

/// One line a PAT, formula-safe.
#[must_use]
pub fn csv(report: &Report) -> String {
    let _ = report;
    String::new()
}

/// One test case per PAT and rule.
#[must_use]
pub fn junit(report: &Report) -> String {
    let _ = report;
    String::new()
}
