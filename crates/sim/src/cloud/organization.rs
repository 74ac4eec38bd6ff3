//! Organizations, and the crowds in them.

use super::{Cloud, Crowd, Policies};
use crate::refusal::Refusal;

/// An organization.
#[derive(Debug, Clone)]
pub struct Organization {
    /// As in the URL.
    pub name: String,
    /// GUID; `instanceId` of connection data and an entry of `targetAccounts`.
    pub account_id: String,
    /// The Entra tenant's GUID.
    pub tenant: String,
    /// Its policies.
    pub policies: Policies,
    /// Refuses every request for it.
    pub refuses_all: Option<Refusal>,
    /// Projects, by name.
    pub projects: Vec<String>,
    /// Whether its projects are public: then who is not known is answered as the anonymous user, where reading a
    /// project is all that is asked (seen with `dnceng-public`, even with a PAT that is none).
    pub public: bool,
    /// Project Collection Administrators, by user id.
    pub administrators: Vec<String>,
    /// Who else may read the audit log, by user id.
    pub audit_readers: Vec<String>,
    /// Whether what happens is written into the audit log; off at first.
    pub auditing: bool,
}

impl Cloud {
    /// Adds an organization of the cloud's first tenant; returns its account id. One of that name is kept.
    pub fn add_organization(&mut self, name: &str) -> String {
        if let Some(known) = self.organization(name) {
            return known.account_id.clone();
        }
        let account_id = self.mint.guid();
        self.organizations.push(Organization {
            name: name.to_owned(),
            account_id: account_id.clone(),
            tenant: self.tenant.clone(),
            policies: Policies::default(),
            refuses_all: None,
            projects: vec!["platform".to_owned(), "web shop".to_owned()],
            public: false,
            administrators: Vec::new(),
            audit_readers: Vec::new(),
            auditing: false,
        });
        account_id
    }

    /// The organization of that name, without regard to letter case.
    pub fn organization(&self, name: &str) -> Option<&Organization> {
        self.organizations
            .iter()
            .find(|known| known.name.eq_ignore_ascii_case(name))
    }

    /// The same, to alter it.
    pub fn organization_mut(&mut self, name: &str) -> Option<&mut Organization> {
        self.organizations
            .iter_mut()
            .find(|known| known.name.eq_ignore_ascii_case(name))
    }

    /// The crowd of an organization.
    pub fn crowd(&self, organization: &str) -> Option<&Crowd> {
        self.crowds
            .iter()
            .find(|crowd| crowd.organization().eq_ignore_ascii_case(organization))
    }

    /// The same, to alter it.
    pub(crate) fn crowd_mut(&mut self, organization: &str) -> Option<&mut Crowd> {
        self.crowds
            .iter_mut()
            .find(|crowd| crowd.organization().eq_ignore_ascii_case(organization))
    }
}
