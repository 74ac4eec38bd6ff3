use super::*;
use tokio::sync::watch;

use crate::{HttpError, Repeat, Request, Response};

/// Sends to a server that gives each try the answer that `answer` makes for its number.
async fn tried(
    request: impl Fn(String) -> Request,
    answer: impl Fn(usize) -> Vec<u8> + Send + Sync + 'static,
) -> (Result<Response, HttpError>, usize, Vec<u128>) {
    let authority = Authority::new();
    let server = Listener::server(authority.certificate("localhost", |_| ()), answer).await;
    let (client, time) = client(&authority.settings());
    let result = client
        .send(request(format!("https://localhost:{}/", server.port)))
        .await;
    assert_eq!(
        client.requests() as usize,
        server.heard().len(),
        "each try is counted"
    );
    (result, server.heard().len(), time.waits())
}

fn busy(headers: &str) -> Vec<u8> {
    reply("503 Service Unavailable", headers, "{}")
}

#[tokio::test]
async fn a_read_is_tried_again_until_it_works() {
    let (result, tries, waits) = tried(
        Request::get,
        |number| if number < 3 { busy("") } else { ok("{}") },
    )
    .await;
    assert_eq!((result.unwrap().status, tries, waits), (200, 3, vec![500, 1000]));
}

#[tokio::test]
async fn the_last_answer_is_handed_on_after_four_tries() {
    let (result, tries, waits) = tried(Request::get, |_| busy("")).await;
    assert_eq!(
        (result.unwrap().status, tries, waits),
        (503, 4, vec![500, 1000, 2000])
    );
}

#[tokio::test]
async fn a_creation_is_tried_again_after_429_and_never_after_503() {
    let (result, tries, _) = tried(Request::post, |_| busy("Retry-After: 1\r\n")).await;
    assert_eq!((result.unwrap().status, tries), (503, 1));
    let limited = |number| {
        if number == 1 {
            reply("429 Too Many Requests", "Retry-After: 7\r\n", "")
        } else {
            ok("{}")
        }
    };
    let (result, tries, waits) = tried(Request::post, limited).await;
    assert_eq!((result.unwrap().status, tries, waits), (200, 2, vec![7000]));
}

#[tokio::test]
async fn a_wait_that_the_service_asks_for_is_capped_and_the_whole_stays_bounded() {
    let (result, tries, waits) = tried(Request::get, |_| {
        reply("429 Too Many Requests", "Retry-After: 86400\r\n", "")
    })
    .await;
    assert_eq!(
        (result.unwrap().status, tries, waits),
        (429, 3, vec![60_000, 60_000])
    );
}

#[tokio::test]
async fn a_wait_that_comes_with_a_200_is_kept_before_the_next_request() {
    let authority = Authority::new();
    let server = Listener::server(authority.certificate("localhost", |_| ()), |number| {
        reply(
            "200 OK",
            if number == 1 { "Retry-After: 9\r\n" } else { "" },
            "{}",
        )
    })
    .await;
    let (client, time) = client(&authority.settings());
    let ask = async || {
        client
            .send(Request::get(format!("https://localhost:{}/", server.port)))
            .await
            .unwrap()
    };
    ask().await;
    assert_eq!(time.waits(), [0u128; 0], "the answer itself is not held back");
    ask().await;
    assert_eq!(time.waits(), [9000]);
    ask().await;
    assert_eq!(time.waits(), [9000], "once is enough");
}

#[tokio::test]
async fn no_connection_is_tried_again_for_a_creation_too() {
    let authority = Authority::new();
    let (client, time) = client(&authority.settings());
    let url = format!("https://localhost:{}/", dead_port().await);
    let error = client.send(Request::post(url)).await.unwrap_err();
    assert!(matches!(error, HttpError::Connect { .. }), "{error:?}");
    assert_eq!(time.waits(), [500, 1000, 2000]);
    assert_eq!(client.requests(), 4, "a try in vain is one, too");
}

#[tokio::test]
async fn a_refusal_after_a_lost_answer_says_that_it_follows_one() {
    let refused = || reply("400 Bad Request", "", "{}");
    for (first, follows) in [
        (Vec::new(), true),
        (busy(""), true),
        (reply("408 Request Timeout", "", ""), true),
        (reply("429 Too Many Requests", "Retry-After: 1\r\n", ""), false),
    ] {
        let (result, tries, _) = tried(Request::get, move |number| match number {
            1 => first.clone(),
            _ => refused(),
        })
        .await;
        let answer = result.unwrap();
        assert_eq!(
            (answer.status, tries, answer.follows_a_lost_one),
            (400, 2, follows)
        );
    }
    let (result, ..) = tried(Request::get, move |_| refused()).await;
    assert!(!result.unwrap().follows_a_lost_one);
}

#[tokio::test]
async fn what_waits_is_not_begun_once_the_run_is_to_stop_and_what_was_tried_is_told() {
    let authority = Authority::new();
    let (stop, told) = watch::channel(false);
    // Each answer comes when it is too late for another try.
    let server = Listener::server(authority.certificate("localhost", |_| ()), move |_| {
        stop.send_replace(true);
        busy("Retry-After: 9\r\n")
    })
    .await;
    let (client, time) = client(&authority.settings());
    let until = client.until(told);
    let ask = || Request::get(format!("https://localhost:{}/", server.port));
    assert_eq!(until.send(ask()).await.unwrap().status, 503);
    assert_eq!((server.heard().len(), time.waits().len()), (1, 0));
    let error = until.send(ask()).await.unwrap_err();
    assert!(matches!(error, HttpError::NotBegun { .. }), "{error:?}");
    assert_eq!(server.heard().len(), 1, "nothing was sent");

    // Who never asked for it goes on, and who can be stopped by nobody any more.
    let unstoppable = client.until(watch::channel(false).1);
    for client in [client, unstoppable] {
        client.send(ask().repeat(Repeat::Never)).await.unwrap();
    }
    assert_eq!(server.heard().len(), 3);
}
