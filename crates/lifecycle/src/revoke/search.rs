//! Reading the PATs of an organization's users, or of those that were named, until all that are wanted are found.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use patkeeper_core::failure::{Failure, FailureKind};
use patkeeper_core::owner::{Owner, OwnerName};
use patkeeper_core::pat::AuthorizationId;
use patkeeper_core::reading::{SignedIn, Unreadable};
use patkeeper_core::report::UsersEntry;
use patkeeper_core::revocation::{RevocationReport, Sought};

use super::{Progress, Revocation, unreadable};
use crate::organization::{self, Asked, Opening, Watch};
use crate::ports::{Connection, EveryonesPats, UserPage, UsersPats};

/// So many pages without anybody who was named are taken for one.
const PAGES: u32 = 100;

pub(super) async fn read<P: EveryonesPats>(
    revocation: &Revocation<'_, P>,
    owners: &[OwnerName],
    (sought, whose): (&mut Sought<'_>, &mut BTreeMap<AuthorizationId, Owner>),
    report: &mut RevocationReport,
    tell: &dyn Fn(Progress),
) -> Result<Connection, Failure> {
    let organization = &revocation.settings.organization;
    let named = Named {
        pats: revocation.pats,
        owners,
        met: RefCell::new(vec![false; owners.len()]),
        listed: Cell::new(false),
        connection: RefCell::new(None),
    };
    let asked = Asked {
        organization,
        parallelism: revocation.parallelism,
        slice: None,
    };
    let mut search = Search {
        sought,
        whose,
        named: !owners.is_empty(),
        users: UsersEntry::default(),
        read: 0,
        unreadable: Vec::new(),
        tell,
    };
    let scanned = organization::read(&named, asked, &mut search).await;
    report.signed_in(&revocation.pats.signed_in());
    report.organization.read = search.read;
    let Search {
        mut users,
        unreadable: of_users,
        ..
    } = search;
    unreadable(report, of_users);
    if let Ok(scanned) = scanned {
        users = scanned.users();
        // Of each one who was named it is said already.
        let is_said = |code: Option<&str>| matches!(code, Some("nobodyKnown" | "nobodyListed"));
        let rest = scanned.unreadable.into_iter();
        let rest = rest.filter(|entry| owners.is_empty() || !is_said(entry.failure.code.as_deref()));
        unreadable(report, rest.collect());
        report.notes.extend(scanned.notes);
        unreadable(report, named.unmet(organization.name()));
    }
    report.organization.users = Some(users);
    let connection = named.connection.take();
    connection.unwrap_or_else(|| Ok(Connection::default()))
}

/// Every id is found: nothing more need be read.
struct AllFound;

/// Takes the users' PATs as they come.
struct Search<'s, 'a> {
    sought: &'s mut Sought<'a>,
    /// Whose those are that are meant.
    whose: &'s mut BTreeMap<AuthorizationId, Owner>,
    named: bool,
    users: UsersEntry,
    read: u32,
    unreadable: Vec<Unreadable>,
    tell: &'s dyn Fn(Progress),
}

impl Watch for Search<'_, '_> {
    type Error = AllFound;

    fn opened(&mut self, _: &Opening) -> Result<(), AllFound> {
        Ok(())
    }

    fn user(&mut self, owner: &Owner, pats: UsersPats) -> Result<(), AllFound> {
        let UsersPats {
            listing,
            revoked,
            no_such_user,
        } = pats;
        let count = match (&no_such_user, listing.unreadable.is_empty()) {
            (Some(_), _) => &mut self.users.gone,
            (None, true) => &mut self.users.read,
            (None, false) => &mut self.users.unreadable,
        };
        *count += 1;
        self.read += u32::try_from(listing.pats.len()).unwrap_or(u32::MAX);
        for pat in listing.pats {
            let id = pat.authorization_id.clone();
            if self.sought.listed(pat, Some(owner)) {
                self.whose.insert(id, owner.clone());
            }
        }
        revoked.into_iter().for_each(|id| self.sought.ended(id));
        self.unreadable.extend(listing.unreadable);
        if let Some(failure) = no_such_user.filter(|_| self.named) {
            let what = format!("the PATs of {}", owner.name());
            self.unreadable.push(Unreadable { what, failure });
        }
        if self.sought.is_all_found() {
            return Err(AllFound);
        }
        Ok(())
    }

    fn progress(&mut self, progress: organization::Progress) {
        (self.tell)(Progress::Reading(progress));
    }
}

/// An organization of which only those are seen that were named; nobody named: all.
struct Named<'a, P> {
    pats: &'a P,
    owners: &'a [OwnerName],
    /// Which of them somebody is.
    met: RefCell<Vec<bool>>,
    /// Whether all users were listed.
    listed: Cell<bool>,
    /// What connection data said. It matters only for some of what is wanted.
    connection: RefCell<Option<Result<Connection, Failure>>>,
}

impl<P: EveryonesPats> EveryonesPats for Named<'_, P> {
    fn signed_in(&self) -> SignedIn {
        self.pats.signed_in()
    }

    async fn connection(&self) -> Result<Connection, Failure> {
        let connection = self.pats.connection().await;
        self.connection.replace(Some(connection));
        Ok(Connection::default())
    }

    async fn users(&self, next: Option<&str>) -> Result<UserPage, Failure> {
        if self.owners.is_empty() {
            return self.pats.users(next).await;
        }
        // A descriptor is what token administration goes by: nobody need be looked for.
        let mut page = UserPage::default();
        if next.is_none() {
            page.users.extend(self.owners.iter().filter_map(by_descriptor));
        }
        if !self
            .owners
            .iter()
            .any(|owner| matches!(owner, OwnerName::PrincipalName(_)))
        {
            return Ok(page);
        }
        // To the last page, whoever is found: an account that was made again has the name of the one before it, whose
        // PATs may live on.
        page.next = next.map(str::to_owned);
        for _ in 0..PAGES {
            let more = match self.pats.users(page.next.as_deref()).await {
                Ok(more) => more,
                // Those who are known are read all the same.
                Err(failure) => {
                    page.unreadable.push(self.not_looked_up(failure));
                    page.next = None;
                    break;
                }
            };
            let met = more.users.into_iter().filter(|user| self.meets(user));
            page.users.extend(met);
            page.skipped += more.skipped;
            page.unreadable.extend(more.unreadable);
            page.next = more.next;
            self.listed.set(page.next.is_none());
            if page.next.is_none() || !page.users.is_empty() {
                break;
            }
        }
        Ok(page)
    }

    async fn pats_of(&self, user: &Owner) -> UsersPats {
        self.pats.pats_of(user).await
    }
}

impl<P> Named<'_, P> {
    fn meets(&self, user: &Owner) -> bool {
        let mut met = self.met.borrow_mut();
        let mut is_named = false;
        for (owner, met) in self.owners.iter().zip(met.iter_mut()) {
            if owner.is(user) {
                *met = true;
                is_named = true;
            }
        }
        is_named
    }

    fn not_looked_up(&self, failure: Failure) -> Unreadable {
        let met = self.met.borrow();
        let open = self.owners.iter().zip(met.iter()).filter(|(_, met)| !**met);
        let open = open.filter(|(owner, _)| matches!(owner, OwnerName::PrincipalName(_)));
        let open: Vec<&str> = open.map(|(owner, _)| owner.as_str()).collect();
        Unreadable {
            what: format!("the users, among whom to find {}", open.join(", ")),
            failure: failure.with_way_out("name the owners by descriptor (aad.…): then nobody is looked for"),
        }
    }

    /// Those whom nobody is, once all users were listed.
    fn unmet(&self, organization: &str) -> Vec<Unreadable> {
        if !self.listed.get() {
            return Vec::new();
        }
        let met = self.met.borrow();
        let unmet = self.owners.iter().zip(met.iter()).filter(|(_, met)| !**met);
        unmet
            .filter(|(owner, _)| matches!(owner, OwnerName::PrincipalName(_)))
            .map(|(owner, _)| Unreadable {
                what: format!("the PATs of {}", owner.as_str()),
                failure: Failure::new(
                    FailureKind::Service,
                    format!("No user of {organization} is called {}.", owner.as_str()),
                )
                .with_code("noSuchOwner")
                .with_why("none of the users who can own PATs has this UPN")
                .with_way_out("correct the UPN under owners, or name the user by the descriptor (aad.…)")
                .with_way_out("revoke by id, without owners: authorizationIds"),
            })
            .collect()
    }
}

fn by_descriptor(owner: &OwnerName) -> Option<Owner> {
    match owner {
        OwnerName::Descriptor(descriptor) => Some(Owner {
            descriptor: descriptor.clone(),
            principal_name: None,
            display_name: None,
            deleted_in_origin: false,
        }),
        OwnerName::PrincipalName(_) => None,
    }
}
