//! Rotating a PAT that a secret store holds: never a moment without a working credential, never an orphan.
//!
//! The plan is a pure function of what was observed, what the run has done since, the settings and the time. The
//! executor is a loop:
//!
//! ```text
//! loop {
//!     match next(&observed, &progress, &settings, now()) {
//!         Step::Done(report) => return report,
//!         step => progress.note(&step, do_it(&step)),      // in a dry run: step.assumed(), where there is one
//!     }
//! }
//! ```
//!
//! | room | what it knows |
//! |---|---|
//! | `name` | base names, generations, the id of a rotation |
//! | `settings` | what is asked for, checked before anything is sent |
//! | `record` | what the store keeps beside the value |
//! | `tags` | how that is written as tags, and what a store takes |
//! | `observed` | what was seen of the store and of the service |
//! | `step` | one thing to do, and what can come of it |
//! | `progress` | what a run has done so far |
//! | `plan` | what to do next, and why |
//! | `line` | a step in words, with what came of it |
//! | `say` | how a rotation that cannot go on says so |
//! | `report` | what happened, until when the secret is valid, when the next run will act |
//! | `document` | `patkeeper.rotation/1`: that as it is kept |

mod document;
mod line;
mod name;
mod observed;
mod plan;
mod progress;
mod record;
mod report;
mod say;
#[cfg(feature = "schema")]
mod schema;
mod settings;
mod step;
mod tags;
#[cfg(test)]
mod tests;

pub use document::{
    OtherPat, PreviousPat, RecordedPat, RotationDocument, SCHEMA, StepTaken, UnrecordedPat, WaitingPat,
};
pub use line::Line;
pub use name::{BaseName, BaseNameError, Generation, LONGEST, RotationId};
pub use observed::{Clock, Ended, Observed, Reading, Secret, Version};
pub use plan::next;
pub use progress::Progress;
pub use record::{
    Intent, LOCK, Metadata, Owner, Record, RunId, STORE_WITHIN, Superseded, UNSETTLED_FOR, Unsettled,
};
pub use report::{Fate, FateKind, Other, Previous, RotationReport};
#[cfg(feature = "schema")]
pub use schema::schema;
pub use settings::{Asked, BadSetting, Mode, Settings};
pub use step::{CONTENT_TYPE, Outcome, Purpose, Step, WriteTags};
pub use tags::{BadTag, TagLimits, TagsFull};
