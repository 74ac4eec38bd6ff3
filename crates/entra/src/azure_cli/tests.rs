use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use proptest::prelude::*;
use secrecy::{ExposeSecret, SecretString};

use super::*;
use crate::Identity;
use crate::loopback::Hosts;

const TOKEN: &str = "made-up-access-token-0123456789-klmnopqrst";
const SECRET: &str = "made-up-secret-of-the-job-0123456789";
const SCOPE: &str = "499b84ac-1321-427f-aa17-267ca6975798/.default";

/// A folder with an `az` that is this script.
fn az(script: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("az");
    fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    folder
}

fn variables(folder: &Path, further: &[(&str, &str)]) -> Vec<(OsString, OsString)> {
    let path = format!("{}:/usr/bin:/bin", folder.display());
    let further = further.iter().map(|(name, value)| (name.into(), value.into()));
    further.chain([("PATH".into(), path.into())]).collect()
}

fn proxy(url: &str) -> Proxy {
    Proxy {
        url: url.to_owned(),
        user: Some("agent".to_owned()),
        password: Some(SecretString::from(SECRET)),
        bypass: Vec::new(),
    }
}

async fn run(script: &str) -> Result<Fetched, Failure> {
    let folder = az(script);
    AzureCli::new(variables(folder.path(), &[]), None)?
        .get(SCOPE)
        .await
}

async fn fails(script: &str) -> Failure {
    run(script).await.map(|_| ()).unwrap_err()
}

fn prints_token() -> String {
    let ends = azure_core::time::OffsetDateTime::now_utc().unix_timestamp() + 3_600;
    format!(r#"echo '{{"accessToken":"{TOKEN}","expires_on":{ends},"tokenType":"Bearer"}}'"#)
}

#[tokio::test]
async fn the_account_that_is_signed_in_gives_a_token() {
    let hosts = Hosts::start(|_, _| unreachable!("az is asked")).await;
    let folder = az(&format!(
        "echo \"$@\" > \"$(dirname \"$0\")/asked\"\n{}",
        prints_token()
    ));
    let azure_cli = AzureCli::new(variables(folder.path(), &[]), None).unwrap();
    let source = Identity::of(&hosts.setup(), Arc::new(azure_cli)).tokens_for(SCOPE);
    assert_eq!(source.how(), "Azure CLI");
    for _ in 0..2 {
        assert_eq!(source.token().await.unwrap().expose_secret(), TOKEN);
    }
    assert_eq!(hosts.masked(), [TOKEN]);
    assert_eq!(
        fs::read_to_string(folder.path().join("asked")).unwrap().trim(),
        format!("account get-access-token -o json --scope {SCOPE}")
    );
}

#[tokio::test]
async fn az_sees_nothing_of_the_job_and_reads_nothing() {
    let folder = az(&format!(
        "env > \"$(dirname \"$0\")/env\"; cat\n{}",
        prints_token()
    ));
    let job = [
        ("INPUT_ACCESSTOKEN", SECRET),
        ("ENDPOINT_AUTH_SYSTEMVSSCONNECTION", SECRET),
        ("SECRET_AGENT_PROXYPASSWORD", SECRET),
        ("SYSTEM_ACCESSTOKEN", SECRET),
        ("SECUREFILE_TICKET_1", SECRET),
        ("VSTS_TASKVARIABLE_X", SECRET),
        ("AZURE_CLIENT_SECRET", SECRET),
        ("IDENTITY_HEADER", SECRET),
        ("MY_PASSWORD", SECRET),
        ("HOME", "/home/agent"),
        ("AZURE_CONFIG_DIR", "/home/agent/.azure-2"),
        ("no_proxy", "internal.example"),
    ];
    let azure_cli = AzureCli::new(
        variables(folder.path(), &job),
        Some(&proxy("http://u:p4ss@proxy.example:8080")),
    )
    .unwrap();
    azure_cli.get(SCOPE).await.unwrap();
    let text = fs::read_to_string(folder.path().join("env")).unwrap();
    assert!(!text.contains(SECRET) && !text.contains("p4ss"), "{text}");
    let seen: BTreeMap<&str, &str> = text.lines().filter_map(|line| line.split_once('=')).collect();
    assert_eq!(seen.get("HOME"), Some(&"/home/agent"));
    assert_eq!(seen.get("AZURE_CONFIG_DIR"), Some(&"/home/agent/.azure-2"));
    assert_eq!(seen.get("HTTPS_PROXY"), Some(&"http://proxy.example:8080"));
    assert_eq!(seen.get("no_proxy"), Some(&"internal.example"));
    // What a shell sets by itself.
    let own = ["PWD", "OLDPWD", "SHLVL", "_"];
    let rest = seen.keys().filter(|name| !own.contains(name));
    assert_eq!(
        rest.collect::<Vec<_>>(),
        [&"AZURE_CONFIG_DIR", &"HOME", &"HTTPS_PROXY", &"PATH", &"no_proxy"]
    );
}

#[test]
fn a_proxy_that_the_machine_names_itself_stays() {
    let has = |machine: &[(&str, &str)], agent: Option<&Proxy>| {
        let of = environment::of(variables(Path::new("/x"), machine), agent);
        let mut urls: Vec<String> = of
            .into_iter()
            .filter(|(name, _)| name.to_string_lossy().to_ascii_uppercase().ends_with("_PROXY"))
            .map(|(_, value)| value.to_string_lossy().into_owned())
            .collect();
        urls.sort();
        urls
    };
    let agent = proxy("https://proxy.example");
    assert_eq!(
        has(&[("https_proxy", "http://own:1")], Some(&agent)),
        ["http://own:1"]
    );
    assert_eq!(
        has(&[("ALL_PROXY", "http://own:1")], Some(&agent)),
        ["http://own:1"]
    );
    assert_eq!(
        has(&[("HTTPS_PROXY", "")], Some(&agent)),
        ["https://proxy.example:443"]
    );
    assert_eq!(has(&[], Some(&proxy("nonsense"))), [""; 0]);
    assert_eq!(has(&[], None), [""; 0]);
}

#[tokio::test]
async fn each_way_of_az_to_fail_has_its_message() {
    let entra = "echo 'ERROR: AADSTS700082: The refresh token has expired. Trace ID: tr-1' >&2; \
                 echo 'To re-authenticate, please run: az login --scope x' >&2; exit 1";
    for (script, code, says) in [
        (
            "echo \"ERROR: Please run 'az login' to setup account.\" >&2; exit 1",
            "azNotSignedIn",
            "setup account",
        ),
        (entra, "AADSTS700082", "Trace ID: tr-1"),
        (
            "echo 'ERROR: something new' >&2; exit 3",
            "azFailed",
            "(exit code 3)",
        ),
        ("exit 5", "azFailed", "exit code 5"),
        ("exit 127", "azNotInstalled", ""),
        ("kill -9 $$", "azFailed", ""),
    ] {
        let failure = fails(script).await;
        assert_eq!(
            (failure.kind, failure.code.as_deref()),
            (FailureKind::Refused, Some(code)),
            "{script}: {failure:?}"
        );
        assert!(
            failure.service_words.unwrap_or_default().contains(says),
            "{script}"
        );
        assert!(!failure.ways_out.is_empty(), "{script}");
    }
}

#[tokio::test]
async fn a_sign_in_that_entra_refuses_has_the_way_to_the_right_tenant() {
    let failure = fails(
        "echo \"AADSTS50020: User account 'x' does not exist in tenant 'y'. Please run: az login\" >&2; exit 1",
    )
    .await;
    let last = failure.ways_out.last().unwrap();
    assert!(last.contains("az login --tenant"), "{failure:?}");
}

#[tokio::test]
async fn what_is_no_token_is_said_without_being_quoted() {
    for script in [
        format!("echo '{TOKEN}'"),
        format!("echo '{{\"accessToken\":[\"{TOKEN}\"],\"expires_on\":1,\"tokenType\":\"Bearer\"}}'"),
        "echo '{\"accessToken\":\"\",\"expires_on\":1,\"tokenType\":\"Bearer\"}'".to_owned(),
        "true".to_owned(),
    ] {
        let failure = fails(&script).await;
        assert_eq!(failure.code.as_deref(), Some("notUnderstood"), "{script}");
        assert!(failure.why.as_ref().unwrap().contains("a wrapper"), "{failure:?}");
        assert!(!format!("{failure:?}").contains("made-up-access"), "{failure:?}");
    }
}

#[tokio::test]
async fn an_az_that_tells_no_end_is_good_enough() {
    let token = run(&format!("echo '{{\"accessToken\":\"{TOKEN}\"}}'"))
        .await
        .unwrap();
    assert_eq!(token.token.expose_secret(), TOKEN);
}

#[tokio::test]
async fn a_token_in_what_az_says_is_taken_out() {
    let failure = fails(&format!(
        "echo \"ERROR: cannot use token '{TOKEN}', trace 0f8fad5b-d9cb-469f-a165-70867728950e\" >&2; exit 1"
    ))
    .await;
    assert_eq!(
        failure.service_words.as_deref(),
        Some("\"ERROR: cannot use token '***', trace 0f8fad5b-d9cb-469f-a165-70867728950e\" (exit code 1)")
    );
}

#[test]
fn a_machine_without_az_is_told_before_anything_is_started() {
    let empty = tempfile::tempdir().unwrap();
    let path = [("PATH".into(), empty.path().into())];
    for variables in [&path[..], &[]] {
        let failure = AzureCli::new(variables.to_vec(), None).map(|_| ()).unwrap_err();
        assert_eq!(
            (failure.kind, failure.code.as_deref()),
            (FailureKind::Refused, Some("azNotInstalled"))
        );
    }
}

#[cfg(target_os = "linux")]
fn is_alive(id: &str) -> bool {
    // A process that has ended and waits to be asked how is no longer alive.
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    stat.rsplit_once(") ")
        .is_some_and(|(_, rest)| !rest.starts_with('Z'))
}

/// It has been killed by now, and may still be on its way out.
#[cfg(target_os = "linux")]
fn ends(id: &str) {
    let ended = (0..100_000).any(|_| {
        std::thread::yield_now();
        !is_alive(id)
    });
    assert!(ended, "{id}");
}

#[cfg(target_os = "linux")]
#[tokio::test(start_paused = true)]
async fn an_az_that_hangs_is_ended_at_the_limit_with_all_that_it_started() {
    // The clock jumps to the limit as soon as everything waits, which may be before the script has begun: only the
    // script reads the fifo `begun`, so writing to it waits for that. Nobody ever writes to `never`.
    let folder = az("cd \"$(dirname \"$0\")\"; echo $$ > ids\n\
                     (read line < never) & echo $! >> ids\n\
                     read line < begun; wait");
    for fifo in ["begun", "never"] {
        let made = std::process::Command::new("mkfifo")
            .arg(folder.path().join(fifo))
            .status();
        assert!(made.unwrap().success());
    }
    let begun = folder.path().join("begun");
    let azure_cli = AzureCli::new(variables(folder.path(), &[]), None).unwrap();
    let hanging = async {
        let opened = tokio::task::spawn_blocking(move || fs::write(begun, "go\n").unwrap());
        let (result, ()) = tokio::join!(azure_cli.get(SCOPE), async { opened.await.unwrap() });
        result
    };
    let failure = hanging.await.map(|_| ()).unwrap_err();
    assert_eq!(
        (failure.kind, failure.code.as_deref()),
        (FailureKind::Service, Some("timeout"))
    );
    let ids = fs::read_to_string(folder.path().join("ids")).unwrap();
    assert_eq!(ids.lines().count(), 2);
    ids.lines().for_each(ends);
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn what_az_leaves_behind_is_ended_and_not_waited_for() {
    // Nobody ever writes to `never`: whoever reads it holds the pipes of `az` open for good.
    let folder = az(&format!(
        "cd \"$(dirname \"$0\")\"; mkfifo never; (read line < never) & echo $! > id\n{}",
        prints_token()
    ));
    let azure_cli = AzureCli::new(variables(folder.path(), &[]), None).unwrap();
    let fetched = azure_cli.get(SCOPE).await.unwrap();
    assert_eq!(fetched.token.expose_secret(), TOKEN);
    ends(fs::read_to_string(folder.path().join("id")).unwrap().trim());
}

#[tokio::test]
async fn debug_shows_nothing_of_the_environment() {
    let folder = az("true");
    let of = variables(folder.path(), &[("HTTPS_PROXY", SECRET)]);
    let child = Child::new(of.clone(), LIMIT, Ran::default());
    let hosts = Hosts::start(|_, _| unreachable!("nothing is asked")).await;
    let identity = Identity::of(&hosts.setup(), Arc::new(AzureCli::new(of, None).unwrap()));
    let shown = format!("{child:?} {identity:?}");
    assert!(!shown.contains(SECRET), "{shown}");
}

proptest! {
    #[test]
    fn no_words_of_az_panic_or_hold_a_token(before in "\\PC{0,40}", token in "[A-Za-z0-9_.-]{40,200}", after in "\\PC{0,2000}") {
        let shown = refused(&format!("{before}{token}{after}"), None).service_words.unwrap();
        prop_assert!(!shown.contains(&token[..LIKE_A_TOKEN]), "{}", shown);
    }
}
