//! The rows of a report, wherever they are kept: a report of a large organization does not fit into memory.

use std::collections::HashMap;
use std::io;

use super::{Finding, PatEntry, Report, UnreadableEntry};
use crate::pat::AuthorizationId;
use crate::render::json_row;

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

/// Which rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// [`Report::pats`].
    Pats,
    /// [`Report::findings`].
    Findings,
    /// [`Report::unreadable`].
    Unreadable,
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
    /// Every row of a kind as [`crate::render::json_row`] writes it, in the same order. Who keeps rows so need not take
    /// them apart for it.
    ///
    /// # Errors
    /// As [`Self::each_pat`].
    fn each_json(&self, kind: Kind, each: &mut dyn FnMut(&[u8]) -> io::Result<()>) -> io::Result<()> {
        match kind {
            Kind::Pats => self.each_pat(&mut |row| each(&json_row(row)?)),
            Kind::Findings => self.each_finding(&mut |row| each(&json_row(row)?)),
            Kind::Unreadable => self.each_unreadable(&mut |row| each(&json_row(row)?)),
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::owner::SubjectDescriptor;
    use crate::render::tests::monday;
    use crate::render::{csv, csv_to, json, json_to, junit, junit_to, sarif, sarif_to};
    use crate::report::OwnerEntry;

    /// Rows that are kept elsewhere, and looked for one by one.
    struct Elsewhere(Report);

    impl Rows for Elsewhere {
        fn each_pat(&self, each: Each<'_, PatEntry>) -> io::Result<()> {
            self.0.pats.iter().try_for_each(each)
        }

        fn each_finding(&self, each: Each<'_, Finding>) -> io::Result<()> {
            self.0.findings.iter().try_for_each(each)
        }

        fn findings_of(&self, pat: &PatEntry, each: Each<'_, Finding>) -> io::Result<()> {
            let of_pat = self.0.findings.iter().filter(|finding| finding.is_about(pat));
            of_pat.into_iter().try_for_each(each)
        }

        fn each_unreadable(&self, each: Each<'_, UnreadableEntry>) -> io::Result<()> {
            self.0.unreadable.iter().try_for_each(each)
        }
    }

    fn owned(mut report: Report) -> Report {
        let owner = |number: usize| OwnerEntry {
            name: format!("user{number}@acme.example"),
            descriptor: SubjectDescriptor::parse(&format!("aad.user{number}")).unwrap(),
        };
        for (number, pat) in report.pats.iter_mut().enumerate() {
            pat.owner = Some(owner(number));
            pat.display_name = "ci".to_owned();
        }
        for finding in &mut report.findings {
            let id = finding.authorization_id.as_ref();
            let pat = report.pats.iter().find(|pat| Some(&pat.authorization_id) == id);
            finding.owner = pat.and_then(|pat| pat.owner.clone());
        }
        report
    }

    fn bytes(write: impl FnOnce(&mut dyn io::Write) -> io::Result<()>) -> String {
        let mut bytes = Vec::new();
        write(&mut bytes).unwrap();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn a_report_is_written_alike_whether_its_rows_are_in_memory_or_not() {
        for whole in [monday(), owned(monday())] {
            let mut head = whole.clone();
            head.pats.truncate(1);
            head.findings.clear();
            let rows = Elsewhere(whole.clone());
            assert_eq!(bytes(|out| json_to(out, &head, &rows)), json(&whole));
            assert_eq!(bytes(|out| csv_to(out, &rows)), csv(&whole));
            assert_eq!(bytes(|out| junit_to(out, &head, &rows)), junit(&whole));
            assert_eq!(bytes(|out| sarif_to(out, &head, &rows)), sarif(&whole));
        }
    }

    #[test]
    fn test_results_tell_users_pats_of_one_name_apart() {
        let text = junit(&owned(monday()));
        assert!(text.contains("name=\"ci (user3@acme.example)\""), "{text}");
        assert!(!text.contains("0000-4000"), "no id is needed");
        let mut twice = owned(monday());
        twice.pats[1].owner = twice.pats[0].owner.clone();
        assert!(
            junit(&twice).contains("name=\"ci (user0@acme.example) (00000002-0000-4000-8000-000000000000)\"")
        );
    }

    #[test]
    fn a_spreadsheet_says_whose_a_pat_is_in_its_last_column() {
        let text = csv(&owned(monday()));
        let mut lines = text.lines();
        assert!(lines.next().unwrap().ends_with(",owner"));
        assert!(lines.next().unwrap().ends_with(",user0@acme.example"));
    }

    /// A file system that breaks must not leave a short report that reads as a whole one.
    #[test]
    fn rows_that_cannot_be_read_are_an_error_and_no_short_report() {
        struct Broken;
        impl Rows for Broken {
            fn each_pat(&self, _: Each<'_, PatEntry>) -> io::Result<()> {
                Err(io::Error::other("the disk is gone"))
            }
            fn each_finding(&self, _: Each<'_, Finding>) -> io::Result<()> {
                Ok(())
            }
            fn findings_of(&self, _: &PatEntry, _: Each<'_, Finding>) -> io::Result<()> {
                Ok(())
            }
            fn each_unreadable(&self, _: Each<'_, UnreadableEntry>) -> io::Result<()> {
                Ok(())
            }
        }
        let mut sink = io::sink();
        let error = json_to(&mut sink, &monday(), &Broken).unwrap_err();
        assert!(error.to_string().contains("the disk is gone"), "{error}");
        assert!(csv_to(&mut sink, &Broken).is_err());
        assert!(junit_to(&mut sink, &monday(), &Broken).is_err());
    }
}
