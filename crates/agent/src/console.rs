//! The one place that prints.
//!
//! Everything goes through two walls: known secrets are taken out, then whatever could act as a command or
//! move a terminal's cursor is made harmless. Each line is flushed at once, and in the agent's front all of
//! it goes to stdout, because the agent may read stderr first. A reader that went away is no error.

use std::io::{self, Write};
use std::panic::PanicHookInfo;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::Duration;

use patkeeper_core::judge::StepResult;
use patkeeper_core::render::LogLine;
use secrecy::{ExposeSecret, SecretString};

use crate::Front;
use crate::command::{Command, IssueKind};
use crate::registry::Task;
use crate::scrub::{SHORTEST, Scrubber, neutral};

/// The type of the attachments that the results tab asks a build for.
const DOCUMENT: &str = "patkeeper";

/// An output variable that the registry does not declare: a bug.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the output variable '{name}' is not declared")]
pub struct UndeclaredOutput {
    /// Its name.
    pub name: String,
}

/// Prints. Clones write to the same place and know the same secrets.
#[derive(Clone)]
pub struct Console {
    shared: Arc<Shared>,
}

struct Shared {
    front: Front,
    task: Option<&'static Task>,
    verbose: bool,
    completed: AtomicBool,
    state: Mutex<State>,
}

struct State {
    out: Stream,
    err: Stream,
    scrubber: Scrubber,
    /// The percent last told of.
    progress: Option<u8>,
}

struct Stream {
    to: Box<dyn Write + Send>,
    gone: bool,
}

impl Stream {
    fn line(&mut self, line: &str) {
        if !self.gone {
            let written = self
                .to
                .write_all(format!("{line}\n").as_bytes())
                .and_then(|()| self.to.flush());
            self.gone = written.is_err();
        }
    }
}

/// The right to say how the step ended; using it up is the only way to say so.
///
/// Dropped unused, it ends the step as failed: a step that forgets to say how it ended has not succeeded.
#[must_use]
pub struct RightToComplete {
    console: Console,
}

impl Drop for RightToComplete {
    fn drop(&mut self) {
        self.console
            .complete_once(StepResult::Failed, "Patkeeper ended without saying how.");
    }
}

impl Console {
    /// A console over these streams; the product passes stdout and stderr. `verbose` lets debug lines
    /// through (`SYSTEM_DEBUG`, `--verbose`). The agent's front writes to `out` alone.
    pub fn new(
        front: Front,
        task: Option<&'static Task>,
        verbose: bool,
        out: impl Write + Send + 'static,
        err: impl Write + Send + 'static,
    ) -> (Self, RightToComplete) {
        let stream = |to| Stream { to, gone: false };
        let state = State {
            out: stream(Box::new(out)),
            err: stream(Box::new(err)),
            scrubber: Scrubber::default(),
            progress: None,
        };
        let completed = AtomicBool::new(false);
        let console = Self {
            shared: Arc::new(Shared {
                front,
                task,
                verbose,
                completed,
                state: Mutex::new(state),
            }),
        };
        (console.clone(), RightToComplete { console })
    }

    /// Who reads it.
    #[must_use]
    pub fn front(&self) -> Front {
        self.shared.front
    }

    /// Whether debug lines are let through.
    #[must_use]
    pub fn verbose(&self) -> bool {
        self.shared.verbose
    }

    /// Text without any secret registered so far, for what is written elsewhere: files are not masked by
    /// anyone.
    #[must_use]
    pub fn scrub(&self, text: &str) -> String {
        self.state().scrubber.scrub(text)
    }

    /// Prints lines of text.
    pub fn text(&self, text: &str) {
        self.state().text(text);
    }

    /// Prints what a renderer drew.
    pub fn log(&self, lines: &[LogLine]) {
        for line in lines {
            match line {
                LogLine::Text(text) => self.text(text),
                LogLine::GroupStart(title) => self.group(title),
                LogLine::GroupEnd => self.end_group(),
            }
        }
    }

    /// Starts a group that can be folded; a heading for people.
    pub fn group(&self, title: &str) {
        let mut state = self.state();
        match self.shared.front {
            Front::Agent => {
                let title = state.harmless(title);
                state.command(Command::Group(&title));
            }
            Front::People => state.text(title),
        }
    }

    /// Ends it.
    pub fn end_group(&self) {
        if self.shared.front == Front::Agent {
            self.state().command(Command::EndGroup);
        }
    }

    /// A warning of the step; for people on stderr.
    pub fn warning(&self, message: &str) {
        self.issue(IssueKind::Warning, None, message);
    }

    /// An error of the step; for people on stderr. It does not end the step: see [`Console::complete`].
    pub fn error(&self, message: &str) {
        self.issue(IssueKind::Error, None, message);
    }

    /// An error with the short name of its kind.
    pub fn error_with_code(&self, code: Option<&str>, message: &str) {
        self.issue(IssueKind::Error, code, message);
    }

    fn issue(&self, kind: IssueKind, code: Option<&str>, message: &str) {
        self.state().issue(self.shared.front, kind, code, message);
    }

    /// A line for whoever looks for a bug, if they asked for it.
    pub fn debug(&self, text: &str) {
        if !self.shared.verbose {
            return;
        }
        let mut state = self.state();
        let text = state.harmless(text);
        match self.shared.front {
            Front::Agent => state.command(Command::Debug(&text)),
            Front::People => {
                for line in text.lines() {
                    state.err.line(&format!("debug: {line}"));
                }
            }
        }
    }

    /// How far the step is: 0 to 100. It may be called as often as anything changes: an agent is told of each percent
    /// once, people of every tenth one, on stderr; and what falls back is nobody's news.
    pub fn progress(&self, percent: u8, now: &str) {
        let percent = percent.min(100);
        let mut state = self.state();
        if state.progress.is_some_and(|told| percent <= told) {
            return;
        }
        match self.shared.front {
            Front::Agent => {
                let now = state.harmless(now).replace('\n', " ");
                state.command(Command::SetProgress { percent, now: &now });
            }
            Front::People if state.progress.is_some_and(|told| percent / 10 == told / 10) => return,
            Front::People => {
                let line = format!("{percent:>3} %  {}", state.harmless(now).replace('\n', " "));
                state.err.line(&line);
            }
        }
        state.progress = Some(percent);
    }

    /// Takes the secret, in every form, out of all that is printed from here on, and has the agent mask it
    /// too. `what` names it in the warning that it is too short for that.
    pub fn mask(&self, what: &str, secret: &SecretString) {
        let length = secret.expose_secret().trim().chars().count();
        if length == 0 {
            return;
        }
        if length < SHORTEST {
            self.warning(&format!(
                "{what} has fewer than {SHORTEST} characters: too short to be masked in logs without \
                 masking other text too. Is it the right value?"
            ));
            return;
        }
        let mut state = self.state();
        for form in state.scrubber.learn(secret) {
            // The agent masks line by line; a form of several lines is there line by line as well. And it makes the
            // percent-encoded form itself: told to it, that form would be repeated in a debug log with its `%`
            // escaped, which no mask fits.
            let encoded = form.contains('%') && !secret.expose_secret().contains('%');
            if self.shared.front == Front::Agent && !form.contains(['\r', '\n']) && !encoded {
                state.command(Command::SetSecret(&form));
            }
        }
    }

    /// Sets one of the task's output variables. A later script may print the value, and the agent expands
    /// `$(...)` in it, so anything that could act there is taken out.
    ///
    /// # Errors
    /// The registry declares no such output.
    pub fn set_output(&self, name: &str, value: &str) -> Result<(), UndeclaredOutput> {
        self.declared(name)?;
        if self.shared.front == Front::Agent {
            let mut state = self.state();
            let value = neutral(&state.scrubber.scrub(value)).replace("$(", "$ (");
            state.command(Command::SetVariable {
                name,
                value: &value,
                secret: false,
                output: true,
            });
        }
        Ok(())
    }

    /// Sets one of the task's output variables to a secret, masked first.
    ///
    /// # Errors
    /// The registry declares no such output.
    pub fn set_secret_output(&self, name: &str, value: &SecretString) -> Result<(), UndeclaredOutput> {
        self.declared(name)?;
        self.mask(name, value);
        if self.shared.front == Front::Agent {
            let value = value.expose_secret();
            self.state().command(Command::SetVariable {
                name,
                value,
                secret: true,
                output: true,
            });
        }
        Ok(())
    }

    fn declared(&self, name: &str) -> Result<(), UndeclaredOutput> {
        match self.shared.task.and_then(|task| task.output(name)) {
            Some(_) => Ok(()),
            None => Err(UndeclaredOutput {
                name: name.to_owned(),
            }),
        }
    }

    /// Shows a Markdown file on the build's page. The path is absolute, and the file must stay.
    pub fn upload_summary(&self, path: &str) {
        if self.shared.front == Front::Agent {
            let mut state = self.state();
            let path = state.harmless(path);
            state.command(Command::UploadSummary(&path));
        }
    }

    /// Keeps the task's document with the build, for the results tab. The path is absolute, and the file must stay.
    pub fn attach_document(&self, path: &str) {
        if let (Front::Agent, Some(task)) = (self.shared.front, self.shared.task) {
            let mut state = self.state();
            let path = state.harmless(path);
            state.command(Command::AddAttachment {
                kind: DOCUMENT,
                name: &format!("{}.json", task.name),
                path: &path,
            });
        }
    }

    /// Says how the step ended, once. For people the exit code says it.
    pub fn complete(&self, right: RightToComplete, result: StepResult, message: &str) {
        self.complete_once(result, message);
        drop(right);
    }

    /// Says how the step ended, unless that was said before; returns whether it was said now.
    fn complete_once(&self, result: StepResult, message: &str) -> bool {
        let first = !self.shared.completed.swap(true, Ordering::SeqCst);
        if first && self.shared.front == Front::Agent {
            self.state().complete(result, message);
        }
        first
    }

    /// Has every panic reported as a bug and the step ended as failed, then calls `exit`, which ends the
    /// process with code 70 in the product.
    pub fn install_panic_hook(&self, exit: impl Fn() + Send + Sync + 'static) {
        let console = self.clone();
        std::panic::set_hook(Box::new(move |panic| {
            console.report_panic(panic);
            exit();
        }));
    }

    fn report_panic(&self, panic: &PanicHookInfo<'_>) {
        let payload = panic.payload();
        let words = payload
            .downcast_ref::<&str>()
            .copied()
            .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
            .unwrap_or("no words");
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        let message = format!("Patkeeper has a bug and stopped: {words} ({place}). Please report it.");
        let first = !self.shared.completed.swap(true, Ordering::SeqCst);
        match self.state_soon() {
            Some(mut state) => {
                state.issue(self.shared.front, IssueKind::Error, Some("bug"), &message);
                if first && self.shared.front == Front::Agent {
                    state.complete(StepResult::Failed, "Patkeeper has a bug and stopped.");
                }
            }
            // The panic came from within the console: without its secrets nothing of the panic may be shown.
            None if first && self.shared.front == Front::Agent => {
                let message = "Patkeeper has a bug in its console and stopped.";
                let complete = Command::Complete {
                    result: StepResult::Failed,
                    message,
                };
                let _ = writeln!(io::stdout(), "{complete}").and_then(|()| io::stdout().flush());
            }
            None => {}
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The state, unless this very thread holds it.
    fn state_soon(&self) -> Option<MutexGuard<'_, State>> {
        for _ in 0..20 {
            match self.shared.state.try_lock() {
                Ok(state) => return Some(state),
                Err(TryLockError::Poisoned(state)) => return Some(state.into_inner()),
                Err(TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(5)),
            }
        }
        None
    }
}

impl State {
    fn text(&mut self, text: &str) {
        for line in lines(&self.harmless(text)) {
            self.out.line(line);
        }
    }

    /// Both walls: scrubbed as a whole, then line by line, since a secret may have several lines.
    fn harmless(&self, text: &str) -> String {
        let scrubbed = self.scrubber.scrub(text);
        let lines: Vec<String> = lines(&scrubbed).map(neutral).collect();
        lines.join("\n")
    }

    fn issue(&mut self, front: Front, kind: IssueKind, code: Option<&str>, message: &str) {
        let message = self.harmless(message);
        match front {
            Front::Agent => {
                let code = code.map(|code| self.harmless(code));
                self.command(Command::LogIssue {
                    kind,
                    code: code.as_deref(),
                    message: &message,
                });
            }
            Front::People => {
                let word = match kind {
                    IssueKind::Error => "error",
                    IssueKind::Warning => "warning",
                };
                for line in format!("{word}: {message}").lines() {
                    self.err.line(line);
                }
            }
        }
    }

    fn complete(&mut self, result: StepResult, message: &str) {
        let message = self.harmless(message);
        self.command(Command::Complete {
            result,
            message: &message,
        });
    }

    /// A command whose parts have been through the walls.
    fn command(&mut self, command: Command<'_>) {
        self.out.line(&command.to_string());
    }
}

/// The lines of a text; the empty text is one empty line.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.strip_suffix('\n')
        .unwrap_or(text)
        .split('\n')
        .map(|line| line.strip_suffix('\r').unwrap_or(line))
}

#[cfg(test)]
mod tests;
