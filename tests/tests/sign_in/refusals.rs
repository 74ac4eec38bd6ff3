//! Every way in which Microsoft Entra, a vault or a machine says no: what the step ends with, and what it says.

use patkeeper_sim::{Action, Fault, Match, SecretSeed, VaultAccess, VaultNetwork, VaultThrottle};
use patkeeper_tests::job::Step;
use patkeeper_tests::step::StepResult::{Failed, Succeeded};
use patkeeper_tests::world::{PATS, end, ends};

use crate::office::{ENTRA_HOST, Office, Registration, SECRET, VAULT, VAULT_HOST};

/// A GUID that nobody has.
const NOBODY: &str = "5a1e0000-0000-4000-8000-00000000dead";

/// What goes wrong, the exit code, and words that must be in the message.
type Case = (fn(&mut Office) -> Step, i32, &'static [&'static str]);

/// Runs each case in an office of its own; the lifecycle API must never be asked.
fn refused(cases: &[Case]) {
    for (arrange, exit_code, words) in cases {
        let mut office = Office::new();
        let step = arrange(&mut office);
        let run = office.run(&step);
        let log = run.log();
        assert_eq!(end(&run), ends("unknown", Failed, *exit_code), "{words:?}\n{log}");
        for word in *words {
            assert!(log.contains(word), "no '{word}' in:\n{log}");
        }
        assert!(!run.record.errors.is_empty(), "no error issue\n{log}");
        assert!(
            office
                .world
                .sim
                .log()
                .iter()
                .all(|request| !request.path.contains(PATS))
        );
    }
}

fn refresh_token_refused(office: &mut Office, code: u32) -> Step {
    let token = office.kept().current().unwrap().value.clone();
    office
        .world
        .sim
        .cloud(|cloud| cloud.refuse_refresh_token(&token, Some(code)));
    office.refresh_step()
}

fn user_refused(office: &mut Office, code: u32) -> Step {
    let user = office.world.user.clone();
    office
        .world
        .sim
        .cloud(|cloud| cloud.refuse_user(&user, Some(code)));
    office.refresh_step()
}

fn entra_fails(office: &Office, action: Action) -> Step {
    // The second request there redeems the refresh token.
    let grant = Match::any().host(ENTRA_HOST).path("oauth2/v2.0/token").nth(2);
    office.world.sim.fault(Fault::always(grant, action));
    office.refresh_step()
}

#[test]
fn a_refresh_token_that_is_no_longer_good_says_why_and_who_can_mend_it() {
    refused(&[
        (
            |office| refresh_token_refused(office, 700_082),
            3,
            &[
                "AADSTS700082",
                "not used for too long",
                "due to inactivity",
                "patkeeper sign-in",
            ],
        ),
        (
            |office| {
                let user = office.world.user.clone();
                office.world.sim.cloud(|cloud| cloud.revoke_sessions(&user));
                office.refresh_step()
            },
            3,
            &[
                "AADSTS50173",
                "was revoked",
                "due to it being revoked",
                "patkeeper sign-in",
            ],
        ),
        (
            |office| refresh_token_refused(office, 65_001),
            3,
            &[
                "AADSTS65001",
                "nobody has consented",
                "has not consented",
                "consent",
            ],
        ),
        (
            |office| user_refused(office, 50_076),
            3,
            &[
                "AADSTS50076",
                "nobody is there to do",
                "you must use multi-factor",
                "patkeeper sign-in",
            ],
        ),
        (
            |office| user_refused(office, 53_003),
            3,
            &[
                "AADSTS53003",
                "Conditional Access policy blocks",
                "does not allow token issuance",
            ],
        ),
    ]);
}

#[test]
fn an_app_registration_that_does_not_fit_says_which_setting_is_wrong() {
    refused(&[
        (
            |office| {
                office.signed_in(Registration::Secret);
                office.refresh_step()
            },
            3,
            &[
                "AADSTS7000218",
                "must prove itself",
                "clientAuthentication",
                "'client_assertion' or 'client_secret'",
            ],
        ),
        (
            |office| {
                office
                    .world
                    .job
                    .add_secret("App.Secret", "made-up-secret-of-an-app-0815");
                let step = office.refresh_step().input("clientAuthentication", "secret");
                step.input("clientSecret", "$(App.Secret)")
            },
            3,
            &["AADSTS700025", "clientAuthentication: none", "Client is public"],
        ),
        (
            |office| {
                office.signed_in(Registration::Secret);
                office
                    .world
                    .job
                    .add_secret("App.Secret", "made-up-secret-of-an-app-0815");
                let step = office.refresh_step().input("clientAuthentication", "secret");
                step.input("clientSecret", "$(App.Secret)")
            },
            3,
            &["AADSTS7000215", "client secret is wrong"],
        ),
        (
            |office| office.refresh_step().input("clientId", NOBODY),
            3,
            &["AADSTS700016", "clientId", NOBODY],
        ),
        (
            |office| office.refresh_step().input("tenantId", NOBODY),
            3,
            &["AADSTS90002", "tenantId", NOBODY],
        ),
        (
            |office| {
                let tenant = office
                    .world
                    .sim
                    .cloud(|cloud| cloud.add_tenant(patkeeper_sim::Instance::Public, "other.example"));
                office.refresh_step().input("tenantId", &tenant)
            },
            3,
            &["AADSTS700016", "tenantId"],
        ),
    ]);
}

#[test]
fn entra_that_is_down_or_answers_nonsense_is_a_service_that_failed() {
    refused(&[
        (
            |office| entra_fails(office, Action::status(503)),
            4,
            &["Microsoft Entra failed", "503"],
        ),
        (
            |office| entra_fails(office, Action::GarbageJson),
            4,
            &["Microsoft Entra"],
        ),
        (
            |office| {
                entra_fails(
                    office,
                    Action::Replace {
                        status: 200,
                        content_type: "text/html".to_owned(),
                        body: "<html>Please log on to the network</html>".to_owned(),
                    },
                )
            },
            4,
            &["Microsoft Entra"],
        ),
    ]);
}

#[test]
fn a_vault_says_why_it_does_not_hand_the_refresh_token_out() {
    refused(&[
        (
            |office| {
                office.vault(|vault| vault.secrets.clear());
                office.refresh_step()
            },
            3,
            &[VAULT, SECRET, "patkeeper sign-in"],
        ),
        (
            |office| {
                let now = office.world.sim.cloud(|cloud| cloud.now());
                office.vault(|vault| vault.secret_mut(SECRET).unwrap().deleted = Some(now));
                office.refresh_step()
            },
            3,
            &[VAULT, SECRET, "az keyvault secret recover"],
        ),
        (
            |office| {
                office.vault(|vault| vault.secret_mut(SECRET).unwrap().versions[0].enabled = false);
                office.refresh_step()
            },
            3,
            &[VAULT, SECRET, "disabled"],
        ),
        (
            |office| {
                office.vault(|vault| vault.grants.clear());
                office.refresh_step()
            },
            3,
            &["ForbiddenByRbac", "Key Vault Secrets Officer", "sp-pipelines"],
        ),
        (
            |office| {
                office.vault(|vault| {
                    vault.grants.clear();
                    vault.access = VaultAccess::Policies;
                });
                office.refresh_step()
            },
            3,
            &["secret permission 'get'", "sp-pipelines"],
        ),
        (
            |office| {
                office.vault(|vault| vault.network = VaultNetwork::Firewall);
                office.refresh_step()
            },
            3,
            &["ForbiddenByFirewall", "203.0.113.10"],
        ),
        (
            |office| {
                office.vault(|vault| vault.network = VaultNetwork::Private);
                office.refresh_step()
            },
            3,
            &["ForbiddenByConnection", "private"],
        ),
        (
            |office| {
                let tenant = NOBODY.to_owned();
                office.vault(|vault| vault.tenant = tenant);
                office.refresh_step()
            },
            3,
            &["AKV10032", "tenant"],
        ),
        (
            |office| {
                office
                    .world
                    .sim
                    .cloud(|cloud| cloud.put_secret(VAULT, SecretSeed::new(SECRET, "this is no token")));
                office.refresh_step()
            },
            3,
            &["patkeeper sign-in"],
        ),
    ]);
}

#[test]
fn a_vault_that_cannot_be_found_is_named() {
    refused(&[(
        |office| office.refresh_step().input("refreshTokenVault", "no-such-kv"),
        4,
        &["no-such-kv.vault.azure.net", "check the vault's name"],
    )]);
}

#[test]
fn a_vault_that_asks_to_wait_is_waited_for() {
    let mut office = Office::with(&[("healthy", 60)]);
    office.vault(|vault| {
        vault.throttle = Some(VaultThrottle {
            requests: 1,
            retry_after: Some(1),
        })
    });
    let step = office.refresh_step();
    let run = office.run(&step);
    assert_eq!(end(&run), ends("ok", Succeeded, 0), "{}", run.log());
    assert!(
        office
            .asked(VAULT_HOST)
            .iter()
            .any(|request| request.status == Some(429))
    );
}

#[test]
fn a_service_connection_that_may_not_sign_in_says_why() {
    refused(&[
        (
            |office| {
                office
                    .world
                    .sim
                    .cloud(|cloud| cloud.jobs.iter_mut().for_each(|job| job.references.clear()));
                Office::connection_step(&office.federated)
            },
            3,
            &["There is no explicit reference to service connection"],
        ),
        (
            |office| {
                office.app(|app| app.federated.clear());
                Office::connection_step(&office.federated)
            },
            3,
            &["AADSTS70021", "federated credential"],
        ),
        (
            |office| {
                office.app(|app| app.secrets.clear());
                Office::connection_step(&office.with_secret)
            },
            3,
            &["AADSTS7000215", "client secret is wrong"],
        ),
        (
            |office| {
                let app = office.app.clone();
                office
                    .world
                    .sim
                    .cloud(|cloud| cloud.refuse_app(&app, Some(7_000_222)));
                Office::connection_step(&office.with_secret)
            },
            3,
            &["AADSTS7000222", "has expired", "workload identity federation"],
        ),
        (
            |office| {
                office.in_app_service();
                Office::step("managedIdentity").input("managedIdentityClientId", NOBODY)
            },
            3,
            &["managed identity", NOBODY],
        ),
        (
            |office| {
                office.in_app_service();
                office.machine(&[("IDENTITY_HEADER", "made-up-header-0123")]);
                office
                    .world
                    .sim
                    .cloud(|cloud| cloud.remember("made-up-header-0123"));
                Office::step("managedIdentity")
            },
            3,
            &["IDENTITY_HEADER"],
        ),
        (
            |office| {
                office.has_no_azure_cli();
                Office::step("azureCli")
            },
            3,
            &["Azure CLI", "PATH"],
        ),
        (
            |office| {
                office.az("echo \"ERROR: Please run 'az login' to setup account.\" >&2; exit 1");
                Office::step("azureCli")
            },
            3,
            &["Azure CLI", "az login"],
        ),
        (
            |office| {
                office.az("echo 'WARNING: not JSON'");
                Office::step("azureCli")
            },
            3,
            &["Azure CLI", "not what az account get-access-token prints"],
        ),
    ]);
}
