//! Microsoft Entra's endpoints for one app: one request, one grant.

use std::convert::Infallible;
use std::sync::{Mutex, PoisonError};

use chrono::TimeDelta;
use oauth2::basic::{BasicClient, BasicTokenResponse, BasicTokenType};
use oauth2::{
    AsyncHttpClient, AuthType, AuthUrl, ClientId, ClientSecret, DeviceAuthorizationUrl, EndpointNotSet,
    EndpointSet, HttpRequest, HttpResponse, TokenResponse, TokenUrl,
};
use patkeeper_core::failure::{Failure, FailureKind};
use patkeeper_core::tenant::could_be_id;
use patkeeper_http::{BoxFuture, Client, Echo, HttpError, Repeat, Request, Response, TokenFacts};
use secrecy::{ExposeSecret, SecretString};

use super::{App, Proof, scopes};
use crate::{Setup, cache, refusal};

const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// The library's client for Entra's endpoints.
pub(super) type Library = BasicClient<EndpointSet, EndpointSet, EndpointNotSet, EndpointNotSet, EndpointSet>;

/// What was granted, already masked.
pub(super) struct Grant {
    pub(super) access_token: SecretString,
    pub(super) refresh_token: Option<SecretString>,
    /// How long the access token is good, from now.
    pub(super) good_for: TimeDelta,
    pub(super) facts: TokenFacts,
}

/// Entra as one app asks it.
pub(super) struct Endpoint {
    pub(super) setup: Setup,
    app: App,
}

/// How the app proves itself in one request.
#[derive(Default)]
pub(super) struct Proven {
    secret: Option<SecretString>,
    assertion: Option<SecretString>,
}

impl Proven {
    /// Parameters that the library does not know.
    pub(super) fn parameters(&self) -> impl Iterator<Item = (&'static str, String)> {
        self.assertion.iter().flat_map(|assertion| {
            [
                ("client_assertion_type", ASSERTION_TYPE.to_owned()),
                ("client_assertion", assertion.expose_secret().to_owned()),
            ]
        })
    }

    /// What must never be quoted back.
    pub(super) fn secrets(&self) -> impl Iterator<Item = &SecretString> {
        self.secret.iter().chain(&self.assertion)
    }
}

impl Endpoint {
    pub(super) fn new(setup: &Setup, app: &App) -> Self {
        Self {
            setup: setup.clone(),
            app: app.clone(),
        }
    }

    /// What the app proves itself with now; masked.
    pub(super) async fn prove(&self) -> Result<Proven, Failure> {
        Ok(match &self.app.proof {
            Proof::None => Proven::default(),
            Proof::Secret(secret) => {
                (self.setup.mask)("client secret", secret);
                Proven {
                    secret: Some(secret.clone()),
                    assertion: None,
                }
            }
            Proof::Assertion(oidc) => Proven {
                secret: None,
                assertion: Some(oidc.assertion().await?),
            },
        })
    }

    /// The library's client for this app.
    pub(super) fn library(&self, proven: &Proven) -> Result<Library, Failure> {
        let (tenant, authority) = (&self.app.tenant, self.setup.cloud.authority());
        let client_id = &self.app.client_id;
        for (name, value) in [("tenantId", tenant), ("clientId", client_id)] {
            if !could_be_id(value) {
                return Err(Failure::new(
                    FailureKind::Input,
                    format!("{name}: '{value}' cannot be one."),
                )
                .with_code("badInput")
                .with_way_out("copy it from the app registration's Overview page: an id such as 00000000-0000-0000-0000-000000000000"));
            }
        }
        let url = |name: &str| format!("https://{authority}/{tenant}/oauth2/v2.0/{name}");
        let unusable = |_| {
            Failure::new(
                FailureKind::Bug,
                "Microsoft Entra's address cannot be put together.",
            )
        };
        let client = BasicClient::new(ClientId::new(client_id.clone()))
            .set_auth_type(AuthType::RequestBody)
            .set_auth_uri(AuthUrl::new(url("authorize")).map_err(unusable)?)
            .set_token_uri(TokenUrl::new(url("token")).map_err(unusable)?)
            .set_device_authorization_url(DeviceAuthorizationUrl::new(url("devicecode")).map_err(unusable)?);
        Ok(match &proven.secret {
            Some(secret) => client.set_client_secret(ClientSecret::new(secret.expose_secret().to_owned())),
            None => client,
        })
    }

    /// A line for the library to send over.
    pub(super) fn line(&self, repeat: Repeat) -> Line<'_> {
        Line {
            client: &self.setup.client,
            repeat,
            last: Mutex::default(),
        }
    }

    /// What came over the line, as a grant or a failure. `doing` fits behind "Microsoft Entra refused to". Nothing of
    /// the library's own errors is used: they hold whole answers.
    pub(super) fn grant(
        &self,
        token: Option<BasicTokenResponse>,
        line: &Line<'_>,
        asked: &[String],
        doing: &str,
        echo: &Echo,
    ) -> Result<Grant, Failure> {
        let (Some(token), Ok(answer)) = (token, line.answer(doing)) else {
            return Err(line.failure(doing, echo));
        };
        let access_token = SecretString::from(token.access_token().secret().clone());
        let refresh_token = token
            .refresh_token()
            .filter(|token| !token.secret().is_empty())
            .map(|token| SecretString::from(token.secret().clone()));
        (self.setup.mask)("access token", &access_token);
        if let Some(refresh_token) = &refresh_token {
            (self.setup.mask)("refresh token", refresh_token);
        }
        let facts = TokenFacts::read(access_token.expose_secret());
        let good_for = match (token.expires_in(), facts.expires) {
            (Some(time), _) => Some(TimeDelta::from_std(time).unwrap_or(cache::LONGEST)),
            (None, Some(end)) => Some(end - (self.setup.now)()),
            (None, None) => None,
        };
        let is_bearer = *token.token_type() == BasicTokenType::Bearer;
        let (true, false, Some(good_for)) = (is_bearer, access_token.expose_secret().is_empty(), good_for)
        else {
            return Err(refusal::failure(&answer, doing, echo));
        };
        let granted: Vec<String> = match token.scopes() {
            Some(granted) => granted.iter().map(|scope| scope.to_string()).collect(),
            None => facts.scopes.clone(),
        };
        scopes::check(asked, &granted)?;
        Ok(Grant {
            access_token,
            refresh_token,
            good_for,
            facts,
        })
    }
}

/// What keeps the library's requests going over our client, and the last answer whole.
pub(super) struct Line<'a> {
    client: &'a Client,
    repeat: Repeat,
    last: Mutex<Option<Result<Response, HttpError>>>,
}

impl Line<'_> {
    /// The last answer; else why there is none.
    pub(super) fn answer(&self, doing: &str) -> Result<Response, Failure> {
        match &*self.last.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(Ok(answer)) => Ok(answer.clone()),
            Some(Err(error)) => Err(refusal::no_answer(error, doing)),
            None => Err(Failure::new(
                FailureKind::Bug,
                format!("Could not {doing}: the request cannot be put together."),
            )),
        }
    }

    /// Why the last answer is none that helps.
    pub(super) fn failure(&self, doing: &str, echo: &Echo) -> Failure {
        match self.answer(doing) {
            Ok(answer) => refusal::failure(&answer, doing, echo),
            Err(failure) => failure,
        }
    }

    /// `error` of the last answer, if it is one of OAuth 2's refusals.
    pub(super) fn error(&self) -> Option<String> {
        let answer = self.answer("").ok()?;
        let body: serde_json::Value = serde_json::from_slice(answer.body()).ok()?;
        Some(body.get("error")?.as_str()?.to_owned())
    }
}

impl<'c> AsyncHttpClient<'c> for Line<'_> {
    type Error = Infallible;
    type Future = BoxFuture<'c, Result<HttpResponse, Infallible>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(async move {
            let (head, body) = request.into_parts();
            let ours = Request::post(head.uri.to_string()).repeat(self.repeat).body(body);
            let ours = head.headers.iter().fold(ours, |ours, (name, value)| {
                ours.header(name.as_str().to_owned(), value.to_str().unwrap_or_default())
            });
            let answer = self.client.send(ours).await;
            let mut theirs = HttpResponse::new(Vec::new());
            // Without an answer the library gets an empty refusal: an error would have it ask for a device's code
            // again and again, though our client has already tried as often as makes sense.
            *theirs.status_mut() = oauth2::http::StatusCode::SERVICE_UNAVAILABLE;
            if let Ok(answer) = &answer {
                if let Ok(status) = oauth2::http::StatusCode::from_u16(answer.status) {
                    *theirs.status_mut() = status;
                }
                if let Some(kind) = answer.header("content-type")
                    && let Ok(kind) = oauth2::http::HeaderValue::from_str(kind)
                {
                    theirs.headers_mut().insert("content-type", kind);
                }
                *theirs.body_mut() = answer.body().to_vec();
            }
            *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(answer);
            Ok(theirs)
        })
    }
}

/// Takes out of quotes what was sent.
pub(super) fn echo<'a>(secrets: impl IntoIterator<Item = &'a SecretString>) -> Echo {
    Echo::of(secrets.into_iter().map(ExposeSecret::expose_secret))
}
