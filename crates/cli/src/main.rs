//! `patkeeper`: keeps the whole life of Azure DevOps PATs in order.

/// The C library of the static program gives memory back to the kernel so eagerly that a quarter of a run's process
/// time went there.
#[global_allocator]
static ALLOCATOR: dlmalloc::GlobalDlmalloc = dlmalloc::GlobalDlmalloc;

mod agent;
mod commands;
#[cfg(feature = "demo")]
mod demo;
mod monitor;
mod people;
mod reports;
mod run;
mod scopes;

use std::process::ExitCode;

fn main() -> ExitCode {
    commands::run(std::env::args_os())
}
