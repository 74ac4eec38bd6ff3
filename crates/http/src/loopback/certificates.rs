use rcgen::date_time_ymd;

use super::*;
use crate::{HttpError, Request};

async fn refused(tls: TlsAcceptor, settings: &Settings) -> (String, Vec<u128>, usize) {
    let server = Listener::server(tls, |_| ok("{}")).await;
    let (client, time) = client(settings);
    let error = client
        .send(Request::get(format!(
            "https://localhost:{}/x?secret=1",
            server.port
        )))
        .await
        .unwrap_err();
    let HttpError::Certificate { host, why } = &error else {
        panic!("{error:?}")
    };
    assert_eq!(*host, format!("localhost:{}", server.port));
    assert!(!error.to_string().contains("secret"), "{error}");
    (why.clone(), time.waits(), server.heard().len())
}

#[tokio::test]
async fn an_untrusted_authority_is_fatal_at_once_and_nothing_is_sent() {
    let (ours, theirs) = (Authority::new(), Authority::new());
    let (why, waits, heard) = refused(theirs.certificate("localhost", |_| ()), &ours.settings()).await;
    assert!(why.contains("issuer"), "{why}");
    assert_eq!((waits.len(), heard), (0, 0));
}

#[tokio::test]
async fn an_expired_certificate_and_one_for_another_host_are_told_apart() {
    let authority = Authority::new();
    let expired = authority.certificate("localhost", |params| {
        params.not_before = date_time_ymd(2019, 1, 1);
        params.not_after = date_time_ymd(2020, 1, 1);
    });
    assert!(
        refused(expired, &authority.settings())
            .await
            .0
            .contains("expired")
    );
    let other = authority.certificate("elsewhere.example", |_| ());
    assert!(
        refused(other, &authority.settings())
            .await
            .0
            .contains("another host")
    );
}

#[tokio::test]
async fn an_extra_authority_is_trusted_beside_the_systems() {
    let authority = Authority::new();
    let server = Listener::server(authority.certificate("localhost", |_| ()), |_| ok("{}")).await;
    let (client, _) = client(&authority.settings());
    let answer = client
        .send(Request::get(format!("https://localhost:{}/", server.port)))
        .await
        .unwrap();
    assert_eq!(answer.status, 200);
    assert_eq!(client.requests(), 1);
}

#[tokio::test]
async fn skipping_validation_skips_it_and_is_warned_of() {
    let (ours, theirs) = (Authority::new(), Authority::new());
    let server = Listener::server(theirs.certificate("elsewhere.example", |_| ()), |_| ok("{}")).await;
    let settings = Settings {
        skip_certificate_validation: true,
        ..ours.settings()
    };
    assert_eq!(settings.warnings().len(), 1);
    let (client, _) = client(&settings);
    assert!(
        client
            .send(Request::get(format!("https://localhost:{}/", server.port)))
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn the_agents_client_certificate_is_shown_to_a_server_that_insists() {
    let authority = Authority::new();
    let (certificate, key) = authority.client_files();
    let server = Listener::server(authority.insisting("localhost"), |_| ok("{}")).await;
    let ask = || Request::get(format!("https://localhost:{}/", server.port));

    let (stranger, _) = client(&authority.settings());
    assert!(stranger.send(ask()).await.is_err());
    assert!(server.heard().is_empty());

    let (agent, _) = client(&Settings {
        client_certificate: Some(certificate.path().to_owned()),
        client_key: Some(key.path().to_owned()),
        ..authority.settings()
    });
    assert_eq!(agent.send(ask()).await.unwrap().status, 200);
}

#[test]
fn an_authority_file_that_is_none_is_named() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(b"no certificate").unwrap();
    for path in [file.path().to_owned(), "/nonexistent/ca.pem".into()] {
        let settings = Settings {
            extra_ca: Some(path.clone()),
            ..Settings::default()
        };
        let message = Client::new(&settings).unwrap_err().to_string();
        assert!(
            message.contains("AGENT_CAINFO") && message.contains(path.to_str().unwrap()),
            "{message}"
        );
    }
}

#[test]
fn a_locked_client_key_is_left_out_with_a_warning() {
    let authority = Authority::new();
    let mut key = tempfile::NamedTempFile::new().unwrap();
    key.write_all(b"-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n")
        .unwrap();
    let settings = Settings {
        client_certificate: Some(authority.file.path().to_owned()),
        client_key: Some(key.path().to_owned()),
        ..authority.settings()
    };
    assert!(settings.warnings()[0].contains("pass phrase"));
    assert!(Client::new(&settings).is_ok());
}

#[test]
fn a_client_key_that_fits_no_certificate_is_an_error() {
    let authority = Authority::new();
    let mut key = tempfile::NamedTempFile::new().unwrap();
    key.write_all(KeyPair::generate().unwrap().serialize_pem().as_bytes())
        .unwrap();
    let settings = Settings {
        client_certificate: Some(authority.file.path().to_owned()),
        client_key: Some(key.path().to_owned()),
        ..authority.settings()
    };
    let message = Client::new(&settings).unwrap_err().to_string();
    assert!(message.contains("AGENT_CLIENTCERTKEY"), "{message}");
}

/// The roots are found through the environment, which a test cannot change for itself: it runs itself again.
#[test]
#[cfg(target_os = "linux")]
fn a_machine_without_roots_is_told_so_and_an_extra_authority_is_enough() {
    const NOWHERE: &str = "/nonexistent/roots.pem";
    if std::env::var("SSL_CERT_FILE").as_deref() == Ok(NOWHERE) {
        let error = Client::new(&Settings::default()).unwrap_err();
        assert!(matches!(error, crate::SettingsError::NoRoots { .. }), "{error:?}");
        assert!(error.failure().ways_out[0].contains("ca-certificates"));
        assert!(Client::new(&Authority::new().settings()).is_ok());
        return;
    }
    let status = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["a_machine_without_roots_is_told_so", "--quiet"])
        .env("SSL_CERT_FILE", NOWHERE)
        .env("SSL_CERT_DIR", "/nonexistent")
        .status()
        .unwrap();
    assert!(status.success());
}
