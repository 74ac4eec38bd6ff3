//! What the commands of a step add up to: result, outputs, issues, uploads, and the log people see.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::command::{Command, unescape};
use crate::job::{Job, Step, Variable};
use crate::manifest::Manifest;
use crate::masker::Masker;

/// How many issues of a kind the agent keeps for a step.
const ISSUES_KEPT: usize = 10;

/// What no file may have in its name on Windows, nor an attachment in its type or name there.
const UNFIT: &str = "\"<>|:*?\\/";

/// Commands that a restricted step may use.
const ALLOWED_WHEN_RESTRICTED: [&str; 11] = [
    "logdetail",
    "logissue",
    "issue",
    "complete",
    "setprogress",
    "setsecret",
    "setvariable",
    "debug",
    "settaskvariable",
    "prependpath",
    "telemetry",
];

/// Results by weight: of several, the greatest is the step's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the agent's own words")]
pub enum StepResult {
    Succeeded,
    SucceededWithIssues,
    Failed,
    Canceled,
    Skipped,
    Abandoned,
}

impl StepResult {
    fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "Succeeded" => Self::Succeeded,
            "SucceededWithIssues" => Self::SucceededWithIssues,
            "Failed" => Self::Failed,
            "Canceled" => Self::Canceled,
            "Skipped" => Self::Skipped,
            "Abandoned" => Self::Abandoned,
            _ => return None,
        })
    }
}

/// Where a line came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "say all there is")]
pub enum Stream {
    Out,
    Err,
}

/// A variable that a step set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// Its value, unmasked.
    pub value: String,
    /// Masked from now on.
    pub secret: bool,
}

/// A file that the agent was asked to upload.
#[derive(Debug, Clone)]
pub struct Upload {
    /// The command: `task.uploadsummary`, `task.addattachment`, ….
    pub command: String,
    /// The attachment's type.
    pub kind: String,
    /// The attachment's name.
    pub name: String,
    /// The file.
    pub path: PathBuf,
    /// Its content when the command was processed.
    pub content: Vec<u8>,
}

/// One line of the log, masked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logged {
    /// Whether only `System.Debug` shows it.
    pub debug: bool,
    /// The text.
    pub text: String,
}

/// What a step has done so far.
#[derive(Debug, Clone)]
pub struct Record {
    /// The step's `name:`.
    pub reference: String,
    /// Every line as the process wrote it.
    pub raw: Vec<(Stream, String)>,
    /// Every line that the agent would log.
    pub log: Vec<Logged>,
    /// Every command, in order.
    pub commands: Vec<Command>,
    /// Every `task.complete` that was accepted, with its message.
    pub completions: Vec<(StepResult, String)>,
    /// Error issues kept.
    pub errors: Vec<String>,
    /// Warning issues kept.
    pub warnings: Vec<String>,
    /// Issues beyond the ones kept.
    pub issues_dropped: usize,
    /// Output variables.
    pub outputs: BTreeMap<String, Output>,
    /// Variables for the rest of the job.
    pub variables: BTreeMap<String, Output>,
    /// Uploads, in order.
    pub uploads: Vec<Upload>,
    /// What the agent itself had to say against the step's commands.
    pub complaints: Vec<String>,
    /// What was told to the masker.
    pub masked: Vec<String>,
    failed_by_agent: bool,
    masker: Masker,
    declared_outputs: Vec<String>,
    settable: Option<Vec<String>>,
    read_only: Vec<String>,
    restricted: bool,
    host: String,
}

impl Record {
    pub(crate) fn new(job: &Job, manifest: &Manifest, step: &Step) -> Self {
        Self {
            reference: step.reference.clone(),
            raw: Vec::new(),
            log: Vec::new(),
            commands: Vec::new(),
            completions: Vec::new(),
            errors: Vec::new(),
            warnings: Vec::new(),
            issues_dropped: 0,
            outputs: BTreeMap::new(),
            variables: BTreeMap::new(),
            uploads: Vec::new(),
            complaints: Vec::new(),
            masked: Vec::new(),
            failed_by_agent: false,
            masker: job.masker.clone(),
            declared_outputs: manifest
                .output_variables
                .iter()
                .map(|output| output.name.to_lowercase())
                .collect(),
            settable: manifest.restrictions.settable_variables.as_ref().map(|settable| {
                settable
                    .allowed
                    .iter()
                    .map(|pattern| pattern.to_lowercase())
                    .collect()
            }),
            read_only: job
                .variables
                .iter()
                .filter(|(_, variable)| variable.read_only)
                .map(|(name, _)| name.clone())
                .collect(),
            restricted: step.commands_restricted || manifest.restrictions.commands.mode == "restricted",
            host: job
                .variables
                .get("system.hosttype")
                .map_or_else(String::new, |host| host.value.clone()),
        }
    }

    /// Reads one line of the process.
    pub(crate) fn line(&mut self, stream: Stream, line: &str) {
        self.raw.push((stream, line.to_owned()));
        match Command::parse(line) {
            Some(command) => self.command(command, line),
            None => {
                if line.contains("##vso") {
                    self.complain(format!("not a command, though it looks like one: {line}"));
                }
                self.write(false, line);
            }
        }
    }

    fn command(&mut self, command: Command, line: &str) {
        let known = ["task", "artifact", "build"].contains(&command.area.to_lowercase().as_str());
        if !known {
            self.complain(format!("unknown area '{}': {line}", command.area));
            self.warn(format!("##vso command area '{}' is not known", command.area));
        } else if !command.area.eq_ignore_ascii_case("task")
            && !["build", "release"].contains(&self.host.as_str())
        {
            self.fail(format!("'{}' is not for {} jobs", command.name(), self.host));
        } else if self.restricted && !ALLOWED_WHEN_RESTRICTED.contains(&command.event.to_lowercase().as_str())
        {
            self.warn(format!("{} is not allowed in this step", command.name()));
        } else if let Err(why) = self.process(&command) {
            self.fail(format!("{why}: {line}"));
        }
        if command.name() != "task.debug" {
            self.write(true, &format!("Processed: {}", unescape(line)));
        }
        self.commands.push(command);
    }

    fn process(&mut self, command: &Command) -> Result<(), String> {
        match command.name().as_str() {
            "task.complete" => {
                let result = command
                    .property("result")
                    .and_then(StepResult::parse)
                    .ok_or("result is not valid")?;
                self.completions.push((result, command.data.clone()));
            }
            "task.setvariable" => self.set_variable(command)?,
            "task.setsecret" => self.mask(&command.data),
            "task.logissue" | "task.issue" => self.issue(command)?,
            "task.setprogress" => {}
            "task.debug" => self.write(true, &command.data),
            "task.uploadsummary" => self.upload(command, "Distributedtask.Core.Summary", None)?,
            "task.uploadfile" => self.upload(command, "DistributedTask.Core.FileAttachment", None)?,
            "task.addattachment" => {
                let kind = command
                    .property("type")
                    .ok_or("the attachment has no type")?
                    .to_owned();
                let name = command
                    .property("name")
                    .ok_or("the attachment has no name")?
                    .to_owned();
                self.upload(command, &kind, Some(name))?;
            }
            "artifact.upload" => {
                let name = command
                    .property("artifactname")
                    .ok_or("the artifact has no name")?
                    .to_owned();
                self.upload(command, "artifact", Some(name))?;
            }
            "build.uploadlog" => self.upload(command, "log", None)?,
            "build.addbuildtag"
            | "build.updatebuildnumber"
            | "artifact.associate"
            | "task.settaskvariable"
            | "task.prependpath"
            | "task.logdetail" => {}
            _ => return Err("unknown event".to_owned()),
        }
        Ok(())
    }

    fn set_variable(&mut self, command: &Command) -> Result<(), String> {
        let name = command.property("variable").ok_or("the variable has no name")?;
        let flag = |name| {
            command
                .property(name)
                .is_some_and(|value| value.eq_ignore_ascii_case("true"))
        };
        let secret = flag("issecret");
        let lower = name.to_lowercase();
        if secret {
            let escaped = command
                .data
                .replace('%', "%AZP25")
                .replace('\r', "%0D")
                .replace('\n', "%0A");
            self.mask(&escaped);
            if command.data.contains('\n') {
                return Err("a secret variable has several lines".to_owned());
            }
        }
        let allowed = self
            .settable
            .as_ref()
            .is_none_or(|globs| globs.iter().any(|glob| glob_match::glob_match(glob, &lower)));
        if !allowed {
            self.complain(format!("the manifest does not let the task set '{name}'"));
            self.warn(format!("'{name}' was not set"));
            return Ok(());
        }
        if secret {
            self.mask(&command.data);
        }
        let output = Output {
            value: command.data.clone(),
            secret,
        };
        if flag("isoutput") || self.declared_outputs.contains(&lower) {
            self.outputs.insert(name.to_owned(), output);
        } else if self.read_only.contains(&lower) {
            self.warn(format!("'{name}' is read-only"));
        } else {
            self.variables.insert(name.to_owned(), output);
        }
        Ok(())
    }

    fn issue(&mut self, command: &Command) -> Result<(), String> {
        let Some(kind) = command.property("type") else {
            self.complain("an issue without a type".to_owned());
            return Ok(());
        };
        let mut message = command.data.clone();
        if let Some(path) = command.property("sourcepath") {
            let at = |name| command.property(name).unwrap_or_default();
            message = format!(
                "{path}({},{}): {kind} {}: {message}",
                at("linenumber"),
                at("columnnumber"),
                at("code")
            );
        }
        let message = self.masker.mask(&message);
        self.write(false, &format!("##[{}]{message}", kind.to_lowercase()));
        let kept = match kind.to_lowercase().as_str() {
            "error" => &mut self.errors,
            "warning" => &mut self.warnings,
            _ => return Err(format!("'{kind}' is no type of issue")),
        };
        if kept.len() < ISSUES_KEPT {
            kept.push(message);
        } else {
            self.issues_dropped += 1;
        }
        Ok(())
    }

    fn upload(&mut self, command: &Command, kind: &str, name: Option<String>) -> Result<(), String> {
        let path = Path::new(&command.data);
        let name = name
            .or_else(|| Some(path.file_name()?.to_string_lossy().into_owned()))
            .ok_or("there is no file to upload")?;
        let is_fit = |text: &str| !text.contains(|c: char| c.is_control() || UNFIT.contains(c));
        if !is_fit(kind) || !is_fit(&name) {
            return Err("an attachment's type and name must be fit for a file".to_owned());
        }
        if !path.is_absolute() {
            return Err("the path is not absolute".to_owned());
        }
        let content = std::fs::read(path).map_err(|error| format!("the file cannot be read: {error}"))?;
        self.uploads.push(Upload {
            command: command.name(),
            kind: kind.to_owned(),
            name,
            path: path.to_owned(),
            content,
        });
        Ok(())
    }

    fn mask(&mut self, value: &str) {
        self.masker.add(value);
        self.masked.push(value.to_owned());
    }

    fn fail(&mut self, why: String) {
        self.failed_by_agent = true;
        self.complain(why);
    }

    fn warn(&mut self, text: String) {
        self.write(false, &format!("##[warning]{text}"));
    }

    fn complain(&mut self, what: String) {
        self.complaints.push(what);
    }

    fn write(&mut self, debug: bool, text: &str) {
        let text = self.masker.mask(text);
        self.log.push(Logged { debug, text });
    }

    /// The result by the step's own commands, a failed command counting as `Failed`.
    #[must_use]
    pub fn result_by_commands(&self) -> StepResult {
        let told = self.completions.iter().map(|(result, _)| *result);
        let agent = self.failed_by_agent.then_some(StepResult::Failed);
        told.chain(agent).max().unwrap_or(StepResult::Succeeded)
    }

    /// Hands what the step set to the rest of the job.
    pub(crate) fn give_back(&self, job: &mut Job) {
        job.masker = self.masker.clone();
        let outputs = self
            .outputs
            .iter()
            .map(|(name, output)| (format!("{}.{name}", self.reference), output, true));
        let variables = self
            .variables
            .iter()
            .map(|(name, output)| (name.clone(), output, false));
        for (name, Output { value, secret }, read_only) in outputs.chain(variables) {
            let variable = Variable {
                name: name.clone(),
                value: value.clone(),
                secret: *secret,
                read_only,
            };
            job.variables.insert(name.to_lowercase(), variable);
        }
    }
}
