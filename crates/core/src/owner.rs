//! Whose a PAT is: users as Graph names them, and how people name them.

use serde::{Deserialize, Serialize};

/// Graph's id of a user, such as `aad.OGYx…`: stable, opaque, not a secret.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct SubjectDescriptor(String);

/// Longest descriptor taken: the service's own are under 100 characters.
const LONGEST: usize = 512;

impl SubjectDescriptor {
    /// A descriptor has a kind of a few letters, a dot, and an id in Base64url. `None`: this is none.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (kind, id) = text.split_once('.')?;
        let is_kind = (2..=10).contains(&kind.len()) && kind.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let is_id = !id.is_empty()
            && id
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'='));
        (is_kind && is_id && text.len() <= LONGEST).then(|| Self(text.to_owned()))
    }

    /// The descriptor as the service wrote it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What stands before the dot: `aad`, `msa`, `aadsp`, `svc`, ….
    #[must_use]
    pub fn kind(&self) -> &str {
        self.0.split_once('.').map_or("", |(kind, _)| kind)
    }
}

impl std::fmt::Display for SubjectDescriptor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// One user of an organization who can own PATs. Texts of strangers: see [`crate::text`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// The id that token administration goes by.
    pub descriptor: SubjectDescriptor,
    /// The UPN (`principalName`), where Graph tells one.
    pub principal_name: Option<String>,
    /// The name for people, where Graph tells one.
    pub display_name: Option<String>,
    /// Graph says that the directory has no such user any more (`isDeletedInOrigin`).
    pub deleted_in_origin: bool,
}

impl Owner {
    /// What people call them: the UPN, else the display name, else the descriptor.
    #[must_use]
    pub fn name(&self) -> &str {
        [&self.principal_name, &self.display_name]
            .into_iter()
            .flatten()
            .map(String::as_str)
            .find(|name| !name.trim().is_empty())
            .unwrap_or(self.descriptor.as_str())
    }
}

/// An owner as an input names them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OwnerName {
    /// A UPN; compared without regard to letter case.
    PrincipalName(String),
    /// A descriptor.
    Descriptor(SubjectDescriptor),
}

impl OwnerName {
    /// A text with `@` is a UPN, any other one has to be a descriptor.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return None;
        }
        match text.split_once('@') {
            Some((user, domain)) => {
                (!user.is_empty() && !domain.is_empty()).then(|| Self::PrincipalName(text.to_owned()))
            }
            None => SubjectDescriptor::parse(text).map(Self::Descriptor),
        }
    }

    /// Whether this is that user.
    #[must_use]
    pub fn is(&self, owner: &Owner) -> bool {
        match self {
            Self::PrincipalName(name) => owner
                .principal_name
                .as_ref()
                .is_some_and(|known| known.to_lowercase() == name.to_lowercase()),
            Self::Descriptor(descriptor) => owner.descriptor == *descriptor,
        }
    }

    /// As it was given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::PrincipalName(name) => name,
            Self::Descriptor(descriptor) => descriptor.as_str(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_descriptor_has_a_kind_and_an_id_and_nothing_that_could_leave_a_path() {
        for good in ["aad.OGYxZTFk", "msa.NzQ2-_x", "aadsp.Yw==", "svc.a"] {
            assert!(SubjectDescriptor::parse(good).is_some(), "{good}");
        }
        for bad in [
            "", "aad", "aad.", ".x", "aad.a/b", "aad.a?b", "aad.a.b", "aad.a b", "a%2e.x", "aad.é",
        ] {
            assert_eq!(SubjectDescriptor::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn an_owner_is_named_by_upn_whatever_its_letter_case_or_by_descriptor() {
        let owner = Owner {
            descriptor: SubjectDescriptor::parse("aad.Abc").unwrap(),
            principal_name: Some("Ann@Acme.example".to_owned()),
            display_name: Some("Ann".to_owned()),
            deleted_in_origin: false,
        };
        assert!(OwnerName::parse("ann@acme.EXAMPLE").unwrap().is(&owner));
        assert!(OwnerName::parse("aad.Abc").unwrap().is(&owner));
        assert!(
            !OwnerName::parse("aad.abc").unwrap().is(&owner),
            "descriptors are opaque"
        );
        for bad in ["Ann", "@acme.example", "ann@", "ann @acme.example", ""] {
            assert_eq!(OwnerName::parse(bad), None, "{bad}");
        }
    }
}
