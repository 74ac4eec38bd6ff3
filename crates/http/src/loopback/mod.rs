//! The client against servers of this machine's loopback: TLS, proxy and retries as they really happen.

mod answers;
mod certificates;
mod proxies;
mod tries;

use std::future::Future;
use std::io::Write;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::{DateTime, Utc};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rustls::pki_types::PrivateKeyDer;
use rustls::server::danger::ClientCertVerifier;
use rustls::server::{NoClientAuth, WebPkiClientVerifier};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Instant;
use tokio_rustls::TlsAcceptor;

use crate::pace::Time;
use crate::{BoxFuture, Client, Proxy, Settings};

/// A certificate authority of one test.
struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    file: tempfile::NamedTempFile,
}

impl Authority {
    fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let name = format!(
            "loopback test authority {}",
            NUMBER.fetch_add(1, Ordering::Relaxed)
        );
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(issuer.pem().as_bytes()).unwrap();
        Self { issuer, file }
    }

    /// A server's certificate; `edit` may make it a bad one.
    fn certificate(&self, name: &str, edit: impl FnOnce(&mut CertificateParams)) -> TlsAcceptor {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        edit(&mut params);
        self.acceptor(&params, &key, Arc::new(NoClientAuth))
    }

    /// A server that talks only to who shows a certificate of this authority.
    fn insisting(&self, name: &str) -> TlsAcceptor {
        let mut roots = rustls::RootCertStore::empty();
        roots.add(self.issuer.der().clone()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider)
            .build()
            .unwrap();
        let params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        self.acceptor(&params, &KeyPair::generate().unwrap(), verifier)
    }

    fn acceptor(
        &self,
        params: &CertificateParams,
        key: &KeyPair,
        clients: Arc<dyn ClientCertVerifier>,
    ) -> TlsAcceptor {
        let certificate = params.signed_by(key, &self.issuer).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_client_cert_verifier(clients)
            .with_single_cert(
                vec![certificate.der().clone()],
                PrivateKeyDer::Pkcs8(key.serialize_der().into()),
            )
            .unwrap();
        TlsAcceptor::from(Arc::new(config))
    }

    /// A client's certificate and key, as the files that an agent is configured with.
    fn client_files(&self) -> (tempfile::NamedTempFile, tempfile::NamedTempFile) {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec!["agent.example".to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let file = |text: String| {
            let mut file = tempfile::NamedTempFile::new().unwrap();
            file.write_all(text.as_bytes()).unwrap();
            file
        };
        (file(certificate.pem()), file(key.serialize_pem()))
    }

    /// Settings that trust this authority and ask every host directly, whatever the machine's environment says.
    fn settings(&self) -> Settings {
        Settings {
            extra_ca: Some(self.file.path().to_owned()),
            proxy: Some(Proxy {
                url: "http://127.0.0.1:9".into(),
                user: None,
                password: None,
                bypass: vec![".*".into()],
            }),
            ..Settings::default()
        }
    }

    fn through(&self, proxy: &Listener) -> Settings {
        let proxy = Proxy {
            url: format!("http://127.0.0.1:{}", proxy.port),
            user: None,
            password: None,
            bypass: Vec::new(),
        };
        Settings {
            extra_ca: Some(self.file.path().to_owned()),
            proxy: Some(proxy),
            ..Settings::default()
        }
    }
}

/// A listener on loopback, and what it has heard.
struct Listener {
    port: u16,
    heard: Arc<Mutex<Vec<String>>>,
}

impl Listener {
    fn heard(&self) -> Vec<String> {
        self.heard.lock().unwrap().clone()
    }

    /// A TLS server: gives the n-th request (from 1) the bytes that `answer` returns, then closes.
    async fn server(tls: TlsAcceptor, answer: impl Fn(usize) -> Vec<u8> + Send + Sync + 'static) -> Self {
        let answer = Arc::new(answer);
        Self::accepting(move |stream, heard| {
            let (tls, answer) = (tls.clone(), answer.clone());
            async move {
                let Ok(mut stream) = tls.accept(stream).await else {
                    return;
                };
                let head = head(&mut stream).await;
                let number = {
                    let mut heard = heard.lock().unwrap();
                    heard.push(head);
                    heard.len()
                };
                let _ = stream.write_all(&answer(number)).await;
                let _ = stream.shutdown().await;
            }
        })
        .await
    }

    /// A proxy: answers CONNECT with `refusal`, or leads to `target` whatever host was asked for.
    async fn proxy(target: u16, refusal: Option<&'static str>) -> Self {
        Self::accepting(move |mut stream, heard| async move {
            let head = head(&mut stream).await;
            heard.lock().unwrap().push(head);
            if let Some(refusal) = refusal {
                let _ = stream.write_all(refusal.as_bytes()).await;
                return;
            }
            let Ok(mut onward) = TcpStream::connect(("127.0.0.1", target)).await else {
                return;
            };
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await;
            let _ = tokio::io::copy_bidirectional(&mut stream, &mut onward).await;
        })
        .await
    }

    async fn accepting<F>(serve: impl Fn(TcpStream, Arc<Mutex<Vec<String>>>) -> F + Send + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let heard: Arc<Mutex<Vec<String>>> = Arc::default();
        let shared = heard.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, shared.clone()));
            }
        });
        Self { port, heard }
    }
}

/// Reads up to the empty line.
async fn head(stream: &mut (impl AsyncReadExt + Unpin)) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => break,
        }
    }
    String::from_utf8_lossy(&head).into_owned()
}

/// A port on which nothing listens.
async fn dead_port() -> u16 {
    TcpListener::bind("127.0.0.1:0")
        .await
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}

fn ok(body: &str) -> Vec<u8> {
    reply("200 OK", "", body)
}

fn reply(status: &str, headers: &str, body: &str) -> Vec<u8> {
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: {}\r\n{headers}\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// Time that passes only by waiting, and remembers how long was waited.
#[derive(Clone)]
struct TestTime {
    start: Instant,
    waits: Arc<Mutex<Vec<Duration>>>,
}

impl TestTime {
    fn new() -> Self {
        Self {
            start: Instant::now(),
            waits: Arc::default(),
        }
    }

    fn waits(&self) -> Vec<u128> {
        self.waits
            .lock()
            .unwrap()
            .iter()
            .map(Duration::as_millis)
            .collect()
    }

    fn passed(&self) -> Duration {
        self.waits.lock().unwrap().iter().sum()
    }
}

impl Time for TestTime {
    fn instant(&self) -> Instant {
        self.start + self.passed()
    }

    fn date(&self) -> DateTime<Utc> {
        "2026-11-21T10:00:00Z".parse::<DateTime<Utc>>().unwrap() + self.passed()
    }

    fn chance(&self) -> f64 {
        0.5
    }

    fn sleep(&self, wait: Duration) -> BoxFuture<'_, ()> {
        self.waits.lock().unwrap().push(wait);
        Box::pin(std::future::ready(()))
    }
}

fn client(settings: &Settings) -> (Client, TestTime) {
    let time = TestTime::new();
    (Client::with_time(settings, Arc::new(time.clone())).unwrap(), time)
}
