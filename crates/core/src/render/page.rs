//! A page of Markdown that never grows too large.

use super::words;

/// The most bytes of a summary. The build page shows it whole, beside those of other steps.
pub(super) const BYTES: usize = 128 * 1024;

/// Markdown, line by line.
pub(super) struct Page {
    pub(super) text: String,
    full: bool,
    /// What holds the rest: `in the report`.
    rest: &'static str,
}

impl Page {
    pub(super) fn new(rest: &'static str) -> Self {
        Self {
            text: String::new(),
            full: false,
            rest,
        }
    }

    /// Adds a line while there is room for it and for the one that says that there is none.
    pub(super) fn line(&mut self, line: &str) {
        if self.full {
            return;
        }
        let full = format!("\n… and more, {}\n", self.rest);
        if self.text.len() + line.len() + 1 + full.len() > BYTES {
            self.full = true;
            self.text.push_str(&full);
            return;
        }
        self.text.push_str(line);
        self.text.push('\n');
    }

    pub(super) fn heading(&mut self, heading: &str) {
        self.line("");
        self.line(&format!("### {heading}"));
        self.line("");
    }

    pub(super) fn row<const N: usize>(&mut self, cells: [String; N]) {
        self.line(&format!("| {} |", cells.join(" | ")));
    }

    pub(super) fn more(&mut self, shown: usize, all: usize) {
        if all > shown {
            self.line("");
            let more = words::number(all - shown);
            self.line(&format!("… and {more} more, {}", self.rest));
        }
    }
}
