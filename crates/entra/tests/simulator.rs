//! Sign-ins as a job does them, against the simulated cloud: its books decide who gets a token, not the test.
#![allow(clippy::unwrap_used, reason = "a test")]

use std::sync::{Arc, Mutex};

use chrono::{DateTime, TimeDelta, Utc};
use patkeeper_core::cloud::Cloud;
use patkeeper_core::failure::FailureKind;
use patkeeper_core::reading::IdentityKind;
use patkeeper_entra::{Identity, OidcRequest, Setup, TokenFacts};
use patkeeper_http::{AZURE_DEVOPS, Client, Settings};
use patkeeper_sim::{AppSeed, JobSeed, OidcIssuer, Sim, SimConfig};
use secrecy::{ExposeSecret, SecretString};

const SECRET: &str = "made-up~client.secret-0123456789-abcdefghij";

type Masked = Arc<Mutex<Vec<String>>>;

fn setup(sim: &Sim) -> (Setup, Masked) {
    let environment = sim.agent_env();
    let settings = Settings::from_agent(|name| {
        let found = environment.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.clone())
    });
    let masked = Masked::default();
    let masks = masked.clone();
    let setup = Setup {
        client: Client::new(&settings.unwrap()).unwrap(),
        cloud: Cloud::Public,
        mask: Arc::new(move |_: &str, secret: &SecretString| {
            masks.lock().unwrap().push(secret.expose_secret().to_owned());
        }),
        now: Utc::now as fn() -> DateTime<Utc>,
    };
    (setup, masked)
}

/// A connection of this issuer, and a job that names it, or does not.
fn federated(sim: &Sim, setup: &Setup, issuer: OidcIssuer, named: bool) -> Identity {
    let (tenant, app, connection, job) = sim.cloud(|cloud| {
        let app = cloud.add_app(AppSeed::confidential("sp-pipelines").organization("acme"));
        let connection = cloud.add_connection("acme", "shop", "azure-prod", &app, issuer);
        let seed = JobSeed::new("acme", "shop");
        let job = cloud.add_job(if named { seed.references(&connection) } else { seed });
        (cloud.tenant().to_owned(), app, connection, job)
    });
    let token = SecretString::from(job.token.clone());
    let oidc = OidcRequest::new(setup, job.oidc_request_uri(), connection, token);
    Identity::federated(setup, &tenant, &app, Arc::new(oidc)).unwrap()
}

#[tokio::test]
async fn a_job_signs_in_with_connections_of_both_issuers_for_azure_devops_and_for_a_vault() {
    for issuer in [OidcIssuer::Old, OidcIssuer::New] {
        let sim = Sim::start(SimConfig::default()).unwrap();
        let (setup, masked) = setup(&sim);
        let identity = federated(&sim, &setup, issuer, true);
        let scopes = [format!("{AZURE_DEVOPS}/.default"), Cloud::Public.vault_scope()];
        for scope in &scopes {
            let token = identity.tokens_for(scope).token().await.unwrap();
            let facts = TokenFacts::read(token.expose_secret());
            assert_eq!(facts.kind, Some(IdentityKind::App), "{facts:?}");
            assert!(masked.lock().unwrap().contains(&token.expose_secret().to_owned()));
        }
        // One assertion for both.
        assert_eq!(setup.client.requests(), 3);
    }
}

#[tokio::test]
async fn a_job_that_does_not_name_the_connection_is_told_so_in_the_services_words() {
    let sim = Sim::start(SimConfig::default()).unwrap();
    let (setup, _) = setup(&sim);
    let identity = federated(&sim, &setup, OidcIssuer::New, false);
    let failure = identity.tokens_for("x/.default").token().await.unwrap_err();
    assert_eq!(
        (failure.kind, failure.code.as_deref()),
        (FailureKind::Refused, Some("connectionNotNamed"))
    );
    let words = failure.service_words.unwrap();
    assert!(
        words.contains("There is no explicit reference to service connection"),
        "{words}"
    );
}

#[tokio::test]
async fn a_secret_is_right_wrong_or_out_of_date() {
    for (ends_in, sent, code) in [
        (TimeDelta::days(30), SECRET, None),
        (
            TimeDelta::days(30),
            "made-up~another.secret-0123456789",
            Some("AADSTS7000215"),
        ),
        (TimeDelta::days(-1), SECRET, Some("AADSTS7000222")),
    ] {
        let sim = Sim::start(SimConfig::default()).unwrap();
        let (setup, _) = setup(&sim);
        let (tenant, app) = sim.cloud(|cloud| {
            let app = AppSeed::confidential("sp-pipelines").secret(SECRET, ends_in);
            (cloud.tenant().to_owned(), cloud.add_app(app))
        });
        let identity = Identity::client_secret(&setup, &tenant, &app, SecretString::from(sent)).unwrap();
        let result = identity.tokens_for(Cloud::Public.vault_scope()).token().await;
        assert_eq!(
            result.as_ref().err().and_then(|failure| failure.code.as_deref()),
            code
        );
        assert!(!format!("{result:?}").contains(sent));
    }
}
