//! The parts of `task.json` that an agent acts on.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

/// A task's manifest.
#[derive(Debug, Clone, Deserialize)]
pub struct Manifest {
    /// The task's GUID.
    pub id: String,
    /// `PatMonitor`.
    pub name: String,
    /// The version, three numbers.
    pub version: Version,
    /// Declared inputs.
    #[serde(default)]
    pub inputs: Vec<Input>,
    /// What runs, by handler name.
    #[serde(default)]
    pub execution: BTreeMap<String, Handler>,
    /// Outputs that need no `isoutput`.
    #[serde(default, rename = "outputVariables")]
    pub output_variables: Vec<OutputVariable>,
    /// What the step may do.
    #[serde(default)]
    pub restrictions: Restrictions,
}

/// The version of a task, as numbers: the agent refuses text.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Version {
    /// Goes into `Task@1`.
    pub major: u32,
    /// Second.
    pub minor: u32,
    /// Third.
    pub patch: u32,
}

/// One declared input.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Input {
    /// The name that becomes `INPUT_<NAME>`.
    pub name: String,
    /// Other names that YAML may use.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// `string`, `int`, `connectedService:AzureRM`, ….
    #[serde(rename = "type")]
    pub kind: String,
    /// Text or a boolean.
    #[serde(default)]
    pub default_value: serde_json::Value,
}

impl Input {
    /// The default as the agent fills it in.
    #[must_use]
    pub fn default_text(&self) -> String {
        match &self.default_value {
            serde_json::Value::String(text) => text.trim().to_owned(),
            serde_json::Value::Null => String::new(),
            other => other.to_string(),
        }
    }
}

/// One handler.
#[derive(Debug, Clone, Deserialize)]
pub struct Handler {
    /// The file to run, relative to the task's folder.
    pub target: String,
}

/// One declared output.
#[derive(Debug, Clone, Deserialize)]
pub struct OutputVariable {
    /// Its name.
    pub name: String,
}

/// What the step may do.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Restrictions {
    /// Which commands.
    #[serde(default)]
    pub commands: Commands,
    /// Which variables; absent: all.
    #[serde(default)]
    pub settable_variables: Option<SettableVariables>,
}

/// Which commands a step may use.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Commands {
    /// `any` or `restricted`.
    #[serde(default)]
    pub mode: String,
}

/// Which variables a step may set.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct SettableVariables {
    /// Glob patterns, without regard to case.
    #[serde(default)]
    pub allowed: Vec<String>,
}

impl Manifest {
    /// Reads a task folder's `task.json`.
    ///
    /// # Panics
    /// When it is missing or does not fit.
    #[must_use]
    pub fn read(folder: &Path) -> Self {
        let path = folder.join("task.json");
        let text =
            std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }
}
