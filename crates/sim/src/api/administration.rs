//! Who may act on other people's tokens, and who may read the audit log.

use super::Call;
use super::caller::{Reader, reader};
use crate::cloud::{Actor, AppAccess, Cloud, Organization};
use crate::refusal::Refusal;

/// A caller with a permission of an administrator.
pub(super) struct Administrator {
    id: String,
    mechanism: &'static str,
}

impl Administrator {
    /// For the audit log.
    pub(super) fn actor(&self, call: &Call<'_>) -> Actor {
        Actor {
            id: Some(self.id.clone()),
            mechanism: self.mechanism,
            agent: super::agent(call.request),
        }
    }
}

/// The Project Collection Administrator behind a request to token administration.
pub(super) fn of_tokens(cloud: &mut Cloud, call: &Call<'_>) -> Result<Administrator, Refusal> {
    let apps = cloud.manners.apps_administer;
    let asks = reader(cloud, call, Some("vso.tokenadministration"))?;
    permitted(call, asks, apps, |organization, id| {
        organization.administrators.iter().any(|known| known == id)
    })
    .map_err(|who| {
        // 401 is published; text and type are not.
        Refusal::exception(
            401,
            "AccessCheckException",
            format!("TF50309: {who} does not have sufficient permissions to administer tokens of this organization."),
        )
    })
}

/// Who may read the audit log.
pub(super) fn of_audit(cloud: &mut Cloud, call: &Call<'_>) -> Result<Administrator, Refusal> {
    let apps = cloud.manners.apps_audit;
    let asks = reader(cloud, call, Some("vso.auditlog"))?;
    permitted(call, asks, apps, |organization, id| {
        let mut all = organization.administrators.iter().chain(&organization.audit_readers);
        all.any(|known| known == id)
    })
    .map_err(|who| {
        Refusal::exception(
            403,
            "AccessCheckException",
            format!(
                "TF50309: {who} does not have sufficient permissions to complete the operation. The following \
                 permissions are needed to perform this operation: View audit log."
            ),
        )
    })
}

/// The error: how the caller is called.
fn permitted(
    call: &Call<'_>,
    asks: Reader,
    apps: AppAccess,
    may: impl Fn(&Organization, &str) -> bool,
) -> Result<Administrator, String> {
    let (id, name, mechanism) = match asks {
        Reader::User(id) => (id.clone(), id, mechanism(call)),
        Reader::Service { id, name } if apps == AppAccess::Permitted => (id, name, "ServicePrincipal"),
        Reader::Service { name, .. } => return Err(name),
        Reader::Public => return Err("Anonymous".to_owned()),
    };
    if may(&call.organization, &id) {
        Ok(Administrator { id, mechanism })
    } else {
        Err(name)
    }
}

/// `authenticationMechanism` of whoever sent a request.
pub(super) fn mechanism(call: &Call<'_>) -> &'static str {
    let basic = call.request.header("authorization").is_some_and(|value| {
        value
            .get(..6)
            .is_some_and(|scheme| scheme.eq_ignore_ascii_case("basic "))
    });
    if basic { "PAT" } else { "AAD" }
}
