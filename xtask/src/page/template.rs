//! The HTML report's template: one file that needs nothing else, and allows itself nothing else.
//!
//! These lines of `task/tab/report.html` are replaced, each of which is there exactly once:
//!
//! | Line | By |
//! |---|---|
//! | `<!--policy-->` (first in `<head>`) | the Content-Security-Policy, with the hashes of the next two |
//! | `<!--style-->` | `<style>` with `page.css` |
//! | `<!--wasm-->` | `<script type="text/plain" id="wasm">` with the wasm in base64 |
//! | `<!--script-->` (last in `<body>`) | `<script>` with the bundle of `file.ts` |
//!
//! `<!--documents-->` stays, for the program that writes a report to replace it.

use anyhow::{Result, bail, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

/// What goes in.
pub(super) struct Parts {
    /// Style sheet.
    pub(super) style: String,
    /// Classic script.
    pub(super) script: String,
    /// Unpacked.
    pub(super) wasm: Vec<u8>,
}

const DOCUMENTS: &str = "<!--documents-->";

/// The template, filled.
pub(super) fn fill(template: &str, parts: &Parts) -> Result<String> {
    // The bytes between the tags are what a browser hashes, so nothing may end or reinterpret them early.
    for (what, text, ends) in [
        ("script", &parts.script, &["</script", "<!--"][..]),
        ("style sheet", &parts.style, &["</style"]),
    ] {
        let lower = text.to_ascii_lowercase();
        if let Some(end) = ends.iter().find(|end| lower.contains(**end)) {
            bail!("the page's {what} contains {end}, so it cannot be part of an HTML file");
        }
    }
    let policy = format!(
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; script-src '{}' \
         'wasm-unsafe-eval'; style-src '{}'; img-src data:; base-uri 'none'; form-action 'none'\">",
        source(&parts.script),
        source(&parts.style)
    );
    let mut page = template.to_owned();
    for (marker, by) in [
        ("<!--policy-->", policy),
        ("<!--style-->", format!("<style>{}</style>", parts.style)),
        (
            "<!--wasm-->",
            format!(
                "<script type=\"text/plain\" id=\"wasm\">{}</script>",
                STANDARD.encode(&parts.wasm)
            ),
        ),
        ("<!--script-->", format!("<script>{}</script>", parts.script)),
    ] {
        once(template, marker)?;
        page = page.replacen(marker, &by, 1);
    }
    once(&page, DOCUMENTS)?;
    Ok(page)
}

fn once(text: &str, marker: &str) -> Result<()> {
    let found = text.matches(marker).count();
    ensure!(
        found == 1,
        "report.html has {marker} {found} times instead of once"
    );
    Ok(())
}

/// The hash by which a policy allows an element with exactly this text.
fn source(text: &str) -> String {
    format!("sha256-{}", STANDARD.encode(Sha256::digest(text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEMPLATE: &str = "<head><!--policy--><!--style--></head><!--documents--><!--wasm--><!--script-->";

    fn parts(script: &str) -> Parts {
        Parts {
            style: "p{color:red}".to_owned(),
            script: script.to_owned(),
            wasm: b"\0asm".to_vec(),
        }
    }

    #[test]
    fn the_policy_allows_exactly_what_is_inlined() -> Result<()> {
        let page = fill(TEMPLATE, &parts("alert(1)"))?;
        // printf 'alert(1)' | openssl dgst -sha256 -binary | base64
        assert!(
            page.contains(
                "script-src 'sha256-bhHHL3z2vDgxUt0W3dWQOrprscmda2Y5pLsLg4GF+pI=' 'wasm-unsafe-eval'"
            )
        );
        assert!(page.contains("<script>alert(1)</script>"));
        assert!(page.contains(&format!("style-src '{}'", source("p{color:red}"))));
        assert!(page.contains("<style>p{color:red}</style>"));
        assert!(page.contains("<script type=\"text/plain\" id=\"wasm\">AGFzbQ==</script>"));
        Ok(())
    }

    #[test]
    fn a_script_that_would_close_its_element_is_refused() {
        for script in ["a='</script>'", "a='</ScRiPt '", "a='<!-- <script>'"] {
            assert!(fill(TEMPLATE, &parts(script)).is_err(), "{script}");
        }
    }

    #[test]
    fn every_marker_is_there_exactly_once() {
        let parts = parts("1");
        assert!(fill(TEMPLATE, &parts).is_ok());
        for marker in [
            "<!--policy-->",
            "<!--style-->",
            "<!--wasm-->",
            "<!--script-->",
            DOCUMENTS,
        ] {
            assert!(
                fill(&TEMPLATE.replace(marker, ""), &parts).is_err(),
                "without {marker}"
            );
            assert!(
                fill(&format!("{TEMPLATE}{marker}"), &parts).is_err(),
                "two {marker}"
            );
        }
    }
}
