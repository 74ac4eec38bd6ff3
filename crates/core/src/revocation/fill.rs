//! From what was chosen, and what was done, to the report.

use super::choose::{Chosen, Entry, Fate};
use super::report::{PatOutcome, RevocationReport, RevokedPat};
use crate::failure::{Failure, FailureKind};
use crate::pat::{AuthorizationId, Reach};

/// What came of trying to revoke a PAT.
#[derive(Debug, Clone, PartialEq)]
pub enum Tried {
    /// It is revoked.
    Revoked,
    /// A list shows that it was revoked or has expired in the meantime.
    Gone,
    /// It is not revoked.
    Failed(Box<Failure>),
    /// It is not known whether it is revoked.
    Unclear(Box<Failure>),
}

/// The first way out of a PAT of which it is not known whether it is revoked; what such a one is counted by.
const UNCLEAR: &str = "it may have been revoked all the same: run it again, a PAT that is revoked shows as already gone \
                       (alreadyGone)";

/// Whether it is not known of the PAT whether it is revoked.
pub(super) fn is_unclear(pat: &RevokedPat) -> bool {
    let first = pat.failure.as_ref().and_then(|failure| failure.ways_out.first());
    first.is_some_and(|way| way == UNCLEAR)
}

impl RevocationReport {
    /// Takes in what the selection comes to: as if nothing were ever tried. [`RevocationReport::tried`] follows for
    /// those that are.
    pub fn chosen(&mut self, chosen: Chosen) {
        self.counts.matched = chosen.matched();
        self.counts.elsewhere = u32::try_from(chosen.elsewhere).unwrap_or(u32::MAX);
        self.organization.account_id = chosen.account_id;
        let organization = self.organization.name.clone();
        let whole = self.unreadable.is_empty();
        let wider = match (self.is_of_everyone(), self.settings.owners.is_empty()) {
            (false, _) => Some("is it another user's? scope: organization, as an administrator"),
            (true, false) => Some("is it another user's? without owners, every user is looked through"),
            (true, true) => None,
        };
        let entries = chosen.entries.into_iter();
        self.pats = entries
            .map(|entry| row(entry, &organization, whole, wider))
            .collect();
        match self.pats.iter().filter(|pat| pat.global).count() {
            0 => {}
            1 => self
                .notes
                .push("1 PAT is global: revoking it ends it in all organizations of its owner.".to_owned()),
            several => self.notes.push(format!(
                "{several} PATs are global: revoking them ends them in all organizations of their owners."
            )),
        }
        let bound = self
            .pats
            .iter()
            .any(|pat| pat.outcome == PatOutcome::WouldRevoke && !pat.global);
        if self.organization.account_id.is_none() && bound {
            self.notes.push(format!(
                "Connection data did not tell which account {organization} is: whether a PAT is another \
                 organization's could not be seen."
            ));
        }
        match self.counts.elsewhere {
            0 => {}
            1 => self
                .notes
                .push("1 PAT that fits is another organization's: it is left alone.".to_owned()),
            several => {
                self.notes.push(format!(
                    "{several} PATs that fit are other organizations': they are left alone."
                ));
            }
        }
        if self.pats.is_empty() && whole {
            let what = if self.settings.names.is_empty() {
                "There is no live PAT"
            } else {
                "No live PAT matches"
            };
            self.notes.push(format!("{what}: there is nothing to revoke."));
        }
        self.count();
    }

    /// The ids that are to be revoked, each with its place among [`RevocationReport::pats`].
    #[must_use]
    pub fn to_revoke(&self) -> Vec<(usize, AuthorizationId)> {
        let meant = self
            .pats
            .iter()
            .enumerate()
            .filter(|(_, pat)| pat.outcome == PatOutcome::WouldRevoke);
        meant
            .map(|(place, pat)| (place, pat.authorization_id.clone()))
            .collect()
    }

    /// Takes in what came of trying to revoke the PAT at this place.
    pub fn tried(&mut self, place: usize, tried: Tried) {
        if let Some(pat) = self.pats.get_mut(place) {
            (pat.outcome, pat.failure) = match tried {
                Tried::Revoked => (PatOutcome::Revoked, None),
                Tried::Gone => (PatOutcome::AlreadyGone, None),
                Tried::Failed(failure) => (PatOutcome::Failed, Some(*failure)),
                Tried::Unclear(mut failure) => {
                    failure.ways_out.insert(0, UNCLEAR.to_owned());
                    (PatOutcome::Failed, Some(*failure))
                }
            };
        }
    }
}

fn row(entry: Entry, organization: &str, whole: bool, wider: Option<&str>) -> RevokedPat {
    let failure = match &entry.fate {
        Fate::Revoke | Fate::Gone => None,
        Fate::AccountUnknown(cause) => Some(undecided(&entry.id, organization, cause)),
        Fate::Unknown => Some(unknown(&entry.id, organization, whole, wider)),
        Fate::Elsewhere => Some(elsewhere(&entry.id, organization)),
        Fate::Unplaced => Some(unplaced(&entry.id)),
    };
    let (pat, owner) = match entry.found {
        Some(found) => (Some(found.pat), found.owner),
        None => (None, None),
    };
    RevokedPat {
        authorization_id: entry.id,
        owner,
        outcome: match (&failure, entry.fate) {
            (Some(_), _) => PatOutcome::Failed,
            (None, Fate::Gone) => PatOutcome::AlreadyGone,
            (None, _) => PatOutcome::WouldRevoke,
        },
        failure,
        valid_to: pat.as_ref().map(|pat| pat.valid_to),
        global: pat
            .as_ref()
            .is_some_and(|pat| pat.reach == Reach::AllOrganizations),
        scopes: pat
            .as_ref()
            .map(|pat| pat.scopes.iter().map(str::to_owned).collect())
            .unwrap_or_default(),
        display_name: pat.map(|pat| pat.display_name),
    }
}

fn unknown(id: &AuthorizationId, organization: &str, whole: bool, wider: Option<&str>) -> Failure {
    let mut failure = Failure::new(
        FailureKind::Service,
        format!("No PAT {id} was found in {organization}."),
    )
    .with_code("unknownId");
    if whole {
        failure = failure
            .with_why("it is among neither the live PATs looked through nor the revoked and expired ones")
            .with_way_out("compare the id with the report that it was taken from");
        failure.ways_out.extend(wider.map(str::to_owned));
        failure.with_way_out("is it another organization's? name that one as organization")
    } else {
        failure
            .with_why("it may be in the part that could not be read")
            .with_way_out("see what could not be read, and run it again")
    }
}

fn elsewhere(id: &AuthorizationId, organization: &str) -> Failure {
    Failure::new(
        FailureKind::Service,
        format!("The PAT {id} is not {organization}'s: it was left alone."),
    )
    .with_code("otherOrganization")
    .with_why("it is valid in other organizations only, and only one of them can revoke it")
    .with_way_out("run it in the organization that the PAT is for; `patkeeper identify` finds out which")
}

fn undecided(id: &AuthorizationId, organization: &str, cause: &Failure) -> Failure {
    Failure {
        what: format!("Whether the PAT {id} is {organization}'s is not known: it was left alone."),
        why: Some(format!(
            "it names the organizations that it is valid in, and connection data did not tell which one this is. {}",
            cause.what
        )),
        ways_out: vec!["run it again".to_owned()],
        ..cause.clone()
    }
}

fn unplaced(id: &AuthorizationId) -> Failure {
    Failure::new(
        FailureKind::Service,
        format!("Whose organization's the PAT {id} is cannot be told: it was left alone."),
    )
    .with_code("noAccount")
    .with_why("the service lists it without any organization that it is valid in")
    .with_way_out(format!("revoke it by its id: authorizationIds: {id}"))
}
