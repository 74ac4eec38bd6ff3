//! Slices and reports that are one whole, and those that are not.

use chrono::TimeDelta;
use proptest::prelude::*;

use super::*;
use crate::failure::FailureKind;
use crate::glob::Glob;
use crate::judge::judging_tests::{User, any_organization_settings, any_users, owner, whole};
use crate::judge::tests::{days, global, globs, in_accounts, now, pat, reading, run, settings, unreadable};
use crate::judge::{FailOn, FailOnPolicy, Judged, MonitorSettings, Scope, step_end};
use crate::pat::AuthorizationId;
use crate::policy::{Policy, PolicyInputs};
use crate::report::{Missing, UnreadableEntry, UsersEntry, Verdict};
use crate::scope::ScopeSet;

const ALL: Scope = Scope::Organization {
    slice: None,
    several: false,
};

/// A report as its file has it: the head, and all rows.
type File = (Report, Judged);

fn asked(settings: &MonitorSettings) -> Asked<'_> {
    Asked {
        settings,
        scope: ALL,
        given: &[],
    }
}

fn named(files: &[File]) -> Vec<(String, Report)> {
    let name = |(at, (head, _)): (usize, &File)| (format!("slice-{}.json", at + 1), head.clone());
    files.iter().enumerate().map(name).collect()
}

/// The merged report, and its rows in order.
fn merged_by(files: &[File], asked: &Asked<'_>) -> Result<File, MergeError> {
    let mut all = Judged::default();
    let report = merge(
        &named(files),
        asked,
        run(),
        now(),
        &mut |at, take| {
            let (_, rows) = &files[at];
            // A file may have its members in any order.
            let mut rows: Vec<Row> = rows.clone().into_rows().collect();
            if at % 2 == 1 {
                rows.reverse();
            }
            rows.into_iter()
                .try_for_each(take)
                .map_err(|error| ReportError::Io(error.to_string()))
        },
        &mut |row| {
            match row {
                Row::Pat(pat) => all.pats.push(pat),
                Row::Finding(finding) => all.findings.push(finding),
                Row::Unreadable(entry) => all.unreadable.push(entry),
            }
            Ok(())
        },
    )?;
    all.pats.sort_by_key(PatEntry::key);
    all.findings.sort_by_key(Finding::key);
    all.unreadable.sort_by_key(UnreadableEntry::key);
    Ok((report, all))
}

fn merged(files: &[File]) -> Result<Report, MergeError> {
    merged_by(files, &asked(&settings())).map(|(report, _)| report)
}

fn refusal(files: &[File]) -> String {
    merged(files).expect_err("refused").to_string()
}

/// The reports of `of` slices.
fn slices(users: &[User], settings: &MonitorSettings, of: u32) -> Vec<File> {
    (1..=of)
        .map(|position| {
            let slice = Slice::new(position, of).unwrap();
            let share: Vec<User> = users
                .iter()
                .filter(|(owner, _)| slice.holds(&owner.descriptor))
                .cloned()
                .collect();
            let scope = Scope::Organization {
                slice: Some(slice),
                several: false,
            };
            whole(&share, settings, scope)
        })
        .collect()
}

/// Three slices of an organization of six users.
fn three() -> Vec<File> {
    let users: Vec<User> = (0..6)
        .map(|number| {
            let mut pats = vec![pat(&format!("ci-{number}"), 1, days(20 + number))];
            pats[0].authorization_id = AuthorizationId::new(format!("id-{number}"));
            (owner(&format!("user{number}")), reading("acme", pats))
        })
        .collect();
    slices(&users, &settings(), 3)
}

#[test]
fn every_slice_once_is_one_verdict() {
    let report = merged(&three()).unwrap();
    assert_eq!((report.status, report.totals.total), (Verdict::Warning, 6));
    assert_eq!(report.slice, None);
    let merged: Vec<_> = report
        .merged
        .iter()
        .map(|entry| format!("{} {}", entry.source, entry.slice.unwrap()))
        .collect();
    assert_eq!(
        merged,
        [
            "slice-1.json 1 of 3",
            "slice-2.json 2 of 3",
            "slice-3.json 3 of 3"
        ]
    );
    let [organization] = report.organizations.as_slice() else {
        panic!("one organization")
    };
    let users = organization.users.unwrap();
    assert_eq!((organization.read, users.read), (6, 6));
    assert_eq!(users.skipped, 5, "each slice passes over the same ones");
    assert_eq!(report.run.requests, 4 * run().requests);
}

#[test]
fn a_missing_slice_is_named() {
    let mut files = three();
    files.remove(1);
    assert_eq!(
        refusal(&files),
        "acme: slice 2 of 3 missing: give the report of every slice; a job that left none has to run again"
    );
    files.remove(0);
    assert!(refusal(&files).starts_with("acme: slices 1, 2 of 3 missing"));
    assert!(matches!(merged(&[]), Err(MergeError::Nothing)));
}

#[test]
fn a_doubled_slice_is_named_with_both_files() {
    let mut files = three();
    files.push(files[2].clone());
    assert_eq!(
        refusal(&files),
        "slice-4.json and slice-3.json are both slice 3 of 3 of acme: give each slice once"
    );
    let alone = whole(&[], &settings(), ALL);
    assert!(refusal(&[alone.clone(), alone]).contains("both slice 1 of 1"));
}

#[test]
fn slices_of_two_runs_do_not_mix() {
    let mut files = three();
    files[1].0.slice.as_mut().unwrap().of = 4;
    assert_eq!(
        refusal(&files),
        "slice-2.json is slice 2 of 4, but slice-1.json is slice 1 of 3 of the same organization: give the slices of \
         one run"
    );
    let mut files = three();
    files[1].0.slice = None;
    assert!(refusal(&files).starts_with("slice-2.json is slice 1 of 1, but slice-1.json is slice 1 of 3"));
}

/// A share that is called another one would leave its own users unjudged.
#[test]
fn a_slice_that_is_called_another_one_is_seen() {
    let mut files = three();
    let (first, second) = (files[0].clone(), files[1].clone());
    assert!(!second.1.pats.is_empty());
    files[1] = first;
    files[1].0.slice.as_mut().unwrap().position = 2;
    let refusal = refusal(&files);
    assert!(
        refusal.starts_with("slice-2.json: the owner of ci-") && refusal.contains("is not in slice 2 of 3"),
        "{refusal}"
    );
    for (position, of) in [(0, 3), (4, 3), (1, 0), (1, u32::MAX)] {
        let mut files = three();
        let slice = files[0].0.slice.as_mut().unwrap();
        (slice.position, slice.of) = (position, of);
        assert!(matches!(merged(&files), Err(MergeError::DoesNotAddUp { .. })));
    }
}

#[test]
fn other_settings_are_named_with_both_values() {
    let mut files = three();
    files[2].0.settings.warning_days = 45;
    assert_eq!(
        refusal(&files),
        "warningDays is 45 in slice-3.json, but 30 in slice-1.json: reports are merged where all were judged by the \
         same, failOn and failOnPolicy apart"
    );
    let mut files = three();
    files[1].0.settings.rules[0].limit = Some("60 days".to_owned());
    assert!(
        refusal(&files)
            .starts_with("the rule lifetime is error, 60 days in slice-2.json, but error, 90 days in")
    );
    let mut files = three();
    files[1].0.settings.require_names.push("x".to_owned());
    assert!(refusal(&files).starts_with("requireNames is x in slice-2.json, but blank in slice-1.json"));
    let mut files = three();
    files[1].0.settings.scope = "mine".to_owned();
    assert!(refusal(&files).starts_with("scope is mine in slice-2.json"));

    let mut files = three();
    files[1].0.settings.fail_on = "never".to_owned();
    files[1].0.settings.fail_on_policy = "warning".to_owned();
    files[1].0.settings.rules[0].from = "input".to_owned();
    assert!(merged(&files).is_ok(), "the merging step fails by its own");
}

#[test]
fn the_merging_step_fails_by_its_own_threshold_and_asks_for_nothing_else_than_was_judged() {
    let files = three();
    let own = MonitorSettings {
        fail_on: FailOn::Warning,
        fail_on_policy: FailOnPolicy::Error,
        // A default, whatever it was judged by.
        warning_days: 31,
        ..settings()
    };
    let (report, _) = merged_by(&files, &asked(&own)).unwrap();
    assert_eq!(
        (
            report.settings.fail_on.as_str(),
            report.settings.fail_on_policy.as_str()
        ),
        ("warning", "error")
    );
    assert_eq!(report.settings.warning_days, 30);
    assert_eq!(step_end(&report, own.fail_on, own.fail_on_policy).exit_code, 1);

    let refused = |asked: &Asked<'_>| merged_by(&files, asked).expect_err("refused").to_string();
    let given = Asked {
        given: &["warningDays"],
        ..asked(&own)
    };
    assert!(refused(&given).starts_with("warningDays is 30 in slice-1.json, but 31 in this step"));
    let named = MonitorSettings {
        names: globs(&["ci*"]),
        ..settings()
    };
    assert!(refused(&asked(&named)).starts_with("names is blank in slice-1.json, but ci* in this step"));
    let policy = |file| MonitorSettings {
        policy: Policy::load(Some(file), &PolicyInputs::default()).unwrap(),
        ..settings()
    };
    let ruled = policy("version: 1\nrules:\n  lifetime: { maxDays: 60 }\n");
    assert!(
        refused(&asked(&ruled))
            .starts_with("the rule lifetime is error, 90 days in slice-1.json, but error, 60")
    );
    let same = policy("version: 1\nrules:\n  lifetime: { maxDays: 90 }\n");
    assert!(merged_by(&files, &asked(&same)).is_ok());
    let waived = policy("version: 1\nwaivers:\n  - {rule: name, pat: x, reason: y, until: 2027-01-31}\n");
    assert!(
        refused(&asked(&waived)).contains("waivers (policyFile) is blank in slice-1.json, but name for x")
    );
}

#[test]
fn what_was_judged_too_far_apart_or_in_the_future_is_no_verdict() {
    let shift = |by: TimeDelta| {
        let mut files = three();
        files[1].0.run.at += by;
        files
    };
    assert!(merged(&shift(-TimeDelta::hours(6))).is_ok());
    assert_eq!(
        refusal(&shift(-TimeDelta::hours(6) - TimeDelta::seconds(1))),
        "slice-3.json was judged 2026-11-21 08:00 UTC, slice-2.json 2026-11-21 01:59 UTC: more than 6 h lie between \
         them; run the older one again"
    );
    assert!(merged(&shift(TimeDelta::minutes(5))).is_ok());
    assert!(
        refusal(&shift(TimeDelta::minutes(6)))
            .starts_with("slice-2.json was judged 2026-11-21 08:06 UTC, but now")
    );
    assert!(matches!(
        merged(&shift(TimeDelta::days(90_000_000))),
        Err(MergeError::InTheFuture { .. })
    ));
}

#[test]
fn a_verdict_of_yesterday_is_none() {
    let aged = |by: TimeDelta| {
        let mut files = three();
        for (head, _) in &mut files {
            head.run.at -= by;
        }
        // That one is newer than the others helps only where it is new enough itself.
        files[1].0.run.at += TimeDelta::hours(1);
        files
    };
    let limit = TimeDelta::hours(25);
    assert!(merged(&aged(limit)).is_ok());
    assert_eq!(
        refusal(&aged(limit + TimeDelta::minutes(1))),
        "slice-2.json, the newest, was judged 2026-11-20 07:59 UTC, but now it is 2026-11-21 08:00 UTC: more than 24 h \
         lie between them; run every slice again"
    );
}

#[test]
fn slices_of_another_organization_fill_no_gap() {
    let renamed = |name: &str| {
        let mut files = three();
        files[1].0.organizations[0].name = name.to_owned();
        files
    };
    assert_eq!(
        refusal(&renamed("beta")),
        "slice-2.json is of beta, but slice-1.json is of acme: give the slices of one run, and each organization once"
    );
    assert!(
        merged(&renamed("ACME")).is_ok(),
        "organizations have no letter case"
    );
    let mut files = three();
    let again = files[1].0.organizations[0].clone();
    files[1].0.organizations.push(again);
    files[1].0.organizations[0].name = "beta".to_owned();
    assert!(matches!(
        merged(&files),
        Err(MergeError::OtherOrganization { .. })
    ));
    let mut files = three();
    files[1].0.organizations[0].account_id = Some("another".to_owned());
    assert!(
        refusal(&files)
            .starts_with("slice-2.json is of acme (another), but slice-1.json is of acme (acme-ID)")
    );
}

#[test]
fn a_report_whose_rows_are_not_what_it_counted_is_refused() {
    let breaks: [fn(&mut File); 5] = [
        |file| drop(file.1.pats.pop()),
        |file| file.0.totals.unreadable = 1,
        |file| file.0.totals.policy_findings += 1,
        |file| {
            file.0.missing.push(Missing {
                input: "names".to_owned(),
                pattern: "x".to_owned(),
            })
        },
        |file| file.1.pats[0].status = PatStatus::Replaced,
    ];
    for (number, break_it) in breaks.into_iter().enumerate() {
        let mut files = three();
        let full = files.iter().position(|(_, rows)| !rows.pats.is_empty()).unwrap();
        break_it(&mut files[full]);
        let refused = merged(&files);
        assert!(
            matches!(refused, Err(MergeError::DoesNotAddUp { .. })),
            "{number} {refused:?}"
        );
    }
}

#[test]
fn a_verdict_that_is_unknown_without_a_reason_stays_unknown() {
    let mut files = three();
    files[2].0.status = Verdict::Unknown;
    let report = merged(&files).unwrap();
    assert_eq!(report.status, Verdict::Unknown);
    assert_eq!(step_end(&report, FailOn::Never, FailOnPolicy::Never).exit_code, 4);
    assert_eq!(
        report.notes,
        ["slice-3.json calls its verdict unknown and does not say why."]
    );
}

#[test]
fn a_file_that_changes_while_it_is_merged_is_told_of() {
    let refused = merge(
        &named(&three()),
        &asked(&settings()),
        run(),
        now(),
        &mut |_, _| Err(ReportError::NotAReport),
        &mut |_| Ok(()),
    );
    let refused = refused.unwrap_err().to_string();
    assert!(
        refused.starts_with("slice-1.json: this is JSON, but no report"),
        "{refused}"
    );
}

/// As if one user of one organization had been read.
fn only(report: &mut Report, organization: &str) {
    report.organizations.retain(|entry| entry.name == organization);
    for entry in &mut report.organizations {
        entry.users = Some(UsersEntry {
            read: 1,
            ..UsersEntry::default()
        });
    }
}

#[test]
fn a_report_that_is_milder_than_its_counts_or_silent_on_users_is_refused() {
    let mut milder = three();
    milder[1].0.status = Verdict::Ok;
    milder[1].0.totals.unreadable = 1;
    let refused = merged(&milder).unwrap_err().to_string();
    assert!(refused.contains("milder"), "{refused}");
    let mut silent = three();
    silent[1].0.organizations[0].users = None;
    let refused = merged(&silent).unwrap_err().to_string();
    assert!(refused.contains("how many users"), "{refused}");
}

#[test]
fn a_pat_in_reports_of_two_organizations_counts_once_where_it_stands_worst() {
    let old = global(pat("ci-2026-08-20", 100, days(3)));
    let mut risky = global(pat("ci-2026-11-20", 10, days(80)));
    risky.scopes = ScopeSet::parse("app_token");
    let of = |name: &str, pats| {
        let user = (owner("ann"), reading(name, pats));
        let (mut report, rows) = whole(&[user], &settings(), ALL);
        only(&mut report, name);
        (report, rows)
    };
    // In acme a newer one has replaced it, in beta none has.
    let mut files = [
        of("acme", vec![old.clone(), risky.clone()]),
        of("beta", vec![old]),
    ];
    for _ in 0..2 {
        let (report, rows) = merged_by(&files, &asked(&settings())).unwrap();
        let told: Vec<_> = rows
            .pats
            .iter()
            .map(|pat| format!("{} {} {:?}", pat.organization, pat.display_name, pat.status))
            .collect();
        assert_eq!(
            told,
            ["beta ci-2026-08-20 Critical", "acme ci-2026-11-20 Warning"]
        );
        let about_old = |finding: &&Finding| finding.subject == "ci-2026-08-20";
        let organizations: Vec<_> = rows
            .findings
            .iter()
            .filter(about_old)
            .map(|finding| finding.organization.as_deref())
            .collect();
        assert!(organizations.iter().all(|of| *of == Some("beta")) && !organizations.is_empty());
        assert_eq!(report.totals.total, 2);
        assert_eq!(report.totals.policy_findings as usize, rows.findings.len());
        files.reverse();
    }
}

#[test]
fn a_pattern_is_missing_only_where_no_organization_has_it() {
    let demanding = MonitorSettings {
        require_names: globs(&["here", "there", "nowhere"]),
        ..settings()
    };
    let of = |organization: &str, name: &str| {
        let pats = vec![in_accounts(
            pat(name, 1, days(60)),
            &[&format!("{organization}-id")],
        )];
        let user = (owner("ann"), reading(organization, pats));
        let (mut report, rows) = whole(&[user], &demanding, ALL);
        only(&mut report, organization);
        (report, rows)
    };
    let (report, _) = merged_by(&[of("acme", "here"), of("beta", "there")], &asked(&demanding)).unwrap();
    let missing: Vec<_> = report
        .missing
        .iter()
        .map(|missing| missing.pattern.as_str())
        .collect();
    assert_eq!((missing, report.status), (vec!["nowhere"], Verdict::Missing));
}

/// The lists of users that every slice reads: one that breaks is one thing, told by each.
#[test]
fn what_every_slice_could_not_read_counts_once() {
    let broken = |position| {
        let scope = Scope::Organization {
            slice: Slice::new(position, 2),
            several: false,
        };
        let mut read = reading("acme", vec![]);
        read.unreadable.push(unreadable(FailureKind::Service));
        whole(&[(owner("nobody"), read)], &settings(), scope)
    };
    let report = merged(&[broken(1), broken(2)]).unwrap();
    assert_eq!((report.totals.unreadable, report.unreadable.len()), (1, 1));
    assert_eq!(report.status, Verdict::Unknown);
}

proptest! {
    #[test]
    fn slices_merged_are_the_whole(
        users in any_users(),
        settings in any_organization_settings(),
        of in 1_u32..5,
        turn in any::<bool>(),
    ) {
        let (expected, expected_rows) = whole(&users, &settings, ALL);
        let mut files = slices(&users, &settings, of);
        if turn {
            files.reverse();
        }
        let nothing_said = MonitorSettings {
            names: Vec::<Glob>::new(),
            require_names: Vec::new(),
            policy: Policy::default(),
            ..settings
        };
        let (report, rows) = merged_by(&files, &asked(&nothing_said)).unwrap();
        prop_assert_eq!(rows, expected_rows);
        let as_whole = Report {
            run: expected.run.clone(),
            merged: Vec::new(),
            notes: expected.notes.clone(),
            ..report.clone()
        };
        prop_assert_eq!(as_whole, expected.clone());
        let sorted = |mut notes: Vec<String>| { notes.sort(); notes };
        prop_assert_eq!(sorted(report.notes), sorted(expected.notes));
    }

    #[test]
    fn without_one_slice_there_is_no_verdict(users in any_users(), of in 2_u32..6, out in 0_usize..6) {
        let mut files = slices(&users, &settings(), of);
        files.remove(out % of as usize);
        let refused = matches!(merged(&files), Err(MergeError::MissingSlice { .. }));
        prop_assert!(refused);
    }
}
