//! PatAudit's inputs, each checked, and checked against one another.

use std::path::PathBuf;

use chrono::{DateTime, TimeDelta, Utc};
use patkeeper_core::audit::{FailOn, KEPT_DAYS, Settings, Span};
use patkeeper_core::organization::Organization;
use patkeeper_core::time;

use super::{BadInput, Channels, Inputs, ReportFormat, SignInInputs, moment, organization, reports};
use crate::registry::Input;
use crate::registry::organization::SEVERAL;
use crate::registry::pat_audit as registry;
use crate::registry::reports::{REPORT_DIRECTORY, REPORT_FORMATS};

/// All of PatAudit's inputs.
#[derive(Debug)]
pub struct PatAuditInputs {
    /// The sign-in.
    pub sign_in: SignInInputs,
    /// At least one, each once, in the order given.
    pub organizations: Vec<Organization>,
    /// What of the log is asked for.
    pub settings: Settings,
    /// Who is told.
    pub channels: Channels,
    /// Where reports go; `None` only for people who gave none: then none are written.
    pub report_directory: Option<PathBuf>,
    /// Which reports.
    pub report_formats: Vec<ReportFormat>,
}

impl PatAuditInputs {
    /// Checks everything. Nothing is read or sent here, so that a refusal costs nothing.
    ///
    /// # Errors
    /// The first input that is missing, not of its type, out of range, or contradicts another one.
    pub fn read(inputs: &Inputs, now: DateTime<Utc>) -> Result<Self, BadInput> {
        let organizations = organization::several(inputs, &SEVERAL)?;
        let sign_in = SignInInputs::read(inputs)?;
        let fail_ons = FailOn::ALL.map(|fail_on| (fail_on.as_str(), fail_on));
        Ok(Self {
            sign_in,
            organizations,
            settings: Settings {
                span: span(inputs, now)?,
                actions: inputs.globs(&registry::ACTIONS),
                actors: inputs.globs(&registry::ACTORS),
                fail_on: inputs.chosen(&registry::FAIL_ON, &fail_ons)?,
            },
            channels: Channels::read(inputs)?,
            report_directory: inputs.path(&REPORT_DIRECTORY)?,
            report_formats: reports::formats(inputs, &REPORT_FORMATS)?,
        })
    }
}

/// Days back, or from and to.
fn span(inputs: &Inputs, now: DateTime<Utc>) -> Result<Span, BadInput> {
    const FROM: &Input = &registry::START_TIME;
    const TO: &Input = &registry::END_TIME;
    let days = inputs.number(&registry::DAYS)?;
    let (from, to) = (at(inputs, FROM)?, at(inputs, TO)?);
    let (from_label, to_label) = (inputs.label(FROM.name), inputs.label(TO.name));
    let needs = |missing: &Input, given: &str| {
        let why = format!("it is missing, and {given} is given; give both, or neither.");
        inputs.bad(missing, why)
    };
    let (from, to) = match (from, to) {
        (None, None) => return default_days(inputs, days).map(Span::Days),
        (Some(_), None) => return Err(needs(TO, &from_label)),
        (None, Some(_)) => return Err(needs(FROM, &to_label)),
        (Some(from), Some(to)) => (from, to),
    };
    if days.is_some() {
        let why = format!("it is given, and so are {from_label} and {to_label}; give one or the other.");
        return Err(inputs.bad(&registry::DAYS, why));
    }
    let kept = TimeDelta::days(i64::from(KEPT_DAYS));
    if to > now {
        let why = format!("lies in the future: it is {} now.", time::minute(now));
        return Err(inputs.bad_value(TO, why));
    }
    if from >= to {
        let why = format!("is not before {to_label} ({}).", time::minute(to));
        return Err(inputs.bad_value(FROM, why));
    }
    if to - from > kept {
        let why = format!(
            "is more than {days} days before {to_label} ({to}); the service keeps {days} days.",
            days = KEPT_DAYS,
            to = time::minute(to)
        );
        return Err(inputs.bad_value(FROM, why));
    }
    // A day on top, since a date alone is its midnight. What is older than that reads as if nothing had happened.
    if now - from > kept + TimeDelta::days(1) {
        let days = KEPT_DAYS;
        let why = format!(
            "is more than {days} days ago; the service keeps {days} days, so nothing would be found."
        );
        return Err(inputs.bad_value(FROM, why));
    }
    Ok(Span::Between(from, to))
}

/// The days given, or the contract's.
fn default_days(inputs: &Inputs, days: Option<u32>) -> Result<u32, BadInput> {
    let default = registry::DAYS.default.and_then(|days| days.parse().ok());
    inputs.present(&registry::DAYS, days.or(default))
}

fn at(inputs: &Inputs, input: &Input) -> Result<Option<DateTime<Utc>>, BadInput> {
    let Some(text) = inputs.text(input) else {
        return Ok(None);
    };
    let refused = || {
        let why = "is not a date and time; allowed is ISO 8601, such as 2026-11-20T08:00:00Z or 2026-11-20.";
        inputs.bad_value(input, why)
    };
    moment::parse(text).map(Some).ok_or_else(refused)
}

#[cfg(test)]
mod tests;
