//! The page, made from `crates/web` and `task/tab`: the results tab (`target/page/tab/`) and the template of the HTML
//! report (`target/page/report.html`).
//!
//! # What the sources rely on
//! - **The Rust half** is made first, into `target/page/glue/`: `patkeeper_web.js` with `patkeeper_web.d.ts`
//!   (wasm-bindgen for the web) and `patkeeper_web_bg.wasm`. The script has no address of the wasm in it: the page
//!   fetches or unpacks it and hands it to the default export, `init({ module_or_path })`. Node can import it, too.
//! - **`task/tab/tsconfig.json`** says where modules are, to tsc and to esbuild alike. Its `paths`, from `task/tab`:
//!   `"patkeeper-web": ["../../target/page/glue/patkeeper_web"]` and
//!   `"azure-devops-extension-sdk": ["../../xtask/npm/node_modules/azure-devops-extension-sdk/esm/SDK"]`.
//! - **`src/tab.ts`** becomes `tab.js`, a classic script (no module); so does `src/file.ts`, inside the report.
//! - **`index.html`** is taken as it is, with `page.css`, `tab.js` and `patkeeper_web_bg.wasm` beside it.
//! - **`report.html`** is the report around its parts: see [`template`] for the lines that are replaced.

mod template;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use wasm_bindgen_cli_support::Bindgen;

use self::template::Parts;
use crate::npm;
use crate::payload::sha256;
use crate::platforms::installed;
use crate::terminal::say;
use crate::workspace::{Workspace, emptied, read, run as execute, write};

const TARGET: &str = "wasm32-unknown-unknown";
/// What this program does to the sources is part of what its results depend on.
const RECIPE: &str = concat!(include_str!("page.rs"), include_str!("page/template.rs"));
const WASM: &str = "patkeeper_web_bg.wasm";

/// Where the page is, once it is made.
pub(crate) struct Page {
    /// The results tab's files.
    pub(crate) tab: PathBuf,
    /// The HTML report's template.
    pub(crate) report: PathBuf,
}

/// Makes the page, as far as something has changed since the last time.
pub(crate) fn run(workspace: &Workspace) -> Result<Page> {
    npm::install(workspace)?;
    let folder = workspace.root.join("target").join("page");
    let page = Page {
        tab: folder.join("tab"),
        report: folder.join("report.html"),
    };
    let glue = folder.join("glue");
    let glue_made_of = glue_of(&wasm(workspace)?, &glue)?;
    let sources = workspace.root.join("task").join("tab");
    let mut made_of = format!("{RECIPE}{glue_made_of}").into_bytes();
    made_of.extend(read(&npm::folder(workspace).join("package-lock.json"))?);
    contents(&sources, &mut made_of)?;
    let made_of = sha256(&made_of);
    let stamp = folder.join("made-of");
    if fs::read_to_string(&stamp).is_ok_and(|last| last == made_of) {
        return Ok(page);
    }
    say("Making the page: the results tab and the HTML report");
    // Whatever stops half-way, the next time starts over.
    let _ = fs::remove_file(&stamp);
    emptied(page.tab.clone())?;
    let typescript = npm::tool(workspace, "typescript", "tsc");
    let mut tsc = workspace.command("node");
    execute(
        "tsc",
        tsc.arg(typescript).arg("--noEmit").arg("--project").arg(&sources),
    )?;
    let bundled = folder.join("bundled");
    bundle(workspace, &sources, &bundled)?;
    for (file, from) in [
        ("index.html", &sources),
        ("tab.js", &bundled),
        ("page.css", &bundled),
        (WASM, &glue),
    ] {
        write(&page.tab.join(file), read(&from.join(file))?)?;
    }
    let text = |file: PathBuf| String::from_utf8(read(&file)?).with_context(|| format!("{}", file.display()));
    let report = template::fill(
        &text(sources.join("report.html"))?,
        &Parts {
            style: text(bundled.join("page.css"))?,
            script: text(bundled.join("file.js"))?,
            wasm: read(&glue.join(WASM))?,
        },
    )?;
    write(&page.report, report)?;
    fs::write(&stamp, made_of).with_context(|| format!("{}", stamp.display()))?;
    Ok(page)
}

/// `crates/web` as wasm, before wasm-bindgen.
fn wasm(workspace: &Workspace) -> Result<PathBuf> {
    if !installed(TARGET) {
        bail!(
            "Rust's target {TARGET} is not here, and rustup could not add it: run `rustup target add {TARGET}`, or \
             install it the way your Rust was installed"
        );
    }
    let mut build = workspace.command(crate::workspace::cargo());
    build.args([
        "build",
        "--quiet",
        "--package",
        "patkeeper-web",
        "--profile",
        "web",
        "--locked",
    ]);
    execute("building the page's wasm", build.args(["--target", TARGET]))?;
    Ok(workspace
        .target
        .join(TARGET)
        .join("web")
        .join("patkeeper_web.wasm"))
}

/// Lets wasm-bindgen write its script, types and wasm, unless those of this `wasm` are there. Returns what they were
/// made of.
fn glue_of(wasm: &Path, folder: &Path) -> Result<String> {
    let made_of = sha256(&[RECIPE.as_bytes(), &read(wasm)?].concat());
    let stamp = folder.join("made-of");
    if fs::read_to_string(&stamp).is_ok_and(|last| last == made_of) {
        return Ok(made_of);
    }
    emptied(folder.to_owned())?;
    Bindgen::new()
        .input_path(wasm)
        .web(true)
        .and_then(|bindgen| {
            bindgen
                .typescript(true)
                .omit_default_module_path(true)
                .remove_name_section(true)
                .remove_producers_section(true)
                .generate(folder)
        })
        .map_err(|error| error.context("wasm-bindgen"))?;
    // For tests that load it in Node.
    write(&folder.join("package.json"), r#"{ "type": "module" }"#)?;
    fs::write(&stamp, &made_of).with_context(|| format!("{}", stamp.display()))?;
    Ok(made_of)
}

fn bundle(workspace: &Workspace, sources: &Path, into: &Path) -> Result<()> {
    let mut esbuild = workspace.command("node");
    esbuild.arg(npm::tool(workspace, "esbuild", "esbuild"));
    for entry in ["src/tab.ts", "src/file.ts", "page.css"] {
        esbuild.arg(sources.join(entry));
    }
    esbuild.args([
        "--bundle",
        "--minify",
        "--charset=utf8",
        "--format=iife",
        "--target=es2022",
        "--legal-comments=none",
        "--entry-names=[name]",
        "--log-level=warning",
    ]);
    execute("esbuild", esbuild.arg(format!("--outdir={}", into.display())))
}

/// Names and contents of everything in `folder`, in a fixed order.
fn contents(folder: &Path, into: &mut Vec<u8>) -> Result<()> {
    let mut entries = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| format!("{}", folder.display()))? {
        entries.push(entry?.path());
    }
    entries.sort();
    for entry in entries {
        if entry.is_dir() {
            contents(&entry, into)?;
        } else {
            into.extend(entry.as_os_str().as_encoded_bytes());
            into.extend(sha256(&read(&entry)?).into_bytes());
        }
    }
    Ok(())
}
