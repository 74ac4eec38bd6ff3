//! A stateful simulator of the cloud that Patkeeper talks to, on loopback.
//!
//! [`Sim`] is a CONNECT proxy. It terminates TLS itself, with certificates of a CA made at start, for the
//! real host names of Azure DevOps, Microsoft Entra, Key Vault, Slack and Teams; so an unmodified client reaches it through nothing but
//! a proxy and a CA setting, as it reaches the real services from behind a company's proxy. No request ever
//! leaves the process.
//!
//! Behind the proxy stands the [`Cloud`]: organizations, users, bearer tokens and PATs, apps and what Entra has
//! issued to them, service connections and jobs, audit logs, with the service's rules. An organization too large to
//! be held is a [`Crowd`], worked out from a seed user by user: [`generate::crowd`]. What a machine asks on itself, the
//! metadata service and App Service's identity endpoint, is started by [`Sim::imds`] and
//! [`Sim::identity_endpoint`]. [`Cloud::secrets`] lists whatever must not be found in what a run has written.
//! Tests alter it through [`Sim::cloud`], see what was asked in [`Sim::log`], make single requests
//! go wrong with [`Sim::fault`], and stop a run at any of them with [`Sim::at_boundary`]. Where the real service's behavior is not documented, [`Manners`] has a
//! switch, and its default is the less kind answer.
//!
//! ```
//! use patkeeper_sim::{PatSeed, Sim, SimConfig};
//!
//! let sim = Sim::start(SimConfig::default())?;
//! let token = sim.cloud(|cloud| {
//!     cloud.add_organization("acme");
//!     let user = cloud.add_user("acme", "svc-build@acme.example", "Build Service");
//!     let now = cloud.now();
//!     cloud.add_pat(PatSeed::new(&user, "acme", "ci-deploy", "vso.build").ends(now + chrono::Duration::days(9)));
//!     cloud.user_token(&user)
//! });
//! assert!(sim.proxy_url().starts_with("http://127.0.0.1:"));
//! assert!(!token.is_empty());
//! # Ok::<(), patkeeper_sim::StartError>(())
//! ```

mod answer;
mod api;
mod body;
mod boundary;
mod cloud;
mod entry;
mod fault;
pub mod generate;
mod hosts;
mod line;
mod local;
mod log;
mod proxy;
mod refusal;
mod request;
mod serve;
mod sim;
mod tls;

pub use boundary::{Boundary, Passage, Side};
pub use cloud::{
    Activation, App, AppAccess, AppSecret, AppSeed, AppTokens, AuditEvent, AuditOff, AuditSeed, Bearer,
    BearerKind, Browser, Clock, Cloud, ConnectionData, Creation, Crowd, CrowdReads, CrowdTotals, Declined,
    Delivery, Entra, FederatedCredential, Hook, Instance, JobSeed, ListEnd, Machine, ManagedIdentity,
    Manners, OidcIssuer, Organization, OverLifespan, Pat, PatSeed, PipelineJob, Policies, RateHeaders,
    RateLimit, Reads, Right, SecretSeed, SecretVersion, ServiceConnection, SignIn, SshKey, Tenant, TokenSpec,
    UnknownId, UnknownRevocation, Unreadable, User, UserKind, UserSeed, Vault, VaultAccess, VaultNetwork,
    VaultSecret, VaultThrottle,
};
pub use fault::{Action, Fault, Match};
pub use log::{LoggedRequest, fingerprint};
pub use refusal::Refusal;
pub use sim::{IdentityEndpoint, Sim, SimConfig, StartError};
pub use tls::Certificate;
