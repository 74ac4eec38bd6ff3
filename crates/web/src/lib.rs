//! The page's side of `core`: reads the documents that a build's steps left, and says what the page shows.
//!
//! No rule lives here: documents are read, folded and judged by [`patkeeper_core`].
//!
//! | room | what it knows |
//! |---|---|
//! | [`model`] | what the page shows, as plain data |
//! | [`exports`] | what JavaScript calls |
//! | `health` | the documents of a build as one, under the thresholds shown |
//! | `documents` | each document as it was given |
//! | `overview`, `headline`, `changes` | the top of the page |
//! | `rows`, `table`, `facets` | the table |
//! | `by_now`, `later` | what has become of PATs since they were judged |
//! | `timeline`, `findings`, `trend` | the other parts of the page |
//! | `tone`, `moment` | colors and times |

mod by_now;
mod changes;
mod documents;
pub mod exports;
mod facets;
mod findings;
mod headline;
mod health;
mod later;
pub mod model;
mod moment;
mod overview;
mod rows;
mod table;
mod timeline;
mod tone;
mod trend;

pub use health::{BadThresholds, Health};
pub use trend::trend_point;
