//! What of the audit log is asked for.

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::glob::Glob;

/// How many days the service keeps its log, whoever asks.
pub const KEPT_DAYS: u32 = 90;

/// What fails the step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum FailOn {
    /// Only what cannot be read.
    Never,
    /// A PAT was found in a public repository.
    Leaked,
    /// Any event that matches.
    Any,
}

impl FailOn {
    /// Every threshold.
    pub const ALL: [Self; 3] = [Self::Never, Self::Leaked, Self::Any];

    /// The word of the contract.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Never => "never",
            Self::Leaked => "leaked",
            Self::Any => "any",
        }
    }
}

/// The span that is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Span {
    /// The days before now: 1 to 90, which the service keeps.
    Days(u32),
    /// From, to: from is earlier, and at most 90 days before to.
    Between(DateTime<Utc>, DateTime<Utc>),
}

impl Span {
    /// From, to: whole seconds, which is what the service is asked with.
    #[must_use]
    pub fn resolve(self, now: DateTime<Utc>) -> (DateTime<Utc>, DateTime<Utc>) {
        let (from, to) = match self {
            Self::Days(days) => {
                let from = now.checked_sub_signed(TimeDelta::days(i64::from(days)));
                (from.unwrap_or(DateTime::UNIX_EPOCH), now)
            }
            Self::Between(from, to) => (from, to),
        };
        (from.trunc_subsecs(0), to.trunc_subsecs(0))
    }
}

/// What of the audit log is asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// When.
    pub span: Span,
    /// Patterns over action ids; at least one. Letter case does not count.
    pub actions: Vec<Glob>,
    /// Patterns over UPN or display name; none: everybody. Letter case does not count.
    pub actors: Vec<Glob>,
    /// What fails the step.
    pub fail_on: FailOn,
}
