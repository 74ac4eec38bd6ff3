//! One request through a tunnel: log, faults, latency, and the APIs.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper::header::{DATE, HeaderName, HeaderValue};
use hyper::{Response, StatusCode};
use serde_json::json;

use crate::answer::Answer;
use crate::api;
use crate::body::Payload;
use crate::boundary::{Passage, Side};
use crate::entry::Entry;
use crate::fault::Action;
use crate::hosts::Service;
use crate::line::Cutter;
use crate::request::Request;
use crate::sim::{Shared, lock};

/// The connection ends here, without an answer.
#[derive(Debug, thiserror::Error)]
#[error("the connection was cut")]
pub(crate) struct Cut;

/// Makes the connection end with a TCP reset.
pub(crate) fn cut(cutter: &Cutter) -> Cut {
    cutter.cut();
    Cut
}

/// Between two askings of a request that is to wait at a boundary.
const MOMENT: Duration = Duration::from_millis(1);

/// The timer counts in milliseconds and rounds up: without this a latency would be half a millisecond longer on average.
const HALF_A_TICK: Duration = Duration::from_micros(500);

const BODY_LIMIT: usize = 16 * 1024 * 1024;

/// Answers one request to `host`.
pub(crate) async fn answer(
    incoming: hyper::Request<Incoming>,
    host: String,
    service: Service,
    shared: Arc<Shared>,
    cutter: Cutter,
) -> Result<Response<Payload>, Cut> {
    let (head, body) = incoming.into_parts();
    let body = Limited::new(body, BODY_LIMIT)
        .collect()
        .await
        .map_err(|_| Cut)?
        .to_bytes();
    let request = Request {
        method: head.method.to_string(),
        host,
        path: head.uri.path().to_owned(),
        query: head.uri.query().unwrap_or_default().to_owned(),
        headers: head.headers,
        body,
    };
    let arrived = tokio::time::Instant::now();
    let struck = lock(&shared.faults).strike(&request);
    let entry = Entry::begin(&shared, Some(&service), &request, cutter.port, struck.as_ref());
    let number = lock(&shared.watch).arrive();
    let pass = async |side| loop {
        let passage = lock(&shared.watch).pass(number, side, cutter.port, &request);
        match passage {
            Passage::Go => return Ok(()),
            Passage::Cut => return Err(cut(&cutter)),
            Passage::Wait => tokio::time::sleep(MOMENT).await,
        }
    };
    pass(Side::Before).await?;
    let latency = *lock(&shared.latency);
    if !latency.is_zero() {
        tokio::time::sleep_until(arrived + latency.saturating_sub(HALF_A_TICK)).await;
    }
    let reply = reply(struck, &shared, &service, &request, &cutter).await;
    pass(Side::After).await?;
    let (answer, payload) = reply?;
    if !answer.delay.is_zero() {
        tokio::time::sleep(answer.delay).await;
    }
    respond_with(entry, answer, payload)
}

/// What is answered, once the faults have had their way.
async fn reply(
    struck: Option<Action>,
    shared: &Shared,
    service: &Service,
    request: &Request,
    cutter: &Cutter,
) -> Result<(Answer, Payload), Cut> {
    let process = || api::answer(&mut lock(&shared.cloud), service, request);
    let whole = |answer: Answer| {
        let payload = Payload::whole(answer.body.clone());
        Ok((answer, payload))
    };
    let Some(action) = struck else {
        return whole(process());
    };
    match action {
        Action::Status {
            status,
            processed,
            retry_after,
        } => {
            if processed {
                process();
            }
            whole(gateway(status, retry_after))
        }
        Action::Refuse(refusal) => {
            whole(refusal.answer(&request.host, "00000000-0000-0000-0000-000000000000"))
        }
        Action::Delay(time) => {
            tokio::time::sleep(time).await;
            whole(process())
        }
        Action::PatError { error, message } => whole(pat_error(&error, message)),
        Action::CloseBefore => Err(Cut),
        Action::ResetBefore => Err(cut(cutter)),
        Action::ResetAfter => {
            process();
            Err(cut(cutter))
        }
        Action::HoldBack => {
            lock(&shared.held).push((service.clone(), request.clone()));
            Err(cut(cutter))
        }
        Action::Hang => std::future::pending().await,
        Action::HangAfter => {
            process();
            std::future::pending().await
        }
        Action::DelayAfter(time) => {
            let answer = process();
            tokio::time::sleep(time).await;
            whole(answer)
        }
        Action::Truncate(keep) => {
            let answer = process();
            let payload = Payload::truncated(answer.body.clone(), keep);
            Ok((answer, payload))
        }
        Action::ContentType(kind) => {
            let answer = process().typed(&kind);
            whole(if kind.is_empty() {
                without_type(answer)
            } else {
                answer
            })
        }
        Action::Header(name, value) => whole(process().with(&name, value)),
        Action::GarbageJson => {
            process();
            whole(
                Answer::json(200, &serde_json::Value::Null)
                    .with_body("{\"patTokens\": [{\"displayName\": \"ci-"),
            )
        }
        Action::Replace {
            status,
            content_type,
            body,
        } => {
            process();
            whole(Answer::empty(status).typed(&content_type).with_body(body))
        }
        Action::Quote { status, body } => {
            let body = body.replace("<sent>", &quoted(request));
            whole(Answer::empty(status).typed("application/json").with_body(body))
        }
        Action::Huge(bytes) => {
            process();
            whole(Answer::json(200, &serde_json::Value::Null).with_body(huge(bytes)))
        }
    }
}

fn pat_error(error: &str, message: Option<String>) -> Answer {
    let mut body = json!({ "patToken": null, "patTokenError": error });
    if let (Some(message), Some(body)) = (message, body.as_object_mut()) {
        body.insert("patTokenErrorMessage".to_owned(), message.into());
    }
    Answer::json(200, &body)
}

fn gateway(status: u16, retry_after: Option<u32>) -> Answer {
    let page = format!("<html><head><title>{status}</title></head><body><h1>{status}</h1></body></html>");
    let answer = Answer::html(status, page);
    match retry_after {
        Some(seconds) => answer.with("Retry-After", seconds.to_string()),
        None => answer,
    }
}

fn without_type(mut answer: Answer) -> Answer {
    answer
        .headers
        .retain(|(name, _)| !name.eq_ignore_ascii_case("content-type"));
    answer
}

/// What was sent, fit for the inside of a JSON string.
fn quoted(request: &Request) -> String {
    let headers = ["authorization", "x-identity-header"];
    let headers = headers.iter().filter_map(|name| request.header(name));
    let body = String::from_utf8_lossy(&request.body);
    let sent: Vec<&str> = headers.chain([body.as_ref()]).collect();
    let text = serde_json::Value::from(sent.join(" ")).to_string();
    text.trim_matches('"').to_owned()
}

/// A JSON array of zeros.
fn huge(bytes: usize) -> Bytes {
    let mut body = Vec::with_capacity(bytes + 2);
    body.push(b'[');
    while body.len() + 2 < bytes {
        body.extend_from_slice(b"0,");
    }
    body.extend_from_slice(b"0]");
    Bytes::from(body)
}

/// Puts the answer on the wire.
pub(crate) fn respond(entry: Entry, answer: Answer) -> Result<Response<Payload>, Cut> {
    let payload = Payload::whole(answer.body.clone());
    respond_with(entry, answer, payload)
}

fn respond_with(entry: Entry, answer: Answer, payload: Payload) -> Result<Response<Payload>, Cut> {
    let now = entry.end(&answer);
    let mut response = Response::new(payload);
    *response.status_mut() = StatusCode::from_u16(answer.status).map_err(|_| Cut)?;
    for (name, value) in &answer.headers {
        let name = HeaderName::try_from(name.as_str()).map_err(|_| Cut)?;
        response
            .headers_mut()
            .append(name, HeaderValue::try_from(value.as_str()).map_err(|_| Cut)?);
    }
    // Not the machine's time: clients measure ages by it.
    if !response.headers().contains_key(DATE) {
        let date = now.format("%a, %d %b %Y %H:%M:%S GMT").to_string();
        response
            .headers_mut()
            .insert(DATE, HeaderValue::try_from(date).map_err(|_| Cut)?);
    }
    Ok(response)
}
