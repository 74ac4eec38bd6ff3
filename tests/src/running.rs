//! The step's process: its streams, its end, its cancellation.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::Path;
use std::process::{Command as Program, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use shared_child::SharedChild;
use shared_child::unix::SharedChildExt as _;

use crate::documents;
use crate::job::{Job, Step};
use crate::package::Task;
use crate::processes::{self, Seen};
use crate::step::{Record, StepResult, Stream};

/// How long the agent waits after the interrupt before it terminates.
const AFTER_INTERRUPT: Duration = Duration::from_millis(7_500);
/// How long it waits after that before it kills.
const AFTER_TERMINATE: Duration = Duration::from_millis(2_500);
/// How long it waits for streams that something still holds open once the process has ended. An agent waits 5 s; what
/// holds them is found by then or never, but a machine under load may take longer to hand over what was written.
const STREAMS_AFTER_EXIT: Duration = Duration::from_secs(10);
/// Far beyond anything a step of a test does: whatever runs longer hangs.
const HANGS: Duration = Duration::from_secs(120);

/// POSIX gives these numbers to these signals.
const SIGINT: i32 = 2;
const SIGTERM: i32 = 15;

/// How far the agent had to go to cancel a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ended {
    /// By itself.
    ByItself,
    /// After the interrupt, in its time.
    Interrupted,
    /// Only after SIGTERM.
    Terminated,
    /// Only when killed.
    Killed,
}

/// A step that ran.
#[derive(Debug)]
pub struct Run {
    /// What it wrote and what that added up to.
    pub record: Record,
    /// The exit code of node; `None` when a signal ended it.
    pub exit_code: Option<i32>,
    /// Whether it had to be stopped.
    pub ended: Ended,
    /// Whether something still held its streams seconds after node's end.
    pub streams_held: bool,
    /// Processes of the step that outlived it. They have been killed.
    pub left_behind: Vec<i32>,
    /// Descendants of node that were seen.
    pub seen: Vec<Seen>,
    /// The environment that node got.
    pub environment: BTreeMap<String, String>,
    canceled: bool,
}

/// A step that runs.
pub struct Running {
    child: Arc<SharedChild>,
    record: Arc<(Mutex<Record>, Condvar)>,
    seen: Arc<Mutex<BTreeSet<Seen>>>,
    streams_done: Receiver<()>,
    pump: JoinHandle<()>,
    environment: BTreeMap<String, String>,
    canceled: Option<Ended>,
}

impl Running {
    pub(crate) fn start(
        node: &Path,
        program: &Path,
        folder: &Path,
        environment: BTreeMap<String, String>,
        job: &Job,
        task: &Task,
        step: &Step,
    ) -> Self {
        let mut command = Program::new(node);
        command
            .arg(program)
            .current_dir(folder)
            .env_clear()
            .envs(&environment);
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let child = SharedChild::spawn(&mut command)
            .unwrap_or_else(|error| panic!("cannot start {} {}: {error}", node.display(), program.display()));
        let child = Arc::new(child);

        let (lines, incoming) = mpsc::channel();
        if let Some(out) = child.take_stdout() {
            read_lines(out, Stream::Out, lines.clone());
        }
        if let Some(err) = child.take_stderr() {
            read_lines(err, Stream::Err, lines);
        }
        let record = Arc::new((Mutex::new(Record::new(job, &task.manifest, step)), Condvar::new()));
        let seen = Arc::new(Mutex::new(BTreeSet::new()));
        let (done, streams_done) = mpsc::channel();
        let pump = std::thread::spawn({
            let (record, seen, pid) = (Arc::clone(&record), Arc::clone(&seen), child.id());
            move || {
                pump(&incoming, &record, &seen, pid);
                // Nobody listens any more when the wait for the streams was given up.
                let _ = done.send(());
            }
        });
        Self {
            child,
            record,
            seen,
            streams_done,
            pump,
            environment,
            canceled: None,
        }
    }

    /// What node's descendants look like now.
    #[must_use]
    pub fn descendants(&self) -> Vec<Seen> {
        let now = processes::descendants(self.child.id());
        lock(&self.seen).extend(now.iter().cloned());
        now
    }

    /// Waits until the step has written a line that fits.
    ///
    /// # Panics
    /// When it ends or hangs without.
    pub fn wait_for_line(&self, fits: impl Fn(&str) -> bool) {
        let (record, changed) = &*self.record;
        let guard = lock(record);
        let waiting = |record: &mut Record| !record.raw.iter().any(|(_, line)| fits(line));
        let (guard, timeout) = changed
            .wait_timeout_while(guard, HANGS, waiting)
            .unwrap_or_else(PoisonError::into_inner);
        assert!(!timeout.timed_out(), "the line never came:\n{}", text(&guard));
    }

    /// Cancels it as the agent does: interrupt, terminate, kill, each to node alone, each with its time.
    ///
    /// # Panics
    /// When signals cannot be sent.
    #[must_use]
    pub fn cancel(mut self) -> Self {
        let steps = [
            (SIGINT, AFTER_INTERRUPT, Ended::Interrupted),
            (SIGTERM, AFTER_TERMINATE, Ended::Terminated),
        ];
        for (signal, patience, ended) in steps {
            self.child.send_signal(signal).expect("a signal can be sent");
            if self
                .child
                .wait_timeout(patience)
                .expect("node can be waited for")
                .is_some()
            {
                self.canceled = Some(ended);
                return self;
            }
        }
        self.child.kill().expect("node can be killed");
        self.canceled = Some(Ended::Killed);
        self
    }

    /// Kills node at once, as a lost machine would.
    ///
    /// # Panics
    /// When it cannot be killed.
    #[must_use]
    pub fn kill(self) -> Self {
        self.child.kill().expect("node can be killed");
        self
    }

    /// Waits for the end of the step and hands what it set to the job.
    ///
    /// # Panics
    /// When it hangs.
    #[must_use]
    pub fn finish(self, job: &mut Job) -> Run {
        let status = self.child.wait_timeout(HANGS).expect("node can be waited for");
        let Some(status) = status else {
            let _ = self.child.kill();
            processes::kill(&processes::living_of(job.root()));
            panic!("the step hangs; so far:\n{}", text(&lock(&self.record.0)));
        };
        let streams_held =
            self.streams_done.recv_timeout(STREAMS_AFTER_EXIT) == Err(RecvTimeoutError::Timeout);
        let left_behind = processes::living_of(job.root());
        processes::kill(&left_behind);
        self.pump
            .join()
            .unwrap_or_else(|_| panic!("reading the step's streams failed"));
        let record = lock(&self.record.0).clone();
        record.give_back(job);
        Run {
            record,
            exit_code: status.code(),
            ended: self.canceled.unwrap_or(Ended::ByItself),
            streams_held,
            left_behind,
            seen: lock(&self.seen).iter().cloned().collect(),
            environment: self.environment,
            canceled: self.canceled.is_some(),
        }
    }
}

impl Run {
    /// The step's result, with all that the agent adds: a bad exit code fails it, a canceled job cancels it.
    #[must_use]
    pub fn result(&self) -> StepResult {
        if self.canceled {
            return StepResult::Canceled;
        }
        let exit = if self.exit_code == Some(0) {
            StepResult::Succeeded
        } else {
            StepResult::Failed
        };
        self.record.result_by_commands().max(exit)
    }

    /// An output variable's value, empty when it was not set.
    #[must_use]
    pub fn output(&self, name: &str) -> &str {
        self.record
            .outputs
            .get(name)
            .map_or("", |output| output.value.as_str())
    }

    /// The log as people see it, masked, without debug lines.
    #[must_use]
    pub fn log(&self) -> String {
        text(&self.record)
    }

    /// The content of the first upload whose name fits.
    #[must_use]
    pub fn upload(&self, name: &str) -> Option<String> {
        let upload = self.record.uploads.iter().find(|upload| upload.name == name)?;
        Some(String::from_utf8_lossy(&upload.content).into_owned())
    }

    /// What every step owes its agent, whatever its result: one `task.complete` that agrees with the exit code,
    /// only commands that the agent takes, nothing on stderr, uploads that stay, a document that the results tab can
    /// read, no process left behind.
    ///
    /// # Panics
    /// When one of these does not hold.
    pub fn assert_well_behaved(&self) {
        let log = self.log();
        assert_eq!(
            self.record.complaints,
            Vec::<String>::new(),
            "the agent complained\n{log}"
        );
        assert_eq!(
            self.record.completions.len(),
            1,
            "completions: {:?}\n{log}",
            self.record.completions
        );
        let failed = self.record.result_by_commands() == StepResult::Failed;
        assert_eq!(
            failed,
            self.exit_code != Some(0),
            "exit code {:?} against the result\n{log}",
            self.exit_code
        );
        let errors: Vec<&String> = self
            .record
            .raw
            .iter()
            .filter(|(stream, _)| *stream == Stream::Err)
            .map(|(_, line)| line)
            .collect();
        assert_eq!(errors, Vec::<&String>::new(), "on stderr\n{log}");
        assert_eq!(self.left_behind, Vec::<i32>::new(), "left behind\n{log}");
        assert!(!self.streams_held, "the streams were held open\n{log}");
        for upload in &self.record.uploads {
            let now = std::fs::read(&upload.path).ok();
            assert_eq!(
                now.as_deref(),
                Some(upload.content.as_slice()),
                "{} did not stay",
                upload.path.display()
            );
        }
        let _ = documents::attached(self);
    }
}

fn text(record: &Record) -> String {
    let lines: Vec<&str> = record
        .log
        .iter()
        .filter(|line| !line.debug)
        .map(|line| line.text.as_str())
        .collect();
    lines.join("\n")
}

/// Poisoned means that another thread of this test has failed already; what it left is worth reading.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Of the lines that wait, those from stderr are read first, which is why a secret must not go there.
fn pump(
    incoming: &Receiver<(Stream, String)>,
    record: &(Mutex<Record>, Condvar),
    seen: &Mutex<BTreeSet<Seen>>,
    pid: u32,
) {
    while let Ok(first) = incoming.recv() {
        if lock(seen).is_empty() {
            lock(seen).extend(processes::descendants(pid));
        }
        let mut batch: Vec<(Stream, String)> = std::iter::once(first).chain(incoming.try_iter()).collect();
        batch.sort_by_key(|(stream, _)| *stream == Stream::Out);
        let mut record_now = lock(&record.0);
        for (stream, line) in batch {
            record_now.line(stream, &line);
        }
        drop(record_now);
        record.1.notify_all();
    }
}

/// Lines end at CR, LF or both, as the agent's reader has it: a CR from a stranger starts a new line.
fn read_lines(mut source: impl Read + Send + 'static, stream: Stream, lines: Sender<(Stream, String)>) {
    std::thread::spawn(move || {
        let mut splitter = LineSplitter::default();
        let mut buffer = [0; 8192];
        loop {
            let read = source.read(&mut buffer).unwrap_or(0);
            let chunk = buffer.get(..read).unwrap_or_default();
            let found = if read == 0 {
                splitter.rest()
            } else {
                splitter.feed(chunk)
            };
            for line in found {
                // The pump ends only after both readers.
                let _ = lines.send((stream, line));
            }
            if read == 0 {
                return;
            }
        }
    });
}

#[derive(Default)]
struct LineSplitter {
    line: Vec<u8>,
    after_return: bool,
}

impl LineSplitter {
    fn feed(&mut self, bytes: &[u8]) -> Vec<String> {
        let mut found = Vec::new();
        for byte in bytes {
            match byte {
                b'\n' if self.after_return => self.after_return = false,
                b'\n' | b'\r' => {
                    self.after_return = *byte == b'\r';
                    found.push(self.take());
                }
                _ => {
                    self.after_return = false;
                    self.line.push(*byte);
                }
            }
        }
        found
    }

    fn rest(&mut self) -> Vec<String> {
        if self.line.is_empty() {
            Vec::new()
        } else {
            vec![self.take()]
        }
    }

    fn take(&mut self) -> String {
        String::from_utf8_lossy(&std::mem::take(&mut self.line)).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_at_cr_lf_or_both_even_across_reads() {
        let mut splitter = LineSplitter::default();
        let mut lines = splitter.feed(b"a\r");
        lines.extend(splitter.feed(b"\nb\rc\n\nd"));
        lines.extend(splitter.rest());
        assert_eq!(lines, ["a", "b", "c", "", "d"]);
    }
}
