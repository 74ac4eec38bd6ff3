//! Statuses, totals and the verdict: a pure function of what was read, the settings and the time.

use chrono::{DateTime, Utc};

use crate::glob::Glob;
use crate::policy::Policy;
use crate::reading::OrganizationReading;
use crate::report::{Report, Run, Verdict};

/// The mildest verdict that fails the step. What cannot be read always fails it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailOn {
    /// Only [`Verdict::Unknown`].
    Never,
    /// `expired` and worse.
    Expired,
    /// `critical` and worse.
    Critical,
    /// `warning` and worse.
    Warning,
}

/// The mildest policy finding that fails the step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailOnPolicy {
    /// None.
    Never,
    /// Findings of severity `error`.
    Error,
    /// `warning` and `error`.
    Warning,
}

/// What PatMonitor judges by.
#[derive(Debug, Clone, PartialEq)]
pub struct MonitorSettings {
    /// Only PATs whose name matches one of these are judged; empty: all.
    pub names: Vec<Glob>,
    /// Each must match a live PAT.
    pub require_names: Vec<Glob>,
    /// Days.
    pub warning_days: u32,
    /// Days.
    pub critical_days: u32,
    /// Days.
    pub expired_within_days: u32,
    /// The mildest verdict that fails.
    pub fail_on: FailOn,
    /// The mildest finding that fails.
    pub fail_on_policy: FailOnPolicy,
    /// The rules.
    pub policy: Policy,
}

/// Judges everything read.
#[must_use]
pub fn judge(readings: &[OrganizationReading], settings: &MonitorSettings, run: Run, now: DateTime<Utc>) -> Report {
    let _ = (readings, settings, run, now, Verdict::Ok);
    unreachable!()
}

/// How a step ends: the agent's three results.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepResult {
    /// `Succeeded`.
    Succeeded,
    /// `SucceededWithIssues`.
    SucceededWithIssues,
    /// `Failed`.
    Failed,
}

/// The end of a monitoring step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StepEnd {
    /// The agent's result.
    pub result: StepResult,
    /// The process's exit code.
    pub exit_code: u8,
}

/// How the step ends by the contract: threshold, policy threshold, and what could not be read.
#[must_use]
pub fn step_end(report: &Report, fail_on: FailOn, fail_on_policy: FailOnPolicy) -> StepEnd {
    let _ = (report, fail_on, fail_on_policy);
    unreachable!()
}
