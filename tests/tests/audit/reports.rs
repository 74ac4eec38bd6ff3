//! The files that an audit leaves.

use std::path::Path;

use patkeeper_tests::world::report;

use crate::scene::{Scene, count, step};

#[test]
fn each_format_has_its_file_and_says_the_same() {
    let mut scene = Scene::busy();
    scene.leak();
    let run = scene.audit(&step().input("reportFormats", "json markdown csv"));
    let json = Path::new(run.output("reportJson"));
    let read = |name: &str| std::fs::read_to_string(json.with_file_name(name)).unwrap();
    let csv = read("patkeeper.csv");
    // A head, and a row an event.
    assert_eq!(csv.lines().count(), 1 + count(&run, "events") as usize, "{csv}");
    let markdown = read("patkeeper.md");
    assert_eq!(run.upload("patkeeper.md").as_deref(), Some(markdown.as_str()));
    for words in ["ci-deploy", "Token.PatPublicDiscoveryEvent"] {
        assert!(csv.contains(words), "{csv}");
    }
    assert!(markdown.contains("ci-deploy"), "{markdown}");
}

#[test]
fn the_report_says_what_was_asked_and_by_whom() {
    let mut scene = Scene::busy();
    let step = step()
        .input("actions", "Token.Pat*")
        .input("actors", "ann*")
        .input("days", "45");
    let run = scene.audit(&step);
    let report = report(&run);
    assert_eq!(report["settings"]["actions"][0], "Token.Pat*");
    assert_eq!(report["settings"]["actors"][0], "ann*");
    assert_eq!(report["settings"]["days"], 45);
    assert_eq!(report["organizations"][0]["name"], "acme");
    assert_eq!(report["organizations"][0]["signedInAs"], "auditor@acme.example");
    assert_eq!(
        report["run"]["requests"].as_u64(),
        Some(scene.sim().log().len() as u64)
    );
    let events = report["events"].as_array().unwrap();
    let times: Vec<&str> = events.iter().map(|event| event["at"].as_str().unwrap()).collect();
    assert!(times.is_sorted_by(|newer, older| newer >= older), "{times:?}");
}
