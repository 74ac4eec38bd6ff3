//! What later steps and the build's page get.

use patkeeper_tests::running::Run;

use crate::scene::{NAME, SECRET, Scene, assert_says, end, ends};

fn token(run: &Run) -> Option<(&str, bool)> {
    let output = run.record.outputs.get("token")?;
    Some((output.value.as_str(), output.secret))
}

#[test]
fn the_token_is_an_output_only_on_request_and_then_a_secret_one() {
    let mut scene = Scene::new();
    let run = scene.rotate(&scene.step());
    assert_eq!(token(&run), None);

    let asked = scene.step().input("exposeToken", "true");
    // Not due: what the secret holds is what later steps need.
    let run = scene.rotate(&asked);
    assert_eq!(end(&run), ends(false, 0), "{}", run.log());
    let value = scene.current().value;
    assert_eq!(token(&run), Some((value.as_str(), true)));
    assert!(run.record.masked.contains(&value));

    let run = scene.rotate(&asked.clone().input("force", "true"));
    assert_eq!(end(&run), ends(true, 0), "{}", run.log());
    let rotated = scene.current().value;
    assert_ne!(rotated, value);
    assert_eq!(token(&run), Some((rotated.as_str(), true)));
    assert!(run.record.masked.contains(&rotated));

    // A new value that nobody has is not handed out.
    let run = scene.rotate(&asked.input("force", "true").input("dryRun", "true"));
    assert_eq!(token(&run), None);
}

#[test]
fn a_rotation_that_failed_hands_no_token_out() {
    let mut scene = Scene::new();
    let by_hand = scene.made_by_hand("made by ann", 60);
    scene.put_by_hand(&by_hand);
    let run = scene.rotate(&scene.step().input("exposeToken", "true"));
    assert_eq!(end(&run), ends(false, 2), "{}", run.log());
    assert_eq!(token(&run), None);
}

#[test]
fn every_form_of_the_new_pat_is_masked_before_it_is_used() {
    let mut scene = Scene::new();
    let run = scene.rotate(&scene.step());
    let value = scene.current().value;
    assert!(run.record.masked.contains(&value), "{}", run.log());
    // As it is sent: the agent would not know it from the value.
    let basic = {
        use base64::Engine as _;
        base64::engine::general_purpose::STANDARD.encode(format!(":{value}"))
    };
    assert!(run.record.masked.contains(&basic), "the form that is sent");
    // Whatever is said of it later cannot show it.
    let at = |what: &dyn Fn(&str) -> bool| run.record.raw.iter().position(|(_, line)| what(line));
    let masked = at(&|line| line.starts_with("##vso[task.setsecret") && line.ends_with(&value));
    let said = at(&|line| line.starts_with("  mint "));
    assert!(
        masked.is_some() && masked < said,
        "{masked:?}, {said:?}\n{}",
        run.log()
    );
}

#[test]
fn every_output_is_set_however_the_step_ends() {
    let mut scene = Scene::new();
    let step = scene.step();
    let good = scene.rotate(&step);
    let refused = scene.rotate(
        &scene
            .step()
            .input("azureSubscription", &scene.office.with_secret)
            .input("adopt", "00000000-0000-4000-8000-000000000000"),
    );
    for run in [&good, &refused] {
        for name in [
            "rotated",
            "reason",
            "authorizationId",
            "displayName",
            "validTo",
            "secretId",
            "nextRotationDue",
            "previousAuthorizationId",
            "previousRevoked",
        ] {
            assert!(
                run.record.outputs.contains_key(name),
                "{name} is not set\n{}",
                run.log()
            );
        }
    }
    assert_eq!(end(&refused), ends(false, 2), "{}", refused.log());
    assert!(
        refused.output("reason").contains("adopt"),
        "{}",
        refused.output("reason")
    );
}

#[test]
fn the_builds_page_shows_what_happened_until_when_and_what_is_next() {
    let mut scene = Scene::rotated(70);
    let old = scene.stored();
    let run = scene.rotate(&scene.step());
    let pages: Vec<_> = run
        .record
        .uploads
        .iter()
        .filter(|upload| upload.command == "task.uploadsummary")
        .collect();
    assert_eq!(pages.len(), 1, "{}", run.log());
    let page = String::from_utf8(pages[0].content.clone()).unwrap();
    let new = scene.stored();
    let day = |output: &str| run.output(output)[..10].to_owned();
    for words in [
        &new.display_name,
        &old.display_name,
        NAME,
        SECRET,
        &day("validTo"),
        &day("nextRotationDue"),
        "under a third",
    ] {
        assert!(page.contains(words), "no '{words}' in:\n{page}");
    }
    assert!(pages[0].path.starts_with(scene.office.world.job.temp()));
}

#[test]
fn a_failure_has_its_page_too() {
    let mut scene = Scene::new();
    let by_hand = scene.made_by_hand("made by ann", 60);
    scene.put_by_hand(&by_hand);
    let run = scene.rotate(&scene.step());
    let page = &run.record.uploads[0];
    let page = String::from_utf8_lossy(&page.content);
    assert!(
        page.contains("is not Patkeeper's") && page.contains("adopt"),
        "{page}"
    );
    assert_says(&run, &["is not Patkeeper's"]);
}
