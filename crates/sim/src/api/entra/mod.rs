//! Microsoft Entra: `/{tenant}/oauth2/v2.0/…` and what clients ask before.

mod authorize;
mod client;
mod denial;
mod device;
mod discovery;
mod scopes;
mod token;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::answer::Answer;
use crate::cloud::{App, Cloud, Instance, Tenant};
use crate::request::Request;
use denial::{Denial, Words};

pub(super) fn answer(cloud: &mut Cloud, instance: Instance, request: &Request) -> Answer {
    let segments = request.segments();
    let parts: Vec<&str> = segments.iter().map(String::as_str).collect();
    let answer = match parts.as_slice() {
        ["common", "discovery", "instance"] => discovery::instance(request),
        [tenant, "v2.0", ".well-known", "openid-configuration"] => {
            discovery::configuration(cloud, instance, tenant, request)
        }
        [tenant, "oauth2", "v2.0", "authorize"] => authorize::answer(cloud, instance, tenant, request),
        [tenant, "oauth2", "v2.0", "token"] => token::answer(cloud, instance, tenant, request),
        [tenant, "oauth2", "v2.0", "devicecode"] => device::answer(cloud, instance, tenant, request),
        _ => Answer::html(
            404,
            "<!DOCTYPE html><html><head><title>404 - File or directory not found.</title></head></html>"
                .to_owned(),
        ),
    };
    answer
        .with("Cache-Control", "no-store, no-cache")
        .with("Pragma", "no-cache")
        .with("x-ms-ests-server", "2.1.22223.4 - SIM")
}

/// The app that a request names, for the log.
pub(super) fn identity(cloud: &Cloud, request: &Request) -> String {
    let id = client::named(request)
        .0
        .or_else(|| request.parameter("client_id"));
    match id {
        None => "anonymous".to_owned(),
        Some(id) => cloud
            .app(&id)
            .map_or_else(|| "unknown".to_owned(), |app| format!("app:{}", app.display_name)),
    }
}

/// The tenant in the path; `None`: any (`common`, `organizations`).
fn tenant(
    cloud: &Cloud,
    instance: Instance,
    name: &str,
    words: &mut Words,
) -> Result<Option<Tenant>, Denial> {
    name.clone_into(&mut words.tenant);
    if ["common", "organizations", "consumers"]
        .iter()
        .any(|any| name.eq_ignore_ascii_case(any))
    {
        return Ok(None);
    }
    let known = cloud.find_tenant(name).filter(|known| known.instance == instance);
    if known.is_some() {
        return Ok(known);
    }
    let could_be = name.contains('.') || uuid::Uuid::parse_str(name).is_ok();
    Err(Denial::new(if could_be { 90_002 } else { 900_023 }, words))
}

/// Refuses what only the tenant's own address serves: every app of the books is known to one tenant.
fn own_tenant(tenant: Option<&Tenant>, words: &Words) -> Result<(), Denial> {
    match tenant {
        Some(_) => Ok(()),
        None => Err(Denial::new(50_194, words)),
    }
}

/// Refuses a user whom the app's tenant does not let sign in.
fn user_may(cloud: &Cloud, user: &str, app: &App, words: &mut Words) -> Result<(), Denial> {
    let Some(known) = cloud.user(user) else {
        return Err(Denial::new(50_020, words));
    };
    known.upn.clone_into(&mut words.user);
    if !known.tenant.eq_ignore_ascii_case(&app.tenant) {
        return Err(Denial::new(50_020, words));
    }
    match cloud.entra.user_refusals.get(user) {
        Some(code) => Err(Denial::new(*code, words)),
        None => Ok(()),
    }
}

fn post_only(request: &Request, words: &mut Words) -> Result<(), Denial> {
    if request.method == "POST" {
        return Ok(());
    }
    request.method.clone_into(&mut words.detail);
    Err(Denial::new(900_561, words))
}

/// What libraries know an account by.
fn client_info(cloud: &Cloud, user: &str) -> String {
    let tenant = cloud
        .user(user)
        .map_or(cloud.tenant(), |user| user.tenant.as_str());
    URL_SAFE_NO_PAD.encode(serde_json::json!({ "uid": user, "utid": tenant }).to_string())
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use proptest::prelude::*;

    use super::*;
    use crate::cloud::{AppSeed, Clock};

    const CLIENT: &str = "0aa1bb2c-1111-4111-8111-0000000000aa";

    fn fields() -> impl Strategy<Value = Vec<(String, String)>> {
        let name = prop::sample::select(vec![
            "grant_type",
            "scope",
            "client_secret",
            "client_assertion",
            "client_assertion_type",
            "refresh_token",
            "code",
            "code_verifier",
            "redirect_uri",
            "device_code",
        ]);
        let value = prop_oneof![
            "[ -~]{0,40}",
            "(client_credentials|refresh_token|authorization_code|password|device_code)",
            "(offline_access |499b84ac-1321-427f-aa17-267ca6975798/|https://vault.azure.net/|a/){0,3}(.default|vso.pats)",
            "[A-Za-z0-9_-]{0,20}\\.[A-Za-z0-9_-]{0,40}\\.[A-Za-z0-9_-]{0,20}",
        ];
        prop::collection::vec((name.prop_map(str::to_owned), value), 0..6)
    }

    proptest! {
        #[test]
        fn no_form_breaks_a_sign_in_or_is_given_a_token(
            fields in fields(),
            path in "/(common|acme\\.example|[a-z0-9-]{0,8}|%ff)/oauth2/v2\\.0/(token|devicecode|authorize)",
            public in any::<bool>(),
        ) {
            let mut cloud = Cloud::new(1, Clock::Fixed("2026-11-21T12:00:00Z".parse().unwrap()));
            let tenant = cloud.add_tenant(Instance::Public, "acme.example");
            let seed = if public { AppSeed::public("app") } else { AppSeed::confidential("app") };
            cloud.add_app(seed.client_id(CLIENT).tenant(&tenant).redirect("http://localhost"));
            let form = form_urlencoded::Serializer::new(String::new())
                .append_pair("client_id", CLIENT)
                .extend_pairs(&fields)
                .finish();
            let mut headers = hyper::HeaderMap::new();
            headers.insert("content-type", "application/x-www-form-urlencoded".parse().unwrap());
            let request = Request {
                method: if path.ends_with("authorize") { "GET" } else { "POST" }.into(),
                host: "login.microsoftonline.com".into(),
                path,
                query: form.clone(),
                headers,
                body: Bytes::from(form),
            };
            let answer = answer(&mut cloud, Instance::Public, &request);
            prop_assert!((200..500).contains(&answer.status));
            let text = String::from_utf8_lossy(&answer.body);
            prop_assert!(!text.contains("access_token"));
            prop_assert!(answer.status != 200 || !request.path.ends_with("token"));
        }
    }
}
