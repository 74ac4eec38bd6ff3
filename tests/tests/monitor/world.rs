//! A small company, and one job of its pipeline.

use std::time::{Duration, Instant};

use chrono::TimeDelta;
use patkeeper_sim::{Cloud, PatSeed, Sim, SimConfig};
use patkeeper_tests::job::{Job, Step};
use patkeeper_tests::leak::{Searched, assert_no_secret};
use patkeeper_tests::package::{Package, Task};
use patkeeper_tests::running::{Run, Running};
use patkeeper_tests::step::StepResult;
use serde_json::Value;

/// The organization of the job.
pub(crate) const ACME: &str = "acme";
/// Who signs in.
pub(crate) const UPN: &str = "svc-build@acme.example";
/// The life-cycle API's path, as far as every request for it has it.
pub(crate) const PATS: &str = "_apis/tokens/pats";

/// The simulated cloud, the signed-in user, and a job whose secret variable `Token` is that user's token.
pub(crate) struct World {
    pub(crate) sim: Sim,
    pub(crate) user: String,
    pub(crate) token: String,
    pub(crate) job: Job,
}

pub(crate) fn task() -> Task {
    Package::of_this_tree().task("PatMonitor")
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with(SimConfig::default())
    }

    pub(crate) fn with(config: SimConfig) -> Self {
        let sim = Sim::start(config).unwrap();
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

    /// Several PATs by name and days left; see [`PatOf`].
    pub(crate) fn having(pats: &[(&str, i64)]) -> Self {
        let world = Self::new();
        for (name, days) in pats {
            world.pat(name, *days);
        }
        world
    }

    /// A PAT of `acme` that policy has nothing against.
    pub(crate) fn pat(&self, name: &str, days_left: i64) -> String {
        self.sim.cloud(|cloud| {
            let seed = seed(cloud, &self.user, ACME, name, days_left);
            cloud.add_pat(seed)
        })
    }

    /// A PAT that `alter` makes special.
    pub(crate) fn special(
        &self,
        name: &str,
        days_left: i64,
        alter: impl FnOnce(PatSeed) -> PatSeed,
    ) -> String {
        self.sim.cloud(|cloud| {
            let seed = seed(cloud, &self.user, ACME, name, days_left);
            cloud.add_pat(alter(seed))
        })
    }

    /// The step as most pipelines have it.
    pub(crate) fn step() -> Step {
        Step::new("pats").input("accessToken", "$(Token)")
    }

    pub(crate) fn run(&mut self, step: &Step) -> Run {
        self.job.run(&task(), step)
    }

    pub(crate) fn start(&mut self, step: &Step) -> Running {
        self.job.start(&task(), step)
    }

    /// Everything written, searched for the token and whatever else the test knows.
    pub(crate) fn assert_no_secret(&self, run: &Run, more: &[&str]) -> Searched {
        let mut secrets = vec![self.token.as_str(), self.job.job_token()];
        secrets.extend(more);
        let signature = self.token.rsplit('.').next().unwrap().to_owned();
        secrets.push(&signature);
        assert_no_secret(&self.job, run, &secrets)
    }
}

/// Webhook URLs that no service ever made, by input; all that makes them secret is in their path or query.
pub(crate) const WEBHOOKS: [(&str, &str); 3] = [
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
pub(crate) const WEBHOOK_SECRETS: [&str; 4] = [
    "TEXAMPLE/BEXAMPLE/made-up-for-tests",
    "also-made-up-for-tests",
    "hook/likewise-made-up",
    "for-tests-only",
];

/// A step that tells every channel; the job gets their URLs as secret variables.
pub(crate) fn step_telling_all(world: &mut World) -> Step {
    let mut step = World::step();
    for (input, url) in WEBHOOKS {
        world.job.add_secret(input, url);
        step = step.input(input, &format!("$({input})"));
    }
    step
}

/// Ends `days_left` whole days (and an hour) from the cloud's now. A living one was made 20 days ago, an ended one
/// lived for 60 days.
pub(crate) fn seed(cloud: &Cloud, user: &str, organization: &str, name: &str, days_left: i64) -> PatSeed {
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
pub(crate) fn end(run: &Run) -> (String, StepResult, Option<i32>) {
    (run.output("status").to_owned(), run.result(), run.exit_code)
}

/// What [`end`] should be.
pub(crate) fn ends(status: &str, result: StepResult, exit_code: i32) -> (String, StepResult, Option<i32>) {
    (status.to_owned(), result, Some(exit_code))
}

/// The JSON report that the step points to.
pub(crate) fn report(run: &Run) -> Value {
    let path = run.output("reportJson");
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{path}: {error}\n{}", run.log()));
    serde_json::from_str(&text).unwrap()
}

/// A number among the outputs.
pub(crate) fn count(run: &Run, output: &str) -> u32 {
    run.output(output)
        .parse()
        .unwrap_or_else(|_| panic!("{output} is '{}'\n{}", run.output(output), run.log()))
}

/// Waits until the cloud or the machine has come to a state; gives up when it plainly never will.
pub(crate) fn eventually(what: &str, reached: impl Fn() -> bool) {
    let begun = Instant::now();
    while !reached() {
        assert!(begun.elapsed() < Duration::from_secs(60), "never: {what}");
        std::thread::park_timeout(Duration::from_millis(2));
    }
}
