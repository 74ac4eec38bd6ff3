//! How long a cancelled run may take.

use std::future::Future;
use std::pin::Pin;

use patkeeper_core::failure::{Failure, FailureKind};
use patkeeper_core::revocation::{RevocationReport, Tried};
use tokio::time::{Instant, sleep_until};

use crate::rotate::UNDER_WAY;

/// Whether the run was asked to stop, and until when what is under way is waited for.
pub(super) struct Stop<'a, S> {
    asked: Pin<&'a mut S>,
    end: Option<Instant>,
}

impl<'a, S: Future<Output = ()>> Stop<'a, S> {
    pub(super) fn new(asked: Pin<&'a mut S>) -> Self {
        Self { asked, end: None }
    }

    /// Whether it was asked for, as far as anybody looked.
    pub(super) fn is_asked(&self) -> bool {
        self.end.is_some()
    }

    /// Does what changes nothing; `None`: it was given up, because the run is to stop.
    pub(super) async fn or<T>(&mut self, doing: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            biased;
            () = self.asked.as_mut(), if self.end.is_none() => {
                self.end = Some(Instant::now());
                None
            }
            done = doing, if self.end.is_none() => Some(done),
            else => None,
        }
    }

    /// Waits for what changes something: `None` once the run is to stop and the time for what is under way is over.
    pub(super) async fn or_late<T>(&mut self, doing: impl Future<Output = T>) -> Option<T> {
        let mut doing = std::pin::pin!(doing);
        if self.end.is_none() {
            tokio::select! {
                biased;
                () = self.asked.as_mut() => self.end = Some(Instant::now() + UNDER_WAY),
                done = doing.as_mut() => return Some(done),
            }
        }
        let end = self.end.unwrap_or_else(Instant::now);
        tokio::select! {
            biased;
            done = doing => Some(done),
            () = sleep_until(end) => None,
        }
    }
}

/// What is said of a PAT whose request was not waited for.
pub(super) fn left_under_way() -> Tried {
    let what = "Cancelled: it may have been revoked, its answer was not waited for.";
    let failure = Failure::new(FailureKind::Cancelled, what).with_code("cancelled");
    Tried::Unclear(Box::new(failure))
}

/// What is said of PATs that were not tried any more; of the run, where it is to stop.
pub(super) fn not_tried(
    report: &mut RevocationReport,
    places: &[usize],
    refusal: Option<Failure>,
    cancelled: bool,
) {
    let own = || {
        let what = "Cancelled before it was tried: it is still live.";
        Failure::new(FailureKind::Cancelled, what)
            .with_code("cancelled")
            .with_way_out("run it again")
    };
    let failure = match refusal.filter(|_| !cancelled) {
        None => own(),
        // Of another PAT, as its words say.
        Some(mut refusal) => {
            refusal.why = Some(format!("what was tried first was refused. {}", refusal.what));
            "Not tried, since this sign-in may revoke nothing: it is still live."
                .clone_into(&mut refusal.what);
            refusal
        }
    };
    for place in places {
        report.tried(*place, Tried::Failed(Box::new(failure.clone())));
    }
    if cancelled {
        let what = match places.len() {
            0 => "The run was cancelled, when every PAT had been tried.".to_owned(),
            1 => "The run was cancelled: 1 PAT was not tried.".to_owned(),
            several => format!("The run was cancelled: {several} PATs were not tried."),
        };
        let failure = Failure::new(FailureKind::Cancelled, what).with_code("cancelled");
        report.failure = Some(failure.with_way_out("run it again: what is revoked stays revoked"));
    }
    report.count();
}
