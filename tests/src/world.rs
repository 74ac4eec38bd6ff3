//! A small company, and one job of its pipeline: what tests of the product begin with.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::job::{Job, Step};
use crate::leak::{Search, Searched};
use crate::package::{Package, Task};
use crate::running::{Run, Running};
use crate::step::StepResult;
use chrono::TimeDelta;
use patkeeper_sim::{Cloud, PatSeed, Sim, SimConfig};
use serde_json::Value;

/// The organization of the job.
pub const ACME: &str = "acme";
/// Who signs in.
pub const UPN: &str = "svc-build@acme.example";
/// The life-cycle API's path, as far as every request for it has it.
pub const PATS: &str = "_apis/tokens/pats";

/// The simulated cloud, the signed-in user, and a job whose secret variable `Token` is that user's token.
pub struct World {
    /// The cloud.
    pub sim: Sim,
    /// The user's id.
    pub user: String,
    /// The user's token.
    pub token: String,
    /// The job.
    pub job: Job,
}

/// PatMonitor, as packaged.
///
/// # Panics
/// When there is no package.
#[must_use]
pub fn task() -> Task {
    Package::of_this_tree().task("PatMonitor")
}

/// PatRotate, as packaged.
///
/// # Panics
/// When there is no package.
#[must_use]
pub fn rotation() -> Task {
    Package::of_this_tree().task("PatRotate")
}

/// PatRevoke, as packaged.
///
/// # Panics
/// When there is no package.
#[must_use]
pub fn revocation() -> Task {
    Package::of_this_tree().task("PatRevoke")
}

/// PatAudit, as packaged.
///
/// # Panics
/// When there is no package.
#[must_use]
pub fn auditing() -> Task {
    Package::of_this_tree().task("PatAudit")
}

impl Default for World {
    fn default() -> Self {
        Self::new()
    }
}

impl World {
    /// A cloud and a job.
    ///
    /// # Panics
    /// When the simulator cannot start.
    #[must_use]
    pub fn new() -> Self {
        Self::with(SimConfig::default())
    }

    /// The same with another simulator.
    ///
    /// # Panics
    /// When it cannot start.
    #[must_use]
    pub fn with(config: SimConfig) -> Self {
        let sim = Sim::start(config).expect("a simulator");
        let (account, user, token) = sim.cloud(|cloud| {
            let account = cloud.add_organization(ACME);
            let user = cloud.add_user(ACME, UPN, "Build Service");
            let token = cloud.user_token(&user);
            (account, user, token)
        });
        let mut job = Job::new()
            .variable("System.CollectionId", &account)
            .secret("Token", &token);
        for (name, value) in sim.agent_env() {
            job = job.agent_setting(&name, &value);
        }
        Self {
            sim,
            user,
            token,
            job,
        }
    }

    /// Several PATs by name and days left.
    ///
    /// # Panics
    /// As [`World::new`].
    #[must_use]
    pub fn having(pats: &[(&str, i64)]) -> Self {
        let world = Self::new();
        for (name, days) in pats {
            world.pat(name, *days);
        }
        world
    }

    /// A PAT of `acme` that policy has nothing against.
    pub fn pat(&self, name: &str, days_left: i64) -> String {
        self.sim.cloud(|cloud| {
            let seed = seed(cloud, &self.user, ACME, name, days_left);
            cloud.add_pat(seed)
        })
    }

    /// A PAT that `alter` makes special.
    pub fn special(&self, name: &str, days_left: i64, alter: impl FnOnce(PatSeed) -> PatSeed) -> String {
        self.sim.cloud(|cloud| {
            let seed = seed(cloud, &self.user, ACME, name, days_left);
            cloud.add_pat(alter(seed))
        })
    }

    /// The step as most pipelines have it.
    #[must_use]
    pub fn step() -> Step {
        Step::new("pats").input("accessToken", "$(Token)")
    }

    /// The step with every channel told; the job gets their URLs as secret variables.
    #[must_use]
    pub fn telling_all(&mut self, step: Step) -> Step {
        WEBHOOKS.iter().fold(step, |step, (input, url)| {
            self.job.add_secret(input, url);
            step.input(input, &format!("$({input})"))
        })
    }

    /// Runs PatMonitor.
    ///
    /// # Panics
    /// As [`Job::run`].
    pub fn run(&mut self, step: &Step) -> Run {
        self.job.run(&task(), step)
    }

    /// Starts PatMonitor.
    ///
    /// # Panics
    /// As [`Job::start`].
    pub fn start(&mut self, step: &Step) -> Running {
        self.job.start(&task(), step)
    }

    /// Runs PatRotate.
    ///
    /// # Panics
    /// As [`Job::run`].
    pub fn rotate(&mut self, step: &Step) -> Run {
        self.job.run(&rotation(), step)
    }

    /// Starts PatRotate.
    ///
    /// # Panics
    /// As [`Job::start`].
    pub fn start_rotating(&mut self, step: &Step) -> Running {
        self.job.start(&rotation(), step)
    }

    /// Everything written and everything told, searched for every secret that the cloud knows, the job's token and whatever else the test
    /// knows.
    ///
    /// # Panics
    /// When a secret is found.
    pub fn assert_no_secret(&self, run: &Run, more: &[&str]) -> Searched {
        let known = self.sim.cloud(|cloud| cloud.secrets());
        let mut secrets = vec![self.token.as_str(), self.job.job_token()];
        secrets.extend(known.iter().map(String::as_str));
        secrets.extend(more);
        let mut search = Search::new(&secrets);
        search.run(run);
        search.files(self.job.root());
        for told in self.sim.cloud(|cloud| cloud.deliveries.clone()) {
            search.text(&format!("a message to {:?}", told.hook), told.raw.as_bytes());
        }
        search.end()
    }
}

/// Webhook URLs that no service ever made, by input; all that makes them secret is in their path or query.
pub const WEBHOOKS: [(&str, &str); 3] = [
    (
        "slackWebhookUrl",
        "https://hooks.slack.com/services/TEXAMPLE/BEXAMPLE/made-up-for-tests",
    ),
    (
        "teamsWebhookUrl",
        "https://prod-00.westeurope.logic.azure.com/workflows/made-up/triggers/manual/paths/invoke?sig=also-made-up-for-tests",
    ),
    (
        "webhookUrl",
        "https://alerts.example/hook/likewise-made-up?key=for-tests-only",
    ),
];

/// What in them must never be seen.
pub const WEBHOOK_SECRETS: [&str; 4] = [
    "TEXAMPLE/BEXAMPLE/made-up-for-tests",
    "also-made-up-for-tests",
    "hook/likewise-made-up",
    "for-tests-only",
];

/// Ends `days_left` whole days (and an hour) from the cloud's now. A living one was made 20 days ago, an ended one
/// lived for 60 days.
#[must_use]
pub fn seed(cloud: &Cloud, user: &str, organization: &str, name: &str, days_left: i64) -> PatSeed {
    let now = cloud.now();
    let ends = now + TimeDelta::days(days_left) + TimeDelta::hours(1);
    let starts = if days_left >= 0 {
        now - TimeDelta::days(20)
    } else {
        ends - TimeDelta::days(60)
    };
    PatSeed::new(user, organization, name, "vso.build")
        .starts(starts)
        .ends(ends)
}

/// The end of a step in one line: status, result, exit code.
#[must_use]
pub fn end(run: &Run) -> (String, StepResult, Option<i32>) {
    (run.output("status").to_owned(), run.result(), run.exit_code)
}

/// What [`end`] should be.
#[must_use]
pub fn ends(status: &str, result: StepResult, exit_code: i32) -> (String, StepResult, Option<i32>) {
    (status.to_owned(), result, Some(exit_code))
}

/// The JSON report that the step points to.
///
/// # Panics
/// When there is none.
#[must_use]
pub fn report(run: &Run) -> Value {
    let path = run.output("reportJson");
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{path}: {error}\n{}", run.log()));
    serde_json::from_str(&text).expect("JSON")
}

/// A number among the outputs.
///
/// # Panics
/// When it is none.
#[must_use]
pub fn count(run: &Run, output: &str) -> u32 {
    run.output(output)
        .parse()
        .unwrap_or_else(|_| panic!("{output} is '{}'\n{}", run.output(output), run.log()))
}

/// Waits until the cloud or the machine has come to a state; gives up when it plainly never will.
///
/// # Panics
/// Then.
pub fn eventually(what: &str, reached: impl Fn() -> bool) {
    let begun = Instant::now();
    while !reached() {
        assert!(begun.elapsed() < Duration::from_secs(60), "never: {what}");
        std::thread::park_timeout(Duration::from_millis(2));
    }
}

/// Checks several cases at once, so many of them as `width`: most of their time is the product waiting.
pub fn at_once<T: Sync>(cases: &[T], width: usize, check: impl Fn(&T) + Sync) {
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..cases.len().min(width) {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    check(case);
                }
            });
        }
    });
}
