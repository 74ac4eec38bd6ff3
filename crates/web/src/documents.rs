//! The documents of a build, each as it was given.

use patkeeper_core::audit::AuditReport;
use patkeeper_core::document::{Document, DocumentError};
use patkeeper_core::fold::{Part, parts};
use patkeeper_core::render::count;
use patkeeper_core::report::{Report, Run, Tool};
use patkeeper_core::revocation::RevocationReport;
use patkeeper_core::rotation::RotationDocument;
use patkeeper_core::text::visible;

use crate::model::{DocumentEntry, DocumentState};

/// Organizations that an entry names.
const NAMED: usize = 3;

/// What was given, by kind.
#[derive(Debug, Default)]
pub(crate) struct Documents {
    pub(crate) reports: Vec<Report>,
    pub(crate) others: Vec<Other>,
    /// In the order given.
    entries: Vec<(DocumentEntry, Option<usize>)>,
}

/// What changed something, or looked who did.
#[derive(Debug)]
pub(crate) enum Other {
    Rotation(Box<RotationDocument>),
    Revocation(Box<RevocationReport>),
    Audit(Box<AuditReport>),
}

impl Other {
    pub(crate) fn run(&self) -> &Run {
        match self {
            Self::Rotation(document) => &document.run,
            Self::Revocation(report) => &report.run,
            Self::Audit(report) => &report.run,
        }
    }

    pub(crate) fn organizations(&self) -> Vec<&str> {
        match self {
            Self::Rotation(document) => vec![&document.organization],
            Self::Revocation(report) => vec![&report.organization.name],
            Self::Audit(report) => report.organizations.iter().map(|one| one.name.as_str()).collect(),
        }
    }
}

impl Documents {
    /// Takes a document in, and gives its entry as of now.
    pub(crate) fn add(&mut self, name: &str, text: &str) -> DocumentEntry {
        let (words, state, report) = match Document::read(text) {
            Ok(document) => {
                let words = words(&document);
                let mut at = None;
                match document {
                    Document::Monitor(report) => {
                        at = Some(self.reports.len());
                        self.reports.push(*report);
                    }
                    Document::Rotation(document) => self.others.push(Other::Rotation(document)),
                    Document::Revocation(report) => self.others.push(Other::Revocation(report)),
                    Document::Audit(report) => self.others.push(Other::Audit(report)),
                }
                (words, DocumentState::Read, at)
            }
            Err(error) => {
                let (state, next) = refused(&error);
                // In a log a name is set off by backticks.
                let error = error.to_string().replace('`', "'");
                (format!("Not read: {error}. {next}"), state, None)
            }
        };
        let entry = DocumentEntry {
            name: visible(name),
            state,
            words: visible(&words),
        };
        self.entries.push((entry.clone(), report));
        let part = report.and_then(|at| parts(&self.reports).get(at).copied());
        among_others(entry, part.as_ref())
    }

    /// A document that is there and could not be fetched.
    pub(crate) fn missed(&mut self, name: &str, words: &str) -> DocumentEntry {
        let entry = DocumentEntry {
            name: visible(name),
            state: DocumentState::Missed,
            words: visible(words),
        };
        self.entries.push((entry.clone(), None));
        entry
    }

    /// Each document, with what became of it among the others. `parts`: of each report.
    pub(crate) fn entries(&self, parts: &[Part]) -> Vec<DocumentEntry> {
        let all = self.entries.iter();
        all.map(|(entry, report)| among_others(entry.clone(), report.and_then(|at| parts.get(at))))
            .collect()
    }

    /// How many of the documents are not read: of how many.
    pub(crate) fn not_read(&self) -> (usize, usize) {
        let read = self
            .entries
            .iter()
            .filter(|(entry, _)| entry.state == DocumentState::Read);
        (self.entries.len() - read.count(), self.entries.len())
    }
}

/// An entry with what became of its report, where it is one.
fn among_others(mut entry: DocumentEntry, part: Option<&Part>) -> DocumentEntry {
    let (state, words) = match part {
        None | Some(Part::Shown) => return entry,
        Some(Part::Merged) => (
            DocumentState::Folded,
            "; shown as part of the report that was merged from it",
        ),
        Some(Part::Superseded) => (
            DocumentState::Superseded,
            "; an earlier look or attempt: a later report that asks the same is shown",
        ),
    };
    entry.state = state;
    entry.words.push_str(words);
    entry
}

fn refused(error: &DocumentError) -> (DocumentState, &'static str) {
    match error {
        DocumentError::Newer { .. } => (
            DocumentState::TooNew,
            "Update the Patkeeper extension to see it here; until then, read the step's log.",
        ),
        DocumentError::Older { .. } => (
            DocumentState::TooOld,
            "Run the step again with the version that is installed now, or read the step's log.",
        ),
        DocumentError::NotJson { .. } | DocumentError::NotPatkeepers | DocumentError::DoesNotFit { .. } => (
            DocumentState::Broken,
            "It is cut off, was changed, or is another program's: read the step's log, or run the step again.",
        ),
    }
}

fn words(document: &Document) -> String {
    match document {
        Document::Monitor(report) => {
            let organizations: Vec<_> = report.organizations.iter().map(|one| one.name.as_str()).collect();
            let slice = report.slice.as_ref().map_or_else(String::new, |slice| {
                format!(", slice {} of {}", slice.position, slice.of)
            });
            let pats = count(report.totals.total as usize, "PAT");
            said(&report.run, &report.tool, &pats, &organizations) + &slice
        }
        Document::Rotation(document) => {
            let organization = [document.organization.as_str()];
            said(&document.run, &document.tool, &document.name, &organization)
        }
        Document::Revocation(report) => {
            let pats = count(report.counts.matched as usize, "PAT");
            said(&report.run, &report.tool, &pats, &[&report.organization.name])
        }
        Document::Audit(report) => {
            let organizations: Vec<_> = report.organizations.iter().map(|one| one.name.as_str()).collect();
            let events = count(report.totals.events as usize, "event");
            said(&report.run, &report.tool, &events, &organizations)
        }
    }
}

/// `PatMonitor 1.0.0, 42 PATs of acme`.
fn said(run: &Run, tool: &Tool, what: &str, organizations: &[&str]) -> String {
    let of = match organizations {
        [] => String::new(),
        several if several.len() > NAMED => format!(" of {}", count(several.len(), "organization")),
        named => format!(" of {}", named.join(", ")),
    };
    format!("{} {}, {what}{of}", run.task, tool.version)
}
