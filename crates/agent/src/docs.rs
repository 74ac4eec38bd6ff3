//! The tables of a task's page in `docs/`, in Markdown.

use std::fmt::Write as _;

use crate::registry::{Input, Kind, Task};

/// One row an input: name, type, default, required, secret, meaning.
#[must_use]
pub fn inputs_table(task: &Task) -> String {
    let mut table =
        String::from("| input | type | default | required | secret | meaning |\n|---|---|---|---|---|---|\n");
    for input in task.inputs {
        let _ = writeln!(
            table,
            "| {} | {} | {} | {} | {} | {} |",
            names(input),
            kind(input),
            input
                .default
                .map(|default| format!("`{}`", cell(default)))
                .unwrap_or_default(),
            yes(input.required),
            yes(input.secret),
            cell(input.help),
        );
    }
    table
}

/// One row an output variable.
#[must_use]
pub fn outputs_table(task: &Task) -> String {
    let mut table = String::from("| output | meaning |\n|---|---|\n");
    for output in task.outputs {
        let _ = writeln!(table, "| `{}` | {} |", output.name, cell(output.description));
    }
    table
}

fn names(input: &Input) -> String {
    let mut names = format!("`{}`", input.name);
    for alias in input.aliases {
        let _ = write!(names, " (or `{alias}`)");
    }
    names
}

fn kind(input: &Input) -> String {
    match input.kind {
        Kind::Number { min, max } => format!("int, {min} to {max}"),
        Kind::Choice(options) | Kind::Choices(options) => {
            let values: Vec<String> = options.iter().map(|(value, _)| format!("`{value}`")).collect();
            format!("{}: {}", input.kind.manifest_type(), values.join(", "))
        }
        other => other.manifest_type().to_owned(),
    }
}

fn yes(value: bool) -> &'static str {
    if value { "yes" } else { "" }
}

/// A pipe or a line break would end the cell.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::{TASKS, pat_monitor};

    #[test]
    fn every_row_has_as_many_cells_as_the_head() {
        let tables = |task| [inputs_table(task), outputs_table(task)];
        for table in TASKS.iter().copied().flat_map(tables) {
            let cells = |line: &str| line.replace("\\|", "").matches('|').count();
            let head = table.lines().next().map(cells).unwrap();
            assert!(table.lines().all(|line| cells(line) == head), "{table}");
        }
    }

    #[test]
    fn a_default_that_the_designer_leaves_blank_is_still_documented() {
        let table = inputs_table(&pat_monitor::TASK);
        assert!(
            table.contains("| `maxLifetimeDays` | int, 1 to 3650 | `90` |"),
            "{table}"
        );
        assert!(
            table.contains("| `accessToken` | string |  |  | yes |"),
            "{table}"
        );
    }
}
