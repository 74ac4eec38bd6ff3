//! Every check there is, in the order in which a failure is cheapest to find.

use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow, bail};

use crate::package::Order;
use crate::payload::megabytes;
use crate::terminal::{failure, say};
use crate::workspace::{Workspace, cargo, has, read, run as execute, write};
use crate::{bans, browser, generate, npm, package, page, python};

/// How a check ended.
enum Outcome {
    Passed,
    /// With something to say about it.
    PassedWith(String),
    /// What it needs is not here, and cannot be had from here.
    Skipped(&'static str),
}

type Check = fn(&Workspace) -> Result<Outcome>;

const CHECKS: &[(&str, Check)] = &[
    ("format", |w| {
        passed(w.cargo("cargo fmt", &["fmt", "--all", "--check"]))
    }),
    ("generated files", |w| passed(generate::run(w, true))),
    ("lints", |w| {
        passed(w.cargo(
            "clippy",
            &[
                "clippy",
                "--workspace",
                "--all-targets",
                "--locked",
                "--",
                "-D",
                "warnings",
            ],
        ))
    }),
    ("page", |w| page::run(w).map(|_| Outcome::Passed)),
    ("banned dependencies", |w| passed(bans::run(w))),
    ("cargo-deny", deny),
    ("documentation", documentation),
    ("package", |w| {
        package::run(
            w,
            &Order {
                all: false,
                binaries: None,
                publisher: None,
            },
        )
        .map(|_| Outcome::Passed)
    }),
    ("Rust tests", rust_tests),
    ("Microsoft's Python clients", peers),
    ("shim, task.json, pipelines, page", |w| {
        passed(node_tests(w, |file| file != TAB_TESTS, &mut Command::new("node")))
    }),
    ("page in a browser", tab_tests),
];

/// Runs every check, also after one has failed, and sums up.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    let mut rows = Vec::new();
    let (mut good, mut bad, mut skipped) = (0, 0, 0);
    for (name, check) in CHECKS {
        say(format!("\n== {name}"));
        let started = Instant::now();
        let (word, why) = match check(workspace) {
            Ok(Outcome::Passed) => {
                good += 1;
                ("passed", String::new())
            }
            Ok(Outcome::PassedWith(what)) => {
                good += 1;
                say(&what);
                ("passed", what)
            }
            Ok(Outcome::Skipped(why)) => {
                skipped += 1;
                say(format!("skipped: {why}"));
                ("skipped", why.to_owned())
            }
            Err(error) => {
                bad += 1;
                failure(&error);
                (
                    "FAILED",
                    error.to_string().lines().next().unwrap_or_default().to_owned(),
                )
            }
        };
        rows.push(format!(
            "  {word:<8} {:>6}  {name:<28} {why}",
            seconds(started.elapsed())
        ));
    }
    say("\n== Summary");
    for row in rows {
        say(row.trim_end());
    }
    say(format!("\n{good} passed, {bad} failed, {skipped} skipped"));
    if bad > 0 {
        Err(anyhow!("{bad} of {} checks failed", CHECKS.len()))
    } else {
        Ok(())
    }
}

fn passed(done: Result<()>) -> Result<Outcome> {
    done.map(|()| Outcome::Passed)
}

fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f32())
}

fn deny(workspace: &Workspace) -> Result<Outcome> {
    if !has("cargo-deny", "--version") {
        return Ok(Outcome::Skipped(
            "cargo-deny is not installed (cargo install cargo-deny)",
        ));
    }
    passed(workspace.cargo("cargo-deny", &["deny", "--workspace", "check"]))
}

fn documentation(workspace: &Workspace) -> Result<Outcome> {
    let mut doc: Command = workspace.command(cargo());
    doc.args([
        "doc",
        "--workspace",
        "--no-deps",
        "--locked",
        "--document-private-items",
    ]);
    passed(execute("cargo doc", doc.env("RUSTDOCFLAGS", "-D warnings")))
}

/// The whole-product tests search everything that a run writes for every secret it met, and note how much that was;
/// and they leave a table of what came of a rotation that was stopped at each of its requests.
fn rust_tests(workspace: &Workspace) -> Result<Outcome> {
    let counts = workspace.target.join("searched-for-secrets.txt");
    let crashes = workspace.target.join("crash-table.txt");
    write(&counts, "")?;
    write(&crashes, "")?;
    let mut tests = workspace.command(cargo());
    tests
        .args(["test", "--workspace", "--locked", "--no-fail-fast"])
        .env("PATKEEPER_SEARCHED", &counts);
    let done = execute("cargo test", &mut tests);
    let crashes = String::from_utf8_lossy(&read(&crashes)?).into_owned();
    say(format!("\n{crashes}"));
    done?;
    let counts = String::from_utf8_lossy(&read(&counts)?).into_owned();
    let said: Vec<String> = searched(&counts).into_iter().chain(crashed(&crashes)).collect();
    Ok(if said.is_empty() {
        Outcome::Passed
    } else {
        Outcome::PassedWith(said.join("; "))
    })
}

/// The sum of lines `secrets forms places files bytes`; `None` where nothing was searched.
fn searched(counts: &str) -> Option<String> {
    let (mut searches, mut sums) = (0_u64, [0_u64; 5]);
    for line in counts.lines() {
        searches += 1;
        for (sum, number) in sums.iter_mut().zip(line.split(' ')) {
            *sum += number.parse::<u64>().unwrap_or(0);
        }
    }
    let [secrets, forms, places, files, bytes] = sums;
    (searches > 0).then(|| {
        format!(
            "{secrets} secrets in {forms} forms searched in {places} files and streams ({files} files, {}) of {searches} \
             runs: none found",
            megabytes(usize::try_from(bytes).unwrap_or(usize::MAX))
        )
    })
}

/// The counts under the table; `None` where there is none.
fn crashed(table: &str) -> Option<String> {
    let counts = table.lines().last()?;
    Some(format!("rotations stopped at each request: {counts}"))
}

/// Real peers of the simulator. The Rust tests ran them too if they were installed; here they must run.
fn peers(workspace: &Workspace) -> Result<Outcome> {
    if cfg!(windows) {
        return Ok(Outcome::Skipped("the emulator of the agent is for Unix"));
    }
    if let Err(missing) = python::install(workspace)? {
        return Ok(Outcome::Skipped(missing));
    }
    let mut tests = workspace.command(cargo());
    // Of the whole workspace, as above: one package alone would build what all share anew, with fewer features.
    tests.args(["test", "--workspace", "--test", "peers", "--locked"]);
    passed(execute(
        "Microsoft's Python clients",
        tests.env("PATKEEPER_PEERS", "must run"),
    ))
}

/// Needs a browser; the others do not.
const TAB_TESTS: &str = "tab.test.js";

/// Runs the tests in JavaScript whose files are `wanted`, by `node`.
fn node_tests(workspace: &Workspace, wanted: fn(&str) -> bool, node: &mut Command) -> Result<()> {
    npm::install(workspace)?;
    let folder = npm::folder(workspace);
    let mut files = Vec::new();
    for entry in std::fs::read_dir(&folder)? {
        let file = entry?.file_name().to_string_lossy().into_owned();
        if file.ends_with(".test.js") && wanted(&file) {
            files.push(file);
        }
    }
    files.sort();
    if files.is_empty() {
        bail!("there is no test in {}", folder.display());
    }
    node.current_dir(&folder)
        .args(["--test", "--test-reporter", "spec"])
        .args(files)
        .env("PATKEEPER_SPECS", workspace.specs());
    execute("the checks in JavaScript", node)
}

/// The package's own files, so it must have been made. Pictures of what was seen are kept in `target/screenshots`.
fn tab_tests(workspace: &Workspace) -> Result<Outcome> {
    let Some(browser) = browser::find() else {
        return Ok(Outcome::Skipped(
            "there is no Chromium here (Debian: apt-get install chromium; cargo xtask ci does it)",
        ));
    };
    let mut node = Command::new("node");
    node_tests(
        workspace,
        |file| file == TAB_TESTS,
        node.env(browser::VARIABLE, browser),
    )?;
    Ok(Outcome::PassedWith(
        "what was seen is in target/screenshots".to_owned(),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_tests_searched_is_summed_up() {
        let line = searched("3 40 100 5 1000000\n4 60 200 6 500000\n").unwrap_or_default();
        assert_eq!(
            line,
            "7 secrets in 100 forms searched in 300 files and streams (11 files, 1.50 MB) of 2 runs: none found"
        );
        assert_eq!(searched(""), None);
    }

    #[test]
    fn the_counts_stand_under_the_table() {
        let table = "a due rotation  killed\n 1  GET vault  1/1\n\n2 cases, 0 failed\n";
        let said = "rotations stopped at each request: 2 cases, 0 failed".to_owned();
        assert_eq!(crashed(table), Some(said));
        assert_eq!(crashed(""), None);
    }
}
