//! How the static Linux program is linked: without what it never reads.

use std::env;
use std::path::Path;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=no-unwind.ld");
    let is = |name: &str, value: &str| env::var(name).is_ok_and(|given| given == value);
    let shipped = is("CARGO_CFG_TARGET_ENV", "musl") && is("PROFILE", "release");
    let Ok(folder) = env::var("CARGO_MANIFEST_DIR") else {
        return;
    };
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
}
