//! The federated tokens of Azure DevOps, and what Entra makes of them.

use chrono::TimeDelta;
use patkeeper_sim::{Action, AppSeed, Fault, JobSeed, Match, OidcIssuer, PipelineJob, Refusal, TokenSpec};
use reqwest::blocking::Response;
use serde_json::Value;

use crate::entra::JWT_BEARER;
use crate::support::{World, claims, world};

fn ask(world: &World, job: &PipelineJob, token: &str, connection: &str) -> Response {
    let url = format!(
        "{}?api-version=7.1&serviceConnectionId={connection}",
        job.oidc_request_uri()
    );
    world
        .client
        .post(url)
        .bearer_auth(token)
        .header("content-length", "0")
        .send()
        .unwrap()
}

fn token(answer: Response) -> String {
    assert_eq!(answer.status(), 200);
    let body: Value = answer.json().unwrap();
    body["oidcToken"].as_str().unwrap().to_owned()
}

/// An app, a connection of it, and a job that names the connection.
fn pipeline(world: &World, issuer: OidcIssuer) -> (String, String, PipelineJob) {
    world.sim.cloud(|cloud| {
        let app = cloud.add_app(AppSeed::confidential("sp"));
        let connection = cloud.add_connection("acme", "web shop", "azure", &app, issuer);
        let job = cloud.add_job(JobSeed::new("acme", "web shop").references(&connection));
        (app, connection, job)
    })
}

fn exchange(world: &World, app: &str, assertion: &str) -> Response {
    world.ask(&[
        ("grant_type", "client_credentials"),
        ("client_id", app),
        ("client_assertion_type", JWT_BEARER),
        ("client_assertion", assertion),
        ("scope", "https://vault.azure.net/.default"),
    ])
}

#[test]
fn each_issuer_s_token_is_taken_by_the_connection_s_app_and_no_other() {
    let world = world();
    for (issuer, audience, subject) in [
        (
            OidcIssuer::Old,
            "api://AzureADTokenExchange",
            "sc://acme/web shop/azure",
        ),
        (
            OidcIssuer::New,
            "fb60f99c-7a34-4190-8149-302f77469936",
            "/eid1/c/pub/t/",
        ),
    ] {
        let (app, connection, job) = pipeline(&world, issuer);
        let assertion = token(ask(&world, &job, &job.token, &connection));
        let claims = claims(&assertion);
        assert_eq!(claims["aud"], audience);
        assert!(claims["sub"].as_str().unwrap().starts_with(subject));
        assert_eq!(exchange(&world, &app, &assertion).status(), 200);
        let other = world
            .sim
            .cloud(|cloud| cloud.add_app(AppSeed::confidential("other")));
        assert_eq!(exchange(&world, &other, &assertion).status(), 400);
        let known = world.sim.cloud(|cloud| cloud.secrets());
        assert!(known.contains(&assertion) && known.contains(&job.token));
    }
}

#[test]
fn the_new_issuer_s_token_is_kept_for_a_day_the_old_one_s_is_not() {
    let world = world();
    for (issuer, same) in [(OidcIssuer::Old, false), (OidcIssuer::New, true)] {
        let (_, connection, job) = pipeline(&world, issuer);
        let get = || token(ask(&world, &job, &job.token, &connection));
        assert_eq!(get() == get(), same);
    }
    let (app, connection, job) = pipeline(&world, OidcIssuer::Old);
    let assertion = token(ask(&world, &job, &job.token, &connection));
    world
        .sim
        .cloud(|cloud| cloud.clock.advance(TimeDelta::minutes(10)));
    let late = exchange(&world, &app, &assertion);
    assert!(late.text().unwrap().contains("AADSTS700024"));
}

#[test]
fn a_connection_that_the_job_does_not_name_is_refused_inside_a_success() {
    let world = world();
    let (_, connection, _) = pipeline(&world, OidcIssuer::New);
    let job = world
        .sim
        .cloud(|cloud| cloud.add_job(JobSeed::new("acme", "web shop")));
    let answer = ask(&world, &job, &job.token, &connection);
    assert_eq!(answer.status(), 200);
    let body: Value = answer.json().unwrap();
    assert!(body.get("oidcToken").is_none());
    let text = body["value"].as_str().unwrap();
    assert!(text.starts_with(&format!(
        "There is no explicit reference to service connection {connection} from current stage "
    )));
    assert_eq!(body["count"], text.chars().count());
}

#[test]
fn only_the_job_s_own_token_is_taken() {
    let world = world();
    let (_, connection, job) = pipeline(&world, OidcIssuer::New);
    assert_eq!(ask(&world, &job, "made-up", &connection).status(), 203);
    assert_eq!(ask(&world, &job, &world.token, &connection).status(), 401);
    let (ended, other) = world.sim.cloud(|cloud| {
        let ended = cloud.token(TokenSpec::job("Build Service").valid_for(TimeDelta::minutes(-1)));
        let other = cloud.add_job(JobSeed::new("acme", "web shop").references(&connection));
        (ended, other)
    });
    assert_eq!(ask(&world, &job, &ended, &connection).status(), 401);
    let refused = ask(&world, &job, &other.token, &connection);
    assert_eq!(refused.status(), 500);
    let body: Value = refused.json().unwrap();
    assert_eq!(body["typeKey"], "TaskOrchestrationPlanSecurityException");
    world.sim.fault(Fault::once(
        Match::any().path("/oidctoken"),
        Action::Refuse(Refusal::RateLimited { retry_after: Some(5) }),
    ));
    assert_eq!(ask(&world, &job, &job.token, &connection).status(), 429);
}

#[test]
fn without_a_connection_the_token_is_the_pipeline_s() {
    let world = world();
    let (app, _, job) = pipeline(&world, OidcIssuer::Old);
    let url = format!("{}?api-version=7.1", job.oidc_request_uri());
    let answer = world.client.post(url).bearer_auth(&job.token).send().unwrap();
    let assertion = token(answer);
    assert!(
        claims(&assertion)["sub"]
            .as_str()
            .unwrap()
            .starts_with("p://acme/")
    );
    assert_eq!(exchange(&world, &app, &assertion).status(), 400);
}

#[test]
fn a_job_may_bring_its_own_ids_and_token() {
    let world = world();
    let (plan, id) = (
        "5a1e0000-0000-4000-8000-00000000c021",
        "5a1e0000-0000-4000-8000-00000000c022",
    );
    let job = world.sim.cloud(|cloud| {
        cloud.add_job(
            JobSeed::new("acme", "Rockets")
                .ids(plan, id)
                .token("job-token-of-1"),
        )
    });
    assert!(
        job.oidc_request_uri()
            .ends_with(&format!("/plans/{plan}/jobs/{id}/oidctoken"))
    );
    let answer = world
        .client
        .post(format!("{}?api-version=7.1", job.oidc_request_uri()))
        .bearer_auth("job-token-of-1")
        .send()
        .unwrap();
    assert_eq!(answer.status(), 200);
}
