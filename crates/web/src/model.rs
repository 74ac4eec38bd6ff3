//! What the page shows, as plain data. The page's TypeScript types are generated from these.
//!
//! Texts are for people and may quote strangers: the page puts them into text nodes and nowhere else.
//! Moments are milliseconds since 1970 (UTC), as JavaScript counts them.

use serde::{Deserialize, Serialize};
use tsify::Tsify;

/// How something stands: what color and which sign it gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Tsify)]
#[serde(rename_all = "camelCase")]
pub enum Tone {
    /// Nothing to do.
    Good,
    /// Worth knowing.
    Notice,
    /// To be done in the coming weeks.
    Warning,
    /// To be done now.
    Critical,
    /// Has ended, failed or leaked.
    Bad,
    /// Nobody could see.
    Unknown,
}

/// The top of the page.
#[derive(Debug, Clone, PartialEq, Serialize, Tsify)]
#[serde(rename_all = "camelCase")]
pub struct Overview {
    /// The worst of everything.
    pub tone: Tone,
    /// One short sentence for who looks for ten seconds, e.g. `3 PATs have ended, 2 end within 7 days.`
    pub headline: String,
    /// The verdict's own sentence, as the log's last line says it; absent where no PatMonitor ran.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verdict: Option<String>,
    /// Said where PATs have ended, or have come near their end, by the page's moment and had not when they were judged:
    /// how many, and that only a new run tells how they stand.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// When the PATs were judged, the oldest report's moment of several; where no PatMonitor ran, when the newest of it
    /// was done.
    pub as_of: f64,
    /// `2026-11-22 10:00 UTC`, up to when where several reports are shown, and how long ago where that is more than a
    /// day.
    pub as_of_words: String,
    /// Every organization that was asked.
    pub organizations: Vec<String>,
    /// Whether every user's PATs were asked for, so that rows have owners.
    pub has_owners: bool,
    /// PATs by status, most urgent first, those of none left out. The page filters its table by `id`.
    pub counts: Vec<Count>,
    /// Said where the page holds fewer rows than were judged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub partial: Option<String>,
    /// Said where the page holds fewer policy findings than there are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub findings_partial: Option<String>,
    /// What the statuses shown were judged by.
    pub thresholds: Thresholds,
    /// Patterns that no PAT matched, each as a sentence.
    pub missing: Vec<String>,
    /// What could not be read.
    pub unreadable: Vec<Unreadable>,
    /// How many more could not be read.
    pub unreadable_more: u32,
    /// What rotations, revocations and audits of this build did or found, latest first.
    pub changes: Vec<Change>,
    /// Notes of all documents.
    pub notes: Vec<String>,
    /// Every document that was given, also the unreadable ones.
    pub documents: Vec<DocumentEntry>,
}

/// A number with a name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Tsify)]
#[serde(rename_all = "camelCase")]
pub struct Count {
    /// For filters, e.g. `expired`.
    pub id: String,
    /// For people.
    pub label: String,
    /// How many.
    pub count: u32,
    /// How that stands.
    pub tone: Tone,
}

/// The thresholds in days: what the page shows, and what the reports were judged by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Tsify)]
#[serde(rename_all = "camelCase")]
pub struct Thresholds {
    /// Now.
    pub warning_days: u32,
    /// Now.
    pub critical_days: u32,
    /// By the step.
    pub judged_warning_days: u32,
    /// By the step.
    pub judged_critical_days: u32,
}

/// Something that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Tsify)]
#[serde(rename_all = "camelCase")]
pub struct Unreadable {
    /// What, with its organization.
    pub what: String,
    /// What happened.
    pub message: String,
    /// Why, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// What to do next.
    pub ways_out: Vec<String>,
}

/// What one rotation, revocation or audit came to.
#[derive(Debug, Clone, PartialEq, Serialize, Tsify)]
#[serde(rename_all = "camelCase")]
pub struct Change {
    /// `PatRotate`, `PatRevoke` or `PatAudit`.
    pub task: String,
    /// When.
    pub at: f64,
    /// `2026-11-22 10:00 UTC`.
    pub at_words: String,
    /// How that stands.
    pub tone: Tone,
    /// One sentence, as the step's log ends.
    pub sentence: String,
    /// Line by line: which PAT, what became of it.
    pub lines: Vec<ChangeLine>,
    /// How many lines more.
    pub more: u32,
    /// What to do next, where something is.
    pub remedies: Vec<String>,
}

/// One PAT or event of a change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Tsify)]
#[serde(rename_all = "camelCase")]
pub struct ChangeLine {
    /// Which PAT, or who.
    pub subject: String,
    /// What became of it.
    pub words: String,
    /// How that stands.
    pub tone: Tone,
}

/// One document that was given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Tsify)]
#[serde(rename_all = "camelCase")]
pub struct DocumentEntry {
    /// What the attachment or file is called.
    pub name: String,
    /// What became of it.
    pub state: DocumentState,
    /// That in words: `PatMonitor 1.0.0, 42 PATs of acme`, or what is wrong with it and what to do.
    pub words: String,
}

/// Whether a document could be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Tsify)]
#[serde(rename_all = "camelCase")]
pub enum DocumentState {
    /// It is part of the page.
    Read,
    /// It is a slice, and part of a merged report that is here, too.
    Folded,
    /// A later report that asks the same is shown in its place: it is an earlier look, or an earlier attempt.
    Superseded,
    /// Of a version that this page does not know yet.
    TooNew,
    /// Of a version that this page does not read any more.
    TooOld,
    /// No document of Patkeeper.
    Broken,
    /// It could not be fetched.
    Missed,
}

/// The coming days with what ends on them.
#[derive(Debug, Clone, PartialEq, Serialize, Tsify)]
#[serde(rename_all = "camelCase")]
pub struct Timeline {
    /// Midnight (UTC) of the first day.
    pub from: f64,
    /// How many days, the first one included.
    pub days: u32,
    /// Days on which something ends, in order.
    pub ends: Vec<Day>,
    /// Lines across it, e.g. the end of global PATs.
    pub marks: Vec<Mark>,
    /// PATs that ended before the first day.
    pub earlier: u32,
    /// PATs that end after the last day.
    pub later: u32,
    /// Said where not every PAT that was judged is drawn or counted here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub partial: Option<String>,
}

/// One day on which something ends.
#[derive(Debug, Clone, PartialEq, Serialize, Tsify)]
#[serde(rename_all = "camelCase")]
pub struct Day {
    /// From the first day on, counted from 0.
    pub offset: u32,
    /// `2026-12-01`; what [`PatQuery::day`] takes.
    pub date: String,
    /// How many PATs.
    pub count: u32,
    /// The worst of them.
    pub tone: Tone,
    /// The first of them, most urgent first; at most 12.
    pub dots: Vec<Dot>,
}

/// One PAT on the timeline.
#[derive(Debug, Clone, PartialEq, Serialize, Tsify)]
#[serde(rename_all = "camelCase")]
pub struct Dot {
    /// Its row's number, for [`PatQuery`]'s table.
    pub row: u32,
    /// How it stands.
    pub tone: Tone,
    /// Its name.
    pub name: String,
    /// Its owner, scopes and days, a line each.
    pub lines: Vec<String>,
}

/// A line across the timeline.
#[derive(Debug, Clone, PartialEq, Serialize, Tsify)]
#[serde(rename_all = "camelCase")]
pub struct Mark {
    /// From the first day on, counted from 0.
    pub offset: u32,
    /// What it is.
    pub label: String,
    /// Why it matters.
    pub words: String,
}

/// Which PATs the table shows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Tsify)]
#[serde(rename_all = "camelCase", default)]
pub struct PatQuery {
    /// Words that must all occur in name, owner, organization, scopes, rules or id, whatever the letter case.
    pub search: String,
    /// Ids of [`Facets::statuses`]; empty: any.
    pub statuses: Vec<String>,
    /// An id of [`Facets::owners`].
    pub owner: Option<String>,
    /// An id of [`Facets::scopes`].
    pub scope: Option<String>,
    /// An id of [`Facets::rules`].
    pub rule: Option<String>,
    /// An id of [`Facets::organizations`].
    pub organization: Option<String>,
    /// Only what ends on this day: `2026-12-01`.
    pub day: Option<String>,
    /// By what.
    pub sort: PatSort,
    /// The other way round.
    pub descending: bool,
    /// Rows left out at the start.
    pub offset: u32,
    /// Rows wanted; at most 500.
    pub limit: u32,
}

/// What the table is sorted by; equal ones stay in the order of urgency.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Tsify)]
#[serde(rename_all = "camelCase")]
pub enum PatSort {
    /// Most urgent first, as in the report.
    #[default]
    Urgency,
    /// The effective end.
    Ends,
    /// The display name, whatever the letter case.
    Name,
    /// The owner.
    Owner,
    /// From start to end.
    Lifetime,
    /// How many policy findings, the heaviest first.
    Findings,
}

/// Some rows of the table.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Tsify)]
#[serde(rename_all = "camelCase")]
pub struct PatPage {
    /// The rows.
    pub rows: Vec<PatRow>,
    /// How many match the query.
    pub matching: u32,
    /// How many the page holds.
    pub of: u32,
}

/// One PAT.
#[derive(Debug, Clone, PartialEq, Serialize, Tsify)]
#[serde(rename_all = "camelCase")]
pub struct PatRow {
    /// Its number in the order of urgency as judged, which no query changes.
    pub row: u32,
    /// Under the thresholds shown, e.g. `critical`.
    pub status: String,
    /// How that stands.
    pub tone: Tone,
    /// As judged by the step, where that differs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub judged: Option<String>,
    /// `9 d`.
    pub left: String,
    /// `2026-12-01`.
    pub ends: String,
    /// Why it ends sooner than its `validTo`, or which PAT replaced it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remark: Option<String>,
    /// Its name.
    pub name: String,
    /// The service's id.
    pub authorization_id: String,
    /// The organization whose list named it.
    pub organization: String,
    /// Whose it is, where every user's PATs were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// Its scopes, as the service wrote them.
    pub scopes: Vec<String>,
    /// Whole days from start to end.
    pub lifetime_days: u32,
    /// Policy findings about it, heaviest first, waived ones last.
    pub rules: Vec<RuleMark>,
}

/// A policy finding in a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Tsify)]
#[serde(rename_all = "camelCase")]
pub struct RuleMark {
    /// The rule's id.
    pub rule: String,
    /// How heavy; [`Tone::Good`] for a waived one.
    pub tone: Tone,
}

/// What the table can be filtered by, each with how many PATs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Tsify)]
#[serde(rename_all = "camelCase")]
pub struct Facets {
    /// Under the thresholds shown, most urgent first.
    pub statuses: Vec<Count>,
    /// Most PATs first; at most 500.
    pub owners: Vec<Count>,
    /// Most PATs first.
    pub scopes: Vec<Count>,
    /// Heaviest first.
    pub rules: Vec<Count>,
    /// In the order asked.
    pub organizations: Vec<Count>,
}

/// Policy findings of one rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Tsify)]
#[serde(rename_all = "camelCase")]
pub struct FindingGroup {
    /// The rule's id.
    pub rule: String,
    /// What the rule finds.
    pub about: String,
    /// `error`, `warning` or `notice`.
    pub severity: String,
    /// How that stands.
    pub tone: Tone,
    /// Findings that count.
    pub count: u32,
    /// Findings that a waiver covers.
    pub waived: u32,
    /// The first of them.
    pub items: Vec<FindingItem>,
    /// How many more.
    pub more: u32,
}

/// One policy finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Tsify)]
#[serde(rename_all = "camelCase")]
pub struct FindingItem {
    /// The PAT's name, or what else it is about.
    pub subject: String,
    /// The PAT's row, where it has one here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub row: Option<u32>,
    /// Its organization and owner, as far as there are any.
    pub place: String,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub remedy: String,
    /// The waiver that covers it: until when, and why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waived: Option<String>,
}

/// An earlier build's place in the trend: either [`Self::point`] or [`Self::gap`].
#[derive(Debug, Clone, PartialEq, Serialize, Tsify)]
#[serde(rename_all = "camelCase")]
pub struct Trend {
    /// What it came to, where all of it could be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub point: Option<TrendPoint>,
    /// Why it is not known what it came to, e.g. `only slice 1 of 4 of acme is there`; empty where there is a point.
    pub gap: String,
}

/// One build in the trend.
#[derive(Debug, Clone, PartialEq, Serialize, Tsify)]
#[serde(rename_all = "camelCase")]
pub struct TrendPoint {
    /// When it was judged.
    pub at: f64,
    /// `2026-11-22`.
    pub at_words: String,
    /// How the verdict stands.
    pub tone: Tone,
    /// The verdict's word.
    pub verdict: String,
    /// PATs that are healthy or replaced.
    pub healthy: u32,
    /// PATs with status warning or critical.
    pub due: u32,
    /// PATs that have ended, and patterns without a match.
    pub dead: u32,
    /// What could not be read.
    pub unreadable: u32,
}
