//! The report's PATs for a spreadsheet.

use ::csv::{Terminator, Writer, WriterBuilder};

use super::words::{self, FindingsByPat};
use crate::report::{PatEntry, Report};
use crate::text::csv::cell;

/// The columns, in this order; a later version may add some at the end.
const COLUMNS: [&str; 13] = [
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
];

/// One line a PAT in the order of the report, with a head line; quoted as RFC 4180 asks, lines end with CR LF.
/// No text of a stranger is a formula to a spreadsheet: see [`cell`].
#[must_use]
pub fn csv(report: &Report) -> String {
    let mut writer = WriterBuilder::new()
        .terminator(Terminator::CRLF)
        .from_writer(Vec::new());
    // Writing to memory does not fail, and every record has as many fields as the head.
    let written = write(&mut writer, report).is_ok();
    match writer.into_inner() {
        Ok(bytes) if written => String::from_utf8(bytes).unwrap_or_default(),
        _ => String::new(),
    }
}

fn write(writer: &mut Writer<Vec<u8>>, report: &Report) -> ::csv::Result<()> {
    writer.write_record(COLUMNS)?;
    let findings = FindingsByPat::new(report);
    for pat in &report.pats {
        let instant = |at: chrono::DateTime<chrono::Utc>| at.format("%Y-%m-%dT%H:%M:%SZ").to_string();
        writer.write_record([
            cell(&pat.organization),
            cell(pat.authorization_id.as_str()),
            cell(&pat.display_name),
            cell(&pat.family),
            pat.status.as_str().to_owned(),
            pat.days_left.to_string(),
            instant(pat.effective_expiry),
            instant(pat.valid_from),
            instant(pat.valid_to),
            pat.global.to_string(),
            cell(&pat.scopes.join(" ")),
            cell(pat.replaced_by.as_deref().unwrap_or_default()),
            cell(&rules(&findings, pat)),
        ])?;
    }
    writer.flush()?;
    Ok(())
}

/// `full-access (error) lifetime (waived)`.
fn rules(findings: &FindingsByPat<'_>, pat: &PatEntry) -> String {
    let found: Vec<String> = findings
        .of(pat)
        .map(|finding| format!("{} ({})", finding.rule, words::weight(finding)))
        .collect();
    found.join(" ")
}
