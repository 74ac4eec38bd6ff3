//! Text of strangers in a spreadsheet.

/// One cell's text: plain, and never a formula.
///
/// Spreadsheets run a cell that starts with one of `= + - @`, their full-width forms, or `|`; a leading `'` makes
/// it text (OWASP, "CSV Injection"). Where the list separator is `;`, a cell can start after each of these, too.
/// The separators and quotes of the file itself are the CSV writer's work. Numbers of our own do not come here.
#[must_use]
pub fn cell(text: &str) -> String {
    let mut safe = String::with_capacity(text.len() + 1);
    let mut at_start = true;
    for c in super::plain(text).chars() {
        if at_start && matches!(c, '=' | '+' | '-' | '@' | '|' | '＝' | '＋' | '－' | '＠') {
            safe.push('\'');
        }
        // What stands for a line break or a tab is no letter to a program that drops it.
        at_start = c == ';' || (at_start && (c.is_whitespace() || c == super::REPLACEMENT || c == '"'));
        safe.push(c);
    }
    safe
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::text::tests::{HOSTILE, hostile};

    fn starts_formula(cell: &str) -> bool {
        let visible = cell.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{fffd}' || c == '"');
        visible.starts_with(['=', '+', '-', '@', '|', '＝', '＋', '－', '＠'])
    }

    #[test]
    fn a_formula_becomes_text() {
        assert_eq!(cell("=1+1"), "'=1+1");
        assert_eq!(cell("\t=1"), "\u{fffd}'=1");
        assert_eq!(cell("x;=1"), "x;'=1");
        assert_eq!(cell("nuget-feed-sync"), "nuget-feed-sync");
    }

    #[test]
    fn no_attack_starts_a_formula() {
        for attack in HOSTILE {
            assert!(!cell(attack).split(';').any(starts_formula), "{attack:?}");
        }
    }

    proptest! {
        #[test]
        fn no_text_starts_a_formula(text in hostile()) {
            let cell = cell(&text);
            prop_assert!(!cell.split(';').any(starts_formula), "{:?}", cell);
            crate::text::tests::assert_harmless_line(&cell);
        }
    }
}
