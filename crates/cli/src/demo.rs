//! `patkeeper demo`: a week of an organization that exists only in this process: its PATs judged, the rotation of what is
//! due, an incident, and the judgment again.
//!
//! With `--html` the documents of all that become one HTML file, too.
//!
//! The simulator is a cargo feature that the packaged binary is built without. The steps reach it like any cloud:
//! through the agent's proxy and CA settings, and nothing else.

use std::cell::RefCell;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context as _, ensure};
use chrono::{TimeDelta, Utc};
use patkeeper_agent::Front;
use patkeeper_agent::console::{Console, RightToComplete};
use patkeeper_agent::context::AgentContext;
use patkeeper_agent::inputs::Inputs;
use patkeeper_agent::registry::{Task, pat_audit, pat_monitor, pat_revoke, pat_rotate};
use patkeeper_core::failure::{Failure, FailureKind};
use patkeeper_sim::generate::Pipeline;
use patkeeper_sim::{AuditSeed, Sim, SimConfig, UserSeed, generate};

use crate::folder::Folder;
use crate::job::{self, Around};
use crate::page::Page;
use crate::run::{self, Ending};

/// Runs the demo, and writes its documents as one HTML file where one is named. Its exit code is 0 whatever the audits
/// find: finding something is the point.
pub(crate) fn run(html: Option<&Path>) -> ExitCode {
    let (console, right) = console(&pat_monitor::TASK);
    run::report_bugs(&console);
    match show(&console, html) {
        Ok(ending) => {
            console.complete(right, ending.result, &ending.message);
            ExitCode::SUCCESS
        }
        Err(error) => {
            let ending = run::failed(
                &console,
                &Failure::new(FailureKind::Service, format!("{error:#}")),
            );
            console.complete(right, ending.result, &ending.message);
            ExitCode::from(ending.exit_code)
        }
    }
}

fn console(task: &'static Task) -> (Console, RightToComplete) {
    Console::new(
        Front::People,
        Some(task),
        false,
        std::io::stdout(),
        std::io::stdout(),
    )
}

fn show(console: &Console, html: Option<&Path>) -> anyhow::Result<Ending> {
    let page = html.map(|file| Ok::<_, anyhow::Error>((make_page(console)?, file)));
    let page = page.transpose()?;
    let stage = Stage::set()?;
    let audit = |failing: &'static str| {
        stage.step(
            &pat_monitor::TASK,
            &stage.unattended(),
            &[
                ("policyFile", "policy.yml", &stage.policy.display().to_string()),
                (
                    "slackWebhookUrl",
                    "$(slackWebhook)",
                    "https://hooks.slack.com/services/T0/B0/not-a-real-webhook",
                ),
                ("failOn", failing, failing),
            ],
        )
    };
    console.text(
        "A simulated organization, 'acme', on this machine; nothing leaves it. This is what a pipeline runs:",
    );
    // An expired PAT must not stop its own rotation.
    audit("never")?;
    for (name, scopes, more) in [
        ("ci-deploy-prod", "vso.build_execute", None),
        (
            "nuget-feed-sync",
            "vso.packaging_write",
            Some(("adopt", stage.by_hand.as_str(), stage.by_hand.as_str())),
        ),
        ("shop-front-build", "vso.build", None),
    ] {
        let vault = stage.pipeline.vault.as_str();
        let mut inputs = vec![
            ("name", name, name),
            ("scopes", scopes, scopes),
            ("vault", vault, vault),
            ("secretName", name, name),
        ];
        inputs.extend(more);
        stage.step(&pat_rotate::TASK, &stage.unattended(), &inputs)?;
    }
    // The log tells of a leak, and the leaked PAT dies in one step.
    stage.step(
        &pat_audit::TASK,
        &[("accessToken", "$(entraToken)", &stage.administrator)],
        &[("days", "30", "30")],
    )?;
    stage.step(
        &pat_revoke::TASK,
        &stage.unattended(),
        &[
            ("authorizationIds", &stage.leaked, &stage.leaked),
            (
                "reason",
                "found in a public repository",
                "found in a public repository",
            ),
            ("dryRun", "false", "false"),
        ],
    )?;
    let ending = audit("expired")?;
    if let Some((page, file)) = page {
        let file = stage.write_page(&page, file)?;
        console.text("");
        console.text(&format!(
            "The page: {}. Open it in a browser; it needs no network.",
            file.display()
        ));
    }
    Ok(ending)
}

/// The page of this source tree, made anew where something has changed since the last time.
fn make_page(console: &Console) -> anyhow::Result<Page> {
    console.text("Making the page: cargo xtask page");
    let tree = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    // `cargo run` says which cargo it is.
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let made = Command::new(cargo)
        .args(["xtask", "page"])
        .current_dir(&tree)
        .status();
    let made = made.context("cargo did not start, so the page could not be made")?;
    ensure!(
        made.success(),
        "The page could not be made: `cargo xtask page` says why"
    );
    Page::made(&tree.join("target/page/report.html")).context("`cargo xtask page` left no page")
}

/// An input: its name, how it is written, and its value.
type Input<'a> = (&'a str, &'a str, &'a str);

/// A company, and what its pipeline has.
struct Stage {
    /// It ends with this.
    _sim: Sim,
    pipeline: Pipeline,
    /// The id of a PAT that a person has made.
    by_hand: String,
    /// The id of a PAT that somebody has found.
    leaked: String,
    /// A token that may read the audit log.
    administrator: String,
    folder: PathBuf,
    policy: PathBuf,
    /// What an agent that is configured with the simulator's proxy and CA gives every step.
    variables: Vec<(String, String)>,
    /// The steps so far, each by its task and the folder of its own.
    steps: RefCell<Vec<(&'static Task, PathBuf)>>,
}

impl Stage {
    fn set() -> anyhow::Result<Self> {
        let sim = Sim::start(SimConfig::default()).context("the simulator did not start")?;
        let (pipeline, [by_hand, leaked], administrator, account) = sim.cloud(|cloud| {
            let acme = generate::demo(cloud);
            let pipeline = generate::pipeline(cloud, &acme);
            generate::demo_secrets(cloud, &acme, &pipeline.vault);
            let named = |name: &str| cloud.pats.iter().find(|pat| pat.display_name == name).cloned();
            let (by_hand, leaked) = (named("nuget-feed-sync"), named("grafana-builds"));
            cloud.audit("acme", true);
            if let Some(leaked) = &leaked {
                let found = "Token.PatPublicDiscoveryEvent";
                cloud.add_event(AuditSeed::of_pat("acme", found, leaked, "Build Service"));
            }
            let administrator = UserSeed::new("acme", "admin@acme.example", "Administrator").administrator();
            let administrator = cloud.enroll(administrator);
            let ids = [by_hand, leaked].map(|pat| pat.map_or_else(String::new, |pat| pat.authorization_id));
            (pipeline, ids, cloud.full_token(&administrator), acme.account_id)
        });
        // Kept, so that the reports can be opened; new each time, so that nobody else's file is written to.
        let folder = tempfile::Builder::new()
            .prefix("patkeeper-demo-")
            .tempdir()
            .context("no temp folder")?
            .keep();
        let policy = write_policy(&folder)?;
        let mut variables = sim.agent_env();
        variables.extend(pipeline.environment.iter().cloned());
        let job = [
            ("SYSTEM_COLLECTIONURI", "https://dev.azure.com/acme/"),
            ("SYSTEM_COLLECTIONID", account.as_str()),
            ("AGENT_TEMPDIRECTORY", &folder.display().to_string()),
        ];
        variables.extend(job.map(|(name, value)| (name.to_owned(), value.to_owned())));
        Ok(Self {
            _sim: sim,
            pipeline,
            by_hand,
            leaked,
            administrator,
            folder,
            policy,
            variables,
            steps: RefCell::default(),
        })
    }

    /// The inputs of a sign-in with nobody there.
    fn unattended(&self) -> [Input<'_>; 5] {
        let pipeline = &self.pipeline;
        [
            ("azureSubscription", "azure-pats", pipeline.connection.as_str()),
            ("tenantId", "$(tenantId)", pipeline.tenant.as_str()),
            ("clientId", "$(clientId)", pipeline.client_id.as_str()),
            ("refreshTokenVault", "acme-kv", pipeline.vault.as_str()),
            (
                "refreshTokenSecret",
                "patkeeper-refresh",
                pipeline.secret.as_str(),
            ),
        ]
    }

    /// Writes the page with what the steps left, all of it, as a build's page gets it.
    fn write_page(&self, page: &Page, file: &Path) -> anyhow::Result<PathBuf> {
        let steps = self.steps.borrow();
        let documents = (1..)
            .zip(steps.iter())
            .map(|(number, (task, folder))| {
                let name = format!("{number}-{}.json", task.name);
                (name, folder.join("patkeeper.json"))
            })
            .filter(|(_, document)| document.is_file());
        let documents: Vec<(String, PathBuf)> = documents.collect();
        let named: Vec<(&str, &Path)> = documents
            .iter()
            .map(|(name, document)| (name.as_str(), document.as_path()))
            .collect();
        let put = || {
            let file = std::path::absolute(file)?;
            let name = file.file_name().and_then(|name| name.to_str());
            let (Some(folder), Some(name)) = (file.parent(), name) else {
                return Err(std::io::ErrorKind::InvalidFilename.into());
            };
            Folder::prepare(folder)?.put(name, |out| page.write(out, &named))
        };
        put().with_context(|| format!("The page could not be written to {}", file.display()))
    }

    /// Shows a step as it is written, then runs it.
    fn step(
        &self,
        task: &'static Task,
        sign_in: &[Input<'_>],
        inputs: &[Input<'_>],
    ) -> anyhow::Result<Ending> {
        let (console, _right) = console(task);
        let all: Vec<_> = sign_in.iter().chain(inputs).collect();
        console.text("");
        console.text(&format!("  - task: {}@1", task.name));
        console.text("    inputs:");
        for (name, written, _) in &all {
            console.text(&format!("      {name}: {written}"));
        }
        console.text("");

        let given = all
            .iter()
            .map(|(name, _, value)| (format!("INPUT_{}", name.to_uppercase()), (*value).to_owned()));
        let mut steps = self.steps.borrow_mut();
        let name = format!("{}-{}", steps.len() + 1, task.name);
        // Where a rotation leaves its document.
        let folder = self.folder.join("patkeeper").join(&name);
        let mut variables = self.variables.clone();
        variables.extend(given);
        variables.extend(
            [
                ("SYSTEM_TASKINSTANCEID", name),
                ("INPUT_REPORTDIRECTORY", folder.display().to_string()),
            ]
            .map(|(name, value)| (name.to_owned(), value)),
        );
        steps.push((task, folder));
        drop(steps);
        let variable = |name: &str| {
            let found = variables.iter().find(|(key, _)| key == name);
            found.map(|(_, value)| value.clone())
        };
        let broke = |failure: Failure| anyhow::anyhow!(failure.what);
        let read = Inputs::from_agent(task, variable)
            .map_err(Failure::from)
            .map_err(broke)?;
        let around = Around {
            network: run::network(variable).map_err(broke)?,
            context: &AgentContext::read(variable),
            variables: &variables,
            console: &console,
        };
        job::perform(task, &run::masked(&console, read), around).map_err(broke)
    }
}

/// One finding of the demo is waived, so that a waiver can be seen.
fn write_policy(folder: &Path) -> anyhow::Result<std::path::PathBuf> {
    let path = folder.join("policy.yml");
    let until = (Utc::now() + TimeDelta::days(71)).format("%Y-%m-%d");
    let mut file =
        std::fs::File::create(&path).with_context(|| format!("{} cannot be written", path.display()))?;
    write!(
        file,
        "version: 1\n\
         waivers:\n\
         \x20 - rule: full-access\n\
         \x20   pat: vendor-bridge\n\
         \x20   reason: vendor tool, its replacement goes live next quarter\n\
         \x20   until: {until}\n"
    )?;
    Ok(path)
}
