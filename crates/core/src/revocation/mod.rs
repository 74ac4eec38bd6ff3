//! Revoking PATs: which ones are meant, and what became of each.

mod outcome;
mod report;
mod settings;

pub use report::{Asked, Counts, ORGANIZATION, PatOutcome, RevocationReport, RevokedPat, SCHEMA, Selector};
pub use settings::{Selection, Settings, Whose};
