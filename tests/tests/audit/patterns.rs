//! Which actions and whose.

use patkeeper_tests::step::StepResult::Failed;
use patkeeper_tests::world::report;

use crate::scene::{Scene, assert_says, count, end, step};

#[test]
fn actions_are_chosen_by_patterns_whatever_their_case() {
    for (actions, expected) in [
        ("Token.PatCreateEvent", 2),
        ("token.patCREATEevent", 2),
        ("Token.Pat*Revoke*", 2),
        ("token.*create*\ntoken.*update*", 3),
        ("Token.Pat?pdateEvent", 1),
        ("*", 7),
        ("Nothing.*", 0),
    ] {
        let mut scene = Scene::busy();
        scene.event("OrganizationPolicy.PolicyValueUpdated", 1, |event| event);
        let run = scene.audit(&step().input("actions", actions));
        assert_eq!(count(&run, "events"), expected, "{actions}\n{}", run.log());
    }
}

#[test]
fn actors_are_chosen_by_upn_or_display_name_whatever_their_case() {
    for (actors, expected) in [
        ("ann@acme.example", 3),
        ("ANN@*", 3),
        ("bob", 2),
        ("azure devops service", 1),
        ("ann@acme.example\nbob", 5),
        ("*@globex.example", 0),
    ] {
        let mut scene = Scene::busy();
        let run = scene.audit(&step().input("actors", actors));
        assert_eq!(count(&run, "events"), expected, "{actors}\n{}", run.log());
    }
}

#[test]
fn who_did_what_from_where_is_told() {
    let mut scene = Scene::busy();
    let run = scene.audit(&step());
    assert_says(&run, &["ann@acme.example", "198.51.100.4", "Mozilla/5.0"]);
    let report = report(&run);
    let actors = report["actors"].as_array().unwrap();
    assert_eq!(actors[0]["actor"]["upn"], "ann@acme.example", "{report:#}");
    assert_eq!(actors[0]["counts"]["events"], 3);
    assert_eq!(actors[0]["ipAddresses"][0]["name"], "198.51.100.4");
}

#[test]
fn several_organizations_are_read_at_once_and_one_that_fails_is_named() {
    let mut scene = Scene::busy();
    scene.cloud(|cloud| {
        cloud.audit("acme-labs", true);
        cloud.join(&scene.auditor, "acme-labs");
        cloud.let_read_audit("acme-labs", &scene.auditor);
        let at = cloud.now() - chrono::TimeDelta::days(1);
        let leak = patkeeper_sim::AuditSeed::new("acme-labs", crate::scene::LEAKED).at(at);
        cloud.add_event(leak.data("DisplayName", "lab"));
        cloud.audit("acme-dark", true);
        cloud.join(&scene.auditor, "acme-dark");
    });
    let run = scene.audit(&step().input("organization", "acme\nhttps://dev.azure.com/acme-labs/"));
    assert_eq!(end(&run), (Failed, Some(1)), "{}", run.log());
    assert_eq!(
        (count(&run, "events"), count(&run, "leaked")),
        (7, 1),
        "{}",
        run.log()
    );

    let run = scene.audit(&step().input("organization", "acme\nacme-labs\nacme-dark"));
    // What could not be read outranks the verdict, and hides nothing.
    assert_eq!(end(&run), (Failed, Some(3)), "{}", run.log());
    assert_eq!(
        (count(&run, "events"), count(&run, "leaked")),
        (7, 1),
        "{}",
        run.log()
    );
    assert_says(&run, &["acme-dark", "LEAKED"]);
}
