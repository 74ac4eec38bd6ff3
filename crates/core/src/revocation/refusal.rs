//! Why a revocation does not start: nothing was changed.

use crate::failure::{Failure, FailureKind};

/// Why a revocation does not start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// It is not known which account the organization is, and so which PATs are its own.
    AccountUnknown(Box<Failure>),
    /// Another number than `expectCount` matches.
    OtherCount {
        /// The number that was stated.
        expected: u32,
        /// The number that matches.
        matched: u32,
    },
    /// Not everything could be read, so that it is not known how many match.
    NotAllRead {
        /// The number that was stated.
        expected: u32,
        /// The number that matches in what was read.
        matched: u32,
    },
    /// No live PAT has such a name.
    NothingMatches {
        /// The patterns.
        names: Vec<String>,
        /// How many of other organizations have.
        elsewhere: usize,
    },
}

impl Refusal {
    /// What people read. The patterns are a person's own, and a service may be quoted.
    #[must_use]
    pub fn failure(&self) -> Failure {
        match self {
            Self::AccountUnknown(cause) => Failure {
                what: "It is not known which PATs are this organization's: nothing was changed.".to_owned(),
                why: Some(format!(
                    "the list may hold PATs of other organizations, and connection data did not tell which account \
                     this one is. {}",
                    cause.what
                )),
                ways_out: std::iter::once(if cause.kind == FailureKind::Refused {
                    "name the PATs by id (authorizationIds): then it makes no difference".to_owned()
                } else {
                    "run it again".to_owned()
                })
                .chain(cause.ways_out.iter().cloned())
                .collect(),
                ..Failure::clone(cause)
            },
            Self::OtherCount { expected, matched } => Failure::new(
                FailureKind::Input,
                format!("{} and expectCount is {expected}: nothing was changed.", matches(*matched)),
            )
            .with_code("otherCount")
            .with_way_out("look through the list; then correct the selection or expectCount"),
            Self::NotAllRead { expected, matched } => Failure::new(
                FailureKind::Service,
                format!(
                    "Whether expectCount holds is not known, since not everything could be read: nothing was changed. \
                     {} in what was read, and {expected} should.",
                    matches(*matched)
                ),
            )
            .with_code("notAllRead")
            .with_way_out("see below what could not be read, and run it again")
            .with_way_out("leave out expectCount: then what was found is revoked"),
            Self::NothingMatches { names, elsewhere } => {
                let failure = Failure::new(
                    FailureKind::Input,
                    format!("No live PAT matches '{}': nothing was changed.", names.join("', '")),
                )
                .with_code("nothingMatches");
                let failure = match elsewhere {
                    0 => failure,
                    1 => failure.with_why("the one PAT of such a name is another organization's"),
                    several => failure.with_why(format!(
                        "the {several} PATs of such a name are other organizations'"
                    )),
                };
                failure
                    .with_way_out("look at the names with PatMonitor, or correct the patterns; letter case counts")
            }
        }
    }
}

fn matches(number: u32) -> String {
    match number {
        1 => "1 PAT matches".to_owned(),
        number => format!("{number} PATs match"),
    }
}
