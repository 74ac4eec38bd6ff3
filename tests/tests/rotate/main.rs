//! PatRotate in whole steps, as an agent runs it: what comes of each is read on the simulated company's books, and
//! everything that was written is searched for every secret there is.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a broken premise should end the test where it is found"
)]

mod adopt;
mod alerts;
mod bad_input;
mod budget;
mod documents;
mod dry_run;
mod extend;
mod outputs;
mod pats;
mod people;
mod policy;
mod scene;
mod sign_ins;
mod trial;
mod turns;
mod vault;
