//! Everything that a sign-in can begin with: service connections of each scheme, a vault with a user's refresh token,
//! a machine with an identity, and an Azure CLI.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::PathBuf;

use chrono::TimeDelta;
use patkeeper_sim::{
    App, AppSeed, JobSeed, LoggedRequest, ManagedIdentity, OidcIssuer, Right, SecretSeed, SimConfig,
    TokenSpec, Vault, VaultSecret,
};
use tempfile::TempDir;

use crate::job::{Connection, Job, Step};
use crate::leak::Searched;
use crate::running::Run;
use crate::world::{ACME, WEBHOOK_SECRETS, World};

/// The vault that keeps the refresh token.
pub const VAULT: &str = "acme-kv";
/// Its host.
pub const VAULT_HOST: &str = "acme-kv.vault.azure.net";
/// The secret that holds it.
pub const SECRET: &str = "patkeeper-refresh";
/// Where tokens are had.
pub const ENTRA_HOST: &str = "login.microsoftonline.com";
/// The client secret of the connections' app.
const KEY: &str = "made-up-key-of-a-service-principal-4711";
/// What the proxy asks for.
pub const PROXY: (&str, &str) = ("svc-proxy", "p@ss:w%rd/made up");

/// The two permissions of the lifecycle API, and what a refresh token takes.
pub const SCOPES: &str = "499b84ac-1321-427f-aa17-267ca6975798/vso.pats \
                                 499b84ac-1321-427f-aa17-267ca6975798/vso.pats_manage offline_access";

/// How the app registration of a refresh token proves itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Registration {
    /// Not at all.
    Public,
    /// By a federated credential.
    Federated,
    /// By a client secret.
    Secret,
}

/// A company whose pipelines may sign in.
pub struct Office {
    /// The cloud, and the job.
    pub world: World,
    /// The Entra tenant.
    pub tenant: String,
    /// The client id of the app behind the service connections.
    pub app: String,
    /// A connection by workload identity federation.
    pub federated: String,
    /// One with a client secret.
    pub with_secret: String,
    /// One with the machine's identity.
    pub managed: String,
    /// The client id of the machine's identity.
    pub identity: String,
    /// The client id of the app registration that the user signed in to.
    pub client_id: String,
    tools: TempDir,
    /// The machine's `PATH`.
    pub path: String,
}

impl Default for Office {
    fn default() -> Self {
        Self::new()
    }
}

impl Office {
    /// Whose user, and whose apps, have a healthy PAT and one that is due.
    ///
    /// # Panics
    /// As [`World::with`].
    #[must_use]
    pub fn new() -> Self {
        Self::with(&[("healthy", 60), ("due", 20)])
    }

    /// Whose user, and whose apps, have these PATs.
    pub fn with(pats: &[(&str, i64)]) -> Self {
        let world = World::with(SimConfig {
            proxy_auth: Some((PROXY.0.to_owned(), PROXY.1.to_owned())),
            ..SimConfig::default()
        });
        let (plan, job) = (
            "5a1e0000-0000-4000-8000-00000000c013",
            "5a1e0000-0000-4000-8000-00000000c015",
        );
        let (tenant, app, identity, [federated, with_secret, managed], job) = world.sim.cloud(|cloud| {
            let app = AppSeed::confidential("sp-pipelines")
                .secret(KEY, TimeDelta::days(30))
                .organization(ACME);
            let app = cloud.add_app(app);
            let identity = cloud.add_managed_identity("mi-agent", ManagedIdentity::System);
            cloud.join_app(&identity, ACME);
            for who in [&app, &identity] {
                cloud.grant(VAULT, who, &[Right::Get, Right::Set]);
            }
            let federated = cloud.add_connection(ACME, "Rockets", "azure-pats", &app, OidcIssuer::New);
            let job = cloud.add_job(
                JobSeed::new(ACME, "Rockets")
                    .ids(plan, job)
                    .references(&federated),
            );
            let connections = [federated, cloud.guid(), cloud.guid()];
            (cloud.tenant().to_owned(), app, identity, connections, job)
        });
        for (name, days) in pats {
            world.pat(name, *days);
        }
        let mut office = Self {
            world,
            tenant,
            app,
            federated,
            with_secret,
            managed,
            identity,
            client_id: String::new(),
            tools: tempfile::Builder::new()
                .prefix("tools-")
                .tempdir()
                .expect("the premise of a test"),
            path: std::env::var("PATH").expect("the premise of a test"),
        };
        let who = ("serviceprincipalid", office.app.as_str());
        let connections = [
            office.connection(&office.federated, "WorkloadIdentityFederation", &[who]),
            office.connection_with_secret(&office.with_secret),
            office.connection(&office.managed, "ManagedServiceIdentity", &[]),
        ];
        office.change_job(|agent| {
            let agent = agent
                .with_token(&job.token)
                .variable("System.OidcRequestUri", &job.oidc_request_uri());
            connections.into_iter().fold(agent, Job::connection)
        });
        office.signed_in(Registration::Public);
        office
    }

    fn connection(&self, id: &str, scheme: &str, parameters: &[(&str, &str)]) -> Connection {
        let data = [
            ("environment", "AzureCloud"),
            ("environmentAuthorityUrl", "https://login.windows.net/"),
            ("activeDirectoryAuthority", "https://login.microsoftonline.com/"),
            ("AzureKeyVaultDnsSuffix", "vault.azure.net"),
            ("subscriptionId", "5a1e0000-0000-4000-8000-00000000c0de"),
            ("subscriptionName", "lab"),
        ];
        let owned = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
            let pairs = pairs.iter();
            pairs
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect()
        };
        Connection {
            id: id.to_owned(),
            url: "https://management.azure.com/".to_owned(),
            scheme: scheme.to_owned(),
            parameters: owned(&[&[("tenantid", self.tenant.as_str())], parameters].concat()),
            data: owned(&data),
        }
    }

    /// A connection of the app by its client secret.
    pub fn connection_with_secret(&self, id: &str) -> Connection {
        let parameters = [
            ("serviceprincipalid", self.app.as_str()),
            ("authenticationType", "spnKey"),
            ("serviceprincipalkey", KEY),
        ];
        self.connection(id, "ServicePrincipal", &parameters)
    }

    /// Registers an app, has the user sign in to it, and keeps the refresh token in the vault, tagged and with an end
    /// that is near. Returns the app's secret, for a registration that has one.
    pub fn signed_in(&mut self, registration: Registration) -> String {
        let (user, federated) = (&self.world.user, &self.federated);
        let (client_id, secret) = self.world.sim.cloud(|cloud| {
            let app = match registration {
                Registration::Public => AppSeed::public("patkeeper"),
                Registration::Federated => {
                    let connection = cloud
                        .connections
                        .iter()
                        .find(|known| known.id == *federated)
                        .expect("the premise of a test");
                    let (issuer, subject, _) = cloud.oidc_names(connection);
                    AppSeed::confidential("patkeeper").federated(&issuer, &subject)
                }
                Registration::Secret => AppSeed::confidential("patkeeper"),
            };
            let client_id = cloud.add_app(app.redirect("http://localhost"));
            let secret = cloud.add_app_secret(&client_id, TimeDelta::days(7));
            let token = cloud.refresh_token(user, &client_id, SCOPES);
            let ends = cloud.now() + TimeDelta::days(3);
            let kept = SecretSeed::new(SECRET, &token)
                .tag("owner", "team-build")
                .expires(ends);
            cloud.put_secret(VAULT, kept);
            (client_id, secret)
        });
        self.client_id = client_id;
        secret
    }

    /// Gives every app the PATs that the user has, under the same ids.
    pub fn apps_have_the_same_pats(&self) {
        self.world.sim.cloud(|cloud| {
            let of_user = cloud.pats.clone();
            let owners =
                [&self.app, &self.identity].map(|id| cloud.app(id).map(|app: &App| app.object_id.clone()));
            for owner in owners.into_iter().flatten() {
                cloud.pats.extend(of_user.iter().cloned().map(|mut pat| {
                    pat.owner.clone_from(&owner);
                    pat
                }));
            }
        });
    }

    /// The machine is one of App Service's.
    pub fn in_app_service(&mut self) {
        let endpoint = self.world.sim.identity_endpoint().expect("the premise of a test");
        self.machine(&[
            ("IDENTITY_ENDPOINT", &endpoint.url),
            ("IDENTITY_HEADER", &endpoint.header),
        ]);
    }

    /// Variables of the machine.
    pub fn machine(&mut self, variables: &[(&str, &str)]) {
        self.change_job(|job| {
            variables
                .iter()
                .fold(job, |job, (name, value)| job.machine(name, value))
        });
    }

    /// Makes the job another one.
    pub fn change_job(&mut self, change: impl FnOnce(Job) -> Job) {
        let job = std::mem::take(&mut self.world.job);
        self.world.job = change(job);
    }

    /// Puts an Azure CLI on the machine, where the user is signed in. It keeps a record of what it was asked with.
    pub fn has_azure_cli(&mut self) {
        let user = self.world.user.clone();
        let [devops, vault] = self.world.sim.cloud(|cloud| {
            let user = |audience: &str| {
                TokenSpec::user(&user)
                    .scopes("user_impersonation")
                    .audience(audience)
            };
            cloud.grant(VAULT, &self.world.user, &[Right::Get, Right::Set]);
            let ends = (cloud.now() + TimeDelta::hours(1)).timestamp();
            [
                TokenSpec::user(&self.world.user).scopes("user_impersonation"),
                user("https://vault.azure.net"),
            ]
            .map(|spec| {
                format!(
                    r#"{{"accessToken":"{}","expires_on":{ends},"tenant":"{}","tokenType":"Bearer"}}"#,
                    cloud.token(spec),
                    cloud.tenant()
                )
            })
        });
        fs::write(self.tools.path().join("devops.json"), devops).expect("the premise of a test");
        fs::write(self.tools.path().join("vault.json"), vault).expect("the premise of a test");
        let tools = self.tools.path().display().to_string();
        self.az(&format!(
            "case \"$*\" in *vault*) exec cat {tools}/vault.json;; *) exec cat {tools}/devops.json;; esac"
        ));
    }

    /// Takes everything but node off the `PATH`.
    pub fn has_no_azure_cli(&mut self) {
        let mut folders = std::env::split_paths(&self.path).map(|folder| folder.join("node"));
        let node = folders.find(|node| node.is_file()).expect("node on the PATH");
        let folder = self.tools.path().join("node-alone");
        fs::create_dir(&folder).expect("the premise of a test");
        symlink(node, folder.join("node")).expect("the premise of a test");
        self.set_path(folder.display().to_string());
    }

    /// Puts an Azure CLI on the machine that is this script.
    pub fn az(&mut self, script: &str) {
        let record = self.az_record();
        fs::create_dir_all(&record).expect("the premise of a test");
        let record = record.display();
        let program = self.tools.path().join("az");
        let text = format!(
            "#!/bin/sh\nenv > {record}/environment.$$\nprintf '%s\\n' \"$@\" > {record}/arguments.$$\n{script}\n"
        );
        fs::write(&program, text).expect("the premise of a test");
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).expect("the premise of a test");
        self.set_path(format!("{}:{}", self.tools.path().display(), self.path));
    }

    fn set_path(&mut self, path: String) {
        self.machine(&[("PATH", &path)]);
        self.path = path;
    }

    /// Where the Azure CLI writes down its environment and arguments: among the job's files, which are searched.
    pub fn az_record(&self) -> PathBuf {
        self.world.job.root().join("az")
    }

    /// A step with this sign-in and what belongs to it.
    pub fn step(sign_in: &str) -> Step {
        Step::new("pats").input("signIn", sign_in)
    }

    /// A step with the refresh token in the vault, reached by the federated connection.
    pub fn refresh_step(&self) -> Step {
        Self::step("refreshToken")
            .input("azureSubscription", &self.federated)
            .input("clientId", &self.client_id)
            .input("refreshTokenVault", VAULT)
            .input("refreshTokenSecret", SECRET)
    }

    /// A step by one of the connections.
    pub fn connection_step(id: &str) -> Step {
        Self::step("serviceConnection").input("azureSubscription", id)
    }

    /// Runs PatMonitor, which has to behave whatever comes of it, and searches everything for every secret there is.
    pub fn run(&mut self, step: &Step) -> Run {
        let run = self.world.run(step);
        run.assert_well_behaved();
        self.assert_no_secret(&run);
        run
    }

    /// Searches everything written for every secret there is.
    ///
    /// # Panics
    /// When one is found.
    pub fn assert_no_secret(&self, run: &Run) -> Searched {
        let mut secrets = vec![PROXY.1];
        secrets.extend(WEBHOOK_SECRETS);
        self.world.assert_no_secret(run, &secrets)
    }

    /// Requests to a host.
    pub fn asked(&self, host: &str) -> Vec<LoggedRequest> {
        let mut log = self.world.sim.log();
        log.retain(|request| request.host == host);
        log
    }

    /// Tunnels to a host.
    pub fn tunnels(&self, host: &str) -> usize {
        self.world
            .sim
            .tunnels()
            .iter()
            .filter(|tunnel| tunnel.host == host)
            .count()
    }

    /// The refresh token's secret in the vault.
    pub fn kept(&self) -> VaultSecret {
        self.world.sim.cloud(|cloud| {
            cloud
                .vault(VAULT)
                .expect("the premise of a test")
                .secret(SECRET)
                .expect("the premise of a test")
                .clone()
        })
    }

    /// Alters the app that the service connections stand for.
    pub fn app(&self, alter: impl FnOnce(&mut App)) {
        self.world
            .sim
            .cloud(|cloud| alter(cloud.app_mut(&self.app).expect("the premise of a test")));
    }

    /// Alters the vault.
    ///
    /// # Panics
    /// When there is none.
    pub fn vault(&self, alter: impl FnOnce(&mut Vault)) {
        self.world
            .sim
            .cloud(|cloud| alter(cloud.vault_mut(VAULT).expect("the premise of a test")));
    }
}
