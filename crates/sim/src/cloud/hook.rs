//! What arrived at webhooks.

use chrono::{DateTime, Utc};
use serde_json::Value;

/// Whose webhook.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hook {
    /// Slack's incoming webhooks.
    Slack,
    /// Teams, through a workflow or a connector.
    Teams,
    /// Anyone else's.
    Generic,
}

/// One message to a webhook, refused ones included.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// The cloud's clock.
    pub at: DateTime<Utc>,
    /// Whose webhook.
    pub hook: Hook,
    /// The whole URL.
    pub url: String,
    /// The body as it came, nothing replaced.
    pub raw: String,
    /// The body as JSON, if it is that.
    pub payload: Option<Value>,
    /// What was answered.
    pub status: u16,
    /// Why it was refused.
    pub refused: Option<String>,
}

impl Delivery {
    /// Whether the host took it.
    pub fn accepted(&self) -> bool {
        self.refused.is_none()
    }
}
