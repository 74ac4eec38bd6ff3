//! Who may rotate: users, in every way that they can be signed in; never an identity without a person.

use patkeeper_tests::job::Step;
use patkeeper_tests::office::{Office, VAULT};
use patkeeper_tests::world::PATS;

use crate::scene::{RIGHTS, Scene, assert_says, end, ends};

#[test]
fn a_token_and_a_federated_connection_for_the_vault_rotate() {
    let mut scene = Scene::rotated(70);
    let step = scene
        .step()
        .input("azureSubscription", &scene.office.federated.clone());
    let run = scene.rotate(&step);
    assert_eq!(end(&run), ends(true, 0), "{}", run.log());
}

#[test]
fn a_refresh_token_in_the_vault_rotates_and_the_pat_is_the_users() {
    let mut scene = Scene::new();
    let step = scene.filled(scene.office.refresh_step());
    let run = scene.rotate(&step);
    assert_eq!(end(&run), ends(true, 0), "{}", run.log());
    assert_eq!(scene.stored().owner, scene.office.world.user);
    // The other way to sign in is the same owner.
    let run = scene.rotate(&scene.step().input("force", "true").input("overlapHours", "0"));
    assert_eq!(end(&run), ends(true, 0), "{}", run.log());
    assert_eq!(run.output("previousRevoked"), "true", "{}", run.log());
}

#[test]
fn the_azure_cli_rotates_and_reaches_the_vault_too() {
    let mut scene = Scene::new();
    scene.office.has_azure_cli();
    let user = scene.office.world.user.clone();
    scene.cloud(|cloud| cloud.grant(VAULT, &user, &RIGHTS));
    let run = scene.rotate(&scene.filled(Office::step("azureCli")));
    assert_eq!(end(&run), ends(true, 0), "{}", run.log());
}

#[test]
fn an_identity_without_a_person_is_refused_in_good_words_and_nothing_is_written() {
    let ways: [fn(&mut Scene) -> Step; 3] = [
        |scene| {
            scene.office.in_app_service();
            Office::step("managedIdentity")
        },
        |scene| Office::connection_step(&scene.office.with_secret),
        |scene| Office::connection_step(&scene.office.federated),
    ];
    for way in ways {
        let mut scene = Scene::rotated(70);
        let step = way(&mut scene);
        let step = scene.filled(step);
        let run = scene.rotate(&step);
        assert_eq!(end(&run), ends(false, 3), "{}", run.log());
        assert_says(
            &run,
            &[
                "only users",
                "service principals and managed identities are refused",
                "refreshToken",
            ],
        );
        scene.assert_nothing_changed("refused");
        assert!(scene.requests().iter().any(|request| request.path.contains(PATS)));
    }
}

#[test]
fn a_token_that_lacks_what_minting_needs_is_refused_before_anything_is_written() {
    let mut scene = Scene::rotated(70);
    let user = scene.office.world.user.clone();
    let token = scene.cloud(|cloud| {
        let spec = patkeeper_sim::TokenSpec::user(&user).scopes("vso.code");
        cloud.token(spec)
    });
    scene.office.world.job.add_secret("Narrow", &token);
    let run = scene.rotate(&scene.step().input("accessToken", "$(Narrow)"));
    assert_eq!(end(&run), ends(false, 3), "{}", run.log());
    scene.assert_nothing_changed("refused");
}
