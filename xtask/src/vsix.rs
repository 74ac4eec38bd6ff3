//! What came out: exactly the staged files, whole, within the size budgets, of one version.

mod tab;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::Read as _;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;
use zip::ZipArchive;

pub(crate) use self::tab::{MOST as MOST_TAB, share as tab_share};
use crate::payload::{self, Manifest, megabytes};
use crate::terminal::{say, warn};
use crate::workspace::VERSION;

/// The whole package. The marketplace wants an explanation above 50 MB, older servers stop at 25 MiB.
const MOST_PACKAGE: usize = 20_000_000;
/// One platform's share of one task: what an agent downloads, before others are added.
const MOST_PLATFORM: usize = 4_000_000;
/// One program, unpacked.
const MOST_PROGRAM: usize = 5_000_000;
/// What tfx adds to the files that it was given.
const ADDED: [&str; 3] = [
    "[Content_Types].xml",
    "extension.vsixmanifest",
    "extension.vsomanifest",
];

/// Checks the package, and says what is in it.
pub(crate) fn inspect(package: &Path, stage: &Path, tasks: &[String]) -> Result<()> {
    let files = contents(package)?;
    let mut expected: BTreeSet<String> = ADDED.iter().map(|name| (*name).to_owned()).collect();
    staged(stage, "", &mut expected)?;
    expected.remove("vss-extension.json"); // it becomes the two manifests
    let found: BTreeSet<String> = files.keys().cloned().collect();
    ensure!(
        found == expected,
        "the package is not what was staged. Missing: {:?}. Strays: {:?}",
        expected.difference(&found).collect::<Vec<_>>(),
        found.difference(&expected).collect::<Vec<_>>()
    );
    for (name, bytes) in files.iter().filter(|(name, _)| !ADDED.contains(&name.as_str())) {
        ensure!(
            *bytes == fs::read(stage.join(name))?,
            "{name} is not what was staged"
        );
    }
    let manifest = text(&files, "extension.vsixmanifest")?;
    ensure!(
        manifest.contains(&format!("Version=\"{VERSION}\"")),
        "extension.vsixmanifest is not of {VERSION}"
    );
    for task in tasks {
        version(&files, task)?;
        programs(&files, task)?;
    }
    tab::inspect(&files, tasks)?;
    let share = tab_share(package)?;
    ensure!(
        share <= MOST_TAB,
        "the tab adds {}, over {}",
        megabytes(share),
        megabytes(MOST_TAB)
    );
    let size = usize::try_from(fs::metadata(package)?.len())?;
    ensure!(
        size <= MOST_PACKAGE,
        "the package has {}, over {}",
        megabytes(size),
        megabytes(MOST_PACKAGE)
    );
    say(format!(
        "Inspected: {} files, {} ({} of it the tab), version {VERSION}",
        files.len(),
        megabytes(size),
        megabytes(share)
    ));
    Ok(())
}

type Files = BTreeMap<String, Vec<u8>>;

fn open(package: &Path) -> Result<ZipArchive<File>> {
    let file = File::open(package).with_context(|| format!("{}", package.display()))?;
    ZipArchive::new(file).context("the package is no zip")
}

fn contents(package: &Path) -> Result<Files> {
    let mut archive = open(package)?;
    let mut files = Files::new();
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index)?;
        if entry.is_file() {
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes)?;
            files.insert(entry.name()?.into_owned(), bytes);
        }
    }
    Ok(files)
}

fn staged(folder: &Path, prefix: &str, names: &mut BTreeSet<String>) -> Result<()> {
    for entry in fs::read_dir(folder).with_context(|| format!("{}", folder.display()))? {
        let entry = entry?;
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.file_type()?.is_dir() {
            staged(&entry.path(), &format!("{name}/"), names)?;
        } else {
            names.insert(name);
        }
    }
    Ok(())
}

fn get<'a>(files: &'a Files, name: &str) -> Result<&'a [u8]> {
    files
        .get(name)
        .map(Vec::as_slice)
        .with_context(|| format!("the package has no {name}"))
}

fn text<'a>(files: &'a Files, name: &str) -> Result<&'a str> {
    str::from_utf8(get(files, name)?).with_context(|| name.to_owned())
}

/// The agent caches a task by its version: one that differs from the package's would never be fetched.
fn version(files: &Files, task: &str) -> Result<()> {
    let name = format!("{task}/task.json");
    let json: Value = serde_json::from_str(text(files, &name)?).context(name.clone())?;
    let part = |key: &str| {
        json.pointer(&format!("/version/{key}"))
            .and_then(Value::as_u64)
            .with_context(|| format!("{name}: no version/{key}"))
    };
    let of = format!("{}.{}.{}", part("Major")?, part("Minor")?, part("Patch")?);
    ensure!(
        of == VERSION,
        "{name} is of {of}, the workspace of {VERSION}: run cargo xtask generate"
    );
    ensure!(
        json.get("name").and_then(Value::as_str) == Some(task),
        "{name} names another task"
    );
    for handler in ["Node20_1", "Node24"] {
        let target = json
            .pointer(&format!("/execution/{handler}/target"))
            .and_then(Value::as_str);
        let target = target.with_context(|| format!("{name}: no handler {handler}"))?;
        get(files, &format!("{task}/{target}"))?;
    }
    Ok(())
}

fn programs(files: &Files, task: &str) -> Result<()> {
    let folder = format!("{task}/payload");
    let manifest: Manifest = serde_json::from_str(text(files, &format!("{folder}/payload.json"))?)?;
    ensure!(
        manifest.version == VERSION,
        "{folder}/payload.json is of {}, not {VERSION}",
        manifest.version
    );
    let mut rest = 0;
    for (name, bytes) in files
        .iter()
        .filter(|(name, _)| name.starts_with(&format!("{task}/")))
    {
        if !name.starts_with(&folder) {
            rest += bytes.len();
        }
    }
    for (platform, entry) in &manifest.platforms {
        let packed = get(files, &format!("{folder}/{}", entry.file))?;
        let program = payload::unpack(packed)?;
        if program.len() != entry.size || payload::sha256(&program) != entry.sha256 {
            bail!(
                "{folder}/{} is not the program that payload.json describes",
                entry.file
            );
        }
        for (what, size, most) in [
            ("program", program.len(), MOST_PROGRAM),
            ("task's download", packed.len() + rest, MOST_PLATFORM),
        ] {
            ensure!(
                size <= most,
                "{task} on {platform}: the {what} has {}, over {}",
                megabytes(size),
                megabytes(most)
            );
        }
        // A program that loads glibc names its loader, and starts neither on musl nor on an older glibc.
        if platform.starts_with("linux") && contains(&program, b"/ld-linux-") {
            warn(format!(
                "{task} on {platform} is not static: do not publish this package"
            ));
        }
    }
    Ok(())
}

fn contains(bytes: &[u8], needle: &[u8]) -> bool {
    bytes.windows(needle.len()).any(|window| window == needle)
}
