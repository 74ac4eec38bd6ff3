//! Which strings name an Azure DevOps organization. Everything else is refused before a request is made,
//! because a token sent to the wrong host is a leaked token.

use std::fmt;

/// The name of an organization on Azure DevOps Services: letters, digits and inner hyphens.
///
/// No other text can become a path segment of a request, so no input can steer a token to another path.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Organization(String);

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
    /// Reads `acme`, `https://dev.azure.com/acme/` or `https://acme.visualstudio.com/`.
    ///
    /// # Errors
    /// Whatever is not exactly one of these.
    pub fn parse(text: &str) -> Result<Self, OrganizationError> {
        let _ = text;
        Err(OrganizationError::Empty)
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
