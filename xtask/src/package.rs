//! The extension: stage a folder laid out like the package, let tfx pack it, then look inside.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::payload::{self, Manifest};
use crate::platforms::{self, Platform};
use crate::terminal::say;
use crate::workspace::{VERSION, Workspace, emptied, read, write};
use crate::{npm, page, vsix};

/// What to package.
pub(crate) struct Order {
    /// Every platform, not this machine's alone.
    pub(crate) all: bool,
    /// Programs built elsewhere.
    pub(crate) binaries: Option<PathBuf>,
    /// Another publisher id.
    pub(crate) publisher: Option<String>,
}

/// The tasks: every folder in `task/` that has a `task.json`.
pub(crate) fn tasks(workspace: &Workspace) -> Result<Vec<String>> {
    let folder = workspace.root.join("task");
    let mut names = Vec::new();
    for entry in fs::read_dir(&folder).with_context(|| format!("{}", folder.display()))? {
        let entry = entry?;
        if entry.path().join("task.json").is_file() {
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    names.sort();
    Ok(names)
}

/// Makes `target/package/<publisher>.patkeeper-<version>.vsix` and returns its path. Building comes first and takes
/// minutes; the package of the last time stays until the new one is made and inspected.
pub(crate) fn run(workspace: &Workspace, order: &Order) -> Result<PathBuf> {
    // First, for the programs have the HTML report's template in them.
    let page = page::run(workspace)?;
    let tasks = tasks(workspace)?;
    let programs = programs(workspace, order)?;
    let stage = emptied(workspace.package().join("stage"))?;
    stage_programs(workspace, &programs, &tasks, &stage)?;
    stage_files(workspace, order, &tasks, &stage)?;
    copy_folder(&page.tab, &stage.join("tab"))?;
    let fresh = pack(workspace, &stage)?;
    vsix::inspect(&fresh, &stage, &tasks)?;
    let package = workspace
        .package()
        .join(fresh.file_name().context("the package has no name")?);
    for old in vsix_files(&workspace.package())? {
        fs::remove_file(&old).with_context(|| format!("{}", old.display()))?;
    }
    fs::rename(&fresh, &package).with_context(|| format!("{}", package.display()))?;
    say(format!("The extension: {}", package.display()));
    Ok(package)
}

/// Each platform's program: built elsewhere, or built now.
fn programs(workspace: &Workspace, order: &Order) -> Result<Vec<(&'static Platform, PathBuf)>> {
    let platforms: Vec<&Platform> = if order.all {
        platforms::ALL.iter().collect()
    } else {
        vec![platforms::host()?]
    };
    let mut programs = Vec::new();
    for platform in platforms {
        let elsewhere = order
            .binaries
            .as_ref()
            .map(|folder| folder.join(platform.name).join(platform.program));
        let program = match elsewhere.filter(|program| program.is_file()) {
            Some(program) => program,
            None => platform.build(workspace)?,
        };
        programs.push((platform, program));
    }
    Ok(programs)
}

/// Every task ships the same programs: the agent delivers one task's folder and no other.
fn stage_programs(
    workspace: &Workspace,
    programs: &[(&Platform, PathBuf)],
    tasks: &[String],
    stage: &Path,
) -> Result<()> {
    let Some((first, others)) = tasks.split_first() else {
        bail!("task/ has no task")
    };
    let folder = stage.join(first).join("payload");
    let mut manifest = Manifest {
        version: VERSION.to_owned(),
        ..Manifest::default()
    };
    for (platform, program) in programs {
        payload::add(
            &mut manifest,
            platform.name,
            program,
            &folder,
            &workspace.package().join("cache"),
        )?;
    }
    write(
        &folder.join("payload.json"),
        serde_json::to_vec_pretty(&manifest)?,
    )?;
    for task in others {
        copy_folder(&folder, &stage.join(task).join("payload"))?;
    }
    Ok(())
}

/// Everything but the programs.
fn stage_files(workspace: &Workspace, order: &Order, tasks: &[String], stage: &Path) -> Result<()> {
    let source = workspace.root.join("task");
    for (from, to) in [
        ("overview.md", "overview.md"),
        ("icon.png", "icon.png"),
        ("../LICENSE", "LICENSE"),
    ] {
        write(&stage.join(to), read(&source.join(from))?)?;
    }
    for task in tasks {
        for file in ["task.json", "icon.png"] {
            write(&stage.join(task).join(file), read(&source.join(task).join(file))?)?;
        }
        write(&stage.join(task).join("shim.js"), read(&source.join("shim.js"))?)?;
    }
    let mut manifest: Value = serde_json::from_slice(&read(&workspace.root.join("vss-extension.json"))?)
        .context("vss-extension.json")?;
    let fields = manifest
        .as_object_mut()
        .context("vss-extension.json is no object")?;
    fields.insert("version".to_owned(), json!(VERSION));
    if let Some(publisher) = &order.publisher {
        fields.insert("publisher".to_owned(), json!(publisher));
    }
    write(
        &stage.join("vss-extension.json"),
        serde_json::to_vec_pretty(&manifest)?,
    )
}

/// tfx says most of its complaints as warnings and still succeeds, so each one stops the build.
fn pack(workspace: &Workspace, stage: &Path) -> Result<PathBuf> {
    let out = emptied(workspace.package().join("fresh"))?;
    let tfx = npm::folder(workspace)
        .join("node_modules")
        .join("tfx-cli")
        .join("_build")
        .join("tfx-cli.js");
    let mut command = workspace.command("node");
    command.arg(tfx).args([
        "extension",
        "create",
        "--no-prompt",
        "--no-color",
        "--manifest-globs",
        "vss-extension.json",
    ]);
    // A trailing separator tells tfx that this is a folder.
    command
        .arg("--root")
        .arg(stage)
        .arg("--output-path")
        .arg(out.join(""));
    let done = command.stdin(Stdio::null()).output().context("tfx")?;
    let said = format!(
        "{}{}",
        String::from_utf8_lossy(&done.stdout),
        String::from_utf8_lossy(&done.stderr)
    );
    if !done.status.success() || said.to_lowercase().contains("warning:") {
        bail!("tfx is not content ({}):\n{}", done.status, said.trim());
    }
    match vsix_files(&out)?.as_slice() {
        [one] => Ok(one.clone()),
        other => bail!(
            "tfx made {} packages instead of one:\n{}",
            other.len(),
            said.trim()
        ),
    }
}

fn vsix_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| format!("{}", folder.display()))? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "vsix") {
            found.push(path);
        }
    }
    Ok(found)
}

fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to).with_context(|| format!("{}", to.display()))?;
    for entry in fs::read_dir(from).with_context(|| format!("{}", from.display()))? {
        let entry = entry?;
        fs::copy(entry.path(), to.join(entry.file_name()))?;
    }
    Ok(())
}
