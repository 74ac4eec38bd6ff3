//! What replacing a PAT needs besides the single operations: which PATs have ended, and giving one a later end.

use chrono::{DateTime, Utc};
use futures_util::future::try_join;
use patkeeper_core::pat::{AuthorizationId, Listed, Pat, Reach};
use patkeeper_core::rotation::Ended;

use crate::client::AzureDevOps;
use crate::error::{DevOpsError, Doing, Reason, Words};
use crate::lifecycle::PatChange;
use crate::own_pats::walk;
use crate::wire::OddEntry;

/// One of the lists, whole.
#[derive(Debug, Clone, Default)]
pub struct OwnList {
    /// Entries understood, those of other organizations among them: see [`Reach::names`].
    pub pats: Vec<Pat>,
    /// Entries not understood.
    pub odd: Vec<OddEntry>,
}

/// A PAT before and after it was given a later end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extended {
    /// As it was.
    pub before: Pat,
    /// As the service says that it is now. Its end may be earlier than asked for, and no later than before: a
    /// policy's longest life counts from the day the PAT was made.
    pub after: Pat,
}

impl AzureDevOps {
    /// One of the signed-in user's lists over all its pages. One request for every 100 PATs.
    ///
    /// # Errors
    /// A page that cannot be read: then it is not known what the list holds.
    pub async fn own_pats(&self, listed: Listed) -> Result<OwnList, DevOpsError> {
        let error = |reason| self.error(reason, Doing::List, Words::default());
        let walked = walk(error, async |next| self.page(listed, next.as_deref()).await).await;
        match walked.broken {
            Some((_, error)) => Err(error),
            None => Ok(OwnList {
                pats: walked.pats,
                odd: walked.odd,
            }),
        }
    }

    /// The signed-in user's PATs that have surely ended. One request for every 100 that were revoked, and one for every
    /// 100 that expired; to have ended an entry need not be understood otherwise.
    ///
    /// # Errors
    /// A page that cannot be read.
    pub async fn ended(&self) -> Result<Ended, DevOpsError> {
        let (revoked, expired) = try_join(self.ended_as("revoked"), self.ended_as("expired")).await?;
        Ok(Ended { revoked, expired })
    }

    async fn ended_as(&self, filter: &str) -> Result<Vec<AuthorizationId>, DevOpsError> {
        let error = |reason| self.error(reason, Doing::ListEnded, Words::default());
        let walked = walk(error, async |next| {
            self.filtered_page(filter, Listed::Expired, Doing::ListEnded, next.as_deref())
                .await
        })
        .await;
        if let Some((_, error)) = walked.broken {
            return Err(error);
        }
        let read = walked.pats.into_iter().map(|pat| pat.authorization_id);
        let odd = walked.odd.iter().filter_map(|odd| odd.id.as_deref());
        Ok(read.chain(odd.map(AuthorizationId::new)).collect())
    }

    /// Gives a PAT another end; all else is sent back as it is. Two requests, and one more where the answer does not
    /// tell whether it was done.
    ///
    /// # Errors
    /// See [`Reason`]; a PAT that was revoked or has expired cannot be extended.
    pub async fn extend(&self, id: &AuthorizationId, until: DateTime<Utc>) -> Result<Extended, DevOpsError> {
        let before = self.get(id).await?;
        let change = PatChange {
            authorization_id: id.clone(),
            display_name: before.display_name.clone(),
            scope: before.scopes.to_string(),
            valid_to: until,
            all_orgs: before.reach == Reach::AllOrganizations,
        };
        let unclear = match self.update(&change).await {
            Ok(after) if after.authorization_id == *id => return Ok(Extended { before, after }),
            Ok(_) => self.error(
                Reason::NotUnderstood("it is about another PAT"),
                Doing::Update(id.clone()),
                Words::default(),
            ),
            Err(error) if error.may_have_happened() => error,
            Err(error) => return Err(error),
        };
        match self.get(id).await {
            Ok(after) if after.valid_to != before.valid_to => Ok(Extended { before, after }),
            _ => Err(unclear),
        }
    }
}
