//! The sign-in in a browser of this machine: authorization code with PKCE on a loopback address (RFC 8252).

use std::time::Duration;

use oauth2::{AuthorizationCode, CsrfToken, PkceCodeChallenge, RedirectUrl, Scope};
use patkeeper_core::failure::{Failure, FailureKind};
use patkeeper_http::{Repeat, Response};
use secrecy::{ExposeSecret, SecretString};

use super::endpoint::{Endpoint, echo};
use super::redirect::{Brought, Redirect};
use super::{App, Show, SignedIn};
use crate::{Setup, refusal};

/// How long a person has for the page.
pub const PATIENCE: Duration = Duration::from_secs(5 * 60);

const DOING: &str = "sign you in";

/// Has a person sign in on a page of Microsoft's, and waits for it at most `patience`.
///
/// # Errors
/// The sign-in was declined, took too long, or is not allowed; no loopback address can be listened on; or Microsoft
/// Entra cannot be asked or understood.
pub async fn authorization_code(
    setup: &Setup,
    app: &App,
    scopes: &[String],
    show: &dyn Show,
    patience: Duration,
) -> Result<SignedIn, Failure> {
    let endpoint = Endpoint::new(setup, app);
    let proven = endpoint.prove().await?;
    let library = endpoint.library(&proven)?;
    let redirect = Redirect::listen()
        .await
        .map_err(|error| no_address(&error.to_string()))?;
    let url = RedirectUrl::new(redirect.url()).map_err(|error| no_address(&error.to_string()))?;
    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let secret_verifier = SecretString::from(verifier.secret().clone());
    (setup.mask)("PKCE verifier", &secret_verifier);
    let library = library.set_redirect_uri(url);
    let (page, state) = library
        .authorize_url(CsrfToken::new_random)
        .add_scopes(scopes.iter().cloned().map(Scope::new))
        // Whoever signs in is to choose the account, not the browser's last session.
        .add_extra_param("prompt", "select_account")
        .set_pkce_challenge(challenge)
        .url();
    show.page(page.as_str());

    let brought = tokio::time::timeout(patience, redirect.wait(state.secret())).await;
    // The address is free again before anything else is asked.
    drop(redirect);
    let code = match brought.map_err(|_| too_late(patience))? {
        Brought::Code(code) => code,
        Brought::Refusal { error, description } => return Err(declined(&error, description)),
    };
    (setup.mask)("authorization code", &code);
    let mut request = library
        .exchange_code(AuthorizationCode::new(code.expose_secret().to_owned()))
        .set_pkce_verifier(verifier);
    for (name, value) in proven.parameters() {
        request = request.add_extra_param(name, value);
    }
    // A code is good once: asked again, Entra would refuse it, and hide why the first answer was lost.
    let line = endpoint.line(Repeat::OnlyIfNotProcessed);
    let token = request.request_async(&line).await.ok();
    let echo = echo(proven.secrets().chain([&code, &secret_verifier]));
    SignedIn::of(endpoint.grant(token, &line, scopes, DOING, &echo)?)
}

/// What Entra has the browser say instead of a code, read as the refusals of its token endpoint are.
fn declined(error: &str, description: Option<String>) -> Failure {
    let said = serde_json::json!({"error": error, "error_description": description});
    let headers = [("content-type", "application/json")];
    let answer = Response::from_parts("the redirect", 302, headers, said.to_string());
    let failure = refusal::failure(&answer, DOING, &echo([]));
    let named = failure.service_code().is_some();
    if error != "access_denied" || named {
        return failure;
    }
    let own = Failure::new(FailureKind::Refused, "The sign-in was declined on the page.")
        .with_code("signInDeclined")
        .with_way_out("run patkeeper sign-in again, and accept what the page asks");
    match failure.service_words {
        Some(words) => own.with_service_words(words),
        None => own,
    }
}

fn too_late(patience: Duration) -> Failure {
    Failure::new(
        FailureKind::Refused,
        format!(
            "Nobody signed in on the page within {} minutes.",
            patience.as_secs().div_ceil(60)
        ),
    )
    .with_code("signInTimeout")
    .with_way_out("run patkeeper sign-in again, and open its page in a browser of this very machine")
    .with_way_out("where there is none: patkeeper sign-in --device-code")
}

fn no_address(why: &str) -> Failure {
    Failure::new(
        FailureKind::Service,
        "This machine gives no loopback address to which the browser could come back.",
    )
    .with_code("noLoopback")
    .with_why(why)
    .with_way_out("use patkeeper sign-in --device-code")
}
