//! What the services' error codes mean, who can do something about them, and what.
//!
//! One table for every failure that Patkeeper shows and for looking a code up. The words are ours; the services'
//! own are always quoted beside them. Sources: Azure DevOps REST API specification 7.2 (`SessionTokenError`),
//! Azure DevOps documentation on PATs and their policies, Microsoft Entra and Azure Key Vault error codes, and answers
//! published by users of the services.

mod azure_devops;
mod entra;
mod key_vault;
mod look_up;
mod machine;
mod pat_error;

use crate::failure::{Failure, FailureKind};

pub use look_up::{Found, NotKnown, look_up, near};
pub use pat_error::PatTokenError;

/// Where a code comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// An answer of Azure DevOps.
    AzureDevOps,
    /// `patTokenError` inside an HTTP 200 of the PAT lifecycle API.
    PatLifecycle,
    /// Microsoft Entra's sign-in (`AADSTS…`).
    Entra,
    /// Azure Key Vault.
    KeyVault,
    /// The managed identity of the machine: IMDS, or the App Service endpoint.
    ManagedIdentity,
    /// The Azure CLI on the machine.
    AzureCli,
}

impl Origin {
    /// Whose code it is, in words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::AzureDevOps => "Azure DevOps",
            Self::PatLifecycle => "Azure DevOps, PAT lifecycle API",
            Self::Entra => "Microsoft Entra",
            Self::KeyVault => "Azure Key Vault",
            Self::ManagedIdentity => "managed identity",
            Self::AzureCli => "Azure CLI",
        }
    }
}

/// Who can do something about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// Whoever writes the pipeline.
    Author,
    /// The PAT's owner, or whoever's sign-in the step uses.
    Owner,
    /// An administrator of the Azure DevOps organization.
    OrganizationAdministrator,
    /// The Azure DevOps Administrator of the Entra tenant.
    TenantAdministrator,
    /// An administrator of Microsoft Entra, or an owner of the app registration.
    EntraAdministrator,
    /// Whoever administers the key vault.
    VaultOwner,
    /// Microsoft, or time.
    Service,
}

impl Who {
    /// In words that fit after "Can be fixed by".
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Author => "whoever writes the pipeline",
            Self::Owner => "whoever's sign-in the step uses",
            Self::OrganizationAdministrator => "an administrator of the organization",
            Self::TenantAdministrator => "the tenant's Azure DevOps Administrator",
            Self::EntraAdministrator => {
                "an administrator of Microsoft Entra, or an owner of the app registration"
            }
            Self::VaultOwner => "whoever administers the key vault",
            Self::Service => "waiting, or Microsoft's support",
        }
    }
}

/// One row of the table.
#[derive(Debug)]
pub struct Advice {
    /// The code, and other names the same thing goes by. Unique over the table, compared without letter case.
    pub codes: &'static [&'static str],
    /// Parts of messages, lower-cased, that mean the same though no code is in them.
    pub phrases: &'static [&'static str],
    /// Where it comes from.
    pub origin: Origin,
    /// Which decision it asks for when it ends a step.
    pub kind: FailureKind,
    /// What it means: one or two sentences without a final period.
    pub meaning: &'static str,
    /// Who can do something about it.
    pub who: Who,
    /// What to do, best first.
    pub ways_out: &'static [&'static str],
}

/// One row of a table.
const fn row(
    origin: Origin,
    codes: &'static [&'static str],
    phrases: &'static [&'static str],
    kind: FailureKind,
    who: Who,
    meaning: &'static str,
    ways_out: &'static [&'static str],
) -> Advice {
    Advice {
        codes,
        phrases,
        origin,
        kind,
        meaning,
        who,
        ways_out,
    }
}

impl Advice {
    /// The code that the row is known by.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.codes.first().copied().unwrap_or_default()
    }

    /// The failure for something that ended this way.
    #[must_use]
    pub fn failure(&self, what: impl Into<String>) -> Failure {
        let failure = Failure::new(self.kind, what)
            .with_code(self.code())
            .with_why(self.meaning);
        self.ways_out
            .iter()
            .fold(failure, |failure, way| failure.with_way_out(*way))
    }
}

/// Every row.
pub fn all() -> impl Iterator<Item = &'static Advice> {
    azure_devops::ROWS
        .iter()
        .chain(pat_error::ROWS)
        .chain(entra::ROWS)
        .chain(key_vault::ROWS)
        .chain(machine::ROWS)
}

/// The row of exactly this code, whatever its letter case.
#[must_use]
pub fn find(code: &str) -> Option<&'static Advice> {
    let code = code.trim();
    all().find(|row| row.codes.iter().any(|known| known.eq_ignore_ascii_case(code)))
}

/// The row that a text is about: a bare code, a service's message, or a pasted log line.
///
/// Phrases are looked for first, because some codes mean two things and the words beside them tell which.
#[must_use]
pub fn recognize(text: &str) -> Option<&'static Advice> {
    if let Some(row) = find(text) {
        return Some(row);
    }
    let lower = text.to_ascii_lowercase();
    if let Some(row) = all().find(|row| row.phrases.iter().any(|phrase| lower.contains(phrase))) {
        return Some(row);
    }
    // A bare number is too common in prose to mean an HTTP status.
    text.split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| word.chars().any(|c| c.is_ascii_alphabetic()))
        .find_map(find)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn no_code_and_no_phrase_is_in_two_rows() {
        let mut seen = HashSet::new();
        for row in all() {
            assert!(!row.codes.is_empty(), "a row without a code");
            for name in row.codes.iter().chain(row.phrases) {
                assert!(seen.insert(name.to_ascii_lowercase()), "{name} is there twice");
            }
            for phrase in row.phrases {
                assert_eq!(
                    *phrase,
                    phrase.to_ascii_lowercase(),
                    "phrases are compared lower-cased"
                );
            }
        }
    }

    #[test]
    fn every_row_says_what_it_means_and_what_to_do() {
        for row in all() {
            assert!(row.meaning.len() > 10, "{}", row.code());
            assert!(!row.meaning.ends_with('.'), "{}", row.code());
            assert!(!row.ways_out.is_empty(), "{}", row.code());
        }
    }

    /// The name that a heading has in links, as GitHub makes it.
    fn anchor(heading: &str) -> String {
        let heading = heading
            .trim_start_matches('#')
            .trim()
            .to_lowercase()
            .replace(' ', "-");
        heading
            .chars()
            .filter(|c| c.is_alphanumeric() || matches!(c, '-' | '_'))
            .collect()
    }

    #[test]
    fn pages_that_a_way_out_names_are_there() {
        let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../");
        let mut named = 0;
        for way in all().flat_map(|row| row.ways_out) {
            for place in way.split(|c: char| c.is_whitespace() || "(),;:".contains(c)) {
                if !place.starts_with("docs/") {
                    continue;
                }
                let (page, section) = place.split_once('#').unwrap_or((place, ""));
                let text = std::fs::read_to_string(format!("{root}{page}")).unwrap_or_default();
                assert!(!text.is_empty(), "{place}");
                let mut headings = text.lines().filter(|line| line.starts_with('#'));
                assert!(
                    section.is_empty() || headings.any(|heading| anchor(heading) == section),
                    "{place}"
                );
                named += 1;
            }
        }
        assert!(named > 5, "{named}");
    }

    #[test]
    fn a_code_is_found_inside_a_pasted_line() {
        let line = "##[error]AADSTS7000222: The provided client secret keys for app '…' are expired.";
        assert_eq!(recognize(line).map(Advice::code), Some("AADSTS7000222"));
        assert_eq!(recognize("tf401444").map(Advice::code), Some("TF401444"));
        assert_eq!(
            recognize("\"patTokenError\":\"fullScopePatPolicyViolation\"").map(Advice::code),
            Some("fullScopePatPolicyViolation")
        );
    }

    #[test]
    fn the_words_decide_where_a_code_means_two_things() {
        let user = "TF400813: The user is not authorized to access this resource.";
        let anonymous =
            "TF400813: Resource not available for anonymous access. Client authentication required.";
        assert_eq!(recognize(user).map(Advice::code), Some("TF400813"));
        assert_eq!(
            recognize(anonymous).map(Advice::code),
            Some("UnauthorizedRequestException")
        );
    }

    #[test]
    fn app_only_refusals_are_recognized_by_both_published_messages() {
        for text in [
            "Service principals are not allowed to perform this action.",
            "The requested operation is not allowed.",
            "InvalidAccessException",
        ] {
            assert_eq!(
                recognize(text).map(Advice::code),
                Some("InvalidAccessException"),
                "{text}"
            );
        }
    }

    #[test]
    fn numbers_in_prose_are_no_code() {
        assert_eq!(recognize("answered 203 rows in 429 ms").map(Advice::code), None);
        assert_eq!(recognize("429").map(Advice::code), Some("TF400733"));
        assert_eq!(recognize("53003").map(Advice::code), Some("AADSTS53003"));
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "\\PC{0,200}") {
            let _ = recognize(&text);
        }
    }
}
