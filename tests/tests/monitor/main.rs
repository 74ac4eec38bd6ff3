//! PatMonitor as an agent runs it: the packaged shim and program, driven by the emulator, against the simulator,
//! which they reach through nothing but the agent's proxy and CA settings.

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
mod cancellation;
mod faults;
mod hostile;
mod network;
mod payload;
mod policy;
mod reading;
mod refusals;
mod reports;
mod secrets;
mod surroundings;
mod verdicts;
