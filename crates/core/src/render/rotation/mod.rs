//! Everything drawn from a rotation: its log while it happens, and its summary.

mod log;
mod markdown;

pub use log::{closing, opening, step, warnings};
pub use markdown::markdown;
