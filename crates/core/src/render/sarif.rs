//! The report's policy findings as SARIF 2.1.0, for whatever shows the results of analyses.
//!
//! Facts of the format are those of the OASIS standard, "SARIF Version 2.1.0 Plus Errata 01"; its sections are named where
//! something looks odd without.

use std::io;

use chrono::SecondsFormat;
use serde::ser::{Error as _, SerializeSeq};
use serde::{Serialize, Serializer};

use super::failure::details;
use super::json;
use crate::policy::Rule;
use crate::report::{Finding, Report, Rows, RuleSetting, Severity, UnreadableEntry, Verdict, tie};
use crate::text::{plain, visible_name};

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";
const SOURCE: &str = "https://github.com/patkeeper/patkeeper";
const RULES: &str = "https://github.com/patkeeper/patkeeper/blob/main/docs/patmonitor.md#what-it-judges";

/// SARIF 2.1.0 as JSON, escaped as [`super::json()`] is: one run, the rules that ran, one result a policy finding in the
/// report's order. A waived one is a suppressed result. What could not be read is a notification of a run that was not
/// successful, so that nobody takes "no results" for "all is well".
#[must_use]
pub fn sarif(report: &Report) -> String {
    let mut bytes = Vec::new();
    // Writing to memory does not fail.
    match sarif_to(&mut bytes, report, &report.rows()) {
        Ok(()) => String::from_utf8(bytes).unwrap_or_default(),
        Err(_) => String::new(),
    }
}

/// [`sarif`] of a report whose rows are kept elsewhere.
///
/// # Errors
/// Those of writing, and of reading the rows.
pub fn sarif_to(out: &mut dyn io::Write, head: &Report, rows: &dyn Rows) -> io::Result<()> {
    let rules = rules(head);
    let ids: Vec<&str> = rules.iter().map(|rule| rule.id.as_str()).collect();
    let blind = head.status == Verdict::Unknown || head.totals.unreadable > 0 || !head.unreadable.is_empty();
    let version = plain(&head.tool.version);
    let log = Log {
        schema: SCHEMA,
        version: "2.1.0",
        runs: [Run {
            tool: Tool {
                driver: Driver {
                    name: "Patkeeper",
                    semantic_version: &version,
                    version: &version,
                    information_uri: SOURCE,
                    rules: &rules,
                },
            },
            invocations: [Invocation {
                end_time_utc: head.run.at.to_rfc3339_opts(SecondsFormat::Secs, true),
                execution_successful: !blind,
                tool_execution_notifications: Notifications(rows),
            }],
            results: Results { rows, ids: &ids },
        }],
    };
    json::write(out, &log)
}

#[derive(Serialize)]
struct Log<'a> {
    #[serde(rename = "$schema")]
    schema: &'a str,
    version: &'a str,
    runs: [Run<'a>; 1],
}

#[derive(Serialize)]
struct Run<'a> {
    tool: Tool<'a>,
    invocations: [Invocation<'a>; 1],
    results: Results<'a>,
}

#[derive(Serialize)]
struct Tool<'a> {
    driver: Driver<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Driver<'a> {
    name: &'a str,
    version: &'a str,
    semantic_version: &'a str,
    information_uri: &'a str,
    rules: &'a [Descriptor],
}

/// A rule. Of one that this version does not know there is nothing to say.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Descriptor {
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    short_description: Option<Message>,
    #[serde(skip_serializing_if = "Option::is_none")]
    full_description: Option<Message>,
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<Message>,
    help_uri: &'static str,
    default_configuration: Configuration,
    properties: RuleProperties,
}

#[derive(Serialize)]
struct Configuration {
    level: &'static str,
}

#[derive(Serialize)]
struct RuleProperties {
    #[serde(skip_serializing_if = "Option::is_none")]
    limit: Option<String>,
    from: String,
}

#[derive(Serialize)]
struct Message {
    text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    markdown: Option<&'static str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Invocation<'a> {
    end_time_utc: String,
    execution_successful: bool,
    tool_execution_notifications: Notifications<'a>,
}

#[derive(Serialize)]
struct Notification {
    level: &'static str,
    message: Message,
    #[serde(skip_serializing_if = "Option::is_none")]
    descriptor: Option<Reference>,
    properties: Place,
}

#[derive(Serialize)]
struct Reference {
    id: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Found {
    rule_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule_index: Option<usize>,
    level: &'static str,
    message: Message,
    locations: [Location; 1],
    partial_fingerprints: Fingerprints,
    suppressions: Vec<Suppression>,
    properties: Place,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Location {
    logical_locations: [LogicalLocation; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LogicalLocation {
    name: String,
    fully_qualified_name: String,
    kind: &'static str,
}

#[derive(Serialize)]
struct Fingerprints {
    #[serde(rename = "patkeeperFinding/v1")]
    finding: String,
}

#[derive(Serialize)]
struct Suppression {
    kind: &'static str,
    status: &'static str,
    justification: String,
}

/// Where something is, as far as that is known.
#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Place {
    #[serde(skip_serializing_if = "Option::is_none")]
    organization: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    owner: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    authorization_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unreadable: Option<String>,
}

/// What could not be read, one by one.
struct Notifications<'a>(&'a dyn Rows);

impl Serialize for Notifications<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut items = serializer.serialize_seq(None)?;
        let read = self
            .0
            .each_unreadable(&mut |entry| put(&mut items, &notification(entry)));
        read.map_err(S::Error::custom)?;
        items.end()
    }
}

/// What was found, one by one.
struct Results<'a> {
    rows: &'a dyn Rows,
    /// Of the rules listed.
    ids: &'a [&'a str],
}

impl Serialize for Results<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut items = serializer.serialize_seq(None)?;
        let read = self
            .rows
            .each_finding(&mut |finding| put(&mut items, &result(finding, self.ids)));
        read.map_err(S::Error::custom)?;
        items.end()
    }
}

fn put<S: SerializeSeq>(items: &mut S, item: &impl Serialize) -> io::Result<()> {
    let put = items.serialize_element(item);
    put.map_err(|error| io::Error::other(error.to_string()))
}

/// The rules that ran, each once.
fn rules(report: &Report) -> Vec<Descriptor> {
    let mut rules: Vec<Descriptor> = Vec::new();
    for setting in &report.settings.rules {
        let id = plain(&setting.rule);
        if setting.severity != Severity::Off && rules.iter().all(|rule| rule.id != id) {
            rules.push(descriptor(id, setting));
        }
    }
    rules
}

fn descriptor(id: String, setting: &RuleSetting) -> Descriptor {
    // Slices may come from a newer version.
    let rule = Rule::find(&id);
    Descriptor {
        name: rule.map(|rule| pascal_case(rule.id())),
        short_description: rule.map(|rule| said(first_sentence(rule.finds()))),
        full_description: rule.map(|rule| said(rule.finds())),
        help: rule.map(|rule| said(rule.answer())),
        help_uri: RULES,
        default_configuration: Configuration {
            level: level(setting.severity),
        },
        properties: RuleProperties {
            limit: setting.limit.as_deref().map(plain),
            from: plain(&setting.from),
        },
        id,
    }
}

fn result(finding: &Finding, rules: &[&str]) -> Found {
    let rule_id = plain(&finding.rule);
    let owner = finding.owner.as_ref().map(|owner| plain(&owner.name));
    let subject = visible_name(&plain(&finding.subject));
    let organization = finding.organization.as_deref().map(plain);
    let kind = match (&finding.authorization_id, &finding.owner) {
        (Some(_), _) => "pat",
        (None, Some(_)) => "user",
        (None, None) => "waiver",
    };
    let parts = [
        organization.as_deref(),
        owner.as_deref().filter(|owner| *owner != subject),
        Some(&subject),
    ];
    let path: Vec<&str> = parts.into_iter().flatten().collect();
    let message = finding.message.trim_end_matches('.');
    let message = format!("{subject}: {message}. {}", finding.remedy);
    Found {
        rule_index: rules.iter().position(|id| *id == rule_id),
        level: level(finding.severity),
        message: quoted(&message),
        locations: [Location {
            logical_locations: [LogicalLocation {
                fully_qualified_name: path.join("/"),
                name: subject,
                kind,
            }],
        }],
        partial_fingerprints: Fingerprints {
            finding: fingerprint(finding),
        },
        // All results of a run say whether they are suppressed, or none does (section 3.27.23).
        suppressions: finding
            .waived
            .iter()
            .map(|waived| Suppression {
                kind: "external",
                status: "accepted",
                justification: plain(&format!("until {}: {}", waived.until, waived.reason)),
            })
            .collect(),
        properties: Place {
            organization,
            owner,
            authorization_id: finding.authorization_id.as_ref().map(|id| plain(id.as_str())),
            unreadable: None,
        },
        rule_id,
    }
}

/// The same for the same rule and the same PAT, whatever it is called meanwhile and whatever the rule says of it today.
fn fingerprint(finding: &Finding) -> String {
    let (id, subject) = match &finding.authorization_id {
        Some(id) => (id.as_str(), ""),
        None => ("", finding.subject.as_str()),
    };
    let organization = finding.organization.as_deref().unwrap_or_default();
    let owner = finding
        .owner
        .as_ref()
        .map_or("", |owner| owner.descriptor.as_str());
    format!("{:016x}", tie(&[&finding.rule, organization, owner, id, subject]))
}

fn notification(entry: &UnreadableEntry) -> Notification {
    let failure = &entry.failure;
    let mut words = failure.what.clone();
    for line in details(failure) {
        words.push(' ');
        words.push_str(line.trim());
    }
    Notification {
        level: "error",
        message: quoted(&words),
        descriptor: failure.code.as_deref().map(|code| Reference { id: plain(code) }),
        properties: Place {
            organization: Some(plain(&entry.organization)),
            unreadable: Some(plain(&entry.what)),
            ..Place::default()
        },
    }
}

/// Our own words: without the marks of Markdown, and with them.
fn said(markdown: &'static str) -> Message {
    Message {
        text: markdown.replace('`', ""),
        markdown: Some(markdown),
    }
}

/// A sentence that may hold strangers' words. Viewers make links of `[text](target)` even in plain text, and look for
/// placeholders in braces, which are doubled where they are none (sections 3.11.6 and 3.11.5).
fn quoted(text: &str) -> Message {
    Message {
        text: plain(text)
            .replace("](", "] (")
            .replace('{', "{{")
            .replace('}', "}}"),
        markdown: None,
    }
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Off => "none",
        Severity::Notice => "note",
        Severity::Warning => "warning",
        Severity::Error => "error",
    }
}

fn first_sentence(text: &'static str) -> &'static str {
    text.split_inclusive(". ").next().unwrap_or(text).trim_end()
}

/// `full-access` as `FullAccess`.
fn pascal_case(id: &str) -> String {
    let words = id.split('-').map(|word| {
        let (first, rest) = word.split_at_checked(1).unwrap_or((word, ""));
        first.to_ascii_uppercase() + rest
    });
    words.collect()
}

#[cfg(test)]
mod tests;
