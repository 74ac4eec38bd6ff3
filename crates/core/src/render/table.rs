//! Columns that line up in a terminal, in every script.

use crate::text::width;

/// How a column's cells stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Align {
    Left,
    Right,
}

/// Lines of equal columns, indented by two; no spaces at the end of a line, and no column that is empty in all
/// rows. Cells are made harmless and short before they come here.
pub(super) fn lines(columns: &[Align], rows: &[Vec<String>]) -> Vec<String> {
    let widths: Vec<usize> = (0..columns.len())
        .map(|column| {
            rows.iter()
                .filter_map(|row| row.get(column))
                .map(|cell| width(cell))
                .max()
                .unwrap_or(0)
        })
        .collect();
    rows.iter()
        .map(|row| {
            let mut line = String::new();
            for ((cell, align), most) in row
                .iter()
                .zip(columns)
                .zip(&widths)
                .filter(|(_, most)| **most > 0)
            {
                let padding = " ".repeat(most.saturating_sub(width(cell)));
                line.push_str("  ");
                match align {
                    Align::Left => line.extend([cell, padding.as_str()]),
                    Align::Right => line.extend([padding.as_str(), cell]),
                }
            }
            line.truncate(line.trim_end().len());
            line
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(cells: &[&str]) -> Vec<String> {
        cells.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn columns_line_up_by_what_is_shown_not_by_bytes() {
        let lines = lines(
            &[Align::Left, Align::Right, Align::Left, Align::Left],
            &[
                row(&["NAME", "LEFT", "", "SCOPES"]),
                row(&["漢字", "-3 d", "", "a"]),
                row(&["élan", "12 d", "", ""]),
            ],
        );
        assert_eq!(lines, ["  NAME  LEFT  SCOPES", "  漢字  -3 d  a", "  élan  12 d"]);
    }
}
