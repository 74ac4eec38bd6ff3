//! From a request to an answer: which service, which organization, which resource.

mod caller;
mod connection;
mod pats;
mod resources;
mod slack;
mod teams;
mod version;
mod webhook;

use crate::answer::Answer;
use crate::cloud::{Cloud, Organization};
use crate::hosts::Service;
use crate::refusal::Refusal;
use crate::request::Request;

pub(crate) use caller::identity;

/// Answers a request; the books may change.
pub(crate) fn answer(cloud: &mut Cloud, service: &Service, request: &Request) -> Answer {
    match service {
        Service::Slack => webhook::receive(cloud, request, &slack::RULES),
        Service::TeamsWorkflow => webhook::receive(cloud, request, &teams::WORKFLOW),
        Service::TeamsConnector => webhook::receive(cloud, request, &teams::CONNECTOR),
        Service::Webhook => webhook::receive(cloud, request, &webhook::GENERIC),
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
    activity: String,
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

fn devops(cloud: &mut Cloud, organization: &str, path: &[String], request: &Request) -> Answer {
    let activity = cloud.guid();
    let answer = match cloud.organization(organization).cloned() {
        None => Err(Refusal::NoSuchOrganization),
        Some(Organization {
            refuses_all: Some(refusal),
            ..
        }) => Err(refusal),
        Some(organization) => {
            let call = Call {
                organization,
                path,
                request,
                activity: activity.clone(),
            };
            if call.is("_apis/tokens/pats") {
                pats::answer(cloud, &call)
            } else if call.is("_apis/connectionData") {
                connection::answer(cloud, &call)
            } else {
                resources::answer(cloud, &call)
            }
        }
    };
    let answer = answer.unwrap_or_else(|refusal| refusal.answer(&request.host, &activity));
    dress(cloud, answer, activity)
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
