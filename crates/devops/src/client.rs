//! One organization: hosts, api-versions, requests.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};
use patkeeper_core::advice::PatTokenError;
use patkeeper_core::organization::Organization;
use patkeeper_core::pat::{AuthorizationId, Listed, Pat};
use patkeeper_http::{Client, Request, Response, TokenFacts, TokenSource};
use patkeeper_lifecycle::ports::Revoked;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use tokio::sync::OnceCell;
use tokio::time::timeout;
use uuid::Uuid;

use crate::answer::{self, About};
use crate::error::{DevOpsError, Doing, Reason, Words};
use crate::tenant;
use crate::wire::{self, Account, Minted, NoPat, Page};

/// The operations of `tokens/pats` are marked preview in 7.1 and 7.2, and preview-only resources refuse a bare
/// version.
const PATS_VERSION: &str = "7.1-preview.1";
pub(crate) const CONNECTION_VERSION: &str = "7.1-preview";
/// The largest `$top` of `tokens/pats`.
const PAGE: &str = "100";
/// Longest wait for the organization's tenant, which only makes a refusal's message better.
const TENANT_PATIENCE: Duration = Duration::from_secs(5);

/// An answer that is one, and the token it was got with: its words must not bring that back.
struct Answered {
    answer: Response,
    /// Null where an empty body is an answer.
    json: Value,
    token: SecretString,
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
}

/// A PAT to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPat {
    /// Its name; the service allows the same one twice.
    pub display_name: String,
    /// Scopes, separated by single spaces.
    pub scope: String,
    /// When it is to end. Policies may shorten it silently.
    pub valid_to: DateTime<Utc>,
}

/// A PAT's new state. All four fields are sent: whether omitted ones are kept is not documented.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PatChange {
    /// Which PAT.
    pub authorization_id: AuthorizationId,
    /// Its name.
    pub display_name: String,
    /// Its scopes, separated by single spaces.
    pub scope: String,
    /// When it is to end. Under a lifespan policy the limit counts from when it was made.
    pub valid_to: DateTime<Utc>,
    /// Whether it is valid in all organizations: what it is today, since changing it is not reliable.
    pub all_orgs: bool,
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

    /// One page of a list: the first, or the one that a page's `next` names.
    ///
    /// # Errors
    /// See [`Reason`].
    pub async fn page(&self, listed: Listed, next: Option<&str>) -> Result<Page, DevOpsError> {
        let filter = match listed {
            Listed::Active => "active",
            Listed::Expired => "expired",
        };
        self.filtered_page(filter, listed, Doing::List, next).await
    }

    /// One page of the list that a `displayFilterOption` names; its PATs are marked as `listed`.
    pub(crate) async fn filtered_page(
        &self,
        filter: &str,
        listed: Listed,
        doing: Doing,
        next: Option<&str>,
    ) -> Result<Page, DevOpsError> {
        // Filters are repeated with each page, as the documentation asks. Filter and size have no documented
        // default, and an order keeps pages from sliding while PATs come and go.
        let mut request = Request::get(self.pats())
            .query("displayFilterOption", filter)
            .query("sortByOption", "displayName")
            .query("isSortAscending", "true")
            .query("$top", PAGE);
        if let Some(next) = next {
            request = request.query("continuationToken", next);
        }
        let answer = self
            .ask(request.query("api-version", PATS_VERSION), &doing)
            .await?;
        // A 200 can carry a refusal wherever a PAT is asked for.
        if let Some((error, message)) = wire::refusal(&answer.json) {
            return Err(self.no_pat(doing, &answer, NoPat::Refused(error, message)));
        }
        let mut page =
            wire::decode_list(&answer.json, listed).map_err(|why| self.odd(doing, &answer, why))?;
        if !page.odd.is_empty() {
            // These are quoted, and shortened.
            let echo = answer::echo(&answer.token);
            let quoted = page.odd.iter_mut().flat_map(|odd| [&mut odd.name, &mut odd.id]);
            quoted.flatten().for_each(|text| *text = echo.out_of(text));
        }
        Ok(page)
    }

    /// One PAT. Its [`Listed`] is `Active`, because this answer does not tell; compare its end with the time.
    ///
    /// # Errors
    /// See [`Reason`].
    pub async fn get(&self, id: &AuthorizationId) -> Result<Pat, DevOpsError> {
        let doing = Doing::Get(id.clone());
        let request = Request::get(self.pats())
            .query("authorizationId", id.as_str())
            .query("api-version", PATS_VERSION);
        let answer = self.ask(request, &doing).await?;
        wire::decode_one(&answer.json).map_err(|error| self.no_pat(doing, &answer, error))
    }

    /// Makes a PAT for this organization alone. Sent again only if it was provably not processed: see
    /// [`DevOpsError::may_have_happened`].
    ///
    /// # Errors
    /// See [`Reason`].
    pub async fn create(&self, new: &NewPat) -> Result<Minted, DevOpsError> {
        let doing = Doing::Create(new.display_name.clone());
        let request = Request::post(self.pats())
            .query("api-version", PATS_VERSION)
            .json(&json!({
                "displayName": new.display_name,
                "scope": new.scope,
                "validTo": date(new.valid_to),
                "allOrgs": false,
            }));
        let answer = self.ask(request, &doing).await?;
        let minted = wire::decode_minted(answer.json.clone());
        match minted.map_err(|error| self.no_pat(doing.clone(), &answer, error))? {
            minted
                if minted.pat.authorization_id.is_guid() && minted.pat.display_name == new.display_name =>
            {
                Ok(minted)
            }
            // What was made is looked for by its name.
            _ => Err(self.odd(doing, &answer, "it is about another PAT than the one asked for")),
        }
    }

    /// Changes a PAT; its secret stays.
    ///
    /// # Errors
    /// See [`Reason`].
    pub async fn update(&self, change: &PatChange) -> Result<Pat, DevOpsError> {
        let doing = Doing::Update(change.authorization_id.clone());
        let request = Request::put(self.pats())
            .query("api-version", PATS_VERSION)
            .json(&json!({
                "authorizationId": change.authorization_id.as_str(),
                "displayName": change.display_name,
                "scope": change.scope,
                "validTo": date(change.valid_to),
                "allOrgs": change.all_orgs,
            }));
        let answer = self.ask(request, &doing).await?;
        wire::decode_one(&answer.json).map_err(|error| self.no_pat(doing, &answer, error))
    }

    /// Revokes a PAT. Safe to repeat; connections already open may live on for a while.
    ///
    /// # Errors
    /// See [`Reason`]. That the service knows no such PAT is no error.
    pub async fn revoke(&self, id: &AuthorizationId) -> Result<Revoked, DevOpsError> {
        let doing = Doing::Revoke(id.clone());
        let request = Request::delete(self.pats())
            .query("authorizationId", id.as_str())
            .query("api-version", PATS_VERSION);
        let answer = match self.ask(request, &doing).await {
            Ok(answer) => answer,
            Err(DevOpsError {
                reason: Reason::NotFound,
                ..
            }) => return Ok(Revoked::Gone),
            Err(error) => return Err(error),
        };
        match (answer.answer.status, wire::refusal(&answer.json)) {
            (_, Some((error, _))) if error.is_gone() => Ok(Revoked::Gone),
            (_, Some((error, message))) => Err(self.no_pat(doing, &answer, NoPat::Refused(error, message))),
            (200 | 204, None) => Ok(Revoked::Now),
            // Accepted, or partial: not what the documentation calls revoked.
            _ => Err(self.odd(doing, &answer, "the status is neither 200 nor 204")),
        }
    }

    /// All that connection data tells. One request.
    ///
    /// # Errors
    /// See [`Reason`].
    pub async fn account(&self) -> Result<Account, DevOpsError> {
        let request = Request::get(self.connection_data_url()).query("api-version", CONNECTION_VERSION);
        let answer = self.ask(request, &Doing::Connection).await?;
        wire::decode_account(&answer.json).map_err(|why| self.odd(Doing::Connection, &answer, why))
    }

    /// The client that all requests go through.
    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    pub(crate) fn connection_data_url(&self) -> String {
        format!(
            "https://dev.azure.com/{}/_apis/connectionData",
            self.organization.name()
        )
    }

    fn pats(&self) -> String {
        format!(
            "https://vssps.dev.azure.com/{}/_apis/tokens/pats",
            self.organization.name()
        )
    }

    /// Sends a request with the headers that all have in common, and checks that its answer is one.
    async fn ask(&self, request: Request, doing: &Doing) -> Result<Answered, DevOpsError> {
        let error = |reason, words| self.error(reason, doing.clone(), words);
        let token = self
            .tokens
            .token()
            .await
            .map_err(|failure| error(Reason::NoToken(Box::new(failure)), Words::default()))?;
        let facts = TokenFacts::read(token.expose_secret());
        // Kept from the first token: a later one of the same source speaks for the same identity.
        self.facts.get_or_init(|| facts.clone());
        let request = request
            .bearer(token.clone())
            .header("accept", "application/json")
            // Without it a refused sign-in may answer with a redirect to a page instead of a status.
            .header("x-tfs-fedauthredirect", "Suppress");
        let answer = self
            .client
            .send(request)
            .await
            .map_err(|no_answer| error(no_answer.into(), Words::default()))?;
        let about = match doing {
            Doing::Get(_) | Doing::Update(_) | Doing::Revoke(_) => About::OnePat,
            Doing::List | Doing::ListEnded | Doing::Create(_) | Doing::Connection => About::Organization,
        };
        if let Some((reason, words)) = answer::fault(&answer, about, &facts, &token) {
            let reason = match reason {
                Reason::NotAuthorized | Reason::Refused | Reason::Anonymous | Reason::SignInPage => {
                    self.blame_tenant(&facts).await.unwrap_or(reason)
                }
                reason => reason,
            };
            return Err(error(reason, words));
        }
        // A revocation is answered with an empty body, and then without a content type.
        let json = if matches!(doing, Doing::Revoke(_)) && answer.body().is_empty() {
            Value::Null
        } else {
            answer.json().map_err(|not_json| {
                let words = answer::words(&answer, &answer::echo(&token));
                error(Reason::NotUnderstood(not_json.why()), words)
            })?
        };
        Ok(Answered { answer, json, token })
    }

    /// Whether the token was refused because the organization belongs to another tenant. Asked once, without
    /// credentials, and only when the refusal itself does not tell.
    async fn blame_tenant(&self, facts: &TokenFacts) -> Option<Reason> {
        facts.tenant.as_ref()?;
        let tenant = self.tenant.get_or_init(|| async {
            let request = Request::get(self.connection_data_url())
                .query("api-version", CONNECTION_VERSION)
                .header("accept", "application/json")
                .header("x-tfs-fedauthredirect", "Suppress");
            let answer = timeout(TENANT_PATIENCE, self.client.send(request)).await;
            tenant::named_in(&answer.ok()?.ok()?)
        });
        tenant::blame((*tenant.await)?, facts)
    }

    fn odd(&self, doing: Doing, answered: &Answered, why: &'static str) -> DevOpsError {
        let words = answer::words(&answered.answer, &answer::echo(&answered.token));
        self.error(Reason::NotUnderstood(why), doing, words)
    }

    fn no_pat(&self, doing: Doing, answered: &Answered, error: NoPat) -> DevOpsError {
        let echo = answer::echo(&answered.token);
        let mut words = answer::words(&answered.answer, &echo);
        let reason = match error {
            NoPat::Refused(error, message) => {
                // A name that is not known is the service's own words, too.
                let error = match error {
                    PatTokenError::Other(name) => {
                        PatTokenError::Other(patkeeper_http::words::message(&name, &echo))
                    }
                    known => known,
                };
                words.message = message.map(|message| patkeeper_http::words::message(&message, &echo));
                words.type_key = Some(error.code().to_owned());
                Reason::Pat(error)
            }
            NoPat::Odd(why) => Reason::NotUnderstood(why),
            NoPat::NoSecret(id) => Reason::NoSecret(id),
        };
        self.error(reason, doing, words)
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

/// ISO 8601 in UTC with milliseconds, as the service's examples have it.
fn date(at: DateTime<Utc>) -> Value {
    Value::from(at.to_rfc3339_opts(SecondsFormat::Millis, true))
}

impl std::fmt::Debug for AzureDevOps {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AzureDevOps")
            .field("organization", &self.organization)
            .finish_non_exhaustive()
    }
}
