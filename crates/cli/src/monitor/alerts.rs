//! Telling the team.

use std::time::Duration;

use patkeeper_agent::console::Console;
use patkeeper_agent::inputs::PatMonitorInputs;
use patkeeper_agent::inputs::pat_monitor::AlertOn;
use patkeeper_core::failure::{Failure, FailureKind};
use patkeeper_core::judge::StepEnd;
use patkeeper_core::report::Report;
use patkeeper_http::Client;
use patkeeper_lifecycle::monitor::{Told, tell_all};
use patkeeper_lifecycle::ports::Notifier;
use patkeeper_notify::{Channel, Listener};

use crate::run::words;

/// A channel that answers nothing must not keep a step from its verdict.
const TELLING_TAKES_AT_MOST: Duration = Duration::from_secs(90);

/// Tells the team, where it is due; returns the channels that took it. One that did not is a warning.
pub(crate) async fn tell(
    console: &Console,
    inputs: &PatMonitorInputs,
    client: &Client,
    report: &Report,
    end: StepEnd,
    verdict: &str,
) -> Vec<&'static str> {
    let due = match inputs.alert_on {
        AlertOn::Never => false,
        AlertOn::Always => true,
        AlertOn::Attention => report.needs_attention(end),
    };
    if !due {
        return Vec::new();
    }
    let channels: Vec<Patient> = [
        (Listener::Slack, &inputs.slack_webhook_url),
        (Listener::Teams, &inputs.teams_webhook_url),
        (Listener::Webhook, &inputs.webhook_url),
    ]
    .into_iter()
    .filter_map(|(listener, url)| Some(Patient(Channel::new(listener, url.clone()?, client.clone()))))
    .collect();
    let told = tell_all(&channels, report, verdict).await;
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

    async fn tell(&self, report: &Report, verdict: &str) -> Result<(), Failure> {
        let telling = tokio::time::timeout(TELLING_TAKES_AT_MOST, self.0.tell(report, verdict));
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
