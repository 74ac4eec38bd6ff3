//! What stands for a user's sign-in until it is redeemed.

use chrono::{DateTime, Utc};

/// A sign-in: who, through which app, for what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Grant {
    pub(crate) user: String,
    pub(crate) client_id: String,
    /// As asked for, space separated, with resources.
    pub(crate) scopes: String,
    /// Goes into the id token.
    pub(crate) nonce: Option<String>,
}

/// An authorization code.
#[derive(Debug, Clone)]
pub(crate) struct Code {
    pub(crate) grant: Grant,
    pub(crate) redirect: String,
    /// `code_challenge` and its method.
    pub(crate) challenge: Option<(String, String)>,
    pub(crate) ends: DateTime<Utc>,
    pub(crate) redeemed: bool,
}

/// A refresh token.
#[derive(Debug, Clone)]
pub(crate) struct RefreshToken {
    pub(crate) grant: Grant,
    pub(crate) issued: DateTime<Utc>,
    /// Refused with this AADSTS code.
    pub(crate) refused: Option<u32>,
}

/// How a device's sign-in stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Decision {
    Pending,
    SignedIn(String),
    Declined,
    Redeemed,
}

/// A device code.
#[derive(Debug, Clone)]
pub(crate) struct Device {
    pub(crate) user_code: String,
    pub(crate) client_id: String,
    pub(crate) scopes: String,
    pub(crate) ends: DateTime<Utc>,
    pub(crate) polls: u32,
    pub(crate) polled: Option<DateTime<Utc>>,
    pub(crate) decision: Decision,
}

/// A token of a foreign issuer that an app may prove itself with.
#[derive(Debug, Clone)]
pub(crate) struct Assertion {
    pub(crate) issuer: String,
    pub(crate) subject: String,
    pub(crate) audience: String,
    pub(crate) starts: DateTime<Utc>,
    pub(crate) ends: DateTime<Utc>,
}
