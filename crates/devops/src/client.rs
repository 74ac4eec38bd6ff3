//! One organization: hosts, api-versions, requests.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use patkeeper_core::organization::Organization;
use patkeeper_http::{Client, Request, Response, TokenFacts, TokenSource};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use tokio::sync::OnceCell;
use tokio::time::timeout;
use uuid::Uuid;

use crate::answer;
use crate::error::{DevOpsError, Doing, Reason, Words};
use crate::page_size::PageSize;
use crate::tenant;
use crate::wire::{self, Account};

pub(crate) const CONNECTION_VERSION: &str = "7.1-preview";
/// Longest wait for the organization's tenant, which only makes a refusal's message better.
const TENANT_PATIENCE: Duration = Duration::from_secs(5);

/// What came back, and the token it was got with: its words must not bring that back.
pub(crate) struct Sent {
    pub(crate) answer: Response,
    pub(crate) token: SecretString,
}

/// An answer that is one.
pub(crate) struct Answered {
    pub(crate) sent: Sent,
    /// Null where an empty body is an answer.
    pub(crate) json: Value,
}

/// One organization of Azure DevOps, seen with one sign-in.
#[derive(Clone)]
pub struct AzureDevOps {
    client: Client,
    organization: Organization,
    tokens: Arc<dyn TokenSource>,
    facts: Arc<OnceLock<TokenFacts>>,
    /// The organization's, once it was asked for; `None`: it does not tell.
    tenant: Arc<OnceCell<Option<Uuid>>>,
    /// Of one user's PATs.
    pub(crate) tokens_page: Arc<PageSize>,
    /// Of the audit log.
    pub(crate) audit_page: Arc<PageSize>,
}

impl AzureDevOps {
    /// Uses `tokens` for every request to the organization.
    #[must_use]
    pub fn new(client: Client, organization: Organization, tokens: Arc<dyn TokenSource>) -> Self {
        Self {
            client,
            organization,
            tokens,
            facts: Arc::default(),
            tenant: Arc::default(),
            tokens_page: Arc::default(),
            audit_page: Arc::default(),
        }
    }

    /// Which organization.
    #[must_use]
    pub fn organization(&self) -> &Organization {
        &self.organization
    }

    /// What the token says of itself, once one was used.
    #[must_use]
    pub fn facts(&self) -> Option<&TokenFacts> {
        self.facts.get()
    }

    /// How the token was got, in words.
    pub(crate) fn how(&self) -> &'static str {
        self.tokens.how()
    }

    /// All that connection data tells. One request.
    ///
    /// # Errors
    /// See [`Reason`].
    pub async fn account(&self) -> Result<Account, DevOpsError> {
        let request =
            Request::get(connection_data_url(&self.organization)).query("api-version", CONNECTION_VERSION);
        let answer = self.ask(request, &Doing::Connection).await?;
        wire::decode_account(&answer.json)
            .map_err(|why| self.not_understood(&answer.sent, &Doing::Connection, why))
    }

    /// The root of the organization's identity services.
    pub(crate) fn vssps(&self, path: &str) -> String {
        format!(
            "https://vssps.dev.azure.com/{}/_apis/{path}",
            self.organization.name()
        )
    }

    /// The client that all requests go through.
    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    /// Sends a request with the headers that all have in common. What comes back may be anything.
    pub(crate) async fn send(&self, request: Request, doing: &Doing) -> Result<Sent, DevOpsError> {
        let error = |reason| self.error(reason, doing.clone(), Words::default());
        let token = self.tokens.token().await;
        let token = token.map_err(|failure| error(Reason::NoToken(Box::new(failure))))?;
        // Kept from the first token: a later one of the same source speaks for the same identity.
        self.facts.get_or_init(|| TokenFacts::read(token.expose_secret()));
        let request = request
            .bearer(token.clone())
            .header("accept", "application/json")
            // Without it a refused sign-in may answer with a redirect to a page instead of a status.
            .header("x-tfs-fedauthredirect", "Suppress");
        let answer = self.client.send(request).await;
        let answer = answer.map_err(|no_answer| error(no_answer.into()))?;
        Ok(Sent { answer, token })
    }

    /// Sends a request, and checks that its answer is one.
    pub(crate) async fn ask(&self, request: Request, doing: &Doing) -> Result<Answered, DevOpsError> {
        let sent = self.send(request, doing).await?;
        if let Some(error) = self.fault(&sent, doing).await {
            return Err(error);
        }
        // A revocation is answered with an empty body, and then without a content type.
        let json = if doing.is_revoking() && sent.answer.body().is_empty() {
            Value::Null
        } else {
            let json = sent.answer.json();
            json.map_err(|not_json| self.not_understood(&sent, doing, not_json.why()))?
        };
        Ok(Answered { sent, json })
    }

    /// Why what came back is not what it should be, where `why` says what its reader did not understand.
    pub(crate) async fn blame(&self, sent: &Sent, doing: &Doing, why: &'static str) -> DevOpsError {
        let fault = self.fault(sent, doing).await;
        fault.unwrap_or_else(|| self.not_understood(sent, doing, why))
    }

    async fn fault(&self, sent: &Sent, doing: &Doing) -> Option<DevOpsError> {
        // Of this very token: it may be another one than the first, and be out of date.
        let facts = TokenFacts::read(sent.token.expose_secret());
        let (reason, words) = answer::fault(&sent.answer, doing.about(), &facts, &sent.token)?;
        let reason = match reason {
            Reason::NotAuthorized | Reason::Refused | Reason::Anonymous | Reason::SignInPage => {
                self.blame_tenant(&facts).await.unwrap_or(reason)
            }
            reason => reason,
        };
        Some(self.error(reason, doing.clone(), words))
    }

    /// Whether the token was refused because the organization belongs to another tenant. Asked once, without
    /// credentials, and only when the refusal itself does not tell.
    async fn blame_tenant(&self, facts: &TokenFacts) -> Option<Reason> {
        facts.tenant.as_ref()?;
        let tenant = self.tenant.get_or_init(|| async {
            let request = Request::get(connection_data_url(&self.organization))
                .query("api-version", CONNECTION_VERSION)
                .header("accept", "application/json")
                .header("x-tfs-fedauthredirect", "Suppress");
            let answer = timeout(TENANT_PATIENCE, self.client.send(request)).await;
            tenant::named_in(&answer.ok()?.ok()?)
        });
        tenant::blame((*tenant.await)?, facts)
    }

    pub(crate) fn not_understood(&self, sent: &Sent, doing: &Doing, why: &'static str) -> DevOpsError {
        let words = answer::words(&sent.answer, &answer::echo(&sent.token));
        self.error(Reason::NotUnderstood(why), doing.clone(), words)
    }

    pub(crate) fn error(&self, reason: Reason, doing: Doing, words: Words) -> DevOpsError {
        let who = self
            .facts
            .get()
            .map_or_else(|| "the given token".to_owned(), TokenFacts::who);
        DevOpsError {
            reason,
            doing,
            organization: self.organization.name().to_owned(),
            who,
            words,
        }
    }
}

pub(crate) fn connection_data_url(organization: &Organization) -> String {
    format!(
        "https://dev.azure.com/{}/_apis/connectionData",
        organization.name()
    )
}

impl std::fmt::Debug for AzureDevOps {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AzureDevOps")
            .field("organization", &self.organization)
            .finish_non_exhaustive()
    }
}
