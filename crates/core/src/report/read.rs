//! Reports read back: to merge slices, and in the results tab.

use std::io::{self, BufRead, Read};

use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor,
};
use serde_json::error::Category;
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
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let head = take(serde_json::Deserializer::from_str(text), &mut |row| {
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

    take(serde_json::Deserializer::from_reader(start.chain(reader)), rows)
}

fn take<'de>(
    mut json: serde_json::Deserializer<impl serde_json::de::Read<'de>>,
    rows: &mut dyn FnMut(Row) -> io::Result<()>,
) -> Result<Report, ReportError> {
    let mut taking = Taking {
        rows,
        schema: None,
        misfit: None,
        failed: None,
    };
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
    Err(match (ReportError::from(&broken), taking.schema) {
        (misfit @ ReportError::DoesNotFit { .. }, Some(found)) if found == SCHEMA => misfit,
        (ReportError::DoesNotFit { .. }, Some(found)) if found.starts_with("patkeeper.") => {
            ReportError::OtherVersion {
                found: found.chars().take(60).collect(),
            }
        }
        (ReportError::DoesNotFit { .. }, _) => ReportError::NotAReport,
        (other, _) => other,
    })
}

impl From<&serde_json::Error> for ReportError {
    /// What the parser says of a text that calls itself a report.
    fn from(error: &serde_json::Error) -> Self {
        let (line, column, message) = (error.line(), error.column(), words(error));
        match error.classify() {
            Category::Io => Self::Io(error.to_string()),
            Category::Syntax | Category::Eof => Self::NotJson {
                line,
                column,
                message,
            },
            Category::Data => Self::DoesNotFit {
                line,
                column,
                message,
            },
        }
    }
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

    /// A small report with two rows of each kind, as JSON.
    fn sample() -> Value {
        let report = crate::render::tests::monday();
        let mut value = serde_json::to_value(&report).unwrap();
        for rows in ["pats", "findings"] {
            value[rows].as_array_mut().unwrap().truncate(2);
        }
        value["unreadable"] = serde_json::json!([{
            "organization": "acme",
            "what": "x",
            "failure": {"kind": "service", "code": null, "what": "y", "why": null, "waysOut": [], "serviceWords": null},
        }]);
        value
    }

    /// The members of an object in an order that a JSON writer may choose.
    fn in_order(value: &Value, names: &[&str]) -> String {
        let members: Vec<String> = names
            .iter()
            .map(|name| format!("{name:?}: {}", value[*name]))
            .collect();
        format!("{{{}}}", members.join(","))
    }

    const NAMES: [&str; 15] = [
        "schema",
        "tool",
        "run",
        "status",
        "totals",
        "soonest",
        "organizations",
        "settings",
        "slice",
        "merged",
        "pats",
        "findings",
        "missing",
        "unreadable",
        "notes",
    ];

    #[test]
    fn rows_are_handed_on_and_not_held_whatever_the_order_of_members() {
        let value = sample();
        let mut turned = NAMES;
        turned.reverse();
        for names in [NAMES, turned] {
            let mut rows = Vec::new();
            let text = in_order(&value, &names);
            let head = read_into(text.as_bytes(), &mut |row| {
                rows.push(row);
                Ok(())
            })
            .unwrap();
            assert_eq!(rows.len(), 5);
            assert!(head.pats.is_empty() && head.findings.is_empty() && head.unreadable.is_empty());
            assert_eq!(from_json(&text).unwrap().pats.len(), 2);
        }
    }

    #[test]
    fn a_report_of_an_earlier_version_is_read() {
        let mut value = sample();
        let members = value.as_object_mut().unwrap();
        members.remove("slice");
        members.remove("merged");
        value["settings"].as_object_mut().unwrap().remove("waivers");
        value["organizations"][0].as_object_mut().unwrap().remove("users");
        for rows in ["pats", "findings"] {
            value[rows][0].as_object_mut().unwrap().remove("owner");
        }
        let report = from_json(&value.to_string()).unwrap();
        assert_eq!((report.slice, report.merged.len()), (None, 0));
    }

    #[test]
    fn members_of_a_later_version_are_passed_over() {
        let mut value = sample();
        value["later"] = serde_json::json!({"pats": [1, {"x": null}]});
        value["pats"][0]["later"] = serde_json::json!([1]);
        assert!(from_json(&value.to_string()).is_ok());
    }

    /// What it is counts before what does not fit, wherever it says so.
    #[test]
    fn a_report_of_another_kind_is_called_so_whatever_its_rows() {
        for text in [
            "{\"pats\": [1, 2], \"schema\": \"patkeeper.report/2\"}",
            "{\"schema\": \"patkeeper.report/2\", \"pats\": {}, \"more\": [[]]}",
        ] {
            assert!(
                matches!(from_json(text), Err(ReportError::OtherVersion { .. })),
                "{text}"
            );
        }
        let text = "{\"pats\": [1, 2], \"schema\": \"patkeeper.report/1\"}";
        assert!(matches!(from_json(text), Err(ReportError::DoesNotFit { .. })));
        assert_eq!(from_json("{\"pats\": [1]}"), Err(ReportError::NotAReport));
    }

    #[test]
    fn a_row_that_does_not_fit_is_told_of_though_the_report_says_later_what_it_is() {
        let mut turned = NAMES;
        turned.reverse();
        let mut value = sample();
        value["pats"][1]["daysLeft"] = serde_json::json!("many");
        let refused = from_json(&in_order(&value, &turned)).unwrap_err().to_string();
        assert!(refused.contains("invalid type: string \"many\""), "{refused}");
    }

    #[test]
    fn a_report_that_was_cut_or_written_twice_is_refused() {
        let text = in_order(&sample(), &NAMES);
        for cut in [1, 100, text.len() / 2, text.len() - 1] {
            assert!(matches!(
                from_json(&text[..cut]),
                Err(ReportError::NotJson { .. })
            ));
        }
        assert!(matches!(
            from_json(&format!("{text}{text}")),
            Err(ReportError::NotJson { .. })
        ));
        let twice = text.replacen('{', "{\"pats\": [], ", 1);
        let refused = from_json(&twice).unwrap_err().to_string();
        assert!(refused.contains("duplicate field `pats`"), "{refused}");
    }

    #[test]
    fn who_takes_no_more_rows_is_heard() {
        let text = sample().to_string();
        let full = read_into(text.as_bytes(), &mut |_| {
            Err(io::Error::other("the disk is full"))
        });
        assert_eq!(full, Err(ReportError::Io("the disk is full".to_owned())));
        let broken = io::BufReader::new(Broken).chain(text.as_bytes());
        assert!(matches!(
            read_into(broken, &mut |_| Ok(())),
            Err(ReportError::Io(_))
        ));
    }

    struct Broken;

    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("the share is gone"))
        }
    }

    #[test]
    fn no_depth_breaks_the_reader() {
        for deep in ["[", "{\"a\":"] {
            let text = format!(
                "{{\"schema\": \"patkeeper.report/1\", \"x\": {}",
                deep.repeat(100_000)
            );
            assert!(from_json(&text).is_err());
        }
    }

    proptest! {
        #[test]
        fn no_text_breaks_the_reader(text in prop_oneof!["\\PC{0,60}", "[{\\[\\]}\",:a-z0-9/. ]{0,60}"]) {
            let _ = from_json(&text);
            let _ = from_json(&format!("{{\"schema\":\"patkeeper.report/1\",{text}}}"));
        }

        #[test]
        fn no_value_in_any_place_breaks_the_reader(
            place in prop::sample::select(vec!["/pats/0", "/pats", "/findings/1/owner", "/unreadable/0/failure", "/slice",
                "/merged", "/totals/total", "/pats/0/effectiveExpiry", "/pats/0/daysLeft", "/run/at", "/settings/rules"]),
            with in prop::sample::select(vec!["null", "[]", "{}", "-1", "1e999", "18446744073709551616", "\"\"", "[[]]",
                "\"+262142-01-01T00:00:00Z\"", "\"-0001-01-01T00:00:00Z\"", "{\"position\":0,\"of\":0}"]),
        ) {
            let mut value = sample();
            *value.pointer_mut(place).unwrap() = Value::String("placed here".to_owned());
            let _ = from_json(&value.to_string().replace("\"placed here\"", with)).map(|report| {
                for pat in &report.pats {
                    let _ = pat.key();
                }
            });
        }
    }
}
