//! Lists, page by page.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::Call;
use super::deleted::is_settled;
use super::wire::{self, Refused};
use crate::answer::Answer;
use crate::cloud::{Right, SecretVersion};

/// `GET /secrets`: each with what is said about its newest version.
pub(super) fn secrets(call: &Call<'_>) -> Result<Answer, Refused> {
    call.allow(Right::List, "readMetadata/action", None)?;
    let live = call
        .vault
        .secrets
        .iter()
        .filter(|secret| secret.deleted.is_none());
    let items = live.filter_map(|secret| Some(wire::item(&call.vault, secret, secret.current()?, false)));
    page(call, items.collect())
}

/// `GET /secrets/{name}/versions`. A secret that is not there has no versions, which is no error. They come in the
/// order of their ids, which says nothing about their age.
pub(super) fn versions(call: &Call<'_>, name: &str) -> Result<Answer, Refused> {
    call.allow(Right::List, "readMetadata/action", Some(name))?;
    let secret = call.vault.secret(name).filter(|secret| secret.deleted.is_none());
    let mut items = Vec::new();
    if let Some(secret) = secret {
        let mut sorted: Vec<&SecretVersion> = secret.versions.iter().collect();
        sorted.sort_by(|a, b| a.id.cmp(&b.id));
        items.extend(
            sorted
                .into_iter()
                .map(|version| wire::item(&call.vault, secret, version, true)),
        );
    }
    page(call, items)
}

/// `GET /deletedsecrets`.
pub(super) fn deleted(call: &Call<'_>, now: DateTime<Utc>) -> Result<Answer, Refused> {
    call.allow(Right::List, "readMetadata/action", None)?;
    let gone = call
        .vault
        .secrets
        .iter()
        .filter(|secret| is_settled(&call.vault, secret, now));
    let items = gone.filter_map(|secret| Some(wire::deleted(&call.vault, secret, secret.deleted?, false)));
    page(call, items.collect())
}

/// The page that is asked for. A `nextLink` names the port, as the service's does.
fn page(call: &Call<'_>, items: Vec<Value>) -> Result<Answer, Refused> {
    let most = call.vault.page_size.max(1);
    let wanted = match call.request.parameter("maxresults") {
        None => most,
        Some(text) => text
            .parse()
            .ok()
            .filter(|wanted| (1..=25).contains(wanted))
            .map(|wanted: usize| wanted.min(most))
            .ok_or_else(|| Refused::bad("Property maxresults has invalid value\r\n"))?,
    };
    let token = call.request.parameter("$skiptoken");
    let (start, size) = match &token {
        Some(token) => (
            position(token).ok_or_else(|| Refused::bad("Property $skiptoken has invalid value\r\n"))?,
            wanted,
        ),
        None => (0, if call.vault.empty_page_first { 0 } else { wanted }),
    };
    let end = (start + size).min(items.len());
    let next = (end < items.len() || (size == 0)).then(|| link(call, end));
    let values = items.get(start..end).unwrap_or_default();
    Ok(Answer::json(200, &json!({ "value": values, "nextLink": next })))
}

fn link(call: &Call<'_>, start: usize) -> String {
    let version = call.request.parameter("api-version").unwrap_or_default();
    let token = URL_SAFE_NO_PAD.encode(json!({ "NextMarker": start, "TargetLocation": 0 }).to_string());
    let path = call.request.path.trim_end_matches('/');
    let size = call.request.parameter("maxresults");
    let size = size.map(|size| format!("&maxresults={size}")).unwrap_or_default();
    format!(
        "https://{}:443{path}?api-version={version}&$skiptoken={token}{size}",
        call.vault.host
    )
}

fn position(token: &str) -> Option<usize> {
    let json: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(token).ok()?).ok()?;
    usize::try_from(json.get("NextMarker")?.as_u64()?).ok()
}
