//! A user's sign-in: the one-time step in which a person signs in, and the refresh token that it leaves behind.
//!
//! Authorization code with PKCE (RFC 6749, 7636, 8252), device code (RFC 8628) and refresh grant, as Microsoft's
//! identity platform v2.0 has them. A public client sends its id alone; a confidential one proves itself with a
//! secret or with the service connection's assertion (RFC 7523).
//!
//! | room | what it knows |
//! |---|---|
//! | [`mod@scopes`] | what each purpose asks for, and what was not granted |
//! | `endpoint` | Microsoft Entra's endpoints for one app: one request, one grant |
//! | [`refresh_token`] | access tokens from a kept refresh token |
//! | [`browser`] | the sign-in in a browser of this machine |
//! | `redirect` | what the browser brings back |
//! | [`device`] | the sign-in on another machine |

pub mod browser;
pub mod device;
mod endpoint;
mod redirect;
pub mod refresh_token;
pub mod scopes;
#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Arc;

use patkeeper_core::failure::{Failure, FailureKind};
use patkeeper_http::TokenFacts;
use secrecy::SecretString;

use crate::OidcRequest;

pub use browser::{PATIENCE, authorization_code};
pub use device::device_code;
pub use patkeeper_http::BoxFuture;
pub use refresh_token::{Keeper, RefreshToken};
pub use scopes::scopes;

/// The app registration that a user signs in to.
#[derive(Debug, Clone)]
pub struct App {
    /// The tenant's id, or a domain of it.
    pub tenant: String,
    /// The app's client id.
    pub client_id: String,
    /// How it proves itself.
    pub proof: Proof,
}

/// How an app proves itself when it asks for tokens.
#[derive(Clone)]
pub enum Proof {
    /// Not at all: a public client.
    None,
    /// With the service connection's assertion.
    Assertion(Arc<OidcRequest>),
    /// With a client secret.
    Secret(SecretString),
}

impl fmt::Debug for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "None",
            Self::Assertion(_) => "Assertion",
            Self::Secret(_) => "Secret",
        })
    }
}

/// Shows a person what is needed to sign in. None of it is secret.
pub trait Show: Send + Sync {
    /// The page to open in a browser of this machine.
    fn page(&self, url: &str);
    /// The page to open on any machine, and the code to type there.
    fn code(&self, url: &str, code: &str);
}

/// What a sign-in has given. No `Debug` of the tokens.
#[derive(Clone)]
pub struct SignedIn {
    /// Good for about an hour.
    pub access_token: SecretString,
    /// Good until it is not used for long, or revoked.
    pub refresh_token: SecretString,
    /// What the access token says of itself: who has signed in.
    pub facts: TokenFacts,
}

impl fmt::Debug for SignedIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignedIn")
            .field("facts", &self.facts)
            .finish_non_exhaustive()
    }
}

impl SignedIn {
    fn of(grant: endpoint::Grant) -> Result<Self, Failure> {
        let Some(refresh_token) = grant.refresh_token else {
            return Err(Failure::new(
                FailureKind::Refused,
                "Microsoft Entra signed you in, but gave no refresh token.",
            )
            .with_code("noRefreshToken")
            .with_why("the app may not keep access to data (offline_access), or the tenant does not allow it")
            .with_way_out("have offline_access granted on the app registration's API permissions page, and sign in again"));
        };
        Ok(Self {
            access_token: grant.access_token,
            refresh_token,
            facts: grant.facts,
        })
    }
}
