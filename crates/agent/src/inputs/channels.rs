//! Where people listen, as the inputs say.

use secrecy::SecretString;

use super::{BadInput, Inputs};
use crate::registry::channels as registry;

/// The webhooks given. Each URL is a secret.
#[derive(Debug, Default)]
pub struct Channels {
    /// Slack's.
    pub slack: Option<SecretString>,
    /// Teams'.
    pub teams: Option<SecretString>,
    /// The generic one.
    pub webhook: Option<SecretString>,
}

impl Channels {
    /// Checks the webhooks of a task that has these inputs. Nothing is sent.
    ///
    /// # Errors
    /// The first one that is no `https` URL.
    pub fn read(inputs: &Inputs) -> Result<Self, BadInput> {
        Ok(Self {
            slack: inputs.https_url(&registry::SLACK_WEBHOOK_URL)?,
            teams: inputs.https_url(&registry::TEAMS_WEBHOOK_URL)?,
            webhook: inputs.https_url(&registry::WEBHOOK_URL)?,
        })
    }
}
