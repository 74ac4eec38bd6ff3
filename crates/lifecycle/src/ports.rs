//! What the use cases need of the outside world. Adapters implement these; tests have their own.

use std::future::Future;

use chrono::{DateTime, Utc};

use patkeeper_core::audit::Event;
use patkeeper_core::failure::Failure;
use patkeeper_core::news::News;
use patkeeper_core::owner::Owner;
use patkeeper_core::pat::{AuthorizationId, Listed, Pat};
use patkeeper_core::reading::{SignedIn, Unreadable};

/// What connection data tells.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Connection {
    /// The organization's account id.
    pub account_id: Option<String>,
    /// UPN or display name of who signed in.
    pub identity: Option<String>,
}

/// What a list over all its pages gave: as much as could be read, and what could not.
#[derive(Debug, Clone, Default)]
pub struct Listing {
    /// PATs understood.
    pub pats: Vec<Pat>,
    /// Entries not understood, and the failure that ended the list early.
    pub unreadable: Vec<Unreadable>,
}

/// The signed-in user's own PATs in one organization.
pub trait OwnPats {
    /// Whose token it is and how it signed in, as far as the token itself tells.
    fn signed_in(&self) -> SignedIn;
    /// Who am I, and which account is this.
    fn connection(&self) -> impl Future<Output = Result<Connection, Failure>>;
    /// All pages of one of the lists.
    fn list(&self, which: Listed) -> impl Future<Output = Listing>;
}

/// Something was not done, or it is not known whether it was. Of a trial: the PAT was refused, or nothing was proven.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotDone {
    /// What to tell people.
    pub failure: Failure,
    /// Whether it may have been done all the same, or may yet be: there was no clear answer, and looking has not shown
    /// it. Where this is false all is as it was.
    pub unclear: bool,
}

impl NotDone {
    /// All is as it was.
    #[must_use]
    pub fn surely(failure: Failure) -> Self {
        Self {
            failure,
            unclear: false,
        }
    }
}

impl From<NotDone> for Failure {
    fn from(not_done: NotDone) -> Self {
        not_done.failure
    }
}

/// What came of a revocation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Revoked {
    /// It is revoked.
    Now,
    /// The service knows no such PAT.
    Gone,
    /// The service knows no such PAT, and an answer to this very request was lost before: most likely that was the one
    /// that revoked it.
    GoneOnceMore,
}

/// One page of an organization's users.
#[derive(Debug, Clone, Default)]
pub struct UserPage {
    /// Those who can own PATs.
    pub users: Vec<Owner>,
    /// How many identities were passed over, since they cannot own PATs.
    pub skipped: u32,
    /// Entries not understood.
    pub unreadable: Vec<Unreadable>,
    /// What the next page is asked for with; `None`: this was the last. A page without users may have one.
    pub next: Option<String>,
}

/// One user's PATs, as token administration shows them.
#[derive(Debug, Clone, Default)]
pub struct UsersPats {
    /// Live and expired ones, and what could not be read.
    pub listing: Listing,
    /// Those that were revoked before their time (`isValid` is false before `validTo`).
    pub revoked: Vec<AuthorizationId>,
    /// Token administration does not know the user at all: its words. Then nothing else is there.
    pub no_such_user: Option<Failure>,
}

/// The users of an organization and their PATs, as an administrator sees them.
pub trait EveryonesPats {
    /// Whose token it is and how it signed in, as far as the token itself tells.
    fn signed_in(&self) -> SignedIn;
    /// Who am I, and which account is this.
    fn connection(&self) -> impl Future<Output = Result<Connection, Failure>>;
    /// One page of the users: the first, or the one that a page's `next` names.
    fn users(&self, next: Option<&str>) -> impl Future<Output = Result<UserPage, Failure>>;
    /// All of one user's PATs. What could not be read names the user as people do, and by descriptor.
    fn pats_of(&self, user: &Owner) -> impl Future<Output = UsersPats>;
}

/// Revoking one's own PATs, one by one.
pub trait RevokeOwn {
    /// Revokes one.
    fn revoke(&self, id: &AuthorizationId) -> impl Future<Output = Result<Revoked, NotDone>>;
    /// The ids of one's own PATs that have surely ended: revoked, or expired.
    fn ended(&self) -> impl Future<Output = Result<Vec<AuthorizationId>, Failure>>;
}

/// Revoking anybody's PATs of an organization, many at once.
pub trait RevokeAnyones {
    /// Revokes all of these, or none: the service takes or refuses a request as a whole.
    fn revoke_all(&self, ids: &[AuthorizationId]) -> impl Future<Output = Result<(), NotDone>>;
}

/// One page of the audit log.
#[derive(Debug, Clone, Default)]
pub struct AuditPage {
    /// Entries understood.
    pub events: Vec<Event>,
    /// Entries not understood.
    pub unreadable: Vec<Unreadable>,
    /// What the next page is asked for with; `None`: there is no more.
    pub next: Option<String>,
}

/// An organization's audit log.
pub trait AuditLog {
    /// Whose token it is and how it signed in, as far as the token itself tells.
    fn signed_in(&self) -> SignedIn;
    /// One page of the entries from `from` to `to`: the first, or the one that a page's `next` names.
    fn page(
        &self,
        from: DateTime<Utc>,
        to: DateTime<Utc>,
        next: Option<&str>,
    ) -> impl Future<Output = Result<AuditPage, Failure>>;
}

/// A channel that a team reads.
pub trait Notifier {
    /// Its name for people: `Slack`, `Teams`, `webhook`.
    fn name(&self) -> &'static str;
    /// Sends the news.
    fn tell(&self, news: &News<'_>) -> impl Future<Output = Result<(), Failure>>;
}
