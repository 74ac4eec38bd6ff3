//! Revoking PATs: which ones are meant, and what became of each.
//!
//! | room | what it knows |
//! |---|---|
//! | `settings` | what is asked for |
//! | `choose` | which of the PATs listed are meant |
//! | `refusal` | why a run does not start |
//! | `report`, `outcome` | `patkeeper.revocation/1`, and what it comes to |
//! | `fill` | from what was chosen and done to the report |

mod choose;
mod fill;
mod outcome;
mod refusal;
mod report;
#[cfg(feature = "schema")]
mod schema;
mod settings;
#[cfg(test)]
pub(crate) mod tests;

pub use choose::{Chosen, Entry, Fate, Found, Sought};
pub use fill::Tried;
pub use refusal::Refusal;
pub use report::{Asked, Counts, PatOutcome, RevocationReport, RevokedPat, SCHEMA, Selector};
#[cfg(feature = "schema")]
pub use schema::schema;
pub use settings::{Selection, Settings, Whose};
