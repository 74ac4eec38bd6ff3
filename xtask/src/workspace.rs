//! Where things are, and running other programs there.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::terminal::say;

/// The version of everything that is shipped: the workspace's.
pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The source tree.
pub(crate) struct Workspace {
    /// Its top.
    pub(crate) root: PathBuf,
    /// Where cargo builds.
    pub(crate) target: PathBuf,
}

impl Workspace {
    /// Asks cargo.
    pub(crate) fn find() -> Result<Self> {
        let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
        let mut cargo = Command::new(cargo());
        cargo
            .args([
                "metadata",
                "--no-deps",
                "--format-version",
                "1",
                "--manifest-path",
            ])
            .arg(manifest);
        let metadata: Value = serde_json::from_str(&output(&mut cargo)?).context("cargo metadata")?;
        let path = |key: &str| {
            metadata
                .get(key)
                .and_then(Value::as_str)
                .map(PathBuf::from)
                .with_context(|| format!("cargo metadata has no {key}"))
        };
        Ok(Self {
            root: path("workspace_root")?,
            target: path("target_directory")?,
        })
    }

    /// Where the package is made: always `target/package` of the tree, so that scripts find it.
    pub(crate) fn package(&self) -> PathBuf {
        self.root.join("target").join("package")
    }

    /// The published descriptions that some checks compare with. They are not part of this repository; a
    /// checkout may have them beside it.
    pub(crate) fn specs(&self) -> PathBuf {
        self.root.join("..").join("shared").join("specs")
    }

    /// A program, to be run at the top of the tree.
    pub(crate) fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.root);
        command
    }

    /// Runs cargo, with its output on the terminal.
    pub(crate) fn cargo(&self, what: &str, args: &[&str]) -> Result<()> {
        run(what, self.command(cargo()).args(args))
    }
}

/// The cargo that runs this program, else the one in PATH.
pub(crate) fn cargo() -> String {
    std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned())
}

/// Runs a program with its output on the terminal. `what` names it in the error.
pub(crate) fn run(what: &str, command: &mut Command) -> Result<()> {
    say(format!("$ {}", shown(command)));
    let status = command.status().with_context(|| missing(command))?;
    if !status.success() {
        bail!("{what} failed ({status})");
    }
    Ok(())
}

/// Runs a program and returns what it wrote to its standard output.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let done = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| missing(command))?;
    if !done.status.success() {
        let said = String::from_utf8_lossy(&done.stderr).into_owned();
        bail!("{} failed ({}): {}", shown(command), done.status, said.trim());
    }
    String::from_utf8(done.stdout).with_context(|| format!("{} wrote no UTF-8", shown(command)))
}

/// Whether a program answers at all.
pub(crate) fn has(program: impl AsRef<OsStr>, arg: &str) -> bool {
    let command = &mut Command::new(program);
    command
        .arg(arg)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// Creates the folder of `file`, and writes it.
pub(crate) fn write(file: &Path, content: impl AsRef<[u8]>) -> Result<()> {
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder).with_context(|| format!("{}", folder.display()))?;
    }
    std::fs::write(file, content).with_context(|| format!("{}", file.display()))
}

/// Reads a file that belongs to the tree.
pub(crate) fn read(file: &Path) -> Result<Vec<u8>> {
    std::fs::read(file).with_context(|| format!("{}", file.display()))
}

/// `folder`, without what was in it.
pub(crate) fn emptied(folder: PathBuf) -> Result<PathBuf> {
    if folder.exists() {
        std::fs::remove_dir_all(&folder).with_context(|| format!("{}", folder.display()))?;
    }
    std::fs::create_dir_all(&folder).with_context(|| format!("{}", folder.display()))?;
    Ok(folder)
}

fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program())
        .file_name()
        .unwrap_or_default()
        .to_string_lossy();
    command.get_args().fold(program.into_owned(), |line, arg| {
        format!("{line} {}", arg.to_string_lossy())
    })
}

fn missing(command: &Command) -> String {
    format!(
        "{} could not be run: is it installed and in PATH?",
        command.get_program().to_string_lossy()
    )
}
