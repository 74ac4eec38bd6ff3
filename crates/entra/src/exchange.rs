//! Microsoft's library for tokens, as it is used here: through the one client, with an ear at what was answered.
//!
//! Its errors are never shown. They leave out the status of an answer that is no JSON, and quote answers that may
//! hold a token; the answer itself tells all.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use azure_core::cloud::CloudConfiguration;
use azure_core::credentials::{AccessToken, TokenCredential};
use azure_core::http::policies::{Policy, PolicyResult};
use azure_core::http::{AsyncRawResponse, ClientOptions, Context, Request};
use azure_core::time::OffsetDateTime;
use chrono::TimeDelta;
use patkeeper_core::cloud::Cloud;
use patkeeper_http::{HttpError, Response, azure};
use secrecy::SecretString;
use serde_json::Value;

use crate::cache::{self, Fetched};

/// How asking for a token ended.
pub(crate) enum Outcome {
    Token(Fetched),
    /// The last answer, which is no token.
    Answered(Response),
    NoAnswer(HttpError),
    /// Nothing was sent.
    NotAsked,
}

/// The last answer.
#[derive(Debug, Clone, Default)]
pub(crate) struct Heard(Arc<Mutex<Option<Response>>>);

impl Heard {
    /// These options, with this ear.
    pub(crate) fn on(&self, mut options: ClientOptions) -> ClientOptions {
        options.per_try_policies.push(Arc::new(self.clone()));
        options
    }

    pub(crate) fn last(&self) -> Option<Response> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn hear(&self, answer: Response) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(answer);
    }

    /// Asks a credential made with [`Heard::on`].
    pub(crate) async fn ask(&self, credential: &dyn TokenCredential, scope: &str) -> Outcome {
        self.outcome(credential.get_token(&[scope], None).await)
    }

    fn outcome(&self, result: azure_core::Result<AccessToken>) -> Outcome {
        match result {
            // The library reads an answer without a token as an empty one.
            Ok(token) if !token.token.secret().is_empty() => Outcome::Token(fetched(&token)),
            Ok(_) => self.last().map_or(Outcome::NotAsked, Outcome::Answered),
            Err(error) => match (azure::no_answer(&error).cloned(), self.last()) {
                (Some(error), _) => Outcome::NoAnswer(error),
                (None, Some(answer)) => Outcome::Answered(answer),
                (None, None) => Outcome::NotAsked,
            },
        }
    }
}

#[async_trait]
impl Policy for Heard {
    async fn send(&self, context: &Context, request: &mut Request, next: &[Arc<dyn Policy>]) -> PolicyResult {
        let Some((first, rest)) = next.split_first() else {
            return Err(azure_core::Error::with_message(
                azure_core::error::ErrorKind::Other,
                "nothing sends the request",
            ));
        };
        let url = request.url();
        let asked = format!("{}{}", url.host_str().unwrap_or_default(), url.path());
        let answer = first.send(context, request, rest).await?;
        let answer = answer.try_into_raw_response().await?;
        let (status, headers, body) = answer.deconstruct();
        let pairs = headers
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()));
        self.hear(Response::from_parts(asked, status.into(), pairs, body.as_ref()));
        Ok(AsyncRawResponse::from_bytes(status, headers, sane(body.as_ref())))
    }
}

/// An answer whose `expires_in` the library can add to a time: it ends the process where the sum is none. Numbers
/// that came as texts are made numbers.
fn sane(body: &[u8]) -> Vec<u8> {
    let parsed = serde_json::from_slice::<Value>(body).ok();
    let changed = parsed.and_then(|mut answer| {
        let told = answer.get_mut("expires_in")?;
        let seconds = told.as_f64().or_else(|| told.as_str()?.trim().parse().ok())?;
        let most = cache::LONGEST.num_seconds();
        let whole = told.as_i64().filter(|seconds| *seconds <= most);
        if whole.is_some() || seconds.is_nan() {
            return None;
        }
        let longest = Duration::from_secs(most.unsigned_abs());
        let kept = Duration::try_from_secs_f64(seconds.max(0.0)).map_or(longest, |told| told.min(longest));
        *told = kept.as_secs().into();
        Some(answer.to_string().into_bytes())
    });
    changed.unwrap_or_else(|| body.to_vec())
}

/// The SDK's name for a cloud. Without one it would ask a host that an environment variable names.
pub(crate) fn cloud(cloud: Cloud) -> Option<Arc<CloudConfiguration>> {
    Some(Arc::new(match cloud {
        Cloud::Public => CloudConfiguration::AzurePublic,
        Cloud::UsGovernment => CloudConfiguration::AzureGovernment,
        Cloud::China => CloudConfiguration::AzureChina,
    }))
}

pub(crate) fn fetched(token: &AccessToken) -> Fetched {
    let left = (token.expires_on - OffsetDateTime::now_utc()).whole_seconds();
    Fetched {
        token: SecretString::from(token.token.secret()),
        good_for: TimeDelta::try_seconds(left.max(0)).unwrap_or(cache::LONGEST),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn a_life_that_no_clock_can_hold_is_cut_and_a_text_is_read() {
        let life = |told: Value| {
            let answer = sane(
                json!({"access_token": "t", "expires_in": told})
                    .to_string()
                    .as_bytes(),
            );
            serde_json::from_slice::<Value>(&answer).unwrap()["expires_in"].clone()
        };
        let longest = json!(cache::LONGEST.num_seconds());
        assert_eq!(life(json!(3599)), json!(3599));
        assert_eq!(life(json!("3599")), json!(3599));
        assert_eq!(life(json!(3599.5)), json!(3599));
        assert_eq!(life(json!(1e12)), longest);
        assert_eq!(life(json!(u64::MAX)), longest);
        assert_eq!(life(json!("1e300")), longest);
        assert_eq!(life(json!("soon")), json!("soon"));
        assert_eq!(life(json!(null)), json!(null));
    }

    proptest! {
        #[test]
        fn what_is_no_such_answer_stays_as_it_is(text in "\\PC{0,60}") {
            prop_assert_eq!(sane(text.as_bytes()), text.into_bytes());
        }
    }
}
