//! Files that say what the source says, in other words: checked in, and never edited where they are generated.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use patkeeper_agent::docs;
use patkeeper_agent::registry::{TASKS, Task, pat_monitor};
use patkeeper_core::{audit, policy, report, revocation, rotation, scope};

use crate::manifest;
use crate::picture;
use crate::terminal::say;
use crate::workspace::{Workspace, write};

/// The log that the renderer's tests hold fast.
const SNAPSHOT: &str = "crates/core/src/render/snapshots/patkeeper_core__render__tests__log_of_a_monday.snap";

/// One file as it should be.
struct Generated {
    file: PathBuf,
    text: String,
}

/// Writes what is generated, or with `check` fails where a file differs.
pub(crate) fn run(workspace: &Workspace, check: bool) -> Result<()> {
    let mut all = Vec::new();
    for task in TASKS {
        all.push(task_json(workspace, task)?);
        all.push(page(workspace, task)?);
    }
    all.push(Generated {
        file: PathBuf::from("docs/scopes.md"),
        text: scope::render::markdown(),
    });
    for (name, schema) in [
        ("report", report::schema()),
        ("rotation", rotation::schema()),
        ("revocation", revocation::schema()),
        ("audit", audit::schema()),
    ] {
        all.push(Generated {
            file: PathBuf::from("docs").join(format!("{name}.schema.json")),
            text: format!("{}\n", serde_json::to_string_pretty(&schema)?),
        });
    }
    all.push(Generated {
        file: PathBuf::from("docs/monitor-log.svg"),
        text: picture::svg(&current(workspace, Path::new(SNAPSHOT))?),
    });
    let mut stale = Vec::new();
    for generated in all {
        let path = workspace.root.join(&generated.file);
        let current = fs::read_to_string(&path).unwrap_or_default();
        if current == generated.text {
            continue;
        }
        if check {
            stale.push(format!(
                "{}: {}",
                generated.file.display(),
                difference(&current, &generated.text)
            ));
        } else {
            write(&path, &generated.text)?;
            say(format!("wrote {}", generated.file.display()));
        }
    }
    if stale.is_empty() {
        say("Generated files are up to date");
        return Ok(());
    }
    bail!(
        "these files are stale. Run `cargo xtask generate` and commit them:\n  {}",
        stale.join("\n  ")
    )
}

fn task_json(workspace: &Workspace, task: &Task) -> Result<Generated> {
    let file = PathBuf::from("task").join(task.name).join("task.json");
    let current = current(workspace, &file)?;
    let text = manifest::updated(&current, task).with_context(|| format!("{}", file.display()))?;
    Ok(Generated { file, text })
}

/// The prose of a task's page is written by hand; its tables stand between markers.
fn page(workspace: &Workspace, task: &Task) -> Result<Generated> {
    let file = PathBuf::from("docs").join(format!("{}.md", task.name.to_lowercase()));
    let mut text = current(workspace, &file)?;
    for (name, table) in [
        ("inputs", docs::inputs_table(task)),
        ("outputs", docs::outputs_table(task)),
    ] {
        text = between(&text, name, &table).with_context(|| format!("{}", file.display()))?;
    }
    if task.name == pat_monitor::TASK.name {
        text =
            between(&text, "rules", &policy::docs_table()).with_context(|| format!("{}", file.display()))?;
    }
    Ok(Generated { file, text })
}

fn current(workspace: &Workspace, file: &Path) -> Result<String> {
    fs::read_to_string(workspace.root.join(file)).with_context(|| format!("{}", file.display()))
}

/// Replaces what stands between the markers of `name`.
fn between(text: &str, name: &str, content: &str) -> Result<String> {
    let (open, close) = (
        format!("<!-- generated: {name} -->\n"),
        format!("<!-- end: {name} -->"),
    );
    let missing = || format!("it has no '{}' followed by '{close}'", open.trim());
    let (before, rest) = text.split_once(&open).with_context(missing)?;
    let (_, after) = rest.split_once(&close).with_context(missing)?;
    Ok(format!("{before}{open}{content}{close}{after}"))
}

/// Where two texts part, for whoever has to find out why.
fn difference(current: &str, wanted: &str) -> String {
    if current.is_empty() {
        return "it is missing".to_owned();
    }
    let (mut left, mut right, mut line) = (current.lines(), wanted.lines(), 0);
    loop {
        line += 1;
        match (left.next(), right.next()) {
            (Some(was), Some(is)) if was == is => {}
            (None, None) => return "its line ends differ".to_owned(),
            (was, is) => {
                let (was, is) = (was.unwrap_or("(the end)"), is.unwrap_or("(the end)"));
                return format!(
                    "line {line} is\n    {}\n  and should be\n    {}",
                    was.trim(),
                    is.trim()
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_stands_between_the_markers_changes() {
        let page = "before\n<!-- generated: inputs -->\nold\n<!-- end: inputs -->\nafter\n";
        let updated = between(page, "inputs", "new\n").unwrap();
        assert_eq!(
            updated,
            "before\n<!-- generated: inputs -->\nnew\n<!-- end: inputs -->\nafter\n"
        );
        assert_eq!(between(&updated, "inputs", "new\n").unwrap(), updated);
    }

    #[test]
    fn a_page_that_lost_a_marker_is_an_error_and_not_left_stale() {
        let error = between("<!-- generated: inputs -->\nold\n", "inputs", "new").unwrap_err();
        assert!(error.to_string().contains("<!-- end: inputs -->"), "{error}");
    }

    #[test]
    fn the_hint_shows_the_first_line_that_differs() {
        assert_eq!(difference("", "a"), "it is missing");
        assert_eq!(
            difference("a\nb\n", "a\nc\n"),
            "line 2 is\n    b\n  and should be\n    c"
        );
        assert_eq!(
            difference("a\n", "a\nb\n"),
            "line 2 is\n    (the end)\n  and should be\n    b"
        );
        assert_eq!(difference("a\r\n", "a\n"), "its line ends differ");
    }
}
