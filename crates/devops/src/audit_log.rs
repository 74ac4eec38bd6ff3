//! The organization's audit log.
//!
//! `GET /_apis/audit/auditlog` (REST API specification 7.2, area `audit`). The published example has the result inside
//! `value`, clients in the field read it at the top. `hasMore` alone tells that there is more: the token is there after
//! the last page, too.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use patkeeper_core::audit::Event;
use patkeeper_core::failure::{Failure, FailureKind};
use patkeeper_core::reading::{SignedIn, Unreadable};
use patkeeper_core::time;
use patkeeper_http::Request;
use patkeeper_lifecycle::ports::{AuditLog, AuditPage, OwnPats};
use serde_json::Value;

use crate::answer;
use crate::client::AzureDevOps;
use crate::error::{DevOpsError, Doing, Reason, Words};
use crate::lifecycle::date;
use crate::own_pats::shorten;
use crate::wire::LONGEST_CONTINUATION;

const VERSION: &str = "7.2-preview.1";
/// The most that is allowed is not documented: a service that does not take this is asked without a size. Each request
/// is an entry of the log itself.
const BATCH: &str = "1000";

impl AzureDevOps {
    /// One page of the entries from `from` to `to`: the first, or the one that a page's `next` names. One request, and
    /// once more without a size if the service does not take ours; one for connection data if there is no such log.
    ///
    /// # Errors
    /// See [`Reason`].
    pub async fn audit_log_page(
        &self,
        from: DateTime<Utc>,
        to: DateTime<Utc>,
        next: Option<&str>,
    ) -> Result<AuditPage, DevOpsError> {
        let ask = async |with_size| self.ask_for_audit_log(from, to, next, with_size).await;
        let error = match self.audit_page.page(ask).await {
            Err(error) if matches!(error.reason, Reason::OrganizationNotFound) => error,
            other => return other,
        };
        // The log of an organization that is there can only be switched off.
        let is_there = match self.account().await {
            Ok(_) => true,
            Err(other) => other.failure().kind == FailureKind::Refused,
        };
        Err(DevOpsError {
            reason: if is_there {
                Reason::AuditingOff
            } else {
                error.reason
            },
            ..error
        })
    }

    async fn ask_for_audit_log(
        &self,
        from: DateTime<Utc>,
        to: DateTime<Utc>,
        next: Option<&str>,
        with_size: bool,
    ) -> Result<AuditPage, DevOpsError> {
        let organization = self.organization().name();
        let url = format!("https://auditservice.dev.azure.com/{organization}/_apis/audit/auditlog");
        let mut request = Request::get(url)
            .query("startTime", date(from))
            .query("endTime", date(to))
            .query("skipAggregation", "true");
        if with_size {
            request = request.query("batchSize", BATCH);
        }
        if let Some(next) = next {
            request = request.query("continuationToken", next);
        }
        let doing = Doing::Audit;
        let sent = self.send(request.query("api-version", VERSION), &doing).await?;
        if matches!(sent.answer.status, 200 | 204) && sent.answer.body().trim_ascii().is_empty() {
            return Err(self.error(Reason::AuditingOff, doing, Words::default()));
        }
        let json = sent.answer.json().map_err(|not_json| not_json.why());
        let read = json.and_then(|json| page(&json, next));
        match read {
            Ok(read) if sent.answer.status == 200 => {
                Ok(read.told(organization, |text| answer::echo(&sent.token).out_of(text)))
            }
            Ok(_) => Err(self.blame(&sent, &doing, "the status is not 200").await),
            Err(why) => Err(self.blame(&sent, &doing, why).await),
        }
    }
}

impl AuditLog for AzureDevOps {
    fn signed_in(&self) -> SignedIn {
        OwnPats::signed_in(self)
    }

    async fn page(
        &self,
        from: DateTime<Utc>,
        to: DateTime<Utc>,
        next: Option<&str>,
    ) -> Result<AuditPage, Failure> {
        Ok(self.audit_log_page(from, to, next).await?)
    }
}

#[derive(Default)]
struct Read {
    page: AuditPage,
    /// What each entry that is not understood tells of itself, and what is wrong with it.
    odd: Vec<(Option<String>, &'static str)>,
    /// Why it is not known whether there is more.
    endless: Option<&'static str>,
}

impl Read {
    fn told(mut self, organization: &str, clean: impl Fn(&str) -> String) -> AuditPage {
        let failure = |what: String| {
            Failure::new(FailureKind::Service, what)
                .with_code("notUnderstood")
                .with_why("what cannot be read may be the entry that counts")
        };
        let odd = self.odd.iter().map(|(name, why)| {
            let named = match name {
                Some(name) => format!("an entry ('{}')", shorten(&clean(name))),
                None => "an entry".to_owned(),
            };
            let what = format!("The audit log of {organization} holds {named} that is not understood: {why}");
            Unreadable {
                what: format!("{named} of the audit log of {organization}"),
                failure: failure(what).with_way_out(
                    "look at it in the portal: Organization settings, Auditing; report it if it looks as it should",
                ),
            }
        });
        self.page.unreadable = odd.collect();
        self.page.unreadable.extend(self.endless.map(|why| {
            Unreadable {
                what: format!("the older entries of the audit log of {organization}"),
                failure: failure(format!("The audit log of {organization} breaks off: {why}"))
                    .with_way_out("run the step again")
                    .with_way_out("ask for fewer days at once"),
            }
        }));
        self.page
    }
}

fn page(json: &Value, asked: Option<&str>) -> Result<Read, &'static str> {
    let inner = json.get("value").filter(|inner| inner.is_object());
    let member = |name: &str| {
        [Some(json), inner]
            .into_iter()
            .flatten()
            .find_map(|object| object.get(name))
    };
    let has_more = match member("hasMore") {
        None | Some(Value::Null) => None,
        Some(Value::Bool(has_more)) => Some(*has_more),
        Some(_) => return Err("its hasMore is neither true nor false"),
    };
    let entries = match member("decoratedAuditLogEntries") {
        Some(Value::Array(entries)) => entries.as_slice(),
        // A log without entries has an empty list. What has none may hold them elsewhere.
        _ => return Err("it holds no list 'decoratedAuditLogEntries'"),
    };
    let token = match member("continuationToken") {
        None | Some(Value::Null) => None,
        Some(Value::String(token)) if token.len() <= LONGEST_CONTINUATION => Some(token.as_str()),
        Some(_) if has_more == Some(false) => None,
        Some(_) => return Err("its continuationToken is not understood"),
    };
    let mut read = Read::default();
    match (has_more, token.filter(|token| !token.is_empty())) {
        (Some(false), _) => {}
        (Some(true), None) => read.endless = Some("it says that there is more, and not where"),
        (Some(true), Some(token)) if asked == Some(token) => {
            read.endless = Some("it says that there is more, and names the place where it was");
        }
        (Some(true), Some(token)) => read.page.next = Some(token.to_owned()),
        // Neither is what is left of an answer whose empty members are left out.
        (None, None) => {}
        (None, Some(_)) => read.endless = Some("it does not say whether there is more"),
    }
    for entry in entries {
        match event(entry) {
            Ok(event) => read.page.events.push(event),
            Err(why) => {
                let name = ["actionId", "id", "timestamp"]
                    .iter()
                    .find_map(|name| text(entry, name));
                read.odd.push((name, why));
            }
        }
    }
    Ok(read)
}

fn event(entry: &Value) -> Result<Event, &'static str> {
    if !entry.is_object() {
        return Err("it is no object");
    }
    let at = entry
        .get("timestamp")
        .and_then(Value::as_str)
        .and_then(time::parse);
    Ok(Event {
        action: text(entry, "actionId").ok_or("it has no actionId")?,
        at: at.ok_or("its timestamp is missing or no date")?,
        id: text(entry, "id"),
        actor_upn: text(entry, "actorUPN"),
        actor_name: text(entry, "actorDisplayName"),
        actor_id: text(entry, "actorCUID")
            .filter(|id| !is_nil(id))
            .or_else(|| text(entry, "actorUserId"))
            .or_else(|| text(entry, "actorClientId"))
            .filter(|id| !is_nil(id)),
        ip_address: text(entry, "ipAddress"),
        user_agent: text(entry, "userAgent"),
        mechanism: text(entry, "authenticationMechanism"),
        details: text(entry, "details"),
        category: text(entry, "category"),
        data: data(entry.get("data")),
    })
}

/// The GUID that stands for nobody: what actors have that are no person.
fn is_nil(id: &str) -> bool {
    id.bytes().all(|byte| matches!(byte, b'0' | b'-'))
}

/// Text that says something.
fn text(entry: &Value, name: &str) -> Option<String> {
    let text = entry.get(name)?.as_str()?;
    (!text.trim().is_empty()).then(|| text.to_owned())
}

fn data(data: Option<&Value>) -> BTreeMap<String, String> {
    let Some(Value::Object(members)) = data else {
        return BTreeMap::new();
    };
    let told = members.iter().filter(|(_, value)| !value.is_null());
    told.map(|(name, value)| {
        let text = value
            .as_str()
            .map_or_else(|| value.to_string(), ToOwned::to_owned);
        (name.to_lowercase(), text)
    })
    .collect()
}

#[cfg(test)]
mod tests;
