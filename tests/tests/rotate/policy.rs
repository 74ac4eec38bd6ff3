//! What the tenant and the organization do not allow.

use std::slice;

use patkeeper_sim::{Action, Creation, Fault, Match, OverLifespan, Policies};
use patkeeper_tests::world::{ACME, PATS, at_once};

use crate::scene::{Scene, assert_says, end, ends, is_in_days, moment};

fn policies(scene: &Scene, set: impl FnOnce(&mut Policies)) {
    scene.cloud(|cloud| set(&mut cloud.organization_mut(ACME).unwrap().policies));
}

/// The old one is as it was, nothing is under way, and no PAT was made.
fn assert_as_before(scene: &Scene, old: &patkeeper_sim::Pat) {
    assert_eq!(scene.live(), slice::from_ref(old));
    assert_eq!(scene.stored(), *old);
    assert_eq!(scene.tag("patkeeper-intent"), "");
    assert_eq!(scene.tag("patkeeper-unsettled"), "");
}

#[test]
fn each_policy_that_forbids_it_is_named_and_the_old_pat_stays() {
    let errors = vec![
        ("disablePatCreationPolicyViolation", 3, "restricts PAT creation"),
        ("patLifespanPolicyViolation", 3, "validDays"),
        ("fullScopePatPolicyViolation", 3, "forbids PATs with full access"),
        ("globalPatPolicyViolation", 3, "PATs for all organizations"),
        ("globalPATCreationBlocked", 3, "PATs for all organizations"),
        ("accessDenied", 3, "vso.pats_manage"),
        ("invalidScope", 3, "patkeeper scopes"),
        (
            "failedToReadTenantPolicy",
            4,
            "could not read the tenant's PAT policies",
        ),
        (
            "failedToReadOrgPolicy",
            4,
            "could not read the organization's PAT policies",
        ),
        ("failedToIssueAccessToken", 4, "could not make the PAT"),
        ("moonPhasePolicyViolation", 0, "moonPhasePolicyViolation"),
    ];
    at_once(&errors, 24, |(error, exit_code, words)| {
        let mut scene = Scene::rotated(70);
        let old = scene.stored();
        scene.sim().fault(Fault::always(
            Match::any().method("POST").path(PATS),
            Action::PatError {
                error: (*error).to_owned(),
                message: Some("in the service's own words".to_owned()),
            },
        ));
        let run = scene.rotate(&scene.step());
        let (rotated, _, code) = end(&run);
        assert_eq!(rotated, "false", "{error}\n{}", run.log());
        match *exit_code {
            0 => assert!(
                [Some(3), Some(4)].contains(&code),
                "{error}: {code:?}\n{}",
                run.log()
            ),
            expected => assert_eq!(code, Some(expected), "{error}\n{}", run.log()),
        }
        assert_says(&run, &[error, words]);
        assert_as_before(&scene, &old);
    });
}

#[test]
fn the_policies_of_the_service_itself_end_the_same_way() {
    let sets: Vec<fn(&mut Policies)> = vec![
        |policies| policies.creation = Creation::Disabled,
        |policies| policies.creation = Creation::AccessDenied,
        |policies| {
            policies.max_lifespan_days = Some(30);
            policies.over_lifespan = OverLifespan::Refuse;
        },
    ];
    for set in sets {
        let mut scene = Scene::rotated(70);
        let old = scene.stored();
        policies(&scene, set);
        let run = scene.rotate(&scene.step());
        assert_eq!(end(&run), ends(false, 3), "{}", run.log());
        assert_as_before(&scene, &old);
    }
    let mut scene = Scene::rotated(70);
    let old = scene.stored();
    policies(&scene, |policies| policies.restrict_full_scope = true);
    let step = scene
        .step()
        .input("scopes", "app_token")
        .input("allowFullAccess", "true");
    let run = scene.rotate(&step);
    assert_eq!(end(&run), ends(false, 3), "{}", run.log());
    assert_says(&run, &["full access"]);
    assert_as_before(&scene, &old);
}

#[test]
fn a_shortened_life_is_said_and_the_issued_end_counts_everywhere() {
    let mut scene = Scene::new();
    policies(&scene, |policies| policies.max_lifespan_days = Some(30));
    let run = scene.rotate(&scene.step());
    assert_eq!(end(&run), ends(true, 0), "{}", run.log());
    let (pat, current) = (scene.stored(), scene.current());
    assert!(is_in_days(&moment(pat.valid_to), 30), "{}", pat.valid_to);
    assert_eq!(
        current.expires.map(|at| at.timestamp()),
        Some(pat.valid_to.timestamp())
    );
    assert_eq!(scene.tag("patkeeper-valid-to"), moment(pat.valid_to));
    assert_eq!(run.output("validTo"), moment(pat.valid_to));
    assert!(
        is_in_days(run.output("nextRotationDue"), 20),
        "{}",
        run.output("nextRotationDue")
    );
    assert_says(&run, &["Asked for 90 days, issued 30 d", "policy"]);
    let summary = run.upload("patkeeper.md").unwrap();
    assert!(summary.contains(&moment(pat.valid_to)[..10]), "{summary}");
}

#[test]
fn a_threshold_longer_than_what_was_issued_gives_way_to_a_third() {
    let mut scene = Scene::new();
    policies(&scene, |policies| policies.max_lifespan_days = Some(30));
    let step = scene.step().input("renewBeforeDays", "40");
    let run = scene.rotate(&step);
    assert_eq!(end(&run), ends(true, 0), "{}", run.log());
    assert_says(
        &run,
        &["renewBeforeDays: 40 is more than the 30 d that were issued"],
    );
    assert!(is_in_days(run.output("nextRotationDue"), 20));
    // Or every run would rotate.
    let run = scene.rotate(&step);
    assert_eq!(end(&run), ends(false, 0), "{}", run.log());
}
