//! How an organization is read: each user once, no faster than asked for, and with the patience that the service asks
//! for.

use std::time::Duration;

use patkeeper_sim::generate::{CrowdPlan, crowd};
use patkeeper_sim::{Action, Fault, Match, RateLimit, Refusal};
use patkeeper_tests::job::Step;
use patkeeper_tests::step::StepResult::{Failed, SucceededWithIssues};
use patkeeper_tests::world::{ACME, World, at_once, count, eventually};

use crate::scene::{
    USERS, USERS_PATS, asked_for_pats, assert_each_read_once, crowded, member, most_in_flight, run, step,
};

/// Nobody was left out, whatever the PATs come to.
fn assert_all_judged(run: &patkeeper_tests::running::Run) {
    assert!(
        ["ok", "warning", "critical", "expired"].contains(&run.output("status")),
        "{}",
        run.log()
    );
    assert_eq!(count(run, "unreadable"), 0, "{}", run.log());
    assert!(
        [Failed, SucceededWithIssues].contains(&run.result()),
        "{}",
        run.log()
    );
}

#[test]
fn each_user_is_read_once_and_no_more_are_in_flight_than_asked_for() {
    for parallelism in [1, 16, 64] {
        let mut world = crowded(300, 0);
        // Many pages, every other one of them empty.
        world.sim.cloud(|cloud| {
            cloud.manners.graph_page = 40;
            cloud.manners.graph_empty_every = 2;
        });
        world.sim.set_latency(Duration::from_millis(10));
        let run = run(&mut world, &step().input("parallelism", &parallelism.to_string()));
        assert_all_judged(&run);
        assert_each_read_once(&world, 300);
        let most = most_in_flight(&asked_for_pats(&world));
        assert!(most <= parallelism, "{most} in flight, {parallelism} asked for");
        assert!(
            parallelism < 64 || most > 16,
            "{most} in flight, though 64 were allowed"
        );
        let totals = world
            .sim
            .cloud(|cloud| cloud.crowd("acme").unwrap().totals(cloud.now()));
        assert!(count(&run, "total") >= totals.active, "{}", run.log());
    }
}

/// Somebody joins while users are listed: all who come after them move by one place, and the last of a page comes again
/// as the first of the next one.
#[test]
fn a_user_whom_two_pages_hold_is_read_once() {
    at_once(&["1", "16", "64"], 3, |parallelism| {
        let mut world = crowded(120, 0);
        world.sim.cloud(|cloud| {
            cloud.manners.graph_page = 30;
            cloud.manners.graph_empty_every = 0;
        });
        let second_page = Match::any().path(USERS).nth(2);
        let slow = Action::Delay(Duration::from_secs(2));
        world.sim.fault(Fault::once(second_page, slow));
        let running = world.start(&step().input("parallelism", parallelism));
        eventually("the second page is asked for", || {
            let log = world.sim.log();
            log.iter().filter(|request| request.path.contains(USERS)).count() == 2
        });
        member(&world, "new@acme.example");
        let run = running.finish(&mut world.job);
        run.assert_well_behaved();
        assert_all_judged(&run);
        assert_each_read_once(&world, 120);
        let held: Vec<_> = world
            .sim
            .log()
            .into_iter()
            .filter(|request| request.fault.is_some())
            .collect();
        assert_eq!(held.len(), 1, "{held:?}");
    });
}

#[test]
fn what_the_service_asks_for_is_waited_for_and_nobody_is_left_out() {
    let often = |what: Action| Fault {
        when: Match::any().path(USERS_PATS).nth(20),
        what,
        times: Some(3),
    };
    let limited = |retry_after| Action::Refuse(Refusal::RateLimited { retry_after });
    for fault in [
        often(Action::Header("Retry-After".into(), "1".into())),
        often(limited(Some(1))),
        often(limited(None)),
        often(Action::Status {
            status: 503,
            processed: false,
            retry_after: Some(1),
        }),
    ] {
        let mut world = crowded(120, 0);
        world.sim.fault(fault.clone());
        let run = run(&mut world, &step());
        assert_all_judged(&run);
        let requests = asked_for_pats(&world);
        let users: std::collections::BTreeSet<_> = requests.iter().map(|request| &request.path).collect();
        // The crowd, the administrator, and a service account.
        assert_eq!(users.len(), 122, "{fault:?}");
        assert!(
            requests.len() <= 122 + 3,
            "{fault:?}: {} requests",
            requests.len()
        );
    }
}

/// A meter as the service has it: who is too fast is warned on answers that are good, and refused who goes on.
#[test]
fn a_rate_limit_slows_a_scan_down_and_is_not_run_against() {
    let mut world = crowded(200, 0);
    world.sim.cloud(|cloud| {
        cloud.manners.rate_limit = Some(RateLimit {
            burst: 60.0,
            per_second: 40.0,
            debt: 40.0,
            delay: Duration::from_millis(20),
        });
    });
    let run = run(&mut world, &step());
    assert_all_judged(&run);
    let requests = asked_for_pats(&world);
    let refused = requests
        .iter()
        .filter(|request| request.status == Some(429))
        .count();
    // What was on its way when the first warning came may still be refused.
    assert!(refused <= 16, "{refused} of {} refused", requests.len());
    let read = requests
        .iter()
        .filter(|request| request.status == Some(200))
        .count();
    assert_eq!(read, 202);
}

/// What the agent is told of how far the step is.
fn progress(world: &mut World, step: &Step) -> Vec<u8> {
    let run = run(world, step);
    let told = run
        .record
        .commands
        .iter()
        .filter(|command| command.name() == "task.setprogress");
    told.map(|command| command.property("value").unwrap().parse().unwrap())
        .collect()
}

#[test]
fn the_agent_hears_of_each_percent_once_and_it_never_falls() {
    let mut world = crowded(700, 0);
    world.sim.cloud(|cloud| cloud.manners.graph_page = 50);
    let told = progress(&mut world, &step());
    assert!((2..=101).contains(&told.len()), "{told:?}");
    assert!(told.is_sorted_by(|a, b| a < b), "{told:?}");
    assert_eq!(told.last(), Some(&100));
}

#[test]
fn an_organization_that_is_done_is_a_part_of_all_that_are_asked_for() {
    let mut world = crowded(60, 0);
    world.sim.cloud(|cloud| {
        crowd(cloud, "beta", &CrowdPlan::of(6, 60));
        let admin = cloud.organization(ACME).unwrap().administrators[0].clone();
        cloud.join(&admin, "beta");
        cloud.make_administrator("beta", &admin);
    });
    let told = progress(&mut world, &step().input("organization", "acme\nbeta"));
    assert!(told.is_sorted_by(|a, b| a < b), "{told:?}");
    assert_eq!(told.last(), Some(&100));
    let second_half = told.iter().filter(|percent| (51..100).contains(*percent)).count();
    assert!(second_half > 10, "beta is half of it: {told:?}");
}
