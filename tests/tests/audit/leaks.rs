//! A PAT was found in a public repository: the step fails, unless it is told not to.

use patkeeper_tests::step::StepResult::{Failed, Succeeded, SucceededWithIssues};
use patkeeper_tests::world::report;

use crate::scene::{CREATED, LEAKED, REVOKED, Scene, assert_says, count, end, step};

#[test]
fn a_leak_fails_the_step_and_says_what_to_do_now() {
    let mut scene = Scene::busy();
    scene.leak();
    let run = scene.audit(&step());
    assert_eq!(end(&run), (Failed, Some(1)), "{}", run.log());
    assert_eq!(count(&run, "leaked"), 1);
    let report = report(&run);
    let leak = report["events"]
        .as_array()
        .unwrap()
        .iter()
        .find(|event| event["leaked"] == true)
        .unwrap();
    let id = leak["pat"]["authorizationId"].as_str().unwrap();
    assert_says(
        &run,
        &[
            "ci-deploy",
            &format!("patkeeper revoke --organization acme --authorization-ids {id} --dry-run false"),
            "docs/incident.md",
        ],
    );
    let summary = run.upload("patkeeper.md").unwrap();
    assert!(summary.contains("ci-deploy") && summary.contains(id), "{summary}");
}

#[test]
fn without_a_leak_the_step_goes_on() {
    let mut scene = Scene::busy();
    let run = scene.audit(&step());
    assert_eq!(end(&run), (Succeeded, Some(0)), "{}", run.log());
    let counts =
        ["events", "created", "updated", "revoked", "expired", "leaked"].map(|output| count(&run, output));
    assert_eq!(counts, [6, 2, 1, 2, 1, 0], "{}", run.log());
    // Ann, bob, and the service.
    assert_eq!(count(&run, "actors"), 3, "{}", run.log());
}

#[test]
fn fail_on_says_what_fails() {
    for (fail_on, leaks, expected) in [
        ("never", true, (SucceededWithIssues, Some(0))),
        ("never", false, (Succeeded, Some(0))),
        ("leaked", true, (Failed, Some(1))),
        ("any", true, (Failed, Some(1))),
        ("any", false, (Failed, Some(1))),
    ] {
        let mut scene = Scene::busy();
        if leaks {
            scene.leak();
        }
        let run = scene.audit(&step().input("failOn", fail_on));
        assert_eq!(end(&run), expected, "{fail_on} {leaks}\n{}", run.log());
    }
    let mut scene = Scene::busy();
    let step = step().input("failOn", "any").input("actions", "Token.Ssh*");
    let run = scene.audit(&step);
    assert_eq!(end(&run), (Succeeded, Some(0)), "{}", run.log());
}

#[test]
fn a_leak_that_was_ended_since_says_so() {
    let mut scene = Scene::new();
    scene.cloud(|cloud| {
        let seed = patkeeper_tests::world::seed(cloud, &scene.ann, "acme", "old-sync", 30);
        let id = cloud.add_pat(seed);
        let pat = cloud.pat(&id).unwrap().clone();
        for (action, hours) in [(LEAKED, 5), (REVOKED, 4)] {
            let event = patkeeper_sim::AuditSeed::of_pat("acme", action, &pat, "ann@acme.example");
            let at = cloud.now() - chrono::TimeDelta::hours(hours);
            cloud.add_event(event.at(at));
        }
    });
    let run = scene.audit(&step());
    assert_eq!(end(&run), (Failed, Some(1)), "{}", run.log());
    assert_says(&run, &["old-sync", "revoked at"]);
    assert!(!run.log().contains("revoke it now"), "{}", run.log());
}

#[test]
fn a_leak_that_the_patterns_leave_out_is_said_and_fails_nothing() {
    let mut scene = Scene::busy();
    scene.leak();
    let run = scene.audit(&step().input("actions", CREATED));
    assert_eq!(end(&run), (Succeeded, Some(0)), "{}", run.log());
    assert_eq!(count(&run, "leaked"), 0);
    assert_says(
        &run,
        &["found in a public repository", "no leak can fail this step"],
    );
}

#[test]
fn full_scope_and_the_systems_own_revocations_are_listed_apart() {
    let mut scene = Scene::busy();
    scene.event(CREATED, 2, |event| {
        event
            .by("nobody-of-the-books")
            .data("sCoPe", "app_token")
            .data("Scopes", "app_token")
    });
    let run = scene.audit(&step());
    let totals = report(&run)["totals"].clone();
    assert_eq!(totals["fullScope"], 1, "{}", run.log());
    assert_eq!(totals["systemRevoked"], 1, "{}", run.log());
    assert_says(&run, &["full access", "by the system"]);
}
