//! Personal access tokens in the books.

use chrono::{DateTime, TimeDelta, TimeZone, Utc};

/// One PAT.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pat {
    /// GUID, lower case.
    pub authorization_id: String,
    /// The owner's id.
    pub owner: String,
    /// Name, any text.
    pub display_name: String,
    /// Scopes, space separated.
    pub scope: String,
    /// Creation.
    pub valid_from: DateTime<Utc>,
    /// End.
    pub valid_to: DateTime<Utc>,
    /// Account ids; `None`: all organizations of the owner.
    pub target_accounts: Option<Vec<String>>,
    /// From when on it is revoked; a revocation by an administrator may take its time.
    pub revoked: Option<DateTime<Utc>>,
    /// The token itself, when it can be used; never shown after creation.
    pub secret: Option<String>,
    /// Refused until then, as fresh PATs may be.
    pub usable_from: DateTime<Utc>,
    /// Uses that are still refused before the first works.
    pub refusals_left: u32,
}

/// What a PAT is at some time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum State {
    Active,
    Expired,
    Revoked,
}

impl Pat {
    pub(crate) fn state(&self, now: DateTime<Utc>) -> State {
        if self.revoked.is_some_and(|at| at <= now) {
            State::Revoked
        } else if self.valid_to <= now {
            State::Expired
        } else {
            State::Active
        }
    }

    /// Whether it opens anything.
    pub(crate) fn works(&self, now: DateTime<Utc>) -> bool {
        let global_and_over =
            self.target_accounts.is_none() && global_pats_end().is_some_and(|end| now >= end);
        self.state(now) == State::Active
            && self.usable_from <= now
            && self.refusals_left == 0
            && !global_and_over
    }

    /// Whether the PAT is for that organization: named in it, or global.
    pub(crate) fn is_for(&self, account_id: &str) -> bool {
        self.target_accounts
            .as_ref()
            .is_none_or(|accounts| accounts.iter().any(|id| id == account_id))
    }
}

/// Global PATs stop working on 2026-12-01, whatever they say themselves.
fn global_pats_end() -> Option<DateTime<Utc>> {
    Utc.with_ymd_and_hms(2026, 12, 1, 0, 0, 0).single()
}

/// A PAT to put into the books directly, past all policies.
#[derive(Debug, Clone)]
pub struct PatSeed {
    pub(crate) owner: String,
    pub(crate) organization: String,
    pub(crate) display_name: String,
    pub(crate) scope: String,
    pub(crate) starts: Option<DateTime<Utc>>,
    pub(crate) ends: Option<DateTime<Utc>>,
    pub(crate) accounts: Accounts,
    pub(crate) revoked: Option<DateTime<Utc>>,
    pub(crate) with_secret: bool,
    pub(crate) authorization_id: Option<String>,
}

#[derive(Debug, Clone)]
pub(crate) enum Accounts {
    Own,
    Global,
    These(Vec<String>),
}

impl PatSeed {
    /// A PAT of `owner` (a user's id) for one organization. It begins 60 days before and ends 30 days after
    /// the cloud's now, unless said otherwise.
    pub fn new(owner: &str, organization: &str, display_name: &str, scope: &str) -> Self {
        Self {
            owner: owner.to_owned(),
            organization: organization.to_owned(),
            display_name: display_name.to_owned(),
            scope: scope.to_owned(),
            starts: None,
            ends: None,
            accounts: Accounts::Own,
            revoked: None,
            with_secret: false,
            authorization_id: None,
        }
    }

    /// Created then.
    #[must_use]
    pub fn starts(mut self, time: DateTime<Utc>) -> Self {
        self.starts = Some(time);
        self
    }

    /// Ends then.
    #[must_use]
    pub fn ends(mut self, time: DateTime<Utc>) -> Self {
        self.ends = Some(time);
        self
    }

    /// For all organizations (`targetAccounts` null).
    #[must_use]
    pub fn global(mut self) -> Self {
        self.accounts = Accounts::Global;
        self
    }

    /// For these account ids, which need not be known to the cloud.
    #[must_use]
    pub fn accounts(mut self, ids: Vec<String>) -> Self {
        self.accounts = Accounts::These(ids);
        self
    }

    /// Revoked then.
    #[must_use]
    pub fn revoked(mut self, time: DateTime<Utc>) -> Self {
        self.revoked = Some(time);
        self
    }

    /// With a token that works over Basic; read it with `Cloud::secret_of`.
    #[must_use]
    pub fn usable(mut self) -> Self {
        self.with_secret = true;
        self
    }

    /// With this authorization id instead of a new one.
    #[must_use]
    pub fn id(mut self, authorization_id: &str) -> Self {
        self.authorization_id = Some(authorization_id.to_owned());
        self
    }

    pub(crate) fn times(&self, now: DateTime<Utc>) -> (DateTime<Utc>, DateTime<Utc>) {
        let ends = self.ends.unwrap_or(now + TimeDelta::days(30));
        let starts = self.starts.unwrap_or_else(|| ends.min(now) - TimeDelta::days(60));
        (starts, ends)
    }
}
