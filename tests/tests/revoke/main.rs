//! PatRevoke in whole steps, as an agent runs it: what comes of each is read on the simulated company's books, and
//! everything that was written is searched for every secret there is.

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
mod budget;
mod bulk;
mod cancellation;
mod hostile;
mod incident;
mod partial;
mod people;
mod refusals;
mod scene;
