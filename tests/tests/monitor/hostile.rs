//! Text of strangers. PAT names, user names and the service's words may hold anything, and none of it may act: on the
//! agent, on a terminal, on the build page, in a spreadsheet, in a chat.

use patkeeper_sim::{Action, Fault, Match, Refusal};
use patkeeper_tests::running::Run;

use patkeeper_tests::world::{ACME, PATS, World, count, report};

/// Set or printed only if a hostile text takes effect.
const MARK: &str = "PWNED";

/// What PatMonitor may tell the agent.
const COMMANDS: [&str; 8] = [
    "task.setvariable",
    "task.setsecret",
    "task.complete",
    "task.logissue",
    "task.uploadsummary",
    "task.addattachment",
    "task.setprogress",
    "task.debug",
];

fn hostile() -> Vec<String> {
    let fixed = [
        "##vso[task.complete result=Succeeded;]PWNED",
        "x ##vso[task.setvariable variable=PWNED]1",
        "##VSO[task.setvariable variable=PWNED]1",
        "##vso[task.setvariable variable=PWNED;isoutput=true]1",
        "#\u{200b}#vso[task.setvariable variable=PWNED]1",
        "##\u{0}vso[task.setvariable variable=PWNED]1",
        "####vso[vso[task.setvariable variable=PWNED]1",
        "##vs##vso[o[task.setvariable variable=PWNED]1",
        "a\r\n##vso[task.setvariable variable=PWNED]1",
        "a\n##[error]PWNED",
        "a\r##[section]PWNED",
        "a\u{85}##[group]PWNED",
        "a\u{2028}##[error]PWNED",
        "##[error]PWNED",
        "##[endgroup]PWNED",
        "%0A##vso[task.setvariable variable=PWNED]1",
        "%0D%0A##[error]PWNED",
        "%AZP250A##vso[task.complete result=Skipped;]PWNED",
        "x];PWNED=1;]y%5D%3B",
        "\u{1b}[31mred\u{1b}[0m\u{1b}]0;PWNED\u{7}",
        "\u{9b}31mPWNED",
        "\u{8}\u{8}\u{8}\u{7f}PWNED",
        "\u{202e}DENWP\u{2066}x\u{2069}",
        "<script>alert('PWNED')</script>",
        "<img src=x onerror=alert('PWNED')>",
        "[PWNED](javascript:alert(1)) ![PWNED](https://evil.example/x.png)",
        "| PWNED | `PWNED` | **PWNED** |\n| --- |",
        "# PWNED",
        "=HYPERLINK(\"https://evil.example/\";\"PWNED\")",
        "+cmd|' /C calc'!A0",
        "-2+3",
        "@SUM(1)",
        "\t=1+1",
        "\r=1+1",
        "<!channel> <!here> <@U012AB3CD> <https://evil.example|PWNED>",
        "]]><PWNED/>&PWNED;",
        "\u{ffff}\u{fffe}\u{1}",
        "$(Token)",
        "",
        "   ",
    ];
    let mut all: Vec<String> = fixed.map(str::to_owned).into();
    all.push("long".repeat(5_000));
    all.push("\u{301}".repeat(2_000));
    all
}

/// The words that only a hostile text brings are in no command but as data, and no line acts.
fn assert_harmless(run: &Run) {
    run.assert_well_behaved();
    for command in &run.record.commands {
        assert!(COMMANDS.contains(&command.name().as_str()), "{command:?}");
        assert!(
            !command.properties.values().any(|value| value.contains(MARK)),
            "{command:?}"
        );
    }
    let set: Vec<_> = run
        .record
        .outputs
        .keys()
        .chain(run.record.variables.keys())
        .collect();
    assert!(!set.iter().any(|name| name.contains(MARK)), "{set:?}");
    for (name, output) in &run.record.outputs {
        assert!(
            !output.value.chars().any(dangerous),
            "output {name}: {:?}",
            output.value
        );
        assert!(
            !output.value.to_lowercase().contains("##vso"),
            "output {name}: {:?}",
            output.value
        );
    }
    for (_, line) in &run.record.raw {
        assert!(!line.chars().any(dangerous), "{line:?}");
        let starts_format = line.starts_with("##[");
        let own = [
            "group", "endgroup", "section", "warning", "error", "debug", "command",
        ]
        .iter()
        .any(|word| line.starts_with(&format!("##[{word}]")));
        assert!(!starts_format || own && !line.contains("]PWNED"), "{line:?}");
        let is_command = line.starts_with("##vso[");
        assert!(is_command || !line.to_lowercase().contains("##vso"), "{line:?}");
        assert!(!is_command || line.matches("##vso").count() == 1, "{line:?}");
        assert!(
            is_command || line.chars().count() < 4_000,
            "a line of {} characters",
            line.chars().count()
        );
    }
}

/// Control characters, and what reorders or hides text.
fn dangerous(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}' | '\u{200b}')
}

fn all_formats() -> patkeeper_tests::job::Step {
    World::step().input("reportFormats", "json markdown junit csv")
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
    assert_eq!(files.len(), 4, "{files:?}");
    for path in files {
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(!text.to_lowercase().contains("##vso"), "{}", path.display());
        assert!(
            !text.lines().any(|line| line.starts_with("##[")),
            "{}",
            path.display()
        );
        assert!(
            !text.chars().any(|c| dangerous(c) && !matches!(c, '\n' | '\r')),
            "{}",
            path.display()
        );
        match path.extension().unwrap().to_str().unwrap() {
            "md" => {
                let lower = text.to_lowercase();
                assert!(!lower.contains("<script") && !lower.contains("<img"), "{text}");
                assert!(
                    !lower.contains("](javascript") && !lower.contains("![pwned]("),
                    "{text}"
                );
                assert!(!text.lines().any(|line| line.starts_with("# PWNED")), "{text}");
            }
            "csv" => {
                for cell in text
                    .lines()
                    .flat_map(|line| line.split("\",\""))
                    .map(|cell| cell.trim_start_matches('"'))
                {
                    assert!(!cell.starts_with(['=', '+', '@', '\t']), "{cell}");
                }
            }
            "xml" => assert!(!text.contains("<PWNED") && !text.contains("&PWNED;"), "{text}"),
            _ => {}
        }
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
