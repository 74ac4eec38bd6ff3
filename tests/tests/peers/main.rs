//! Microsoft's own Python clients against the simulator: what they accept and refuse, Entra, Key Vault and Azure DevOps
//! would let them. They know of the simulator nothing but a proxy and a CA.
//!
//! `cargo xtask test` installs them; elsewhere these tests say that they are skipped.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a broken premise should end the test where it is found"
)]

mod administration;
mod peer;
mod vault;
