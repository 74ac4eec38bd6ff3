//! Every input, wrong in every way it can be: one message that names it, exit code 2, and nothing is sent.

use patkeeper_tests::job::Step;
use patkeeper_tests::step::StepResult::Failed;

use patkeeper_tests::world::{World, task};

/// Runs the step; it must be refused before anything is sent, with one message that has these words in it.
fn assert_refused(world: &mut World, step: &Step, words: &[&str]) {
    let run = world.run(step);
    run.assert_well_behaved();
    assert_eq!(
        (run.result(), run.exit_code),
        (Failed, Some(2)),
        "{step:?}\n{}",
        run.log()
    );
    assert_eq!(run.record.errors.len(), 1, "{step:?}\n{}", run.log());
    for word in words {
        assert!(
            run.record.errors[0].contains(word),
            "no '{word}' in: {}",
            run.record.errors[0]
        );
    }
    assert!(
        world.sim.tunnels().is_empty() && world.sim.log().is_empty(),
        "{step:?}: something was sent"
    );
    assert_eq!(run.output("status"), "", "{step:?}: nothing was judged");
}

/// A world for many refusals: nothing is ever sent in it.
fn refusing(check: impl Fn(&mut World)) {
    let mut world = World::having(&[("a", 60)]);
    check(&mut world);
    assert!(world.sim.tunnels().is_empty());
}

#[test]
fn a_variable_that_is_not_set_is_named_whatever_the_input() {
    let inputs: Vec<String> = task()
        .manifest
        .inputs
        .iter()
        .map(|input| input.name.clone())
        .collect();
    assert!(inputs.len() >= 20, "{inputs:?}");
    refusing(|world| {
        for input in &inputs {
            let step = World::step().input(input, "$(NoSuch.Variable)");
            assert_refused(world, &step, &[input.as_str(), "NoSuch.Variable"]);
        }
    });
}

#[test]
fn a_variable_that_is_not_set_inside_of_a_value_is_named() {
    refusing(|world| {
        assert_refused(
            world,
            &World::step().input("names", "ci-*\nsvc-$(Stage)-*"),
            &["names", "Stage"],
        );
        assert_refused(
            world,
            &World::step().input("reportDirectory", "/x/$(Nowhere)"),
            &["reportDirectory", "Nowhere"],
        );
    });
}

#[test]
fn numbers_must_be_whole_and_in_range() {
    refusing(|world| {
        for input in [
            "warningDays",
            "criticalDays",
            "expiredWithinDays",
            "maxLifetimeDays",
        ] {
            for value in [
                "soon",
                "-1",
                "7.5",
                "7 days",
                "1e2",
                "0x10",
                "99999999999999999999",
                "４２",
            ] {
                assert_refused(world, &World::step().input(input, value), &[input]);
            }
        }
        assert_refused(
            world,
            &World::step().input("maxLifetimeDays", "0"),
            &["maxLifetimeDays", "0"],
        );
    });
}

#[test]
fn choices_name_what_is_allowed() {
    refusing(|world| {
        for (input, allowed) in [
            ("scope", "mine"),
            ("failOn", "critical"),
            ("failOnPolicy", "warning"),
            ("alertOn", "attention"),
            ("signIn", "accessToken"),
            ("reportFormats", "markdown"),
        ] {
            assert_refused(
                world,
                &World::step().input(input, "perhaps"),
                &[input, "perhaps", allowed],
            );
        }
    });
}

#[test]
fn critical_over_warning_is_a_contradiction() {
    refusing(|world| {
        let both = World::step().input("warningDays", "5").input("criticalDays", "6");
        assert_refused(world, &both, &["criticalDays", "warningDays"]);
        assert_refused(
            world,
            &World::step().input("criticalDays", "31"),
            &["criticalDays"],
        );
        assert_refused(world, &World::step().input("warningDays", "6"), &["criticalDays"]);
    });
}

#[test]
fn a_sign_in_is_needed() {
    refusing(|world| {
        assert_refused(world, &Step::new("pats"), &["accessToken"]);
        assert_refused(
            world,
            &Step::new("pats").input("accessToken", " "),
            &["accessToken"],
        );
        assert_refused(
            world,
            &Step::new("pats").input("signIn", "accessToken"),
            &["accessToken"],
        );
    });
}

#[test]
fn a_token_that_is_no_token_is_refused_and_not_shown() {
    refusing(|world| {
        let tokens = [
            "Bearer not-a-real-token-1",
            "not-a-real token-2",
            "not-a-real-token-3\nX-Other: header",
        ];
        for (number, token) in tokens.iter().enumerate() {
            world.job.add_secret(&format!("Odd{number}"), token);
            let step = Step::new("pats").input("accessToken", &format!("$(Odd{number})"));
            assert_refused(world, &step, &["accessToken"]);
        }
    });
}

#[test]
fn only_azure_devops_organizations_are_asked() {
    refusing(|world| {
        for organization in [
            "https://example.com/acme",
            "https://dev.azure.com.evil.example/acme",
            "https://evil.example/dev.azure.com/acme",
            "https://evil.example\\@dev.azure.com/acme",
            "https://user:password@dev.azure.com/acme",
            "https://acme@dev.azure.com/acme",
            "https://dev.azure.com@evil.example/acme",
            "http://dev.azure.com/acme",
            "ftp://dev.azure.com/acme",
            "//dev.azure.com/acme",
            "https://dev.azure.com:8443/acme",
            "https://dev.azure.com/",
            "https://dev.azure.com",
            "https://dev.azure.com/acme/project",
            "https://dev.azure.com/acme/../other",
            "https://dev.azure.com/./acme",
            "https://dev.azure.com/%2e%2e/acme",
            "https://dev.azure.com/acme%2f..%2fother",
            "https://dev.azure.com/acme?x=y",
            "https://dev.azure.com/acme#x",
            "https://dev.azure.com//acme",
            "https://vssps.dev.azure.com/acme",
            "https://acme.visualstudio.com.evil.example/",
            "https://evil.example/?x=.visualstudio.com/",
            "https://a.b.visualstudio.com/",
            "https://.visualstudio.com/",
            "https://acme.visualstudio.com/DefaultCollection/project",
            "https://dev.azure.com/ac me",
            "https://dev.azure.com/acmé",
            "https://dev.аzure.com/acme",
            "acme/../../other",
            "acme?x=y",
            "acme#x",
            "acme.example",
            "-acme",
            "acme-",
            ".",
            "..",
            "ac me",
            "acme\u{7f}",
            "acme\u{202e}",
        ] {
            assert_refused(
                world,
                &World::step().input("organization", organization),
                &["organization"],
            );
        }
    });
}

#[test]
fn one_bad_organization_among_good_ones_is_enough() {
    refusing(|world| {
        let step = World::step().input("organization", "acme\nhttps://evil.example/acme\nbeta");
        assert_refused(world, &step, &["organization", "evil.example"]);
    });
}

#[test]
fn an_azure_devops_server_is_told_that_it_has_no_such_api() {
    refusing(|world| {
        for server in [
            "https://tfs.example.com/tfs/DefaultCollection/",
            "http://tfs:8080/tfs/DefaultCollection",
        ] {
            assert_refused(
                world,
                &World::step().input("organization", server),
                &["organization", "Server"],
            );
        }
    });
}

#[test]
fn webhooks_are_https_and_not_shown() {
    refusing(|world| {
        for input in ["slackWebhookUrl", "teamsWebhookUrl", "webhookUrl"] {
            for (number, url) in [
                "http://alerts.example/made-up-path",
                "alerts.example/made-up-path",
                "https://",
                "javascript:made-up-path",
            ]
            .iter()
            .enumerate()
            {
                let name = format!("{input}{number}");
                world.job.add_secret(&name, url);
                assert_refused(
                    world,
                    &World::step().input(input, &format!("$({name})")),
                    &[input],
                );
            }
        }
    });
}

#[test]
fn scopes_must_be_scopes() {
    refusing(|world| {
        for scopes in [",", "vso.code; rm", "<all>"] {
            assert_refused(
                world,
                &World::step().input("forbiddenScopes", scopes),
                &["forbiddenScopes"],
            );
        }
    });
}

#[test]
fn empty_inputs_mean_their_defaults() {
    let inputs: Vec<String> = task()
        .manifest
        .inputs
        .iter()
        .map(|input| input.name.clone())
        .collect();
    let mut world = World::having(&[("a", 60)]);
    let step = inputs
        .iter()
        .filter(|input| !["accessToken"].contains(&input.as_str()))
        .fold(World::step(), |step, input| step.input(input, ""));
    let run = world.run(&step);
    run.assert_well_behaved();
    assert_eq!(
        (run.output("status"), run.exit_code),
        ("ok", Some(0)),
        "{}",
        run.log()
    );
}
