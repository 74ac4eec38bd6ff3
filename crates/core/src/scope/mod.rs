//! The scope catalogue: what each scope of a PAT opens, what it includes, how much damage it can do.

mod catalog;
pub mod render;
mod search;
mod set;

pub use search::{Match, near, search};
pub use set::{Redundant, ScopeSet};

use catalog::{CATALOG, FULL_ACCESS};

/// One scope of the catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scope {
    /// As it stands in a PAT, e.g. `vso.code_write`.
    pub name: &'static str,
    /// The part of Azure DevOps it belongs to.
    pub area: &'static str,
    /// Short name for people, e.g. `Code (read and write)`.
    pub title: &'static str,
    /// What it opens; text that starts with "Also" adds to what its inclusions open.
    pub opens: &'static str,
    /// What people do with it and cannot do with less.
    pub tasks: &'static [&'static str],
    /// What it includes directly; [`implied`] follows these to the end.
    pub includes: &'static [Inclusion],
    /// For the high-risk scopes: the damage that whoever holds it can do.
    pub risk: Option<&'static str>,
    /// Whether to rely on it.
    pub standing: Standing,
}

impl Scope {
    /// Whether it belongs to the set that reports mark high-risk.
    #[must_use]
    pub fn high_risk(&self) -> bool {
        self.risk.is_some()
    }
}

/// One scope that another one includes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Inclusion {
    /// The included scope.
    pub scope: &'static str,
    /// Stated by Microsoft; otherwise inferred from how all documented families are built.
    pub documented: bool,
}

/// Whether a scope can be relied on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Documented, or in the published OpenAPI.
    Current,
    /// Known only from tools that mint PATs with it.
    Undocumented,
    /// What it opened is gone.
    Retired,
    /// Known from one source only, and likely a misspelling.
    Doubtful,
    /// A permission of an app registration in Microsoft Entra; a PAT cannot manage PATs.
    EntraDelegated,
}

impl Standing {
    /// What to say about it; `None` for [`Standing::Current`].
    #[must_use]
    pub fn note(self) -> Option<&'static str> {
        match self {
            Self::Current => None,
            Self::Undocumented => Some("undocumented: seen in tools of Microsoft and others, may change"),
            Self::Retired => Some("retired: the service behind it is gone, drop it"),
            Self::Doubtful => Some("doubtful: one source only, likely a misspelling"),
            Self::EntraDelegated => {
                Some("an Entra permission of the app that signs a user in; pointless in a PAT")
            }
        }
    }
}

/// Every scope known, by area.
#[must_use]
pub fn all() -> &'static [Scope] {
    CATALOG
}

/// The scope of exactly this name; `vso.full_access` is found as `app_token`.
#[must_use]
pub fn find(name: &str) -> Option<&'static Scope> {
    let name = canonical(name);
    CATALOG.iter().find(|scope| scope.name == name)
}

/// Every scope that this one includes, directly or through others, in the order of the catalogue.
/// Full access includes all that a PAT can hold. Empty for a scope that the catalogue lacks.
#[must_use]
pub fn implied(name: &str) -> Vec<&'static Scope> {
    let name = canonical(name);
    if name == FULL_ACCESS {
        return CATALOG
            .iter()
            .filter(|scope| scope.name != FULL_ACCESS && scope.standing != Standing::EntraDelegated)
            .collect();
    }
    let mut reached: Vec<&str> = Vec::new();
    let mut open = vec![name];
    while let Some(scope) = open.pop().and_then(find) {
        for inclusion in scope.includes {
            if !reached.contains(&inclusion.scope) {
                reached.push(inclusion.scope);
                open.push(inclusion.scope);
            }
        }
    }
    CATALOG
        .iter()
        .filter(|scope| reached.contains(&scope.name))
        .collect()
}

/// Every scope except full access that includes this one: more than what is needed, from the narrowest on.
#[must_use]
pub fn wider(name: &str) -> Vec<&'static Scope> {
    let name = canonical(name);
    let mut wider: Vec<&Scope> = CATALOG
        .iter()
        .filter(|scope| {
            scope.name != FULL_ACCESS && implied(scope.name).iter().any(|inner| inner.name == name)
        })
        .collect();
    wider.sort_by_key(|scope| implied(scope.name).len());
    wider
}

/// Older portals and tools write full access as `vso.full_access`.
fn canonical(name: &str) -> &str {
    if name.eq_ignore_ascii_case("vso.full_access") {
        FULL_ACCESS
    } else {
        name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_there_once_and_every_inclusion_exists() {
        for (index, scope) in CATALOG.iter().enumerate() {
            assert!(
                CATALOG[..index].iter().all(|other| other.name != scope.name),
                "{} twice",
                scope.name
            );
            for inclusion in scope.includes {
                assert!(
                    find(inclusion.scope).is_some(),
                    "{} includes unknown {}",
                    scope.name,
                    inclusion.scope
                );
            }
            assert!(
                !implied(scope.name).contains(&scope),
                "{} includes itself",
                scope.name
            );
            let doubtful = scope.standing == Standing::Doubtful;
            assert_eq!(
                scope.tasks.is_empty(),
                doubtful,
                "{}: no task is done with a doubtful scope",
                scope.name
            );
        }
    }

    #[test]
    fn areas_are_not_torn_apart() {
        let mut areas: Vec<&str> = Vec::new();
        for scope in CATALOG {
            if areas.last() != Some(&scope.area) {
                assert!(!areas.contains(&scope.area), "{} starts twice", scope.area);
                areas.push(scope.area);
            }
        }
    }

    #[test]
    fn inclusion_is_followed_to_the_end() {
        let names = |name: &str| implied(name).iter().map(|scope| scope.name).collect::<Vec<_>>();
        assert_eq!(
            names("vso.code_full"),
            ["vso.code", "vso.code_status", "vso.code_write", "vso.code_manage"]
        );
        assert_eq!(names("vso.build_execute"), ["vso.build"]);
        assert_eq!(names("vso.code_status"), [""; 0]);
        assert_eq!(names("vso.unheard_of"), [""; 0]);
    }

    #[test]
    fn writing_a_profile_does_not_include_reading_it() {
        assert!(implied("vso.profile_write").is_empty());
    }

    #[test]
    fn full_access_includes_all_but_what_no_pat_can_hold() {
        let inner = implied("vso.full_access");
        assert_eq!(inner.len(), CATALOG.len() - 3);
        assert!(
            inner
                .iter()
                .all(|scope| !scope.name.starts_with("vso.pats") && scope.name != FULL_ACCESS)
        );
    }

    #[test]
    fn the_high_risk_set_is_the_agreed_one() {
        let mut risky: Vec<&str> = CATALOG
            .iter()
            .filter(|scope| scope.high_risk())
            .map(|scope| scope.name)
            .collect();
        risky.sort_unstable();
        let mut agreed = [
            "app_token",
            "vso.tokens",
            "vso.tokenadministration",
            "vso.security_manage",
            "vso.serviceendpoint_manage",
            "vso.extension_manage",
            "vso.code_manage",
            "vso.code_full",
            "vso.project_manage",
            "vso.graph_manage",
            "vso.identity_manage",
            "vso.memberentitlementmanagement_write",
            "vso.build_execute",
            "vso.packaging_write",
            "vso.code_write",
        ];
        agreed.sort_unstable();
        assert_eq!(risky, agreed);
    }

    #[test]
    fn wider_scopes_come_narrowest_first() {
        let names: Vec<&str> = wider("vso.work").iter().map(|scope| scope.name).collect();
        assert_eq!(names, ["vso.work_write", "vso.work_full"]);
    }
}
