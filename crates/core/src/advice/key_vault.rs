//! Answers of Azure Key Vault: its `error.code`, `error.innererror.code`, and the numbers of its token checks.
//!
//! Sources: "Azure Key Vault REST API error codes" and "Common error codes for Azure Key Vault" (Azure documentation),
//! the Key Vault clients' own tests and troubleshooting pages.

use super::{Advice, Origin, Who, row};
use crate::failure::FailureKind;

pub(super) static ROWS: &[Advice] = &[
    row(
        Origin::KeyVault,
        &["ForbiddenByRbac"],
        &["caller is not authorized to perform action on resource"],
        FailureKind::Refused,
        Who::VaultOwner,
        "the identity has no role on the vault, or on the secret, that allows this",
        &[
            "give it the role 'Key Vault Secrets Officer' on that one secret or on the vault: what is read there is also \
             replaced, so reading alone is not enough (docs/sign-in.md#permissions)",
            "check that it is the identity of the service connection that got the role; a new role takes up to ten minutes",
        ],
    ),
    row(
        Origin::KeyVault,
        &["ForbiddenByPolicy"],
        &[
            "does not have secrets get permission on key vault",
            "does not have secrets set permission on key vault",
            "does not have secrets list permission on key vault",
            "access denied to first party service",
        ],
        FailureKind::Refused,
        Who::VaultOwner,
        "the vault works with access policies, and none of them lets this identity do this",
        &[
            "add an access policy with the secret permissions Get and Set for it, and List where PatRotate stores PATs \
             (docs/sign-in.md#permissions)",
            "roles count only where the vault's permission model is 'Azure role-based access control'",
        ],
    ),
    row(
        Origin::KeyVault,
        &["ForbiddenByFirewall"],
        &["client address is not authorized and caller is not a trusted service"],
        FailureKind::Refused,
        Who::VaultOwner,
        "the vault's firewall does not let the agent's address in",
        &[
            "run the step on an agent inside the network that the vault accepts",
            "or add the agent's address to the vault's firewall; Microsoft-hosted agents have changing ones",
        ],
    ),
    row(
        Origin::KeyVault,
        &["ForbiddenByConnection"],
        &["public network access is disabled and request is not from"],
        FailureKind::Refused,
        Who::VaultOwner,
        "the vault is reached over its private endpoint alone, and the agent came from elsewhere",
        &[
            "run the step on an agent in a network with that private endpoint, where the vault's name leads to it",
        ],
    ),
    row(
        Origin::KeyVault,
        &["SecretNotFound"],
        &["was not found in this key vault"],
        FailureKind::Refused,
        Who::Author,
        "the vault has no secret of that name, or it was deleted",
        &[
            "check refreshTokenVault and refreshTokenSecret",
            "run patkeeper sign-in once: it makes the secret (docs/sign-in.md#sign-in-once)",
        ],
    ),
    row(
        Origin::KeyVault,
        &["SecretDisabled"],
        &["is not allowed on a disabled secret"],
        FailureKind::Refused,
        Who::VaultOwner,
        "the secret's current version is disabled",
        &[
            "enable it, if you know why it was disabled",
            "or run patkeeper sign-in again: it makes a new version",
        ],
    ),
    row(
        Origin::KeyVault,
        &["ObjectIsDeletedButRecoverable"],
        &["is currently in a deleted but recoverable state"],
        FailureKind::Refused,
        Who::VaultOwner,
        "a deleted secret still holds that name until it is recovered or purged",
        &[
            "recover it: az keyvault secret recover --vault-name <vault> --name <secret>",
            "or use another secret name",
        ],
    ),
    row(
        Origin::KeyVault,
        &["ObjectIsBeingDeleted", "ObjectIsBeingRecovered"],
        &["is currently being deleted", "is currently being recovered"],
        FailureKind::Service,
        Who::Service,
        "the secret is being deleted or recovered at this moment",
        &["run the step again in a minute; a secret that was deleted must be recovered first"],
    ),
    row(
        Origin::KeyVault,
        &["AKV10032"],
        &["invalid issuer. expected one of"],
        FailureKind::Refused,
        Who::Author,
        "the token is of another Entra tenant than the vault",
        &[
            "use a service connection of the vault's own tenant: the message names both",
            "with the Azure CLI: az login --tenant <the vault's tenant>",
        ],
    ),
    row(
        Origin::KeyVault,
        &["AKV10022"],
        &["akv10022: invalid audience"],
        FailureKind::Refused,
        Who::Author,
        "the token was issued for another service, not for Key Vault",
        &[
            "check the service connection's environment: each cloud's vaults take tokens of their own (docs/sign-in.md#other-clouds)",
        ],
    ),
    row(
        Origin::KeyVault,
        &["VaultNotFound"],
        &[],
        FailureKind::Refused,
        Who::Author,
        "there is no vault of that name, or its name leads nowhere from this machine",
        &[
            "check the vault's name; give its URL where it belongs to another cloud than the service connection",
            "for a vault with a private endpoint, run the step on an agent that can resolve its name",
        ],
    ),
];
