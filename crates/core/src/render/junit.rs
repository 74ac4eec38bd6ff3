//! The report as test results, so that Azure Pipelines' Tests tab shows them over time.

use std::collections::{BTreeMap, HashSet};
use std::io;

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};

use super::failure::details;
use super::verdict::{fail_on, fail_on_policy};
use super::words;
use crate::report::{Finding, PatEntry, PatStatus, Report, Rows, Verdict};
use crate::slice::spread;
use crate::text::{self, fit};

/// Names of test cases; longer ones are cut by the service.
const NAME: usize = 200;
/// Sentences.
const SENTENCE: usize = 600;

/// The rule that every PAT is judged by besides those of policy.
const EXPIRY: &str = "expiry";

/// JUnit XML: one test suite an organization, in it one test case per PAT and rule that it was judged by (its expiry
/// is one), per pattern that should have matched, and per thing that could not be read. What is found about
/// anything else, such as a waiver, is a test case too. Where every user's PATs were asked for, test cases name the
/// owner.
///
/// A test case fails where it would fail the step. What is found and does not count is in its output; what is
/// waived or replaced is skipped; what could not be read is an error.
#[must_use]
pub fn junit(report: &Report) -> String {
    let mut bytes = Vec::new();
    // Writing to memory does not fail.
    match junit_to(&mut bytes, report, &report.rows()) {
        Ok(()) => String::from_utf8(bytes).unwrap_or_default(),
        Err(_) => String::new(),
    }
}

/// [`junit`] of a report whose rows are kept elsewhere; they are gone through several times, since a suite starts
/// with its counts.
///
/// # Errors
/// Those of writing, and of reading the rows.
pub fn junit_to(out: &mut dyn io::Write, head: &Report, rows: &dyn Rows) -> io::Result<()> {
    let cases = Cases {
        report: head,
        rows,
        shared: names_shared(rows)?,
        rules: words::rules(head).collect(),
    };
    let mut suites: BTreeMap<String, Counts> = BTreeMap::new();
    let mut all = Counts::default();
    cases.each(None, &mut |suite, case| {
        all.add(&case.outcome);
        suites.entry(suite.to_owned()).or_default().add(&case.outcome);
        Ok(())
    })?;

    let mut writer = Writer::new_with_indent(out, b' ', 2);
    writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let at = head.run.at.format("%Y-%m-%dT%H:%M:%S").to_string();
    let name = format!("Patkeeper {}", fit(&head.run.task, NAME));
    let root = BytesStart::new("testsuites").with_attributes([("name", name.as_str())]);
    writer.write_event(Event::Start(all.on(root)))?;
    for (name, counts) in &suites {
        let start = BytesStart::new("testsuite")
            .with_attributes([("name", name.as_str()), ("timestamp", at.as_str())]);
        writer.write_event(Event::Start(counts.on(start)))?;
        cases.each(Some(name), &mut |_, case| write_case(&mut writer, &case))?;
        writer.write_event(Event::End(BytesEnd::new("testsuite")))?;
    }
    writer.write_event(Event::End(BytesEnd::new("testsuites")))?;
    writer.write_event(Event::Text(BytesText::new("\n")))
}

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

/// What takes test cases, each with its suite's name.
type Take<'a> = &'a mut dyn FnMut(&str, Case) -> io::Result<()>;

/// What makes the test cases.
struct Cases<'a> {
    report: &'a Report,
    rows: &'a dyn Rows,
    shared: HashSet<u64>,
    rules: Vec<&'a str>,
}

impl Cases<'_> {
    /// Every test case, or those of one suite.
    fn each(&self, only: Option<&str>, take: Take<'_>) -> io::Result<()> {
        let (report, rows) = (self.report, self.rows);
        // The suite of an organization, if it is asked for.
        let suite_of = |organization: &str| {
            let suite = text::name(organization, NAME);
            only.is_none_or(|only| only == suite).then_some(suite)
        };
        rows.each_pat(&mut |pat| match suite_of(&pat.organization) {
            Some(suite) => self.of_pat(&suite, pat, take),
            None => Ok(()),
        })?;
        let mut add =
            |organization: &str, rule: &str, name: &str, outcome: Outcome| match suite_of(organization) {
                Some(suite) => take(&suite, case(&suite, rule, text::name(name, NAME), outcome)),
                None => Ok(()),
            };
        rows.each_finding(&mut |finding| {
            if finding.authorization_id.is_some() {
                return Ok(());
            }
            let of = finding.organization.as_deref().unwrap_or("policy");
            add(of, &finding.rule, &finding.subject, policy(report, &[finding]))
        })?;
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
            add("patterns", &missing.input, &missing.pattern, outcome)?;
        }
        rows.each_unreadable(&mut |unreadable| {
            let outcome = Outcome::Error {
                message: fit(&unreadable.failure.what, SENTENCE),
                detail: details(&unreadable.failure).join("\n"),
            };
            add(&unreadable.organization, "readable", &unreadable.what, outcome)
        })
    }

    fn of_pat(&self, suite: &str, pat: &PatEntry, take: Take<'_>) -> io::Result<()> {
        let mut name = name_of(pat);
        if self.shared.contains(&in_suite(suite, &name)) {
            name = format!("{name} ({})", fit(pat.authorization_id.as_str(), NAME));
        }
        let expires = expiry(self.report, pat);
        take(suite, case(suite, EXPIRY, name.clone(), expires))?;

        let mut findings: Vec<Finding> = Vec::new();
        self.rows.findings_of(pat, &mut |finding| {
            findings.push(finding.clone());
            Ok(())
        })?;
        let mut rules = if words::meets_policy(pat) {
            self.rules.clone()
        } else {
            Vec::new()
        };
        for finding in &findings {
            if !rules.contains(&finding.rule.as_str()) {
                rules.push(&finding.rule);
            }
        }
        for rule in rules {
            let found: Vec<&Finding> = findings.iter().filter(|finding| finding.rule == rule).collect();
            let outcome = policy(self.report, &found);
            take(suite, case(suite, rule, name.clone(), outcome))?;
        }
        Ok(())
    }
}

fn case(suite: &str, rule: &str, name: String, outcome: Outcome) -> Case {
    let class = format!("{suite}.{}", text::name(rule, NAME));
    Case { class, name, outcome }
}

/// What it is called, and whose it is.
fn name_of(pat: &PatEntry) -> String {
    let name = text::name(&pat.display_name, NAME);
    match &pat.owner {
        Some(owner) => format!("{name} ({})", text::name(&owner.name, NAME)),
        None => name,
    }
}

/// A name in a suite, as a number: those of a large organization have to fit into memory.
fn in_suite(suite: &str, name: &str) -> u64 {
    spread(format!("{suite}\n{name}").as_bytes())
}

/// Names that several PATs of one suite have: their test cases need more to be told apart.
fn names_shared(rows: &dyn Rows) -> io::Result<HashSet<u64>> {
    let (mut seen, mut shared) = (HashSet::new(), HashSet::new());
    rows.each_pat(&mut |pat| {
        let name = in_suite(&text::name(&pat.organization, NAME), &name_of(pat));
        if !seen.insert(name) {
            shared.insert(name);
        }
        Ok(())
    })?;
    Ok(shared)
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

fn write_case(writer: &mut Writer<&mut dyn io::Write>, case: &Case) -> io::Result<()> {
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

fn element(writer: &mut Writer<&mut dyn io::Write>, start: BytesStart<'_>, text: &str) -> io::Result<()> {
    if text.is_empty() {
        return writer.write_event(Event::Empty(start));
    }
    let end = start.to_end().into_owned();
    writer.write_event(Event::Start(start))?;
    writer.write_event(Event::Text(BytesText::new(text)))?;
    writer.write_event(Event::End(end))
}

#[derive(Default, Clone, Copy)]
struct Counts {
    tests: usize,
    failures: usize,
    errors: usize,
    skipped: usize,
}

impl Counts {
    fn add(&mut self, outcome: &Outcome) {
        self.tests += 1;
        match outcome {
            Outcome::Passed | Outcome::Noted(_) => {}
            Outcome::Skipped(_) => self.skipped += 1,
            Outcome::Failed { .. } => self.failures += 1,
            Outcome::Error { .. } => self.errors += 1,
        }
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
