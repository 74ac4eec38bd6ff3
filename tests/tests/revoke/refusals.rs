//! Who may not, and who is nobody: each with its message, its exit code, and nothing half done.

use patkeeper_sim::{Action, AppAccess, Fault, Match, TokenSpec, Unreadable};
use patkeeper_tests::office::{ENTRA_HOST, Office};
use patkeeper_tests::revocations::Live;
use patkeeper_tests::world::{report, revocation};

use crate::scene::{Scene, assert_says, end, ends, everyones, for_real, mine, outcome};

#[test]
fn who_is_no_administrator_is_told_what_it_takes() {
    let mut scene = Scene::new();
    let token = scene.cloud(|cloud| cloud.full_token(&scene.ann));
    scene.world.job.add_secret("AnnToken", &token);
    let leaked = scene.pat_of(&scene.bob, "leaked");
    for (selector, value, owners) in [
        ("authorizationIds", leaked.as_str(), ""),
        ("authorizationIds", leaked.as_str(), "bob@acme.example"),
        ("all", "true", "bob@acme.example"),
        ("names", "leak*", ""),
    ] {
        let step = for_real(everyones())
            .input("accessToken", "$(AnnToken)")
            .input(selector, value)
            .input("owners", owners);
        let run = scene.revoke(&step);
        assert_eq!(run.exit_code, Some(3), "{selector} {owners}\n{}", run.log());
        assert_eq!(run.output("revoked"), "0");
        assert!(scene.is_live(&leaked));
        assert_says(&run, &["Project Collection Administrator"]);
        assert!(
            !report(&run)["unreadable"].as_array().unwrap().is_empty(),
            "{}",
            run.log()
        );
    }
}

#[test]
fn an_app_is_told_that_ones_own_pats_are_a_users_alone() {
    let mut scene = Scene::new();
    let kept = scene.pat("kept");
    let token = scene.cloud(|cloud| cloud.app_token("sp-pipelines"));
    scene.world.job.add_secret("AppToken", &token);
    let step = for_real(mine()).input("accessToken", "$(AppToken)");
    for step in [
        step.clone().input("all", "true"),
        step.input("authorizationIds", &kept),
    ] {
        let run = scene.revoke(&step);
        assert_eq!(run.exit_code, Some(3), "{}", run.log());
        assert_says(&run, &["sp-pipelines"]);
        assert!(scene.is_live(&kept));
        scene.assert_nothing_changed("an app");
    }
}

#[test]
fn an_app_is_tried_as_an_administrator_and_is_refused_or_let_in_by_the_service() {
    let mut scene = Scene::new();
    let leaked = scene.pat_of(&scene.ann, "leaked");
    let token = scene.cloud(|cloud| {
        let app = cloud.guid();
        cloud.make_administrator("acme", &app);
        let mut spec = TokenSpec::app("sp-pipelines");
        spec.object_id = Some(app);
        cloud.token(spec)
    });
    scene.world.job.add_secret("AppToken", &token);
    let step = for_real(everyones())
        .input("accessToken", "$(AppToken)")
        .input("authorizationIds", &leaked);
    let run = scene.revoke(&step);
    assert_eq!(run.exit_code, Some(3), "{}", run.log());
    assert!(scene.is_live(&leaked));
    assert_says(&run, &["sp-pipelines", "not documented"]);

    scene.cloud(|cloud| cloud.manners.apps_administer = AppAccess::Permitted);
    let run = scene.revoke(&step);
    assert_eq!(run.exit_code, Some(0), "{}", run.log());
    assert!(!scene.is_live(&leaked));
}

#[test]
fn a_token_that_lacks_the_permissions_is_told_which() {
    let mut scene = Scene::new();
    let id = scene.pat("a");
    let (user, admin) = (scene.world.user.clone(), scene.admin.clone());
    for (step, who, scopes, missing) in [
        (mine(), &user, "vso.pats", "vso.pats_manage"),
        (everyones(), &admin, "vso.graph", "vso.tokenadministration"),
        (
            everyones(),
            &admin,
            "vso.pats vso.pats_manage",
            "vso.tokenadministration",
        ),
    ] {
        let token = scene.cloud(|cloud| cloud.token(TokenSpec::user(who).scopes(scopes)));
        scene.world.job.add_secret("Less", &token);
        let step = for_real(step)
            .input("accessToken", "$(Less)")
            .input("authorizationIds", &id);
        let run = scene.revoke(&step);
        assert_eq!(run.exit_code, Some(3), "{scopes}\n{}", run.log());
        assert_says(&run, &[missing]);
        assert!(scene.is_live(&id));
        scene.assert_nothing_changed(scopes);
    }
}

#[test]
fn an_owner_whom_nobody_is_is_a_failure_and_the_others_pats_are_revoked() {
    let mut scene = Scene::new();
    let ids = [scene.pat_of(&scene.ann, "a"), scene.pat_of(&scene.bob, "b")];
    let step = for_real(everyones()).input("all", "true");
    let run = scene.revoke(&step.clone().input("owners", "nobody@acme.example"));
    assert_eq!(end(&run), ends([0, 0, 0, 0], 4), "{}", run.log());
    assert_says(&run, &["nobody@acme.example"]);
    scene.assert_nothing_changed("nobody");

    let gone = "aad.AAAAAAAAAAAAAAAA";
    for unknown in ["nobody@acme.example", gone] {
        let kept = scene.pat_of(&scene.bob, "kept");
        let fresh = scene.pat_of(&scene.ann, "fresh");
        let owners = format!("ann@acme.example\n{unknown}");
        let run = scene.revoke(&step.clone().input("owners", &owners));
        assert_eq!(run.exit_code, Some(4), "{}", run.log());
        assert_eq!(run.output("failed"), "0", "{}", run.log());
        assert_says(&run, &[unknown]);
        assert!(!scene.is_live(&fresh) && !scene.is_live(&ids[0]));
        assert!(scene.is_live(&kept) && scene.is_live(&ids[1]));
    }
}

#[test]
fn a_user_who_cannot_be_read_is_named_and_what_was_found_is_revoked() {
    for why in [Unreadable::Forbidden, Unreadable::Failing, Unreadable::Hostile] {
        let mut scene = Scene::new();
        let found = scene.pat_of(&scene.ann, "ci-a");
        let hidden = scene.pat_of(&scene.bob, "ci-b");
        let bob = scene.bob.clone();
        scene.cloud(|cloud| cloud.user_mut(&bob).unwrap().unreadable = Some(why));
        let run = scene.revoke(&for_real(everyones()).input("names", "ci-*"));
        assert!(
            [Some(3), Some(4)].contains(&run.exit_code),
            "{why:?}\n{}",
            run.log()
        );
        assert_eq!(end(&run).0, [1, 1, 0, 0], "{why:?}\n{}", run.log());
        assert!(!scene.is_live(&found) && scene.is_live(&hidden));
        assert_eq!(report(&run)["counts"]["unreadable"], 1, "{why:?}");
        assert_says(&run, &["bob@acme.example", "could not be read"]);

        // Where every id is found it makes no difference.
        let other = scene.pat_of(&scene.ann, "other");
        let run = scene.revoke(&for_real(everyones()).input("authorizationIds", &other));
        assert_eq!(end(&run), ends([1, 1, 0, 0], 0), "{why:?}\n{}", run.log());

        // An id that may be that user's is not said to be unknown without a doubt.
        let run = scene.revoke(&for_real(everyones()).input("authorizationIds", &hidden));
        assert_eq!(outcome(&run, &hidden), "failed", "{why:?}");
        assert!(scene.is_live(&hidden));
        assert_says(&run, &["bob"]);
    }
}

#[test]
fn a_sign_in_that_has_run_out_is_reported_and_told() {
    let mut scene = Scene::new();
    let id = scene.pat("a");
    let user = scene.world.user.clone();
    let old = scene.cloud(|cloud| {
        let spec = TokenSpec::user(&user).valid_for(-chrono::TimeDelta::hours(1));
        cloud.token(spec)
    });
    scene.world.job.add_secret("Old", &old);
    let step = for_real(mine())
        .input("accessToken", "$(Old)")
        .input("authorizationIds", &id)
        .input("reason", "ticket 4711");
    let step = scene.world.telling_all(step);
    let run = scene.revoke(&step);
    assert_eq!(run.exit_code, Some(3), "{}", run.log());
    let told = scene.cloud(|cloud| std::mem::take(&mut cloud.deliveries));
    assert_eq!(told.len(), 3, "{}", run.log());
    assert!(scene.is_live(&id));
    // The report says what was meant, though nothing came of it.
    let report = report(&run);
    assert_eq!(report["settings"]["reason"], "ticket 4711");
    assert_eq!(report["settings"]["authorizationIds"][0], id);
}

#[test]
fn a_sign_in_whose_service_is_away_is_reported_and_told() {
    let mut office = Office::with(&[("a", 30)]);
    let sim = &office.world.sim;
    sim.fault(Fault::always(Match::any().host(ENTRA_HOST), Action::status(503)));
    let step = office
        .refresh_step()
        .input("all", "true")
        .input("dryRun", "false");
    let step = office.world.telling_all(step);
    let before = Live::of(&office.world.sim);
    let run = office.world.job.run(&revocation(), &step);
    run.assert_well_behaved();
    office.assert_no_secret(&run);
    assert_eq!(run.exit_code, Some(4), "{}", run.log());
    before.assert_untouched(&office.world.sim, &run.log());
    assert!(!report(&run)["failure"].is_null(), "{}", run.log());
    let told = office.world.sim.cloud(|cloud| cloud.deliveries.len());
    assert_eq!(told, 3, "{}", run.log());
}

#[test]
fn an_organization_that_does_not_exist_or_lets_nobody_in() {
    let mut scene = Scene::new();
    let id = scene.pat("a");
    for step in [mine(), everyones()] {
        let step = for_real(step)
            .input("organization", "no-such-organization")
            .input("authorizationIds", &id);
        let run = scene.revoke(&step);
        assert!([Some(3), Some(4)].contains(&run.exit_code), "{}", run.log());
        assert!(scene.is_live(&id));
        assert_says(&run, &["no-such-organization"]);
    }
}
