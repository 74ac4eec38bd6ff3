//! Which app asks, and how it proves that it is the one.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use percent_encoding::percent_decode_str;
use serde_json::Value;

use super::denial::{Denial, Words};
use crate::cloud::{App, Cloud, EXCHANGE_AUDIENCE, FederatedCredential, NEW_ISSUER_AUDIENCE, Tenant};
use crate::request::Request;

/// The type of a client assertion.
const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// The app that a form or an `Authorization: Basic` names: id and, with Basic, its secret.
pub(super) fn named(request: &Request) -> (Option<String>, Option<String>) {
    let basic = request
        .header("authorization")
        .and_then(|header| header.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("basic"))
        .and_then(|(_, pair)| STANDARD.decode(pair.trim()).ok())
        .and_then(|bytes| String::from_utf8(bytes).ok());
    let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    match basic.as_deref().and_then(|pair| pair.split_once(':')) {
        Some((id, secret)) => (Some(decoded(id)), Some(decoded(secret))),
        None => (request.field("client_id"), None),
    }
}

/// The app that asks, if this tenant knows it and it is not refused.
pub(super) fn app(
    cloud: &Cloud,
    tenant: Option<&Tenant>,
    client_id: Option<String>,
    words: &mut Words,
) -> Result<App, Denial> {
    let Some(client_id) = client_id.filter(|id| !id.is_empty()) else {
        "client_id".clone_into(&mut words.detail);
        return Err(Denial::new(900_144, words));
    };
    client_id.clone_into(&mut words.client_id);
    let app = cloud
        .app(&client_id)
        .filter(|app| tenant.is_none_or(|tenant| tenant.id.eq_ignore_ascii_case(&app.tenant)))
        .cloned()
        .ok_or_else(|| Denial::new(700_016, words))?;
    app.display_name.clone_into(&mut words.app);
    match app.refuses {
        Some(code) => Err(Denial::new(code, words)),
        None => Ok(app),
    }
}

/// How the app has proven itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Proof {
    None,
    Secret,
    Assertion,
}

/// Checks the app's proof; `unproven` is the code for a confidential app without one.
pub(super) fn prove(
    cloud: &Cloud,
    app: &App,
    request: &Request,
    unproven: u32,
    words: &mut Words,
) -> Result<Proof, Denial> {
    let secret = named(request)
        .1
        .or_else(|| request.field("client_secret"))
        .filter(|secret| !secret.is_empty());
    let assertion = request
        .field("client_assertion")
        .filter(|_| request.field("client_assertion_type").as_deref() == Some(JWT_BEARER));
    if app.public && (secret.is_some() || assertion.is_some()) {
        return Err(Denial::new(700_025, words));
    }
    match (secret, assertion) {
        (_, Some(assertion)) => {
            federated(cloud, app, &assertion, words)?;
            Ok(Proof::Assertion)
        }
        (Some(secret), None) => {
            let Some(known) = app.secrets.iter().find(|known| known.text == secret) else {
                return Err(Denial::new(7_000_215, words));
            };
            if known.ends <= cloud.now() {
                return Err(Denial::new(7_000_222, words));
            }
            Ok(Proof::Secret)
        }
        (None, None) if app.public && unproven == 7_000_218 => Ok(Proof::None),
        (None, None) => Err(Denial::new(unproven, words)),
    }
}

/// Checks a token of a foreign issuer.
fn federated(cloud: &Cloud, app: &App, text: &str, words: &mut Words) -> Result<(), Denial> {
    let Some(claims) = claims(text) else {
        return Err(Denial::new(50_027, words));
    };
    let claim = |name: &str| {
        let value = claims.get(name).and_then(Value::as_str);
        value.unwrap_or_default().to_owned()
    };
    words.assertion = [claim("iss"), claim("sub"), claim("aud")];
    let [issuer, subject, audience] = &words.assertion;
    if !app
        .federated
        .iter()
        .any(|known| fits(known, issuer, subject, audience))
    {
        let code = if cloud.entra.precise_federation {
            mismatch(app, issuer, subject)
        } else {
            70_021
        };
        return Err(Denial::new(code, words));
    }
    // Tokens are not signed here: one that was not issued here has a bad signature.
    let issued = cloud.entra.assertions.get(text);
    let Some(issued) = issued.filter(|issued| {
        issued.issuer == *issuer && issued.subject == *subject && issued.audience == *audience
    }) else {
        return Err(Denial::new(700_027, words));
    };
    let now = cloud.now();
    if now < issued.starts || now >= issued.ends {
        words.detail = format!(
            "Current time: {}, assertion valid from {}, expiry time of assertion {}",
            written(now),
            written(issued.starts),
            written(issued.ends)
        );
        return Err(Denial::new(700_024, words));
    }
    Ok(())
}

fn fits(known: &FederatedCredential, issuer: &str, subject: &str, audience: &str) -> bool {
    // Tokens that Entra itself issues for a connection name a first-party application instead.
    let audience_fits = known.audience == audience
        || (known.audience == EXCHANGE_AUDIENCE && audience == NEW_ISSUER_AUDIENCE);
    known.issuer == issuer && known.subject == subject && audience_fits
}

/// The code that tells which part of a federated token fits no credential.
fn mismatch(app: &App, issuer: &str, subject: &str) -> u32 {
    let of_issuer = || app.federated.iter().filter(|known| known.issuer == issuer);
    if of_issuer().next().is_none() {
        700_211
    } else if of_issuer().any(|known| known.subject == subject) {
        700_212
    } else if of_issuer().any(|known| known.subject.eq_ignore_ascii_case(subject)) {
        7_002_138
    } else {
        700_213
    }
}

/// The claims inside a JSON web token, whatever its signature.
fn claims(text: &str) -> Option<Value> {
    let mut parts = text.split('.');
    let (_, payload, _) = (parts.next()?, parts.next()?, parts.next()?);
    let bytes = URL_SAFE_NO_PAD.decode(payload).ok()?;
    serde_json::from_slice(&bytes).ok().filter(Value::is_object)
}

/// A time as Entra's texts have it.
pub(super) fn written(time: DateTime<Utc>) -> String {
    time.format("%Y-%m-%dT%H:%M:%S.0000000Z").to_string()
}
