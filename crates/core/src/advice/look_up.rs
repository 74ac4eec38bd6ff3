//! Every code in a text: a bare one, a service's message, an answer as JSON, or a whole log.
//!
//! A pasted log may hold a secret. Nothing here gives back any part of the text but codes: those of the table as the
//! table spells them, and numbers behind a service's prefix.

use super::{Advice, Origin, all, find};

/// Everything that a text is about.
#[derive(Debug, Default)]
pub struct Found {
    /// Rows of the table, in the order in which they come up; each once.
    pub rows: Vec<&'static Advice>,
    /// Codes that look like a service's and are not in the table; each once, the first ten.
    pub unknown: Vec<NotKnown>,
}

/// A code that the table lacks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotKnown {
    /// Its prefix, as the service spells it: `AADSTS`, `TF`, `VS`, or `AKV`.
    pub prefix: &'static str,
    /// Its number, 4 to 8 digits.
    pub number: String,
}

/// Prefixes of codes with a number behind them.
const PREFIXES: [&str; 4] = ["AADSTS", "AKV", "TF", "VS"];
/// More unknown codes than this are no failure that a person looks at.
const MOST_UNKNOWN: usize = 10;
/// Words that a number follows when it is a code: `error_codes":[65001]`, `error?code=65001`, `AADSTS 65001`.
const BEFORE_A_CODE: [&str; 4] = ["aadsts", "code", "codes", "error"];
/// Words that a number follows when it is an HTTP status.
const BEFORE_A_STATUS: [&str; 4] = ["http", "status", "code", "returned"];

/// Finds every known code and message in a text.
#[must_use]
pub fn look_up(text: &str) -> Found {
    if let Some(row) = find(text) {
        return Found {
            rows: vec![row],
            unknown: Vec::new(),
        };
    }
    // Escapes of JSON would stick to the word behind them, and a log breaks its lines where it likes.
    let text = text.replace("\\r", " ").replace("\\n", " ").replace("\\t", " ");
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let lower = text.to_ascii_lowercase();
    let mut hits: Vec<(usize, &'static Advice)> = Vec::new();
    for row in all() {
        let phrases = row.phrases.iter().filter_map(|phrase| lower.find(phrase));
        hits.extend(phrases.map(|at| (at, row)));
    }
    // Where a code means two things, the words beside it tell which.
    let told_by_words = hits
        .iter()
        .any(|(_, row)| row.code() == "UnauthorizedRequestException")
        && !lower.contains("the user is not authorized");
    let mut unknown = Vec::new();
    let mut statuses = Vec::new();
    let mut before = "";
    let mut in_codes = false;
    for (at, word) in words(&text) {
        let is_number = word.bytes().all(|byte| byte.is_ascii_digit());
        if is_number {
            let follows = |heads: &[&str]| heads.iter().any(|head| head.eq_ignore_ascii_case(before));
            in_codes |= follows(&BEFORE_A_CODE);
            let row = find(word);
            if word.len() > 4 && in_codes {
                hits.extend(row.map(|row| (at, row)));
            } else if word.len() == 3 && follows(&BEFORE_A_STATUS) {
                statuses.extend(row.map(|row| (at, row)));
            }
        } else {
            in_codes = false;
            match find(word) {
                Some(row) if row.code() == "TF400813" && told_by_words => {}
                Some(row) if is_meant(row, word) => hits.push((at, row)),
                Some(_) => {}
                None => unknown.extend(numbered(word)),
            }
            before = word;
        }
    }
    // A status says least: it counts where nothing else does.
    if hits.is_empty() && unknown.is_empty() {
        hits = statuses;
    }
    hits.sort_by_key(|(at, _)| *at);
    let mut found = Found::default();
    for (_, row) in hits {
        if !found.rows.iter().any(|known| std::ptr::eq(*known, row)) {
            found.rows.push(row);
        }
    }
    for code in unknown {
        if !found.unknown.contains(&code) && found.unknown.len() < MOST_UNKNOWN {
            found.unknown.push(code);
        }
    }
    found
}

/// Rows that a text which names no code may be about, the likest first, at most three: those whose code looks like a
/// word of it, then those whose meaning has its words.
#[must_use]
pub fn near(text: &str) -> Vec<&'static Advice> {
    /// How alike two codes must be, from 0 to 1.
    const ALIKE: f64 = 0.75;
    const MOST: usize = 3;
    let lower = text.to_ascii_lowercase();
    // A log holds thousands of words, and each is compared with every code.
    let words: Vec<&str> = words(&lower)
        .map(|(_, word)| word)
        .filter(|word| (3..=48).contains(&word.len()) && !COMMON.contains(word))
        .take(40)
        .collect();
    let mut alike: Vec<(f64, &Advice)> = all()
        .filter_map(|row| {
            let best = row
                .codes
                .iter()
                .flat_map(|code| words.iter().map(move |word| likeness(word, code)))
                .fold(0.0, f64::max);
            (best >= ALIKE).then_some((best, row))
        })
        .collect();
    alike.sort_by(|(one, _), (other, _)| other.total_cmp(one));
    if alike.is_empty() {
        alike = by_meaning(&words);
    }
    alike.into_iter().take(MOST).map(|(_, row)| row).collect()
}

/// Words of any failure, which tell nothing.
const COMMON: &[&str] = &[
    "and", "are", "azure", "but", "can", "cannot", "could", "devops", "does", "error", "failed", "failure",
    "for", "from", "has", "have", "how", "not", "the", "this", "that", "was", "what", "when", "why", "with",
    "you", "your",
];

/// Numbers are alike only where they are nearly the same one: most of them differ in a digit or two.
fn likeness(word: &str, code: &str) -> f64 {
    if code.len() < 5 || word.len() < 5 {
        return 0.0;
    }
    let code = code.to_ascii_lowercase();
    let likeness = strsim::normalized_damerau_levenshtein(word, &code);
    let digits = |text: &str| text.bytes().any(|byte| byte.is_ascii_digit());
    if (digits(word) || digits(&code)) && strsim::osa_distance(word, &code) > 1 {
        return 0.0;
    }
    likeness
}

fn by_meaning(words: &[&str]) -> Vec<(f64, &'static Advice)> {
    // Longer texts are prose, and hit any meaning with some of their words.
    if words.is_empty() || words.len() > 6 {
        return Vec::new();
    }
    let all_words = u32::try_from(words.len()).unwrap_or(u32::MAX);
    let mut fitting: Vec<(f64, &Advice)> = all()
        .filter_map(|row| {
            let says = format!("{} {}", row.meaning, row.origin.words()).to_ascii_lowercase();
            let hits = words.iter().filter(|word| says.contains(**word)).count();
            let hits = u32::try_from(hits).unwrap_or(u32::MAX);
            (hits == all_words || hits >= 3).then_some((f64::from(hits), row))
        })
        .collect();
    fitting.sort_by(|(one, _), (other, _)| other.total_cmp(one));
    fitting
}

/// Whether a word of a longer text is a code rather than a plain word: the lifecycle API's codes are written in one
/// way alone, and `AccessDenied` or `InvalidToken` is what many a service says.
fn is_meant(row: &Advice, word: &str) -> bool {
    row.origin != Origin::PatLifecycle || row.codes.contains(&word)
}

/// A code with a service's prefix.
fn numbered(word: &str) -> Option<NotKnown> {
    PREFIXES.into_iter().find_map(|prefix| {
        let head = word.get(..prefix.len())?;
        let number = word.get(prefix.len()..)?;
        let fits = (4..=8).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_digit());
        (fits && head.eq_ignore_ascii_case(prefix)).then(|| NotKnown {
            prefix,
            number: number.to_owned(),
        })
    })
}

/// Runs of letters and digits, each with where it starts.
fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0;
    text.split(|c: char| !c.is_ascii_alphanumeric())
        .filter_map(move |word| {
            let start = at;
            // What splits is one character of any width, so the next start is looked up, not counted.
            at = start
                + word.len()
                + text
                    .get(start + word.len()..)?
                    .chars()
                    .next()
                    .map_or(0, char::len_utf8);
            (!word.is_empty()).then_some((start, word))
        })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn codes(text: &str) -> Vec<&'static str> {
        look_up(text).rows.into_iter().map(Advice::code).collect()
    }

    #[test]
    fn every_code_of_a_log_is_found_once_in_the_order_it_comes_up() {
        let log = "2026-11-21T06:00:01Z ##[error]AADSTS7000222: The provided client secret keys are expired.\n\
                   Trace ID: 6a41 retrying\n##[error]AADSTS7000222: again\nTF400813: The user is not authorized to \
                   access this resource.";
        assert_eq!(codes(log), ["AADSTS7000222", "TF400813"]);
    }

    #[test]
    fn codes_in_json_are_found_whatever_is_escaped_around_them() {
        for json in [
            r#"{"error":"invalid_grant","error_description":"Sorry\r\nAADSTS50076: Due to a change","error_codes":[50076]}"#,
            r#"{"error":"interaction_required","error_codes":[50076],"error_uri":"https://login.microsoftonline.com/error?code=50076"}"#,
            "error_codes: [50076]",
            "AADSTS 50076",
        ] {
            assert_eq!(codes(json), ["AADSTS50076"], "{json}");
        }
        assert_eq!(
            codes(r#"{"patToken":null,"patTokenError":"patLifespanPolicyViolation"}"#),
            ["patLifespanPolicyViolation"]
        );
        assert_eq!(
            codes(
                r#"{"error":{"code":"Forbidden","message":"Caller is not authorized to perform action on resource.\r\nIf role","innererror":{"code":"ForbiddenByRbac"}}}"#
            ),
            ["ForbiddenByRbac"]
        );
    }

    #[test]
    fn numbers_of_a_log_are_no_codes() {
        for text in [
            "built 50076 files",
            "took 429 ms",
            "port 8080, pid 65001",
            "exit code 3",
            "line 400",
        ] {
            assert_eq!(codes(text), Vec::<&str>::new(), "{text}");
        }
    }

    #[test]
    fn a_status_counts_where_nothing_else_is_said() {
        assert_eq!(codes("the server returned HTTP 429"), ["TF400733"]);
        assert_eq!(codes("HTTP 401: TF401444 sign in"), ["TF401444"]);
    }

    #[test]
    fn plain_words_are_no_codes_of_the_lifecycle_api() {
        assert_eq!(codes("git: AccessDenied for that user"), Vec::<&str>::new());
        assert_eq!(codes("patTokenError accessDenied there"), ["accessDenied"]);
        assert_eq!(codes("accessdenied"), ["accessDenied"], "alone, it is looked up");
    }

    #[test]
    fn a_message_broken_over_lines_is_found() {
        let log = "There is no explicit reference to\n   service connection 'x' from current stage";
        assert_eq!(codes(log), ["serviceConnectionNotReferenced"]);
    }

    #[test]
    fn one_code_of_two_meanings_is_told_by_its_words() {
        let anonymous =
            "TF400813: Resource not available for anonymous access. Client authentication required.";
        assert_eq!(codes(anonymous), ["UnauthorizedRequestException"]);
    }

    #[test]
    fn a_code_that_is_not_known_is_named_by_its_number() {
        let found = look_up("failed: aadsts123456, TF99, VS800075: nothing");
        assert!(found.rows.is_empty());
        let named: Vec<String> = found
            .unknown
            .iter()
            .map(|code| format!("{}{}", code.prefix, code.number))
            .collect();
        assert_eq!(named, ["AADSTS123456", "VS800075"]);
    }

    #[test]
    fn a_mistyped_code_is_near_to_the_one_meant_and_words_to_what_they_mean() {
        let near = |text: &str| near(text).into_iter().map(Advice::code).collect::<Vec<_>>();
        assert_eq!(near("AADSTS70002222").first(), Some(&"AADSTS7000222"));
        assert_eq!(near("ForbidenByRbac").first(), Some(&"ForbiddenByRbac"));
        assert!(near("conditional access").contains(&"VS403463"));
        assert!(near("zebra quux").is_empty());
        assert!(near(&"a".repeat(100_000)).is_empty());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn no_text_panics(text in "(\\PC|[\\\\n\u{e9} ]|AADSTS|TF|40){0,60}") {
            let found = look_up(&text);
            prop_assert!(found.unknown.len() <= MOST_UNKNOWN);
            prop_assert!(near(&text).len() <= 3);
        }

        #[test]
        fn words_start_where_they_are_said_to(text in "\\PC{0,60}") {
            for (at, word) in words(&text) {
                prop_assert_eq!(text.get(at..at + word.len()), Some(word));
            }
        }
    }
}
