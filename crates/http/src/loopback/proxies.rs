use super::*;
use crate::{HttpError, Request};

const URL: &str = "https://dev.azure.com/acme/_apis/connectionData?secret=1";

async fn azure(authority: &Authority) -> Listener {
    Listener::server(authority.certificate("dev.azure.com", |_| ()), |_| ok("{}")).await
}

#[tokio::test]
async fn requests_go_through_the_agents_proxy_with_its_sign_in() {
    let authority = Authority::new();
    let server = azure(&authority).await;
    let proxy = Listener::proxy(server.port, None).await;
    let mut settings = authority.through(&proxy);
    let rule = settings.proxy.as_mut().unwrap();
    rule.user = Some("agent".into());
    rule.password = Some("p@ss:w%rd".to_owned().into());
    let (client, _) = client(&settings);
    assert_eq!(client.send(Request::get(URL)).await.unwrap().status, 200);
    let heard = proxy.heard().remove(0);
    assert!(heard.starts_with("CONNECT dev.azure.com:443 "), "{heard}");
    // base64 of agent:p@ss:w%rd
    assert!(
        heard
            .to_lowercase()
            .contains("proxy-authorization: basic ywdlbnq6cebzczp3jxjk"),
        "{heard}"
    );
    assert!(!server.heard()[0].to_lowercase().contains("proxy-authorization"));
    assert!(server.heard()[0].contains("user-agent: patkeeper/"));
}

#[tokio::test]
async fn a_bypass_pattern_is_matched_against_the_whole_url_without_letter_case() {
    let authority = Authority::new();
    let server = Listener::server(authority.certificate("localhost", |_| ()), |_| ok("{}")).await;
    let proxy = Listener::proxy(server.port, None).await;
    let mut settings = authority.through(&proxy);
    settings.proxy.as_mut().unwrap().bypass =
        vec!["(unclosed".into(), "^https://LOCALHOST:.*/direct/".into()];
    assert_eq!(settings.warnings().len(), 1, "the pattern that is none is told");
    let (client, _) = client(&settings);
    let ask = async |path: &str| {
        client
            .send(Request::get(format!("https://localhost:{}/{path}", server.port)))
            .await
            .unwrap();
        proxy.heard().len()
    };
    assert_eq!(ask("direct/x").await, 0);
    assert_eq!(ask("other/x").await, 1);
}

#[tokio::test]
async fn a_proxy_that_wants_a_sign_in_is_told_apart_and_not_asked_again() {
    let authority = Authority::new();
    let proxy = Listener::proxy(0, Some("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n")).await;
    let (client, time) = client(&authority.through(&proxy));
    let error = client.send(Request::get(URL)).await.unwrap_err();
    assert!(
        matches!(error, HttpError::Proxy { sign_in: true, .. }),
        "{error:?}"
    );
    assert_eq!((proxy.heard().len(), time.waits().len()), (1, 0));
    assert_eq!(error.failure().code.as_deref(), Some("proxySignIn"));
}

#[tokio::test]
async fn a_proxy_that_refuses_or_is_not_there_is_blamed_and_not_the_service() {
    let authority = Authority::new();
    let refusing = Listener::proxy(0, Some("HTTP/1.1 403 Forbidden\r\n\r\n")).await;
    let dead = Listener {
        port: dead_port().await,
        heard: Arc::default(),
    };
    for proxy in [&refusing, &dead] {
        let (client, time) = client(&authority.through(proxy));
        let error = client.send(Request::get(URL)).await.unwrap_err();
        let HttpError::Proxy {
            proxy: named,
            host,
            sign_in,
            ..
        } = &error
        else {
            panic!("{error:?}")
        };
        assert_eq!(
            (named.as_str(), host.as_str()),
            (format!("127.0.0.1:{}", proxy.port).as_str(), "dev.azure.com")
        );
        assert!(!sign_in && !error.to_string().contains("secret"), "{error}");
        assert_eq!(
            time.waits(),
            [500, 1000, 2000],
            "nothing reached the service, so it is tried again"
        );
    }
    assert_eq!(refusing.heard().len(), 4);
}

#[tokio::test]
async fn a_certificate_behind_the_proxy_is_the_hosts() {
    let (ours, theirs) = (Authority::new(), Authority::new());
    let server = azure(&theirs).await;
    let proxy = Listener::proxy(server.port, None).await;
    let (client, _) = client(&ours.through(&proxy));
    let error = client.send(Request::get(URL)).await.unwrap_err();
    assert!(
        matches!(&error, HttpError::Certificate { host, .. } if host == "dev.azure.com"),
        "{error:?}"
    );
}
