//! `patkeeper`: keeps the whole life of Azure DevOps PATs in order.

mod agent;
mod alerts;
mod commands;
#[cfg(feature = "demo")]
mod demo;
mod explain;
mod folder;
mod job;
mod memory;
mod monitor;
mod people;
mod rotate;
mod run;
mod scopes;
mod sign_in;

use std::process::ExitCode;

fn main() -> ExitCode {
    commands::run(std::env::args_os())
}
