//! `patkeeper revoke` and `patkeeper audit` as a person or a script runs them, where a whole package would prove no more.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::path::Path;

use assert_cmd::Command;
use patkeeper_sim::{Action, AuditSeed, Fault, Match, PatSeed, Sim, SimConfig, UserSeed};

/// A user with two PATs who is an administrator, and a token for all of it.
struct Acme {
    sim: Sim,
    token: String,
    ids: [String; 2],
}

impl Acme {
    fn new() -> Self {
        let sim = Sim::start(SimConfig::default()).unwrap();
        let (token, ids) = sim.cloud(|cloud| {
            let user = cloud.enroll(UserSeed::new("acme", "pca@acme.example", "Petra Admin").administrator());
            let ids =
                ["ci-a", "ci-b"].map(|name| cloud.add_pat(PatSeed::new(&user, "acme", name, "vso.code")));
            cloud.audit("acme", true);
            (cloud.full_token(&user), ids)
        });
        Self { sim, token, ids }
    }

    fn run(&self, arguments: &[&str]) -> Said {
        let mut command = Command::new(assert_cmd::cargo::cargo_bin!("patkeeper"));
        command.env_clear().envs(self.sim.plain_env());
        command
            .args(arguments)
            .args(["--organization", "acme", "--access-token", "-"]);
        let output = command.write_stdin(self.token.clone()).output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        let said = Said {
            code: output.status.code(),
            out: text(&output.stdout),
            err: text(&output.stderr),
        };
        assert!(!said.all().contains(&self.token), "{}", said.all());
        assert!(
            !said.all().contains("##vso[") && !said.all().contains("##["),
            "{}",
            said.all()
        );
        said
    }

    fn live(&self) -> usize {
        self.sim
            .cloud(|cloud| cloud.pats.iter().filter(|pat| pat.revoked.is_none()).count())
    }

    /// Something of theirs is found in public.
    fn leak(&self) {
        self.sim.cloud(|cloud| {
            let at = cloud.now() - chrono::TimeDelta::hours(1);
            let pat = cloud.pat(&self.ids[0]).unwrap().clone();
            let action = "Token.PatPublicDiscoveryEvent";
            cloud.add_event(AuditSeed::of_pat("acme", action, &pat, "pca@acme.example").at(at));
        });
    }
}

struct Said {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Said {
    fn all(&self) -> String {
        format!("{}{}", self.out, self.err)
    }
}

fn files(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn a_flag_given_twice_names_two_pats() {
    let acme = Acme::new();
    let [one, two] = &acme.ids;
    let line = [
        "revoke",
        "--authorization-ids",
        one,
        "--authorization-ids",
        two,
        "--dry-run",
        "false",
    ];
    let said = acme.run(&line);
    assert_eq!(said.code, Some(0), "{}", said.all());
    assert_eq!(acme.live(), 0);
}

#[test]
fn a_dry_run_leaves_everything_and_a_script_goes_on() {
    let acme = Acme::new();
    for line in [
        &["revoke", "--names", "ci-*"][..],
        &["revoke", "--all", "true"],
        &["revoke", "--all", "true", "--dry-run", "true"],
        &["revoke", "--names", "ci-*", "--scope", "organization"],
    ] {
        let said = acme.run(line);
        assert_eq!(said.code, Some(0), "{line:?}: {}", said.all());
        assert!(
            said.out.contains("would revoke") && said.out.contains(&acme.ids[1]),
            "{}",
            said.all()
        );
    }
    assert_eq!(acme.live(), 2);
}

#[test]
fn reports_are_written_only_where_a_person_asks_for_them() {
    let acme = Acme::new();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("reports");
    let path_text = path.display().to_string();
    for (command, more, schema) in [
        ("revoke", &["--all", "true"][..], "patkeeper.revocation/1"),
        ("audit", &[], "patkeeper.audit/1"),
    ] {
        let line = [&[command][..], more].concat();
        let said = acme.run(&line);
        assert!(!said.out.contains("Reports:"), "{}", said.all());
        let formats = [
            "--report-directory",
            &path_text,
            "--report-formats",
            "markdown csv",
        ];
        let said = acme.run(&[line.as_slice(), &formats].concat());
        assert_eq!(said.code, Some(0), "{}", said.all());
        assert_eq!(files(&path), ["patkeeper.csv", "patkeeper.json", "patkeeper.md"]);
        let report: serde_json::Value =
            serde_json::from_slice(&std::fs::read(path.join("patkeeper.json")).unwrap()).unwrap();
        assert_eq!(report["schema"], schema);
    }
}

#[test]
fn an_audit_ends_with_1_at_a_leak_and_with_0_where_a_script_wants_to_go_on() {
    let acme = Acme::new();
    let said = acme.run(&["audit"]);
    assert_eq!(said.code, Some(0), "{}", said.all());
    acme.leak();
    let said = acme.run(&["audit"]);
    assert_eq!(said.code, Some(1), "{}", said.all());
    assert!(
        said.err.lines().last().unwrap().contains("leaked"),
        "{}",
        said.all()
    );
    let said = acme.run(&["audit", "--fail-on", "never"]);
    assert_eq!(said.code, Some(0), "{}", said.all());
    let said = acme.run(&[
        "audit",
        "--actions",
        "Token.PatCreateEvent",
        "--actors",
        "*@globex.example",
    ]);
    assert_eq!(said.code, Some(0), "{}", said.all());
}

#[test]
fn bad_flags_end_with_2_and_send_nothing() {
    let acme = Acme::new();
    for (line, words) in [
        (&["revoke"][..], "--authorization-ids"),
        (&["revoke", "--authorization-ids", "no-id"], "--authorization-ids"),
        (&["revoke", "--all", "true", "--names", "x"], "--all"),
        (
            &["revoke", "--all", "true", "--scope", "organization"],
            "--owners",
        ),
        (
            &["revoke", "--all", "true", "--owners", "ann@acme.example"],
            "--owners",
        ),
        (
            &["revoke", "--all", "true", "--expect-count", "some"],
            "--expect-count",
        ),
        (&["revoke", "--nonsense"], "--nonsense"),
        (&["audit", "--days", "91"], "--days"),
        (&["audit", "--start-time", "2026-11-01"], "--end-time"),
        (
            &["audit", "--start-time", "2026-11-05", "--end-time", "2026-11-01"],
            "--start-time",
        ),
        (&["audit", "--fail-on", "sometimes"], "--fail-on"),
        (&["audit", "--report-formats", "junit"], "--report-formats"),
        (
            &["revoke", "--all", "true", "--report-formats", "sarif"],
            "allowed are json, markdown, csv and html",
        ),
    ] {
        let said = acme.run(line);
        assert_eq!(said.code, Some(2), "{line:?}: {}", said.all());
        assert!(said.err.contains(words), "{line:?}: {}", said.all());
    }
    assert!(acme.sim.log().is_empty() && acme.sim.tunnels().is_empty());
}

#[test]
fn hostile_names_reach_a_terminal_as_text() {
    let acme = Acme::new();
    for name in [
        "\u{1b}[2J\u{1b}[31mred",
        "##vso[task.complete result=Succeeded]",
        "a\u{202e}b",
        "x\r\n##[error]y",
    ] {
        acme.sim.cloud(|cloud| {
            let user = cloud.users[0].id.clone();
            cloud.add_pat(PatSeed::new(&user, "acme", name, "vso.code"));
            let event = AuditSeed::new("acme", "Token.PatCreateEvent")
                .details(name)
                .from(name, name);
            cloud.add_event(event.data("DisplayName", name));
        });
    }
    for line in [
        &["revoke", "--all", "true", "--reason", "\u{1b}[2Jx"][..],
        &["audit"],
    ] {
        let said = acme.run(line);
        assert_eq!(said.code, Some(0), "{}", said.all());
        for hostile in ["\u{1b}", "\u{202e}", "\r"] {
            assert!(!said.all().contains(hostile), "{hostile:?} in {}", said.all());
        }
    }
}

impl Acme {
    /// The step that revokes all of the user's PATs, as the shim starts it.
    fn step(&self, folder: &Path) -> std::process::Command {
        let mut command = std::process::Command::new(assert_cmd::cargo::cargo_bin!("patkeeper"));
        command
            .env_clear()
            .args(["task", "PatRevoke"])
            .envs(self.sim.agent_env())
            .env("INPUT_ORGANIZATION", "acme")
            .env("INPUT_ACCESSTOKEN", &self.token)
            .env("INPUT_ALL", "true")
            .env("INPUT_DRYRUN", "false")
            .env("AGENT_TEMPDIRECTORY", folder)
            .env("SYSTEM_TASKINSTANCEID", "step")
            .stdout(std::process::Stdio::piped());
        command
    }

    fn deletions(&self) -> usize {
        let log = self.sim.log();
        log.iter().filter(|entry| entry.method == "DELETE").count()
    }
}

#[test]
fn a_count_that_does_not_hold_is_one_error_with_what_to_do() {
    let acme = Acme::new();
    let folder = tempfile::tempdir().unwrap();
    let mut step = acme.step(folder.path());
    let output = step.env("INPUT_EXPECTCOUNT", "3").output().unwrap();
    let out = String::from_utf8(output.stdout).unwrap();
    let errors: Vec<&str> = out
        .lines()
        .filter(|line| line.starts_with("##vso[task.logissue") && line.contains("type=error"))
        .collect();
    assert_eq!((output.status.code(), errors.len()), (Some(2), 1), "{out}");
    for words in ["code=otherCount", "2 PATs match", "correct the selection"] {
        assert!(errors[0].contains(words), "{words}: {}", errors[0]);
    }
    assert_eq!(acme.live(), 2);
}

#[cfg(unix)]
#[test]
fn what_waits_for_its_turn_is_never_sent_once_the_run_is_cancelled() {
    let acme = Acme::new();
    acme.sim.cloud(|cloud| {
        let user = cloud.users[0].id.clone();
        for number in 0..40 {
            cloud.add_pat(PatSeed::new(&user, "acme", &format!("more-{number}"), "vso.code"));
        }
    });
    // The first answer has all others wait.
    let pause = Action::Header("Retry-After".to_owned(), "30".to_owned());
    acme.sim
        .fault(Fault::always(Match::any().method("DELETE"), pause));
    let folder = tempfile::tempdir().unwrap();
    let running = acme.step(folder.path()).spawn().unwrap();
    while acme.deletions() == 0 {
        std::thread::yield_now();
    }
    let mut kill = std::process::Command::new("kill");
    assert!(
        kill.args(["-TERM", &running.id().to_string()])
            .status()
            .unwrap()
            .success()
    );
    let output = running.wait_with_output().unwrap();
    let out = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(130), "{out}");
    let sent = acme.deletions();
    assert!(sent < 42, "{sent}");
    assert_eq!(acme.live(), 42 - sent, "what was sent was answered");
    assert!(!out.contains("may have been revoked"), "{out}");
    let not_tried = format!("{} PATs were not tried", 42 - sent);
    assert!(out.contains(&not_tried), "{not_tried}: {out}");
}
