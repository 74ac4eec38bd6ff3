use chrono::TimeDelta;
use proptest::prelude::*;

use super::*;
use crate::judge::judge;
use crate::judge::judging_tests::{any_organization_settings, any_users, whole};
use crate::judge::tests::{any_reading, any_settings, days, now, pat, reading, run, settings};
use crate::judge::{MonitorSettings, Scope};
use crate::report::{MergedEntry, PatStatus};
use crate::slice::Slice;

fn of(organization: &str, ends: &[(&str, i64)], minutes: i64) -> Report {
    let pats = ends.iter().map(|(name, left)| pat(name, 10, days(*left)));
    let mut reading = reading(organization, pats.collect());
    reading.account_id = None;
    let mut report = judge(&[reading], &settings(), run(), now());
    report.run.at = now() + TimeDelta::minutes(minutes);
    report
}

fn share(mut report: Report, position: u32, of: u32) -> Report {
    report.slice = Some(SliceEntry {
        position,
        of,
        unmatched: Vec::new(),
        undecided: Vec::new(),
        unused: None,
    });
    report
}

fn merged(mut report: Report, from: &[&Report]) -> Report {
    report.merged = from
        .iter()
        .map(|one| MergedEntry {
            source: "a.json".to_owned(),
            slice: one
                .slice
                .as_ref()
                .and_then(|one| Slice::new(one.position, one.of)),
            at: one.run.at,
        })
        .collect();
    report
}

fn states(report: &Report) -> Vec<(&str, &str)> {
    let pats = report.pats.iter();
    pats.map(|pat| (pat.display_name.as_str(), pat.status.as_str()))
        .collect()
}

#[test]
fn slices_are_left_out_where_what_was_merged_from_them_is_here() {
    let one = share(of("acme", &[("a", 3)], 0), 1, 2);
    let two = share(of("acme", &[("b", 90)], 1), 2, 2);
    let all = merged(of("acme", &[("a", 3), ("b", 90)], 5), &[&one, &two]);
    for reports in [
        vec![one.clone(), two.clone(), all.clone()],
        vec![all.clone(), two.clone(), one.clone()],
    ] {
        let folded = fold(&reports).unwrap();
        assert_eq!(folded.report, all);
        assert!(folded.shares.is_empty());
        let became = reports.iter().map(|report| match *report == all {
            true => Part::Shown,
            false => Part::Merged,
        });
        assert_eq!(folded.parts, became.collect::<Vec<_>>());
    }
}

#[test]
fn a_slice_that_was_not_merged_stays() {
    let one = share(of("acme", &[("a", 3)], 0), 1, 2);
    let all = merged(of("acme", &[("b", 90)], 5), &[&one]);
    let again = Report {
        run: Run {
            at: now() + TimeDelta::minutes(1),
            ..one.run.clone()
        },
        ..one.clone()
    };
    let other_share = share(one.clone(), 2, 2);
    let mut other_organization = one.clone();
    other_organization.organizations[0].name = "beta".to_owned();
    for stays in [again, other_share, other_organization] {
        let folded = fold(&[stays, all.clone()]).unwrap();
        assert_eq!(folded.parts, [Part::Shown, Part::Shown]);
        assert_eq!(folded.report.totals.total, 2);
        assert_eq!(folded.report.status, Verdict::Critical);
    }
}

#[test]
fn reports_that_name_each_other_do_not_both_vanish() {
    let one = of("acme", &[("a", -1)], 0);
    let two = of("acme", &[("b", 90)], 0);
    let (one, two) = (merged(one.clone(), &[&one]), merged(two.clone(), &[&two]));
    let folded = fold(&[one.clone(), two]).unwrap();
    assert_eq!(
        folded.parts.iter().filter(|part| **part == Part::Shown).count(),
        1
    );
    assert_eq!(fold(std::slice::from_ref(&one)).unwrap().report.pats, one.pats);
}

#[test]
fn a_pat_of_several_reports_counts_once_and_stands_as_it_stood_last() {
    let before = of("acme", &[("ci", 3), ("b", 90)], 0);
    let mut after = of("ACME", &[("ci", 80), ("c", 20)], 9);
    after.organizations[0].name = "ACME".to_owned();
    after.settings.names = vec!["c*".to_owned()];
    let same_id = before.pats[0].authorization_id.clone();
    after.pats[1].authorization_id = same_id;
    for reports in [vec![before.clone(), after.clone()], vec![after, before]] {
        let folded = fold(&reports).unwrap();
        let report = folded.report;
        assert_eq!(
            states(&report),
            [("c", "warning"), ("ci", "healthy"), ("b", "healthy")]
        );
        assert_eq!((report.totals.total, report.totals.critical), (3, 0));
        assert_eq!(report.status, Verdict::Critical, "the worst of the reports'");
        assert_eq!(
            report.notes,
            [
                "Several reports have 1 PAT, and the later one is shown: ci was critical at 2026-11-21 08:00 UTC and is \
                 healthy in the later report."
            ]
        );
        assert_eq!(report.organizations.len(), 1);
    }
}

fn unread(what: &str) -> crate::reading::Unreadable {
    crate::reading::Unreadable {
        what: what.to_owned(),
        failure: crate::failure::Failure::new(crate::failure::FailureKind::Service, "It broke."),
    }
}

#[test]
fn the_later_of_two_looks_is_shown_and_what_the_earlier_one_said_worse_is_a_note() {
    let mut blind = reading(
        "acme",
        vec![
            pat("ci", 10, days(3)),
            pat("old", 10, days(3)),
            pat("b", 10, days(90)),
        ],
    );
    blind.unreadable.push(unread("the PATs of ann"));
    let before = judge(&[blind], &settings(), run(), now());
    let never = MonitorSettings {
        fail_on: crate::judge::FailOn::Never,
        ..settings()
    };
    let after = reading("ACME", vec![pat("ci", 10, days(80)), pat("b", 10, days(90))]);
    let mut after = judge(&[after], &never, run(), now());
    after.run.at = now() + TimeDelta::minutes(5);
    for reports in [[before.clone(), after.clone()], [after.clone(), before.clone()]] {
        let folded = fold(&reports).unwrap();
        assert_eq!(states(&folded.report), [("ci", "healthy"), ("b", "healthy")]);
        assert_eq!(
            (folded.report.status, folded.report.totals.unreadable),
            (Verdict::Ok, 0)
        );
        assert!(folded.parts.contains(&Part::Superseded));
        assert_eq!(folded.from, after.run.at);
        assert_eq!(
            folded.report.notes,
            [
                "A report of 2026-11-21 08:00 UTC asked the same and said worse; the one of 2026-11-21 08:05 UTC is shown in \
              its place: its verdict was unknown; ci was critical and is healthy; old was critical and is not there any \
              more; 1 thing could not be read."
            ]
        );
    }
    // What was not worse needs no words.
    let mut third = after.clone();
    third.run.at += TimeDelta::minutes(5);
    let folded = fold(&[after, third]).unwrap();
    assert_eq!((folded.report.notes.len(), folded.report.totals.total), (0, 2));
}

#[test]
fn a_head_does_not_tell_which_pats_are_gone() {
    let before = of("acme", &[("a", 3), ("b", 4)], 0);
    let mut head = of("acme", &[("a", 3), ("b", 4)], 5);
    head.pats.truncate(1);
    let folded = fold(&[before, head]).unwrap();
    assert_eq!(folded.report.totals.total, 2);
    assert!(folded.report.notes.is_empty(), "{:?}", folded.report.notes);
}

#[test]
fn an_attempt_at_a_slice_that_was_run_again_does_not_count_as_unmerged() {
    let mut first = reading("acme", vec![pat("a", 10, days(90))]);
    first.unreadable.push(unread("the PATs of ann"));
    let first = share(judge(&[first], &settings(), run(), now()), 1, 2);
    let again = share(of("acme", &[("a", 90)], 3), 1, 2);
    let two = share(of("acme", &[("b", 90)], 1), 2, 2);
    let all = merged(of("acme", &[("a", 90), ("b", 90)], 9), &[&again, &two]);
    let folded = fold(&[first, two.clone(), again.clone(), all]).unwrap();
    assert_eq!(
        folded.parts,
        [Part::Superseded, Part::Merged, Part::Merged, Part::Shown]
    );
    assert_eq!(
        (folded.report.status, folded.report.totals.total),
        (Verdict::Ok, 2)
    );
    assert!(folded.shares.is_empty(), "{:?}", folded.shares);
    // A slice that was run again after the merge is in no merged report.
    let late = share(of("acme", &[("a", 3)], 20), 1, 2);
    let all = merged(of("acme", &[("a", 90), ("b", 90)], 9), &[&again, &two]);
    let folded = fold(&[again, two, all, late]).unwrap();
    assert_eq!(folded.parts[3], Part::Shown);
    assert_eq!(folded.report.status, Verdict::Critical);
}

/// Each of them would hide what nobody has looked at again.
#[test]
fn reports_that_ask_something_else_are_all_shown() {
    let one = of("acme", &[("a", 3)], 0);
    let different: [fn(&mut Report); 8] = [
        |report| report.settings.names = vec!["a*".to_owned()],
        |report| report.settings.require_names = vec!["a*".to_owned()],
        |report| report.settings.scope = "organization".to_owned(),
        |report| report.settings.warning_days += 1,
        |report| report.settings.rules.clear(),
        |report| report.organizations[0].name = "beta".to_owned(),
        |report| report.organizations[0].signed_in_as = Some("another@acme.example".to_owned()),
        |report| *report = share(report.clone(), 1, 2),
    ];
    for (number, differ) in different.iter().enumerate() {
        let mut other = one.clone();
        other.run.at += TimeDelta::minutes(5);
        differ(&mut other);
        let folded = fold(&[one.clone(), other]).unwrap();
        assert_eq!(folded.parts, [Part::Shown, Part::Shown], "difference {number}");
    }
    // Whose token asks for everybody's PATs makes no difference.
    let mut one = one;
    one.settings.scope = "organization".to_owned();
    let mut other = one.clone();
    other.run.at += TimeDelta::minutes(5);
    other.organizations[0].signed_in_as = None;
    assert_eq!(
        fold(&[one, other]).unwrap().parts,
        [Part::Superseded, Part::Shown]
    );
}

#[test]
fn a_pat_that_was_replaced_since_did_not_stand_worse_before() {
    let before = of("acme", &[("ci", 90)], 0);
    let mut after = of("acme", &[("ci", 90)], 5);
    after.pats[0].status = PatStatus::Replaced;
    assert!(
        fold(&[before.clone(), after.clone()])
            .unwrap()
            .report
            .notes
            .is_empty()
    );
    after.settings.names = vec!["c*".to_owned()];
    assert!(fold(&[before, after]).unwrap().report.notes.is_empty());
}

#[test]
fn two_heads_of_one_organization_are_not_added_up() {
    let head = |names: &str, minutes| {
        let mut report = of("acme", &[("a", 80), ("b", 81), ("c", 90)], minutes);
        report.settings.names = vec![names.to_owned()];
        report.pats.truncate(1);
        report
    };
    let folded = fold(&[head("*", 0), head("?", 5)]).unwrap();
    assert_eq!(folded.report.totals.total, 3);
    assert!(
        folded.report.notes[0].contains("at least as many PATs as counted"),
        "{:?}",
        folded.report.notes
    );
    let other = share(head("*", 5), 2, 2);
    let folded = fold(&[share(head("*", 0), 1, 2), other]).unwrap();
    assert_eq!(
        folded.unlisted.iter().map(Unlisted::number).sum::<u32>(),
        4,
        "other users'"
    );
}

#[test]
fn a_pat_of_another_organization_is_another_one() {
    let folded = fold(&[of("acme", &[("ci", 3)], 0), of("beta", &[("ci", 3)], 0)]).unwrap();
    assert_eq!(folded.report.totals.total, 2);
}

#[test]
fn findings_of_one_pat_and_rule_count_once_and_no_rule_gets_lost() {
    let judged = |days: u32, scopes: &str, minutes: i64| {
        let policy = crate::policy::Policy::load(
            None,
            &crate::policy::PolicyInputs {
                max_lifetime_days: Some(days),
                forbidden_scopes: Some(crate::scope::ScopeSet::parse(scopes)),
            },
        )
        .unwrap();
        let settings = MonitorSettings { policy, ..settings() };
        let readings = [reading(
            "acme",
            vec![pat("ci", 10, crate::judge::tests::days(30))],
        )];
        let mut report = judge(&readings, &settings, run(), now());
        report.run.at = now() + TimeDelta::minutes(minutes);
        report
    };
    let folded = fold(&[judged(20, "vso.build", 0), judged(30, "vso.code", 5)]).unwrap();
    let said: Vec<_> = folded
        .report
        .findings
        .iter()
        .map(|one| (one.rule.as_str(), one.message.as_str()))
        .collect();
    assert_eq!(said.len(), 2, "{said:?}");
    assert_eq!(said[0], ("lifetime", "40 days, allowed 30"));
    assert_eq!(said[1].0, "forbidden-scope");
    assert_eq!(folded.report.totals.policy_findings, 2);
}

#[test]
fn shares_without_the_rest_say_so() {
    let one = share(of("acme", &[("a", 90)], 0), 1, 3);
    let three = share(of("acme", &[("c", 90)], 0), 3, 3);
    assert_eq!(
        fold(&[three.clone(), one.clone()]).unwrap().shares,
        [
            "Only slices 1 and 3 of 3 of acme are here: the other users' PATs are not on this page, and whether required \
             names have a match is not decided."
        ]
    );
    let two = share(of("acme", &[("b", 90)], 0), 2, 3);
    assert_eq!(
        fold(&[two, three, one]).unwrap().shares,
        [
            "All 3 slices of acme are here, and no report that merges them: whether required names have a match is not \
             decided."
        ]
    );
}

#[test]
fn different_thresholds_are_said_and_the_strictest_are_shown() {
    let one = of("acme", &[("a", 40)], 0);
    let wide = MonitorSettings {
        warning_days: 60,
        critical_days: 5,
        ..settings()
    };
    let mut beta = reading("beta", vec![pat("b", 1, days(40))]);
    beta.account_id = None;
    let two = judge(&[beta], &wide, run(), now());
    let report = fold(&[one, two]).unwrap().report;
    assert_eq!(states(&report), [("b", "warning"), ("a", "healthy")]);
    assert_eq!(
        (report.settings.warning_days, report.settings.critical_days),
        (60, 7)
    );
    assert!(
        report.notes[0].contains("60 and 5 days; 30 and 7 days"),
        "{:?}",
        report.notes
    );
}

#[test]
fn heads_count_what_they_do_not_list() {
    let mut one = of("acme", &[("a", 3), ("b", 20), ("c", 90)], 0);
    one.pats.truncate(1);
    let two = of("beta", &[("d", -2)], 0);
    let folded = fold(&[one, two]).unwrap();
    let totals = folded.report.totals;
    assert_eq!(
        (
            totals.total,
            totals.expired,
            totals.critical,
            totals.warning,
            totals.healthy
        ),
        (4, 1, 1, 1, 1)
    );
    assert_eq!(folded.unlisted.iter().map(Unlisted::number).sum::<u32>(), 2);
}

#[test]
fn a_report_that_hides_its_rows_is_not_believed() {
    let mut report = of("acme", &[("a", -2)], 0);
    report.totals = Totals::default();
    report.status = Verdict::Ok;
    let folded = fold(&[report]).unwrap().report;
    assert_eq!((folded.status, folded.totals.expired), (Verdict::Expired, 1));
    let mut report = of("acme", &[("a", 90)], 0);
    report.status = Verdict::Unknown;
    let folded = fold(&[report]).unwrap().report;
    assert_eq!(folded.status, Verdict::Unknown);
    assert_eq!(
        folded.notes,
        ["A report of 2026-11-21 08:00 UTC calls its verdict unknown and does not say why."]
    );
}

proptest! {
    #[test]
    fn a_single_report_is_its_own_view(
        users in any_users(),
        settings in any_organization_settings(),
        rows in 0_usize..20,
    ) {
        let scope = Scope::Organization { slice: None, several: false };
        let (mut report, _) = whole(&users, &settings, scope);
        report.pats.truncate(rows);
        report.findings.truncate(rows);
        let folded = fold(&[report.clone()]).unwrap();
        prop_assert_eq!(folded.report, report);
        prop_assert_eq!(folded.parts, [Part::Shown]);
        prop_assert!(folded.shares.is_empty());
    }

    #[test]
    fn a_view_is_the_same_in_any_order_and_never_milder_than_a_part(
        readings in prop::collection::vec((any_reading(), 0_i64..9), 1..4),
        settings in any_settings(),
    ) {
        let judged = readings.iter().zip(0..).map(|((reading, minutes), number)| {
            let mut report = judge(std::slice::from_ref(reading), &settings, run(), now());
            report.run.at += TimeDelta::minutes(minutes * 10 + number);
            report
        });
        let reports: Vec<Report> = judged.collect();
        let folded = fold(&reports).unwrap();
        let mut turned = reports.clone();
        turned.reverse();
        prop_assert_eq!(&fold(&turned).unwrap().report, &folded.report);
        let report = folded.report;
        let shown = reports.iter().zip(&folded.parts).filter(|(_, part)| **part == Part::Shown);
        let worst = shown.map(|(report, _)| report.status).max().unwrap();
        prop_assert_eq!(report.status, worst);
        prop_assert_eq!(report.totals.total as usize, report.pats.len());
        prop_assert_eq!(
            report.totals.expired as usize,
            report.pats.iter().filter(|pat| pat.status == PatStatus::Expired).count()
        );
    }
}
