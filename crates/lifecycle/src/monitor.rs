//! PatMonitor: read every organization. What was read is judged by [`patkeeper_core::judge`].

use futures_util::future::{join, join_all};
use patkeeper_core::failure::{Failure, FailureKind};
use patkeeper_core::organization::Organization;
use patkeeper_core::pat::Listed;
use patkeeper_core::reading::{OrganizationReading, SignedIn, Unreadable};

use crate::ports::{Listing, OwnPats};

/// One organization to read.
#[derive(Debug)]
pub struct Target<P> {
    /// Which one.
    pub organization: Organization,
    /// Its account id as the agent knows it, where the job runs in this very organization. Used only where
    /// connection data refuses to say.
    pub known_account_id: Option<String>,
    /// The way in.
    pub pats: P,
}

/// Reads every target, all at once: they share nothing but the client and its limits.
pub async fn read_all<P: OwnPats>(targets: &[Target<P>]) -> Vec<OrganizationReading> {
    join_all(targets.iter().map(read)).await
}

/// What is known of the organizations when nobody could sign in: nothing, for one reason.
#[must_use]
pub fn none_read(organizations: &[Organization], failure: &Failure) -> Vec<OrganizationReading> {
    let unread = |organization: &Organization| OrganizationReading {
        organization: organization.clone(),
        account_id: None,
        signed_in: SignedIn::default(),
        pats: Vec::new(),
        unreadable: vec![Unreadable {
            what: format!("the PATs of {organization}"),
            failure: failure.clone(),
        }],
        notes: Vec::new(),
    };
    organizations.iter().map(unread).collect()
}

/// Reads one organization: whose it is, its active PATs, and only then its expired ones. A PAT that ends while
/// we read is so listed twice; asked the other way round it would be in neither list.
async fn read<P: OwnPats>(target: &Target<P>) -> OrganizationReading {
    let (connection, active) = join(target.pats.connection(), target.pats.list(Listed::Active)).await;
    let refused = refused_at_the_door(&active);
    let expired = if refused {
        Listing::default()
    } else {
        target.pats.list(Listed::Expired).await
    };

    let mut reading = OrganizationReading {
        organization: target.organization.clone(),
        account_id: None,
        signed_in: target.pats.signed_in(),
        pats: active.pats,
        unreadable: active.unreadable,
        notes: Vec::new(),
    };
    reading.pats.extend(expired.pats);
    reading.unreadable.extend(expired.unreadable);
    match connection {
        Ok(connection) => {
            reading.account_id = connection.account_id;
            if connection.identity.is_some() {
                reading.signed_in.name = connection.identity;
            }
        }
        Err(_) if refused => {}
        Err(failure) => without_connection(&mut reading, target, failure),
    }
    reading
}

/// The list was refused before it gave anything: the other list and connection data would only say the same
/// thing again.
fn refused_at_the_door(active: &Listing) -> bool {
    active.pats.is_empty()
        && active
            .unreadable
            .iter()
            .any(|entry| entry.failure.kind == FailureKind::Refused)
}

/// A token that has the PAT scopes alone may be refused connection data: then we go on with what the agent
/// knows, if the list agrees. A service that fails is another matter: what it would have said is not known, and never assumed.
fn without_connection<P>(reading: &mut OrganizationReading, target: &Target<P>, failure: Failure) {
    if failure.kind != FailureKind::Refused {
        reading.unreadable.push(Unreadable {
            what: format!("which account {} is (connection data)", target.organization),
            failure,
        });
        return;
    }
    let bound = reading.pats.iter().any(|pat| !pat.reach.accounts().is_empty());
    match &target.known_account_id {
        _ if !bound => {}
        Some(id) if reading.pats.iter().any(|pat| pat.reach.names(id)) => {
            reading.account_id = Some(id.clone())
        }
        // The agent's word alone hides no PAT, and no PAT of who knows where stands for a required one.
        Some(_) => reading.unreadable.push(Unreadable {
            what: format!(
                "which of the PATs listed are {}'s: the account that the agent names fits none",
                target.organization
            ),
            failure,
        }),
        None => reading.notes.push(format!(
            "{}: connection data refused this sign-in, so PATs of other organizations cannot be told apart: \
             all that are listed are judged.",
            target.organization
        )),
    }
}
