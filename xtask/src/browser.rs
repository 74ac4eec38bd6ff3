//! The Chromium in which the page is tested and measured, if this machine has one.

use std::env;
use std::path::PathBuf;

use crate::workspace::has;

/// Where the scripts in `xtask/npm` read which browser to start. Set by hand, it is taken as it is.
pub(crate) const VARIABLE: &str = "PATKEEPER_BROWSER";

/// What it is called, Debian's first.
const PROGRAMS: [&str; 6] = [
    "chromium",
    "google-chrome",
    "google-chrome-stable",
    "chromium-browser",
    "microsoft-edge",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

/// The first that is there and starts.
pub(crate) fn find() -> Option<PathBuf> {
    if let Some(given) = env::var_os(VARIABLE).filter(|given| !given.is_empty()) {
        return Some(given.into());
    }
    let path = env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = env::split_paths(&path).collect();
    PROGRAMS
        .iter()
        .flat_map(|program| folders.iter().map(move |folder| folder.join(program)))
        .find(|program| program.is_file() && has(program, "--version"))
}
