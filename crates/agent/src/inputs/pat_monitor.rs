//! PatMonitor's inputs, each checked, and checked against one another.

use std::path::PathBuf;

use patkeeper_core::glob::Glob;
use patkeeper_core::judge::{FailOn, FailOnPolicy};
use patkeeper_core::organization::{Organization, OrganizationError};
use patkeeper_core::policy::PolicyInputs;
use patkeeper_core::scope::ScopeSet;

use super::quote::quote;
use super::{BadInput, Channels, Inputs, SignInInputs};
use crate::registry::Input;
use crate::registry::pat_monitor as registry;

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

/// One form of the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReportFormat {
    /// `patkeeper.json`.
    Json,
    /// `patkeeper.md`.
    Markdown,
    /// `patkeeper.junit.xml`.
    Junit,
    /// `patkeeper.csv`.
    Csv,
}

/// All of PatMonitor's inputs.
#[derive(Debug)]
pub struct PatMonitorInputs {
    /// At least one, each once, in the order given.
    pub organizations: Vec<Organization>,
    /// The sign-in.
    pub sign_in: SignInInputs,
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

const SCOPES: &[(&str, ())] = &[("mine", ())];
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
const FORMATS: &[(&str, ReportFormat)] = &[
    ("json", ReportFormat::Json),
    ("markdown", ReportFormat::Markdown),
    ("junit", ReportFormat::Junit),
    ("csv", ReportFormat::Csv),
];

impl PatMonitorInputs {
    /// Checks everything. Nothing is read or sent here, so that a refusal costs nothing.
    ///
    /// # Errors
    /// The first input that is missing, not of its type, out of range, or contradicts another one.
    pub fn read(inputs: &Inputs) -> Result<Self, BadInput> {
        inputs.choice(&registry::SCOPE, SCOPES)?;
        let organizations = organizations(inputs)?;
        let sign_in = SignInInputs::read(inputs)?;
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
            organizations,
            sign_in,
            names: inputs
                .lines(&registry::NAMES)
                .into_iter()
                .map(Glob::new)
                .collect(),
            require_names: inputs
                .lines(&registry::REQUIRE_NAMES)
                .into_iter()
                .map(Glob::new)
                .collect(),
            warning_days,
            critical_days,
            expired_within_days: days(&registry::EXPIRED_WITHIN_DAYS)?,
            fail_on: inputs.chosen(&registry::FAIL_ON, FAIL_ONS)?,
            fail_on_policy: inputs.chosen(&registry::FAIL_ON_POLICY, FAIL_ON_POLICIES)?,
            policy: PolicyInputs {
                max_lifetime_days: inputs.number(&registry::MAX_LIFETIME_DAYS)?,
                forbidden_scopes: forbidden_scopes(inputs)?,
            },
            policy_file: one_line(inputs, &registry::POLICY_FILE)?,
            channels: Channels::read(inputs)?,
            alert_on: inputs.chosen(&registry::ALERT_ON, ALERT_ONS)?,
            report_directory: one_line(inputs, &registry::REPORT_DIRECTORY)?,
            report_formats: inputs.choices(&registry::REPORT_FORMATS, FORMATS)?,
        })
    }
}

pub(super) const ORGANIZATIONS: &str =
    "allowed are https://dev.azure.com/acme/, https://acme.visualstudio.com/ or acme";

/// Why a text names no organization.
pub(super) fn not_an_organization(text: &str, error: &OrganizationError) -> String {
    match error {
        OrganizationError::Server => format!(
            "{} looks like an Azure DevOps Server collection, which has no PAT lifecycle API; \
             Patkeeper works with Azure DevOps Services: {ORGANIZATIONS}.",
            quote(text)
        ),
        OrganizationError::Empty | OrganizationError::NotAzureDevOps => {
            format!(
                "{} is not an Azure DevOps organization; {ORGANIZATIONS}.",
                quote(text)
            )
        }
    }
}

fn organizations(inputs: &Inputs) -> Result<Vec<Organization>, BadInput> {
    const INPUT: &Input = &registry::ORGANIZATION;
    let mut organizations: Vec<Organization> = Vec::new();
    for line in inputs.lines(INPUT) {
        let organization = Organization::parse(&line)
            .map_err(|error| inputs.bad(INPUT, not_an_organization(&line, &error)))?;
        if !organizations
            .iter()
            .any(|seen| seen.name().eq_ignore_ascii_case(organization.name()))
        {
            organizations.push(organization);
        }
    }
    if organizations.is_empty() {
        return Err(inputs.bad(INPUT, format!("it is missing; {ORGANIZATIONS}.")));
    }
    Ok(organizations)
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

fn one_line(inputs: &Inputs, input: &Input) -> Result<Option<PathBuf>, BadInput> {
    match inputs.text(input) {
        Some(text) if text.contains(char::is_control) => {
            Err(inputs.bad(input, format!("{} is not one path.", quote(text))))
        }
        text => Ok(text.map(PathBuf::from)),
    }
}

#[cfg(test)]
mod tests;
