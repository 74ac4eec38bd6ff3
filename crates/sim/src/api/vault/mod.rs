//! Key Vault's secrets. After "Azure Key Vault REST API reference" (api-version 2025-07-01) and the answers that
//! Microsoft's client libraries have on record.

mod change;
mod deleted;
mod gate;
mod list;
mod wire;

use bytes::Bytes;
use serde_json::Value;

use crate::answer::Answer;
use crate::cloud::{Cloud, Right, Vault, is_vault_host};
use crate::log::fingerprint;
use crate::request::Request;
use wire::Refused;

/// Whether there is something at `host`: the name of a vault that does not exist cannot be resolved.
pub(crate) fn resolves(cloud: &Cloud, host: &str) -> bool {
    !is_vault_host(host) || cloud.vault(host).is_some()
}

/// A request's body for the log: what a vault is given to keep is a secret, whatever it looks like.
pub(crate) fn without_value(request: &Request) -> Bytes {
    let keeps = is_vault_host(&request.host) && request.method == "PUT";
    let body = keeps
        .then(|| serde_json::from_slice(&request.body).ok())
        .flatten();
    let Some(Value::Object(mut body)) = body else {
        return request.body.clone();
    };
    if let Some(Value::String(value)) = body.get_mut("value") {
        *value = format!("<secret {}>", fingerprint(value));
    }
    Bytes::from(Value::Object(body).to_string())
}

/// Versions that the service takes, the newest last.
const API_VERSIONS: &[&str] = &[
    "2016-10-01",
    "7.0",
    "7.1",
    "7.2",
    "7.3",
    "7.4",
    "7.5",
    "7.6",
    "2025-06-01-preview",
    "2025-07-01",
    "2026-04-01",
];

/// One request to a vault, on its way through the checks.
struct Call<'a> {
    /// The vault as it was when the request came.
    vault: Vault,
    caller: gate::Caller,
    request: &'a Request,
}

impl Call<'_> {
    fn allow(&self, right: Right, action: &str, secret: Option<&str>) -> Result<(), Refused> {
        self.caller.allow(&self.vault, right, action, secret)
    }

    /// The vault, to alter it.
    fn books<'c>(&self, cloud: &'c mut Cloud) -> Result<&'c mut Vault, Refused> {
        cloud.vault_mut(&self.vault.host).ok_or_else(Refused::gone)
    }
}

/// Answers a request to a vault.
pub(super) fn answer(cloud: &mut Cloud, request: &Request) -> Answer {
    let id = cloud.guid();
    let answer = passed(cloud, request)
        .and_then(|call| route(cloud, &call))
        .unwrap_or_else(|refused| {
            let challenge = cloud.vault(&request.host).map(gate::challenge);
            refused.answer(challenge)
        });
    let client_id = request.header("x-ms-client-request-id").unwrap_or(&id);
    // The cloud's clock, so that a client that compares its own with it sees what the books say.
    let date = cloud.now().format("%a, %d %b %Y %H:%M:%S GMT").to_string();
    answer
        .with("Date", date)
        .with("Cache-Control", "no-cache")
        .with("Pragma", "no-cache")
        .with("Expires", "-1")
        .with("x-ms-keyvault-region", gate::REGION)
        .with("x-ms-client-request-id", client_id)
        .with("x-ms-request-id", id.clone())
        .with("X-Content-Type-Options", "nosniff")
        .with("Strict-Transport-Security", "max-age=31536000;includeSubDomains")
}

/// The request, after all checks that do not depend on what is asked.
fn passed<'a>(cloud: &mut Cloud, request: &'a Request) -> Result<Call<'a>, Refused> {
    let now = cloud.now();
    let vault = cloud.vault_mut(&request.host).ok_or_else(Refused::gone)?;
    deleted::forget_old(vault, now);
    let vault = vault.clone();
    let caller = gate::caller(cloud, &vault, request)?;
    caller.arrives(&vault)?;
    gate::throttle(cloud, &request.host)?;
    let version = request.parameter("api-version").unwrap_or_default();
    if version.is_empty() {
        return Err(Refused::bad("api-version must be specified"));
    }
    if !API_VERSIONS.contains(&version.as_str()) {
        return Err(Refused::bad(&format!(
            "The specified version ({version}) is not recognized. Consider using the latest supported version (2026-04-01)."
        )));
    }
    Ok(Call {
        vault,
        caller,
        request,
    })
}

fn route(cloud: &mut Cloud, call: &Call<'_>) -> Result<Answer, Refused> {
    let segments = call.request.segments();
    let path: Vec<&str> = segments.iter().map(String::as_str).collect();
    if let [_, name, ..] = path.as_slice() {
        wire::check_name(name)?;
    }
    match (call.request.method.as_str(), path.as_slice()) {
        ("GET", ["secrets"]) => list::secrets(call),
        ("GET", ["secrets", name, "versions"]) => list::versions(call, name),
        ("GET", ["secrets", name]) => change::read(call, name, None),
        ("GET", ["secrets", name, version]) => change::read(call, name, Some(version)),
        ("PUT", ["secrets", name]) => change::write(cloud, call, name),
        ("PATCH", ["secrets", name]) => change::update(cloud, call, name, None),
        ("PATCH", ["secrets", name, version]) => change::update(cloud, call, name, Some(version)),
        ("DELETE", ["secrets", name]) => deleted::delete(cloud, call, name),
        ("GET", ["deletedsecrets"]) => list::deleted(call, cloud.now()),
        ("GET", ["deletedsecrets", name]) => deleted::read(call, name, cloud.now()),
        ("POST", ["deletedsecrets", name, "recover"]) => deleted::recover(cloud, call, name),
        ("DELETE", ["deletedsecrets", name]) => deleted::purge(cloud, call, name),
        (method, path) => Err(Refused::bad(&format!(
            "Method {method} does not allow operation '{}'",
            path.first().unwrap_or(&"")
        ))),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::cloud::{Clock, SecretSeed, TokenSpec};

    /// Anything a client may send: mostly near what is understood.
    fn request() -> impl Strategy<Value = (String, String, String, String)> {
        let method =
            prop::sample::select(vec!["GET", "POST", "PUT", "DELETE", "PATCH"]).prop_map(str::to_owned);
        let path = "(/(secrets|deletedsecrets|pat|versions|recover|%ff|[a-z%é]{0,6})){0,4}/?";
        let query = "api-version=7.4(&(maxresults|[$]skiptoken)=([0-9]{1,3}|[ -~&&[^&#]]{0,40})){0,2}";
        let body = prop_oneof![
            any::<String>(),
            r#"\{"(value|tags|attributes|contentType)":("[ -~&&[^"\\]]{0,30}"|null|-?[0-9]{1,20}|\[\]|\{"(exp|nbf|enabled)":-?[0-9]{1,25}\})\}"#,
        ];
        (method, path, query, body)
    }

    proptest! {
        #[test]
        fn no_request_breaks_a_vault((method, path, query, body) in request()) {
            let mut cloud = Cloud::new(1, Clock::Fixed("2026-11-21T12:00:00Z".parse().unwrap()));
            cloud.put_secret("acme-kv", SecretSeed::new("pat", "not-a-secret"));
            cloud.grant("acme-kv", "ci", Right::ALL);
            let token = cloud.token(TokenSpec::app("ci").audience("https://vault.azure.net"));
            let mut headers = hyper::HeaderMap::new();
            headers.insert("content-type", "application/json".parse().unwrap());
            headers.insert("authorization", format!("Bearer {token}").parse().unwrap());
            let request = Request {
                method,
                host: "acme-kv.vault.azure.net".into(),
                path,
                query,
                headers,
                body: Bytes::from(body),
            };
            let answer = answer(&mut cloud, &request);
            prop_assert!((200..500).contains(&answer.status));
            prop_assert!(answer.status == 204 || serde_json::from_slice::<Value>(&answer.body).is_ok());
        }
    }
}
