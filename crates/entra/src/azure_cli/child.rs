//! Starting `az`, and ending it.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::io;
use std::process::{Output, Stdio};
use std::time::Duration;

use async_trait::async_trait;
use azure_identity::Executor;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::Command;

use super::{End, Ran, answer};

/// How long its output may stay open after it has ended. All that it printed is in the pipes by then; who holds them
/// open is a process that it left behind.
const GRACE: Duration = Duration::from_secs(1);

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
        let mut child = command.spawn()?;
        // Declared after the child, and so dropped before it: its processes are found through the first of them.
        let mut group = Group::of(&child);
        let (out, err) = (child.stdout.take(), child.stderr.take());
        let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
        let status = {
            let reading = async { tokio::try_join!(read(out, &mut stdout), read(err, &mut stderr)) };
            tokio::pin!(reading);
            tokio::select! {
                read = &mut reading => {
                    read?;
                    let status = child.wait().await?;
                    group.first_has_ended();
                    status
                }
                status = child.wait() => {
                    group.first_has_ended();
                    if let Ok(read) = tokio::time::timeout(GRACE, reading).await {
                        read?;
                    }
                    status?
                }
            }
        };
        Ok(Output {
            status,
            stdout,
            stderr,
        })
    }
}

/// Reads to the end; what was read until then is there at any time.
async fn read(pipe: Option<impl AsyncRead + Unpin>, into: &mut Vec<u8>) -> io::Result<()> {
    if let Some(mut pipe) = pipe {
        while pipe.read_buf(into).await? > 0 {}
    }
    Ok(())
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

/// Ends all that the child started when it is dropped: at the time limit, when the run is cancelled, and when the child
/// has ended and left something behind.
struct Group {
    #[cfg(unix)]
    leader: Option<rustix::process::Pid>,
    /// Until it has ended: its id may be another process's afterwards.
    #[cfg(windows)]
    root: Option<u32>,
}

#[cfg(unix)]
impl Group {
    fn of(child: &tokio::process::Child) -> Self {
        let id = child.id().and_then(|id| i32::try_from(id).ok());
        Self {
            leader: id.and_then(rustix::process::Pid::from_raw),
        }
    }

    /// What it left is still found: a group lasts as long as its last process.
    fn first_has_ended(&mut self) {}
}

#[cfg(unix)]
impl Drop for Group {
    fn drop(&mut self) {
        if let Some(leader) = self.leader {
            let _ = rustix::process::kill_process_group(leader, rustix::process::Signal::KILL);
        }
    }
}

#[cfg(windows)]
impl Group {
    fn of(child: &tokio::process::Child) -> Self {
        Self { root: child.id() }
    }

    /// What it left is not found any more: processes know their parents by id alone.
    fn first_has_ended(&mut self) {
        self.root = None;
    }
}

/// `az.cmd` starts Python, which outlives the shell that is killed. Waited for, because the tree is found from its
/// root, which is killed next.
#[cfg(windows)]
impl Drop for Group {
    fn drop(&mut self) {
        let (Some(root), Some(system)) = (self.root, std::env::var_os("SystemRoot")) else {
            return;
        };
        let program = std::path::Path::new(&system)
            .join("System32")
            .join("taskkill.exe");
        let _ = std::process::Command::new(program)
            .args(["/T", "/F", "/PID", &root.to_string()])
            .env_clear()
            .env("SystemRoot", &system)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
    }
}
