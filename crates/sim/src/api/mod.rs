//! From a request to an answer: which service, which organization, which resource.

mod administration;
mod audit;
mod caller;
mod connection;
mod entra;
mod graph;
mod locations;
mod managed;
mod oidc;
mod pats;
mod profiles;
mod resources;
mod sessions;
mod slack;
mod teams;
mod vault;
mod version;
mod webhook;

use crate::answer::Answer;
use crate::cloud::{Cloud, Metered, Organization, RateLimit};
use crate::hosts::Service;
use crate::refusal::Refusal;
use crate::request::Request;

/// Who asks, for the log.
pub(crate) fn identity(cloud: &Cloud, service: &Service, request: &Request) -> String {
    match service {
        Service::Entra(_) => entra::identity(cloud, request),
        _ => caller::identity(cloud, request),
    }
}
pub(crate) use vault::{resolves, without_value};

/// Answers a request; the books may change.
pub(crate) fn answer(cloud: &mut Cloud, service: &Service, request: &Request) -> Answer {
    match service {
        Service::Slack => webhook::receive(cloud, request, &slack::RULES),
        Service::TeamsWorkflow => webhook::receive(cloud, request, &teams::WORKFLOW),
        Service::TeamsConnector => webhook::receive(cloud, request, &teams::CONNECTOR),
        Service::Webhook => webhook::receive(cloud, request, &webhook::GENERIC),
        Service::Entra(instance) => entra::answer(cloud, *instance, request),
        Service::Imds => managed::imds(cloud, request),
        Service::WebApp(secret) => managed::app_service(cloud, secret, request),
        Service::Vault => vault::answer(cloud, request),
        Service::Profiles => profiles::answer(cloud, request),
        Service::DevOps => match request.segments().split_first() {
            Some((organization, path)) => devops(cloud, organization, path, request),
            None => Refusal::NoSuchOrganization.answer(&request.host, ""),
        },
        Service::DevOpsLegacy(organization) => devops(cloud, organization, &request.segments(), request),
    }
}

/// One request to Azure DevOps, on its way through the checks.
struct Call<'a> {
    organization: Organization,
    /// The path's parts after the organization.
    path: &'a [String],
    request: &'a Request,
}

impl Call<'_> {
    /// Whether the path is this one, without regard to letter case.
    fn is(&self, path: &str) -> bool {
        let mut wanted = path.split('/');
        self.path
            .iter()
            .all(|part| wanted.next().is_some_and(|name| name.eq_ignore_ascii_case(part)))
            && wanted.next().is_none()
    }
}

/// Whether users and tokens are administered there.
fn is_identity_host(host: &str) -> bool {
    host == "vssps.dev.azure.com" || host.ends_with(".vssps.visualstudio.com")
}

/// The user agent, for the audit log: any text.
fn agent(request: &Request) -> String {
    request
        .headers
        .get("user-agent")
        .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
        .unwrap_or_default()
}

/// The parts that have rooms of their own.
fn room(cloud: &mut Cloud, call: &Call<'_>) -> Option<Result<Answer, Refusal>> {
    if let Some(answer) = oidc::answer(cloud, call).or_else(|| locations::answer(cloud, call)) {
        return Some(answer);
    }
    match call.request.host.as_str() {
        host if is_identity_host(host) => {
            sessions::answer(cloud, call).or_else(|| graph::answer(cloud, call))
        }
        "auditservice.dev.azure.com" => audit::answer(cloud, call),
        _ => None,
    }
}

fn devops(cloud: &mut Cloud, organization: &str, path: &[String], request: &Request) -> Answer {
    let activity = cloud.guid();
    let Some(organization) = cloud.organization(organization).cloned() else {
        let answer = Refusal::NoSuchOrganization.answer(&request.host, &activity);
        return dress(cloud, answer, activity);
    };
    let call = Call {
        organization,
        path,
        request,
    };
    let limit = cloud.manners.rate_limit;
    let metered = limit.map(|limit| {
        let (who, now) = (caller::identity(cloud, request), cloud.now());
        cloud.meters.take(&who, &limit, now)
    });
    let answer = if let Some(refusal) = call.organization.refuses_all.clone() {
        Err(refusal)
    } else if let Some(metered) = &metered
        && metered.refused
    {
        Err(Refusal::RateLimited {
            retry_after: metered.wait,
        })
    } else if let Some(answer) = room(cloud, &call) {
        answer
    } else if call.is("_apis/tokens/pats") {
        pats::answer(cloud, &call)
    } else if call.is("_apis/connectionData") {
        connection::answer(cloud, &call)
    } else {
        resources::answer(cloud, &call)
    };
    let mut answer = answer.unwrap_or_else(|refusal| refusal.answer(&request.host, &activity));
    if !matches!(answer.status, 203 | 302 | 401)
        && let Some(user) = caller::user_data(cloud, &call)
    {
        answer = answer.with("X-VSS-UserData", user);
    }
    if let (Some(metered), Some(limit)) = (metered, limit) {
        answer = limited(cloud, answer, &metered, &limit);
    }
    dress(cloud, answer, activity)
}

/// The headers of a caller's own rate limit.
fn limited(cloud: &Cloud, mut answer: Answer, metered: &Metered, limit: &RateLimit) -> Answer {
    if let Some(seconds) = metered.wait {
        // A refusal has it already.
        if !metered.refused {
            answer = answer.with("Retry-After", seconds.to_string());
            answer.delay = limit.delay;
        }
        let delay = format!("{:.3}", answer.delay.as_secs_f64());
        answer = answer.with("X-RateLimit-Delay", delay);
    }
    let reset = cloud.now().timestamp() + i64::from(metered.full_in);
    answer
        .with("X-RateLimit-Resource", "core")
        .with("X-RateLimit-Limit", format!("{:.0}", limit.burst))
        .with("X-RateLimit-Remaining", metered.remaining.to_string())
        .with("X-RateLimit-Reset", reset.to_string())
}

/// The headers that every answer of the service carries.
fn dress(cloud: &Cloud, mut answer: Answer, activity: String) -> Answer {
    answer = answer
        .with("X-VSS-E2EID", activity.clone())
        .with("ActivityId", activity);
    if let Some(rate) = &cloud.manners.rate_headers {
        answer = answer
            .with("X-RateLimit-Resource", rate.resource.clone())
            .with("X-RateLimit-Delay", rate.delay.clone())
            .with("X-RateLimit-Limit", rate.limit.to_string())
            .with("X-RateLimit-Remaining", rate.remaining.to_string())
            .with("X-RateLimit-Reset", rate.reset.to_string());
    }
    match cloud.manners.retry_after_on_success {
        Some(seconds) if answer.status < 300 => answer.with("Retry-After", seconds.to_string()),
        _ => answer,
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use proptest::prelude::*;

    use super::*;
    use crate::cloud::{Clock, PatSeed};

    /// Anything a client may send: mostly near what is understood.
    fn request() -> impl Strategy<Value = (String, String, String, String, bool)> {
        let method =
            prop::sample::select(vec!["GET", "POST", "PUT", "DELETE", "PATCH"]).prop_map(str::to_owned);
        let path = prop_oneof![
            Just("/acme/_apis/tokens/pats".to_owned()),
            Just("/acme/_apis/connectionData".to_owned()),
            "(/(acme|_apis|tokens|%ff|[a-z%é]{0,6})){0,6}",
        ];
        let query = prop_oneof![
            "api-version=[0-9.]{0,4}(-preview[.0-9]{0,3})?(&[$a-z]{1,6}=[^&#]{0,20}){0,3}",
            "api-version=7.1-preview.1&(continuationToken|authorizationId|[$]top|sortByOption)=[ -~]{0,20}",
        ];
        let body = prop_oneof![
            any::<String>(),
            r#"\{"(validTo|scope|displayName|authorizationId)":("[ -~&&[^"]]{0,30}"|null|-?[0-9]{1,20}|\[\])\}"#,
        ];
        (method, path, query, body, any::<bool>())
    }

    proptest! {
        #[test]
        fn no_request_breaks_the_simulator((method, path, query, body, signed_in) in request()) {
            let mut cloud = Cloud::new(1, Clock::Fixed("2026-11-21T12:00:00Z".parse().unwrap()));
            let user = cloud.add_user("acme", "a@acme.example", "A");
            cloud.add_pat(PatSeed::new(&user, "acme", "a", "vso.code"));
            let token = cloud.user_token(&user);
            let mut headers = hyper::HeaderMap::new();
            headers.insert("content-type", "application/json".parse().unwrap());
            if signed_in {
                headers.insert("authorization", format!("Bearer {token}").parse().unwrap());
            }
            for service in [Service::DevOps, Service::Slack, Service::TeamsWorkflow, Service::Webhook] {
                let request = Request {
                    method: method.clone(),
                    host: "vssps.dev.azure.com".into(),
                    path: path.clone(),
                    query: query.clone(),
                    headers: headers.clone(),
                    body: Bytes::from(body.clone()),
                };
                let answer = answer(&mut cloud, &service, &request);
                prop_assert!((200..500).contains(&answer.status));
                let is_json = answer.headers.iter().any(|(_, value)| value.starts_with("application/json"));
                let text = answer.body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&answer.body);
                prop_assert!(!is_json || serde_json::from_slice::<serde_json::Value>(text).is_ok());
            }
        }
    }
}
