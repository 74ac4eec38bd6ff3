//! Everything drawn from a report. Each renderer makes the text of strangers harmless for its own format.

pub mod audit;
mod csv;
mod explain;
mod failure;
mod json;
mod junit;
mod log;
mod markdown;
mod page;
pub mod revocation;
pub mod rotation;
mod sarif;
mod table;
mod verdict;
mod words;

pub use csv::{csv, csv_to};
pub use explain::{Explanation, explain, explanations};
pub use failure::failure;
pub use json::{json, json_row, json_to};
pub use junit::{junit, junit_to};
pub use log::{closing, log};
pub use markdown::markdown;
pub use sarif::{sarif, sarif_to};
pub use verdict::{own_end, own_verdict_line, verdict_line};
pub use words::{cause_words, count, grouped, has_owners, missing_words, note, number};

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

#[cfg(test)]
pub(crate) mod tests;
