//! The part of the package that browsers load: whole, small, for our tasks' builds, and asking for next to nothing.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::{Files, get, open, text};

/// What the tab may add to the package, as it is packed.
pub(crate) const MOST: usize = 400_000;
const FOLDER: &str = "tab/";
const TYPE: &str = "ms.vss-build-web.build-results-tab";
/// Organizations that have the extension stay at their version until an administrator agrees to a change of this.
const SCOPES: &str = r#"["vso.build"]"#;

/// What the tab adds to the package: its files as they are packed, in bytes.
pub(crate) fn share(package: &Path) -> Result<usize> {
    let mut archive = open(package)?;
    let mut sum = 0;
    for index in 0..archive.len() {
        let entry = archive.by_index(index)?;
        if entry.name()?.starts_with(FOLDER) {
            sum += usize::try_from(entry.compressed_size())?;
        }
    }
    Ok(sum)
}

/// Checks what the package says about the tab against what is in it.
pub(super) fn inspect(files: &Files, tasks: &[String]) -> Result<()> {
    let manifest: Value = serde_json::from_str(text(files, "extension.vsomanifest")?)?;
    let scopes = manifest.get("scopes").unwrap_or(&Value::Null).to_string();
    ensure!(
        scopes == SCOPES,
        "the extension asks for the scopes {scopes} instead of {SCOPES}"
    );
    let contributions = manifest.get("contributions").and_then(Value::as_array);
    let mut tabs = Vec::new();
    for contribution in contributions.context("the package contributes nothing")? {
        let at = |pointer: &str| contribution.pointer(pointer).and_then(Value::as_str);
        let id = at("/id").context("a contribution has no id")?;
        if let Some(uri) = at("/properties/uri") {
            get(files, uri).with_context(|| format!("{id} shows {uri}"))?;
        }
        if at("/type") == Some(TYPE) {
            tabs.push(contribution);
        }
    }
    let [tab] = tabs.as_slice() else {
        anyhow::bail!("the package has {} tabs instead of one", tabs.len());
    };
    let shown_for: Option<BTreeSet<&str>> = tab
        .pointer("/properties/supportsTasks")
        .and_then(Value::as_array)
        .map(|ids| ids.iter().filter_map(Value::as_str).collect());
    let ours = tasks
        .iter()
        .map(|task| id(files, task))
        .collect::<Result<Vec<_>>>()?;
    ensure!(
        shown_for == Some(ours.iter().map(String::as_str).collect()),
        "the tab is shown for the tasks {shown_for:?}, and the package has {ours:?}"
    );
    addressable(files)
}

fn id(files: &Files, task: &str) -> Result<String> {
    let name = format!("{task}/task.json");
    let json: Value = serde_json::from_str(text(files, &name)?).context(name.clone())?;
    let id = json.get("id").and_then(Value::as_str);
    Ok(id.with_context(|| format!("{name} has no id"))?.to_owned())
}

/// The host serves what the manifest lists as an asset, and with the content type that it says there.
fn addressable(files: &Files) -> Result<()> {
    let manifest = text(files, "extension.vsixmanifest")?;
    for file in files.keys().filter(|name| name.starts_with(FOLDER)) {
        let asset = manifest
            .split('<')
            .find(|element| element.starts_with("Asset ") && element.contains(&format!("Path=\"{file}\"")));
        ensure!(
            asset.is_some_and(|asset| asset.contains("Addressable=\"true\"")),
            "{file} cannot be loaded from the package: {asset:?}"
        );
    }
    let types = text(files, "[Content_Types].xml")?;
    ensure!(
        types.contains("application/wasm"),
        "the package calls wasm something else: {types}"
    );
    Ok(())
}
