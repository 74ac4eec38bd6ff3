//! The organization's audit log, as far as it tells of PATs.
//!
//! [`Tally`] takes the log page by page and keeps what matches; [`AuditReport`] is what comes of it.

mod actors;
mod ending;
mod event;
mod notes;
mod pat;
mod report;
#[cfg(feature = "schema")]
mod schema;
mod settings;
mod tally;
#[cfg(test)]
pub(crate) mod tests;

pub use event::Event;
pub use report::{
    Action, ActorCounts, AuditReport, AuditSettings, AuditTotals, AuditedActor, AuditedEvent,
    AuditedOrganization, AuditedPat, Place, SCHEMA, Who,
};
#[cfg(feature = "schema")]
pub use schema::schema;
pub use settings::{FailOn, KEPT_DAYS, Settings, Span};
pub use tally::{LISTED, OrganizationLog, Tally};
