//! No event: because auditing is off, because nobody may look, or because nothing happened. Three different things.

use patkeeper_sim::{AppAccess, AuditOff, TokenSpec};
use patkeeper_tests::step::StepResult::{Failed, Succeeded};
use patkeeper_tests::world::ACME;

use crate::scene::{Scene, assert_says, count, end, step};

/// Auditing is off, which the service says in this way.
fn off(how: AuditOff) -> Scene {
    let scene = Scene::new();
    scene.cloud(|cloud| {
        cloud.audit(ACME, false);
        cloud.manners.audit_off = how;
    });
    scene
}

#[test]
fn auditing_that_is_off_is_said_to_be_off() {
    for how in [AuditOff::Forbidden, AuditOff::NotFound] {
        let mut scene = off(how);
        let run = scene.audit(&step());
        assert_eq!(end(&run), (Failed, Some(3)), "{how:?}\n{}", run.log());
        assert_says(&run, &["switched off", "Log Audit Events"]);
        assert!(!run.log().contains("View audit log"), "{}", run.log());
    }
}

#[test]
fn a_log_without_any_entry_may_be_one_that_is_off() {
    let mut scene = off(AuditOff::Empty);
    let run = scene.audit(&step());
    assert_eq!(end(&run), (Succeeded, Some(0)), "{}", run.log());
    assert_says(&run, &["no entry at all", "Log Audit Events"]);
}

#[test]
fn who_may_not_look_is_told_what_it_takes() {
    let mut scene = Scene::busy();
    let (token, app) = scene.cloud(|cloud| {
        let token = cloud.token(TokenSpec::user(&scene.bob).scopes("vso.auditlog"));
        (token, cloud.app_token("sp-auditor"))
    });
    scene.world.job.add_secret("BobsToken", &token);
    scene.world.job.add_secret("AppToken", &app);
    for who in ["$(BobsToken)", "$(AppToken)"] {
        let run = scene.audit(&step().input("accessToken", who));
        assert_eq!(end(&run), (Failed, Some(3)), "{who}\n{}", run.log());
        assert_says(&run, &["View audit log"]);
        assert!(!run.log().contains("seems to be switched off"), "{}", run.log());
    }
}

#[test]
fn an_app_with_the_permission_is_tried() {
    let mut scene = Scene::busy();
    let token = scene.cloud(|cloud| {
        let app = cloud.guid();
        cloud.let_read_audit(ACME, &app);
        cloud.manners.apps_audit = AppAccess::Permitted;
        let mut spec = TokenSpec::app("sp-auditor");
        spec.object_id = Some(app);
        cloud.token(spec)
    });
    scene.world.job.add_secret("AppToken", &token);
    let run = scene.audit(&step().input("accessToken", "$(AppToken)"));
    assert_eq!(end(&run), (Succeeded, Some(0)), "{}", run.log());
    assert_eq!(count(&run, "events"), 6);
}

#[test]
fn a_token_without_the_scope_is_told_so() {
    let mut scene = Scene::busy();
    let run = scene.audit(&step().input("accessToken", "$(Token)"));
    assert_eq!(end(&run), (Failed, Some(3)), "{}", run.log());
    assert_says(&run, &["vso.auditlog"]);
}

#[test]
fn truly_nothing_is_said_where_the_log_holds_other_things() {
    let mut scene = Scene::new();
    scene.event("OrganizationPolicy.PolicyValueUpdated", 1, |event| event);
    let run = scene.audit(&step());
    assert_eq!(end(&run), (Succeeded, Some(0)), "{}", run.log());
    assert_eq!(count(&run, "events"), 0);
    assert_says(&run, &["auditing was on", "nothing found"]);
    assert!(!run.log().contains("no entry at all"), "{}", run.log());
}

#[test]
fn an_organization_that_is_not_there_is_no_log_that_is_off() {
    let mut scene = Scene::busy();
    let run = scene.audit(&step().input("organization", "no-such-organization"));
    assert_eq!(run.result(), Failed, "{}", run.log());
    assert!(!run.log().contains("switched off"), "{}", run.log());
    assert_says(&run, &["no-such-organization"]);
}
