//! The lifecycle API: the signed-in user's own PATs, one request each.

use chrono::{DateTime, SecondsFormat, Utc};
use patkeeper_core::advice::PatTokenError;
use patkeeper_core::pat::{AuthorizationId, Listed, Pat};
use patkeeper_http::Request;
use patkeeper_lifecycle::ports::Revoked;
use serde_json::json;

use crate::answer;
use crate::client::{Answered, AzureDevOps};
use crate::error::{DevOpsError, Doing, Reason};
use crate::wire::{self, Minted, NoPat, Page};

/// The operations of `tokens/pats` are marked preview in 7.1 and 7.2, and preview-only resources refuse a bare
/// version.
const PATS_VERSION: &str = "7.1-preview.1";
/// The largest `$top` of `tokens/pats`.
const PAGE: &str = "100";

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
        let mut page = wire::decode_list(&answer.json, listed)
            .map_err(|why| self.not_understood(&answer.sent, &doing, why))?;
        page.quote(|| answer::echo(&answer.sent.token));
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
            _ => Err(self.not_understood(
                &answer.sent,
                &doing,
                "it is about another PAT than the one asked for",
            )),
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
                words,
                ..
            }) => return Ok(gone(words.follows_a_lost_one)),
            Err(error) => return Err(error),
        };
        let is_nothing = answer.sent.answer.body().is_empty();
        match (answer.sent.answer.status, wire::refusal(&answer.json)) {
            (_, Some((error, _))) if error.is_gone() => Ok(gone(answer.sent.answer.follows_a_lost_one)),
            (_, Some((error, message))) => Err(self.no_pat(doing, &answer, NoPat::Refused(error, message))),
            (204, None) => Ok(Revoked::Now),
            (200, None) if is_nothing || wire::is_pat_result(&answer.json) => Ok(Revoked::Now),
            (200, None) => Err(self.not_understood(&answer.sent, &doing, "it says nothing of a PAT")),
            // Accepted, or partial: not what the documentation calls revoked.
            _ => Err(self.not_understood(&answer.sent, &doing, "the status is neither 200 nor 204")),
        }
    }

    fn pats(&self) -> String {
        self.vssps("tokens/pats")
    }

    fn no_pat(&self, doing: Doing, answered: &Answered, error: NoPat) -> DevOpsError {
        let echo = answer::echo(&answered.sent.token);
        let mut words = answer::words(&answered.sent.answer, &echo);
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
}

/// ISO 8601 in UTC with milliseconds, as the service's examples have it.
pub(crate) fn date(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// What it means that there is no such PAT.
fn gone(follows_a_lost_one: bool) -> Revoked {
    if follows_a_lost_one {
        Revoked::GoneOnceMore
    } else {
        Revoked::Gone
    }
}
