//! The report's PATs for a spreadsheet.

use ::csv::{Terminator, WriterBuilder};

use super::words::{self, FindingsByPat};
use crate::report::{PatEntry, Report};
use crate::text::csv::cell;
use crate::time;

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
    let findings = FindingsByPat::new(report);
    let row = |pat: &PatEntry| {
        [
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
            cell(&rules(&findings, pat)),
        ]
    };
    sheet(COLUMNS, report.pats.iter().map(row))
}

/// A head line and rows, quoted as RFC 4180 asks; lines end with CR LF. Cells are made harmless before they come here.
pub(super) fn sheet<const N: usize>(columns: [&str; N], rows: impl Iterator<Item = [String; N]>) -> String {
    let mut writer = WriterBuilder::new()
        .terminator(Terminator::CRLF)
        .from_writer(Vec::new());
    // Writing to memory does not fail, and every record has as many fields as the head.
    let mut written = writer.write_record(columns).is_ok();
    for row in rows {
        written &= writer.write_record(row).is_ok();
    }
    match writer.into_inner() {
        Ok(bytes) if written => String::from_utf8(bytes).unwrap_or_default(),
        _ => String::new(),
    }
}

/// `full-access (error) lifetime (waived)`.
fn rules(findings: &FindingsByPat<'_>, pat: &PatEntry) -> String {
    let found: Vec<String> = findings
        .of(pat)
        .map(|finding| format!("{} ({})", finding.rule, words::weight(finding)))
        .collect();
    found.join(" ")
}
