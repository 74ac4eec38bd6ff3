//! Everything that the page knows, and what it can be asked.

use chrono::{DateTime, Utc};

use crate::model::{
    DocumentEntry, DocumentState, Facets, FindingGroup, Overview, PatPage, PatQuery, Thresholds, Timeline,
    Tone, TrendPoint,
};

/// Thresholds that contradict each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("criticalDays ({critical_days}) must not be over warningDays ({warning_days})")]
pub struct BadThresholds {
    /// Days.
    pub warning_days: u32,
    /// Days.
    pub critical_days: u32,
}

/// The documents of a build, folded into one.
#[derive(Debug)]
pub struct Health {
    now: DateTime<Utc>,
    documents: Vec<DocumentEntry>,
}

impl Health {
    /// Nothing yet. `now` is the page's moment.
    #[must_use]
    pub fn new(now: DateTime<Utc>) -> Self {
        Self {
            now,
            documents: Vec::new(),
        }
    }

    /// Takes a document in. What cannot be read is no error: its entry says so.
    pub fn add(&mut self, name: &str, _text: &str) -> DocumentEntry {
        let entry = DocumentEntry {
            name: name.to_owned(),
            state: DocumentState::Broken,
            words: String::new(),
        };
        self.documents.push(entry.clone());
        entry
    }

    /// The top of the page.
    #[must_use]
    pub fn overview(&self) -> Overview {
        Overview {
            tone: Tone::Unknown,
            headline: String::new(),
            verdict: None,
            as_of: self.now.timestamp_millis() as f64,
            as_of_words: String::new(),
            organizations: Vec::new(),
            has_owners: false,
            counts: Vec::new(),
            partial: None,
            thresholds: Thresholds::default(),
            missing: Vec::new(),
            unreadable: Vec::new(),
            unreadable_more: 0,
            changes: Vec::new(),
            notes: Vec::new(),
            documents: self.documents.clone(),
        }
    }

    /// The coming 90 days.
    #[must_use]
    pub fn timeline(&self) -> Timeline {
        Timeline {
            from: 0.0,
            days: 90,
            ends: Vec::new(),
            marks: Vec::new(),
            earlier: 0,
            later: 0,
        }
    }

    /// What the table can be filtered by.
    #[must_use]
    pub fn facets(&self) -> Facets {
        Facets {
            statuses: Vec::new(),
            owners: Vec::new(),
            scopes: Vec::new(),
            rules: Vec::new(),
            organizations: Vec::new(),
        }
    }

    /// Some rows of the table.
    #[must_use]
    pub fn pats(&self, _query: &PatQuery) -> PatPage {
        PatPage {
            rows: Vec::new(),
            matching: 0,
            of: 0,
        }
    }

    /// Policy findings by rule, of each rule at most so many.
    #[must_use]
    pub fn findings(&self, _per_rule: u32) -> Vec<FindingGroup> {
        Vec::new()
    }

    /// Judges by other thresholds than the steps did.
    ///
    /// # Errors
    /// See [`BadThresholds`].
    pub fn judge(&mut self, warning_days: u32, critical_days: u32) -> Result<(), BadThresholds> {
        if critical_days > warning_days {
            return Err(BadThresholds {
                warning_days,
                critical_days,
            });
        }
        Ok(())
    }

    /// Goes back to the steps' own thresholds.
    pub fn judge_as_reported(&mut self) {}
}

/// One build in the trend, by its documents; `None`: no PatMonitor's among them.
#[must_use]
pub fn trend_point<'a>(_texts: impl IntoIterator<Item = &'a str>) -> Option<TrendPoint> {
    None
}
