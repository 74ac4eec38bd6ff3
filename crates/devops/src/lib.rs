//! Azure DevOps: the PAT lifecycle API, connection data, and what an administrator may ask.
//!
//! | room | what it knows |
//! | --- | --- |
//! | [`AzureDevOps`] | one organization: hosts, sign-in, requests |
//! | [`wire`] | the JSON of the answers, entry by entry, tolerant of everything but what would mislead |
//! | `fields` | the same without a tree, for the answers that come by the ten thousand |
//! | `answer` | telling an answer from a sign-in page, a refusal or trouble before its JSON is believed |
//! | `error` | one name for each decision, and what is said of it |
//! | `permission` | what users, token administration and the audit log take of who asks |
//! | `tenant` | which Entra tenant the organization is connected to |
//! | `page_size` | how many entries a page is asked for where no limit is documented |
//! | `lifecycle` | one's own PATs, one request each |
//! | `own_pats` | all pages of a list, and the use cases' port |
//! | `rotation` | which PATs have ended, and giving one a later end |
//! | `rotated` | the port of a rotation |
//! | `graph` | the organization's users |
//! | `token_admin` | anybody's PATs |
//! | `revocation` | the ports of revoking |
//! | `audit_log` | the audit log |
//! | `leaked` | whose a PAT is that somebody has found |
//! | `probe` | which URL shows that a PAT works |
//! | `trial` | whether it does |

mod answer;
mod audit_log;
mod client;
mod error;
mod fields;
mod graph;
mod leaked;
mod lifecycle;
mod own_pats;
mod page_size;
mod permission;
mod probe;
#[cfg(test)]
mod published;
mod revocation;
mod rotated;
mod rotation;
mod tenant;
mod token_admin;
mod trial;
pub mod wire;

pub use client::AzureDevOps;
pub use error::{DevOpsError, Doing, Reason, Words};
pub use leaked::{LeakedPat, OwnersOrganizations, Person, Standing};
pub use lifecycle::{NewPat, PatChange};
pub use probe::{Probe, ProbeError};
pub use rotated::Rotated;
pub use rotation::{Extended, OwnList};
pub use trial::Trial;
