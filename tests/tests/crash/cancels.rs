//! The agent cancels the step while a request is on its way: through the shim, as an agent does.

use std::fs;
use std::os::unix::fs::DirBuilderExt as _;
use std::sync::{Arc, mpsc};
use std::time::Duration;

use patkeeper_sim::{Action, Fault, Passage, Side};
use patkeeper_tests::job::Job;
use patkeeper_tests::package::Package;
use patkeeper_tests::running::Ended;
use patkeeper_tests::step::StepResult;
use patkeeper_tests::world::{at_once, rotation};

use crate::chain::{Finder, Link, chain};
use crate::company::{Again, Company, Stage};
use crate::table;

/// What becomes of the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// It is carried out, and answered while the run is being cancelled.
    Answered,
    /// It is never carried out.
    Lost,
    /// It is carried out, and never answered.
    Unanswered,
}

impl Fate {
    const ALL: [Self; 3] = [Self::Answered, Self::Lost, Self::Unanswered];

    fn column(self) -> &'static str {
        match self {
            Self::Answered => "cancelled",
            Self::Lost => "cancelled, lost",
            Self::Unanswered => "cancelled, hangs",
        }
    }

    fn action(self) -> Action {
        match self {
            // Long enough for the signal to be there first.
            Self::Answered => Action::DelayAfter(Duration::from_millis(1_500)),
            Self::Lost => Action::Hang,
            Self::Unanswered => Action::HangAfter,
        }
    }
}

/// The agent has the program unpacked from a step before.
fn ready(job: &Job) {
    let task = rotation();
    let program = Package::of_this_tree().program(&task);
    let payload = fs::read(task.folder.join("payload/payload.json")).unwrap();
    let payload: serde_json::Value = serde_json::from_slice(&payload).unwrap();
    let platforms = payload["platforms"].as_object().unwrap();
    for platform in platforms.values() {
        let hash = platform["sha256"].as_str().unwrap();
        let folder = job.temp().join(format!("patkeeper-{}", &hash[..16]));
        fs::DirBuilder::new().mode(0o700).create(&folder).unwrap();
        // Where it cannot be linked, the shim unpacks it.
        let _ = fs::hard_link(program, folder.join("patkeeper"));
    }
}

fn cancelled(stage: Stage, link: &Link, fate: Fate) -> String {
    let company = Arc::new(Company::new(stage));
    let mut job = company.office.world.job.on_another_agent();
    ready(&job);
    company.sim().fault(Fault::once(link.matching(), fate.action()));
    let mut finder = Finder::new(link);
    let (tell, told) = mpsc::channel();
    let violations = company.watch(move |at| {
        if finder.is_at(at) && at.side == Side::Before {
            // Nobody listens any more once the step was cancelled.
            let _ = tell.send(());
        }
        Passage::Go
    });
    let running = job.start(&rotation(), &Company::step(&company.office));
    told.recv_timeout(Duration::from_secs(60))
        .expect("the request is sent");
    let run = running.cancel().finish(&mut job);
    violations.assert_none();
    run.assert_well_behaved();
    company.assert_safe();
    assert_eq!(
        (run.ended, run.result()),
        (Ended::Interrupted, StepResult::Canceled),
        "{}",
        run.log()
    );
    let code = run.exit_code.unwrap_or(-1);
    // A PAT that could be neither stored nor revoked in that time needs a person, or the next run.
    let may_be_left = link.method == "DELETE" || fate != Fate::Answered && link.changes();
    assert!(
        code == 130 || code == 5 && may_be_left,
        "exit code {code}:\n{}",
        run.log()
    );
    assert_told(&company, &run.log());
    if taken_back(stage, link, fate) {
        let recorded = usize::from(stage == Stage::Due);
        assert_eq!(
            company.own().len(),
            recorded,
            "{:#?}\n{}",
            company.own(),
            run.log()
        );
    }
    company.settle(Again::NextAttempt);
    code.to_string()
}

/// The log says that the run was cancelled, and what stands.
fn assert_told(company: &Company, log: &str) {
    let told = log.to_lowercase();
    assert!(told.contains("cancel"), "{log}");
    let stands = [
        "no pat was changed",
        "nothing was changed",
        "nothing was minted",
        "was revoked",
        "is stored",
        "was not revoked",
        "the next run",
        "run the step again",
    ];
    assert!(
        stands.iter().any(|words| told.contains(words)),
        "what stands?\n{log}"
    );
    company.assert_kept(log);
}

/// Whether a PAT was minted, cannot be stored any more, and must have been revoked, since the service has answered.
fn taken_back(stage: Stage, link: &Link, fate: Fate) -> bool {
    let links = chain(stage);
    let at = |method: &str| {
        links
            .iter()
            .rposition(|link| link.method == method && link.changes())
    };
    let here = links.iter().position(|known| known == link);
    let is_answered = fate == Fate::Answered || !link.changes();
    (at("POST")..at("PUT")).contains(&here) && is_answered
}

#[test]
fn a_rotation_cancelled_at_any_request_ends_in_time_and_the_next_run_settles_it() {
    let mut cases = Vec::new();
    for stage in Stage::ROTATIONS {
        let links = chain(stage)
            .iter()
            .filter(|link| stage == Stage::Due || link.changes());
        cases.extend(links.flat_map(|link| Fate::ALL.map(|fate| (stage, link, fate))));
    }
    at_once(&cases, 8, |(stage, link, fate)| {
        table::case(*stage, link, (fate.column(), 0), || {
            cancelled(*stage, link, *fate)
        });
    });
    table::assert_no_failure("cancelled");
}
