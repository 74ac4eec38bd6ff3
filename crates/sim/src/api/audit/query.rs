//! `GET auditlog`: a page of the log, the newest entries first.

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use super::wire;
use crate::answer::Answer;
use crate::api::Call;
use crate::cloud::{Actor, AuditEvent, Cloud};
use crate::refusal::Refusal;

/// What the service keeps.
const KEPT_DAYS: i64 = 90;
const DEFAULT_BATCH: usize = 200;
const LARGEST_BATCH: usize = 10_000;
const ACCESS: &str = "AuditLog.AccessLog";

/// What is asked for.
pub(super) struct Query {
    from: DateTime<Utc>,
    to: DateTime<Utc>,
    batch: usize,
    /// The place of the last entry of the page before: its time and its number in the log.
    after: Option<(i64, usize)>,
    apart: bool,
}

impl Query {
    pub(super) fn read(cloud: &Cloud, call: &Call<'_>) -> Result<Self, Refusal> {
        let now = cloud.now();
        let oldest = now - TimeDelta::days(KEPT_DAYS);
        let sent = |name: &str| call.request.parameter(name).filter(|text| !text.is_empty());
        let time = |name: &str| {
            sent(name)
                .map(|text| parsed(&text).ok_or_else(|| bad(name, &text)))
                .transpose()
        };
        let (from, to) = (
            time("startTime")?.unwrap_or(oldest),
            time("endTime")?.unwrap_or(now),
        );
        if from > to {
            return Err(bad("startTime", &from.to_rfc3339()));
        }
        let batch = match sent("batchSize") {
            None => DEFAULT_BATCH,
            Some(text) => text
                .parse()
                .ok()
                .filter(|size| (1..=LARGEST_BATCH).contains(size))
                .ok_or_else(|| bad("batchSize", &text))?,
        };
        let after = sent("continuationToken")
            .map(|text| place(&text).ok_or_else(|| bad("continuationToken", &text)))
            .transpose()?;
        let apart = match sent("skipAggregation") {
            None => false,
            Some(text) => text
                .to_ascii_lowercase()
                .parse()
                .map_err(|_| bad("skipAggregation", &text))?,
        };
        Ok(Self {
            from: from.max(oldest),
            to,
            batch,
            after,
            apart,
        })
    }

    pub(super) fn answer(&self, cloud: &Cloud, call: &Call<'_>) -> Answer {
        let name = &call.organization.name;
        let mut found: Vec<(usize, &AuditEvent)> = cloud
            .events()
            .iter()
            .enumerate()
            .filter(|(_, event)| event.organization.eq_ignore_ascii_case(name))
            .filter(|(_, event)| self.from <= event.at && event.at <= self.to)
            .filter(|(number, event)| self.after.is_none_or(|after| key(*number, event) < after))
            .collect();
        found.sort_unstable_by_key(|(number, event)| std::cmp::Reverse(key(*number, event)));
        // One access after the other by the same actor is one entry.
        let groups: Vec<&[(usize, &AuditEvent)]> = found
            .chunk_by(|(_, one), (_, next)| {
                let access = one.action == ACCESS && next.action == ACCESS;
                !self.apart && access && one.actor == next.actor
            })
            .collect();
        let page = groups.get(..self.batch.min(groups.len())).unwrap_or_default();
        let entries: Vec<Value> = page
            .iter()
            .filter_map(|group| {
                let (number, newest) = group.first()?;
                let times: Vec<String> = group.iter().map(|(_, event)| wire::written(event.at)).collect();
                let every = cloud.manners.audit_bad_escapes;
                let odd = every > 0 && number % every == every - 1;
                Some(wire::entry(call, newest, &times, odd))
            })
            .collect();
        // There even where nothing follows.
        let token = page
            .last()
            .and_then(|group| group.last())
            .map(|(number, event)| token(*number, event));
        let more = page.len() < groups.len();
        typed(wire::text(entries, token, more, cloud.manners.audit_wrapped))
    }

    /// Asking is itself an event.
    pub(super) fn note(&self, cloud: &mut Cloud, call: &Call<'_>, actor: &Actor) {
        let data = json!({ "Filter": {
            "StartTime": wire::written(self.from), "EndTime": wire::written(self.to), "BatchSize": self.batch,
            "ContinuationToken": call.request.parameter("continuationToken"), "HasMore": null,
        }});
        if let Value::Object(data) = data {
            let details = "Accessed the audit log".to_owned();
            cloud.note(&call.organization.name, ACCESS, details, data, actor);
        }
    }
}

/// An answer without entries.
pub(super) fn nothing(cloud: &Cloud) -> Answer {
    typed(wire::text(Vec::new(), None, false, cloud.manners.audit_wrapped))
}

fn typed(text: String) -> Answer {
    Answer::json(200, &Value::Null).with_body(text)
}

/// The order of the log.
fn key(number: usize, event: &AuditEvent) -> (i64, usize) {
    (event.at.timestamp_micros(), number)
}

fn token(number: usize, event: &AuditEvent) -> String {
    format!(
        "{};{number:08x}-0000-8888-8000-000000000000;{}",
        event.at.timestamp_micros(),
        event.id
    )
}

fn place(token: &str) -> Option<(i64, usize)> {
    let mut parts = token.split(';');
    let time = parts.next()?.parse().ok()?;
    let number = usize::from_str_radix(parts.next()?.split('-').next()?, 16).ok()?;
    parts.next()?;
    Some((time, number))
}

/// A time; without a zone it is UTC.
fn parsed(text: &str) -> Option<DateTime<Utc>> {
    let zoned = DateTime::parse_from_rfc3339(text).map(|time| time.to_utc());
    zoned
        .or_else(|_| NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f").map(|time| time.and_utc()))
        .ok()
}

fn bad(name: &str, value: &str) -> Refusal {
    Refusal::exception(
        400,
        "VssPropertyValidationException",
        format!("The value '{value}' is not valid for {name}."),
    )
}
