//! `patkeeper`: keeps the whole life of Azure DevOps PATs in order.

mod agent;
mod alerts;
mod audit;
mod commands;
#[cfg(feature = "demo")]
mod demo;
mod explain;
mod folder;
mod identify;
mod job;
mod memory;
mod monitor;
mod page;
mod people;
mod report;
mod revoke;
mod rotate;
mod run;
mod say;
mod scopes;
mod sign_in;

use std::process::ExitCode;

fn main() -> ExitCode {
    commands::run(std::env::args_os())
}
