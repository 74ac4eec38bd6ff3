use proptest::prelude::*;

use super::super::judging_tests::{any_organization_settings, any_users, whole};
use super::super::tests::{any_reading, any_settings, days, now, pat, reading, run, settings};
use super::super::{MonitorSettings, Scope, judge};
use super::*;

fn by(warning_days: u32, critical_days: u32) -> Thresholds {
    Thresholds {
        warning_days,
        critical_days,
    }
}

/// Five PATs with 1, 5, 20, 40 and 200 days left, judged by 30 and 7 days.
fn five() -> Report {
    let pats = [1, 5, 20, 40, 200].map(|left| pat(&format!("p{left}"), 10, days(left)));
    judge(&[reading("acme", pats.into())], &settings(), run(), now())
}

fn head(mut report: Report, rows: usize) -> Report {
    report.pats.truncate(rows);
    report
}

fn counts(report: &Report, thresholds: Thresholds) -> (u32, u32, u32, bool) {
    let unlisted: Vec<Unlisted> = Unlisted::of(report).into_iter().collect();
    let judgment = rejudge(report, &unlisted, thresholds);
    let totals = judgment.totals;
    assert_eq!(totals.total, report.totals.total);
    (totals.critical, totals.warning, totals.healthy, judgment.exact)
}

#[test]
fn a_whole_report_stands_anew_on_the_very_days() {
    assert_eq!(counts(&five(), by(40, 20)), (3, 1, 1, true));
    assert_eq!(counts(&five(), by(39, 19)), (2, 1, 2, true));
    assert_eq!(counts(&five(), by(0, 0)), (0, 0, 5, true));
    assert_eq!(counts(&five(), by(u32::MAX, u32::MAX)), (5, 0, 0, true));
}

#[test]
fn a_head_is_exact_until_the_threshold_reaches_beyond_its_last_row() {
    let four = head(five(), 4);
    assert_eq!(counts(&four, by(30, 7)), (2, 1, 2, true));
    assert_eq!(counts(&four, by(39, 7)), (2, 1, 2, true));
    assert_eq!(
        counts(&four, by(40, 7)),
        (2, 2, 1, false),
        "the fifth may have 40 days, too"
    );
    let two = head(five(), 2);
    assert_eq!(counts(&two, by(30, 7)), (2, 1, 2, true), "as it was judged");
    assert_eq!(counts(&two, by(4, 2)), (1, 0, 4, true), "none has under 5 days");
    assert_eq!(
        counts(&two, by(10, 7)),
        (2, 0, 3, false),
        "the third has 8 to 30 days"
    );
    assert_eq!(
        counts(&two, by(30, 30)),
        (3, 0, 2, true),
        "the third is over none of them"
    );
}

#[test]
fn what_calls_itself_worse_than_its_counts_gets_no_milder() {
    let mut report = five();
    report.status = Verdict::Unknown;
    assert_eq!(rejudge(&report, &[], by(0, 0)).status, Verdict::Unknown);
}

proptest! {
    #[test]
    fn a_report_under_its_own_thresholds_is_itself(
        readings in prop::collection::vec(any_reading(), 0..3),
        settings in any_settings(),
        rows in 0_usize..12,
    ) {
        let report = head(judge(&readings, &settings, run(), now()), rows);
        let unlisted: Vec<Unlisted> = Unlisted::of(&report).into_iter().collect();
        let judgment = rejudge(&report, &unlisted, Thresholds::of(&report));
        prop_assert_eq!(&judgment, &Judgment::reported(&report));
        let mut same = report.clone();
        judgment.put(&mut same);
        prop_assert_eq!(same, report);
    }

    #[test]
    fn other_thresholds_give_what_the_step_would_have_judged_by_them(
        users in any_users(),
        one in any_organization_settings(),
        other in any_settings(),
    ) {
        let scope = Scope::Organization { slice: None, several: false };
        let then = MonitorSettings {
            warning_days: other.warning_days,
            critical_days: other.critical_days,
            ..one.clone()
        };
        let (mut report, _) = whole(&users, &one, scope);
        rejudge(&report, &[], then.thresholds()).put(&mut report);
        prop_assert_eq!(report, whole(&users, &then, scope).0);
    }

    #[test]
    fn a_head_counts_no_worse_than_all_rows_and_alike_where_it_says_so(
        readings in prop::collection::vec(any_reading(), 0..3),
        settings in any_settings(),
        critical in 0_u32..80,
        more in 0_u32..80,
        rows in 0_usize..12,
    ) {
        let report = judge(&readings, &settings, run(), now());
        let thresholds = by(critical + more, critical);
        let all = rejudge(&report, &[], thresholds);
        let head = head(report, rows);
        let unlisted: Vec<Unlisted> = Unlisted::of(&head).into_iter().collect();
        let some = rejudge(&head, &unlisted, thresholds);
        prop_assert_eq!(some.totals.total, all.totals.total);
        prop_assert!(some.totals.critical <= all.totals.critical);
        prop_assert!(some.totals.critical + some.totals.warning <= all.totals.critical + all.totals.warning);
        let beyond = head.pats.last().is_some_and(|last| match last.status {
            PatStatus::Replaced => true,
            PatStatus::Expired => false,
            _ => last.days_left > i64::from(thresholds.warning_days),
        });
        prop_assert!(some.exact || !beyond);
        if some.exact {
            prop_assert_eq!((some.totals, some.status), (all.totals, all.status));
        }
    }
}
