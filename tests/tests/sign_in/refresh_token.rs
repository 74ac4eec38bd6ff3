//! A refresh token in a vault: who redeems it, what takes its place, and what happens when that fails.

use std::time::Duration;

use chrono::TimeDelta;
use patkeeper_sim::{Action, Fault, LoggedRequest, Match, Right, fingerprint};
use patkeeper_tests::step::StepResult::Succeeded;
use patkeeper_tests::world::{PATS, end, ends, task};

use crate::office::{ENTRA_HOST, Office, SECRET, VAULT_HOST};

fn healthy() -> Office {
    Office::with(&[("healthy", 60)])
}

/// The place in the log of the first request that fits.
fn at(office: &Office, what: &str, fits: impl Fn(&LoggedRequest) -> bool) -> u64 {
    let log = office.world.sim.log();
    log.iter()
        .find(|request| fits(request))
        .unwrap_or_else(|| panic!("nothing {what} in {log:#?}"))
        .seq
}

fn is_redeemed(request: &LoggedRequest) -> bool {
    request.host == ENTRA_HOST && request.body.contains("grant_type=refresh_token")
}

fn is_stored(request: &LoggedRequest) -> bool {
    request.host == VAULT_HOST && request.method == "PUT" && request.path.eq(&format!("/secrets/{SECRET}"))
}

#[test]
fn the_successor_is_stored_before_its_access_token_is_used() {
    let mut office = healthy();
    let step = office.refresh_step();
    let run = office.run(&step);
    assert_eq!(end(&run), ends("ok", Succeeded, 0), "{}", run.log());
    let redeemed = at(&office, "redeemed", is_redeemed);
    let stored = at(&office, "stored", is_stored);
    let used = at(&office, "used", |request| request.path.contains(PATS));
    assert!(redeemed < stored && stored < used, "{redeemed} {stored} {used}");

    let kept = office.kept();
    let [old, new] = kept.versions.as_slice() else {
        panic!("{kept:?}")
    };
    assert_ne!(old.value, new.value);
    assert_eq!((&new.tags, new.enabled), (&old.tags, true));
    assert_eq!(
        new.content_type.as_deref(),
        Some("application/vnd.patkeeper.refresh-token")
    );
    let left = new.expires.unwrap() - office.world.sim.cloud(|cloud| cloud.now());
    assert!(
        left > TimeDelta::days(89) && left <= TimeDelta::days(90),
        "{left}"
    );

    office.world.sim.clear_log();
    let run = office.run(&step);
    assert_eq!(end(&run), ends("ok", Succeeded, 0), "{}", run.log());
    let mark = fingerprint(&new.value);
    at(&office, "redeemed with the successor", |request| {
        is_redeemed(request) && request.body.contains(&mark)
    });
}

#[test]
fn a_successor_that_cannot_be_stored_is_told_and_the_old_one_goes_on_working() {
    let mut office = healthy();
    office.vault(|vault| vault.grants.retain(|(_, right)| *right != Right::Set));
    let step = office.refresh_step();
    for _ in 0..2 {
        let run = office.run(&step);
        assert_eq!(end(&run), ends("ok", Succeeded, 0), "{}", run.log());
        let [warning] = run.record.warnings.as_slice() else {
            panic!("{}", run.log())
        };
        for words in [
            SECRET,
            "ForbiddenByRbac",
            "Key Vault Secrets Officer",
            "still good",
            "90 days",
        ] {
            assert!(warning.contains(words), "no '{words}' in: {warning}");
        }
    }
    assert_eq!(office.kept().versions.len(), 1);
}

#[test]
fn a_successor_whose_storing_was_not_answered_is_looked_for_and_not_stored_twice() {
    let mut office = healthy();
    office.world.sim.fault(Fault::once(
        Match::any().host(VAULT_HOST).method("PUT"),
        Action::ResetAfter,
    ));
    let step = office.refresh_step();
    let run = office.run(&step);
    assert_eq!(end(&run), ends("ok", Succeeded, 0), "{}", run.log());
    assert_eq!(run.record.warnings, [""; 0], "{}", run.log());
    assert_eq!(office.kept().versions.len(), 2);
    let puts = office
        .asked(VAULT_HOST)
        .iter()
        .filter(|request| request.method == "PUT")
        .count();
    assert_eq!(puts, 1);
}

#[test]
fn a_service_that_keeps_the_refresh_token_as_it_is_leaves_the_vault_alone() {
    let mut office = healthy();
    office.world.sim.cloud(|cloud| cloud.entra.rotates = false);
    let step = office.refresh_step();
    let run = office.run(&step);
    assert_eq!(end(&run), ends("ok", Succeeded, 0), "{}", run.log());
    assert!(
        office
            .asked(VAULT_HOST)
            .iter()
            .all(|request| request.method == "GET")
    );
}

#[test]
fn two_steps_that_redeem_the_same_token_at_once_both_work() {
    let mut office = healthy();
    // So that the second one reads what the first one has not replaced yet.
    let slow = Action::Delay(Duration::from_millis(400));
    office
        .world
        .sim
        .fault(Fault::always(Match::any().host(VAULT_HOST).method("PUT"), slow));
    let step = office.refresh_step();
    let mut other = office.world.job.on_another_agent();
    let (one, two) = (office.world.start(&step), other.start(&task(), &step));
    let runs = [one.finish(&mut office.world.job), two.finish(&mut other)];
    for run in &runs {
        run.assert_well_behaved();
        assert_eq!(end(run), ends("ok", Succeeded, 0), "{}", run.log());
    }
    office.assert_no_secret(&runs[0]);
    assert_eq!(office.kept().versions.len(), 3);
}
