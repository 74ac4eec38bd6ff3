//! What the build says. A build tool talks on its terminal, so printing is allowed here and nowhere else.
#![allow(clippy::print_stdout, clippy::print_stderr)]

/// One line about what goes on.
pub(crate) fn say(line: impl AsRef<str>) {
    println!("{}", line.as_ref());
}

/// Something to know that does not stop the build.
pub(crate) fn warn(line: impl AsRef<str>) {
    println!("warning: {}", line.as_ref());
}

/// Why the build stopped, with all its causes.
pub(crate) fn failure(error: &anyhow::Error) {
    eprintln!("error: {error:#}");
}
