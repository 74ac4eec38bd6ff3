//! A store and a service that keep books, answer as they are told to, and remember when they were asked what.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::future::{Future, pending};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use patkeeper_core::failure::{Failure, FailureKind};
use patkeeper_core::organization::Organization;
use patkeeper_core::pat::{AuthorizationId, Listed, Pat, Reach};
use patkeeper_core::rotation::{
    Asked, Clock, Ended, Metadata, Mode, Observed, Outcome, Owner, Reading, RotationId, RunId, Secret,
    Settings, Step, TagLimits, Version,
};
use patkeeper_core::scope::ScopeSet;
use secrecy::{ExposeSecret, SecretString};
use tokio::time::{Instant, sleep};

use crate::ports::{NotDone, Revoked};
use crate::rotate::ports::{Account, ActivePats, Minted, OddPat, RotatedPats, RotatedSecret};
use crate::rotate::{Narrator, Rotated, Rotation};

/// What a call meets.
#[derive(Debug, Clone, Copy)]
pub(super) enum Manner {
    /// It is not done, for sure.
    Refused,
    /// Nobody knows whether it was done; it was not.
    Unclear,
    /// It is done after a while.
    Takes(Duration),
    /// It is never answered, and not done.
    Hangs,
    /// It is done, and never answered.
    HangsAfter,
    /// A list as it was before anything was made.
    Stale,
}

/// A call of a port, and when it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Called {
    pub(super) at: Duration,
    pub(super) call: &'static str,
    pub(super) what: String,
}

#[derive(Default)]
pub(super) struct Books {
    pub(super) calls: Vec<Called>,
    pub(super) pats: Vec<Pat>,
    pub(super) odd: Vec<OddPat>,
    pub(super) revoked: Vec<AuthorizationId>,
    pub(super) versions: Vec<(Version, String)>,
    /// Steps with outcome, time and detail, as they were told.
    pub(super) steps: Vec<(&'static str, Outcome, Duration, Option<String>)>,
    manners: Vec<(&'static str, Option<usize>, Manner)>,
    made: usize,
}

pub(super) struct Stage {
    pub(super) books: RefCell<Books>,
    begun: Instant,
}

const ACCOUNT: &str = "00000000-0000-0000-0000-0000000000aa";

pub(super) fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_000_000, 0).unwrap()
}

pub(super) fn settings() -> Settings {
    Settings::check(&Asked {
        organization: Organization::parse("acme").unwrap(),
        store: "Key Vault acme-kv",
        secret: "ci-pat",
        name: "ci",
        scopes: "vso.code",
        mode: Mode::Replace,
        valid_days: 90,
        renew_before_days: None,
        overlap_hours: 0,
        force: false,
        allow_full_access: false,
        adopt: None,
        dry_run: false,
    })
    .unwrap()
    .0
}

pub(super) fn forced() -> Settings {
    Settings {
        force: true,
        ..settings()
    }
}

pub(super) fn guid(number: usize) -> AuthorizationId {
    AuthorizationId::new(format!("00000000-0000-0000-0000-{number:012}"))
}

impl Stage {
    pub(super) fn new() -> Self {
        Self {
            books: RefCell::default(),
            begun: Instant::now(),
        }
    }

    /// A store in which a first run has recorded a PAT; what that run did is forgotten.
    pub(super) async fn recorded() -> Self {
        let stage = Self::new();
        let first = stage.run(&settings(), 1).await;
        assert!(first.report.rotated, "{:#?}", first.report);
        let mut books = stage.books.borrow_mut();
        (books.calls, books.steps) = (Vec::new(), Vec::new());
        drop(books);
        stage
    }

    /// The next calls of this name meet it, as often as said; `None`: always.
    pub(super) fn meets(&self, call: &'static str, times: Option<usize>, manner: Manner) {
        self.books.borrow_mut().manners.push((call, times, manner));
    }

    pub(super) async fn run(&self, settings: &Settings, number: u128) -> Rotated {
        self.run_until(settings, number, pending()).await
    }

    /// As the next attempt of the same job.
    pub(super) async fn run_again(&self, settings: &Settings, number: u128) -> Rotated {
        self.run_as(settings, (number, 2), pending()).await
    }

    pub(super) async fn run_until(
        &self,
        settings: &Settings,
        number: u128,
        stop: impl Future<Output = ()>,
    ) -> Rotated {
        self.run_as(settings, (number, 1), stop).await
    }

    async fn run_as(
        &self,
        settings: &Settings,
        (number, attempt): (u128, u32),
        stop: impl Future<Output = ()>,
    ) -> Rotated {
        let drawn = 16 * number + 2 * u128::from(attempt);
        let rotation = Rotation {
            settings,
            pats: self,
            secret: self,
            run: RunId::new("acme", &number.to_string(), "job", attempt),
            rotations: [RotationId::new(drawn << 96), RotationId::new((drawn + 1) << 96)],
            known_account_id: None,
            now,
        };
        rotation.run(self, stop).await
    }

    /// Is there `later` than the first call of this name.
    pub(super) async fn after(&self, call: &str, later: Duration) {
        while !self.books.borrow().calls.iter().any(|called| called.call == call) {
            sleep(Duration::from_millis(1)).await;
        }
        sleep(later).await;
    }

    /// The names of the calls so far that fit.
    pub(super) fn called(&self, fits: impl Fn(&Called) -> bool) -> Vec<&'static str> {
        let books = self.books.borrow();
        books
            .calls
            .iter()
            .filter(|called| fits(called))
            .map(|called| called.call)
            .collect()
    }

    /// When calls of this name came, counted from the first one.
    pub(super) fn times(&self, call: &str) -> Vec<u128> {
        let books = self.books.borrow();
        let all: Vec<Duration> = books
            .calls
            .iter()
            .filter(|called| called.call == call)
            .map(|called| called.at)
            .collect();
        all.iter().map(|at| (*at - all[0]).as_millis()).collect()
    }

    /// The step of this name that was told last.
    pub(super) fn step(&self, label: &str) -> (Outcome, Duration, Option<String>) {
        let books = self.books.borrow();
        let found = books.steps.iter().rev().find(|(told, ..)| *told == label);
        let (_, outcome, took, detail) = found.unwrap_or_else(|| panic!("no step {label}"));
        (outcome.clone(), *took, detail.clone())
    }

    /// Names of the PATs that live.
    pub(super) fn live(&self) -> Vec<AuthorizationId> {
        let books = self.books.borrow();
        let live = books.pats.iter().map(|pat| pat.authorization_id.clone());
        live.filter(|id| !books.revoked.contains(id)).collect()
    }

    /// What the current version says.
    pub(super) fn metadata(&self) -> Metadata {
        let books = self.books.borrow();
        Metadata::read(&books.versions.last().unwrap().0.tags).unwrap()
    }

    /// Exactly one PAT lives, it is the recorded one, its text is stored, and nothing is under way.
    pub(super) fn assert_settled(&self) {
        let metadata = self.metadata();
        let record = metadata.record.unwrap();
        assert_eq!(self.live(), std::slice::from_ref(&record.id));
        assert_eq!(metadata.intent, None);
        assert_eq!(
            self.books.borrow().versions.last().unwrap().1,
            text_of(&record.id)
        );
    }

    fn note(&self, call: &'static str, what: &str) {
        let (at, what) = (self.begun.elapsed(), what.to_owned());
        self.books.borrow_mut().calls.push(Called { at, call, what });
    }

    async fn meet<T>(
        &self,
        call: &'static str,
        what: &str,
        act: impl FnOnce(&mut Books) -> T,
    ) -> Result<T, NotDone> {
        self.note(call, what);
        let unclear = match self.books.borrow_mut().manner(call) {
            None | Some(Manner::Stale) => None,
            Some(manner) => Some(manner),
        };
        match unclear {
            None | Some(Manner::Stale) => {}
            Some(Manner::Takes(time)) => sleep(time).await,
            Some(Manner::Hangs) => return pending().await,
            Some(Manner::HangsAfter) => {
                act(&mut self.books.borrow_mut());
                return pending().await;
            }
            Some(manner) => {
                return Err(NotDone {
                    failure: said_no(call),
                    unclear: matches!(manner, Manner::Unclear),
                });
            }
        }
        Ok(act(&mut self.books.borrow_mut()))
    }
}

impl Books {
    fn manner(&mut self, call: &str) -> Option<Manner> {
        let at = self
            .manners
            .iter()
            .position(|(known, times, _)| *known == call && *times != Some(0))?;
        let (_, times, manner) = &mut self.manners[at];
        *times = times.map(|times| times - 1);
        Some(*manner)
    }

    fn version(&mut self, tags: &BTreeMap<String, String>, value: &str, enabled: bool) -> String {
        let id = format!("v{}", self.versions.len() + 1);
        let version = Version {
            id: id.clone(),
            created: now(),
            enabled,
            tags: tags.clone(),
        };
        self.versions.push((version, value.to_owned()));
        id
    }
}

fn said_no(call: &str) -> Failure {
    Failure::new(FailureKind::Service, format!("{call} was not done.")).with_code("saidNo")
}

fn text_of(id: &AuthorizationId) -> String {
    format!("the text of {id}")
}

fn clock() -> Clock {
    Clock {
        store: now(),
        machine: now(),
    }
}

impl RotatedPats for Stage {
    async fn account(&self) -> Result<Account, Failure> {
        let account = || Account {
            id: Some(ACCOUNT.to_owned()),
            me: Owner::new("00000000-0000-0000-0000-0000000000ee", Some("svc@acme.example")),
        };
        self.meet("account", "", |_| account())
            .await
            .map_err(|not_done| not_done.failure)
    }

    async fn active(&self) -> Result<ActivePats, Failure> {
        let stale = {
            let mut books = self.books.borrow_mut();
            let waiting = books.manners.iter().position(|(call, times, manner)| {
                *call == "active" && *times != Some(0) && matches!(manner, Manner::Stale)
            });
            waiting.map(|at| books.manners.remove(at)).is_some()
        };
        let list = |books: &mut Books| ActivePats {
            pats: books
                .pats
                .iter()
                .filter(|pat| !stale && !books.revoked.contains(&pat.authorization_id))
                .cloned()
                .collect(),
            odd: books.odd.clone(),
        };
        self.meet("active", "", list)
            .await
            .map_err(|not_done| not_done.failure)
    }

    async fn ended(&self) -> Result<Ended, Failure> {
        let list = |books: &mut Books| Ended {
            revoked: books.revoked.clone(),
            expired: Vec::new(),
        };
        self.meet("ended", "", list)
            .await
            .map_err(|not_done| not_done.failure)
    }

    async fn mint(&self, name: &str, scopes: &ScopeSet, valid_to: DateTime<Utc>) -> Result<Minted, NotDone> {
        let make = |books: &mut Books| {
            books.made += 1;
            let id = guid(books.made);
            books.pats.push(Pat {
                authorization_id: id.clone(),
                display_name: name.to_owned(),
                scopes: scopes.clone(),
                valid_from: now() - TimeDelta::seconds(1),
                valid_to,
                reach: Reach::Organizations(vec![ACCOUNT.to_owned()]),
                listed: Listed::Active,
            });
            Minted {
                token: SecretString::from(text_of(&id)),
                id,
                valid_to,
            }
        };
        self.meet("mint", name, make).await
    }

    async fn revoke(&self, id: &AuthorizationId) -> Result<Revoked, NotDone> {
        let end = |books: &mut Books| {
            books.revoked.push(id.clone());
            Revoked::Now
        };
        self.meet("revoke", id.as_str(), end).await
    }

    async fn extend(&self, id: &AuthorizationId, valid_to: DateTime<Utc>) -> Result<DateTime<Utc>, NotDone> {
        let give = |books: &mut Books| {
            let pat = books.pats.iter_mut().find(|pat| pat.authorization_id == *id);
            pat.unwrap().valid_to = valid_to;
            valid_to
        };
        self.meet("extend", id.as_str(), give).await
    }

    async fn call_with(&self, token: &SecretString, _: &ScopeSet) -> Result<String, NotDone> {
        let said = |_: &mut Books| "GET /projects answered 200".to_owned();
        self.meet("try", token.expose_secret(), said).await
    }
}

impl RotatedSecret for Stage {
    fn limits(&self) -> TagLimits {
        TagLimits::KEY_VAULT
    }

    fn id(&self, version: &str) -> String {
        version.to_owned()
    }

    async fn observe(&self) -> Result<(Secret, Clock), Failure> {
        let see = |books: &mut Books| {
            let mut versions: Vec<Version> = books
                .versions
                .iter()
                .map(|(version, _)| version.clone())
                .collect();
            match versions.pop() {
                Some(current) => Secret::Present {
                    current,
                    older: versions,
                },
                None => Secret::Absent,
            }
        };
        let seen = self.meet("observe", "", see).await;
        seen.map(|secret| (secret, clock()))
            .map_err(|not_done| not_done.failure)
    }

    async fn current(&self) -> Result<Reading, Failure> {
        let read = |books: &mut Books| Reading {
            current: books.versions.last().map(|(version, _)| version.clone()),
            clock: clock(),
        };
        self.meet("current", "", read)
            .await
            .map_err(|not_done| not_done.failure)
    }

    async fn value(&self, version: &str) -> Result<SecretString, Failure> {
        let read = |books: &mut Books| {
            let found = books.versions.iter().find(|(known, _)| known.id == version);
            SecretString::from(found.unwrap().1.clone())
        };
        self.meet("value", version, read)
            .await
            .map_err(|not_done| not_done.failure)
    }

    async fn write_tags(
        &self,
        version: Option<&str>,
        tags: &BTreeMap<String, String>,
        _: Option<DateTime<Utc>>,
    ) -> Result<String, NotDone> {
        let write = |books: &mut Books| match version {
            Some(id) => {
                let found = books.versions.iter_mut().find(|(known, _)| known.id == id);
                found.unwrap().0.tags = tags.clone();
                id.to_owned()
            }
            None => books.version(tags, "placeholder", false),
        };
        self.meet("write tags", version.unwrap_or_default(), write).await
    }

    async fn put(
        &self,
        token: &SecretString,
        tags: &BTreeMap<String, String>,
        _: DateTime<Utc>,
    ) -> Result<String, NotDone> {
        let put = |books: &mut Books| books.version(tags, token.expose_secret(), true);
        self.meet("put", "", put).await
    }
}

impl Narrator for Stage {
    fn mask(&self, _: &str, secret: &SecretString) {
        self.note("mask", secret.expose_secret());
    }

    fn opening(&self, _: &Observed) {
        self.note("opening", "");
    }

    fn step(&self, step: &Step, outcome: &Outcome, took: Duration, detail: Option<&str>) {
        let told = (step.label(), outcome.clone(), took, detail.map(str::to_owned));
        self.books.borrow_mut().steps.push(told);
    }
}
