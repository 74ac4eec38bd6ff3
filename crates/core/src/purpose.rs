//! What a user's sign-in is for, and which permissions of Azure DevOps that takes.

/// The two permissions that the PAT lifecycle API takes, both at once: neither alone is enough.
pub const PAT_SCOPES: [&str; 2] = ["vso.pats", "vso.pats_manage"];

/// What a sign-in is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// A user's own PATs: reading, making and revoking them.
    Rotate,
    /// Those of an organization's users too.
    Organization,
    /// The audit log too.
    Audit,
}

impl Purpose {
    /// Its name, for flags and tags.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rotate => "rotate",
            Self::Organization => "organization",
            Self::Audit => "audit",
        }
    }

    /// The permissions it takes: those for PATs, and then its own.
    pub fn scopes(self) -> impl Iterator<Item = &'static str> {
        let own: &[&str] = match self {
            Self::Rotate => &[],
            Self::Organization => &["vso.graph", "vso.tokenadministration"],
            Self::Audit => &["vso.auditlog"],
        };
        PAT_SCOPES.into_iter().chain(own.iter().copied())
    }
}
