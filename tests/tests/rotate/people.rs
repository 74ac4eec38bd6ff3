//! `patkeeper rotate`, for people: the same rotation by flags, in plain text.

use std::io::Write as _;
use std::process::{Command, Stdio};

use patkeeper_tests::invariants::{Books, assert_settled};
use patkeeper_tests::leak::Search;
use patkeeper_tests::office::VAULT;
use patkeeper_tests::package::Package;
use patkeeper_tests::world::rotation;

use crate::scene::{NAME, PLACE, RIGHTS, SCOPES, SECRET, Scene};

/// A machine whose Azure CLI is signed in as the user, who may use the vault.
fn at_a_terminal() -> Scene {
    let mut scene = Scene::new();
    scene.office.has_azure_cli();
    let user = scene.office.world.user.clone();
    scene.cloud(|cloud| cloud.grant(VAULT, &user, &RIGHTS));
    scene
}

/// Runs `patkeeper rotate`; exit code, what it said to standard output and to standard error. All of it is searched
/// for every secret there is.
fn rotate(scene: &Scene, more: &[&str], typed: &str) -> (Option<i32>, String, String) {
    let mut command = Command::new(Package::of_this_tree().program(&rotation()));
    command
        .env_clear()
        .env("PATH", &scene.office.path)
        .env("HOME", scene.office.world.job.root().join("home"))
        .envs(scene.sim().plain_env())
        .current_dir(scene.office.world.job.root())
        .args(["rotate", "--organization", "acme", "--name", NAME])
        .args(["--scopes", SCOPES, "--vault", VAULT, "--secret-name", SECRET])
        .args(more)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(typed.as_bytes()).unwrap();
    let ended = child.wait_with_output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let (out, err) = (text(&ended.stdout), text(&ended.stderr));
    let secrets = scene.cloud(|cloud| cloud.secrets());
    let mut search = Search::new(&secrets);
    search.text("standard output", out.as_bytes());
    search.text("standard error", err.as_bytes());
    let _ = search.end();
    assert!(!format!("{out}{err}").contains("##vso["), "{out}{err}");
    (ended.status.code(), out, err)
}

#[test]
fn a_person_rotates_with_flags_and_the_azure_cli() {
    let scene = at_a_terminal();
    let before = Books::of(scene.sim(), PLACE);
    let (code, out, err) = rotate(&scene, &[], "");
    assert_eq!(code, Some(0), "{out}{err}");
    assert_settled(scene.sim(), PLACE, &before);
    assert!(
        out.contains("Rotated.") && out.contains(&scene.stored().display_name),
        "{out}"
    );

    let (code, out, err) = rotate(&scene, &[], "");
    assert_eq!(code, Some(0), "{out}{err}");
    assert!(out.contains("Not due"), "{out}");

    let more = [
        "--force",
        "true",
        "--overlap-hours",
        "0",
        "--valid-days",
        "30",
        "--verify-url",
        "https://dev.azure.com/acme/_apis/git/repositories?api-version=7.1",
    ];
    let (code, out, err) = rotate(&scene, &more, "");
    assert_eq!(code, Some(0), "{out}{err}");
    assert_eq!(scene.live(), [scene.stored()]);
}

#[test]
fn a_token_is_taken_from_standard_input() {
    let scene = at_a_terminal();
    let token = scene.office.world.token.clone();
    let (code, out, err) = rotate(&scene, &["--access-token", "-"], &token);
    assert_eq!(code, Some(0), "{out}{err}");
    assert_eq!(scene.live().len(), 1);
}

#[test]
fn a_dry_run_of_a_person_changes_nothing() {
    let scene = at_a_terminal();
    let (code, out, err) = rotate(&scene, &["--dry-run", "true"], "");
    assert_eq!(code, Some(0), "{out}{err}");
    assert!(out.contains("would mint"), "{out}");
    scene.assert_nothing_changed("a dry run");
}

#[test]
fn refusals_name_the_flags_and_nothing_is_sent() {
    let scene = at_a_terminal();
    for (more, words) in [
        (&["--valid-days", "366"][..], "--valid-days"),
        (&["--valid-days", "ninety"], "--valid-days"),
        (&["--verify-url", "https://evil.example/acme"], "--verify-url"),
        (&["--adopt", "made by ann"], "--adopt"),
        (&["--renew-before-days", "90"], "--valid-days"),
    ] {
        let (code, out, err) = rotate(&scene, more, "");
        assert_eq!(code, Some(2), "{out}{err}");
        assert!(err.contains(words), "no '{words}' in:\n{out}{err}");
        assert!(scene.requests().is_empty(), "{more:?}");
    }
}
