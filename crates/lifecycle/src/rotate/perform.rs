//! Doing one step.

use patkeeper_core::failure::{Failure, FailureKind};
use patkeeper_core::rotation::{Outcome, Step};
use patkeeper_core::scope::ScopeSet;
use secrecy::{ExposeSecret, SecretString};
use tokio::time::{Instant, sleep, timeout_at};

use super::patience::{CALL, PAUSES, TRIAL, within_limit};
use super::ports::{RotatedPats, RotatedSecret};
use super::{Narrator, Rotation};
use crate::ports::{NotDone, Revoked};

/// Does steps, and keeps the text of the PAT that it has minted.
pub(super) struct Performer<'a, P, S, N> {
    rotation: &'a Rotation<'a, P, S>,
    narrator: &'a N,
    /// The text of the PAT minted last.
    pub(super) token: Option<SecretString>,
    detail: Option<String>,
}

impl<'a, P: RotatedPats, S: RotatedSecret, N: Narrator> Performer<'a, P, S, N> {
    pub(super) fn new(rotation: &'a Rotation<'a, P, S>, narrator: &'a N) -> Self {
        Self {
            rotation,
            narrator,
            token: None,
            detail: None,
        }
    }

    /// What more there is to say of the last step.
    pub(super) fn take_detail(&mut self) -> Option<String> {
        self.detail.take()
    }

    pub(super) async fn perform(&mut self, step: &Step) -> Outcome {
        within_limit(step, self.attempt(step)).await
    }

    async fn attempt(&mut self, step: &Step) -> Outcome {
        let Rotation { pats, secret, .. } = *self.rotation;
        match step {
            Step::ListEnded { .. } => pats.ended().await.map_or_else(Outcome::Failed, Outcome::Ended),
            Step::Revoke { id, .. } => match pats.revoke(id).await {
                Ok(Revoked::Now) => Outcome::Revoked,
                Ok(Revoked::Gone | Revoked::GoneOnceMore) => Outcome::Gone,
                Err(not_done) => not_done.into(),
            },
            Step::WriteTags(write) => {
                let written = secret
                    .write_tags(write.version.as_deref(), &write.tags, write.expires)
                    .await;
                written.map_or_else(Outcome::from, |version| Outcome::Written { version })
            }
            Step::ReadCurrent { .. } => secret
                .current()
                .await
                .map_or_else(Outcome::Failed, Outcome::Current),
            Step::Mint {
                name,
                scopes,
                valid_to,
            } => match pats.mint(name, scopes, *valid_to).await {
                Ok(minted) => {
                    self.narrator.mask("the new PAT", &minted.token);
                    self.token = Some(minted.token);
                    Outcome::Minted {
                        id: minted.id,
                        valid_to: minted.valid_to,
                    }
                }
                Err(not_done) => not_done.into(),
            },
            Step::FindByName { name } => match pats.active().await {
                Ok(active) => match active.odd.into_iter().find(|odd| odd.is_perhaps(name)) {
                    Some(odd) => Outcome::Failed(odd.failure),
                    None => Outcome::Found(active.pats),
                },
                Err(failure) => Outcome::Failed(failure),
            },
            Step::Test { scopes, .. } => match self.token.clone() {
                Some(token) => self.try_out(&token, scopes).await,
                None => Outcome::Failed(no_token(step)),
            },
            Step::Prove { version, scopes } => match self.stored(version).await {
                Ok(token) => self.try_out(&token, scopes).await,
                Err(failure) => Outcome::Failed(failure),
            },
            Step::Store { tags, expires } => match &self.token {
                Some(token) => {
                    let stored = secret.put(token, tags, *expires).await;
                    stored.map_or_else(Outcome::from, |version| Outcome::Stored { version })
                }
                None => Outcome::Failed(no_token(step)),
            },
            Step::ReadBack { version } => match (self.stored(version).await, &self.token) {
                (Ok(stored), Some(token)) if stored.expose_secret() == token.expose_secret() => {
                    Outcome::SameValue
                }
                (Ok(_), _) => Outcome::OtherValue,
                (Err(failure), _) => Outcome::Failed(failure),
            },
            Step::Extend { id, valid_to, .. } => match pats.extend(id, *valid_to).await {
                Ok(valid_to) => Outcome::Extended { valid_to },
                Err(not_done) => not_done.into(),
            },
            Step::Done(_) => Outcome::Failed(no_token(step)),
        }
    }

    /// A value out of the store.
    async fn stored(&self, version: &str) -> Result<SecretString, Failure> {
        let value = self.rotation.secret.value(version).await?;
        self.narrator.mask("the stored PAT", &value);
        Ok(value)
    }

    /// Calls the organization with a PAT until it works, or its time is over: a new PAT can take seconds to work.
    async fn try_out(&mut self, token: &SecretString, scopes: &ScopeSet) -> Outcome {
        let end = Instant::now() + TRIAL;
        let mut last = None;
        let mut pauses = PAUSES.iter();
        let mut pause = TRIAL;
        for number in 1_u32.. {
            let limit = end.min(Instant::now() + CALL);
            match timeout_at(limit, self.rotation.pats.call_with(token, scopes)).await {
                Ok(Ok(said)) => {
                    self.detail = Some(match number {
                        1 => said,
                        number => format!("{said}, at the {} try", ordinal(number)),
                    });
                    return Outcome::Works;
                }
                Ok(Err(not_done)) => last = Some(not_done),
                // An answer that came before says more than none.
                Err(_) => {}
            }
            pause = pauses.next().copied().unwrap_or(pause);
            if Instant::now() + pause >= end {
                break;
            }
            sleep(pause).await;
        }
        match last {
            Some(NotDone {
                failure,
                unclear: false,
            }) => Outcome::Refused(failure),
            Some(NotDone { failure, .. }) => Outcome::Failed(failure),
            None => Outcome::Failed(no_answer()),
        }
    }
}

impl From<NotDone> for Outcome {
    fn from(not_done: NotDone) -> Self {
        if not_done.unclear {
            Self::Unclear(not_done.failure)
        } else {
            Self::Failed(not_done.failure)
        }
    }
}

fn ordinal(number: u32) -> String {
    match number {
        2 => "second".to_owned(),
        3 => "third".to_owned(),
        number => format!("{number}th"),
    }
}

fn no_answer() -> Failure {
    Failure::new(
        FailureKind::Service,
        format!(
            "Azure DevOps gave no answer to a call with the PAT within {} s.",
            TRIAL.as_secs()
        ),
    )
    .with_code("noAnswer")
    .with_way_out("run the step again; if it stays so, look at status.dev.azure.com")
}

fn no_token(step: &Step) -> Failure {
    Failure::new(
        FailureKind::Bug,
        format!("The step '{}' was planned without a PAT in hand.", step.label()),
    )
}
