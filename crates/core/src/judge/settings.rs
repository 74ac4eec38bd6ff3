//! What PatMonitor judges by.

use super::{Scope, Thresholds};
use crate::glob::Glob;
use crate::policy::Policy;
use crate::report::{Settings, Severity, Verdict};

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

impl FailOn {
    /// Every threshold.
    pub const ALL: [Self; 4] = [Self::Never, Self::Expired, Self::Critical, Self::Warning];

    /// The word of the contract.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Never => "never",
            Self::Expired => "expired",
            Self::Critical => "critical",
            Self::Warning => "warning",
        }
    }

    /// Reads the word of the contract, in its own letter case.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|fail_on| fail_on.as_str() == word)
    }

    /// Whether this verdict fails the step. [`Verdict::Unknown`] always does.
    #[must_use]
    pub fn reaches(self, verdict: Verdict) -> bool {
        let mildest = match self {
            Self::Never => Verdict::Unknown,
            Self::Expired => Verdict::Expired,
            Self::Critical => Verdict::Critical,
            Self::Warning => Verdict::Warning,
        };
        verdict >= mildest
    }
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

impl FailOnPolicy {
    /// Every threshold.
    pub const ALL: [Self; 3] = [Self::Never, Self::Error, Self::Warning];

    /// The word of the contract.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Never => "never",
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }

    /// Reads the word of the contract, in its own letter case.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|fail_on| fail_on.as_str() == word)
    }

    /// Whether a finding of this severity, not waived, fails the step.
    #[must_use]
    pub fn reaches(self, severity: Severity) -> bool {
        match self {
            Self::Never => false,
            Self::Error => severity >= Severity::Error,
            Self::Warning => severity >= Severity::Warning,
        }
    }
}

/// What PatMonitor judges by.
#[derive(Debug, Clone, PartialEq)]
pub struct MonitorSettings {
    /// Only PATs whose name matches one of these are judged; empty: all.
    pub names: Vec<Glob>,
    /// Each must match a live PAT, judged or not.
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

impl MonitorSettings {
    pub(super) fn looks_at(&self, name: &str) -> bool {
        self.names.is_empty() || self.names.iter().any(|pattern| pattern.matches(name))
    }

    pub(super) fn thresholds(&self) -> Thresholds {
        Thresholds {
            warning_days: self.warning_days,
            critical_days: self.critical_days,
        }
    }

    pub(crate) fn entry(&self, scope: Scope) -> Settings {
        let texts = |patterns: &[Glob]| {
            patterns
                .iter()
                .map(|pattern| pattern.as_str().to_owned())
                .collect()
        };
        Settings {
            scope: scope.as_str().to_owned(),
            names: texts(&self.names),
            require_names: texts(&self.require_names),
            warning_days: self.warning_days,
            critical_days: self.critical_days,
            expired_within_days: self.expired_within_days,
            fail_on: self.fail_on.as_str().to_owned(),
            fail_on_policy: self.fail_on_policy.as_str().to_owned(),
            rules: self.policy.settings(),
            waivers: self.policy.waivers_given(),
        }
    }
}
