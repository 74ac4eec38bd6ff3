//! What was seen of an organization, before anything is judged.

use crate::failure::Failure;
use crate::organization::Organization;
use crate::pat::Pat;

/// Whose sign-in read the organization.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SignedIn {
    /// UPN or display name, as connection data or the token names it. Text of a stranger.
    pub name: Option<String>,
    /// `user` or `app`, when the token tells.
    pub kind: Option<IdentityKind>,
    /// How it signed in, in words: `access token`, `refresh token`, ….
    pub how: String,
}

/// What kind of identity a token speaks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdentityKind {
    /// A delegated token: `scp` is present.
    User,
    /// A service principal or managed identity.
    App,
}

impl IdentityKind {
    /// As the reports write it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::App => "app",
        }
    }
}

/// Something that should have been judged and could not be read. It always fails the verdict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    /// What it is, e.g. `the expired PATs of acme, from page 2 on`.
    pub what: String,
    /// Why not.
    pub failure: Failure,
}

/// All that was seen of one organization in `scope: mine`.
#[derive(Debug, Clone)]
pub struct OrganizationReading {
    /// Which one.
    pub organization: Organization,
    /// Its account id (`instanceId` of connection data), by which other organizations' PATs are dropped.
    /// `None` where it could not be learned without a doubt.
    pub account_id: Option<String>,
    /// Whose token read it.
    pub signed_in: SignedIn,
    /// Every PAT listed, active first: one that ends between the two requests is then seen twice, not never.
    pub pats: Vec<Pat>,
    /// What could not be read.
    pub unreadable: Vec<Unreadable>,
    /// Things worth saying that change no verdict.
    pub notes: Vec<String>,
}
