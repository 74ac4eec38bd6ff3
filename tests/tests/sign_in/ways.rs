//! Each `signIn`, where the identity may read PATs and where it may not.

use patkeeper_sim::AppTokens;
use patkeeper_tests::job::Step;
use patkeeper_tests::running::Run;
use patkeeper_tests::step::StepResult::{Failed, SucceededWithIssues};
use patkeeper_tests::world::{end, ends, report};
use serde_json::{Value, json};

use crate::office::{Office, Registration};

/// A way to sign in: its name, and how the step and its surroundings are made.
type Way = (&'static str, fn(&mut Office) -> Step);

/// Those that give a user's token.
const USERS: &[Way] = &[
    ("access token", |_| {
        Office::step("accessToken").input("accessToken", "$(Token)")
    }),
    // One template may fill in every input: what the designer would hide for this choice asks for nothing.
    ("access token", |office| {
        let step = office.refresh_step().input("signIn", "accessToken");
        step.input("accessToken", "$(Token)")
    }),
    ("refresh token", |office| office.refresh_step()),
    ("refresh token", |office| {
        // The machine's identity reaches the vault.
        office.in_app_service();
        office
            .refresh_step()
            .input("azureSubscription", &office.managed)
            .input("tenantId", &office.tenant)
    }),
    ("refresh token", |office| {
        office.signed_in(Registration::Federated);
        office.refresh_step().input("clientAuthentication", "federated")
    }),
    ("refresh token", |office| {
        let secret = office.signed_in(Registration::Secret);
        office.world.job.add_secret("App.Secret", &secret);
        office
            .refresh_step()
            .input("clientAuthentication", "secret")
            .input("clientSecret", "$(App.Secret)")
    }),
    ("Azure CLI", |office| {
        office.has_azure_cli();
        Office::step("azureCli")
    }),
];

/// Those that give the token of an app, and what a refusal calls it.
const APPS: &[(Way, &str)] = &[
    (
        ("service connection (federated)", |office| {
            Office::connection_step(&office.federated)
        }),
        "sp-pipelines",
    ),
    (
        ("service connection (client secret)", |office| {
            Office::connection_step(&office.with_secret)
        }),
        "sp-pipelines",
    ),
    (
        ("managed identity", |office| {
            office.in_app_service();
            Office::connection_step(&office.managed)
        }),
        "mi-agent",
    ),
    (
        ("managed identity", |office| {
            office.in_app_service();
            Office::step("managedIdentity")
        }),
        "mi-agent",
    ),
];

/// How the step signed in, and as what; and the report without that, and without when and after how many requests.
fn judged(run: &Run) -> ((String, String), Value) {
    let mut report = report(run);
    let mut take = |pointer: &str| report.pointer_mut(pointer).map(Value::take).unwrap_or_default();
    let mut word = |pointer: &str| take(pointer).as_str().unwrap_or_default().to_owned();
    let who = (
        word("/organizations/0/signIn"),
        word("/organizations/0/identityKind"),
    );
    for pointer in ["/organizations/0/signedInAs", "/run/at", "/run/requests"] {
        take(pointer);
    }
    (who, report)
}

#[test]
fn every_identity_that_may_read_pats_gets_the_same_report() {
    let mut office = Office::new();
    office.apps_have_the_same_pats();
    office
        .world
        .sim
        .cloud(|cloud| cloud.manners.app_tokens = AppTokens::Allowed);
    let ways = USERS.iter().map(|way| (way, "user"));
    let ways = ways.chain(APPS.iter().map(|(way, _)| (way, "app")));
    let mut first: Option<Value> = None;
    for ((how, way), kind) in ways {
        let step = way(&mut office);
        let run = office.run(&step);
        let log = run.log();
        assert_eq!(
            end(&run),
            ends("warning", SucceededWithIssues, 0),
            "{step:?}\n{log}"
        );
        let (who, judged) = judged(&run);
        assert_eq!(who, ((*how).to_owned(), kind.to_owned()), "{step:?}");
        assert_eq!(&judged, first.get_or_insert(judged.clone()), "{step:?}");
    }
}

#[test]
fn an_app_is_told_that_the_lifecycle_api_is_for_users_and_what_to_do() {
    let mut office = Office::new();
    for ((how, way), name) in APPS {
        let step = way(&mut office);
        let step = office.world.telling_all(step);
        office.world.sim.cloud(|cloud| cloud.deliveries.clear());
        let run = office.run(&step);
        let log = run.log();
        assert_eq!(end(&run), ends("unknown", Failed, 3), "{step:?}\n{log}");
        let rule = "it lets only users near the PAT lifecycle API";
        let ways_out = [
            "1. signIn: refreshToken",
            "2. signIn: accessToken",
            "3. PatMonitor and PatRevoke: scope: organization",
            "4. signIn: azureCli",
        ];
        let service = "Service principals are not allowed to perform this action.";
        for words in [name, rule, service].iter().chain(&ways_out) {
            assert!(log.contains(words), "no '{words}' in:\n{log}");
        }
        let told = office.world.sim.cloud(|cloud| cloud.deliveries.clone());
        assert_eq!(told.len(), 3, "{step:?}\n{log}");
        assert!(told.iter().all(|told| told.accepted()), "{told:?}");
        let ((sign_in, kind), judged) = judged(&run);
        assert_eq!(
            (sign_in.as_str(), kind.as_str(), &judged["status"]),
            (*how, "app", &json!("unknown")),
            "{judged:#}"
        );
        assert!(
            run.record
                .uploads
                .iter()
                .any(|upload| upload.command == "task.uploadsummary"),
            "{log}"
        );
    }
}
