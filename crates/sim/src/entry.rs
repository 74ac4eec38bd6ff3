//! How a request gets into the log: begun when it comes, completed when it is answered.

use std::collections::VecDeque;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use chrono::{DateTime, Utc};

use crate::answer::Answer;
use crate::api;
use crate::fault::Action;
use crate::hosts::Service;
use crate::log::{LoggedRequest, redact_body, redact_form, redact_headers};
use crate::request::Request;
use crate::sim::{Shared, lock};

/// A line of the log that still waits for its answer.
pub(crate) struct Entry {
    shared: Arc<Shared>,
    seq: u64,
    tunnel: bool,
    began: Instant,
}

impl Entry {
    /// Begins a line. What is asked of the proxy itself has no service.
    pub(crate) fn begin(
        shared: &Arc<Shared>,
        service: Option<&Service>,
        request: &Request,
        port: u16,
        struck: Option<&Action>,
    ) -> Self {
        let entry = Self {
            shared: Arc::clone(shared),
            seq: shared.arrivals.fetch_add(1, Ordering::Relaxed) + 1,
            tunnel: service.is_none(),
            began: Instant::now(),
        };
        let limit = shared.config.log_limit.unwrap_or(usize::MAX);
        if limit == 0 {
            return entry;
        }
        let (at, identity) = {
            let cloud = lock(&shared.cloud);
            let identity = service.map_or("anonymous".to_owned(), |service| {
                api::identity(&cloud, service, request)
            });
            (cloud.now(), identity)
        };
        let line = LoggedRequest {
            seq: entry.seq,
            port,
            at,
            since_start: entry.began.duration_since(shared.started),
            took: None,
            method: request.method.clone(),
            host: request.host.clone(),
            path: request.path.clone(),
            query: redact_form(&request.query),
            headers: redact_headers(&request.headers),
            body: if request.is_form() {
                redact_form(&String::from_utf8_lossy(&request.body))
            } else {
                redact_body(&api::without_value(request))
            },
            identity,
            status: None,
            answered_bytes: 0,
            fault: struck.map(Action::name),
        };
        let mut log = lock(entry.log());
        while log.len() >= limit {
            log.pop_front();
        }
        log.push_back(line);
        drop(log);
        entry
    }

    fn log(&self) -> &Mutex<VecDeque<LoggedRequest>> {
        if self.tunnel {
            &self.shared.tunnels
        } else {
            &self.shared.log
        }
    }

    /// Completes the line; the cloud's time.
    pub(crate) fn end(self, answer: &Answer) -> DateTime<Utc> {
        // The log may have been cleared since, or be too short.
        if let Some(line) = lock(self.log())
            .iter_mut()
            .rev()
            .find(|line| line.seq == self.seq)
        {
            line.status = Some(answer.status);
            line.took = Some(self.began.elapsed());
            line.answered_bytes = answer.body.len();
        }
        lock(&self.shared.cloud).now()
    }
}
