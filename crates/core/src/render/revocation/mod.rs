//! Everything drawn from a revocation: its log, its summary, its spreadsheet. Its JSON is drawn as any report's is, by
//! [`super::json()`].

mod csv;
mod log;
mod markdown;
mod words;

pub use csv::csv;
pub use log::log;
pub use markdown::markdown;
pub use words::{by_outcome, called, next_steps};

#[cfg(test)]
mod tests;
