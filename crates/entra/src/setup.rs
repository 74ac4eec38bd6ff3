//! What every source of tokens needs.

use std::fmt;

use chrono::{DateTime, Utc};
use patkeeper_core::cloud::Cloud;
use patkeeper_http::{Client, Mask};

/// What every source of tokens needs.
#[derive(Clone)]
pub struct Setup {
    /// What asks Microsoft Entra, and all others on the way to a token.
    pub client: Client,
    /// Where Microsoft Entra is asked. Never read from the environment: a variable of a job could name any host.
    pub cloud: Cloud,
    /// Told of each secret before it is used.
    pub mask: Mask,
    /// The time now, in UTC.
    pub now: fn() -> DateTime<Utc>,
}

impl fmt::Debug for Setup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Setup")
            .field("cloud", &self.cloud)
            .finish_non_exhaustive()
    }
}
