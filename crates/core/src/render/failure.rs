//! One failure, for people.

use super::LogLine;
use crate::failure::Failure;
use crate::text::fit;

/// Sentences of our own are shorter.
const SENTENCE: usize = 600;
/// A service's words may not be, and Microsoft Entra's end with the ids that its support asks for.
const WORDS: usize = 900;

/// The failure as log lines: the first says what happened (print it as the error), the others why, what to do
/// about it, and last the service's own words or code, for support.
#[must_use]
pub fn failure(failure: &Failure) -> Vec<LogLine> {
    let mut lines = vec![LogLine::Text(fit(&failure.what, SENTENCE))];
    lines.extend(
        details(failure)
            .into_iter()
            .map(|line| LogLine::Text(format!("  {line}"))),
    );
    lines
}

/// What follows the first sentence, not indented.
pub(super) fn details(failure: &Failure) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(why) = &failure.why {
        lines.push(format!("Why: {}", fit(why, SENTENCE)));
    }
    match failure.ways_out.as_slice() {
        [] => {}
        [way] => lines.push(format!("Way out: {}", fit(way, SENTENCE))),
        ways => {
            for (number, way) in (1..).zip(ways) {
                let head = if number == 1 { "Ways out:" } else { "         " };
                lines.push(format!("{head} {number}. {}", fit(way, SENTENCE)));
            }
        }
    }
    lines.extend(for_support(failure).map(|(head, words)| format!("{head}: {words}")));
    lines
}

/// What the service itself said, harmless in a line, each with its head: its words as they are quoted, and its code
/// unless they hold it.
pub(super) fn for_support(failure: &Failure) -> impl Iterator<Item = (&'static str, String)> {
    let words = failure
        .service_words
        .as_deref()
        .filter(|words| !words.trim().is_empty());
    let code = failure
        .service_code()
        .filter(|code| !words.is_some_and(|words| words.contains(code)));
    let words = words.map(|words| ("The service's words", fit(words, WORDS)));
    let code = code.map(|code| ("Code", fit(code, SENTENCE)));
    words.into_iter().chain(code)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::FailureKind;

    #[test]
    fn ids_at_the_end_of_a_services_long_words_stay() {
        let words = format!("\"{} Trace ID: tr-1\" (HTTP 401, request r-1)", "x ".repeat(400));
        let shown = failure(&Failure::new(FailureKind::Refused, "No").with_service_words(words));
        let Some(LogLine::Text(last)) = shown.last() else {
            panic!("{shown:?}")
        };
        assert!(
            last.ends_with("Trace ID: tr-1\" (HTTP 401, request r-1)"),
            "{last}"
        );
    }
}
