//! Pages of users and service principals. A page is cut from all identities first, and `subjectTypes` selects from it
//! then: so pages come short, or empty, while more follow.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::wire;
use crate::answer::Answer;
use crate::api::Call;
use crate::cloud::{Cloud, User};
use crate::refusal::Refusal;

/// Names the next page; without it there is none.
const NEXT: &str = "X-MS-ContinuationToken";

/// Identities by number: those in the books, then the crowd.
struct Identities<'a> {
    named: Vec<&'a User>,
    crowd: Option<&'a crate::cloud::Crowd>,
}

impl<'a> Identities<'a> {
    fn of(cloud: &'a Cloud, organization: &str) -> Self {
        Self {
            named: cloud
                .users
                .iter()
                .filter(|user| user.is_in(organization))
                .collect(),
            crowd: cloud.crowd(organization),
        }
    }

    fn len(&self) -> usize {
        let crowd = self.crowd.map_or(0, crate::cloud::Crowd::identities);
        self.named.len() + usize::try_from(crowd).unwrap_or_default()
    }

    /// The entry of that number, if it is of one of the kinds.
    fn entry(&self, at: usize, types: Option<&[String]>, host: &str) -> Option<Value> {
        let wanted = |kind: crate::cloud::UserKind| {
            types.is_none_or(|types| types.iter().any(|name| name == kind.subject_type()))
        };
        if let Some(user) = self.named.get(at) {
            return wanted(user.kind).then(|| wire::user(user, host));
        }
        let number = u32::try_from(at - self.named.len()).ok()?;
        let crowd = self.crowd?;
        wanted(crowd.kind(number)).then(|| wire::user(&crowd.user(number), host))
    }
}

/// `GET users`.
pub(super) fn users(cloud: &Cloud, call: &Call<'_>) -> Result<Answer, Refusal> {
    let types = call
        .request
        .parameter("subjectTypes")
        .filter(|text| !text.trim().is_empty())
        .map(|text| {
            text.split(',')
                .map(|name| name.trim().to_ascii_lowercase())
                .collect::<Vec<_>>()
        });
    let mark = types.as_ref().map_or(String::new(), |types| types.join(","));
    let identities = Identities::of(cloud, &call.organization.name);
    let host = format!("https://{}/{}", call.request.host, call.organization.name);
    paged(cloud, call, &mark, identities.len(), |at| {
        identities.entry(at, types.as_deref(), &host)
    })
}

/// `GET serviceprincipals`.
pub(super) fn service_principals(cloud: &Cloud, call: &Call<'_>) -> Result<Answer, Refusal> {
    let apps: Vec<_> = cloud
        .entra
        .apps
        .iter()
        .filter(|app| app.is_in(&call.organization.name))
        .collect();
    paged(cloud, call, "aadsp", apps.len(), |at| {
        apps.get(at).map(|app| wire::service_principal(app))
    })
}

fn paged(
    cloud: &Cloud,
    call: &Call<'_>,
    mark: &str,
    count: usize,
    entry: impl Fn(usize) -> Option<Value>,
) -> Result<Answer, Refusal> {
    let manners = &cloud.manners;
    let (page, start) = match call
        .request
        .parameter("continuationToken")
        .filter(|text| !text.is_empty())
    {
        None => (0, 0),
        Some(text) => place(&text, mark).ok_or_else(|| {
            Refusal::exception(
                400,
                "GraphBadRequestException",
                "VS860007: The continuation token is not valid for this request.",
            )
        })?,
    };
    let empty = manners.graph_empty_every > 0 && page % manners.graph_empty_every == 0 && count > 0;
    let end = if empty {
        start
    } else {
        count.min(start.saturating_add(manners.graph_page.max(1)))
    };
    let value: Vec<Value> = (start..end).filter_map(entry).collect();
    let answer = Answer::json(200, &json!({ "count": value.len(), "value": value }));
    Ok(if end < count {
        answer.with(NEXT, token(page + 1, end, mark))
    } else {
        answer
    })
}

/// Comes out as `++++`, which a query turns into blanks unless it is escaped.
const START: [u8; 3] = [0xfb, 0xef, 0xbe];

/// An opaque token.
fn token(page: usize, start: usize, mark: &str) -> String {
    STANDARD.encode([START.as_slice(), format!("{page};{start};{mark}").as_bytes()].concat())
}

/// Page number and first entry, if the token was made for this selection.
fn place(token: &str, mark: &str) -> Option<(usize, usize)> {
    let bytes = STANDARD.decode(token).ok()?;
    let text = std::str::from_utf8(bytes.strip_prefix(&START)?).ok()?;
    let mut parts = text.splitn(3, ';');
    let (page, start) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    (parts.next()? == mark).then_some((page, start))
}
