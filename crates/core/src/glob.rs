//! Glob patterns over names.

use wildmatch::WildMatch;

/// `*` matches any run of characters, `?` exactly one; nothing else is special. Letter case counts, unless it was made
/// by [`Glob::in_any_case`].
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

    /// The same, to which letter case makes no difference.
    pub fn in_any_case(text: impl Into<String>) -> Self {
        let text = text.into();
        Self {
            matcher: WildMatch::new_case_insensitive(&text),
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
    fn where_letter_case_does_not_count_it_does_so_in_no_alphabet() {
        for (pattern, name, fits) in [
            ("token.*", "Token.PatCreateEvent", true),
            ("TOKEN.PAT?REATEEVENT", "Token.PatCreateEvent", true),
            ("*@acme.example", "Ann@ACME.example", true),
            ("größe*", "GRÖSSE", false),
            ("ÄNNE", "änne", true),
            ("token.*", "Tokens.X", false),
        ] {
            assert_eq!(Glob::in_any_case(pattern).matches(name), fits, "{pattern} {name}");
        }
        assert_eq!(Glob::in_any_case("Token.*").as_str(), "Token.*");
    }

    #[test]
    fn a_pattern_made_to_exhaust_is_answered() {
        assert!(!Glob::new("*a".repeat(200) + "b").matches(&"a".repeat(2000)));
    }
}
