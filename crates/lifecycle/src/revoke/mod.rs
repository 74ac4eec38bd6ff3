//! PatRevoke: reads what the selection means, and revokes it.
//!
//! | room | what it does |
//! |---|---|
//! | `search` | reads the PATs of an organization's users, or of some of them |
//! | `one_by_one` | revokes one's own |
//! | `batches` | revokes anybody's, many in one request |
//! | `stop` | how long a cancelled run may take |

mod batches;
mod one_by_one;
mod search;
mod stop;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::pin;

use futures_util::future::join;
use patkeeper_core::failure::{Failure, FailureKind};
use patkeeper_core::pat::Listed;
use patkeeper_core::reading::Unreadable;
use patkeeper_core::report::{Run, UnreadableEntry};
use patkeeper_core::revocation::{RevocationReport, Settings, Sought, Tried, Whose};

use crate::organization;
use crate::ports::{Connection, EveryonesPats, NotDone, OwnPats, RevokeAnyones, RevokeOwn};
use stop::Stop;

/// One revocation: what is asked for, and the way to it.
#[derive(Debug)]
pub struct Revocation<'a, P> {
    /// What is asked for.
    pub settings: &'a Settings,
    /// The PATs.
    pub pats: &'a P,
    /// The organization's account id as the agent knows it, where the job runs in this very organization. Used only
    /// where connection data refuses to say, and a PAT listed bears it out.
    pub known_account_id: Option<String>,
    /// Requests in flight at once; at least 1.
    pub parallelism: usize,
}

/// How far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// Users are read.
    Reading(organization::Progress),
    /// PATs are revoked. `done` is 0 once, before the first.
    Revoking {
        /// Tried.
        done: usize,
        /// To be tried.
        of: usize,
    },
}

impl<P: OwnPats + RevokeOwn> Revocation<'_, P> {
    /// Revokes PATs of whoever is signed in. Once `stop` is there no further request is begun, and what is under way
    /// gets a few seconds. What was handed to the ports and waits there is theirs to end, as [`FailureKind::Cancelled`].
    /// `run.requests` is for the caller to fill in.
    pub async fn of_mine(
        &self,
        run: Run,
        tell: &dyn Fn(Progress),
        stop: impl Future<Output = ()>,
    ) -> RevocationReport {
        let mut report = RevocationReport::empty(self.settings, run);
        let asked = pin!(stop);
        let mut stop = Stop::new(asked);
        let mut sought = Sought::new(self.settings, self.known_account_id.clone());
        let read = stop.or(self.read_mine(&mut sought, &mut report)).await;
        if self.decide(&mut report, sought, read) {
            one_by_one::revoke(self, &mut report, tell, &mut stop).await;
        }
        report
    }

    async fn read_mine(
        &self,
        sought: &mut Sought<'_>,
        report: &mut RevocationReport,
    ) -> Result<Connection, Failure> {
        let (connection, active) = join(self.pats.connection(), self.pats.list(Listed::Active)).await;
        report.signed_in(&self.pats.signed_in());
        report.organization.read = u32::try_from(active.pats.len()).unwrap_or(u32::MAX);
        let refused = active.pats.is_empty()
            && active
                .unreadable
                .iter()
                .any(|entry| entry.failure.kind == FailureKind::Refused);
        unreadable(report, active.unreadable);
        for pat in active.pats {
            sought.listed(pat, None);
        }
        // Where the one list is refused, the others would only say the same again.
        if sought.unseen() > 0 && !refused {
            match self.pats.ended().await {
                Ok(ended) => ended.into_iter().for_each(|id| sought.ended(id)),
                Err(failure) => {
                    let what = format!("the revoked and expired PATs of {}", self.settings.organization);
                    unreadable(report, vec![Unreadable { what, failure }]);
                }
            }
        }
        connection
    }
}

impl<P: EveryonesPats + RevokeAnyones> Revocation<'_, P> {
    /// Revokes PATs of any user. The rest is as with [`Revocation::of_mine`].
    pub async fn of_everyone(
        &self,
        run: Run,
        tell: &dyn Fn(Progress),
        stop: impl Future<Output = ()>,
    ) -> RevocationReport {
        let mut report = RevocationReport::empty(self.settings, run);
        let asked = pin!(stop);
        let mut stop = Stop::new(asked);
        let mut sought = Sought::new(self.settings, self.known_account_id.clone());
        let owners = match &self.settings.whose {
            Whose::Mine => [].as_slice(),
            Whose::Organization(owners) => owners.as_slice(),
        };
        let mut whose = BTreeMap::new();
        let read = stop
            .or(search::read(
                self,
                owners,
                (&mut sought, &mut whose),
                &mut report,
                tell,
            ))
            .await;
        if self.decide(&mut report, sought, read) {
            batches::revoke(self, &whose, &mut report, tell, &mut stop).await;
        }
        report
    }
}

impl<P> Revocation<'_, P> {
    /// Fills in what the selection comes to. Whether it is to be revoked. `read` is `None` where the run was cancelled.
    fn decide(
        &self,
        report: &mut RevocationReport,
        sought: Sought<'_>,
        read: Option<Result<Connection, Failure>>,
    ) -> bool {
        let account = match read {
            None => {
                let what = "The run was cancelled before anything was decided: nothing was changed.";
                report.failure = Some(Failure::new(FailureKind::Cancelled, what).with_code("cancelled"));
                return false;
            }
            Some(Ok(connection)) => {
                if connection.identity.is_some() {
                    report.organization.signed_in_as = connection.identity;
                }
                connection.account_id.ok_or_else(|| {
                    let what = "Connection data does not say which account the organization is.";
                    Failure::new(FailureKind::Service, what).with_code("notUnderstood")
                })
            }
            Some(Err(failure)) => Err(failure),
        };
        if sought.is_all_found() && !report.unreadable.is_empty() {
            report
                .notes
                .push("Not everything could be read. It makes no difference: every id was found.".to_owned());
            report.unreadable.clear();
        }
        let refusal = match sought.choose(account) {
            Ok(chosen) => {
                let refusal = chosen.check(self.settings, report.unreadable.is_empty()).err();
                report.chosen(chosen);
                refusal
            }
            Err(refusal) => Some(refusal),
        };
        report.failure = refusal.map(|refusal| refusal.failure());
        report.count();
        report.failure.is_none() && !self.settings.dry_run
    }
}

fn unreadable(report: &mut RevocationReport, entries: Vec<Unreadable>) {
    let organization = report.organization.name.clone();
    report
        .unreadable
        .extend(entries.into_iter().map(|entry| UnreadableEntry {
            organization: organization.clone(),
            what: entry.what,
            failure: entry.failure,
        }));
}

/// Whether to go on trying: a sign-in that was refused, and that has revoked nothing, may revoke nothing.
#[derive(Debug, Default)]
struct Luck {
    succeeded: bool,
    refusal: Option<Failure>,
}

impl Luck {
    fn is_out(&self) -> bool {
        !self.succeeded && self.refusal.is_some()
    }

    /// Takes in a failure, and says it as that of a PAT.
    fn failed(&mut self, not_done: NotDone) -> Tried {
        let failure = Box::new(not_done.failure);
        if not_done.unclear {
            return Tried::Unclear(failure);
        }
        if failure.kind == FailureKind::Refused {
            self.refusal.get_or_insert_with(|| Failure::clone(&failure));
        }
        Tried::Failed(failure)
    }
}

/// Whether nothing was sent, because the run was cancelled first.
fn is_not_begun(not_done: &NotDone) -> bool {
    !not_done.unclear && not_done.failure.kind == FailureKind::Cancelled
}
