//! Who asks, from where, and whether they may.

use super::wire::Refused;
use crate::cloud::{Bearer, BearerKind, Cloud, Instance, Right, Vault, VaultAccess, VaultNetwork};
use crate::request::Request;

/// Where all vaults are.
pub(super) const REGION: &str = "westeurope";

/// Key Vault's own application id, which is an audience too.
const APPLICATION: &str = "cfa8b339-82a2-471a-a3c9-0fc0be7a4093";

/// `WWW-Authenticate` of every 401.
pub(super) fn challenge(vault: &Vault) -> String {
    format!(
        "Bearer authorization=\"{}\", resource=\"{}\"",
        vault.authority(),
        vault.instance().vault()
    )
}

/// Someone with a good token.
pub(super) struct Caller {
    /// Every name that a grant may know them by.
    names: Vec<String>,
    /// As refusals write them.
    shown: String,
}

/// The caller, if their token is for this vault and its tenant, and has not ended.
pub(super) fn caller(cloud: &Cloud, vault: &Vault, request: &Request) -> Result<Caller, Refused> {
    let token = request
        .header("authorization")
        .and_then(|header| header.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, token)| token.trim())
        .ok_or_else(|| Refused::unauthorized("AKV10000: Request is missing a Bearer or PoP token."))?;
    let Some(bearer) = cloud.bearers.get(token) else {
        return Err(Refused::unauthorized(
            "AKV10046: Unable to resolve the key used for signature validation.",
        ));
    };
    if bearer.expires <= cloud.now() {
        return Err(Refused::unauthorized(
            "[TokenExpired] Error validating token: 'S2S12086'.",
        ));
    }
    let resource = vault.instance().vault();
    if bearer.audience != resource && bearer.audience != APPLICATION {
        return Err(Refused::unauthorized(&format!(
            "AKV10022: Invalid audience. Expected {resource}, found: {}.",
            bearer.audience
        )));
    }
    if !bearer.tenant.eq_ignore_ascii_case(&vault.tenant) {
        return Err(Refused::unauthorized(&format!(
            "AKV10032: Invalid issuer. Expected one of {}/{}/, found {}.",
            vault.instance().token_issuer(),
            vault.tenant,
            issuer(cloud, bearer)
        )));
    }
    Ok(Caller::of(bearer, &issuer(cloud, bearer)))
}

impl Caller {
    fn of(bearer: &Bearer, issuer: &str) -> Self {
        let (BearerKind::User(name) | BearerKind::App(name) | BearerKind::Job(name)) = &bearer.kind;
        let object = &bearer.object_id;
        let app = bearer.client_id.as_ref().unwrap_or(object);
        Self {
            shown: format!("appid={app};oid={object};iss={issuer}"),
            names: vec![name.clone(), app.clone(), object.clone()],
        }
    }

    /// Whether the vault's network lets them in.
    pub(super) fn arrives(&self, vault: &Vault) -> Result<(), Refused> {
        let (caller, name) = (&self.shown, vault.name());
        match vault.network {
            VaultNetwork::Open => Ok(()),
            VaultNetwork::Firewall => Err(Refused::forbidden(
                "ForbiddenByFirewall",
                &format!(
                    "Client address is not authorized and caller is not a trusted service.\r\nClient address: \
                     203.0.113.10\r\nCaller: {caller}\r\nVault: {name};location={REGION}"
                ),
            )),
            VaultNetwork::Private => Err(Refused::forbidden(
                "ForbiddenByConnection",
                &format!(
                    "Public network access is disabled and request is not from a trusted service nor via an approved \
                     private link.\r\nCaller: {caller}\r\nVault: {name};location={REGION}"
                ),
            )),
        }
    }

    /// Whether they have `right`. `action` is its name among the actions of Azure roles.
    pub(super) fn allow(
        &self,
        vault: &Vault,
        right: Right,
        action: &str,
        secret: Option<&str>,
    ) -> Result<(), Refused> {
        let granted = vault
            .grants
            .iter()
            .any(|(to, what)| *what == right && self.names.iter().any(|name| name.eq_ignore_ascii_case(to)));
        if granted {
            return Ok(());
        }
        let (caller, name) = (&self.shown, vault.name());
        match vault.access {
            VaultAccess::Roles => {
                let secret = secret
                    .map(|secret| format!("/secrets/{secret}"))
                    .unwrap_or_default();
                Err(Refused::forbidden(
                    "ForbiddenByRbac",
                    &format!(
                        "Caller is not authorized to perform action on resource.\r\nIf role assignments, deny \
                         assignments or role definitions were changed recently, please observe propagation \
                         time.\r\nCaller: {caller}\r\nAction: 'Microsoft.KeyVault/vaults/secrets/{action}'\r\nResource: \
                         '/subscriptions/{}/resourcegroups/rg-{name}/providers/microsoft.keyvault/vaults/{name}{secret}'\
                         \r\nAssignment: (not found)\r\nDenyAssignmentId: null\r\nDecisionReason: \
                         'DeniedWithNoValidRBAC' \r\nVault: {name};location={REGION}\r\n",
                        vault.tenant
                    ),
                ))
            }
            VaultAccess::Policies => {
                let right = format!("{right:?}").to_lowercase();
                Err(Refused::forbidden(
                    "AccessDenied",
                    &format!(
                        "The user, group or application '{caller}' does not have secrets {right} permission on key \
                         vault '{name};location={REGION}'. For help resolving this issue, please see \
                         https://go.microsoft.com/fwlink/?linkid=2125287"
                    ),
                ))
            }
        }
    }
}

/// `iss` of a token.
fn issuer(cloud: &Cloud, bearer: &Bearer) -> String {
    let instance = cloud
        .find_tenant(&bearer.tenant)
        .map_or(Instance::Public, |known| known.instance);
    format!("{}/{}/", instance.token_issuer(), bearer.tenant)
}

/// Takes one request off those that are too many.
pub(super) fn throttle(cloud: &mut Cloud, host: &str) -> Result<(), Refused> {
    let throttle = cloud.vault_mut(host).and_then(|vault| vault.throttle.as_mut());
    match throttle.filter(|throttle| throttle.requests > 0) {
        None => Ok(()),
        Some(throttle) => {
            throttle.requests -= 1;
            Err(Refused::throttled(throttle.retry_after))
        }
    }
}
