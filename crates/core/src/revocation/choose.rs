//! From what the lists hold to what is revoked: a pure function of the settings and of what was read.

use std::collections::{BTreeMap, BTreeSet};

use super::refusal::Refusal;
use super::settings::{Selection, Settings};
use crate::failure::{Failure, FailureKind};
use crate::owner::Owner;
use crate::pat::{AuthorizationId, Listed, Pat, Reach};

/// What the lists hold of a selection, gathered while they are read: only what may be meant is kept.
#[derive(Debug)]
pub struct Sought<'a> {
    settings: &'a Settings,
    /// The account id as the agent knows it.
    known_account: Option<String>,
    /// A PAT names that account.
    borne_out: bool,
    live: BTreeMap<AuthorizationId, Found>,
    ended: BTreeSet<AuthorizationId>,
    /// The ids wanted, if it is ids.
    wanted: BTreeSet<&'a AuthorizationId>,
    /// How many were listed before: the order of the lists.
    place: usize,
}

/// A PAT that a list holds and that may be meant.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// The PAT.
    pub pat: Pat,
    /// Whose it is, where that is not who signed in.
    pub owner: Option<String>,
    place: usize,
}

/// What is to become of an id.
#[derive(Debug, Clone, PartialEq)]
pub enum Fate {
    /// It is live and meant: to be revoked.
    Revoke,
    /// A list shows that it was revoked or has expired.
    Gone,
    /// No list holds it.
    Unknown,
    /// It belongs to another organization, as its accounts say.
    Elsewhere,
    /// It names no account at all, and so may be anybody's: only its id can mean it.
    Unplaced,
    /// It names accounts, and which one is the organization's could not be asked, for this reason.
    AccountUnknown(Failure),
}

/// An id with its fate.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The id.
    pub id: AuthorizationId,
    /// As a list holds it.
    pub found: Option<Found>,
    /// What is to become of it.
    pub fate: Fate,
}

/// What a selection comes to: each id once.
#[derive(Debug, Clone, PartialEq)]
pub struct Chosen {
    /// In the order of the ids given, else of the owners and the lists.
    pub entries: Vec<Entry>,
    /// PATs that fit a pattern and belong to other organizations: left alone.
    pub elsewhere: usize,
    /// The organization's account, as far as it is known without a doubt.
    pub account_id: Option<String>,
}

impl<'a> Sought<'a> {
    /// `known_account`: the organization's account id as the agent knows it, if at all.
    #[must_use]
    pub fn new(settings: &'a Settings, known_account: Option<String>) -> Self {
        let wanted = match &settings.selection {
            Selection::Ids(ids) => ids.iter().collect(),
            _ => BTreeSet::new(),
        };
        Self {
            settings,
            known_account,
            borne_out: false,
            live: BTreeMap::new(),
            ended: BTreeSet::new(),
            wanted,
            place: 0,
        }
    }

    /// Takes in a PAT that a list holds. Whether it is live and may be meant.
    pub fn listed(&mut self, pat: Pat, owner: Option<&Owner>) -> bool {
        self.place += 1;
        let known = self.known_account.as_deref();
        self.borne_out |= known.is_some_and(|id| pat.reach.names(id));
        if pat.listed == Listed::Expired {
            self.ended(pat.authorization_id);
            return false;
        }
        let is_meant = self.means(&pat);
        if is_meant {
            let found = || Found {
                owner: owner.map(|owner| owner.name().to_owned()),
                place: self.place,
                pat: pat.clone(),
            };
            self.live
                .entry(pat.authorization_id.clone())
                .or_insert_with(found);
        }
        is_meant
    }

    /// Takes in an id that has surely ended.
    pub fn ended(&mut self, id: AuthorizationId) {
        if self.wanted.contains(&id) {
            self.ended.insert(id);
        }
    }

    fn means(&self, pat: &Pat) -> bool {
        match &self.settings.selection {
            Selection::Ids(_) => self.wanted.contains(&pat.authorization_id),
            Selection::Names(names) => names.iter().any(|name| name.matches(&pat.display_name)),
            Selection::All => true,
        }
    }

    /// How many ids are wanted that no list has shown yet. 0 where it is not ids that are wanted.
    #[must_use]
    pub fn unseen(&self) -> usize {
        let seen = |id: &&&AuthorizationId| self.live.contains_key(**id) || self.ended.contains(**id);
        self.wanted.len() - self.wanted.iter().filter(seen).count()
    }

    /// Whether every id wanted is found, so that nothing more need be read.
    #[must_use]
    pub fn is_all_found(&self) -> bool {
        !self.wanted.is_empty() && self.unseen() == 0
    }

    /// Sorts what was gathered into what is revoked and what is not. `account`: the organization's account id as
    /// connection data told it, or why it did not; only where it was *refused* is the agent's knowledge taken
    /// instead, and only if a PAT names that account.
    ///
    /// By id, PATs that name accounts are meant where connection data *refused* to tell (a token with the PAT scopes
    /// alone never hears more), and are left alone where it failed to.
    ///
    /// # Errors
    /// By name or all of them, a PAT is meant only if it is this organization's: while that is not known, nothing is.
    pub fn choose(mut self, account: Result<String, Failure>) -> Result<Chosen, Refusal> {
        let account = account.or_else(|failure| match self.known_account.take() {
            Some(known) if failure.kind == FailureKind::Refused && self.borne_out => Ok(known),
            _ => Err(failure),
        });
        let by_id = !self.wanted.is_empty();
        let bound = |pat: &Pat| pat.reach != Reach::AllOrganizations;
        let account = match account {
            Err(failure) if !by_id && self.live.values().any(|found| bound(&found.pat)) => {
                return Err(Refusal::AccountUnknown(Box::new(failure)));
            }
            account => account,
        };
        let fate = |pat: &Pat| match (pat.reach.accounts(), &account) {
            _ if !bound(pat) => Fate::Revoke,
            ([], _) if !by_id => Fate::Unplaced,
            ([], _) => Fate::Revoke,
            (_, Ok(id)) if !pat.reach.names(id) => Fate::Elsewhere,
            (_, Err(failure)) if failure.kind != FailureKind::Refused => {
                Fate::AccountUnknown(failure.clone())
            }
            _ => Fate::Revoke,
        };
        let mut entries = Vec::new();
        let mut elsewhere = 0;
        if let Selection::Ids(ids) = &self.settings.selection {
            let mut once = BTreeSet::new();
            for id in ids.iter().filter(|id| once.insert(*id)) {
                let found = self.live.remove(id);
                let fate = match &found {
                    Some(found) => fate(&found.pat),
                    None if self.ended.contains(id) => Fate::Gone,
                    None => Fate::Unknown,
                };
                entries.push(Entry {
                    id: id.clone(),
                    found,
                    fate,
                });
            }
        } else {
            for (id, found) in self.live {
                match fate(&found.pat) {
                    Fate::Elsewhere => elsewhere += 1,
                    fate => entries.push(Entry {
                        id,
                        found: Some(found),
                        fate,
                    }),
                }
            }
            entries.sort_by(|a, b| order(a).cmp(&order(b)));
        }
        Ok(Chosen {
            entries,
            elsewhere,
            account_id: account.ok(),
        })
    }
}

/// By owner; then, of one's own, as listed. Of others the lists come in no order.
fn order(entry: &Entry) -> impl Ord + '_ {
    let found = entry.found.as_ref();
    let owner = found.and_then(|found| found.owner.as_ref());
    let place = found.map(|found| match found.owner {
        None => (found.place, ""),
        Some(_) => (0, found.pat.display_name.as_str()),
    });
    (owner, place, &entry.id)
}

impl Chosen {
    /// How many PATs the selection came to, whether live or gone.
    #[must_use]
    pub fn matched(&self) -> u32 {
        let meant = self
            .entries
            .iter()
            .filter(|entry| matches!(entry.fate, Fate::Revoke | Fate::Gone));
        u32::try_from(meant.count()).unwrap_or(u32::MAX)
    }

    /// Whether the run may start. `whole`: everything that could hold a PAT that is meant was read.
    ///
    /// # Errors
    /// What was expected does not hold, or nothing matches where something should.
    pub fn check(&self, settings: &Settings, whole: bool) -> Result<(), Refusal> {
        let matched = self.matched();
        let undecided = self.entries.iter().find_map(|entry| match &entry.fate {
            Fate::AccountUnknown(failure) => Some(Box::new(failure.clone())),
            _ => None,
        });
        if let (Some(failure), Some(_)) = (undecided, settings.expect_count) {
            return Err(Refusal::AccountUnknown(failure));
        }
        match settings.expect_count {
            Some(expected) if !whole => Err(Refusal::NotAllRead { expected, matched }),
            Some(expected) if expected != matched => Err(Refusal::OtherCount { expected, matched }),
            Some(_) => Ok(()),
            None => match &settings.selection {
                Selection::Names(names) if whole && self.entries.is_empty() && !settings.dry_run => {
                    Err(Refusal::NothingMatches {
                        names: names.iter().map(|name| name.as_str().to_owned()).collect(),
                        elsewhere: self.elsewhere,
                    })
                }
                _ => Ok(()),
            },
        }
    }
}
