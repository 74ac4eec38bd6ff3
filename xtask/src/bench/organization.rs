//! Everybody's PATs: how close a scan comes to what the network makes it wait, and how much memory it takes.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use super::MB;
use super::cloud::{Cloud, Size};
use super::measure::{cost, median};
use super::table::{Row, Table};
use crate::workspace::Workspace;

/// Milliseconds before every answer.
const LATENCY: u32 = 20;
/// Requests in flight.
const PARALLELISM: u32 = 64;
/// Scans of the smaller organization.
const SCANS: usize = 3;
const USERS: u32 = 20_000;
const MANY_USERS: u32 = 100_000;

/// Adds the rows of an organization.
///
/// # Errors
/// A scan that fails.
pub(super) fn measure(table: &mut Table, workspace: &Workspace, program: &Path, temp: &Path) -> Result<()> {
    let (mut over, mut memory, mut walls, mut cpus) = (vec![], vec![], vec![], vec![]);
    let cloud = Cloud::start(workspace, Size::Users(USERS), LATENCY)?;
    let mut requests = 0.0;
    for _ in 0..SCANS {
        let scan = cost(scan(&cloud, program, temp))?.expect(&[0])?;
        requests = sent(temp)?;
        over.push(scan.wall / (requests * f64::from(LATENCY) / f64::from(PARALLELISM)));
        memory.push(scan.rss / MB);
        walls.push(scan.wall);
        cpus.push(scan.cpu);
    }
    drop(cloud);
    table.add(Row::at_most(
        "20,000 users, 64 at a time: wall over what the latency takes",
        median(over),
        1.15,
        "",
    ));
    table.add(Row::under("20,000 users: peak RSS", median(memory), 80.0, "MB"));
    table.note(format!(
        "20,000 users: {requests:.0} requests of {LATENCY} ms, {:.0} ms, process time {:.0} ms",
        median(walls),
        median(cpus)
    ));

    let cloud = Cloud::start(workspace, Size::Users(MANY_USERS), LATENCY)?;
    let many = cost(scan(&cloud, program, temp))?.expect(&[0])?;
    table.add(Row::under("100,000 users: peak RSS", many.rss / MB, 100.0, "MB"));
    table.note(format!("100,000 users: {:.0} ms", many.wall));
    Ok(())
}

/// Never by the verdict: the organization has expired PATs.
fn scan(cloud: &Cloud, program: &Path, temp: &Path) -> Command {
    let mut step = Command::new(program);
    step.args(["task", "PatMonitor"])
        .env_clear()
        .env("AGENT_TEMPDIRECTORY", temp)
        .envs(cloud.environment())
        .env("INPUT_REPORTDIRECTORY", temp)
        .env("INPUT_SCOPE", "organization")
        .env("INPUT_PARALLELISM", PARALLELISM.to_string())
        .env("INPUT_FAILON", "never");
    step
}

/// How many requests the report tells of. The report is large, and this near its start.
fn sent(temp: &Path) -> Result<f64> {
    let path = temp.join("step").join("patkeeper.json");
    let mut start = String::new();
    File::open(&path)
        .with_context(|| format!("{}", path.display()))?
        .take(4_096)
        .read_to_string(&mut start)?;
    let after = start
        .split("\"requests\":")
        .nth(1)
        .context("no count of requests")?;
    let number: String = after.trim().chars().take_while(char::is_ascii_digit).collect();
    number.parse().context("no count of requests")
}
