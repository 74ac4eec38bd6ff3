//! Every task, input and output, declared once. `task.json`, the tables in `docs/`, the flags of the
//! command line and the reading of `INPUT_*` all come from here.

pub mod channels;
pub mod identify_command;
pub mod organization;
pub mod pat_audit;
pub mod pat_monitor;
pub mod pat_revoke;
pub mod pat_rotate;
pub mod reports;
pub mod sign_in;
pub mod sign_in_command;

/// Every task of this version.
pub static TASKS: &[&Task] = &[
    &pat_monitor::TASK,
    &pat_rotate::TASK,
    &pat_revoke::TASK,
    &pat_audit::TASK,
];

/// The task of this name, e.g. `PatMonitor`.
#[must_use]
pub fn task(name: &str) -> Option<&'static Task> {
    TASKS.iter().copied().find(|task| task.name == name)
}

/// The type of an input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// One line of text.
    Text,
    /// Several values, one a line.
    Lines,
    /// Several words, separated by spaces, commas or lines.
    Words,
    /// Several of these, separated by spaces, commas or lines: value and label.
    Choices(&'static [(&'static str, &'static str)]),
    /// An `https` URL.
    HttpsUrl,
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

impl Kind {
    /// The input's type as `task.json` names it.
    #[must_use]
    pub fn manifest_type(self) -> &'static str {
        match self {
            Self::Text | Self::HttpsUrl => "string",
            Self::Lines | Self::Words | Self::Choices(_) => "multiLine",
            Self::Number { .. } => "int",
            Self::Flag => "boolean",
            Self::Choice(_) => "pickList",
            Self::AzureConnection => "connectedService:AzureRM",
        }
    }

    /// The values it allows, where they can be listed.
    #[must_use]
    pub fn options(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Choice(options) | Self::Choices(options) => options,
            _ => &[],
        }
    }
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
    /// Values of the public contract that this version does not have yet: refused, but known.
    pub later: &'static [&'static str],
    /// The default of the contract; may hold agent macros such as `$(System.CollectionUri)`.
    pub default: Option<&'static str>,
    /// Whether the designer and the reading fill the default in. False where "not given" means something of
    /// its own (a policy file, or another input, may then say it).
    pub default_in_manifest: bool,
    /// An empty value is refused, and there is no default.
    pub required: bool,
    /// Its value never appears in a message, and is masked.
    pub secret: bool,
    /// The label in the designer.
    pub label: &'static str,
    /// One to three sentences, in Markdown.
    pub help: &'static str,
    /// The name of the designer's group.
    pub group: Option<&'static str>,
    /// The designer's condition. The agent ignores it: what it says is checked again in [`crate::inputs`].
    pub visible_rule: Option<&'static str>,
}

impl Input {
    /// An optional input without a default; the other methods add to it.
    #[must_use]
    pub const fn new(name: &'static str, kind: Kind, label: &'static str, help: &'static str) -> Self {
        Self {
            name,
            aliases: &[],
            kind,
            later: &[],
            default: None,
            default_in_manifest: true,
            required: false,
            secret: false,
            label,
            help,
            group: None,
            visible_rule: None,
        }
    }

    /// Other names.
    #[must_use]
    pub const fn aliases(mut self, aliases: &'static [&'static str]) -> Self {
        self.aliases = aliases;
        self
    }

    /// Values of the contract that come with a later version.
    #[must_use]
    pub const fn later(mut self, values: &'static [&'static str]) -> Self {
        self.later = values;
        self
    }

    /// The default.
    #[must_use]
    pub const fn default(mut self, value: &'static str) -> Self {
        self.default = Some(value);
        self
    }

    /// The default that is not filled in: it applies where nothing else says otherwise.
    #[must_use]
    pub const fn default_when_blank(mut self, value: &'static str) -> Self {
        self.default = Some(value);
        self.default_in_manifest = false;
        self
    }

    /// It must be given.
    #[must_use]
    pub const fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// It is a secret.
    #[must_use]
    pub const fn secret(mut self) -> Self {
        self.secret = true;
        self
    }

    /// The designer's group.
    #[must_use]
    pub const fn group(mut self, name: &'static str) -> Self {
        self.group = Some(name);
        self
    }

    /// The designer's condition, e.g. `signIn = accessToken`.
    #[must_use]
    pub const fn visible_when(mut self, rule: &'static str) -> Self {
        self.visible_rule = Some(rule);
        self
    }

    /// The flag for people, without its dashes: `warningDays` is `warning-days`.
    #[must_use]
    pub fn flag(&self) -> String {
        kebab_case(self.name)
    }
}

/// `warningDays` as `warning-days`.
#[must_use]
pub fn kebab_case(camel: &str) -> String {
    let mut kebab = String::with_capacity(camel.len() + 4);
    for c in camel.chars() {
        if c.is_ascii_uppercase() {
            kebab.push('-');
        }
        kebab.push(c.to_ascii_lowercase());
    }
    kebab
}

/// A group of inputs in the designer.
#[derive(Debug, Clone, Copy)]
pub struct Group {
    /// What inputs refer to.
    pub name: &'static str,
    /// What people read.
    pub label: &'static str,
    /// Whether it is open at first.
    pub expanded: bool,
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
    /// The designer's groups, in order.
    pub groups: &'static [Group],
    /// In the order of the designer.
    pub inputs: &'static [Input],
    /// What it sets.
    pub outputs: &'static [Output],
}

impl Task {
    /// The output of this name.
    #[must_use]
    pub fn output(&self, name: &str) -> Option<&'static Output> {
        self.outputs.iter().find(|output| output.name == name)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn names_fit_the_schema_of_task_json_and_are_unique_whatever_their_case() {
        for task in TASKS {
            let mut seen = HashSet::new();
            for name in task
                .inputs
                .iter()
                .flat_map(|input| std::iter::once(input.name).chain(input.aliases.iter().copied()))
            {
                assert!(name.starts_with(|c: char| c.is_ascii_lowercase()), "{name}");
                assert!(name.chars().all(|c| c.is_ascii_alphanumeric()), "{name}");
                assert!(seen.insert(name.to_ascii_uppercase()), "{name} twice");
            }
            let outputs: HashSet<_> = task.outputs.iter().map(|output| output.name).collect();
            assert_eq!(outputs.len(), task.outputs.len());
        }
    }

    #[test]
    fn every_group_and_every_default_that_is_used_exists() {
        for input in TASKS
            .iter()
            .flat_map(|task| task.inputs.iter().map(move |input| (task, input)))
        {
            let (task, input) = input;
            if let Some(group) = input.group {
                assert!(task.groups.iter().any(|known| known.name == group), "{group}");
            }
            assert!(!(input.required && input.default.is_some()), "{}", input.name);
            if let (Kind::Choice(options), Some(default)) = (input.kind, input.default) {
                assert!(
                    options.iter().any(|(value, _)| *value == default),
                    "{}",
                    input.name
                );
            }
            if let Some(rule) = input.visible_rule {
                assert!(
                    !(rule.contains("&&") && rule.contains("||")),
                    "{rule}: the designer splits it by one of the two"
                );
                for comparison in rule.split("&&").flat_map(|part| part.split("||")) {
                    let end = comparison.find(['!', '=']).unwrap();
                    let name = comparison[..end].trim();
                    let wanted = comparison[end..].trim_start_matches(['!', '=']).trim();
                    let of = task.inputs.iter().find(|known| known.name == name);
                    let options = of.unwrap_or_else(|| panic!("{rule}: no {name}")).kind.options();
                    let known = options.iter().any(|(value, _)| *value == wanted);
                    assert!(known || wanted == "\"\"", "{rule}: no {wanted}");
                }
            }
            for later in input.later {
                assert!(
                    input.kind.options().iter().all(|(value, _)| value != later),
                    "{later}"
                );
            }
        }
    }

    #[test]
    fn a_flag_is_the_input_in_kebab_case() {
        assert_eq!(kebab_case("slackWebhookUrl"), "slack-webhook-url");
        assert_eq!(kebab_case("names"), "names");
    }
}
