//! A company with one PAT to rotate, runs of the program there, and what must hold whatever happens to them.

use std::collections::BTreeMap;
use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::{Command, Stdio};
use std::sync::{Arc, LazyLock, Mutex, OnceLock, PoisonError};

use chrono::TimeDelta;
use patkeeper_sim::{Boundary, Passage, Pat, PatSeed, Right, Side, Sim, VaultSecret};
use patkeeper_tests::invariants::{Books, Place, assert_safe, assert_settled};
use patkeeper_tests::job::Step;
use patkeeper_tests::office::{Office, VAULT, VAULT_HOST};
use patkeeper_tests::package::Package;
use patkeeper_tests::processes;
use patkeeper_tests::world::{ACME, PATS, rotation};

/// The PAT's base name.
pub(crate) const NAME: &str = "ci-build";
/// What it may do.
pub(crate) const SCOPES: &str = "vso.build_execute vso.code";
/// The secret that holds it.
pub(crate) const SECRET: &str = "build-pipeline-pat";
/// Where it all is.
pub(crate) const PLACE: Place<'static> = Place {
    organization: ACME,
    vault: VAULT,
    secret: SECRET,
};

const TWO_MONTHS: TimeDelta = TimeDelta::days(62);

/// Longer than any run keeps others out.
const AFTER_THE_LOCK: TimeDelta = TimeDelta::minutes(16);

/// What a rotation begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Stage {
    /// A PAT is recorded and due.
    Due,
    /// There is no secret yet.
    First,
    /// Nothing is due, and the overlap of what was replaced has passed.
    Overlap,
}

impl Stage {
    pub(crate) const ALL: [Self; 3] = [Self::Due, Self::First, Self::Overlap];
    /// Those in which a PAT is minted.
    pub(crate) const ROTATIONS: [Self; 2] = [Self::Due, Self::First];

    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Due => "a due rotation",
            Self::First => "a first rotation",
            Self::Overlap => "a run that revokes after the overlap",
        }
    }

    /// What is on the books when it begins.
    fn recorded(self) -> Option<&'static Recorded> {
        match self {
            Self::Due => Some(&RECORDED),
            Self::First => None,
            Self::Overlap => Some(&REPLACED),
        }
    }
}

/// How the job is run again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Again {
    /// At once, as its next attempt.
    NextAttempt,
    /// As another build, when the lock's time is over.
    AnotherBuild,
}

/// What the books say two months after a first rotation: less than a third of the PAT's life is left.
struct Recorded {
    pats: Vec<Pat>,
    secret: VaultSecret,
}

static RECORDED: LazyLock<Recorded> = LazyLock::new(|| rotated(Stage::First, TWO_MONTHS, "0"));

/// What they say an hour after the overlap of the next one.
static REPLACED: LazyLock<Recorded> = LazyLock::new(|| rotated(Stage::Due, TimeDelta::hours(25), "24"));

/// The books of a company that has rotated so long ago, with so many hours of overlap.
fn rotated(stage: Stage, ago: TimeDelta, overlap: &str) -> Recorded {
    let company = Company::new(stage);
    company.sim().cloud(|cloud| cloud.clock.advance(-ago));
    let mut environment = company.environment.clone();
    environment.insert("INPUT_OVERLAPHOURS".to_owned(), overlap.to_owned());
    let ended = company.spawn(&environment).wait();
    assert_eq!(ended.code, Some(0), "{}", ended.log);
    company.sim().cloud(|cloud| Recorded {
        pats: cloud.pats.clone(),
        secret: cloud.vault(VAULT).unwrap().secret(SECRET).unwrap().clone(),
    })
}

/// The company, and the one job that rotates there.
pub(crate) struct Company {
    pub(crate) office: Office,
    /// What the shim hands on of what the agent gives.
    pub(crate) environment: BTreeMap<String, String>,
    /// The books when it was founded.
    before: Books,
}

/// What must hold, and did not.
#[derive(Clone, Default)]
pub(crate) struct Violations(Arc<Mutex<Vec<String>>>);

impl Violations {
    fn add(&self, what: String) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(what);
    }

    pub(crate) fn assert_none(&self) {
        let found = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        assert!(found.is_empty(), "{found:#?}");
    }
}

impl Company {
    pub(crate) fn new(stage: Stage) -> Self {
        let mut office = Office::with(&[]);
        let user = office.world.user.clone();
        office.world.sim.cloud(|cloud| {
            cloud.grant(VAULT, &office.app, &[Right::Get, Right::List, Right::Set]);
            cloud.add_organization("other");
            // A person's own in the same family, a longer base name, and one of another organization.
            let strangers = [
                (ACME, "ci-build-2026-01-01-0000000a"),
                (ACME, "ci-build-prod-2026-01-01-0000000b"),
                ("other", "ci-build-2026-01-01-0000000c"),
            ];
            for (organization, name) in strangers {
                cloud.add_pat(PatSeed::new(&user, organization, name, "vso.code"));
            }
            // What is drawn from here on has nothing in common with what is on the books below.
            let drawn = match stage {
                Stage::First => 0,
                Stage::Due => 4096,
                Stage::Overlap => 8192,
            };
            for _ in 0..drawn {
                cloud.guid();
            }
        });
        if let Some(recorded) = stage.recorded() {
            office.world.sim.cloud(|cloud| {
                cloud.pats.clone_from(&recorded.pats);
                cloud
                    .vault_mut(VAULT)
                    .unwrap()
                    .secrets
                    .push(recorded.secret.clone());
            });
        }
        let step = Self::step(&office);
        let environment = passed_on(office.world.job.environment_of(&rotation(), &step));
        let before = Books::of(&office.world.sim, PLACE);
        Self {
            office,
            environment,
            before,
        }
    }

    /// The user's token for Azure DevOps, and a federated connection for the vault: no sign-in asks for more.
    pub(crate) fn step(office: &Office) -> Step {
        Step::new("rotate")
            .input("accessToken", "$(Token)")
            .input("azureSubscription", &office.federated)
            .input("name", NAME)
            .input("scopes", SCOPES)
            .input("vault", VAULT)
            .input("secretName", SECRET)
            .input("overlapHours", "0")
    }

    pub(crate) fn sim(&self) -> &Sim {
        &self.office.world.sim
    }

    /// The environment of the same job as another attempt or of another build.
    pub(crate) fn environment_of(&self, build: &str, attempt: u32) -> BTreeMap<String, String> {
        let mut environment = self.environment.clone();
        environment.insert("BUILD_BUILDID".to_owned(), build.to_owned());
        environment.insert("SYSTEM_JOBATTEMPT".to_owned(), attempt.to_string());
        environment
    }

    /// Starts the program as the shim does.
    pub(crate) fn spawn(&self, environment: &BTreeMap<String, String>) -> Process {
        let log = self
            .office
            .world
            .job
            .root()
            .join(format!("log-{}", fresh_number()));
        let out = File::create(&log).unwrap();
        let err = out.try_clone().unwrap();
        let child = Command::new(Package::of_this_tree().program(&rotation()))
            .args(["task", "PatRotate"])
            .env_clear()
            .envs(environment)
            .current_dir(self.office.world.job.sources())
            .stdin(Stdio::null())
            .stdout(out)
            .stderr(err)
            .spawn()
            .unwrap();
        Process { child, log }
    }

    /// Watches every request from now on: what must hold at every moment does, and `strike` decides on its passage.
    pub(crate) fn watch(
        self: &Arc<Self>,
        mut strike: impl FnMut(&Boundary) -> Passage + Send + 'static,
    ) -> Violations {
        let violations = Violations::default();
        let before = Books::of(self.sim(), PLACE);
        let (company, told) = (Arc::downgrade(self), violations.clone());
        self.sim().at_boundary(move |at| {
            if let Some(company) = company.upgrade() {
                let held = catch_unwind(AssertUnwindSafe(|| company.check(&before, at)));
                if let Err(broken) = held {
                    let what = broken
                        .downcast::<String>()
                        .map_or_else(|_| String::new(), |what| *what);
                    told.add(format!("{at}: {what}"));
                }
            }
            strike(at)
        });
        violations
    }

    /// The secret works, nobody else's PAT is revoked, and the recorded one only once its successor is read back.
    fn check(&self, before: &Books, at: &Boundary) {
        assert_safe(self.sim(), PLACE, before);
        if at.method != "DELETE" || at.side != Side::Before || !at.path.contains(PATS) {
            return;
        }
        let secret = self
            .sim()
            .cloud(|cloud| cloud.vault(VAULT).unwrap().secret(SECRET).cloned());
        let versions = secret.map(|secret| secret.versions).unwrap_or_default();
        let records = |version: &&patkeeper_sim::SecretVersion| {
            let id = version.tags.get("patkeeper-authorization-id");
            id.is_some_and(|id| self.is_asked_about(at, id))
        };
        let Some(last) = versions.iter().rposition(|version| records(&version)) else {
            return;
        };
        let current = versions.last().unwrap();
        assert!(
            last + 1 < versions.len(),
            "the recorded PAT is about to be revoked"
        );
        let path = format!("/secrets/{SECRET}/{}", current.id);
        let read_back = self.sim().log().into_iter().any(|request| {
            request.host == VAULT_HOST
                && request.method == "GET"
                && request.path == path
                && request.status == Some(200)
        });
        assert!(read_back, "version {} was never read back", current.id);
    }

    fn is_asked_about(&self, at: &Boundary, id: &str) -> bool {
        let log = self.sim().log();
        let request = &log[at.number - 1];
        request.query.to_lowercase().contains(&id.to_lowercase())
    }

    /// What holds right after a run has ended, in whatever way.
    pub(crate) fn assert_safe(&self) {
        assert_safe(self.sim(), PLACE, &self.before);
    }

    /// What holds once a run has succeeded.
    pub(crate) fn assert_settled(&self) {
        assert_settled(self.sim(), PLACE, &self.before);
    }

    /// The job is run again until exactly one PAT of its own is alive and recorded: in one run, or in two. How many.
    pub(crate) fn settle(self: &Arc<Self>, again: Again) -> usize {
        self.run_again(again);
        if self.is_alone() {
            return 1;
        }
        self.later();
        self.succeed(&self.environment_of("4713", 1));
        assert!(self.is_alone(), "after two runs alive: {:#?}", self.own());
        2
    }

    /// The job is run again, and succeeds.
    pub(crate) fn run_again(self: &Arc<Self>, again: Again) {
        let environment = match again {
            Again::NextAttempt => self.environment_of("4711", 2),
            Again::AnotherBuild => {
                self.later();
                self.environment_of("4712", 1)
            }
        };
        self.succeed(&environment);
    }

    pub(crate) fn later(&self) {
        self.sim().cloud(|cloud| cloud.clock.advance(AFTER_THE_LOCK));
    }

    fn succeed(self: &Arc<Self>, environment: &BTreeMap<String, String>) {
        self.sim().clear_faults();
        self.sim().clear_log();
        let violations = self.watch(|_| Passage::Go);
        let ended = self.spawn(environment).wait();
        violations.assert_none();
        assert_eq!(ended.code, Some(0), "the run after it:\n{}", ended.log);
        self.assert_settled();
        self.assert_kept(&ended.log);
    }

    /// Names of the job's own living PATs.
    pub(crate) fn own(&self) -> Vec<String> {
        self.sim().cloud(|cloud| {
            let now = cloud.now();
            let own = cloud
                .pats
                .iter()
                .filter(|pat| pat.revoked.is_none() && pat.valid_to > now && pat.secret.is_some());
            own.map(|pat| pat.display_name.clone()).collect()
        })
    }

    fn is_alone(&self) -> bool {
        self.own().len() == 1
    }

    /// No PAT's text is in a log.
    pub(crate) fn assert_kept(&self, log: &str) {
        let texts = self.sim().cloud(|cloud| {
            let texts = cloud.pats.iter().filter_map(|pat| pat.secret.clone());
            texts.collect::<Vec<String>>()
        });
        for line in log.lines() {
            assert!(
                texts.iter().all(|text| !line.contains(text)),
                "a PAT's text is in the log"
            );
        }
    }
}

impl Drop for Company {
    fn drop(&mut self) {
        self.office.world.sim.ignore_boundaries();
    }
}

/// A run under way.
pub(crate) struct Process {
    child: std::process::Child,
    log: std::path::PathBuf,
}

/// A run that has ended.
#[derive(Debug)]
pub(crate) struct Ended {
    /// `None`: killed.
    pub(crate) code: Option<i32>,
    pub(crate) log: String,
}

impl Process {
    pub(crate) fn id(&self) -> i32 {
        i32::try_from(self.child.id()).unwrap()
    }

    pub(crate) fn wait(mut self) -> Ended {
        let code = self.child.wait().unwrap().code();
        let log = std::fs::read(&self.log).unwrap();
        let log = String::from_utf8_lossy(&log);
        // The agent's masker takes these lines away.
        let shown = log
            .lines()
            .filter(|line| !line.starts_with("##vso[task.setsecret]"));
        let log = shown.collect::<Vec<_>>().join("\n");
        Ended { code, log }
    }
}

/// Kills a process that is started after its killer is made.
#[derive(Clone, Default)]
pub(crate) struct Killer(Arc<OnceLock<i32>>);

impl Killer {
    pub(crate) fn aim(&self, process: &Process) {
        self.0.set(process.id()).unwrap();
    }

    pub(crate) fn kill(&self) {
        processes::kill(&[*self.0.wait()]);
    }
}

/// The shim hands on inputs, what the agent says, the connection that is named, the job's own token (the connection is
/// a federated one), and what a process needs to live.
fn passed_on(environment: BTreeMap<String, String>) -> BTreeMap<String, String> {
    let begins = [
        "INPUT_",
        "SYSTEM_",
        "BUILD_",
        "AGENT_",
        "ENDPOINT_",
        "SECRET_AGENT_PROXYPASSWORD",
    ];
    let is = ["HOME", "PATH", "LANG", "TF_BUILD"];
    let mut passed = environment;
    passed
        .retain(|name, _| is.contains(&name.as_str()) || begins.iter().any(|begin| name.starts_with(begin)));
    passed
}

/// A number that no other call has got.
fn fresh_number() -> usize {
    use std::sync::atomic::{AtomicUsize, Ordering};
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}
