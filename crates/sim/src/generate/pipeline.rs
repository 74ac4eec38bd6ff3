//! What a pipeline needs to sign in as a user with nobody there: a federated service connection, a vault that it may
//! use, and in it the refresh token of a user who once signed in.

use super::Generated;
use crate::cloud::{AppSeed, Cloud, JobSeed, OidcIssuer, Right, SecretSeed};

/// The two scopes that managing one's PATs takes, and what a refresh token takes.
const SCOPES: &str = "499b84ac-1321-427f-aa17-267ca6975798/vso.pats \
                      499b84ac-1321-427f-aa17-267ca6975798/vso.pats_manage offline_access";

/// A pipeline that may sign in.
#[derive(Debug, Clone)]
pub struct Pipeline {
    /// The service connection's id.
    pub connection: String,
    /// The client id of the connection's app.
    pub connection_client_id: String,
    /// The tenant's id.
    pub tenant: String,
    /// The client id of the app that the user signed in to: a public client.
    pub client_id: String,
    /// The vault's name.
    pub vault: String,
    /// The secret that holds the refresh token.
    pub secret: String,
    /// The job's own token.
    pub job_token: String,
    /// What an agent adds to a step's environment for the connection and the job.
    pub environment: Vec<(String, String)>,
}

/// Adds such a pipeline for the organization's user.
pub fn pipeline(cloud: &mut Cloud, generated: &Generated) -> Pipeline {
    let (organization, project) = (generated.organization.as_str(), "platform");
    let tenant = cloud.tenant().to_owned();
    let connection_client_id =
        cloud.add_app(AppSeed::confidential("sp-pipelines").organization(organization));
    let connection = cloud.add_connection(
        organization,
        project,
        "azure-pats",
        &connection_client_id,
        OidcIssuer::New,
    );
    let job = cloud.add_job(JobSeed::new(organization, project).references(&connection));
    let client_id = cloud.add_app(AppSeed::public("patkeeper").redirect("http://localhost"));
    let (vault, secret) = (format!("{organization}-kv"), "patkeeper-refresh".to_owned());
    let token = cloud.refresh_token(&generated.user, &client_id, SCOPES);
    cloud.put_secret(&vault, SecretSeed::new(&secret, &token));
    cloud.grant(
        &vault,
        &connection_client_id,
        &[Right::Get, Right::Set, Right::List],
    );
    let environment = [
        ("SYSTEM_OIDCREQUESTURI".to_owned(), job.oidc_request_uri()),
        (
            "ENDPOINT_AUTH_PARAMETER_SYSTEMVSSCONNECTION_ACCESSTOKEN".to_owned(),
            job.token.clone(),
        ),
        (
            format!("ENDPOINT_AUTH_SCHEME_{connection}"),
            "WorkloadIdentityFederation".to_owned(),
        ),
        (
            format!("ENDPOINT_AUTH_PARAMETER_{connection}_TENANTID"),
            tenant.clone(),
        ),
        (
            format!("ENDPOINT_AUTH_PARAMETER_{connection}_SERVICEPRINCIPALID"),
            connection_client_id.clone(),
        ),
        (
            format!("ENDPOINT_DATA_{connection}_ENVIRONMENT"),
            "AzureCloud".to_owned(),
        ),
    ];
    Pipeline {
        connection,
        connection_client_id,
        tenant,
        client_id,
        vault,
        secret,
        job_token: job.token,
        environment: environment.into(),
    }
}
