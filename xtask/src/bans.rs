//! Dependencies that the shipped program must not have. `deny.toml` says the same for cargo-deny; this check needs
//! nothing but cargo, so it runs everywhere.

use anyhow::{Result, bail};

use crate::terminal::say;
use crate::workspace::{Workspace, cargo, output};

/// Each crate, and why not.
const CRATES: &[(&str, &str)] = &[
    (
        "aws-lc-rs",
        "ring is the one provider: smaller, and it builds with musl-gcc alone",
    ),
    (
        "aws-lc-sys",
        "ring is the one provider: smaller, and it builds with musl-gcc alone",
    ),
    ("openssl", "the program is static and brings its own TLS"),
    ("openssl-sys", "the program is static and brings its own TLS"),
    ("native-tls", "the program is static and brings its own TLS"),
    ("patkeeper-sim", "the simulator belongs to the demo and the tests"),
];
/// Features that must stay off: crate, feature, why.
const FEATURES: &[(&str, &str, &str)] = &[
    ("azure_core", "debug", PRINTS_SECRETS),
    ("typespec_client_core", "debug", PRINTS_SECRETS),
    ("typespec_macros", "debug", PRINTS_SECRETS),
    ("azure_core", "reqwest", OWN_CLIENT),
    ("typespec_client_core", "reqwest", OWN_CLIENT),
];
const PRINTS_SECRETS: &str = "it prints secrets that are redacted without it";
const OWN_CLIENT: &str =
    "Microsoft's library sends through the one client, not its own: that panics without CA certificates";

/// Looks at what `cargo build --no-default-features` of the program would build, for every target.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    let mut tree = workspace.command(cargo());
    tree.args([
        "tree",
        "--locked",
        "--package",
        "patkeeper",
        "--no-default-features",
        "--edges",
        "normal,build",
    ]);
    tree.args(["--target", "all", "--prefix", "none", "--format", "{p}|{f}"]);
    let found = violations(&output(&mut tree)?);
    if !found.is_empty() {
        bail!(
            "banned dependencies in the shipped program (`cargo tree -i <crate>` shows who wants one):\n  {}",
            found.join("\n  ")
        );
    }
    say("No banned dependency");
    Ok(())
}

/// `tree` has one line a crate: `name vVERSION …|feature,feature`.
fn violations(tree: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for line in tree.lines() {
        let (package, features) = line.split_once('|').unwrap_or((line, ""));
        let name = package.split(' ').next().unwrap_or_default();
        let features: Vec<&str> = features.split([',', ' ']).collect();
        let banned = CRATES
            .iter()
            .filter(|(banned, _)| *banned == name)
            .map(|(_, why)| format!("{name}: {why}"));
        let on = FEATURES
            .iter()
            .filter(|(of, feature, _)| *of == name && features.contains(feature))
            .map(|(_, feature, why)| format!("{name} with feature {feature}: {why}"));
        found.extend(banned.chain(on));
    }
    found.sort();
    found.dedup();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_banned_crate_or_feature_is_found_wherever_it_stands() {
        let tree = "patkeeper v1.0.0 (/somewhere)|\nring v0.17.14|alloc\nopenssl-sys v0.9.1|\n\
                    azure_core v1.1.0|tokio,debug (*)\nopenssl-sys v0.9.1| (*)\n\
                    typespec_macros v1.0.0 (proc-macro)|debug\n";
        let found = violations(tree);
        assert_eq!(found.len(), 3, "{found:?}");
        assert!(found[0].starts_with("azure_core with feature debug"), "{found:?}");
        assert!(found[1].starts_with("openssl-sys"), "{found:?}");
        assert!(
            found[2].starts_with("typespec_macros with feature debug"),
            "{found:?}"
        );
    }

    #[test]
    fn names_and_features_that_only_look_alike_are_fine() {
        assert_eq!(
            violations("openssl-probe v0.2.0|\nazure_core v1.1.0|tokio,debug-not\n"),
            Vec::<String>::new()
        );
    }
}
