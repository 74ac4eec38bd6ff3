//! `patkeeper revoke` at a terminal, in the first five minutes of an incident: one line, and the PAT is dead.

use std::io::Write as _;
use std::process::{Command, Stdio};

use patkeeper_tests::leak::Search;
use patkeeper_tests::office::Office;
use patkeeper_tests::package::Package;
use patkeeper_tests::revocations::Live;
use patkeeper_tests::world::revocation;

/// A machine whose Azure CLI is signed in as the user.
fn at_a_terminal() -> Office {
    let mut office = Office::with(&[("leaked", 30), ("kept", 30)]);
    office.has_azure_cli();
    office
}

fn id_of(office: &Office, name: &str) -> String {
    office.world.sim.cloud(|cloud| {
        let mut pats = cloud.pats.iter();
        let pat = pats.find(|pat| pat.display_name == name).unwrap();
        pat.authorization_id.clone()
    })
}

/// Runs the packaged program; exit code, and what it said to standard output and to standard error. All of it, and all
/// that it wrote, is searched for every secret there is.
fn patkeeper(office: &Office, arguments: &[&str], typed: &str) -> (Option<i32>, String, String) {
    let mut command = Command::new(Package::of_this_tree().program(&revocation()));
    command
        .env_clear()
        .env("PATH", &office.path)
        .env("HOME", office.world.job.root().join("home"))
        .envs(office.world.sim.plain_env())
        .current_dir(office.world.job.root())
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // Bad flags end it before it reads.
    let _ = child.stdin.take().unwrap().write_all(typed.as_bytes());
    let ended = child.wait_with_output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let (out, err) = (text(&ended.stdout), text(&ended.stderr));
    let secrets = office.world.sim.cloud(|cloud| cloud.secrets());
    let mut search = Search::new(&secrets);
    search.text("standard output", out.as_bytes());
    search.text("standard error", err.as_bytes());
    search.files(&office.world.job.root().join("home"));
    let _ = search.end();
    assert!(!format!("{out}{err}").contains("##vso["), "{out}{err}");
    (ended.status.code(), out, err)
}

#[test]
fn one_line_ends_a_leaked_pat() {
    let office = at_a_terminal();
    let id = id_of(&office, "leaked");
    let before = Live::of(&office.world.sim);
    let line = [
        "revoke",
        "--organization",
        "acme",
        "--authorization-ids",
        &id,
        "--dry-run",
        "false",
    ];
    let (code, out, err) = patkeeper(&office, &line, "");
    assert_eq!(code, Some(0), "{out}{err}");
    assert_eq!(before.revoked_since(&office.world.sim), [id.clone()].into());
    assert!(
        out.contains("leaked") && out.contains("Revoked 1 PAT"),
        "{out}{err}"
    );

    let (code, out, err) = patkeeper(&office, &line, "");
    assert_eq!(code, Some(0), "{out}{err}");
    assert!(out.contains("already"), "{out}{err}");
}

#[test]
fn without_the_last_flag_the_line_only_lists() {
    let office = at_a_terminal();
    let id = id_of(&office, "leaked");
    let before = Live::of(&office.world.sim);
    let line = ["revoke", "--organization", "acme", "--authorization-ids", &id];
    let (code, out, err) = patkeeper(&office, &line, "");
    assert_eq!(code, Some(0), "{out}{err}");
    before.assert_untouched(&office.world.sim, "a dry run");
    // What to type next is what a terminal takes.
    assert!(out.contains("--dry-run false"), "{out}{err}");
}

#[test]
fn an_administrators_token_from_standard_input_ends_anybodys() {
    let office = at_a_terminal();
    let (token, id) = office.world.sim.cloud(|cloud| {
        let admin = patkeeper_sim::UserSeed::new("acme", "pca@acme.example", "Petra Admin").administrator();
        let admin = cloud.enroll(admin);
        let ann = cloud.add_user("acme", "ann@acme.example", "Ann");
        let seed = patkeeper_tests::world::seed(cloud, &ann, "acme", "of-ann", 30);
        (cloud.full_token(&admin), cloud.add_pat(seed))
    });
    let before = Live::of(&office.world.sim);
    let line = [
        "revoke",
        "--organization",
        "https://dev.azure.com/acme/",
        "--scope",
        "organization",
        "--owners",
        "ann@acme.example",
        "--all",
        "true",
        "--expect-count",
        "1",
        "--dry-run",
        "false",
        "--access-token",
        "-",
    ];
    let (code, out, err) = patkeeper(&office, &line, &token);
    assert_eq!(code, Some(0), "{out}{err}");
    assert_eq!(before.revoked_since(&office.world.sim), [id].into());
}

#[test]
fn who_is_signed_in_to_nothing_is_told_what_to_type() {
    let mut office = at_a_terminal();
    office.az("echo \"ERROR: Please run 'az login' to setup account.\" >&2; exit 1");
    let id = id_of(&office, "leaked");
    let line = [
        "revoke",
        "--organization",
        "acme",
        "--authorization-ids",
        &id,
        "--dry-run",
        "false",
    ];
    let (code, out, err) = patkeeper(&office, &line, "");
    assert_eq!(code, Some(3), "{out}{err}");
    assert!(format!("{out}{err}").contains("az login"), "{out}{err}");
}

#[test]
fn refusals_name_the_flags_and_nothing_is_sent() {
    let office = at_a_terminal();
    for (more, words) in [
        (&[][..], "--authorization-ids"),
        (&["--authorization-ids", "ci-deploy"], "--authorization-ids"),
        (&["--all", "true", "--names", "ci-*"], "--names"),
        (&["--all", "true", "--scope", "organization"], "--owners"),
        (&["--all", "true", "--expect-count", "-1"], "--expect-count"),
        (&["--all", "true", "--dry-run", "maybe"], "--dry-run"),
    ] {
        let arguments = [&["revoke", "--organization", "acme"][..], more].concat();
        let (code, out, err) = patkeeper(&office, &arguments, "");
        assert_eq!(code, Some(2), "{more:?}: {out}{err}");
        assert!(err.contains(words), "no '{words}' in:\n{out}{err}");
        assert!(office.world.sim.log().is_empty(), "{more:?}");
    }
}
