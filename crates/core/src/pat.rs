//! One PAT and when it really ends.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::scope::ScopeSet;

/// The service's id of a PAT (a GUID), kept as lower-case text. Not a secret.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct AuthorizationId(String);

impl AuthorizationId {
    /// Takes the id as the service wrote it; ids are compared without regard to letter case.
    pub fn new(text: impl AsRef<str>) -> Self {
        Self(text.as_ref().trim().to_ascii_lowercase())
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it has the form that the service gives its ids.
    #[must_use]
    pub fn is_guid(&self) -> bool {
        self.0.len() == 36
            && self.0.bytes().enumerate().all(|(at, byte)| match at {
                8 | 13 | 18 | 23 => byte == b'-',
                _ => byte.is_ascii_hexdigit(),
            })
    }
}

impl std::fmt::Display for AuthorizationId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// Where a PAT is valid (`targetAccounts` of the lifecycle API).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reach {
    /// A global PAT: `targetAccounts` is null or absent.
    AllOrganizations,
    /// The account ids (lower-case GUIDs) it is valid in. May be empty when the service sent an empty list.
    Organizations(Vec<String>),
}

impl Reach {
    /// The accounts it names; none for a global PAT, nor where the service sent an empty list.
    #[must_use]
    pub fn accounts(&self) -> &[String] {
        match self {
            Self::AllOrganizations => &[],
            Self::Organizations(accounts) => accounts,
        }
    }

    /// Whether it names this account, whatever the letter case.
    #[must_use]
    pub fn names(&self, account_id: &str) -> bool {
        self.accounts()
            .iter()
            .any(|id| id.eq_ignore_ascii_case(account_id))
    }
}

/// Which of the lifecycle API's lists a PAT was found in. The list's entries carry no state of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listed {
    /// `displayFilterOption=active`.
    Active,
    /// `displayFilterOption=expired`.
    Expired,
}

/// One PAT as an organization's list shows it; never its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pat {
    /// The id that revocation and rotation go by; names are not unique.
    pub authorization_id: AuthorizationId,
    /// What its owner called it. Text of a stranger: see [`crate::text`].
    pub display_name: String,
    /// What it may do.
    pub scopes: ScopeSet,
    /// When it was made.
    pub valid_from: DateTime<Utc>,
    /// When the service says it ends.
    pub valid_to: DateTime<Utc>,
    /// Where it is valid.
    pub reach: Reach,
    /// Which list named it.
    pub listed: Listed,
}

/// 2026-12-01T00:00:00Z: global PATs stop working, whatever their `validTo` says
/// (Azure DevOps documentation, "Use personal access tokens", 09/2026).
pub const GLOBAL_PATS_END: DateTime<Utc> = match DateTime::from_timestamp(1_796_083_200, 0) {
    Some(end) => end,
    None => DateTime::<Utc>::MIN_UTC,
};

impl Pat {
    /// The earliest of `validTo` and what ends the PAT sooner.
    #[must_use]
    pub fn effective_expiry(&self) -> DateTime<Utc> {
        match self.reach {
            Reach::AllOrganizations => self.valid_to.min(GLOBAL_PATS_END),
            Reach::Organizations(_) => self.valid_to,
        }
    }

    /// Whether it still opens anything at `now`. The list that named it is believed before our own clock.
    #[must_use]
    pub fn is_live(&self, now: DateTime<Utc>) -> bool {
        self.listed == Listed::Active && self.effective_expiry() > now
    }
}
