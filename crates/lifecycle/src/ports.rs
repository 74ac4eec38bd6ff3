//! What the use cases need of the outside world. Adapters implement these; tests have their own.

use std::future::Future;

use patkeeper_core::failure::Failure;
use patkeeper_core::news::News;
use patkeeper_core::pat::{Listed, Pat};
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
}

/// A channel that a team reads.
pub trait Notifier {
    /// Its name for people: `Slack`, `Teams`, `webhook`.
    fn name(&self) -> &'static str;
    /// Sends the news.
    fn tell(&self, news: &News<'_>) -> impl Future<Output = Result<(), Failure>>;
}
