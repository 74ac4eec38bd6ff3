//! Token administration: anybody's PATs of an organization, read and revoked by an administrator.
//!
//! `/_apis/tokenadmin/…` (REST API specification 7.2, area `tokenAdmin`). Dates come without a zone and are UTC.

use chrono::{DateTime, Utc};
use patkeeper_core::failure::Failure;
use patkeeper_core::owner::Owner;
use patkeeper_core::pat::{AuthorizationId, Listed, Pat, Reach};
use patkeeper_core::reading::{SignedIn, Unreadable};
use patkeeper_core::scope::ScopeSet;
use patkeeper_core::time;
use patkeeper_http::{Repeat, Request, Response};
use patkeeper_lifecycle::ports::{Connection, EveryonesPats, Listing, OwnPats, UserPage, UsersPats};
use serde_json::{Value, json};

use crate::answer;
use crate::client::AzureDevOps;
use crate::error::{DevOpsError, Doing, Reason, Words};
use crate::fields::{self, Field, Names};
use crate::own_pats::{odd_entry, shorten, walk};
use crate::wire::{self, LONGEST_CONTINUATION, OddEntry, Page};

const VERSION: &str = "7.1";
/// The most that is allowed is not documented: a service that does not take this is asked without a size. Few people
/// have more, so that one request is enough for each.
const PAGE: &str = "100";

const NAMES: Names = &[
    &["value", "continuationToken"],
    &[
        "authorizationId",
        "displayName",
        "scope",
        "validFrom",
        "validTo",
        "targetAccounts",
        "isValid",
        "isPublic",
    ],
];

impl AzureDevOps {
    /// One page of one user's PATs: the first, or the one that a page's `next` names. One request, and once more without
    /// a page size if the service does not take ours.
    ///
    /// # Errors
    /// See [`Reason`].
    pub async fn pats_page_of(&self, user: &Owner, next: Option<&str>) -> Result<Page, DevOpsError> {
        let ask = async |with_size| self.ask_for_pats_of(user, next, with_size).await;
        self.tokens_page.page(ask).await
    }

    async fn ask_for_pats_of(
        &self,
        user: &Owner,
        next: Option<&str>,
        with_size: bool,
    ) -> Result<Page, DevOpsError> {
        let url = self.vssps(&format!("tokenadmin/personalaccesstokens/{}", user.descriptor));
        let mut request = Request::get(url).query("isPublic", "false");
        if with_size {
            request = request.query("pageSize", PAGE);
        }
        if let Some(next) = next {
            request = request.query("continuationToken", next);
        }
        let doing = Doing::ListOf(called(user));
        let sent = self.send(request.query("api-version", VERSION), &doing).await?;
        match page(&sent.answer) {
            Ok(mut page) if sent.answer.status == 200 => {
                page.quote(|| answer::echo(&sent.token));
                Ok(page)
            }
            Ok(_) => Err(self.blame(&sent, &doing, "the status is not 200").await),
            Err(why) => Err(self.blame(&sent, &doing, why).await),
        }
    }

    /// Revokes anybody's PATs of the organization, all or none, in one request. Safe to repeat. It may take up to an hour
    /// until the last service takes note (Azure DevOps documentation, "Revoke personal access tokens of organization
    /// users").
    ///
    /// # Errors
    /// See [`Reason`].
    pub async fn revoke_many(&self, ids: &[AuthorizationId]) -> Result<(), DevOpsError> {
        if ids.is_empty() {
            return Ok(());
        }
        let doing = Doing::RevokeMany(ids.len());
        let body: Vec<Value> = ids
            .iter()
            .map(|id| json!({ "authorizationId": id.as_str() }))
            .collect();
        let request = Request::post(self.vssps("tokenadmin/revocations"))
            .repeat(Repeat::Safe)
            .query("isPublic", "false")
            .query("api-version", VERSION)
            .json(&Value::from(body));
        let answered = self.ask(request, &doing).await?;
        match answered.sent.answer.status {
            204 => Ok(()),
            _ => Err(self.not_understood(&answered.sent, &doing, "the status is not 204")),
        }
    }
}

impl EveryonesPats for AzureDevOps {
    fn signed_in(&self) -> SignedIn {
        OwnPats::signed_in(self)
    }

    async fn connection(&self) -> Result<Connection, Failure> {
        OwnPats::connection(self).await
    }

    async fn users(&self, next: Option<&str>) -> Result<UserPage, Failure> {
        Ok(self.users_page(next).await?)
    }

    async fn pats_of(&self, user: &Owner) -> UsersPats {
        let error = |reason| self.error(reason, Doing::ListOf(called(user)), Words::default());
        let name = called(user);
        let walked = walk(error, async |next| self.pats_page_of(user, next.as_deref()).await).await;
        if let Some((
            _,
            error @ DevOpsError {
                reason: Reason::NoSuchUser,
                ..
            },
        )) = &walked.broken
        {
            return UsersPats {
                no_such_user: Some(error.failure()),
                ..UsersPats::default()
            };
        }
        let organization = self.organization().name();
        let odd = walked.odd.iter().map(|odd| {
            let among = format!("the PATs of {name} in {organization}");
            odd_entry(organization, &among, odd)
        });
        let broken = walked.broken.iter().map(|(page, error)| Unreadable {
            what: match page {
                1 => format!("the PATs of {name} in {organization}"),
                page => format!("the PATs of {name} in {organization}, from page {page} on"),
            },
            failure: error.failure(),
        });
        UsersPats {
            listing: Listing {
                unreadable: odd.chain(broken).collect(),
                pats: walked.pats,
            },
            revoked: walked.revoked,
            no_such_user: None,
        }
    }
}

/// As people know the user, within bounds, and the descriptor behind it: two people may have one name.
fn called(user: &Owner) -> String {
    let descriptor = user.descriptor.as_str();
    match user.name() {
        name if name == descriptor => descriptor.to_owned(),
        name => format!("{} ({descriptor})", shorten(name)),
    }
}

fn page(answer: &Response) -> Result<Page, &'static str> {
    // By the clock of who lists them.
    let now = answer.date().unwrap_or(DateTime::<Utc>::MIN_UTC);
    let read = answer.json_with(|body| fields::read(body, NAMES).map(|json| pats(&json, now)));
    read.map_err(|not_json| not_json.why())?
}

fn pats(json: &Field<'_>, now: DateTime<Utc>) -> Result<Page, &'static str> {
    let Field::Object(fields) = json else {
        return Err("it is no object");
    };
    let [Field::List(entries), continuation] = fields.as_slice() else {
        return Err("it holds no list 'value'");
    };
    let mut page = Page {
        next: match continuation.text_or_nothing() {
            Some("") => None,
            Some(token) if token.len() <= LONGEST_CONTINUATION => Some(token.to_owned()),
            // Taking this for the end would hide the PATs of the pages that follow.
            _ => return Err("its continuationToken is not understood"),
        },
        ..Page::default()
    };
    for entry in entries {
        match pat(entry, now) {
            Ok(Entry::Pat(pat)) => page.pats.push(pat),
            Ok(Entry::Revoked(id)) => page.revoked.push(id),
            Ok(Entry::SshKey) => {}
            Err(why) => {
                let text = |at: usize| match entry {
                    Field::Object(fields) => fields.get(at)?.text().map(ToOwned::to_owned),
                    _ => None,
                };
                page.odd.push(OddEntry {
                    name: text(1),
                    id: text(0),
                    why,
                });
            }
        }
    }
    Ok(page)
}

enum Entry {
    Pat(Pat),
    Revoked(AuthorizationId),
    SshKey,
}

fn pat(entry: &Field<'_>, now: DateTime<Utc>) -> Result<Entry, &'static str> {
    let Field::Object(fields) = entry else {
        return Err("it is no object");
    };
    let [id, name, scope, from, to, accounts, is_valid, is_public] = fields.as_slice() else {
        return Err("it is no object");
    };
    let flag = |field: &Field<'_>, absent| match field {
        Field::Bool(flag) => Some(*flag),
        Field::Absent | Field::Null => Some(absent),
        _ => None,
    };
    if flag(is_public, false).ok_or("its isPublic is neither true nor false")? {
        return Ok(Entry::SshKey);
    }
    let id = id.text().map(str::trim).filter(|id| !id.is_empty());
    let authorization_id = AuthorizationId::new(id.ok_or("it has no authorizationId")?);
    let date = |field: &Field<'_>| field.text().and_then(time::parse);
    let valid_to = date(to).ok_or("its validTo is missing or no date")?;
    // What does not say that it was revoked is looked at as if it opened doors.
    let is_valid = flag(is_valid, true).ok_or("its isValid is neither true nor false")?;
    if !is_valid && valid_to > now {
        return Ok(Entry::Revoked(authorization_id));
    }
    Ok(Entry::Pat(Pat {
        authorization_id,
        display_name: name
            .text_or_nothing()
            .ok_or("its displayName is no text")?
            .to_owned(),
        scopes: ScopeSet::parse(scope.text_or_nothing().ok_or("its scope is no text")?),
        valid_from: date(from).ok_or("its validFrom is missing or no date")?,
        valid_to,
        reach: reach(accounts).ok_or("its targetAccounts is no list of ids")?,
        listed: if valid_to > now {
            Listed::Active
        } else {
            Listed::Expired
        },
    }))
}

fn reach(accounts: &Field<'_>) -> Option<Reach> {
    match accounts {
        Field::Absent | Field::Null => Some(Reach::AllOrganizations),
        Field::List(ids) => {
            let ids: Vec<&str> = ids.iter().map(Field::text).collect::<Option<_>>()?;
            Some(wire::organizations(&ids))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests;
