//! `patkeeper demo`: a whole audit of an organization that exists only in this process.
//!
//! The simulator is a cargo feature that the packaged binary is built without. The audit reaches it like any
//! cloud: through the agent's proxy and CA settings, and nothing else.

use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context as _;
use chrono::{TimeDelta, Utc};
use patkeeper_agent::Front;
use patkeeper_agent::console::Console;
use patkeeper_agent::context::AgentContext;
use patkeeper_agent::inputs::Inputs;
use patkeeper_agent::registry::pat_monitor;
use patkeeper_core::failure::{Failure, FailureKind};
use patkeeper_sim::{Sim, SimConfig, generate};

use crate::monitor::{self, Job};
use crate::run::{self, Ending};

/// Runs the demo. Its exit code is 0 whatever the audit finds: finding something is the point.
pub(crate) fn run() -> ExitCode {
    let (console, right) = Console::new(
        Front::People,
        Some(&pat_monitor::TASK),
        false,
        std::io::stdout(),
        std::io::stdout(),
    );
    run::report_bugs(&console);
    match show(&console) {
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

fn show(console: &Console) -> anyhow::Result<Ending> {
    let sim = Sim::start(SimConfig::default()).context("the simulator did not start")?;
    let pipeline = sim.cloud(|cloud| {
        let acme = generate::demo(cloud);
        generate::pipeline(cloud, &acme)
    });
    // Kept, so that the reports can be opened; new each time, so that nobody else's file is written to.
    let folder = tempfile::Builder::new()
        .prefix("patkeeper-demo-")
        .tempdir()
        .context("no temp folder")?
        .keep();
    let policy = write_policy(&folder)?;
    let inputs = [
        ("azureSubscription", "azure-pats", pipeline.connection.as_str()),
        ("tenantId", "$(tenantId)", pipeline.tenant.as_str()),
        ("clientId", "$(clientId)", pipeline.client_id.as_str()),
        ("refreshTokenVault", "acme-kv", pipeline.vault.as_str()),
        (
            "refreshTokenSecret",
            "patkeeper-refresh",
            pipeline.secret.as_str(),
        ),
        ("policyFile", "policy.yml", &policy.display().to_string()),
        (
            "slackWebhookUrl",
            "$(slackWebhook)",
            "https://hooks.slack.com/services/T0/B0/not-a-real-webhook",
        ),
    ];
    console.text(
        "A simulated organization, 'acme', on this machine; nothing leaves it. This is what a pipeline runs:",
    );
    console.text("");
    console.text("  - task: PatMonitor@1");
    console.text("    inputs:");
    for (name, written, _) in inputs {
        console.text(&format!("      {name}: {written}"));
    }
    console.text("");

    // What an agent that is configured with the simulator's proxy and CA gives such a step.
    let mut variables = sim.agent_env();
    variables.extend(pipeline.environment.iter().cloned());
    let given = inputs.map(|(name, _, value)| (format!("INPUT_{}", name.to_uppercase()), value.to_owned()));
    variables.extend(given);
    variables.push((
        "SYSTEM_COLLECTIONURI".to_owned(),
        "https://dev.azure.com/acme/".to_owned(),
    ));
    variables.push(("AGENT_TEMPDIRECTORY".to_owned(), folder.display().to_string()));
    let variable = |name: &str| {
        let found = variables.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.clone())
    };
    let broke = |failure: Failure| anyhow::anyhow!(failure.what);
    let inputs = run::checked(console, Inputs::from_agent(&pat_monitor::TASK, variable)).map_err(broke)?;
    let job = Job {
        report_folder: Some(folder.clone()),
        inputs,
        network: run::network(variable).map_err(broke)?,
        context: &AgentContext::default(),
        variables: &variables,
        console,
    };
    run::to_the_end(console, monitor::stands(&job.inputs), monitor::run(job)).map_err(broke)
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
