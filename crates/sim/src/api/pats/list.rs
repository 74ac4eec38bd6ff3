//! `GET` without an id: a page of the caller's PATs.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::{Visit, wire};
use crate::answer::Answer;
use crate::cloud::{Cloud, ListEnd, Pat, State};
use crate::refusal::Refusal;
use crate::request::Request;

/// What is listed, in which order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Options {
    /// `None`: all.
    only: Option<State>,
    sort: Option<Sort>,
    ascending: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sort {
    Name,
    Date,
    Status,
}

impl Options {
    fn read(request: &Request) -> Result<Self, Refusal> {
        let word = |name: &str| request.parameter(name).map(|value| value.to_ascii_lowercase());
        let only = match word("displayFilterOption").as_deref() {
            None | Some("active") => Some(State::Active),
            Some("revoked") => Some(State::Revoked),
            Some("expired") => Some(State::Expired),
            Some("all") => None,
            Some(other) => return Err(bad("displayFilterOption", other)),
        };
        let sort = match word("sortByOption").as_deref() {
            None => None,
            Some("displayname") => Some(Sort::Name),
            Some("displaydate") => Some(Sort::Date),
            Some("status") => Some(Sort::Status),
            Some(other) => return Err(bad("sortByOption", other)),
        };
        let ascending = match word("isSortAscending").as_deref() {
            None | Some("true") => true,
            Some("false") => false,
            Some(other) => return Err(bad("isSortAscending", other)),
        };
        Ok(Self {
            only,
            sort,
            ascending,
        })
    }

    /// For the continuation token: a page must be asked for with the options of the first one.
    fn mark(self) -> String {
        format!("{:?}/{:?}/{}", self.only, self.sort, self.ascending)
    }
}

fn bad(name: &str, value: &str) -> Refusal {
    Refusal::exception(
        400,
        "VssPropertyValidationException",
        format!("The value '{value}' is not valid for {name}."),
    )
}

pub(super) fn answer(cloud: &Cloud, visit: &Visit<'_>) -> Result<Answer, Refusal> {
    let request = visit.call.request;
    let options = Options::read(request)?;
    let asked = match request.parameter("$top") {
        None => cloud.manners.page_default,
        Some(text) => text
            .parse()
            .ok()
            .filter(|top| *top > 0)
            .ok_or_else(|| bad("$top", &text))?,
    };
    let size = asked.min(cloud.manners.page_cap).max(1);
    let start = match request
        .parameter("continuationToken")
        .filter(|token| !token.is_empty())
    {
        None => 0,
        Some(token) => place(&token, options).ok_or_else(|| bad("continuationToken", &token))?,
    };
    let mut listed = seen(cloud, visit, options);
    sort(&mut listed, cloud, options);
    let page: Vec<Value> = listed
        .iter()
        .skip(start)
        .take(size)
        .map(|pat| wire::pat_token(pat, None))
        .collect();
    let next = start + page.len();
    let mut body = json!({ "patTokens": page });
    let token = if next < listed.len() {
        Some(json!(token(next, options)))
    } else {
        match cloud.manners.list_end {
            ListEnd::Empty => Some(json!("")),
            ListEnd::Null => Some(Value::Null),
            ListEnd::Absent => None,
        }
    };
    if let (Some(token), Some(body)) = (token, body.as_object_mut()) {
        body.insert("continuationToken".to_owned(), token);
    }
    Ok(Answer::json(200, &body))
}

/// The caller's PATs that a list from this organization shows: its own, global ones, and those of the tenant's
/// other organizations.
fn seen<'c>(cloud: &'c Cloud, visit: &Visit<'_>, options: Options) -> Vec<&'c Pat> {
    let here = &visit.call.organization.account_id;
    let now = cloud.now();
    cloud
        .pats
        .iter()
        .filter(|pat| pat.owner == visit.user)
        .filter(|pat| pat.is_for(here) || cloud.manners.list_foreign)
        .filter(|pat| options.only.is_none_or(|only| pat.state(now) == only))
        .collect()
}

fn sort(listed: &mut [&Pat], cloud: &Cloud, options: Options) {
    let now = cloud.now();
    match options.sort {
        None => return,
        Some(Sort::Name) => listed.sort_by_cached_key(|pat| pat.display_name.to_lowercase()),
        Some(Sort::Date) => listed.sort_by_key(|pat| pat.valid_to),
        Some(Sort::Status) => listed.sort_by_key(|pat| pat.state(now)),
    }
    if !options.ascending {
        listed.reverse();
    }
}

/// An opaque token for the entry at `start`.
fn token(start: usize, options: Options) -> String {
    URL_SAFE_NO_PAD.encode(format!("{start};{}", options.mark()))
}

/// Where a token leads, if it was made for these options.
fn place(token: &str, options: Options) -> Option<usize> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(token).ok()?).ok()?;
    let (start, mark) = text.split_once(';')?;
    (mark == options.mark()).then(|| start.parse().ok())?
}
