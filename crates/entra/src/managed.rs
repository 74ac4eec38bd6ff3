//! The managed identity of the machine that the step runs on.
//!
//! Two places give its tokens, neither ever asked through a proxy: Azure's instance metadata service, and the
//! endpoint that App Service and Container Apps name in the environment ("How to use managed identities for App
//! Service", Azure documentation). A machine outside Azure has neither, so all of it has a short time limit.

use std::fmt;
use std::time::Duration;

use azure_core::http::{ClientOptions, Url};
use azure_identity::{ManagedIdentityCredential, ManagedIdentityCredentialOptions, UserAssignedId};
use patkeeper_core::advice;
use patkeeper_core::failure::{Failure, FailureKind};
use patkeeper_http::{BoxFuture, Echo, HttpError, Response, azure, words};
use secrecy::{ExposeSecret, SecretString};

use crate::Setup;
use crate::cache::{Credential, Fetched};
use crate::exchange::{Heard, Outcome};

/// For everything together, waits and further tries included. Azure's own answer within a second; the library alone
/// would go on for over a minute.
const LIMIT: Duration = Duration::from_secs(7);

const ENDPOINT: &str = "IDENTITY_ENDPOINT";
const HEADER: &str = "IDENTITY_HEADER";

/// The environment, as far as it says where to ask. The library reads the same variables; they are looked at before,
/// because it takes any endpoint, and names no way out.
#[derive(Debug)]
pub(crate) enum Environment {
    /// Nothing is said: Azure's instance metadata service.
    VirtualMachine,
    /// App Service, Functions, Container Apps.
    AppService {
        /// The host, for messages.
        host: String,
        /// `IDENTITY_HEADER`: proves that the request comes from within.
        header: SecretString,
    },
}

impl Environment {
    /// Reads it by a function from a variable's name to its value.
    pub(crate) fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Self, Failure> {
        let has = |name: &str| variable(name).is_some();
        match (variable(ENDPOINT), variable(HEADER)) {
            (Some(_), Some(_)) if has("IDENTITY_SERVER_THUMBPRINT") => Err(not_supported("Service Fabric")),
            (Some(endpoint), Some(header)) => Ok(Self::AppService {
                host: host(&endpoint)?,
                header: SecretString::from(header),
            }),
            (Some(_), None) if has("IMDS_ENDPOINT") => Err(not_supported("Azure Arc")),
            (None, _) if has("MSI_ENDPOINT") && has("MSI_SECRET") => {
                Err(not_supported("Azure Machine Learning"))
            }
            (None, _) if has("MSI_ENDPOINT") => Err(not_supported("Cloud Shell")),
            _ => Ok(Self::VirtualMachine),
        }
    }

    fn asked(&self) -> String {
        match self {
            Self::VirtualMachine => "Azure's instance metadata service (169.254.169.254)".to_owned(),
            Self::AppService { host, .. } => format!("the endpoint in {ENDPOINT} ({host})"),
        }
    }
}

fn host(endpoint: &str) -> Result<String, Failure> {
    let url = Url::parse(endpoint.trim()).ok();
    let host = url.and_then(|url| {
        let host = url.host_str()?.to_owned();
        Some(url.port().map_or(host.clone(), |port| format!("{host}:{port}")))
    });
    host.ok_or_else(|| {
        Failure::new(FailureKind::Input, format!("{ENDPOINT} is set and holds no URL."))
            .with_code("badInput")
            .with_way_out(format!("unset {ENDPOINT} and {HEADER} where the agent runs, unless App Service or Container Apps set them"))
    })
}

fn not_supported(what: &str) -> Failure {
    Failure::new(
        FailureKind::Input,
        format!("The environment is that of {what}, whose managed identity is not supported."),
    )
    .with_code("notSupported")
    .with_why("managed identities are had from Azure's virtual machines and scale sets, App Service, Functions and Container Apps")
    .with_way_out(ELSEWHERE)
}

/// What works on any agent.
const ELSEWHERE: &str = "sign in without the machine's help: signIn: refreshToken for a user's PATs (docs/sign-in.md); where this identity only reaches a Key Vault, a service connection with workload identity federation";

/// A managed identity: the machine's own, or a user-assigned one.
pub(crate) struct Managed {
    client_id: Option<String>,
    environment: Environment,
    options: ClientOptions,
}

impl Managed {
    pub(crate) fn new(setup: &Setup, client_id: Option<String>, environment: Environment) -> Self {
        if let Environment::AppService { header, .. } = &environment {
            (setup.mask)(HEADER, header);
        }
        Self {
            client_id: client_id.filter(|id| !id.trim().is_empty()),
            environment,
            options: azure::options(&setup.client, azure::Way::OnThisMachine),
        }
    }

    async fn get(&self, scope: &str) -> Result<Fetched, Failure> {
        let heard = Heard::default();
        let options = ManagedIdentityCredentialOptions {
            user_assigned_id: self
                .client_id
                .as_ref()
                .map(|id| UserAssignedId::ClientId(id.trim().to_owned())),
            client_options: heard.on(self.options.clone()),
        };
        let outcome = match ManagedIdentityCredential::new(Some(options)) {
            Ok(credential) => tokio::time::timeout(LIMIT, heard.ask(&*credential, scope)).await,
            Err(_) => Ok(Outcome::NotAsked),
        };
        match outcome {
            Ok(Outcome::Token(fetched)) => Ok(fetched),
            Ok(Outcome::Answered(answer)) => Err(self.refusal(&answer)),
            Ok(Outcome::NoAnswer(HttpError::Refused { host, why })) => Err(elsewhere(&host, &why)),
            Ok(Outcome::NoAnswer(error)) => Err(self.nobody(&error.to_string())),
            Ok(Outcome::NotAsked) => Err(self.nobody("Microsoft's library did not ask")),
            // Within the limit it may have answered that it cannot say yet.
            Err(_) => Err(heard.last().map_or_else(
                || self.nobody(&format!("no answer within {} s", LIMIT.as_secs())),
                |answer| self.refusal(&answer),
            )),
        }
    }

    /// Nobody there.
    fn nobody(&self, why: &str) -> Failure {
        Failure::new(
            FailureKind::Refused,
            format!("No managed identity on this agent: asked {}: {why}", self.environment.asked()),
        )
        .with_code("noManagedIdentity")
        .with_why(
            "this agent seems to be outside Azure, or in a container that cannot reach it; Microsoft-hosted agents \
             have no managed identity",
        )
        .with_way_out("run the step on an agent in Azure that has an identity assigned")
        .with_way_out(ELSEWHERE)
    }

    fn refusal(&self, answer: &Response) -> Failure {
        let body: serde_json::Value = serde_json::from_slice(answer.body()).unwrap_or_default();
        let text = |name: &str| body.get(name).and_then(serde_json::Value::as_str);
        let message = text("error_description").or_else(|| text("message"));
        let names: Vec<&str> = text("error").into_iter().collect();
        let words = words::of(answer, message, &names, &self.echo());
        self.meaning(answer, message).with_service_words(words)
    }

    fn meaning(&self, answer: &Response, message: Option<&str>) -> Failure {
        let asked = self.environment.asked();
        let refused = match &self.client_id {
            Some(id) => format!("No token for the managed identity with client id {id}: asked {asked}"),
            None => format!("No token for this machine's managed identity: asked {asked}"),
        };
        let is_azure = matches!(self.environment, Environment::AppService { .. });
        let known = message.and_then(advice::recognize);
        match answer.status {
            400 if message.is_some() || is_azure => {
                known.or_else(|| advice::find("identityNotFound")).map_or_else(
                    || Failure::new(FailureKind::Refused, refused.clone()),
                    |row| row.failure(refused.clone()),
                )
            }
            401 | 403 if is_azure => Failure::new(FailureKind::Refused, refused)
                .with_code("identityHeaderRefused")
                .with_why(format!("it does not accept {HEADER}"))
                .with_way_out(format!(
                    "have {ENDPOINT} and {HEADER} handed to the agent as the platform sets them, unchanged"
                )),
            408 | 410 | 429 | 500.. => Failure::new(FailureKind::Service, refused)
                .with_code("serviceError")
                .with_why("it is there, and did not manage to give a token within a few seconds")
                .with_way_out("run the step again"),
            200..=299 => Failure::new(FailureKind::Service, refused)
                .with_code("notUnderstood")
                .with_why("its answer holds no token")
                .with_way_out("check what it is that answers there"),
            _ => self.nobody("what answers there is no identity endpoint of Azure's"),
        }
    }

    fn echo(&self) -> Echo {
        match &self.environment {
            Environment::AppService { header, .. } => Echo::of([header.expose_secret()]),
            Environment::VirtualMachine => Echo::default(),
        }
    }
}

/// An endpoint that a network would have to carry the header and the token to and from.
fn elsewhere(host: &str, why: &str) -> Failure {
    Failure::new(
        FailureKind::Input,
        format!("{ENDPOINT} names {host}, which was not asked for a token: {why}."),
    )
    .with_code("badInput")
    .with_why("the endpoint of a managed identity is on the machine itself or its host: localhost, a link-local or a private address")
    .with_way_out(format!("unset {ENDPOINT} and {HEADER} where the agent runs, unless App Service or Container Apps set them"))
}

impl Credential for Managed {
    fn fetch<'a>(&'a self, scope: &'a str) -> BoxFuture<'a, Result<Fetched, Failure>> {
        Box::pin(self.get(scope))
    }

    fn how(&self) -> &'static str {
        "managed identity"
    }
}

impl fmt::Debug for Managed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Managed")
            .field("client_id", &self.client_id)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
