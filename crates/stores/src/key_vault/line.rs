//! The line between the SDK and the vault: it tells the vault's time, and leads nowhere else.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use azure_core::error::{Error, ErrorKind};
use azure_core::http::policies::{Policy, PolicyResult};
use azure_core::http::{Context, Request};
use chrono::{DateTime, Utc};
use patkeeper_core::failure::{Failure, FailureKind};
use patkeeper_http::azure;

use super::credential;

/// Of a request that is right at this moment alone, and may not be sent again after a wait.
pub(crate) struct Once;

/// The line to one vault.
#[derive(Debug)]
pub(crate) struct Line {
    /// The vault's URL, without a slash at its end.
    vault: String,
    heard: Mutex<Heard>,
}

#[derive(Debug, Default, Clone, Copy)]
struct Heard {
    clock: Option<DateTime<Utc>>,
    success: bool,
}

impl Line {
    pub(crate) fn to(vault: String) -> Self {
        Self {
            vault,
            heard: Mutex::default(),
        }
    }

    /// `Date` of the last answer that had one.
    pub(crate) fn clock(&self) -> Option<DateTime<Utc>> {
        self.heard().clock
    }

    /// Whether the last answer was a success, so that what failed afterwards was to understand it.
    pub(crate) fn succeeded(&self) -> bool {
        self.heard().success
    }

    fn heard(&self) -> Heard {
        *self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The SDK follows a list's `nextLink` wherever it leads, and sends its token along.
    fn leads_to(&self, request: &Request) -> bool {
        let url = request.url();
        url.port().is_none()
            && format!("{}://{}", url.scheme(), url.host_str().unwrap_or_default()) == self.vault
    }
}

#[async_trait]
impl Policy for Line {
    async fn send(&self, context: &Context, request: &mut Request, next: &[Arc<dyn Policy>]) -> PolicyResult {
        let Some((first, rest)) = next.split_first() else {
            return Err(Error::with_message(ErrorKind::Other, "nothing sends the request"));
        };
        if !self.leads_to(request) {
            self.heard.lock().unwrap_or_else(PoisonError::into_inner).success = false;
            return Err(credential::tell(
                Failure::new(
                    FailureKind::Service,
                    format!(
                        "A list of {} goes on at another host: it was not asked.",
                        self.vault
                    ),
                )
                .with_code("foreignLink")
                .with_why("the token would have gone there, too; whatever answered may not be Key Vault")
                .with_way_out("check the vault's name, and the proxy and DNS of the agent's machine"),
            ));
        }
        if context.value::<Once>().is_some() {
            request.insert_header(azure::ONCE, "");
        }
        let answer = first.send(context, request, rest).await;
        let mut heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        heard.success = false;
        if let Ok(answer) = &answer {
            heard.success = answer.status().is_success();
            let date = answer
                .headers()
                .iter()
                .find(|(name, _)| name.as_str().eq_ignore_ascii_case("date"))
                .and_then(|(_, date)| DateTime::parse_from_rfc2822(date.as_str()).ok());
            heard.clock = date.map(|date| date.to_utc()).or(heard.clock);
        }
        drop(heard);
        answer
    }
}
