//! `patkeeper explain`: what a service's code or message means, and what to do about it.

use crate::advice::{self, Advice, NotKnown, Origin};

/// Columns of a line, its head included.
const COLUMNS: usize = 110;

/// What [`explain`] found, ready to print.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// Lines of text, each ended. Of the text that was asked about it holds recognized codes alone: a pasted log may
    /// hold a secret.
    pub text: String,
    /// Whether a code or message was known.
    pub found: bool,
}

/// Explains a code, a message, or every code of a pasted text.
#[must_use]
pub fn explain(asked: &str) -> Explanation {
    let found = advice::look_up(asked);
    let mut paragraphs: Vec<String> = found.rows.iter().map(|row| entry(row)).collect();
    paragraphs.extend(found.unknown.iter().map(not_known));
    let known = !found.rows.is_empty();
    if !known {
        paragraphs.extend(near(asked, found.unknown.is_empty()));
    }
    Explanation {
        text: paragraphs.join("\n"),
        found: known,
    }
}

/// Every code with what it means, by whose it is.
#[must_use]
pub fn explanations() -> String {
    let widest = advice::all().map(|row| row.code().len()).max().unwrap_or(0);
    let mut text = String::new();
    let mut origin = None;
    for row in advice::all() {
        if origin != Some(row.origin) {
            if origin.is_some() {
                text.push('\n');
            }
            origin = Some(row.origin);
            text.push_str(row.origin.words());
            text.push('\n');
        }
        wrapped(&mut text, &format!("  {:widest$}  ", row.code()), row.meaning);
    }
    text.push_str("\nWhat to do about one: patkeeper explain AADSTS700016\n");
    text
}

fn entry(row: &Advice) -> String {
    let mut text = format!("{}   {}\n", row.code(), row.origin.words());
    value(&mut text, "means", row.meaning);
    value(&mut text, "who", row.who.words());
    match row.ways_out {
        [way] => value(&mut text, "do", way),
        ways => {
            for (number, way) in (1..).zip(ways) {
                value(
                    &mut text,
                    if number == 1 { "do" } else { "" },
                    &format!("{number}. {way}"),
                );
            }
        }
    }
    if let (Origin::Entra, Some(number)) = (row.origin, row.code().strip_prefix("AADSTS")) {
        value(&mut text, "more", &entra_page(number));
    }
    text
}

fn not_known(code: &NotKnown) -> String {
    let NotKnown { prefix, number } = code;
    let mut text = format!("{prefix}{number}   not in Patkeeper's table\n");
    let more = match *prefix {
        "AADSTS" => format!("Microsoft's words for it: {}", entra_page(number)),
        "AKV" => {
            "Key Vault's documentation: https://learn.microsoft.com/azure/key-vault/general/rest-error-codes"
                .to_owned()
        }
        _ => "search https://learn.microsoft.com/azure/devops for it, and for the words beside it".to_owned(),
    };
    value(&mut text, "more", &more);
    text
}

/// Where nothing is known: what may be meant, and where else to look.
fn near(asked: &str, say_so: bool) -> Option<String> {
    let near = advice::near(asked);
    let mut text = String::new();
    if say_so {
        text.push_str("No code that Patkeeper knows is in this text.\n");
    }
    if !near.is_empty() {
        text.push_str("Near to it:\n");
        let widest = near.iter().map(|row| row.code().len()).max().unwrap_or(0);
        for row in &near {
            wrapped(&mut text, &format!("  {:widest$}  ", row.code()), row.meaning);
        }
    }
    if say_so {
        text.push_str(
            "A code looks like AADSTS700016, TF400813, VS403463, ForbiddenByRbac, or patLifespanPolicyViolation. A whole log is\n\
             read from standard input: patkeeper explain - < log.txt\n\
             Sign-in, step by step, and what each failure of it asks for: docs/sign-in.md\n",
        );
    }
    (!text.is_empty()).then_some(text)
}

fn entra_page(number: &str) -> String {
    format!("https://login.microsoftonline.com/error?code={number}")
}

fn value(text: &mut String, head: &str, value: &str) {
    wrapped(text, &format!("  {head:9}"), value);
}

/// One value behind its head, over as many lines as it takes.
fn wrapped(text: &mut String, head: &str, value: &str) {
    let indent = " ".repeat(head.len());
    let mut line = head.to_owned();
    for word in value.split(' ') {
        let is_first = line.trim_end().len() <= head.trim_end().len();
        if !is_first && line.len() + word.len() > COLUMNS {
            text.push_str(line.trim_end());
            text.push('\n');
            line.clone_from(&indent);
        }
        line.push_str(word);
        line.push(' ');
    }
    text.push_str(line.trim_end());
    text.push('\n');
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::text::tests::{assert_harmless_line, hostile};

    #[test]
    fn a_code_is_explained_with_who_can_do_what() {
        let asked = [
            "InvalidAccessException",
            "AADSTS7000222",
            "AADSTS50076: Due to a configuration change … TF401444: Sign-in at least once",
            "fullScopePatPolicyViolation",
            "{\"error\":{\"code\":\"Forbidden\",\"innererror\":{\"code\":\"ForbiddenByRbac\"}}}",
            "AADSTS123456",
            "AADSTS70002222",
            "conditional access",
            "zebra",
        ];
        let shown: Vec<String> = asked
            .iter()
            .map(|asked| format!("$ patkeeper explain '{asked}'\n{}", explain(asked).text))
            .collect();
        insta::assert_snapshot!(shown.join("\n"));
    }

    #[test]
    fn the_list_names_every_code_below_whose_it_is() {
        let list = explanations();
        for row in advice::all() {
            assert!(list.contains(&format!("\n  {} ", row.code())), "{}", row.code());
        }
        let heads: Vec<&str> = list
            .lines()
            .filter(|line| !line.is_empty() && !line.starts_with(' '))
            .collect();
        let whose = advice::all().map(|row| row.origin.words());
        let mut whose: Vec<&str> = whose.collect();
        whose.dedup();
        assert_eq!(
            heads.get(..whose.len()),
            Some(whose.as_slice()),
            "each is one block"
        );
    }

    #[test]
    fn only_what_is_in_the_table_counts_as_found() {
        assert!(explain("TF400813").found);
        assert!(explain("AADSTS123456 and AADSTS50076").found);
        for asked in ["", "AADSTS123456", "zebra", "conditional access"] {
            assert!(!explain(asked).found, "{asked}");
        }
    }

    #[test]
    fn every_code_of_the_table_is_found_by_its_name_and_fits_the_page() {
        for row in advice::all() {
            let shown = explain(row.code());
            assert!(
                shown.found && shown.text.starts_with(row.code()),
                "{}",
                row.code()
            );
            for line in shown.text.lines() {
                assert!(line.len() <= COLUMNS, "{line}");
            }
        }
    }

    #[test]
    fn of_a_pasted_log_nothing_but_its_codes_comes_back() {
        let token = "made-up-token-of-some-length-0123456789";
        let log = format!("Authorization: Bearer {token}\nAADSTS50076: {token} AADSTS123456 {token}");
        let shown = explain(&log).text;
        assert!(shown.contains("AADSTS50076") && shown.contains("AADSTS123456"));
        for part in token.split('-') {
            assert!(
                part.len() < 4 || part == "some" || !shown.contains(part),
                "{part}: {shown}"
            );
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        #[test]
        fn a_secret_among_codes_is_never_repeated(secret in "[A-Za-z0-9_~.-]{24,60}", code in "(AADSTS50076|TF400813|zebra|)") {
            let shown = explain(&format!("{code} token={secret} end")).text;
            prop_assert!(!shown.contains(&secret));
        }

        #[test]
        fn words_of_strangers_stay_harmless(words in hostile()) {
            explain(&words).text.lines().for_each(assert_harmless_line);
        }
    }
}
