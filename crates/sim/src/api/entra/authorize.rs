//! `GET /{tenant}/oauth2/v2.0/authorize`, as a browser meets it.

use form_urlencoded::Serializer;

use super::denial::{Denial, Words, ids};
use super::scopes::Asked;
use super::{client, client_info, own_tenant, user_may};
use crate::answer::Answer;
use crate::cloud::{App, Browser, Cloud, Grant, Instance};
use crate::request::Request;

pub(super) fn answer(cloud: &mut Cloud, instance: Instance, tenant: &str, request: &Request) -> Answer {
    let mut words = Words::default();
    let (app, redirect) = match who(cloud, instance, tenant, request, &mut words) {
        Ok(found) => found,
        // Nobody is sent on to an address that is not known to be the app's.
        Err(denial) => return denial.page(cloud, request),
    };
    let state = request.parameter("state");
    let back = |mut answer: Vec<(&'static str, String)>| {
        answer.extend(state.clone().map(|state| ("state", state)));
        send_back(request, &redirect, &answer)
    };
    let failed = |cloud: &mut Cloud, denial: Denial| {
        let (trace, correlation) = ids(cloud, request);
        let description = denial.description(cloud, &trace, &correlation);
        back(vec![
            ("error", denial.error.to_owned()),
            ("error_description", description),
        ])
    };
    let scope = request.parameter("scope").unwrap_or_default();
    let response_type = request.parameter("response_type").unwrap_or_default();
    if response_type != "code" || scope.is_empty() {
        let missing = if scope.is_empty() {
            "scope"
        } else {
            "response_type=code"
        };
        missing.clone_into(&mut words.detail);
        return failed(cloud, Denial::new(900_144, &words));
    }
    if let Err(denial) = Asked::check(instance, &scope, &mut words) {
        return failed(cloud, denial);
    }
    let user = match cloud.entra.browser.clone() {
        Browser::User(user) => user,
        Browser::Declines => {
            return failed(cloud, Denial::new(65_004, &words));
        }
        Browser::Nobody => return sign_in_page(),
    };
    // Who is refused sees why, and stays on the page: the app is told nothing.
    if let Err(denial) = user_may(cloud, &user, &app, &mut words) {
        return denial.page(cloud, request);
    }
    if cloud.entra.consents_when_asked {
        consent(cloud, &app.client_id, &scope);
    } else if let Some(missing) = scope.split_ascii_whitespace().find(|part| {
        part.contains('/') && !part.ends_with("/.default") && !app.consented.iter().any(|known| known == part)
    }) {
        missing.clone_into(&mut words.scope);
        return failed(cloud, Denial::new(65_001, &words).worded("consent_required"));
    }
    let challenge = request.parameter("code_challenge").map(|challenge| {
        let method = request
            .parameter("code_challenge_method")
            .unwrap_or_else(|| "plain".to_owned());
        (challenge, method)
    });
    let grant = Grant {
        user: user.clone(),
        client_id: app.client_id,
        scopes: scope,
        nonce: request.parameter("nonce"),
    };
    let code = cloud.issue_code(grant, &redirect, challenge);
    back(vec![
        ("code", code),
        ("client_info", client_info(cloud, &user)),
        ("session_state", cloud.guid()),
    ])
}

/// The app, and the redirect URI if it is one of the app's.
fn who(
    cloud: &Cloud,
    instance: Instance,
    tenant: &str,
    request: &Request,
    words: &mut Words,
) -> Result<(App, String), Denial> {
    let tenant = super::tenant(cloud, instance, tenant, words)?;
    let app = client::app(cloud, tenant.as_ref(), request.parameter("client_id"), words)?;
    own_tenant(tenant.as_ref(), words)?;
    let redirect = request.parameter("redirect_uri").unwrap_or_default();
    redirect.clone_into(&mut words.redirect);
    if app.redirects.iter().any(|known| same_redirect(known, &redirect)) {
        Ok((app, redirect))
    } else {
        Err(Denial::new(50_011, words))
    }
}

/// Whether a redirect URI is the registered one. The port does not count on this machine's own names; the
/// numeric IPv6 address is not among them.
fn same_redirect(registered: &str, asked: &str) -> bool {
    if registered == asked {
        return true;
    }
    let without_port = |uri: &str| {
        let rest = uri.strip_prefix("http://")?;
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let host = match authority.split_once(':') {
            Some((host, port)) if port.parse::<u16>().is_ok() => host,
            Some(_) => return None,
            None => authority,
        };
        let path = if path.is_empty() { "/" } else { path };
        matches!(host, "localhost" | "127.0.0.1").then(|| (host.to_owned(), path.to_owned()))
    };
    let known = without_port(registered);
    known.is_some() && known == without_port(asked)
}

/// Writes down that a user has agreed.
pub(super) fn consent(cloud: &mut Cloud, client_id: &str, scope: &str) {
    if let Some(app) = cloud.app_mut(client_id) {
        for part in scope.split_ascii_whitespace().filter(|part| part.contains('/')) {
            if !app.consented.iter().any(|known| known == part) {
                app.consented.push(part.to_owned());
            }
        }
    }
}

fn send_back(request: &Request, redirect: &str, answer: &[(&'static str, String)]) -> Answer {
    if request.parameter("response_mode").as_deref() == Some("form_post") {
        return form_post(redirect, answer);
    }
    let pairs = Serializer::new(String::new()).extend_pairs(answer).finish();
    let (base, known) = redirect.split_once('?').unwrap_or((redirect, ""));
    // An address without a path gets one.
    let slash = if base.splitn(4, '/').count() < 4 { "/" } else { "" };
    let known = if known.is_empty() {
        String::new()
    } else {
        format!("{known}&")
    };
    let location = match request.parameter("response_mode").as_deref() {
        Some("fragment") => format!("{redirect}{slash}#{pairs}"),
        _ => format!("{base}{slash}?{known}{pairs}"),
    };
    Answer::html(
        302,
        "<html><head><title>Object moved</title></head><body></body></html>".to_owned(),
    )
    .with("Location", location)
}

/// A page whose form the browser sends by itself.
fn form_post(redirect: &str, answer: &[(&'static str, String)]) -> Answer {
    let escaped = |text: &str| {
        text.replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('"', "&quot;")
    };
    let inputs: String = answer
        .iter()
        .map(|(name, value)| {
            format!(
                "<input type=\"hidden\" name=\"{name}\" value=\"{}\" />",
                escaped(value)
            )
        })
        .collect();
    Answer::html(
        200,
        format!(
            "<html><head><title>Working...</title></head><body><form method=\"POST\" name=\"hiddenform\" \
             action=\"{}\">{inputs}</form><script>window.setTimeout('document.forms[0].submit()', 0);</script>\
             </body></html>",
            escaped(redirect)
        ),
    )
}

fn sign_in_page() -> Answer {
    Answer::html(
        200,
        "<!DOCTYPE html>\r\n<html><head><title>Sign in to your account</title></head>\
         <body><form><input type=\"email\" name=\"loginfmt\" /></form></body></html>\r\n"
            .to_owned(),
    )
}

#[cfg(test)]
mod tests {
    use super::same_redirect;

    #[test]
    fn only_the_port_of_this_machine_s_own_names_is_free() {
        assert!(same_redirect("http://localhost", "http://localhost:4711"));
        assert!(same_redirect("http://localhost", "http://localhost:4711/"));
        assert!(same_redirect("http://127.0.0.1/back", "http://127.0.0.1:1/back"));
        for asked in [
            "http://localhost:4711/back",
            "http://127.0.0.1:4711",
            "https://localhost:4711",
            "http://localhost.example:4711",
            "http://localhost:1@evil.example",
        ] {
            assert!(!same_redirect("http://localhost", asked), "{asked}");
        }
        assert!(!same_redirect("https://app.example/", "https://app.example:444/"));
    }
}
