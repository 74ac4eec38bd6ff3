//! What the build takes from npm: the page's compiler and bundler, tfx, which makes the extension, and the independent
//! judges of both.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};

use crate::payload::sha256;
use crate::terminal::say;
use crate::workspace::{Workspace, has, read, run};

const NPM: &str = if cfg!(windows) { "npm.cmd" } else { "npm" };

/// The folder whose `package-lock.json` names everything.
pub(crate) fn folder(workspace: &Workspace) -> PathBuf {
    workspace.root.join("xtask").join("npm")
}

/// The script behind a package's program, to be run by node.
pub(crate) fn tool(workspace: &Workspace, package: &str, program: &str) -> PathBuf {
    let package = folder(workspace).join("node_modules").join(package);
    package.join("bin").join(program)
}

/// Installs exactly what the lock names, unless it is there. Install scripts do not run: none of them is needed.
pub(crate) fn install(workspace: &Workspace) -> Result<()> {
    if !has("node", "--version") || !has(NPM, "--version") {
        bail!(
            "Node.js and npm are needed (Node 20 or newer): install them from nodejs.org or your system's packages"
        );
    }
    let folder = folder(workspace);
    let lock = sha256(&read(&folder.join("package-lock.json"))?);
    // Written last, so that an install that was stopped half-way is done again.
    let stamp = folder.join("node_modules").join(".installed");
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == lock) {
        return Ok(());
    }
    say("Installing the build's npm packages (once per change of the lock)");
    let mut npm = workspace.command(NPM);
    npm.current_dir(&folder).args([
        "ci",
        "--ignore-scripts",
        "--no-audit",
        "--no-fund",
        "--prefer-offline",
    ]);
    run("npm ci", &mut npm)
        .context("the build's npm packages could not be installed; is the npm registry reachable?")?;
    fs::write(&stamp, lock).with_context(|| format!("{}", stamp.display()))
}
