//! How the static Linux program is linked: without what it never reads. And the page that HTML reports are drawn with: it
//! goes into the program, packed, where `cargo xtask page` has made it.

use std::io::Write as _;
use std::path::Path;
use std::{env, fs, io};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lzma_rust2::{LzmaOptions, LzmaWriter};

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=no-unwind.ld");
    println!("cargo::rustc-check-cfg=cfg(page)");
    let is = |name: &str, value: &str| env::var(name).is_ok_and(|given| given == value);
    let shipped = is("CARGO_CFG_TARGET_ENV", "musl") && is("PROFILE", "release");
    let (Ok(folder), Ok(out)) = (env::var("CARGO_MANIFEST_DIR"), env::var("OUT_DIR")) else {
        return Err(io::Error::other("cargo starts this"));
    };
    pack_page(Path::new(&folder), &Path::new(&out).join("page"))?;
    if shipped {
        let script = Path::new(&folder).join("no-unwind.ld");
        for argument in [
            "-Wl,-z,pack-relative-relocs".to_owned(),
            "-Wl,--no-eh-frame-hdr".to_owned(),
            format!("-Wl,-T,{}", script.display()),
        ] {
            println!("cargo::rustc-link-arg-bins={argument}");
        }
    }
    Ok(())
}

/// Puts the page into `packed`; nothing where it has not been made. It is always in `target/page` of the source tree, wherever
/// cargo builds.
fn pack_page(folder: &Path, packed: &Path) -> io::Result<()> {
    let made = folder.join("../../target/page");
    let page = made.join("report.html");
    match fs::read_to_string(&page) {
        Ok(text) => {
            println!("cargo::rerun-if-changed={}", page.display());
            println!("cargo::rustc-cfg=page");
            fs::write(packed, pack(&text)?)
        }
        Err(_) => {
            // Cargo takes a file that is not there for one that has changed, and would build the program each time.
            fs::create_dir_all(&made)?;
            println!("cargo::rerun-if-changed={}", made.display());
            fs::write(packed, [])
        }
    }
}

/// The page's text, a NUL, its wasm. As base64, wasm would take a third more.
fn pack(page: &str) -> io::Result<Vec<u8>> {
    let place = page.split_once("id=\"wasm\">").and_then(|(before, rest)| {
        let (wasm, after) = rest.split_once('<')?;
        Some((before, STANDARD.decode(wasm).ok()?, after))
    });
    let (before, wasm, after) = place.ok_or_else(|| io::Error::other("the page has no wasm"))?;
    let text = [before, "id=\"wasm\"><", after, "\0"].concat();
    let all = [text.as_bytes(), &wasm].concat();
    let mut packed =
        LzmaWriter::new_use_header(Vec::new(), &LzmaOptions::with_preset(9), Some(all.len() as u64))?;
    packed.write_all(&all)?;
    packed.finish()
}
