//! What came of every case: one row a request, one column a thing that happened to it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, PoisonError};

use patkeeper_tests::package::workspace;

use crate::chain::{Link, chain};
use crate::company::Stage;

/// What happens to requests, in the order of the columns.
const COLUMNS: [&str; 20] = [
    "killed before",
    "killed after",
    "lands late",
    "cancelled",
    "cancelled, lost",
    "cancelled, hangs",
    "no answer",
    "no answer after",
    "reset",
    "reset after",
    "429",
    "500",
    "500 after",
    "503",
    "sign-in page",
    "cut short",
    "no JSON",
    "wrong type",
    "401",
    "403",
];

#[derive(Default)]
struct Table {
    /// By stage, request and column.
    cells: BTreeMap<(Stage, usize, &'static str), BTreeMap<usize, String>>,
    cases: usize,
    failures: Vec<String>,
    /// What has no request of its own.
    notes: Vec<String>,
}

static TABLE: Mutex<Option<Table>> = Mutex::new(None);

/// Checks one case, and puts what came of it into its cell, at this place in it.
pub(crate) fn case(
    stage: Stage,
    link: &Link,
    (column, place): (&'static str, usize),
    check: impl FnOnce() -> String,
) {
    let at = chain(stage)
        .iter()
        .position(|known| known == link)
        .unwrap_or_default();
    assert!(COLUMNS.contains(&column), "no column is called {column}");
    let name = format!("{}, {}, {column}", stage.words(), link.words());
    let outcome = caught(&name, check);
    change(|table| {
        table
            .cells
            .entry((stage, at, column))
            .or_default()
            .insert(place, outcome.clone());
    });
}

/// Checks one case that is of no single request.
pub(crate) fn alone(name: &str, check: impl FnOnce() -> String) -> Option<String> {
    let outcome = caught(name, check);
    (outcome != FAILED).then_some(outcome)
}

/// Says something under the table.
pub(crate) fn note(words: String) {
    change(|table| table.notes.push(words));
}

/// Fails the test if a case of it has failed.
pub(crate) fn assert_no_failure(of: &str) {
    let failures = change(|table| {
        let failures = table.failures.iter().filter(|failure| failure.contains(of));
        failures.cloned().collect::<Vec<_>>()
    });
    assert!(
        failures.is_empty(),
        "{} failures:\n{}",
        failures.len(),
        failures.join("\n\n")
    );
}

const FAILED: &str = "FAILED";

fn caught(name: &str, check: impl FnOnce() -> String) -> String {
    let done = catch_unwind(AssertUnwindSafe(check));
    change(|table| {
        table.cases += 1;
        match done {
            Ok(outcome) => outcome,
            Err(broken) => {
                let what = broken
                    .downcast::<String>()
                    .map_or_else(|_| "it panicked".to_owned(), |what| *what);
                table.failures.push(format!("{name}: {what}"));
                FAILED.to_owned()
            }
        }
    })
}

fn change<T>(change: impl FnOnce(&mut Table) -> T) -> T {
    let mut table = TABLE.lock().unwrap_or_else(PoisonError::into_inner);
    let table = table.get_or_insert_with(Table::default);
    let done = change(table);
    write(table);
    done
}

/// The whole table, as far as it has come, for whoever runs the tests.
fn write(table: &Table) {
    let folder = workspace().join("target");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("crash-table.txt"), text(table)).unwrap();
}

fn text(table: &Table) -> String {
    let mut text = String::new();
    for stage in Stage::ALL {
        let rows: Vec<_> = table
            .cells
            .keys()
            .filter(|(of, ..)| *of == stage)
            .map(|(_, at, _)| *at)
            .collect();
        if rows.is_empty() {
            continue;
        }
        let columns: Vec<&str> = COLUMNS
            .into_iter()
            .filter(|column| {
                table
                    .cells
                    .keys()
                    .any(|(of, _, known)| *of == stage && known == column)
            })
            .collect();
        let links = chain(stage);
        let widest = links
            .iter()
            .map(|link| link.words().len())
            .max()
            .unwrap_or_default()
            + 4;
        let _ = write!(text, "{:widest$}", stage.words());
        for column in &columns {
            let _ = write!(text, "  {column}");
        }
        text.push('\n');
        for (at, link) in links.iter().enumerate() {
            let _ = write!(text, "{:widest$}", format!("{:2}  {}", at + 1, link.words()));
            for column in &columns {
                let cell = table
                    .cells
                    .iter()
                    .find(|((of, row, known), _)| (*of, *row, *known) == (stage, at, *column));
                let cell = cell.map_or_else(
                    || "-".to_owned(),
                    |(_, outcomes)| outcomes.values().cloned().collect::<Vec<_>>().join("/"),
                );
                let _ = write!(text, "  {cell:>width$}", width = column.len());
            }
            text.push('\n');
        }
        text.push('\n');
    }
    text.push_str(
        "killed: runs until one PAT is alive and recorded, as the job's next attempt / as another build. \
         Else: the exit code of the run that met it.\n",
    );
    for note in &table.notes {
        let _ = writeln!(text, "{note}");
    }
    let (cases, failed) = (table.cases, table.failures.len());
    let _ = writeln!(text, "{cases} cases, {failed} failed");
    text
}
