//! One run of a Python client.

use std::path::PathBuf;
use std::process::Command;

use chrono::TimeDelta;
use patkeeper_sim::{AppSeed, Right, Sim, SimConfig};
use patkeeper_tests::package::workspace;
use serde_json::Value;

/// A simulator with an app and a vault in which that may do everything.
pub(crate) struct Peer {
    pub(crate) sim: Sim,
    pub(crate) client_id: String,
    secret: String,
    tenant: String,
    python: PathBuf,
}

/// What a scenario saw.
pub(crate) struct Seen {
    /// What it reported, one value.
    pub(crate) report: Value,
    /// Everything that it wrote.
    pub(crate) written: String,
}

impl Peer {
    /// `None`, and a line that says so, where the clients are not installed.
    pub(crate) fn installed() -> Option<Self> {
        let folder = workspace().join("target/python");
        let python = folder.join("bin/python");
        if !folder.join(".installed").is_file() {
            assert!(
                std::env::var_os("PATKEEPER_PEERS").is_none(),
                "Microsoft's Python clients are not in {}",
                folder.display()
            );
            eprintln!("skipped: Microsoft's Python clients are not installed (cargo xtask test does that)");
            return None;
        }
        let sim = Sim::start(SimConfig::default()).unwrap();
        let (client_id, secret, tenant) = sim.cloud(|cloud| {
            let app = cloud.add_app(AppSeed::confidential("sp-pipelines"));
            let secret = cloud.add_app_secret(&app, TimeDelta::days(30));
            cloud.grant("acme-kv", &app, Right::ALL);
            let tenant = cloud.tenant().to_owned();
            (app, secret, tenant)
        });
        Some(Self {
            sim,
            client_id,
            secret,
            tenant,
            python,
        })
    }

    /// Has the app prove itself with this secret from now on.
    pub(crate) fn with_secret(mut self, secret: &str) -> Self {
        secret.clone_into(&mut self.secret);
        self
    }

    /// Runs a scenario of `clients.py`.
    pub(crate) fn run(&self, scenario: &str) -> Seen {
        let env = [
            ("TENANT_ID", self.tenant.as_str()),
            ("CLIENT_ID", &self.client_id),
            ("CLIENT_SECRET", &self.secret),
        ];
        self.script("clients.py", scenario, &env)
    }

    /// Runs a scenario of any script in this folder.
    pub(crate) fn script(&self, script: &str, scenario: &str, env: &[(&str, &str)]) -> Seen {
        let mut python = Command::new(&self.python);
        let home = tempfile::tempdir().unwrap();
        python
            .arg("-I")
            .arg(workspace().join("tests/tests/peers").join(script))
            .arg(scenario)
            .env_clear()
            .envs(self.sim.plain_env())
            .env("REQUESTS_CA_BUNDLE", self.sim.ca_path())
            // Microsoft's client of Azure DevOps remembers there where things are.
            .env("HOME", home.path())
            .env("AZURE_DEVOPS_CACHE_DIR", home.path())
            .envs(env.iter().copied());
        let output = python.output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let complained = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(
            output.status.success(),
            "{scenario}: {}\n{said}{complained}",
            output.status
        );
        Seen {
            report: serde_json::from_str(said.lines().last().unwrap()).unwrap(),
            written: said + &complained,
        }
    }
}
