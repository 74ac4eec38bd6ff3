//! Endpoints that a machine asks on itself: plain HTTP, past every proxy.

use std::net::TcpListener;
use std::sync::Arc;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;

use crate::hosts::Service;
use crate::line::Line;
use crate::serve;
use crate::sim::Shared;

/// Accepts connections until the future is dropped, and answers them as `service`.
pub(crate) async fn listen(listener: TcpListener, host: &'static str, service: Service, shared: Arc<Shared>) {
    let Ok(listener) = tokio::net::TcpListener::from_std(listener) else {
        return;
    };
    loop {
        let Ok((tcp, _)) = listener.accept().await else {
            continue;
        };
        let (line, cutter) = Line::new(tcp);
        let (service, shared) = (service.clone(), Arc::clone(&shared));
        tokio::spawn(async move {
            let answer = service_fn(|request| {
                serve::answer(
                    request,
                    host.to_owned(),
                    service.clone(),
                    Arc::clone(&shared),
                    cutter.clone(),
                )
            });
            // The client may leave at any time, and faults cut connections on purpose.
            let _ = http1::Builder::new()
                .serve_connection(TokioIo::new(line), answer)
                .await;
        });
    }
}
