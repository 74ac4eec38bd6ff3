//! One failure, for people.

use super::LogLine;
use crate::failure::Failure;
use crate::text::fit;

/// Sentences of our own are shorter; a service's words may not be.
const SENTENCE: usize = 600;

/// The failure as log lines: the first says what happened (print it as the error), the others why, what to do
/// about it, and last the service's own words and code, for support.
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
    if let Some(words) = service_words(failure) {
        lines.push(format!("The service's words: {words}"));
    }
    lines
}

/// The service's words in quotes, its code behind them unless they hold it; harmless in a line.
pub(super) fn service_words(failure: &Failure) -> Option<String> {
    let code = failure
        .code
        .as_deref()
        .filter(|code| !code.is_empty())
        .map(|code| fit(code, 80));
    match (&failure.service_words, code) {
        (Some(words), Some(code)) if !words.contains(&code) => {
            Some(format!("\"{}\" ({code})", fit(words, SENTENCE)))
        }
        (Some(words), _) => Some(format!("\"{}\"", fit(words, SENTENCE))),
        (None, Some(code)) => Some(format!("({code})")),
        (None, None) => None,
    }
}
