//! The CONNECT proxy: takes tunnels, and ends them itself with TLS for the host asked for.

use std::net::TcpListener;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::upgrade::Upgraded;
use hyper::{Method, Response};
use hyper_util::rt::TokioIo;
use tokio_rustls::TlsAcceptor;

use crate::answer::Answer;
use crate::api::resolves;
use crate::body::Payload;
use crate::entry::Entry;
use crate::fault::Action;
use crate::hosts::{Service, service};
use crate::line::{Cutter, Line};
use crate::request::Request;
use crate::serve::{self, Cut, respond};
use crate::sim::{Shared, lock};

/// Accepts connections until the future is dropped.
pub(crate) async fn listen(listener: TcpListener, shared: Arc<Shared>) {
    let Ok(listener) = tokio::net::TcpListener::from_std(listener) else {
        return;
    };
    loop {
        // A connection that ended before it was accepted is no reason to stop.
        let Ok((tcp, _)) = listener.accept().await else {
            continue;
        };
        // Delayed acknowledgments would distort every measurement of latency.
        let _ = tcp.set_nodelay(true);
        let (line, cutter) = Line::new(tcp);
        let shared = Arc::clone(&shared);
        tokio::spawn(async move {
            let proxy = service_fn(|request| tunnel(request, Arc::clone(&shared), cutter.clone()));
            // The client may leave at any time, and faults cut connections on purpose.
            let _ = http1::Builder::new()
                .serve_connection(TokioIo::new(line), proxy)
                .with_upgrades()
                .await;
        });
    }
}

/// Answers a request to the proxy itself.
async fn tunnel(
    mut incoming: hyper::Request<Incoming>,
    shared: Arc<Shared>,
    cutter: Cutter,
) -> Result<Response<Payload>, Cut> {
    let authority = incoming
        .uri()
        .authority()
        .map(ToString::to_string)
        .unwrap_or_default();
    let host = authority
        .rsplit_once(':')
        .map_or(authority.as_str(), |(host, _)| host)
        .to_ascii_lowercase();
    let request = Request {
        method: incoming.method().to_string(),
        host: host.clone(),
        path: if incoming.method() == Method::CONNECT {
            authority
        } else {
            incoming.uri().to_string()
        },
        query: String::new(),
        headers: incoming.headers().clone(),
        body: Bytes::new(),
    };
    let struck = lock(&shared.faults).strike(&request);
    let entry = Entry::begin(&shared, None, &request, cutter.port, struck.as_ref());
    match struck {
        Some(Action::CloseBefore) => return Err(Cut),
        Some(Action::ResetBefore | Action::ResetAfter) => return Err(serve::cut(&cutter)),
        Some(Action::Hang) => std::future::pending::<()>().await,
        Some(Action::Delay(time)) => tokio::time::sleep(time).await,
        Some(Action::Status { status, .. }) => {
            return respond(entry, Answer::text(status, "The proxy cannot do this."));
        }
        _ => {}
    }
    if let Some(demand) = refused_by_proxy(&shared, &request) {
        return respond(entry, demand);
    }
    if incoming.method() != Method::CONNECT {
        return respond(
            entry,
            Answer::text(501, "This proxy carries https only: use CONNECT."),
        );
    }
    let known = service(&host, &shared.config.webhook_hosts);
    let Some(known) = known.filter(|_| resolves(&lock(&shared.cloud), &host)) else {
        return respond(
            entry,
            Answer::text(502, &format!("The simulator does not play the host {host}.")),
        );
    };
    let upgrade = hyper::upgrade::on(&mut incoming);
    tokio::spawn(async move {
        if let Ok(upgraded) = upgrade.await {
            converse(upgraded, host, known, shared, cutter).await;
        }
    });
    respond(entry, Answer::empty(200))
}

/// 407 when the proxy wants a user and password that the request does not carry.
fn refused_by_proxy(shared: &Shared, request: &Request) -> Option<Answer> {
    let (user, password) = shared.config.proxy_auth.as_ref()?;
    let expected = format!("Basic {}", STANDARD.encode(format!("{user}:{password}")));
    (request.header("proxy-authorization") != Some(expected.as_str())).then(|| {
        Answer::text(407, "The proxy asks for a user and a password.")
            .with("Proxy-Authenticate", "Basic realm=\"patkeeper-sim\"")
    })
}

/// Speaks TLS and HTTP/1.1 as `host` inside a tunnel.
async fn converse(upgraded: Upgraded, host: String, known: Service, shared: Arc<Shared>, cutter: Cutter) {
    let kind = lock(&shared.certificates).get(&host).copied().unwrap_or_default();
    let Ok(config) = shared.authority.server(&host, kind) else {
        return;
    };
    // A client that does not trust the certificate ends the handshake: nothing to answer.
    let Ok(stream) = TlsAcceptor::from(config).accept(TokioIo::new(upgraded)).await else {
        return;
    };
    let answer = service_fn(|request| {
        serve::answer(
            request,
            host.clone(),
            known.clone(),
            Arc::clone(&shared),
            cutter.clone(),
        )
    });
    let _ = http1::Builder::new()
        .serve_connection(TokioIo::new(stream), answer)
        .await;
}
