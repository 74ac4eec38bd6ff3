//! `patkeeper sign-in`, the one-time step of `signIn: refreshToken`: a command for people, not a task of the agent.

use super::sign_in::{CLIENT_ID, TENANT_ID};
use super::{Input, Kind, Task};

/// What the refresh token is for.
pub const FOR: Input = Input::new(
    "for",
    Kind::Choice(&[
        ("rotate", "Own PATs: monitor, rotate, revoke"),
        ("organization", "Everybody's PATs"),
        ("audit", "The audit log"),
    ]),
    "For",
    "Which scopes to ask for. `rotate`: `vso.pats` and `vso.pats_manage`. `organization` adds `vso.graph` and \
     `vso.tokenadministration`, `audit` adds `vso.auditlog`.",
)
.default("rotate");

/// The vault.
pub const VAULT: Input = Input::new(
    "vault",
    Kind::Text,
    "Key Vault",
    "The Key Vault (name or URL) that is to keep the refresh token. It is reached with the Azure CLI's account.",
)
.required();

/// The secret.
pub const SECRET_NAME: Input = Input::new(
    "secretName",
    Kind::Text,
    "Secret",
    "The name of the secret; if it exists, it gets a new version.",
)
.required();

/// Where the account must be let in.
pub const ORGANIZATION: Input = Input::new(
    "organization",
    Kind::Text,
    "Organization",
    "The organization whose PATs the account is to manage. Before anything is stored, it is asked whether it lets the \
     account in.",
);

/// Without a browser on this machine.
pub const DEVICE_CODE: Input = Input::new(
    "deviceCode",
    Kind::Flag,
    "Device code",
    "Sign in on another device, with a code. Many tenants block this.",
)
.default("false");

/// The app's secret, for its one use.
pub const CLIENT_SECRET: Input = Input::new(
    "clientSecret",
    Kind::Text,
    "Client secret",
    "For an app registration that must prove itself: a short-lived client secret, used for this one sign-in.",
)
.secret();

/// The command.
pub static COMMAND: Task = Task {
    name: "sign-in",
    command: "sign-in",
    about: "Signs in once, in a browser, and puts the refresh token straight into a Key Vault, for signIn: refreshToken.",
    groups: &[],
    inputs: &[
        FOR,
        TENANT_ID,
        CLIENT_ID,
        VAULT,
        SECRET_NAME,
        ORGANIZATION,
        DEVICE_CODE,
        CLIENT_SECRET,
    ],
    outputs: &[],
};
