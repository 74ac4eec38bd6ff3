//! The report's PATs for a spreadsheet.

use std::io;

use ::csv::{Terminator, Writer, WriterBuilder};

use super::words;
use crate::report::{PatEntry, Report, Rows};
use crate::text::csv::cell;
use crate::time;

/// The columns, in this order; a later version may add some at the end.
const COLUMNS: [&str; 14] = [
    "organization",
    "authorizationId",
    "displayName",
    "family",
    "status",
    "daysLeft",
    "effectiveExpiry",
    "validFrom",
    "validTo",
    "global",
    "scopes",
    "replacedBy",
    "policyFindings",
    "owner",
];

/// One line a PAT in the order of the report, with a head line; quoted as RFC 4180 asks, lines end with CR LF.
/// No text of a stranger is a formula to a spreadsheet: see [`cell`].
#[must_use]
pub fn csv(report: &Report) -> String {
    in_memory(|out| csv_to(out, &report.rows()))
}

/// [`csv()`] of a report whose rows are kept elsewhere.
///
/// # Errors
/// Those of writing, and of reading the rows.
pub fn csv_to(out: &mut dyn io::Write, rows: &dyn Rows) -> io::Result<()> {
    let mut writer = writer(out);
    writer.write_record(COLUMNS)?;
    rows.each_pat(&mut |pat| {
        writer.write_record([
            cell(&pat.organization),
            cell(pat.authorization_id.as_str()),
            cell(&pat.display_name),
            cell(&pat.family),
            pat.status.as_str().to_owned(),
            pat.days_left.to_string(),
            time::second(pat.effective_expiry),
            time::second(pat.valid_from),
            time::second(pat.valid_to),
            pat.global.to_string(),
            cell(&pat.scopes.join(" ")),
            cell(pat.replaced_by.as_deref().unwrap_or_default()),
            cell(&rules(rows, pat)?),
            cell(pat.owner.as_ref().map_or("", |owner| &owner.name)),
        ])?;
        Ok(())
    })?;
    writer.flush()
}

/// A head line and rows, quoted as RFC 4180 asks; lines end with CR LF. Cells are made harmless before they come here.
pub(super) fn sheet<const N: usize>(columns: [&str; N], rows: impl Iterator<Item = [String; N]>) -> String {
    in_memory(|out| {
        let mut writer = writer(out);
        writer.write_record(columns)?;
        for row in rows {
            writer.write_record(row)?;
        }
        writer.flush()
    })
}

fn writer(out: &mut dyn io::Write) -> Writer<&mut dyn io::Write> {
    WriterBuilder::new().terminator(Terminator::CRLF).from_writer(out)
}

/// Writing to memory does not fail, and every record has as many fields as the head.
fn in_memory(write: impl FnOnce(&mut dyn io::Write) -> io::Result<()>) -> String {
    let mut bytes = Vec::new();
    match write(&mut bytes) {
        Ok(()) => String::from_utf8(bytes).unwrap_or_default(),
        Err(_) => String::new(),
    }
}

/// `full-access (error) lifetime (waived)`.
fn rules(rows: &dyn Rows, pat: &PatEntry) -> io::Result<String> {
    let mut found: Vec<String> = Vec::new();
    rows.findings_of(pat, &mut |finding| {
        found.push(format!("{} ({})", finding.rule, words::weight(finding)));
        Ok(())
    })?;
    Ok(found.join(" "))
}
