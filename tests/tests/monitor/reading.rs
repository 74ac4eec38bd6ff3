//! Lists as the service gives them: pages, organizations, PATs of several kinds.

use chrono::{DateTime, TimeDelta, Utc};
use patkeeper_sim::{Action, ConnectionData, Fault, ListEnd, Match, Refusal};
use patkeeper_tests::step::StepResult::{Failed, Succeeded, SucceededWithIssues};

use patkeeper_tests::world::{ACME, PATS, World, count, end, ends, report, seed};

#[test]
fn a_thousand_pats_are_read_over_all_their_pages() {
    let mut world = World::new();
    for number in 0..999 {
        world.pat(&format!("ci-{number:04}x"), 40 + number % 20);
    }
    world.pat("the one that matters", 2);
    let run = world.run(&World::step());
    run.assert_well_behaved();
    assert_eq!(
        end(&run),
        ends("critical", SucceededWithIssues, 0),
        "{}",
        run.log()
    );
    assert_eq!((count(&run, "total"), count(&run, "healthy")), (1000, 999));
    assert_eq!(run.output("soonestExpiryName"), "the one that matters");
    let pages = world
        .sim
        .log()
        .iter()
        .filter(|request| request.query.contains("active"))
        .count();
    assert_eq!(pages, 10);
    assert_eq!(report(&run)["pats"].as_array().unwrap().len(), 1000);
    assert!(
        run.log().lines().count() < 150,
        "a log for people, not of every PAT:\n{}",
        run.log()
    );
}

#[test]
fn every_page_asks_with_the_same_filter_and_size() {
    let mut world = World::new();
    (0..150).for_each(|number| drop(world.pat(&format!("ci-{number}x"), 60)));
    world.run(&World::step());
    let lists: Vec<_> = world
        .sim
        .log()
        .into_iter()
        .filter(|request| request.path.contains(PATS))
        .collect();
    assert_eq!(lists.len(), 3, "{lists:?}");
    for request in lists {
        let query = request.query.to_lowercase();
        assert!(
            query.contains("displayfilteroption=") && query.contains("top=100"),
            "{query}"
        );
        assert_eq!(request.header("x-tfs-fedauthredirect"), Some("Suppress"));
        assert_eq!(
            (request.method.as_str(), request.host.as_str()),
            ("GET", "vssps.dev.azure.com")
        );
    }
}

#[test]
fn a_list_may_end_in_any_of_three_ways_and_have_pages_of_any_size() {
    for list_end in [ListEnd::Empty, ListEnd::Null, ListEnd::Absent] {
        let mut world = World::having(&[("a", 60), ("b", 50), ("c", -2), ("d", 40), ("e", 45)]);
        world.sim.cloud(|cloud| {
            cloud.manners.list_end = list_end;
            cloud.manners.page_cap = 2;
        });
        let run = world.run(&World::step());
        assert_eq!(
            (run.output("total"), run.output("expired")),
            ("5", "1"),
            "{list_end:?}\n{}",
            run.log()
        );
    }
}

#[test]
fn several_organizations_give_one_verdict() {
    let mut world = World::having(&[("a", 60)]);
    world.sim.cloud(|cloud| {
        cloud.join(&world.user, "beta");
        let expired = seed(cloud, &world.user, "beta", "b", -2);
        cloud.add_pat(expired);
    });
    let run = world.run(&World::step().input("organization", "https://dev.azure.com/acme/\nbeta"));
    run.assert_well_behaved();
    assert_eq!(end(&run), ends("expired", Failed, 1), "{}", run.log());
    assert_eq!(run.output("total"), "2");
    let report = report(&run);
    let names: Vec<_> = report["organizations"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["acme", "beta"]);
}

#[test]
fn an_organization_that_fails_keeps_the_others_and_leaves_the_verdict_unknown() {
    let mut world = World::having(&[("a", 60), ("b", -2)]);
    world.sim.cloud(|cloud| {
        cloud.join(&world.user, "beta");
        let refused = Some(Refusal::BearerRefused);
        cloud.organization_mut("beta").unwrap().refuses_all = refused;
    });
    let run = world.run(
        &World::step()
            .input("organization", "acme\nbeta")
            .input("failOn", "never"),
    );
    run.assert_well_behaved();
    assert_eq!(end(&run), ends("unknown", Failed, 3), "{}", run.log());
    assert_eq!((run.output("total"), run.output("expired")), ("2", "1"));
    assert!(run.log().contains("beta"), "{}", run.log());
}

#[test]
fn pats_of_other_organizations_are_not_judged() {
    let mut world = World::having(&[("ours", 60)]);
    world.sim.cloud(|cloud| {
        cloud.join(&world.user, "beta");
        let theirs = seed(cloud, &world.user, "beta", "theirs", -2);
        cloud.add_pat(theirs);
    });
    let run = world.run(&World::step());
    assert_eq!(end(&run), ends("ok", Succeeded, 0), "{}", run.log());
    assert_eq!(run.output("total"), "1");
    assert_eq!(report(&run)["totals"]["elsewhere"], 1);
}

#[test]
fn a_pat_of_two_organizations_counts_once() {
    let mut world = World::new();
    world.sim.cloud(|cloud| {
        cloud.join(&world.user, "beta");
        let accounts = cloud
            .organizations
            .iter()
            .map(|known| known.account_id.to_uppercase())
            .collect();
        let shared = seed(cloud, &world.user, ACME, "shared", 60).accounts(accounts);
        cloud.add_pat(shared);
    });
    let run = world.run(&World::step().input("organization", "acme\nbeta"));
    assert_eq!(end(&run), ends("ok", Succeeded, 0), "{}", run.log());
    assert_eq!(run.output("total"), "1");
}

#[test]
fn a_global_pat_ends_with_all_global_pats() {
    let mut world = World::new();
    world.special("everywhere", 300, |seed| seed.global());
    let run = world.run(
        &World::step()
            .input("expiredWithinDays", "3650")
            .input("failOn", "never"),
    );
    run.assert_well_behaved();
    let end: DateTime<Utc> = "2026-12-01T00:00:00Z".parse().unwrap();
    let pat = &report(&run)["pats"][0];
    let ends_at: DateTime<Utc> = pat["effectiveExpiry"].as_str().unwrap().parse().unwrap();
    assert_eq!((ends_at, pat["global"].as_bool()), (end, Some(true)));
    let judged_at: DateTime<Utc> = report(&run)["run"]["at"].as_str().unwrap().parse().unwrap();
    let days = (end - judged_at).num_seconds().div_euclid(86_400);
    assert_eq!(pat["daysLeft"], days);
    assert_eq!(run.output("expired"), if judged_at >= end { "1" } else { "0" });
}

#[test]
fn refused_connection_data_leaves_the_pats_judged() {
    let mut world = World::having(&[("a", 60), ("b", 3)]);
    world
        .sim
        .cloud(|cloud| cloud.manners.connection_data = ConnectionData::Refused(Refusal::BearerRefused));
    let run = world.run(&World::step());
    run.assert_well_behaved();
    assert_eq!(
        end(&run),
        ends("critical", SucceededWithIssues, 0),
        "{}",
        run.log()
    );
    assert_eq!(run.output("total"), "2");
}

#[test]
fn an_account_id_of_the_agent_that_fits_no_pat_hides_none() {
    let mut world = World::having(&[("a", 60), ("b", -3)]);
    world
        .sim
        .cloud(|cloud| cloud.manners.connection_data = ConnectionData::Refused(Refusal::BearerRefused));
    world.job = world
        .job
        .variable("System.CollectionId", "5a1e0000-0000-4000-8000-00000000ffff");
    let run = world.run(&World::step());
    run.assert_well_behaved();
    assert_eq!(
        run.result(),
        Failed,
        "a guess must not pass the gate\n{}",
        run.log()
    );
}

#[test]
fn an_entry_that_is_not_understood_is_named_and_the_others_are_judged() {
    let mut world = World::new();
    let body = r#"{ "continuationToken": "", "patTokens": [
        { "displayName": "no end", "authorizationId": "11111111-0000-4000-8000-000000000001",
          "scope": "vso.build", "validFrom": "2026-01-01T00:00:00Z", "targetAccounts": null, "token": null },
        { "displayName": "whole", "authorizationId": "11111111-0000-4000-8000-000000000002",
          "scope": "vso.build", "validFrom": "2020-01-01T00:00:00", "validTo": "2020-02-01T00:00:00.1234567Z",
          "targetAccounts": null, "token": null, "somethingNew": { "x": [1] } } ] }"#;
    let replaced = Action::Replace {
        status: 200,
        content_type: "application/json".to_owned(),
        body: body.to_owned(),
    };
    world
        .sim
        .fault(Fault::always(Match::any().path(PATS).query("active"), replaced));
    let run = world.run(&World::step().input("expiredWithinDays", "3650"));
    run.assert_well_behaved();
    assert_eq!(end(&run), ends("unknown", Failed, 4), "{}", run.log());
    assert_eq!((run.output("unreadable"), run.output("expired")), ("1", "1"));
    assert!(run.log().contains("no end"), "{}", run.log());
}

#[test]
fn an_answer_may_ask_to_wait_before_the_next_request() {
    let mut world = World::having(&[("a", 60)]);
    world
        .sim
        .cloud(|cloud| cloud.manners.retry_after_on_success = Some(1));
    let run = world.run(&World::step());
    assert_eq!(end(&run), ends("ok", Succeeded, 0), "{}", run.log());
    let log = world.sim.log();
    let mut arrivals: Vec<_> = log.iter().map(|request| request.at).collect();
    arrivals.sort();
    let last_wait = arrivals
        .last()
        .unwrap()
        .signed_duration_since(arrivals[arrivals.len() - 2]);
    assert!(
        last_wait >= TimeDelta::milliseconds(900),
        "the last request came {last_wait} after the one before"
    );
}
