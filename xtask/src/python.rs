//! What the tests take from PyPI: Microsoft's own clients, in a virtual environment of this tree.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use crate::payload::sha256;
use crate::terminal::{failure, say};
use crate::workspace::{Workspace, output, read, run};

/// What `requirements.txt` was resolved for, and what it takes to make a virtual environment with pip in it.
const SUITABLE: &str = "import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 10))";

/// The virtual environment: always `target/python` of the tree, so that tests find it.
fn folder(workspace: &Workspace) -> PathBuf {
    workspace.root.join("target").join("python")
}

/// Makes the virtual environment and installs exactly what `requirements.txt` names, unless it is there. What is
/// installed are wheels, so nothing of a package runs meanwhile.
///
/// The inner error says, for the summary, what is missing on this machine.
pub(crate) fn install(workspace: &Workspace) -> Result<Result<(), &'static str>> {
    let requirements = workspace.root.join("xtask/python/requirements.txt");
    let wanted = sha256(&read(&requirements)?);
    let folder = folder(workspace);
    let python = folder.join("bin").join("python");
    // Written last, so that an install that was stopped half-way is done again.
    let stamp = folder.join(".installed");
    let answers = |program: &str| output(Command::new(program).args(["-c", SUITABLE])).is_ok();
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted)
        && answers(&python.to_string_lossy())
    {
        return Ok(Ok(()));
    }
    let Some(system) = ["python3", "python"].into_iter().find(|name| answers(name)) else {
        return Ok(Err(
            "Python 3.10 or newer with its venv module is not here (Debian and Ubuntu: apt-get install python3-venv)",
        ));
    };
    say("Installing Microsoft's Python packages (once per change of requirements.txt)");
    let mut venv = workspace.command(system);
    venv.args(["-m", "venv", "--clear"]).arg(&folder);
    run("python -m venv", &mut venv)?;
    let mut pip = workspace.command(&python);
    pip.args(["-m", "pip", "install", "--quiet", "--no-input"])
        .args(["--disable-pip-version-check", "--require-hashes"])
        .args(["--only-binary", ":all:", "--requirement"])
        .arg(&requirements);
    if let Err(error) = run("pip install", &mut pip) {
        failure(&error);
        return Ok(Err(
            "Microsoft's Python packages could not be installed; is PyPI reachable?",
        ));
    }
    fs::write(&stamp, wanted).with_context(|| format!("{}", stamp.display()))?;
    Ok(Ok(()))
}
