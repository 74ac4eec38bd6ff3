//! How soon the page is there, and what it costs to have it.

use std::path::Path;

use anyhow::{Context, Result};
use serde::Deserialize;

use super::table::{Row, Table};
use crate::browser;
use crate::npm;
use crate::vsix::{MOST_TAB, tab_share};
use crate::workspace::{Workspace, output};

const KB: f64 = 1e3;

/// What `tab/paint.js` prints: medians in milliseconds, and the file's size.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Paint {
    since_loading: f64,
    since_reading: f64,
    megabytes: f64,
}

pub(super) fn measure(table: &mut Table, workspace: &Workspace, vsix: &Path) -> Result<()> {
    table.add(Row::under(
        "the tab's share of the VSIX",
        tab_share(vsix)? as f64 / KB,
        MOST_TAB as f64 / KB,
        "kB",
    ));
    let Some(browser) = browser::find() else {
        table.note(
            "first paint: not measured, there is no Chromium (Debian: apt-get install chromium)".to_owned(),
        );
        return Ok(());
    };
    let mut node = workspace.command("node");
    node.arg(npm::folder(workspace).join("tab").join("paint.js"))
        .env(browser::VARIABLE, browser);
    let paint: Paint = serde_json::from_str(&output(&mut node)?).context("paint.js")?;
    table.add(Row::under(
        "HTML report with 5,000 PATs: first paint since loading",
        paint.since_loading,
        300.0,
        "ms",
    ));
    table.note(format!(
        "HTML report with 5,000 PATs ({:.1} MB): {:.0} ms of its first paint are reading, judging and drawing",
        paint.megabytes, paint.since_reading
    ));
    Ok(())
}
