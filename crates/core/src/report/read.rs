//! Reports read back: to merge slices, and in the results tab.

use std::io::{self, BufRead, Read};

use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor,
};
use serde_json::{Map, Value};

use super::{Report, Row, SCHEMA};

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
    /// The text could not be read to its end, or its rows could not be taken.
    #[error("reading it failed: {0}")]
    Io(String),
}

/// Reads a report. Members that this version does not know are passed over, since adding is no new version.
///
/// # Errors
/// See [`ReportError`]. Texts quoted in it are those of the file.
pub fn from_json(text: &str) -> Result<Report, ReportError> {
    let (mut pats, mut findings, mut unreadable) = (Vec::new(), Vec::new(), Vec::new());
    let head = read_into(text.as_bytes(), &mut |row| {
        match row {
            Row::Pat(pat) => pats.push(pat),
            Row::Finding(finding) => findings.push(finding),
            Row::Unreadable(entry) => unreadable.push(entry),
        }
        Ok(())
    })?;
    Ok(Report {
        pats,
        findings,
        unreadable,
        ..head
    })
}

/// Reads a report of any size: its rows are handed on as they come, in the order of the file, and what is given back
/// holds none of them. Rows may have been handed on before the file turns out to be no report.
///
/// # Errors
/// See [`ReportError`].
pub fn read_into(
    mut reader: impl BufRead,
    rows: &mut dyn FnMut(Row) -> io::Result<()>,
) -> Result<Report, ReportError> {
    let mut start = Vec::new();
    let begun = reader.by_ref().take(3).read_to_end(&mut start);
    begun.map_err(|error| ReportError::Io(error.to_string()))?;
    let start = start.strip_prefix("\u{feff}".as_bytes()).unwrap_or(&start);

    let mut taking = Taking {
        rows,
        schema: None,
        misfit: None,
        failed: None,
    };
    let mut json = serde_json::Deserializer::from_reader(start.chain(reader));
    let read = Head(&mut taking).deserialize(&mut json).and_then(|head| {
        json.end()?;
        Ok(head)
    });
    let broken = match read {
        Ok(head) => return Ok(head),
        Err(error) => error,
    };
    if let Some(error) = taking.failed {
        return Err(ReportError::Io(error.to_string()));
    }
    let (line, column, message) = (broken.line(), broken.column(), words(&broken));
    Err(match broken.classify() {
        serde_json::error::Category::Io => ReportError::Io(broken.to_string()),
        serde_json::error::Category::Syntax | serde_json::error::Category::Eof => ReportError::NotJson {
            line,
            column,
            message,
        },
        serde_json::error::Category::Data => match taking.schema {
            Some(found) if found == SCHEMA => ReportError::DoesNotFit {
                line,
                column,
                message,
            },
            Some(found) if found.starts_with("patkeeper.") => ReportError::OtherVersion {
                found: found.chars().take(60).collect(),
            },
            _ => ReportError::NotAReport,
        },
    })
}

/// The parser's words without the place, which the error says itself.
fn words(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.rsplit_once(" at line ")
        .map_or(text.clone(), |(words, _)| words.to_owned())
}

/// What has been seen of a report.
struct Taking<'a> {
    rows: &'a mut dyn FnMut(Row) -> io::Result<()>,
    /// What it calls itself.
    schema: Option<String>,
    /// The first row that does not fit, where it came before the report had said what it is.
    misfit: Option<serde_json::Error>,
    /// What the rows' taker said.
    failed: Option<io::Error>,
}

impl Taking<'_> {
    fn take<E: serde::de::Error>(&mut self, row: Row) -> Result<(), E> {
        (self.rows)(row).map_err(|error| {
            self.failed = Some(error);
            E::custom("a row was not taken")
        })
    }
}

/// The report without its rows.
struct Head<'a, 'b>(&'a mut Taking<'b>);

impl<'de> DeserializeSeed<'de> for Head<'_, '_> {
    type Value = Report;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Report, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Head<'_, '_> {
    type Value = Report;

    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("a report")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Report, A::Error> {
        let taking = self.0;
        let mut head = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            if head.contains_key(&name) {
                return Err(A::Error::custom(format_args!("duplicate field `{name}`")));
            }
            let value = match name.as_str() {
                "pats" => members.next_value_seed(Array(taking, Row::Pat))?,
                "findings" => members.next_value_seed(Array(taking, Row::Finding))?,
                "unreadable" => members.next_value_seed(Array(taking, Row::Unreadable))?,
                _ => members.next_value()?,
            };
            if name == "schema" {
                taking.schema = value.as_str().map(str::to_owned);
                if taking.schema.as_deref() != Some(SCHEMA) {
                    // Whatever else there is may be of any shape.
                    while members.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                    return Err(A::Error::custom("another schema"));
                }
            }
            head.insert(name, value);
        }
        if let Some(misfit) = taking.misfit.take() {
            return Err(A::Error::custom(misfit));
        }
        serde_json::from_value(Value::Object(head)).map_err(A::Error::custom)
    }
}

/// One array of rows; gives an empty one back.
struct Array<'a, 'b, T>(&'a mut Taking<'b>, fn(T) -> Row);

impl<'de, T: DeserializeOwned> DeserializeSeed<'de> for Array<'_, '_, T> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de, T: DeserializeOwned> Visitor<'de> for Array<'_, '_, T> {
    type Value = Value;

    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut rows: A) -> Result<Value, A::Error> {
        let Self(taking, row) = self;
        if taking.schema.is_some() {
            while let Some(found) = rows.next_element()? {
                taking.take(row(found))?;
            }
        } else {
            while let Some(found) = rows.next_element::<Value>()? {
                match serde_json::from_value(found) {
                    Ok(found) => taking.take(row(found))?,
                    Err(misfit) => taking.misfit = taking.misfit.take().or(Some(misfit)),
                }
            }
        }
        Ok(Value::Array(Vec::new()))
    }
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
