//! Where the pipeline's OIDC tokens are asked for, and with what.

use patkeeper_core::failure::{Failure, FailureKind};
use patkeeper_core::text;
use secrecy::{ExposeSecret, SecretString};
use url::{Host, Url};

use super::{Authentication, AzureConnection};
use crate::endpoints::Endpoint;

const URI: &str = "SYSTEM_OIDCREQUESTURI";
const JOB: &str = "SYSTEMVSSCONNECTION";

/// What asks Azure DevOps for an OIDC token in a service connection's name.
#[derive(Debug)]
pub struct OidcRequest {
    /// `System.OidcRequestUri`, an `https` URL of Azure DevOps Services: `…/_apis/distributedtask/hubs/…/oidctoken`.
    pub uri: String,
    /// The job's own token, which is sent there and nowhere else.
    pub token: SecretString,
}

impl AzureConnection {
    /// How the connection's OIDC token is asked for, from the variables that the agent sets.
    ///
    /// # Errors
    /// [`FailureKind::Input`]: the connection has no federation, the agent gives no place to ask or no token, or the
    /// place is not one of Azure DevOps Services.
    pub fn oidc_request(
        &self,
        variables: impl IntoIterator<Item = (String, String)>,
    ) -> Result<OidcRequest, Failure> {
        if !matches!(self.subject, Authentication::Federated) {
            let what = format!(
                "The service connection '{}' has no workload identity federation.",
                text::fit(&self.id, 80)
            );
            return Err(bad(what)
                .with_why("An OIDC token is given only in the name of a connection that has it.")
                .with_way_out("convert the connection to workload identity federation")
                .with_way_out("or choose another clientAuthentication"));
        }
        let variables: Vec<(String, String)> = variables.into_iter().collect();
        Ok(OidcRequest {
            uri: uri(&variables)?,
            token: job_token(variables)?,
        })
    }
}

fn bad(what: impl Into<String>) -> Failure {
    Failure::new(FailureKind::Input, what).with_code("noOidcToken")
}

fn uri(variables: &[(String, String)]) -> Result<String, Failure> {
    let found = variables
        .iter()
        .find(|(name, value)| name.eq_ignore_ascii_case(URI) && !value.trim().is_empty());
    let Some((_, value)) = found else {
        return Err(bad("The agent gives no place to ask for an OIDC token (System.OidcRequestUri).")
            .with_why("Workload identity federation needs Azure DevOps Services, and an agent that is not too old.")
            .with_way_out("update the agent, and run the step in a pipeline of Azure DevOps Services")
            .with_way_out("or use a service connection with a client secret or a managed identity"));
    };
    match Url::parse(value.trim()) {
        Ok(url) if is_azure_devops(&url) => Ok(url.into()),
        parsed => {
            let shown = parsed
                .ok()
                .and_then(|url| url.host_str().map(|host| text::fit(host, 80)));
            let shown = shown.map_or_else(|| "no URL".to_owned(), |host| format!("of '{host}'"));
            Err(
                bad("System.OidcRequestUri is not a place of Azure DevOps Services.")
                    .with_why(format!(
                        "It is {shown}, no plain https URL of an organization, and the job's own token would be sent there."
                    ))
                    .with_way_out(
                        "remove the variable of that name from the pipeline: the agent sets it by itself",
                    ),
            )
        }
    }
}

/// `https`, and a host that serves organizations. One label before the domain and no more: names further down are
/// given to other services, some of which relay to machines of their users.
fn is_azure_devops(url: &Url) -> bool {
    let Some(Host::Domain(host)) = url.host() else {
        return false;
    };
    let one_label_of = |domain: &str| {
        let label = host.strip_suffix(domain).and_then(|rest| rest.strip_suffix('.'));
        label.is_some_and(|label| !label.is_empty() && !label.contains('.'))
    };
    let host = host == "dev.azure.com" || one_label_of("dev.azure.com") || one_label_of("visualstudio.com");
    let plain = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
    host && plain && url.scheme() == "https" && url.port().is_none()
}

fn job_token(variables: Vec<(String, String)>) -> Result<SecretString, Failure> {
    let token = Endpoint::read(JOB, variables).ok();
    let token = token
        .as_ref()
        .and_then(|endpoint| endpoint.parameter("AccessToken"));
    token
        .filter(|token| !token.expose_secret().trim().is_empty())
        .cloned()
        .ok_or_else(|| {
            bad("The job's own token is not there, so no OIDC token can be asked for.")
                .with_why(
                    "An agent gives it to every task; something between the agent and this step took it out.",
                )
                .with_way_out(
                    "run the step as a task of the pipeline, not from a script that changes its variables",
                )
        })
}
