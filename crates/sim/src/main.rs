//! `patkeeper-sim`: the simulator for use by hand.

use std::io::{self, Write};
use std::time::Duration;

use clap::{Arg, ArgMatches, Command, value_parser};
use patkeeper_sim::generate::{self, Generated, Plan};
use patkeeper_sim::{Sim, SimConfig, StartError};

fn main() -> Result<(), Failure> {
    let matches = command().get_matches();
    let sim = Sim::start(SimConfig {
        seed: number(&matches, "seed"),
        port: matches.get_one("port").copied().unwrap_or_default(),
        latency: Duration::from_millis(number(&matches, "latency-ms")),
        ..SimConfig::default()
    })?;
    let made = sim.cloud(|cloud| match matches.get_one::<usize>("pats") {
        Some(count) => {
            let name = matches.get_one::<String>("org").map_or("acme", String::as_str);
            generate::organization(cloud, name, &Plan::of(number(&matches, "seed"), *count))
        }
        None => generate::demo(cloud),
    });
    show(&sim, &made)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(tokio::signal::ctrl_c())?;
    Ok(())
}

/// Why the simulator does not run.
#[derive(thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Start(#[from] StartError),
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// `main` shows an error by `Debug`.
impl std::fmt::Debug for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{self}")
    }
}

fn command() -> Command {
    Command::new("patkeeper-sim")
        .about(
            "Plays Azure DevOps, Entra, Key Vault, Slack and Teams on loopback, and prints the environment that leads there.",
        )
        .arg(option("org", "NAME", "The organization's name").requires("pats"))
        .arg(
            option("pats", "COUNT", "So many PATs instead of the demo's organization")
                .value_parser(value_parser!(usize)),
        )
        .arg(
            option("seed", "NUMBER", "Source of ids, names and times")
                .value_parser(value_parser!(u64))
                .default_value("1"),
        )
        .arg(
            option("latency-ms", "MS", "Milliseconds before every answer")
                .value_parser(value_parser!(u64))
                .default_value("0"),
        )
        .arg(
            option("port", "PORT", "The proxy's port on 127.0.0.1; 0: any free one")
                .value_parser(value_parser!(u16))
                .default_value("0"),
        )
}

fn option(name: &'static str, value: &'static str, help: &'static str) -> Arg {
    Arg::new(name).long(name).value_name(value).help(help)
}

fn number(matches: &ArgMatches, name: &str) -> u64 {
    matches.get_one(name).copied().unwrap_or_default()
}

/// The environment, ready to be pasted into a shell.
fn show(sim: &Sim, made: &Generated) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "# The simulator runs at {} until Ctrl-C.", sim.proxy_url())?;
    writeln!(
        out,
        "# A task's environment, as an agent behind this proxy would set it:"
    )?;
    for (name, value) in sim.agent_env() {
        writeln!(out, "export {name}='{value}'")?;
    }
    writeln!(
        out,
        "export INPUT_ORGANIZATION='https://dev.azure.com/{}/'",
        made.organization
    )?;
    writeln!(
        out,
        "# The simulator's own token, worth nothing anywhere else; good for one hour:"
    )?;
    writeln!(out, "export INPUT_ACCESSTOKEN='{}'", made.token)?;
    writeln!(out, "# For other programs:")?;
    for (name, value) in sim.plain_env() {
        writeln!(out, "export {name}='{value}'")?;
    }
    out.flush()
}
