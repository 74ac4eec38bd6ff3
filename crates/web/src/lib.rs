//! The page's side of `core`: reads the documents that a build's steps left, and says what the page shows.
//!
//! No rule lives here: documents are read, folded and judged by [`patkeeper_core`].

pub mod exports;
mod health;
pub mod model;

pub use health::{BadThresholds, Health, trend_point};
