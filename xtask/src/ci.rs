//! What continuous integration runs: install what `test` needs and this machine lacks, then run it.

use std::process::Command;

use anyhow::Result;

use crate::browser;
use crate::suite;
use crate::terminal::{say, warn};
use crate::workspace::{Workspace, has, output, run};

/// Installs, then tests.
pub(crate) fn run_all(workspace: &Workspace) -> Result<()> {
    if cfg!(target_os = "linux") && !has("musl-gcc", "--version") {
        // The C compiler that makes the program static. Without it the package is built for this machine's glibc.
        apt(workspace, "musl-gcc", "musl-tools");
    }
    if cfg!(target_os = "linux") && !has("python3", "-cimport ensurepip, venv") {
        apt(workspace, "Python's venv module", "python3-venv");
    }
    if cfg!(target_os = "linux") && browser::find().is_none() {
        apt(workspace, "a browser for the page's tests", "chromium");
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

/// Installs a package that holds `what`, where that is possible.
fn apt(workspace: &Workspace, what: &str, package: &str) {
    let root = output(Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0");
    if !root || !has("apt-get", "--version") {
        warn(format!(
            "{what} is missing and cannot be installed from here (Debian and Ubuntu: apt-get install {package})"
        ));
        return;
    }
    say(format!("{what} is missing: installing {package}"));
    let apt = |args: &[&str]| {
        run(
            "apt-get",
            workspace
                .command("apt-get")
                .env("DEBIAN_FRONTEND", "noninteractive")
                .args(args),
        )
    };
    if let Err(error) = apt(&["update", "-qq"]).and_then(|()| apt(&["install", "-y", "-qq", package])) {
        warn(format!("{package} could not be installed: {error:#}"));
    }
}
