//! The sign-in on another machine: a code to type there (RFC 8628).

use std::future::Future;
use std::time::Duration;

use oauth2::{Scope, StandardDeviceAuthorizationResponse};
use patkeeper_core::failure::{Failure, FailureKind};
use patkeeper_http::Repeat;
use secrecy::SecretString;

use super::endpoint::{Endpoint, Line, echo};
use super::{App, Show, SignedIn};
use crate::Setup;

const DOING: &str = "sign you in with a device code";
/// The shortest and longest pause between two questions, whatever the service asks for, in seconds.
const PAUSES: std::ops::RangeInclusive<u64> = 1..=60;

/// Has a person sign in on any machine, and waits for it as long as the service gives.
///
/// # Errors
/// The sign-in was declined, took too long, or is not allowed; or Microsoft Entra cannot be asked or understood.
pub async fn device_code(
    setup: &Setup,
    app: &App,
    scopes: &[String],
    show: &dyn Show,
) -> Result<SignedIn, Failure> {
    ask(setup, app, scopes, show, tokio::time::sleep).await
}

pub(super) async fn ask<S, F>(
    setup: &Setup,
    app: &App,
    scopes: &[String],
    show: &dyn Show,
    sleep: S,
) -> Result<SignedIn, Failure>
where
    S: Fn(Duration) -> F + Send + Sync,
    F: Future<Output = ()> + Send,
{
    let endpoint = Endpoint::new(setup, app);
    let proven = endpoint.prove().await?;
    let library = endpoint.library(&proven)?;
    // Asking twice gives two codes, of which one is never shown.
    let line = endpoint.line(Repeat::Safe);
    let begun: Option<StandardDeviceAuthorizationResponse> = library
        .exchange_device_code()
        .add_scopes(scopes.iter().cloned().map(Scope::new))
        .request_async(&line)
        .await
        .ok();
    let Some(begun) = begun else {
        return Err(line.failure(DOING, &echo(proven.secrets())));
    };
    let code = SecretString::from(begun.device_code().secret().clone());
    (setup.mask)("device code", &code);
    show.code(begun.verification_uri().as_str(), begun.user_code().secret());

    let mut request = library
        .exchange_device_access_token(&begun)
        .set_time_fn(setup.now);
    for (name, value) in proven.parameters() {
        request = request.add_extra_param(name, value);
    }
    let line = endpoint.line(Repeat::Safe);
    let pause = |wait: Duration| {
        sleep(Duration::from_secs(
            wait.as_secs().clamp(*PAUSES.start(), *PAUSES.end()),
        ))
    };
    let token = request.request_async(&line, pause, None).await.ok();
    let echo = echo(proven.secrets().chain([&code]));
    let grant = endpoint
        .grant(token, &line, scopes, DOING, &echo)
        .map_err(|failure| ended(failure, &line))?;
    SignedIn::of(grant)
}

/// How a sign-in ends that the person has not finished.
fn ended(failure: Failure, line: &Line<'_>) -> Failure {
    let own = |what: &str, code: &str| {
        let own = Failure::new(FailureKind::Refused, what).with_code(code);
        match failure.service_words.clone() {
            Some(words) => own.with_service_words(words),
            None => own,
        }
    };
    match line.error().as_deref() {
        // Still pending: the library has stopped asking because the code's time is over.
        Some("expired_token" | "code_expired" | "authorization_pending" | "slow_down") => own(
            "Nobody signed in with the code while it was good.",
            "deviceCodeExpired",
        )
        .with_way_out("run patkeeper sign-in again, and type the new code within its time"),
        Some("authorization_declined" | "access_denied") => {
            own("The sign-in was declined on the page.", "signInDeclined")
                .with_way_out("run patkeeper sign-in again, and accept what the page asks")
        }
        _ => failure,
    }
}
