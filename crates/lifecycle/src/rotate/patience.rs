//! How long a step, a trial and a cancelled run may take.

use std::future::Future;
use std::time::Duration;

use patkeeper_core::failure::{Failure, FailureKind};
use patkeeper_core::rotation::{Outcome, Step};
use tokio::time::{Instant, timeout, timeout_at};

/// Longest time for one step. The client ends its requests sooner, but waits where a service asks it to. What a step
/// has begun to store must be decided within five minutes, so that an intent's [`patkeeper_core::rotation::LOCK`] covers
/// what may land later.
pub(super) const STEP: Duration = Duration::from_secs(4 * 60);

/// Longest time in which a new PAT must begin to work.
pub(super) const TRIAL: Duration = Duration::from_secs(30);

/// Longest time for one trial: of a call that is lost on its way there is time for another.
pub(super) const CALL: Duration = Duration::from_secs(10);

/// The pauses between trials; the last one is repeated.
pub(super) const PAUSES: [Duration; 6] = [
    Duration::from_millis(250),
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(4),
    Duration::from_secs(8),
];

/// An agent that cancels waits for 7.5 seconds; what is under way may end, and then it is taken back.
pub(crate) const UNDER_WAY: Duration = Duration::from_millis(3_000);
const IN_ALL: Duration = Duration::from_millis(6_000);

/// What is left to a run.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Left(Option<(Instant, Instant)>);

impl Left {
    /// The time that an agent gives to a run it has cancelled.
    pub(super) fn after_cancellation() -> Self {
        let now = Instant::now();
        Self(Some((now + UNDER_WAY, now + IN_ALL)))
    }

    pub(super) fn is_limited(self) -> bool {
        self.0.is_some()
    }

    /// Gives the step under way some time to end. A reading is given up at once: nothing depends on it any more.
    pub(super) async fn let_end(self, step: &Step, doing: impl Future<Output = Outcome>) -> Outcome {
        match self.0 {
            Some((under_way, _)) if step.changes() => {
                let outcome = timeout_at(under_way, doing).await;
                outcome.unwrap_or_else(|_| given_up(step, out_of_time(step)))
            }
            _ => given_up(step, out_of_time(step)),
        }
    }

    /// Does a step in what time is left in all.
    pub(super) async fn bound(self, step: &Step, doing: impl Future<Output = Outcome>) -> Outcome {
        match self.0 {
            Some((_, end)) => {
                let outcome = timeout_at(end, doing).await;
                outcome.unwrap_or_else(|_| given_up(step, out_of_time(step)))
            }
            None => doing.await,
        }
    }
}

/// Does a step within [`STEP`].
pub(super) async fn within_limit(step: &Step, doing: impl Future<Output = Outcome>) -> Outcome {
    timeout(STEP, doing).await.unwrap_or_else(|_| {
        let failure = Failure::new(
            FailureKind::Service,
            format!("The step '{}' took more than {} s.", step.label(), STEP.as_secs()),
        )
        .with_code("slowStep")
        .with_way_out("run the step again later");
        given_up(step, failure)
    })
}

/// The outcome of a step that was not waited for any longer: what it was to change may have been changed.
fn given_up(step: &Step, failure: Failure) -> Outcome {
    if step.changes() {
        Outcome::Unclear(failure)
    } else {
        Outcome::Failed(failure)
    }
}

fn out_of_time(step: &Step) -> Failure {
    Failure::new(
        FailureKind::Cancelled,
        format!("Cancelled: no time was left for the step '{}'.", step.label()),
    )
    .with_code("cancelled")
    .with_way_out(
        "run the step again: it sees how far this run came, and finishes or takes back what is left",
    )
}
