//! Telling the team.

use std::time::Duration;

use patkeeper_agent::console::Console;
use patkeeper_agent::inputs::Channels;
use patkeeper_core::failure::{Failure, FailureKind};
use patkeeper_core::news::News;
use patkeeper_http::Client;
use patkeeper_lifecycle::ports::Notifier;
use patkeeper_lifecycle::tell::{Told, tell_all};
use patkeeper_notify::{Channel, Listener};

use crate::run::words;

/// A channel that answers nothing must not keep a step from its verdict.
const TELLING_TAKES_AT_MOST: Duration = Duration::from_secs(90);

/// Tells the team; returns the channels that took it. One that did not is a warning.
pub(crate) async fn tell(
    console: &Console,
    channels: &Channels,
    client: &Client,
    news: &News<'_>,
) -> Vec<&'static str> {
    let channels: Vec<Patient> = [
        (Listener::Slack, &channels.slack),
        (Listener::Teams, &channels.teams),
        (Listener::Webhook, &channels.webhook),
    ]
    .into_iter()
    .filter_map(|(listener, url)| Some(Patient(Channel::new(listener, url.clone()?, client.clone()))))
    .collect();
    let told = tell_all(&channels, news).await;
    told.into_iter()
        .filter_map(|Told { channel, outcome }| match outcome {
            Ok(()) => Some(channel),
            Err(failure) => {
                console.warning(&words(&failure));
                None
            }
        })
        .collect()
}

/// A channel that is waited for, but not for ever.
struct Patient(Channel);

impl Notifier for Patient {
    fn name(&self) -> &'static str {
        self.0.name()
    }

    async fn tell(&self, news: &News<'_>) -> Result<(), Failure> {
        let telling = tokio::time::timeout(TELLING_TAKES_AT_MOST, self.0.tell(news));
        telling.await.unwrap_or_else(|_| {
            let what = format!(
                "{} gave no answer within {} s.",
                self.name(),
                TELLING_TAKES_AT_MOST.as_secs()
            );
            Err(Failure::new(FailureKind::Service, what))
        })
    }
}
