//! PatMonitor over a whole organization, as an agent runs it: everybody's PATs, in slices and merged, with people who
//! cannot be read, a service that asks for patience, and texts that would act.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a broken premise should end the test where it is found"
)]

mod attachments;
mod bad_input;
mod cancellation;
mod everybody;
mod hostile;
mod merging;
mod pipeline;
mod reading;
mod refusals;
mod scene;
mod secrets;
mod slices;
