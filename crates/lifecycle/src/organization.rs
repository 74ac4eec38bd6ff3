//! Everybody's PATs of one organization: users stream by, and each one's PATs are handed on as they come.

use std::collections::hash_map::RandomState;
use std::collections::{HashSet, VecDeque};
use std::hash::BuildHasher;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::future::join;
use futures_util::stream::FuturesUnordered;
use patkeeper_core::failure::{Failure, FailureKind};
use patkeeper_core::organization::Organization;
use patkeeper_core::owner::Owner;
use patkeeper_core::reading::{SignedIn, Unreadable};
use patkeeper_core::report::UsersEntry;
use patkeeper_core::slice::Slice;
use tokio::time::{Instant, sleep_until};

use crate::ports::{Connection, EveryonesPats, UserPage, UsersPats};

/// So many users refused before any was read mean that this sign-in may read nobody's PATs.
const REFUSED: usize = 16;
/// So many users in a row that could not be read mean that the service is down.
const FAILED: u32 = 100;
/// A scan in which nobody could be read for so long is given up: a job that is ended leaves no report.
const STANDSTILL: Duration = Duration::from_secs(15 * 60);
/// So many pages in a row without a user are no list of users.
const EMPTY_PAGES: u32 = 1_000;

/// What is read.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// Which organization.
    pub organization: &'a Organization,
    /// Requests for users' PATs in flight at once; at least 1.
    pub parallelism: usize,
    /// The share of the users to read; `None`: all.
    pub slice: Option<Slice>,
}

/// What is known before any user is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opening {
    /// The organization's account id; `None` where it could not be learned.
    pub account_id: Option<String>,
    /// Whose token reads.
    pub signed_in: SignedIn,
}

/// How far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Users done.
    pub done: u32,
    /// Users known so far, of this share.
    pub known: u32,
    /// Whether there are no more of them.
    pub all_known: bool,
}

impl Progress {
    /// Percent, as far as it can be told: while users are still being listed, half at most.
    #[must_use]
    pub fn percent(self) -> u8 {
        let whole = if self.all_known { 100 } else { 50 };
        let percent = u64::from(self.done) * whole / u64::from(self.known.max(1));
        u8::try_from(percent).unwrap_or(100)
    }
}

/// Who takes what is read, as it comes, in no order.
pub trait Watch {
    /// Why it takes no more.
    type Error;
    /// Comes first, once.
    ///
    /// # Errors
    /// Reading ends.
    fn opened(&mut self, opening: &Opening) -> Result<(), Self::Error>;
    /// One user, once.
    ///
    /// # Errors
    /// Reading ends.
    fn user(&mut self, owner: &Owner, pats: UsersPats) -> Result<(), Self::Error>;
    /// After each user.
    fn progress(&mut self, progress: Progress);
}

/// What came of reading an organization, but for the users' PATs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scanned {
    /// Users whose PATs were read whole.
    pub read: u32,
    /// Identities passed over, since they cannot own PATs.
    pub skipped: u32,
    /// Users whose PATs could not be read, or not whole.
    pub unreadable_users: u32,
    /// Users whom token administration does not know.
    pub gone: u32,
    /// What else could not be read: users listed, the account.
    pub unreadable: Vec<Unreadable>,
    /// Things worth saying that change no verdict.
    pub notes: Vec<String>,
}

impl Scanned {
    /// As a report counts users.
    #[must_use]
    pub fn users(&self) -> UsersEntry {
        UsersEntry {
            read: self.read,
            skipped: self.skipped,
            unreadable: self.unreadable_users,
            gone: self.gone,
        }
    }
}

/// Reads the users of one share, and the PATs of each. Memory holds a page of users and what is in flight.
///
/// # Errors
/// Only those of `watch`: what cannot be read is part of what came of it.
pub async fn read<P: EveryonesPats, W: Watch>(
    pats: &P,
    asked: Asked<'_>,
    watch: &mut W,
) -> Result<Scanned, W::Error> {
    let mut users = Users::new(asked);
    let (connection, first) = if asked.parallelism > 1 {
        join(pats.connection(), pats.users(None)).await
    } else {
        (pats.connection().await, pats.users(None).await)
    };
    let mut scan = Scan {
        asked,
        last_read: Instant::now(),
        scanned: Scanned::default(),
        held: Vec::new(),
        in_a_row: 0,
        stopped: false,
    };
    let account_id = scan.account(connection, first.is_err());
    users.take(first, &mut scan.scanned);
    watch.opened(&Opening {
        account_id,
        signed_in: pats.signed_in(),
    })?;

    let mut asking = FuturesUnordered::new();
    let mut listing = FuturesUnordered::new();
    loop {
        // The next page is on its way before the users of this one are used up.
        if listing.is_empty()
            && users.waiting.len() <= 2 * asked.parallelism
            && let Some(next) = users.next.take()
        {
            listing.push(async move { pats.users(Some(&next)).await });
        }
        while asking.len() + listing.len() < asked.parallelism.max(1) {
            let Some(owner) = users.waiting.pop_front() else {
                break;
            };
            asking.push(async move {
                let pats = pats.pats_of(&owner).await;
                (owner, pats)
            });
        }
        if asking.is_empty() && listing.is_empty() {
            break;
        }
        tokio::select! {
            Some((owner, of_user)) = asking.next(), if !asking.is_empty() => {
                scan.user(owner, of_user, watch)?;
                if scan.stopped {
                    break;
                }
                watch.progress(users.progress(asking.len()));
            }
            Some(page) = listing.next(), if !listing.is_empty() => users.take(page, &mut scan.scanned),
            () = sleep_until(scan.last_read + STANDSTILL) => {
                scan.give_up("nobody could be read for 15 minutes");
                break;
            }
        }
    }
    scan.end(watch)
}

/// The users that were listed and wait for their turn.
struct Users<'a> {
    asked: Asked<'a>,
    waiting: VecDeque<Owner>,
    next: Option<String>,
    pages: u32,
    empty: u32,
    known: u32,
    /// Users listed, of any share.
    listed: bool,
    ended: bool,
    hasher: RandomState,
    /// Pages slide while people come and go: a user seen twice is still one.
    seen: HashSet<u64>,
    continuations: HashSet<u64>,
}

impl<'a> Users<'a> {
    fn new(asked: Asked<'a>) -> Self {
        Self {
            asked,
            waiting: VecDeque::new(),
            next: None,
            pages: 0,
            empty: 0,
            known: 0,
            listed: false,
            ended: false,
            hasher: RandomState::new(),
            seen: HashSet::new(),
            continuations: HashSet::new(),
        }
    }

    fn take(&mut self, page: Result<UserPage, Failure>, scanned: &mut Scanned) {
        let page = match page {
            Ok(page) => page,
            Err(failure) => return self.broken(failure, scanned),
        };
        self.pages += 1;
        self.listed |= !page.users.is_empty();
        self.empty = if page.users.is_empty() { self.empty + 1 } else { 0 };
        scanned.skipped += page.skipped;
        scanned.unreadable.extend(page.unreadable);
        for owner in page.users {
            let is_ours = self
                .asked
                .slice
                .is_none_or(|slice| slice.holds(&owner.descriptor));
            if is_ours && self.seen.insert(self.hasher.hash_one(owner.descriptor.as_str())) {
                self.known += 1;
                self.waiting.push_back(owner);
            }
        }
        match page.next {
            // Whoever asks is a user, too.
            None if !self.listed => {
                let organization = self.asked.organization;
                let what =
                    format!("Azure DevOps lists no user of {organization} who can own PATs, not even one.");
                let failure = Failure::new(FailureKind::Service, what)
                    .with_code("nobodyListed")
                    .with_why("an organization has users: this sign-in is shown none of them, or the answer is not one")
                    .with_way_out("see whether Organization settings, Users, shows them to this account")
                    .with_way_out("run it again");
                scanned.unreadable.push(Unreadable {
                    what: format!("the users of {organization}"),
                    failure,
                });
                self.ended = true;
            }
            None => self.ended = true,
            Some(next)
                if self.empty < EMPTY_PAGES && self.continuations.insert(self.hasher.hash_one(&next)) =>
            {
                self.next = Some(next);
            }
            Some(_) => {
                let what = format!("The list of {}'s users does not end.", self.asked.organization);
                let failure = Failure::new(FailureKind::Service, what)
                    .with_code("endlessList")
                    .with_why("its pages name one another in a circle, or hold nobody for too long")
                    .with_way_out(
                        "run it again; if it stays so, report it with the log of a run with system.debug",
                    );
                self.broken(failure, scanned);
            }
        }
    }

    fn broken(&mut self, failure: Failure, scanned: &mut Scanned) {
        let organization = self.asked.organization;
        let what = match self.pages {
            0 => format!("the users of {organization}"),
            pages => format!("the users of {organization}, from page {} on", pages + 1),
        };
        scanned.unreadable.push(Unreadable { what, failure });
    }

    fn progress(&self, asking: usize) -> Progress {
        let open = u32::try_from(self.waiting.len() + asking).unwrap_or(u32::MAX);
        Progress {
            done: self.known.saturating_sub(open),
            known: self.known,
            all_known: self.ended,
        }
    }
}

/// What has come of the users so far.
struct Scan<'a> {
    asked: Asked<'a>,
    scanned: Scanned,
    /// Users refused before anybody was read, and why: it may be that this sign-in may read nobody.
    held: Vec<(Owner, UsersPats)>,
    in_a_row: u32,
    last_read: Instant,
    stopped: bool,
}

impl Scan<'_> {
    /// A token without the right to read connection data may do all else; a service that fails has said nothing.
    fn account(
        &mut self,
        connection: Result<Connection, Failure>,
        refused_at_the_door: bool,
    ) -> Option<String> {
        let organization = self.asked.organization;
        match connection {
            Ok(connection) => connection.account_id,
            Err(_) if refused_at_the_door => None,
            Err(failure) if failure.kind == FailureKind::Refused => {
                self.scanned.notes.push(format!(
                    "{organization}: connection data refused this sign-in, so PATs of other organizations cannot be \
                     told apart: all that are listed are judged."
                ));
                None
            }
            Err(failure) => {
                self.scanned.unreadable.push(Unreadable {
                    what: format!("which account {organization} is (connection data)"),
                    failure,
                });
                None
            }
        }
    }

    fn user<W: Watch>(&mut self, owner: Owner, pats: UsersPats, watch: &mut W) -> Result<(), W::Error> {
        let refused = is_unread(&pats, FailureKind::Refused);
        let nobody_read = self.scanned.read + self.scanned.gone + self.scanned.unreadable_users == 0;
        if refused && nobody_read {
            self.held.push((owner, pats));
            if self.held.len() == REFUSED {
                self.nobody_may_be_read();
            }
            return Ok(());
        }
        self.in_a_row = if refused || is_unread(&pats, FailureKind::Service) {
            self.in_a_row + 1
        } else {
            self.last_read = Instant::now();
            0
        };
        self.tell_held(true, watch)?;
        self.tell(&owner, pats, true, watch)?;
        if self.in_a_row == FAILED {
            self.give_up("100 in a row could not be read; what went wrong is said of each");
        }
        Ok(())
    }

    fn give_up(&mut self, why: &str) {
        self.stopped = true;
        let organization = self.asked.organization;
        let what = format!("The other users of {organization} were not asked for any more.");
        let failure = Failure::new(FailureKind::Service, what)
            .with_code("givenUp")
            .with_why(why)
            .with_way_out("run it again when the service is well");
        self.scanned.unreadable.push(Unreadable {
            what: format!("the PATs of the other users of {organization}"),
            failure,
        });
    }

    fn tell_held<W: Watch>(&mut self, others_are_read: bool, watch: &mut W) -> Result<(), W::Error> {
        for (owner, pats) in std::mem::take(&mut self.held) {
            self.tell(&owner, pats, others_are_read, watch)?;
        }
        Ok(())
    }

    /// Where others are read, a user who is refused is one that the service does not show, and not a sign-in that may
    /// read nobody.
    fn tell<W: Watch>(
        &mut self,
        owner: &Owner,
        mut pats: UsersPats,
        others_are_read: bool,
        watch: &mut W,
    ) -> Result<(), W::Error> {
        if others_are_read {
            for entry in &mut pats.listing.unreadable {
                entry.failure.kind = entry.failure.kind.min(FailureKind::Service);
            }
        }
        let count = match &pats {
            UsersPats {
                no_such_user: Some(_),
                ..
            } => &mut self.scanned.gone,
            UsersPats { listing, .. } if listing.unreadable.is_empty() => &mut self.scanned.read,
            _ => &mut self.scanned.unreadable_users,
        };
        *count += 1;
        watch.user(owner, pats)
    }

    /// One reason, said once, in place of one for each user.
    fn nobody_may_be_read(&mut self) {
        self.stopped = true;
        let held = std::mem::take(&mut self.held);
        self.scanned.unreadable_users += u32::try_from(held.len()).unwrap_or(u32::MAX);
        let first = held
            .into_iter()
            .find_map(|(_, pats)| pats.listing.unreadable.into_iter().next());
        self.scanned.unreadable.extend(first.map(|first| Unreadable {
            what: format!(
                "the PATs of {}'s users: the first {REFUSED} asked for were refused, and none was asked for after that",
                self.asked.organization
            ),
            failure: first.failure,
        }));
    }

    fn end<W: Watch>(mut self, watch: &mut W) -> Result<Scanned, W::Error> {
        self.tell_held(false, watch)?;
        let scanned = &self.scanned;
        // That a single user is gone is a finding. A service that knows hardly anybody is another one than we think.
        if scanned.gone > scanned.read {
            let organization = self.asked.organization;
            let what = format!(
                "Token administration knows {} of {organization}'s users, and says of {} others that there are no such \
                 users.",
                scanned.read, scanned.gone
            );
            let failure = Failure::new(FailureKind::Service, what)
                .with_code("nobodyKnown")
                .with_why("a few users may be gone, most of them are not: this is no answer about their PATs")
                .with_way_out(
                    "run it again; if it stays so, report it with the log of a run with system.debug",
                );
            self.scanned.unreadable.push(Unreadable {
                what: format!("the PATs of {organization}'s users"),
                failure,
            });
        }
        Ok(self.scanned)
    }
}

/// Whether nothing of a user was read, for a reason of this kind.
fn is_unread(pats: &UsersPats, kind: FailureKind) -> bool {
    pats.no_such_user.is_none()
        && pats.listing.pats.is_empty()
        && pats
            .listing
            .unreadable
            .iter()
            .any(|entry| entry.failure.kind == kind)
}

#[cfg(test)]
mod tests;
