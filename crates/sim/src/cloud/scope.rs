//! The scopes that a PAT may carry and which of them include others.
//!
//! Kept apart from the product's catalog on purpose: an error in one must not hide in the other.

/// Full access.
pub(crate) const FULL: &str = "app_token";

/// Every scope known to the service's documentation, OpenAPI or widely used clients, without `vso.`; the
/// empty list behind a name means that it includes nothing else.
const SCOPES: &[(&str, &[&str])] = &[
    ("advsec", &[]),
    ("advsec_manage", &["advsec_write"]),
    ("advsec_write", &["advsec"]),
    ("agentpools", &[]),
    ("agentpools_manage", &["agentpools"]),
    ("analytics", &[]),
    ("auditlog", &[]),
    ("auditstreams_manage", &[]),
    ("build", &[]),
    ("build_execute", &["build"]),
    ("code", &[]),
    ("code_full", &["code_manage"]),
    ("code_manage", &["code_write"]),
    ("code_status", &[]),
    ("code_write", &["code", "code_status"]),
    ("connectedserver", &[]),
    ("dashboards", &[]),
    ("dashboards_manage", &["dashboards"]),
    ("drop", &[]),
    ("drop_manage", &["drop_write"]),
    ("drop_write", &["drop"]),
    ("entitlements", &[]),
    ("environment_manage", &[]),
    ("extension", &[]),
    ("extension.data", &[]),
    ("extension.data_write", &["extension.data"]),
    ("extension_manage", &["extension"]),
    ("gallery", &[]),
    ("gallery_acquire", &["gallery"]),
    ("gallery_manage", &["gallery_publish"]),
    ("gallery_publish", &["gallery"]),
    ("githubconnections", &[]),
    ("githubconnections_manage", &["githubconnections"]),
    ("governance", &[]),
    ("graph", &[]),
    ("graph_manage", &["graph"]),
    ("hooks", &[]),
    ("hooks_interact", &[]),
    ("hooks_write", &["hooks"]),
    ("identity", &[]),
    ("identity_manage", &["identity"]),
    ("loadtest", &[]),
    ("loadtest_write", &["loadtest"]),
    ("machinegroup_manage", &[]),
    ("memberentitlementmanagement", &[]),
    (
        "memberentitlementmanagement_write",
        &["memberentitlementmanagement"],
    ),
    ("notification", &[]),
    ("notification_diagnostics", &[]),
    ("notification_manage", &["notification_write"]),
    ("notification_write", &["notification"]),
    ("packaging", &[]),
    ("packaging_manage", &["packaging_write"]),
    ("packaging_write", &["packaging"]),
    ("pats", &[]),
    ("pats_manage", &[]),
    ("pipelineresources_manage", &["pipelineresources_use"]),
    ("pipelineresources_use", &[]),
    ("profile", &[]),
    // Unlike its neighbors, writing a profile does not include reading it.
    ("profile_write", &[]),
    ("project", &[]),
    ("project_manage", &["project_write"]),
    ("project_write", &["project"]),
    ("release", &[]),
    ("release_execute", &["release"]),
    ("release_manage", &["release_execute"]),
    ("securefiles_manage", &["securefiles_write"]),
    ("securefiles_read", &[]),
    ("securefiles_write", &["securefiles_read"]),
    ("security_manage", &[]),
    ("serviceendpoint", &[]),
    ("serviceendpoint_manage", &["serviceendpoint_query"]),
    ("serviceendpoint_query", &["serviceendpoint"]),
    ("settings", &[]),
    ("settings_write", &["settings"]),
    ("symbols", &[]),
    ("symbols_manage", &["symbols_write"]),
    ("symbols_write", &["symbols"]),
    ("taskgroups_manage", &["taskgroups_write"]),
    ("taskgroups_read", &[]),
    ("taskgroups_write", &["taskgroups_read"]),
    ("test", &[]),
    ("test_write", &["test"]),
    ("threads_full", &[]),
    ("tokenadministration", &[]),
    ("tokens", &[]),
    ("variablegroups_manage", &["variablegroups_write"]),
    ("variablegroups_read", &[]),
    ("variablegroups_write", &["variablegroups_read"]),
    ("wiki", &[]),
    ("wiki_write", &["wiki"]),
    ("work", &[]),
    ("work_full", &["work_write"]),
    ("work_write", &["work"]),
];

fn included(name: &str) -> Option<&'static [&'static str]> {
    SCOPES
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, included)| *included)
}

/// Whether the service takes `scope` for a PAT.
pub(crate) fn is_known(scope: &str) -> bool {
    scope == FULL
        || scope
            .strip_prefix("vso.")
            .is_some_and(|name| included(name).is_some())
}

/// Whether an app can ask Entra for `scope`: full access is for PATs alone.
pub(crate) fn is_known_to_entra(scope: &str) -> bool {
    scope != FULL && is_known(scope)
}

/// Whether the space-separated scopes `granted` allow what needs `needed`.
pub(crate) fn allows(granted: &str, needed: &str) -> bool {
    granted
        .split(' ')
        .any(|scope| scope == FULL || scope == "user_impersonation" || covers(scope, needed))
}

fn covers(scope: &str, needed: &str) -> bool {
    if scope == needed {
        return true;
    }
    let (Some(name), Some(needed_name)) = (scope.strip_prefix("vso."), needed.strip_prefix("vso.")) else {
        return false;
    };
    let mut open = included(name).unwrap_or_default().to_vec();
    while let Some(next) = open.pop() {
        if next == needed_name {
            return true;
        }
        open.extend(included(next).unwrap_or_default());
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_managing_scope_opens_what_it_includes_and_nothing_else() {
        assert!(allows("vso.code_full", "vso.code_status"));
        assert!(allows("vso.work vso.build_execute", "vso.build"));
        assert!(!allows("vso.build", "vso.build_execute"));
        assert!(!allows("vso.profile_write", "vso.profile"));
        assert!(allows(FULL, "vso.code"));
    }

    #[test]
    fn every_included_scope_is_itself_in_the_table() {
        for (name, included) in SCOPES {
            for inner in *included {
                assert!(
                    is_known(&format!("vso.{inner}")),
                    "{name} includes unknown {inner}"
                );
            }
        }
    }
}
