//! Everything drawn from an audit: its log, its summary, its spreadsheet. Its JSON is drawn as any report's is, by
//! [`super::json()`].

mod csv;
mod log;
mod markdown;
mod words;

pub use csv::csv;
pub use log::log;
pub use markdown::markdown;
pub use words::{AFTER_A_LEAK, FULL_ACCESS, SYSTEM, by_the_system, leaks, note, pat, with_full_access};

#[cfg(test)]
mod tests;
