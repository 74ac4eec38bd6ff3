//! The scope catalogue.

/// The scopes of one PAT, in the order and spelling of the service; unknown ones survive.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ScopeSet(Vec<String>);

impl ScopeSet {
    /// Splits the service's text (single spaces) or a user's (spaces, commas, lines).
    /// `vso.full_access` is read as `app_token`. Doubles are dropped.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let mut scopes: Vec<String> = Vec::new();
        for word in text.split(|c: char| c.is_whitespace() || c == ',').filter(|word| !word.is_empty()) {
            let word = if word.eq_ignore_ascii_case("vso.full_access") { "app_token" } else { word };
            if !scopes.iter().any(|seen| seen == word) {
                scopes.push(word.to_owned());
            }
        }
        Self(scopes)
    }

    /// Each scope.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}
