use proptest::prelude::*;
use serde_json::Value;
use serde_sarif::sarif::Sarif;

use super::*;
use crate::render::tests::{half_blind, monday};
use crate::report::Waived;
use crate::text::tests::{HOSTILE, assert_harmless_line, hostile};

/// What a report is drawn as: held against the published schema's types, and against what the standard asks for beyond.
fn judged(report: &Report) -> Value {
    let text = sarif(report);
    let read: Sarif = serde_json::from_str(&text).unwrap();
    assert_eq!(read.runs.len(), 1);
    let value: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(value["version"], "2.1.0");
    let rules = value["runs"][0]["tool"]["driver"]["rules"].as_array().unwrap();
    for (place, rule) in rules.iter().enumerate() {
        let first = rules.iter().position(|other| other["id"] == rule["id"]);
        assert_eq!(first, Some(place), "{rule} twice");
        assert!(["error", "warning", "note"].contains(&text_at(rule, "/defaultConfiguration/level")));
    }
    let found = value["runs"][0]["results"].as_array().unwrap();
    assert_eq!(found.len(), report.findings.len(), "one result a finding");
    for result in found {
        let id = text_at(result, "/ruleId");
        match result.get("ruleIndex") {
            Some(index) => {
                let rule = usize::try_from(index.as_u64().unwrap()).unwrap();
                assert_eq!(rules[rule]["id"], id, "{result}");
            }
            None => assert!(rules.iter().all(|rule| rule["id"] != id), "{result}"),
        }
        assert!(["error", "warning", "note", "none"].contains(&text_at(result, "/level")));
        assert!(!text_at(result, "/message/text").is_empty());
        assert_eq!(
            result["message"].as_object().unwrap().len(),
            1,
            "plain text alone"
        );
        assert!(
            result["suppressions"].is_array(),
            "all say whether they are suppressed"
        );
    }
    value
}

fn text_at<'a>(value: &'a Value, pointer: &str) -> &'a str {
    let at = value.pointer(pointer).and_then(Value::as_str);
    at.unwrap_or_else(|| panic!("{pointer} of {value}"))
}

/// A whole document, since what a viewer makes of it depends on every member.
#[test]
fn findings_of_a_monday() {
    judged(&monday());
    insta::assert_snapshot!(sarif(&monday()));
}

#[test]
fn what_could_not_be_read_is_told_of_and_no_run_without_it_reads_as_whole() {
    let mut report = half_blind();
    report.findings.clear();
    let value = judged(&report);
    let invocation = &value["runs"][0]["invocations"][0];
    assert_eq!(invocation["executionSuccessful"], false);
    let text = sarif(&report);
    let (_, told) = text.split_once("\"toolExecutionNotifications\": ").unwrap();
    let (told, _) = told.split_once("\"results\": ").unwrap();
    insta::assert_snapshot!(told);
    for (what, blind) in [("nobody says why", true), ("all well", false)] {
        report.unreadable.clear();
        report.totals.unreadable = 0;
        report.status = if blind { Verdict::Unknown } else { Verdict::Ok };
        let value = judged(&report);
        let successful = &value["runs"][0]["invocations"][0]["executionSuccessful"];
        assert_eq!(*successful, !blind, "{what}");
    }
}

#[test]
fn a_rule_that_is_off_or_there_twice_or_unknown_never_moves_the_others() {
    let mut report = monday();
    report.settings.rules.rotate_right(1);
    let mut unknown = report.settings.rules[1].clone();
    unknown.rule = "of-tomorrow".to_owned();
    report.settings.rules.insert(1, unknown.clone());
    report.settings.rules.push(unknown);
    for rule in ["of-tomorrow", "high-risk-scope", "nobody-knows", ""] {
        let mut finding = report.findings[0].clone();
        finding.rule = rule.to_owned();
        report.findings.insert(0, finding);
    }
    let value = judged(&report);
    let index = |at: usize| value["runs"][0]["results"][at].get("ruleIndex").cloned();
    assert_eq!(index(0), None, "a rule without a name");
    assert_eq!(index(1), None, "nobody knows it");
    assert_eq!(index(2), None, "it is off");
    assert_eq!(index(3), Some(0.into()), "it ran");
}

#[test]
fn every_rule_says_what_it_finds_and_what_to_do_without_marks_in_plain_text() {
    let mut report = monday();
    report.settings.rules = crate::policy::Policy::default().settings();
    let value = judged(&report);
    let rules = value["runs"][0]["tool"]["driver"]["rules"].as_array().unwrap();
    assert_eq!(rules.len(), Rule::ALL.len() - 1, "all but `name`, which is off");
    for rule in rules {
        for words in ["shortDescription", "fullDescription", "help"] {
            let text = text_at(&rule[words], "/text");
            assert!(!text.contains('`') && text.ends_with('.'), "{text}");
            assert_eq!(text, text_at(&rule[words], "/markdown").replace('`', ""));
        }
        assert_eq!(
            text_at(rule, "/name").to_lowercase(),
            text_at(rule, "/id").replace('-', "")
        );
    }
}

/// Whoever compares two runs must see the same problem as the same, and two problems as two.
#[test]
fn a_fingerprint_is_that_of_rule_and_pat_whatever_both_are_called_in_words() {
    let report = monday();
    let mut later = report.clone();
    for finding in &mut later.findings {
        finding.message = "181 days, allowed 90".to_owned();
        finding.subject.push_str("-renamed");
        finding.severity = Severity::Warning;
        finding.waived = None;
    }
    let prints = |report: &Report| {
        let all = report.findings.iter().map(fingerprint);
        all.collect::<Vec<_>>()
    };
    assert_eq!(prints(&report), prints(&later));
    let mut several = prints(&report);
    several.sort();
    several.dedup();
    assert_eq!(several.len(), report.findings.len());
    let mut waivers = report.findings[0].clone();
    waivers.authorization_id = None;
    let one = fingerprint(&waivers);
    waivers.subject.push('2');
    assert_ne!(
        one,
        fingerprint(&waivers),
        "without a PAT, what it is about decides"
    );
}

#[test]
fn a_pat_without_a_name_is_said_to_have_none() {
    let said = sarif(&named("  "));
    let said: Value = serde_json::from_str(&said).unwrap();
    let result = &said["runs"][0]["results"][0];
    assert_eq!(result["locations"][0]["logicalLocations"][0]["name"], "(no name)");
    let message = result["message"]["text"].as_str().unwrap();
    assert!(message.starts_with("(no name): "), "{message}");
}

fn named(text: &str) -> Report {
    let mut report = half_blind();
    let finding = &mut report.findings[0];
    for place in [
        &mut finding.rule,
        &mut finding.subject,
        &mut finding.message,
        &mut finding.remedy,
    ] {
        text.clone_into(place);
    }
    finding.organization = Some(text.to_owned());
    finding.waived = Some(Waived {
        reason: text.to_owned(),
        until: text.to_owned(),
    });
    text.clone_into(&mut report.settings.rules[0].rule);
    report.settings.rules[0].limit = Some(text.to_owned());
    let entry = &mut report.unreadable[0];
    text.clone_into(&mut entry.what);
    text.clone_into(&mut entry.failure.what);
    entry.failure.code = Some(text.to_owned());
    report
}

fn assert_stays_text(text: &str) {
    fn texts(value: &Value, inspect: &mut dyn FnMut(&str, &str), name: &str) {
        match value {
            Value::String(text) => inspect(name, text),
            Value::Array(items) => items.iter().for_each(|item| texts(item, inspect, name)),
            Value::Object(members) => members.iter().for_each(|(name, item)| texts(item, inspect, name)),
            _ => {}
        }
    }
    let report = named(text);
    let value = judged(&report);
    texts(
        &value,
        &mut |name, text| {
            assert_harmless_line(text);
            if name == "markdown" {
                let ours =
                    |rule: Rule| [rule.finds(), first_sentence(rule.finds()), rule.answer()].contains(&text);
                assert!(Rule::ALL.into_iter().any(ours), "{text}");
            }
        },
        "",
    );
    let message = text_at(&value, "/runs/0/results/0/message/text");
    assert!(!message.contains("]("), "a link: {message}");
    let alone = message.replace("{{", "").replace("}}", "");
    assert!(!alone.contains(['{', '}']), "a placeholder: {message}");
}

#[test]
fn no_attack_is_more_than_text() {
    for attack in HOSTILE {
        assert_stays_text(attack);
    }
    assert_stays_text("{0} {{1}} [a](https://evil.example)");
}

proptest! {
    #[test]
    fn no_text_is_more_than_text(text in hostile()) {
        assert_stays_text(&text);
    }
}
