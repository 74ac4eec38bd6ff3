//! Everything that the page knows, and what it can be asked.

use std::cell::OnceCell;

use chrono::{DateTime, Datelike, Utc};
use patkeeper_core::fold::{Part, fold};
use patkeeper_core::judge::{self, Judgment, Unlisted, rejudge};
use patkeeper_core::report::Report;

use crate::by_now::ByNow;
use crate::documents::Documents;
use crate::later::Later;
use crate::model::{DocumentEntry, Facets, FindingGroup, Overview, PatPage, PatQuery, Timeline};
use crate::rows::{Prepared, prepare};
use crate::{overview, timeline};

/// Thresholds that contradict each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("criticalDays ({critical_days}) must not be over warningDays ({warning_days})")]
pub struct BadThresholds {
    /// Days.
    pub warning_days: u32,
    /// Days.
    pub critical_days: u32,
}

/// The documents of a build, as one.
#[derive(Debug)]
pub struct Health {
    now: DateTime<Utc>,
    documents: Documents,
    /// What is tried; `None`: as reported.
    thresholds: Option<judge::Thresholds>,
    /// Made when first asked for: a build of many slices is folded once.
    view: OnceCell<Option<View>>,
}

/// PatMonitor's reports as one, under the thresholds shown.
#[derive(Debug)]
pub(crate) struct View {
    /// Its rows, totals and verdict are those shown.
    pub(crate) report: Report,
    pub(crate) unlisted: Vec<Unlisted>,
    pub(crate) shares: Vec<String>,
    /// What became of each report.
    pub(crate) parts: Vec<Part>,
    /// When the oldest of its reports was judged.
    pub(crate) from: DateTime<Utc>,
    pub(crate) by_now: ByNow,
    /// What later steps of the build did to its PATs.
    pub(crate) later: Later,
    /// As the steps judged.
    pub(crate) reported: Judgment,
    /// As it is shown.
    pub(crate) judgment: Judgment,
    /// One for each PAT.
    pub(crate) prepared: Vec<Prepared>,
}

impl View {
    fn of(documents: &Documents, now: DateTime<Utc>) -> Option<Self> {
        let folded = fold(&documents.reports)?;
        let reported = Judgment::reported(&folded.report);
        Some(Self {
            prepared: prepare(&folded.report),
            by_now: ByNow::since(folded.from, now),
            from: folded.from,
            later: Later::of(documents, &folded.parts),
            report: folded.report,
            unlisted: folded.unlisted,
            shares: folded.shares,
            parts: folded.parts,
            judgment: reported.clone(),
            reported,
        })
    }

    fn show(&mut self, thresholds: Option<judge::Thresholds>) {
        self.reported.put(&mut self.report);
        self.judgment = match thresholds {
            None => self.reported.clone(),
            Some(thresholds) => rejudge(&self.report, &self.unlisted, thresholds),
        };
        self.judgment.put(&mut self.report);
        self.by_now.count(&self.report, &self.unlisted, &self.later);
    }
}

impl Health {
    /// Nothing yet. `now` is the page's moment; one outside the years that reports may hold is 1970.
    #[must_use]
    pub fn new(now: DateTime<Utc>) -> Self {
        Self {
            now: Some(now)
                .filter(|now| (0..=9999).contains(&now.year()))
                .unwrap_or_default(),
            documents: Documents::default(),
            thresholds: None,
            view: OnceCell::new(),
        }
    }

    /// Takes a document in. What cannot be read is no error: its entry says so.
    pub fn add(&mut self, name: &str, text: &str) -> DocumentEntry {
        self.view = OnceCell::new();
        self.documents.add(name, text)
    }

    /// Says that a document could not be fetched, and why.
    pub fn missed(&mut self, name: &str, words: &str) -> DocumentEntry {
        self.documents.missed(name, words)
    }

    fn view(&self) -> Option<&View> {
        let view = self.view.get_or_init(|| {
            let mut view = View::of(&self.documents, self.now)?;
            view.show(self.thresholds);
            Some(view)
        });
        view.as_ref()
    }

    /// The top of the page.
    #[must_use]
    pub fn overview(&self) -> Overview {
        overview::overview(&self.documents, self.view(), self.now)
    }

    /// The coming 90 days.
    #[must_use]
    pub fn timeline(&self) -> Timeline {
        let view = self.view();
        view.map_or_else(|| timeline::empty(self.now), |view| view.timeline(self.now))
    }

    /// What the table can be filtered by.
    #[must_use]
    pub fn facets(&self) -> Facets {
        self.view().map(View::facets).unwrap_or_default()
    }

    /// Some rows of the table.
    #[must_use]
    pub fn pats(&self, query: &PatQuery) -> PatPage {
        self.view().map(|view| view.page(query)).unwrap_or_default()
    }

    /// Policy findings by rule, of each rule at most so many.
    #[must_use]
    pub fn findings(&self, per_rule: u32) -> Vec<FindingGroup> {
        self.view().map(|view| view.groups(per_rule)).unwrap_or_default()
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
        self.show(Some(judge::Thresholds {
            warning_days,
            critical_days,
        }));
        Ok(())
    }

    /// Goes back to the steps' own thresholds.
    pub fn judge_as_reported(&mut self) {
        self.show(None);
    }

    fn show(&mut self, thresholds: Option<judge::Thresholds>) {
        self.thresholds = thresholds;
        if let Some(Some(view)) = self.view.get_mut() {
            view.show(thresholds);
        }
    }
}
