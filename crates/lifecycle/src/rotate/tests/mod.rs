//! The executor under a paused clock: what it waits for, how long, and what it takes for done.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod cancelled;
mod patience;
mod seen;
mod stage;
