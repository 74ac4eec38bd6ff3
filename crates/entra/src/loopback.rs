//! A proxy on this machine's loopback behind which every host is played by a test.

use std::cell::Cell;
use std::io::Write;
use std::sync::{Arc, Mutex};

use chrono::{DateTime, TimeDelta, Utc};
use patkeeper_core::cloud::Cloud;
use patkeeper_http::{Client, Proxy, Settings};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rustls::pki_types::PrivateKeyDer;
use secrecy::{ExposeSecret, SecretString};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use crate::Setup;

/// One request as a host gets it.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) method: String,
    pub(crate) host: String,
    /// Path and query as sent.
    pub(crate) path: String,
    /// Lower-case names.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Asked {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut of_name = self.headers.iter().filter(|(known, _)| known == name);
        let value = of_name.next().map(|(_, value)| value.as_str());
        assert!(of_name.next().is_none(), "{name} came twice");
        value
    }

    /// A field of the form in the body.
    pub(crate) fn field(&self, name: &str) -> Option<String> {
        let url = azure_core::http::Url::parse(&format!("https://x/?{}", self.body)).unwrap();
        url.query_pairs()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.into_owned())
    }
}

/// What a host answers: status, content type, further headers, body.
pub(crate) struct Reply(
    pub(crate) u16,
    pub(crate) &'static str,
    pub(crate) Vec<(&'static str, &'static str)>,
    pub(crate) String,
);

pub(crate) fn json(status: u16, body: impl ToString) -> Reply {
    Reply(
        status,
        "application/json; charset=utf-8",
        Vec::new(),
        body.to_string(),
    )
}

/// Names and secrets, in the order in which they were masked.
pub(crate) type Masks = Arc<Mutex<Vec<(String, String)>>>;

/// All hosts.
pub(crate) struct Hosts {
    settings: Settings,
    heard: Arc<Mutex<Vec<Asked>>>,
    masked: Masks,
    _authority: tempfile::NamedTempFile,
}

thread_local! {
    /// Each test has a thread of its own, so its clock is its own too.
    static AHEAD: Cell<i64> = const { Cell::new(0) };
}

/// What every setup's clock says.
pub(crate) fn now() -> DateTime<Utc> {
    let start: DateTime<Utc> = "2026-11-21T10:00:00Z".parse().unwrap();
    start + TimeDelta::seconds(AHEAD.get())
}

/// Lets the clock go on.
pub(crate) fn pass(seconds: i64) {
    AHEAD.set(AHEAD.get() + seconds);
}

impl Hosts {
    /// Gives the n-th request (from 1) what `answer` returns.
    pub(crate) async fn start(answer: impl Fn(&Asked, usize) -> Reply + Send + Sync + 'static) -> Self {
        let (tls, authority) = certificates();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let heard: Arc<Mutex<Vec<Asked>>> = Arc::default();
        let (answer, all) = (Arc::new(answer), heard.clone());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, tls.clone(), answer.clone(), all.clone()));
            }
        });
        let proxy = Proxy {
            url: format!("http://127.0.0.1:{port}"),
            user: None,
            password: None,
            bypass: Vec::new(),
        };
        let settings = Settings {
            extra_ca: Some(authority.path().to_owned()),
            proxy: Some(proxy),
            ..Settings::default()
        };
        Self {
            settings,
            heard,
            masked: Arc::default(),
            _authority: authority,
        }
    }

    pub(crate) fn setup(&self) -> Setup {
        let masked = self.masked.clone();
        Setup {
            client: Client::new(&self.settings).unwrap(),
            cloud: Cloud::Public,
            mask: Arc::new(move |name: &str, secret: &SecretString| {
                let mut masked = masked.lock().unwrap();
                masked.push((name.to_owned(), secret.expose_secret().to_owned()));
            }),
            now,
        }
    }

    pub(crate) fn heard(&self) -> Vec<Asked> {
        self.heard.lock().unwrap().clone()
    }

    /// The secrets masked so far.
    pub(crate) fn masked(&self) -> Vec<String> {
        let masked = self.masked.lock().unwrap();
        masked.iter().map(|(_, secret)| secret.clone()).collect()
    }

    /// What is masked, to be looked at from within an answer.
    pub(crate) fn masks(&self) -> Masks {
        self.masked.clone()
    }
}

async fn serve(
    stream: TcpStream,
    tls: TlsAcceptor,
    answer: Arc<impl Fn(&Asked, usize) -> Reply>,
    heard: Arc<Mutex<Vec<Asked>>>,
) -> Option<()> {
    let mut stream = BufReader::new(stream);
    let connect = head(&mut stream).await?;
    let host = connect
        .first()?
        .strip_prefix("CONNECT ")?
        .split(':')
        .next()?
        .to_owned();
    stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.ok()?;
    let mut stream = BufReader::new(tls.accept(stream.into_inner()).await.ok()?);
    loop {
        let lines = head(&mut stream).await?;
        let (first, rest) = lines.split_first()?;
        let mut words = first.split(' ').map(ToOwned::to_owned);
        let headers: Vec<(String, String)> = rest
            .iter()
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
            .collect();
        let length = headers
            .iter()
            .find(|(name, _)| name == "content-length")
            .map_or(0, |(_, value)| value.parse().unwrap());
        let mut body = vec![0; length];
        stream.read_exact(&mut body).await.ok()?;
        let asked = Asked {
            method: words.next()?,
            host: host.clone(),
            path: words.next()?,
            headers,
            body: String::from_utf8(body).unwrap(),
        };
        let number = {
            let mut heard = heard.lock().unwrap();
            heard.push(asked.clone());
            heard.len()
        };
        let Reply(status, content_type, further, body) = answer(&asked, number);
        let mut text = format!("HTTP/1.1 {status} x\r\ncontent-length: {}\r\n", body.len());
        for (name, value) in further.into_iter().chain([("content-type", content_type)]) {
            text += &format!("{name}: {value}\r\n");
        }
        stream
            .write_all(format!("{text}\r\n{body}").as_bytes())
            .await
            .ok()?;
        stream.flush().await.ok()?;
    }
}

/// The lines up to the empty one.
async fn head(stream: &mut (impl AsyncBufReadExt + Unpin)) -> Option<Vec<String>> {
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await.ok()? == 0 {
            return None;
        }
        match line.trim_end() {
            "" => return Some(lines),
            text => lines.push(text.to_owned()),
        }
    }
}

/// A server's certificate for every host that is asked, and the file with its authority.
fn certificates() -> (TlsAcceptor, tempfile::NamedTempFile) {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params
        .distinguished_name
        .push(DnType::CommonName, "loopback test authority");
    let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(issuer.pem().as_bytes()).unwrap();
    let mut names = vec!["dev.azure.com".to_owned()];
    names.extend(Cloud::ALL.map(|cloud| cloud.authority().to_owned()));
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(names)
        .unwrap()
        .signed_by(&key, &issuer)
        .unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![certificate.der().clone()],
            PrivateKeyDer::Pkcs8(key.serialize_der().into()),
        )
        .unwrap();
    (TlsAcceptor::from(Arc::new(config)), file)
}
