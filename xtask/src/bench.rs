//! The figures that are promised, measured: release build, simulated cloud on loopback, several runs, medians, and
//! for ratios the baseline in the same run, turn by turn with what it is compared with.

mod cloud;
mod measure;
mod table;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use self::cloud::Cloud;
use self::measure::{Cost, cost, median};
use self::table::{Row, Table};
use crate::package::{self, Order};
use crate::payload::{self, Manifest};
use crate::platforms;
use crate::terminal::say;
use crate::workspace::{Workspace, read};

/// Starts of a program, each a few milliseconds.
const STARTS: usize = 60;
/// Starts of a step, each some hundred milliseconds.
const STEPS: usize = 21;
/// Readings of 1,000 PATs.
const READINGS: usize = 15;
/// Own PATs in the simulated organization.
const PATS: usize = 1_000;

const MB: f64 = 1e6;

/// Measures, prints the table, writes `target/bench.json`.
///
/// # Errors
/// Something cannot be built or measured, or a figure misses its bar.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    let vsix = package::run(
        workspace,
        &Order {
            all: false,
            binaries: None,
            publisher: None,
        },
    )?;
    let unpacked = workspace.root.join("target").join("bench");
    let task = unpack(&vsix, &unpacked)?;
    let program = unpacked.join("program");
    let packed = take_program(&task, &program)?;

    let mut table = Table::default();
    sizes(&mut table, &vsix, &program, packed)?;
    start(&mut table, &program)?;
    step(&mut table, &task, &unpacked)?;
    reading(&mut table, workspace, &program, &unpacked)?;

    table.print();
    let written = workspace.root.join("target").join("bench.json");
    fs::write(&written, table.json()?).with_context(|| format!("{}", written.display()))?;
    say(format!("As JSON: {}", written.display()));
    match table.misses() {
        0 => Ok(()),
        misses => bail!("{misses} of {} figures miss their bar", table.len()),
    }
}

fn sizes(table: &mut Table, vsix: &Path, program: &Path, packed: u64) -> Result<()> {
    let bytes = |path: &Path| -> Result<f64> {
        Ok(fs::metadata(path)
            .with_context(|| format!("{}", path.display()))?
            .len() as f64)
    };
    table.add(Row::under("program size", bytes(program)? / MB, 5.0, "MB"));
    table.add(Row::at_most(
        "packed program, this platform, one task",
        packed as f64 / MB,
        4.0,
        "MB",
    ));
    table.add(Row::under("VSIX, this platform", bytes(vsix)? / MB, 20.0, "MB"));
    if cfg!(target_os = "linux") {
        let needs_loader = measure::needs_loader(&read(program)?);
        table.add(Row::at_most(
            "shared libraries that the program needs",
            f64::from(u8::from(needs_loader)),
            0.0,
            "",
        ));
    }
    Ok(())
}

fn start(table: &mut Table, program: &Path) -> Result<()> {
    let mut times = Vec::new();
    for _ in 0..STARTS {
        times.push(
            cost(Command::new(program).arg("--version").env_clear())?
                .expect(&[0])?
                .wall,
        );
    }
    table.add(Row::under("patkeeper --version", median(times), 5.0, "ms"));
    Ok(())
}

/// A step that is refused for its input does everything around the work and nothing of it: Node starts, the shim
/// unpacks or finds the program, the program starts, reads its inputs and speaks to the agent.
fn step(table: &mut Table, task: &Path, unpacked: &Path) -> Result<()> {
    const REFUSED: i32 = 2;
    let temp = unpacked.join("temp");
    let empty = unpacked.join("empty.js");
    fs::write(&empty, "").context("an empty script")?;
    let (mut bare, mut first, mut after) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..STEPS {
        fresh(&temp)?;
        let step = || {
            let mut step = Command::new("node");
            step.arg(task.join("shim.js"))
                .env("AGENT_TEMPDIRECTORY", &temp)
                .env("INPUT_ORGANIZATION", "acme");
            step
        };
        bare.push(cost(Command::new("node").arg(&empty))?.expect(&[0])?.wall);
        first.push(cost(&mut step())?.expect(&[REFUSED])?.wall);
        after.push(cost(&mut step())?.expect(&[REFUSED])?.wall);
    }
    let node = median(bare);
    table.add(Row::at_most(
        "step over bare Node start, first in a job",
        median(first) - node,
        80.0,
        "ms",
    ));
    table.add(Row::at_most(
        "step over bare Node start, after that",
        median(after) - node,
        25.0,
        "ms",
    ));
    table.note(format!("bare Node start: {node:.1} ms"));
    Ok(())
}

fn reading(table: &mut Table, workspace: &Workspace, program: &Path, unpacked: &Path) -> Result<()> {
    let cloud = Cloud::start(workspace, PATS)?;
    let baseline = workspace.root.join("xtask").join("bench").join("baseline.mjs");
    let temp = unpacked.join("temp");
    let (mut ours, mut theirs): (Vec<Cost>, Vec<Cost>) = (Vec::new(), Vec::new());
    for _ in 0..READINGS {
        fresh(&temp)?;
        let mut step = Command::new(program);
        step.args(["task", "PatMonitor"])
            .env_clear()
            .env("AGENT_TEMPDIRECTORY", &temp)
            .envs(cloud.environment());
        // Never by the verdict: the organization has expired PATs.
        step.env("INPUT_FAILON", "never");
        ours.push(cost(&mut step)?.expect(&[0])?);
        let mut script = Command::new("node");
        script.arg(&baseline).envs(cloud.environment());
        theirs.push(cost(&mut script)?.expect(&[0])?);
    }
    let cpu = |costs: &[Cost]| median(costs.iter().map(|cost| cost.cpu).collect());
    let (our_cpu, their_cpu) = (cpu(&ours), cpu(&theirs));
    table.add(Row::at_most(
        "1,000 PATs: process time, share of the Node script's",
        our_cpu / their_cpu,
        1.0 / 3.0,
        "",
    ));
    table.add(Row::under(
        "1,000 PATs: peak RSS",
        median(ours.iter().map(|cost| cost.rss / MB).collect()),
        25.0,
        "MB",
    ));
    let wall = |costs: &[Cost]| median(costs.iter().map(|cost| cost.wall).collect());
    table.note(format!(
        "1,000 PATs: process time {our_cpu:.1} ms, Node script {their_cpu:.1} ms"
    ));
    table.note(format!(
        "1,000 PATs: wall time {:.1} ms, Node script {:.1} ms",
        wall(&ours),
        wall(&theirs)
    ));
    let script_rss = median(theirs.iter().map(|cost| cost.rss / MB).collect());
    table.note(format!(
        "1,000 PATs: the Node script's peak RSS {script_rss:.1} MB"
    ));
    Ok(())
}

/// Unpacks PatMonitor's folder as an agent does, and returns it.
fn unpack(vsix: &Path, folder: &Path) -> Result<PathBuf> {
    fresh(folder)?;
    let file = fs::File::open(vsix).with_context(|| format!("{}", vsix.display()))?;
    zip::ZipArchive::new(file)?
        .extract(folder)
        .with_context(|| format!("{}", vsix.display()))?;
    Ok(folder.join("PatMonitor"))
}

/// Unpacks this platform's program to `to`, and returns its packed size.
fn take_program(task: &Path, to: &Path) -> Result<u64> {
    let payload = task.join("payload");
    let manifest: Manifest =
        serde_json::from_slice(&read(&payload.join("payload.json"))?).context("payload.json")?;
    let name = platforms::host()?.name;
    let entry = manifest
        .platforms
        .get(name)
        .with_context(|| format!("no program for {name}"))?;
    let packed = read(&payload.join(&entry.file))?;
    fs::write(to, payload::unpack(&packed)?).with_context(|| format!("{}", to.display()))?;
    measure::make_runnable(to)?;
    Ok(packed.len() as u64)
}

/// An empty folder.
fn fresh(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| format!("{}", folder.display()))?;
    }
    fs::create_dir_all(folder).with_context(|| format!("{}", folder.display()))
}
