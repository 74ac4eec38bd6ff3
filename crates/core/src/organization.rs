//! Which strings name an Azure DevOps organization. Everything else is refused before a request is made,
//! because a token sent to the wrong host is a leaked token.

use std::fmt;
use std::hash::{Hash, Hasher};

/// The longest name the service gives out (Azure DevOps documentation, "Naming restrictions and conventions").
const LONGEST: usize = 50;

/// The name of an organization on Azure DevOps Services: 1 to 50 ASCII letters, digits and inner hyphens.
///
/// No other text can become a path segment of a request, so no input can steer a token to another path.
/// Compared without regard to letter case, as the service does; shown as it was given.
#[derive(Debug, Clone)]
pub struct Organization(String);

impl PartialEq for Organization {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

impl Eq for Organization {}

impl Hash for Organization {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.to_ascii_lowercase().hash(state);
    }
}

/// Why a text does not name an organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OrganizationError {
    /// Empty.
    #[error("is empty")]
    Empty,
    /// Not one of the accepted forms.
    #[error("is not an Azure DevOps organization")]
    NotAzureDevOps,
    /// Looks like an Azure DevOps Server collection, which has no PAT lifecycle API.
    #[error("looks like an Azure DevOps Server collection")]
    Server,
}

impl Organization {
    /// Reads `acme`, `https://dev.azure.com/acme/` or `https://acme.visualstudio.com/`, the URLs with or
    /// without the slash at the end. White space around it is dropped.
    ///
    /// The rules are strict on purpose, where a URL library would repair: no other scheme, user info, port,
    /// further path, `..`, percent escape, query, fragment or letter outside ASCII.
    ///
    /// # Errors
    /// Whatever is not exactly one of these.
    pub fn parse(text: &str) -> Result<Self, OrganizationError> {
        let text = text.trim_matches(|c: char| c.is_ascii_whitespace());
        if text.is_empty() {
            return Err(OrganizationError::Empty);
        }
        let name = match strip_prefix(text, "https://") {
            Some(rest) => name_of_url(rest),
            None => Some(text),
        };
        match name.filter(|name| is_name(name)) {
            Some(name) => Ok(Self(name.to_owned())),
            None if is_server(text) => Err(OrganizationError::Server),
            None => Err(OrganizationError::NotAzureDevOps),
        }
    }

    /// The bare name, as in `dev.azure.com/{name}`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Organization {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn strip_prefix<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let head = text.get(..prefix.len())?;
    head.eq_ignore_ascii_case(prefix)
        .then(|| text.get(prefix.len()..))
        .flatten()
}

/// The name in what follows `https://`; the caller checks that it is one.
fn name_of_url(rest: &str) -> Option<&str> {
    if let Some(path) = strip_prefix(rest, "dev.azure.com/") {
        return Some(path.strip_suffix('/').unwrap_or(path));
    }
    let host = rest.strip_suffix('/').unwrap_or(rest);
    let name = host.get(..host.len().checked_sub(".visualstudio.com".len())?)?;
    host.get(name.len()..)?
        .eq_ignore_ascii_case(".visualstudio.com")
        .then_some(name)
}

fn is_name(text: &str) -> bool {
    text.len() <= LONGEST
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        && !text.starts_with('-')
        && !text.ends_with('-')
        && !text.is_empty()
}

/// Whether a refused text looks like a collection of one's own server. It only chooses the message: a
/// collection can have any name on any host, so this knows the usual ones.
fn is_server(text: &str) -> bool {
    let Some(rest) = strip_prefix(text, "https://").or_else(|| strip_prefix(text, "http://")) else {
        return false;
    };
    let rest = rest.to_ascii_lowercase();
    let mut segments = rest.split('/');
    let host = segments.next().unwrap_or_default();
    let of_services = ["azure.com", "visualstudio.com", "@"]
        .iter()
        .any(|part| host.contains(part));
    let named_so = matches!(host.split(['.', ':']).next(), Some("tfs" | "ado" | "azuredevops"));
    !of_services && (named_so || segments.any(|segment| segment == "tfs" || segment.ends_with("collection")))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_forms_of_the_contract_name_the_same_organization() {
        for text in [
            "acme",
            "https://dev.azure.com/acme",
            "https://dev.azure.com/acme/",
            "HTTPS://Dev.Azure.Com/acme/",
            "https://acme.visualstudio.com",
            "https://acme.visualstudio.com/",
            "https://acme.VisualStudio.com/",
            "  https://dev.azure.com/acme/\r\n",
        ] {
            assert_eq!(
                Organization::parse(text).map(|found| found.name().to_owned()),
                Ok("acme".to_owned()),
                "{text}"
            );
        }
        for text in ["a", "7", "A-c-m-E", "a--b", &"x".repeat(50)] {
            assert_eq!(
                Organization::parse(text).map(|found| found.name().to_owned()),
                Ok(text.to_owned())
            );
        }
    }

    #[test]
    fn nothing_steers_a_token_elsewhere() {
        for text in [
            "http://dev.azure.com/acme",
            "https://user@dev.azure.com/acme",
            "https://user:word@dev.azure.com/acme",
            "https://dev.azure.com:443/acme",
            "https://dev.azure.com:8443/acme/",
            "https://dev.azure.com",
            "https://dev.azure.com/",
            "https://dev.azure.com//acme",
            "https://dev.azure.com/acme//",
            "https://dev.azure.com/acme/project",
            "https://dev.azure.com/acme/..",
            "https://dev.azure.com/../acme",
            "https://dev.azure.com/./acme",
            "https://dev.azure.com/ac%6de",
            "https://dev.azure.com/acme%2f..",
            "https://dev.azure.com/acme?x=1",
            "https://dev.azure.com/acme/?x=1",
            "https://dev.azure.com/acme#x",
            "https://dev.azure.com/acme\\x",
            "https://dev.azure.com\\acme",
            "https:\\\\dev.azure.com\\acme",
            "https:/dev.azure.com/acme",
            "https://dev.azure.com.evil.example/acme",
            "https://evil.example/dev.azure.com/acme",
            "https://evil.example#dev.azure.com/acme",
            "https://evil.example?.visualstudio.com",
            "https://evil.example/.visualstudio.com",
            "https://dev-azure.com/acme",
            "https://xdev.azure.com/acme",
            "https://vssps.dev.azure.com/acme",
            "https://dev.azure.com./acme",
            "https://dev.azure.cοm/acme",
            "https://visualstudio.com/acme",
            "https://.visualstudio.com/",
            "https://acme.visualstudio.com/DefaultCollection",
            "https://acme.visualstudio.com:443/",
            "https://user@acme.visualstudio.com/",
            "https://acme.vssps.visualstudio.com/",
            "https://acme.visualstudio.com.evil.example/",
            "https://acmevisualstudio.com/",
            "https://evil.example/acme",
            "dev.azure.com/acme",
            "//dev.azure.com/acme",
            "ftp://dev.azure.com/acme",
            "acme/",
            "acme/project",
            "../acme",
            "-acme",
            "acme-",
            "-",
            "ac me",
            "ac\nme",
            "acme\u{200b}",
            "аcme",
            "acme.",
            "acme_1",
            &"x".repeat(51),
        ] {
            assert_eq!(
                Organization::parse(text),
                Err(OrganizationError::NotAzureDevOps),
                "{text}"
            );
        }
        assert_eq!(Organization::parse(" \t\n"), Err(OrganizationError::Empty));
    }

    #[test]
    fn a_server_collection_gets_its_own_message() {
        for text in [
            "https://tfs.example.com/tfs/DefaultCollection/",
            "http://builds:8080/tfs/Engineering",
            "https://code.example.com/DefaultCollection",
            "https://code.example.com/Payments%20Collection/",
            "https://ado.example.com/Payments",
        ] {
            assert_eq!(
                Organization::parse(text),
                Err(OrganizationError::Server),
                "{text}"
            );
        }
    }

    #[test]
    fn letter_case_makes_no_second_organization() {
        let both: HashSet<_> = ["ACME", "acme"]
            .iter()
            .map(|text| Organization::parse(text).unwrap())
            .collect();
        assert_eq!(both.len(), 1);
        assert_eq!(Organization::parse("ACME").unwrap().to_string(), "ACME");
    }

    proptest! {
        #[test]
        fn whatever_is_accepted_is_a_safe_path_segment(
            text in prop_oneof![
                "\\PC{0,60}",
                "(?i:https?://)?(dev\\.azure\\.com/)?[a-z0-9.@:/%?#\\\\ -]{0,20}(\\.visualstudio\\.com)?/?",
            ]
        ) {
            if let Ok(found) = Organization::parse(&text) {
                prop_assert!(is_name(found.name()));
                prop_assert!(text.contains(found.name()));
            }
        }

        #[test]
        fn every_name_is_found_in_every_form(name in "[A-Za-z0-9]([A-Za-z0-9-]{0,48}[A-Za-z0-9])?") {
            for text in [
                name.clone(),
                format!("https://dev.azure.com/{name}"),
                format!("https://dev.azure.com/{name}/"),
                format!("https://{name}.visualstudio.com"),
                format!("https://{name}.visualstudio.com/"),
            ] {
                let found = Organization::parse(&text).unwrap();
                prop_assert_eq!(found.name(), name.as_str());
            }
        }
    }
}
