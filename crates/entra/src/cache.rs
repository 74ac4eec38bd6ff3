//! One token for all who ask, as long as it is good: kept until shortly before its end, and fetched once however
//! many wait for it.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use chrono::{DateTime, TimeDelta, Utc};
use patkeeper_core::failure::{Failure, FailureKind};
use patkeeper_http::{BoxFuture, Mask, TokenSource};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Mutex;

use crate::Setup;

/// A token is not handed out in its last minutes: a request may take long, and clocks differ. A short-lived one is
/// kept for most of its life all the same: each fetch of some has to be paid for with a new version in a vault.
const MARGIN: TimeDelta = TimeDelta::minutes(5);
const SHARE: i32 = 5;
/// The shortest that a token is kept, whatever is said of its life: one said to have none may be good all the same.
const SHORTEST: TimeDelta = TimeDelta::minutes(1);
/// No token is kept for longer than this, whatever its issuer says: a step hardly runs so long, and if the issuer errs
/// the token would be used after its end.
pub(crate) const LONGEST: TimeDelta = TimeDelta::days(1);

/// An access token, and how long it is good.
pub(crate) struct Fetched {
    pub(crate) token: SecretString,
    /// From when it was fetched. The clock of whoever issued it does not matter then.
    pub(crate) good_for: TimeDelta,
}

/// Gets a fresh token each time.
pub(crate) trait Credential: Send + Sync {
    /// A token for a scope such as `https://vault.azure.net/.default`.
    fn fetch<'a>(&'a self, scope: &'a str) -> BoxFuture<'a, Result<Fetched, Failure>>;
    /// See [`TokenSource::how`].
    fn how(&self) -> &'static str;
}

/// A credential's tokens for one scope.
pub(crate) struct Cached {
    credential: Arc<dyn Credential>,
    scope: String,
    mask: Mask,
    now: fn() -> DateTime<Utc>,
    state: Mutex<State>,
    /// Counts the fetches that failed.
    failed: AtomicU64,
}

#[derive(Default)]
struct State {
    kept: Option<(SecretString, DateTime<Utc>)>,
    failure: Option<Failure>,
}

impl Cached {
    pub(crate) fn new(setup: &Setup, credential: Arc<dyn Credential>, scope: String) -> Self {
        Self {
            credential,
            scope,
            mask: Arc::clone(&setup.mask),
            now: setup.now,
            state: Mutex::default(),
            failed: AtomicU64::new(0),
        }
    }

    async fn get(&self) -> Result<SecretString, Failure> {
        let failed = self.failed.load(Ordering::Acquire);
        let mut state = self.state.lock().await;
        let now = (self.now)();
        if let Some((token, until)) = &state.kept
            && now < *until
        {
            return Ok(token.clone());
        }
        // Whoever waited for a fetch that failed gets its failure: many who wait would else each fail in turn, one
        // time limit after the other.
        if failed != self.failed.load(Ordering::Acquire)
            && let Some(failure) = &state.failure
        {
            return Err(failure.clone());
        }
        match self.credential.fetch(&self.scope).await {
            Ok(Fetched { token, good_for }) => {
                (self.mask)("access token", &token);
                if !token.expose_secret().bytes().all(|byte| byte.is_ascii_graphic()) {
                    return Err(odd_token());
                }
                let good_for = good_for.min(LONGEST);
                let margin = MARGIN.min(good_for / SHARE);
                let kept_for = (good_for - margin).max(SHORTEST);
                let until = now.checked_add_signed(kept_for).unwrap_or(now);
                state.kept = Some((token.clone(), until));
                Ok(token)
            }
            Err(failure) => {
                state.kept = None;
                state.failure = Some(failure.clone());
                self.failed.fetch_add(1, Ordering::Release);
                Err(failure)
            }
        }
    }
}

/// A text that no header can carry (RFC 6750, `b64token`). It is not the reader's input that is wrong.
fn odd_token() -> Failure {
    Failure::new(
        FailureKind::Service,
        "What was got as an access token is none: it has blanks or line breaks in it",
    )
    .with_code("notUnderstood")
    .with_way_out(
        "run the step again; if it stays so, check what it is that answers in place of Microsoft Entra",
    )
}

impl TokenSource for Cached {
    fn token(&self) -> BoxFuture<'_, Result<SecretString, Failure>> {
        Box::pin(self.get())
    }

    fn how(&self) -> &'static str {
        self.credential.how()
    }
}

impl fmt::Debug for Cached {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cached")
            .field("how", &self.credential.how())
            .field("scope", &self.scope)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
