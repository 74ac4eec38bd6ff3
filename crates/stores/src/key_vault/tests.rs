mod beside;

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use azure_core::error::{Error, ErrorKind};
use azure_core::http::headers::Headers;
use azure_core::http::request::Body;
use azure_core::http::{AsyncRawResponse, HttpClient, Method, Request, RetryOptions, Transport};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

const TOKEN: &str = "made-up-access-token-0123456789-abcdefghij";
const VALUE: &str = "made-up-value-9876543210-klmnopqrstuvwxyz";
const CHALLENGE: &str =
    r#"Bearer authorization="https://login.windows.net/t-1", resource="https://vault.azure.net""#;

/// One request as the vault gets it.
#[derive(Debug, Clone)]
struct Asked {
    method: Method,
    path: String,
    body: Value,
}

type Answer = azure_core::Result<AsyncRawResponse>;
/// Answers the n-th request (from 1) that brings a token.
type Script = dyn Fn(&Asked, usize) -> Answer + Send + Sync;

/// A vault in this process: asks for a token first, then answers as the test says.
struct Vault {
    challenge: String,
    asked: Arc<Mutex<Vec<Asked>>>,
    answer: Box<Script>,
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Vault")
    }
}

#[async_trait::async_trait]
impl HttpClient for Vault {
    async fn execute_request(&self, request: &Request) -> Answer {
        let Body::Bytes(body) = request.body() else {
            panic!("a stream")
        };
        let authorization = request
            .headers()
            .iter()
            .find(|(name, _)| name.as_str() == "authorization");
        if authorization.is_none() {
            assert!(body.is_empty(), "a value was sent without a token");
            let mut headers = Headers::new();
            headers.insert("www-authenticate", self.challenge.clone());
            return Ok(AsyncRawResponse::from_bytes(401.into(), headers, "{}"));
        }
        let asked = Asked {
            method: request.method(),
            path: request.url().path().to_owned(),
            body: serde_json::from_slice(body).unwrap_or_default(),
        };
        let number = {
            let mut all = self.asked.lock().unwrap();
            all.push(asked.clone());
            all.len()
        };
        (self.answer)(&asked, number)
    }
}

struct Given(Result<&'static str, Failure>);

impl TokenSource for Given {
    fn token(&self) -> Pin<Box<dyn Future<Output = Result<SecretString, Failure>> + Send + '_>> {
        Box::pin(std::future::ready(
            self.0.clone().map(|token| SecretString::from(token.to_owned())),
        ))
    }

    fn how(&self) -> &'static str {
        "test"
    }
}

type Heard = Arc<Mutex<Vec<Asked>>>;

fn opened(
    challenge: &str,
    token: Result<&'static str, Failure>,
    answer: impl Fn(&Asked, usize) -> Answer + Send + Sync + 'static,
) -> (KeyVault, Heard) {
    let asked = Heard::default();
    let transport = Vault {
        challenge: challenge.to_owned(),
        asked: asked.clone(),
        answer: Box::new(answer),
    };
    let options = ClientOptions {
        transport: Some(Transport::new(Arc::new(transport))),
        retry: RetryOptions::none(),
        ..ClientOptions::default()
    };
    let name = VaultName::parse("acme-kv").unwrap();
    let vault = KeyVault::over(options, &name, Cloud::Public, Arc::new(Given(token))).unwrap();
    (vault, asked)
}

fn vault(answer: impl Fn(&Asked, usize) -> Answer + Send + Sync + 'static) -> (KeyVault, Heard) {
    opened(CHALLENGE, Ok(TOKEN), answer)
}

fn said(status: u16, body: impl Into<String>) -> Answer {
    let mut headers = Headers::new();
    headers.insert("x-ms-request-id", "req-1");
    Ok(AsyncRawResponse::from_bytes(status.into(), headers, body.into()))
}

fn stored(value: &str, tags: Value) -> Answer {
    let secret = json!({
        "value": value, "id": "https://acme-kv.vault.azure.net/secrets/pat/v1", "contentType": "text/plain",
        "attributes": {"enabled": true, "exp": 1_798_761_600, "created": 1, "updated": 2}, "tags": tags,
    });
    said(200, secret.to_string())
}

fn refused(status: u16, code: &str, inner: &str, message: &str) -> Answer {
    let error = json!({"error": {"code": code, "message": message, "innererror": {"code": inner}}});
    said(status, error.to_string())
}

fn none() -> Answer {
    refused(
        404,
        "SecretNotFound",
        "",
        "A secret with (name/id) pat was not found in this key vault.",
    )
}

fn no_answer(error: HttpError) -> Answer {
    Err(Error::with_error(ErrorKind::Other, error, "no answer"))
}

fn name() -> SecretName {
    SecretName::parse("pat").unwrap()
}

fn value() -> SecretString {
    SecretString::from(VALUE.to_owned())
}

fn metadata() -> Metadata {
    Metadata {
        expires: DateTime::from_timestamp_millis(1_798_761_600_500),
        content_type: Some("text/plain".into()),
        tags: BTreeMap::from([("run".into(), "7".into())]),
    }
}

fn puts(asked: &Heard) -> usize {
    let asked = asked.lock().unwrap();
    asked.iter().filter(|asked| asked.method == Method::Put).count()
}

async fn refusal(answer: impl Fn() -> Answer + Send + Sync + 'static) -> Failure {
    vault(move |_, _| answer()).0.get(&name()).await.unwrap_err()
}

#[tokio::test]
async fn a_value_is_stored_with_its_end_kind_and_tags_and_read_back_as_it_was() {
    let (vault, asked) = vault(|_, _| stored(VALUE, json!({"run": "7"})));
    let id = vault.set(&name(), &value(), &metadata()).await.unwrap();
    assert_eq!(id.to_string(), "https://acme-kv.vault.azure.net/secrets/pat/v1");
    let secret = vault.get(&name()).await.unwrap().unwrap();
    assert_eq!(secret.value.expose_secret(), VALUE);
    assert_eq!(secret.id, id);
    let whole_seconds = DateTime::from_timestamp(1_798_761_600, 0);
    assert_eq!(
        secret.metadata,
        Metadata {
            expires: whole_seconds,
            ..metadata()
        }
    );
    let asked = asked.lock().unwrap();
    assert_eq!(asked[0].path, "/secrets/pat");
    assert_eq!(
        asked[0].body,
        json!({"value": VALUE, "contentType": "text/plain", "tags": {"run": "7"},
               "attributes": {"enabled": true, "exp": 1_798_761_600}})
    );
}

#[tokio::test]
async fn no_such_secret_is_none_but_a_strangers_404_is_a_failure() {
    assert!(vault(|_, _| none()).0.get(&name()).await.unwrap().is_none());
    for page in [
        "<html>Not Found</html>",
        "",
        r#"{"error":{"code":"ResourceNotFound"}}"#,
    ] {
        assert_eq!(
            refusal(move || said(404, page)).await.kind,
            FailureKind::Service,
            "{page}"
        );
    }
}

#[tokio::test]
async fn an_unclear_put_is_settled_by_reading_back_and_never_sent_again() {
    type Unclear = fn() -> Answer;
    let unclear: [Unclear; 7] = [
        || {
            no_answer(HttpError::Timeout {
                asked: "h/p".into(),
                after: Duration::from_secs(60),
            })
        },
        || {
            no_answer(HttpError::Broken {
                asked: "h/p".into(),
                why: "reset".into(),
            })
        },
        || said(500, ""),
        || said(503, "<html>"),
        || said(203, "<html>Sign In</html>"),
        || said(200, r#"{"value":"made-up"#),
        || said(200, "{}"),
    ];
    for put in unclear {
        // It was stored all the same.
        let (there, asked) = vault(move |asked, _| match asked.method {
            Method::Put => put(),
            _ => stored(VALUE, json!({"run": "7"})),
        });
        assert_eq!(
            there.set(&name(), &value(), &metadata()).await.unwrap().version,
            "v1"
        );
        assert_eq!(puts(&asked), 1);
        // It was not, or not yet; or another version of the same value is there; or reading fails as well.
        let others: [Unclear; 4] = [
            none,
            || stored("another", json!({"run": "7"})),
            || stored(VALUE, json!({"run": "6"})),
            || said(500, ""),
        ];
        for read in others {
            let (not_there, asked) = vault(move |asked, _| match asked.method {
                Method::Put => put(),
                _ => read(),
            });
            let not_stored = not_there.set(&name(), &value(), &metadata()).await.unwrap_err();
            assert!(not_stored.unclear);
            let failure = Failure::from(not_stored);
            assert_eq!(failure.kind, FailureKind::Service);
            assert_eq!(failure.code.as_deref(), Some("storeUnclear"));
            let why = failure.why.unwrap();
            assert!(
                why.contains("never stored") && why.contains("still will be"),
                "{why}"
            );
            assert_eq!(puts(&asked), 1);
        }
    }
}

#[tokio::test]
async fn a_clear_refusal_to_store_needs_no_reading_back() {
    for put in [
        || refused(403, "Forbidden", "ForbiddenByRbac", "Caller is not authorized"),
        || refused(429, "Throttled", "", "Too many"),
        || {
            no_answer(HttpError::Connect {
                host: "h".into(),
                why: "refused".into(),
            })
        },
        || {
            no_answer(HttpError::Certificate {
                host: "h".into(),
                why: "expired".into(),
            })
        },
    ] {
        let (vault, asked) = vault(move |_, _| put());
        let not_stored = vault.set(&name(), &value(), &metadata()).await.unwrap_err();
        assert!(!not_stored.unclear);
        assert_eq!(asked.lock().unwrap().len(), 1);
    }
}

#[tokio::test]
async fn each_refusal_says_its_own_cause_and_way_out() {
    let rbac =
        "Caller is not authorized to perform action on resource.\r\nCaller: appid=a;oid=o\r\nAction: 'x'";
    let policy = "The user, group or application 'appid=a;oid=o' does not have secrets get permission on key vault 'k'.";
    let firewall =
        "Client address is not authorized and caller is not a trusted service.\r\nClient address: 192.0.2.7";
    let closed = "Public network access is disabled and request is not from a trusted service nor via an approved private link.";
    let issuer = "AKV10032: Invalid issuer. Expected one of https://sts.windows.net/t-2/, found https://sts.windows.net/t-1/.";
    let disabled = "Operation get is not allowed on a disabled secret.";
    let audience = "AKV10022: Invalid audience. Expected https://vault.azure.net, found: https://a.example.";
    for (status, inner, message, code, exit, words) in [
        (
            403,
            "ForbiddenByRbac",
            rbac,
            "ForbiddenByRbac",
            3,
            "'Key Vault Secrets Officer'",
        ),
        (403, "", rbac, "ForbiddenByRbac", 3, "'Key Vault Secrets Officer'"),
        (
            403,
            "AccessDenied",
            policy,
            "ForbiddenByPolicy",
            3,
            "permission 'get'",
        ),
        (
            403,
            "ForbiddenByPolicy",
            "",
            "ForbiddenByPolicy",
            3,
            "permission 'get'",
        ),
        (403, "", policy, "ForbiddenByPolicy", 3, "permission 'get'"),
        (
            403,
            "ForbiddenByFirewall",
            firewall,
            "ForbiddenByFirewall",
            3,
            "firewall",
        ),
        (403, "", closed, "ForbiddenByConnection", 3, "private endpoint"),
        (
            403,
            "",
            "Something new.",
            "Forbidden",
            3,
            "'Key Vault Secrets Officer'",
        ),
        (403, "SecretDisabled", disabled, "SecretDisabled", 3, "enable it"),
        (401, "", issuer, "AKV10032", 3, "az login --tenant"),
        (401, "", audience, "AKV10022", 3, "cloud"),
        (
            401,
            "",
            "AKV10000: Request is missing a token.",
            "vaultTokenRefused",
            3,
            "AzureCloud",
        ),
        (409, "", "Somebody else.", "Conflict", 4, "again"),
        (429, "", "Too many requests.", "throttled", 4, "later"),
        (500, "", "Oops.", "vaultFailed", 4, "status page"),
        (400, "", "Bad.", "vaultRefused", 4, "acme-kv"),
    ] {
        let failure = refusal(move || refused(status, "Forbidden", inner, message)).await;
        assert_eq!(
            (failure.code.as_deref(), failure.kind.exit_code()),
            (Some(code), exit),
            "{message}"
        );
        assert!(
            format!("{:?} {:?}", failure.why, failure.ways_out).contains(words),
            "{failure:?}"
        );
        let words = failure.service_words.unwrap();
        assert!(
            words.contains(&format!("HTTP {status}")) && words.contains("request req-1"),
            "{words}"
        );
        let first = message.split("\r\n").next().unwrap();
        assert!(words.contains(first) && !words.contains('\n'), "{words}");
    }
}

#[tokio::test]
async fn who_lacks_the_right_and_the_role_for_storing_are_named() {
    // {"appid":"a-1","oid":"o-1","app_displayname":"sp-pipelines"}
    let app = "e30.eyJhcHBpZCI6ImEtMSIsIm9pZCI6Im8tMSIsImFwcF9kaXNwbGF5bmFtZSI6InNwLXBpcGVsaW5lcyJ9.c2ln";
    let (vault, _) = opened(CHALLENGE, Ok(app), |_, _| {
        refused(403, "Forbidden", "ForbiddenByRbac", "")
    });
    let failure = Failure::from(vault.set(&name(), &value(), &metadata()).await.unwrap_err());
    assert!(
        failure.what.contains("the service principal 'sp-pipelines'"),
        "{}",
        failure.what
    );
    let why = failure.why.unwrap();
    assert!(
        why.contains("'Key Vault Secrets Officer'") && why.contains("(object id o-1)"),
        "{why}"
    );
}

#[tokio::test]
async fn a_name_that_a_deleted_secret_holds_can_be_recovered_or_purged() {
    let message = "Secret pat is currently in a deleted but recoverable state, and its name cannot be reused; in this state, the secret can only be recovered or purged.";
    for inner in ["ObjectIsDeletedButRecoverable", ""] {
        let (vault, _) = vault(move |_, _| refused(409, "Conflict", inner, message));
        let failure = Failure::from(vault.set(&name(), &value(), &metadata()).await.unwrap_err());
        assert_eq!(failure.code.as_deref(), Some("ObjectIsDeletedButRecoverable"));
        assert!(
            failure.ways_out[0].contains("az keyvault secret recover --vault-name acme-kv --name pat"),
            "{:?}",
            failure.ways_out
        );
    }
}

#[tokio::test]
async fn a_vault_whose_name_does_not_resolve_is_not_found() {
    let failure = refusal(|| {
        no_answer(HttpError::Connect {
            host: "acme-kv.vault.azure.net".into(),
            why: "failed to lookup address information: Name or service not known".into(),
        })
    })
    .await;
    assert_eq!(failure.code.as_deref(), Some("VaultNotFound"));
    assert!(
        failure.what.starts_with("The Key Vault 'acme-kv' was not found"),
        "{}",
        failure.what
    );
    assert!(
        failure.ways_out[0].contains("check the vault's name"),
        "{:?}",
        failure.ways_out
    );
}

#[tokio::test]
async fn why_there_is_no_token_comes_out_unchanged() {
    let why = Failure::new(FailureKind::Refused, "No sign-in.")
        .with_code("AADSTS7000222")
        .with_service_words("\"expired\"");
    let (vault, asked) = opened(CHALLENGE, Err(why.clone()), |_, _| none());
    assert_eq!(vault.get(&name()).await.unwrap_err(), why);
    let not_stored = vault.set(&name(), &value(), &metadata()).await.unwrap_err();
    assert_eq!((not_stored.failure, not_stored.unclear), (why, false));
    assert!(asked.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_challenge_for_another_resource_gets_no_token() {
    for resource in [
        "https://vault.azure.cn",
        "https://evil.example",
        "https://azure.net",
        "https://management.azure.com",
    ] {
        let challenge =
            format!(r#"Bearer authorization="https://login.windows.net/t-1", resource="{resource}""#);
        let (vault, asked) = opened(&challenge, Ok(TOKEN), |_, _| none());
        let failure = vault.get(&name()).await.unwrap_err();
        assert_eq!(failure.code.as_deref(), Some("challengeResource"), "{resource}");
        assert!(format!("{failure:?}").contains(resource), "{failure:?}");
        assert!(asked.lock().unwrap().is_empty(), "{resource} got a token");
    }
}

#[tokio::test]
async fn a_service_that_quotes_what_it_was_sent_is_quoted_without_it() {
    for status in [400, 403, 500] {
        let quoting = move |_: &Asked, _| {
            refused(
                status,
                "Oops",
                "",
                &format!("Bearer {TOKEN} sent {VALUE}, {}", &VALUE[..25]),
            )
        };
        let (vault, _) = vault(quoting);
        let not_stored = vault.set(&name(), &value(), &metadata()).await.unwrap_err();
        let shown = format!("{not_stored:?} {vault:?} {:?}", vault.credential);
        assert!(shown.contains("***"), "{shown}");
        for secret in [TOKEN, VALUE, &VALUE[..25]] {
            assert!(!shown.contains(secret), "{shown}");
        }
    }
}

#[tokio::test]
async fn a_secret_of_another_name_or_vault_or_without_a_value_is_not_understood() {
    for body in [
        json!({"value": VALUE, "id": "https://acme-kv.vault.azure.net/secrets/other/v1"}),
        json!({"value": VALUE, "id": "https://other-kv.vault.azure.net/secrets/pat/v1"}),
        json!({"value": VALUE, "id": "https://acme-kv.vault.azure.net/secrets/pat"}),
        json!({"value": VALUE}),
        json!({"id": "https://acme-kv.vault.azure.net/secrets/pat/v1"}),
        json!({"value": 7, "id": "https://acme-kv.vault.azure.net/secrets/pat/v1"}),
        json!([VALUE]),
    ] {
        let text = body.to_string();
        let failure = refusal(move || said(200, text.clone())).await;
        assert_eq!(failure.code.as_deref(), Some("notUnderstood"), "{body}");
        assert!(!format!("{failure:?}").contains(VALUE));
    }
}

proptest! {
    #[test]
    fn no_answer_panics(status in 200_u16..600, body in "\\PC{0,120}", code in "[A-Za-z]{0,20}", message in "\\PC{0,60}") {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let error = json!({"error": {"code": code, "message": message, "innerError": {"code": body}}}).to_string();
            for body in [body, error] {
                let (vault, _) = vault(move |_, _| said(status, body.clone()));
                let _ = vault.get(&name()).await;
                let _ = vault.set(&name(), &value(), &metadata()).await;
            }
        });
    }
}
