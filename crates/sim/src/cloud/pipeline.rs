//! Jobs of Azure Pipelines, and the service connections whose federated tokens they may ask for.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::{AppSeed, Cloud, EXCHANGE_AUDIENCE, TokenSpec};

/// The first-party application that the new issuer's tokens are meant for.
pub(crate) const NEW_ISSUER_AUDIENCE: &str = "fb60f99c-7a34-4190-8149-302f77469936";

/// Who issues a connection's federated tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OidcIssuer {
    /// `https://vstoken.dev.azure.com/<organization>`, subject `sc://…`, about 10 minutes.
    Old,
    /// Entra itself, subject `/eid1/c/pub/…`; one token serves for 24 hours.
    #[default]
    New,
}

/// A service connection to Azure by workload identity federation.
#[derive(Debug, Clone)]
pub struct ServiceConnection {
    /// GUID.
    pub id: String,
    /// The organization's name.
    pub organization: String,
    /// The project's name.
    pub project: String,
    /// The connection's name.
    pub name: String,
    /// Who issues its tokens.
    pub issuer: OidcIssuer,
    /// What is kept of the new issuer's: the token and its end.
    kept: Option<(String, DateTime<Utc>)>,
}

/// A running job.
#[derive(Debug, Clone)]
pub struct PipelineJob {
    /// The organization's name.
    pub organization: String,
    /// The project as in the address: name or GUID.
    pub project: String,
    /// `build`, `release` or `gates`.
    pub hub: String,
    /// GUID.
    pub plan: String,
    /// GUID.
    pub id: String,
    /// `System.AccessToken`.
    pub token: String,
    /// The ids of the connections that its stage names.
    pub references: Vec<String>,
    /// `stage.job.__default`, for messages.
    pub stage: String,
}

impl PipelineJob {
    /// `SYSTEM_OIDCREQUESTURI`.
    pub fn oidc_request_uri(&self) -> String {
        format!(
            "https://dev.azure.com/{}/{}/_apis/distributedtask/hubs/{}/plans/{}/jobs/{}/oidctoken",
            self.organization,
            self.project.replace(' ', "%20"),
            self.hub,
            self.plan,
            self.id
        )
    }
}

/// A job to add.
#[derive(Debug, Clone)]
pub struct JobSeed {
    organization: String,
    project: String,
    plan: Option<String>,
    id: Option<String>,
    token: Option<String>,
    references: Vec<String>,
}

impl JobSeed {
    /// A build job that names no connection.
    pub fn new(organization: &str, project: &str) -> Self {
        Self {
            organization: organization.to_owned(),
            project: project.to_owned(),
            plan: None,
            id: None,
            token: None,
            references: Vec::new(),
        }
    }

    /// Whose stage names this connection.
    #[must_use]
    pub fn references(mut self, connection: &str) -> Self {
        self.references.push(connection.to_owned());
        self
    }

    /// With these ids of plan and job.
    #[must_use]
    pub fn ids(mut self, plan: &str, job: &str) -> Self {
        self.plan = Some(plan.to_owned());
        self.id = Some(job.to_owned());
        self
    }

    /// With this text for its token.
    #[must_use]
    pub fn token(mut self, text: &str) -> Self {
        self.token = Some(text.to_owned());
        self
    }
}

impl Cloud {
    /// Adds a connection of an app, with the federated credential that belongs to it; returns its id.
    pub fn add_connection(
        &mut self,
        organization: &str,
        project: &str,
        name: &str,
        client_id: &str,
        issuer: OidcIssuer,
    ) -> String {
        self.add_organization(organization);
        let connection = ServiceConnection {
            id: self.guid(),
            organization: organization.to_owned(),
            project: project.to_owned(),
            name: name.to_owned(),
            issuer,
            kept: None,
        };
        let (issuer, subject, _) = self.oidc_names(&connection);
        if let Some(app) = self.app_mut(client_id) {
            let credential = AppSeed::default().federated(&issuer, &subject).federated;
            app.federated.extend(credential);
        }
        let id = connection.id.clone();
        self.connections.push(connection);
        id
    }

    /// Issuer, subject and audience of a connection's federated tokens.
    pub fn oidc_names(&self, connection: &ServiceConnection) -> (String, String, &'static str) {
        let organization = self.organization(&connection.organization);
        let account = organization.map_or("", |known| &known.account_id);
        let tenant = organization.map_or(self.tenant(), |known| &known.tenant);
        match connection.issuer {
            OidcIssuer::Old => (
                format!("https://vstoken.dev.azure.com/{account}"),
                format!(
                    "sc://{}/{}/{}",
                    connection.organization, connection.project, connection.name
                ),
                EXCHANGE_AUDIENCE,
            ),
            OidcIssuer::New => (
                format!("https://login.microsoftonline.com/{tenant}/v2.0"),
                format!(
                    "/eid1/c/pub/t/{}/a/{}/sc/{account}/{}",
                    packed(tenant),
                    packed(super::bearer::DEVOPS_AUDIENCE),
                    connection.id
                ),
                NEW_ISSUER_AUDIENCE,
            ),
        }
    }

    /// Adds a running job with a token of its own.
    pub fn add_job(&mut self, seed: JobSeed) -> PipelineJob {
        self.add_organization(&seed.organization);
        let build_service = format!("Project Collection Build Service ({})", seed.organization);
        let mut spec = TokenSpec::job(&build_service);
        spec.tenant = self
            .organization(&seed.organization)
            .map(|known| known.tenant.clone());
        let mut token = self.token(spec);
        if let Some(text) = seed.token {
            if let Some(mut bearer) = self.bearers.remove(&token) {
                bearer.text.clone_from(&text);
                self.bearers.insert(text.clone(), bearer);
            }
            token = text;
        }
        let job = PipelineJob {
            plan: seed.plan.unwrap_or_else(|| self.guid()),
            id: seed.id.unwrap_or_else(|| self.guid()),
            organization: seed.organization,
            project: seed.project,
            hub: "build".to_owned(),
            token,
            references: seed.references,
            stage: "Build.Job.__default".to_owned(),
        };
        self.jobs.push(job.clone());
        job
    }

    /// A federated token of a connection, the kept one while it lasts.
    pub(crate) fn connection_token(&mut self, id: &str) -> Option<String> {
        let now = self.now();
        let known = self
            .connections
            .iter()
            .find(|known| known.id.eq_ignore_ascii_case(id))?;
        match &known.kept {
            Some((text, ends)) if *ends > now => return Some(text.clone()),
            _ => {}
        }
        let (issuer, subject, audience) = self.oidc_names(known);
        let (life, keeps) = match known.issuer {
            OidcIssuer::Old => (TimeDelta::minutes(10), false),
            OidcIssuer::New => (TimeDelta::hours(24), true),
        };
        let text = self.assertion(&issuer, &subject, audience, life);
        if let Some(known) = self
            .connections
            .iter_mut()
            .find(|known| keeps && known.id.eq_ignore_ascii_case(id))
        {
            known.kept = Some((text.clone(), now + life));
        }
        Some(text)
    }
}

/// A GUID's bytes in the order of .NET, in base64.
fn packed(guid: &str) -> String {
    Uuid::parse_str(guid)
        .map(|guid| URL_SAFE_NO_PAD.encode(guid.to_bytes_le()))
        .unwrap_or_default()
}
