//! What token administration knows beside PATs: SSH keys, and how often each user was read.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

use super::Cloud;
use super::clock::stored;

/// An SSH key: to token administration it is a session token like a PAT, only public.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SshKey {
    /// GUID, lower case.
    pub authorization_id: String,
    /// The owner's id.
    pub owner: String,
    /// Account id of its organization.
    pub account: String,
    /// Name, any text.
    pub display_name: String,
    /// Creation.
    pub valid_from: DateTime<Utc>,
    /// End.
    pub valid_to: DateTime<Utc>,
    /// When it was revoked.
    pub revoked: Option<DateTime<Utc>>,
}

impl Cloud {
    /// Puts an SSH key into the books that lives from 40 days ago to 300 days on; returns its authorization id.
    pub fn add_ssh_key(&mut self, user: &str, organization: &str, display_name: &str) -> String {
        let account = self.add_organization(organization);
        let now = self.now();
        let authorization_id = self.mint.guid();
        self.ssh_keys.push(SshKey {
            authorization_id: authorization_id.clone(),
            owner: user.to_owned(),
            account,
            display_name: display_name.to_owned(),
            valid_from: stored(now - TimeDelta::days(40)),
            valid_to: stored(now + TimeDelta::days(300)),
            revoked: None,
        });
        authorization_id
    }

    /// How often each user's PATs were listed by an administrator, from the first page on, refusals included.
    pub fn reads(&self) -> &Reads {
        &self.reads
    }

    /// Starts counting anew.
    pub fn forget_reads(&mut self) {
        self.reads = Reads::default();
    }
}

/// How often each user was read. For a crowd that is one byte a user.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reads {
    crowd: BTreeMap<String, Vec<u8>>,
    others: BTreeMap<String, u32>,
}

/// The counts of one crowd.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CrowdReads {
    /// Users read at all.
    pub users: usize,
    /// Reads of the user read least often, who may have been left out (0).
    pub least: u8,
    /// Reads of the user read most often; 255 and more are 255.
    pub most: u8,
}

impl Reads {
    /// Reads of a user in the books, by id or descriptor.
    pub fn of(&self, descriptor: &str) -> u32 {
        self.others.get(descriptor).copied().unwrap_or_default()
    }

    /// Reads of the users that a crowd has and that can own PATs.
    pub fn crowd(&self, crowd: &super::Crowd) -> CrowdReads {
        let counts = self.crowd.get(crowd.organization());
        let of = |number: u32| {
            let count = usize::try_from(number).ok().and_then(|at| counts?.get(at));
            count.copied().unwrap_or_default()
        };
        let owners = || (0..crowd.identities()).filter(|number| crowd.kind(*number).can_own_pats());
        CrowdReads {
            users: owners().filter(|number| of(*number) > 0).count(),
            least: owners().map(of).min().unwrap_or_default(),
            most: owners().map(of).max().unwrap_or_default(),
        }
    }

    pub(crate) fn note(&mut self, descriptor: &str) {
        *self.others.entry(descriptor.to_owned()).or_default() += 1;
    }

    pub(crate) fn note_crowd(&mut self, crowd: &super::Crowd, number: u32) {
        let counts = self
            .crowd
            .entry(crowd.organization().to_owned())
            .or_insert_with(|| vec![0; usize::try_from(crowd.identities()).unwrap_or_default()]);
        if let Some(count) = usize::try_from(number).ok().and_then(|at| counts.get_mut(at)) {
            *count = count.saturating_add(1);
        }
    }
}
