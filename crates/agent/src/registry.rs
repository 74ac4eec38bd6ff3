//! Every task, input and output, declared once. `task.json`, the tables in `docs/`, the flags of the
//! command line and the reading of `INPUT_*` all come from here.

/// The type of an input, as `task.json` names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// One line of text.
    Text,
    /// Several lines.
    Lines,
    /// A whole number within bounds.
    Number {
        /// Smallest allowed.
        min: u32,
        /// Largest allowed.
        max: u32,
    },
    /// `true` or `false`.
    Flag,
    /// One of these: value and label.
    Choice(&'static [(&'static str, &'static str)]),
    /// An Azure Resource Manager service connection.
    AzureConnection,
}

/// One input.
#[derive(Debug, Clone, Copy)]
pub struct Input {
    /// The final name, camelCase.
    pub name: &'static str,
    /// Other names it is known by.
    pub aliases: &'static [&'static str],
    /// Its type.
    pub kind: Kind,
    /// The default of the contract; may hold agent macros such as `$(System.CollectionUri)`.
    pub default: Option<&'static str>,
    /// Whether the designer fills the default in. False where "not given" means something of its own
    /// (a policy file may then say it).
    pub default_in_manifest: bool,
    /// An empty value is refused.
    pub required: bool,
    /// Its value never appears in a message, and is masked.
    pub secret: bool,
    /// The label in the designer.
    pub label: &'static str,
    /// One or two sentences, in Markdown.
    pub help: &'static str,
    /// The designer's group.
    pub group: Option<&'static str>,
    /// The designer's condition.
    pub visible_rule: Option<&'static str>,
}

/// One output variable.
#[derive(Debug, Clone, Copy)]
pub struct Output {
    /// Its name.
    pub name: &'static str,
    /// What it holds.
    pub description: &'static str,
}

/// One task.
#[derive(Debug, Clone, Copy)]
pub struct Task {
    /// `PatMonitor`.
    pub name: &'static str,
    /// The command for people: `monitor`.
    pub command: &'static str,
    /// One sentence.
    pub about: &'static str,
    /// In the order of the designer.
    pub inputs: &'static [Input],
    /// What it sets.
    pub outputs: &'static [Output],
}
