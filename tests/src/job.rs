//! A job: its variables, secrets and connections, and the environment that a step of it gets.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::json;
use tempfile::TempDir;

use crate::manifest::{Input, Manifest};
use crate::masker::Masker;
use crate::package::Task;
use crate::running::{Run, Running};

/// The name that the job's own token is known by.
const SYSTEM_CONNECTION: &str = "SYSTEMVSSCONNECTION";

/// Of the authorization parameters that the agent does not mask, those of connections to Azure. A client id is masked.
const PUBLIC_PARAMETERS: [&str; 4] = ["TenantId", "AuthenticationType", "Scope", "Role"];

/// A variable of the job.
#[derive(Debug, Clone)]
pub(crate) struct Variable {
    pub(crate) name: String,
    pub(crate) value: String,
    pub(crate) secret: bool,
    pub(crate) read_only: bool,
}

/// A service connection as the job sees it.
#[derive(Debug, Clone)]
pub struct Connection {
    /// Its GUID.
    pub id: String,
    /// Its address.
    pub url: String,
    /// `ServicePrincipal`, `WorkloadIdentityFederation`, `ManagedServiceIdentity`.
    pub scheme: String,
    /// Authorization parameters. The agent masks all but the few that it knows to be none.
    pub parameters: Vec<(String, String)>,
    /// Public data.
    pub data: Vec<(String, String)>,
}

/// One step as YAML has it.
#[derive(Debug, Clone, Default)]
pub struct Step {
    pub(crate) reference: String,
    pub(crate) inputs: Vec<(String, String)>,
    pub(crate) environment: Vec<(String, String)>,
    pub(crate) commands_restricted: bool,
}

impl Step {
    /// A step with this `name:`.
    #[must_use]
    pub fn new(reference: &str) -> Self {
        Self {
            reference: reference.to_owned(),
            ..Self::default()
        }
    }

    /// An input, which may hold `$(macros)`. The last one of a name counts.
    #[must_use]
    pub fn input(mut self, name: &str, value: &str) -> Self {
        self.inputs.push((name.to_owned(), value.to_owned()));
        self
    }

    /// A line of the step's `env:`.
    #[must_use]
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// `target: {commands: restricted}`.
    #[must_use]
    pub fn restricted(mut self) -> Self {
        self.commands_restricted = true;
        self
    }
}

/// A job on an agent of its own, whose directories vanish with it.
#[derive(Debug)]
pub struct Job {
    root: TempDir,
    node: PathBuf,
    pub(crate) variables: BTreeMap<String, Variable>,
    pub(crate) masker: Masker,
    connections: Vec<Connection>,
    machine: BTreeMap<String, String>,
    job_token: String,
}

impl Default for Job {
    fn default() -> Self {
        Self::new()
    }
}

impl Job {
    /// A job of a build pipeline in the organization `acme`, on a machine with nothing but a `PATH` and a home.
    ///
    /// # Panics
    /// When directories cannot be made.
    #[must_use]
    pub fn new() -> Self {
        let root = tempfile::Builder::new()
            .prefix("agent-")
            .tempdir()
            .expect("a temporary directory");
        let mut job = Self {
            node: PathBuf::from("node"),
            variables: BTreeMap::new(),
            masker: Masker::default(),
            connections: Vec::new(),
            machine: BTreeMap::new(),
            job_token: format!("job-token-of-{}", std::process::id()),
            root,
        };
        for folder in ["_temp", "_tool", "home", "1/s", "1/a", "1/b"] {
            std::fs::create_dir_all(job.root.path().join(folder)).expect("the agent's directories");
        }
        if let Ok(path) = std::env::var("PATH") {
            job = job.machine("PATH", &path);
        }
        let home = job.folder("home");
        job = job
            .machine("HOME", &home)
            .machine("LANG", "C.UTF-8")
            .machine("TF_BUILD", "True");
        job.standard_variables();
        job.masker.add_job_secret(&job.job_token.clone());
        job
    }

    /// The same job on another agent, with directories of its own.
    ///
    /// # Panics
    /// When directories cannot be made.
    #[must_use]
    pub fn on_another_agent(&self) -> Self {
        let mut other = Self::new();
        let root = self.root.path().display().to_string();
        for (name, variable) in &self.variables {
            if !variable.value.contains(&root) {
                other.variables.insert(name.clone(), variable.clone());
            }
        }
        let machine = self.machine.iter().filter(|(_, value)| !value.contains(&root));
        other
            .machine
            .extend(machine.map(|(name, value)| (name.clone(), value.clone())));
        other.connections.clone_from(&self.connections);
        other.masker.clone_from(&self.masker);
        other.job_token.clone_from(&self.job_token);
        other.node.clone_from(&self.node);
        other
    }

    fn standard_variables(&mut self) {
        let (work, sources) = (self.folder("1"), self.folder("1/s"));
        for (name, value) in [
            ("System", "build"),
            ("System.HostType", "build"),
            ("System.Culture", "en-US"),
            ("System.CollectionId", "5a1e0000-0000-4000-8000-00000000c011"),
            ("System.CollectionUri", "https://dev.azure.com/acme/"),
            (
                "System.TeamFoundationCollectionUri",
                "https://dev.azure.com/acme/",
            ),
            ("System.TeamFoundationServerUri", "https://dev.azure.com/acme/"),
            ("System.TeamProject", "Rockets"),
            ("System.TeamProjectId", "5a1e0000-0000-4000-8000-00000000c012"),
            ("System.DefinitionId", "7"),
            ("System.PlanId", "5a1e0000-0000-4000-8000-00000000c013"),
            ("System.TimelineId", "5a1e0000-0000-4000-8000-00000000c014"),
            ("System.JobId", "5a1e0000-0000-4000-8000-00000000c015"),
            ("System.JobPositionInPhase", "1"),
            ("System.TotalJobsInPhase", "1"),
            ("System.DefaultWorkingDirectory", sources.as_str()),
            ("System.ArtifactsDirectory", self.folder("1/a").as_str()),
            ("Build.BuildId", "4711"),
            ("Build.BuildNumber", "20261121.1"),
            ("Build.DefinitionName", "weekly audit"),
            ("Build.SourcesDirectory", sources.as_str()),
            ("Build.SourceBranch", "refs/heads/main"),
            ("Build.Reason", "Schedule"),
            ("Agent.Name", "agent-1"),
            ("Agent.Id", "1"),
            ("Agent.MachineName", "agent-1"),
            ("Agent.Version", "4.270.0"),
            ("Agent.OS", "Linux"),
            (
                "Agent.OSArchitecture",
                if cfg!(target_arch = "aarch64") {
                    "ARM64"
                } else {
                    "X64"
                },
            ),
            ("Agent.JobName", "Job"),
            ("Agent.JobStatus", "Succeeded"),
            ("Agent.TempDirectory", self.folder("_temp").as_str()),
            ("Agent.ToolsDirectory", self.folder("_tool").as_str()),
            (
                "Agent.WorkFolder",
                self.root.path().display().to_string().as_str(),
            ),
            ("Agent.BuildDirectory", work.as_str()),
        ] {
            self.set(name, value, false);
        }
    }

    fn folder(&self, name: &str) -> String {
        self.root.path().join(name).display().to_string()
    }

    /// The folder that everything of this job lies in.
    #[must_use]
    pub fn root(&self) -> &Path {
        self.root.path()
    }

    /// `Agent.TempDirectory`.
    #[must_use]
    pub fn temp(&self) -> PathBuf {
        self.root.path().join("_temp")
    }

    /// `System.DefaultWorkingDirectory`.
    #[must_use]
    pub fn sources(&self) -> PathBuf {
        self.root.path().join("1/s")
    }

    /// A public variable.
    #[must_use]
    pub fn variable(mut self, name: &str, value: &str) -> Self {
        self.set(name, value, false);
        self
    }

    /// A secret variable: masked from the start.
    #[must_use]
    pub fn secret(mut self, name: &str, value: &str) -> Self {
        self.add_secret(name, value);
        self
    }

    /// A public variable, added to a job that is under way.
    pub fn set_variable(&mut self, name: &str, value: &str) {
        self.set(name, value, false);
    }

    /// A secret variable, added to a job that is under way.
    pub fn add_secret(&mut self, name: &str, value: &str) {
        self.set(name, value, true);
        self.masker.add_job_secret(value);
    }

    pub(crate) fn set(&mut self, name: &str, value: &str, secret: bool) {
        let variable = Variable {
            name: name.to_owned(),
            value: value.to_owned(),
            secret,
            read_only: false,
        };
        self.variables.insert(name.to_lowercase(), variable);
    }

    /// A variable of the machine, which the agent's process has and passes on.
    #[must_use]
    pub fn machine(mut self, name: &str, value: &str) -> Self {
        self.machine.insert(name.to_owned(), value.to_owned());
        self
    }

    /// A setting of the agent by the name that a task knows it by (`AGENT_PROXYURL`, `AGENT_CAINFO`,
    /// `SECRET_AGENT_PROXYPASSWORD`). Agents hand these on as variables of the job.
    #[must_use]
    pub fn agent_setting(self, name: &str, value: &str) -> Self {
        match name.strip_prefix("SECRET_") {
            Some(name) => self.secret(&name.to_lowercase().replacen('_', ".", 1), value),
            None => self.variable(&name.to_lowercase().replacen('_', ".", 1), value),
        }
    }

    /// A service connection that the job may use.
    #[must_use]
    pub fn connection(mut self, connection: Connection) -> Self {
        let is_public = |name: &str| {
            PUBLIC_PARAMETERS
                .iter()
                .any(|known| known.eq_ignore_ascii_case(name))
        };
        let secrets = connection.parameters.iter().filter(|(name, _)| !is_public(name));
        secrets.for_each(|(_, value)| self.masker.add(value));
        self.connections.push(connection);
        self
    }

    /// Another token of the job's own, such as one that a simulated service knows.
    #[must_use]
    pub fn with_token(mut self, token: &str) -> Self {
        self.job_token = token.to_owned();
        self.masker.add_job_secret(token);
        self
    }

    /// Runs another `node` than the one on the `PATH`.
    #[must_use]
    pub fn node(mut self, node: impl Into<PathBuf>) -> Self {
        self.node = node.into();
        self
    }

    /// The job's own token, which every Node task gets whether or not YAML maps it.
    #[must_use]
    pub fn job_token(&self) -> &str {
        &self.job_token
    }

    /// Runs a step to its end.
    ///
    /// # Panics
    /// When node cannot be started, or the step names an input that the task does not declare.
    pub fn run(&mut self, task: &Task, step: &Step) -> Run {
        self.start(task, step).finish(self)
    }

    /// What the process of a step gets in its environment.
    ///
    /// # Panics
    /// As [`Job::run`].
    pub fn environment_of(&mut self, task: &Task, step: &Step) -> BTreeMap<String, String> {
        self.set(
            "System.TaskInstanceId",
            &format!("5a1e0000-0000-4000-8000-{:012}", step.reference.len()),
            false,
        );
        self.set("System.TaskInstanceName", &step.reference, false);
        self.set("System.TaskDisplayName", &step.reference, false);
        self.environment(&task.manifest, step)
    }

    /// Starts a step.
    ///
    /// # Panics
    /// As [`Job::run`].
    pub fn start(&mut self, task: &Task, step: &Step) -> Running {
        let environment = self.environment_of(task, step);
        let program = task.folder.join(task.handler());
        Running::start(
            &self.node,
            &program,
            &self.sources(),
            environment,
            self,
            task,
            step,
        )
    }

    /// Variables whose name a macro may use.
    fn expand(&self, text: &str) -> String {
        let mut done = String::new();
        let mut rest = text;
        while let Some(start) = rest.find("$(") {
            let (before, macro_on) = rest.split_at(start);
            done.push_str(before);
            let value = macro_on
                .find(')')
                .and_then(|end| Some((end, self.lookup(macro_on.get(2..end)?)?)));
            match value {
                Some((end, value)) => {
                    done.push_str(&value);
                    rest = macro_on.get(end + 1..).unwrap_or_default();
                }
                None => {
                    done.push_str("$(");
                    rest = macro_on.get(2..).unwrap_or_default();
                }
            }
        }
        done.push_str(rest);
        done
    }

    fn lookup(&self, name: &str) -> Option<String> {
        self.variables
            .get(&name.to_lowercase())
            .map(|variable| variable.value.clone())
            .or_else(|| self.machine.get(name).cloned())
    }

    /// Every declared input: the default, or what the step says, empty included; trimmed and expanded.
    fn inputs(&self, manifest: &Manifest, step: &Step) -> Vec<(Input, String)> {
        for (name, _) in &step.inputs {
            assert!(
                manifest.inputs.iter().any(|input| is_called(input, name)),
                "{} declares no input '{name}'",
                manifest.name
            );
        }
        let trim = !self
            .lookup("DISABLE_INPUT_TRIMMING")
            .is_some_and(|value| value.eq_ignore_ascii_case("true"));
        manifest
            .inputs
            .iter()
            .map(|input| {
                let given = step.inputs.iter().rev().find(|(name, _)| is_called(input, name));
                let value = match given {
                    Some((_, value)) if trim => value.trim().to_owned(),
                    Some((_, value)) => value.clone(),
                    None => input.default_text(),
                };
                let mut value = self.expand(&value);
                if input.kind == "filePath" {
                    value = self.sources().join(value).display().to_string();
                }
                (input.clone(), value)
            })
            .collect()
    }

    /// Everything that the step's process gets, in the order in which the agent lays it on.
    fn environment(&self, manifest: &Manifest, step: &Step) -> BTreeMap<String, String> {
        let mut environment = self.machine.clone();
        for (name, value) in &step.environment {
            environment.insert(name.clone(), self.expand(value));
        }
        let inputs = self.inputs(manifest, step);
        for (input, value) in &inputs {
            environment.insert(format!("INPUT_{}", key(&input.name)), value.clone());
        }
        self.add_system_connection(&mut environment);
        let named = inputs
            .iter()
            .filter(|(input, _)| input.kind.to_lowercase().starts_with("connectedservice:"))
            .flat_map(|(_, ids)| ids.split(',').map(str::trim));
        for id in named {
            let known = self
                .connections
                .iter()
                .find(|connection| connection.id.eq_ignore_ascii_case(id));
            if let Some(connection) = known {
                add_connection(&mut environment, connection);
            }
        }
        let (mut public, mut secret) = (Vec::new(), Vec::new());
        for variable in self.variables.values() {
            if variable.secret {
                environment.insert(format!("SECRET_{}", key(&variable.name)), variable.value.clone());
                secret.push(variable.name.clone());
            } else {
                environment.insert(key(&variable.name), variable.value.clone());
                public.push(variable.name.clone());
            }
        }
        if let Some(status) = self.lookup("agent.jobstatus") {
            environment.insert("agent.jobstatus".to_owned(), status);
        }
        environment.insert("VSTS_PUBLIC_VARIABLES".to_owned(), json!(public).to_string());
        environment.insert("VSTS_SECRET_VARIABLES".to_owned(), json!(secret).to_string());
        for name in [
            "VSTS_HTTP_PROXY",
            "VSTS_HTTP_PROXY_USERNAME",
            "VSTS_HTTP_PROXY_PASSWORD",
        ] {
            environment.insert(name.to_owned(), String::new());
        }
        environment
    }

    fn add_system_connection(&self, environment: &mut BTreeMap<String, String>) {
        let auth = json!({ "parameters": { "AccessToken": self.job_token }, "scheme": "OAuth" });
        for (name, value) in [
            (
                format!("ENDPOINT_URL_{SYSTEM_CONNECTION}"),
                self.lookup("System.CollectionUri").unwrap_or_default(),
            ),
            (format!("ENDPOINT_AUTH_{SYSTEM_CONNECTION}"), auth.to_string()),
            (
                format!("ENDPOINT_AUTH_SCHEME_{SYSTEM_CONNECTION}"),
                "OAuth".to_owned(),
            ),
            (
                format!("ENDPOINT_AUTH_PARAMETER_{SYSTEM_CONNECTION}_ACCESSTOKEN"),
                self.job_token.clone(),
            ),
        ] {
            environment.insert(name, value);
        }
    }
}

fn is_called(input: &Input, name: &str) -> bool {
    input.name.eq_ignore_ascii_case(name)
        || input.aliases.iter().any(|alias| alias.eq_ignore_ascii_case(name))
}

fn add_connection(environment: &mut BTreeMap<String, String>, connection: &Connection) {
    let Connection {
        id,
        url,
        scheme,
        parameters,
        data,
    } = connection;
    let map = |pairs: &[(String, String)]| -> serde_json::Value {
        pairs
            .iter()
            .map(|(name, value)| (name.clone(), json!(value)))
            .collect::<serde_json::Map<_, _>>()
            .into()
    };
    // As .NET writes a GUID.
    let id = id.to_lowercase();
    let auth = json!({ "parameters": map(parameters), "scheme": scheme });
    environment.insert(format!("ENDPOINT_URL_{id}"), url.clone());
    environment.insert(format!("ENDPOINT_AUTH_{id}"), auth.to_string());
    environment.insert(format!("ENDPOINT_AUTH_SCHEME_{id}"), scheme.clone());
    environment.insert(format!("ENDPOINT_DATA_{id}"), map(data).to_string());
    for (name, value) in parameters {
        environment.insert(
            format!("ENDPOINT_AUTH_PARAMETER_{id}_{}", key(name)),
            value.clone(),
        );
    }
    for (name, value) in data {
        environment.insert(format!("ENDPOINT_DATA_{id}_{}", key(name)), value.clone());
    }
}

/// A variable's name as the environment has it.
#[must_use]
pub fn key(name: &str) -> String {
    name.replace(['.', ' '], "_").to_uppercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest(inputs: serde_json::Value) -> Manifest {
        serde_json::from_value(json!({
            "id": "x", "name": "X", "version": { "Major": 1, "Minor": 0, "Patch": 0 }, "inputs": inputs
        }))
        .expect("a manifest")
    }

    fn environment(job: &Job, step: &Step) -> BTreeMap<String, String> {
        let declared = json!([
            { "name": "organization", "type": "string", "defaultValue": "$(System.CollectionUri)" },
            { "name": "names", "type": "multiLine", "aliases": ["patterns"] },
            { "name": "dryRun", "type": "boolean", "defaultValue": true },
            { "name": "azureSubscription", "type": "connectedService:AzureRM" },
        ]);
        job.environment(&manifest(declared), step)
    }

    #[test]
    fn declared_inputs_get_their_defaults_expanded_and_absent_ones_are_empty() {
        let environment = environment(&Job::new(), &Step::new("s"));
        assert_eq!(environment["INPUT_ORGANIZATION"], "https://dev.azure.com/acme/");
        assert_eq!(environment["INPUT_DRYRUN"], "true");
        assert_eq!(environment["INPUT_NAMES"], "");
    }

    #[test]
    fn an_input_given_empty_replaces_the_default() {
        let environment = environment(&Job::new(), &Step::new("s").input("organization", "  "));
        assert_eq!(environment["INPUT_ORGANIZATION"], "");
    }

    #[test]
    fn values_are_trimmed_expanded_once_and_unresolved_macros_stay() {
        let job = Job::new()
            .variable("a.b", "$(c)")
            .variable("c", "no")
            .secret("Token", "hush hush");
        let step = Step::new("s").input("patterns", "\n x $(A.B) $(token) $(nowhere) $( \n");
        assert_eq!(
            environment(&job, &step)["INPUT_NAMES"],
            "x $(c) hush hush $(nowhere) $("
        );
    }

    #[test]
    fn secrets_arrive_under_their_prefix_and_both_lists_name_what_is_theirs() {
        let job = Job::new()
            .secret("My.Token", "hush hush")
            .variable("HTTPS.proxy", "http://x");
        let environment = environment(&job, &Step::new("s"));
        assert_eq!(environment["SECRET_MY_TOKEN"], "hush hush");
        assert!(!environment.contains_key("MY_TOKEN"));
        assert_eq!(environment["HTTPS_PROXY"], "http://x");
        assert_eq!(environment["VSTS_SECRET_VARIABLES"], r#"["My.Token"]"#);
        assert!(environment["VSTS_PUBLIC_VARIABLES"].contains("\"HTTPS.proxy\""));
    }

    const FIRST: &str = "5a1e0000-0000-4000-8000-0000000000aa";
    const SECOND: &str = "5a1e0000-0000-4000-8000-0000000000bb";

    fn with_connections() -> Job {
        let connection = |id: &str| Connection {
            id: id.to_owned(),
            url: "https://management.azure.com/".to_owned(),
            scheme: "ServicePrincipal".to_owned(),
            parameters: vec![("serviceprincipalkey".to_owned(), "hush hush".to_owned())],
            data: vec![("msi client.Id".to_owned(), "lab".to_owned())],
        };
        Job::new()
            .connection(connection(FIRST))
            .connection(connection(SECOND))
    }

    /// What arrives of connections, `<id>` in place of the first one's.
    fn arriving(step: &Step) -> BTreeMap<String, String> {
        let all = environment(&with_connections(), step);
        all.into_iter()
            .filter(|(name, _)| name.starts_with("ENDPOINT_"))
            .map(|(name, value)| (name.replace(FIRST, "<id>"), value))
            .collect()
    }

    #[test]
    fn a_connection_named_by_an_input_arrives_as_an_agent_writes_it_and_no_other() {
        let found = arriving(&Step::new("s").input("azureSubscription", &FIRST.to_uppercase()));
        let job = format!("job-token-of-{}", std::process::id());
        let system = json!({ "parameters": { "AccessToken": job }, "scheme": "OAuth" }).to_string();
        let expected = [
            (
                "ENDPOINT_AUTH_<id>",
                r#"{"parameters":{"serviceprincipalkey":"hush hush"},"scheme":"ServicePrincipal"}"#,
            ),
            ("ENDPOINT_AUTH_PARAMETER_<id>_SERVICEPRINCIPALKEY", "hush hush"),
            ("ENDPOINT_AUTH_PARAMETER_SYSTEMVSSCONNECTION_ACCESSTOKEN", &job),
            ("ENDPOINT_AUTH_SCHEME_<id>", "ServicePrincipal"),
            ("ENDPOINT_AUTH_SCHEME_SYSTEMVSSCONNECTION", "OAuth"),
            ("ENDPOINT_AUTH_SYSTEMVSSCONNECTION", &system),
            ("ENDPOINT_DATA_<id>", r#"{"msi client.Id":"lab"}"#),
            ("ENDPOINT_DATA_<id>_MSI_CLIENT_ID", "lab"),
            ("ENDPOINT_URL_<id>", "https://management.azure.com/"),
            ("ENDPOINT_URL_SYSTEMVSSCONNECTION", "https://dev.azure.com/acme/"),
        ];
        let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(found, BTreeMap::from(expected));
    }

    #[test]
    fn an_input_may_name_several_connections_and_one_that_is_not_the_jobs_brings_nothing() {
        let both = arriving(&Step::new("s").input("azureSubscription", &format!("{FIRST}, {SECOND}")));
        assert!(
            both.contains_key("ENDPOINT_AUTH_<id>") && both.contains_key(&format!("ENDPOINT_AUTH_{SECOND}"))
        );
        let system = arriving(&Step::new("s"));
        assert_eq!(
            arriving(&Step::new("s").input("azureSubscription", "lab")),
            system
        );
        assert!(
            system.keys().all(|name| name.contains("SYSTEMVSSCONNECTION")),
            "{system:?}"
        );
    }

    #[test]
    fn settings_of_the_agent_are_variables_of_the_job() {
        let job = Job::new()
            .agent_setting("AGENT_PROXYURL", "http://127.0.0.1:1")
            .agent_setting("SECRET_AGENT_PROXYPASSWORD", "hush hush");
        let environment = environment(&job, &Step::new("s"));
        assert_eq!(environment["AGENT_PROXYURL"], "http://127.0.0.1:1");
        assert_eq!(environment["SECRET_AGENT_PROXYPASSWORD"], "hush hush");
        assert!(environment["VSTS_PUBLIC_VARIABLES"].contains("\"agent.proxyurl\""));
    }

    #[test]
    #[should_panic(expected = "declares no input 'nmaes'")]
    fn a_misspelled_input_is_a_broken_test() {
        let _ = environment(&Job::new(), &Step::new("s").input("nmaes", "x"));
    }
}
