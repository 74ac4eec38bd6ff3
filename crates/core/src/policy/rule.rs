//! The rules: their names, how much they weigh, what they find.

use super::Policy;
use crate::report::{MINE, Severity};

/// One rule. Its order is the order in which reports list rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rule {
    /// Lives longer than allowed.
    Lifetime,
    /// May do all that its owner may.
    FullAccess,
    /// Has a scope that is forbidden here.
    ForbiddenScope,
    /// Has a scope that the catalogue marks high-risk.
    HighRiskScope,
    /// Has a scope that another of its scopes implies.
    RedundantScope,
    /// Has a scope that the catalogue lacks.
    UnknownScope,
    /// Is valid in all organizations.
    GlobalReach,
    /// Is not called as agreed.
    Name,
    /// Its owner is gone; seen only in `scope: organization`.
    OrphanedOwner,
    /// Does what an identity of its own would do better.
    PreferIdentity,
    /// A waiver is past its date.
    ExpiredWaiver,
    /// A waiver covers nothing.
    UnusedWaiver,
}

impl Rule {
    /// Every rule, in order.
    pub const ALL: [Self; 12] = [
        Self::Lifetime,
        Self::FullAccess,
        Self::ForbiddenScope,
        Self::HighRiskScope,
        Self::RedundantScope,
        Self::UnknownScope,
        Self::GlobalReach,
        Self::Name,
        Self::OrphanedOwner,
        Self::PreferIdentity,
        Self::ExpiredWaiver,
        Self::UnusedWaiver,
    ];

    /// Its id in the policy file and in reports. Public contract.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Lifetime => "lifetime",
            Self::FullAccess => "full-access",
            Self::ForbiddenScope => "forbidden-scope",
            Self::HighRiskScope => "high-risk-scope",
            Self::RedundantScope => "redundant-scope",
            Self::UnknownScope => "unknown-scope",
            Self::GlobalReach => "global-reach",
            Self::Name => "name",
            Self::OrphanedOwner => "orphaned-owner",
            Self::PreferIdentity => "prefer-identity",
            Self::ExpiredWaiver => "expired-waiver",
            Self::UnusedWaiver => "unused-waiver",
        }
    }

    /// The rule of an id.
    #[must_use]
    pub fn find(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|rule| rule.id() == id)
    }

    /// The severity it has when nobody says otherwise.
    #[must_use]
    pub fn default_severity(self) -> Severity {
        match self {
            Self::Lifetime
            | Self::FullAccess
            | Self::ForbiddenScope
            | Self::GlobalReach
            | Self::OrphanedOwner => Severity::Error,
            Self::HighRiskScope | Self::ExpiredWaiver => Severity::Warning,
            Self::RedundantScope | Self::UnknownScope | Self::PreferIdentity | Self::UnusedWaiver => {
                Severity::Notice
            }
            Self::Name => Severity::Off,
        }
    }

    /// What it finds, in one sentence for documentation.
    #[must_use]
    pub fn finds(self) -> &'static str {
        match self {
            Self::Lifetime => {
                "A PAT whose `validTo - validFrom`, in whole days rounded down, is over `maxDays`."
            }
            Self::FullAccess => "A PAT with `app_token`: it may do all that its owner may.",
            Self::ForbiddenScope => {
                "A PAT with one of the forbidden `scopes`, or with a scope that includes one. `app_token` is left to \
                 `full-access` where that rule weighs as much."
            }
            Self::HighRiskScope => {
                "A PAT with a scope that the catalogue marks high-risk. `app_token` is left to the two rules above \
                 where one of them finds it and weighs as much."
            }
            Self::RedundantScope => "A PAT with a scope that another of its scopes implies.",
            Self::UnknownScope => "A PAT with a scope that the catalogue lacks.",
            Self::GlobalReach => "A PAT that is valid in all organizations. Such PATs end on 2026-12-01.",
            Self::Name => "A PAT whose name does not match `pattern`. Off until a `pattern` is given.",
            Self::OrphanedOwner => {
                "A PAT whose owner is gone from the directory, or a user whom token administration does not know. Finds \
                 nothing in `scope: mine`, where the owner is whoever signed in."
            }
            Self::PreferIdentity => {
                "A PAT with a lifetime over `maxDays`, or of the `generation` or later in its family: automation that \
                 a service principal or managed identity would serve better."
            }
            Self::ExpiredWaiver => "A waiver past its `until` date.",
            Self::UnusedWaiver => {
                "A waiver that covers no finding. Silent with `names`, or when something could not be read."
            }
        }
    }

    /// What to do about what it finds, in Markdown for whoever has the rule's name and no PAT before them.
    #[must_use]
    pub fn answer(self) -> &'static str {
        match self {
            Self::Lifetime => {
                "Replace the PAT by one that is given less time. `PatRotate@1` with `validDays` does it, and again whenever \
                 it is due."
            }
            Self::FullAccess | Self::ForbiddenScope => {
                "Replace the PAT by one with what its job uses. `patkeeper scopes` finds the least scope, `PatRotate@1` \
                 replaces it."
            }
            Self::HighRiskScope => {
                "Keep the scope only if the job needs it. `patkeeper scopes` finds a lesser one, `PatRotate@1` replaces the \
                 PAT."
            }
            Self::RedundantScope => {
                "Leave the scope out when the PAT is next replaced. Its job loses nothing."
            }
            Self::UnknownScope => {
                "Ask the owner what the scope opens. A newer Patkeeper may know it: the catalogue grows."
            }
            Self::GlobalReach => {
                "Before 2026-12-01, replace the PAT by one for each organization it is used in."
            }
            Self::Name => "Replace the PAT by one whose name matches the policy file's `pattern`.",
            Self::OrphanedOwner => {
                "Find out what uses the PAT, give that an identity of its own, and revoke the PAT: `PatRevoke@1` with \
                 `scope: organization`. Remove a user who is gone from the organization."
            }
            Self::PreferIdentity => "Give the job a service principal or a managed identity.",
            Self::ExpiredWaiver => "Mend what the waiver covers, or decide anew and give it a later `until`.",
            Self::UnusedWaiver => "Take the waiver out of the policy file, or correct its pattern.",
        }
    }

    /// Whether PATs are judged by it in this `scope`. In `mine` the owner is whoever signed in, and waivers are no
    /// PATs.
    pub(crate) fn judges_pats_in(self, scope: &str) -> bool {
        match self {
            Self::OrphanedOwner => scope != MINE,
            Self::ExpiredWaiver | Self::UnusedWaiver => false,
            _ => true,
        }
    }

    /// Whether a waiver may name it: those about waivers are answered by changing the waiver.
    #[must_use]
    pub fn can_be_waived(self) -> bool {
        !matches!(self, Self::ExpiredWaiver | Self::UnusedWaiver)
    }
}

/// The rules as a Markdown table for the documentation: rule, default severity, what it finds and by which limit.
#[must_use]
pub fn docs_table() -> String {
    let policy = Policy::default();
    let head = "| rule | default severity | finds |\n|---|---|---|\n".to_owned();
    Rule::ALL.into_iter().fold(head, |table, rule| {
        let (id, severity, finds) = (rule.id(), rule.default_severity().as_str(), rule.finds());
        let limit = policy.limit(rule).filter(|_| rule.judges_pats_in(MINE));
        let limit = limit.map_or_else(String::new, |limit| format!(" Default: {limit}."));
        format!("{table}| `{id}` | {severity} | {finds}{limit} |\n")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A bar or a line break in a sentence would shift the page's columns.
    #[test]
    fn the_page_of_rules_has_three_cells_for_each_rule() {
        let table = docs_table();
        assert_eq!(table.lines().count(), 2 + Rule::ALL.len());
        for line in table.lines() {
            assert_eq!(line.matches('|').count(), 4, "{line}");
        }
        assert!(table.contains(
            "\n| `full-access` | error | A PAT with `app_token`: it may do all that its owner may. |\n"
        ));
        assert!(table.contains("\n| `name` | off | "));
        assert!(table.contains(", is over `maxDays`. Default: 90 days. |\n"));
    }
}
