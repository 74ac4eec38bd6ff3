//! Text of strangers. PAT names, user names and the service's words may hold anything, and none of it may act: on the
//! agent, on a terminal, on the build page, in a spreadsheet, in a chat.

use patkeeper_sim::{Action, Fault, Match, Refusal};
use patkeeper_tests::hostile::{assert_harmless, assert_harmless_file, hostile};
use patkeeper_tests::world::{ACME, PATS, World, count, report};

fn all_formats() -> patkeeper_tests::job::Step {
    World::step().input("reportFormats", "json markdown junit csv html sarif")
}

fn hostile_world() -> World {
    let world = World::new();
    for (number, name) in hostile().iter().enumerate() {
        let days = [-2, 3, 20, 60][number % 4];
        world.special(name, days, |seed| seed);
        world.special(&format!("{name}-2026-01-01"), days, |seed| seed);
    }
    world
}

#[test]
fn no_pat_name_takes_effect_in_the_log_or_an_output() {
    let mut world = hostile_world();
    let run = world.run(&all_formats());
    assert_harmless(&run);
    assert_eq!(run.output("status"), "expired", "{}", run.log());
}

#[test]
fn no_pat_name_takes_effect_when_it_is_the_soonest() {
    for name in hostile() {
        let mut world = World::new();
        world.special(&name, 2, |seed| seed);
        let run = world.run(&World::step());
        assert_harmless(&run);
        assert_eq!(run.output("soonestExpiryDays"), "2", "{name:?}\n{}", run.log());
    }
}

#[test]
fn the_json_report_has_every_name_as_it_was() {
    let mut world = World::new();
    for name in hostile() {
        world.special(&name, 20, |seed| seed);
    }
    let run = world.run(&World::step());
    let report = report(&run);
    let mut names: Vec<String> = report["pats"]
        .as_array()
        .unwrap()
        .iter()
        .map(|pat| pat["displayName"].as_str().unwrap().to_owned())
        .collect();
    let mut expected = hostile();
    names.sort();
    expected.sort();
    assert_eq!(names, expected);
}

#[test]
fn no_pat_name_takes_effect_in_a_report() {
    let mut world = hostile_world();
    let run = world.run(&all_formats());
    let folder = std::path::Path::new(run.output("reportJson"))
        .parent()
        .unwrap()
        .to_owned();
    let files: Vec<_> = std::fs::read_dir(&folder)
        .unwrap()
        .flatten()
        .map(|entry| entry.path())
        .collect();
    assert_eq!(files.len(), 6, "{files:?}");
    for path in files {
        assert_harmless_file(&path);
    }
}

#[test]
fn no_user_name_takes_effect() {
    for name in hostile() {
        let mut world = World::having(&[("a", 60)]);
        world.sim.cloud(|cloud| {
            for user in &mut cloud.users {
                user.upn = name.clone();
                user.display_name = name.clone();
            }
        });
        let run = world.run(&World::step());
        assert_harmless(&run);
        assert_eq!(run.output("status"), "ok", "{name:?}\n{}", run.log());
    }
}

#[test]
fn no_word_of_the_service_takes_effect() {
    for words in hostile() {
        let mut world = World::having(&[("a", 60)]);
        let refusal = Refusal::Exception {
            status: 403,
            type_key: words.clone(),
            message: words.clone(),
        };
        world
            .sim
            .fault(Fault::always(Match::any().path(PATS), Action::Refuse(refusal)));
        let run = world.run(&World::step());
        assert_harmless(&run);
        assert_eq!(
            (run.output("status"), run.exit_code),
            ("unknown", Some(3)),
            "{words:?}\n{}",
            run.log()
        );
    }
}

#[test]
fn no_scope_or_id_takes_effect() {
    let mut world = World::new();
    for (number, text) in hostile().iter().enumerate() {
        let seed = world.sim.cloud(|cloud| {
            let seed = patkeeper_tests::world::seed(cloud, &world.user, ACME, "a", 20)
                .id(&format!("{text}{number}"));
            cloud.add_pat(seed)
        });
        world
            .sim
            .cloud(|cloud| cloud.pat_mut(&seed).unwrap().scope.clone_from(text));
    }
    let run = world.run(&all_formats());
    assert_harmless(&run);
    assert!(count(&run, "total") > 0, "{}", run.log());
}

#[test]
fn no_input_takes_effect_when_it_is_refused() {
    for (input, value) in [
        ("failOn", "x ##vso[task.setvariable variable=PWNED]1"),
        ("warningDays", "\u{1b}[31m1\r\n##[error]PWNED"),
        ("organization", "##vso[task.setvariable variable=PWNED]acme"),
        ("policyFile", "/no/such/##vso[task.setvariable variable=PWNED]1"),
    ] {
        let mut world = World::having(&[("a", 60)]);
        let run = world.run(&World::step().input(input, value));
        assert_harmless(&run);
        assert_eq!(run.exit_code, Some(2), "{input}\n{}", run.log());
    }
}

#[test]
fn no_pattern_without_a_match_takes_effect() {
    let mut world = World::having(&[("a", 60)]);
    let patterns: Vec<String> = hostile()
        .into_iter()
        .filter(|name| !name.contains(['\n', '\r', '\0']) && !name.contains("$("))
        .collect();
    let run = world.run(&all_formats().input("requireNames", &patterns.join("\n")));
    assert_harmless(&run);
    assert_eq!(run.output("status"), "missing");
}
