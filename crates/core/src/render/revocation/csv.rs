//! The PATs of a revocation for a spreadsheet.

use super::super::csv::sheet;
use crate::revocation::{RevocationReport, RevokedPat};
use crate::text::csv::cell;
use crate::time;

/// The columns, in this order; a later version may add some at the end.
const COLUMNS: [&str; 9] = [
    "organization",
    "authorizationId",
    "displayName",
    "owner",
    "outcome",
    "validTo",
    "global",
    "scopes",
    "failure",
];

/// One line a PAT in the order of the report, with a head line; quoted as RFC 4180 asks, lines end with CR LF. No text
/// of a stranger is a formula to a spreadsheet: see [`cell`].
#[must_use]
pub fn csv(report: &RevocationReport) -> String {
    let organization = cell(&report.organization.name);
    sheet(
        COLUMNS,
        report.pats.iter().map(|pat| row(organization.clone(), pat)),
    )
}

fn row(organization: String, pat: &RevokedPat) -> [String; 9] {
    [
        organization,
        cell(pat.authorization_id.as_str()),
        cell(pat.display_name.as_deref().unwrap_or_default()),
        cell(pat.owner.as_deref().unwrap_or_default()),
        pat.outcome.as_str().to_owned(),
        pat.valid_to.map(time::second).unwrap_or_default(),
        pat.global.to_string(),
        cell(&pat.scopes.join(" ")),
        cell(pat.failure.as_ref().map_or("", |failure| failure.what.as_str())),
    ]
}
