//! Sending: pace, tries, counting.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use tokio::sync::watch;

use crate::cause::{self, Asked};
use crate::pace::{self, MachineTime, Pace, Time};
use crate::request::Checked;
use crate::retry::{self, Outcome};
use crate::transport::{Transport, WHOLE};
use crate::{HttpError, Request, Response, Settings, SettingsError};

/// Largest body that is read, in bytes: far more than any page of 100 PATs or 1,000 users.
const LARGEST: usize = 32 * 1024 * 1024;

/// Room that is made for a body because the answer announces it, in bytes; more is made as it comes.
const TRUSTED: usize = 64 * 1024;

/// The client. Cheap to clone; clones share connections, waits and the count of requests.
#[derive(Clone)]
pub struct Client {
    inner: Arc<Inner>,
    stop: Option<watch::Receiver<bool>>,
}

struct Inner {
    transport: Transport,
    pace: Pace,
    time: Arc<dyn Time>,
    tries: AtomicU32,
}

impl Client {
    /// Builds the client. Needs no runtime; sending does.
    ///
    /// # Errors
    /// Settings that do not work: see [`SettingsError`].
    pub fn new(settings: &Settings) -> Result<Self, SettingsError> {
        Self::with_time(settings, Arc::new(MachineTime))
    }

    pub(crate) fn with_time(settings: &Settings, time: Arc<dyn Time>) -> Result<Self, SettingsError> {
        let transport = Transport::new(settings)?;
        let inner = Inner {
            transport,
            pace: Pace::default(),
            time,
            tries: AtomicU32::new(0),
        };
        Ok(Self {
            inner: Arc::new(inner),
            stop: None,
        })
    }

    /// This client, but once `stop` holds `true` no request of it is begun any more, nor sent again: those that wait
    /// for their turn end with [`HttpError::NotBegun`], those that wait to be sent again with what the last try came
    /// to. What is on its way goes on. All else is shared with the client it is made of.
    #[must_use]
    pub fn until(&self, stop: watch::Receiver<bool>) -> Self {
        Self {
            inner: self.inner.clone(),
            stop: Some(stop),
        }
    }

    /// Sends a request, again where [`Repeat`](crate::Repeat) and the answer allow it, and reads the whole answer.
    ///
    /// A status is never an error here: what a 401 or a 203 means is for the service's own crate.
    ///
    /// # Errors
    /// No answer: see [`HttpError`].
    pub async fn send(&self, request: Request) -> Result<Response, HttpError> {
        let request = request.check()?;
        let inner = &*self.inner;
        let mut began = None;
        let mut tries = 0;
        let mut lost = false;
        let host = request.host.clone();
        let mut last = Err(HttpError::NotBegun { host });
        loop {
            let Some(turn) = self
                .unless_stopped(inner.pace.turn(&inner.time, &request.host))
                .await
            else {
                return last;
            };
            // From the first try on: waiting for one's turn behind others is not the fault of this request.
            let began = *began.get_or_insert_with(|| inner.time.instant());
            tries += 1;
            let mut result = self.try_once(&request, tries).await;
            if let Ok(answer) = &mut result {
                answer.follows_a_lost_one = lost;
            }
            let (outcome, asked) = match &result {
                Ok(answer) => {
                    let status = answer.status;
                    (Outcome::Answered { status }, turn.answered(&inner.time, answer))
                }
                Err(error) => (Outcome::Failed(error), None),
            };
            drop(turn);
            let elapsed = inner.time.instant().saturating_duration_since(began);
            let chance = inner.time.chance();
            let Some(wait) = retry::wait(request.repeat, outcome, tries, elapsed, asked, chance) else {
                return result;
            };
            lost |= match &result {
                Ok(answer) => answer.status == 408 || answer.status >= 500,
                Err(error) => !matches!(error, HttpError::Connect { .. } | HttpError::Proxy { .. }),
            };
            last = result;
            // A pause that the host asked for is kept with the next turn, which all requests to it share.
            if asked.is_some_and(|asked| asked >= wait) {
                continue;
            }
            if wait >= pace::LONG {
                let seconds = wait.as_secs();
                tracing::info!(
                    "{} gave no good answer: asking it again in {seconds} s.",
                    request.host
                );
            }
            // Whether it was stopped meanwhile is seen at the next turn.
            self.unless_stopped(inner.time.sleep(wait)).await;
        }
    }

    /// Waits; `None`: no longer, since no request is to be begun any more.
    async fn unless_stopped<T>(&self, waiting: impl Future<Output = T>) -> Option<T> {
        let Some(stop) = &self.stop else {
            return Some(waiting.await);
        };
        let mut stop = stop.clone();
        tokio::select! {
            biased;
            Ok(_) = stop.wait_for(|stop| *stop) => None,
            done = waiting => Some(done),
        }
    }

    async fn try_once(&self, request: &Checked, tries: u32) -> Result<Response, HttpError> {
        let inner = &*self.inner;
        let began = inner.time.instant();
        let result = self.exchange(request).await;
        let ms = inner.time.instant().saturating_duration_since(began).as_millis();
        let (method, asked) = (request.method.as_str(), request.asked.as_str());
        match &result {
            Ok(answer) => {
                tracing::debug!(method, asked, status = answer.status, ms, tries, "answered");
            }
            Err(error) => tracing::debug!(method, asked, %error, ms, tries, "no answer"),
        }
        result
    }

    async fn exchange(&self, request: &Checked) -> Result<Response, HttpError> {
        let (client, proxy) = self
            .inner
            .transport
            .route(&request.url, request.past_proxy)
            .map_err(|error| HttpError::Refused {
                host: request.host.clone(),
                why: error.to_string(),
            })?;
        self.inner.tries.fetch_add(1, Ordering::Relaxed);
        let about = Asked {
            host: &request.host,
            asked: &request.asked,
            proxy: proxy.as_deref(),
            limit: WHOLE,
        };
        let mut sending = client
            .request(request.method.clone(), request.url.clone())
            .headers(request.headers.clone());
        if let Some(body) = &request.body {
            sending = sending.body(body.clone());
        }
        let mut answer = sending
            .send()
            .await
            .map_err(|error| cause::name(&error, &about))?;
        let status = answer.status().as_u16();
        let headers = std::mem::take(answer.headers_mut());
        let length = answer
            .content_length()
            .and_then(|length| usize::try_from(length).ok());
        let mut body = Vec::with_capacity(length.unwrap_or_default().min(TRUSTED));
        while let Some(chunk) = answer
            .chunk()
            .await
            .map_err(|error| cause::name(&error, &about))?
        {
            if body.len() + chunk.len() > LARGEST {
                return Err(HttpError::TooLarge {
                    asked: request.asked.clone(),
                    limit: LARGEST,
                });
            }
            body.extend_from_slice(&chunk);
        }
        let mut answer = Response::new(request.asked.clone(), status, headers, body);
        answer.received = Some(chrono::Utc::now());
        Ok(answer)
    }

    /// Requests sent so far, by all clones. Each try counts, whether it was answered or not: that a host was asked
    /// in vain is what a reader of the count looks for.
    #[must_use]
    pub fn requests(&self) -> u32 {
        self.inner.tries.load(Ordering::Relaxed)
    }
}

/// Nothing of the proxy, whose URL may hold a password.
impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("requests", &self.requests())
            .finish_non_exhaustive()
    }
}
