//! The inputs that every task has: whose Microsoft Entra token is used, and what that takes.
//!
//! A `visibleRule` holds one kind of operator, `&&` or `||`, since the designer splits it by one only. An input that
//! is not shown makes every comparison with it false there.

use super::{Group, Input, Kind};

const GROUP_NAME: &str = "signInGroup";

/// Their group in the designer.
pub const GROUP: Group = Group {
    name: GROUP_NAME,
    label: "Sign-in",
    expanded: true,
};

const OF_REFRESH_TOKEN: &str = "signIn = refreshToken || refreshTokenSecret != \"\"";

/// Whose token calls Azure DevOps.
pub const SIGN_IN: Input = Input::new(
    "signIn",
    Kind::Choice(&[
        ("serviceConnection", "Service connection"),
        ("managedIdentity", "Managed identity of the agent's machine"),
        ("accessToken", "Access token from an earlier step"),
        ("refreshToken", "Refresh token kept in Key Vault"),
        ("azureCli", "Azure CLI, as it is signed in on the agent"),
    ]),
    "Sign in with",
    "Whose Microsoft Entra token calls Azure DevOps. Blank: what the inputs given imply (`accessToken`, else \
     `refreshTokenSecret`, else `azureSubscription`); at a terminal with none of them, `azureCli`.",
)
.group(GROUP_NAME);

/// The service connection.
pub const AZURE_SUBSCRIPTION: Input = Input::new(
    "azureSubscription",
    Kind::AzureConnection,
    "Azure service connection",
    "The Azure Resource Manager connection that signs in, or that reaches the Key Vault. With workload identity \
     federation, a client secret or a managed identity; a certificate is refused.",
)
.group(GROUP_NAME)
.visible_when("signIn = serviceConnection || signIn = refreshToken || signIn = \"\"");

/// Which of a machine's identities.
pub const MANAGED_IDENTITY_CLIENT_ID: Input = Input::new(
    "managedIdentityClientId",
    Kind::Text,
    "Client ID of the managed identity",
    "The client ID of a user-assigned identity. Blank: the machine's own (system-assigned) identity.",
)
.group(GROUP_NAME)
.visible_when("signIn = managedIdentity");

/// The token itself.
pub const ACCESS_TOKEN: Input = Input::new(
    "accessToken",
    Kind::Text,
    "Access token",
    "A user's (delegated) Microsoft Entra access token for Azure DevOps, from an earlier step. Pass it as a \
     secret variable, e.g. `$(entraToken)`.",
)
.secret()
.group(GROUP_NAME)
.visible_when("signIn = accessToken || signIn = \"\"");

/// The secret that keeps the refresh token.
pub const REFRESH_TOKEN_SECRET: Input = Input::new(
    "refreshTokenSecret",
    Kind::Text,
    "Secret with the refresh token",
    "The name of the secret that keeps the refresh token. `patkeeper sign-in` puts it there once; every run replaces \
     it with its successor.",
)
.group(GROUP_NAME)
.visible_when("signIn = refreshToken || signIn = \"\"");

/// The vault it is in.
pub const REFRESH_TOKEN_VAULT: Input = Input::new(
    "refreshTokenVault",
    Kind::Text,
    "Key Vault of that secret",
    "The Key Vault that keeps that secret: its name, e.g. `acme-kv`, or its URL. The service connection needs to get \
     and set secrets in it.",
)
.group(GROUP_NAME)
.visible_when(OF_REFRESH_TOKEN);

/// The app registration that the refresh token was issued to.
pub const CLIENT_ID: Input = Input::new(
    "clientId",
    Kind::Text,
    "Client ID",
    "The application (client) ID of the app registration that the refresh token belongs to.",
)
.group(GROUP_NAME)
.visible_when(OF_REFRESH_TOKEN);

/// Its tenant.
pub const TENANT_ID: Input = Input::new(
    "tenantId",
    Kind::Text,
    "Tenant ID",
    "The tenant of that app registration: its ID, or a verified domain such as `acme.onmicrosoft.com`. Blank, in a \
     pipeline: the service connection's.",
)
.group(GROUP_NAME)
.visible_when(OF_REFRESH_TOKEN);

/// How that app proves itself.
pub const CLIENT_AUTHENTICATION: Input = Input::new(
    "clientAuthentication",
    Kind::Choice(&[
        ("none", "Not at all (a public client)"),
        ("federated", "The service connection's federation"),
        ("secret", "A client secret"),
    ]),
    "How the app proves itself",
    "How the app registration proves itself when the refresh token is redeemed. `federated`: with the service \
     connection's OIDC token, so that the refresh token alone is worth nothing.",
)
.default("none")
.group(GROUP_NAME)
.visible_when(OF_REFRESH_TOKEN);

/// The app's own secret.
pub const CLIENT_SECRET: Input = Input::new(
    "clientSecret",
    Kind::Text,
    "Client secret",
    "The client secret of that app registration. Pass it as a secret variable.",
)
.secret()
.group(GROUP_NAME)
.visible_when("clientAuthentication = secret");

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Input; 10] = [
        SIGN_IN,
        AZURE_SUBSCRIPTION,
        MANAGED_IDENTITY_CLIENT_ID,
        ACCESS_TOKEN,
        REFRESH_TOKEN_SECRET,
        REFRESH_TOKEN_VAULT,
        CLIENT_ID,
        TENANT_ID,
        CLIENT_AUTHENTICATION,
        CLIENT_SECRET,
    ];

    /// What the designer shows: rules are split by one operator, and what is hidden compares as false.
    fn is_shown(input: &Input, given: &[(&str, &str)]) -> bool {
        let Some(rule) = input.visible_rule else {
            return true;
        };
        let holds = |comparison: &str| {
            let (name, same, wanted) = match comparison.split_once("!=") {
                Some((name, wanted)) => (name, false, wanted),
                None => {
                    let (name, wanted) = comparison.split_once('=').unwrap();
                    (name, true, wanted)
                }
            };
            let other = ALL.iter().find(|other| other.name == name.trim()).unwrap();
            let value = given.iter().find(|(name, _)| *name == other.name);
            let value = value.map_or(other.default.unwrap_or_default(), |(_, value)| value);
            is_shown(other, given) && (value == wanted.trim().trim_matches('"')) == same
        };
        assert!(!rule.contains("&&"), "{rule}");
        rule.split("||").any(holds)
    }

    fn shown(given: &[(&str, &str)]) -> String {
        let names: Vec<_> = ALL
            .iter()
            .skip(1)
            .filter(|input| is_shown(input, given))
            .map(|input| input.name)
            .collect();
        names.join(" ")
    }

    #[test]
    fn the_designer_shows_what_the_choice_needs_and_nothing_else() {
        let vault =
            "azureSubscription refreshTokenSecret refreshTokenVault clientId tenantId clientAuthentication";
        assert_eq!(shown(&[("signIn", "serviceConnection")]), "azureSubscription");
        assert_eq!(shown(&[("signIn", "managedIdentity")]), "managedIdentityClientId");
        assert_eq!(shown(&[("signIn", "accessToken")]), "accessToken");
        assert_eq!(shown(&[("signIn", "azureCli")]), "");
        assert_eq!(shown(&[("signIn", "refreshToken")]), vault);
        let secret = [("signIn", "refreshToken"), ("clientAuthentication", "secret")];
        assert_eq!(shown(&secret), format!("{vault} clientSecret"));
        let left_over = [
            ("signIn", "accessToken"),
            ("refreshTokenSecret", "x"),
            ("clientAuthentication", "secret"),
        ];
        assert_eq!(shown(&left_over), "accessToken");
    }

    #[test]
    fn while_nothing_is_chosen_the_designer_shows_what_could_imply_a_choice() {
        let implying = "azureSubscription accessToken refreshTokenSecret";
        assert_eq!(shown(&[]), implying);
        let more = shown(&[("refreshTokenSecret", "x")]);
        assert_eq!(
            more,
            format!("{implying} refreshTokenVault clientId tenantId clientAuthentication")
        );
    }
}
