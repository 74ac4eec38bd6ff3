use std::sync::OnceLock;

use patkeeper_core::cloud::Cloud;
use serde_json::json;

use super::*;
use crate::Identity;
use crate::loopback::{Asked, Hosts, Masks, Reply, json as reply, pass};

const URI: &str = "https://dev.azure.com/acme/oidctoken";
const JOB_TOKEN: &str = "made-up-job-token-0123456789-abcdefghij";
const ASSERTION: &str = "made-up-assertion.0123456789.klmnopqrstuvwxyz";
const APP: &str = "0f1e2d3c-0000-4000-8000-00000000c11e";
const SECRET: &str = "made-up~client.secret 0123456789&abcdefghij=";
const TOKEN: &str = "made-up-access-token-0123456789-klmnopqrst";
const SCOPE: &str = "https://vault.azure.net/.default";

fn token() -> Reply {
    reply(
        200,
        json!({ "token_type": "Bearer", "expires_in": 3_599, "access_token": TOKEN }),
    )
}

/// Azure DevOps gives the assertion, and Microsoft Entra what `entra` returns.
async fn hosts(entra: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> Hosts {
    Hosts::start(move |asked, _| match asked.host.as_str() {
        "dev.azure.com" => reply(200, json!({ "oidcToken": ASSERTION })),
        _ => entra(asked),
    })
    .await
}

fn federated(setup: &Setup) -> Identity {
    let oidc = OidcRequest::new(
        setup,
        URI.to_owned(),
        "c-1".to_owned(),
        JOB_TOKEN.to_owned().into(),
    );
    Identity::federated(setup, "acme.example", APP, Arc::new(oidc)).unwrap()
}

fn secret(setup: &Setup) -> Identity {
    Identity::client_secret(setup, "acme.example", APP, SECRET.to_owned().into()).unwrap()
}

async fn fails(identity: &Identity) -> Failure {
    identity.tokens_for(SCOPE).token().await.unwrap_err()
}

#[tokio::test]
async fn a_federated_connection_signs_in_with_its_assertion() {
    let hosts = hosts(|_| token()).await;
    let source = federated(&hosts.setup()).tokens_for(SCOPE);
    assert_eq!(source.how(), "service connection (federated)");
    assert_eq!(source.token().await.unwrap().expose_secret(), TOKEN);
    let heard = hosts.heard();
    let asked = &heard[1];
    assert_eq!(
        (asked.method.as_str(), asked.path.as_str()),
        ("POST", "/acme.example/oauth2/v2.0/token")
    );
    for (name, value) in [
        ("grant_type", "client_credentials"),
        ("client_id", APP),
        ("client_assertion", ASSERTION),
        (
            "client_assertion_type",
            "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        ),
        ("scope", SCOPE),
    ] {
        assert_eq!(asked.field(name).as_deref(), Some(value), "{name}");
    }
    assert_eq!(hosts.masked(), [ASSERTION, TOKEN]);
}

#[tokio::test]
async fn a_connection_with_a_secret_signs_in_with_it() {
    let hosts = hosts(|_| token()).await;
    let source = secret(&hosts.setup()).tokens_for(SCOPE);
    assert_eq!(source.how(), "service connection (client secret)");
    assert_eq!(source.token().await.unwrap().expose_secret(), TOKEN);
    assert_eq!(hosts.heard()[0].field("client_secret").as_deref(), Some(SECRET));
}

#[tokio::test]
async fn each_clouds_own_authority_is_asked() {
    for cloud in Cloud::ALL {
        let hosts = hosts(|_| token()).await;
        let setup = Setup {
            cloud,
            ..hosts.setup()
        };
        for identity in [federated(&setup), secret(&setup)] {
            identity.tokens_for(SCOPE).token().await.unwrap();
            assert_eq!(hosts.heard().last().unwrap().host, cloud.authority());
        }
    }
}

#[tokio::test]
async fn an_assertion_is_masked_before_it_is_sent_anywhere() {
    let masks: Arc<OnceLock<Masks>> = Arc::default();
    let known = masks.clone();
    let hosts = hosts(move |_| {
        let masks = known.get().unwrap().lock().unwrap();
        if masks.iter().any(|(_, secret)| secret == ASSERTION) {
            return token();
        }
        reply(500, "{}")
    })
    .await;
    masks.set(hosts.masks()).unwrap();
    assert!(federated(&hosts.setup()).tokens_for(SCOPE).token().await.is_ok());
}

#[tokio::test]
async fn a_token_that_is_to_be_replaced_is_not_kept_by_the_library() {
    let hosts = hosts(|_| token()).await;
    let source = secret(&hosts.setup()).tokens_for(SCOPE);
    source.token().await.unwrap();
    source.token().await.unwrap();
    assert_eq!(hosts.heard().len(), 1);
    pass(3_600);
    source.token().await.unwrap();
    assert_eq!(hosts.heard().len(), 2);
}

#[tokio::test]
async fn two_scopes_take_one_assertion() {
    let hosts = hosts(|_| token()).await;
    let identity = federated(&hosts.setup());
    for scope in [SCOPE, "499b84ac-1321-427f-aa17-267ca6975798/.default"] {
        identity.tokens_for(scope).token().await.unwrap();
    }
    let asked: Vec<String> = hosts.heard().into_iter().map(|asked| asked.host).collect();
    let entra = Cloud::Public.authority();
    assert_eq!(asked, ["dev.azure.com", entra, entra]);
}

#[tokio::test]
async fn a_refusal_of_microsoft_entra_names_app_and_tenant_and_none_of_the_proofs() {
    let hosts = hosts(|asked| {
        let sent = format!(
            "{} {}",
            asked.body,
            asked.field("client_secret").unwrap_or_default()
        );
        let text = format!("AADSTS700213: No matching record for '{sent}'. Trace ID: tr-1");
        reply(
            401,
            json!({ "error": "invalid_client", "error_description": text, "error_codes": [700_213] }),
        )
    })
    .await;
    let setup = hosts.setup();
    for identity in [federated(&setup), secret(&setup)] {
        let failure = fails(&identity).await;
        assert_eq!(
            (failure.kind, failure.code.as_deref()),
            (FailureKind::Refused, Some("AADSTS700213"))
        );
        assert!(
            failure
                .what
                .contains(&format!("the app {APP} in tenant acme.example")),
            "{}",
            failure.what
        );
        let shown = format!("{failure:?} {identity:?}");
        assert!(shown.contains("Trace ID: tr-1"), "{shown}");
        for sent in [ASSERTION, SECRET, JOB_TOKEN, &SECRET[..22]] {
            assert!(!shown.contains(sent), "{shown}");
        }
    }
}

#[tokio::test]
async fn a_refused_assertion_is_the_failure_as_azure_devops_told_it() {
    let refusal = "There is no explicit reference to service connection 'c-1' from current stage.";
    let hosts = Hosts::start(move |_, _| reply(200, json!({ "count": 1, "value": refusal }))).await;
    let setup = hosts.setup();
    let oidc = OidcRequest::new(
        &setup,
        URI.to_owned(),
        "c-1".to_owned(),
        JOB_TOKEN.to_owned().into(),
    );
    let told = oidc.assertion().await.unwrap_err();
    assert!(told.service_words.as_ref().unwrap().contains(refusal));
    assert_eq!(fails(&federated(&setup)).await, told);
}

#[tokio::test]
async fn an_answer_without_a_token_is_no_token() {
    for answer in [
        "{}",
        "{\"access_token\":\"\"}",
        "{\"access_token\":[\"made-up-part-of-a-token\"]}",
        "x",
    ] {
        let hosts = hosts(move |_| reply(200, answer)).await;
        let failure = fails(&secret(&hosts.setup())).await;
        assert_eq!(
            (failure.kind, failure.code.as_deref()),
            (FailureKind::Service, Some("notUnderstood")),
            "{answer}"
        );
        assert!(!format!("{failure:?}").contains("made-up-part"), "{failure:?}");
    }
}

#[tokio::test]
async fn what_can_be_no_tenant_app_or_secret_is_bad_input_and_nothing_is_sent() {
    let hosts = hosts(|_| token()).await;
    let setup = hosts.setup();
    let filled = || SecretString::from(SECRET.to_owned());
    for (tenant, client_id, secret) in [
        ("", APP, filled()),
        ("acme.example/../x", APP, filled()),
        ("acme example", APP, filled()),
        ("acme.example", " ", filled()),
        ("acme.example", APP, SecretString::default()),
    ] {
        let failure = Identity::client_secret(&setup, tenant, client_id, secret).unwrap_err();
        assert_eq!(failure.kind, FailureKind::Input, "{tenant} {client_id}");
    }
    assert!(hosts.heard().is_empty());
}
