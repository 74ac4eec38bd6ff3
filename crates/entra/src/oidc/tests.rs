use std::cell::RefCell;
use std::sync::Arc;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use patkeeper_http::Response;
use proptest::prelude::*;
use serde_json::json;
use tokio::task::JoinSet;

use super::*;
use crate::loopback::{Asked, Hosts, Reply, json as reply, now, pass};

const URI: &str =
    "https://dev.azure.com/acme/p-1/_apis/distributedtask/hubs/build/plans/pl-1/jobs/j-1/oidctoken";
const JOB_TOKEN: &str = "made-up-job-token-0123456789-abcdefghij";
const REFUSAL: &str = "There is no explicit reference to service connection 'c-1' from current stage: \
                       \"deploy\" <1>.";

/// An assertion of this number, which ends so many seconds after [`now`].
fn assertion(number: usize, ends_in: i64) -> String {
    let claims =
        json!({ "exp": now().timestamp() + ends_in, "n": number, "aud": "api://AzureADTokenExchange" });
    format!("e30.{}.c2ln", BASE64_URL_SAFE_NO_PAD.encode(claims.to_string()))
}

fn gives(ends_in: i64) -> impl Fn(&Asked, usize) -> Reply {
    move |_, number| reply(200, json!({ "oidcToken": assertion(number, ends_in) }))
}

fn request(hosts: &Hosts, uri: &str) -> OidcRequest {
    OidcRequest::new(
        &hosts.setup(),
        uri.to_owned(),
        "c-1".to_owned(),
        JOB_TOKEN.to_owned().into(),
    )
}

/// What such an answer means.
fn failure(answer: &Response) -> Failure {
    match answer::read(answer) {
        Answer::Assertion(_) => panic!("is an assertion"),
        Answer::Refusal(refusal) => refusal.failure(answer, "c-1", &Echo::of([JOB_TOKEN])),
    }
}

#[tokio::test]
async fn an_assertion_is_asked_for_as_azure_devops_takes_it() {
    let hosts = Hosts::start(gives(600)).await;
    let got = request(&hosts, URI).assertion().await.unwrap();
    assert_eq!(got.expose_secret(), assertion(1, 600));
    let asked = &hosts.heard()[0];
    assert_eq!(
        (asked.method.as_str(), asked.host.as_str()),
        ("POST", "dev.azure.com")
    );
    assert!(
        asked
            .path
            .ends_with("/jobs/j-1/oidctoken?api-version=7.1&serviceConnectionId=c-1"),
        "{}",
        asked.path
    );
    assert_eq!(
        asked.header("authorization"),
        Some(format!("Bearer {JOB_TOKEN}").as_str())
    );
    for (name, value) in [
        ("content-type", "application/json"),
        ("content-length", "0"),
        ("accept", "application/json"),
        ("x-tfs-fedauthredirect", "Suppress"),
    ] {
        assert_eq!(asked.header(name), Some(value), "{name}");
    }
    assert_eq!(hosts.masked(), [assertion(1, 600)]);
}

#[tokio::test]
async fn a_query_that_the_address_holds_stays_and_its_version_gives_way_to_ours() {
    let hosts = Hosts::start(gives(600)).await;
    let uri = format!("{URI}?area=a%26b&API-version=5.1");
    request(&hosts, &uri).assertion().await.unwrap();
    let path = &hosts.heard()[0].path;
    assert!(
        path.ends_with("oidctoken?area=a%26b&api-version=7.1&serviceConnectionId=c-1"),
        "{path}"
    );
}

#[tokio::test]
async fn an_assertion_is_kept_for_five_minutes_and_never_into_its_last() {
    for (ends_in, kept) in [(86_400, 300), (180, 120)] {
        let hosts = Hosts::start(gives(ends_in)).await;
        let request = request(&hosts, URI);
        let first = request.assertion().await.unwrap();
        pass(kept - 1);
        assert_eq!(
            request.assertion().await.unwrap().expose_secret(),
            first.expose_secret()
        );
        assert_eq!(hosts.heard().len(), 1);
        pass(1);
        let second = request.assertion().await.unwrap();
        assert_ne!(second.expose_secret(), first.expose_secret(), "{ends_in}");
        assert_eq!(hosts.heard().len(), 2);
    }
}

#[tokio::test]
async fn many_who_wait_ask_once() {
    let hosts = Hosts::start(gives(600)).await;
    let request = Arc::new(request(&hosts, URI));
    let mut all = JoinSet::new();
    for _ in 0..16 {
        let request = request.clone();
        all.spawn(async move { request.assertion().await.unwrap().expose_secret().to_owned() });
    }
    for got in all.join_all().await {
        assert_eq!(got, assertion(1, 600));
    }
    assert_eq!(hosts.heard().len(), 1);
}

#[tokio::test]
async fn a_refusal_inside_a_200_is_told_word_for_word_with_the_way_out() {
    let hosts = Hosts::start(|_, _| {
        let Reply(status, kind, _, body) = reply(200, json!({ "count": REFUSAL.len(), "value": REFUSAL }));
        Reply(
            status,
            kind,
            vec![("x-vss-e2eid", "7c1e"), ("x-msedge-ref", "Ref A: 1")],
            body,
        )
    })
    .await;
    let failure = request(&hosts, URI).assertion().await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Refused);
    assert_eq!(
        failure.service_words.as_deref(),
        Some(format!("\"{REFUSAL}\" (HTTP 200, activity 7c1e, x-msedge-ref Ref A: 1)").as_str())
    );
    assert!(
        failure.ways_out[0].starts_with("name the connection in a task input of this job"),
        "{failure:?}"
    );
    assert_eq!(hosts.heard().len(), 1, "asking again changes nothing");
    assert!(hosts.masked().is_empty());
}

#[test]
fn each_way_of_saying_no_has_its_name() {
    let page = "<html><title>Azure DevOps Services | Sign In</title></html>";
    let json = "application/json";
    for (status, kind, body, code, failed) in [
        (203, "text/html", page, "signInPage", FailureKind::Refused),
        (
            200,
            "text/html; charset=utf-8",
            page,
            "signInPage",
            FailureKind::Refused,
        ),
        (
            302,
            "text/html",
            "Object moved",
            "signInPage",
            FailureKind::Refused,
        ),
        (
            401,
            json,
            "{\"message\":\"TF400813\"}",
            "jobTokenRefused",
            FailureKind::Refused,
        ),
        (401, "", "", "jobTokenRefused", FailureKind::Refused),
        (403, json, "{}", "jobTokenRefused", FailureKind::Refused),
        (404, "text/html", page, "connectionNotFound", FailureKind::Refused),
        (429, json, "{}", "rateLimit", FailureKind::Service),
        (
            500,
            json,
            "{\"oidcToken\":\"a.b.c\"}",
            "serviceError",
            FailureKind::Service,
        ),
        (503, "text/html", page, "serviceError", FailureKind::Service),
        (400, json, "{}", "notUnderstood", FailureKind::Service),
        (200, json, "{}", "notUnderstood", FailureKind::Service),
        (
            200,
            json,
            "{\"oidcToken\":\"\"}",
            "notUnderstood",
            FailureKind::Service,
        ),
        (
            200,
            json,
            "{\"oidcToken\":7}",
            "notUnderstood",
            FailureKind::Service,
        ),
        (204, "", "", "notUnderstood", FailureKind::Service),
        (
            200,
            json,
            "{\"value\":{\"Message\":\"No.\"}}",
            "connectionNotNamed",
            FailureKind::Refused,
        ),
        (
            200,
            json,
            "\u{feff}{\"message\":\"No.\",\"typeKey\":\"X\"}",
            "connectionNotNamed",
            FailureKind::Refused,
        ),
    ] {
        let failure = failure(&Response::from_parts(
            "h/p",
            status,
            [("content-type", kind)],
            body,
        ));
        assert_eq!(
            (failure.code.as_deref(), failure.kind),
            (Some(code), failed),
            "{status} {body}"
        );
        assert!(!failure.ways_out.is_empty(), "{status} {body}");
        assert!(failure.what.contains("c-1"), "{}", failure.what);
    }
}

thread_local! {
    static SLEPT: RefCell<Vec<u64>> = const { RefCell::new(Vec::new()) };
}

async fn after_plan_refusals(refusals: usize) -> (Result<SecretString, Failure>, usize) {
    let hosts = Hosts::start(move |_, number| {
        if number > refusals {
            return reply(200, json!({ "oidcToken": assertion(number, 600) }));
        }
        let error = json!({ "message": "Plan pl-1 …", "typeKey": "TaskOrchestrationPlanSecurityException" });
        reply(403, error)
    })
    .await;
    let mut request = request(&hosts, URI);
    SLEPT.take();
    request.sleep = |wait| {
        SLEPT.with_borrow_mut(|slept| slept.push(wait.as_secs()));
        Box::pin(std::future::ready(()))
    };
    (request.assertion().await, hosts.heard().len())
}

#[tokio::test]
async fn a_plan_that_is_not_known_yet_is_waited_for_as_the_agent_does() {
    let (result, asked) = after_plan_refusals(2).await;
    assert_eq!(result.unwrap().expose_secret(), assertion(3, 600));
    assert_eq!((asked, SLEPT.take()), (3, vec![1, 5]));
}

#[tokio::test]
async fn a_plan_that_stays_closed_is_a_refusal_after_three_waits() {
    let (result, asked) = after_plan_refusals(usize::MAX).await;
    assert_eq!((asked, SLEPT.take()), (4, vec![1, 5, 25]));
    let failure = result.unwrap_err();
    assert_eq!(
        (failure.kind, failure.code.as_deref()),
        (FailureKind::Refused, Some("jobTokenRefused"))
    );
    assert!(
        failure
            .service_words
            .unwrap()
            .contains("TaskOrchestrationPlanSecurityException"),
    );
}

#[tokio::test]
async fn what_cannot_be_reached_is_the_networks_failure_and_names_no_secret() {
    let hosts = Hosts::start(gives(600)).await;
    let request = request(&hosts, "https://other.dev.azure.com/acme/oidctoken");
    let failure = request.assertion().await.unwrap_err();
    assert_eq!(
        (failure.kind, failure.code.as_deref()),
        (FailureKind::Service, Some("certificate"))
    );
    assert!(failure.what.contains("assertion"), "{}", failure.what);
    assert!(!format!("{failure:?} {request:?}").contains(JOB_TOKEN));
}

#[tokio::test]
async fn debug_shows_neither_the_jobs_token_nor_the_assertion() {
    let hosts = Hosts::start(gives(600)).await;
    let request = request(&hosts, URI);
    let got = request.assertion().await.unwrap();
    let shown = format!("{request:?} {:?}", hosts.setup());
    assert!(
        !shown.contains(JOB_TOKEN) && !shown.contains(got.expose_secret()),
        "{shown}"
    );
}

proptest! {
    #[test]
    fn no_answer_panics_and_none_brings_the_jobs_token_back(
        status in 100..999u16,
        kind in prop_oneof![Just("application/json"), Just("text/html"), Just("")],
        text in "\\PC{0,60}",
        bytes in proptest::collection::vec(any::<u8>(), 0..80),
    ) {
        let said = format!("{text}{JOB_TOKEN}{text}");
        let bodies = [
            json!({ "value": said, "count": 1 }).to_string().into_bytes(),
            json!({ "message": said, "typeKey": said }).to_string().into_bytes(),
            said.clone().into_bytes(),
            bytes,
        ];
        for body in bodies {
            let answer = Response::from_parts("h/p", status, [("content-type", kind), ("activityid", &said)], body);
            let shown = format!("{:?}", failure(&answer));
            prop_assert!(!shown.contains(JOB_TOKEN), "{}", shown);
        }
    }
}
