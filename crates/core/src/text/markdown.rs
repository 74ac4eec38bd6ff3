//! Text of strangers in Markdown.
//!
//! The build page renders with its own sanitizer and its own dialect, which finds links even in text whose
//! punctuation is escaped. So nothing is escaped here: whatever could mean something stands in a code span, in
//! which no dialect looks for links, mentions or HTML; and the few characters that could end the span or the
//! table cell, or mean something if the span failed, are replaced by look-alikes. The JSON report has them exact.

use super::{fit, plain};

/// A code span of at most `columns` columns; fit for a table cell.
#[must_use]
pub fn code(text: &str, columns: usize) -> String {
    let text = fit(text.trim(), columns);
    let text = text.trim();
    if text.is_empty() {
        "(no name)".to_owned()
    } else {
        span(text)
    }
}

/// A sentence of at most `columns` columns; fit for a table cell, not for the start of a line.
///
/// What it has between backticks stands in a code span, and so does each word that is more than letters, digits
/// and punctuation of prose.
#[must_use]
pub fn prose(text: &str, columns: usize) -> String {
    let text = fit(text, columns);
    let parts: Vec<&str> = text.split('`').collect();
    let mut out = String::with_capacity(text.len());
    if parts.len().is_multiple_of(2) {
        // A backtick without a partner quotes nothing.
        words(&mut out, &text);
        return out;
    }
    for (part, quoted) in parts.into_iter().zip([false, true].into_iter().cycle()) {
        if quoted && !part.trim().is_empty() {
            push_span(&mut out, part);
        } else {
            words(&mut out, part);
        }
    }
    out
}

fn words(out: &mut String, text: &str) {
    for word in text.split_inclusive(char::is_whitespace) {
        let (word, space) = match word.strip_suffix(char::is_whitespace) {
            Some(word) => (word, " "),
            None => (word, ""),
        };
        let inner = word.trim_start_matches(OPENING);
        let (opening, inner) = word.split_at(word.len() - inner.len());
        let (inner, closing) = inner.split_at(inner.trim_end_matches(CLOSING).len());
        out.push_str(opening);
        // `www.` alone is a link to some dialects, and its dot looks like the end of a sentence.
        let is_plain = inner.chars().all(is_prose) && !inner.to_lowercase().contains("www");
        if is_plain || is_clock(inner) {
            out.push_str(inner);
        } else {
            push_span(out, inner);
        }
        out.push_str(closing);
        out.push_str(space);
    }
}

/// Two spans that touch would be one with other ends.
fn push_span(out: &mut String, text: &str) {
    if out.ends_with('`') {
        out.push(' ');
    }
    out.push_str(&span(text));
}

const OPENING: &[char] = &['(', '"', '\'', '“', '‘', '„'];
const CLOSING: &[char] = &['.', ',', ';', ':', '!', '?', ')', '"', '\'', '”', '’', '…'];

/// No ASCII punctuation but what no dialect gives a meaning to inside a line; nothing a host name is made of.
fn is_prose(c: char) -> bool {
    if c.is_ascii() {
        c.is_ascii_alphanumeric() || matches!(c, '-' | '\'')
    } else {
        !matches!(c, '。' | '．' | '｡')
    }
}

/// `08:00`.
fn is_clock(word: &str) -> bool {
    let shaped = |(at, byte): (usize, u8)| {
        if at == 2 {
            byte == b':'
        } else {
            byte.is_ascii_digit()
        }
    };
    word.len() == 5 && word.bytes().enumerate().all(shaped)
}

fn span(text: &str) -> String {
    let mut inner = String::with_capacity(text.len() + 2);
    inner.push('`');
    let mut before = ' ';
    // Replacing `<` cannot uncover anything for `plain` to find, but it is asked again to keep this file true alone.
    for c in plain(text).chars() {
        let c = match c {
            '`' => 'ˋ',
            '|' => '¦',
            '<' => '‹',
            '>' => '›',
            other => other,
        };
        // `](` is what makes a link or an image.
        if before == ']' && matches!(c, '(' | '[' | ':') {
            inner.push(' ');
        }
        inner.push(c);
        before = c;
    }
    // A backslash at the end would escape the span's end for a dialect that allows it.
    if before == '\\' {
        inner.push(' ');
    }
    inner.push('`');
    inner
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::render::tests::markdown_to_html;
    use crate::text::tests::{HOSTILE, assert_harmless_line, hostile};

    /// One row of a table that holds the text twice, as HTML, with all dialects' extensions on.
    fn assert_stays_one_cell(code: &str, prose: &str) {
        let html = markdown_to_html(&format!(
            "| A | B |\n|---|---|\n| {code} | x {prose} |\n\nafter\n"
        ));
        let tags: Vec<&str> = html
            .split('<')
            .skip(1)
            .filter_map(|tag| tag.split('>').next())
            .collect();
        assert_eq!(tags.iter().filter(|tag| **tag == "td").count(), 2, "{html}");
        // Cells beyond the head's are dropped by the renderer, so that counting them is not enough.
        assert!(!code.contains('|') && !prose.contains('|'), "{code} {prose}");
        assert_eq!(tags.iter().filter(|tag| **tag == "tr").count(), 2, "{html}");
        for tag in tags {
            let tag = tag.trim_start_matches('/');
            assert!(
                ["table", "thead", "tbody", "tr", "th", "td", "code", "p"].contains(&tag),
                "<{tag}> from {code:?} or {prose:?}: {html}"
            );
        }
    }

    #[test]
    fn no_attack_leaves_its_cell() {
        for attack in HOSTILE {
            assert_stays_one_cell(&code(attack, 60), &prose(attack, 200));
        }
    }

    #[test]
    fn prose_reads_as_prose() {
        assert_eq!(prose("180 days, allowed 90.", 80), "180 days, allowed 90.");
        assert_eq!(
            prose("'app_token' opens everything (see patkeeper scopes)!", 80),
            "'`app_token`' opens everything (see patkeeper scopes)!"
        );
        assert_eq!(
            prose("ask a@b.example or https://x.example/y.", 80),
            "ask `a@b.example` or `https://x.example/y`."
        );
    }

    #[test]
    fn what_a_sentence_quotes_is_code() {
        assert_eq!(
            prose("use `patkeeper scopes`, or `docs/a.md`.", 80),
            "use `patkeeper scopes`, or `docs/a.md`."
        );
        assert_eq!(prose("`a``b`c.d x", 80), "`a` `b` `c.d` x");
        assert_eq!(prose("one ` alone", 80), "one `ˋ` alone");
    }

    #[test]
    fn a_name_reads_as_it_is() {
        assert_eq!(code("ci-deploy-2026-08-20", 40), "`ci-deploy-2026-08-20`");
        assert_eq!(code("[x](y) `a` <b>|", 40), "`[x] (y) ˋaˋ ‹b›¦`");
        assert_eq!(code(" ", 40), "(no name)");
    }

    proptest! {
        #[test]
        fn no_text_leaves_its_cell(text in hostile()) {
            let (code, prose) = (code(&text, 60), prose(&text, 200));
            assert_harmless_line(&code);
            assert_harmless_line(&prose);
            assert_stays_one_cell(&code, &prose);
        }
    }
}
