//! What a PAT is, when it ends, and what is wrong with it.
//!
//! Pure: no clock, no I/O, no randomness. `now` is always an argument, and everything builds for
//! `wasm32-unknown-unknown`, so that the results tab judges exactly as the pipeline step does.
//!
//! | room | what it knows |
//! |---|---|
//! | [`organization`] | which strings name an Azure DevOps organization |
//! | [`purpose`] | what a user's sign-in is for, and what that takes |
//! | [`cloud`], [`vault`] | Azure's clouds, Key Vaults and secrets by their names |
//! | [`tenant`] | which strings name a tenant or an app of Microsoft Entra |
//! | [`time`] | the service's timestamps |
//! | [`scope`] | the scope catalogue |
//! | [`pat`], [`family`] | one PAT, its effective expiry, its generations |
//! | [`owner`], [`mod@slice`] | whose a PAT is, and users shared out over parallel jobs |
//! | [`judge`] | statuses, verdict, totals |
//! | [`policy`] | rules, the policy file, waivers |
//! | [`report`] | `patkeeper.report/1` |
//! | [`document`] | any of Patkeeper's documents, read back |
//! | [`mod@fold`] | several reports of one build as one view |
//! | [`rotation`] | the plan of a rotation: what to do next, and why |
//! | [`revocation`] | which PATs a revocation means, and what became of each |
//! | [`audit`] | the audit log, as far as it tells of PATs |
//! | [`render`] | everything drawn from a report |
//! | [`news`] | what a team is told of |
//! | [`advice`] | what the services' error codes mean, and what to do about them |
//! | [`failure`] | what went wrong, in words, and which exit code that is |
//! | [`text`] | making text of strangers harmless |

pub mod advice;
pub mod audit;
pub mod cloud;
pub mod document;
pub mod failure;
pub mod family;
pub mod fold;
pub mod glob;
pub mod judge;
pub mod news;
pub mod organization;
pub mod owner;
pub mod pat;
pub mod policy;
pub mod purpose;
pub mod reading;
pub mod render;
pub mod report;
pub mod revocation;
pub mod rotation;
pub mod scope;
pub mod slice;
pub mod tenant;
pub mod text;
pub mod time;
pub mod vault;
