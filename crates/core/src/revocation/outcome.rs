//! What a report comes to: its counts, how the step ends, and the last line.

use std::collections::BTreeSet;

use super::fill::is_unclear;
use super::report::{Asked, Counts, PatOutcome, RevocationReport, RevokedPat, SCHEMA, Selector};
use super::settings::Settings;
use crate::failure::{Failure, FailureKind};
use crate::judge::{StepEnd, StepResult};
use crate::reading::SignedIn;
use crate::report::{ORGANIZATION, OrganizationEntry, Run, Tool};
use crate::text;

/// Widest name in a sentence, in columns.
const NAME: usize = 60;

impl RevocationReport {
    /// A report in which nothing was found and nothing done yet.
    #[must_use]
    pub fn empty(settings: &Settings, run: Run) -> Self {
        Self {
            schema: SCHEMA.to_owned(),
            tool: Tool::this(),
            run,
            organization: OrganizationEntry {
                name: settings.organization.name().to_owned(),
                account_id: None,
                signed_in_as: None,
                identity_kind: None,
                sign_in: String::new(),
                read: 0,
                users: None,
            },
            settings: Asked::of(settings),
            counts: Counts::default(),
            pats: Vec::new(),
            unreadable: Vec::new(),
            failure: None,
            notes: Vec::new(),
        }
    }

    /// A run that ended before anything was read, such as one that nobody could sign in for.
    #[must_use]
    pub fn failed(settings: &Settings, run: Run, failure: Failure) -> Self {
        Self {
            failure: Some(failure),
            ..Self::empty(settings, run)
        }
    }

    /// Takes in whose token it is.
    pub fn signed_in(&mut self, signed_in: &SignedIn) {
        self.organization.signed_in_as = signed_in.name.clone();
        self.organization.identity_kind = signed_in.kind.map(|kind| kind.as_str().to_owned());
        self.organization.sign_in = signed_in.how.clone();
    }

    /// How the step ends by the contract. Of several failures the exit code is that of the greatest [`FailureKind`].
    #[must_use]
    pub fn end(&self) -> StepEnd {
        let (result, exit_code) = match self.worst() {
            Some(kind) => (StepResult::Failed, kind.exit_code()),
            None if self.settings.dry_run && self.counts.matched > 0 => (StepResult::SucceededWithIssues, 0),
            None => (StepResult::Succeeded, 0),
        };
        StepEnd { result, exit_code }
    }

    /// Everything that went wrong, that of the whole run first.
    pub fn failures(&self) -> impl Iterator<Item = &Failure> {
        let unreadable = self.unreadable.iter().map(|entry| &entry.failure);
        let pats = self.pats.iter().filter_map(|pat| pat.failure.as_ref());
        self.failure.iter().chain(unreadable).chain(pats)
    }

    fn worst(&self) -> Option<FailureKind> {
        self.failures().map(|failure| failure.kind).max()
    }

    /// Whether a team is to be told: something was revoked, or could not be. A dry run is nobody's news, and who
    /// cancels a run knows it.
    #[must_use]
    pub fn needs_attention(&self) -> bool {
        let failed = self
            .failures()
            .any(|failure| failure.kind != FailureKind::Cancelled);
        !self.settings.dry_run && (self.counts.revoked > 0 || failed)
    }

    /// Whether it is about any user's PATs, not only those of who signed in.
    #[must_use]
    pub fn is_of_everyone(&self) -> bool {
        self.settings.scope == ORGANIZATION
    }

    /// Whether all PATs that it names are of this organization alone: no one in another notices what was done.
    #[must_use]
    pub fn is_of_one_organization(&self) -> bool {
        !self.pats.iter().any(|pat| pat.global)
    }

    /// Whose PATs these are, in words: `of ann@acme.example`, `of 3 users`, `of all users`.
    #[must_use]
    pub fn whose(&self) -> String {
        let name = match self.settings.owners.as_slice() {
            _ if !self.is_of_everyone() => self.organization.signed_in_as.clone(),
            [] => Some("all users".to_owned()),
            [one] => Some(one.clone()),
            several => Some(format!("{} users", several.len())),
        };
        format!(
            "of {}",
            name.map_or("whoever signed in".to_owned(), |name| text::fit(&name, NAME))
        )
    }

    /// The last line of a log: what happened, on one harmless line.
    #[must_use]
    pub fn sentence(&self) -> String {
        let mut said: Vec<String> = self.failure.iter().map(|failure| failure.what.clone()).collect();
        if self.failure.is_none() || self.counts.revoked > 0 {
            said.push(self.done());
        }
        match self.pats.iter().filter(|pat| is_unclear(pat)).count() {
            0 => {}
            1 => said.push("Of 1 it is not known whether it is revoked: run it again.".to_owned()),
            several => said.push(format!(
                "Of {several} it is not known whether they are revoked: run it again."
            )),
        }
        text::plain(&said.join(" "))
    }

    /// The same for the last line. Ids among all users' PATs are those of a few, and the others have nothing to fear.
    fn of_whom(&self) -> String {
        let asked = &self.settings;
        if !self.is_of_everyone() || !asked.owners.is_empty() || asked.selector != Selector::AuthorizationIds
        {
            return format!(" {}", self.whose());
        }
        let done = |pat: &&RevokedPat| matches!(pat.outcome, PatOutcome::Revoked | PatOutcome::WouldRevoke);
        let done = self.pats.iter().filter(done);
        let owners: BTreeSet<&str> = done.filter_map(|pat| pat.owner.as_deref()).collect();
        match (owners.len(), owners.first()) {
            (_, None) => String::new(),
            (1, Some(owner)) => format!(" of {}", text::fit(owner, NAME)),
            (several, _) => format!(" of {several} users"),
        }
    }

    fn done(&self) -> String {
        let counts = self.counts;
        let (verb, number, dry) = if self.settings.dry_run {
            (
                "Would revoke",
                counts.would_revoke,
                " Dry run: nothing was changed.",
            )
        } else {
            ("Revoked", counts.revoked, "")
        };
        let pats = match number {
            0 => "no PAT".to_owned(),
            1 => "1 PAT".to_owned(),
            number => format!("{number} PATs"),
        };
        let others = [
            (
                counts.already_gone,
                if counts.already_gone == 1 {
                    "was gone already"
                } else {
                    "were gone already"
                },
            ),
            (counts.failed, "failed"),
            (counts.unreadable, "could not be read"),
        ];
        let mut parts = vec![format!("{verb} {pats}{}", self.of_whom())];
        let others = others.iter().filter(|(number, _)| *number > 0);
        parts.extend(others.map(|(number, what)| format!("{number} {what}")));
        format!("{}.{dry}", parts.join("; "))
    }

    /// Counts what the entries say; `matched` and `elsewhere` are the selection's.
    pub fn count(&mut self) {
        let number = |outcome| {
            let all = self.pats.iter().filter(|pat| pat.outcome == outcome).count();
            u32::try_from(all).unwrap_or(u32::MAX)
        };
        self.counts = Counts {
            revoked: number(PatOutcome::Revoked),
            already_gone: number(PatOutcome::AlreadyGone),
            failed: number(PatOutcome::Failed),
            would_revoke: number(PatOutcome::WouldRevoke),
            unreadable: u32::try_from(self.unreadable.len()).unwrap_or(u32::MAX),
            ..self.counts
        };
    }
}
