//! The figures that are promised, measured: release build, simulated cloud on loopback, several runs, medians, and
//! for ratios the baseline in the same run, turn by turn with what it is compared with.

mod cloud;
mod measure;
mod organization;
mod page;
mod rotation;
mod table;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use self::cloud::{Cloud, Size};
use self::measure::{Cost, cost, median};
use self::table::{Row, Table};
use crate::platforms;
use crate::terminal::say;
use crate::workspace::{self, Workspace};

/// Starts of a program, each a few milliseconds.
const STARTS: usize = 60;
/// Starts of a step, each some hundred milliseconds.
const STEPS: usize = 21;
/// Readings of 1,000 PATs.
const READINGS: usize = 15;
/// Own PATs in the simulated organization.
const PATS: usize = 1_000;

/// How a step ends that is refused for its input.
const REFUSED: i32 = 2;

const MB: f64 = 1e6;

/// Measures, prints the table, writes `target/bench.json`.
///
/// # Errors
/// Something cannot be built or measured, or a figure misses its bar.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    let vsix = packaged(workspace)?;
    let unpacked = workspace.root.join("target").join("bench");
    let task = unpack(&vsix, &unpacked)?;
    let program = take_program(&task, &unpacked)?;

    let mut table = Table::default();
    sizes(&mut table, &vsix, &task, &program)?;
    page::measure(&mut table, workspace, &vsix)?;
    start(&mut table, &program)?;
    step(&mut table, &task, &unpacked)?;
    reading(&mut table, workspace, &program, &unpacked)?;
    let temp = unpacked.join("temp");
    rotation::measure(&mut table, workspace, &program, &temp)?;
    organization::measure(&mut table, workspace, &program, &temp)?;

    table.print();
    let written = workspace.root.join("target").join("bench.json");
    fs::write(&written, table.json()?).with_context(|| format!("{}", written.display()))?;
    say(format!("As JSON: {}", written.display()));
    match table.misses() {
        0 => Ok(()),
        misses => bail!("{misses} of {} figures miss their bar", table.len()),
    }
}

fn sizes(table: &mut Table, vsix: &Path, task: &Path, program: &Path) -> Result<()> {
    let bytes = |path: &Path| -> Result<f64> {
        Ok(fs::metadata(path)
            .with_context(|| format!("{}", path.display()))?
            .len() as f64)
    };
    let packed = task
        .join("payload")
        .join(format!("{}.br", platforms::host()?.name));
    table.add(Row::under("program size", bytes(program)? / MB, 5.0, "MB"));
    table.add(Row::at_most(
        "packed program, this platform, one task",
        bytes(&packed)? / MB,
        4.0,
        "MB",
    ));
    table.add(Row::under("VSIX, this platform", bytes(vsix)? / MB, 20.0, "MB"));
    if cfg!(target_os = "linux") {
        let needs_loader = measure::needs_loader(program)?;
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
            cost({
                let mut version = Command::new(program);
                version.arg("--version").env_clear();
                version
            })?
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
    let temp = unpacked.join("temp");
    let empty = unpacked.join("empty.js");
    fs::write(&empty, "").context("an empty script")?;
    let (mut bare, mut first, mut after) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..STEPS {
        fresh(&temp)?;
        bare.push(cost(node(&empty))?.expect(&[0])?.wall);
        first.push(cost(step_of(task, &temp))?.expect(&[REFUSED])?.wall);
        after.push(cost(step_of(task, &temp))?.expect(&[REFUSED])?.wall);
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
    let cloud = Cloud::start(workspace, Size::Pats(PATS), 0)?;
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
        ours.push(cost(step)?.expect(&[0])?);
        let mut script = node(&baseline);
        script.envs(cloud.environment());
        theirs.push(cost(script)?.expect(&[0])?);
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

/// The program as the shim unpacks it. Done here, unpacking would grow this process, and what the kernel counts as
/// a child's peak memory is never less than its parent's.
fn take_program(task: &Path, unpacked: &Path) -> Result<PathBuf> {
    let temp = unpacked.join("program");
    fresh(&temp)?;
    cost(step_of(task, &temp))?.expect(&[REFUSED])?;
    for entry in fs::read_dir(&temp)? {
        let program = entry?.path().join("patkeeper");
        if program.is_file() {
            return Ok(program);
        }
    }
    bail!("the shim left no program in {}", temp.display())
}

/// The package, made by a process of its own for the same reason.
fn packaged(workspace: &Workspace) -> Result<PathBuf> {
    let this = std::env::current_exe().context("this program")?;
    workspace::run("packaging", workspace.command(this).arg("package"))?;
    let folder = workspace.package();
    for entry in fs::read_dir(&folder).with_context(|| format!("{}", folder.display()))? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "vsix") {
            return Ok(path);
        }
    }
    bail!("there is no package in {}", folder.display())
}

fn node(script: &Path) -> Command {
    let mut node = Command::new("node");
    node.arg(script);
    node
}

/// A step that is refused for its input.
fn step_of(task: &Path, temp: &Path) -> Command {
    let mut step = node(&task.join("shim.js"));
    step.env("AGENT_TEMPDIRECTORY", temp)
        .env("INPUT_ORGANIZATION", "acme");
    step
}

/// An empty folder.
fn fresh(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| format!("{}", folder.display()))?;
    }
    fs::create_dir_all(folder).with_context(|| format!("{}", folder.display()))
}
