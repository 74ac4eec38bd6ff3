//! Build, package, generate, test, bench: every habit has one command. `cargo xtask --help` lists them.

mod bans;
mod bench;
mod browser;
mod ci;
mod generate;
mod manifest;
mod npm;
mod package;
mod page;
mod payload;
mod picture;
mod platforms;
mod python;
mod suite;
mod terminal;
mod vsix;
mod workspace;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};

#[derive(Parser)]
#[command(
    name = "cargo xtask",
    about = "Everything that is done to Patkeeper's source",
    disable_version_flag = true
)]
struct Arguments {
    #[command(subcommand)]
    command: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Build the extension: target/package/*.vsix
    Package {
        /// Which platforms' programs go in
        #[arg(long, value_enum, default_value = "host")]
        targets: Targets,
        /// A folder of programs built elsewhere, each in a folder named for its platform: darwin-arm64/patkeeper
        #[arg(long, value_name = "DIR")]
        binaries: Option<PathBuf>,
        /// Publish under another publisher id
        #[arg(long, value_name = "ID")]
        publisher: Option<String>,
    },
    /// Build one program as the package needs it, and put it where `package --binaries` looks for it
    Binary {
        /// The platform, e.g. linux-x64
        platform: String,
        /// The folder
        #[arg(long, value_name = "DIR", default_value = "target/binaries")]
        into: PathBuf,
    },
    /// Make the page: the results tab and the HTML report's template, in target/page
    Page,
    /// Write what is generated from the source: task.json, tables in docs/, the report's schema
    Generate {
        /// Change nothing; fail where a file is stale
        #[arg(long)]
        check: bool,
    },
    /// Check and test everything
    Test,
    /// What continuous integration runs: installs what `test` needs, then runs it
    Ci,
    /// Measure, and compare with the bars
    Bench,
    /// PatMonitor against a simulated organization (the same as `cargo run -- demo`)
    Demo,
}

/// Which platforms' programs go into the package.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Targets {
    /// This machine's
    Host,
    /// Every one that Patkeeper supports
    All,
}

fn main() -> ExitCode {
    let done = workspace::Workspace::find().and_then(|workspace| match Arguments::parse().command {
        Task::Package {
            targets,
            binaries,
            publisher,
        } => {
            let all = targets == Targets::All;
            package::run(
                &workspace,
                &package::Order {
                    all,
                    binaries,
                    publisher,
                },
            )
            .map(|_| ())
        }
        Task::Binary { platform, into } => platforms::put(&workspace, &platform, &into),
        Task::Page => page::run(&workspace).map(|_| ()),
        Task::Generate { check } => generate::run(&workspace, check),
        Task::Test => suite::run(&workspace),
        Task::Ci => ci::run_all(&workspace),
        Task::Bench => bench::run(&workspace),
        Task::Demo => workspace.cargo("The demo", &["run", "--quiet", "--", "demo"]),
    });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            terminal::failure(&error);
            ExitCode::FAILURE
        }
    }
}
