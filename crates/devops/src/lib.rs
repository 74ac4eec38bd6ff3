//! Azure DevOps: the PAT lifecycle API and connection data.
//!
//! | room | what it knows |
//! | --- | --- |
//! | [`AzureDevOps`] | one organization: hosts, api-versions, requests |
//! | [`wire`] | the JSON of the answers, entry by entry, tolerant of everything but what would mislead |
//! | `answer` | telling an answer from a sign-in page, a refusal or trouble before its JSON is believed |
//! | `error` | one name for each decision, and what is said of it |
//! | `tenant` | which Entra tenant the organization is connected to |
//! | `own_pats` | all pages of a list, and the use cases' port |
//! | `rotation` | which PATs have ended, and giving one a later end |
//! | `rotated` | the port of a rotation |
//! | `probe` | which URL shows that a PAT works |
//! | `trial` | whether it does |

mod answer;
mod client;
mod error;
mod own_pats;
mod probe;
mod rotated;
mod rotation;
mod tenant;
mod trial;
pub mod wire;

pub use client::{AzureDevOps, NewPat, PatChange};
pub use error::{DevOpsError, Doing, Reason, Words};
pub use probe::{Probe, ProbeError};
pub use rotated::Rotated;
pub use rotation::{Extended, OwnList};
pub use trial::Trial;
