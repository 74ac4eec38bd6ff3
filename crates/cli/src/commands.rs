//! The command line, built from the registry: a flag is an input's name in kebab-case.

use std::ffi::OsString;
use std::io::Write as _;
use std::process::ExitCode;

use clap::{Arg, ArgAction, ArgMatches, Command};
use patkeeper_agent::registry::{self, Kind, Task, identify_command, sign_in_command};

use crate::{agent, explain, identify, people, scopes, sign_in};

/// Runs what the arguments say. Its own usage errors end with 2, like all bad input.
pub(crate) fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let matches = match tree().try_get_matches_from(&arguments) {
        Ok(matches) => matches,
        Err(error) if error.use_stderr() => {
            let _ = write!(
                std::io::stderr(),
                "{}",
                without_tokens(error.render().to_string(), &arguments)
            );
            return ExitCode::from(2);
        }
        Err(help) => {
            let _ = help.print();
            return ExitCode::SUCCESS;
        }
    };
    match matches.subcommand() {
        Some(("task", matches)) => agent::run(&text(matches, "name").unwrap_or_default()),
        Some(("scopes", matches)) => scopes::run(matches.get_many::<String>("words").into_iter().flatten()),
        Some(("explain", matches)) => explain::run(matches.get_many::<String>("text").into_iter().flatten()),
        Some(("identify", matches)) => identify::run(matches),
        Some(("sign-in", matches)) => sign_in::command::run(matches),
        #[cfg(feature = "demo")]
        Some(("demo", matches)) => {
            let html = matches.get_one::<std::path::PathBuf>("html");
            crate::demo::run(html.map(std::path::PathBuf::as_path))
        }
        Some((command, matches)) => match registry::TASKS.iter().find(|task| task.command == command) {
            Some(task) => people::run(task, matches),
            None => ExitCode::from(2),
        },
        None => ExitCode::from(2),
    }
}

/// A usage error quotes what was typed, which may be a token that has no place there.
fn without_tokens(usage: String, arguments: &[OsString]) -> String {
    /// Shorter ones are words; no flag and no id of a scope is as long.
    const TOKEN: usize = 40;
    let is_token = |word: &str| {
        word.len() >= TOKEN
            && word
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b'='))
    };
    let words = arguments.iter().filter_map(|argument| argument.to_str());
    words
        .filter(|word| is_token(word))
        .fold(usage, |usage, word| usage.replace(word, "***"))
}

fn tree() -> Command {
    let tree = Command::new("patkeeper")
        .about("Keeps the whole life of Azure DevOps personal access tokens in order.")
        .version(env!("CARGO_PKG_VERSION"))
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommands(registry::TASKS.iter().map(|task| for_people(task)))
        .subcommand(for_people(&sign_in_command::COMMAND))
        .subcommand(for_people(&identify_command::COMMAND).after_help(
            "Example:\n  patkeeper identify --organization acme < leaked.txt",
        ))
        .subcommand(
            Command::new("scopes")
                .about("Finds the least scope for what a PAT has to do.")
                .after_help("Examples:\n  patkeeper scopes push code\n  patkeeper scopes vso.build_execute\n  patkeeper scopes")
                .arg(Arg::new("words").help("What it has to do, or a scope's name; none: all scopes").num_args(0..)),
        )
        .subcommand(
            Command::new("explain")
                .about("Says what an error of Azure DevOps, Microsoft Entra or Key Vault means, who can fix it, and how.")
                .after_help("Examples:\n  patkeeper explain AADSTS700016\n  patkeeper explain - < log.txt\n  patkeeper explain\n\nOf the text nothing is printed but the codes that were recognized. Ends with 2 when none was.")
                .arg(
                    Arg::new("text")
                        .help("A code, or a message with one; '-' reads a whole log or JSON from standard input; none: all codes")
                        // A message may begin with a dash.
                        .allow_hyphen_values(true)
                        .num_args(0..),
                ),
        )
        .subcommand(
            Command::new("task")
                .about("Runs a task as the Azure Pipelines agent does: inputs from INPUT_* variables, logging commands on stdout.")
                .arg(Arg::new("name").required(true).help("The task's name, such as PatMonitor")),
        );
    #[cfg(feature = "demo")]
    let tree = tree.subcommand(
        Command::new("demo")
            .about("Judges the PATs of a simulated organization, rotates what is due, revokes a leaked one, and judges again. Nothing leaves this machine.")
            .arg(
                Arg::new("html")
                    .long("html")
                    .value_name("FILE")
                    .value_parser(clap::value_parser!(std::path::PathBuf))
                    .help("Also write what it found and did as one HTML file"),
            ),
    );
    tree
}

fn for_people(task: &'static Task) -> Command {
    let command = Command::new(task.command).about(task.about).arg(
        Arg::new("verbose")
            .long("verbose")
            .action(ArgAction::SetTrue)
            .help("Show each request, on standard error"),
    );
    task.inputs.iter().fold(command, |command, input| {
        let mut help = input.help.replace('`', "");
        if input.secret {
            help.push_str(" '-' reads it from standard input, which keeps it out of the shell's history.");
        }
        if let Some(default) = input.default.filter(|default| !default.contains("$(")) {
            help.push_str(&format!(" [default: {default}]"));
        }
        let arg = Arg::new(input.name)
            .long(input.flag().trim_start_matches('-').to_owned())
            .help(help)
            .allow_hyphen_values(true)
            .action(ArgAction::Append);
        command.arg(match input.kind {
            // `--dry-run` says what `--dry-run true` says, and what follows it may be the next flag.
            Kind::Flag => arg
                .num_args(0..=1)
                .default_missing_value("true")
                .allow_hyphen_values(false),
            _ => arg,
        })
    })
}

/// One argument's values, each on its own line: a flag given twice is an input of two lines.
pub(crate) fn text(matches: &ArgMatches, name: &str) -> Option<String> {
    let values: Vec<&str> = matches.get_many::<String>(name)?.map(String::as_str).collect();
    Some(values.join("\n"))
}
