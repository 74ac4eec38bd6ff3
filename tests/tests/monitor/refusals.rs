//! Every way in which the service says no, as the facts about it have it: exit code 3, and a message that names
//! what was refused and what to do.

use patkeeper_sim::{Action, AppTokens, Fault, Match, Refusal, SignIn, TokenSpec};
use patkeeper_tests::step::StepResult::{Failed, Succeeded};

use patkeeper_tests::world::{PATS, World, end, ends};

/// Runs against a cloud that says no, and returns the log.
fn refused(mut world: World) -> String {
    let run = world.run(&World::step().input("failOn", "never"));
    run.assert_well_behaved();
    assert_eq!(end(&run), ends("unknown", Failed, 3), "{}", run.log());
    assert!(!run.record.errors.is_empty(), "no error issue\n{}", run.log());
    world.assert_no_secret(&run, &[]);
    run.log()
}

fn world_refusing(refusal: Refusal) -> World {
    let world = World::having(&[("a", 60)]);
    world
        .sim
        .fault(Fault::always(Match::any().path(PATS), Action::Refuse(refusal)));
    world
}

#[test]
fn a_sign_in_page_in_place_of_json() {
    let log = refused(world_refusing(Refusal::SignInPage));
    assert!(log.to_lowercase().contains("sign-in page"), "{log}");
    assert!(!log.contains("<html") && !log.contains("<!DOCTYPE"), "{log}");
}

#[test]
fn a_redirect_is_not_followed() {
    let world = world_refusing(Refusal::SignInRedirect);
    let log = refused(world);
    assert!(
        log.contains("302") || log.to_lowercase().contains("sign"),
        "{log}"
    );
}

#[test]
fn a_redirect_leads_no_request_anywhere() {
    let mut world = world_refusing(Refusal::SignInRedirect);
    world.run(&World::step());
    let hosts: Vec<_> = world
        .sim
        .tunnels()
        .into_iter()
        .map(|tunnel| tunnel.host)
        .collect();
    assert!(
        hosts.iter().all(|host| host.contains("dev.azure.com")),
        "{hosts:?}"
    );
}

#[test]
fn the_words_of_the_service_are_kept_for_support() {
    for (refusal, code) in [
        (Refusal::BearerRefused, "TF400813"),
        (Refusal::NotInOrganization("tenant\\id".to_owned()), "TF401444"),
        (Refusal::ConditionalAccess, "VS403463"),
        (Refusal::ServicePrincipal, "InvalidAccessException"),
        (Refusal::WrongTokenType, "InvalidAccessException"),
    ] {
        let log = refused(world_refusing(refusal.clone()));
        assert!(log.contains(code), "{refusal:?}\n{log}");
    }
}

#[test]
fn a_token_without_the_pat_scopes_is_told_which() {
    let mut world = World::having(&[("a", 60)]);
    let token = world
        .sim
        .cloud(|cloud| cloud.token(TokenSpec::user(&world.user).scopes("vso.work")));
    world.job = world.job.secret("Token", &token);
    let log = refused(world);
    assert!(log.contains("vso.pats"), "{log}");
}

#[test]
fn an_app_only_token_is_told_that_a_user_is_needed() {
    for manners in [
        AppTokens::Refused,
        AppTokens::Redirected,
        AppTokens::NotInOrganization,
    ] {
        let mut world = World::having(&[("a", 60)]);
        let token = world.sim.cloud(|cloud| {
            cloud.manners.app_tokens = manners;
            cloud.app_token("sp-pipelines")
        });
        world.job = world.job.secret("Token", &token);
        let log = refused(world);
        assert!(log.contains("user"), "{manners:?}\n{log}");
    }
}

#[test]
fn a_token_nobody_issued_is_refused_in_each_of_the_services_ways() {
    for sign_in in [SignIn::Page, SignIn::Redirect, SignIn::Anonymous] {
        let mut world = World::having(&[("a", 60)]);
        world.sim.cloud(|cloud| {
            cloud.manners.sign_in = sign_in;
            cloud.bearers.clear();
        });
        world.job = world.job.variable("x", "y");
        refused(world);
    }
}

#[test]
fn a_token_whose_time_is_over_is_told_so() {
    let mut world = World::having(&[("a", 60)]);
    let spec = TokenSpec::user(&world.user).valid_for(chrono::TimeDelta::hours(-2));
    let token = world.sim.cloud(|cloud| cloud.token(spec));
    world.job = world.job.secret("Token", &token);
    let log = refused(world);
    assert!(log.contains("the access token ran out on"), "{log}");
}

#[test]
fn a_rate_limit_is_waited_out() {
    let mut world = World::having(&[("a", 60)]);
    let limited = Action::Refuse(Refusal::RateLimited { retry_after: Some(1) });
    world.sim.fault(Fault::once(Match::any().path(PATS), limited));
    let run = world.run(&World::step());
    run.assert_well_behaved();
    assert_eq!(end(&run), ends("ok", Succeeded, 0), "{}", run.log());
}

#[test]
fn a_rate_limit_without_end_fails_the_step() {
    let mut world = World::having(&[("a", 60)]);
    let limited = Action::Refuse(Refusal::RateLimited { retry_after: None });
    world.sim.fault(Fault::always(Match::any().path(PATS), limited));
    let run = world.run(&World::step().input("failOn", "never"));
    run.assert_well_behaved();
    assert_eq!(end(&run), ends("unknown", Failed, 4), "{}", run.log());
}
