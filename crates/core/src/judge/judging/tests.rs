//! Every user's PATs, judged bit by bit.

use proptest::prelude::*;

use super::*;
use crate::failure::FailureKind;
use crate::judge::tests::{
    any_pat, any_settings, days, global, globs, lines, now, pat, reading, run, settings, unreadable,
};
use crate::judge::{FailOn, FailOnPolicy, step_end};
use crate::owner::SubjectDescriptor;
use crate::pat::Pat;
use crate::policy::{Policy, PolicyInputs};
use crate::report::{PatKey, Severity, Verdict};

const ALONE: Scope = Scope::Organization {
    slice: None,
    several: false,
};
const SEVERAL: Scope = Scope::Organization {
    slice: None,
    several: true,
};

pub(crate) fn owner(name: &str) -> Owner {
    Owner {
        descriptor: SubjectDescriptor::parse(&format!("aad.{name}")).unwrap(),
        principal_name: Some(format!("{name}@acme.example")),
        display_name: None,
        deleted_in_origin: false,
    }
}

/// A user, and what was read of their PATs.
pub(crate) type User = (Owner, OrganizationReading);

/// The report of some users, and all of its rows.
pub(crate) fn whole(users: &[User], settings: &MonitorSettings, scope: Scope) -> (Report, Judged) {
    let mut judging = Judging::new(settings, scope, now());
    let mut all = Judged::default();
    let mut add = |more: Judged| {
        all.pats.extend(more.pats);
        all.findings.extend(more.findings);
        all.unreadable.extend(more.unreadable);
    };
    add(judging.take(&[reading("acme", vec![])], None));
    let mut counts = UsersEntry {
        skipped: 5,
        ..UsersEntry::default()
    };
    for (owner, read) in users {
        // The user whom nobody knows.
        if owner.descriptor.as_str().starts_with("aad.gone") {
            counts.gone += 1;
            let failure = Failure::new(FailureKind::Service, "404");
            add(judging.gone(&read.organization, owner, &failure));
            continue;
        }
        counts.read += 1;
        add(judging.take(std::slice::from_ref(read), Some(owner)));
    }
    judging.users(&reading("acme", vec![]).organization, counts);
    let (report, last) = judging.finish(run());
    add(last);
    all.pats.sort_by_key(PatEntry::key);
    all.findings.sort_by_key(Finding::key);
    all.unreadable.sort_by_key(UnreadableEntry::key);
    (report, all)
}

fn user(name: &str, pats: Vec<Pat>) -> User {
    (owner(name), reading("acme", pats))
}

#[test]
fn one_users_pat_never_replaces_anothers() {
    let old = |days_left| pat("ci-2026-08-20", 90, days(days_left));
    let new = pat("ci-2026-11-20", 1, days(80));
    let (report, _) = whole(
        &[user("ann", vec![old(3)]), user("bob", vec![new.clone()])],
        &settings(),
        ALONE,
    );
    assert_eq!(
        lines(&report),
        ["ci-2026-08-20 Critical 3", "ci-2026-11-20 Healthy 80"]
    );
    assert_eq!(report.settings.scope, "organization");
    let named: Vec<_> = report
        .pats
        .iter()
        .map(|pat| pat.owner.as_ref().unwrap().name.as_str())
        .collect();
    assert_eq!(named, ["ann@acme.example", "bob@acme.example"]);

    let (report, _) = whole(&[user("ann", vec![old(3), new])], &settings(), ALONE);
    assert_eq!((report.status, report.totals.replaced), (Verdict::Ok, 1));
}

#[test]
fn each_live_pat_of_an_owner_who_is_gone_from_the_directory_is_a_finding() {
    let (mut gone, pats) = user(
        "ann",
        vec![
            pat("a", 1, days(60)),
            pat("b", 1, days(50)),
            pat("c", 9, -days(1)),
        ],
    );
    gone.deleted_in_origin = true;
    let (report, _) = whole(&[(gone, pats)], &settings(), ALONE);
    let found: Vec<_> = report
        .findings
        .iter()
        .filter(|finding| finding.rule == "orphaned-owner")
        .collect();
    assert_eq!(found.len(), 2, "what has ended opens nothing");
    for finding in found {
        assert_eq!(finding.severity, Severity::Error);
        assert!(finding.authorization_id.is_some());
        assert!(finding.message.contains("ann@acme.example"));
        assert!(
            finding
                .remedy
                .contains("PatRevoke@1, scope: organization, owners: ann@acme.example")
        );
    }
}

/// What token administration calls a user may be no name that an input takes.
#[test]
fn the_remedy_names_an_owner_as_the_input_takes_them() {
    let (mut gone, pats) = user("ann", vec![pat("a", 1, days(60))]);
    gone.deleted_in_origin = true;
    gone.principal_name = Some("Ann the first, owners: *".to_owned());
    let (report, _) = whole(&[(gone, pats)], &settings(), ALONE);
    let remedy = &report.findings[0].remedy;
    assert!(remedy.contains("owners: aad.ann "), "{remedy}");
}

#[test]
fn a_user_whom_the_service_does_not_know_is_one_finding_that_can_be_waived_or_switched_off() {
    let gone = [user("gone1", vec![])];
    let (report, rows) = whole(&gone, &settings(), ALONE);
    assert_eq!(rows.findings, report.findings);
    assert_eq!(report.findings[0].subject, "gone1@acme.example");
    assert_eq!(report.findings[0].rule, "orphaned-owner");
    assert_eq!((report.status, report.totals.policy_findings), (Verdict::Ok, 1));
    assert_eq!(report.organizations[0].users.unwrap().gone, 1);

    let waived = with_policy(
        "version: 1\nwaivers:\n  - {rule: orphaned-owner, pat: 'gone1@*', reason: y, until: 2027-01-01}\n",
    );
    let (report, _) = whole(&gone, &waived, ALONE);
    assert_eq!((report.totals.policy_findings, report.totals.waived), (0, 1));
    let off = with_policy("version: 1\nrules:\n  orphaned-owner: { severity: off }\n");
    assert!(whole(&gone, &off, ALONE).0.findings.is_empty());
}

fn with_policy(file: &str) -> MonitorSettings {
    MonitorSettings {
        policy: Policy::load(Some(file), &PolicyInputs::default()).unwrap(),
        ..settings()
    }
}

#[test]
fn what_only_the_whole_decides_is_left_open_by_a_share() {
    let demanding = MonitorSettings {
        names: globs(&["ci*"]),
        require_names: globs(&["release", "ci"]),
        ..with_policy("version: 1\nwaivers:\n  - {rule: name, pat: x, reason: y, until: 2027-01-31}\n")
    };
    let slice = Slice::new(2, 3);
    let share = Scope::Organization {
        slice,
        several: false,
    };
    let (report, _) = whole(&[], &demanding, share);
    assert_eq!((report.status, report.totals.missing), (Verdict::Ok, 0));
    let slice = report.slice.unwrap();
    assert_eq!((slice.position, slice.of), (2, 3));
    let unmatched: Vec<_> = slice
        .unmatched
        .iter()
        .map(|missing| missing.pattern.as_str())
        .collect();
    assert_eq!(unmatched, ["ci*", "release", "ci"]);
    assert_eq!(slice.unused, None, "with `names` not all is seen");

    let all = MonitorSettings {
        names: vec![],
        ..demanding
    };
    let (report, rows) = whole(&[], &all, share);
    assert_eq!(report.slice.unwrap().unused.unwrap().len(), 1);
    assert!(rows.findings.is_empty());
    let (report, _) = whole(&[], &all, ALONE);
    assert_eq!((report.status, report.totals.missing), (Verdict::Missing, 2));
    assert_eq!(report.findings[0].rule, "unused-waiver");
}

#[test]
fn a_head_counts_all_and_holds_the_heaviest() {
    let many = |number: u32| {
        let mut mine = pat(&format!("pat-{number}"), 1, days(40));
        mine.authorization_id = AuthorizationId::new(format!("{number:08x}-0000-4000-8000-000000000000"));
        let mut read = reading("acme", vec![mine]);
        read.unreadable.push(unreadable(FailureKind::Service));
        (owner(&format!("user{number}")), read)
    };
    let mut users: Vec<User> = (0..2_500).map(many).collect();
    // The last one decides everything.
    let mut worst = pat("worst", 1, -days(1));
    worst.authorization_id = AuthorizationId::new("worst");
    let mut risky = pat("risky", 1, days(60));
    risky.scopes = crate::scope::ScopeSet::parse("app_token");
    users.push(user("last", vec![worst, risky]));
    users
        .last_mut()
        .unwrap()
        .1
        .unreadable
        .push(unreadable(FailureKind::Refused));

    let (report, rows) = whole(&users, &settings(), ALONE);
    assert_eq!((rows.pats.len(), rows.unreadable.len()), (2_502, 2_501));
    assert_eq!((report.pats.len(), report.unreadable.len()), (ROWS, ROWS));
    assert_eq!((report.totals.total, report.totals.unreadable), (2_502, 2_501));
    assert_eq!(report.pats, rows.pats[..ROWS]);
    assert_eq!(report.pats[0].display_name, "worst");
    assert_eq!(report.findings[0].rule, "full-access");
    let end = step_end(&report, FailOn::Never, FailOnPolicy::Error);
    assert_eq!(end.exit_code, 3, "the refusal came last and counts most");
}

#[test]
fn a_pat_of_several_organizations_counts_once_and_is_replaced_only_where_it_is_in_all() {
    let old = global(pat("ci-2026-08-20", 100, days(3)));
    let new = pat("ci-2026-11-20", 10, days(80));
    let beta = |pats: Vec<Pat>| (owner("ann"), reading("beta", pats));
    for turned in [false, true] {
        let mut half = [
            user("ann", vec![old.clone(), new.clone()]),
            beta(vec![old.clone()]),
        ];
        if turned {
            half.reverse();
        }
        let (report, rows) = whole(&half, &settings(), SEVERAL);
        assert_eq!(
            lines(&report),
            ["ci-2026-08-20 Critical 3", "ci-2026-11-20 Healthy 80"]
        );
        assert_eq!(rows.pats, report.pats);
        let global_reach = |finding: &&Finding| finding.rule == "global-reach";
        assert_eq!(report.findings.iter().filter(global_reach).count(), 1);
    }
    let everywhere = [
        user("ann", vec![old.clone(), global(new.clone())]),
        beta(vec![old, global(new)]),
    ];
    let (report, rows) = whole(&everywhere, &settings(), SEVERAL);
    assert_eq!(
        lines(&report),
        ["ci-2026-11-20 Warning 9", "ci-2026-08-20 Replaced 3"]
    );
    assert_eq!(rows.pats, report.pats, "what came last is a row like others");
}

#[test]
fn ids_have_numbers_of_their_own() {
    let guid = "0b9c4cf5-1d5b-4b6f-9f8e-3f6f9c6f1a2b";
    assert_eq!(
        short(&AuthorizationId::new(guid)),
        0x0b9c_4cf5_1d5b_4b6f_9f8e_3f6f_9c6f_1a2b
    );
    let odd: HashSet<u128> = ["", "-", "a", "1", "0-1", "id-1", "id-2"]
        .map(|id| short(&AuthorizationId::new(id)))
        .into();
    assert_eq!(odd.len(), 7);
}

prop_compose! {
    /// Users with PATs of their own, some of whom are gone.
    pub(crate) fn any_users()(
        lists in prop::collection::vec((prop::collection::vec(any_pat(), 0..6), 0..10_u8), 0..8),
        known in any::<bool>(),
    ) -> Vec<User> {
        let mut users = Vec::new();
        for (number, (pats, fate)) in lists.into_iter().enumerate() {
            let gone = if fate == 0 { "gone" } else { "user" };
            let (mut owner, mut read) = user(&format!("{gone}{number}"), vec![]);
            owner.deleted_in_origin = fate == 1;
            read.account_id = known.then(|| "acme-id".to_owned());
            for mut pat in pats {
                pat.authorization_id = AuthorizationId::new(format!("{number}-{}", pat.authorization_id));
                read.pats.push(pat);
            }
            if fate == 2 {
                let mut entry = unreadable(FailureKind::Service);
                entry.what = format!("the PATs of {}", owner.name());
                read.unreadable.push(entry);
            }
            users.push((owner, read));
        }
        users
    }
}

/// Settings with waivers that some PATs use.
pub(crate) fn any_organization_settings() -> impl Strategy<Value = MonitorSettings> {
    let waivers = prop::collection::vec(
        ("full-access|name|orphaned-owner|lifetime", "[a-c]|ci\\*|\\*"),
        0..4,
    );
    (any_settings(), waivers, any::<bool>()).prop_map(|(settings, waivers, past)| {
        let mut file = "version: 1\nwaivers:\n".to_owned();
        for (rule, pat) in waivers {
            let until = if past { "2026-11-01" } else { "2027-01-01" };
            file.push_str(&format!(
                "  - {{rule: {rule}, pat: '{pat}', reason: y, until: {until}}}\n"
            ));
        }
        MonitorSettings {
            policy: Policy::load(Some(&file), &PolicyInputs::default()).unwrap(),
            ..settings
        }
    })
}

proptest! {
    #[test]
    fn the_order_in_which_users_come_makes_no_difference(
        (users, shuffled) in any_users().prop_flat_map(|users| (Just(users.clone()), Just(users).prop_shuffle())),
        settings in any_organization_settings(),
        several in any::<bool>(),
    ) {
        let scope = Scope::Organization { slice: None, several };
        let (report, rows) = whole(&users, &settings, scope);
        prop_assert_eq!(&whole(&shuffled, &settings, scope), &(report.clone(), rows.clone()));
        // So few fit into the head, in the same order.
        prop_assert_eq!(&report.pats, &rows.pats);
        prop_assert_eq!(&report.findings, &rows.findings);
        prop_assert_eq!(&report.unreadable, &rows.unreadable);
        let keys: Vec<PatKey> = rows.pats.iter().map(PatEntry::key).collect();
        prop_assert!(keys.windows(2).all(|pair| pair[0] < pair[1]), "no two rows have one key");
    }
}
