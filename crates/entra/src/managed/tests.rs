use std::process::Command;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use azure_core::error::{Error, ErrorKind};
use azure_core::http::headers::Headers;
use azure_core::http::{AsyncRawResponse, HttpClient, Request, Transport};
use azure_core::time::OffsetDateTime;
use serde_json::json;

use super::*;
use crate::Identity;
use crate::loopback::Hosts;

const TOKEN: &str = "made-up-access-token-0123456789-klmnopqrst";
const IDENTITY_HEADER: &str = "made-up-identity-header-0123456789";
const SCOPE: &str = "499b84ac-1321-427f-aa17-267ca6975798/.default";

type Answer = azure_core::Result<AsyncRawResponse>;

/// What stands at the address of the instance metadata service, in this process.
struct Metadata<F> {
    asked: Arc<Mutex<Vec<String>>>,
    answer: F,
}

impl<F> fmt::Debug for Metadata<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Metadata")
    }
}

#[async_trait]
impl<F: Fn() -> Option<Answer> + Send + Sync> HttpClient for Metadata<F> {
    async fn execute_request(&self, request: &Request) -> Answer {
        let metadata = request
            .headers()
            .iter()
            .find(|(name, _)| name.as_str() == "metadata");
        assert_eq!(metadata.map(|(_, value)| value.as_str()), Some("true"));
        self.asked.lock().unwrap().push(request.url().to_string());
        match (self.answer)() {
            Some(answer) => answer,
            None => std::future::pending().await,
        }
    }
}

fn said(status: u16, body: impl ToString) -> Option<Answer> {
    let mut headers = Headers::new();
    headers.insert("content-type", "application/json; charset=utf-8");
    Some(Ok(AsyncRawResponse::from_bytes(
        status.into(),
        headers,
        body.to_string(),
    )))
}

fn token() -> serde_json::Value {
    let ends = OffsetDateTime::now_utc().unix_timestamp() + 86_400;
    json!({ "access_token": TOKEN, "expires_on": ends.to_string(), "resource": SCOPE, "token_type": "Bearer" })
}

/// What comes of asking, and which URLs were asked.
async fn ask(
    client_id: Option<&str>,
    answer: impl Fn() -> Option<Answer> + Send + Sync + 'static,
) -> (Result<Fetched, Failure>, Vec<String>) {
    let asked: Arc<Mutex<Vec<String>>> = Arc::default();
    let metadata = Metadata {
        asked: asked.clone(),
        answer,
    };
    let managed = Managed {
        client_id: client_id.map(ToOwned::to_owned),
        environment: Environment::VirtualMachine,
        options: ClientOptions {
            transport: Some(Transport::new(Arc::new(metadata))),
            ..ClientOptions::default()
        },
    };
    let result = managed.get(SCOPE).await;
    let asked = asked.lock().unwrap().clone();
    (result, asked)
}

async fn fails(answer: impl Fn() -> Option<Answer> + Send + Sync + 'static) -> Failure {
    ask(None, answer).await.0.map(|_| ()).unwrap_err()
}

#[tokio::test]
async fn a_virtual_machines_identity_is_had_from_its_metadata_service() {
    let (result, asked) = ask(None, || said(200, token())).await;
    let fetched = result.unwrap();
    assert_eq!(fetched.token.expose_secret(), TOKEN);
    assert!((86_390..=86_400).contains(&fetched.good_for.num_seconds()));
    assert_eq!(
        asked,
        [
            "http://169.254.169.254/metadata/identity/oauth2/token?api-version=2019-08-01\
          &resource=499b84ac-1321-427f-aa17-267ca6975798"
        ]
    );
    let (_, asked) = ask(Some("u-1"), || said(200, token())).await;
    assert!(asked[0].ends_with("&client_id=u-1"), "{asked:?}");
}

#[tokio::test(start_paused = true)]
async fn a_machine_that_never_answers_is_given_up_within_seconds() {
    let began = tokio::time::Instant::now();
    let failure = fails(|| None).await;
    assert_eq!(began.elapsed(), LIMIT);
    assert!(LIMIT < Duration::from_secs(10));
    assert_eq!(
        (failure.kind, failure.code.as_deref()),
        (FailureKind::Refused, Some("noManagedIdentity"))
    );
    assert!(
        failure.what.contains("169.254.169.254") && failure.what.contains("7 s"),
        "{}",
        failure.what
    );
    assert!(failure.why.unwrap().contains("outside Azure"));
}

#[tokio::test]
async fn an_address_that_cannot_be_reached_is_no_machine_of_azures() {
    let failure = fails(|| {
        let error = HttpError::Connect {
            host: "169.254.169.254".to_owned(),
            why: "network unreachable".to_owned(),
        };
        Some(Err(Error::with_error(ErrorKind::Other, error, "no")))
    })
    .await;
    assert_eq!(failure.code.as_deref(), Some("noManagedIdentity"));
    assert!(failure.what.contains("network unreachable"), "{}", failure.what);
}

#[tokio::test]
async fn a_machine_without_such_an_identity_is_told_so_in_the_services_words() {
    let refusal = json!({ "error": "invalid_request", "error_description": "Identity not found" });
    let (result, _) = ask(Some("u-1"), move || said(400, &refusal)).await;
    let failure = result.map(|_| ()).unwrap_err();
    assert_eq!(
        (failure.kind, failure.code.as_deref()),
        (FailureKind::Refused, Some("identityNotFound"))
    );
    assert!(failure.what.contains("u-1"), "{}", failure.what);
    assert_eq!(
        failure.service_words.as_deref(),
        Some("\"Identity not found\" (invalid_request, HTTP 400)")
    );
}

#[tokio::test(start_paused = true)]
async fn each_other_answer_has_its_meaning_within_the_limit() {
    for (status, body, kind, code) in [
        (401, "", FailureKind::Refused, "noManagedIdentity"),
        (403, "<html>", FailureKind::Refused, "noManagedIdentity"),
        (404, "", FailureKind::Refused, "noManagedIdentity"),
        (400, "", FailureKind::Refused, "noManagedIdentity"),
        (410, "", FailureKind::Service, "serviceError"),
        (429, "{}", FailureKind::Service, "serviceError"),
        (500, "{}", FailureKind::Service, "serviceError"),
        (200, "{}", FailureKind::Service, "notUnderstood"),
        (
            200,
            "{\"access_token\":[\"made-up-part\"]}",
            FailureKind::Service,
            "notUnderstood",
        ),
    ] {
        let began = tokio::time::Instant::now();
        let failure = fails(move || said(status, body)).await;
        assert_eq!(
            (failure.kind, failure.code.as_deref()),
            (kind, Some(code)),
            "{status} {body}"
        );
        assert!(began.elapsed() <= LIMIT, "{status}");
        assert!(!format!("{failure:?}").contains("made-up-part"));
        assert!(failure.service_words.unwrap().contains(&format!("HTTP {status}")));
    }
}

fn environment(pairs: &[(&str, &str)]) -> Result<Environment, Failure> {
    Environment::read(|name| {
        let found = pairs.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| (*value).to_owned())
    })
}

#[test]
fn environments_that_are_not_supported_are_named() {
    for (pairs, name) in [
        (
            [
                (ENDPOINT, "http://localhost:40342/x"),
                ("IMDS_ENDPOINT", "http://localhost:40342"),
                ("", ""),
            ],
            "Azure Arc",
        ),
        (
            [
                (ENDPOINT, "https://x"),
                (HEADER, "h"),
                ("IDENTITY_SERVER_THUMBPRINT", "t"),
            ],
            "Service Fabric",
        ),
        (
            [("MSI_ENDPOINT", "http://localhost:50342"), ("", ""), ("", "")],
            "Cloud Shell",
        ),
        (
            [("MSI_ENDPOINT", "http://x"), ("MSI_SECRET", "s"), ("", "")],
            "Azure Machine Learning",
        ),
        ([(ENDPOINT, "not a url"), (HEADER, "h"), ("", "")], ENDPOINT),
    ] {
        let failure = environment(&pairs).unwrap_err();
        assert!(failure.what.contains(name), "{}", failure.what);
        assert_eq!(failure.kind, FailureKind::Input);
        assert!(!failure.ways_out.is_empty());
    }
    assert!(matches!(environment(&[]), Ok(Environment::VirtualMachine)));
    assert!(matches!(
        environment(&[(ENDPOINT, "http://localhost:1")]),
        Ok(Environment::VirtualMachine)
    ));
}

/// The library reads the process's own environment, so this part runs in a process of its own:
/// [`the_app_service_endpoint_is_asked_past_the_proxy_and_only_nearby`].
#[tokio::test]
async fn in_an_environment_of_its_own() {
    let (Ok(endpoint), Ok(_)) = (std::env::var(ENDPOINT), std::env::var(HEADER)) else {
        return;
    };
    let far = !endpoint.contains("127.0.0.1");
    // The proxy would answer; it must not be asked.
    let hosts = Hosts::start(|_, _| panic!("the proxy was asked")).await;
    let identity = Identity::managed(&hosts.setup(), Some("u-1".to_owned())).unwrap();
    let result = identity.tokens_for(SCOPE).token().await;
    assert!(hosts.heard().is_empty());
    if far {
        let failure = result.unwrap_err();
        assert_eq!(failure.kind, FailureKind::Input);
        assert!(failure.what.contains("far.example"), "{}", failure.what);
        assert!(!format!("{failure:?} {identity:?}").contains(IDENTITY_HEADER));
        assert_eq!(hosts.masked(), [IDENTITY_HEADER]);
    } else {
        assert_eq!(result.unwrap().expose_secret(), TOKEN);
        assert_eq!(hosts.masked(), [IDENTITY_HEADER, TOKEN]);
    }
}

fn elsewhere_run(endpoint: &str) {
    let run = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "managed::tests::in_an_environment_of_its_own"])
        .env(ENDPOINT, endpoint)
        .env(HEADER, IDENTITY_HEADER)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&run.stdout);
    assert!(run.status.success() && said.contains("1 passed"), "{said}");
}

#[test]
fn the_app_service_endpoint_is_asked_past_the_proxy_and_only_nearby() {
    use std::io::{BufRead, BufReader, Write};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}/msi/token", listener.local_addr().unwrap());
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let lines = BufReader::new(stream.try_clone().unwrap()).lines();
        let head: Vec<String> = lines
            .map(Result::unwrap)
            .take_while(|line| !line.is_empty())
            .collect();
        let body = token().to_string();
        let length = body.len();
        write!(
            stream,
            "HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n{body}"
        )
        .unwrap();
        head
    });
    elsewhere_run(&endpoint);
    let head = server.join().unwrap();
    assert_eq!(
        head[0],
        "GET /msi/token?api-version=2019-08-01&resource=499b84ac-1321-427f-aa17-267ca6975798&client_id=u-1 HTTP/1.1"
    );
    assert!(
        head.contains(&format!("x-identity-header: {IDENTITY_HEADER}")),
        "{head:?}"
    );
    elsewhere_run("http://far.example/msi/token");
}
