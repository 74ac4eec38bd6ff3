//! The rules at work: what each one has to say about a PAT, and what to do about it.

use super::{Policy, Rule};
use crate::owner::{Owner, OwnerName};
use crate::pat::{GLOBAL_PATS_END, Pat, Reach};
use crate::scope::ScopeSet;
use crate::{scope, time};

/// A PAT as the rules see it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Subject<'a> {
    pub(crate) pat: &'a Pat,
    /// Its family, and which one in it: 1 is the first.
    pub(crate) family: &'a str,
    pub(crate) generation: usize,
    /// Whose it is, where every user's PATs are asked for.
    pub(crate) owner: Option<&'a Owner>,
}

impl Policy {
    /// What one rule has to say about one PAT: message and remedy.
    pub(super) fn check(&self, rule: Rule, subject: Subject<'_>) -> Option<(String, String)> {
        let pat = subject.pat;
        match rule {
            Rule::Lifetime => {
                let days = lifetime(pat);
                let allowed = self.max_lifetime_days;
                (days > i64::from(allowed)).then(|| {
                    (
                        format!("{days} days, allowed {allowed}"),
                        format!(
                            "Replace it by one that is given {allowed} days or less: PatRotate@1, validDays \
                             (docs/rotation.md)."
                        ),
                    )
                })
            }
            Rule::FullAccess => pat.scopes.is_full_access().then(|| {
                (
                    "app_token opens everything its owner can".to_owned(),
                    format!("Replace it by a PAT with what it uses: {LEAST_SCOPE}."),
                )
            }),
            Rule::ForbiddenScope => self.forbidden(pat).map(|found| {
                (
                    format!("{found}: forbidden here"),
                    format!("Replace it by a PAT without: {LEAST_SCOPE}."),
                )
            }),
            Rule::HighRiskScope => self.high_risk(pat).map(|message| {
                let remedy = format!("Keep it only if its job needs that, else give it less: {LEAST_SCOPE}.");
                (message, remedy)
            }),
            Rule::RedundantScope => {
                let pairs = pat
                    .scopes
                    .redundant()
                    .into_iter()
                    .map(|found| format!("{} by {}", found.scope, found.by));
                listed(pairs).map(|pairs| {
                    (
                        format!("already included: {pairs}"),
                        "Leave it out of the scopes when the PAT is next replaced: its job loses nothing (docs/rotation.md)."
                            .to_owned(),
                    )
                })
            }
            Rule::UnknownScope => listed(pat.scopes.unknown()).map(|found| {
                (
                    format!(
                        "{found}: not in the catalogue of Patkeeper {}",
                        env!("CARGO_PKG_VERSION")
                    ),
                    "Ask its owner what that opens; a newer Patkeeper may know it (docs/scopes.md)."
                        .to_owned(),
                )
            }),
            Rule::GlobalReach => (pat.reach == Reach::AllOrganizations).then(|| {
                let end = time::day(GLOBAL_PATS_END);
                (
                    format!("valid in all organizations: global PATs stop working on {end}"),
                    format!(
                        "Before {end}, replace it by one PAT for each organization it is used in \
                         (docs/rotation.md)."
                    ),
                )
            }),
            Rule::Name => {
                let pattern = self
                    .name_pattern
                    .as_ref()
                    .filter(|pattern| !pattern.matches(&pat.display_name))?;
                Some((
                    format!("the name does not match {}", pattern.as_str()),
                    "Replace it by one whose name does (docs/rotation.md).".to_owned(),
                ))
            }
            Rule::PreferIdentity => {
                let days = lifetime(pat);
                let generations = usize::try_from(self.prefer_identity_generation).unwrap_or(usize::MAX);
                let why = if days > i64::from(self.prefer_identity_days) {
                    format!("given {days} days")
                } else if subject.generation >= generations {
                    format!("number {} of {}", subject.generation, subject.family)
                } else {
                    return None;
                };
                Some((
                    format!("{why}: lasting automation"),
                    "Give the job a service principal or a managed identity: docs/instead-of-pats.md."
                        .to_owned(),
                ))
            }
            Rule::OrphanedOwner => subject
                .owner
                .filter(|owner| owner.deleted_in_origin)
                .map(|owner| {
                    // The name that the task takes.
                    let upn = owner.principal_name.as_deref();
                    let who = upn
                        .filter(|upn| OwnerName::parse(upn).is_some_and(|name| name.is(owner)))
                        .unwrap_or(owner.descriptor.as_str());
                    (
                        format!("its owner {} is gone from the directory", owner.name()),
                        format!(
                            "Revoke it: PatRevoke@1, scope: organization, owners: {who} (docs/patrevoke.md)."
                        ),
                    )
                }),
            // Waivers are no PATs.
            Rule::ExpiredWaiver | Rule::UnusedWaiver => None,
        }
    }

    /// The scopes of a PAT that are forbidden or include what is.
    fn forbidden(&self, pat: &Pat) -> Option<String> {
        let told_already = self.is_told_by(Rule::FullAccess, Rule::ForbiddenScope);
        let scopes = pat
            .scopes
            .iter()
            .filter(|scope| !(told_already && *scope == FULL_ACCESS));
        let (mut named, mut wider) = (Vec::new(), Vec::new());
        for scope in scopes {
            let inner = self.forbidden_in(scope);
            if inner.contains(&scope) {
                named.push(scope);
            } else if !inner.is_empty() {
                wider.push(format!("{scope}, which includes {}", inner.join(" and ")));
            }
        }
        let parts: Vec<String> = listed(named.into_iter()).into_iter().chain(wider).collect();
        (!parts.is_empty()).then(|| parts.join("; "))
    }

    /// The forbidden scopes that one of a PAT is or includes. What an unknown scope includes nobody knows: it is
    /// only itself.
    fn forbidden_in(&self, scope: &str) -> Vec<&str> {
        let held = ScopeSet::parse(scope);
        self.forbidden_scopes
            .iter()
            .filter(|inner| held.grants(inner))
            .collect()
    }

    /// Whether `other` tells of full access what `rule` would. One finding is enough, and that of `full-access` is
    /// the one that people waive; but a finding that fails a step is not left to one that does not.
    fn is_told_by(&self, other: Rule, rule: Rule) -> bool {
        self.runs(other) && self.severity(other) >= self.severity(rule)
    }

    fn high_risk(&self, pat: &Pat) -> Option<String> {
        let told_already = self.is_told_by(Rule::FullAccess, Rule::HighRiskScope)
            || (!self.forbidden_in(FULL_ACCESS).is_empty()
                && self.is_told_by(Rule::ForbiddenScope, Rule::HighRiskScope));
        let risky: Vec<(&str, &str)> = pat
            .scopes
            .iter()
            .filter(|scope| !(told_already && *scope == FULL_ACCESS))
            .filter_map(|scope| Some((scope, scope::find(scope)?.risk?)))
            .collect();
        match risky.as_slice() {
            [(scope, risk)] => Some(format!("{scope}: {risk}")),
            several => {
                listed(several.iter().map(|(scope, _)| scope)).map(|scopes| format!("high-risk: {scopes}"))
            }
        }
    }

    /// The limit or pattern a rule runs with, in words.
    pub(super) fn limit(&self, rule: Rule) -> Option<String> {
        match rule {
            Rule::Lifetime => Some(format!("{} days", self.max_lifetime_days)),
            Rule::ForbiddenScope => listed(self.forbidden_scopes.iter()),
            Rule::Name => self
                .name_pattern
                .as_ref()
                .map(|pattern| pattern.as_str().to_owned()),
            Rule::OrphanedOwner => Some("scope: organization".to_owned()),
            Rule::PreferIdentity => Some(format!(
                "{} days or generation {}",
                self.prefer_identity_days, self.prefer_identity_generation
            )),
            _ => None,
        }
    }
}

const FULL_ACCESS: &str = "app_token";

const LEAST_SCOPE: &str = "PatRotate@1 (docs/rotation.md), with what `patkeeper scopes` finds";

/// The days it was issued for.
fn lifetime(pat: &Pat) -> i64 {
    time::whole_days(pat.valid_to - pat.valid_from)
}

/// The items with commas, or `None` when there are none.
fn listed<T: AsRef<str>>(items: impl Iterator<Item = T>) -> Option<String> {
    let mut text = String::new();
    for item in items {
        if !text.is_empty() {
            text.push_str(", ");
        }
        text.push_str(item.as_ref());
    }
    (!text.is_empty()).then_some(text)
}
