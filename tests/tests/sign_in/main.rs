//! Every way to sign in, in whole steps: PatMonitor as an agent runs it, and `patkeeper sign-in` as a person does, with
//! nothing but a proxy and a CA between them and the simulated Microsoft Entra, Key Vault and Azure DevOps.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a broken premise should end the test where it is found"
)]

mod bad_input;
mod command;
mod explain;
mod network;
mod own_network;
mod refresh_token;
mod refusals;
mod secrets;
mod terminal;
mod ways;

use patkeeper_tests::office;
