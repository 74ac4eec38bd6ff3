//! The simulator in a process of its own, so that nothing of it is counted.

use std::io::{BufRead as _, BufReader, Lines, Write as _};
use std::process::{Child, ChildStdout, Stdio};

use anyhow::{Context, Result, bail};

use crate::workspace::Workspace;

/// A running simulator; it ends with this value.
pub(super) struct Cloud {
    child: Child,
    printed: Lines<BufReader<ChildStdout>>,
    environment: Vec<(String, String)>,
}

/// What an organization holds.
#[derive(Debug, Clone, Copy)]
pub(super) enum Size {
    /// PATs of one user.
    Pats(usize),
    /// Users, about three PATs each.
    Users(u32),
}

/// When a request came, and when it was answered; in microseconds of the simulator's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Asked {
    pub(super) came: u64,
    pub(super) answered: u64,
}

impl Cloud {
    /// One organization of a size, in which every answer takes so many milliseconds.
    pub(super) fn start(workspace: &Workspace, size: Size, latency: u32) -> Result<Self> {
        workspace.cargo(
            "building the simulator",
            &[
                "build",
                "--quiet",
                "--profile",
                "fast",
                "--package",
                "patkeeper-sim",
            ],
        )?;
        let program = workspace.target.join("fast").join("patkeeper-sim");
        let (flag, number) = match size {
            Size::Pats(pats) => ("--pats", pats.to_string()),
            Size::Users(users) => ("--users", users.to_string()),
        };
        let mut simulator = workspace.command(program);
        if let Size::Users(_) = size {
            // Nobody asks for what was asked, and it would be a great deal.
            simulator.args(["--log", "0"]);
        }
        let mut child = simulator
            .args([flag, &number, "--latency-ms", &latency.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("the simulator")?;
        let printed = child.stdout.take().context("the simulator's output")?;
        let mut printed = BufReader::new(printed).lines();
        let (mut environment, mut for_steps) = (Vec::new(), true);
        while let Some(line) = printed.next() {
            let line = line.context("the simulator's output")?;
            // What follows is for programs that are no step of an agent.
            for_steps &= !line.starts_with("# For other programs");
            if line.starts_with("# Enter") {
                return Ok(Self {
                    child,
                    printed,
                    environment,
                });
            }
            environment.extend(variable(&line).filter(|_| for_steps));
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

impl Cloud {
    /// The requests since the last time, in order of arrival.
    pub(super) fn asked(&mut self) -> Result<Vec<Asked>> {
        let input = self.child.stdin.as_mut().context("the simulator's input")?;
        writeln!(input).context("the simulator's input")?;
        let mut asked = Vec::new();
        for line in &mut self.printed {
            let line = line.context("the simulator's output")?;
            if line.starts_with('#') {
                return Ok(asked);
            }
            let mut numbers = line.split(' ').map(str::parse::<u64>);
            let (Some(Ok(came)), Some(Ok(took))) = (numbers.next(), numbers.next()) else {
                bail!("the simulator told of a request as '{line}'")
            };
            let answered = came + took;
            asked.push(Asked { came, answered });
        }
        bail!("the simulator ended")
    }
}

/// How many of these requests had to wait for one another.
pub(super) fn longest_chain(asked: &[Asked]) -> usize {
    let mut by_answer: Vec<&Asked> = asked.iter().collect();
    by_answer.sort_by_key(|asked| asked.answered);
    let mut free = 0;
    by_answer
        .into_iter()
        .filter(|asked| {
            let follows = asked.came >= free;
            if follows {
                free = asked.answered;
            }
            follows
        })
        .count()
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
    fn requests_on_their_way_together_are_one_link_of_the_chain() {
        let asked = |came, answered| Asked { came, answered };
        let together = [asked(0, 20), asked(1, 21), asked(2, 45)];
        assert_eq!(longest_chain(&together), 1);
        let then = [together.as_slice(), &[asked(21, 41), asked(45, 65)]].concat();
        assert_eq!(longest_chain(&then), 3);
        assert_eq!(longest_chain(&[]), 0);
    }

    #[test]
    fn only_what_is_exported_is_a_variable() {
        assert_eq!(
            variable("export A='b=c'"),
            Some(("A".to_owned(), "b=c".to_owned()))
        );
        assert_eq!(variable("# A='b'"), None);
    }
}
