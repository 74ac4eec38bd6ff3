//! Which hosts the simulator plays, and as what.

use crate::cloud::{Instance, is_vault_host};

/// The service behind a host name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Service {
    /// Azure DevOps with the organization as the first segment of the path (`dev.azure.com`,
    /// `vssps.dev.azure.com`, `vsrm.dev.azure.com`, ...).
    DevOps,
    /// Azure DevOps with the organization in the host name (`acme.visualstudio.com`,
    /// `acme.vssps.visualstudio.com`).
    DevOpsLegacy(String),
    /// Profiles and accounts, above all organizations (`app.vssps.visualstudio.com`).
    Profiles,
    /// Incoming webhooks of Slack.
    Slack,
    /// Teams through Power Automate: answers 202.
    TeamsWorkflow,
    /// Teams' older connectors: answer 200 and `1`.
    TeamsConnector,
    /// A webhook of anyone else.
    Webhook,
    /// A Key Vault.
    Vault,
    /// Microsoft Entra's sign-in host.
    Entra(Instance),
    /// The instance metadata service; never through the proxy.
    Imds,
    /// The identity endpoint of App Service, with the header's value that it wants; never through the proxy.
    WebApp(String),
}

/// The service that `host` (lower case, no port) belongs to; `None`: the simulator does not play it.
pub(crate) fn service(host: &str, webhook_hosts: &[String]) -> Option<Service> {
    if webhook_hosts.iter().any(|known| known.eq_ignore_ascii_case(host)) {
        return Some(Service::Webhook);
    }
    if let Some(instance) = Instance::of_host(host) {
        return Some(Service::Entra(instance));
    }
    match host {
        "dev.azure.com" => return Some(Service::DevOps),
        "app.vssps.visualstudio.com" => return Some(Service::Profiles),
        "hooks.slack.com" => return Some(Service::Slack),
        _ => {}
    }
    if let Some(part) = host.strip_suffix(".dev.azure.com") {
        return (!part.contains('.')).then_some(Service::DevOps);
    }
    if let Some(name) = host.strip_suffix(".visualstudio.com") {
        let organization = name.split('.').next().unwrap_or_default();
        return (!organization.is_empty() && organization != "app")
            .then(|| Service::DevOpsLegacy(organization.to_owned()));
    }
    if host.ends_with(".logic.azure.com") || host.ends_with(".environment.api.powerplatform.com") {
        return Some(Service::TeamsWorkflow);
    }
    if host.ends_with(".webhook.office.com") {
        return Some(Service::TeamsConnector);
    }
    if is_vault_host(host) {
        return Some(Service::Vault);
    }
    (host.ends_with(".example") || host.ends_with(".example.com")).then_some(Service::Webhook)
}
