//! Why reports do not fit together. A gate must not pass because a share of the users was never judged.

use chrono::{DateTime, Utc};

use crate::report::ReportError;
use crate::slice::Slice;
use crate::time;

/// Why reports were not merged: which file, what about it, and what to do. Texts of the files are quoted as they are.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MergeError {
    /// No report was given.
    #[error("there is no report to merge: give the JSON report of every slice, one a line")]
    Nothing,
    /// A share of the users was judged by nobody.
    #[error(
        "{}: {} of {of} missing: give the report of every slice; a job that left none has to run again",
        .organizations.join(", "), numbered(.missing)
    )]
    MissingSlice {
        /// Whose users.
        organizations: Vec<String>,
        /// The shares, from 1.
        missing: Vec<u32>,
        /// Of how many.
        of: u32,
    },
    /// Two reports of one share.
    #[error("{source_name} and {other} are both slice {slice} of {}: give each slice once", .organizations.join(", "))]
    DoubledSlice {
        /// The file.
        source_name: String,
        /// The file before it.
        other: String,
        /// The share of both.
        slice: Slice,
        /// Whose users.
        organizations: Vec<String>,
    },
    /// The users were shared out in two ways.
    #[error(
        "{source_name} is slice {slice}, but {other} is slice {other_slice} of the same organization: give the slices \
         of one run"
    )]
    OtherCount {
        /// The file.
        source_name: String,
        /// Its share.
        slice: Slice,
        /// The file before it.
        other: String,
        /// Its share.
        other_slice: Slice,
    },
    /// Judged by different settings.
    #[error(
        "{setting} is {value} in {source_name}, but {other_value} in {other}: reports are merged where all were judged \
         by the same, failOn and failOnPolicy apart"
    )]
    OtherSettings {
        /// The file.
        source_name: String,
        /// The input or rule.
        setting: String,
        /// Its value in the file.
        value: String,
        /// The file before it, or this step.
        other: String,
        /// The value there.
        other_value: String,
    },
    /// Slices of different organizations, or organizations judged twice.
    #[error(
        "{source_name} is of {}, but {other} is of {}: give the slices of one run, and each organization once",
        .organizations.join(", "), .others.join(", ")
    )]
    OtherOrganization {
        /// The file.
        source_name: String,
        /// What it judged.
        organizations: Vec<String>,
        /// The file before it.
        other: String,
        /// What that judged.
        others: Vec<String>,
    },
    /// Judged at times that are too far apart to be one verdict.
    #[error(
        "{source_name} was judged {}, {other} {}: more than 6 h lie between them; run the older one again",
        time::minute(*.at), time::minute(*.other_at)
    )]
    TooFarApart {
        /// The newest file.
        source_name: String,
        /// When it was judged.
        at: DateTime<Utc>,
        /// The oldest file.
        other: String,
        /// When that was judged.
        other_at: DateTime<Utc>,
    },
    /// All of them judged too long ago: a gate must not pass on what was so yesterday.
    #[error(
        "{source_name}, the newest, was judged {}, but now it is {}: more than 24 h lie between them; run every slice \
         again",
        time::minute(*.at), time::minute(*.now)
    )]
    TooOld {
        /// The newest file.
        source_name: String,
        /// When it was judged.
        at: DateTime<Utc>,
        /// When it is merged.
        now: DateTime<Utc>,
    },
    /// Judged in the future.
    #[error(
        "{source_name} was judged {}, but now it is {}: set the clock of the machine that is wrong, and run it again",
        time::minute(*.at), time::minute(*.now)
    )]
    InTheFuture {
        /// The file.
        source_name: String,
        /// When it was judged, by its own word.
        at: DateTime<Utc>,
        /// When it is merged.
        now: DateTime<Utc>,
    },
    /// The report contradicts itself, or was cut.
    #[error("{source_name}: {what}: it is not as it was written; run its job again")]
    DoesNotAddUp {
        /// The file.
        source_name: String,
        /// What contradicts what.
        what: String,
    },
    /// It could not be read when its rows were needed.
    #[error("{source_name}: {error}")]
    Unread {
        /// The file.
        source_name: String,
        /// Why not.
        error: ReportError,
    },
}

/// `slice 3`, `slices 3, 5 and 7 more`.
fn numbered(missing: &[u32]) -> String {
    /// Named one by one.
    const NAMED: usize = 8;
    let named: Vec<String> = missing.iter().take(NAMED).map(u32::to_string).collect();
    let more = match missing.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    match named.as_slice() {
        [one] => format!("slice {one}"),
        _ => format!("slices {}{more}", named.join(", ")),
    }
}
