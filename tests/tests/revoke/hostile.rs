//! Text of strangers in a revocation: names of PATs and users, reasons, patterns, and the service's own words.

use std::path::Path;

use patkeeper_sim::{Action, Delivery, Fault, Hook, Match, Refusal};
use patkeeper_tests::hostile::{assert_harmless, assert_harmless_file, hostile};
use patkeeper_tests::running::Run;
use patkeeper_tests::world::{PATS, report};

use crate::scene::{REVOCATIONS, Scene, end, ends, everyones, for_real, mine};

/// Neither the log nor any file of the run acts.
fn assert_nothing_acts(run: &Run, files: usize) {
    assert_harmless(run);
    let folder = Path::new(run.output("reportJson")).parent().unwrap();
    let written: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .flatten()
        .map(|entry| entry.path())
        .collect();
    assert_eq!(written.len(), files, "{written:?}");
    written.iter().for_each(|path| assert_harmless_file(path));
}

fn all_formats(step: patkeeper_tests::job::Step) -> patkeeper_tests::job::Step {
    step.input("reportFormats", "json markdown csv")
}

#[test]
fn no_name_of_a_pat_takes_effect() {
    for everyone in [false, true] {
        let mut scene = Scene::new();
        let owner = scene.owner(everyone);
        for name in hostile() {
            scene.pat_of(&owner, &name);
        }
        let step = if everyone {
            everyones().input("owners", "ann@acme.example")
        } else {
            mine()
        };
        let number = u32::try_from(hostile().len()).unwrap();
        let step = all_formats(step.input("all", "true"));
        let step = scene.world.telling_all(step);
        let run = scene.revoke(&step);
        assert_nothing_acts(&run, 3);
        let run = scene.revoke(&for_real(step));
        assert_nothing_acts(&run, 3);
        assert_eq!(end(&run), ends([number, number, 0, 0], 0), "{}", run.log());
        // The report has them as they were.
        let mut names: Vec<String> = report(&run)["pats"]
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
}

#[test]
fn no_name_of_a_user_takes_effect() {
    let mut scene = Scene::new();
    for name in hostile() {
        let user = scene.cloud(|cloud| cloud.add_user("acme", &name, &name));
        scene.pat_of(&user, "ci-of-a-stranger");
    }
    let number = u32::try_from(hostile().len()).unwrap();
    let run = scene.revoke(&for_real(all_formats(everyones().input("names", "ci-*"))));
    assert_nothing_acts(&run, 3);
    assert_eq!(end(&run), ends([number, number, 0, 0], 0), "{}", run.log());
}

#[test]
fn no_name_of_who_signed_in_takes_effect() {
    let mut scene = Scene::new();
    let step = for_real(all_formats(mine().input("names", "a")));
    for name in hostile() {
        scene.pat("a");
        scene.cloud(|cloud| {
            for user in &mut cloud.users {
                user.upn.clone_from(&name);
                user.display_name.clone_from(&name);
            }
        });
        let run = scene.revoke(&step);
        assert_nothing_acts(&run, 3);
        assert_eq!(run.exit_code, Some(0), "{name:?}\n{}", run.log());
    }
}

#[test]
fn no_reason_takes_effect_in_the_log_the_files_or_a_chat() {
    // What YAML can hold and no macro is; several at once, each at the start of a line.
    let reasons: Vec<String> = hostile()
        .into_iter()
        .filter(|text| !text.contains("$(") && !text.contains('\0') && !text.trim().is_empty())
        .collect();
    let mut scene = Scene::new();
    let step = scene
        .world
        .telling_all(for_real(all_formats(mine().input("names", "a"))));
    for reasons in reasons.chunks(5) {
        scene.pat("a");
        let run = scene.revoke(&step.clone().input("reason", &reasons.join("\n")));
        assert_nothing_acts(&run, 3);
        assert_eq!(run.exit_code, Some(0), "{reasons:?}\n{}", run.log());
        let told = scene.cloud(|cloud| std::mem::take(&mut cloud.deliveries));
        assert!(told.iter().all(Delivery::accepted), "{reasons:?}: {told:?}");
        let slack = told.iter().find(|delivery| delivery.hook == Hook::Slack).unwrap();
        assert!(!slack.raw.contains("<!channel>"), "{}", slack.raw);
    }
}

#[test]
fn no_word_of_the_service_takes_effect() {
    let mut scene = Scene::new();
    let (own, anns) = (scene.pat("a"), scene.pat_of(&scene.ann, "a"));
    let ways = [
        (Match::any().method("DELETE").path(PATS), mine(), own),
        (
            Match::any().path(REVOCATIONS),
            everyones().input("owners", "ann@acme.example"),
            anns,
        ),
    ];
    for (number, words) in hostile().into_iter().enumerate() {
        let (when, step, id) = &ways[number % 2];
        let refusal = Refusal::Exception {
            status: 403,
            type_key: words.clone(),
            message: words.clone(),
        };
        scene.sim().clear_faults();
        scene
            .sim()
            .fault(Fault::always(when.clone(), Action::Refuse(refusal)));
        let run = scene.revoke(&for_real(all_formats(step.clone().input("authorizationIds", id))));
        assert_nothing_acts(&run, 3);
        assert_eq!(run.output("failed"), "1", "{words:?}\n{}", run.log());
    }
}

#[test]
fn no_pattern_and_no_refused_input_takes_effect() {
    let patterns: Vec<String> = hostile()
        .into_iter()
        .filter(|name| !name.contains(['\n', '\r', '\0']) && !name.contains("$("))
        .collect();
    let mut scene = Scene::new();
    scene.pat("a");
    let run = scene.revoke(&for_real(all_formats(
        mine().input("names", &patterns.join("\n")),
    )));
    assert_harmless(&run);
    assert_eq!(run.exit_code, Some(2), "{}", run.log());
    for input in [
        "authorizationIds",
        "owners",
        "expectCount",
        "scope",
        "organization",
    ] {
        for value in [
            "x ##vso[task.setvariable variable=PWNED]1",
            "\u{1b}[31m1\r\n##[error]PWNED",
            "<img src=x onerror=alert('PWNED')>",
        ] {
            let run = scene.revoke(&for_real(everyones().input("names", "a")).input(input, value));
            assert_harmless(&run);
            assert_eq!(run.exit_code, Some(2), "{input} {value:?}\n{}", run.log());
        }
    }
}

#[test]
fn a_token_that_the_service_quotes_back_is_in_nothing_that_is_written() {
    for (path, step) in [(PATS, mine()), (REVOCATIONS, everyones())] {
        let mut scene = Scene::new();
        let user = scene.world.user.clone();
        let id = scene.pat_of(if path == PATS { &user } else { &scene.ann }, "a");
        let quote = |status| Action::Quote {
            status,
            body: r#"{"message":"You sent <sent>.","typeKey":"AccessCheckException"}"#.to_owned(),
        };
        for status in [403, 500] {
            scene.sim().clear_faults();
            scene
                .sim()
                .fault(Fault::always(Match::any().path(path), quote(status)));
            let step = for_real(step.clone()).input("authorizationIds", &id);
            let step = scene.world.telling_all(all_formats(step));
            let run = scene.revoke(&step);
            assert_ne!(run.exit_code, Some(0), "{}", run.log());
        }
    }
}
