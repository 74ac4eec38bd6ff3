//! Glob patterns over display names.

use wildmatch::WildMatch;

/// `*` matches any run of characters, `?` exactly one; letter case counts; nothing else is special.
#[derive(Debug, Clone, PartialEq)]
pub struct Glob {
    text: String,
    matcher: WildMatch,
}

impl Glob {
    /// Every text is a pattern.
    pub fn new(text: impl Into<String>) -> Self {
        let text = text.into();
        Self {
            matcher: WildMatch::new(&text),
            text,
        }
    }

    /// Whether the whole name fits.
    #[must_use]
    pub fn matches(&self, name: &str) -> bool {
        self.matcher.matches(name)
    }

    /// The pattern as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }
}
