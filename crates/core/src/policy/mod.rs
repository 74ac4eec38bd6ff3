//! Policy: the rules, the policy file, waivers.
//!
//! A setting is the default, unless the policy file says otherwise, unless an input does.

mod file;
mod rule;
mod rules;
mod waivers;
mod yaml;

use std::collections::BTreeMap;

use regex_lite::Regex;

use crate::failure::Failure;
use crate::owner::Owner;
use crate::report::{Finding, OwnerEntry, RuleSetting, Severity, WaiverSetting};
use crate::scope::ScopeSet;

pub use rule::{Rule, docs_table};
pub(crate) use rules::Subject;
pub use waivers::Waiver;
pub(crate) use waivers::Waiving;

/// The most days that any input or limit may say: ten years, far longer than a PAT may live.
pub const MOST_DAYS: u32 = 3650;

/// The largest policy file that is read, in bytes: room for some two thousand waivers.
pub const FILE_BYTES: u64 = 256 * 1024;

/// The longest lifetime allowed when nobody says otherwise, in days.
const MAX_LIFETIME_DAYS: u32 = 90;
/// A lifetime over this many days is automation that an identity of its own would serve better.
const PREFER_IDENTITY_DAYS: u32 = 180;
/// So is this generation of a family, and every later one.
const PREFER_IDENTITY_GENERATION: u32 = 3;

/// The rules as they run: defaults, then the file, then the inputs.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    severities: BTreeMap<Rule, Severity>,
    origins: BTreeMap<Rule, Origin>,
    max_lifetime_days: u32,
    forbidden_scopes: ScopeSet,
    name_pattern: Option<NamePattern>,
    prefer_identity_days: u32,
    prefer_identity_generation: u32,
    waivers: Vec<Waiver>,
}

/// Who set a rule last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Origin {
    File,
    Input,
}

/// What the inputs say about policy. `None`: not given, so that the policy file may.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PolicyInputs {
    /// `maxLifetimeDays`.
    pub max_lifetime_days: Option<u32>,
    /// `forbiddenScopes`.
    pub forbidden_scopes: Option<ScopeSet>,
}

/// Why a policy file was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {message}")]
pub struct PolicyFileError {
    /// 1-based.
    pub line: usize,
    /// 1-based, in characters.
    pub column: usize,
    /// What is wrong and what is allowed.
    pub message: String,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            severities: BTreeMap::new(),
            origins: BTreeMap::new(),
            max_lifetime_days: MAX_LIFETIME_DAYS,
            forbidden_scopes: ScopeSet::parse("app_token"),
            name_pattern: None,
            prefer_identity_days: PREFER_IDENTITY_DAYS,
            prefer_identity_generation: PREFER_IDENTITY_GENERATION,
            waivers: Vec::new(),
        }
    }
}

impl Policy {
    /// Defaults, overlaid with the file's text when there is one, overlaid with the inputs.
    ///
    /// # Errors
    /// A file that is not understood, with the place.
    pub fn load(file: Option<&str>, inputs: &PolicyInputs) -> Result<Self, PolicyFileError> {
        let mut policy = Self::default();
        if let Some(text) = file {
            file::apply(&mut policy, text)?;
        }
        if let Some(days) = inputs.max_lifetime_days {
            policy.max_lifetime_days = days;
            policy.origins.insert(Rule::Lifetime, Origin::Input);
        }
        if let Some(scopes) = &inputs.forbidden_scopes {
            policy.forbidden_scopes = scopes.clone();
            policy.origins.insert(Rule::ForbiddenScope, Origin::Input);
        }
        Ok(policy)
    }

    /// The severity a rule runs with.
    #[must_use]
    pub fn severity(&self, rule: Rule) -> Severity {
        self.severities
            .get(&rule)
            .copied()
            .unwrap_or_else(|| rule.default_severity())
    }

    /// Every rule and what it runs with.
    #[must_use]
    pub fn settings(&self) -> Vec<RuleSetting> {
        let from = |rule| match self.origins.get(&rule) {
            None => "default",
            Some(Origin::File) => "policy file",
            Some(Origin::Input) => "input",
        };
        Rule::ALL
            .into_iter()
            .map(|rule| RuleSetting {
                rule: rule.id().to_owned(),
                severity: self.severity(rule),
                limit: self.limit(rule),
                from: from(rule).to_owned(),
            })
            .collect()
    }

    /// Every waiver, whether it still holds or not.
    #[must_use]
    pub fn waivers_given(&self) -> Vec<WaiverSetting> {
        let given = self.waivers.iter().map(|waiver| WaiverSetting {
            rule: waiver.rule.id().to_owned(),
            pat: waiver.pat.as_str().to_owned(),
            until: waiver.until.to_string(),
            reason: waiver.reason.clone(),
        });
        given.collect()
    }

    fn runs(&self, rule: Rule) -> bool {
        self.severity(rule) != Severity::Off
    }

    /// Every finding about one PAT of an organization, in the order of the rules, none waived yet.
    pub(crate) fn findings(&self, organization: &str, subject: Subject<'_>) -> Vec<Finding> {
        let running = Rule::ALL.into_iter().filter(|rule| self.runs(*rule));
        let found = running.filter_map(|rule| {
            let (message, remedy) = self.check(rule, subject)?;
            Some(Finding {
                rule: rule.id().to_owned(),
                severity: self.severity(rule),
                organization: Some(organization.to_owned()),
                owner: subject.owner.map(OwnerEntry::from),
                authorization_id: Some(subject.pat.authorization_id.clone()),
                subject: subject.pat.display_name.clone(),
                message,
                remedy,
                waived: None,
            })
        });
        found.collect()
    }

    /// The finding about an owner whom the service does not know, in its words; none where the rule is off.
    pub(crate) fn orphan(&self, organization: &str, owner: &Owner, failure: &Failure) -> Option<Finding> {
        let rule = Rule::OrphanedOwner;
        let words = failure.service_words.iter().map(|words| format!(": {words}"));
        let message = ["token administration does not know this user".to_owned()]
            .into_iter()
            .chain(words)
            .collect();
        self.runs(rule).then(|| Finding {
            rule: rule.id().to_owned(),
            severity: self.severity(rule),
            organization: Some(organization.to_owned()),
            owner: Some(owner.into()),
            authorization_id: None,
            subject: owner.name().to_owned(),
            message,
            remedy: format!(
                "Remove the user from {organization} (Organization settings, Users); what PATs they have left nobody can list."
            ),
            waived: None,
        })
    }

    /// Scopes that an input or the file forbids and the catalogue lacks: a slip of the pen would never match.
    pub(crate) fn unknown_forbidden_scopes(&self) -> impl Iterator<Item = &str> {
        self.forbidden_scopes.unknown()
    }
}

/// The pattern that names must match.
#[derive(Debug, Clone)]
struct NamePattern(Regex);

impl NamePattern {
    /// The text's own words about what is wrong come with the error.
    fn new(text: &str) -> Result<Self, regex_lite::Error> {
        /// Bytes of a compiled pattern: plenty for a name, too little to be slow.
        const LARGEST: usize = 64 * 1024;
        regex_lite::RegexBuilder::new(text)
            .size_limit(LARGEST)
            .build()
            .map(Self)
    }

    fn matches(&self, name: &str) -> bool {
        self.0.is_match(name)
    }

    fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl PartialEq for NamePattern {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

#[cfg(test)]
mod tests;
