//! Whose token the SDK sends.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use azure_core::credentials::{AccessToken, Secret, TokenCredential, TokenRequestOptions};
use azure_core::error::{Error, ErrorKind};
use azure_core::time::OffsetDateTime;
use patkeeper_core::failure::{Failure, FailureKind};
use patkeeper_http::{TokenFacts, TokenSource};
use secrecy::{ExposeSecret, SecretString};

/// A token source as the SDK asks it.
pub(crate) struct Credential {
    source: Arc<dyn TokenSource>,
    /// What the source's tokens are for.
    scope: String,
    last: Mutex<Option<SecretString>>,
}

/// A failure on its way through the SDK's errors.
#[derive(Debug, thiserror::Error)]
#[error("{}", .0.what)]
struct Told(Failure);

impl Credential {
    pub(crate) fn new(source: Arc<dyn TokenSource>, scope: String) -> Self {
        Self {
            source,
            scope,
            last: Mutex::new(None),
        }
    }

    /// The token that was sent last.
    pub(crate) fn last(&self) -> Option<SecretString> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What the token that was sent last says of itself.
    pub(crate) fn facts(&self) -> TokenFacts {
        self.last()
            .map(|token| TokenFacts::read(token.expose_secret()))
            .unwrap_or_default()
    }

    /// What the vault calls the resource that the tokens are for: `vault.azure.net`.
    fn is_for(&self, scope: &str) -> bool {
        resource(scope).eq_ignore_ascii_case(resource(&self.scope))
    }
}

fn resource(scope: &str) -> &str {
    let url = scope.strip_suffix("/.default").unwrap_or(scope);
    url.trim_end_matches('/')
}

/// The failure that a token source gave, if that is at the bottom of an SDK's error.
pub(crate) fn told(error: &Error) -> Option<&Failure> {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if let Some(Told(failure)) = error.downcast_ref() {
            return Some(failure);
        }
        cause = error.source();
    }
    None
}

/// A failure, as it passes through the SDK.
pub(crate) fn tell(failure: Failure) -> Error {
    let what = failure.what.clone();
    Error::with_error(ErrorKind::Credential, Told(failure), what)
}

#[async_trait]
impl TokenCredential for Credential {
    async fn get_token(
        &self,
        scopes: &[&str],
        _: Option<TokenRequestOptions<'_>>,
    ) -> azure_core::Result<AccessToken> {
        // The SDK has checked that the vault's host belongs to this resource; a parent domain passes that check.
        if let Some(other) = scopes.iter().find(|scope| !self.is_for(scope)) {
            return Err(tell(
                Failure::new(
                    FailureKind::Service,
                    format!(
                        "The Key Vault asks for a token for '{}', not for '{}': none was sent.",
                        resource(other),
                        resource(&self.scope)
                    ),
                )
                .with_code("challengeResource")
                .with_why("whatever answers in its place may not be Key Vault, and would get a token that opens other things")
                .with_way_out("check the vault's name, and the proxy and DNS of the agent's machine"),
            ));
        }
        let token = self.source.token().await.map_err(tell)?;
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(token.clone());
        Ok(AccessToken {
            token: Secret::new(token.expose_secret().to_owned()),
            // The source keeps what it has got, and knows when to renew it: so it is asked each time.
            expires_on: OffsetDateTime::UNIX_EPOCH,
        })
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credential")
            .field("how", &self.source.how())
            .field("scope", &self.scope)
            .finish_non_exhaustive()
    }
}
