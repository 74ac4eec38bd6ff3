//! `POST /{org}/{project}/_apis/distributedtask/hubs/{hub}/plans/{plan}/jobs/{job}/oidctoken`.

use chrono::TimeDelta;
use serde_json::json;

use super::Call;
use super::caller::job_token;
use super::version::{Stage, version};
use crate::answer::Answer;
use crate::cloud::{Cloud, EXCHANGE_AUDIENCE, PipelineJob};
use crate::refusal::Refusal;

/// The parts of the address, if it is this one: project, hub, plan, job.
fn parts<'a>(call: &Call<'a>) -> Option<[&'a str; 4]> {
    let parts: Vec<&str> = call.path.iter().map(String::as_str).collect();
    match parts.as_slice() {
        [project, apis, tasks, hubs, hub, plans, plan, jobs, job, token]
            if [apis, tasks, hubs, plans, jobs, token]
                .iter()
                .zip(["_apis", "distributedtask", "hubs", "plans", "jobs", "oidctoken"])
                .all(|(part, name)| part.eq_ignore_ascii_case(name)) =>
        {
            Some([project, hub, plan, job])
        }
        _ => None,
    }
}

/// `None`: another address.
pub(super) fn answer(cloud: &mut Cloud, call: &Call<'_>) -> Option<Result<Answer, Refusal>> {
    parts(call).map(|parts| issue(cloud, call, parts))
}

fn issue(cloud: &mut Cloud, call: &Call<'_>, [project, hub, plan, id]: [&str; 4]) -> Result<Answer, Refusal> {
    let token = job_token(cloud, call)?;
    let same = |known: &PipelineJob| {
        known.token == token
            && [
                (&known.organization, call.organization.name.as_str()),
                (&known.project, project),
                (&known.hub, hub),
                (&known.plan, plan),
                (&known.id, id),
            ]
            .iter()
            .all(|(known, asked)| known.eq_ignore_ascii_case(asked))
    };
    let Some(job) = cloud.jobs.iter().find(|known| same(known)).cloned() else {
        return Err(Refusal::PlanSecurity);
    };
    version(call.request, Stage::Released)?;
    if call.request.method != "POST" {
        return Err(Refusal::method(&call.request.method));
    }
    let text = match call.request.parameter("serviceConnectionId") {
        None => pipeline_token(cloud, call, &job),
        Some(connection) => {
            let named = job
                .references
                .iter()
                .any(|known| known.eq_ignore_ascii_case(&connection));
            let here = cloud.connections.iter().any(|known| {
                known.id.eq_ignore_ascii_case(&connection)
                    && known.organization.eq_ignore_ascii_case(&call.organization.name)
            });
            let token = (named && here)
                .then(|| cloud.connection_token(&connection))
                .flatten();
            token.ok_or(Refusal::ConnectionNotReferenced {
                connection,
                stage: job.stage,
            })?
        }
    };
    Ok(Answer::json(200, &json!({ "oidcToken": text })))
}

/// A token of the pipeline as such, which no app trusts by itself.
fn pipeline_token(cloud: &mut Cloud, call: &Call<'_>, job: &PipelineJob) -> String {
    let issuer = format!("https://vstoken.dev.azure.com/{}", call.organization.account_id);
    let subject = format!("p://{}/{}/pipeline", job.organization, job.project);
    cloud.assertion(&issuer, &subject, EXCHANGE_AUDIENCE, TimeDelta::minutes(10))
}
