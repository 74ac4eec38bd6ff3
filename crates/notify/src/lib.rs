//! Telling a team: Slack, Teams, any webhook.
//!
//! A payload is a pure function of the news ([`slack()`], [`teams()`], [`webhook()`]), most urgent first, within
//! its host's limits, and with the text of strangers as text only. A webhook's URL is a secret: no error
//! holds any part of it but the host.

use patkeeper_core::failure::Failure;
use patkeeper_core::news::News;
use patkeeper_http::{Client, Request};
use patkeeper_lifecycle::ports::Notifier;
use secrecy::SecretString;
use serde_json::Value;

mod answer;
mod digest;
#[cfg(test)]
mod fixture;
mod slack;
mod teams;
mod webhook;

pub use slack::slack;
pub use teams::teams;
pub use webhook::{SCHEMA, webhook};

/// Who listens at a webhook.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listener {
    /// Slack: an incoming webhook.
    Slack,
    /// Teams: a workflow, or a connector where those still run.
    Teams,
    /// Anything that takes `patkeeper.alert/1`.
    Webhook,
}

impl Listener {
    /// Its name for people.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Slack => "Slack",
            Self::Teams => "Teams",
            Self::Webhook => "webhook",
        }
    }

    fn payload(self, news: &News<'_>) -> Value {
        match self {
            Self::Slack => slack(news),
            Self::Teams => teams(news),
            Self::Webhook => webhook(news),
        }
    }
}

/// One channel that a team reads.
#[derive(Debug, Clone)]
pub struct Channel {
    listener: Listener,
    url: SecretString,
    client: Client,
}

impl Channel {
    /// A channel behind this webhook.
    #[must_use]
    pub fn new(listener: Listener, url: SecretString, client: Client) -> Self {
        Self {
            listener,
            url,
            client,
        }
    }
}

impl Notifier for Channel {
    fn name(&self) -> &'static str {
        self.listener.name()
    }

    async fn tell(&self, news: &News<'_>) -> Result<(), Failure> {
        let payload = self.listener.payload(news);
        let request = Request::post_to_secret_url(self.url.clone()).json(&payload);
        match self.client.send(request).await {
            Ok(response) => answer::failure(self.listener, &response, &self.url).map_or(Ok(()), Err),
            Err(error) => {
                let mut failure = error.failure();
                failure.what = format!("{} was not told. {}", self.listener.name(), failure.what);
                Err(failure)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use patkeeper_http::Settings;

    use super::*;

    #[tokio::test]
    async fn neither_an_error_nor_debug_shows_a_webhooks_url() {
        let url = SecretString::from("http://hooks.example/services/made-up-part?sig=made-up-sig");
        let client = Client::new(&Settings::default()).unwrap();
        let channel = Channel::new(Listener::Slack, url, client);
        let failure = channel
            .tell(&fixture::judged(&fixture::report(), "Verdict: expired."))
            .await
            .unwrap_err();
        for shown in [
            format!("{failure:?}"),
            format!("{channel:?}"),
            serde_json::to_string(&failure).unwrap(),
        ] {
            assert!(
                !shown.contains("made-up") && !shown.contains("/services"),
                "{shown}"
            );
        }
        assert!(failure.what.starts_with("Slack was not told"), "{}", failure.what);
        assert_eq!(channel.name(), "Slack");
    }
}
