use super::*;
use crate::{HttpError, Request};

/// What the client makes of a server that answers every request with `bytes`.
async fn asked(
    bytes: Vec<u8>,
    request: impl Fn(String) -> Request,
) -> (Result<crate::Response, HttpError>, Listener) {
    let authority = Authority::new();
    let server = Listener::server(authority.certificate("localhost", |_| ()), move |_| bytes.clone()).await;
    let (client, _) = client(&authority.settings());
    let result = client
        .send(request(format!(
            "https://localhost:{}/path?secret=1",
            server.port
        )))
        .await;
    (result, server)
}

#[tokio::test]
async fn redirects_are_answers_and_the_token_goes_nowhere_else() {
    let bytes = reply("302 Found", "Location: https://localhost:1/_signin\r\n", "");
    let (answer, server) = asked(bytes, |url| {
        Request::get(url).bearer("T0PS3CRET".to_owned().into())
    })
    .await;
    assert_eq!(answer.unwrap().status, 302);
    assert_eq!(server.heard().len(), 1);
}

#[tokio::test]
async fn a_truncated_body_is_broken_and_read_again_where_that_is_safe() {
    let short =
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{\"a\":".to_vec();
    let (answer, server) = asked(short.clone(), Request::get).await;
    let error = answer.unwrap_err();
    assert!(matches!(error, HttpError::Broken { .. }), "{error:?}");
    assert!(!error.to_string().contains("secret"), "{error}");
    assert_eq!(server.heard().len(), 4);

    let (answer, server) = asked(short, Request::post).await;
    assert!(matches!(answer.unwrap_err(), HttpError::Broken { .. }));
    assert_eq!(server.heard().len(), 1, "it may have been made");
}

#[tokio::test]
async fn a_closed_connection_is_broken() {
    let (answer, _) = asked(Vec::new(), Request::get).await;
    let error = answer.unwrap_err();
    assert!(matches!(error, HttpError::Broken { .. }), "{error:?}");
}

#[tokio::test]
async fn a_body_without_bound_is_given_up() {
    let mut bytes = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n".to_vec();
    bytes.resize(33 * 1024 * 1024, b' ');
    let (answer, server) = asked(bytes, Request::get).await;
    assert!(matches!(answer.unwrap_err(), HttpError::TooLarge { .. }));
    assert_eq!(server.heard().len(), 1);
}

#[tokio::test]
async fn what_was_put_together_is_what_is_sent() {
    let request = |url| {
        Request::put(url)
            .query("name", "a b&c")
            .header("accept", "application/json")
            .bearer("tok".to_owned().into())
            .json(&serde_json::json!({ "a": 1 }))
    };
    let (answer, server) = asked(ok("{\"b\":2}"), request).await;
    let body = answer.unwrap().json().unwrap();
    assert_eq!(body["b"], 2);
    let heard = server.heard().remove(0);
    assert!(
        heard.starts_with("PUT /path?secret=1&name=a+b%26c HTTP/1.1\r\n"),
        "{heard}"
    );
    for line in [
        "authorization: Bearer tok\r\n",
        "content-type: application/json\r\n",
        "content-length: 7\r\n",
    ] {
        assert!(heard.contains(line), "{heard}");
    }
}

#[tokio::test]
async fn no_error_of_a_secret_url_tells_more_than_its_host() {
    let authority = Authority::new();
    let port = dead_port().await;
    let (client, _) = client(&authority.settings());
    let url = format!("https://localhost:{port}/services/T0PS3CRET?key=T0PS3CRET");
    let error = client
        .send(Request::post_to_secret_url(url.into()))
        .await
        .unwrap_err();
    assert!(matches!(error, HttpError::Connect { .. }), "{error:?}");
    assert!(!format!("{error:?} {error} {:?}", error.failure()).contains("T0PS3CRET"));
}

#[test]
fn no_setting_is_shown_with_its_password() {
    let settings = Settings {
        proxy: Some(Proxy {
            url: "http://agent:T0PS3CRET@proxy.example:8080".into(),
            user: Some("agent".into()),
            password: Some("T0PS3CRET".to_owned().into()),
            bypass: Vec::new(),
        }),
        ..Settings::default()
    };
    assert!(!format!("{settings:?}").contains("T0PS3CRET"), "{settings:?}");
    assert!(format!("{settings:?}").contains("proxy.example:8080"));
    if let Ok(client) = Client::new(&settings) {
        assert!(!format!("{client:?}").contains("T0PS3CRET"));
    }
}
