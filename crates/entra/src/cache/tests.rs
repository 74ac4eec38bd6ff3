use std::sync::Mutex as Lock;
use std::sync::atomic::AtomicUsize;

use patkeeper_core::failure::FailureKind;
use secrecy::ExposeSecret;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::*;
use crate::Identity;
use crate::loopback::{Hosts, pass};

/// Gives the n-th token, good for so many seconds, each once it is let go on; or fails.
struct Counting {
    good_for: i64,
    fails: bool,
    go_on: Semaphore,
    fetched: AtomicUsize,
    at_once: AtomicUsize,
    scopes: Lock<Vec<String>>,
}

impl Counting {
    fn new(good_for: i64, fails: bool, go_on: usize) -> Arc<Self> {
        Arc::new(Self {
            good_for,
            fails,
            go_on: Semaphore::new(go_on),
            fetched: AtomicUsize::new(0),
            at_once: AtomicUsize::new(0),
            scopes: Lock::default(),
        })
    }

    fn fetched(&self) -> usize {
        self.fetched.load(Ordering::SeqCst)
    }
}

impl Credential for Counting {
    fn fetch<'a>(&'a self, scope: &'a str) -> BoxFuture<'a, Result<Fetched, Failure>> {
        Box::pin(async move {
            assert_eq!(
                self.at_once.fetch_add(1, Ordering::SeqCst),
                0,
                "two fetches at once"
            );
            let number = self.fetched.fetch_add(1, Ordering::SeqCst) + 1;
            self.scopes.lock().unwrap().push(scope.to_owned());
            self.go_on.acquire().await.unwrap().forget();
            self.at_once.fetch_sub(1, Ordering::SeqCst);
            if self.fails {
                return Err(Failure::new(FailureKind::Refused, format!("No, {number}.")));
            }
            Ok(Fetched {
                token: SecretString::from(format!("made-up-token-{number}")),
                good_for: TimeDelta::seconds(self.good_for),
            })
        })
    }

    fn how(&self) -> &'static str {
        "test"
    }
}

async fn identity(credential: &Arc<Counting>) -> (Identity, Hosts) {
    let hosts = Hosts::start(|_, _| unreachable!("nothing is asked")).await;
    (Identity::of(&hosts.setup(), credential.clone()), hosts)
}

async fn text(source: &Arc<dyn TokenSource>) -> String {
    source.token().await.unwrap().expose_secret().to_owned()
}

#[tokio::test]
async fn a_token_is_kept_until_five_minutes_before_its_end() {
    let credential = Counting::new(3_600, false, 10);
    let (identity, _hosts) = identity(&credential).await;
    let source = identity.tokens_for("scope/.default");
    assert_eq!(text(&source).await, "made-up-token-1");
    pass(3_600 - 300 - 1);
    assert_eq!(text(&source).await, "made-up-token-1");
    pass(1);
    assert_eq!(text(&source).await, "made-up-token-2");
    assert_eq!(text(&source).await, "made-up-token-2");
    assert_eq!(credential.fetched(), 2);
}

#[tokio::test]
async fn a_token_that_ends_within_minutes_is_kept_for_most_of_them() {
    let credential = Counting::new(200, false, 10);
    let (identity, _hosts) = identity(&credential).await;
    let source = identity.tokens_for("scope/.default");
    assert_eq!(text(&source).await, "made-up-token-1");
    pass(159);
    assert_eq!(text(&source).await, "made-up-token-1");
    pass(1);
    assert_eq!(text(&source).await, "made-up-token-2");
}

#[tokio::test]
async fn no_token_is_kept_for_longer_than_a_day() {
    let credential = Counting::new(i64::MAX / 1_000, false, 10);
    let (identity, _hosts) = identity(&credential).await;
    let source = identity.tokens_for("scope/.default");
    assert_eq!(text(&source).await, "made-up-token-1");
    pass(86_400 - 300 - 1);
    assert_eq!(text(&source).await, "made-up-token-1");
    pass(1);
    assert_eq!(text(&source).await, "made-up-token-2");
}

#[tokio::test]
async fn each_scope_has_its_own_token_and_one_scope_one_for_all() {
    let credential = Counting::new(3_600, false, 10);
    let (identity, _hosts) = identity(&credential).await;
    for scope in ["a/.default", "b/.default", "a/.default"] {
        text(&identity.clone().tokens_for(scope)).await;
    }
    assert_eq!(*credential.scopes.lock().unwrap(), ["a/.default", "b/.default"]);
}

#[tokio::test]
async fn a_token_is_masked_before_it_is_handed_out_and_once() {
    let credential = Counting::new(3_600, false, 10);
    let (identity, hosts) = identity(&credential).await;
    let source = identity.tokens_for("a/.default");
    for _ in 0..3 {
        let token = text(&source).await;
        assert_eq!(hosts.masked(), [token]);
    }
}

/// Sixteen that ask while the first fetch is under way.
async fn crowd(credential: &Arc<Counting>) -> (Vec<Result<SecretString, Failure>>, Arc<dyn TokenSource>) {
    let (identity, _hosts) = identity(credential).await;
    let source = identity.tokens_for("a/.default");
    let mut all = JoinSet::new();
    for _ in 0..16 {
        let source = source.clone();
        all.spawn(async move { source.token().await });
    }
    // One thread: each has run up to where it waits.
    tokio::task::yield_now().await;
    credential.go_on.add_permits(1);
    (all.join_all().await, source)
}

#[tokio::test]
async fn many_who_wait_share_one_fetch() {
    let credential = Counting::new(3_600, false, 0);
    let (results, _) = crowd(&credential).await;
    assert!(
        results
            .iter()
            .all(|result| result.as_ref().unwrap().expose_secret() == "made-up-token-1")
    );
    assert_eq!(credential.fetched(), 1);
}

#[tokio::test]
async fn many_who_wait_share_its_failure_and_who_comes_later_tries_anew() {
    let credential = Counting::new(3_600, true, 0);
    let (results, source) = crowd(&credential).await;
    assert!(
        results
            .iter()
            .all(|result| result.as_ref().unwrap_err().what == "No, 1.")
    );
    credential.go_on.add_permits(1);
    assert_eq!(source.token().await.unwrap_err().what, "No, 2.");
    assert_eq!(credential.fetched(), 2);
}

#[tokio::test]
async fn who_gives_up_waiting_leaves_the_way_free() {
    let credential = Counting::new(3_600, false, 0);
    let (identity, _hosts) = identity(&credential).await;
    let source = identity.tokens_for("a/.default");
    {
        let mut first = source.token();
        let poll = std::future::poll_fn(|context| std::task::Poll::Ready(first.as_mut().poll(context)));
        assert!(poll.await.is_pending());
    }
    credential.at_once.store(0, Ordering::SeqCst);
    credential.go_on.add_permits(1);
    assert_eq!(text(&source).await, "made-up-token-2");
}
