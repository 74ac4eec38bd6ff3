//! A company whose pipeline's user, administrator and two other people have PATs.

use patkeeper_sim::{Cloud, LoggedRequest, PatSeed, Sim, UserSeed};
use patkeeper_tests::documents::{assert_attaches_its_report, assert_fits_schema};
use patkeeper_tests::job::Step;
use patkeeper_tests::revocations::{Live, assert_as_told};
use patkeeper_tests::running::Run;
use patkeeper_tests::step::StepResult;
use patkeeper_tests::world::{ACME, PATS, WEBHOOK_SECRETS, World, report, revocation, seed};
use serde_json::Value;

/// Token administration's revocations.
pub(crate) const REVOCATIONS: &str = "_apis/tokenadmin/revocations";

/// The job's secret variable `Token` is the token of its own user, `AdminToken` that of an administrator.
pub(crate) struct Scene {
    pub(crate) world: World,
    pub(crate) ann: String,
    pub(crate) bob: String,
    pub(crate) admin: String,
}

impl Scene {
    pub(crate) fn new() -> Self {
        let mut world = World::new();
        let (admin, token, ann, bob) = world.sim.cloud(|cloud| {
            let admin = UserSeed::new(ACME, "pca@acme.example", "Petra Admin").administrator();
            let admin = cloud.enroll(admin);
            let token = cloud.full_token(&admin);
            let [ann, bob] =
                ["ann", "bob"].map(|name| cloud.add_user(ACME, &format!("{name}@acme.example"), name));
            // Session tokens like PATs, and none: they must outlive everything.
            cloud.add_ssh_key(&ann, ACME, "laptop");
            (admin, token, ann, bob)
        });
        world.job.add_secret("AdminToken", &token);
        Self {
            world,
            ann,
            bob,
            admin,
        }
    }

    pub(crate) fn sim(&self) -> &Sim {
        &self.world.sim
    }

    pub(crate) fn cloud<R>(&self, work: impl FnOnce(&mut Cloud) -> R) -> R {
        self.sim().cloud(work)
    }

    /// Whose PATs are revoked: somebody else's, or those of the job's user.
    pub(crate) fn owner(&self, everyone: bool) -> String {
        if everyone {
            self.ann.clone()
        } else {
            self.world.user.clone()
        }
    }

    /// A live PAT of the job's user.
    pub(crate) fn pat(&self, name: &str) -> String {
        self.world.pat(name, 30)
    }

    /// A live PAT of anybody.
    pub(crate) fn pat_of(&self, owner: &str, name: &str) -> String {
        self.special(owner, name, |seed| seed)
    }

    /// One that `alter` makes special.
    pub(crate) fn special(&self, owner: &str, name: &str, alter: impl FnOnce(PatSeed) -> PatSeed) -> String {
        self.cloud(|cloud| {
            let seed = seed(cloud, owner, ACME, name, 30);
            cloud.add_pat(alter(seed))
        })
    }

    /// A live PAT of the organization `globex`, which its owner is in, too.
    pub(crate) fn pat_elsewhere(&self, owner: &str, name: &str) -> String {
        self.cloud(|cloud| {
            if !cloud
                .user(owner)
                .unwrap()
                .organizations
                .contains(&"globex".to_owned())
            {
                cloud.join(owner, "globex");
            }
            let seed = seed(cloud, owner, "globex", name, 30);
            cloud.add_pat(seed)
        })
    }

    /// The service does not list it any more, nor know it.
    pub(crate) fn unknown_id(&self) -> String {
        self.cloud(|cloud| cloud.guid())
    }

    pub(crate) fn descriptor(&self, user: &str) -> String {
        self.cloud(|cloud| cloud.user(user).unwrap().descriptor.clone())
    }

    pub(crate) fn is_live(&self, id: &str) -> bool {
        self.cloud(|cloud| {
            let now = cloud.now();
            let pat = cloud.pat(id).unwrap_or_else(|| panic!("no PAT {id}"));
            pat.revoked.is_none() && pat.valid_to > now
        })
    }

    /// Revokes it as its owner would on the web page.
    pub(crate) fn revoke_by_hand(&self, id: &str) {
        self.cloud(|cloud| {
            let now = cloud.now();
            cloud.pat_mut(id).unwrap().revoked = Some(now);
        });
    }

    /// Runs PatRevoke, which has to behave, to keep every secret, to say in its report what the books say, in its
    /// outputs what the report says, to fit its schema, and to attach it.
    pub(crate) fn revoke(&mut self, step: &Step) -> Run {
        let before = Live::of(self.sim());
        let run = self.world.job.run(&revocation(), step);
        self.assert_whole(&before, &run);
        run
    }

    /// The same of a run that is over.
    pub(crate) fn assert_whole(&self, before: &Live, run: &Run) {
        run.assert_well_behaved();
        self.world.assert_no_secret(run, &WEBHOOK_SECRETS);
        if run.output("reportJson").is_empty() {
            before.assert_untouched(self.sim(), &run.log());
            return;
        }
        let report = report(run);
        assert_eq!(report["schema"], "patkeeper.revocation/1");
        assert_attaches_its_report(run);
        assert_fits_schema(&report);
        assert_as_told(self.sim(), before, &report, &run.log());
        for output in ["matched", "revoked", "alreadyGone", "failed"] {
            let counted = report["counts"][output].to_string();
            assert_eq!(counted, run.output(output), "{output}\n{}", run.log());
        }
    }

    /// What was sent, alerts and sign-in included.
    pub(crate) fn requests(&self) -> Vec<LoggedRequest> {
        self.sim().log()
    }

    /// Of that, what ends PATs.
    pub(crate) fn writes(&self) -> Vec<LoggedRequest> {
        let mut requests = self.requests();
        requests.retain(|request| {
            request.path.contains(REVOCATIONS) || (request.method != "GET" && request.path.contains(PATS))
        });
        requests
    }

    pub(crate) fn assert_nothing_changed(&self, why: &str) {
        let writes = self.writes();
        assert!(writes.is_empty(), "{why}: {writes:?}");
    }
}

/// The job's user revokes own PATs.
pub(crate) fn mine() -> Step {
    Step::new("revoke").input("accessToken", "$(Token)")
}

/// An administrator revokes anybody's.
pub(crate) fn everyones() -> Step {
    Step::new("revoke")
        .input("accessToken", "$(AdminToken)")
        .input("scope", "organization")
}

/// And means it.
pub(crate) fn for_real(step: Step) -> Step {
    step.input("dryRun", "false")
}

/// The end of a step in one line: outputs `matched`, `revoked`, `alreadyGone`, `failed`; result; exit code.
pub(crate) fn end(run: &Run) -> ([u32; 4], StepResult, Option<i32>) {
    let counts = ["matched", "revoked", "alreadyGone", "failed"]
        .map(|output| run.output(output).parse().unwrap_or(u32::MAX));
    (counts, run.result(), run.exit_code)
}

/// What [`end`] should be.
pub(crate) fn ends(counts: [u32; 4], exit_code: i32) -> ([u32; 4], StepResult, Option<i32>) {
    let result = if exit_code == 0 {
        StepResult::Succeeded
    } else {
        StepResult::Failed
    };
    (counts, result, Some(exit_code))
}

/// Every one of these words is in the log.
pub(crate) fn assert_says(run: &Run, words: &[&str]) {
    let log = run.log();
    for words in words {
        assert!(log.contains(words), "no '{words}' in:\n{log}");
    }
}

/// What a report tells of one id.
pub(crate) fn told(run: &Run, id: &str) -> Value {
    let report = report(run);
    let pats = report["pats"].as_array().unwrap();
    let mut of_id = pats
        .iter()
        .filter(|pat| pat["authorizationId"] == id.to_lowercase());
    of_id
        .next()
        .cloned()
        .unwrap_or_else(|| panic!("nothing of {id} in {report:#}"))
}

/// Its outcome.
pub(crate) fn outcome(run: &Run, id: &str) -> String {
    told(run, id)["outcome"].as_str().unwrap().to_owned()
}
