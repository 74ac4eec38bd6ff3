//! A company whose pipeline rotates one PAT, and the days that pass there.

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use patkeeper_sim::{Cloud, LoggedRequest, Pat, PatSeed, Right, SecretSeed, SecretVersion, Sim, VaultSecret};
use patkeeper_tests::invariants::{Books, Place, assert_nothing_minted_is_lost, assert_safe, assert_settled};
use patkeeper_tests::job::Step;
use patkeeper_tests::office::{Office, VAULT, VAULT_HOST};
use patkeeper_tests::running::Run;
use patkeeper_tests::step::StepResult;
use patkeeper_tests::world::{ACME, PATS};

use crate::documents;

/// The PAT's base name.
pub(crate) const NAME: &str = "ci-build";
/// What it may do.
pub(crate) const SCOPES: &str = "vso.build_execute vso.code";
/// The secret that holds it.
pub(crate) const SECRET: &str = "build-pipeline-pat";
/// Who reaches the vault needs these.
pub(crate) const RIGHTS: [Right; 3] = [Right::Get, Right::List, Right::Set];
/// Where it all is.
pub(crate) const PLACE: Place<'static> = Place {
    organization: ACME,
    vault: VAULT,
    secret: SECRET,
};

/// An office whose service principal reaches the vault, and whose user's token is the secret variable `Token`.
pub(crate) struct Scene {
    pub(crate) office: Office,
}

impl Scene {
    /// Nothing was ever rotated.
    pub(crate) fn new() -> Self {
        let office = Office::with(&[]);
        office.world.sim.cloud(|cloud| {
            for who in [&office.app, &office.identity] {
                cloud.grant(VAULT, who, &RIGHTS);
            }
        });
        Self { office }
    }

    /// A PAT was rotated for the first time so many days ago.
    pub(crate) fn rotated(days_ago: i64) -> Self {
        let mut scene = Self::new();
        let run = scene.rotate(&scene.step());
        assert_eq!(run.exit_code, Some(0), "{}", run.log());
        scene.days_pass(days_ago);
        scene.sim().clear_log();
        scene
    }

    pub(crate) fn sim(&self) -> &Sim {
        &self.office.world.sim
    }

    pub(crate) fn cloud<R>(&self, work: impl FnOnce(&mut Cloud) -> R) -> R {
        self.sim().cloud(work)
    }

    /// The step with the user's token; a service principal with a client secret reaches the vault.
    pub(crate) fn step(&self) -> Step {
        self.filled(
            Step::new("rotate")
                .input("accessToken", "$(Token)")
                .input("azureSubscription", &self.office.with_secret),
        )
    }

    /// A step with another sign-in and the same rotation.
    pub(crate) fn filled(&self, sign_in: Step) -> Step {
        sign_in
            .input("name", NAME)
            .input("scopes", SCOPES)
            .input("vault", VAULT)
            .input("secretName", SECRET)
    }

    /// Runs PatRotate, which has to behave, to keep every secret, to attach its document, and to keep what a rotation
    /// must never break.
    pub(crate) fn rotate(&mut self, step: &Step) -> Run {
        self.rotate_from(step, Books::of(self.sim(), PLACE))
    }

    /// The same, where it is told to take over a PAT.
    pub(crate) fn rotate_adopting(&mut self, step: &Step, id: &str) -> Run {
        let before = Books::of(self.sim(), PLACE).adopting(id);
        self.rotate_from(&step.clone().input("adopt", id), before)
    }

    fn rotate_from(&mut self, step: &Step, before: Books) -> Run {
        let run = self.rotate_alone(step);
        if run.exit_code == Some(0) && !run.output("validTo").is_empty() {
            assert_settled(self.sim(), PLACE, &before);
        } else {
            assert_nothing_minted_is_lost(self.sim(), PLACE, &before);
        }
        run
    }

    /// The same, where something of the run may still land afterwards.
    pub(crate) fn rotate_unsettled(&mut self, step: &Step) -> Run {
        let before = Books::of(self.sim(), PLACE);
        let run = self.rotate_alone(step);
        assert_safe(self.sim(), PLACE, &before);
        run
    }

    /// Runs it and leaves the books alone, for scenes in which others write in them meanwhile.
    pub(crate) fn rotate_alone(&mut self, step: &Step) -> Run {
        let run = self.office.world.rotate(step);
        run.assert_well_behaved();
        self.office.assert_no_secret(&run);
        if run.record.outputs.contains_key("rotated") {
            let _ = documents::left(&run);
        }
        run
    }

    /// The next runs are those of another build.
    pub(crate) fn next_build(&mut self) {
        self.office
            .change_job(|job| job.variable("Build.BuildId", "4712"));
    }

    /// So many days later. The clocks of a machine cannot be moved, so everything on the books grows older instead:
    /// the PATs, the versions of the secret and the times in their tags.
    pub(crate) fn days_pass(&self, days: i64) {
        self.time_passes(TimeDelta::days(days));
    }

    pub(crate) fn time_passes(&self, by: TimeDelta) {
        self.cloud(|cloud| {
            for pat in &mut cloud.pats {
                pat.valid_from -= by;
                pat.valid_to -= by;
                pat.usable_from -= by;
                pat.revoked = pat.revoked.map(|at| at - by);
            }
            let secret = cloud.vault_mut(VAULT).unwrap().secret_mut(SECRET);
            for version in secret.into_iter().flat_map(|secret| &mut secret.versions) {
                version.created -= by;
                version.updated -= by;
                version.expires = version.expires.map(|at| at - by);
                for text in version.tags.values_mut() {
                    *text = earlier(text, by);
                }
            }
        });
    }

    /// The secret as the vault has it.
    pub(crate) fn secret(&self) -> Option<VaultSecret> {
        self.cloud(|cloud| cloud.vault(VAULT).unwrap().secret(SECRET).cloned())
    }

    /// All its versions, oldest first.
    pub(crate) fn versions(&self) -> Vec<SecretVersion> {
        self.secret().map(|secret| secret.versions).unwrap_or_default()
    }

    /// What consumers get.
    pub(crate) fn current(&self) -> SecretVersion {
        self.versions().pop().expect("the secret has a version")
    }

    /// A tag of the current version.
    pub(crate) fn tag(&self, name: &str) -> String {
        self.current().tags.get(name).cloned().unwrap_or_default()
    }

    /// The PAT that consumers get.
    pub(crate) fn stored(&self) -> Pat {
        let value = self.current().value;
        let holds = |pat: &&Pat| pat.secret.as_ref() == Some(&value);
        self.cloud(|cloud| cloud.pats.iter().find(holds).cloned())
            .expect("the secret is a PAT's text")
    }

    pub(crate) fn pat(&self, id: &str) -> Pat {
        self.cloud(|cloud| cloud.pat(id).cloned())
            .unwrap_or_else(|| panic!("no PAT {id}"))
    }

    /// The PATs that have not ended, oldest first.
    pub(crate) fn live(&self) -> Vec<Pat> {
        self.cloud(|cloud| {
            let now = cloud.now();
            let mut pats = cloud.pats.clone();
            pats.retain(|pat| pat.revoked.is_none() && pat.valid_to > now);
            pats
        })
    }

    /// A person's own PAT of this name, whose text is known; its id.
    pub(crate) fn made_by_hand(&self, name: &str, days_left: i64) -> String {
        self.office.world.special(name, days_left, PatSeed::usable)
    }

    /// A person puts the text of a PAT into the secret, without any tag.
    pub(crate) fn put_by_hand(&self, id: &str) {
        let value = self.pat(id).secret.expect("its text");
        self.cloud(|cloud| cloud.put_secret(VAULT, SecretSeed::new(SECRET, &value)));
    }

    /// A person revokes a PAT on the web page.
    pub(crate) fn revoke_by_hand(&self, id: &str) {
        self.cloud(|cloud| {
            let now = cloud.now();
            cloud.pat_mut(id).unwrap().revoked = Some(now);
        });
    }

    /// The PAT is in no list any more, as some time after its end.
    pub(crate) fn forget(&self, id: &str) {
        self.cloud(|cloud| cloud.pats.retain(|pat| pat.authorization_id != id));
    }

    /// What was sent, alerts and sign-in included.
    pub(crate) fn requests(&self) -> Vec<LoggedRequest> {
        self.sim().log()
    }

    /// Of that, what changes a PAT or the vault.
    pub(crate) fn writes(&self) -> Vec<LoggedRequest> {
        let mut requests = self.requests();
        requests.retain(|request| {
            let changes = !["GET", "HEAD"].contains(&request.method.as_str());
            changes && (request.host == VAULT_HOST || request.path.contains(PATS))
        });
        requests
    }

    pub(crate) fn assert_nothing_changed(&self, why: &str) {
        let writes = self.writes();
        assert!(writes.is_empty(), "{why}: {writes:?}");
    }
}

/// Every time in a tag, so much earlier.
fn earlier(text: &str, by: TimeDelta) -> String {
    let mut moved = String::new();
    for part in text.split_inclusive([' ', '@', '/']) {
        let time = part.trim_end_matches([' ', '@', '/']);
        match DateTime::parse_from_rfc3339(time) {
            Ok(at) => {
                moved += &moment(at.to_utc() - by);
                moved += part.get(time.len()..).unwrap_or_default();
            }
            Err(_) => moved += part,
        }
    }
    moved
}

/// As outputs and tags write it.
pub(crate) fn moment(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// Whether a time is so many days from now, give or take the minutes of a test.
pub(crate) fn is_in_days(at: &str, days: i64) -> bool {
    let at: DateTime<Utc> = at.parse().unwrap_or_else(|error| panic!("'{at}': {error}"));
    (at - Utc::now() - TimeDelta::days(days)).abs() < TimeDelta::minutes(10)
}

/// The end of a step in one line: whether it rotated, result, exit code.
pub(crate) fn end(run: &Run) -> (String, StepResult, Option<i32>) {
    (run.output("rotated").to_owned(), run.result(), run.exit_code)
}

/// What [`end`] should be.
pub(crate) fn ends(rotated: bool, exit_code: i32) -> (String, StepResult, Option<i32>) {
    let result = if exit_code == 0 {
        StepResult::Succeeded
    } else {
        StepResult::Failed
    };
    (rotated.to_string(), result, Some(exit_code))
}

/// Every one of these words is in the log.
pub(crate) fn assert_says(run: &Run, words: &[&str]) {
    let log = run.log();
    for words in words {
        assert!(log.contains(words), "no '{words}' in:\n{log}");
    }
}
