//! Each way in which a rotation goes wrong, with what is said of it.

use chrono::TimeDelta;

use super::crashes::recorded;
use super::model::*;
use crate::failure::{Failure, FailureKind};
use crate::organization::Organization;
use crate::pat::Reach;
use crate::rotation::*;
use crate::scope::ScopeSet;

fn run(number: u128) -> Run {
    Run::new(settings(24), number, &number.to_string(), 1)
}

fn forced(number: u128) -> Run {
    let mut run = run(number);
    run.settings.force = true;
    run
}

/// Runs it, with another outcome for the first step that `which` names.
fn with(world: &mut World, run: &mut Run, which: &str, outcome: Outcome) -> RotationReport {
    let mut outcome = Some(outcome);
    loop {
        world.advance(1);
        if run.observed.is_some() {
            let step = run.next(world);
            if step.label() == which
                && let Some(outcome) = outcome.take()
            {
                run.progress.note(&step, outcome);
                continue;
            }
        }
        match run.go(world, Fault::None) {
            Went::On => {}
            Went::Ended(report) => return *report,
            Went::Died => unreachable!(),
        }
    }
}

fn labels(run: &Run) -> Vec<&'static str> {
    run.steps.iter().map(Step::label).collect()
}

fn code(report: &RotationReport) -> (u8, &str) {
    let failure = report
        .failure
        .as_ref()
        .unwrap_or_else(|| panic!("no failure: {report:#?}"));
    (
        failure.kind.exit_code(),
        failure.code.as_deref().unwrap_or_default(),
    )
}

fn says(report: &RotationReport, words: &str) {
    let failure = report.failure.iter().map(|failure| format!("{failure:?}"));
    let all = failure
        .chain(report.warnings.iter().cloned())
        .collect::<Vec<_>>()
        .join("\n");
    assert!(all.contains(words), "{words} is not said in {all}");
}

/// Nothing but reads.
fn nothing_done(run: &Run) {
    for step in &run.steps {
        assert!(
            matches!(
                step,
                Step::ListEnded { .. } | Step::Prove { .. } | Step::ReadCurrent { .. } | Step::Done(_)
            ),
            "{step:?}"
        );
    }
}

#[test]
fn a_clean_rotation_takes_these_steps_and_no_other() {
    let mut world = recorded(24);
    world.advance(61 * 86_400);
    let mut due = run(2);
    let report = due.finish(&mut world);
    assert_eq!(
        labels(&due),
        [
            "intend",
            "check",
            "mint",
            "test",
            "check",
            "announce",
            "store",
            "read back",
            "done"
        ]
    );
    assert!(
        report.reason.starts_with("under a third of 90 d is left (28 d)"),
        "{}",
        report.reason
    );
    let third = world.metadata().record.unwrap().valid_to - TimeDelta::days(30);
    assert!((report.next_due.unwrap() - third).abs() < TimeDelta::minutes(1));
    let previous = report.previous.unwrap();
    assert!(!previous.revoked);
    assert_eq!(
        report.waiting.first().map(|waiting| &waiting.id),
        Some(&previous.id)
    );
    // The overlap has passed: the next run revokes it, after it has seen that the stored one works.
    world.advance(25 * 3600);
    let mut later = run(3);
    let report = later.finish(&mut world);
    assert_eq!(labels(&later), ["prove", "revoke", "prove", "record", "done"]);
    assert_eq!(
        report.previous,
        Some(Previous {
            id: previous.id,
            revoked: true
        })
    );
    assert!(!report.rotated);
    let mut quiet = run(4);
    assert_eq!(quiet.finish(&mut world).failure, None);
    assert_eq!(labels(&quiet), ["prove", "done"]);
}

#[test]
fn a_strangers_pat_of_the_same_family_is_told_of_and_kept() {
    let mut world = recorded(0);
    let report = run(2).finish(&mut world);
    let names: Vec<&str> = report.unrecorded.iter().map(|(_, name)| name.as_str()).collect();
    assert_eq!(names, ["ci-2026-01-01-0000000a"]);
    says(&report, "ci-2026-01-01-0000000a");
}

#[test]
fn a_superseded_pat_that_still_works_is_kept_while_the_recorded_one_is_dead() {
    let mut world = recorded(24);
    forced(2).finish(&mut world);
    world.advance(30 * 3600);
    let recorded = world.metadata().record.unwrap().id;
    let old = world.metadata().superseded[0].id.clone();
    world.revoke_by_hand(&recorded);
    let mut run = run(3);
    let report = run.finish(&mut world);
    assert_eq!(
        labels(&run),
        [
            "look",
            "intend",
            "check",
            "mint",
            "test",
            "check",
            "announce",
            "store",
            "read back",
            "revoke",
            "record",
            "done"
        ]
    );
    assert!(report.reason.contains("was revoked"), "{}", report.reason);
    assert_eq!(world.token(&old).life, Life::Revoked);
    // Nor is it revoked where the new one cannot be made.
    let mut world = self::recorded_twice();
    let old = world.metadata().superseded[0].id.clone();
    let report = with(&mut world, &mut self::run(3), "mint", Outcome::Failed(failure()));
    assert_eq!(code(&report).0, 4);
    assert_eq!(world.token(&old).life, Life::Active);
}

/// The recorded PAT is dead, and a superseded one's time has come.
fn recorded_twice() -> World {
    let mut world = recorded(24);
    forced(2).finish(&mut world);
    world.advance(30 * 3600);
    let recorded = world.metadata().record.unwrap().id;
    world.revoke_by_hand(&recorded);
    world
}

#[test]
fn a_recorded_pat_that_nobody_lists_any_more_is_due() {
    let mut world = recorded(24);
    let recorded = world.metadata().record.unwrap().id;
    world.meddled = true;
    world
        .tokens
        .retain(|token| token.pat.authorization_id != recorded);
    let report = run(2).finish(&mut world);
    assert!(
        report.reason.ends_with("is not listed any more"),
        "{}",
        report.reason
    );
    assert!(report.rotated && report.waiting.is_empty());
}

#[test]
fn a_value_put_there_by_hand_stops_everything_until_it_is_named() {
    let mut world = recorded(24);
    let by_hand = world.make("made by hand", "vso.code vso.build_execute", HERE, false);
    world.meddled = true;
    world.put(
        [("team".to_owned(), "payments".to_owned())].into(),
        Some(by_hand.clone()),
    );
    let mut stopped = forced(2);
    let report = stopped.finish(&mut world);
    assert_eq!(code(&report), (2, "byHand"));
    says(&report, "adopt");
    nothing_done(&stopped);
    // Named, it is the recorded one, once it is seen to work; the one before it is superseded.
    let mut adopting = run(3);
    adopting.settings.adopt = Some(by_hand.clone());
    let report = adopting.finish(&mut world);
    assert_eq!(labels(&adopting), ["prove", "record", "done"]);
    assert_eq!(report.failure, None);
    let metadata = world.metadata();
    assert_eq!(metadata.record.map(|record| record.id), Some(by_hand));
    assert_eq!(metadata.foreign.get("team").map(String::as_str), Some("payments"));
    world.advance(25 * 3600);
    let report = run(4).finish(&mut world);
    assert!(report.previous.is_some_and(|previous| previous.revoked));
}

#[test]
fn a_secret_without_our_tags_is_left_alone_and_adopt_is_explained() {
    let mut world = World::new(24);
    let by_hand = world.make("made by hand", "vso.code", HERE, false);
    world.put(
        [("team".to_owned(), "payments".to_owned())].into(),
        Some(by_hand.clone()),
    );
    let mut stopped = run(2);
    let report = stopped.finish(&mut world);
    assert_eq!(code(&report), (2, "untagged"));
    says(&report, "adopt: <authorization id>");
    nothing_done(&stopped);
    // With other scopes than it has, it is due at once, and then superseded like any other.
    let mut adopting = run(3);
    adopting.settings.adopt = Some(by_hand.clone());
    let report = adopting.finish(&mut world);
    assert!(report.rotated);
    assert!(report.reason.contains("+ vso.build_execute"), "{}", report.reason);
    let metadata = world.metadata();
    assert_eq!(metadata.superseded[0].id, by_hand);
    assert_eq!(metadata.foreign.get("team").map(String::as_str), Some("payments"));
}

#[test]
fn adopt_takes_over_where_there_is_no_secret_and_may_stay_in_the_pipeline() {
    let mut world = World::new(0);
    let by_hand = world.make("made by hand", "vso.code vso.build_execute", HERE, true);
    let adopting = |number: u128| {
        let mut run = Run::new(settings(0), number, &number.to_string(), 1);
        run.settings.adopt = Some(by_hand.clone());
        run
    };
    let report = adopting(2).finish(&mut world);
    assert!(report.rotated);
    assert_eq!(
        report.previous,
        Some(Previous {
            id: by_hand.clone(),
            revoked: true
        })
    );
    for number in [3, 4] {
        let report = adopting(number).finish(&mut world);
        assert_eq!(report.failure, None);
        says(&report, "Remove the input");
    }
    let mut unknown = run(5);
    unknown.settings.adopt = Some(guid(999));
    let report = unknown.finish(&mut world);
    assert_eq!(code(&report), (2, "adoptUnknown"));
    nothing_done(&unknown);
}

#[test]
fn adopt_beside_a_stored_pat_replaces_both() {
    let mut world = recorded(24);
    let recorded = world.metadata().record.unwrap().id;
    let by_hand = world.make("made by hand", "vso.code vso.build_execute", HERE, false);
    let mut adopting = run(2);
    adopting.settings.adopt = Some(by_hand.clone());
    let report = adopting.finish(&mut world);
    assert!(report.rotated);
    let mut ids: Vec<_> = report.waiting.iter().map(|waiting| waiting.id.clone()).collect();
    ids.sort();
    assert_eq!(ids, [recorded, by_hand]);
}

#[test]
fn a_pat_of_another_owner_is_replaced_when_due_and_never_revoked() {
    let mut world = recorded(0);
    let someone = Owner::new("ffff", Some("ann@acme.example"));
    let before = world.metadata().record.unwrap().id;
    let as_someone = |world: &World, number: u128| {
        let mut run = Run::new(settings(0), number, &number.to_string(), 1);
        let mut observed = run.observe(world);
        observed.me = someone.clone();
        // PATs of others are in nobody's list.
        observed.active.retain(|pat| pat.authorization_id != before);
        run.observed = Some(observed);
        run
    };
    let mut early = as_someone(&world, 2);
    let report = early.finish(&mut world);
    assert_eq!(labels(&early), ["prove", "done"]);
    assert!(!report.rotated && report.failure.is_none());
    says(&report, "svc-build@acme.example");
    world.advance(61 * 86_400);
    let mut due = as_someone(&world, 3);
    let report = due.finish(&mut world);
    assert!(report.rotated && report.failure.is_none());
    assert_eq!(
        report.previous,
        Some(Previous {
            id: before.clone(),
            revoked: false
        })
    );
    says(&report, "only that owner's sign-in");
    assert_eq!(world.token(&before).life, Life::Active);
    // Once it has ended by itself there is nothing left to do.
    world.advance(40 * 86_400);
    as_someone(&world, 4).finish(&mut world);
    assert!(
        world
            .metadata()
            .superseded
            .iter()
            .all(|superseded| superseded.id != before)
    );
}

#[test]
fn a_lock_names_its_holder_and_its_end() {
    let mut world = recorded(24);
    let mut first = forced(2);
    for _ in 0..4 {
        first.go(&mut world, Fault::None);
    }
    let mut second = Run::new(settings(24), 3, "4711", 1);
    let report = second.finish(&mut world);
    assert_eq!(code(&report), (6, "locked"));
    nothing_done(&second);
    says(&report, "build 2, attempt 1");
    says(&report, "until 2026-11-21 08:15 UTC");
}

#[test]
fn a_run_that_outlives_its_lock_stores_nothing() {
    for at in ["test", "check", "announce", "store"] {
        let mut world = recorded(24);
        let mut slow = forced(2);
        let report = loop {
            world.advance(1);
            if slow.observed.is_some() && slow.steps.len() > 2 && slow.next(&world).label() == at {
                world.advance(11 * 60);
            }
            if let Went::Ended(report) = slow.go(&mut world, Fault::None) {
                break report;
            }
        };
        assert_eq!(code(&report), (4, "lockOutlived"), "{at}");
        assert_eq!(world.live().len(), 1, "{at}");
        assert_eq!(world.metadata().intent, None, "{at}");
    }
}

#[test]
fn a_refusal_to_mint_leaves_everything_as_it_was() {
    let mut world = recorded(24);
    let before = world.metadata();
    let refused =
        Failure::new(FailureKind::Refused, "The policy forbids it.").with_code("fullScopePatPolicyViolation");
    let report = with(&mut world, &mut forced(2), "mint", Outcome::Failed(refused));
    assert_eq!(code(&report), (3, "fullScopePatPolicyViolation"));
    assert_eq!(world.metadata(), before);
    assert!(!report.rotated);
}

#[test]
fn a_new_pat_that_does_not_work_is_revoked_and_the_old_one_stays() {
    for (outcome, words) in [
        (Outcome::Refused(failure()), "does not work"),
        (Outcome::Failed(failure()), "could not be seen"),
    ] {
        let mut world = recorded(24);
        let before = world.metadata();
        let report = with(&mut world, &mut forced(2), "test", outcome);
        assert_eq!(code(&report).0, 4);
        says(&report, words);
        assert_eq!(world.live().len(), 1);
        assert_eq!(world.metadata(), before);
    }
}

#[test]
fn a_pat_that_can_be_neither_stored_nor_revoked_is_for_a_person() {
    let mut world = recorded(24);
    let mut run = forced(2);
    let mut refused = 0;
    let report = loop {
        world.advance(1);
        let fault = match run.observed.as_ref().map(|_| run.next(&world).label()) {
            Some("store" | "revoke") => {
                refused += 1;
                Fault::Refused
            }
            _ => Fault::None,
        };
        if let Went::Ended(report) = run.go(&mut world, fault) {
            break report;
        }
    };
    assert_eq!(refused, 2);
    assert_eq!(code(&report), (5, "neitherStoredNorRevoked"));
    says(&report, "https://dev.azure.com/acme/_usersSettings/tokens");
    let lost = world.live().last().unwrap().authorization_id.clone();
    says(&report, lost.as_str());
    // The intent stands, so the next run mends it.
    world.advance(16 * 60);
    self::run(3).finish(&mut world);
    assert_eq!(world.token(&lost).life, Life::Revoked);
}

#[test]
fn an_unclear_storing_is_left_to_the_next_run_whichever_way_it_went() {
    for stored in [Done::Never, Done::Now, Done::Later(100)] {
        let mut world = recorded(24);
        let mut run = forced(2);
        let report = loop {
            world.advance(1);
            let storing = run.observed.is_some() && run.next(&world).label() == "store";
            let fault = if storing {
                Fault::Unclear(stored)
            } else {
                Fault::None
            };
            if let Went::Ended(report) = run.go(&mut world, fault) {
                break report;
            }
        };
        assert_eq!(code(&report), (4, "storeUnclear"));
        says(&report, "run the step again after 2026-11-21 08:15 UTC");
        assert_eq!(world.live().len(), 2);
        world.advance(16 * 60);
        assert_eq!(self::run(3).finish(&mut world).failure, None);
        world.advance(25 * 3600);
        self::run(4).finish(&mut world);
        assert_eq!(world.live().len(), 1, "{stored:?}");
    }
}

#[test]
fn what_the_service_calls_gone_counts_as_revoked_only_where_its_lists_show_it() {
    for (shown, revoked) in [(true, true), (false, false)] {
        let mut world = recorded(24);
        forced(2).finish(&mut world);
        let old = world.metadata().superseded[0].id.clone();
        world.advance(25 * 3600);
        let mut later = run(3);
        later.observed = Some(later.observe(&world));
        if shown {
            world.revoke_by_hand(&old);
        } else {
            world.tokens.retain(|token| token.pat.authorization_id != old);
        }
        let report = with(&mut world, &mut later, "revoke", Outcome::Gone);
        assert_eq!(report.previous, Some(Previous { id: old, revoked }));
        assert_eq!(report.failure.is_none(), shown, "{report:#?}");
        assert_eq!(world.metadata().superseded.is_empty(), shown);
    }
}

#[test]
fn a_shortened_life_is_warned_of_and_counts_everywhere() {
    let mut world = World::new(24);
    let mut run = run(2);
    run.settings.renew_before_days = Some(40);
    let mut issued = None;
    let report = loop {
        world.advance(1);
        if run.observed.is_some() {
            let step = run.next(&world);
            if let Step::Mint { name, scopes, .. } = &step {
                let valid_to = world.now + TimeDelta::days(30);
                let id = world.make_until(name, &scopes.to_string(), HERE, true, valid_to);
                issued = Some((id.clone(), valid_to));
                run.progress.note(&step, Outcome::Minted { id, valid_to });
                continue;
            }
            if let Step::Store { tags, expires } = &step {
                let (id, valid_to) = issued.clone().unwrap();
                assert_eq!(*expires, valid_to);
                let version = world.put(tags.clone(), Some(id));
                run.progress.note(&step, Outcome::Stored { version });
                let step = run.next(&world);
                run.progress.note(&step, Outcome::SameValue);
            }
        }
        if let Went::Ended(report) = run.go(&mut world, Fault::None) {
            break report;
        }
    };
    let (_, valid_to) = issued.unwrap();
    assert_eq!(
        report.record.as_ref().map(|record| record.valid_to),
        Some(valid_to)
    );
    says(&report, "Asked for 90 days, issued 30 d: your tenant's policy");
    says(
        &report,
        "renewBeforeDays: 40 is more than the 30 d that were issued",
    );
    let third = report.next_due.unwrap() - (valid_to - TimeDelta::days(10));
    assert!(third.abs() < TimeDelta::minutes(1), "{third}");
}

#[test]
fn a_machines_clock_that_is_off_changes_nothing_and_is_told_of() {
    for minutes in [-4_i64, 4, 600] {
        let mut world = recorded(24);
        let mut run = forced(2);
        run.skew = TimeDelta::minutes(minutes);
        let report = run.finish(&mut world);
        assert!(report.rotated, "{report:#?}");
        says(&report, "This machine's clock is");
        assert_eq!(
            world.metadata().record.unwrap().valid_to.date_naive(),
            (world.now + TimeDelta::days(90)).date_naive()
        );
    }
}

#[test]
fn another_organization_s_secret_is_refused() {
    let mut world = recorded(24);
    let mut run = forced(2);
    run.settings.organization = Organization::parse("umbrella").unwrap();
    let report = run.finish(&mut world);
    assert_eq!(code(&report), (2, "otherOrganization"));
    nothing_done(&run);
}

#[test]
fn a_disabled_secret_is_not_enabled_unasked() {
    let mut world = recorded(24);
    world.meddled = true;
    world.secret.last_mut().unwrap().version.enabled = false;
    let mut stopped = run(2);
    assert_eq!(code(&stopped.finish(&mut world)), (2, "disabled"));
    nothing_done(&stopped);
    assert!(forced(3).finish(&mut world).rotated);
}

#[test]
fn malformed_tags_are_named_with_their_version() {
    let mut world = recorded(24);
    let tags = &mut world.secret.last_mut().unwrap().version.tags;
    tags.insert("patkeeper-valid-to".to_owned(), "soon".to_owned());
    let mut run = forced(2);
    let report = run.finish(&mut world);
    assert_eq!(code(&report), (2, "badTag"));
    says(&report, "patkeeper-valid-to holds 'soon'");
    says(&report, "version v2");
    nothing_done(&run);
}

#[test]
fn a_full_store_is_refused_before_anything_is_minted() {
    let mut world = recorded(24);
    let tags = &mut world.secret.last_mut().unwrap().version.tags;
    for number in 0..8 {
        tags.insert(format!("team-{number}"), "x".to_owned());
    }
    let mut run = forced(2);
    let report = run.finish(&mut world);
    assert_eq!(code(&report), (2, "tagsFull"));
    says(&report, "8 tags that are not Patkeeper's");
    nothing_done(&run);
    // One less, and there is just room; all of them are there afterwards.
    world.secret.last_mut().unwrap().version.tags.remove("team-7");
    assert!(forced(3).finish(&mut world).rotated);
    assert_eq!(world.metadata().foreign.len(), 7);
}

#[test]
fn without_the_organizations_id_no_pat_is_revoked_by_its_name() {
    let mut world = recorded(24);
    let mut dead = forced(2);
    while dead.next_label(&world) != Some("test") {
        dead.go(&mut world, Fault::None);
    }
    world.advance(16 * 60);
    let mut run = run(3);
    run.observed = Some(Observed {
        account: None,
        ..run.observe(&world)
    });
    let report = run.finish(&mut world);
    assert_eq!(code(&report), (3, "accountUnknown"));
    nothing_done(&run);
}

#[test]
fn a_stored_value_that_does_not_work_is_replaced_and_nothing_revoked_on_its_word() {
    let mut world = recorded(24);
    forced(2).finish(&mut world);
    let old = world.metadata().superseded[0].id.clone();
    world.advance(25 * 3600);
    let report = with(&mut world, &mut run(3), "prove", Outcome::Refused(failure()));
    assert!(report.rotated);
    assert!(
        report.reason.starts_with("the stored value does not work"),
        "{}",
        report.reason
    );
    assert_eq!(world.token(&old).life, Life::Revoked);
    // Where nothing can be seen, everything waits.
    let mut world = recorded(24);
    forced(2).finish(&mut world);
    world.advance(25 * 3600);
    let report = with(&mut world, &mut run(3), "prove", Outcome::Failed(failure()));
    assert!(!report.rotated && report.failure.is_none());
    assert_eq!(world.live().len(), 2);
    says(&report, "could not be seen");
}

#[test]
fn a_value_read_back_otherwise_is_not_relied_on() {
    let mut world = recorded(0);
    world.meddled = true;
    let mut run = forced(2);
    let old = world.metadata().record.unwrap().id;
    let report = loop {
        world.advance(1);
        if run.next_label(&world) == Some("read back") {
            let step = run.next(&world);
            run.progress.note(&step, Outcome::OtherValue);
            // What the store holds is nobody's text.
            world.secret.last_mut().unwrap().value = None;
        }
        if let Went::Ended(report) = run.go(&mut world, Fault::None) {
            break report;
        }
    };
    assert_eq!(code(&report), (4, "otherValue"));
    assert!(!report.rotated);
    assert_eq!(world.live().len(), 1);
    assert_eq!(world.token(&old).life, Life::Active);
}

#[test]
fn a_second_pat_of_the_minted_name_is_revoked_and_the_stored_one_is_not() {
    let mut world = recorded(24);
    assert!(forced(2).finish(&mut world).rotated);
    let record = world.metadata().record.unwrap();
    // A service that answers "too many requests" and has made one all the same is asked again.
    let twin = world.make(&record.display_name, "vso.code", HERE, true);
    world.advance(16 * 60);
    assert_eq!(run(3).finish(&mut world).failure, None);
    assert_eq!(world.token(&twin).life, Life::Revoked);
    assert_eq!(world.token(&record.id).life, Life::Active);
}

#[test]
fn a_stored_pat_whose_id_the_tags_no_more_tell_is_not_taken_for_a_dead_runs() {
    let mut world = recorded(24);
    assert!(forced(2).finish(&mut world).rotated);
    world.advance(16 * 60);
    let stored = world.metadata().record.unwrap().id;
    let current = world.current().unwrap().version.id.clone();
    let mut versions = world.secret.iter_mut();
    let version = versions.find(|stored| stored.version.id == current).unwrap();
    let wrong = guid(0xffff).to_string();
    version
        .version
        .tags
        .insert("patkeeper-authorization-id".to_owned(), wrong);
    world.meddled = true;
    run(3).finish(&mut world);
    assert_eq!(world.token(&stored).life, Life::Active);
}

#[test]
fn a_value_that_does_not_work_is_replaced_whatever_its_tags_say() {
    let mut world = recorded(0);
    let old = world.current().unwrap().value.clone().unwrap();
    assert!(forced(2).finish(&mut world).rotated);
    world.revoke_by_hand(&old);
    // A tool brings the old text back and copies the tags of the version before.
    let tags = world.current().unwrap().version.tags.clone();
    world.meddled = true;
    world.put(tags, Some(old));
    let mut later = run(3);
    let report = later.finish(&mut world);
    assert!(report.rotated && report.failure.is_none(), "{report:#?}");
    assert!(
        report.reason.contains("the stored value does not work"),
        "{}",
        report.reason
    );
    let value = world.current().unwrap().value.clone().unwrap();
    assert_eq!(world.token(&value).life, Life::Active);
}

#[test]
fn another_value_in_the_store_whose_pat_cannot_be_revoked_needs_a_person_and_is_replaced_next() {
    let mut world = recorded(24);
    world.meddled = true;
    let mut run = forced(2);
    let mut read = false;
    let report = loop {
        world.advance(1);
        let label = run.next_label(&world);
        if label == Some("read back") && !read {
            let step = run.next(&world);
            run.progress.note(&step, Outcome::OtherValue);
            let current = world.current().unwrap().version.id.clone();
            let mut stored = world.secret.iter_mut();
            stored.find(|stored| stored.version.id == current).unwrap().value = None;
            read = true;
            continue;
        }
        let fault = if label == Some("revoke") {
            Fault::Refused
        } else {
            Fault::None
        };
        if let Went::Ended(report) = run.go(&mut world, fault) {
            break report;
        }
    };
    assert_eq!(code(&report), (5, "neitherStoredNorRevoked"));
    world.advance(60);
    let next = self::run(3).finish(&mut world);
    assert!(next.rotated && next.failure.is_none(), "{next:#?}");
}

#[test]
fn a_cancelled_run_takes_back_what_it_has_minted() {
    for at in 1..12 {
        let mut world = recorded(24);
        let mut run = forced(2);
        for _ in 0..at {
            world.advance(1);
            if !matches!(run.go(&mut world, Fault::None), Went::On) {
                break;
            }
        }
        run.progress.cancel();
        let stored = run.steps.iter().any(|step| step.label() == "store");
        let before = run.steps.len();
        let report = run.finish(&mut world);
        if code(&report).0 != 130 {
            panic!("{report:#?}");
        }
        for step in &run.steps[before..] {
            assert!(
                ["revoke", "clear", "done"].contains(&step.label()),
                "{at}: {}",
                step.label()
            );
        }
        assert_eq!(world.live().len(), if stored { 2 } else { 1 }, "{at}");
        assert_eq!(world.metadata().intent, None, "{at}");
    }
}

#[test]
fn a_cancelled_run_without_time_to_revoke_leaves_that_to_the_next_one() {
    let mut world = recorded(24);
    let mut run = forced(2);
    while run.steps.last().is_none_or(|step| step.label() != "mint") {
        world.advance(1);
        run.go(&mut world, Fault::None);
    }
    run.progress.cancel();
    let no_time = Failure::new(FailureKind::Cancelled, "There was no time left.");
    let report = with(&mut world, &mut run, "revoke", Outcome::Failed(no_time));
    assert_eq!(code(&report), (130, "cancelled"));
    assert!(
        report.sentence().contains("the next run revokes it"),
        "{}",
        report.sentence()
    );
    world.advance(16 * 60);
    let next = forced(3).finish(&mut world);
    assert_eq!((next.failure, world.live().len()), (None, 2));
}

#[test]
fn a_dry_run_plans_the_same_steps_and_does_none() {
    for (mut world, first) in [(World::new(0), true), (recorded(0), false)] {
        let mut dry = Run::new(settings(0), 2, "2", 1);
        dry.settings.force = !first;
        dry.settings.dry_run = true;
        let mut wet = Run::new(settings(0), 2, "2", 1);
        wet.settings.force = !first;
        dry.observed = Some(dry.observe(&world));
        let mut planned = Vec::new();
        let report = loop {
            let step = dry.next(&world);
            planned.push(step.label());
            match (step.assumed(), &step) {
                (_, Step::Done(report)) => break report.clone(),
                (Some(outcome), _) => dry.progress.note(&step, outcome),
                (None, _) => panic!("{step:?}"),
            }
        };
        assert!(report.rotated && report.dry_run && report.failure.is_none());
        assert!(report.sentence().starts_with("Would rotate."));
        wet.finish(&mut world);
        assert_eq!(planned, labels(&wet));
    }
}

#[test]
fn an_answer_that_a_step_cannot_have_is_a_bug_and_ends_the_run() {
    let mut world = recorded(24);
    let report = with(&mut world, &mut forced(2), "mint", Outcome::SameValue);
    assert_eq!(report.failure.map(|failure| failure.kind), Some(FailureKind::Bug));
}

#[test]
fn what_this_sign_in_replaced_is_revoked_though_another_owner_has_minted_since() {
    let mut world = recorded(24);
    let old = world.metadata().record.unwrap().id;
    let mut other = forced(2);
    let mut observed = other.observe(&world);
    observed.me = Owner::new("bob", Some("bob@acme.example"));
    other.observed = Some(observed);
    other.finish(&mut world);
    let new = world.metadata().record.unwrap().id;
    world.advance(25 * 3600);
    let mut mine = run(3);
    let mut observed = mine.observe(&world);
    observed.active.retain(|pat| pat.authorization_id != new);
    mine.observed = Some(observed);
    let report = mine.finish(&mut world);
    assert!(
        labels(&mine).starts_with(&["prove", "revoke"]),
        "{:?}",
        labels(&mine)
    );
    assert_eq!(world.token(&old).life, Life::Revoked);
    assert_eq!((report.failure, world.token(&new).life), (None, Life::Active));
}

#[test]
fn extending_never_takes_days_off_and_never_trusts_a_value_unseen() {
    let mut world = recorded(24);
    let end = world.metadata().record.unwrap().valid_to;
    let mut shorter = forced(2);
    shorter.settings.mode = Mode::Extend;
    shorter.settings.valid_days = 10;
    let report = shorter.finish(&mut world);
    assert_eq!(code(&report), (2, "cannotExtend"));
    assert_eq!(world.metadata().record.unwrap().valid_to, end);

    let mut unseen = forced(3);
    unseen.settings.mode = Mode::Extend;
    unseen.settings.valid_days = 180;
    let report = with(&mut world, &mut unseen, "prove", Outcome::Refused(failure()));
    assert_eq!(code(&report).0, 4);
    assert_eq!(world.metadata().record.unwrap().valid_to, end);
}

#[test]
fn a_pat_can_be_extended_for_years_where_no_policy_minds() {
    let mut world = recorded(24);
    let mut extensions = 0;
    for number in 2..26 {
        world.advance(30 * 86_400);
        let mut month = run(number);
        month.settings.mode = Mode::Extend;
        let report = month.finish(&mut world);
        assert_eq!(report.failure, None, "month {number}");
        assert!(
            report.next_due.unwrap() > world.now || !report.extended,
            "{report:#?}"
        );
        extensions += u32::from(report.extended);
    }
    assert_eq!(extensions, 12);
}

#[test]
fn extending_gives_the_same_pat_a_later_end_and_records_it() {
    let mut world = recorded(24);
    let id = world.metadata().record.unwrap().id;
    world.advance(61 * 86_400);
    let mut extending = run(2);
    extending.settings.mode = Mode::Extend;
    let report = extending.finish(&mut world);
    assert_eq!(labels(&extending), ["prove", "extend", "record", "done"]);
    assert!(report.extended && !report.rotated && report.failure.is_none());
    let record = world.metadata().record.unwrap();
    assert_eq!(record.id, id);
    assert_eq!(
        record.valid_to.date_naive(),
        (world.now + TimeDelta::days(90)).date_naive()
    );
    let Step::WriteTags(write) = &extending.steps[2] else {
        panic!()
    };
    assert_eq!(write.expires, Some(record.valid_to));
}

#[test]
fn extending_says_where_it_wins_nothing_and_what_it_cannot_do() {
    let extending = |number: u128| {
        let mut run = run(number);
        run.settings.mode = Mode::Extend;
        run
    };
    // Policy counts from the day the PAT was made.
    let mut world = recorded(24);
    world.advance(61 * 86_400);
    let same = world.metadata().record.unwrap().valid_to;
    let report = with(
        &mut world,
        &mut extending(2),
        "extend",
        Outcome::Extended { valid_to: same },
    );
    assert_eq!(code(&report), (3, "littleWon"));
    // Other scopes, and a PAT that is dead.
    let mut other = extending(3);
    other.settings.scopes = ScopeSet::parse("vso.work");
    assert_eq!(code(&other.finish(&mut world)), (2, "cannotExtend"));
    world.revoke_by_hand(&world.metadata().record.unwrap().id);
    let report = extending(4).finish(&mut world);
    assert_eq!(code(&report), (2, "cannotExtend"));
    says(&report, "mode: replace");
    // There must be one first.
    assert!(extending(5).finish(&mut World::new(24)).rotated);
}

#[test]
fn an_end_that_the_service_has_changed_is_recorded_anew() {
    let mut world = recorded(24);
    let id = world.metadata().record.unwrap().id;
    let later = world.now + TimeDelta::days(200);
    let token = world
        .tokens
        .iter_mut()
        .find(|token| token.pat.authorization_id == id);
    token.unwrap().pat.valid_to = later;
    let report = run(2).finish(&mut world);
    assert_eq!(world.metadata().record.unwrap().valid_to, later);
    assert_eq!(report.failure, None);
}

#[test]
fn an_adopted_global_pat_is_due_before_all_of_them_end() {
    let mut world = World::new(24);
    let id = world.make("global", "vso.code vso.build_execute", HERE, false);
    let token = world
        .tokens
        .iter_mut()
        .find(|token| token.pat.authorization_id == id)
        .unwrap();
    token.pat.reach = Reach::AllOrganizations;
    token.pat.valid_from = world.now - TimeDelta::days(80);
    token.pat.valid_to = world.now + TimeDelta::days(300);
    world.put([].into(), Some(id.clone()));
    let mut adopting = run(2);
    adopting.settings.adopt = Some(id);
    // Ten days until 2026-12-01, of ninety.
    let report = adopting.finish(&mut world);
    assert!(report.rotated, "{report:#?}");
    assert!(report.reason.starts_with("under a third"), "{}", report.reason);
}
