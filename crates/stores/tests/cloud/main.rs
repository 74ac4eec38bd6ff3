//! The vault and the sign-in that leaves its token there, against the simulated cloud: real TLS, real names, the SDK
//! as it is shipped.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot be set up fails"
)]

mod rotation;

use std::sync::{Arc, Mutex};

use chrono::{DateTime, TimeDelta, Utc};
use patkeeper_core::cloud::Cloud;
use patkeeper_core::failure::Failure;
use patkeeper_core::purpose::Purpose;
use patkeeper_core::vault::{SecretName, VaultName};
use patkeeper_entra::delegated::{self, App, BoxFuture, Keeper, PATIENCE, Proof, RefreshToken, Show};
use patkeeper_entra::{Identity, Setup, TokenSource};
use patkeeper_http::{Client, Request, Settings};
use patkeeper_sim::{Action, AppSeed, Browser, Clock, Fault, Match, Right, Sim, SimConfig};
use patkeeper_stores::{KeyVault, Metadata};
use secrecy::{ExposeSecret, SecretString};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::mpsc;

const HOST: &str = "acme-kv.vault.azure.net";
const TENANT: &str = "9d4c2f10-6a5b-4c3d-8e7f-001122334455";
const VALUE: &str = "not-a-real-secret-but-long-enough";

fn now() -> DateTime<Utc> {
    "2026-11-21T12:00:00Z".parse().unwrap()
}

struct World {
    sim: Sim,
    setup: Setup,
    masked: Arc<Mutex<Vec<String>>>,
    vault: Arc<KeyVault>,
}

fn name() -> SecretName {
    SecretName::parse("refresh-token").unwrap()
}

/// A vault that the app `ci` may read and write with these rights.
fn world(rights: &[Right]) -> World {
    let sim = Sim::start(SimConfig {
        clock: Clock::Fixed(now()),
        ..SimConfig::default()
    })
    .unwrap();
    let (tenant, client_id, secret) = sim.cloud(|cloud| {
        cloud.add_organization("acme");
        let client_id = cloud.add_app(AppSeed::confidential("ci"));
        let secret = cloud.add_app_secret(&client_id, TimeDelta::days(30));
        cloud.grant("acme-kv", &client_id, rights);
        (cloud.vault("acme-kv").unwrap().tenant.clone(), client_id, secret)
    });
    let settings = sim.agent_env();
    let settings = Settings::from_agent(|name| {
        settings
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.clone())
    });
    let masked: Arc<Mutex<Vec<String>>> = Arc::default();
    let told = masked.clone();
    let setup = Setup {
        client: Client::new(&settings.unwrap()).unwrap(),
        cloud: Cloud::Public,
        mask: Arc::new(move |_, secret| told.lock().unwrap().push(secret.expose_secret().to_owned())),
        now,
    };
    let identity = Identity::client_secret(&setup, &tenant, &client_id, SecretString::from(secret)).unwrap();
    let vault = VaultName::parse("acme-kv").unwrap();
    let tokens = identity.tokens_for(Cloud::Public.vault_scope());
    let vault = KeyVault::new(&setup.client, &vault, Cloud::Public, tokens).unwrap();
    World {
        sim,
        setup,
        masked,
        vault: Arc::new(vault),
    }
}

/// `METHOD host` of every answered request but the challenges, in order.
fn carried_out(sim: &Sim) -> Vec<String> {
    sim.log()
        .into_iter()
        .filter(|request| request.status != Some(401))
        .map(|request| format!("{} {}", request.method, request.host))
        .collect()
}

fn versions(sim: &Sim) -> Vec<String> {
    sim.cloud(|cloud| {
        let secret = cloud.vault("acme-kv").unwrap().secret("refresh-token");
        secret.map_or_else(Vec::new, |secret| {
            secret
                .versions
                .iter()
                .map(|version| version.value.clone())
                .collect()
        })
    })
}

#[tokio::test]
async fn what_is_stored_comes_back_whole_and_its_tags_are_in_the_vaults_books() {
    let world = world(&[Right::Get, Right::Set]);
    assert!(world.vault.get(&name()).await.unwrap().is_none());
    let metadata = Metadata {
        expires: Some(now() + TimeDelta::days(90)),
        content_type: Some("text/plain".into()),
        tags: [("patkeeper-owner".to_owned(), "svc-build@acme.example".to_owned())].into(),
    };
    let id = world
        .vault
        .set(&name(), &SecretString::from(VALUE), &metadata)
        .await
        .unwrap();
    let secret = world.vault.get(&name()).await.unwrap().unwrap();
    assert_eq!((secret.id, secret.metadata), (id, metadata));
    assert_eq!(secret.value.expose_secret(), VALUE);
    assert_eq!(versions(&world.sim), [VALUE]);
}

#[tokio::test]
async fn a_put_whose_answer_is_lost_makes_one_version_whether_it_was_carried_out_or_not() {
    let lost = [
        (Action::ResetAfter, true),
        (Action::Truncate(20), true),
        (Action::GarbageJson, true),
        (Action::ResetBefore, false),
        (Action::CloseBefore, false),
        (Action::status(503), false),
        (
            Action::Status {
                status: 500,
                processed: true,
                retry_after: None,
            },
            true,
        ),
    ];
    for (action, carried_out) in lost {
        let world = world(&[Right::Get, Right::Set]);
        // The challenge is met here, so that the next PUT is the one with the value.
        assert!(world.vault.get(&name()).await.unwrap().is_none());
        let said = format!("{action:?}");
        let when = Match::any().method("PUT").host(HOST);
        world.sim.fault(Fault::once(when, action));
        let value = SecretString::from(VALUE);
        let stored = world.vault.set(&name(), &value, &Metadata::default()).await;
        let puts = world
            .sim
            .log()
            .iter()
            .filter(|request| request.method == "PUT")
            .count();
        assert_eq!(puts, 1, "{said}");
        if carried_out {
            assert_eq!(stored.unwrap().name, "refresh-token", "{said}");
            assert_eq!(versions(&world.sim), [VALUE]);
        } else {
            assert!(stored.unwrap_err().unclear, "{said}");
            assert!(versions(&world.sim).is_empty());
        }
    }
}

#[tokio::test]
async fn an_app_that_may_only_read_is_told_which_role_it_lacks() {
    let world = world(&[Right::Get]);
    let value = SecretString::from(VALUE);
    let not_stored = world
        .vault
        .set(&name(), &value, &Metadata::default())
        .await
        .unwrap_err();
    assert!(!not_stored.unclear);
    let failure = Failure::from(not_stored);
    assert_eq!(failure.code.as_deref(), Some("ForbiddenByRbac"));
    assert_eq!(failure.kind.exit_code(), 3);
    assert!(
        failure
            .why
            .as_ref()
            .unwrap()
            .contains("'Key Vault Secrets Officer'"),
        "{failure:?}"
    );
    assert!(!format!("{failure:?}").contains(VALUE));
}

#[tokio::test]
async fn a_vault_of_another_tenant_is_told_from_one_without_rights() {
    let world = world(Right::ALL);
    world
        .sim
        .cloud(|cloud| cloud.vault_mut("acme-kv").unwrap().tenant = TENANT.into());
    let failure = world.vault.get(&name()).await.unwrap_err();
    assert_eq!(failure.code.as_deref(), Some("AKV10032"), "{failure:?}");
}

/// Keeps the refresh token in the vault.
struct InVault(Arc<KeyVault>);

impl Keeper for InVault {
    fn read(&self) -> BoxFuture<'_, Result<SecretString, Failure>> {
        Box::pin(async { Ok(self.0.get(&name()).await?.unwrap().value) })
    }

    fn keep<'a>(&'a self, successor: &'a SecretString) -> BoxFuture<'a, bool> {
        Box::pin(async {
            let stored = self.0.set(&name(), successor, &Metadata::default()).await;
            stored.is_ok()
        })
    }
}

/// Hands the page on to who plays the browser.
struct Page(mpsc::UnboundedSender<String>);

impl Show for Page {
    fn page(&self, url: &str) {
        self.0.send(url.to_owned()).unwrap();
    }

    fn code(&self, _: &str, _: &str) {
        panic!("no device code was asked for")
    }
}

/// Opens the page, and follows it back to this machine.
async fn browse(client: &Client, page: String) {
    let answer = client.send(Request::get(page)).await.unwrap();
    let back = answer.header("location").unwrap();
    let (address, target) = back.strip_prefix("http://").unwrap().split_once('/').unwrap();
    let mut stream = tokio::net::TcpStream::connect(address.replace("localhost", "127.0.0.1"))
        .await
        .unwrap();
    let request = format!("GET /{target} HTTP/1.1\r\nHost: {address}\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut seen = String::new();
    stream.read_to_string(&mut seen).await.unwrap();
    assert!(seen.starts_with("HTTP/1.1 200"), "{seen}");
}

#[tokio::test]
async fn a_person_signs_in_once_and_each_run_leaves_the_successor_in_the_vault_before_it_asks_for_pats() {
    let world = world(&[Right::Get, Right::Set]);
    let scopes = delegated::scopes(Purpose::Rotate);
    let (tenant, client_id) = world.sim.cloud(|cloud| {
        let user = cloud.add_user("acme", "svc-build@acme.example", "Build Service");
        cloud.entra.browser = Browser::User(user);
        let app = AppSeed::public("patkeeper").redirect("http://localhost");
        let app = scopes.iter().fold(app, |app, scope| app.consent(scope));
        (cloud.vault("acme-kv").unwrap().tenant.clone(), cloud.add_app(app))
    });
    let app = App {
        tenant,
        client_id,
        proof: Proof::None,
    };
    let (show, mut pages) = mpsc::unbounded_channel();
    let show = Page(show);
    let signing_in = delegated::authorization_code(&world.setup, &app, &scopes, &show, PATIENCE);
    let browsing = async { browse(&world.setup.client, pages.recv().await.unwrap()).await };
    let signed_in = tokio::join!(signing_in, browsing).0.unwrap();
    assert_eq!(signed_in.facts.name.as_deref(), Some("svc-build@acme.example"));
    let first = signed_in.refresh_token.clone();
    world
        .vault
        .set(&name(), &first, &Metadata::default())
        .await
        .unwrap();

    world.sim.clear_log();
    let source = RefreshToken::new(&world.setup, app, scopes, Arc::new(InVault(world.vault.clone())));
    let token = source.token().await.unwrap();
    let list = "https://vssps.dev.azure.com/acme/_apis/tokens/pats?api-version=7.1-preview.1";
    let answer = world
        .setup
        .client
        .send(Request::get(list).bearer(token))
        .await
        .unwrap();
    assert_eq!(answer.status, 200);
    assert_eq!(
        carried_out(&world.sim),
        [
            format!("GET {HOST}"),
            "POST login.microsoftonline.com".to_owned(),
            format!("PUT {HOST}"),
            "GET vssps.dev.azure.com".to_owned(),
        ]
    );
    let kept = versions(&world.sim);
    assert_eq!(kept.len(), 2);
    assert_eq!(kept[0], first.expose_secret());
    assert_ne!(kept[1], first.expose_secret());
    let masked = world.masked.lock().unwrap();
    assert!(kept.iter().all(|token| masked.contains(token)));
}
