//! Access tokens from a kept refresh token: `signIn: refreshToken`.

use std::fmt;
use std::sync::Arc;

use oauth2::Scope;
use patkeeper_core::failure::{Failure, FailureKind};
use patkeeper_http::{BoxFuture, Repeat, TokenSource};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Mutex;

use super::App;
use super::endpoint::{Endpoint, echo};
use crate::Setup;
use crate::cache::{Cached, Credential, Fetched};

/// Where the refresh token is kept.
pub trait Keeper: Send + Sync {
    /// Reads it. Asked once.
    fn read(&self) -> BoxFuture<'_, Result<SecretString, Failure>>;
    /// Stores the one that takes its place, and tells whether it is there. Where it is not the keeper says so by
    /// itself: the old one is still good, and is what the next redemption uses.
    fn keep<'a>(&'a self, successor: &'a SecretString) -> BoxFuture<'a, bool>;
}

/// Access tokens of the user whose refresh token is kept. Each is handed out until five minutes before its end, and
/// fetched once however many ask; the refresh token that came with it is stored before.
pub struct RefreshToken {
    tokens: Cached,
}

impl RefreshToken {
    /// Sends nothing and reads nothing until a token is asked for. `scopes` as Microsoft Entra spells them: see
    /// [`scopes`](super::scopes()).
    #[must_use]
    pub fn new(setup: &Setup, app: App, scopes: Vec<String>, keeper: Arc<dyn Keeper>) -> Self {
        let all = scopes.join(" ");
        let grants = Grants {
            endpoint: Endpoint::new(setup, &app),
            scopes,
            keeper,
            newest: Mutex::default(),
        };
        Self {
            tokens: Cached::new(setup, Arc::new(grants), all),
        }
    }
}

impl TokenSource for RefreshToken {
    fn token(&self) -> BoxFuture<'_, Result<SecretString, Failure>> {
        self.tokens.token()
    }

    fn how(&self) -> &'static str {
        self.tokens.how()
    }
}

impl fmt::Debug for RefreshToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RefreshToken").finish_non_exhaustive()
    }
}

/// Redeems the newest refresh token each time.
struct Grants {
    endpoint: Endpoint,
    scopes: Vec<String>,
    keeper: Arc<dyn Keeper>,
    newest: Mutex<Option<SecretString>>,
}

impl Grants {
    async fn redeem(&self) -> Result<Fetched, Failure> {
        // Held to the end: the next one is redeemed with what this one leaves.
        let mut newest = self.newest.lock().await;
        let refresh_token = match &*newest {
            Some(newest) => newest.clone(),
            None => self.read().await?,
        };
        let proven = self.endpoint.prove().await?;
        let library = self.endpoint.library(&proven)?;
        let theirs = oauth2::RefreshToken::new(refresh_token.expose_secret().to_owned());
        let mut request = library.exchange_refresh_token(&theirs);
        request = request.add_scopes(self.scopes.iter().cloned().map(Scope::new));
        for (name, value) in proven.parameters() {
            request = request.add_extra_param(name, value);
        }
        // The old one stays good when it is redeemed, so redeeming it again does no harm.
        let line = self.endpoint.line(Repeat::Safe);
        let token = request.request_async(&line).await.ok();
        let echo = echo(proven.secrets().chain([&refresh_token]));
        let grant = self
            .endpoint
            .grant(token, &line, &self.scopes, "redeem the refresh token", &echo)
            .map_err(|failure| again(failure, line.error().as_deref()))?;
        *newest = Some(match grant.refresh_token {
            Some(successor)
                if successor.expose_secret() != refresh_token.expose_secret()
                    && self.keeper.keep(&successor).await =>
            {
                successor
            }
            _ => refresh_token,
        });
        Ok(Fetched {
            token: grant.access_token,
            good_for: grant.good_for,
        })
    }

    async fn read(&self) -> Result<SecretString, Failure> {
        let kept = self.keeper.read().await?;
        (self.endpoint.setup.mask)("refresh token", &kept);
        let text = kept.expose_secret().trim();
        if text.is_empty() || text.contains(char::is_whitespace) {
            return Err(Failure::new(
                FailureKind::Refused,
                "What is kept as the refresh token is none: it is empty, or has blanks in it.",
            )
            .with_code("noRefreshToken")
            .with_way_out("sign in again with patkeeper sign-in, which stores it")
            .with_way_out("check refreshTokenVault and refreshTokenSecret"));
        }
        if text.len() == kept.expose_secret().len() {
            return Ok(kept);
        }
        let kept = SecretString::from(text.to_owned());
        (self.endpoint.setup.mask)("refresh token", &kept);
        Ok(kept)
    }
}

/// A grant that is over is begun anew by signing in, whatever code says why.
fn again(failure: Failure, error: Option<&str>) -> Failure {
    let over = matches!(
        error,
        Some("invalid_grant" | "interaction_required" | "consent_required" | "login_required")
    );
    let said = failure
        .ways_out
        .iter()
        .any(|way| way.contains("patkeeper sign-in"));
    if over && !said && failure.kind == FailureKind::Refused {
        return failure.with_way_out("sign in again with patkeeper sign-in");
    }
    failure
}

impl Credential for Grants {
    fn fetch<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<Fetched, Failure>> {
        Box::pin(self.redeem())
    }

    fn how(&self) -> &'static str {
        "refresh token"
    }
}
