//! The service connection's assertion: what an Azure Pipelines job proves to Microsoft Entra that it is, instead of
//! a secret. `POST …/distributedtask/hubs/{hub}/plans/{plan}/jobs/{job}/oidctoken`, Azure DevOps REST API 7.1.

mod answer;

use std::fmt;
use std::time::Duration;

use azure_core::http::Url;
use chrono::{DateTime, TimeDelta, Utc};
use patkeeper_core::failure::{Failure, FailureKind};
use patkeeper_http::{BoxFuture, Echo, Repeat, Request, TokenFacts};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Mutex;

use crate::Setup;
use answer::Answer;

const VERSION: &str = "7.1";
/// How long an assertion is used again. Older connections' are good for ten minutes, newer ones' for a day; both may
/// already have waited in a cache of the service's.
const KEPT: TimeDelta = TimeDelta::minutes(5);
/// An assertion is not used in its last minute: Microsoft Entra's clock may be ahead.
const MARGIN: TimeDelta = TimeDelta::minutes(1);
/// The waits before further tries while the service does not know the job's plan yet; the agent waits as long.
const PLAN_WAITS: [Duration; 3] = [
    Duration::from_secs(1),
    Duration::from_secs(5),
    Duration::from_secs(25),
];

type Sleep = fn(Duration) -> BoxFuture<'static, ()>;

/// Asks Azure DevOps for a service connection's assertion, with the job's own token.
pub struct OidcRequest {
    setup: Setup,
    uri: String,
    connection: String,
    job_token: SecretString,
    kept: Mutex<Option<Kept>>,
    sleep: Sleep,
}

struct Kept {
    assertion: SecretString,
    until: DateTime<Utc>,
}

impl OidcRequest {
    /// `uri` is `SYSTEM_OIDCREQUESTURI`, already known to be Azure DevOps's own, since the job's token is sent there;
    /// it may hold a query. Sends nothing.
    #[must_use]
    pub fn new(setup: &Setup, uri: String, service_connection_id: String, job_token: SecretString) -> Self {
        Self {
            setup: setup.clone(),
            uri,
            connection: service_connection_id,
            job_token,
            kept: Mutex::default(),
            sleep: |wait| Box::pin(tokio::time::sleep(wait)),
        }
    }

    /// The assertion: masked, good for at least a minute more, and asked for at most once in five minutes however
    /// many wait for it.
    ///
    /// # Errors
    /// No assertion, with the service's own words: the connection is not named by a task input of the job, the job's
    /// token is not accepted, or the service cannot be reached or understood.
    pub async fn assertion(&self) -> Result<SecretString, Failure> {
        let mut kept = self.kept.lock().await;
        let now = (self.setup.now)();
        if let Some(kept) = kept.as_ref().filter(|kept| now < kept.until) {
            return Ok(kept.assertion.clone());
        }
        let assertion = self.ask().await?;
        (self.setup.mask)("the service connection's assertion", &assertion);
        let facts = TokenFacts::read(assertion.expose_secret());
        let ends = facts.expires.and_then(|ends| ends.checked_sub_signed(MARGIN));
        let until = now + KEPT;
        *kept = Some(Kept {
            assertion: assertion.clone(),
            until: ends.map_or(until, |ends| ends.min(until)),
        });
        Ok(assertion)
    }

    async fn ask(&self) -> Result<SecretString, Failure> {
        let url = self.url()?;
        let echo = Echo::of([self.job_token.expose_secret()]);
        let mut waits = PLAN_WAITS.into_iter();
        loop {
            // A second assertion does no harm.
            let request = Request::post(url.as_str())
                .repeat(Repeat::Safe)
                .bearer(self.job_token.clone())
                .header("accept", "application/json")
                .header("content-type", "application/json")
                // Without it a refused sign-in may answer with a redirect to a page instead of a status.
                .header("x-tfs-fedauthredirect", "Suppress")
                // An empty body is sent without a length by itself, which servers may answer with 411.
                .header("content-length", "0");
            let response = self.setup.client.send(request).await.map_err(|error| {
                let mut failure = error.failure();
                failure.what =
                    format!("Could not get the service connection's assertion from Azure DevOps: {error}.");
                failure
            })?;
            let refusal = match answer::read(&response) {
                Answer::Assertion(assertion) => return Ok(assertion),
                Answer::Refusal(refusal) => refusal,
            };
            match waits.next().filter(|_| refusal.is_for_now()) {
                Some(wait) => (self.sleep)(wait).await,
                None => return Err(refusal.failure(&response, &self.connection, &echo)),
            }
        }
    }

    fn url(&self) -> Result<Url, Failure> {
        let mut url = Url::parse(&self.uri).map_err(|_| {
            Failure::new(
                FailureKind::Input,
                "SYSTEM_OIDCREQUESTURI is not a URL, so the service connection's assertion cannot be asked for.",
            )
            .with_code("badInput")
            .with_why("the agent sets this variable, and a variable of the pipeline may have taken its place")
            .with_way_out("remove a variable of that name from the pipeline")
        })?;
        let ours = [
            ("api-version", VERSION),
            ("serviceConnectionId", self.connection.as_str()),
        ];
        let rest: Vec<(String, String)> = url
            .query_pairs()
            .filter(|(name, _)| !ours.iter().any(|(own, _)| own.eq_ignore_ascii_case(name)))
            .map(|(name, value)| (name.into_owned(), value.into_owned()))
            .collect();
        url.query_pairs_mut()
            .clear()
            .extend_pairs(rest)
            .extend_pairs(ours);
        Ok(url)
    }
}

impl fmt::Debug for OidcRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OidcRequest")
            .field("connection", &self.connection)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
