//! No secret in anything that a sign-in writes, however it goes: with debugging on, every channel told, every report
//! written, and services that say in their errors what they were sent. (Every other run here is searched too.)

use patkeeper_sim::{Action, Fault, Match, Right};
use patkeeper_tests::job::Step;
use patkeeper_tests::world::PATS;

use crate::office::{ENTRA_HOST, Office, Registration, SECRET, VAULT_HOST};

/// Bodies in the form of each service, with what was sent in them.
const ENTRA_SAYS: &str =
    r#"{"error":"invalid_client","error_description":"AADSTS7000215: <sent>","error_codes":[7000215]}"#;
const VAULT_SAYS: &str =
    r#"{"error":{"code":"Forbidden","message":"no: <sent>","innererror":{"code":"ForbiddenByRbac"}}}"#;
const AZURE_DEVOPS_SAYS: &str = r#"{"message":"TF400813: <sent>","typeKey":"X","errorCode":0}"#;
const APP_SERVICE_SAYS: &str = r#"{"statusCode":400,"message":"<sent>"}"#;

/// Where a request is quoted back: a part of the host's path, from which request on, with which status and words.
type Quoted = (&'static str, &'static str, u32, u16, &'static str);

/// How the step signs in, and what is quoted.
type Case = (fn(&mut Office) -> Step, Option<Quoted>);

fn with_secret(office: &mut Office) -> Step {
    let secret = office.signed_in(Registration::Secret);
    office.world.job.add_secret("App.Secret", &secret);
    let step = office.refresh_step().input("clientAuthentication", "secret");
    step.input("clientSecret", "$(App.Secret)")
}

fn federated(office: &mut Office) -> Step {
    office.signed_in(Registration::Federated);
    office.refresh_step().input("clientAuthentication", "federated")
}

fn by_key(office: &mut Office) -> Step {
    Office::connection_step(&office.with_secret)
}

fn by_machine(office: &mut Office) -> Step {
    office.in_app_service();
    Office::step("managedIdentity")
}

fn by_azure_cli(office: &mut Office) -> Step {
    office.has_azure_cli();
    Office::step("azureCli")
}

/// Runs each with debugging on, every channel told and every report written.
fn searched(cases: &[Case]) {
    for (arrange, quoted) in cases {
        let mut office = Office::with(&[("healthy", 60), ("critical", 3), ("gone", -3)]);
        office.change_job(|job| job.variable("System.Debug", "true"));
        let step = arrange(&mut office).input("reportFormats", "json markdown junit csv html sarif");
        let step = office.world.telling_all(step.input("alertOn", "always"));
        if let Some((host, path, nth, status, body)) = *quoted {
            let when = Match::any().host(host).path(path).nth(nth);
            let body = body.to_owned();
            office
                .world
                .sim
                .fault(Fault::always(when, Action::Quote { status, body }));
        }
        let run = office.run(&step);
        assert!(
            run.record
                .commands
                .iter()
                .any(|command| command.name() == "task.debug"),
            "{}",
            run.log()
        );
        let log = office.world.sim.log();
        let struck = log.iter().any(|request| request.fault.is_some());
        assert_eq!(struck, quoted.is_some(), "{quoted:?}: {log:#?}");
        let told = office.world.sim.cloud(|cloud| cloud.deliveries.len());
        assert_eq!(told, 3, "{quoted:?}");
    }
}

#[test]
fn no_secret_is_written_when_a_sign_in_goes_well() {
    searched(&[
        (federated, None),
        (with_secret, None),
        (by_key, None),
        (by_machine, None),
        (by_azure_cli, None),
    ]);
}

#[test]
fn no_secret_is_written_when_entra_says_what_it_was_sent() {
    const TOKEN: &str = "oauth2/v2.0/token";
    searched(&[
        (federated, Some((ENTRA_HOST, TOKEN, 1, 401, ENTRA_SAYS))),
        (by_key, Some((ENTRA_HOST, TOKEN, 1, 401, ENTRA_SAYS))),
        (federated, Some((ENTRA_HOST, TOKEN, 2, 400, ENTRA_SAYS))),
        (with_secret, Some((ENTRA_HOST, TOKEN, 2, 400, ENTRA_SAYS))),
        (with_secret, Some((ENTRA_HOST, TOKEN, 2, 200, "<sent>"))),
    ]);
}

#[test]
fn no_secret_is_written_when_azure_devops_says_what_it_was_sent() {
    let wrapped = r#"{"count":3,"value":"no: <sent>"}"#;
    searched(&[
        (federated, Some(("dev.azure.com", "oidctoken", 1, 200, wrapped))),
        (
            federated,
            Some(("dev.azure.com", "oidctoken", 1, 403, AZURE_DEVOPS_SAYS)),
        ),
        (
            federated,
            Some(("vssps.dev.azure.com", PATS, 1, 401, AZURE_DEVOPS_SAYS)),
        ),
        (
            by_azure_cli,
            Some(("vssps.dev.azure.com", PATS, 1, 403, AZURE_DEVOPS_SAYS)),
        ),
    ]);
}

#[test]
fn no_secret_is_written_when_a_vault_or_the_machine_says_what_it_was_sent() {
    searched(&[
        (with_secret, Some((VAULT_HOST, SECRET, 2, 403, VAULT_SAYS))),
        (with_secret, Some((VAULT_HOST, SECRET, 3, 403, VAULT_SAYS))),
        (with_secret, Some((VAULT_HOST, SECRET, 3, 409, VAULT_SAYS))),
        (by_machine, Some(("127.0.0.1", "msi", 1, 400, APP_SERVICE_SAYS))),
        (by_machine, Some(("127.0.0.1", "msi", 1, 401, APP_SERVICE_SAYS))),
    ]);
}

#[test]
fn every_token_that_a_step_gets_hold_of_is_told_to_the_agents_masker() {
    let mut office = Office::with(&[("healthy", 60)]);
    let step = federated(&mut office);
    let before = office.world.sim.cloud(|cloud| cloud.secrets());
    let run = office.run(&step);
    let mut expected: Vec<String> = office.world.sim.cloud(|cloud| cloud.secrets());
    expected.retain(|secret| !before.contains(secret));
    // The assertion, the vault's token, the user's token, and the successor; and what it took the place of.
    assert!(expected.len() >= 4, "{}", expected.len());
    expected.push(office.kept().versions[1].value.clone());
    for (number, secret) in expected.iter().enumerate() {
        let told = run.record.masked.iter().any(|masked| masked == secret);
        assert!(told, "secret {number} of {}: {:.12}…", expected.len(), secret);
    }
}

#[test]
fn the_azure_cli_gets_nothing_of_the_job() {
    let mut office = Office::with(&[("healthy", 60)]);
    let step = by_azure_cli(&mut office);
    office.vault(|vault| vault.grants.retain(|(_, right)| *right != Right::Set));
    office.change_job(|job| {
        job.secret("Deploy.Key", "another secret of the job")
            .machine("AZURE_EXTENSION_DIR", "/opt/az")
    });
    office.run(&step);
    let records: Vec<String> = std::fs::read_dir(office.az_record())
        .unwrap()
        .map(|entry| std::fs::read_to_string(entry.unwrap().path()).unwrap())
        .collect();
    assert_eq!(records.len(), 2, "asked once");
    for record in &records {
        for foreign in [
            "INPUT_",
            "SYSTEM_",
            "AGENT_",
            "ENDPOINT_",
            "SECRET_",
            "VSTS_",
            "another secret",
        ] {
            assert!(!record.contains(foreign), "{foreign} in {record}");
        }
    }
    assert!(
        records
            .iter()
            .any(|record| record.contains("AZURE_EXTENSION_DIR=/opt/az"))
    );
    assert!(records.iter().any(|record| record.contains("get-access-token")));
}
