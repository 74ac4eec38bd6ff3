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
    let acme = sim.cloud(generate::demo);
    // Kept, so that the reports can be opened; new each time, so that nobody else's file is written to.
    let folder = tempfile::Builder::new()
        .prefix("patkeeper-demo-")
        .tempdir()
        .context("no temp folder")?
        .keep();
    let policy = write_policy(&folder)?;

    console.text(
        "A simulated organization, 'acme', on this machine; nothing leaves it. This is what a pipeline runs:",
    );
    console.text("");
    for line in [
        "  - task: PatMonitor@1",
        "    inputs:",
        "      accessToken: $(entraToken)",
        "      policyFile: policy.yml",
        "      slackWebhookUrl: $(slackWebhook)",
    ] {
        console.text(line);
    }
    console.text("");

    let input = |name: &str| match name {
        "organization" => Some(acme.organization.clone()),
        "accessToken" => Some(acme.token.clone()),
        "policyFile" => Some(policy.display().to_string()),
        "slackWebhookUrl" => Some("https://hooks.slack.com/services/T0/B0/not-a-real-webhook".to_owned()),
        "reportDirectory" => Some(folder.display().to_string()),
        _ => None,
    };
    let inputs = run::checked(console, Inputs::from_flags(&pat_monitor::TASK, input))?;
    let env = sim.agent_env();
    let agent = |name: &str| {
        env.iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.clone())
    };
    let job = Job {
        report_folder: inputs.report_directory.clone(),
        inputs,
        network: run::network(agent).map_err(|failure| anyhow::anyhow!(failure.what))?,
        context: &AgentContext::default(),
        console,
    };
    run::to_the_end(console, monitor::run(job)).map_err(|failure| anyhow::anyhow!(failure.what))
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
