//! The port of a rotation: the signed-in user's PATs, read and changed one by one.

use chrono::{DateTime, Utc};
use patkeeper_core::failure::{Failure, FailureKind};
use patkeeper_core::pat::{AuthorizationId, Listed};
use patkeeper_core::rotation::{Ended, Owner};
use patkeeper_core::scope::ScopeSet;
use patkeeper_lifecycle::ports::{NotDone, Revoked};
use patkeeper_lifecycle::rotate::ports::{Account, ActivePats, Minted, OddPat, RotatedPats};
use secrecy::SecretString;

use crate::client::AzureDevOps;
use crate::lifecycle::NewPat;
use crate::own_pats::odd_entry;
use crate::probe::Probe;
use crate::revocation::{not_done, repeated};
use crate::trial::Trial;

/// The signed-in user's PATs, for a rotation.
#[derive(Debug)]
pub struct Rotated {
    service: AzureDevOps,
    verify: Option<Probe>,
}

impl Rotated {
    /// `verify` is the URL that a PAT must be able to get; without one it is chosen from the PAT's scopes.
    #[must_use]
    pub fn new(service: AzureDevOps, verify: Option<Probe>) -> Self {
        Self { service, verify }
    }

    /// By the Entra object id, which stays when a person is renamed and which every organization's token has; else by
    /// the id in this organization.
    fn me(&self, user: Option<(&str, Option<&str>)>) -> Result<Owner, Failure> {
        let facts = self.service.facts();
        let name = facts.and_then(|facts| facts.name.as_deref());
        if let Some(id) = facts.and_then(|facts| facts.object_id.as_deref()) {
            return Ok(Owner::new(id, name.or(user.and_then(|(_, name)| name))));
        }
        match user {
            Some((id, user_name)) => Ok(Owner::new(id, name.or(user_name))),
            None => Err(Failure::new(
                FailureKind::Refused,
                format!(
                    "Who is signed in to {} is not known.",
                    self.service.organization()
                ),
            )
            .with_code("whoIsUnknown")
            .with_why(
                "the access token does not tell, and connection data was refused or does not tell either",
            )
            .with_way_out("sign in with a token that may read connection data (docs/sign-in.md)")),
        }
    }
}

impl RotatedPats for Rotated {
    async fn account(&self) -> Result<Account, Failure> {
        match self.service.account().await {
            Ok(account) => {
                let user = account
                    .user_id
                    .as_deref()
                    .map(|id| (id, account.user_name.as_deref()));
                let me = self.me(user)?;
                Ok(Account {
                    id: Some(account.id),
                    me,
                })
            }
            Err(error) => {
                let failure = error.failure();
                match failure.kind {
                    // A token with the PAT scopes alone may be refused here.
                    FailureKind::Refused => self.me(None).map(|me| Account { id: None, me }),
                    _ => Err(failure),
                }
            }
        }
    }

    async fn active(&self) -> Result<ActivePats, Failure> {
        let list = self.service.own_pats(Listed::Active).await?;
        let organization = self.service.organization().name();
        let among = format!("the active PATs of {organization}");
        let odd = list.odd.iter().map(|odd| OddPat {
            id: odd.id.as_deref().map(AuthorizationId::new),
            name: odd.name.clone(),
            failure: odd_entry(organization, &among, odd).failure,
        });
        Ok(ActivePats {
            odd: odd.collect(),
            pats: list.pats,
        })
    }

    async fn ended(&self) -> Result<Ended, Failure> {
        Ok(self.service.ended().await?)
    }

    async fn mint(&self, name: &str, scopes: &ScopeSet, valid_to: DateTime<Utc>) -> Result<Minted, NotDone> {
        let new = NewPat {
            display_name: name.to_owned(),
            scope: scopes.to_string(),
            valid_to,
        };
        let minted = self.service.create(&new).await.map_err(not_done)?;
        Ok(Minted {
            id: minted.pat.authorization_id,
            valid_to: minted.pat.valid_to,
            token: minted.secret,
        })
    }

    async fn revoke(&self, id: &AuthorizationId) -> Result<Revoked, NotDone> {
        self.service.revoke(id).await.map_err(repeated)
    }

    async fn extend(&self, id: &AuthorizationId, valid_to: DateTime<Utc>) -> Result<DateTime<Utc>, NotDone> {
        let extended = self.service.extend(id, valid_to).await.map_err(repeated)?;
        Ok(extended.after.valid_to)
    }

    async fn call_with(&self, token: &SecretString, scopes: &ScopeSet) -> Result<String, NotDone> {
        let chosen = || Probe::chosen(self.service.organization(), scopes);
        let probe = self.verify.clone().unwrap_or_else(chosen);
        match self.service.try_pat(&probe, token).await {
            Trial::Works { status } => Ok(format!("GET {} answered {status}", probe.shown())),
            Trial::Refused(failure) => Err(NotDone::surely(failure)),
            Trial::ProvesNothing(failure) => Err(NotDone {
                failure,
                unclear: true,
            }),
        }
    }
}
