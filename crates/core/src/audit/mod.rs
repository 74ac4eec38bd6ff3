//! The organization's audit log, as far as it tells of PATs.

mod ending;
mod event;
mod report;
mod settings;

pub use event::Event;
pub use report::{
    Action, AuditReport, AuditSettings, AuditTotals, AuditedActor, AuditedEvent, AuditedOrganization,
    AuditedPat, Place, SCHEMA, Who,
};
pub use settings::{FailOn, KEPT_DAYS, Settings, Span};
