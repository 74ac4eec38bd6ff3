//! From the organizations' lists to PATs: each one once, with its generation and what has replaced it.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use chrono::{DateTime, Utc};

use crate::family::family;
use crate::owner::Owner;
use crate::pat::{AuthorizationId, Listed, Pat, Reach};
use crate::policy::Subject;
use crate::reading::OrganizationReading;
use crate::time;

/// Everything that the lists hold, in the order of authorization ids.
pub(super) struct Gathered<'a> {
    pub(super) pats: Vec<Known<'a>>,
    /// How many were listed and belong to none of the organizations asked.
    pub(super) elsewhere: usize,
}

/// Whether a PAT still opens anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    Live,
    Ended,
}

/// One PAT and all that the lists together tell of it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Known<'a> {
    pub(super) pat: &'a Pat,
    /// The first organization whose list holds it.
    pub(super) organization: &'a str,
    pub(super) family: &'a str,
    /// Which one of its family it is, where it is the latest; 1 is the first.
    pub(super) generation: usize,
    pub(super) standing: Standing,
    /// When it really ends or ended.
    pub(super) end: DateTime<Utc>,
    pub(super) days_left: i64,
    /// The name of the live PAT that has taken over in every organization that lists it.
    pub(super) replaced_by: Option<&'a str>,
}

impl<'a> Known<'a> {
    pub(super) fn subject<'b>(&self, owner: Option<&'b Owner>) -> Subject<'b>
    where
        'a: 'b,
    {
        Subject {
            pat: self.pat,
            family: self.family,
            generation: self.generation,
            owner,
        }
    }

    /// Takes in what another organization's list says of the same PAT. It was read at another moment: as within
    /// one organization, a list of active PATs is believed before one of expired ones.
    fn merge(&mut self, other: Known<'a>) {
        if self.pat.listed == Listed::Expired && other.pat.listed == Listed::Active {
            self.pat = other.pat;
            self.standing = other.standing;
            self.end = other.end;
            self.days_left = other.days_left;
        }
        self.generation = self.generation.max(other.generation);
        if other.replaced_by.is_none() {
            self.replaced_by = None;
        }
    }
}

pub(super) fn gather<'a>(readings: &'a [OrganizationReading], now: DateTime<Utc>) -> Gathered<'a> {
    let mut known: BTreeMap<&AuthorizationId, Known<'a>> = BTreeMap::new();
    let mut others: Vec<&AuthorizationId> = Vec::new();
    for reading in readings {
        let own = own_pats(reading);
        others.extend(
            reading
                .pats
                .iter()
                .map(|pat| &pat.authorization_id)
                .filter(|id| !own.contains_key(id)),
        );
        for pat in generations(reading, own, now) {
            match known.entry(&pat.pat.authorization_id) {
                Entry::Vacant(vacant) => {
                    vacant.insert(pat);
                }
                Entry::Occupied(mut occupied) => occupied.get_mut().merge(pat),
            }
        }
    }
    others.sort_unstable();
    others.dedup();
    others.retain(|id| !known.contains_key(id));
    Gathered {
        pats: known.into_values().collect(),
        elsewhere: others.len(),
    }
}

/// The PATs of one list that are valid in the organization, as far as its account id tells, each one once.
/// One that ended between the two requests is in both lists: it was active when it was first seen.
pub(super) fn own_pats(reading: &OrganizationReading) -> BTreeMap<&AuthorizationId, &Pat> {
    let mut pats: BTreeMap<&AuthorizationId, &Pat> = BTreeMap::new();
    for pat in reading
        .pats
        .iter()
        .filter(|pat| is_valid_in(pat, reading.account_id.as_deref()))
    {
        let seen = pats.entry(&pat.authorization_id).or_insert(pat);
        if seen.listed == Listed::Expired && pat.listed == Listed::Active {
            *seen = pat;
        }
    }
    pats
}

/// A PAT whose accounts the service left empty says nothing about where it belongs: it is kept.
fn is_valid_in(pat: &Pat, account: Option<&str>) -> bool {
    account.is_none_or(|account| pat.reach.accounts().is_empty() || pat.reach.names(account))
}

/// The accounts a PAT is valid in, in a form that compares.
fn account_set(pat: &Pat) -> Option<Vec<String>> {
    match &pat.reach {
        Reach::AllOrganizations => None,
        Reach::Organizations(accounts) => {
            let mut set: Vec<String> = accounts
                .iter()
                .map(|account| account.to_ascii_lowercase())
                .collect();
            set.sort_unstable();
            set.dedup();
            Some(set)
        }
    }
}

/// What the generations of one PAT have in common: the family; for one without a name its own id; the accounts,
/// where they matter.
type Generation<'a> = (&'a str, Option<&'a AuthorizationId>, Option<Vec<String>>);

/// Tells the generations of each family apart. While the organization's account id is not known the list may
/// hold other organizations' PATs, so only those valid in the same accounts are of one family.
fn generations<'a>(
    reading: &'a OrganizationReading,
    pats: BTreeMap<&'a AuthorizationId, &'a Pat>,
    now: DateTime<Utc>,
) -> Vec<Known<'a>> {
    let mut families: BTreeMap<Generation<'_>, Vec<&'a Pat>> = BTreeMap::new();
    for pat in pats.into_values() {
        let accounts = if reading.account_id.is_none() {
            account_set(pat)
        } else {
            None
        };
        // PATs without a name have nothing in common.
        let alone = pat
            .display_name
            .trim()
            .is_empty()
            .then_some(&pat.authorization_id);
        families
            .entry((family(&pat.display_name), alone, accounts))
            .or_default()
            .push(pat);
    }
    let mut known = Vec::new();
    for ((family, ..), mut members) in families {
        members.sort_by_key(|pat| (pat.valid_from, &pat.authorization_id));
        let newest_from = members
            .iter()
            .filter(|pat| pat.is_live(now))
            .map(|pat| pat.valid_from)
            .max();
        let newest = members
            .iter()
            .find(|pat| pat.is_live(now) && Some(pat.valid_from) == newest_from);
        for pat in &members {
            let live = pat.is_live(now);
            // The service's word that it has expired stands against our clock.
            let end = if live {
                pat.effective_expiry()
            } else {
                pat.effective_expiry().min(now)
            };
            known.push(Known {
                pat,
                organization: reading.organization.name(),
                family,
                generation: 1 + members.partition_point(|other| other.valid_from < pat.valid_from),
                standing: if live { Standing::Live } else { Standing::Ended },
                end,
                days_left: time::whole_days(end - now),
                replaced_by: newest
                    .filter(|newest| newest.valid_from > pat.valid_from)
                    .map(|newest| newest.display_name.as_str()),
            });
        }
    }
    known
}
