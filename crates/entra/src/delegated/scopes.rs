//! What each purpose asks for, and what was not granted.

use patkeeper_core::failure::{Failure, FailureKind};
use patkeeper_core::purpose::{PAT_SCOPES, Purpose};
use patkeeper_http::AZURE_DEVOPS;

/// Asks for a refresh token (OpenID Connect).
const OFFLINE: &str = "offline_access";
/// Stands for every permission of the signed-in user.
const EVERYTHING: &str = "user_impersonation";

/// The scopes to ask for, as Microsoft Entra spells them, `offline_access` included.
#[must_use]
pub fn scopes(purpose: Purpose) -> Vec<String> {
    let ours = purpose.scopes().map(|name| format!("{AZURE_DEVOPS}/{name}"));
    ours.chain([OFFLINE.to_owned()]).collect()
}

/// A scope's own name, without the resource before it: that is spelled as id or as URL.
fn short(scope: &str) -> &str {
    scope.rsplit('/').next().unwrap_or(scope)
}

/// The failure for what was asked for and not granted. Grants that are not told are none that are missing.
pub(super) fn check(asked: &[String], granted: &[String]) -> Result<(), Failure> {
    let has = |name: &str| {
        granted
            .iter()
            .any(|scope| short(scope).eq_ignore_ascii_case(name))
    };
    if granted.is_empty() || has(EVERYTHING) {
        return Ok(());
    }
    let asked: Vec<&str> = asked
        .iter()
        .map(|scope| short(scope))
        .filter(|name| *name != OFFLINE)
        .collect();
    let missing: Vec<&str> = asked.iter().copied().filter(|name| !has(name)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let why = if missing.iter().any(|name| PAT_SCOPES.contains(name)) {
        "vso.pats and vso.pats_manage are both needed: Azure DevOps takes neither alone for PATs".to_owned()
    } else {
        format!("{} are all needed for this", asked.join(" and "))
    };
    Err(Failure::new(
        FailureKind::Refused,
        format!(
            "Microsoft Entra granted less than was asked for, without {}.",
            missing.join(" and ")
        ),
    )
    .with_code("missingScopes")
    .with_why(why)
    .with_way_out(format!(
        "add it to the app registration: API permissions, Azure DevOps, delegated permissions, {}",
        missing.join(" and ")
    ))
    .with_way_out("then sign in again with patkeeper sign-in, and consent"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(granted: &[&str]) -> Result<(), String> {
        let granted: Vec<String> = granted.iter().map(ToString::to_string).collect();
        check(&scopes(Purpose::Rotate), &granted).map_err(|failure| failure.what)
    }

    #[test]
    fn every_purpose_asks_for_both_pat_scopes_and_a_refresh_token() {
        for purpose in [Purpose::Rotate, Purpose::Organization, Purpose::Audit] {
            let scopes = scopes(purpose);
            for name in ["vso.pats", "vso.pats_manage"] {
                assert!(scopes.contains(&format!("499b84ac-1321-427f-aa17-267ca6975798/{name}")));
            }
            assert_eq!(scopes.last().unwrap(), "offline_access");
        }
        assert!(
            scopes(Purpose::Organization)
                .iter()
                .any(|scope| scope.ends_with("/vso.tokenadministration"))
        );
        assert!(
            scopes(Purpose::Audit)
                .iter()
                .any(|scope| scope.ends_with("/vso.auditlog"))
        );
    }

    #[test]
    fn a_grant_is_whole_however_its_resource_is_spelled() {
        for granted in [
            &[
                "https://app.vssps.visualstudio.com/vso.pats",
                "https://app.vssps.visualstudio.com/vso.pats_manage",
            ][..],
            &[
                "499b84ac-1321-427f-aa17-267ca6975798/VSO.PATS",
                "vso.pats_manage",
                "email",
            ],
            &["user_impersonation"],
            &[],
        ] {
            assert_eq!(checked(granted), Ok(()), "{granted:?}");
        }
    }

    #[test]
    fn what_is_missing_is_named() {
        let refused = checked(&["vso.pats"]).unwrap_err();
        assert!(refused.contains("without vso.pats_manage."), "{refused}");
        let refused = checked(&["vso.pats_manage", "openid"]).unwrap_err();
        assert!(refused.contains("without vso.pats."), "{refused}");
    }
}
