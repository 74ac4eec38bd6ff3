//! An organization with an administrator who signs in, and what tests ask about it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use patkeeper_sim::generate::{CrowdPlan, crowd};
use patkeeper_sim::{CrowdReads, LoggedRequest, PatSeed, SimConfig, UserSeed};
use patkeeper_tests::documents::assert_attaches_its_report;
use patkeeper_tests::job::Step;
use patkeeper_tests::running::Run;
use patkeeper_tests::world::{ACME, World, seed};
use serde_json::Value;

/// Where one user's PATs are listed, as far as every such request has it.
pub(crate) const USERS_PATS: &str = "_apis/tokenadmin/personalaccesstokens/";
/// Where users are listed.
pub(crate) const USERS: &str = "_apis/graph/users";

/// The step most tests run.
pub(crate) fn step() -> Step {
    World::step().input("scope", "organization")
}

/// An organization of so many generated users, of whom some cannot be read, and an administrator who signs in. Neither
/// the administrator nor the service account of [`World`] has a PAT.
pub(crate) fn crowded(users: u32, unreadable: u32) -> World {
    let mut world = World::with(SimConfig::default());
    let plan = CrowdPlan {
        seed: 5,
        users,
        unreadable,
    };
    let token = world.sim.cloud(|cloud| crowd(cloud, ACME, &plan).token);
    sign_in(&mut world, token);
    world
}

/// An organization of nobody but an administrator who signs in, and the service account of [`World`].
pub(crate) fn administered() -> World {
    let mut world = World::new();
    let admin = UserSeed::new(ACME, "admin@acme.example", "Administrator").administrator();
    let token = world.sim.cloud(|cloud| {
        let admin = cloud.enroll(admin);
        cloud.full_token(&admin)
    });
    sign_in(&mut world, token);
    world
}

/// Whoever has this token is who signs in.
pub(crate) fn sign_in(world: &mut World, token: String) {
    world.job.add_secret("Token", &token);
    world.token = token;
}

/// Adds a user; their id.
pub(crate) fn enroll(world: &World, user: UserSeed) -> String {
    world.sim.cloud(|cloud| cloud.enroll(user))
}

/// Adds a member of this UPN; their id.
pub(crate) fn member(world: &World, upn: &str) -> String {
    enroll(world, UserSeed::new(ACME, upn, "Somebody"))
}

/// Gives a user a PAT with so many days left, and nothing else to say against it.
pub(crate) fn give(world: &World, user: &str, name: &str, days_left: i64) -> String {
    give_special(world, user, name, days_left, |seed| seed)
}

/// The same, made special.
pub(crate) fn give_special(
    world: &World,
    user: &str,
    name: &str,
    days_left: i64,
    alter: impl FnOnce(PatSeed) -> PatSeed,
) -> String {
    world.sim.cloud(|cloud| {
        let seed = alter(seed(cloud, user, ACME, name, days_left));
        cloud.add_pat(seed)
    })
}

/// The descriptor of a user in the books.
pub(crate) fn descriptor(world: &World, user: &str) -> String {
    world
        .sim
        .cloud(|cloud| cloud.user(user).unwrap().descriptor.clone())
}

/// Runs the step, which has to behave, and searches everything for every secret, temporary files included.
pub(crate) fn run(world: &mut World, step: &Step) -> Run {
    let run = world.run(step);
    run.assert_well_behaved();
    world.assert_no_secret(&run, &[]);
    if !run.output("reportJson").is_empty() {
        assert_attaches_its_report(&run);
    }
    run
}

/// Requests for users' PATs.
pub(crate) fn asked_for_pats(world: &World) -> Vec<LoggedRequest> {
    let mut log = world.sim.log();
    log.retain(|request| request.path.contains(USERS_PATS));
    log
}

/// The most of these that were in flight at once, by the service's own watch.
pub(crate) fn most_in_flight(requests: &[LoggedRequest]) -> usize {
    let mut moments: Vec<_> = requests
        .iter()
        .flat_map(|request| {
            let end = request.since_start + request.took.expect("answered");
            [(request.since_start, 1), (end, -1)]
        })
        .collect();
    // One that ends at the moment at which another one begins was not in flight with it.
    moments.sort_unstable();
    let mut now = 0_i64;
    let counts = moments.into_iter().map(|(_, change)| {
        now += change;
        now
    });
    usize::try_from(counts.max().unwrap_or_default()).unwrap()
}

/// How often the generated users were read.
pub(crate) fn reads(world: &World) -> CrowdReads {
    world
        .sim
        .cloud(|cloud| cloud.reads().crowd(cloud.crowd(ACME).unwrap()))
}

/// Every generated user once.
pub(crate) fn assert_each_read_once(world: &World, users: usize) {
    let CrowdReads {
        users: read,
        least,
        most,
    } = reads(world);
    assert_eq!((read, least, most), (users, 1, 1));
}

/// How many PATs of the generated users who can be read come to what status at that time, by the published rules.
pub(crate) fn expected(world: &World, at: DateTime<Utc>) -> BTreeMap<&'static str, u64> {
    let globals_end: DateTime<Utc> = "2026-12-01T00:00:00Z".parse().unwrap();
    let mut counts = BTreeMap::new();
    world.sim.cloud(|cloud| {
        let crowd = cloud.crowd(ACME).unwrap();
        let numbers = (0..crowd.identities()).filter(|number| crowd.kind(*number).can_own_pats());
        let readable = numbers.filter(|number| crowd.user(*number).unreadable.is_none());
        for pat in readable.flat_map(|number| crowd.pats(number)) {
            let is_global = pat.target_accounts.is_none();
            let ends = if is_global {
                pat.valid_to.min(globals_end)
            } else {
                pat.valid_to
            };
            let left = (ends - at).num_seconds().div_euclid(24 * 60 * 60);
            let status = match left {
                // Revoked before its time: no PAT any more. One that ended first only looks like any other.
                _ if pat.revoked.is_some() && pat.valid_to > at => continue,
                _ if (at - ends).num_days() >= 30 => "history",
                i64::MIN..=-1 => "expired",
                0..=7 => "critical",
                8..=30 => "warning",
                _ => "healthy",
            };
            *counts.entry(status).or_default() += 1;
        }
    });
    counts
}

/// A report as its file has it.
pub(crate) fn read_report(path: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

/// The rows of one kind.
pub(crate) fn rows<'a>(report: &'a Value, kind: &str) -> &'a [Value] {
    report[kind].as_array().unwrap()
}

/// A number among the totals.
pub(crate) fn total(report: &Value, kind: &str) -> u64 {
    report["totals"][kind].as_u64().unwrap()
}

/// Every total that counts rows is the number of those rows.
pub(crate) fn assert_adds_up(report: &Value) {
    let pats = |status: &str| {
        let of_status = rows(report, "pats").iter().filter(|pat| pat["status"] == status);
        of_status.count() as u64
    };
    for status in ["healthy", "warning", "critical", "expired", "replaced"] {
        assert_eq!(total(report, status), pats(status), "{status}");
    }
    assert_eq!(total(report, "total"), rows(report, "pats").len() as u64);
    assert_eq!(
        total(report, "unreadable"),
        rows(report, "unreadable").len() as u64
    );
    assert_eq!(total(report, "missing"), rows(report, "missing").len() as u64);
    let waived = rows(report, "findings")
        .iter()
        .filter(|finding| !finding["waived"].is_null());
    let waived = waived.count() as u64;
    assert_eq!(total(report, "waived"), waived);
    assert_eq!(
        total(report, "policyFindings"),
        rows(report, "findings").len() as u64 - waived
    );
}

/// The file of a step beside its JSON report.
pub(crate) fn beside(run: &Run, name: &str) -> PathBuf {
    Path::new(run.output("reportJson")).with_file_name(name)
}

/// Text of that file.
pub(crate) fn text_beside(run: &Run, name: &str) -> String {
    fs::read_to_string(beside(run, name)).unwrap()
}

/// The owner of a row, by name.
pub(crate) fn owner(row: &Value) -> &str {
    row["owner"]["name"]
        .as_str()
        .unwrap_or_else(|| panic!("nobody's: {row}"))
}
