use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::failure::{Failure, FailureKind};
use crate::glob::Glob;
use crate::judge::StepResult;
use crate::organization::Organization;
use crate::owner::{Owner, OwnerName, SubjectDescriptor};
use crate::pat::{AuthorizationId, Listed, Pat, Reach};
use crate::reading::{IdentityKind, SignedIn};
use crate::report::{Run, UnreadableEntry};
use crate::scope::ScopeSet;

/// The account of acme.
pub(crate) const OURS: &str = "0a0a0a0a-0000-4000-8000-000000000000";
pub(crate) const OTHERS: &str = "0b0b0b0b-0000-4000-8000-000000000000";

pub(crate) fn id(number: u32) -> AuthorizationId {
    AuthorizationId::new(format!("{number:08x}-0000-4000-8000-000000000000"))
}

pub(crate) fn pat(number: u32, name: &str, reach: Reach) -> Pat {
    Pat {
        authorization_id: id(number),
        display_name: name.into(),
        scopes: ScopeSet::parse("vso.code vso.build"),
        valid_from: "2026-09-01T08:00:00Z".parse().unwrap(),
        valid_to: "2026-12-20T08:00:00Z".parse().unwrap(),
        reach,
        listed: Listed::Active,
    }
}

pub(crate) fn ours() -> Reach {
    Reach::Organizations(vec![OURS.to_ascii_uppercase()])
}

pub(crate) fn settings(selection: Selection) -> Settings {
    Settings {
        organization: Organization::parse("acme").unwrap(),
        whose: Whose::Mine,
        selection,
        dry_run: false,
        expect_count: None,
        reason: None,
    }
}

pub(crate) fn run() -> Run {
    Run {
        task: "PatRevoke".into(),
        at: "2026-11-21T08:00:00Z".parse().unwrap(),
        requests: 4,
        link: None,
        pipeline: Some("incident".into()),
    }
}

fn names(patterns: &[&str]) -> Selection {
    Selection::Names(patterns.iter().map(|pattern| Glob::new(*pattern)).collect())
}

fn ids(numbers: &[u32]) -> Selection {
    Selection::Ids(numbers.iter().map(|number| id(*number)).collect())
}

fn known() -> Result<String, Failure> {
    Ok(OURS.to_owned())
}

fn refused() -> Result<String, Failure> {
    Err(Failure::new(FailureKind::Refused, "Connection data was refused."))
}

/// What a selection comes to of the PATs listed.
fn chosen(
    settings: &Settings,
    pats: Vec<Pat>,
    ended: &[u32],
    account: Result<String, Failure>,
) -> Result<Chosen, Refusal> {
    let mut sought = Sought::new(settings, None);
    for pat in pats {
        sought.listed(pat, None);
    }
    ended.iter().for_each(|number| sought.ended(id(*number)));
    sought.choose(account)
}

fn fates(chosen: &Chosen) -> Vec<(AuthorizationId, Fate)> {
    chosen
        .entries
        .iter()
        .map(|entry| (entry.id.clone(), entry.fate.clone()))
        .collect()
}

#[test]
fn ids_come_in_the_order_given_each_in_one_pile() {
    let settings = settings(ids(&[4, 1, 2, 3, 5, 1]));
    let foreign = Reach::Organizations(vec![OTHERS.into()]);
    let pats = vec![
        pat(1, "a", ours()),
        pat(2, "b", Reach::AllOrganizations),
        pat(4, "c", foreign),
        pat(5, "d", Reach::Organizations(vec![])),
        pat(9, "not meant", ours()),
    ];
    let chosen = chosen(&settings, pats, &[3, 9], known()).unwrap();
    assert_eq!(
        fates(&chosen),
        [
            (id(4), Fate::Elsewhere),
            (id(1), Fate::Revoke),
            (id(2), Fate::Revoke),
            (id(3), Fate::Gone),
            (id(5), Fate::Revoke),
        ]
    );
    assert_eq!(chosen.matched(), 4);
}

#[test]
fn an_id_that_is_listed_as_live_is_live_though_another_list_has_it_too() {
    let settings = settings(ids(&[1]));
    let chosen = chosen(&settings, vec![pat(1, "a", ours())], &[1], known()).unwrap();
    assert_eq!(fates(&chosen), [(id(1), Fate::Revoke)]);
}

#[test]
fn an_expired_pat_is_gone_by_id_and_never_meant_by_name() {
    let mut expired = pat(1, "ci", ours());
    expired.listed = Listed::Expired;
    let by_id = chosen(&settings(ids(&[1])), vec![expired.clone()], &[], known()).unwrap();
    assert_eq!(fates(&by_id), [(id(1), Fate::Gone)]);
    let by_name = chosen(&settings(names(&["ci"])), vec![expired], &[], known()).unwrap();
    assert_eq!(by_name.entries, []);
}

#[test]
fn an_id_in_upper_case_is_the_same_id() {
    let text = id(0xabcdef).as_str().to_ascii_uppercase();
    let selection = Selection::Ids(vec![AuthorizationId::new(&text)]);
    let settings = settings(selection);
    let chosen = chosen(&settings, vec![pat(0xabcdef, "a", ours())], &[], known()).unwrap();
    assert_eq!(fates(&chosen), [(id(0xabcdef), Fate::Revoke)]);
}

#[test]
fn by_name_the_account_has_to_be_known_unless_no_pat_is_bound_to_one() {
    let settings_of = settings(names(&["ci-*"]));
    let bound = || vec![pat(1, "ci-a", ours()), pat(2, "other", ours())];
    let Err(Refusal::AccountUnknown(cause)) = chosen(&settings_of, bound(), &[], refused()) else {
        panic!("it may be another organization's");
    };
    assert_eq!(cause.kind, FailureKind::Refused);
    let global = vec![pat(1, "ci-a", Reach::AllOrganizations), pat(2, "other", ours())];
    let all = chosen(&settings_of, global, &[], refused()).unwrap();
    assert_eq!(fates(&all), [(id(1), Fate::Revoke)]);
    let none = chosen(&settings(Selection::All), vec![], &[], refused()).unwrap();
    assert_eq!(none.entries, []);
}

#[test]
fn by_id_the_account_need_not_be_known_where_it_is_refused_and_has_to_where_it_failed() {
    let mut settings = settings(ids(&[1, 2, 3]));
    let pats = || {
        vec![
            pat(1, "a", Reach::Organizations(vec![OTHERS.into()])),
            pat(2, "b", Reach::AllOrganizations),
            pat(3, "c", Reach::Organizations(vec![])),
        ]
    };
    let all = chosen(&settings, pats(), &[], refused()).unwrap();
    assert!(all.entries.iter().all(|entry| entry.fate == Fate::Revoke));
    let failure = Failure::new(FailureKind::Service, "It did not answer.");
    let some = chosen(&settings, pats(), &[], Err(failure.clone())).unwrap();
    assert_eq!(
        fates(&some),
        [
            (id(1), Fate::AccountUnknown(failure.clone())),
            (id(2), Fate::Revoke),
            (id(3), Fate::Revoke)
        ]
    );
    let mut report = RevocationReport::empty(&settings, run());
    report.chosen(some.clone());
    let said = report.pats[0].failure.as_ref().unwrap();
    assert_eq!(
        (report.pats[0].outcome, said.kind),
        (PatOutcome::Failed, failure.kind)
    );
    assert_eq!(said.ways_out, ["run it again"]);
    assert!(said.why.as_ref().unwrap().ends_with("It did not answer."));
    settings.expect_count = Some(2);
    let Err(Refusal::AccountUnknown(_)) = some.check(&settings, true) else {
        panic!("the third may be one of those expected");
    };
}

#[test]
fn what_the_agent_knows_counts_only_where_connection_data_is_refused_and_a_pat_names_it() {
    let settings = settings(Selection::All);
    let choose = |known: &str, account| {
        let mut sought = Sought::new(&settings, Some(known.to_owned()));
        sought.listed(pat(1, "a", ours()), None);
        sought.listed(pat(2, "b", Reach::Organizations(vec![OTHERS.into()])), None);
        sought.choose(account)
    };
    let chosen = choose(OURS, refused()).unwrap();
    assert_eq!(
        (fates(&chosen), chosen.elsewhere),
        (vec![(id(1), Fate::Revoke)], 1)
    );
    let unnamed = "0c0c0c0c-0000-4000-8000-000000000000";
    assert!(choose(unnamed, refused()).is_err(), "no PAT bears it out");
    let failed = Err(Failure::new(FailureKind::Service, "It did not answer."));
    assert!(
        choose(OURS, failed).is_err(),
        "what it would have said is never assumed"
    );
}

#[test]
fn a_pat_without_any_account_is_meant_by_its_id_alone() {
    let nowhere = || vec![pat(1, "ci", Reach::Organizations(vec![]))];
    for selection in [names(&["ci"]), Selection::All] {
        let chosen = chosen(&settings(selection), nowhere(), &[], known()).unwrap();
        assert_eq!(fates(&chosen), [(id(1), Fate::Unplaced)]);
        assert_eq!(chosen.matched(), 0);
    }
}

#[test]
fn expect_count_is_compared_with_what_is_live_or_gone_and_only_if_all_was_read() {
    let mut settings = settings(ids(&[1, 2, 3]));
    let chosen = chosen(&settings, vec![pat(1, "a", ours())], &[2], known()).unwrap();
    for (expected, whole, refusal) in [
        (2, true, None),
        (
            3,
            true,
            Some(Refusal::OtherCount {
                expected: 3,
                matched: 2,
            }),
        ),
        (
            1,
            true,
            Some(Refusal::OtherCount {
                expected: 1,
                matched: 2,
            }),
        ),
        (
            2,
            false,
            Some(Refusal::NotAllRead {
                expected: 2,
                matched: 2,
            }),
        ),
    ] {
        settings.expect_count = Some(expected);
        for dry_run in [true, false] {
            settings.dry_run = dry_run;
            assert_eq!(
                chosen.check(&settings, whole).err(),
                refusal,
                "{expected} {whole} {dry_run}"
            );
        }
    }
}

#[test]
fn patterns_without_a_match_do_not_start_but_in_a_dry_run_or_where_none_is_expected() {
    let mut settings = settings(names(&["ci-*", "nightly"]));
    let foreign = Reach::Organizations(vec![OTHERS.into()]);
    let chosen = chosen(
        &settings,
        vec![pat(1, "ci-a", foreign), pat(2, "b", ours())],
        &[],
        known(),
    )
    .unwrap();
    let Err(refusal) = chosen.check(&settings, true) else {
        panic!("a misspelled pattern passes for done");
    };
    let failure = refusal.failure();
    assert_eq!(failure.kind, FailureKind::Input);
    assert!(
        failure.what.contains("ci-*") && failure.what.contains("nightly"),
        "{}",
        failure.what
    );
    assert!(failure.what.contains("nothing was changed"));
    assert!(failure.why.unwrap().contains("another organization's"));
    assert_eq!(
        chosen.check(&settings, false),
        Ok(()),
        "what was not read may have them"
    );
    settings.expect_count = Some(0);
    assert_eq!(chosen.check(&settings, true), Ok(()));
    settings.expect_count = None;
    settings.dry_run = true;
    assert_eq!(chosen.check(&settings, true), Ok(()));
}

#[test]
fn all_of_nothing_is_done_and_said() {
    let settings = settings(Selection::All);
    let report = filled(&settings, vec![], &[]);
    assert_eq!(report.end().result, StepResult::Succeeded);
    assert_eq!(
        report.notes,
        ["There is no live PAT: there is nothing to revoke."]
    );
}

/// The report of a selection, before anything is tried.
fn filled(settings: &Settings, pats: Vec<Pat>, ended: &[u32]) -> RevocationReport {
    let mut report = RevocationReport::empty(settings, run());
    report.signed_in(&SignedIn {
        name: Some("ann@acme.example".into()),
        kind: Some(IdentityKind::User),
        how: "access token".into(),
    });
    report.chosen(chosen(settings, pats, ended, known()).unwrap());
    report
}

fn three() -> Vec<Pat> {
    (1..=3).map(|number| pat(number, "ci", ours())).collect()
}

#[test]
fn the_step_ends_as_the_worst_of_what_failed() {
    let settings_of = settings(ids(&[1, 2, 3]));
    let mut report = filled(&settings_of, three(), &[]);
    assert_eq!(report.to_revoke().len(), 3);
    for (place, _) in report.to_revoke() {
        report.tried(place, Tried::Revoked);
    }
    report.count();
    assert_eq!(report.end().exit_code, 0);
    assert_eq!(report.sentence(), "Revoked 3 PATs of ann@acme.example.");
    assert!(report.needs_attention(), "a team hears of a revocation");
    let failure = |kind| Tried::Failed(Box::new(Failure::new(kind, "It did not work.")));
    report.tried(0, failure(FailureKind::Service));
    assert_eq!(report.end().exit_code, 4);
    report.tried(1, failure(FailureKind::Refused));
    report.tried(2, Tried::Gone);
    report.count();
    assert_eq!(
        (report.end().result, report.end().exit_code),
        (StepResult::Failed, 3)
    );
    assert_eq!(
        report.sentence(),
        "Revoked no PAT of ann@acme.example; 1 was gone already; 2 failed."
    );
    assert_eq!(
        report.counts.matched, 3,
        "what is tried changes nothing of what was meant"
    );
}

#[test]
fn what_is_not_known_is_counted_in_the_last_line() {
    let mut report = filled(&settings(ids(&[1, 2, 3])), three(), &[]);
    let failure = || Box::new(Failure::new(FailureKind::Service, "It did not work.").with_way_out("wait"));
    report.tried(0, Tried::Revoked);
    report.tried(1, Tried::Failed(failure()));
    report.tried(2, Tried::Unclear(failure()));
    report.count();
    assert_eq!(
        report.sentence(),
        "Revoked 1 PAT of ann@acme.example; 2 failed. Of 1 it is not known whether it is revoked: run it again."
    );
    let ways = &report.pats[2].failure.as_ref().unwrap().ways_out;
    assert!(ways[0].contains("may have been revoked all the same") && ways[0].contains("alreadyGone"));
    assert_eq!(ways[1], "wait");
    report.tried(0, Tried::Unclear(failure()));
    report.failure = Some(Failure::new(FailureKind::Cancelled, "Cancelled."));
    report.count();
    assert_eq!(
        report.sentence(),
        "Cancelled. Of 2 it is not known whether they are revoked: run it again."
    );
}

#[test]
fn ids_among_everybodys_pats_are_those_of_their_owners_and_not_of_all_users() {
    let settings = Settings {
        whose: Whose::Organization(vec![]),
        ..settings(ids(&[1, 2, 7]))
    };
    let mut sought = Sought::new(&settings, None);
    sought.listed(pat(1, "a", ours()), Some(&owner(1)));
    sought.listed(pat(2, "b", ours()), Some(&owner(2)));
    let mut report = RevocationReport::empty(&settings, run());
    report.chosen(sought.choose(known()).unwrap());
    let mut said = |one, two| {
        report.tried(0, one);
        report.tried(1, two);
        report.count();
        report.sentence()
    };
    assert_eq!(
        said(Tried::Revoked, Tried::Revoked),
        "Revoked 2 PATs of 2 users; 1 failed."
    );
    assert_eq!(
        said(Tried::Revoked, Tried::Gone),
        "Revoked 1 PAT of u1@acme.example; 1 was gone already; 1 failed."
    );
    assert_eq!(
        said(Tried::Gone, Tried::Gone),
        "Revoked no PAT; 2 were gone already; 1 failed."
    );
}

#[test]
fn the_ways_out_of_an_id_that_nobody_knows_fit_what_was_looked_through() {
    let ways = |whose| {
        let settings = Settings {
            whose,
            ..settings(ids(&[7]))
        };
        let report = filled(&settings, vec![], &[]);
        report.pats[0].failure.as_ref().unwrap().ways_out.join("\n")
    };
    assert!(ways(Whose::Mine).contains("scope: organization"));
    let some = ways(Whose::Organization(vec![
        OwnerName::parse("bob@acme.example").unwrap(),
    ]));
    assert!(
        some.contains("without owners") && !some.contains("scope:"),
        "{some}"
    );
    let all = ways(Whose::Organization(vec![]));
    assert!(!all.contains("another user's"), "{all}");
}

#[test]
fn a_dry_run_that_matched_something_ends_with_issues_and_is_nobodys_news() {
    let mut settings = settings(names(&["ci"]));
    settings.dry_run = true;
    let report = filled(&settings, three(), &[]);
    assert_eq!(
        (report.end().result, report.end().exit_code),
        (StepResult::SucceededWithIssues, 0)
    );
    assert_eq!(
        report.sentence(),
        "Would revoke 3 PATs of ann@acme.example. Dry run: nothing was changed."
    );
    assert!(!report.needs_attention());
    let none = filled(&settings, vec![], &[]);
    assert_eq!(none.end().result, StepResult::Succeeded);
    assert_eq!(none.notes, ["No live PAT matches: there is nothing to revoke."]);
}

#[test]
fn an_unknown_id_fails_the_others_not_and_counts_as_no_match() {
    let report = filled(&settings(ids(&[1, 7])), three(), &[]);
    assert_eq!((report.counts.matched, report.counts.failed), (1, 1));
    assert_eq!(report.end().exit_code, 4);
    assert_eq!(report.to_revoke(), [(0, id(1))]);
}

#[test]
fn what_could_not_be_read_fails_the_step_with_its_own_kind() {
    let mut report = filled(&settings(Selection::All), vec![], &[]);
    report.unreadable.push(UnreadableEntry {
        organization: "acme".into(),
        what: "the PATs of bob@acme.example".into(),
        failure: Failure::new(FailureKind::Service, "It did not answer."),
    });
    report.count();
    assert_eq!(report.end().exit_code, 4);
    assert_eq!(report.counts.unreadable, 1);
}

#[test]
fn whose_pats_they_were_is_said_in_words() {
    let owner = |text: &str| OwnerName::parse(text).unwrap();
    let mut settings = settings(Selection::All);
    let whose = |settings: &Settings| RevocationReport::empty(settings, run()).whose();
    assert_eq!(whose(&settings), "of whoever signed in");
    settings.whose = Whose::Organization(vec![]);
    assert_eq!(whose(&settings), "of all users");
    settings.whose = Whose::Organization(vec![owner("bob@acme.example")]);
    assert_eq!(whose(&settings), "of bob@acme.example");
    settings.whose = Whose::Organization(vec![owner("bob@acme.example"), owner("aad.Abc")]);
    assert_eq!(whose(&settings), "of 2 users");
}

#[test]
fn the_report_is_read_back_as_it_was_written() {
    let mut report = filled(&settings(ids(&[1, 7])), three(), &[]);
    report.failure = Some(Failure::new(FailureKind::Cancelled, "Cancelled."));
    let json = crate::render::json(&report);
    assert!(json.contains("\"outcome\": \"wouldRevoke\""), "{json}");
    assert_eq!(serde_json::from_str::<RevocationReport>(&json).unwrap(), report);
}

prop_compose! {
    fn any_reach()(which in 0..5) -> Reach {
        match which {
            0 => Reach::AllOrganizations,
            1 => Reach::Organizations(vec![]),
            2 => Reach::Organizations(vec![OTHERS.into()]),
            3 => Reach::Organizations(vec![OTHERS.into(), OURS.into()]),
            _ => ours(),
        }
    }
}

prop_compose! {
    fn any_pat()(
        number in 0_u32..12,
        name in "(ci|dev)-[ab]",
        reach in any_reach(),
        expired in any::<bool>(),
        owner in proptest::option::of(0_u32..3),
    ) -> (Pat, Option<u32>) {
        let mut pat = pat(number, &name, reach);
        if expired {
            pat.listed = Listed::Expired;
        }
        (pat, owner)
    }
}

fn any_selection() -> impl Strategy<Value = Selection> {
    prop_oneof![
        proptest::collection::vec(0_u32..14, 1..8).prop_map(|numbers| ids(&numbers)),
        Just(names(&["ci-*"])),
        Just(names(&["*-a", "dev-?"])),
        Just(Selection::All),
    ]
}

fn owner(number: u32) -> Owner {
    Owner {
        descriptor: SubjectDescriptor::parse(&format!("aad.u{number}")).unwrap(),
        principal_name: Some(format!("u{number}@acme.example")),
        display_name: None,
        deleted_in_origin: false,
    }
}

proptest! {
    #[test]
    fn each_id_has_one_fate_and_nothing_is_revoked_that_is_not_meant(
        pats in proptest::collection::vec(any_pat(), 0..16),
        ended in proptest::collection::vec(0_u32..14, 0..6),
        selection in any_selection(),
        account in prop_oneof![Just(known()), Just(refused()), Just(Err(Failure::new(FailureKind::Service, "Down.")))],
        agent in proptest::option::of(Just(OURS.to_owned())),
    ) {
        let settings = settings(selection);
        let mut sought = Sought::new(&settings, agent);
        for (pat, number) in &pats {
            sought.listed(pat.clone(), number.map(owner).as_ref());
        }
        ended.iter().for_each(|number| sought.ended(id(*number)));
        let (unseen, all_found) = (sought.unseen(), sought.is_all_found());
        let Ok(chosen) = sought.choose(account.clone()) else {
            prop_assert!(account.is_err() && !matches!(settings.selection, Selection::Ids(_)));
            return Ok(());
        };
        let by_design = account.as_ref().is_err_and(|failure| failure.kind == FailureKind::Refused);
        let once: BTreeSet<_> = chosen.entries.iter().map(|entry| &entry.id).collect();
        prop_assert_eq!(once.len(), chosen.entries.len(), "an id has two fates");
        if let Selection::Ids(ids) = &settings.selection {
            prop_assert_eq!(&once, &ids.iter().collect::<BTreeSet<_>>(), "an id is lost, or none of those given");
            let unknown = chosen.entries.iter().filter(|entry| entry.fate == Fate::Unknown).count();
            prop_assert_eq!((unknown, unknown == 0), (unseen, all_found));
        }
        for entry in chosen.entries.iter().filter(|entry| entry.fate == Fate::Revoke) {
            let pat = &entry.found.as_ref().unwrap().pat;
            prop_assert_eq!(&pat.authorization_id, &entry.id);
            prop_assert_eq!(pat.listed, Listed::Active);
            prop_assert!(pats.iter().any(|(listed, _)| listed == pat));
            let elsewhere = !pat.reach.accounts().is_empty() && !pat.reach.names(OURS);
            let meant = match &settings.selection {
                Selection::Ids(ids) => ids.contains(&entry.id) && (by_design || !elsewhere),
                Selection::Names(names) => {
                    !elsewhere && names.iter().any(|name| name.matches(&pat.display_name))
                }
                Selection::All => !elsewhere,
            };
            prop_assert!(meant, "{:?} of {:?}", pat, settings.selection);
        }
        let gone: Vec<_> = chosen.entries.iter().filter(|entry| entry.fate == Fate::Gone).collect();
        let shown = |id: &AuthorizationId| {
            pats.iter().any(|(pat, _)| pat.authorization_id == *id && pat.listed == Listed::Expired)
                || ended.iter().any(|number| *id == super::tests::id(*number))
        };
        prop_assert!(gone.iter().all(|entry| shown(&entry.id)), "gone, as no list shows");
        let mut report = RevocationReport::empty(&settings, run());
        report.chosen(chosen.clone());
        let to_revoke: BTreeSet<_> = report.to_revoke().into_iter().map(|(_, id)| id).collect();
        let meant = chosen.entries.iter().filter(|entry| entry.fate == Fate::Revoke);
        prop_assert_eq!(to_revoke, meant.map(|entry| entry.id.clone()).collect());
    }
}
