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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_stars_and_question_marks_are_special_and_the_whole_name_must_fit() {
        for (pattern, name, fits) in [
            ("ci-*", "ci-", true),
            ("ci-*", "ci-prod-2026", true),
            ("ci-*", "my-ci-prod", false),
            ("*", "", true),
            ("?", "", false),
            ("gr??e", "größe", true),
            ("ci", "CI", false),
            ("ci.*", "ci-x", false),
            ("[ab]", "a", false),
            ("[ab]", "[ab]", true),
            ("a*b*c", "a-b-b-c", true),
            ("", "", true),
            ("", "a", false),
        ] {
            assert_eq!(Glob::new(pattern).matches(name), fits, "{pattern} {name}");
        }
    }

    #[test]
    fn a_pattern_made_to_exhaust_is_answered() {
        assert!(!Glob::new("*a".repeat(200) + "b").matches(&"a".repeat(2000)));
    }
}
