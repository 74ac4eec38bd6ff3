//! `patkeeper-sim`: the simulator for use by hand.

use std::io::{self, Write};
use std::time::Duration;

use chrono::TimeDelta;
use clap::{Arg, ArgGroup, ArgMatches, Command, value_parser};
use patkeeper_sim::generate::{self, CrowdPlan, Generated, Pipeline, Plan};
use patkeeper_sim::{Cloud, RateLimit, Sim, SimConfig, StartError};

fn main() -> Result<(), Failure> {
    let matches = command().get_matches();
    let sim = Sim::start(SimConfig {
        seed: number(&matches, "seed"),
        port: matches.get_one("port").copied().unwrap_or_default(),
        latency: Duration::from_millis(number(&matches, "latency-ms")),
        log_limit: matches.get_one("log").copied(),
        ..SimConfig::default()
    })?;
    let made = sim.cloud(|cloud| made(cloud, &matches));
    let (pipeline, key) = sim.cloud(|cloud| {
        let pipeline = generate::pipeline(cloud, &made);
        let key = cloud.add_app_secret(&pipeline.connection_client_id, TimeDelta::days(1));
        (pipeline, key)
    });
    show(&sim, &made, &pipeline, &key)?;
    // Ends with the process: reading standard input cannot be given up.
    std::thread::spawn(move || tell(&sim));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(tokio::signal::ctrl_c())?;
    Ok(())
}

/// The organization that the flags ask for.
fn made(cloud: &mut Cloud, matches: &ArgMatches) -> Generated {
    let seed = number(matches, "seed");
    let name = matches.get_one::<String>("org").map_or("acme", String::as_str);
    if let Some(per_second) = matches.get_one::<u32>("rate-limit") {
        let per_second = f64::from(*per_second);
        cloud.manners.rate_limit = Some(RateLimit {
            burst: per_second * 5.0,
            per_second,
            debt: per_second,
            delay: Duration::ZERO,
        });
    }
    if let Some(users) = matches.get_one::<u32>("users") {
        let unreadable = matches.get_one("unreadable").copied().unwrap_or_default();
        let plan = CrowdPlan {
            seed,
            users: *users,
            unreadable,
        };
        return generate::crowd(cloud, name, &plan);
    }
    match matches.get_one::<usize>("pats") {
        Some(count) => generate::organization(cloud, name, &Plan::of(seed, *count)),
        None => generate::demo(cloud),
    }
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
        .arg(option("org", "NAME", "The organization's name").requires("size"))
        .arg(
            option("pats", "COUNT", "So many PATs of one user instead of the demo's organization")
                .value_parser(value_parser!(usize)),
        )
        .arg(
            option("users", "COUNT", "So many users and an administrator instead of the demo's organization")
                .value_parser(value_parser!(u32)),
        )
        .group(ArgGroup::new("size").args(["pats", "users"]))
        .arg(
            option("unreadable", "COUNT", "So many of the users cannot be read")
                .value_parser(value_parser!(u32))
                .requires("users"),
        )
        .arg(
            option("rate-limit", "PER-SECOND", "Limits each caller; five seconds' worth at once")
                .value_parser(value_parser!(u32).range(1..)),
        )
        .arg(
            option("log", "COUNT", "So many requests are kept to be shown; 0: none")
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

/// For every line typed, the requests since the one before, one a line, and then a line of its own: when it came and how
/// long it took, in microseconds, and what was asked.
fn tell(sim: &Sim) -> io::Result<()> {
    for line in io::stdin().lines() {
        line?;
        let mut out = io::stdout().lock();
        for request in sim.log() {
            let took = request.took.unwrap_or_default().as_micros();
            let since = request.since_start.as_micros();
            writeln!(
                out,
                "{since} {took} {} {}{}",
                request.method, request.host, request.path
            )?;
        }
        writeln!(out, "# That was all.")?;
        out.flush()?;
        sim.clear_log();
    }
    Ok(())
}

/// The connection's id with a key in place of federation.
const WITH_KEY: &str = "azure-pats-key";

/// The environment, ready to be pasted into a shell.
fn show(sim: &Sim, made: &Generated, pipeline: &Pipeline, key: &str) -> io::Result<()> {
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
    writeln!(
        out,
        "# Service connections that may use the vault {}: {} is federated, {WITH_KEY} has a key. The vault keeps a\n\
         # refresh token, for INPUT_SIGNIN=refreshToken:",
        pipeline.vault, pipeline.connection
    )?;
    let own = |name: &str| format!("ENDPOINT_AUTH_PARAMETER_{WITH_KEY}_{name}");
    let with_key = [
        (format!("ENDPOINT_AUTH_SCHEME_{WITH_KEY}"), "ServicePrincipal"),
        (own("TENANTID"), &pipeline.tenant),
        (own("SERVICEPRINCIPALID"), &pipeline.connection_client_id),
        (own("SERVICEPRINCIPALKEY"), key),
        (format!("ENDPOINT_DATA_{WITH_KEY}_ENVIRONMENT"), "AzureCloud"),
        ("INPUT_SIGNIN".to_owned(), "accessToken"),
        ("INPUT_AZURESUBSCRIPTION".to_owned(), WITH_KEY),
        ("INPUT_CLIENTID".to_owned(), &pipeline.client_id),
        ("INPUT_REFRESHTOKENVAULT".to_owned(), &pipeline.vault),
        ("INPUT_REFRESHTOKENSECRET".to_owned(), &pipeline.secret),
    ];
    for (name, value) in with_key {
        writeln!(out, "export {name}='{value}'")?;
    }
    for (name, value) in &pipeline.environment {
        writeln!(out, "export {name}='{value}'")?;
    }
    writeln!(out, "# For other programs:")?;
    for (name, value) in sim.plain_env() {
        writeln!(out, "export {name}='{value}'")?;
    }
    writeln!(out, "# Enter shows what was asked since the last time.")?;
    out.flush()
}
