//! The order of a report's rows, in keys small enough that an index of a large report fits into memory.

use std::cmp::Reverse;

use super::{Finding, PatEntry, UnreadableEntry};
use crate::failure::FailureKind;
use crate::policy::Rule;
use crate::slice::spread;

/// Where a PAT stands among others: worst first, then what ends first, then by name. Rows that differ have different
/// keys, but for a chance of one in 2⁶⁴, so that the order in which rows arrive makes no difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct PatKey {
    status: Reverse<super::PatStatus>,
    /// Microseconds since 1970.
    end: i64,
    name: Start<14>,
    tie: u64,
}

/// Where a finding stands among others: heaviest first, waived ones last; equally heavy ones by rule, then by subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct FindingKey {
    waived: bool,
    severity: Reverse<super::Severity>,
    rule: Option<Rule>,
    subject: Start<20>,
    tie: u64,
}

/// Where something unreadable stands among others: what decides the exit code first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct UnreadableKey {
    kind: Reverse<FailureKind>,
    what: Start<22>,
    tie: u64,
}

/// The first bytes of a text; UTF-8 has the order of its characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Start<const BYTES: usize>([u8; BYTES]);

impl<const BYTES: usize> Start<BYTES> {
    fn of(text: &str) -> Self {
        let mut start = [0; BYTES];
        for (place, byte) in start.iter_mut().zip(text.bytes()) {
            *place = byte;
        }
        Self(start)
    }
}

/// A number for all these texts, each with its own bounds. The same texts have the same number in every version.
pub(crate) fn tie(texts: &[&str]) -> u64 {
    let mut bytes = Vec::new();
    for text in texts {
        bytes.extend_from_slice(text.as_bytes());
        // No byte of UTF-8.
        bytes.push(0xff);
    }
    spread(&bytes)
}

impl PatEntry {
    /// Its place in a report.
    #[must_use]
    pub fn key(&self) -> PatKey {
        PatKey {
            status: Reverse(self.status),
            end: self.effective_expiry.timestamp_micros(),
            name: Start::of(&self.display_name),
            tie: tie(&[
                self.authorization_id.as_str(),
                &self.organization,
                &self.display_name,
                self.owner.as_ref().map_or("", |owner| owner.descriptor.as_str()),
            ]),
        }
    }
}

impl Finding {
    /// Its place in a report.
    #[must_use]
    pub fn key(&self) -> FindingKey {
        FindingKey {
            waived: self.waived.is_some(),
            severity: Reverse(self.severity),
            rule: Rule::find(&self.rule),
            subject: Start::of(&self.subject),
            tie: tie(&[
                &self.rule,
                self.authorization_id.as_ref().map_or("", |id| id.as_str()),
                self.organization.as_deref().unwrap_or_default(),
                self.owner.as_ref().map_or("", |owner| owner.descriptor.as_str()),
                &self.subject,
                &self.message,
            ]),
        }
    }
}

impl UnreadableEntry {
    /// Its place in a report.
    #[must_use]
    pub fn key(&self) -> UnreadableKey {
        UnreadableKey {
            kind: Reverse(self.failure.kind),
            what: Start::of(&self.what),
            tie: tie(&[&self.organization, &self.what, &self.failure.what]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_index_of_a_large_report_fits_into_memory() {
        assert!(size_of::<PatKey>() <= 32);
        assert!(size_of::<FindingKey>() <= 32);
        assert!(size_of::<UnreadableKey>() <= 32);
    }

    #[test]
    fn texts_do_not_run_into_one_another() {
        assert_ne!(tie(&["ab", "c"]), tie(&["a", "bc"]));
        assert_ne!(tie(&["", "a"]), tie(&["a", ""]));
    }
}
