//! PatMonitor's inputs, each checked, and checked against one another.

use std::path::PathBuf;

use patkeeper_core::glob::Glob;
use patkeeper_core::judge::{FailOn, FailOnPolicy};
use patkeeper_core::organization::Organization;
use patkeeper_core::policy::PolicyInputs;
use patkeeper_core::scope::ScopeSet;
use patkeeper_core::slice::Slice;

use super::quote::quote;
use super::{BadInput, Channels, Inputs, ReportFormat, SignInInputs, organization, reports};
use crate::context::AgentContext;
use crate::registry::Input;
use crate::registry::organization::SEVERAL;
use crate::registry::pat_monitor as registry;
use crate::registry::reports::REPORT_DIRECTORY;

/// When channels are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AlertOn {
    /// Only when something needs attention.
    Attention,
    /// After every run.
    Always,
    /// Not at all.
    Never,
}

/// What is judged.
#[derive(Debug)]
pub enum Judged {
    /// What the service tells now.
    Read {
        /// At least one, each once, in the order given.
        organizations: Vec<Organization>,
        /// The sign-in.
        sign_in: SignInInputs,
        /// Whose PATs.
        scope: Scope,
    },
    /// What these reports tell: slices of one organization. There is no sign-in, and nothing else is read.
    Reports {
        /// At least one, in the order given.
        paths: Vec<PathBuf>,
        /// The inputs given that say what is judged by which limit, as far as they differ from their defaults: names,
        /// days, policy. What they say must be what the reports say.
        given: Vec<&'static str>,
    },
}

/// Whose PATs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// The signed-in user's.
    Mine,
    /// Every user's.
    Organization {
        /// Requests in flight at once: 1 to 64.
        parallelism: u32,
        /// This job's share of the users; `None`: all of them.
        slice: Option<Slice>,
    },
}

/// All of PatMonitor's inputs.
#[derive(Debug)]
pub struct PatMonitorInputs {
    /// What is judged.
    pub judged: Judged,
    /// Patterns judged; empty: all.
    pub names: Vec<Glob>,
    /// Patterns required.
    pub require_names: Vec<Glob>,
    /// Days.
    pub warning_days: u32,
    /// Days; at most `warning_days`.
    pub critical_days: u32,
    /// Days.
    pub expired_within_days: u32,
    /// The mildest status that fails.
    pub fail_on: FailOn,
    /// The mildest policy finding that fails.
    pub fail_on_policy: FailOnPolicy,
    /// What the inputs say about policy.
    pub policy: PolicyInputs,
    /// The policy file, as given.
    pub policy_file: Option<PathBuf>,
    /// Who is told.
    pub channels: Channels,
    /// When to tell them.
    pub alert_on: AlertOn,
    /// Where reports go; `None` only for people who gave none: then none are written.
    pub report_directory: Option<PathBuf>,
    /// Which reports.
    pub report_formats: Vec<ReportFormat>,
}

/// What the inputs choose; how, they say apart.
#[derive(Clone, Copy, PartialEq)]
enum Choice {
    Mine,
    Organization,
}

const SCOPES: &[(&str, Choice)] = &[("mine", Choice::Mine), ("organization", Choice::Organization)];
const SLICES: &[(&str, bool)] = &[("none", false), ("auto", true)];
/// What a report was judged by.
const JUDGED_BY: &[&Input] = &[
    &registry::NAMES,
    &registry::REQUIRE_NAMES,
    &registry::WARNING_DAYS,
    &registry::CRITICAL_DAYS,
    &registry::EXPIRED_WITHIN_DAYS,
    &registry::MAX_LIFETIME_DAYS,
    &registry::FORBIDDEN_SCOPES,
    &registry::POLICY_FILE,
];
const FAIL_ONS: &[(&str, FailOn)] = &[
    ("never", FailOn::Never),
    ("expired", FailOn::Expired),
    ("critical", FailOn::Critical),
    ("warning", FailOn::Warning),
];
const FAIL_ON_POLICIES: &[(&str, FailOnPolicy)] = &[
    ("never", FailOnPolicy::Never),
    ("error", FailOnPolicy::Error),
    ("warning", FailOnPolicy::Warning),
];
const ALERT_ONS: &[(&str, AlertOn)] = &[
    ("attention", AlertOn::Attention),
    ("always", AlertOn::Always),
    ("never", AlertOn::Never),
];

impl PatMonitorInputs {
    /// Checks everything. Nothing is read or sent here, so that a refusal costs nothing.
    ///
    /// # Errors
    /// The first input that is missing, not of its type, out of range, or contradicts another one.
    pub fn read(inputs: &Inputs, context: &AgentContext) -> Result<Self, BadInput> {
        let judged = judged(inputs, context)?;
        let days = |input| inputs.present(input, inputs.number(input)?);
        let warning_days = days(&registry::WARNING_DAYS)?;
        let critical_days = days(&registry::CRITICAL_DAYS)?;
        if critical_days > warning_days {
            let warning = inputs.label(registry::WARNING_DAYS.name);
            let why = format!(
                "{critical_days} is over {warning} ({warning_days}), so nothing could ever be a warning; \
                 allowed is at most {warning}."
            );
            return Err(inputs.bad(&registry::CRITICAL_DAYS, why));
        }
        Ok(Self {
            judged,
            names: inputs.globs(&registry::NAMES),
            require_names: inputs.globs(&registry::REQUIRE_NAMES),
            warning_days,
            critical_days,
            expired_within_days: days(&registry::EXPIRED_WITHIN_DAYS)?,
            fail_on: inputs.chosen(&registry::FAIL_ON, FAIL_ONS)?,
            fail_on_policy: inputs.chosen(&registry::FAIL_ON_POLICY, FAIL_ON_POLICIES)?,
            policy: PolicyInputs {
                max_lifetime_days: inputs.number(&registry::MAX_LIFETIME_DAYS)?,
                forbidden_scopes: forbidden_scopes(inputs)?,
            },
            policy_file: inputs.path(&registry::POLICY_FILE)?,
            channels: Channels::read(inputs)?,
            alert_on: inputs.chosen(&registry::ALERT_ON, ALERT_ONS)?,
            report_directory: inputs.path(&REPORT_DIRECTORY)?,
            report_formats: reports::formats(inputs, &registry::REPORT_FORMATS)?,
        })
    }
}

fn judged(inputs: &Inputs, context: &AgentContext) -> Result<Judged, BadInput> {
    let scope = inputs.chosen(&registry::SCOPE, SCOPES)?;
    let sliced = inputs.chosen(&registry::SLICE, SLICES)?;
    let parallelism = inputs.present(&registry::PARALLELISM, inputs.number(&registry::PARALLELISM)?)?;
    let paths = inputs.paths(&registry::MERGE_REPORTS)?;
    if !paths.is_empty() {
        if sliced {
            let why = format!(
                "auto reads a share of the users, and {} reads nobody's PATs; leave one of the two out.",
                inputs.label(registry::MERGE_REPORTS.name)
            );
            return Err(inputs.bad(&registry::SLICE, why));
        }
        let given = JUDGED_BY.iter().filter(|input| inputs.differs(input));
        return Ok(Judged::Reports {
            paths,
            given: given.map(|input| input.name).collect(),
        });
    }
    if sliced && scope == Choice::Mine {
        let why = format!(
            "auto shares the users of an organization out, and {scope} is mine; set {scope} to organization, or leave \
             this out.",
            scope = inputs.label(registry::SCOPE.name)
        );
        return Err(inputs.bad(&registry::SLICE, why));
    }
    let organizations = organization::several(inputs, &SEVERAL)?;
    let sign_in = SignInInputs::read(inputs)?;
    let scope = match scope {
        Choice::Mine => Scope::Mine,
        Choice::Organization => Scope::Organization {
            parallelism,
            slice: sliced.then(|| slice(inputs, context)).transpose()?,
        },
    };
    Ok(Judged::Read {
        organizations,
        sign_in,
        scope,
    })
}

/// This job's share, as `strategy: parallel` numbers the jobs.
fn slice(inputs: &Inputs, context: &AgentContext) -> Result<Slice, BadInput> {
    let is = match (context.job_position, context.total_jobs) {
        (Some(position), Some(of)) => match Slice::new(position, of) {
            Some(slice) => return Ok(slice),
            None => format!("here they are {position} of {of}"),
        },
        _ => "here they are missing, or no whole numbers".to_owned(),
    };
    let why = format!(
        "auto goes by System.JobPositionInPhase of System.TotalJobsInPhase, and {is}; give the job strategy: parallel, \
         or leave this out."
    );
    Err(inputs.bad(&registry::SLICE, why))
}

/// Separators alone would read as "nothing is forbidden", which nobody means who wrote them.
fn forbidden_scopes(inputs: &Inputs) -> Result<Option<ScopeSet>, BadInput> {
    let Some(text) = inputs.text(&registry::FORBIDDEN_SCOPES) else {
        return Ok(None);
    };
    let scopes = ScopeSet::parse(text);
    if scopes.iter().next().is_none() {
        let why = format!(
            "{} names no scope; allowed are scopes such as vso.code_write.",
            quote(text)
        );
        return Err(inputs.bad(&registry::FORBIDDEN_SCOPES, why));
    }
    if let Some(odd) = scopes.iter().find(|scope| {
        !scope
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-'))
    }) {
        let why = format!(
            "{} is not a scope; allowed are names such as vso.code_write.",
            quote(odd)
        );
        return Err(inputs.bad(&registry::FORBIDDEN_SCOPES, why));
    }
    Ok(Some(scopes))
}

#[cfg(test)]
mod tests;
