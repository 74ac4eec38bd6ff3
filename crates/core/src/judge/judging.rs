//! Judging bit by bit: what belongs together is judged and handed on, what the whole decides is kept until the end.

use std::collections::{BTreeMap, HashSet};

use chrono::{DateTime, Utc};

use super::gather::{self, Known, Standing};
use super::head::Tally;
use super::required::{self, Required};
use super::{MonitorSettings, count};
use crate::failure::Failure;
use crate::organization::Organization;
use crate::owner::Owner;
use crate::pat::{AuthorizationId, Listed, Reach};
use crate::policy::Waiving;
use crate::reading::{IdentityKind, OrganizationReading};
use crate::report::{
    Finding, MINE, Missing, ORGANIZATION, OrganizationEntry, OwnerEntry, PatEntry, PatStatus, ROWS, Report,
    Row, Run, SCHEMA, SliceEntry, Tool, Totals, UnreadableEntry, UsersEntry, Verdict,
};
use crate::slice::{Slice, spread};

/// Whose PATs are judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Those of whoever signed in.
    Mine,
    /// Every user's.
    Organization {
        /// The share of the users; `None`: all.
        slice: Option<Slice>,
        /// Whether more than one organization is read: then a PAT that several of them list counts once.
        several: bool,
    },
}

impl Scope {
    /// As the report writes it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Mine => MINE,
            Self::Organization { .. } => ORGANIZATION,
        }
    }
}

/// The rows that came of something judged, in no order.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Judged {
    /// PATs.
    pub pats: Vec<PatEntry>,
    /// What policy finds, waived or not.
    pub findings: Vec<Finding>,
    /// What could not be read.
    pub unreadable: Vec<UnreadableEntry>,
}

impl Judged {
    /// Every row.
    pub fn into_rows(self) -> impl Iterator<Item = Row> {
        let pats = self.pats.into_iter().map(Row::Pat);
        let findings = self.findings.into_iter().map(Row::Finding);
        let unreadable = self.unreadable.into_iter().map(Row::Unreadable);
        pats.chain(findings).chain(unreadable)
    }
}

/// The most notes of readings that a report holds.
pub(crate) const NOTES: usize = 100;

/// A report in the making. What it holds does not grow with the number of users.
#[derive(Debug)]
pub struct Judging<'a> {
    settings: &'a MonitorSettings,
    scope: Scope,
    now: DateTime<Utc>,
    tally: Tally,
    waiving: Waiving<'a>,
    required: Required<'a>,
    organizations: Vec<Seen>,
    notes: Vec<String>,
    /// PATs counted, where several organizations may list the same one.
    counted: HashSet<u128>,
    /// PATs that a newer one has replaced in each organization seen to list them: in another one it may not have.
    replaced: BTreeMap<AuthorizationId, Replaced>,
}

/// An organization as far as it was seen.
#[derive(Debug)]
struct Seen {
    entry: OrganizationEntry,
    /// PATs listed that are not valid there.
    elsewhere: u32,
}

/// A replaced PAT; `None` where it is history.
#[derive(Debug)]
struct Replaced(Option<(PatEntry, Vec<Finding>)>);

impl<'a> Judging<'a> {
    /// Nothing judged yet; everything will be as of `now`.
    #[must_use]
    pub fn new(settings: &'a MonitorSettings, scope: Scope, now: DateTime<Utc>) -> Self {
        let most = match scope {
            Scope::Mine => usize::MAX,
            Scope::Organization { .. } => ROWS,
        };
        Self {
            settings,
            scope,
            now,
            tally: Tally::new(most),
            waiving: Waiving::new(&settings.policy, now),
            required: Required::new(&settings.require_names),
            organizations: Vec::new(),
            notes: Vec::new(),
            counted: HashSet::new(),
            replaced: BTreeMap::new(),
        }
    }

    /// Judges what belongs together: one user's PATs in one organization, or for [`Scope::Mine`] those of all
    /// organizations at once. Without an owner, in [`Scope::Organization`], it is what the organization itself has to
    /// tell: who signed in, what else could not be read, notes.
    ///
    /// Neither the order of the PATs in a reading nor that of the users makes a difference. Of several organizations,
    /// the first one whose list holds a PAT is the one it is reported under.
    pub fn take(&mut self, readings: &[OrganizationReading], owner: Option<&Owner>) -> Judged {
        let gathered = gather::gather(readings, self.now);
        self.tally.totals.elsewhere += count(gathered.elsewhere);
        let mut judged = Judged::default();
        let account_known = readings.iter().all(|reading| reading.account_id.is_some());
        for known in &gathered.pats {
            // A PAT of one account is in no other organization's list.
            let shared = !account_known || known.pat.reach.accounts().len() != 1;
            self.judge(known, owner, shared, &mut judged);
        }
        for reading in readings {
            self.required.look(reading, self.now);
            self.see(reading);
            judged.unreadable.extend(unreadable_of(reading));
        }
        self.waiving.cover(&mut judged.findings);
        self.count(&judged);
        judged
    }

    /// A user whom token administration does not know: an `orphaned-owner` finding, or nothing where the rule is off.
    pub fn gone(&mut self, organization: &Organization, owner: &Owner, failure: &Failure) -> Judged {
        let mut judged = Judged::default();
        let policy = &self.settings.policy;
        judged
            .findings
            .extend(policy.orphan(organization.name(), owner, failure));
        self.waiving.cover(&mut judged.findings);
        self.count(&judged);
        judged
    }

    /// How many users of an organization came to what.
    pub fn users(&mut self, organization: &Organization, users: UsersEntry) {
        self.seen(organization.name()).entry.users = Some(users);
    }

    /// The report, and the rows that only the end gives. In [`Scope::Organization`] the report holds at most [`ROWS`]
    /// rows of each kind, the heaviest; it counts all of them.
    #[must_use]
    pub fn finish(mut self, run: Run) -> (Report, Judged) {
        let mut last = Judged::default();
        for Replaced(kept) in std::mem::take(&mut self.replaced).into_values() {
            match kept {
                Some((entry, findings)) => {
                    last.pats.push(entry);
                    last.findings.extend(findings);
                }
                None => self.tally.totals.history += 1,
            }
        }
        self.waiving.cover(&mut last.findings);

        let slice = match self.scope {
            Scope::Mine => None,
            Scope::Organization { slice, .. } => slice,
        };
        let required = std::mem::replace(&mut self.required, Required::new(&[])).answers();
        let settings = self.settings.entry(self.scope);
        let nothing_named =
            !settings.names.is_empty() && self.tally.totals.total == 0 && last.pats.is_empty();
        let mut unmatched: Vec<Missing> = nothing_named
            .then(|| required::nothing_named(&settings.names))
            .into_iter()
            .collect();
        unmatched.extend(required.missing);
        if slice.is_none() {
            let undecided = required.undecided.iter().map(required::undecided);
            last.unreadable.extend(undecided);
        }
        let about = self.waiving.about(self.scope.as_str());
        last.findings.extend(about.expired);
        // Where PATs were left out or could not be read nobody can tell that a waiver is unused.
        let all_seen =
            settings.names.is_empty() && self.tally.totals.unreadable == 0 && last.unreadable.is_empty();
        let unused = all_seen.then_some(about.unused);
        let (missing, slice) = match slice {
            None => {
                last.findings.extend(unused.into_iter().flatten());
                (unmatched, None)
            }
            Some(Slice { position, of }) => {
                let entry = SliceEntry {
                    position,
                    of,
                    unmatched,
                    undecided: required.undecided,
                    unused,
                };
                (Vec::new(), Some(entry))
            }
        };
        self.count(&last);

        let notes = self.notes_on(&missing, slice.is_some());
        let mut report = Report {
            schema: SCHEMA.to_owned(),
            tool: Tool::this(),
            run: Run { at: self.now, ..run },
            organizations: self.organizations.into_iter().map(|seen| seen.entry).collect(),
            settings,
            slice,
            missing,
            notes,
            status: Verdict::Ok,
            totals: Totals::default(),
            soonest: None,
            merged: Vec::new(),
            pats: Vec::new(),
            findings: Vec::new(),
            unreadable: Vec::new(),
        };
        self.tally.fill(&mut report);
        (report, last)
    }

    /// `shared`: another organization may list it, too.
    fn judge(&mut self, known: &Known<'_>, owner: Option<&Owner>, shared: bool, judged: &mut Judged) {
        if !self.settings.looks_at(&known.pat.display_name) {
            return;
        }
        let entry = status(known, self.settings, self.now).map(|status| entry(known, status, owner));
        let findings = || match known.standing {
            // An ended PAT opens nothing: what it might have done is no finding any more.
            Standing::Ended => Vec::new(),
            Standing::Live => {
                let policy = &self.settings.policy;
                policy.findings(known.organization, known.subject(owner))
            }
        };
        if shared && matches!(self.scope, Scope::Organization { several: true, .. }) {
            let id = &known.pat.authorization_id;
            if self.counted.contains(&short(id)) {
                return;
            }
            if known.replaced_by.is_some() {
                let replaced = Replaced(entry.map(|entry| (entry, findings())));
                let kept = self.replaced.entry(id.clone()).or_insert(Replaced(None));
                if kept.0.is_none() {
                    *kept = replaced;
                }
                return;
            }
            self.counted.insert(short(id));
            self.replaced.remove(id);
        }
        match entry {
            Some(entry) => {
                judged.findings.extend(findings());
                judged.pats.push(entry);
            }
            None => self.tally.totals.history += 1,
        }
    }

    fn count(&mut self, judged: &Judged) {
        judged.pats.iter().for_each(|entry| self.tally.pat(entry));
        judged
            .findings
            .iter()
            .for_each(|finding| self.tally.finding(finding));
        judged
            .unreadable
            .iter()
            .for_each(|entry| self.tally.unreadable(entry));
    }

    fn seen(&mut self, organization: &str) -> &mut Seen {
        let at = self
            .organizations
            .iter()
            .position(|seen| seen.entry.name == organization);
        let at = at.unwrap_or(self.organizations.len());
        if at == self.organizations.len() {
            self.organizations.push(Seen {
                entry: OrganizationEntry {
                    name: organization.to_owned(),
                    account_id: None,
                    signed_in_as: None,
                    identity_kind: None,
                    sign_in: String::new(),
                    read: 0,
                    users: None,
                },
                elsewhere: 0,
            });
        }
        #[expect(
            clippy::indexing_slicing,
            reason = "it was found there, or has just been put there"
        )]
        &mut self.organizations[at]
    }

    fn see(&mut self, reading: &OrganizationReading) {
        let ids: HashSet<_> = reading.pats.iter().map(|pat| &pat.authorization_id).collect();
        let own = gather::own_pats(reading).len();
        let seen = self.seen(reading.organization.name());
        let entry = &mut seen.entry;
        entry.read += count(ids.len());
        seen.elsewhere += count(ids.len() - own);
        let fill = |known: &mut Option<String>, told: &Option<String>| {
            if known.is_none() {
                known.clone_from(told);
            }
        };
        fill(&mut entry.account_id, &reading.account_id);
        fill(&mut entry.signed_in_as, &reading.signed_in.name);
        if entry.identity_kind.is_none() {
            entry.identity_kind = reading
                .signed_in
                .kind
                .map(IdentityKind::as_str)
                .map(str::to_owned);
        }
        if entry.sign_in.is_empty() {
            entry.sign_in.clone_from(&reading.signed_in.how);
        }
        add_notes(&mut self.notes, &reading.notes);
    }

    /// What the readings noted, and what is to be noted of the whole.
    fn notes_on(&mut self, missing: &[Missing], is_share: bool) -> Vec<String> {
        let mut notes = std::mem::take(&mut self.notes);
        if !is_share {
            notes.extend(self.organizations.iter().filter_map(|seen| {
                let read = seen.entry.read;
                all_elsewhere(&seen.entry.name, read).filter(|_| read == seen.elsewhere)
            }));
        }
        for scope in self.settings.policy.unknown_forbidden_scopes() {
            notes.push(format!(
                "The forbidden scope {scope} is not in the catalogue: if that is a misspelling, it forbids nothing \
                 (docs/scopes.md)."
            ));
        }
        notes.extend(perhaps_there(missing, self.tally.totals.unreadable));
        notes
    }
}

/// A number for each id: that of a GUID is the GUID.
pub(crate) fn short(id: &AuthorizationId) -> u128 {
    let digits: String = id.as_str().split('-').collect();
    match u128::from_str_radix(&digits, 16) {
        Ok(number) if id.is_guid() => number,
        _ => {
            let half = |seed: &str| u128::from(spread(format!("{seed}{id}").as_bytes()));
            half("a") << 64 | half("b")
        }
    }
}

pub(crate) fn add_notes(notes: &mut Vec<String>, more: &[String]) {
    for note in more {
        if notes.len() < NOTES && !notes.contains(note) {
            notes.push(note.clone());
        }
    }
}

/// A wrong account id, or the wrong organization, must not look like an organization without PATs.
pub(crate) fn all_elsewhere(organization: &str, read: u32) -> Option<String> {
    match read {
        0 => None,
        1 => Some(format!(
            "{organization}: the only PAT listed is not valid in this organization"
        )),
        all => Some(format!(
            "{organization}: none of the {all} PATs listed is valid in this organization"
        )),
    }
}

const PERHAPS_THERE: &str = "What is missing may be in the part that could not be read.";

pub(crate) fn perhaps_there(missing: &[Missing], unreadable: u32) -> Option<String> {
    (!missing.is_empty() && unreadable > 0).then(|| PERHAPS_THERE.to_owned())
}

pub(crate) fn is_perhaps_there(note: &str) -> bool {
    note == PERHAPS_THERE
}

/// How one PAT stands; `None` when it is history.
fn status(known: &Known<'_>, settings: &MonitorSettings, now: DateTime<Utc>) -> Option<PatStatus> {
    let replaced = known.replaced_by.is_some();
    match known.standing {
        Standing::Live if replaced => Some(PatStatus::Replaced),
        Standing::Live => Some(settings.thresholds().status(known.days_left)),
        Standing::Ended if replaced => None,
        // The service calls it active and its date says that it is long over: one of them is wrong, or our clock
        // is. That is no history.
        Standing::Ended if known.pat.listed == Listed::Active && known.pat.valid_to <= now => {
            Some(PatStatus::Expired)
        }
        Standing::Ended => {
            let counts = now - known.end <= chrono::TimeDelta::days(i64::from(settings.expired_within_days));
            counts.then_some(PatStatus::Expired)
        }
    }
}

fn entry(known: &Known<'_>, status: PatStatus, owner: Option<&Owner>) -> PatEntry {
    let pat = known.pat;
    PatEntry {
        organization: known.organization.to_owned(),
        owner: owner.map(OwnerEntry::from),
        authorization_id: pat.authorization_id.clone(),
        display_name: pat.display_name.clone(),
        family: known.family.to_owned(),
        scopes: pat.scopes.iter().map(str::to_owned).collect(),
        valid_from: pat.valid_from,
        valid_to: pat.valid_to,
        effective_expiry: known.end,
        days_left: known.days_left,
        global: pat.reach == Reach::AllOrganizations,
        status,
        replaced_by: known
            .replaced_by
            .filter(|_| status == PatStatus::Replaced)
            .map(str::to_owned),
    }
}

fn unreadable_of(reading: &OrganizationReading) -> impl Iterator<Item = UnreadableEntry> + '_ {
    reading.unreadable.iter().map(|unreadable| UnreadableEntry {
        organization: reading.organization.name().to_owned(),
        what: unreadable.what.clone(),
        failure: unreadable.failure.clone(),
    })
}

#[cfg(test)]
pub(crate) mod tests;
