//! Statuses, generations, requirements and endings, each at its boundary.

use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;

use super::*;
use crate::failure::{Failure, FailureKind};
use crate::glob::Glob;
use crate::organization::Organization;
use crate::pat::{AuthorizationId, GLOBAL_PATS_END, Listed, Pat, Reach};
use crate::policy::{Policy, PolicyInputs};
use crate::reading::{SignedIn, Unreadable};
use crate::report::{PatEntry, PatStatus, Verdict};
use crate::scope::ScopeSet;
use crate::time;

pub(crate) fn now() -> DateTime<Utc> {
    time::parse("2026-11-21T08:00:00Z").unwrap()
}

/// A PAT of account `acme-id` that was made `age` days ago and ends after `left`.
pub(crate) fn pat(name: &str, age: i64, left: TimeDelta) -> Pat {
    Pat {
        authorization_id: AuthorizationId::new(format!("{name}/{age}")),
        display_name: name.to_owned(),
        scopes: ScopeSet::parse("vso.build"),
        valid_from: now() - TimeDelta::days(age),
        valid_to: now() + left,
        reach: Reach::Organizations(vec!["acme-id".to_owned()]),
        listed: if left > TimeDelta::zero() {
            Listed::Active
        } else {
            Listed::Expired
        },
    }
}

pub(crate) fn days(days: i64) -> TimeDelta {
    TimeDelta::days(days)
}

pub(crate) fn in_accounts(mut pat: Pat, accounts: &[&str]) -> Pat {
    pat.reach = Reach::Organizations(accounts.iter().map(|&account| account.to_owned()).collect());
    pat
}

pub(crate) fn global(mut pat: Pat) -> Pat {
    pat.reach = Reach::AllOrganizations;
    pat
}

pub(crate) fn reading(name: &str, pats: Vec<Pat>) -> OrganizationReading {
    OrganizationReading {
        organization: Organization::parse(name).unwrap(),
        account_id: Some(format!("{name}-ID")),
        signed_in: SignedIn::default(),
        pats,
        unreadable: Vec::new(),
        notes: Vec::new(),
    }
}

pub(crate) fn unreadable(kind: FailureKind) -> Unreadable {
    Unreadable {
        what: "the expired PATs".to_owned(),
        failure: Failure::new(kind, "it broke"),
    }
}

pub(crate) fn settings() -> MonitorSettings {
    MonitorSettings {
        names: Vec::new(),
        require_names: Vec::new(),
        warning_days: 30,
        critical_days: 7,
        expired_within_days: 30,
        fail_on: FailOn::Expired,
        fail_on_policy: FailOnPolicy::Never,
        policy: Policy::default(),
    }
}

pub(crate) fn run() -> Run {
    Run {
        task: "PatMonitor".to_owned(),
        at: now(),
        requests: 3,
        link: None,
        pipeline: None,
    }
}

pub(crate) fn globs(patterns: &[&str]) -> Vec<Glob> {
    patterns.iter().map(|&pattern| Glob::new(pattern)).collect()
}

fn judged(readings: &[OrganizationReading]) -> Report {
    judge(readings, &settings(), run(), now())
}

fn acme(pats: Vec<Pat>) -> Report {
    judged(&[reading("acme", pats)])
}

/// `name status daysLeft` of each PAT, in the order of the report.
pub(crate) fn lines(report: &Report) -> Vec<String> {
    report
        .pats
        .iter()
        .map(|pat| format!("{} {:?} {}", pat.display_name, pat.status, pat.days_left))
        .collect()
}

/// A wrong account id, or the wrong organization, must not look like an organization without PATs.
#[test]
fn a_list_of_other_organizations_pats_is_not_silent() {
    let other = |name| in_accounts(pat(name, 1, days(60)), &["labs-id"]);
    let report = acme(vec![other("a"), other("b"), other("a")]);
    assert_eq!((report.totals.total, report.totals.elsewhere), (0, 2));
    assert_eq!(
        report.notes,
        ["acme: none of the 2 PATs listed is valid in this organization"]
    );
    assert_eq!(
        acme(vec![other("a")]).notes,
        ["acme: the only PAT listed is not valid in this organization"]
    );

    let with_own = acme(vec![other("a"), pat("own", 1, -days(400))]);
    assert_eq!((with_own.totals.total, with_own.notes.len()), (0, 0), "history");
    assert!(acme(vec![other("a"), global(other("b"))]).notes.is_empty());
    assert!(acme(vec![]).notes.is_empty());
    let mut unknown = reading("acme", vec![other("a")]);
    unknown.account_id = None;
    assert!(judged(&[unknown]).notes.is_empty());
}

fn missing(report: &Report) -> Vec<String> {
    report
        .missing
        .iter()
        .map(|missing| format!("{} {}", missing.input, missing.pattern))
        .collect()
}

#[test]
fn days_left_are_rounded_down_and_thresholds_are_inclusive() {
    let second = TimeDelta::seconds(1);
    let report = acme(vec![
        pat("a", 1, days(31)),
        pat("b", 1, days(31) - second),
        pat("c", 1, days(8)),
        pat("d", 1, days(8) - second),
        pat("e", 1, second),
        pat("f", 1, -TimeDelta::milliseconds(1)),
        pat("g", 1, -days(1)),
    ]);
    assert_eq!(
        lines(&report),
        [
            "g Expired -1",
            "f Expired -1",
            "e Critical 0",
            "d Critical 7",
            "c Warning 8",
            "b Warning 30",
            "a Healthy 31"
        ]
    );
    assert_eq!(report.status, Verdict::Expired);
    let soonest = report.soonest.unwrap();
    assert_eq!((soonest.display_name.as_str(), soonest.days_left), ("e", 0));
}

#[test]
fn a_pat_that_ends_this_moment_has_ended() {
    let mut ends_now = pat("a", 1, TimeDelta::zero());
    ends_now.listed = Listed::Active;
    assert_eq!(lines(&acme(vec![ends_now])), ["a Expired 0"]);
}

#[test]
fn the_list_is_believed_before_our_clock() {
    let mut ended = pat("a", 1, days(5));
    ended.listed = Listed::Expired;
    let report = acme(vec![ended]);
    assert_eq!(lines(&report), ["a Expired 0"]);
    assert!(report.soonest.is_none());
}

#[test]
fn a_pat_that_the_service_calls_active_is_never_history() {
    let mut old = pat("old", 400, -days(200));
    old.listed = Listed::Active;
    assert_eq!(lines(&acme(vec![old])), ["old Expired -200"]);
}

#[test]
fn pats_without_a_name_replace_nobody() {
    for name in ["", " "] {
        let mut older = pat(name, 80, days(2));
        older.authorization_id = AuthorizationId::new("older");
        let report = acme(vec![older, pat(name, 1, days(80))]);
        assert_eq!((report.status, report.totals.replaced), (Verdict::Critical, 0));
    }
}

#[test]
fn expired_pats_count_for_expired_within_days_to_the_moment() {
    let moment = TimeDelta::nanoseconds(1);
    let report = acme(vec![pat("a", 90, -days(30)), pat("b", 90, -days(30) - moment)]);
    assert_eq!(lines(&report), ["a Expired -30"]);
    assert_eq!((report.totals.total, report.totals.history), (1, 1));
    let none = MonitorSettings {
        expired_within_days: 0,
        ..settings()
    };
    let report = judge(
        &[reading("acme", vec![pat("a", 90, -moment)])],
        &none,
        run(),
        now(),
    );
    assert_eq!((report.status, report.totals.history), (Verdict::Ok, 1));
    let all = MonitorSettings {
        expired_within_days: u32::MAX,
        ..settings()
    };
    let report = judge(
        &[reading("acme", vec![pat("a", 90_000, -days(80_000))])],
        &all,
        run(),
        now(),
    );
    assert_eq!(report.totals.expired, 1);
}

#[test]
fn a_global_pat_ends_with_all_global_pats_whatever_its_own_date() {
    let report = acme(vec![global(pat("a", 1, days(300))), global(pat("b", 1, days(3)))]);
    assert_eq!(lines(&report), ["b Critical 3", "a Warning 9"]);
    assert_eq!(report.pats[1].effective_expiry, GLOBAL_PATS_END);
    assert!(report.pats[1].global && report.pats[1].valid_to > GLOBAL_PATS_END);

    let later = judge(
        &[reading("acme", vec![global(pat("a", 1, days(300)))])],
        &settings(),
        run(),
        GLOBAL_PATS_END,
    );
    assert_eq!(lines(&later), ["a Expired 0"]);
    assert!(later.findings.is_empty(), "what has ended breaks no policy");
}

#[test]
fn a_newer_live_generation_replaces_the_older_ones() {
    let report = acme(vec![
        pat("ci-2026-10-01-aaaaaaaa", 51, days(3)),
        pat("ci-2026-11-01-bbbbbbbb", 20, days(70)),
        pat("ci-2026-08-01-cccccccc", 112, -days(2)),
        pat("other", 1, days(60)),
    ]);
    assert_eq!(
        lines(&report),
        [
            "other Healthy 60",
            "ci-2026-11-01-bbbbbbbb Healthy 70",
            "ci-2026-10-01-aaaaaaaa Replaced 3"
        ]
    );
    assert_eq!(
        report.pats[2].replaced_by.as_deref(),
        Some("ci-2026-11-01-bbbbbbbb")
    );
    assert_eq!(report.pats[2].family, "ci");
    assert_eq!(
        (
            report.status,
            report.totals.replaced,
            report.totals.history,
            report.totals.total
        ),
        (Verdict::Ok, 1, 1, 3)
    );
    assert_eq!(
        report.soonest.map(|soonest| soonest.display_name),
        Some("other".to_owned())
    );
}

#[test]
fn only_a_live_and_strictly_newer_generation_replaces() {
    // The newer one has ended: the older live one is what is left.
    let report = acme(vec![
        pat("ci-2026-10-01", 51, days(3)),
        pat("ci-2026-11-01", 20, -days(1)),
    ]);
    assert_eq!(
        lines(&report),
        ["ci-2026-11-01 Expired -1", "ci-2026-10-01 Critical 3"]
    );
    // Made at the same moment.
    let mut twin = pat("ci", 5, days(3));
    twin.authorization_id = AuthorizationId::new("twin");
    assert_eq!(
        lines(&acme(vec![pat("ci", 5, days(90)), twin])),
        ["ci Critical 3", "ci Healthy 90"]
    );
    // The same name again, later.
    assert_eq!(
        lines(&acme(vec![pat("ci", 5, days(90)), pat("ci", 9, days(3))])),
        ["ci Healthy 90", "ci Replaced 3"]
    );
}

#[test]
fn a_replaced_pat_is_still_judged_by_policy() {
    let mut old = pat("ci", 9, days(3));
    old.scopes = ScopeSet::parse("app_token");
    let report = acme(vec![old, pat("ci", 5, days(80))]);
    assert_eq!(report.findings.len(), 1);
    assert_eq!((report.totals.policy_findings, report.status), (1, Verdict::Ok));
}

#[test]
fn the_third_generation_is_counted_over_all_that_the_lists_hold() {
    let only_new = MonitorSettings {
        names: globs(&["ci-2026-11*"]),
        ..settings()
    };
    let pats = vec![
        pat("ci-2025-01-01", 600, -days(500)),
        pat("ci-2026-08-01", 112, -days(2)),
        pat("ci-2026-11-01", 20, days(60)),
    ];
    let report = judge(&[reading("acme", pats)], &only_new, run(), now());
    let rules: Vec<_> = report
        .findings
        .iter()
        .map(|finding| finding.rule.as_str())
        .collect();
    assert_eq!(rules, ["prefer-identity"]);
    assert_eq!(
        report.totals.history, 0,
        "what no pattern asks for is not counted at all"
    );
}

#[test]
fn pats_of_other_organizations_are_dropped_and_those_that_do_not_say_are_kept() {
    let report = acme(vec![
        in_accounts(pat("here", 1, days(60)), &["other-id", "ACME-id"]),
        in_accounts(pat("there", 1, days(3)), &["other-id"]),
        in_accounts(pat("nowhere", 1, days(50)), &[]),
        global(pat("everywhere", 1, days(5))),
    ]);
    assert_eq!(
        lines(&report),
        ["everywhere Critical 5", "nowhere Healthy 50", "here Healthy 60"]
    );
    assert_eq!((report.totals.elsewhere, report.organizations[0].read), (1, 4));
}

#[test]
fn a_pat_in_several_lists_counts_once() {
    let shared = in_accounts(pat("shared", 1, days(3)), &["acme-id", "beta-id"]);
    let beta_only = in_accounts(pat("beta", 1, days(60)), &["beta-id"]);
    let report = judged(&[
        reading("acme", vec![shared.clone(), beta_only.clone()]),
        reading("beta", vec![shared, beta_only]),
    ]);
    assert_eq!(lines(&report), ["shared Critical 3", "beta Healthy 60"]);
    assert_eq!(report.pats[0].organization, "acme");
    assert_eq!(report.pats[1].organization, "beta");
    assert_eq!(
        report.totals.elsewhere, 0,
        "it is judged under its own organization"
    );
}

#[test]
fn a_pat_is_replaced_only_where_it_is_in_every_organization() {
    let old = in_accounts(pat("ci-2026-08-01", 100, days(3)), &["acme-id", "beta-id"]);
    let new_here = in_accounts(pat("ci-2026-11-01", 10, days(80)), &["acme-id"]);
    let new_there = in_accounts(pat("ci-2026-11-02", 9, days(81)), &["beta-id"]);
    let both = |acme: Vec<Pat>, beta: Vec<Pat>| judged(&[reading("acme", acme), reading("beta", beta)]);
    let half = both(vec![old.clone(), new_here.clone()], vec![old.clone()]);
    assert_eq!(
        lines(&half),
        ["ci-2026-08-01 Critical 3", "ci-2026-11-01 Healthy 80"]
    );
    let whole = both(vec![old.clone(), new_here], vec![old, new_there]);
    assert_eq!(whole.status, Verdict::Ok);
    assert_eq!(whole.totals.replaced, 1);
}

#[test]
fn a_pat_that_ended_between_the_requests_is_active_once() {
    let active = pat("a", 1, days(1));
    let mut expired = active.clone();
    expired.listed = Listed::Expired;
    assert_eq!(
        lines(&acme(vec![active.clone(), expired.clone()])),
        ["a Critical 1"]
    );
    assert_eq!(
        lines(&acme(vec![expired.clone(), active.clone()])),
        ["a Critical 1"]
    );
    let over_two = judged(&[
        reading("acme", vec![in_accounts(expired, &[])]),
        reading("beta", vec![in_accounts(active, &[])]),
    ]);
    assert_eq!(lines(&over_two), ["a Critical 1"]);
}

#[test]
fn names_choose_what_is_judged_and_none_found_is_missing() {
    let pats = || vec![pat("ci-a", 1, days(60)), pat("old", 1, -days(1))];
    let only = |names: &[&str]| MonitorSettings {
        names: globs(names),
        ..settings()
    };
    let report = judge(&[reading("acme", pats())], &only(&["ci-*", "cd-?"]), run(), now());
    assert_eq!((report.status, report.totals.total), (Verdict::Ok, 1));
    let report = judge(&[reading("acme", pats())], &only(&["CI-*", "cd-?"]), run(), now());
    assert_eq!(
        (report.status, missing(&report)),
        (Verdict::Missing, vec!["names CI-* cd-?".to_owned()])
    );
    assert_eq!((report.totals.missing, report.totals.total), (1, 0));
}

#[test]
fn a_required_name_needs_a_live_pat_judged_or_not() {
    let pats = vec![
        pat("gone", 40, -days(1)),
        pat("live", 40, days(50)),
        pat("old-2026-01-01", 40, days(50)),
        pat("old-2026-02-01", 30, days(60)),
    ];
    let requiring = MonitorSettings {
        names: globs(&["live"]),
        require_names: globs(&["gone", "liv?", "old-2026-01-*", "never*"]),
        ..settings()
    };
    let report = judge(&[reading("acme", pats)], &requiring, run(), now());
    assert_eq!(missing(&report), ["requireNames gone", "requireNames never*"]);
    assert_eq!((report.status, report.totals.missing), (Verdict::Missing, 2));
}

#[test]
fn what_is_missing_in_one_organization_may_be_in_another() {
    let requiring = MonitorSettings {
        require_names: globs(&["beta"]),
        ..settings()
    };
    let beta = in_accounts(pat("beta", 1, days(60)), &["beta-id"]);
    let readings = [reading("acme", vec![]), reading("beta", vec![beta.clone()])];
    assert_eq!(judge(&readings, &requiring, run(), now()).status, Verdict::Ok);
    let elsewhere = [reading("acme", vec![beta])];
    assert_eq!(
        judge(&elsewhere, &requiring, run(), now()).status,
        Verdict::Missing
    );
}

/// A list read without knowing which account the organization is.
fn unplaced(pats: Vec<Pat>) -> [OrganizationReading; 1] {
    [OrganizationReading {
        account_id: None,
        ..reading("acme", pats)
    }]
}

#[test]
fn without_the_account_generations_are_kept_apart_by_where_they_are_valid() {
    let old = pat("ci-2026-08-01", 100, days(3));
    let others = in_accounts(pat("ci-2026-11-01", 10, days(80)), &["other-id"]);
    let own = in_accounts(pat("ci-2026-11-02", 9, days(81)), &["ACME-ID", "acme-id"]);
    let report = judged(&unplaced(vec![old.clone(), others.clone()]));
    assert_eq!(
        lines(&report),
        ["ci-2026-08-01 Critical 3", "ci-2026-11-01 Healthy 80"]
    );
    let report = judged(&unplaced(vec![old, others, own]));
    assert_eq!((report.status, report.totals.replaced), (Verdict::Ok, 1));
}

#[test]
fn without_the_account_no_pat_of_some_account_stands_for_a_required_name() {
    let requiring = MonitorSettings {
        require_names: globs(&["ci"]),
        ..settings()
    };
    let ask = |pats| judge(&unplaced(pats), &requiring, run(), now());
    let somewhere = pat("ci", 1, days(60));
    let other = in_accounts(pat("other", 1, days(60)), &["other-id"]);

    assert_eq!(ask(vec![other.clone()]).status, Verdict::Missing);
    for listed in [vec![somewhere.clone()], vec![somewhere.clone(), other.clone()]] {
        let undecided = ask(listed);
        assert_eq!(
            (undecided.status, undecided.totals.unreadable),
            (Verdict::Unknown, 1)
        );
        assert!(undecided.missing.is_empty());
        assert_eq!(
            step_end(&undecided, FailOn::Never, FailOnPolicy::Never).exit_code,
            4
        );
    }
    for valid_here in [global(somewhere.clone()), in_accounts(somewhere, &[])] {
        let report = ask(vec![valid_here, other.clone()]);
        assert!(report.unreadable.is_empty() && report.missing.is_empty());
    }
}

#[test]
fn what_cannot_be_read_outweighs_everything_and_hides_nothing() {
    let mut broken = reading("acme", vec![pat("a", 1, -days(1)), pat("b", 1, days(60))]);
    broken.unreadable.push(unreadable(FailureKind::Service));
    let requiring = MonitorSettings {
        require_names: globs(&["c"]),
        ..settings()
    };
    let report = judge(&[broken], &requiring, run(), now());
    assert_eq!(report.status, Verdict::Unknown);
    assert_eq!(
        (
            report.totals.expired,
            report.totals.missing,
            report.totals.unreadable
        ),
        (1, 1, 1)
    );
    assert_eq!(report.unreadable[0].organization, "acme");
    assert!(
        report
            .notes
            .iter()
            .any(|note| note.contains("may be in the part that could not be read"))
    );
}

#[test]
fn findings_come_heaviest_first_and_waived_last() {
    let file =
        "version: 1\nwaivers:\n  - {rule: full-access, pat: vendor, reason: known, until: 2027-01-01}\n";
    let policy = Policy::load(Some(file), &PolicyInputs::default()).unwrap();
    let with = |name: &str, scopes: &str| {
        let mut made = pat(name, 1, days(60));
        made.scopes = ScopeSet::parse(scopes);
        made
    };
    let pats = vec![
        with("vendor", "app_token"),
        with("b", "vso.new"),
        with("c", "vso.tokens"),
        with("a", "app_token"),
    ];
    let report = judge(
        &[reading("acme", pats)],
        &MonitorSettings { policy, ..settings() },
        run(),
        now(),
    );
    let told: Vec<_> = report
        .findings
        .iter()
        .map(|found| format!("{} {}", found.rule, found.subject))
        .collect();
    assert_eq!(
        told,
        [
            "full-access a",
            "high-risk-scope c",
            "unknown-scope b",
            "full-access vendor"
        ]
    );
    assert_eq!((report.totals.policy_findings, report.totals.waived), (3, 1));
}

#[test]
fn a_forbidden_scope_that_nobody_knows_is_pointed_out() {
    let inputs = PolicyInputs {
        forbidden_scopes: Some(ScopeSet::parse("vso.code_ful vso.code")),
        ..PolicyInputs::default()
    };
    let policy = Policy::load(None, &inputs).unwrap();
    let report = judge(
        &[reading("acme", vec![])],
        &MonitorSettings { policy, ..settings() },
        run(),
        now(),
    );
    assert_eq!(report.notes.len(), 1);
    assert!(report.notes[0].contains("vso.code_ful "));
    assert_eq!(
        report.status,
        Verdict::Ok,
        "nothing to judge and nothing asked for"
    );
}

fn end(status: Verdict, fail_on: FailOn) -> (StepResult, u8) {
    let report = Report {
        status,
        ..acme(vec![])
    };
    let end = step_end(&report, fail_on, FailOnPolicy::Never);
    (end.result, end.exit_code)
}

#[test]
fn the_threshold_fails_what_is_at_or_over_it() {
    use StepResult::{Failed, Succeeded, SucceededWithIssues};
    let all = [
        Verdict::Ok,
        Verdict::Warning,
        Verdict::Critical,
        Verdict::Expired,
        Verdict::Missing,
    ];
    for (fail_on, first_failing) in [
        (FailOn::Never, 5),
        (FailOn::Expired, 3),
        (FailOn::Critical, 2),
        (FailOn::Warning, 1),
    ] {
        for (at, status) in all.into_iter().enumerate() {
            let expected = match at {
                0 => (Succeeded, 0),
                at if at >= first_failing => (Failed, 1),
                _ => (SucceededWithIssues, 0),
            };
            assert_eq!(end(status, fail_on), expected, "{status:?} {fail_on:?}");
        }
        assert_eq!(end(Verdict::Unknown, fail_on).0, Failed);
    }
}

#[test]
fn of_several_failures_the_exit_code_is_the_gravest_one() {
    use FailureKind::{NeedsPerson, Refused, Service};
    for (kinds, expected) in [
        (vec![Service], 4),
        (vec![Service, Refused], 3),
        (vec![Refused, NeedsPerson, Service], 5),
    ] {
        let mut broken = reading("acme", vec![pat("a", 1, -days(1))]);
        broken.unreadable.extend(kinds.into_iter().map(unreadable));
        let end = step_end(&judged(&[broken]), FailOn::Expired, FailOnPolicy::Never);
        assert_eq!((end.result, end.exit_code), (StepResult::Failed, expected));
    }
}

#[test]
fn policy_fails_a_step_only_where_asked_and_not_what_is_waived() {
    let mut risky = pat("a", 1, days(60));
    risky.scopes = ScopeSet::parse("vso.code_write");
    let warned = acme(vec![risky.clone()]);
    risky.scopes = ScopeSet::parse("app_token");
    let mut broken = acme(vec![risky]);
    let code = |report: &Report, policy| step_end(report, FailOn::Warning, policy).exit_code;
    assert_eq!(
        [FailOnPolicy::Never, FailOnPolicy::Error, FailOnPolicy::Warning].map(|p| code(&warned, p)),
        [0, 0, 1]
    );
    assert_eq!(
        [FailOnPolicy::Never, FailOnPolicy::Error, FailOnPolicy::Warning].map(|p| code(&broken, p)),
        [0, 1, 1]
    );
    assert_eq!(
        step_end(&broken, FailOn::Warning, FailOnPolicy::Never).result,
        StepResult::Succeeded
    );

    let quiet = StepEnd {
        result: StepResult::Succeeded,
        exit_code: 0,
    };
    assert!(broken.needs_attention(quiet) && !warned.needs_attention(quiet));
    broken.findings[0].waived = Some(crate::report::Waived {
        reason: "known".to_owned(),
        until: "2027-01-01".to_owned(),
    });
    assert_eq!(code(&broken, FailOnPolicy::Warning), 0);
    assert!(!broken.needs_attention(quiet));
    assert!(broken.needs_attention(StepEnd {
        result: StepResult::Failed,
        exit_code: 1
    }));
}

prop_compose! {
    pub(crate) fn any_pat()(
        id in 0_u8..40,
        name in prop_oneof!["ci", "ci-2026-0[1-9]-1[0-9]", "[a-c]", "\\PC{0,12}"],
        age in 0_i64..400,
        left in -4_000_000_i64..9_000_000,
        reach in prop::option::of(prop::collection::vec(prop_oneof!["acme-id", "beta-id", "other-id"], 0..3)),
        scopes in prop_oneof!["vso.build", "app_token vso.code", "vso.code_write vso.code", "\\PC{0,10}"],
        expired in any::<bool>(),
    ) -> Pat {
        Pat {
            authorization_id: AuthorizationId::new(format!("id-{id}")),
            display_name: name,
            scopes: ScopeSet::parse(&scopes),
            valid_from: now() - days(age),
            valid_to: now() + TimeDelta::seconds(left),
            reach: reach.map_or(Reach::AllOrganizations, Reach::Organizations),
            listed: if expired { Listed::Expired } else { Listed::Active },
        }
    }
}

prop_compose! {
    pub(crate) fn any_reading()(
        organization in prop_oneof![Just("acme"), Just("beta")],
        known in any::<bool>(),
        pats in prop::collection::vec(any_pat(), 0..25),
        broken in prop::option::weighted(0.2, Just(FailureKind::Refused)),
    ) -> OrganizationReading {
        // One list names an id once; what differs between two entries of one id is for the merge.
        let mut once: Vec<Pat> = Vec::new();
        for pat in pats {
            if once.iter().all(|seen| (&seen.authorization_id, seen.listed) != (&pat.authorization_id, pat.listed)) {
                once.push(pat);
            }
        }
        let mut reading = reading(organization, once);
        reading.account_id = known.then(|| format!("{organization}-id"));
        reading.unreadable.extend(broken.map(unreadable));
        reading
    }
}

prop_compose! {
    pub(crate) fn any_settings()(
        names in prop::collection::vec("[a-c*?]{1,3}|ci*", 0..3),
        required in prop::collection::vec("[a-c*?]{1,3}|ci*", 0..3),
        critical in 0_u32..40,
        more in 0_u32..40,
        within in 0_u32..60,
    ) -> MonitorSettings {
        MonitorSettings {
            names: names.into_iter().map(Glob::new).collect(),
            require_names: required.into_iter().map(Glob::new).collect(),
            warning_days: critical + more,
            critical_days: critical,
            expired_within_days: within,
            ..settings()
        }
    }
}

proptest! {
    #[test]
    fn totals_part_the_pats_and_the_verdict_is_the_worst(
        readings in prop::collection::vec(any_reading(), 0..3),
        settings in any_settings(),
    ) {
        let report = judge(&readings, &settings, run(), now());
        let totals = report.totals;
        prop_assert_eq!(totals.total, totals.healthy + totals.warning + totals.critical + totals.expired + totals.replaced);
        prop_assert_eq!(totals.total as usize, report.pats.len());
        prop_assert_eq!((totals.policy_findings + totals.waived) as usize, report.findings.len());
        let mut ids: Vec<_> = report.pats.iter().map(|pat| &pat.authorization_id).collect();
        ids.sort_unstable();
        ids.dedup();
        prop_assert_eq!(ids.len(), report.pats.len(), "an id counts once");
        if settings.names.is_empty() {
            let mut listed: Vec<_> = readings.iter().flat_map(|reading| &reading.pats).map(|pat| &pat.authorization_id).collect();
            listed.sort_unstable();
            listed.dedup();
            prop_assert_eq!((totals.total + totals.history + totals.elsewhere) as usize, listed.len(), "none is lost");
        }

        let has = |status| report.pats.iter().any(|pat| pat.status == status);
        let expected = if !report.unreadable.is_empty() { Verdict::Unknown }
            else if !report.missing.is_empty() { Verdict::Missing }
            else if has(PatStatus::Expired) { Verdict::Expired }
            else if has(PatStatus::Critical) { Verdict::Critical }
            else if has(PatStatus::Warning) { Verdict::Warning }
            else { Verdict::Ok };
        prop_assert_eq!(report.status, expected);
        prop_assert!(report.pats.is_sorted_by_key(PatEntry::key));
        for pat in &report.pats {
            prop_assert_eq!(pat.status == PatStatus::Expired, pat.effective_expiry <= now());
            prop_assert_eq!(pat.status == PatStatus::Replaced, pat.replaced_by.is_some());
        }
        let end = step_end(&report, FailOn::Never, FailOnPolicy::Never);
        prop_assert_eq!(end.result == StepResult::Failed, end.exit_code != 0);
        prop_assert_eq!(end.result == StepResult::Failed, report.status == Verdict::Unknown);
    }

    #[test]
    fn the_order_in_which_pats_are_listed_makes_no_difference(
        (readings, shuffled) in prop::collection::vec(any_reading(), 0..3).prop_flat_map(|readings| {
            let shuffled: Vec<_> = readings
                .iter()
                .map(|reading| {
                    let reading = reading.clone();
                    Just(reading.pats.clone())
                        .prop_shuffle()
                        .prop_map(move |pats| OrganizationReading { pats, ..reading.clone() })
                })
                .collect();
            (Just(readings), shuffled)
        }),
        settings in any_settings(),
    ) {
        prop_assert_eq!(judge(&readings, &settings, run(), now()), judge(&shuffled, &settings, run(), now()));
    }

    #[test]
    fn a_report_is_read_back_as_it_was_written(reading in any_reading(), settings in any_settings()) {
        let report = judge(&[reading], &settings, run(), now());
        let text = serde_json::to_string(&report).unwrap();
        prop_assert_eq!(crate::report::from_json(&text), Ok(report));
    }

    #[test]
    fn nothing_gets_better_by_waiting(pats in prop::collection::vec(any_pat(), 1..8), later in 0_i64..100) {
        // Alone in its family a PAT only ever gets worse, until it is history.
        for (at, mut pat) in pats.into_iter().enumerate() {
            pat.display_name = format!("pat {at}");
            pat.listed = Listed::Active;
            let endless = MonitorSettings { expired_within_days: u32::MAX, ..settings() };
            let reading = [reading("acme", vec![in_accounts(pat, &["acme-id"])])];
            let first = judge(&reading, &endless, run(), now()).status;
            prop_assert!(judge(&reading, &endless, run(), now() + days(later)).status >= first);
        }
    }
}
