//! What a rotation leaves for the results tab.

use patkeeper_sim::{Action, Fault, Match, Refusal};
use patkeeper_tests::documents::attached;
use patkeeper_tests::running::Run;
use patkeeper_tests::world::PATS;
use serde_json::Value;

use crate::scene::{NAME, SECRET, Scene, end, ends};

/// The document of a run that got as far as its outputs, which must say the same.
pub(crate) fn left(run: &Run) -> Value {
    let (_, document) = attached(run).unwrap_or_else(|| panic!("no document\n{}", run.log()));
    assert_eq!(document["schema"], "patkeeper.rotation/1");
    assert_eq!(document["run"]["task"], "PatRotate");
    let is_dry = document["dryRun"] == true;
    let rotated = document["rotated"] == true && !is_dry;
    assert_eq!(run.output("rotated"), rotated.to_string(), "{document:#}");
    // A dry run leaves what stood.
    let stands = &document[if is_dry { "before" } else { "after" }];
    let id = stands["authorizationId"].as_str().unwrap_or_default();
    assert_eq!(id, run.output("authorizationId"), "{document:#}");
    let failed = run.exit_code != Some(0);
    assert_eq!(document["failure"].is_object(), failed, "{document:#}");
    if !failed || document["rotated"] == true {
        let (_, said) = run.record.completions.first().expect("an end");
        assert_eq!(document["sentence"].as_str(), Some(said.as_str()));
    }
    document
}

#[test]
fn a_rotation_attaches_both_pats_and_what_becomes_of_the_old_one() {
    let mut scene = Scene::new();
    let first = left(&scene.rotate(&scene.step()));
    assert_eq!(
        (&first["before"], &first["previous"]),
        (&Value::Null, &Value::Null)
    );
    assert_eq!(first["steps"].as_array().map(Vec::is_empty), Some(false));
    let old = scene.stored();

    scene.days_pass(80);
    let document = left(&scene.rotate(&scene.step()));
    let new = scene.stored();
    assert_eq!(
        document["before"]["authorizationId"],
        old.authorization_id.as_str()
    );
    assert_eq!(
        document["after"]["authorizationId"],
        new.authorization_id.as_str()
    );
    assert_eq!(
        document["after"]["scopes"],
        serde_json::json!(["vso.build_execute", "vso.code"])
    );
    assert_eq!(document["version"], scene.current().id.as_str());
    assert_eq!(
        (&document["name"], &document["secret"]),
        (&NAME.into(), &SECRET.into())
    );
    assert_eq!(document["organization"], "acme");
    assert_eq!(
        document["previous"]["authorizationId"],
        old.authorization_id.as_str()
    );
    assert_eq!(document["previous"]["revoked"], false);
    assert_eq!(document["others"][0]["fate"], "waits");
    assert_eq!(
        document["waiting"][0]["authorizationId"],
        old.authorization_id.as_str()
    );

    scene.days_pass(2);
    let document = left(&scene.rotate(&scene.step()));
    assert_eq!(
        (&document["rotated"], &document["others"][0]["fate"]),
        (&false.into(), &"revoked".into())
    );
    assert_eq!(
        document["others"][0]["authorizationId"],
        old.authorization_id.as_str()
    );
}

#[test]
fn a_dry_run_attaches_what_would_be() {
    let mut scene = Scene::rotated(80);
    let before = scene.stored();
    let document = left(&scene.rotate(&scene.step().input("dryRun", "true")));
    assert_eq!(
        (&document["dryRun"], &document["rotated"]),
        (&true.into(), &true.into())
    );
    assert_eq!(
        document["before"]["authorizationId"],
        before.authorization_id.as_str()
    );
    assert_eq!(document["after"]["authorizationId"], Value::Null);
    assert_eq!(document["version"], Value::Null);
    scene.assert_nothing_changed("a dry run");
}

#[test]
fn a_rotation_that_failed_attaches_why() {
    let mut scene = Scene::rotated(80);
    scene.sim().fault(Fault::always(
        Match::any().path(PATS),
        Action::Refuse(Refusal::SignInPage),
    ));
    let run = scene.rotate(&scene.step());
    assert_eq!(end(&run), ends(false, 3), "{}", run.log());
    let document = left(&run);
    assert_eq!(document["failure"]["code"], "signInPage");
    assert_eq!(document["failure"]["kind"], "refused");
}

/// Nobody masks an attachment.
#[test]
fn no_pat_is_in_the_attachment_though_it_is_an_output() {
    let mut scene = Scene::rotated(80);
    let run = scene.rotate(&scene.step().input("exposeToken", "true"));
    let value = scene.current().value;
    assert_eq!(run.output("token"), value);
    let (upload, _) = attached(&run).unwrap();
    let text = String::from_utf8(upload.content.clone()).unwrap();
    assert!(!text.contains(&value));
}
