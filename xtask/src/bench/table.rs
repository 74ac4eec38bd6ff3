//! The figures beside their bars, for people and as JSON.

use anyhow::Result;
use serde::Serialize;
use serde_json::json;

use crate::terminal::say;
use crate::workspace::VERSION;

/// One figure and its bar.
#[derive(Debug, Serialize)]
pub(super) struct Row {
    what: &'static str,
    measured: f64,
    bar: f64,
    /// Whether the bar itself still passes.
    inclusive: bool,
    unit: &'static str,
    pass: bool,
}

impl Row {
    /// Passes below the bar.
    pub(super) fn under(what: &'static str, measured: f64, bar: f64, unit: &'static str) -> Self {
        Self {
            what,
            measured,
            bar,
            inclusive: false,
            unit,
            pass: measured < bar,
        }
    }

    /// Passes at the bar and below.
    pub(super) fn at_most(what: &'static str, measured: f64, bar: f64, unit: &'static str) -> Self {
        Self {
            what,
            measured,
            bar,
            inclusive: true,
            unit,
            pass: measured <= bar,
        }
    }
}

/// All of them.
#[derive(Debug, Default)]
pub(super) struct Table {
    rows: Vec<Row>,
    notes: Vec<String>,
}

impl Table {
    pub(super) fn add(&mut self, row: Row) {
        self.rows.push(row);
    }

    /// A figure without a bar, that says what others were measured against.
    pub(super) fn note(&mut self, note: String) {
        self.notes.push(note);
    }

    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    pub(super) fn misses(&self) -> usize {
        self.rows.iter().filter(|row| !row.pass).count()
    }

    pub(super) fn print(&self) {
        say("");
        say(format!("{:<54} {:>12} {:>12}", "WHAT", "MEASURED", "BAR"));
        for row in &self.rows {
            let bar = format!(
                "{} {}",
                if row.inclusive { "<=" } else { "<" },
                figure(row.bar, row.unit)
            );
            let pass = if row.pass { "pass" } else { "MISS" };
            say(format!(
                "{:<54} {:>12} {bar:>12}  {pass}",
                row.what,
                figure(row.measured, row.unit)
            ));
        }
        for note in &self.notes {
            say(format!("  {note}"));
        }
    }

    pub(super) fn json(&self) -> Result<Vec<u8>> {
        let document = json!({ "schema": "patkeeper.bench/1", "version": VERSION, "rows": self.rows, "notes": self.notes });
        Ok(serde_json::to_vec_pretty(&document)?)
    }
}

fn figure(value: f64, unit: &str) -> String {
    let digits = if value.fract() == 0.0 { 0 } else { 2 };
    format!("{value:.digits$} {unit}").trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_at_its_bar_passes_only_where_the_bar_says_so() {
        assert!(!Row::under("x", 5.0, 5.0, "ms").pass);
        assert!(Row::at_most("x", 5.0, 5.0, "ms").pass);
        assert!(!Row::at_most("x", 5.01, 5.0, "ms").pass);
    }

    #[test]
    fn misses_are_counted() {
        let mut table = Table::default();
        table.add(Row::under("x", 9.0, 5.0, "ms"));
        table.add(Row::under("y", 1.0, 5.0, "ms"));
        assert_eq!((table.misses(), table.len()), (1, 2));
    }
}
