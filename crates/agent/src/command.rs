//! Logging commands (`##vso[...]`) and their escaping
//! (microsoft/azure-pipelines-agent: `Command.cs`, `CommandStringConvertor.cs`, `TaskCommandExtension.cs`).

use std::fmt;

use patkeeper_core::judge::StepResult;

/// How much an issue weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IssueKind {
    /// Shown in red; does not fail the step by itself.
    Error,
    /// Shown in yellow.
    Warning,
}

/// One logging command. `Display` writes it escaped, without a line break.
///
/// No `Debug`: `SetSecret` holds one.
#[derive(Clone, Copy)]
pub enum Command<'a> {
    /// Sets a variable for later steps.
    SetVariable {
        /// Its name.
        name: &'a str,
        /// Its value.
        value: &'a str,
        /// Masked in logs.
        secret: bool,
        /// Known to later steps as `<step>.<name>` only.
        output: bool,
    },
    /// Masks a text from here on. The agent masks line by line, so it must be one line.
    SetSecret(&'a str),
    /// An issue of the step.
    LogIssue {
        /// Error or warning.
        kind: IssueKind,
        /// A short name for it.
        code: Option<&'a str>,
        /// What it says; may have several lines.
        message: &'a str,
    },
    /// The step's result.
    Complete {
        /// The result.
        result: StepResult,
        /// One sentence.
        message: &'a str,
    },
    /// Shows a Markdown file on the build's page. The path is absolute and the file stays.
    UploadSummary(&'a str),
    /// Keeps a file with the build. The path is absolute and the file stays.
    AddAttachment {
        /// What the results tab asks for.
        kind: &'a str,
        /// The attachment's name.
        name: &'a str,
        /// The file.
        path: &'a str,
    },
    /// How far the step is.
    SetProgress {
        /// 0 to 100.
        percent: u8,
        /// What is being done.
        now: &'a str,
    },
    /// Shown only when the run has `System.Debug` set.
    Debug(&'a str),
    /// Starts a group that can be folded; formatting only.
    Group(&'a str),
    /// Ends it.
    EndGroup,
}

/// The agent's name of a result; letter case counts.
#[must_use]
pub fn result_name(result: StepResult) -> &'static str {
    match result {
        StepResult::Succeeded => "Succeeded",
        StepResult::SucceededWithIssues => "SucceededWithIssues",
        StepResult::Failed => "Failed",
    }
}

impl fmt::Display for Command<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::SetVariable {
                name,
                value,
                secret,
                output,
            } => {
                let mut properties = vec![("variable", name)];
                if secret {
                    properties.push(("issecret", "true"));
                }
                if output {
                    properties.push(("isoutput", "true"));
                }
                write(f, "setvariable", &properties, value)
            }
            Self::SetSecret(value) => write(f, "setsecret", &[], value),
            Self::LogIssue { kind, code, message } => {
                let kind = match kind {
                    IssueKind::Error => "error",
                    IssueKind::Warning => "warning",
                };
                // The agent drops empty values, so an absent code is an empty one.
                write(
                    f,
                    "logissue",
                    &[("type", kind), ("code", code.unwrap_or_default())],
                    message,
                )
            }
            Self::Complete { result, message } => {
                write(f, "complete", &[("result", result_name(result))], message)
            }
            Self::UploadSummary(path) => write(f, "uploadsummary", &[], path),
            Self::AddAttachment { kind, name, path } => {
                write(f, "addattachment", &[("type", kind), ("name", name)], path)
            }
            Self::SetProgress { percent, now } => {
                write(f, "setprogress", &[("value", &percent.to_string())], now)
            }
            Self::Debug(text) => write(f, "debug", &[], text),
            Self::Group(title) => write!(f, "##[group]{}", one_line(title)),
            Self::EndGroup => f.write_str("##[endgroup]"),
        }
    }
}

fn write(f: &mut fmt::Formatter<'_>, event: &str, properties: &[(&str, &str)], data: &str) -> fmt::Result {
    write!(f, "##vso[task.{event}")?;
    let mut separator = ' ';
    for (key, value) in properties.iter().filter(|(_, value)| !value.is_empty()) {
        write!(
            f,
            "{separator}{key}={}",
            escape(value).replace(']', "%5D").replace(';', "%3B")
        )?;
        separator = ';';
    }
    write!(f, "]{}", escape(data))
}

/// `%` first, so that nothing in the text can pass for an escape of ours.
fn escape(text: &str) -> String {
    text.replace('%', "%AZP25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

fn one_line(text: &str) -> String {
    text.replace(['\r', '\n'], " ")
}

#[cfg(test)]
pub(crate) mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    /// A command as the agent understands it, written from the rules of its parser and not from the encoder.
    #[derive(Debug, PartialEq)]
    pub(crate) struct Understood {
        pub(crate) name: String,
        pub(crate) properties: BTreeMap<String, String>,
        pub(crate) data: String,
    }

    pub(crate) fn understand(line: &str) -> Option<Understood> {
        let start = line.find("##vso[")? + "##vso[".len();
        let (header, data) = line[start..].split_once(']')?;
        let (name, rest) = header.split_once(' ').unwrap_or((header, ""));
        let mut properties = BTreeMap::new();
        for pair in rest.split(';') {
            if let Some((key, value)) = pair.split_once('=')
                && !value.is_empty()
            {
                properties.insert(key.to_owned(), unescape(value));
            }
        }
        Some(Understood {
            name: name.to_owned(),
            properties,
            data: unescape(data),
        })
    }

    fn unescape(text: &str) -> String {
        let text = text
            .replace("%3B", ";")
            .replace("%0D", "\r")
            .replace("%0A", "\n")
            .replace("%5D", "]");
        text.replace("%AZP25", "%")
    }

    #[test]
    fn commands_look_as_the_agent_wants_them() {
        let cases = [
            (
                Command::SetVariable {
                    name: "status",
                    value: "ok",
                    secret: false,
                    output: true,
                },
                "##vso[task.setvariable variable=status;isoutput=true]ok",
            ),
            (
                Command::SetVariable {
                    name: "token",
                    value: "a%b",
                    secret: true,
                    output: true,
                },
                "##vso[task.setvariable variable=token;issecret=true;isoutput=true]a%AZP25b",
            ),
            (Command::SetSecret("x"), "##vso[task.setsecret]x"),
            (
                Command::LogIssue {
                    kind: IssueKind::Error,
                    code: Some("a]b;c"),
                    message: "one\r\ntwo",
                },
                "##vso[task.logissue type=error;code=a%5Db%3Bc]one%0D%0Atwo",
            ),
            (
                Command::LogIssue {
                    kind: IssueKind::Warning,
                    code: None,
                    message: "m",
                },
                "##vso[task.logissue type=warning]m",
            ),
            (
                Command::Complete {
                    result: StepResult::SucceededWithIssues,
                    message: "done",
                },
                "##vso[task.complete result=SucceededWithIssues]done",
            ),
            (
                Command::UploadSummary("/t/a.md"),
                "##vso[task.uploadsummary]/t/a.md",
            ),
            (
                Command::AddAttachment {
                    kind: "k",
                    name: "n",
                    path: "/t/a",
                },
                "##vso[task.addattachment type=k;name=n]/t/a",
            ),
            (
                Command::SetProgress {
                    percent: 5,
                    now: "reading",
                },
                "##vso[task.setprogress value=5]reading",
            ),
            (Command::Debug("d"), "##vso[task.debug]d"),
            (Command::Group("a\nb"), "##[group]a b"),
            (Command::EndGroup, "##[endgroup]"),
        ];
        for (command, line) in cases {
            assert_eq!(command.to_string(), line);
        }
    }

    /// Text with every character that the protocol gives a meaning to, often.
    fn tricky() -> impl Strategy<Value = String> {
        prop_oneof!["[%;\\]\\[\r\n=# 0ABD25ZP3v]{0,30}", any::<String>()]
    }

    proptest! {
        #[test]
        fn what_is_written_is_what_the_agent_understands(
            name in tricky(), value in tricky(), secret: bool, output: bool,
        ) {
            let line = Command::SetVariable { name: &name, value: &value, secret, output }.to_string();
            prop_assert!(!line.contains(['\r', '\n']));
            let understood = understand(&line).unwrap();
            prop_assert_eq!(understood.name, "task.setvariable");
            prop_assert_eq!(understood.properties.get("variable").cloned().unwrap_or_default(), name);
            prop_assert_eq!(understood.properties.contains_key("issecret"), secret);
            prop_assert_eq!(understood.properties.contains_key("isoutput"), output);
            prop_assert_eq!(understood.data, value);
        }

        #[test]
        fn an_issue_says_what_it_was_given(code in tricky(), message in tricky()) {
            let line = Command::LogIssue { kind: IssueKind::Error, code: Some(&code), message: &message }.to_string();
            let understood = understand(&line).unwrap();
            prop_assert_eq!(understood.properties.get("type").map(String::as_str), Some("error"));
            prop_assert_eq!(understood.properties.get("code").cloned().unwrap_or_default(), code);
            prop_assert_eq!(understood.data, message);
        }
    }
}
