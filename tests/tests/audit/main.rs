//! PatAudit in whole steps, as an agent runs it, against the simulated company's audit log. Everything that was
//! written is searched for every secret there is.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a broken premise should end the test where it is found"
)]

mod alerts;
mod bad_input;
mod hostile;
mod leaks;
mod log;
mod patterns;
mod reports;
mod scene;
mod silences;
