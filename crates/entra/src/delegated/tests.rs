//! The sign-ins against a loopback in Entra's place.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use oauth2::url::Url;
use oauth2::{PkceCodeChallenge, PkceCodeVerifier};
use patkeeper_core::failure::{Failure, FailureKind};
use patkeeper_core::purpose::Purpose;
use patkeeper_http::TokenSource;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{Notify, mpsc};

use super::*;
use crate::loopback::{Asked, Hosts, Reply, json, now, pass};
use crate::{OidcRequest, Setup};

const STORED: &str = "made-up-refresh-token-0-abcdefghijklmnop";
const CLIENT: &str = "0f1e2d3c-0000-4000-8000-00000000c11e";
const SECRET: &str = "made-up-client-secret-qrstuvwxyz";
const CODE: &str = "made-up-authorization-code-0123456789";
const DEVICE: &str = "made-up-device-code-0123456789";
const GRANTED: &str =
    "499b84ac-1321-427f-aa17-267ca6975798/vso.pats 499b84ac-1321-427f-aa17-267ca6975798/vso.pats_manage";

fn app(proof: Proof) -> App {
    App {
        tenant: "acme.example".into(),
        client_id: CLIENT.into(),
        proof,
    }
}

fn scopes() -> Vec<String> {
    super::scopes(Purpose::Rotate)
}

/// The n-th grant.
fn granted(number: usize) -> Value {
    json!({
        "token_type": "Bearer", "scope": GRANTED, "expires_in": 3600, "ext_expires_in": 3600,
        "access_token": format!("made-up-access-token-{number}-abcdefghijklmnop"),
        "refresh_token": format!("made-up-refresh-token-{number}-abcdefghijklmnop"),
    })
}

fn without(mut answer: Value, field: &str) -> Value {
    answer.as_object_mut().unwrap().remove(field);
    answer
}

fn with(mut answer: Value, field: &str, value: impl Into<Value>) -> Value {
    answer[field] = value.into();
    answer
}

fn refused(error: &str, description: &str) -> Reply {
    json(
        400,
        json!({"error": error, "error_description": description, "error_codes": []}),
    )
}

/// Names and secrets.
type Masks = Arc<Mutex<Vec<(String, String)>>>;

/// What a run does, in order.
type Events = Arc<Mutex<Vec<String>>>;

fn note(events: &Events, event: impl Into<String>) {
    events.lock().unwrap().push(event.into());
}

#[derive(Default)]
struct Kept {
    events: Events,
    stored: Option<&'static str>,
    /// Nothing can be stored.
    full: bool,
    /// Storing waits for the second after telling the first.
    slow: Option<(Arc<Notify>, Arc<Notify>)>,
}

impl Keeper for Kept {
    fn read(&self) -> BoxFuture<'_, Result<SecretString, Failure>> {
        note(&self.events, "read");
        Box::pin(async { Ok(SecretString::from(self.stored.unwrap_or(STORED))) })
    }

    fn keep<'a>(&'a self, successor: &'a SecretString) -> BoxFuture<'a, bool> {
        Box::pin(async {
            if let Some((begun, go_on)) = &self.slow {
                begun.notify_one();
                go_on.notified().await;
            }
            if !self.full {
                note(&self.events, format!("stored {}", successor.expose_secret()));
            }
            !self.full
        })
    }
}

fn source(setup: &Setup, proof: Proof, keeper: Kept) -> (RefreshToken, Events) {
    let events = keeper.events.clone();
    (
        RefreshToken::new(setup, app(proof), scopes(), Arc::new(keeper)),
        events,
    )
}

async fn redeemed(
    answer: impl Fn(&Asked, usize) -> Reply + Send + Sync + 'static,
) -> Result<SecretString, Failure> {
    let hosts = Hosts::start(answer).await;
    source(&hosts.setup(), Proof::None, Kept::default())
        .0
        .token()
        .await
}

#[tokio::test]
async fn the_successor_is_stored_before_the_access_token_is_handed_out() {
    let hosts = Hosts::start(|_, number| json(200, granted(number))).await;
    let (begun, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let keeper = Kept {
        slow: Some((begun.clone(), go_on.clone())),
        ..Kept::default()
    };
    let (source, events) = source(&hosts.setup(), Proof::None, keeper);
    let using = async {
        let token = source.token().await.unwrap();
        note(&events, format!("used {}", token.expose_secret()));
        // Who waits for a storing that never began would wait forever.
        begun.notify_one();
    };
    let storing = async {
        begun.notified().await;
        tokio::task::yield_now().await;
        note(&events, "storing");
        go_on.notify_one();
    };
    tokio::join!(using, storing);
    assert_eq!(
        *events.lock().unwrap(),
        [
            "read",
            "storing",
            "stored made-up-refresh-token-1-abcdefghijklmnop",
            "used made-up-access-token-1-abcdefghijklmnop",
        ]
    );
}

#[tokio::test]
async fn a_token_is_renewed_five_minutes_before_its_end_with_the_newest_refresh_token() {
    let hosts = Hosts::start(|_, number| json(200, granted(number))).await;
    let (source, events) = source(&hosts.setup(), Proof::None, Kept::default());
    let first = source.token().await.unwrap();
    pass(3600 - 301);
    assert_eq!(
        source.token().await.unwrap().expose_secret(),
        first.expose_secret()
    );
    pass(2);
    let second = source.token().await.unwrap();
    assert_eq!(second.expose_secret(), "made-up-access-token-2-abcdefghijklmnop");
    let sent: Vec<_> = hosts
        .heard()
        .iter()
        .map(|asked| asked.field("refresh_token").unwrap())
        .collect();
    assert_eq!(sent, [STORED, "made-up-refresh-token-1-abcdefghijklmnop"]);
    let reads = events
        .lock()
        .unwrap()
        .iter()
        .filter(|event| *event == "read")
        .count();
    assert_eq!(reads, 1);
}

#[tokio::test]
async fn what_could_not_be_stored_is_not_used() {
    let hosts = Hosts::start(|_, number| json(200, granted(number))).await;
    let keeper = Kept {
        full: true,
        ..Kept::default()
    };
    let (source, _) = source(&hosts.setup(), Proof::None, keeper);
    source.token().await.unwrap();
    pass(3600);
    source.token().await.unwrap();
    assert_eq!(hosts.heard()[1].field("refresh_token").unwrap(), STORED);
}

#[tokio::test]
async fn who_asks_at_once_shares_one_redemption() {
    let hosts = Hosts::start(|_, number| json(200, granted(number))).await;
    let (source, _) = source(&hosts.setup(), Proof::None, Kept::default());
    let (one, two) = tokio::join!(source.token(), source.token());
    assert_eq!(one.unwrap().expose_secret(), two.unwrap().expose_secret());
    assert_eq!(hosts.heard().len(), 1);
}

#[tokio::test]
async fn an_answer_without_a_successor_leaves_the_old_one() {
    for field in [None, Some(""), Some(STORED)] {
        let hosts = Hosts::start(move |_, number| {
            let answer = without(granted(number), "refresh_token");
            json(
                200,
                field.map_or(answer.clone(), |field| with(answer, "refresh_token", field)),
            )
        })
        .await;
        let (source, events) = source(&hosts.setup(), Proof::None, Kept::default());
        source.token().await.unwrap();
        pass(3600);
        source.token().await.unwrap();
        assert_eq!(hosts.heard()[1].field("refresh_token").unwrap(), STORED);
        assert_eq!(*events.lock().unwrap(), ["read"]);
    }
}

#[tokio::test]
async fn an_app_proves_itself_as_it_is_registered_and_every_secret_is_masked_before_it_is_sent() {
    let assertion = "made-up-assertion-0123456789";
    for kind in ["none", "secret", "assertion"] {
        let masks: Arc<Mutex<Option<Masks>>> = Arc::default();
        let seen = masks.clone();
        let hosts = Hosts::start(move |asked, number| {
            if asked.host == "dev.azure.com" {
                return json(200, json!({"oidcToken": assertion}));
            }
            let masks = seen.lock().unwrap().clone().unwrap();
            let masked = masks.lock().unwrap().clone();
            for field in ["refresh_token", "client_secret", "client_assertion"] {
                if let Some(secret) = asked.field(field) {
                    assert!(
                        masked.iter().any(|(_, masked)| *masked == secret),
                        "{field} is not masked"
                    );
                }
            }
            json(200, granted(number))
        })
        .await;
        *masks.lock().unwrap() = Some(hosts.masks());
        let setup = hosts.setup();
        let oidc = OidcRequest::new(
            &setup,
            "https://dev.azure.com/acme/_apis/oidctoken".into(),
            "connection-1".into(),
            SecretString::from("made-up-job-token-0123456789"),
        );
        let proof = match kind {
            "none" => Proof::None,
            "secret" => Proof::Secret(SecretString::from(SECRET)),
            _ => Proof::Assertion(Arc::new(oidc)),
        };
        let (source, _) = source(&setup, proof, Kept::default());
        let token = source.token().await.unwrap();
        let asked = hosts.heard().pop().unwrap();
        assert_eq!(
            (asked.method.as_str(), asked.host.as_str()),
            ("POST", "login.microsoftonline.com")
        );
        assert_eq!(asked.path, "/acme.example/oauth2/v2.0/token");
        assert_eq!(
            asked.header("content-type"),
            Some("application/x-www-form-urlencoded")
        );
        assert_eq!(asked.header("authorization"), None);
        assert_eq!(asked.field("grant_type").unwrap(), "refresh_token");
        assert_eq!(asked.field("client_id").unwrap(), CLIENT);
        assert_eq!(asked.field("scope").unwrap(), scopes().join(" "));
        assert_eq!(
            asked.field("client_secret"),
            (kind == "secret").then(|| SECRET.to_owned())
        );
        assert_eq!(
            asked.field("client_assertion"),
            (kind == "assertion").then(|| assertion.to_owned())
        );
        assert_eq!(
            asked.field("client_assertion_type"),
            (kind == "assertion")
                .then(|| "urn:ietf:params:oauth:client-assertion-type:jwt-bearer".to_owned())
        );
        let grant = granted(hosts.heard().len());
        assert_eq!(grant["access_token"], token.expose_secret());
        for field in ["access_token", "refresh_token"] {
            assert!(
                hosts
                    .masked()
                    .iter()
                    .any(|masked| grant[field] == masked.as_str()),
                "{kind}"
            );
        }
        assert!(!format!("{source:?}").contains("made-up"));
    }
}

#[tokio::test]
async fn a_refusal_is_explained_and_quotes_entra_but_nothing_that_was_sent() {
    for (error, code, way) in [
        ("invalid_grant", "AADSTS700082", "patkeeper sign-in"),
        ("invalid_grant", "AADSTS50173", "patkeeper sign-in"),
        ("invalid_grant", "AADSTS50076", "patkeeper sign-in"),
        ("interaction_required", "AADSTS53003", "policy"),
        ("invalid_client", "AADSTS7000218", "clientAuthentication"),
        ("invalid_client", "AADSTS700025", "clientAuthentication: none"),
        ("invalid_grant", "AADSTS65001", "consent"),
        ("invalid_grant", "AADSTS9999999", "patkeeper sign-in"),
        ("invalid_client", "AADSTS650053", "vso.pats"),
    ] {
        let failure = redeemed(move |asked, _| {
            let sent = asked.field("refresh_token").unwrap();
            refused(error, &format!("{code}: Something about {sent}. Trace ID: t-1"))
        })
        .await
        .unwrap_err();
        assert_eq!(failure.kind, FailureKind::Refused, "{code}");
        assert_eq!(failure.code.as_deref(), Some(code));
        assert!(
            failure.ways_out.iter().any(|out| out.contains(way)),
            "{failure:?}"
        );
        let words = failure.service_words.clone().unwrap();
        assert!(
            words.contains("Something about ***") && words.contains("t-1"),
            "{words}"
        );
        assert!(!format!("{failure:?}").contains(STORED));
    }
}

#[tokio::test]
async fn what_is_neither_a_token_nor_a_refusal_is_a_failure_of_the_service_without_its_text() {
    let good = granted(1);
    for (status, kind, body) in [
        (
            200,
            "application/json",
            with(good.clone(), "token_type", "mac").to_string(),
        ),
        (
            200,
            "application/json",
            with(good.clone(), "access_token", "").to_string(),
        ),
        (
            200,
            "application/json",
            without(good.clone(), "expires_in").to_string(),
        ),
        (
            200,
            "application/json",
            without(good.clone(), "access_token").to_string(),
        ),
        (200, "application/json", good.to_string()[..60].to_owned()),
        (200, "text/html", good.to_string()),
        (200, "application/json", String::new()),
        (203, "text/html", "<html>made-up</html>".into()),
        (302, "text/html", String::new()),
    ] {
        let shown = body.clone();
        let failure = redeemed(move |_, _| Reply(status, kind, Vec::new(), body.clone()))
            .await
            .unwrap_err();
        assert_eq!(failure.kind, FailureKind::Service, "{shown}");
        assert_eq!(failure.code.as_deref(), Some("notUnderstood"), "{shown}");
        assert!(!format!("{failure:?}").contains("made-up"), "{failure:?}");
    }
}

#[tokio::test]
async fn a_grant_of_less_than_was_asked_for_names_what_is_missing() {
    let failure = redeemed(|_, number| {
        json(
            200,
            with(
                granted(number),
                "scope",
                "499b84ac-1321-427f-aa17-267ca6975798/vso.pats",
            ),
        )
    })
    .await
    .unwrap_err();
    assert_eq!(
        (failure.kind, failure.code.as_deref()),
        (FailureKind::Refused, Some("missingScopes"))
    );
    assert!(
        failure.what.contains("without vso.pats_manage."),
        "{}",
        failure.what
    );
    assert!(
        failure
            .why
            .unwrap()
            .contains("vso.pats and vso.pats_manage are both needed")
    );
}

#[tokio::test]
async fn a_stored_text_that_is_no_token_is_not_sent_and_a_line_break_behind_one_is_dropped() {
    let hosts = Hosts::start(|_, number| json(200, granted(number))).await;
    for stored in ["", " \n", "two words"] {
        let keeper = Kept {
            stored: Some(stored),
            ..Kept::default()
        };
        let failure = source(&hosts.setup(), Proof::None, keeper)
            .0
            .token()
            .await
            .unwrap_err();
        assert_eq!(failure.code.as_deref(), Some("noRefreshToken"));
    }
    assert!(hosts.heard().is_empty());
    let keeper = Kept {
        stored: Some("made-up-with-a-line-break\r\n"),
        ..Kept::default()
    };
    source(&hosts.setup(), Proof::None, keeper)
        .0
        .token()
        .await
        .unwrap();
    assert_eq!(
        hosts.heard()[0].field("refresh_token").unwrap(),
        "made-up-with-a-line-break"
    );
}

#[tokio::test]
async fn ids_that_cannot_be_part_of_the_address_are_refused_before_anything_is_sent() {
    let hosts = Hosts::start(|_, number| json(200, granted(number))).await;
    for (tenant, client_id) in [
        ("", "c"),
        ("a/../b", "c"),
        ("..", "c"),
        ("t?x", "c"),
        ("t", ""),
        ("t", "c d"),
    ] {
        let app = App {
            tenant: tenant.into(),
            client_id: client_id.into(),
            proof: Proof::None,
        };
        let source = RefreshToken::new(&hosts.setup(), app, scopes(), Arc::new(Kept::default()));
        assert_eq!(
            source.token().await.unwrap_err().kind,
            FailureKind::Input,
            "{tenant} {client_id}"
        );
    }
    assert!(hosts.heard().is_empty());
}

/// Hands on what is shown.
struct Shown(mpsc::UnboundedSender<String>);

impl Show for Shown {
    fn page(&self, url: &str) {
        self.0.send(url.to_owned()).unwrap();
    }

    fn code(&self, url: &str, code: &str) {
        self.0.send(format!("{url} {code}")).unwrap();
    }
}

fn shown() -> (Shown, mpsc::UnboundedReceiver<String>) {
    let (send, receive) = mpsc::unbounded_channel();
    (Shown(send), receive)
}

fn parameter(url: &Url, name: &str) -> String {
    let found: Vec<_> = url.query_pairs().filter(|(found, _)| found == name).collect();
    assert_eq!(found.len(), 1, "{name}");
    found[0].1.clone().into_owned()
}

/// What a browser gets from the address that a page leads back to.
async fn browse(page: &Url, request: &str) -> String {
    let port = Url::parse(&parameter(page, "redirect_uri"))
        .unwrap()
        .port()
        .unwrap();
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    let request = request.replace("PORT", &port.to_string());
    let _ = stream.write_all(request.as_bytes()).await;
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer).await;
    answer
}

fn back(target: &str) -> String {
    format!("GET {target} HTTP/1.1\r\nHost: localhost:PORT\r\n\r\n")
}

#[tokio::test]
async fn a_person_signs_in_in_the_browser_and_only_the_right_request_is_believed() {
    let hosts = Hosts::start(|_, number| json(200, granted(number))).await;
    let setup = hosts.setup();
    let (show, mut pages) = shown();
    let app = app(Proof::Secret(SecretString::from(SECRET)));
    let scopes = scopes();
    let signing_in = authorization_code(&setup, &app, &scopes, &show, PATIENCE);
    let browsing = async {
        let page = Url::parse(&pages.recv().await.unwrap()).unwrap();
        let port = Url::parse(&parameter(&page, "redirect_uri"))
            .unwrap()
            .port()
            .unwrap();
        // A browser's connection in advance, of which nothing comes.
        let silent = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        let state = parameter(&page, "state");
        for (request, status) in [
            (back("/favicon.ico"), "404"),
            (back("/?code=evil&state=wrong"), "400"),
            (back("/?error=access_denied&state=wrong"), "400"),
            (
                back(&format!("/?code=evil&state={state}")).replace("localhost:", "evil.example:"),
                "400",
            ),
            (
                back(&format!("/?code=evil&state={state}")).replace("GET", "POST"),
                "405",
            ),
            (format!("GET /?x={} HTTP/1.1\r\n", "y".repeat(70_000)), "431"),
            ("\u{16}\u{3}\u{1}".into(), ""),
        ] {
            let answer = if status.is_empty() {
                drop(TcpStream::connect(("127.0.0.1", port)).await.unwrap());
                String::new()
            } else {
                browse(&page, &request).await
            };
            // The rest of too long a request may not be read, and the answer then be lost on the way.
            let lost = status == "431" && answer.is_empty();
            assert!(
                lost || answer.starts_with(&format!("HTTP/1.1 {status}")) || status.is_empty(),
                "{answer}"
            );
        }
        let answer = browse(&page, &back(&format!("/?code={CODE}&state={state}"))).await;
        assert!(
            answer.starts_with("HTTP/1.1 200 OK") && !answer.contains(CODE),
            "{answer}"
        );
        drop(silent);
        page
    };
    let (signed_in, page) = tokio::join!(signing_in, browsing);
    let signed_in = signed_in.unwrap();
    assert_eq!(
        signed_in.refresh_token.expose_secret(),
        "made-up-refresh-token-1-abcdefghijklmnop"
    );

    assert_eq!(page.host_str(), Some("login.microsoftonline.com"));
    assert_eq!(page.path(), "/acme.example/oauth2/v2.0/authorize");
    assert_eq!(parameter(&page, "response_type"), "code");
    assert_eq!(parameter(&page, "client_id"), CLIENT);
    assert_eq!(parameter(&page, "scope"), scopes.join(" "));
    assert_eq!(parameter(&page, "prompt"), "select_account");
    assert_eq!(parameter(&page, "code_challenge_method"), "S256");
    let asked = hosts.heard();
    assert_eq!(asked.len(), 1);
    let field = |name: &str| asked[0].field(name).unwrap();
    assert_eq!(field("grant_type"), "authorization_code");
    assert_eq!(field("code"), CODE);
    assert_eq!(field("redirect_uri"), parameter(&page, "redirect_uri"));
    assert_eq!(field("client_secret"), SECRET);
    let verifier = PkceCodeVerifier::new(field("code_verifier"));
    assert_eq!(
        PkceCodeChallenge::from_code_verifier_sha256(&verifier).as_str(),
        parameter(&page, "code_challenge")
    );
    let masked = hosts.masked();
    for secret in [
        CODE,
        SECRET,
        verifier.secret(),
        signed_in.access_token.expose_secret(),
        signed_in.refresh_token.expose_secret(),
    ] {
        assert!(
            masked.iter().any(|masked| masked == secret),
            "{secret} is not masked"
        );
        assert!(!format!("{signed_in:?} {app:?}").contains(secret));
        assert!(!page.as_str().contains(secret));
    }
}

/// Signs in with a browser that comes back with this, the state aside.
async fn came_back(query: &str, answer: Value) -> Result<SignedIn, Failure> {
    let hosts = Hosts::start(move |_, _| json(200, answer.clone())).await;
    let (setup, app, scopes) = (hosts.setup(), app(Proof::None), scopes());
    let (show, mut pages) = shown();
    let browsing = async {
        let page = Url::parse(&pages.recv().await.unwrap()).unwrap();
        let state = parameter(&page, "state");
        browse(&page, &back(&format!("/?{query}&state={state}"))).await
    };
    tokio::join!(
        authorization_code(&setup, &app, &scopes, &show, PATIENCE),
        browsing
    )
    .0
}

#[tokio::test]
async fn a_sign_in_that_the_page_refuses_says_why() {
    for (query, code) in [
        ("error=access_denied&error_subcode=cancel", "signInDeclined"),
        (
            "error=access_denied&error_description=AADSTS65004:+User+declined+to+consent.",
            "AADSTS65004",
        ),
        (
            "error=server_error&error_description=AADSTS50011:+The+redirect+URI+does+not+match.",
            "AADSTS50011",
        ),
        ("error=whatever", "signInRefused"),
    ] {
        let failure = came_back(query, granted(1)).await.unwrap_err();
        assert_eq!(
            (failure.kind, failure.code.as_deref()),
            (FailureKind::Refused, Some(code)),
            "{query}"
        );
    }
}

#[tokio::test]
async fn a_sign_in_without_a_refresh_token_or_with_too_little_granted_is_a_failure() {
    let failure = came_back("code=c0de", without(granted(1), "refresh_token"))
        .await
        .unwrap_err();
    assert_eq!(failure.code.as_deref(), Some("noRefreshToken"));
    let failure = came_back("code=c0de", with(granted(1), "scope", "openid"))
        .await
        .unwrap_err();
    assert_eq!(failure.code.as_deref(), Some("missingScopes"));
}

#[tokio::test(start_paused = true)]
async fn nobody_is_waited_for_longer_than_the_limit() {
    let hosts = Hosts::start(|_, number| json(200, granted(number))).await;
    let (show, _pages) = shown();
    let patience = Duration::from_secs(90);
    let begun = tokio::time::Instant::now();
    let failure = authorization_code(&hosts.setup(), &app(Proof::None), &scopes(), &show, patience)
        .await
        .unwrap_err();
    assert_eq!(failure.code.as_deref(), Some("signInTimeout"));
    assert!(failure.ways_out.iter().any(|way| way.contains("--device-code")));
    assert_eq!(begun.elapsed().as_secs(), 90);
    assert!(hosts.heard().is_empty());
}

fn begun() -> Value {
    json!({
        "device_code": DEVICE, "user_code": "ABCD1234", "expires_in": 900, "interval": 5,
        "verification_uri": "https://microsoft.com/devicelogin", "message": format!("made-up {DEVICE}"),
    })
}

/// Signs in with a device code; waiting passes the clock on. Gives what was shown, and the waits in seconds.
async fn with_device(hosts: &Hosts) -> (Result<SignedIn, Failure>, Vec<String>, Vec<u64>) {
    let (show, mut pages) = shown();
    let waits: Arc<Mutex<Vec<u64>>> = Arc::default();
    let sleep = |wait: Duration| {
        waits.lock().unwrap().push(wait.as_secs());
        pass(i64::try_from(wait.as_secs()).unwrap());
        std::future::ready(())
    };
    let signed_in = device::ask(&hosts.setup(), &app(Proof::None), &scopes(), &show, sleep).await;
    drop(show);
    let mut seen = Vec::new();
    while let Some(page) = pages.recv().await {
        seen.push(page);
    }
    let waits = waits.lock().unwrap().clone();
    (signed_in, seen, waits)
}

#[tokio::test]
async fn a_person_signs_in_on_another_machine_at_the_pace_that_entra_asks_for() {
    let hosts = Hosts::start(|asked, number| match number {
        1 => {
            assert_eq!(asked.path, "/acme.example/oauth2/v2.0/devicecode");
            json(200, begun())
        }
        2 | 4 => refused(
            "authorization_pending",
            "AADSTS70016: OAuth 2.0 device flow error.",
        ),
        3 => refused("slow_down", ""),
        _ => json(200, granted(number)),
    })
    .await;
    let (signed_in, shown, waits) = with_device(&hosts).await;
    let signed_in = signed_in.unwrap();
    assert_eq!(
        signed_in.refresh_token.expose_secret(),
        "made-up-refresh-token-5-abcdefghijklmnop"
    );
    assert_eq!(shown, ["https://microsoft.com/devicelogin ABCD1234"]);
    assert_eq!(waits, [5, 10, 10]);
    let asked = hosts.heard();
    assert_eq!(asked[0].field("scope").unwrap(), scopes().join(" "));
    assert_eq!(
        asked[4].field("grant_type").unwrap(),
        "urn:ietf:params:oauth:grant-type:device_code"
    );
    assert_eq!(asked[4].field("device_code").unwrap(), DEVICE);
    assert!(hosts.masked().iter().any(|masked| masked == DEVICE));
}

#[tokio::test]
async fn a_device_code_that_comes_to_nothing_says_why_and_is_not_shown() {
    for (error, code) in [
        ("authorization_pending", "deviceCodeExpired"),
        ("slow_down", "deviceCodeExpired"),
        ("expired_token", "deviceCodeExpired"),
        ("authorization_declined", "signInDeclined"),
        ("access_denied", "signInDeclined"),
        ("invalid_grant", "AADSTS53003"),
    ] {
        let hosts = Hosts::start(move |_, number| match number {
            1 => json(200, begun()),
            _ if error == "invalid_grant" => refused(error, &format!("AADSTS53003: Blocked, {DEVICE}.")),
            _ => refused(error, &format!("Not yet or never, {DEVICE}.")),
        })
        .await;
        let started = now();
        let (signed_in, shown, _) = with_device(&hosts).await;
        let failure = signed_in.unwrap_err();
        assert_eq!(
            (failure.kind, failure.code.as_deref()),
            (FailureKind::Refused, Some(code)),
            "{error}"
        );
        assert!(!format!("{failure:?} {shown:?}").contains(DEVICE), "{failure:?}");
        assert!((now() - started).num_seconds() <= 900 + 60, "{error}");
    }
}

#[tokio::test]
async fn a_tenant_that_gives_no_device_codes_is_refused_with_its_reason() {
    let hosts = Hosts::start(|_, _| {
        refused(
            "invalid_client",
            "AADSTS7000218: The request body must contain a secret.",
        )
    })
    .await;
    let (signed_in, shown, waits) = with_device(&hosts).await;
    assert_eq!(signed_in.unwrap_err().code.as_deref(), Some("AADSTS7000218"));
    assert!(shown.is_empty() && waits.is_empty());
}
