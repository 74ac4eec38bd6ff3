//! What the machine that a step runs on answers for a sign-in: its managed identity, and the Azure CLI on it.
//!
//! Sources: "How to use managed identities on an Azure VM to acquire an access token" (Azure documentation), and the
//! Azure CLI's own messages.

use super::{Advice, Origin, Who, row};
use crate::failure::FailureKind;

pub(super) static ROWS: &[Advice] = &[
    row(
        Origin::ManagedIdentity,
        &["identityNotFound"],
        &["identity not found"],
        FailureKind::Refused,
        Who::Author,
        "the machine has no managed identity, or none with that client id",
        &[
            "assign the identity to the agent's virtual machine or scale set (Azure portal: Identity)",
            "where it has several user-assigned ones, name one with managedIdentityClientId: the client id, not the object id",
        ],
    ),
    row(
        Origin::AzureCli,
        &["azNotSignedIn"],
        &["please run 'az login'"],
        FailureKind::Refused,
        Who::Owner,
        "nobody is signed in to the Azure CLI for the account that this runs as, or that sign-in is over",
        &[
            "sign in as the account that the agent runs as: az login --allow-no-subscriptions",
            "unattended, use signIn: refreshToken instead (docs/sign-in.md#refresh-token)",
        ],
    ),
    row(
        Origin::AzureCli,
        &["subscriptionNotFound"],
        &["doesn't exist in cloud 'azurecloud'"],
        FailureKind::Refused,
        Who::Author,
        "the Azure CLI task wants a subscription, and the service connection's identity has no role in any",
        &[
            "signIn: refreshToken or serviceConnection instead of a step with AzureCLI@2: Patkeeper needs no subscription",
            "or give the identity the role Reader on a resource group",
        ],
    ),
];
