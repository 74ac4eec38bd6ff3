//! The binary as the shim starts it, where a whole package would prove no more.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::path::Path;
use std::process::Output;

use assert_cmd::Command;
use patkeeper_sim::generate::Generated;
use patkeeper_sim::{
    Action, ConnectionData, Fault, Match, PatSeed, Refusal, Sim, SimConfig, TokenSpec, generate,
};

fn acme() -> (Sim, Generated) {
    let sim = Sim::start(SimConfig::default()).unwrap();
    let acme = sim.cloud(generate::demo);
    (sim, acme)
}

/// PatMonitor with `token`, its reports below `folder`.
fn pat_monitor(sim: &Sim, token: &str, folder: &Path) -> Command {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("patkeeper"));
    command
        .env_clear()
        .args(["task", "PatMonitor"])
        .envs(sim.agent_env())
        .env("INPUT_ORGANIZATION", "acme")
        .env("INPUT_ACCESSTOKEN", token)
        .env("AGENT_TEMPDIRECTORY", folder)
        .env("SYSTEM_TASKINSTANCEID", "step");
    command
}

fn log(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn read(folder: &Path, name: &str) -> String {
    std::fs::read_to_string(folder.join("patkeeper/step").join(name)).unwrap()
}

#[test]
fn the_agents_account_counts_for_its_own_organization_only() {
    let (sim, acme) = acme();
    let folder = tempfile::tempdir().unwrap();
    sim.cloud(|cloud| {
        cloud.manners.connection_data = ConnectionData::Refused(Refusal::BearerRefused);
        cloud.add_organization("other");
        cloud.join(&acme.user, "other");
        let ended = cloud.now() - chrono::TimeDelta::days(1);
        let pat = PatSeed::new(&acme.user, "other", "ended-elsewhere", "vso.code");
        cloud.add_pat(pat.starts(ended - chrono::TimeDelta::days(30)).ends(ended));
    });
    let output = pat_monitor(&sim, &acme.token, folder.path())
        .env("INPUT_ORGANIZATION", "other")
        .env("SYSTEM_COLLECTIONURI", "https://dev.azure.com/acme/")
        .env("SYSTEM_COLLECTIONID", &acme.account_id)
        .output()
        .unwrap();
    assert!(log(&output).contains("ended-elsewhere"), "{}", log(&output));
    assert_eq!(output.status.code(), Some(1), "{}", log(&output));
}

#[test]
fn a_report_that_cannot_be_written_fails_a_step_that_found_nothing() {
    let (sim, acme) = acme();
    let folder = tempfile::tempdir().unwrap();
    // The report's own name is taken by a folder: the directory can be written to, the file cannot.
    std::fs::create_dir_all(folder.path().join("patkeeper/step/patkeeper.json/x")).unwrap();
    let output = pat_monitor(&sim, &acme.token, folder.path())
        .env("INPUT_FAILON", "never")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", log(&output));
    assert!(log(&output).contains("The report could not be written"));
    assert!(
        log(&output).contains("variable=status;isoutput=true]expired"),
        "the verdict is still told"
    );
    assert!(log(&output).contains("##vso[task.complete result=Failed]"));
}

#[test]
fn a_policy_file_of_a_size_that_no_hand_writes_is_refused() {
    let (sim, acme) = acme();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("policy.yml");
    std::fs::write(&file, "#".repeat(3 << 20)).unwrap();
    let output = pat_monitor(&sim, &acme.token, folder.path())
        .env("INPUT_POLICYFILE", &file)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", log(&output));
    assert!(
        log(&output).contains("policyFile") && log(&output).contains("larger"),
        "{}",
        log(&output)
    );
    assert!(sim.log().is_empty());
}

#[test]
fn the_proxys_password_is_masked_before_it_is_used() {
    let password = "not-a-real-proxy-password";
    let auth = Some(("agent".to_owned(), password.to_owned()));
    let sim = Sim::start(SimConfig {
        proxy_auth: auth,
        ..SimConfig::default()
    })
    .unwrap();
    let acme = sim.cloud(generate::demo);
    let folder = tempfile::tempdir().unwrap();
    let output = pat_monitor(&sim, &acme.token, folder.path()).output().unwrap();
    assert!(
        log(&output).contains(&format!("##vso[task.setsecret]{password}")),
        "{}",
        log(&output)
    );
    assert!(
        log(&output).contains("variable=status;isoutput=true]expired"),
        "{}",
        log(&output)
    );
}

#[test]
fn a_token_that_can_hardly_work_is_warned_of_before_it_is_refused() {
    let (sim, acme) = acme();
    let folder = tempfile::tempdir().unwrap();
    let token = sim.cloud(|cloud| cloud.token(TokenSpec::user(&acme.user).scopes("vso.pats")));
    let output = pat_monitor(&sim, &token, folder.path()).output().unwrap();
    assert_eq!(output.status.code(), Some(3), "{}", log(&output));
    assert!(
        log(&output).contains("type=warning") && log(&output).contains("vso.pats_manage"),
        "{}",
        log(&output)
    );
}

#[test]
fn a_service_that_quotes_the_token_puts_it_into_no_file_and_no_message() {
    let (sim, acme) = acme();
    let folder = tempfile::tempdir().unwrap();
    let hook = "https://hooks.example.com/not-a-real-hook";
    let words = format!("who are you, {}?", acme.token);
    sim.fault(Fault::always(
        Match::any().path("/_apis/tokens/pats"),
        Action::Refuse(Refusal::Exception {
            status: 403,
            type_key: "Echo".into(),
            message: words,
        }),
    ));
    let output = pat_monitor(&sim, &acme.token, folder.path())
        .env("INPUT_WEBHOOKURL", hook)
        .env("INPUT_REPORTFORMATS", "json markdown junit csv sarif")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(3), "{}", log(&output));
    let told = sim.cloud(|cloud| {
        cloud
            .deliveries
            .iter()
            .map(|delivery| delivery.raw.clone())
            .collect::<String>()
    });
    assert!(told.contains("unknown"), "{told}");
    let masks = |line: &&str| !line.starts_with("##vso[task.setsecret]");
    let mut written = vec![
        ("log", log(&output).lines().filter(masks).collect::<String>()),
        ("webhook", told),
    ];
    for name in [
        "patkeeper.json",
        "patkeeper.md",
        "patkeeper.junit.xml",
        "patkeeper.csv",
        "patkeeper.sarif",
    ] {
        written.push((name, read(folder.path(), name)));
    }
    // Any piece of it that is long enough to be told from other text.
    let token: Vec<char> = acme.token.chars().collect();
    for window in token.windows(40) {
        let piece: String = window.iter().collect();
        for (place, text) in &written {
            assert!(!text.contains(&piece), "a piece of the token is in {place}");
        }
    }
}
