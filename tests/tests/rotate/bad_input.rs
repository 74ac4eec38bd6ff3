//! Input that cannot be used: one message with the input's name, exit code 2, and nothing sent.

use crate::scene::{Scene, assert_says};

/// One letter more than a name may have.
const LONG: &str = "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx";

/// Inputs, and words that their message must hold.
type Case = (&'static [(&'static str, &'static str)], &'static [&'static str]);

/// Runs each, which has to be refused before anything is sent.
fn refused(cases: &[Case]) {
    let mut scene = Scene::new();
    for (inputs, words) in cases {
        let mut step = scene.step();
        for (name, value) in *inputs {
            step = step.input(name, value);
        }
        let run = scene.rotate(&step);
        assert_eq!(run.exit_code, Some(2), "{inputs:?}\n{}", run.log());
        assert_eq!(run.record.errors.len(), 1, "{inputs:?}\n{}", run.log());
        assert_says(&run, words);
        assert!(scene.requests().is_empty(), "{inputs:?}");
        assert!(scene.sim().tunnels().is_empty(), "{inputs:?}");
    }
}

#[test]
fn days_must_be_whole_and_within_a_year() {
    refused(&[
        (&[("validDays", "0")], &["validDays", "1", "365"]),
        (&[("validDays", "366")], &["validDays", "366", "365"]),
        (&[("validDays", "-1")], &["validDays", "365"]),
        (&[("validDays", "90.5")], &["validDays", "90.5"]),
        (&[("validDays", "ninety")], &["validDays", "ninety", "365"]),
        (&[("validDays", "99999999999999999999")], &["validDays", "365"]),
        (&[("renewBeforeDays", "90")], &["renewBeforeDays", "validDays"]),
        (&[("renewBeforeDays", "0")], &["renewBeforeDays"]),
        (&[("overlapHours", "-1")], &["overlapHours"]),
        (&[("overlapHours", "8761")], &["overlapHours", "8760"]),
    ]);
}

#[test]
fn scopes_must_be_named_and_full_access_must_be_wanted() {
    refused(&[
        (&[("scopes", "")], &["scopes"]),
        (&[("scopes", " , ,, ")], &["scopes"]),
        (
            &[("scopes", "vso.code app_token")],
            &["scopes", "app_token", "allowFullAccess"],
        ),
        (
            &[("scopes", "vso.full_access")],
            &["scopes", "app_token", "allowFullAccess"],
        ),
        (&[("scopes", "vso.code;vso.work")], &["scopes"]),
    ]);
}

#[test]
fn a_scope_that_nobody_knows_is_a_warning_with_near_ones() {
    let mut scene = Scene::new();
    let run = scene.rotate(&scene.step().input("scopes", "vso.build_excute"));
    assert!(
        run.record
            .warnings
            .iter()
            .any(|warning| warning.contains("vso.build_excute") && warning.contains("vso.build_execute")),
        "{}",
        run.log()
    );
    // The service has the last word.
    assert_eq!(run.exit_code, Some(3), "{}", run.log());
    assert!(scene.live().is_empty());
}

#[test]
fn names_places_and_stores_must_be_such() {
    refused(&[
        (&[("name", "")], &["name"]),
        (&[("name", "ci/build")], &["name", "ci/build"]),
        (&[("name", LONG)], &["name", "64"]),
        (&[("vault", "")], &["vault"]),
        (&[("vault", "https://evil.example/")], &["vault"]),
        (&[("secretName", "")], &["secretName"]),
        (&[("secretName", "a_b")], &["secretName", "a_b"]),
        (&[("store", "hashicorpVault")], &["store"]),
        (&[("mode", "renew")], &["mode", "renew", "replace", "extend"]),
        (&[("force", "perhaps")], &["force", "perhaps"]),
        (
            &[("organization", "https://tfs.acme.example/tfs/DefaultCollection")],
            &["organization"],
        ),
        (&[("organization", "acme\nglobex")], &["organization"]),
        (
            &[("secretName", "$(NoSuchVariable)")],
            &["secretName", "NoSuchVariable"],
        ),
        (&[("adopt", "$(NoSuchVariable)")], &["adopt", "NoSuchVariable"]),
        (&[("azureSubscription", "")], &["azureSubscription", "Key Vault"]),
        (
            &[(
                "slackWebhookUrl",
                "http://hooks.slack.com/services/T/B/made-up-hook",
            )],
            &["slackWebhookUrl", "https"],
        ),
    ]);
}
