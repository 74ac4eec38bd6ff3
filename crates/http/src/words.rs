//! A service's own words and ids, as a failure quotes them for support: `"message" (name, HTTP 403, activity 7c1e)`.
//!
//! What was sent is taken out first: cut first, half a secret could stay. Everything is one line, and fits as a whole
//! into the one that [`render::failure`](patkeeper_core::render::failure) shows of it. Lengths are in characters, with
//! those that take two columns counted twice.

use patkeeper_core::text;

use crate::{Echo, Response};

/// Longest quotation as a whole.
const LONGEST: usize = 880;
/// Longest message; the rest of it is left out of its middle.
pub const LONGEST_MESSAGE: usize = 640;
/// What is kept of a message's end: Microsoft Entra's hold the trace id, correlation id and time there, which its
/// support asks for.
const END: usize = 240;
/// Longest id.
const LONGEST_ID: usize = 100;
/// Longest list of ids.
const LONGEST_IDS: usize = 400;

/// The headers with the ids that support asks for, and what each is called; of those with one name the first that is
/// there counts. Azure DevOps has the first four, Microsoft Entra and Key Vault the last.
const IDS: [(&str, &str); 5] = [
    ("x-vss-e2eid", ACTIVITY),
    ("activityid", ACTIVITY),
    ("x-tfs-session", ACTIVITY),
    ("x-msedge-ref", "x-msedge-ref"),
    ("x-ms-request-id", "request"),
];

/// What Azure DevOps calls the id of a request.
pub const ACTIVITY: &str = "activity";

/// A message without what was sent, and without its middle if it is longer than [`LONGEST_MESSAGE`].
#[must_use]
pub fn message(text: &str, echo: &Echo) -> String {
    shortened(&line(text, echo), LONGEST_MESSAGE)
}

/// An id, or a service's short name for what happened, without what was sent, and without its middle if it has more than
/// 100.
#[must_use]
pub fn id(text: &str, echo: &Echo) -> String {
    shortened(&line(text, echo), LONGEST_ID)
}

/// The ids that an answer's headers hold, each behind what it is called: `("activity", "7c1e")`. `header` gives the
/// value of a header by its lower-case name.
pub fn ids<'a>(header: impl Fn(&str) -> Option<&'a str>, echo: &Echo) -> Vec<(&'static str, String)> {
    let mut found: Vec<(&str, String)> = Vec::new();
    for (name, called) in IDS {
        let value = header(name).map(str::trim).unwrap_or_default();
        if !value.is_empty() && found.iter().all(|(known, _)| *known != called) {
            found.push((called, id(value, echo)));
        }
    }
    found
}

/// A message with the ids behind it, in this order; ids alone where nothing was said.
#[must_use]
pub fn quoted(said: Option<&str>, ids: &[String], echo: &Echo) -> String {
    let mut list = String::new();
    for id in ids.iter().map(|text| id(text, echo)) {
        if !id.is_empty() && room(&list) + room(&id) + 2 <= LONGEST_IDS {
            list.push_str(if list.is_empty() { "" } else { ", " });
            list.push_str(&id);
        }
    }
    let said = line(said.unwrap_or_default(), echo);
    if said.is_empty() {
        return list;
    }
    let around = if list.is_empty() { 2 } else { room(&list) + 5 };
    let said = shortened(&said, LONGEST_MESSAGE.min(LONGEST.saturating_sub(around)));
    if list.is_empty() {
        format!("\"{said}\"")
    } else {
        format!("\"{said}\" ({list})")
    }
}

/// An answer's message with the service's short names for what happened, the status, and the ids of its headers.
#[must_use]
pub fn of(answer: &Response, said: Option<&str>, names: &[&str], echo: &Echo) -> String {
    let mut all: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    all.push(format!("HTTP {}", answer.status));
    let ids = ids(|name| answer.header(name), echo);
    all.extend(ids.into_iter().map(|(called, id)| format!("{called} {id}")));
    quoted(said, &all, echo)
}

fn line(text: &str, echo: &Echo) -> String {
    let clean = echo.out_of(text);
    text::plain(&clean.split_whitespace().collect::<Vec<_>>().join(" "))
}

fn shortened(text: &str, longest: usize) -> String {
    if room(text) <= longest {
        return text.to_owned();
    }
    let mut left = END.min(longest / 2);
    let first = start(text, longest.saturating_sub(left + 1));
    let last = text.char_indices().rev().take_while(|(_, c)| {
        let fits = of_one(*c) <= left;
        left = left.saturating_sub(of_one(*c));
        fits
    });
    let last = last.last().and_then(|(at, _)| text.get(at..)).unwrap_or_default();
    format!("{first}…{last}")
}

/// As much of the start as fits.
fn start(text: &str, longest: usize) -> &str {
    let mut used = 0;
    let end = text.char_indices().find(|(_, c)| {
        used += of_one(*c);
        used > longest
    });
    end.and_then(|(at, _)| text.get(..at)).unwrap_or(text)
}

fn room(text: &str) -> usize {
    text.chars().map(of_one).sum()
}

/// Never nothing: text must be bounded where marks take no column, too.
fn of_one(c: char) -> usize {
    text::width(c.encode_utf8(&mut [0; 4])).max(1)
}

#[cfg(test)]
mod tests {
    use patkeeper_core::failure::{Failure, FailureKind};
    use patkeeper_core::render::{self, LogLine};
    use proptest::prelude::*;

    use super::*;

    const SECRET: &str = "made-up-secret-0123456789-abcdefghijklmnop";

    fn shown(words: &str) -> String {
        let failure = Failure::new(FailureKind::Refused, "No").with_service_words(words);
        match render::failure(&failure).pop() {
            Some(LogLine::Text(line)) => line,
            other => panic!("{other:?}"),
        }
    }

    fn answer() -> Response {
        let headers = [
            ("x-tfs-session", "s-1"),
            ("activityid", "a-1"),
            ("x-msedge-ref", "Ref A: 1"),
            ("x-ms-request-id", "r-1"),
        ];
        Response::from_parts("login.microsoftonline.com/t", 401, headers, "")
    }

    #[test]
    fn the_ids_of_a_long_message_reach_the_log() {
        for letter in ["x", "語"] {
            let text = format!(
                "AADSTS1:\r\n{} Trace ID: tr-1\r\nCorrelation ID: co-1",
                letter.repeat(1_160)
            );
            let words = of(&answer(), Some(&text), &["invalid_grant"], &Echo::default());
            let line = shown(&words);
            assert!(line.contains("\"AADSTS1: "), "{line}");
            assert!(
                line.ends_with(
                    "Trace ID: tr-1 Correlation ID: co-1\" (invalid_grant, HTTP 401, activity a-1, \
                     x-msedge-ref Ref A: 1, request r-1)"
                ),
                "{line}"
            );
        }
    }

    #[test]
    fn ids_stand_alone_where_nothing_was_said() {
        let ids = ["exit code 3".to_owned(), " ".to_owned()];
        assert_eq!(quoted(Some(" \n"), &ids, &Echo::default()), "exit code 3");
        assert_eq!(quoted(Some("No."), &[], &Echo::default()), "\"No.\"");
    }

    #[test]
    fn what_was_sent_is_taken_out_before_anything_is_cut() {
        let echo = Echo::of([SECRET]);
        for before in (0..1_300).step_by(7) {
            let text = format!("{}{SECRET}{}", "x".repeat(before), "y".repeat(1_300 - before));
            let words = quoted(
                Some(&text),
                &[format!("{}{SECRET}", "x".repeat(before % 100))],
                &echo,
            );
            assert!(!words.contains(&SECRET[..8]), "{words}");
            assert!(!words.contains(&SECRET[SECRET.len() - 8..]), "{words}");
        }
    }

    proptest! {
        #[test]
        fn no_words_are_longer_than_what_is_shown(
            said in "(\\PC|\\p{M}|\\s|\u{fe0f}){0,40}", times in 0..50usize,
            ids in proptest::collection::vec("(\\PC|\\p{M}){0,120}", 0..9),
        ) {
            let said = said.repeat(times);
            let echo = Echo::default();
            let words = quoted(Some(&said), &ids, &echo);
            prop_assert!(words.chars().count() <= LONGEST, "{}", words);
            prop_assert!(!words.contains(['\n', '\r']));
            prop_assert!(words.is_empty() || shown(&words).ends_with(words.chars().last().unwrap()));
            prop_assert!(message(&said, &echo).chars().count() <= LONGEST_MESSAGE);
        }
    }
}
