//! The simulator in a process of its own, so that nothing of it is counted.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};

use anyhow::{Context, Result, bail};

use crate::workspace::Workspace;

/// A running simulator; it ends with this value.
pub(super) struct Cloud {
    child: Child,
    environment: Vec<(String, String)>,
}

impl Cloud {
    /// One organization with so many PATs of one user.
    pub(super) fn start(workspace: &Workspace, pats: usize) -> Result<Self> {
        workspace.cargo(
            "building the simulator",
            &["build", "--quiet", "--package", "patkeeper-sim"],
        )?;
        let program = workspace.target.join("debug").join("patkeeper-sim");
        let mut child = workspace
            .command(program)
            .args(["--pats", &pats.to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .context("the simulator")?;
        let printed = child.stdout.take().context("the simulator's output")?;
        let mut environment = Vec::new();
        for line in BufReader::new(printed).lines() {
            let line = line.context("the simulator's output")?;
            // What follows is for programs that are no step of an agent.
            if line.starts_with("# For other programs") {
                return Ok(Self { child, environment });
            }
            environment.extend(variable(&line));
        }
        let end = child.wait()?;
        bail!("the simulator ended with {end} before it was ready")
    }

    /// What an agent behind it would give a step.
    pub(super) fn environment(&self) -> impl Iterator<Item = (&str, &str)> {
        self.environment
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

impl Drop for Cloud {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to end.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// `export NAME='value'`.
fn variable(line: &str) -> Option<(String, String)> {
    let (name, value) = line.strip_prefix("export ")?.split_once('=')?;
    Some((name.to_owned(), value.trim_matches('\'').to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_exported_is_a_variable() {
        assert_eq!(
            variable("export A='b=c'"),
            Some(("A".to_owned(), "b=c".to_owned()))
        );
        assert_eq!(variable("# A='b'"), None);
    }
}
