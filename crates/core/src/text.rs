//! Text of strangers, made harmless.
//!
//! A display name, a user's name or a service's message is written by someone else and ends in a build log, on a
//! page or in a spreadsheet. Whatever it holds, it must stay text there.

pub mod csv;
pub mod markdown;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Stands for whatever was taken out.
pub const REPLACEMENT: char = '\u{fffd}';

/// How many characters without a width may follow each other. Real scripts stack at most this many marks;
/// more of them run over the lines above and below.
const MARKS: usize = 4;

/// One line of visible text that starts no agent command.
///
/// Each run of what cannot be seen or changes how its surroundings are shown (control characters, line breaks, ANSI
/// escapes, bidi controls, zero-width and tag characters, byte order marks) becomes one `\u{fffd}`. `##vso` becomes
/// `**vso` in any letter case, and `##[` becomes `**[`: the agent looks for the first anywhere in a line, the
/// service's log page for the second at its start (azure-pipelines-agent, `Command.cs`). Idempotent.
#[must_use]
pub fn plain(text: &str) -> String {
    without_commands(&visible(text))
}

/// [`plain`] text of at most `columns` columns, with an ellipsis where something was cut off.
#[must_use]
pub fn fit(text: &str, columns: usize) -> String {
    let text = plain(text);
    // Byte length bounds the width of most names, and spares measuring them.
    if text.len() <= columns || text.width() <= columns {
        return text;
    }
    let mut kept = String::new();
    for c in text.chars() {
        kept.push(c);
        // Measured as a whole, because a variation selector widens the character before it.
        if kept.width() + 1 > columns {
            kept.pop();
            break;
        }
    }
    kept.truncate(kept.trim_end().len());
    kept.push('…');
    kept
}

/// [`fit`], with words in place of a text that shows nothing.
#[must_use]
pub fn name(text: &str, columns: usize) -> String {
    let text = fit(text.trim(), columns);
    if text.trim().is_empty() {
        NO_NAME.to_owned()
    } else {
        text
    }
}

/// Stands for a name that shows nothing.
const NO_NAME: &str = "(no name)";

/// [`visible`], with words in place of a text that shows nothing.
#[must_use]
pub fn visible_name(text: &str) -> String {
    let text = visible(text.trim());
    if text.trim().is_empty() {
        NO_NAME.to_owned()
    } else {
        text
    }
}

/// Columns that a terminal needs to show the text.
#[must_use]
pub fn width(text: &str) -> usize {
    text.width()
}

/// Whether a character cannot be seen, or changes how its surroundings are shown: controls, noncharacters, line
/// separators, fillers, and what Unicode's data files call a format control or `Default_Ignorable_Code_Point`. Not
/// the two variation selectors that emoji are written with, nor the Arabic and other signs that are format controls
/// and show something. Spaces are not hidden.
#[must_use]
pub fn is_hidden(c: char) -> bool {
    // Nearly all text is ASCII, and every name is asked about several times.
    if c.is_ascii() {
        return c.is_ascii_control();
    }
    c.is_control()
        || matches!(c,
            '\u{ad}' // soft hyphen
            | '\u{34f}' // grapheme joiner
            | '\u{61c}' // Arabic letter mark
            | '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}' // Hangul fillers
            | '\u{17b4}' | '\u{17b5}' // Khmer inherent vowels
            | '\u{180b}'..='\u{180f}' // Mongolian variation selectors and vowel separator
            | '\u{200b}'..='\u{200f}' // zero-width characters, direction marks
            | '\u{2028}'..='\u{202e}' // line and paragraph separator, bidi embedding and override
            | '\u{2060}'..='\u{206f}' // word joiner, invisible operators, bidi isolates, deprecated controls
            | '\u{fdd0}'..='\u{fdef}' // noncharacters
            | '\u{fe00}'..='\u{fe0d}' // variation selectors; the last two, of emoji, are kept
            | '\u{feff}' // byte order mark
            | '\u{fff0}'..='\u{fffc}' // interlinear annotation, object replacement
            | '\u{13430}'..='\u{1343f}' // hieroglyph format controls
            | '\u{16fe4}' // Khitan filler
            | '\u{1bca0}'..='\u{1bca3}' // shorthand format controls
            | '\u{1d173}'..='\u{1d17a}' // musical format controls
            | '\u{e0000}'..='\u{e0fff}' // tags, more variation selectors
        )
        || u32::from(c) & 0xfffe == 0xfffe // the last two of each plane, which XML forbids
}

/// Whether a reader or a comparison may pass over a character as if it were not there: it is hidden, or takes no
/// room of its own, as marks and all variation selectors do.
#[must_use]
pub fn is_passed_over(c: char) -> bool {
    is_hidden(c) || c.width() == Some(0)
}

/// Text in which nothing is hidden and nothing turns its surroundings, on one line, for a page that takes it for text
/// alone: [`plain`] without regard to an agent's commands. Idempotent.
#[must_use]
pub fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut marks = 0;
    for c in text.chars() {
        let c = if is_hidden(c) { REPLACEMENT } else { c };
        if c == REPLACEMENT {
            if !shown.ends_with(REPLACEMENT) {
                shown.push(REPLACEMENT);
            }
            continue;
        }
        marks = if c.width().unwrap_or(0) == 0 { marks + 1 } else { 0 };
        if marks <= MARKS {
            shown.push(c);
        } else if !shown.ends_with(REPLACEMENT) {
            shown.push(REPLACEMENT);
        }
    }
    shown
}

fn without_commands(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('#') {
        let (before, found) = rest.split_at(at);
        shown.push_str(before);
        if let Some(after) = after_command(found, &['v', 's', 'o']) {
            shown.push_str("**vso");
            rest = after;
        } else if let Some(after) = after_command(found, &['[']) {
            shown.push_str("**[");
            rest = after;
        } else {
            shown.push('#');
            rest = found.get(1..).unwrap_or_default();
        }
    }
    shown.push_str(rest);
    shown
}

/// What follows `##` and these characters. Marks between them are passed over: a comparison by the rules of a
/// language, as .NET's default is, does not see them.
fn after_command<'a>(text: &'a str, opener: &[char]) -> Option<&'a str> {
    let mut wanted = ['#', '#'].iter().chain(opener);
    let mut next = wanted.next();
    for (at, c) in text.char_indices() {
        let Some(expected) = next else {
            return text.get(at..);
        };
        // The long s is an s to comparisons that ignore letter case.
        let c = if c == 'ſ' { 's' } else { c.to_ascii_lowercase() };
        if c == *expected {
            next = wanted.next();
        } else if at == 0 || !is_passed_over(c) {
            return None;
        }
    }
    next.is_none().then_some("")
}

#[cfg(test)]
pub(crate) mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Text that strangers would write to break a log, a page or a spreadsheet, glued together at random.
    pub(crate) fn hostile() -> impl Strategy<Value = String> {
        let piece = prop_oneof![
            proptest::sample::select(HOSTILE).prop_map(str::to_owned),
            proptest::sample::select(GLUE).prop_map(str::to_owned),
            "\\PC{0,4}",
            any::<char>().prop_map(String::from),
        ];
        proptest::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
    }

    const GLUE: &[&str] = &[
        "#",
        "##",
        "v",
        "S",
        "o",
        "[",
        "]",
        "vso",
        "##VsO[",
        "`",
        "``",
        "```",
        "|",
        "\\",
        "\n",
        "\r\n",
        "\t",
        " ",
        "  ",
        "*",
        "_",
        "~",
        "<",
        ">",
        "&",
        "&lt;",
        "&#35;",
        "\"",
        "'",
        "=",
        "+",
        "-",
        "@",
        ";",
        ",",
        ":",
        "!",
        "(",
        ")",
        "http://",
        "www.",
        ".com",
        "\u{301}",
        "\u{fe0f}",
        "\u{fffd}",
        "\u{0}",
        "\u{1b}",
        "\u{200b}",
        "\u{202e}",
        "\u{ffff}",
        "\u{1f469}\u{200d}\u{1f4bb}",
        "漢",
        "—",
        "]]>",
        "<!--",
        "--",
        "%0A",
        "%AZP25",
    ];

    /// Whole attacks, one for each thing that must not happen.
    pub(crate) const HOSTILE: &[&str] = &[
        "##vso[task.setvariable variable=PATH]/evil",
        "##VSO[task.complete result=Succeeded]",
        "a##vSo[task.setsecret]b",
        "#\u{301}#\u{fe0f}vso[task.complete result=Succeeded]",
        "##vſo[task.complete result=Succeeded]",
        "##\u{200b}vso[task.complete result=Succeeded]",
        "##[error]it was you",
        "##[group]",
        "line one\n##vso[task.complete result=Succeeded]",
        "line one\r##[error]two",
        "\u{2028}##[error]three",
        "\u{85}##[error]four",
        "\u{1b}[2J\u{1b}[31mred\u{1b}]8;;https://evil.example\u{7}link\u{1b}]8;;\u{7}",
        "\u{9b}31mred",
        "\u{202e}dlrow\u{2066}\u{200f}\u{61c}",
        "zero\u{200b}\u{200c}\u{200d}\u{2060}\u{feff}width",
        "tags\u{e0001}\u{e0041}\u{e007f}",
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<!-- comment",
        "&lt;script&gt;&#60;b&#62;",
        "[click](https://evil.example)",
        "[click][1]\n\n[1]: https://evil.example",
        "![pixel](https://evil.example/p.png)",
        "<https://evil.example>",
        "https://evil.example/x www.evil.example evil.example mail@evil.example",
        "javascript:alert(1)",
        "www. (www.) ftp:// mailto: tel:",
        "@everyone @[Team](vstfs:///) #123 !45",
        "a | b || c \\| d",
        "| --- | --- |",
        "# heading",
        "\n# heading\n\n---\n\n- item\n\n1. one\n\n> quote",
        "```\ncode\n```",
        "` `` ``` ~~~ $$x$$",
        "`a``b`c.d`` `e` | `f`<b>`",
        "**bold** __bold__ ~~gone~~ *i* _i_ :smile:",
        "a\\",
        "=HYPERLINK(\"https://evil.example\")",
        "+1+1",
        "-1+1",
        "@SUM(1)",
        "\t=1",
        "\r=1",
        "\n=1",
        " =1",
        "\u{ff1d}1+1",
        "'=1",
        "x;=1+1",
        "a\",=1+1",
        "\u{0}\u{b}\u{c}\u{1f}\u{7f}\u{fffe}\u{ffff}",
        "]]><x/>\"'&",
        "<?xml version=\"1.0\"?><!DOCTYPE x [<!ENTITY e SYSTEM \"file:///etc/passwd\">]>&e;",
        "漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字",
        "\u{1f469}\u{200d}\u{1f4bb}\u{1f3f3}\u{fe0f}\u{200d}\u{1f308}",
        "z\u{301}\u{302}\u{303}\u{304}\u{305}\u{306}\u{307}\u{308}\u{309}\u{30a}algo",
        "",
        " ",
        "\u{3164}",
    ];

    /// Fails when the text could start a command or move the cursor.
    pub(crate) fn assert_harmless_line(line: &str) {
        let lower = line.to_lowercase().replace('ſ', "s");
        let seen: String = lower.chars().filter(|c| c.width() != Some(0)).collect();
        assert!(
            !lower.contains("##vso") && !seen.contains("##vso"),
            "agent command in {line:?}"
        );
        assert!(!seen.contains("##["), "formatting command in {line:?}");
        assert!(!line.chars().any(is_hidden), "hidden character in {line:?}");
    }

    #[test]
    fn no_attack_survives_in_a_line() {
        for attack in HOSTILE {
            assert_harmless_line(&plain(attack));
        }
    }

    #[test]
    fn what_was_hidden_shows_as_one_replacement_each() {
        assert_eq!(plain("a\r\n\u{1b}b"), "a\u{fffd}b");
        assert_eq!(plain("a\u{200b}b\u{202e}c"), "a\u{fffd}b\u{fffd}c");
        assert_eq!(plain("\u{feff}a"), "\u{fffd}a");
    }

    #[test]
    fn commands_are_made_visible_not_dropped() {
        assert_eq!(plain("x##VsO[task.complete]y"), "x**vso[task.complete]y");
        assert_eq!(plain("####vso["), "##**vso[");
        assert_eq!(plain("##[error]x"), "**[error]x");
        assert_eq!(plain("issue #42 ## end#"), "issue #42 ## end#");
    }

    /// Listed by hand, so that a range cut short does not go unseen by tests that ask [`is_hidden`].
    #[test]
    fn whatever_hides_or_turns_text_is_taken_out() {
        for code in [
            0x00, 0x07, 0x08, 0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x1b, 0x1f, 0x7f, 0x80, 0x85, 0x9b, 0x9f, 0xad,
            0x34f, 0x61c, 0x115f, 0x1160, 0x17b4, 0x180e, 0x200b, 0x200c, 0x200d, 0x200e, 0x200f, 0x2028,
            0x2029, 0x202a, 0x202b, 0x202c, 0x202d, 0x202e, 0x2060, 0x2061, 0x2066, 0x2067, 0x2068, 0x2069,
            0x206f, 0x3164, 0xfdd0, 0xfe00, 0xfeff, 0xffa0, 0xfff9, 0xfffb, 0xfffe, 0xffff, 0x13430, 0x1343f,
            0x16fe4, 0x1bca0, 0x1d173, 0x1fffe, 0xe0001, 0xe0020, 0xe007f, 0xe0100, 0x10_ffff,
        ] {
            let hidden = char::from_u32(code).unwrap();
            assert_eq!(
                plain(&format!("a{hidden}{hidden}b")),
                "a\u{fffd}b",
                "U+{code:04X}"
            );
        }
    }

    #[test]
    fn what_is_passed_over_takes_no_room_and_the_rest_does() {
        for c in "\u{200b}\u{ad}\u{34f}\u{180b}\u{202e}\u{2060}\u{fe00}\u{fe0e}\u{fe0f}\u{feff}\u{fffb}\u{e0041}\u{301}\u{1b}".chars() {
            assert!(is_passed_over(c), "U+{:04X}", u32::from(c));
        }
        for c in "a#[ \u{a0}漢é\u{fffd}".chars() {
            assert!(!is_passed_over(c), "U+{:04X}", u32::from(c));
        }
    }

    #[test]
    fn names_of_all_languages_stay_as_they_are() {
        for name in [
            "ci-déploy",
            "Überprüfung",
            "漢字",
            "हिन्दी",
            "עברית",
            "ไทย",
            "☺ ok",
            "❤\u{fe0f}",
        ] {
            assert_eq!(plain(name), name);
        }
    }

    #[test]
    fn stacked_marks_are_bounded() {
        let zalgo = format!("z{}", "\u{301}".repeat(10_000));
        assert_eq!(plain(&zalgo), format!("z{}\u{fffd}", "\u{301}".repeat(4)));
    }

    #[test]
    fn a_cut_text_fits_and_says_so() {
        assert_eq!(fit("nuget-feed-sync", 10), "nuget-fee…");
        assert_eq!(fit("nuget-feed-sync", 15), "nuget-feed-sync");
        assert_eq!(fit("漢字漢字漢字", 6), "漢字…");
        assert_eq!(fit("one two", 5), "one…");
    }

    #[test]
    fn a_name_that_shows_nothing_is_named_so() {
        assert_eq!(name("  ", 10), "(no name)");
        assert_eq!(name("", 10), "(no name)");
        assert_eq!(name(" ci ", 10), "ci");
    }

    proptest! {
        #[test]
        fn plain_text_is_harmless_and_stays_as_it_is(text in hostile()) {
            let once = plain(&text);
            assert_harmless_line(&once);
            prop_assert_eq!(plain(&once), once);
        }

        #[test]
        fn a_fitted_text_is_harmless_and_never_too_wide(text in hostile(), columns in 1_usize..40) {
            let fitted = fit(&text, columns);
            assert_harmless_line(&fitted);
            prop_assert!(width(&fitted) <= columns, "{} columns: {:?}", width(&fitted), fitted);
            // Marks have no width, so the columns do not bound them: the cap on marks must.
            prop_assert!(fitted.chars().count() <= (columns + 1) * (MARKS + 2));
        }
    }
}
