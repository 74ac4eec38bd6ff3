//! Which Azure identity an Azure Resource Manager service connection stands for, and what it takes to prove it.
//!
//! Schemes, parameters and data as `azure-arm-endpoint.ts` of microsoft/azure-pipelines-tasks-common-packages reads
//! them. Whatever names a host that credentials are sent to must be one of [`Cloud`]'s.

use patkeeper_core::cloud::Cloud;
use patkeeper_core::failure::{Failure, FailureKind};
use patkeeper_core::tenant::could_be_id;
use patkeeper_core::text::{fit, plain};
use secrecy::{ExposeSecret, SecretString};

use crate::endpoints::{Endpoint, EndpointError};

mod oidc;

pub use oidc::OidcRequest;

/// An Azure Resource Manager service connection.
#[derive(Debug)]
pub struct AzureConnection {
    /// Its id, as the input holds it.
    pub id: String,
    /// The tenant that knows the identity: an id or a domain name.
    pub tenant: String,
    /// The app registration's client id. `None` for a managed identity.
    pub client_id: Option<String>,
    /// Where its tokens come from.
    pub cloud: Cloud,
    /// How the identity proves itself.
    pub subject: Authentication,
}

/// How the identity of a service connection proves itself.
#[derive(Debug)]
pub enum Authentication {
    /// With an OIDC token of the pipeline: see [`AzureConnection::oidc_request`].
    Federated,
    /// With a client secret.
    Secret(SecretString),
    /// It is an identity of the agent's machine.
    ManagedIdentity {
        /// The client id of a user-assigned one.
        client_id: Option<String>,
    },
}

impl AzureConnection {
    /// Reads the connection of this id from the variables that the agent sets.
    ///
    /// # Errors
    /// [`FailureKind::Input`]: the agent passed no such connection, it lacks something, it proves itself in a way
    /// that Patkeeper does not support, or it names a cloud that is none of Azure's, or two. No value of a secret is
    /// ever part of it.
    pub fn read(id: &str, variables: impl IntoIterator<Item = (String, String)>) -> Result<Self, Failure> {
        let endpoint = Endpoint::read(id, variables).map_err(|error| unreadable(id, &error))?;
        let connection = Reading { id, endpoint };
        let cloud = connection.cloud()?;
        let scheme = connection.endpoint.scheme.trim().to_ascii_lowercase();
        let (client_id, subject) = match scheme.as_str() {
            "" | "serviceprincipal" => {
                let key = connection.service_principal_key()?;
                (Some(connection.client_id()?), Authentication::Secret(key))
            }
            "workloadidentityfederation" => (Some(connection.client_id()?), Authentication::Federated),
            "managedserviceidentity" => {
                let client_id = connection.endpoint.data("msiclientId").map(str::trim);
                let client_id = client_id.filter(|id| !id.is_empty());
                let client_id = client_id.map(|id| connection.checked_client_id("msiclientId", id));
                (
                    None,
                    Authentication::ManagedIdentity {
                        client_id: client_id.transpose()?,
                    },
                )
            }
            _ => {
                let shown = plain(connection.endpoint.scheme.trim());
                let why = format!(
                    "Its authorization scheme '{shown}' is none of an Azure Resource Manager connection."
                );
                return Err(connection
                    .bad("cannot be used", why)
                    .with_way_out("name a connection of type Azure Resource Manager in azureSubscription"));
            }
        };
        Ok(Self {
            id: id.to_owned(),
            tenant: connection.tenant()?,
            client_id,
            cloud,
            subject,
        })
    }

    /// The secrets in it, each with a name for it: to be masked before anything else is done with them.
    pub fn secrets(&self) -> impl Iterator<Item = (&'static str, &SecretString)> {
        let key = match &self.subject {
            Authentication::Secret(key) => Some(("the service connection's key", key)),
            Authentication::Federated | Authentication::ManagedIdentity { .. } => None,
        };
        key.into_iter()
    }
}

fn unreadable(id: &str, error: &EndpointError) -> Failure {
    match error {
        EndpointError::Absent { .. } => {
            let what = format!("The agent passed no service connection '{}'.", fit(id, 80));
            Failure::new(FailureKind::Input, what)
                .with_code("noServiceConnection")
                .with_why(
                    "An agent hands out only connections that a task's input names when the run is queued, and that \
                     the pipeline may use.",
                )
                .with_way_out(
                    "write the connection's name in azureSubscription, not a variable that is set while the job runs",
                )
                .with_way_out("let the pipeline use the connection (Project settings, Service connections, Security)")
        }
        EndpointError::Malformed { variable } => {
            let what = format!("The service connection '{}' is not understood.", fit(id, 80));
            Failure::new(FailureKind::Input, what)
                .with_code("badServiceConnection")
                .with_why(format!(
                    "The agent's variable {} is not the JSON it should be.",
                    plain(variable)
                ))
                .with_way_out("save the service connection anew; if it stays, make a new one")
        }
    }
}

/// A connection while it is being read.
struct Reading<'a> {
    id: &'a str,
    endpoint: Endpoint,
}

impl Reading<'_> {
    fn bad(&self, what: &str, why: impl Into<String>) -> Failure {
        let what = format!("The service connection '{}' {what}.", fit(self.id, 80));
        Failure::new(FailureKind::Input, what)
            .with_code("badServiceConnection")
            .with_why(why)
    }

    fn missing(&self, parameter: &str, what: &str) -> Failure {
        let why = format!("The agent passed no '{parameter}' with it.");
        self.bad(&format!("lacks {what}"), why).with_way_out(
            "complete the service connection (Project settings, Service connections) and verify it there",
        )
    }

    fn parameter(&self, key: &str) -> Option<&str> {
        let value = self.endpoint.parameter(key)?.expose_secret().trim();
        (!value.is_empty()).then_some(value)
    }

    fn tenant(&self) -> Result<String, Failure> {
        let tenant = self
            .parameter("tenantid")
            .ok_or_else(|| self.missing("tenantid", "its tenant"))?;
        if could_be_id(tenant) {
            return Ok(tenant.to_owned());
        }
        let why = "Its 'tenantid' is neither an ID nor a domain name.";
        Err(self
            .bad("has no tenant that can be one", why)
            .with_way_out("correct the tenant of the service connection"))
    }

    fn client_id(&self) -> Result<String, Failure> {
        const PARAMETER: &str = "serviceprincipalid";
        let id = self
            .parameter(PARAMETER)
            .ok_or_else(|| self.missing(PARAMETER, "the client ID of its app registration"))?;
        self.checked_client_id(PARAMETER, id)
    }

    fn checked_client_id(&self, name: &str, id: &str) -> Result<String, Failure> {
        if could_be_id(id) {
            return Ok(id.to_owned());
        }
        let why = format!("Its '{name}' is no ID.");
        Err(self
            .bad("has no client ID that can be one", why)
            .with_way_out("correct the client ID of the service connection"))
    }

    fn service_principal_key(&self) -> Result<SecretString, Failure> {
        let certificate = self.parameter("servicePrincipalCertificate").is_some();
        let way = self.parameter("authenticationType").map(str::to_ascii_lowercase);
        match way.as_deref() {
            Some("spncertificate") => Err(self.certificate()),
            None if certificate => Err(self.certificate()),
            None | Some("spnkey") => {
                let key = self.endpoint.parameter("serviceprincipalkey");
                key.filter(|key| !key.expose_secret().trim().is_empty())
                    .cloned()
                    .ok_or_else(|| self.missing("serviceprincipalkey", "its client secret"))
            }
            Some(other) => {
                let why = format!(
                    "Its 'authenticationType' is '{}', which is not known.",
                    plain(other)
                );
                Err(better_ways(self.bad("cannot be used", why)))
            }
        }
    }

    fn certificate(&self) -> Failure {
        let why = "Its app registration proves itself with a certificate, which Patkeeper does not support.";
        better_ways(self.bad("cannot be used", why))
    }

    /// Everything in it that names a cloud must name the same one: credentials are sent there.
    fn cloud(&self) -> Result<Cloud, Failure> {
        let keys = [
            "environment",
            "environmentAuthorityUrl",
            "activeDirectoryAuthority",
            "AzureKeyVaultDnsSuffix",
        ];
        let mut first: Option<(&str, Cloud)> = None;
        for key in keys {
            let value = self.endpoint.data(key).map(str::trim).unwrap_or_default();
            if value.is_empty() {
                continue;
            }
            let Some(cloud) = cloud_named(key, value) else {
                let shown = fit(value, 80);
                let why = format!(
                    "Its '{key}' is '{shown}', which is none of {}. Credentials would be sent there.",
                    Cloud::ALL.map(Cloud::name).join(", ")
                );
                return Err(self
                    .bad("is for a cloud that Patkeeper does not know", why)
                    .with_way_out("name a connection to one of these clouds"));
            };
            match first {
                Some((other, known)) if known != cloud => {
                    let why = format!(
                        "Its '{other}' stands for {}, its '{key}' for {}. Credentials would be sent to one of them.",
                        known.name(),
                        cloud.name()
                    );
                    return Err(self
                        .bad("names two clouds", why)
                        .with_way_out("choose the environment of the service connection anew, and save it"));
                }
                Some(_) => {}
                None => first = Some((key, cloud)),
            }
        }
        Ok(first.map(|(_, cloud)| cloud).unwrap_or_default())
    }
}

fn better_ways(failure: Failure) -> Failure {
    failure
        .with_way_out("convert the connection to workload identity federation, which keeps no secret at all")
        .with_way_out("or give it a client secret")
}

/// The cloud that a data field's value stands for.
fn cloud_named(key: &str, value: &str) -> Option<Cloud> {
    match key {
        "environment" => Cloud::named(value),
        "AzureKeyVaultDnsSuffix" => {
            let suffix = value.trim_start_matches('.');
            let has = |cloud: &Cloud| cloud.vault_suffix().eq_ignore_ascii_case(suffix);
            Cloud::ALL.into_iter().find(has)
        }
        _ => Cloud::of_authority(value),
    }
}

#[cfg(test)]
mod tests;
