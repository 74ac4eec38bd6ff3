//! JSON reports.

use std::io;

use serde::Serialize;
use serde_json::ser::{Formatter, PrettyFormatter};

use crate::report::{
    Kind, MergedEntry, Missing, OrganizationEntry, Report, Rows, Run, Settings, SliceEntry, Soonest, Tool,
    Totals, Verdict,
};
use crate::text::is_hidden;

/// A report of any kind as pretty-printed JSON with a line break at its end.
///
/// Everything that a log, a page or a terminal could take for a command is written as `\uXXXX`: `#`, `<`, `>`, `&`,
/// and all that [`is_hidden`] names. A reader gets the very same values back.
#[must_use]
pub fn json(report: &impl Serialize) -> String {
    let mut bytes = Vec::new();
    // A report holds nothing that JSON cannot say. If it did, no JSON at all is better than half of it: no reader
    // takes an empty text for a healthy report.
    match write(&mut bytes, report) {
        Ok(()) => String::from_utf8(bytes).unwrap_or_default(),
        Err(_) => String::new(),
    }
}

/// [`json`] of a report whose rows are kept elsewhere: those that `head` holds are not looked at.
///
/// # Errors
/// Those of writing, and of reading the rows. What was written until then is no JSON.
pub fn json_to(out: &mut dyn io::Write, head: &Report, rows: &dyn Rows) -> io::Result<()> {
    let frame = json(&Frame {
        schema: &head.schema,
        tool: &head.tool,
        run: &head.run,
        status: head.status,
        totals: head.totals,
        soonest: head.soonest.as_ref(),
        organizations: &head.organizations,
        settings: &head.settings,
        slice: head.slice.as_ref(),
        merged: &head.merged,
        pats: [],
        findings: [],
        missing: &head.missing,
        unreadable: [],
        notes: &head.notes,
    });
    if frame.is_empty() {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut rest = frame.as_str();
    for (kind, empty) in [
        (Kind::Pats, "\n  \"pats\": []"),
        (Kind::Findings, "\n  \"findings\": []"),
        (Kind::Unreadable, "\n  \"unreadable\": []"),
    ] {
        // A line that begins so is a member of the report itself: deeper ones begin with more blanks, and no text holds
        // a line break.
        let (before, after) = rest.split_once(empty).ok_or(io::ErrorKind::InvalidData)?;
        out.write_all(before.as_bytes())?;
        out.write_all(empty.trim_end_matches(']').as_bytes())?;
        let mut between = "\n    ";
        rows.each_json(kind, &mut |row| {
            out.write_all(between.as_bytes())?;
            between = ",\n    ";
            out.write_all(row)
        })?;
        out.write_all(if between.starts_with(',') { b"\n  ]" } else { b"]" })?;
        rest = after;
    }
    out.write_all(rest.as_bytes())
}

/// [`Report`] as it is written, but for its rows.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Frame<'a> {
    schema: &'a str,
    tool: &'a Tool,
    run: &'a Run,
    status: Verdict,
    totals: Totals,
    soonest: Option<&'a Soonest>,
    organizations: &'a [OrganizationEntry],
    settings: &'a Settings,
    slice: Option<&'a SliceEntry>,
    merged: &'a [MergedEntry],
    pats: [(); 0],
    findings: [(); 0],
    missing: &'a [Missing],
    unreadable: [(); 0],
    notes: &'a [String],
}

/// A row as [`json_to`] puts it into a report.
///
/// # Errors
/// The row holds what JSON cannot say.
pub fn json_row(row: &impl Serialize) -> io::Result<Vec<u8>> {
    let mut flat = Vec::new();
    write(&mut flat, row)?;
    flat.pop();
    let mut lines = flat.split(|byte| *byte == b'\n');
    let mut row = lines.next().unwrap_or_default().to_vec();
    for line in lines {
        row.extend_from_slice(b"\n    ");
        row.extend_from_slice(line);
    }
    Ok(row)
}

pub(super) fn write(out: &mut dyn io::Write, document: &impl Serialize) -> io::Result<()> {
    let formatter = Harmless(PrettyFormatter::new());
    document.serialize(&mut serde_json::Serializer::with_formatter(&mut *out, formatter))?;
    out.write_all(b"\n")
}

/// Pretty-prints, and escapes more than JSON asks for.
struct Harmless(PrettyFormatter<'static>);

impl Formatter for Harmless {
    fn write_string_fragment<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        // Nearly all text is ASCII without any of them, and a large report has a great deal of it.
        let harmless = |byte: u8| {
            byte.is_ascii() && !byte.is_ascii_control() && !matches!(byte, b'#' | b'<' | b'>' | b'&')
        };
        if fragment.bytes().all(harmless) {
            return writer.write_all(fragment.as_bytes());
        }
        let mut rest = fragment;
        while let Some(at) = rest.find(|c| matches!(c, '#' | '<' | '>' | '&') || is_hidden(c)) {
            let (before, found) = rest.split_at(at);
            writer.write_all(before.as_bytes())?;
            let mut after = found.chars();
            if let Some(c) = after.next() {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    write!(writer, "\\u{unit:04x}")?;
                }
            }
            rest = after.as_str();
        }
        writer.write_all(rest.as_bytes())
    }

    fn begin_array<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_array(writer)
    }

    fn end_array<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_array(writer)
    }

    fn begin_array_value<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.0.begin_array_value(writer, first)
    }

    fn end_array_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_array_value(writer)
    }

    fn begin_object<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_object(writer)
    }

    fn end_object<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_object(writer)
    }

    fn begin_object_key<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.0.begin_object_key(writer, first)
    }

    fn begin_object_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_object_value(writer)
    }

    fn end_object_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_object_value(writer)
    }
}
