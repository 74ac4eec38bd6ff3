//! Telling the team.

use futures_util::future::join_all;
use patkeeper_core::failure::Failure;
use patkeeper_core::news::News;

use crate::ports::Notifier;

/// What came of telling one channel.
#[derive(Debug)]
pub struct Told {
    /// `Slack`, `Teams`, `webhook`.
    pub channel: &'static str,
    /// A channel that cannot be told is a warning: it never changes how a step ends.
    pub outcome: Result<(), Failure>,
}

/// Tells every channel, each on its own: one that fails keeps no other from being told.
pub async fn tell_all<N: Notifier>(notifiers: &[N], news: &News<'_>) -> Vec<Told> {
    join_all(notifiers.iter().map(async |notifier| Told {
        channel: notifier.name(),
        outcome: notifier.tell(news).await,
    }))
    .await
}
