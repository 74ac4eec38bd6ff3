//! The VSIX, and the task folders in it.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::SystemTime;

use tempfile::TempDir;

use crate::manifest::Manifest;

/// Names a VSIX to test instead of the one of this source tree, such as a release that is about to go out.
const GIVEN: &str = "PATKEEPER_VSIX";

/// A task folder as an agent has it.
#[derive(Debug, Clone)]
pub struct Task {
    /// Where its files are.
    pub folder: PathBuf,
    /// Its manifest.
    pub manifest: Manifest,
}

impl Task {
    /// The task in a folder.
    ///
    /// # Panics
    /// When its manifest cannot be read.
    #[must_use]
    pub fn at(folder: impl Into<PathBuf>) -> Self {
        let folder = folder.into();
        Self {
            manifest: Manifest::read(&folder),
            folder,
        }
    }

    /// The file that runs on Node 20.
    ///
    /// # Panics
    /// When the manifest has no such handler.
    #[must_use]
    pub fn handler(&self) -> &str {
        &self
            .manifest
            .execution
            .get("Node20_1")
            .expect("a Node20_1 handler")
            .target
    }
}

/// An unpacked VSIX.
#[derive(Debug)]
pub struct Package {
    folder: TempDir,
    /// The VSIX itself.
    pub vsix: PathBuf,
    program: OnceLock<PathBuf>,
}

impl Package {
    /// The package of this source tree, built once where it is missing or older than the sources.
    ///
    /// # Panics
    /// When it cannot be built or read.
    pub fn of_this_tree() -> &'static Self {
        static PACKAGE: OnceLock<Package> = OnceLock::new();
        PACKAGE.get_or_init(|| match std::env::var_os(GIVEN) {
            Some(given) => Self::unpack(Path::new(&given)),
            None => Self::unpack(&build_if_needed()),
        })
    }

    /// Unpacks a VSIX. Like an agent, it takes contents alone: the archive's permissions are not looked at.
    ///
    /// # Panics
    /// When it is no VSIX, or names a file outside of itself.
    #[must_use]
    pub fn unpack(vsix: &Path) -> Self {
        let folder = tempfile::Builder::new()
            .prefix("vsix-")
            .tempdir()
            .expect("a temporary directory");
        let file = File::open(vsix).unwrap_or_else(|error| panic!("{}: {error}", vsix.display()));
        let mut archive =
            zip::ZipArchive::new(file).unwrap_or_else(|error| panic!("{}: {error}", vsix.display()));
        for at in 0..archive.len() {
            let mut entry = archive.by_index(at).expect("a readable entry");
            let name = entry
                .enclosed_name()
                .unwrap_or_else(|| panic!("{:?} leads outside", entry.name()));
            let path = folder.path().join(name);
            if entry.is_dir() {
                fs::create_dir_all(&path).expect("a folder");
                continue;
            }
            fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
            let mut target = File::create(&path).expect("a file");
            io::copy(&mut entry, &mut target).expect("its content");
            drop(target);
            // Agents may keep task folders read-only.
            let mut permissions = fs::metadata(&path).expect("its metadata").permissions();
            permissions.set_readonly(true);
            fs::set_permissions(&path, permissions).expect("read-only");
        }
        Self {
            folder,
            vsix: vsix.to_owned(),
            program: OnceLock::new(),
        }
    }

    /// Where it lies unpacked.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The program for this machine that a task carries, unpacked, for those who run it themselves.
    ///
    /// # Panics
    /// When the package has none.
    pub fn program(&self, task: &Task) -> &Path {
        self.program.get_or_init(|| {
            let name = format!("{}-{}.br", node_platform(), node_arch());
            let path = task.folder.join("payload").join(name);
            let packed = fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            let program = self.folder.path().join("patkeeper");
            let mut target = OpenOptions::new();
            target.write(true).create_new(true).mode(0o700);
            let mut target = target.open(&program).expect("a file");
            let mut unpacked = brotli_decompressor::Decompressor::new(packed.as_slice(), 64 << 10);
            io::copy(&mut unpacked, &mut target).expect("brotli");
            program
        })
    }

    /// The newest major of a task: `PatMonitor/task.json`, or `PatMonitor/PatMonitorV1/task.json`.
    ///
    /// # Panics
    /// When the package has no such task.
    #[must_use]
    pub fn task(&self, name: &str) -> Task {
        let folder = self.folder.path().join(name);
        if folder.join("task.json").is_file() {
            return Task::at(folder);
        }
        fs::read_dir(&folder)
            .unwrap_or_else(|error| panic!("the package has no task {name}: {error}"))
            .flatten()
            .filter(|entry| entry.path().join("task.json").is_file())
            .map(|entry| Task::at(entry.path()))
            .max_by_key(|task| task.manifest.version.major)
            .unwrap_or_else(|| panic!("the package has no task {name}"))
    }
}

/// `process.platform` of Node.
fn node_platform() -> &'static str {
    if cfg!(target_os = "macos") {
        "darwin"
    } else {
        std::env::consts::OS
    }
}

/// `process.arch` of Node.
fn node_arch() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "x64",
        "aarch64" => "arm64",
        other => other,
    }
}

/// The root of the source tree.
#[must_use]
pub fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap_or_else(|| Path::new("."))
}

/// Several test binaries may need it at once: one builds, the others wait for the lock and find it fresh.
fn build_if_needed() -> PathBuf {
    let folder = workspace().join("target/package");
    fs::create_dir_all(&folder).expect("the package's folder");
    let lock = File::create(folder.join(".tests.lock")).expect("a lock file");
    lock.lock().expect("the lock");
    if let Some(fresh) = newest_vsix(&folder).filter(|(_, built)| *built >= newest_source()) {
        return fresh.0;
    }
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["xtask", "package"])
        .current_dir(workspace())
        .output()
        .expect("cargo can be started");
    assert!(
        output.status.success(),
        "cargo xtask package failed:\n{}\n{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    newest_vsix(&folder)
        .expect("cargo xtask package leaves a VSIX in target/package")
        .0
}

fn newest_vsix(folder: &Path) -> Option<(PathBuf, SystemTime)> {
    fs::read_dir(folder)
        .ok()?
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "vsix"))
        .filter_map(|path| Some((path.clone(), modified(&path)?)))
        .max_by_key(|(_, at)| *at)
}

/// What the package is made of. Test code is not in it, and neither is the simulator.
fn newest_source() -> SystemTime {
    let mut newest = SystemTime::UNIX_EPOCH;
    let mut open: Vec<PathBuf> = ["Cargo.toml", "Cargo.lock", "crates", "task", "vss-extension.json"]
        .map(|name| workspace().join(name))
        .into();
    while let Some(path) = open.pop() {
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or_default();
        if ["sim", "tests", "node_modules", "target"].contains(&name) {
            continue;
        }
        if path.is_dir() {
            open.extend(
                fs::read_dir(&path)
                    .into_iter()
                    .flatten()
                    .flatten()
                    .map(|entry| entry.path()),
            );
        } else if let Some(at) = modified(&path) {
            newest = newest.max(at);
        }
    }
    newest
}

fn modified(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).ok()?.modified().ok()
}
