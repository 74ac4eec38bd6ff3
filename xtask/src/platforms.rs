//! The platforms that the package serves, and how each one's program is built.

use std::env::consts::{ARCH, OS};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::page;
use crate::terminal::{say, warn};
use crate::workspace::{Workspace, cargo, has, output, run};

/// One platform of agents, by the name that Node gives it (`process.platform`-`process.arch`).
#[derive(Debug)]
pub(crate) struct Platform {
    /// E.g. `linux-x64`.
    pub(crate) name: &'static str,
    /// `std::env::consts::{OS, ARCH}` of a machine that is one.
    host: (&'static str, &'static str),
    /// The Rust targets that make a program for it, the best first.
    targets: &'static [Target],
    /// The program's file name.
    pub(crate) program: &'static str,
}

/// One way to build.
#[derive(Debug)]
struct Target {
    triple: &'static str,
    /// The C compiler that the TLS library is built with, and where it comes from. `None`: the system's own.
    compiler: Option<(&'static str, &'static str)>,
    /// Links, where the system's own linker cannot.
    linker: Option<&'static str>,
    /// Builds on machines of its own kind alone.
    native_only: bool,
    /// What is wrong with it, if anything.
    flaw: Option<&'static str>,
}

impl Target {
    const fn new(triple: &'static str) -> Self {
        Self {
            triple,
            compiler: None,
            linker: None,
            native_only: false,
            flaw: None,
        }
    }
}

const MUSL: &str = "Debian and Ubuntu: apt-get install musl-tools";
const NOT_STATIC: &str =
    "it needs this machine's glibc or a newer one, so it is for trying out, not for publishing";

/// Every platform.
pub(crate) const ALL: &[Platform] = &[
    Platform {
        name: "linux-x64",
        host: ("linux", "x86_64"),
        targets: &[
            Target {
                compiler: Some(("musl-gcc", MUSL)),
                ..Target::new("x86_64-unknown-linux-musl")
            },
            Target {
                native_only: true,
                flaw: Some(NOT_STATIC),
                ..Target::new("x86_64-unknown-linux-gnu")
            },
        ],
        program: "patkeeper",
    },
    Platform {
        name: "linux-arm64",
        host: ("linux", "aarch64"),
        targets: &[
            Target {
                compiler: Some(("musl-gcc", MUSL)),
                native_only: true,
                ..Target::new("aarch64-unknown-linux-musl")
            },
            Target {
                compiler: Some((
                    "aarch64-linux-gnu-gcc",
                    "Debian and Ubuntu: apt-get install gcc-aarch64-linux-gnu",
                )),
                linker: Some("aarch64-linux-gnu-gcc"),
                ..Target::new("aarch64-unknown-linux-musl")
            },
            Target {
                native_only: true,
                flaw: Some(NOT_STATIC),
                ..Target::new("aarch64-unknown-linux-gnu")
            },
        ],
        program: "patkeeper",
    },
    Platform {
        name: "darwin-x64",
        host: ("macos", "x86_64"),
        targets: &[Target::new("x86_64-apple-darwin")],
        program: "patkeeper",
    },
    Platform {
        name: "darwin-arm64",
        host: ("macos", "aarch64"),
        targets: &[Target::new("aarch64-apple-darwin")],
        program: "patkeeper",
    },
    Platform {
        name: "win32-x64",
        host: ("windows", "x86_64"),
        targets: &[
            Target {
                native_only: true,
                ..Target::new("x86_64-pc-windows-msvc")
            },
            Target {
                compiler: Some((
                    "x86_64-w64-mingw32-gcc",
                    "Debian and Ubuntu: apt-get install gcc-mingw-w64-x86-64",
                )),
                ..Target::new("x86_64-pc-windows-gnu")
            },
        ],
        program: "patkeeper.exe",
    },
];

/// This machine's.
pub(crate) fn host() -> Result<&'static Platform> {
    ALL.iter()
        .find(|platform| platform.host == (OS, ARCH))
        .with_context(|| format!("Patkeeper has no package for {OS} on {ARCH}"))
}

impl Platform {
    /// The first way that this machine can go, or what each one lacks.
    fn target(&self) -> Result<&'static Target> {
        let native = self.host == (OS, ARCH);
        // Apple's linker and headers exist on its own machines alone; those build for both kinds.
        let apple = self.host.0 == "macos";
        let mut lacks = Vec::new();
        for target in self.targets {
            let lack = if (target.native_only && !native) || (apple && OS != "macos") {
                Some(format!(
                    "it is built on a machine with {} on {}",
                    self.host.0, self.host.1
                ))
            } else if let Some((compiler, get)) = target
                .compiler
                .filter(|(compiler, _)| !has(compiler, "--version"))
            {
                Some(format!("{compiler} is missing ({get})"))
            } else if !installed(target.triple) {
                Some(format!(
                    "Rust's target is missing (rustup target add {})",
                    target.triple
                ))
            } else {
                None
            };
            match lack {
                None => {
                    for lack in &lacks {
                        warn(lack);
                    }
                    return Ok(target);
                }
                Some(lack) => lacks.push(format!("{}: {lack}", target.triple)),
            }
        }
        bail!(
            "this machine cannot build {}. {}. Or build it elsewhere with `cargo xtask binary {}`, and hand the \
             folder to `cargo xtask package --binaries`",
            self.name,
            lacks.join("; "),
            self.name
        )
    }

    /// Builds the program as it is shipped: release profile, without the demo, with the HTML report's template that
    /// [`page::run`] has left.
    pub(crate) fn build(&self, workspace: &Workspace) -> Result<PathBuf> {
        let target = self.target()?;
        if let Some(flaw) = target.flaw {
            warn(format!("{} is built for {}: {flaw}", self.name, target.triple));
        }
        let mut build = workspace.command(cargo());
        build.args([
            "build",
            "--release",
            "--locked",
            "--package",
            "patkeeper",
            "--no-default-features",
        ]);
        build.args(["--target", target.triple]);
        let variable = target.triple.replace('-', "_");
        if let Some((compiler, _)) = target.compiler {
            build.env(format!("CC_{variable}"), compiler);
        }
        if let Some(linker) = target.linker {
            build.env(format!("CARGO_TARGET_{}_LINKER", variable.to_uppercase()), linker);
        }
        run(&format!("building {}", self.name), &mut build)?;
        Ok(workspace
            .target
            .join(target.triple)
            .join("release")
            .join(self.program))
    }
}

/// Builds one platform's program and puts it where `package --binaries` looks for it.
pub(crate) fn put(workspace: &Workspace, name: &str, into: &Path) -> Result<()> {
    let names: Vec<&str> = ALL.iter().map(|platform| platform.name).collect();
    let platform = ALL
        .iter()
        .find(|platform| platform.name == name)
        .with_context(|| format!("there is no platform '{name}', only {}", names.join(", ")))?;
    page::run(workspace)?;
    let program = platform.build(workspace)?;
    let file = workspace
        .root
        .join(into)
        .join(platform.name)
        .join(platform.program);
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder).with_context(|| format!("{}", folder.display()))?;
    }
    fs::copy(&program, &file).with_context(|| format!("{}", file.display()))?;
    say(format!("{}", file.display()));
    Ok(())
}

/// Whether Rust can build for `triple`; asks rustup for it where it cannot.
pub(crate) fn installed(triple: &str) -> bool {
    let mut rustc = Command::new("rustc");
    let Ok(libraries) = output(rustc.args(["--print", "target-libdir", "--target", triple])) else {
        return false;
    };
    if Path::new(libraries.trim()).is_dir() {
        return true;
    }
    let mut rustup = Command::new("rustup");
    rustup
        .args(["target", "add", triple])
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    rustup.status().is_ok_and(|status| status.success())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_five_platforms_are_the_ones_that_the_shim_asks_for() {
        let names: BTreeSet<&str> = ALL.iter().map(|platform| platform.name).collect();
        assert_eq!(
            names,
            [
                "darwin-arm64",
                "darwin-x64",
                "linux-arm64",
                "linux-x64",
                "win32-x64"
            ]
            .into()
        );
        for platform in ALL {
            assert_eq!(
                platform.program.ends_with(".exe"),
                platform.name.starts_with("win32"),
                "{}",
                platform.name
            );
        }
    }
}
