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
