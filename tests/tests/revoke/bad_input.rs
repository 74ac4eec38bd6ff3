//! Input that cannot be used: one message with the input's name, exit code 2, and nothing sent.

use patkeeper_tests::job::Step;

use crate::scene::{Scene, assert_says, everyones, for_real, mine};

const ID: &str = "5a1e0000-0000-4000-8000-00000000abcd";

/// Inputs, and words that their message must hold.
type Case = (&'static [(&'static str, &'static str)], &'static [&'static str]);

/// Runs each, which has to be refused before anything is sent.
fn refused(step: &Step, cases: &[Case]) {
    let mut scene = Scene::new();
    scene.pat("kept");
    for (inputs, words) in cases {
        let step = inputs.iter().fold(for_real(step.clone()), |step, (name, value)| {
            step.input(name, value)
        });
        let run = scene.revoke(&step);
        assert_eq!(run.exit_code, Some(2), "{inputs:?}\n{}", run.log());
        assert_eq!(run.record.errors.len(), 1, "{inputs:?}\n{}", run.log());
        assert_says(&run, words);
        assert!(scene.requests().is_empty(), "{inputs:?}");
        assert!(scene.sim().tunnels().is_empty(), "{inputs:?}");
    }
}

#[test]
fn which_pats_are_meant_is_said_once() {
    let cases: &[Case] = &[
        (&[], &["authorizationIds", "names", "all"]),
        (&[("all", "false")], &["authorizationIds", "names", "all"]),
        (&[("authorizationIds", " , \n ,")], &["authorizationIds"]),
        (&[("names", " \n ")], &["names"]),
        (
            &[("authorizationIds", ID), ("names", "ci-*")],
            &["authorizationIds", "names"],
        ),
        (
            &[("authorizationIds", ID), ("all", "true")],
            &["authorizationIds", "all"],
        ),
        (&[("names", "ci-*"), ("all", "true")], &["names", "all"]),
        (
            &[("authorizationIds", ID), ("names", "ci-*"), ("all", "true")],
            &["authorizationIds"],
        ),
    ];
    refused(&mine(), cases);
    refused(&everyones().input("owners", "ann@acme.example"), cases);
}

#[test]
fn whose_pats_are_meant_is_said_where_it_must_be() {
    refused(
        &mine(),
        &[
            (
                &[("all", "true"), ("owners", "ann@acme.example")],
                &["owners", "scope", "organization"],
            ),
            (
                &[("names", "*"), ("scope", "everybody")],
                &["scope", "everybody", "mine", "organization"],
            ),
        ],
    );
    refused(
        &everyones(),
        &[
            (&[("all", "true")], &["owners", "all"]),
            // All of everybody's by another name.
            (&[("names", "*")], &["owners", "names"]),
            (&[("all", "true"), ("owners", " \n ")], &["owners"]),
            (&[("names", "ci-*"), ("owners", "ann")], &["owners", "ann"]),
            (&[("names", "ci-*"), ("owners", "aad.")], &["owners", "aad."]),
            (&[("names", "ci-*"), ("owners", "aad.../../x")], &["owners"]),
            (
                &[("names", "ci-*"), ("owners", "ann@acme.example bob@acme.example")],
                &["owners"],
            ),
        ],
    );
}

#[test]
fn ids_numbers_and_flags_must_be_such() {
    refused(
        &mine(),
        &[
            (
                &[("authorizationIds", "ci-deploy")],
                &["authorizationIds", "ci-deploy", "GUID"],
            ),
            (
                &[("authorizationIds", "5a1e0000-0000-4000-8000-00000000abc")],
                &["authorizationIds", "5a1e0000-0000-4000-8000-00000000abc"],
            ),
            (
                &[("authorizationIds", "5a1e0000-0000-4000-8000-00000000abcd;x")],
                &["authorizationIds"],
            ),
            (&[("all", "true"), ("expectCount", "-1")], &["expectCount", "-1"]),
            (
                &[("all", "true"), ("expectCount", "many")],
                &["expectCount", "many"],
            ),
            (
                &[("all", "true"), ("expectCount", "2.5")],
                &["expectCount", "2.5"],
            ),
            (&[("all", "perhaps")], &["all", "perhaps"]),
            (&[("all", "true"), ("dryRun", "maybe")], &["dryRun", "maybe"]),
            (
                &[("all", "true"), ("reportFormats", "pdf")],
                &["reportFormats", "pdf"],
            ),
            (
                &[("all", "true"), ("reportFormats", "junit")],
                &["reportFormats", "junit"],
            ),
            (
                &[("authorizationIds", "$(LeakedIds)")],
                &["authorizationIds", "LeakedIds"],
            ),
            (&[("all", "true"), ("reason", "$(Ticket)")], &["reason", "Ticket"]),
            (
                &[("all", "true"), ("organization", "acme\nglobex")],
                &["organization"],
            ),
            (
                &[
                    ("all", "true"),
                    ("organization", "https://tfs.acme.example/tfs/DefaultCollection"),
                ],
                &["organization"],
            ),
            (
                &[
                    ("all", "true"),
                    (
                        "slackWebhookUrl",
                        "http://hooks.slack.com/services/T/B/made-up-hook",
                    ),
                ],
                &["slackWebhookUrl", "https"],
            ),
        ],
    );
}

#[test]
fn a_pat_in_the_place_of_its_id_is_not_repeated() {
    let mut scene = Scene::new();
    let id = scene.special(&scene.ann, "leaked", patkeeper_sim::PatSeed::usable);
    let pat = scene.cloud(|cloud| cloud.secret_of(&id).unwrap().to_owned());
    // It is in the pipeline's YAML, where no one masks it: the leak search of the run is what this is about, but for
    // the input itself.
    let run = scene.world.job.run(
        &patkeeper_tests::world::revocation(),
        &for_real(mine()).input("authorizationIds", &pat),
    );
    run.assert_well_behaved();
    assert_eq!(run.exit_code, Some(2), "{}", run.log());
    assert!(!run.log().contains(&pat), "{}", run.log());
    assert_says(&run, &["authorizationIds", "looks like a PAT", "identify"]);
    assert!(scene.sim().tunnels().is_empty());
}

#[test]
fn a_report_folder_that_cannot_be_made_stops_the_run_before_anything_is_sent() {
    let mut scene = Scene::new();
    scene.pat("kept");
    let file = scene.world.job.root().join("a-file");
    std::fs::write(&file, "").unwrap();
    let step = for_real(mine())
        .input("all", "true")
        .input("reportDirectory", &file.display().to_string());
    let run = scene.revoke(&step);
    assert_eq!(run.exit_code, Some(2), "{}", run.log());
    assert_says(&run, &["reportDirectory"]);
    assert!(scene.sim().tunnels().is_empty());
}
