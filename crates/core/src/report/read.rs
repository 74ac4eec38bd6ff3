//! Reports read back: to merge slices, and in the results tab.

use serde::Deserialize;

use super::{Report, SCHEMA};

/// Why a text is not a report that this program reads.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReportError {
    /// Not JSON at all, or cut off.
    #[error("line {line}, column {column}: this is not JSON: {message}")]
    NotJson {
        /// 1-based.
        line: usize,
        /// 1-based.
        column: usize,
        /// The parser's words.
        message: String,
    },
    /// JSON, but not a report.
    #[error("this is JSON, but no report: its `schema` must be `patkeeper.report/1`")]
    NotAReport,
    /// A report of another version.
    #[error("this is a `{found}`; this version of Patkeeper reads `patkeeper.report/1`")]
    OtherVersion {
        /// What its `schema` says.
        found: String,
    },
    /// A report whose content does not fit its schema.
    #[error("line {line}, column {column}: this does not fit `patkeeper.report/1`: {message}")]
    DoesNotFit {
        /// 1-based.
        line: usize,
        /// 1-based.
        column: usize,
        /// What is missing or of another type.
        message: String,
    },
}

/// Reads a report. Members that this version does not know are passed over, since adding is no new version.
///
/// # Errors
/// See [`ReportError`]. Texts quoted in it are those of the file.
pub fn from_json(text: &str) -> Result<Report, ReportError> {
    /// Only as much as tells what it is.
    #[derive(Deserialize)]
    struct Any {
        schema: Option<String>,
    }

    let text = text.trim_start_matches('\u{feff}');
    let any: Any = serde_json::from_str(text).map_err(|error| match error.classify() {
        serde_json::error::Category::Data => ReportError::NotAReport,
        _ => ReportError::NotJson {
            line: error.line(),
            column: error.column(),
            message: words(&error),
        },
    })?;
    match any.schema {
        Some(found) if found == SCHEMA => {}
        Some(found) if found.starts_with("patkeeper.") => {
            let found = found.chars().take(60).collect();
            return Err(ReportError::OtherVersion { found });
        }
        _ => return Err(ReportError::NotAReport),
    }
    serde_json::from_str(text).map_err(|error| ReportError::DoesNotFit {
        line: error.line(),
        column: error.column(),
        message: words(&error),
    })
}

/// The parser's words without the place, which the error says itself.
fn words(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.rsplit_once(" at line ")
        .map_or(text.clone(), |(words, _)| words.to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_no_report_is_told_from_what_is_broken() {
        for (text, expected) in [
            (
                "",
                "line 1, column 0: this is not JSON: EOF while parsing a value",
            ),
            ("<html>", "line 1, column 1: this is not JSON: expected value"),
            (
                "{\"schema\": \"patkeeper.report/1\",",
                "line 1, column 32: this is not JSON: EOF while parsing a value",
            ),
            (
                "[]",
                "this is JSON, but no report: its `schema` must be `patkeeper.report/1`",
            ),
            (
                "{}",
                "this is JSON, but no report: its `schema` must be `patkeeper.report/1`",
            ),
            (
                "{\"schema\": 1}",
                "this is JSON, but no report: its `schema` must be `patkeeper.report/1`",
            ),
            (
                "{\"schema\": \"else\"}",
                "this is JSON, but no report: its `schema` must be `patkeeper.report/1`",
            ),
            (
                "{\"schema\": \"patkeeper.report/2\"}",
                "this is a `patkeeper.report/2`; this version of Patkeeper reads `patkeeper.report/1`",
            ),
            (
                "{\"schema\": \"patkeeper.report/1\"}",
                "line 1, column 32: this does not fit `patkeeper.report/1`: missing field `tool`",
            ),
        ] {
            assert_eq!(from_json(text).unwrap_err().to_string(), expected, "{text}");
        }
    }

    #[test]
    fn a_byte_order_mark_is_passed_over() {
        assert_eq!(from_json("\u{feff}{}"), Err(ReportError::NotAReport));
    }

    proptest! {
        #[test]
        fn no_text_breaks_the_reader(text in prop_oneof!["\\PC{0,60}", "[{\\[\\]}\",:a-z0-9/. ]{0,60}"]) {
            let _ = from_json(&text);
            let _ = from_json(&format!("{{\"schema\":\"patkeeper.report/1\",{text}}}"));
        }
    }
}
