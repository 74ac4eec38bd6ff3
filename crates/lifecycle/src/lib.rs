//! The use cases, over ports. Nothing here knows HTTP, an agent or a file.

pub mod monitor;
pub mod ports;
