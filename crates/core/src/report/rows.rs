//! The rows of a report, wherever they are kept: a report of a large organization does not fit into memory.

use std::collections::HashMap;
use std::io;

use super::{Finding, PatEntry, Report, UnreadableEntry};
use crate::pat::AuthorizationId;

/// How many rows of each kind the head of a large report holds.
pub const ROWS: usize = 1_000;

/// One row of a report.
#[derive(Debug, Clone, PartialEq)]
pub enum Row {
    /// One of [`Report::pats`].
    Pat(PatEntry),
    /// One of [`Report::findings`].
    Finding(Finding),
    /// One of [`Report::unreadable`].
    Unreadable(UnreadableEntry),
}

/// What takes rows one by one.
pub type Each<'a, T> = &'a mut dyn FnMut(&T) -> io::Result<()>;

/// All rows of a report whose head holds some of them. Each can be gone through more than once.
pub trait Rows {
    /// Every PAT, in the order of [`PatEntry::key`].
    ///
    /// # Errors
    /// Those of reading the rows, and of `each`.
    fn each_pat(&self, each: Each<'_, PatEntry>) -> io::Result<()>;
    /// Every finding, in the order of [`Finding::key`].
    ///
    /// # Errors
    /// As [`Self::each_pat`].
    fn each_finding(&self, each: Each<'_, Finding>) -> io::Result<()>;
    /// The findings about one PAT, in the same order.
    ///
    /// # Errors
    /// As [`Self::each_pat`].
    fn findings_of(&self, pat: &PatEntry, each: Each<'_, Finding>) -> io::Result<()>;
    /// Everything unreadable, in the order of [`UnreadableEntry::key`].
    ///
    /// # Errors
    /// As [`Self::each_pat`].
    fn each_unreadable(&self, each: Each<'_, UnreadableEntry>) -> io::Result<()>;
}

impl Finding {
    /// Whether it is about this PAT. Without an organization it is about the PAT wherever it is listed.
    #[must_use]
    pub fn is_about(&self, pat: &PatEntry) -> bool {
        self.authorization_id.as_ref() == Some(&pat.authorization_id)
            && self
                .organization
                .as_ref()
                .is_none_or(|of| *of == pat.organization)
            && (self.owner.is_none() || self.owner == pat.owner)
    }
}

/// The rows of a report that holds all of them, in its own order.
#[derive(Debug)]
pub struct WholeRows<'a> {
    report: &'a Report,
    by_pat: HashMap<&'a AuthorizationId, Vec<&'a Finding>>,
}

impl Report {
    /// Its rows, where it holds all of them.
    #[must_use]
    pub fn rows(&self) -> WholeRows<'_> {
        let mut by_pat: HashMap<_, Vec<_>> = HashMap::new();
        for finding in &self.findings {
            if let Some(id) = &finding.authorization_id {
                by_pat.entry(id).or_default().push(finding);
            }
        }
        WholeRows { report: self, by_pat }
    }
}

impl Rows for WholeRows<'_> {
    fn each_pat(&self, each: Each<'_, PatEntry>) -> io::Result<()> {
        self.report.pats.iter().try_for_each(each)
    }

    fn each_finding(&self, each: Each<'_, Finding>) -> io::Result<()> {
        self.report.findings.iter().try_for_each(each)
    }

    fn findings_of(&self, pat: &PatEntry, each: Each<'_, Finding>) -> io::Result<()> {
        let of_pat = self.by_pat.get(&pat.authorization_id).into_iter().flatten();
        of_pat
            .copied()
            .filter(|finding| finding.is_about(pat))
            .try_for_each(each)
    }

    fn each_unreadable(&self, each: Each<'_, UnreadableEntry>) -> io::Result<()> {
        self.report.unreadable.iter().try_for_each(each)
    }
}
