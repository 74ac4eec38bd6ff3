//! Starting `az`, and ending it.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::io;
use std::process::{Output, Stdio};
use std::time::Duration;

use async_trait::async_trait;
use azure_identity::Executor;
use tokio::process::Command;

use super::{End, Ran, answer};

/// Runs the library's command in an environment of its own, with nothing to read and a time limit.
pub(super) struct Child {
    environment: Vec<(OsString, OsString)>,
    limit: Duration,
    ran: Ran,
}

impl Child {
    pub(super) fn new(environment: Vec<(OsString, OsString)>, limit: Duration, ran: Ran) -> Self {
        Self {
            environment,
            limit,
            ran,
        }
    }

    async fn output(&self, program: &OsStr, arguments: &[&OsStr]) -> io::Result<Output> {
        let mut command = Command::new(program);
        command
            .args(arguments)
            .env_clear()
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        // What is started is a shell, and `az` is a script: each starts the next, so they end as a group.
        #[cfg(unix)]
        command.process_group(0);
        let child = command.spawn()?;
        let _group = Group::of(&child);
        child.wait_with_output().await
    }
}

#[async_trait]
impl Executor for Child {
    async fn run(&self, program: &OsStr, arguments: &[&OsStr]) -> io::Result<Output> {
        let Ok(mut result) = tokio::time::timeout(self.limit, self.output(program, arguments)).await else {
            self.ran.note(End::TimeUp);
            return Err(io::ErrorKind::TimedOut.into());
        };
        if let Ok(output) = &mut result {
            let now = azure_core::time::OffsetDateTime::now_utc().unix_timestamp();
            output.stdout = answer::completed(std::mem::take(&mut output.stdout), now);
        }
        self.ran.note(match &result {
            Ok(output) => End::of(output),
            Err(error) => End::NotStarted(error.kind()),
        });
        result
    }
}

/// Nothing of the environment.
impl fmt::Debug for Child {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Child")
            .field("limit", &self.limit)
            .finish_non_exhaustive()
    }
}

/// Ends all processes of the group when it is dropped: at the time limit, and when the run is cancelled.
struct Group {
    #[cfg(unix)]
    leader: Option<rustix::process::Pid>,
}

impl Group {
    #[cfg(unix)]
    fn of(child: &tokio::process::Child) -> Self {
        let id = child.id().and_then(|id| i32::try_from(id).ok());
        Self {
            leader: id.and_then(rustix::process::Pid::from_raw),
        }
    }

    #[cfg(not(unix))]
    fn of(_: &tokio::process::Child) -> Self {
        Self {}
    }
}

#[cfg(unix)]
impl Drop for Group {
    fn drop(&mut self) {
        if let Some(leader) = self.leader {
            let _ = rustix::process::kill_process_group(leader, rustix::process::Signal::KILL);
        }
    }
}
