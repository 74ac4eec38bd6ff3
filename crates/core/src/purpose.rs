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

    /// The permissions that its own requests take, all of them.
    #[must_use]
    pub const fn needs(self) -> &'static [&'static str] {
        match self {
            Self::Rotate => &PAT_SCOPES,
            Self::Organization => &["vso.graph", "vso.tokenadministration"],
            Self::Audit => &["vso.auditlog"],
        }
    }

    /// The permissions that a sign-in for it asks for: those for PATs, and then its own.
    pub fn scopes(self) -> impl Iterator<Item = &'static str> {
        let own = match self {
            Self::Rotate => &[],
            Self::Organization | Self::Audit => self.needs(),
        };
        PAT_SCOPES.into_iter().chain(own.iter().copied())
    }

    /// What it is, in words that end `… takes vso.auditlog`.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Rotate => "managing PATs",
            Self::Organization => "managing everybody's PATs",
            Self::Audit => "reading the audit log",
        }
    }
}
