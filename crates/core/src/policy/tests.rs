//! The policy file, the rules and the waivers, through what they let out.

use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;

use super::*;
use crate::pat::{AuthorizationId, Listed, Pat, Reach};
use crate::report::MINE;
use crate::time;

const SAMPLE: &str = "\
version: 1
rules:
  lifetime: { severity: error, maxDays: 60 }
  name: { severity: warning, pattern: '^(ci|svc)-[a-z0-9-]+$' }
  high-risk-scope: { severity: off }
waivers:
  - rule: full-access
    pat: legacy-sync-*          # glob over display names, or an authorization id
    reason: vendor tool, replaced in January (ticket 4711)
    until: 2027-01-31
";

fn load(text: &str) -> Result<Policy, PolicyFileError> {
    Policy::load(Some(text), &PolicyInputs::default())
}

/// The error of a file, as people see it.
fn refused(text: &str) -> String {
    load(text).expect_err(text).to_string()
}

fn now() -> DateTime<Utc> {
    time::parse("2026-11-21T12:00:00Z").unwrap()
}

fn pat(name: &str, scopes: &str, days: i64) -> Pat {
    Pat {
        authorization_id: AuthorizationId::new(format!("id-of-{name}")),
        display_name: name.to_owned(),
        scopes: ScopeSet::parse(scopes),
        valid_from: now(),
        valid_to: now() + TimeDelta::days(days),
        reach: Reach::Organizations(vec!["account".to_owned()]),
        listed: Listed::Active,
    }
}

fn findings(policy: &Policy, pat: &Pat, generation: usize) -> Vec<Finding> {
    policy.findings(
        "acme",
        Subject {
            pat,
            family: "ci",
            generation,
            owner: None,
        },
    )
}

fn rules(policy: &Policy, pat: &Pat) -> Vec<String> {
    findings(policy, pat, 1)
        .into_iter()
        .map(|finding| finding.rule)
        .collect()
}

#[test]
fn the_documented_file_is_read_whole() {
    let policy = load(SAMPLE).unwrap();
    assert_eq!(policy.max_lifetime_days, 60);
    assert_eq!(policy.severity(Rule::HighRiskScope), Severity::Off);
    assert_eq!(policy.severity(Rule::Name), Severity::Warning);
    assert_eq!(policy.severity(Rule::GlobalReach), Severity::Error);
    let [waiver] = &policy.waivers[..] else {
        panic!("one waiver")
    };
    assert_eq!(waiver.rule, Rule::FullAccess);
    assert_eq!(waiver.pat.as_str(), "legacy-sync-*");
    assert_eq!(waiver.reason, "vendor tool, replaced in January (ticket 4711)");
    assert_eq!(waiver.until.to_string(), "2027-01-31");
}

#[test]
fn inputs_win_over_the_file_and_the_file_over_defaults() {
    let file =
        "version: 1\nrules:\n  lifetime: { maxDays: 60 }\n  forbidden-scope: { scopes: [vso.code_full] }\n";
    let inputs = PolicyInputs {
        max_lifetime_days: Some(30),
        forbidden_scopes: None,
    };
    let policy = Policy::load(Some(file), &inputs).unwrap();
    let settings: Vec<_> = policy
        .settings()
        .into_iter()
        .map(|setting| {
            format!(
                "{} {} {}",
                setting.rule,
                setting.limit.unwrap_or_default(),
                setting.from
            )
        })
        .collect();
    assert_eq!(settings[0], "lifetime 30 days input");
    assert_eq!(settings[1], "full-access  default");
    assert_eq!(settings[2], "forbidden-scope vso.code_full policy file");
    assert_eq!(settings[9], "prefer-identity 180 days or generation 3 default");
}

#[test]
fn every_setting_of_the_file_has_an_effect() {
    let file = "version: 1\nrules:\n  prefer-identity: { maxDays: 10, generation: 2, severity: error }\n  \
                forbidden-scope: { scopes: 'vso.work, vso.code' }\n  full-access: { severity: off }\n";
    let policy = load(file).unwrap();
    assert_eq!(
        rules(&policy, &pat("a", "vso.work app_token vso.build_execute", 11)),
        [
            "forbidden-scope",
            "high-risk-scope",
            "redundant-scope",
            "prefer-identity"
        ]
    );
    assert_eq!(
        findings(&policy, &pat("a", "vso.build", 5), 2)[0].severity,
        Severity::Error
    );
}

#[test]
fn errors_say_where_what_and_what_is_allowed() {
    for (file, expected) in [
        (
            "",
            "line 1, column 1: the file is empty; a policy file starts with `version: 1`",
        ),
        (
            "# nothing\n",
            "line 1, column 1: the file is empty; a policy file starts with `version: 1`",
        ),
        (
            "rules: {}\n",
            "line 1, column 1: the policy file must have `version`",
        ),
        (
            "version: 2\n",
            "line 1, column 10: `version` must be 1, the only one there is",
        ),
        (
            "version: '1'\n",
            "line 1, column 10: `version` must be a whole number, without quotes, not `1`",
        ),
        (
            "version: 1\nrule: {}\n",
            "line 2, column 1: `rule` is not known in the policy file; allowed: `version`, `rules`, `waivers`",
        ),
        (
            "- version\n",
            "line 1, column 1: the policy file must be a map with `version`, `rules`, `waivers`, not a list",
        ),
        (
            "version: 1\nversion: 1\n",
            "line 2, column 1: `version` is there twice, first in line 1",
        ),
        (
            "version: 1\nrules:\n  lifetime: { maxdays: 60 }\n",
            "line 3, column 15: `maxdays` is not known in `lifetime`; allowed: `severity`, `maxDays`",
        ),
        (
            "version: 1\nrules:\n  lifetime:\n    maxDays: sixty\n",
            "line 4, column 14: `maxDays` must be a whole number from 1 to 3650, without quotes, not `sixty`",
        ),
        (
            "version: 1\nrules:\n  lifetime:\n    maxDays: +60\n",
            "line 4, column 14: `maxDays` must be a whole number from 1 to 3650, without quotes, not `+60`",
        ),
        (
            "version: 1\nrules:\n  lifetime:\n    maxDays: 0\n",
            "line 4, column 14: `maxDays` must be a whole number from 1 to 3650, without quotes, not `0`",
        ),
        (
            "version: 1\nrules:\n  lifetime: { maxDays: [60] }\n",
            "line 3, column 24: `maxDays` must be a whole number from 1 to 3650, not a list",
        ),
        (
            "version: 1\nrules:\n  lifetime:\n    maxDays: 99999999999999999999\n",
            "line 4, column 14: `maxDays` must be a whole number from 1 to 3650, without quotes, not `99999999999999999999`",
        ),
        (
            "version: 1\nrules:\n  lifetime: { severity: fatal }\n",
            "line 3, column 25: `severity` must be `off`, `notice`, `warning` or `error`, not `fatal`",
        ),
        (
            "version: 1\nrules:\n  lifetime: {}\n",
            "line 3, column 13: `lifetime` sets nothing; it may have `severity`, `maxDays`",
        ),
        (
            "version: 1\nrules:\n  lifetime: off\n",
            "line 3, column 13: `lifetime` must be a map with `severity`, `maxDays`, not a text",
        ),
        (
            "version: 1\nrules: [lifetime]\n",
            "line 2, column 8: `rules` must be a map from rule to settings, not a list",
        ),
        (
            "version: 1\nrules:\n  name: { severity: error }\n",
            "line 3, column 9: `name` needs a `pattern`, such as '^(ci|svc)-[a-z0-9-]+$'",
        ),
        (
            "version: 1\nwaivers: {}\n",
            "line 2, column 10: `waivers` must be a list, not a map",
        ),
        (
            "version: 1\nwaivers:\n  - rule: full-access\n    pat: x\n    until: 2027-01-31\n",
            "line 3, column 5: a waiver must have `reason`",
        ),
        (
            "version: 1\nwaivers:\n  - rule: full-access\n    pat: x\n    reason:\n    until: 2027-01-31\n",
            "`reason` must be a text, not nothing",
        ),
        (
            "version: 1\nwaivers:\n  - rule: full-access\n    pat: x\n    reason: ' '\n    until: 2027-01-31\n",
            "line 5, column 13: `reason` must not be empty",
        ),
        (
            "version: 1\nwaivers:\n  - {rule: lifetime, pat: x, reason: y, until: 2027-02-30}\n",
            "line 3, column 48: `until` must be a day of the calendar, such as 2027-01-31; the waiver holds to its end (UTC)",
        ),
        (
            "version: 1\nrules: &all {}\n",
            "anchors (`&`) and aliases (`*`) are not allowed here",
        ),
        (
            "version: 1\nwaivers:\n  - {rule: lifetime, pat: *, reason: y, until: 2027-01-31}\n",
            "line 3, column 27: this is not YAML",
        ),
        (
            "version: 1\nwaivers:\n  - rule: lifetime\n    pat: *-sync\n",
            "line 4, column 10: this is not YAML: while parsing node, found unknown anchor (a text that starts with `*` needs quotes)",
        ),
        ("version: !!int 1\n", "tags (`!`) are not allowed here"),
        (
            "version: 1\n---\nversion: 1\n",
            "line 2, column 1: a policy file is one YAML document",
        ),
        ("version: 1\nrules: {? [a] : b}\n", "a key must be a text"),
        ("version: 1\nrules: {\n", "this is not YAML"),
        ("version: 1\n\trules: {}\n", "this is not YAML"),
    ] {
        let message = refused(file);
        assert!(
            message.contains(expected),
            "{file}\n  says {message}\n  not  {expected}"
        );
    }
}

#[test]
fn unknown_rules_and_broken_patterns_are_refused() {
    let message = refused("version: 1\nrules:\n  life-time: { severity: off }\n");
    assert!(
        message.starts_with("line 3, column 3: `life-time` is no rule; there are `lifetime`, `full-access`")
    );
    let message = refused("version: 1\nrules:\n  name: { pattern: '^(ci' }\n");
    assert!(
        message.starts_with("line 3, column 20: `pattern` is no regular expression: "),
        "{message}"
    );
    let message = refused("version: 1\nrules:\n  name: { pattern: '(((a{100}){100}){100}){100}' }\n");
    assert!(
        message.starts_with("line 3, column 20: `pattern` is no regular expression: "),
        "{message}"
    );
    for rule in ["expired-waiver", "all", "Lifetime"] {
        let file =
            format!("version: 1\nwaivers:\n  - {{rule: {rule}, pat: x, reason: y, until: 2027-01-31}}\n");
        assert!(refused(&file).starts_with(&format!(
            "line 3, column 12: `{rule}` is no rule that can be waived"
        )));
    }
}

#[test]
fn columns_count_characters_and_line_ends_of_windows_count_once() {
    let message = refused("version: 1\r\nrules:\r\n  name: { pattern: 'größe', maxDays: 1 }\r\n");
    assert!(message.starts_with("line 3, column 29: `maxDays`"), "{message}");
}

#[test]
fn sections_whose_last_item_is_commented_out_are_empty() {
    assert_eq!(
        load("version: 1\nrules:\n  # none\nwaivers:\n"),
        Ok(Policy::default())
    );
    assert_eq!(
        load("\u{feff}version: 1\nwaivers: []\nrules: ~\n"),
        Ok(Policy::default())
    );
}

#[test]
fn files_made_to_exhaust_are_refused_at_once() {
    let laughs = "version: 1\na: &a [x,x,x]\nb: &b [*a,*a,*a]\nc: [*b,*b,*b]\n";
    assert!(refused(laughs).contains("anchors"));
    for open in ["[", "{a: ", "- ", "? ", "{", "[{"] {
        let message = refused(&format!("version: 1\nrules: \n  {}", open.repeat(50_000)));
        assert!(
            message.contains("levels deep") || message.contains("not YAML") || message.contains("key"),
            "{message}"
        );
    }
    for depth in [20, 50_000] {
        let nested = format!("version: 1\nrules: {}{}\n", "[".repeat(depth), "]".repeat(depth));
        let message = refused(&nested);
        assert!(
            depth > 20 || message.contains("nested more than 16 levels deep"),
            "{message}"
        );
    }
    let message = refused(&"#".repeat(300_000));
    assert!(message.contains("300000 bytes; at most 262144"), "{message}");
}

#[test]
fn many_waivers_are_read() {
    use std::fmt::Write;
    let mut file = "version: 1\nwaivers:\n".to_owned();
    for number in 0..1500 {
        writeln!(file, "  - rule: lifetime\n    pat: pat-{number}\n    reason: known, number {number}\n    until: 2027-01-31").unwrap();
    }
    assert_eq!(load(&file).unwrap().waivers.len(), 1500);
}

#[test]
fn a_pattern_given_without_a_severity_runs() {
    let policy = load("version: 1\nrules:\n  name: { pattern: '^ci-' }\n").unwrap();
    assert_eq!(rules(&policy, &pat("other", "vso.code", 30)), ["name"]);
    assert!(rules(&policy, &pat("ci-x", "vso.code", 30)).is_empty());
    let off = load("version: 1\nrules:\n  name: { severity: off, pattern: '^ci-' }\n").unwrap();
    assert!(rules(&off, &pat("other", "vso.code", 30)).is_empty());
}

#[test]
fn lifetimes_are_whole_days_rounded_down() {
    let mut edge = pat("ci", "vso.code", 90);
    edge.valid_to += TimeDelta::hours(23);
    assert!(rules(&Policy::default(), &edge).is_empty());
    edge.valid_to += TimeDelta::hours(1);
    let [finding] = &findings(&Policy::default(), &edge, 1)[..] else {
        panic!("one finding")
    };
    assert_eq!(
        (finding.rule.as_str(), finding.message.as_str()),
        ("lifetime", "91 days, allowed 90")
    );
}

#[test]
fn full_access_is_told_once_by_the_rule_that_people_waive() {
    assert_eq!(
        rules(&Policy::default(), &pat("a", "app_token", 30)),
        ["full-access"]
    );
    assert_eq!(
        rules(&Policy::default(), &pat("a", "vso.full_access", 30)),
        ["full-access"]
    );
    let off = load("version: 1\nrules:\n  full-access: { severity: off }\n").unwrap();
    assert_eq!(rules(&off, &pat("a", "app_token", 30)), ["forbidden-scope"]);
    let both =
        load("version: 1\nrules:\n  full-access: { severity: off }\n  forbidden-scope: { severity: off }\n")
            .unwrap();
    assert_eq!(rules(&both, &pat("a", "app_token", 30)), ["high-risk-scope"]);
}

/// A milder rule that a file sets must not swallow what an input forbids.
#[test]
fn full_access_is_left_only_to_a_rule_that_weighs_as_much() {
    let inputs = PolicyInputs {
        max_lifetime_days: None,
        forbidden_scopes: Some(ScopeSet::parse("app_token")),
    };
    let told = |file: &str| {
        let policy = Policy::load(Some(&format!("version: 1\nrules: {{ {file} }}\n")), &inputs).unwrap();
        let all = findings(&policy, &pat("a", "app_token", 30), 1);
        all.iter()
            .map(|finding| format!("{} {:?}", finding.rule, finding.severity))
            .collect::<Vec<_>>()
    };
    for (file, expected) in [
        ("full-access: { severity: error }", vec!["full-access Error"]),
        (
            "full-access: { severity: notice }",
            vec!["full-access Notice", "forbidden-scope Error"],
        ),
        (
            "full-access: { severity: notice }, forbidden-scope: { severity: notice }",
            vec!["full-access Notice", "high-risk-scope Warning"],
        ),
        (
            "full-access: { severity: off }, forbidden-scope: { severity: notice }",
            vec!["forbidden-scope Notice", "high-risk-scope Warning"],
        ),
        (
            "full-access: { severity: warning }, forbidden-scope: { severity: warning }",
            vec!["full-access Warning"],
        ),
    ] {
        assert_eq!(told(file), expected, "{file}");
    }
}

#[test]
fn a_scope_that_includes_a_forbidden_one_is_forbidden() {
    let forbidding = |scopes: &str, file: &str| {
        let inputs = PolicyInputs {
            max_lifetime_days: None,
            forbidden_scopes: Some(ScopeSet::parse(scopes)),
        };
        Policy::load(Some(&format!("version: 1\nrules: {{ {file} }}\n")), &inputs).unwrap()
    };
    let told = |policy: &Policy, scopes: &str| {
        let all = findings(policy, &pat("a", scopes, 30), 1);
        all.into_iter()
            .find(|finding| finding.rule == "forbidden-scope")
            .map(|finding| finding.message)
    };
    let write = forbidding("vso.code_write, vso.code_status vso.work vso.made_up", "");
    for (scopes, expected) in [
        (
            "vso.code_full",
            Some("vso.code_full, which includes vso.code_write and vso.code_status: forbidden here"),
        ),
        (
            "vso.code_manage vso.work vso.code_write",
            Some(
                "vso.work, vso.code_write; vso.code_manage, which includes vso.code_write and vso.code_status: forbidden here",
            ),
        ),
        ("vso.made_up", Some("vso.made_up: forbidden here")),
        ("vso.made_up_full vso.code", None),
        // Told by `full-access`.
        ("app_token", None),
    ] {
        assert_eq!(told(&write, scopes).as_deref(), expected, "{scopes}");
    }

    let alone = forbidding("vso.work", "full-access: { severity: off }");
    assert_eq!(
        told(&alone, "app_token").as_deref(),
        Some("app_token, which includes vso.work: forbidden here")
    );
    assert_eq!(rules(&alone, &pat("a", "app_token", 30)), ["forbidden-scope"]);
}

#[test]
fn scopes_are_judged_by_the_catalogue() {
    let policy = Policy::default();
    let all = findings(
        &policy,
        &pat("a", "vso.code vso.code_write vso.from_the_future", 30),
        1,
    );
    let told: Vec<_> = all
        .iter()
        .map(|finding| (finding.rule.as_str(), finding.severity))
        .collect();
    assert_eq!(
        told,
        [
            ("high-risk-scope", Severity::Warning),
            ("redundant-scope", Severity::Notice),
            ("unknown-scope", Severity::Notice)
        ]
    );
    assert_eq!(all[1].message, "already included: vso.code by vso.code_write");
    assert!(all[2].message.starts_with("vso.from_the_future: "));
}

#[test]
fn global_reach_names_the_end_of_global_pats() {
    let mut global = pat("a", "vso.code", 30);
    global.reach = Reach::AllOrganizations;
    let [finding] = &findings(&Policy::default(), &global, 1)[..] else {
        panic!("one finding")
    };
    assert_eq!(
        (finding.rule.as_str(), finding.severity),
        ("global-reach", Severity::Error)
    );
    assert!(finding.message.contains("2026-12-01"));
    global.reach = Reach::Organizations(Vec::new());
    assert!(rules(&Policy::default(), &global).is_empty());
}

#[test]
fn an_identity_is_preferred_for_long_lives_and_third_generations() {
    let policy = load("version: 1\nrules:\n  lifetime: { severity: off }\n").unwrap();
    assert!(rules(&policy, &pat("a", "vso.code", 180)).is_empty());
    assert_eq!(rules(&policy, &pat("a", "vso.code", 181)), ["prefer-identity"]);
    assert!(findings(&policy, &pat("a", "vso.code", 30), 2).is_empty());
    assert_eq!(
        findings(&policy, &pat("a", "vso.code", 30), 3)[0].severity,
        Severity::Notice
    );
}

#[test]
fn every_finding_says_what_to_do() {
    let mut worst = pat("a", "app_token vso.code vso.made_up vso.build_execute", 365);
    worst.reach = Reach::AllOrganizations;
    let policy =
        load("version: 1\nrules:\n  name: { pattern: '^x$' }\n  forbidden-scope: { scopes: vso.code }\n")
            .unwrap();
    let all = findings(&policy, &worst, 9);
    assert_eq!(all.len(), Rule::ALL.len() - 3);
    for finding in all {
        assert!(
            finding.remedy.contains("docs/") && !finding.message.is_empty(),
            "{}",
            finding.rule
        );
    }
}

fn waived(waivers: &str, pat: &Pat, now: DateTime<Utc>, all_seen: bool) -> Vec<Finding> {
    let policy = load(&format!("version: 1\nwaivers:\n{waivers}")).unwrap();
    let mut found = findings(&policy, pat, 1);
    let mut waiving = Waiving::new(&policy, now);
    waiving.cover(&mut found);
    let about = waiving.about(MINE);
    found.extend(about.expired);
    if all_seen {
        found.extend(about.unused);
    }
    found
}

#[test]
fn a_waiver_holds_through_its_last_day_and_is_a_finding_after_it() {
    let waiver = "  - {rule: full-access, pat: legacy-*, reason: vendor tool, until: 2026-11-21}\n";
    let legacy = pat("legacy-sync", "app_token", 30);
    let end = time::parse("2026-11-21T23:59:59.999Z").unwrap();
    let [finding] = &waived(waiver, &legacy, end, true)[..] else {
        panic!("one finding")
    };
    assert_eq!(
        finding.waived.as_ref().map(|waived| waived.until.as_str()),
        Some("2026-11-21")
    );

    let [finding, about] = &waived(waiver, &legacy, end + TimeDelta::milliseconds(1), true)[..] else {
        panic!("two findings")
    };
    assert_eq!(finding.waived, None);
    assert_eq!(
        (about.rule.as_str(), about.severity),
        ("expired-waiver", Severity::Warning)
    );
    assert_eq!(
        (about.subject.as_str(), &about.authorization_id),
        ("full-access for legacy-*", &None)
    );
    assert!(about.message.contains("2026-11-21") && about.message.contains("vendor tool"));
}

#[test]
fn a_waiver_names_its_rule_and_pat_and_nothing_else() {
    let legacy = pat("legacy-sync", "app_token", 365);
    for (rule, pat, covers) in [
        ("full-access", "legacy-sync", true),
        ("full-access", "*", true),
        ("full-access", "ID-OF-legacy-sync", true),
        ("full-access", "legacy", false),
        ("full-access", "Legacy-sync", false),
        ("full-access", "id-of-*", false),
        ("name", "legacy-sync", false),
    ] {
        let waiver = format!("  - {{rule: {rule}, pat: '{pat}', reason: y, until: 2027-01-31}}\n");
        let found = waived(&waiver, &legacy, now(), true);
        let of = |id: &str| found.iter().find(|finding| finding.rule == id);
        assert_eq!(
            of("full-access").unwrap().waived.is_some(),
            covers,
            "{rule} {pat}"
        );
        assert_eq!(of("lifetime").unwrap().waived, None);
        assert_eq!(
            of("unused-waiver").map(|finding| finding.severity),
            (!covers).then_some(Severity::Notice)
        );
    }
}

#[test]
fn nobody_calls_a_waiver_unused_who_has_not_seen_everything() {
    let waiver = "  - {rule: name, pat: x, reason: y, until: 2027-01-31}\n  \
                  - {rule: orphaned-owner, pat: x, reason: y, until: 2027-01-31}\n";
    let healthy = pat("a", "vso.code", 30);
    assert!(waived(waiver, &healthy, now(), false).is_empty());
    assert_eq!(waived(waiver, &healthy, now(), true).len(), 1);
}

#[test]
fn of_two_waivers_the_longer_one_is_shown_and_neither_is_unused() {
    let waivers = "  - {rule: full-access, pat: a, reason: long, until: 2027-03-01}\n  \
                   - {rule: full-access, pat: '*', reason: short, until: 2027-01-31}\n";
    let [finding] = &waived(waivers, &pat("a", "app_token", 30), now(), true)[..] else {
        panic!("one finding")
    };
    assert_eq!(
        finding.waived.as_ref().map(|waived| waived.reason.as_str()),
        Some("long")
    );
}

proptest! {
    #[test]
    fn no_text_breaks_the_reader_and_every_error_has_a_place_in_it(text in prop_oneof![
        "\\PC{0,80}",
        "version: 1\n(rules|waivers|x):? ?[\\[{]?[a-z0-9:,'\"\\-?&*!|>%@` \n#\\]}]{0,60}",
        "[a-z:\\-{}\\[\\],&*!|>'\"%#@` \n\t\r.0-9]{0,60}",
        (0..SAMPLE.len(), "[a-z:{}\\[\\]0-9 \n&*'-]{1,3}").prop_map(|(at, with)| {
            format!("{}{with}{}", &SAMPLE[..at], &SAMPLE[at..])
        }),
    ]) {
        if let Err(error) = load(&text) {
            prop_assert!(error.line >= 1 && error.column >= 1);
            prop_assert!(error.line <= text.split(['\n', '\r']).count() + 1, "{error}");
        }
    }
}
