//! PatRotate: does what [`patkeeper_core::rotation`] plans, one step at a time.
//!
//! | room | what it knows |
//! |---|---|
//! | [`ports`] | what a rotation needs of Azure DevOps and of the store |
//! | `observe` | what is seen before anything is decided |
//! | `perform` | doing one step |
//! | `patience` | how long a step, a trial and a cancelled run may take |

mod observe;
mod patience;
mod perform;
pub mod ports;
#[cfg(test)]
mod tests;

use std::future::Future;
use std::pin::{Pin, pin};
use std::time::Duration;

use chrono::{DateTime, Utc};
use futures_util::FutureExt as _;
use patkeeper_core::failure::{Failure, FailureKind};
use patkeeper_core::rotation::{
    Observed, Outcome, Progress, RotationId, RotationReport, RunId, Settings, Step, next,
};
use secrecy::SecretString;
use tokio::time::Instant;

use patience::Left;
pub(crate) use patience::UNDER_WAY;
use perform::Performer;
use ports::{RotatedPats, RotatedSecret};

/// One rotation: what is asked for, and the ways to it.
pub struct Rotation<'a, P, S> {
    /// What is asked for.
    pub settings: &'a Settings,
    /// The caller's PATs.
    pub pats: &'a P,
    /// The secret.
    pub secret: &'a S,
    /// Which run this is.
    pub run: RunId,
    /// Drawn at random: see [`Observed::rotations`].
    pub rotations: [RotationId; 2],
    /// The organization's account id as the agent knows it, where the job runs in this very organization. Used only
    /// where connection data refuses to say, and a PAT listed bears it out.
    pub known_account_id: Option<String>,
    /// This machine's clock.
    pub now: fn() -> DateTime<Utc>,
}

/// Who is told while it happens.
pub trait Narrator {
    /// A secret was got hold of. Called before it is used, so that it is never shown.
    fn mask(&self, what: &str, secret: &SecretString);
    /// What was seen, before anything is done.
    fn opening(&self, observed: &Observed);
    /// A step was done, or in a dry run left out. `detail` says more of it where there is more to say.
    fn step(&self, step: &Step, outcome: &Outcome, took: Duration, detail: Option<&str>);
}

/// What came of it.
#[derive(Debug)]
pub struct Rotated {
    /// All that can be told.
    pub report: RotationReport,
    /// The PAT that was stored in this run.
    pub token: Option<SecretString>,
}

impl<P: RotatedPats, S: RotatedSecret> Rotation<'_, P, S> {
    /// Plans and does one step after the other, until nothing is left to do. Once `stop` is there, no further step is
    /// begun but those that take back what is not finished, for a few seconds.
    pub async fn run(&self, narrator: &impl Narrator, stop: impl Future<Output = ()>) -> Rotated {
        let mut stop = pin!(stop);
        let observed = tokio::select! {
            biased;
            observed = self.observe() => observed,
            () = &mut stop => Err(nothing_done()),
        };
        let observed = match observed {
            Ok(observed) => observed,
            Err(failure) => {
                let report = RotationReport::failed(self.settings, failure);
                return Rotated { report, token: None };
            }
        };
        narrator.opening(&observed);
        self.go_through(&observed, narrator, stop).await
    }

    async fn go_through(
        &self,
        observed: &Observed,
        narrator: &impl Narrator,
        mut stop: Pin<&mut impl Future<Output = ()>>,
    ) -> Rotated {
        let mut performer = Performer::new(self, narrator);
        let mut progress = Progress::default();
        let mut left = Left::default();
        loop {
            if !left.is_limited() && stop.as_mut().now_or_never().is_some() {
                left = Left::after_cancellation();
                progress.cancel();
            }
            let step = match next(observed, &progress, self.settings, (self.now)()) {
                Step::Done(report) => {
                    let report = told_as_cancelled(*report, left.is_limited());
                    let token = performer.token.filter(|_| report.rotated);
                    return Rotated { report, token };
                }
                step => step,
            };
            let begun = Instant::now();
            let outcome = match step.assumed().filter(|_| self.settings.dry_run) {
                Some(assumed) => assumed,
                None if left.is_limited() => left.bound(&step, performer.perform(&step)).await,
                None => {
                    let mut doing = pin!(performer.perform(&step));
                    tokio::select! {
                        biased;
                        outcome = &mut doing => outcome,
                        () = &mut stop => {
                            left = Left::after_cancellation();
                            progress.cancel();
                            left.let_end(&step, doing).await
                        }
                    }
                }
            };
            narrator.step(
                &step,
                &outcome,
                begun.elapsed(),
                performer.take_detail().as_deref(),
            );
            progress.note(&step, outcome);
        }
    }
}

fn nothing_done() -> Failure {
    let what = "The run was cancelled before anything was decided: nothing was changed.";
    Failure::new(FailureKind::Cancelled, what).with_code("cancelled")
}

/// What is left undone in a cancelled run is so because it was cancelled, whatever its last step said. Only what needs
/// a person outranks that.
fn told_as_cancelled(mut report: RotationReport, cancelled: bool) -> RotationReport {
    if let Some(failure) = report.failure.as_mut().filter(|_| cancelled)
        && failure.kind != FailureKind::NeedsPerson
    {
        failure.kind = FailureKind::Cancelled;
    }
    report
}
