//! The report as test results, so that Azure Pipelines' Tests tab shows them over time.

use std::collections::{BTreeMap, HashSet};
use std::io;

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};

use super::failure::details;
use super::verdict::{fail_on, fail_on_policy};
use super::words::{self, FindingsByPat};
use crate::report::{Finding, PatEntry, PatStatus, Report, Verdict};
use crate::text::{self, fit};

/// Names of test cases; longer ones are cut by the service.
const NAME: usize = 200;
/// Sentences.
const SENTENCE: usize = 600;

/// The rule that every PAT is judged by besides those of policy.
const EXPIRY: &str = "expiry";

/// JUnit XML: one test suite an organization, in it one test case per PAT and rule that it was judged by (its expiry
/// is one), per pattern that should have matched, and per thing that could not be read. What is found about
/// anything else, such as a waiver, is a test case too.
///
/// A test case fails where it would fail the step. What is found and does not count is in its output; what is
/// waived or replaced is skipped; what could not be read is an error.
#[must_use]
pub fn junit(report: &Report) -> String {
    let mut writer = Writer::new_with_indent(Vec::new(), b' ', 2);
    // Writing to memory does not fail.
    match write(&mut writer, &suites(report), report) {
        Ok(()) => String::from_utf8(writer.into_inner()).unwrap_or_default(),
        Err(_) => String::new(),
    }
}

type Suites = BTreeMap<String, Vec<Case>>;

struct Case {
    class: String,
    name: String,
    outcome: Outcome,
}

enum Outcome {
    Passed,
    /// Found, and does not count.
    Noted(String),
    Skipped(String),
    Failed {
        kind: &'static str,
        message: String,
        detail: String,
    },
    Error {
        message: String,
        detail: String,
    },
}

fn suites(report: &Report) -> Suites {
    let mut suites = Suites::new();
    let mut add = |organization: &str, rule: &str, name: String, outcome: Outcome| {
        let suite = text::name(organization, NAME);
        let class = format!("{suite}.{}", text::name(rule, NAME));
        suites
            .entry(suite)
            .or_default()
            .push(Case { class, name, outcome });
    };
    let findings = FindingsByPat::new(report);
    let shared = names_shared(report);
    let rules: Vec<&str> = words::rules(report).collect();
    for pat in &report.pats {
        let mut name = text::name(&pat.display_name, NAME);
        if shared.contains(&(pat.organization.as_str(), name.clone())) {
            name = format!("{name} ({})", fit(pat.authorization_id.as_str(), NAME));
        }
        add(&pat.organization, EXPIRY, name.clone(), expiry(report, pat));
        let mut of_pat = if words::meets_policy(pat) {
            rules.clone()
        } else {
            Vec::new()
        };
        for finding in findings.of(pat) {
            if !of_pat.contains(&finding.rule.as_str()) {
                of_pat.push(&finding.rule);
            }
        }
        for rule in of_pat {
            let found: Vec<&Finding> = findings.of(pat).filter(|finding| finding.rule == rule).collect();
            add(&pat.organization, rule, name.clone(), policy(report, &found));
        }
    }
    for finding in report
        .findings
        .iter()
        .filter(|finding| finding.authorization_id.is_none())
    {
        let of = finding.organization.as_deref().unwrap_or("policy");
        add(
            of,
            &finding.rule,
            text::name(&finding.subject, NAME),
            policy(report, &[finding]),
        );
    }
    for missing in &report.missing {
        let message = words::missing_remedy(&missing.input).to_owned();
        let outcome = if fail_on(report).reaches(Verdict::Missing) {
            Outcome::Failed {
                kind: "missing",
                message,
                detail: String::new(),
            }
        } else {
            Outcome::Noted(message)
        };
        add(
            "patterns",
            &missing.input,
            text::name(&missing.pattern, NAME),
            outcome,
        );
    }
    for unreadable in &report.unreadable {
        let failure = &unreadable.failure;
        let outcome = Outcome::Error {
            message: fit(&failure.what, SENTENCE),
            detail: details(failure).join("\n"),
        };
        add(
            &unreadable.organization,
            "readable",
            text::name(&unreadable.what, NAME),
            outcome,
        );
    }
    suites
}

/// Names that several PATs of one organization have: their test cases need more to be told apart.
fn names_shared(report: &Report) -> HashSet<(&str, String)> {
    let mut seen = HashSet::new();
    report
        .pats
        .iter()
        .map(|pat| (pat.organization.as_str(), text::name(&pat.display_name, NAME)))
        .filter(|name| !seen.insert(name.clone()))
        .collect()
}

fn expiry(report: &Report, pat: &PatEntry) -> Outcome {
    let note = fit(&words::note(pat), SENTENCE);
    let (status, left) = (pat.status.as_str(), pat.days_left);
    let ends = crate::time::minute(pat.effective_expiry);
    match pat.status {
        PatStatus::Healthy => Outcome::Passed,
        PatStatus::Replaced => Outcome::Skipped(if note.is_empty() {
            "replaced".to_owned()
        } else {
            note
        }),
        PatStatus::Warning | PatStatus::Critical | PatStatus::Expired => {
            let verb = if pat.status == PatStatus::Expired {
                "ended"
            } else {
                "ends"
            };
            let message = format!("{status}: {verb} {ends} ({left} d)");
            if fail_on(report).reaches(pat.status.verdict()) {
                let step = fit(&words::next_step(pat), SENTENCE);
                let detail = [step, note]
                    .into_iter()
                    .filter(|line| !line.is_empty())
                    .collect::<Vec<_>>()
                    .join("\n");
                Outcome::Failed {
                    kind: status,
                    message,
                    detail,
                }
            } else {
                Outcome::Noted(message)
            }
        }
    }
}

/// One rule's findings about one PAT: the one that counts most decides, all are told.
fn policy(report: &Report, found: &[&Finding]) -> Outcome {
    let say = |found: &[&Finding]| {
        let lines: Vec<String> = found
            .iter()
            .map(|finding| fit(&words::finding(finding), SENTENCE))
            .collect();
        lines.join("; ")
    };
    let open: Vec<&Finding> = found
        .iter()
        .copied()
        .filter(|finding| finding.waived.is_none())
        .collect();
    match open.iter().map(|finding| finding.severity).max() {
        None if found.is_empty() => Outcome::Passed,
        None => Outcome::Skipped(format!("waived {}", say(found))),
        Some(severity) if fail_on_policy(report).reaches(severity) => {
            let remedy = open
                .first()
                .map(|finding| fit(&finding.remedy, SENTENCE))
                .unwrap_or_default();
            Outcome::Failed {
                kind: severity.as_str(),
                message: say(&open),
                detail: remedy,
            }
        }
        Some(severity) => Outcome::Noted(format!("{}: {}", severity.as_str(), say(&open))),
    }
}

fn write(writer: &mut Writer<Vec<u8>>, suites: &Suites, report: &Report) -> io::Result<()> {
    writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let at = report.run.at.format("%Y-%m-%dT%H:%M:%S").to_string();
    let all = Counts::of(suites.values().flatten());
    let name = format!("Patkeeper {}", fit(&report.run.task, NAME));
    let root = BytesStart::new("testsuites").with_attributes([("name", name.as_str())]);
    writer.write_event(Event::Start(all.on(root)))?;
    for (name, cases) in suites {
        let start = BytesStart::new("testsuite")
            .with_attributes([("name", name.as_str()), ("timestamp", at.as_str())]);
        writer.write_event(Event::Start(Counts::of(cases).on(start)))?;
        for case in cases {
            write_case(writer, case)?;
        }
        writer.write_event(Event::End(BytesEnd::new("testsuite")))?;
    }
    writer.write_event(Event::End(BytesEnd::new("testsuites")))?;
    writer.write_event(Event::Text(BytesText::new("\n")))
}

fn write_case(writer: &mut Writer<Vec<u8>>, case: &Case) -> io::Result<()> {
    let start = BytesStart::new("testcase").with_attributes([
        ("classname", case.class.as_str()),
        ("name", case.name.as_str()),
        ("time", "0"),
    ]);
    if matches!(case.outcome, Outcome::Passed) {
        return writer.write_event(Event::Empty(start));
    }
    writer.write_event(Event::Start(start))?;
    match &case.outcome {
        Outcome::Passed => {}
        Outcome::Noted(message) => element(writer, BytesStart::new("system-out"), message)?,
        Outcome::Skipped(message) => {
            element(
                writer,
                BytesStart::new("skipped").with_attributes([("message", message.as_str())]),
                "",
            )?;
        }
        Outcome::Failed {
            kind,
            message,
            detail,
        } => {
            let start =
                BytesStart::new("failure").with_attributes([("type", *kind), ("message", message.as_str())]);
            element(writer, start, detail)?;
        }
        Outcome::Error { message, detail } => {
            let start = BytesStart::new("error")
                .with_attributes([("type", "unreadable"), ("message", message.as_str())]);
            element(writer, start, detail)?;
        }
    }
    writer.write_event(Event::End(BytesEnd::new("testcase")))
}

fn element(writer: &mut Writer<Vec<u8>>, start: BytesStart<'_>, text: &str) -> io::Result<()> {
    if text.is_empty() {
        return writer.write_event(Event::Empty(start));
    }
    let end = start.to_end().into_owned();
    writer.write_event(Event::Start(start))?;
    writer.write_event(Event::Text(BytesText::new(text)))?;
    writer.write_event(Event::End(end))
}

#[derive(Default)]
struct Counts {
    tests: usize,
    failures: usize,
    errors: usize,
    skipped: usize,
}

impl Counts {
    fn of<'a>(cases: impl IntoIterator<Item = &'a Case>) -> Self {
        let mut counts = Self::default();
        for case in cases {
            counts.tests += 1;
            match case.outcome {
                Outcome::Passed | Outcome::Noted(_) => {}
                Outcome::Skipped(_) => counts.skipped += 1,
                Outcome::Failed { .. } => counts.failures += 1,
                Outcome::Error { .. } => counts.errors += 1,
            }
        }
        counts
    }

    fn on(self, mut start: BytesStart<'_>) -> BytesStart<'_> {
        for (name, number) in [
            ("tests", self.tests),
            ("failures", self.failures),
            ("errors", self.errors),
            ("skipped", self.skipped),
        ] {
            start.push_attribute((name, number.to_string().as_str()));
        }
        start
    }
}
