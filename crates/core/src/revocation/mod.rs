//! Revoking PATs: which ones are meant, and what became of each.

mod settings;

pub use settings::{Selection, Settings, Whose};
