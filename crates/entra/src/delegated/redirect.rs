//! What the browser brings back: one request to a loopback address of this machine (RFC 8252, 7.3).
//!
//! Anything on this machine can ask that address, and any page can have a browser ask it. So only a request that
//! names the address itself and brings the sign-in's own state is believed; all others get a refusal and change
//! nothing.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use oauth2::url::Url;
use secrecy::SecretString;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::timeout;

/// Most bytes of a request's head: a browser sends along the cookies of all that ever ran on localhost.
const LARGEST: usize = 64 * 1024;
/// Most headers.
const HEADERS: usize = 128;
/// A browser opens connections in advance; one that stays silent must not hold a place for long.
const SILENCE: Duration = Duration::from_secs(20);
/// Connections looked at at once.
const PLACES: usize = 32;
/// Tries to find a port that is free in both families.
const TRIES: usize = 8;

/// What came back with the right state.
#[derive(Debug)]
pub(super) enum Brought {
    Code(SecretString),
    Refusal {
        error: String,
        description: Option<String>,
    },
}

/// The address that the browser is sent back to.
pub(super) struct Redirect {
    v4: TcpListener,
    /// A machine may have no IPv6, or another program may have this port there.
    v6: Option<TcpListener>,
    port: u16,
}

impl Redirect {
    /// Listens on a port that the system chooses, on both loopback addresses if possible: `localhost` may lead to
    /// either.
    pub(super) async fn listen() -> std::io::Result<Self> {
        let mut tries = 0;
        loop {
            tries += 1;
            let v4 = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
            let port = v4.local_addr()?.port();
            match TcpListener::bind((Ipv6Addr::LOCALHOST, port)).await {
                Ok(v6) => {
                    let v6 = Some(v6);
                    return Ok(Self { v4, v6, port });
                }
                // Another program there would get what the browser brings.
                Err(error) if error.kind() == std::io::ErrorKind::AddrInUse && tries < TRIES => {}
                Err(_) => return Ok(Self { v4, v6: None, port }),
            }
        }
    }

    /// As it is told to Microsoft Entra, which takes any port where `http://localhost` is registered.
    pub(super) fn url(&self) -> String {
        format!("http://localhost:{}", self.port)
    }

    /// Waits for what comes back with this state. Ends only then.
    pub(super) async fn wait(&self, state: &str) -> Brought {
        let mut open = JoinSet::new();
        loop {
            let stream = tokio::select! {
                stream = self.accept(), if open.len() < PLACES => stream,
                Some(ended) = open.join_next() => {
                    if let Ok(Some(brought)) = ended {
                        return brought;
                    }
                    continue;
                }
            };
            match stream {
                Ok(stream) => {
                    let (state, port) = (state.to_owned(), self.port);
                    open.spawn(async move {
                        let served = timeout(SILENCE, serve(stream, &state, port));
                        served.await.ok().flatten()
                    });
                }
                // The system is short of something; it must not be asked again at once.
                Err(_) => tokio::time::sleep(Duration::from_millis(200)).await,
            }
        }
    }

    async fn accept(&self) -> std::io::Result<TcpStream> {
        let stream = match &self.v6 {
            Some(v6) => tokio::select! {
                stream = self.v4.accept() => stream,
                stream = v6.accept() => stream,
            },
            None => self.v4.accept().await,
        };
        stream.map(|(stream, _)| stream)
    }
}

/// Reads one request, answers it, and tells what it brought.
async fn serve(mut stream: TcpStream, state: &str, port: u16) -> Option<Brought> {
    let mut head = Vec::new();
    let read = loop {
        let mut chunk = [0; 4096];
        let length = stream.read(&mut chunk).await.ok()?;
        head.extend_from_slice(chunk.get(..length)?);
        match read(&head, state, port) {
            Read::More if length == 0 => return None,
            Read::More if head.len() > LARGEST => break Read::Refused("431 Request Header Fields Too Large"),
            Read::More => {}
            read => break read,
        }
    };
    let (answer, brought) = match read {
        Read::Brought(brought) => (page(&brought), Some(brought)),
        Read::Refused(status) => (refused(status), None),
        Read::More => return None,
    };
    // Whether the browser shows the page does not matter to what it brought.
    let _ = stream.write_all(answer.as_bytes()).await;
    let _ = stream.shutdown().await;
    brought
}

/// What a request's bytes are, as far as they have come.
#[derive(Debug)]
enum Read {
    More,
    /// With this status.
    Refused(&'static str),
    Brought(Brought),
}

fn read(head: &[u8], state: &str, port: u16) -> Read {
    const BAD: Read = Read::Refused("400 Bad Request");
    let mut headers = [httparse::EMPTY_HEADER; HEADERS];
    let mut request = httparse::Request::new(&mut headers);
    match request.parse(head) {
        Ok(httparse::Status::Complete(_)) => {}
        Ok(httparse::Status::Partial) => return Read::More,
        Err(_) => return BAD,
    }
    // A page that has a name of its own lead to this address has its browser send that name.
    let mut hosts = request
        .headers
        .iter()
        .filter(|header| header.name.eq_ignore_ascii_case("host"));
    let ours = ["localhost", "127.0.0.1", "[::1]"].map(|host| format!("{host}:{port}"));
    let is_ours = hosts
        .next()
        .is_some_and(|host| ours.iter().any(|ours| ours.as_bytes() == host.value));
    if !is_ours || hosts.next().is_some() {
        return BAD;
    }
    if request.method != Some("GET") {
        return Read::Refused("405 Method Not Allowed");
    }
    let path = request.path.unwrap_or_default();
    if !(path == "/" || path.starts_with("/?")) {
        return Read::Refused("404 Not Found");
    }
    brought(path, state).map_or(BAD, Read::Brought)
}

/// What a request's target brings: the right state, and either a code or an error, each once.
fn brought(target: &str, state: &str) -> Option<Brought> {
    let url = Url::parse("http://localhost").ok()?.join(target).ok()?;
    let once = |name: &str| {
        let mut values = url.query_pairs().filter(|(found, _)| found == name);
        let first = values.next().map(|(_, value)| value.into_owned());
        match values.next() {
            None => Some(first),
            Some(_) => None,
        }
    };
    if once("state")?? != state {
        return None;
    }
    match (once("code")?, once("error")?) {
        (Some(code), None) if !code.is_empty() => Some(Brought::Code(SecretString::from(code))),
        (None, Some(error)) => Some(Brought::Refusal {
            error,
            description: once("error_description")?,
        }),
        _ => None,
    }
}

/// Nothing of the request is repeated in it.
fn page(brought: &Brought) -> String {
    let (title, text) = match brought {
        Brought::Code(_) => (
            "Almost done",
            "Patkeeper has what it needs. The terminal says how it went on; this page can be closed.",
        ),
        Brought::Refusal { .. } => (
            "Not signed in",
            "The terminal says why, and what to do. This page can be closed.",
        ),
    };
    let body = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>{title}</title>\
         <body style=\"font:1rem/1.5 system-ui,sans-serif;margin:3rem auto;max-width:32rem\">\
         <h1>{title}</h1><p>{text}</p></body></html>"
    );
    answer("200 OK", "text/html", &body)
}

fn refused(status: &str) -> String {
    answer(status, "text/plain", "This is not what is waited for here.\n")
}

fn answer(status: &str, kind: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}; charset=utf-8\r\nContent-Length: {}\r\nConnection: close\r\n\
         Cache-Control: no-store\r\nReferrer-Policy: no-referrer\r\nX-Content-Type-Options: nosniff\r\n\
         Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'\r\n\r\n{body}",
        body.len()
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use secrecy::ExposeSecret;

    use super::*;

    fn request(target: &str) -> String {
        format!("GET {target} HTTP/1.1\r\nHost: localhost:5000\r\nAccept: */*\r\n\r\n")
    }

    fn outcome(request: &str) -> String {
        match read(request.as_bytes(), "st4te", 5000) {
            Read::More => "more".into(),
            Read::Refused(status) => status[..3].into(),
            Read::Brought(Brought::Code(code)) => format!("code {}", code.expose_secret()),
            Read::Brought(Brought::Refusal { error, description }) => {
                format!("{error}: {}", description.unwrap_or_default())
            }
        }
    }

    #[test]
    fn a_code_or_an_error_with_the_right_state_is_taken() {
        for (target, expected) in [
            ("/?code=c%2B1&state=st4te&session_state=x", "code c+1"),
            ("/?state=st4te&code=c", "code c"),
            (
                "/?error=access_denied&error_description=AADSTS65004%3a+declined&state=st4te",
                "access_denied: AADSTS65004: declined",
            ),
        ] {
            assert_eq!(outcome(&request(target)), expected);
        }
    }

    #[test]
    fn what_is_not_ours_is_refused() {
        for (target, expected) in [
            ("/", "400"),
            ("/favicon.ico", "404"),
            ("/favicon.ico?code=c&state=st4te", "404"),
            ("//evil.example/?code=c&state=st4te", "404"),
            ("http://evil.example/?code=c&state=st4te", "404"),
            ("/?code=c", "400"),
            ("/?code=c&state=", "400"),
            ("/?code=c&state=st4t", "400"),
            ("/?code=c&state=st4te&state=st4te", "400"),
            ("/?code=c&code=d&state=st4te", "400"),
            ("/?code=c&error=e&state=st4te", "400"),
            ("/?code=&state=st4te", "400"),
            ("/?state=st4te", "400"),
        ] {
            assert_eq!(outcome(&request(target)), expected, "{target}");
        }
        let good = request("/?code=c&state=st4te");
        for (from, to, expected) in [
            ("GET", "POST", "405"),
            ("GET", "OPTIONS", "405"),
            ("localhost:5000", "evil.example:5000", "400"),
            ("localhost:5000", "localhost", "400"),
            ("Host: localhost:5000\r\n", "", "400"),
            ("Accept: */*", "Host: localhost:5000", "400"),
            ("HTTP/1.1", "HTTP/9", "400"),
            ("\r\n\r\n", "\r\n", "more"),
        ] {
            assert_eq!(outcome(&good.replace(from, to)), expected, "{to}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300), target in "\\PC{0,60}") {
            let _ = read(&bytes, "st4te", 5000);
            let _ = read(request(&target).as_bytes(), "st4te", 5000);
            let _ = brought(&target, "st4te");
        }

        #[test]
        fn no_code_is_taken_without_the_state(state in "[A-Za-z0-9_-]{0,22}", code in "[A-Za-z0-9._-]{1,40}") {
            prop_assume!(state != "st4te");
            prop_assert_eq!(outcome(&request(&format!("/?code={code}&state={state}"))), "400");
        }
    }
}
