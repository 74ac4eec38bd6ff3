//! A company whose audit log an auditor reads.

use chrono::{DateTime, TimeDelta, Utc};
use patkeeper_sim::{AuditSeed, Cloud, Sim, TokenSpec};
use patkeeper_tests::documents::{assert_attaches_its_report, assert_fits_schema};
use patkeeper_tests::job::Step;
use patkeeper_tests::running::Run;
use patkeeper_tests::step::StepResult;
use patkeeper_tests::world::{ACME, WEBHOOK_SECRETS, World, auditing, report, seed};

pub(crate) const CREATED: &str = "Token.PatCreateEvent";
pub(crate) const UPDATED: &str = "Token.PatUpdateEvent";
pub(crate) const REVOKED: &str = "Token.PatRevokeEvent";
pub(crate) const SYSTEM_REVOKED: &str = "Token.PatSystemRevokeEvent";
pub(crate) const EXPIRED: &str = "Token.PatExpiredEvent";
pub(crate) const LEAKED: &str = "Token.PatPublicDiscoveryEvent";

/// The log's path.
pub(crate) const LOG: &str = "_apis/audit/auditlog";

/// Auditing is on, and the job's secret variable `AuditToken` is the token of somebody who may view the log.
pub(crate) struct Scene {
    pub(crate) world: World,
    pub(crate) ann: String,
    pub(crate) bob: String,
    pub(crate) auditor: String,
}

impl Scene {
    pub(crate) fn new() -> Self {
        let mut world = World::new();
        let (auditor, token, ann, bob) = world.sim.cloud(|cloud| {
            let auditor = cloud.add_user(ACME, "auditor@acme.example", "Audi Tor");
            cloud.let_read_audit(ACME, &auditor);
            cloud.audit(ACME, true);
            let token = cloud.token(TokenSpec::user(&auditor).scopes("vso.auditlog"));
            let [ann, bob] =
                ["ann", "bob"].map(|name| cloud.add_user(ACME, &format!("{name}@acme.example"), name));
            (auditor, token, ann, bob)
        });
        world.job.add_secret("AuditToken", &token);
        Self {
            world,
            ann,
            bob,
            auditor,
        }
    }

    /// One in which PATs were made, changed, revoked and found.
    pub(crate) fn busy() -> Self {
        let scene = Self::new();
        let (ann, bob) = (scene.ann.clone(), scene.bob.clone());
        for (action, by, days) in [
            (CREATED, Some(&ann), 9),
            (CREATED, Some(&bob), 8),
            (UPDATED, Some(&ann), 7),
            (REVOKED, Some(&ann), 6),
            (SYSTEM_REVOKED, None, 5),
            (EXPIRED, Some(&bob), 4),
        ] {
            scene.event(action, days, |event| match by {
                Some(by) => event.by(by).from("198.51.100.4", "Mozilla/5.0"),
                None => event,
            });
        }
        scene
    }

    pub(crate) fn sim(&self) -> &Sim {
        &self.world.sim
    }

    pub(crate) fn cloud<R>(&self, work: impl FnOnce(&mut Cloud) -> R) -> R {
        self.sim().cloud(work)
    }

    /// An event of so many days ago about a PAT of ann's called `ci-deploy`.
    pub(crate) fn event(&self, action: &str, days_ago: i64, alter: impl FnOnce(AuditSeed) -> AuditSeed) {
        self.cloud(|cloud| {
            let at = cloud.now() - TimeDelta::days(days_ago);
            let pat = seed(cloud, &self.ann, ACME, "ci-deploy", 30);
            let id = cloud.add_pat(pat);
            let pat = cloud.pat(&id).unwrap().clone();
            let event = AuditSeed::of_pat(ACME, action, &pat, "ann@acme.example").at(at);
            cloud.add_event(alter(event));
        });
    }

    /// The same at a time.
    pub(crate) fn event_at(&self, action: &str, at: DateTime<Utc>) {
        self.event(action, 0, |event| event.by(&self.ann).at(at));
    }

    /// Found in a public repository.
    pub(crate) fn leak(&self) {
        self.event(LEAKED, 1, |event| event);
    }

    /// Runs PatAudit, which has to behave, to keep every secret, to change nothing, to say in its outputs what its
    /// report says, to fit its schema, and to attach it.
    pub(crate) fn audit(&mut self, step: &Step) -> Run {
        self.sim().clear_log();
        let run = self.world.job.run(&auditing(), step);
        run.assert_well_behaved();
        self.world.assert_no_secret(&run, &WEBHOOK_SECRETS);
        for request in self.sim().log() {
            let ours = request.host.ends_with("dev.azure.com");
            assert!(!ours || request.method == "GET", "{request:?}");
        }
        if run.output("reportJson").is_empty() {
            return run;
        }
        let report = report(&run);
        assert_eq!(report["schema"], "patkeeper.audit/1");
        assert_fits_schema(&report);
        assert_attaches_its_report(&run);
        for output in [
            "events", "created", "updated", "revoked", "expired", "leaked", "actors",
        ] {
            let counted = report["totals"][output].to_string();
            assert_eq!(counted, run.output(output), "{output}\n{}", run.log());
        }
        let listed = report["events"].as_array().unwrap().len() as u64;
        let left_out = report["totals"]["notListed"].as_u64().unwrap();
        assert_eq!(
            Some(listed + left_out),
            report["totals"]["events"].as_u64(),
            "{}",
            run.log()
        );
        run
    }

    /// Requests for the log.
    pub(crate) fn pages(&self) -> usize {
        let log = self.sim().log();
        log.iter().filter(|request| request.path.contains(LOG)).count()
    }
}

/// The step as most pipelines have it.
pub(crate) fn step() -> Step {
    Step::new("audit").input("accessToken", "$(AuditToken)")
}

/// The end of a step: result, exit code.
pub(crate) fn end(run: &Run) -> (StepResult, Option<i32>) {
    (run.result(), run.exit_code)
}

/// A number among the outputs.
pub(crate) fn count(run: &Run, output: &str) -> u32 {
    patkeeper_tests::world::count(run, output)
}

/// Every one of these words is in the log.
pub(crate) fn assert_says(run: &Run, words: &[&str]) {
    let log = run.log();
    for words in words {
        assert!(log.contains(words), "no '{words}' in:\n{log}");
    }
}
