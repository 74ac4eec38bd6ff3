//! The scopes of one PAT.

use std::fmt;

use super::catalog::FULL_ACCESS;
use super::{canonical, find, implied};

/// The scopes of one PAT, in the order and spelling of the service; unknown ones survive.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ScopeSet(Vec<String>);

/// A scope that another scope of the same PAT includes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Redundant<'a> {
    /// The one that could go.
    pub scope: &'a str,
    /// The one that includes it.
    pub by: &'a str,
}

impl ScopeSet {
    /// Splits the service's text (single spaces) or a user's (spaces, commas, lines).
    /// `vso.full_access` is read as `app_token`. Doubles are dropped.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        text.split(|c: char| c.is_whitespace() || c == ',').collect()
    }

    /// Each scope.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// Whether this very scope is among them, not whether one of them includes it: see [`ScopeSet::grants`].
    #[must_use]
    pub fn contains(&self, name: &str) -> bool {
        let name = canonical(name);
        self.iter().any(|scope| scope == name)
    }

    /// Whether one of them is this scope or includes it.
    #[must_use]
    pub fn grants(&self, name: &str) -> bool {
        let name = canonical(name);
        self.contains(name)
            || self
                .iter()
                .any(|scope| implied(scope).iter().any(|inner| inner.name == name))
    }

    /// Whether it opens everything its owner can do.
    #[must_use]
    pub fn is_full_access(&self) -> bool {
        self.contains(FULL_ACCESS)
    }

    /// Each scope that another one of the set includes, with the first one that does.
    #[must_use]
    pub fn redundant(&self) -> Vec<Redundant<'_>> {
        let implied: Vec<_> = self.iter().map(|by| (by, implied(by))).collect();
        self.iter()
            .filter_map(|scope| {
                let (by, _) = implied
                    .iter()
                    .find(|(_, inner)| inner.iter().any(|inner| inner.name == scope))?;
                Some(Redundant { scope, by })
            })
            .collect()
    }

    /// Each scope that the catalogue lacks.
    pub fn unknown(&self) -> impl Iterator<Item = &str> {
        self.iter().filter(|scope| find(scope).is_none())
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<'a> FromIterator<&'a str> for ScopeSet {
    fn from_iter<T: IntoIterator<Item = &'a str>>(words: T) -> Self {
        let mut scopes: Vec<String> = Vec::new();
        for word in words.into_iter().filter(|word| !word.is_empty()).map(canonical) {
            if !scopes.iter().any(|seen| seen == word) {
                scopes.push(word.to_owned());
            }
        }
        Self(scopes)
    }
}

/// The service's form: single spaces.
impl fmt::Display for ScopeSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join(" "))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_user_may_separate_by_spaces_commas_and_lines() {
        let set = ScopeSet::parse("vso.code,vso.build\r\n vso.code  vso.made_up");
        assert_eq!(
            set.iter().collect::<Vec<_>>(),
            ["vso.code", "vso.build", "vso.made_up"]
        );
        assert_eq!(set.unknown().collect::<Vec<_>>(), ["vso.made_up"]);
        assert_eq!(set.to_string(), "vso.code vso.build vso.made_up");
    }

    #[test]
    fn the_old_name_of_full_access_is_read_as_the_new_one() {
        let set = ScopeSet::parse("vso.full_access app_token VSO.Full_Access");
        assert_eq!(set.iter().collect::<Vec<_>>(), ["app_token"]);
        assert!(set.is_full_access() && set.contains("vso.full_access"));
    }

    #[test]
    fn a_scope_that_another_one_includes_is_redundant() {
        let set = ScopeSet::parse("vso.code vso.code_manage vso.build vso.profile vso.profile_write");
        assert_eq!(
            set.redundant(),
            [Redundant {
                scope: "vso.code",
                by: "vso.code_manage"
            }]
        );
    }

    #[test]
    fn everything_beside_full_access_is_redundant() {
        let set = ScopeSet::parse("vso.work app_token vso.made_up");
        assert_eq!(
            set.redundant(),
            [Redundant {
                scope: "vso.work",
                by: "app_token"
            }]
        );
    }

    #[test]
    fn granting_follows_inclusion_and_containing_does_not() {
        let set = ScopeSet::parse("vso.packaging_manage");
        assert!(set.grants("vso.packaging") && !set.contains("vso.packaging"));
        assert!(!set.grants("vso.code"));
    }

    proptest! {
        #[test]
        fn writing_and_reading_a_set_keeps_it(text in "\\PC{0,60}") {
            let set = ScopeSet::parse(&text);
            prop_assert_eq!(ScopeSet::parse(&set.to_string()), set.clone());
            let _ = (set.redundant(), set.grants(&text));
        }
    }
}
