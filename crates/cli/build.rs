//! How the static Linux program is linked: without what it never reads. And the page that HTML reports are drawn with: it
//! goes into the program, packed, where `cargo xtask page` has made it.

use std::path::Path;
use std::{env, fs, io};

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
    /// The smallest result, and the slowest.
    const BEST: u8 = 10;
    let made = folder.join("../../target/page");
    let page = made.join("report.html");
    match fs::read(&page) {
        Ok(text) => {
            println!("cargo::rerun-if-changed={}", page.display());
            println!("cargo::rustc-cfg=page");
            fs::write(packed, miniz_oxide::deflate::compress_to_vec(&text, BEST))
        }
        Err(_) => {
            // Cargo takes a file that is not there for one that has changed, and would build the program each time.
            fs::create_dir_all(&made)?;
            println!("cargo::rerun-if-changed={}", made.display());
            fs::write(packed, [])
        }
    }
}
