//! Sign-in inputs that do not fit together: one message that names the input, exit code 2, and nothing is sent.

use patkeeper_tests::job::Step;
use patkeeper_tests::step::StepResult::Failed;

use crate::office::{Office, SECRET, VAULT};

/// A step, and words that must be in its one message.
type Case<'a> = (Step, &'a [&'a str]);

/// Each must be refused before anything is sent.
fn refused(office: &mut Office, cases: &[Case<'_>]) {
    for (step, words) in cases {
        let run = office.run(step);
        assert_eq!(
            (run.result(), run.exit_code),
            (Failed, Some(2)),
            "{step:?}\n{}",
            run.log()
        );
        let [error] = run.record.errors.as_slice() else {
            panic!("{step:?}\n{}", run.log())
        };
        for word in *words {
            assert!(error.contains(word), "no '{word}' in: {error}");
        }
        assert_eq!(run.output("status"), "", "{step:?}: nothing was judged");
        assert!(
            office.world.sim.tunnels().is_empty(),
            "{step:?}: something was sent"
        );
    }
}

#[test]
fn nothing_and_two_sign_ins_at_once_ask_for_a_choice() {
    let mut office = Office::new();
    let nothing = Step::new("pats");
    let cases: &[Case<'_>] = &[
        (nothing.clone(), &["signIn", "accessToken", "azureSubscription"]),
        (
            nothing
                .clone()
                .input("accessToken", "$(Token)")
                .input("refreshTokenSecret", SECRET),
            &["signIn", "accessToken", "refreshTokenSecret"],
        ),
        (
            nothing
                .clone()
                .input("managedIdentityClientId", "5a1e0000-0000-4000-8000-00000000c013"),
            &["signIn", "managedIdentity"],
        ),
        (Office::step("password"), &["signIn", "password", "refreshToken"]),
    ];
    refused(&mut office, cases);
}

#[test]
fn what_the_choice_needs_and_does_not_get_is_named() {
    let mut office = Office::new();
    let refresh = office.refresh_step();
    let nothing = Step::new("pats");
    let federated = office.federated.clone();
    let cases: &[Case<'_>] = &[
        (Office::step("accessToken"), &["accessToken"]),
        (Office::step("serviceConnection"), &["azureSubscription"]),
        (
            Office::step("managedIdentity").input("managedIdentityClientId", "mi-agent"),
            &["managedIdentityClientId", "mi-agent", "GUID"],
        ),
        (
            refresh.clone().input("azureSubscription", ""),
            &["azureSubscription"],
        ),
        (refresh.clone().input("clientId", ""), &["clientId"]),
        (
            refresh.clone().input("clientId", "patkeeper"),
            &["clientId", "patkeeper"],
        ),
        (refresh.clone().input("tenantId", "acme example"), &["tenantId"]),
        (
            refresh.clone().input("tenantId", "acme.example/../other"),
            &["tenantId"],
        ),
        (
            refresh.clone().input("refreshTokenVault", ""),
            &["refreshTokenVault"],
        ),
        (
            refresh
                .clone()
                .input("refreshTokenVault", "https://evil.example/"),
            &["refreshTokenVault"],
        ),
        (
            refresh
                .clone()
                .input("refreshTokenVault", "http://acme-kv.vault.azure.net/"),
            &["refreshTokenVault"],
        ),
        (
            refresh.clone().input(
                "refreshTokenVault",
                "https://acme-kv.vault.azure.net.evil.example/",
            ),
            &["refreshTokenVault"],
        ),
        (
            refresh.clone().input("refreshTokenSecret", ""),
            &["refreshTokenSecret"],
        ),
        (
            refresh.clone().input("refreshTokenSecret", "a/b"),
            &["refreshTokenSecret"],
        ),
        (
            nothing
                .clone()
                .input("azureSubscription", &federated)
                .input("refreshTokenVault", VAULT),
            &["refreshTokenSecret"],
        ),
    ];
    refused(&mut office, cases);
}

#[test]
fn a_proof_of_the_app_that_does_not_fit_is_refused() {
    let mut office = Office::new();
    office
        .world
        .job
        .add_secret("App.Secret", "made-up-secret-of-an-app-0815");
    let refresh = office.refresh_step();
    let with_secret = office.with_secret.clone();
    let managed = office.managed.clone();
    let cases: &[Case<'_>] = &[
        (
            refresh.clone().input("clientAuthentication", "certificate"),
            &["clientAuthentication", "federated"],
        ),
        (
            refresh.clone().input("clientAuthentication", "secret"),
            &["clientSecret"],
        ),
        (
            refresh.clone().input("clientSecret", "$(App.Secret)"),
            &["clientSecret", "clientAuthentication"],
        ),
        (
            refresh
                .clone()
                .input("clientAuthentication", "federated")
                .input("clientSecret", "$(App.Secret)"),
            &["clientSecret", "clientAuthentication"],
        ),
        (
            refresh
                .clone()
                .input("clientAuthentication", "federated")
                .input("azureSubscription", &with_secret),
            &["federation"],
        ),
        (
            refresh
                .clone()
                .input("clientAuthentication", "federated")
                .input("azureSubscription", &managed),
            &["federation"],
        ),
    ];
    refused(&mut office, cases);
}

#[test]
fn a_connection_that_the_agent_did_not_pass_is_named() {
    let mut office = Office::new();
    let connection = Office::connection_step(&office.federated);
    let federated = office.federated.clone();
    let with_secret = office.with_secret.clone();
    let cases: &[Case<'_>] = &[
        (
            connection
                .clone()
                .input("azureSubscription", "5a1e0000-0000-4000-8000-00000000dead"),
            &["service connection", "5a1e0000-0000-4000-8000-00000000dead"],
        ),
        (
            connection.clone().input("azureSubscription", "azure-pats"),
            &["service connection", "azure-pats"],
        ),
        (
            connection
                .clone()
                .input("azureSubscription", &format!("{federated},{with_secret}")),
            &["service connection"],
        ),
        (
            connection.clone().input("azureSubscription", "$(Connection)"),
            &["azureSubscription", "Connection"],
        ),
    ];
    refused(&mut office, cases);
}

#[test]
fn a_connection_that_cannot_be_used_says_what_to_change() {
    type Change = fn(&mut patkeeper_tests::job::Connection);
    let cases: &[(Change, &[&str])] = &[
        (
            |it| {
                it.parameters = vec![
                    ("tenantid".to_owned(), "x".to_owned()),
                    ("serviceprincipalid".to_owned(), "y".to_owned()),
                    ("authenticationType".to_owned(), "spnCertificate".to_owned()),
                    (
                        "servicePrincipalCertificate".to_owned(),
                        "made-up certificate with a key".to_owned(),
                    ),
                ]
            },
            &["certificate", "federation"],
        ),
        (
            |it| it.parameters.retain(|(name, _)| name != "serviceprincipalkey"),
            &["serviceprincipalkey"],
        ),
        (
            |it| it.parameters.retain(|(name, _)| name != "tenantid"),
            &["tenantid"],
        ),
        (
            |it| it.scheme = "UsernamePassword".to_owned(),
            &["UsernamePassword", "Azure Resource Manager"],
        ),
        (
            |it| it.data.push(("environment".to_owned(), "AzureStack".to_owned())),
            &["AzureStack"],
        ),
        (
            |it| {
                it.data.push((
                    "environmentAuthorityUrl".to_owned(),
                    "https://evil.example/".to_owned(),
                ))
            },
            &["evil.example"],
        ),
        (
            |it| {
                it.data.push((
                    "activeDirectoryAuthority".to_owned(),
                    "https://login.microsoftonline.us/".to_owned(),
                ))
            },
            &["two clouds"],
        ),
    ];
    for (change, words) in cases {
        let mut office = Office::new();
        let id = "5a1e0000-0000-4000-8000-00000000c0fe";
        let mut connection = office.connection_with_secret(id);
        change(&mut connection);
        office.change_job(|job| job.connection(connection));
        let run = office.run(&Office::connection_step(id));
        assert_eq!(run.exit_code, Some(2), "{words:?}\n{}", run.log());
        let [error] = run.record.errors.as_slice() else {
            panic!("{}", run.log())
        };
        for word in *words {
            assert!(error.contains(word), "no '{word}' in: {error}");
        }
        assert!(office.world.sim.tunnels().is_empty());
    }
}

#[test]
fn a_connection_of_another_cloud_reaches_its_vaults_alone() {
    let mut office = Office::new();
    let id = "5a1e0000-0000-4000-8000-00000000c0d1";
    let mut connection = office.connection_with_secret(id);
    connection.data = vec![("environment".to_owned(), "AzureUSGovernment".to_owned())];
    office.change_job(|job| job.connection(connection));
    let refresh = office
        .refresh_step()
        .input("azureSubscription", id)
        .input("tenantId", "");
    let cases: &[Case<'_>] = &[
        (
            Office::connection_step(id),
            &["azureSubscription", "AzureUSGovernment"],
        ),
        (refresh, &["tenantId", "AzureUSGovernment"]),
    ];
    refused(&mut office, cases);
}
