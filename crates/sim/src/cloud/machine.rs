//! The machine that pipelines run on, and the managed identities it was given.

use super::{AppSeed, Cloud};

/// How an identity was given to the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ManagedIdentity {
    /// The machine's own; one at most.
    System,
    /// Asked for by its client id, unless it is the only one.
    User,
}

/// The machine.
#[derive(Debug, Default)]
pub struct Machine {
    /// Identities: how, and the client id.
    pub identities: Vec<(ManagedIdentity, String)>,
}

impl Machine {
    /// The client id of the identity that is meant by `client_id` or by none.
    pub(crate) fn identity(&self, client_id: Option<&str>) -> Result<&str, NoIdentity> {
        if let Some(wanted) = client_id {
            let known = self
                .identities
                .iter()
                .find(|(_, id)| id.eq_ignore_ascii_case(wanted));
            return known.map(|(_, id)| id.as_str()).ok_or(NoIdentity::NotFound);
        }
        let own = self
            .identities
            .iter()
            .find(|(kind, _)| *kind == ManagedIdentity::System);
        match (own, self.identities.as_slice()) {
            (Some((_, id)), _) | (None, [(_, id)]) => Ok(id),
            (None, []) => Err(NoIdentity::NotFound),
            (None, _) => Err(NoIdentity::Several),
        }
    }
}

/// Why no identity is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoIdentity {
    NotFound,
    Several,
}

impl Cloud {
    /// Gives the machine an identity; returns its client id, by which it is an app of the books.
    pub fn add_managed_identity(&mut self, name: &str, kind: ManagedIdentity) -> String {
        let client_id = self.add_app(AppSeed::confidential(name));
        self.machine.identities.push((kind, client_id.clone()));
        client_id
    }
}
