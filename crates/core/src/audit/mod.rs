//! The organization's audit log, as far as it tells of PATs.

mod event;
mod settings;

pub use event::Event;
pub use settings::{FailOn, Settings, Span};
