//! The binary as a person or a script runs it, against the simulator.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::path::Path;

use assert_cmd::Command;
use patkeeper_sim::generate::Generated;
use patkeeper_sim::{PatSeed, Sim, SimConfig, generate};

/// The binary, with nothing of this machine's settings but what a process needs.
fn patkeeper() -> Command {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("patkeeper"));
    command.env_clear();
    command
}

/// The binary behind the simulator.
fn monitor(sim: &Sim, acme: &Generated) -> Command {
    let mut command = patkeeper();
    command.envs(sim.agent_env());
    command.args(["monitor", "--organization", "acme", "--access-token", "-"]);
    command.write_stdin(format!("{}\n", acme.token));
    command
}

fn acme() -> (Sim, Generated) {
    let sim = Sim::start(SimConfig::default()).unwrap();
    let acme = sim.cloud(generate::demo);
    (sim, acme)
}

fn stdout(output: &std::process::Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &std::process::Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn an_audit_prints_its_findings_and_ends_with_the_verdict() {
    let (sim, acme) = acme();
    let output = monitor(&sim, &acme).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    assert!(stdout(&output).contains("nuget-feed-sync"));
    assert!(
        stderr(&output)
            .lines()
            .last()
            .unwrap()
            .contains("Verdict: expired (fails on: expired)")
    );
}

#[test]
fn a_person_sees_no_agent_commands_and_no_secret() {
    let (sim, acme) = acme();
    let output = monitor(&sim, &acme).arg("--verbose").output().unwrap();
    let all = stdout(&output) + &stderr(&output);
    assert!(all.contains("debug: "), "--verbose shows each request");
    assert!(!all.contains("##vso[") && !all.contains("##["), "{all}");
    assert!(!all.contains(&acme.token));
}

#[test]
fn fail_on_never_lets_a_script_go_on() {
    let (sim, acme) = acme();
    let output = monitor(&sim, &acme)
        .args(["--fail-on", "never"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn a_flag_given_twice_is_two_lines() {
    let (sim, acme) = acme();
    let output = monitor(&sim, &acme)
        .args(["--require-names", "wiki-backup", "--require-names", "no-such-pat"])
        .output()
        .unwrap();
    let last = stderr(&output).lines().last().unwrap().to_owned();
    assert!(
        last.contains("Verdict: missing") && last.contains("1 pattern without"),
        "{last}"
    );
}

#[test]
fn reports_are_written_only_where_a_person_asks_for_them() {
    let (sim, acme) = acme();
    let folder = tempfile::tempdir().unwrap();
    let elsewhere = monitor(&sim, &acme).current_dir(folder.path()).output().unwrap();
    assert!(!stdout(&elsewhere).contains("Reports:"));
    assert_eq!(files(folder.path()), Vec::<String>::new());

    let directory = folder.path().join("reports");
    monitor(&sim, &acme)
        .arg("--report-directory")
        .arg(&directory)
        .args([
            "--report-formats",
            "json,markdown junit",
            "--report-formats",
            "csv sarif",
        ])
        .output()
        .unwrap();
    assert_eq!(
        files(&directory),
        [
            "patkeeper.csv",
            "patkeeper.json",
            "patkeeper.junit.xml",
            "patkeeper.md",
            "patkeeper.sarif"
        ]
    );
    let report: serde_json::Value =
        serde_json::from_slice(&std::fs::read(directory.join("patkeeper.json")).unwrap()).unwrap();
    assert_eq!(report["schema"], "patkeeper.report/1");
    assert_eq!(report["totals"]["total"], 42);
}

/// A page that lacked its report would read as an organization without PATs.
#[cfg(page)]
#[test]
fn an_html_report_holds_the_very_document_that_is_written_beside_it() {
    let (sim, acme) = acme();
    let folder = tempfile::tempdir().unwrap();
    let output = monitor(&sim, &acme)
        .arg("--report-directory")
        .arg(folder.path())
        .args(["--report-formats", "html"])
        .output()
        .unwrap();
    assert_eq!(
        files(folder.path()),
        ["patkeeper.html", "patkeeper.json"],
        "{output:?}"
    );
    let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
    let page = read("patkeeper.html");
    let start = "<script type=\"application/json\" class=\"document\" data-name=\"patkeeper.json\">";
    let (_, rest) = page.split_once(start).unwrap();
    let (document, _) = rest.split_once("</script>").unwrap();
    let value = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
    assert_eq!(value(document), value(&read("patkeeper.json")));
    assert!(!rest.contains(start), "once");
}

/// A program that was built alone has no page, and must not leave an empty one.
#[cfg(not(page))]
#[test]
fn html_is_bad_input_to_a_program_without_the_page_and_nothing_is_sent() {
    let (sim, acme) = acme();
    let output = monitor(&sim, &acme)
        .args(["--report-formats", "html"])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(
        said.contains("--report-formats") && said.contains("cargo xtask page"),
        "{said}"
    );
    assert!(sim.log().is_empty());
}

fn files(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn bad_flags_end_with_2_and_send_nothing() {
    let (sim, acme) = acme();
    for (arguments, words) in [
        (vec!["--warning-days", "soon"], "--warning-days"),
        (vec!["--critical-days", "40"], "--critical-days"),
        (vec!["--fail-on", "sometimes"], "--fail-on"),
        (
            vec!["--slack-webhook-url", "http://hooks.slack.com/services/x"],
            "--slack-webhook-url",
        ),
        (vec!["--policy-file", "no-such-file.yml"], "--policy-file"),
        (vec!["--names", "$(Patterns)"], "--names"),
        (vec!["--nonsense"], "--nonsense"),
        (vec!["--webhook-url", "-"], "standard input"),
    ] {
        let output = monitor(&sim, &acme).args(&arguments).output().unwrap();
        assert_eq!(
            output.status.code(),
            Some(2),
            "{arguments:?}: {}",
            stderr(&output)
        );
        assert!(
            stderr(&output).contains(words),
            "{arguments:?}: {}",
            stderr(&output)
        );
    }
    assert!(
        sim.log().is_empty() && sim.tunnels().is_empty(),
        "{:?}",
        sim.log()
    );
}

#[test]
fn an_organization_elsewhere_is_refused_before_the_token_could_go_there() {
    let (sim, acme) = acme();
    for organization in [
        "https://dev.azure.com.evil.example/acme",
        "http://dev.azure.com/acme",
        "https://user@dev.azure.com/acme",
        "https://dev.azure.com/acme/../other",
        "https://tfs.corp.example/tfs/DefaultCollection",
        "acme/other",
        "",
    ] {
        let mut command = patkeeper();
        command.envs(sim.agent_env()).args([
            "monitor",
            "--organization",
            organization,
            "--access-token",
            "-",
        ]);
        let output = command.write_stdin(acme.token.clone()).output().unwrap();
        assert_eq!(
            output.status.code(),
            Some(2),
            "{organization}: {}",
            stderr(&output)
        );
    }
    assert!(sim.log().is_empty() && sim.tunnels().is_empty());
}

#[test]
fn the_reading_of_an_unknown_task_fails_like_an_agent_expects() {
    let output = patkeeper().args(["task", "PatDream"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let lines = stdout(&output);
    assert_eq!(
        lines.matches("##vso[task.complete result=Failed]").count(),
        1,
        "{lines}"
    );
    assert!(stderr(&output).is_empty(), "an agent may read it first");
}

#[test]
fn the_agent_front_sets_every_output_once() {
    let (sim, acme) = acme();
    let folder = tempfile::tempdir().unwrap();
    let output = patkeeper()
        .envs(sim.agent_env())
        .args(["task", "PatMonitor"])
        .env("INPUT_ORGANIZATION", "https://dev.azure.com/acme/")
        .env("INPUT_ACCESSTOKEN", &acme.token)
        .env("AGENT_TEMPDIRECTORY", folder.path())
        .env("SYSTEM_TASKINSTANCEID", "00000000-0000-0000-0000-000000000001")
        .output()
        .unwrap();
    let lines = stdout(&output);
    assert_eq!(output.status.code(), Some(1), "{lines}");
    for name in patkeeper_outputs() {
        let start = format!("##vso[task.setvariable variable={name};");
        assert_eq!(lines.matches(&start).count(), 1, "{name}: {lines}");
    }
    let report = folder
        .path()
        .join("patkeeper/00000000-0000-0000-0000-000000000001/patkeeper.json");
    assert!(report.is_file(), "each step writes into a folder of its own");
    assert!(
        lines
            .trim_end()
            .lines()
            .last()
            .unwrap()
            .starts_with("##vso[task.complete result=Failed]"),
        "{lines}"
    );
}

/// The outputs of the public contract.
fn patkeeper_outputs() -> [&'static str; 13] {
    [
        "status",
        "total",
        "healthy",
        "warning",
        "critical",
        "expired",
        "missing",
        "replaced",
        "unreadable",
        "policyFindings",
        "soonestExpiryDays",
        "soonestExpiryName",
        "reportJson",
    ]
}

#[test]
fn a_report_folder_that_cannot_be_made_is_said_before_anything_is_sent() {
    let (sim, acme) = acme();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a-file");
    std::fs::write(&file, "").unwrap();
    let output = monitor(&sim, &acme)
        .arg("--report-directory")
        .arg(&file)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(
        stderr(&output).contains("--report-directory"),
        "{}",
        stderr(&output)
    );
    assert!(sim.log().is_empty());
}

/// A folder of the kernel's: it is there, and nobody can write to it, root included.
#[cfg(target_os = "linux")]
#[test]
fn a_report_folder_that_cannot_be_written_to_is_found_out_before_anything_is_sent() {
    let (sim, acme) = acme();
    let output = monitor(&sim, &acme)
        .args(["--report-directory", "/proc/self/fdinfo"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
    assert!(sim.log().is_empty());
}

#[test]
fn a_policy_file_counts_from_the_working_directory() {
    let (sim, acme) = acme();
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join("policy.yml"),
        "version: 1\nrules:\n  lifetime: { maxDays: 400 }\n",
    )
    .unwrap();
    let output = monitor(&sim, &acme)
        .current_dir(folder.path())
        .args(["--policy-file", "policy.yml", "--fail-on", "never"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(!stdout(&output).contains("allowed 90"), "{}", stdout(&output));

    std::fs::write(
        folder.path().join("policy.yml"),
        "version: 1\nrules:\n  lifetme: {}\n",
    )
    .unwrap();
    let broken = monitor(&sim, &acme)
        .current_dir(folder.path())
        .args(["--policy-file", "policy.yml"])
        .output()
        .unwrap();
    assert_eq!(broken.status.code(), Some(2));
    assert!(
        stderr(&broken).contains("policy.yml, line 3, column 3"),
        "{}",
        stderr(&broken)
    );
}

#[test]
fn hostile_names_reach_a_terminal_as_text() {
    let (sim, acme) = acme();
    sim.cloud(|cloud| {
        let now = cloud.now();
        for name in [
            "\u{1b}[2J\u{1b}[31mred",
            "##vso[task.complete result=Succeeded]",
            "a\u{202e}b",
            "x\r\n##[error]y",
        ] {
            let ends = now + chrono::TimeDelta::days(3);
            cloud.add_pat(PatSeed::new(&acme.user, "acme", name, "vso.code").ends(ends));
        }
    });
    let output = monitor(&sim, &acme).output().unwrap();
    let all = stdout(&output) + &stderr(&output);
    for hostile in ["\u{1b}", "##vso[", "##[", "\u{202e}", "\r"] {
        assert!(!all.contains(hostile), "{hostile:?} in {all}");
    }
}

#[test]
fn scopes_answers_with_the_least_scope_first() {
    let output = patkeeper().args(["scopes", "push", "code"]).output().unwrap();
    let text = stdout(&output);
    let write = text.find("vso.code_write").unwrap();
    assert!(
        text.find("vso.code_full").is_none_or(|full| write < full),
        "{text}"
    );
}

#[test]
fn help_names_every_command_and_where_to_start() {
    let output = patkeeper().arg("--help").output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    let nothing = patkeeper().output().unwrap();
    assert_eq!(nothing.status.code(), Some(2));
    for command in ["monitor", "scopes", "task"] {
        assert!(stdout(&output).contains(command) && stderr(&nothing).contains(command));
    }
}

#[test]
fn the_version_is_the_packages() {
    let output = patkeeper().arg("--version").output().unwrap();
    assert_eq!(
        stdout(&output),
        format!("patkeeper {}\n", env!("CARGO_PKG_VERSION"))
    );
}

#[test]
fn a_yes_or_no_that_stands_before_another_flag_does_not_swallow_it() {
    // Nothing is asked: the vault's name is refused first.
    let output = Command::new(assert_cmd::cargo::cargo_bin!("patkeeper"))
        .env_clear()
        .args([
            "sign-in",
            "--device-code",
            "--vault",
            "no vault",
            "--secret-name",
            "x",
        ])
        .args(["--tenant-id", "acme.example"])
        .args(["--client-id", "5a1e0000-0000-4000-8000-00000000c013"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(
        stderr(&output).contains("--vault: 'no vault'"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn a_token_that_was_lost_on_its_way_is_not_replaced_by_another_sign_in() {
    let (sim, acme) = acme();
    for lost in ["", " \n", "two\nlines"] {
        let output = monitor(&sim, &acme).write_stdin(lost).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{lost:?}");
        let said = stderr(&output);
        assert!(said.contains("--access-token: it "), "{said}");
    }
    let mut with_secret = patkeeper();
    with_secret.args([
        "sign-in",
        "--client-secret",
        "",
        "--vault",
        "acme-kv",
        "--secret-name",
        "x",
    ]);
    let output = with_secret
        .args(["--tenant-id", "acme.example"])
        .args(["--client-id", "5a1e0000-0000-4000-8000-00000000c013"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("--client-secret: it is given, and empty"));
    assert!(sim.tunnels().is_empty(), "something was sent");
}
