//! What continuous integration runs: install what `test` needs and this machine lacks, then run it.

use std::process::Command;

use anyhow::Result;

use crate::suite;
use crate::terminal::{say, warn};
use crate::workspace::{Workspace, has, output, run};

/// Installs, then tests.
pub(crate) fn run_all(workspace: &Workspace) -> Result<()> {
    if cfg!(target_os = "linux") && !has("musl-gcc", "--version") {
        musl(workspace);
    }
    for component in ["rustfmt", "clippy"] {
        if !has("cargo", component) && has("rustup", "--version") {
            run(
                "rustup",
                workspace.command("rustup").args(["component", "add", component]),
            )?;
        }
    }
    suite::run(workspace)
}

/// The C compiler that makes the program static. Without it the package is built for this machine's glibc.
fn musl(workspace: &Workspace) {
    let root = output(Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0");
    if !root || !has("apt-get", "--version") {
        warn(
            "musl-gcc is missing and cannot be installed from here (Debian and Ubuntu: apt-get install musl-tools)",
        );
        return;
    }
    say("musl-gcc is missing: installing musl-tools");
    let apt = |args: &[&str]| {
        run(
            "apt-get",
            workspace
                .command("apt-get")
                .env("DEBIAN_FRONTEND", "noninteractive")
                .args(args),
        )
    };
    if let Err(error) = apt(&["update", "-qq"]).and_then(|()| apt(&["install", "-y", "-qq", "musl-tools"])) {
        warn(format!("musl-tools could not be installed: {error:#}"));
    }
}
