//! A store and a service that keep books, and runs that can die, stall and be answered unclearly.
//!
//! What must always hold is checked at every change, on the books and not on what the plan believes.

use chrono::{DateTime, TimeDelta, Utc};
use std::collections::BTreeMap;

use crate::failure::{Failure, FailureKind};
use crate::organization::Organization;
use crate::pat::{AuthorizationId, Listed, Pat, Reach};
use crate::rotation::*;
use crate::scope::ScopeSet;

pub(super) const HERE: &str = "00000000-0000-0000-0000-0000000000aa";
const ELSEWHERE: &str = "00000000-0000-0000-0000-0000000000bb";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Life {
    Active,
    Revoked,
}

#[derive(Debug, Clone)]
pub(super) struct Token {
    pub(super) pat: Pat,
    pub(super) life: Life,
    /// Minted by a run, for this organization.
    pub(super) ours: bool,
    /// A run was told to take it over, so it may be revoked like one that a run has minted.
    adopted: bool,
    /// When a version with another value was put above the one that held it.
    replaced: Option<DateTime<Utc>>,
}

#[derive(Debug, Clone)]
pub(super) struct Stored {
    pub(super) version: Version,
    pub(super) value: Option<AuthorizationId>,
    /// When its tags were last written.
    written: DateTime<Utc>,
    /// Whether its run was held up before it stored for so long that others could take it for dead, and revoke what it
    /// had minted. Nothing can keep such a write out of a store that cannot compare and set.
    held_up: bool,
}

/// A request that was sent and not answered.
#[derive(Debug, Clone)]
struct OnItsWay {
    lands: DateTime<Utc>,
    asked: DateTime<Utc>,
    what: Landing,
}

#[derive(Debug, Clone)]
enum Landing {
    Mint {
        name: String,
        scopes: ScopeSet,
        valid_to: DateTime<Utc>,
    },
    Put {
        tags: BTreeMap<String, String>,
        value: AuthorizationId,
    },
    Tags {
        version: String,
        tags: BTreeMap<String, String>,
    },
    Revoke(AuthorizationId),
    Extend {
        id: AuthorizationId,
        valid_to: DateTime<Utc>,
    },
}

#[derive(Debug, Clone)]
pub(super) struct World {
    pub(super) now: DateTime<Utc>,
    pub(super) secret: Vec<Stored>,
    pub(super) tokens: Vec<Token>,
    landing: Vec<OnItsWay>,
    made: u128,
    /// Whether the store has held a value of a run's.
    pub(super) began: bool,
    /// Whether a person has interfered, so that the store may hold what does not work.
    pub(super) meddled: bool,
    /// Whether tags have landed late, over some that were written since they were sent: an intent may have been lost.
    pub(super) overwrote: bool,
    pub(super) overlap_hours: u32,
}

/// What happens to one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    None,
    /// The service says no, and has done nothing.
    Refused,
    /// No answer. It was never done, was done, or will be done this many seconds later.
    Unclear(Done),
    /// The process dies. What it asked for was never done, was done, or will be done later.
    Crash(Done),
    /// The run is cancelled before the step is planned.
    Cancel,
    /// The run is cancelled while it waits for an answer, and gets none.
    CancelDuring(Done),
    /// The machine stands still for this many seconds before the step is planned.
    Stall(i64),
    /// The machine stands still between planning the step and doing it, until the run's next turn.
    HeldUp,
}

/// Which of the store and the list of PATs a run looks at first; what happens in between it sees in one of them alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Looks {
    AtOnce,
    StoreFirst,
    ListFirst,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Done {
    Never,
    Now,
    Later(i64),
}

pub(super) fn start() -> DateTime<Utc> {
    crate::time::parse("2026-11-21T08:00:00Z").unwrap()
}

pub(super) fn guid(number: u128) -> AuthorizationId {
    let hex = format!("{number:032x}");
    let part = |range: std::ops::Range<usize>| hex[range].to_owned();
    AuthorizationId::new([part(0..8), part(8..12), part(12..16), part(16..20), part(20..32)].join("-"))
}

pub(super) fn failure() -> Failure {
    Failure::new(FailureKind::Service, "The service did not answer.")
}

impl World {
    pub(super) fn new(overlap_hours: u32) -> Self {
        let mut world = Self {
            now: start(),
            secret: Vec::new(),
            tokens: Vec::new(),
            landing: Vec::new(),
            made: 0,
            began: false,
            meddled: false,
            overwrote: false,
            overlap_hours,
        };
        // A stranger's PAT in the same family, one of a longer base name, and one of another organization.
        world.make("ci-2026-01-01-0000000a", "vso.code", HERE, false);
        world.make("ci-prod-2026-01-01-0000000b", "vso.code", HERE, false);
        world.make("ci-2026-01-01-0000000c", "vso.code", ELSEWHERE, false);
        world
    }

    pub(super) fn make(&mut self, name: &str, scopes: &str, account: &str, ours: bool) -> AuthorizationId {
        let valid_to = self.now + TimeDelta::days(90);
        self.make_until(name, scopes, account, ours, valid_to)
    }

    pub(super) fn make_until(
        &mut self,
        name: &str,
        scopes: &str,
        account: &str,
        ours: bool,
        valid_to: DateTime<Utc>,
    ) -> AuthorizationId {
        self.made += 1;
        let id = guid(self.made);
        self.tokens.push(Token {
            pat: Pat {
                authorization_id: id.clone(),
                display_name: name.to_owned(),
                scopes: ScopeSet::parse(scopes),
                valid_from: self.now,
                valid_to,
                reach: Reach::Organizations(vec![account.to_owned()]),
                listed: Listed::Active,
            },
            life: Life::Active,
            ours,
            adopted: false,
            replaced: None,
        });
        id
    }

    pub(super) fn token(&self, id: &AuthorizationId) -> &Token {
        self.tokens
            .iter()
            .find(|token| token.pat.authorization_id == *id)
            .unwrap_or_else(|| panic!("no PAT {id}"))
    }

    fn token_mut(&mut self, id: &AuthorizationId) -> Option<&mut Token> {
        self.tokens
            .iter_mut()
            .find(|token| token.pat.authorization_id == *id)
    }

    pub(super) fn current(&self) -> Option<&Stored> {
        self.secret.last()
    }

    pub(super) fn metadata(&self) -> Metadata {
        Metadata::read(&self.current().unwrap().version.tags).unwrap()
    }

    /// Every PAT that a run has minted and that still works.
    pub(super) fn live(&self) -> Vec<&Pat> {
        self.tokens
            .iter()
            .filter(|token| token.ours && token.life == Life::Active)
            .map(|token| &token.pat)
            .collect()
    }

    pub(super) fn advance(&mut self, seconds: i64) {
        let until = self.now + TimeDelta::seconds(seconds);
        loop {
            self.landing.sort_by_key(|landing| landing.lands);
            if self.landing.first().is_none_or(|landing| landing.lands > until) {
                break;
            }
            let OnItsWay { lands, asked, what } = self.landing.remove(0);
            self.now = self.now.max(lands);
            match what {
                Landing::Mint {
                    name,
                    scopes,
                    valid_to,
                } => {
                    self.mint(&name, &scopes, valid_to);
                }
                Landing::Put { tags, value } => {
                    self.put_as_asked(tags, Some(value), asked);
                }
                Landing::Tags { version, tags } => self.write_tags(&version, &tags, asked),
                Landing::Revoke(id) => {
                    self.revoke(&id);
                }
                Landing::Extend { id, valid_to } => {
                    self.extend(&id, valid_to);
                }
            }
        }
        self.now = until;
    }

    fn later(&mut self, seconds: i64, asked: DateTime<Utc>, what: Landing) {
        let lands = self.now + TimeDelta::seconds(seconds);
        self.landing.push(OnItsWay { lands, asked, what });
    }

    fn mint(&mut self, name: &str, scopes: &ScopeSet, valid_to: DateTime<Utc>) -> AuthorizationId {
        // Another organization has one of the very same name.
        self.make(name, "vso.code", ELSEWHERE, false);
        self.make_until(name, &scopes.to_string(), HERE, true, valid_to)
    }

    /// A new version above all others.
    pub(super) fn put(&mut self, tags: BTreeMap<String, String>, value: Option<AuthorizationId>) -> String {
        self.put_as_asked(tags, value, self.now)
    }

    fn put_as_asked(
        &mut self,
        tags: BTreeMap<String, String>,
        value: Option<AuthorizationId>,
        asked: DateTime<Utc>,
    ) -> String {
        let id = format!("v{}", self.secret.len() + 1);
        let before = self.current().and_then(|stored| stored.value.clone());
        let now = self.now;
        if before != value
            && let Some(token) = before.and_then(|before| self.token_mut(&before))
        {
            token.replaced = Some(now);
        }
        if let Some(token) = value.as_ref().and_then(|value| self.token_mut(value)) {
            token.replaced = None;
        }
        self.began |= value.is_some();
        self.secret.push(Stored {
            version: Version {
                id: id.clone(),
                created: self.now,
                enabled: value.is_some(),
                tags,
            },
            value,
            written: self.now,
            held_up: self.now - asked > LOCK - STORE_WITHIN,
        });
        self.check();
        id
    }

    /// Tags are written as a whole, over whatever is there.
    fn write_tags(&mut self, version: &str, tags: &BTreeMap<String, String>, asked: DateTime<Utc>) {
        assert!(tags.len() <= 15);
        let mut stored = self.secret.iter_mut();
        let stored = stored.find(|stored| stored.version.id == version).unwrap();
        self.overwrote |= stored.written > asked;
        stored.written = self.now;
        stored.version.tags.clone_from(tags);
    }

    fn extend(&mut self, id: &AuthorizationId, valid_to: DateTime<Utc>) -> bool {
        let token = self.token_mut(id).unwrap();
        let is_active = token.life == Life::Active;
        if is_active {
            token.pat.valid_to = valid_to;
        }
        is_active
    }

    /// From the first success on the store holds a PAT that was not revoked, unless a person has revoked one, or a run
    /// was held up between planning to store and storing.
    pub(super) fn check(&self) {
        let current = self.current().filter(|stored| !stored.held_up);
        let Some(current) = current.filter(|_| self.began && !self.meddled) else {
            return;
        };
        assert!(current.version.enabled, "the current version cannot be read");
        let value = current.value.as_ref().unwrap();
        assert_eq!(
            self.token(value).life,
            Life::Active,
            "the store holds the dead {value}"
        );
    }

    /// The rules of who may be revoked, and when.
    fn check_revocable(&self, id: &AuthorizationId) {
        let token = self.token(id);
        let name = &token.pat.display_name;
        assert!(token.ours || token.adopted, "the stranger {name} is revoked");
        assert!(
            self.current()
                .is_none_or(|stored| stored.value.as_ref() != Some(id)),
            "{name} is revoked, and the store holds it"
        );
        for landing in &self.landing {
            let lands = matches!(&landing.what, Landing::Put { value, .. } if value == id);
            assert!(!lands, "{name} is revoked, and the store may yet hold it");
        }
        if let Some(replaced) = token.replaced.filter(|_| token.life == Life::Active) {
            let until = replaced + TimeDelta::hours(i64::from(self.overlap_hours));
            assert!(self.now >= until, "{name} is revoked within the overlap");
            let above = self.secret.iter().rev();
            let mut above = above.take_while(|stored| stored.value.as_ref() != Some(id));
            let works = |stored: &Stored| {
                let value = stored.value.as_ref();
                value.is_some_and(|value| self.token(value).life == Life::Active)
            };
            let current = self.current().unwrap();
            // A value that was held up may have landed above the good one that has replaced this.
            assert!(
                works(current) || (current.held_up && above.any(works)),
                "{name} was the last one that works"
            );
        }
    }

    /// Whether it was active until now.
    fn revoke(&mut self, id: &AuthorizationId) -> bool {
        self.check_revocable(id);
        let token = self.token_mut(id).unwrap();
        let was = std::mem::replace(&mut token.life, Life::Revoked);
        self.check();
        was == Life::Active
    }

    pub(super) fn revoke_by_hand(&mut self, id: &AuthorizationId) {
        self.meddled = true;
        self.token_mut(id).unwrap().life = Life::Revoked;
    }
}

/// One run of the task: the executor's loop, a step at a time.
#[derive(Debug, Clone)]
pub(super) struct Run {
    pub(super) settings: Settings,
    pub(super) run: RunId,
    rotations: [RotationId; 2],
    pub(super) observed: Option<Observed>,
    pub(super) progress: Progress,
    pub(super) in_hand: Option<AuthorizationId>,
    /// How far this machine's clock is ahead.
    pub(super) skew: TimeDelta,
    pub(super) looks: Looks,
    /// What it saw first, where it does not look at everything at once.
    half: Option<Observed>,
    /// What was planned before the machine stood still, and when.
    held_up: Option<(Step, DateTime<Utc>)>,
    /// Every step taken.
    pub(super) steps: Vec<Step>,
}

#[derive(Debug)]
pub(super) enum Went {
    On,
    Died,
    Ended(Box<RotationReport>),
}

pub(super) fn settings(overlap_hours: u32) -> Settings {
    Settings {
        organization: Organization::parse("acme").unwrap(),
        store: "Key Vault kv-devops".to_owned(),
        secret: "build-pipeline-pat".to_owned(),
        name: BaseName::parse("ci").unwrap(),
        scopes: ScopeSet::parse("vso.code vso.build_execute"),
        mode: Mode::Replace,
        valid_days: 90,
        renew_before_days: None,
        overlap_hours,
        force: false,
        adopt: None,
        dry_run: false,
    }
}

impl Run {
    /// The `number` draws the rotations' ids, so no two runs may have the same one.
    pub(super) fn new(settings: Settings, number: u128, build: &str, attempt: u32) -> Self {
        Self {
            settings,
            run: RunId::new("acme", build, "Rotate.Job", attempt),
            rotations: [1, 2].map(|part: u128| RotationId::new(((number * 2 + part) << 96) | number)),
            observed: None,
            progress: Progress::default(),
            in_hand: None,
            skew: TimeDelta::zero(),
            looks: Looks::AtOnce,
            half: None,
            held_up: None,
            steps: Vec::new(),
        }
    }

    pub(super) fn observe(&self, world: &World) -> Observed {
        let mut versions: Vec<Version> = world.secret.iter().map(|stored| stored.version.clone()).collect();
        Observed {
            run: self.run.clone(),
            rotations: self.rotations,
            me: Owner::new("0d1e", Some("svc-build@acme.example")),
            account: Some(HERE.to_owned()),
            secret: match versions.pop() {
                None => Secret::Absent,
                Some(current) => Secret::Present {
                    current,
                    older: versions,
                },
            },
            limits: TagLimits::KEY_VAULT,
            active: active(world),
            clock: self.clock(world),
        }
    }

    fn clock(&self, world: &World) -> Clock {
        Clock {
            store: world.now,
            machine: world.now + self.skew,
        }
    }

    pub(super) fn next(&self, world: &World) -> Step {
        let observed = self.observed.as_ref().unwrap();
        next(observed, &self.progress, &self.settings, world.now + self.skew)
    }

    /// Takes the next step, the first of which is to observe.
    pub(super) fn go(&mut self, world: &mut World, fault: Fault) -> Went {
        if let Fault::Stall(seconds) = fault {
            world.advance(seconds);
        }
        if matches!(fault, Fault::Cancel) {
            self.progress.cancel();
        }
        if self.observed.is_none() {
            if matches!(fault, Fault::Crash(_) | Fault::CancelDuring(_)) {
                return Went::Died;
            }
            self.look(world);
            return Went::On;
        }
        let (step, planned) = match self.held_up.take() {
            Some(held_up) => held_up,
            None => (self.next(world), world.now),
        };
        if let Step::Done(report) = step {
            self.steps.push(Step::Done(report.clone()));
            return Went::Ended(report);
        }
        if fault == Fault::HeldUp {
            self.held_up = Some((step, planned));
            return Went::On;
        }
        self.steps.push(step.clone());
        assert!(
            self.steps.len() < 60,
            "it does not end: {:#?}",
            self.progress.lines
        );
        let outcome = match fault {
            Fault::Crash(done) => {
                self.act_as_planned(world, &step, done, planned);
                return Went::Died;
            }
            Fault::Refused => Outcome::Failed(failure()),
            Fault::Unclear(done) | Fault::CancelDuring(done) => {
                self.act_as_planned(world, &step, done, planned);
                if matches!(fault, Fault::CancelDuring(_)) {
                    self.progress.cancel();
                }
                if step.changes() {
                    Outcome::Unclear(failure())
                } else {
                    Outcome::Failed(failure())
                }
            }
            Fault::None | Fault::Cancel | Fault::Stall(_) | Fault::HeldUp => {
                self.act_as_planned(world, &step, Done::Now, planned).unwrap()
            }
        };
        self.progress.note(&step, outcome);
        // Looking and putting the first version follow each other at once: Key Vault has no other way to do both.
        if matches!(step, Step::ReadCurrent { .. })
            && matches!(self.next(world), Step::WriteTags(write) if write.version.is_none())
        {
            return self.go(world, Fault::None);
        }
        Went::On
    }

    /// Looks at the store and at the list of PATs, or at the first of them.
    fn look(&mut self, world: &mut World) {
        if let Some(token) = self.settings.adopt.as_ref().and_then(|id| world.token_mut(id)) {
            token.adopted = true;
        }
        let now = self.observe(world);
        let (mut seen, listed) = match (self.looks, self.half.take()) {
            (Looks::AtOnce, _) => (now.clone(), now.active),
            (_, None) => {
                self.half = Some(now);
                return;
            }
            (Looks::StoreFirst, Some(before)) => (before, now.active),
            (Looks::ListFirst, Some(before)) => (now, before.active),
        };
        seen.active = listed;
        // A list that lacks the recorded PAT may be older than what the store shows: the executor asks for another.
        if let Secret::Present { current, .. } = &seen.secret
            && let Ok(Metadata {
                record: Some(record), ..
            }) = Metadata::read(&current.tags)
            && !seen.active.iter().any(|pat| pat.authorization_id == record.id)
        {
            seen.active = active(world);
        }
        self.observed = Some(seen);
    }

    /// Runs to its end without a fault.
    pub(super) fn finish(&mut self, world: &mut World) -> RotationReport {
        loop {
            world.advance(1);
            match self.go(world, Fault::None) {
                Went::On => {}
                Went::Ended(report) => return *report,
                Went::Died => unreachable!(),
            }
        }
    }

    pub(super) fn act(&mut self, world: &mut World, step: &Step, done: Done) -> Option<Outcome> {
        self.act_as_planned(world, step, done, world.now)
    }

    /// Does now what was planned then; `None`: there is no answer.
    pub(super) fn act_as_planned(
        &mut self,
        world: &mut World,
        step: &Step,
        done: Done,
        planned: DateTime<Utc>,
    ) -> Option<Outcome> {
        if let Step::Revoke { id, .. } = step {
            world.check_revocable(id);
        }
        let later = match done {
            Done::Never => return None,
            Done::Now => None,
            Done::Later(seconds) => Some(seconds),
        };
        if let Some(seconds) = later
            && let Some(what) = self.landing(step)
        {
            world.later(seconds, planned, what);
            return None;
        }
        Some(match step {
            Step::ListEnded { .. } => Outcome::Ended(Ended {
                revoked: world
                    .tokens
                    .iter()
                    .filter(|token| token.life == Life::Revoked)
                    .map(|token| token.pat.authorization_id.clone())
                    .collect(),
                expired: Vec::new(),
            }),
            Step::Revoke { id, .. } => {
                if world.revoke(id) {
                    Outcome::Revoked
                } else {
                    Outcome::Gone
                }
            }
            Step::WriteTags(write) => match &write.version {
                None => Outcome::Written {
                    version: world.put(write.tags.clone(), None),
                },
                Some(version) => {
                    world.write_tags(version, &write.tags, planned);
                    Outcome::Written {
                        version: version.clone(),
                    }
                }
            },
            Step::ReadCurrent { .. } => Outcome::Current(Reading {
                current: world.current().map(|stored| stored.version.clone()),
                clock: self.clock(world),
            }),
            Step::Mint {
                name,
                scopes,
                valid_to,
            } => {
                let id = world.mint(name, scopes, *valid_to);
                self.in_hand = Some(id.clone());
                Outcome::Minted {
                    id,
                    valid_to: *valid_to,
                }
            }
            Step::FindByName { .. } => Outcome::Found(active(world)),
            Step::Test { id, .. } => trial(world, Some(id)),
            Step::Prove { version, .. } => {
                let mut stored = world.secret.iter();
                trial(
                    world,
                    stored
                        .find(|stored| stored.version.id == *version)?
                        .value
                        .as_ref(),
                )
            }
            Step::Store { tags, .. } => {
                let value = self.in_hand.clone().unwrap();
                Outcome::Stored {
                    version: world.put_as_asked(tags.clone(), Some(value), planned),
                }
            }
            Step::ReadBack { version } => {
                let mut stored = world.secret.iter();
                match stored.find(|stored| stored.version.id == *version) {
                    Some(stored) if stored.value == self.in_hand => Outcome::SameValue,
                    _ => Outcome::OtherValue,
                }
            }
            Step::Extend { id, valid_to, .. } => {
                if world.extend(id, *valid_to) {
                    Outcome::Extended { valid_to: *valid_to }
                } else {
                    Outcome::Failed(failure())
                }
            }
            Step::Done(_) => unreachable!(),
        })
    }

    /// What is on its way once the step is asked for; `None`: a read, or a first version, which lands at once. A first
    /// version that lands above a value hides it, and two runs that meet are the only way to that which is told of.
    fn landing(&self, step: &Step) -> Option<Landing> {
        Some(match step {
            Step::Mint {
                name,
                scopes,
                valid_to,
            } => Landing::Mint {
                name: name.clone(),
                scopes: scopes.clone(),
                valid_to: *valid_to,
            },
            Step::Store { tags, .. } => Landing::Put {
                tags: tags.clone(),
                value: self.in_hand.clone().unwrap(),
            },
            Step::WriteTags(write) => Landing::Tags {
                version: write.version.clone()?,
                tags: write.tags.clone(),
            },
            Step::Revoke { id, .. } => Landing::Revoke(id.clone()),
            Step::Extend { id, valid_to, .. } => Landing::Extend {
                id: id.clone(),
                valid_to: *valid_to,
            },
            _ => return None,
        })
    }
}

fn active(world: &World) -> Vec<Pat> {
    let live = world.tokens.iter().filter(|token| token.life == Life::Active);
    live.map(|token| token.pat.clone()).collect()
}

fn trial(world: &World, id: Option<&AuthorizationId>) -> Outcome {
    match id {
        Some(id) if world.token(id).life == Life::Active => Outcome::Works,
        _ => Outcome::Refused(Failure::new(FailureKind::Service, "It was answered with 401.")),
    }
}

impl Run {
    /// The step that comes next, once it has observed.
    pub(super) fn next_label(&self, world: &World) -> Option<&'static str> {
        self.observed.as_ref().map(|_| self.next(world).label())
    }
}
