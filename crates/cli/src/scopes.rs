//! `patkeeper scopes`: the least scope for what one wants to do.

use std::io::Write;
use std::process::ExitCode;

/// Prints the scopes that fit the words; all of them without any.
pub(crate) fn run<'a>(words: impl Iterator<Item = &'a String>) -> ExitCode {
    let words: Vec<&str> = words.map(String::as_str).collect();
    let found = patkeeper_core::scope::render::terminal(&words.join(" "));
    // A reader that went away is no error.
    let _ = std::io::stdout().write_all(found.as_bytes());
    ExitCode::SUCCESS
}
