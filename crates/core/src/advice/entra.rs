//! Microsoft Entra's sign-in errors.
//!
//! Sources: "Microsoft Entra authentication and authorization error codes" (Microsoft identity platform
//! documentation), which says that the numbers may change: what is not here is looked up at
//! `https://login.microsoftonline.com/error?code=…`. Not in that list, and taken from what the service answers in the
//! field: 530035, 7000112, 700024, 700211 to 700213, 700222, 7000215, 7000218, 7000222, 900023.

use super::{Advice, Origin, Who};
use crate::failure::FailureKind;

macro_rules! rows {
    ($($number:literal $kind:ident $who:ident $meaning:literal [$($way:literal),+ $(,)?];)+) => {
        pub(super) static ROWS: &[Advice] = &[$(Advice {
            codes: &[concat!("AADSTS", $number), concat!($number)],
            phrases: &[],
            origin: Origin::Entra,
            kind: FailureKind::$kind,
            meaning: $meaning,
            who: Who::$who,
            ways_out: &[$($way),+],
        },)+];
    };
}

rows! {
    // Consent and permissions.
    65001 Refused EntraAdministrator
        "nobody has consented to the app's permissions for this account"
        ["sign in once with patkeeper sign-in and consent",
         "or have an administrator grant consent on the app registration's API permissions page"];
    90094 Refused EntraAdministrator
        "only an administrator may consent to this app's permissions in this tenant"
        ["have an administrator open the app registration, API permissions, and grant consent",
         "then sign in again with patkeeper sign-in"];
    90095 Refused EntraAdministrator
        "this tenant lets users ask for an app, and an administrator consents to it"
        ["ask for it on the page that the sign-in showed", "once it is granted, sign in again with patkeeper sign-in"];
    65004 Refused Owner
        "whoever signed in declined the permissions that the app asked for"
        ["sign in again with patkeeper sign-in and accept them"];
    650053 Refused Author
        "the app asks for a permission that Azure DevOps does not have"
        ["use vso.pats and vso.pats_manage of resource 499b84ac-1321-427f-aa17-267ca6975798, spelled exactly so"];
    650057 Refused Author
        "the app registration does not list the service that a token is asked for"
        ["add Azure DevOps with vso.pats and vso.pats_manage, delegated, to its API permissions \
          (docs/sign-in.md#register-the-app)"];
    650056 Refused EntraAdministrator
        "the app registration lists no permission for the service, or nobody has consented to it"
        ["add Azure DevOps with vso.pats and vso.pats_manage, delegated, to its API permissions",
         "have an administrator grant consent there"];
    650052 Refused EntraAdministrator
        "the tenant does not know the service that the app asks for"
        ["connect the organization to this tenant, or sign in to the tenant it is connected to"];
    65005 Refused EntraAdministrator
        "the app registration's permissions do not fit what it asks for"
        ["compare its API permissions with docs/sign-in.md#register-the-app, and grant consent again"];
    65002 Refused Author
        "the client id is one of Microsoft's own apps, which may not ask for this"
        ["register an app of your own and give its clientId (docs/sign-in.md#register-the-app)"];
    70011 Refused Author
        "the scope asked for is not valid"
        ["use vso.pats and vso.pats_manage of resource 499b84ac-1321-427f-aa17-267ca6975798, spelled exactly so"];

    // The app registration.
    50011 Refused EntraAdministrator
        "the address that the browser is sent back to is not registered with the app"
        ["add http://localhost as a redirect URI of the platform 'Mobile and desktop applications', or 'Web' where the app has a proof of its own"];
    7000218 Refused EntraAdministrator
        "the app must prove itself with a secret or assertion, because it is not registered as a public client"
        ["clientAuthentication: federated, or secret; at the one sign-in, --client-secret",
         "or allow public client flows on the app registration's Authentication page"];
    700016 Refused Author
        "there is no app with that client id in that tenant"
        ["check clientId and tenantId", "have the app registered, or consented to, in that tenant"];
    70001 Refused EntraAdministrator
        "the app is not known in that tenant, or is disabled there"
        ["check clientId and tenantId", "have the app enabled under Enterprise applications, Properties"];
    7000112 Refused EntraAdministrator
        "the app is disabled in the tenant"
        ["have it enabled under Enterprise applications, Properties, 'Enabled for users to sign-in'"];
    700025 Refused Author
        "the app is a public client and a secret or assertion was sent all the same"
        ["clientAuthentication: none",
         "or register http://localhost under the platform 'Web' and forbid public client flows, if it shall be confidential"];
    50194 Refused Author
        "the app belongs to one tenant, and the sign-in did not name it"
        ["give that tenant's id as tenantId (--tenant-id)"];
    50105 Refused EntraAdministrator
        "the app takes only accounts that are assigned to it, and this one is not"
        ["assign the account under Enterprise applications, Users and groups",
         "or switch 'Assignment required' off there"];
    7000222 Refused Author
        "the app's client secret has expired"
        ["move the service connection to workload identity federation, which has no secret",
         "or make a new secret, and put it where the expired one was"];
    7000215 Refused Author
        "the client secret is wrong"
        ["give the secret's value, not its id", "or move to workload identity federation, which has no secret"];
    70002 Refused Author
        "the app did not prove itself: its secret or assertion is not accepted"
        ["give the secret's value, not its id", "check that clientId is the app that the secret belongs to"];

    // The service connection's assertion.
    70021 Refused EntraAdministrator
        "no federated credential of the app fits the service connection's issuer, subject and audience"
        ["copy issuer and subject from the service connection's page into the app's federated credential, letter for letter",
         "after a change there, wait a few minutes: it takes time to be known everywhere"];
    700211 Refused EntraAdministrator
        "no federated credential of the app has the service connection's issuer"
        ["copy the issuer from the service connection's page; newer connections have one at login.microsoftonline.com",
         "with clientAuthentication: federated, the refresh token's app needs that federated credential too"];
    700212 Refused EntraAdministrator
        "no federated credential of the app has the service connection's audience"
        ["compare the audience in the message with the one of the app's federated credential, and set that",
         "where the two stay apart, make the service connection anew"];
    700213 Refused EntraAdministrator
        "no federated credential of the app has the service connection's subject"
        ["copy the subject from the service connection's page, letter for letter: renaming an organization, project or \
          connection changes it",
         "with clientAuthentication: federated, the refresh token's app needs that federated credential too"];
    700222 Refused EntraAdministrator
        "the app does not take assertions that Entra itself has issued, as those of newer service connections are"
        ["use the service connection's own app registration as clientId, which trusts it already",
         "or clientAuthentication: secret"];
    700024 Refused Author
        "the assertion is used before or after the time it is good for"
        ["check the clock of the agent's machine", "run the step again: it gets a fresh assertion"];
    700027 Refused Author
        "the assertion's signature is not accepted"
        ["check that the service connection and the app registration belong together",
         "run the step again: it gets a fresh assertion"];
    50013 Refused Author
        "the assertion is malformed, has run out, or was issued by somebody else"
        ["check the clock of the agent's machine", "run the step again: it gets a fresh assertion"];

    // The account.
    50076 Refused Owner
        "multi-factor authentication is required, which nobody is there to do"
        ["sign in again with patkeeper sign-in, passing multi-factor authentication once"];
    50074 Refused Owner
        "multi-factor authentication is required and was not passed"
        ["sign in again with patkeeper sign-in, passing multi-factor authentication once"];
    50079 Refused Owner
        "the account must first register for multi-factor authentication"
        ["sign in to any Microsoft page in a browser with this account and register",
         "then sign in again with patkeeper sign-in"];
    50072 Refused Owner
        "the account must first register for multi-factor authentication"
        ["sign in to any Microsoft page in a browser with this account and register",
         "then sign in again with patkeeper sign-in"];
    50158 Refused Owner
        "another provider's check is required, which nobody is there to pass"
        ["sign in again with patkeeper sign-in, passing it once",
         "where it is asked for each time, have the account excluded from that Conditional Access policy"];
    50034 Refused Author
        "the tenant knows no such account"
        ["check tenantId", "sign in with an account of that tenant"];
    50020 Refused Owner
        "the account belongs to another tenant or is a personal one, and is no guest of this tenant"
        ["sign in with an account of the tenant that the organization is connected to",
         "or have the account invited there as a guest"];
    50057 Refused EntraAdministrator
        "the account is disabled"
        ["have it enabled, or sign in with another one"];
    50053 Refused EntraAdministrator
        "the account is locked after too many sign-ins with a wrong password, or the address they came from is blocked"
        ["wait until the lock ends, or have it lifted", "look for what still signs in with an old password"];
    50055 Refused Owner
        "the account's password has expired"
        ["set a new one in a browser, then sign in again with patkeeper sign-in"];
    50126 Refused Owner
        "the name or password is wrong"
        ["sign in again; Patkeeper itself never asks for a password"];

    // Conditional Access and security defaults.
    53003 Refused EntraAdministrator
        "a Conditional Access policy blocks this sign-in"
        ["look at the account's sign-in log in Entra: it names the policy",
         "run the step on an agent that the policy accepts; sign in without --device-code, which tenants often block",
         "or have the account, the app or the agents' addresses excluded from the policy"];
    53000 Refused EntraAdministrator
        "a Conditional Access policy wants a compliant device, and this one is not"
        ["sign in on a device that is managed and compliant",
         "have the pipeline's account excluded from the policy, or its agents made compliant"];
    53001 Refused EntraAdministrator
        "a Conditional Access policy wants a domain-joined device, and this one is not"
        ["sign in on a device of the domain",
         "have the pipeline's account excluded from the policy, or its agents joined"];
    530003 Refused EntraAdministrator
        "a Conditional Access policy wants a managed device, and this one is not"
        ["sign in on a managed device, in its own browser and without --device-code",
         "have the pipeline's account excluded from the policy, or its agents managed"];
    53002 Refused EntraAdministrator
        "a Conditional Access policy lets only approved apps in, and this app is none"
        ["have the app excluded from the policy"];
    53004 Refused Owner
        "the account is at risk and must register for multi-factor authentication first"
        ["register in a browser, then sign in again with patkeeper sign-in"];
    53011 Refused EntraAdministrator
        "the account is blocked because Entra takes it to be at risk"
        ["have the risk looked into and dismissed, then sign in again with patkeeper sign-in"];
    50131 Refused EntraAdministrator
        "a Conditional Access or security policy blocks this sign-in"
        ["look at the account's sign-in log in Entra: it names the policy",
         "run the step on an agent that the policy accepts"];
    530035 Refused EntraAdministrator
        "the tenant's security defaults block this kind of sign-in, such as one with a device code"
        ["sign in without --device-code, on a machine with a browser"];

    // The refresh token.
    700082 Refused Owner
        "the refresh token ran out because it was not used for too long (90 days as a rule)"
        ["sign in again with patkeeper sign-in", "schedule the pipeline so that it runs well within 90 days"];
    70008 Refused Owner
        "the refresh token or the code has run out or was revoked"
        ["sign in again with patkeeper sign-in", "schedule the pipeline so that it runs well within 90 days"];
    70043 Refused EntraAdministrator
        "a Conditional Access policy wants a fresh sign-in every so often (sign-in frequency), and the refresh token is \
         older than that"
        ["sign in again with patkeeper sign-in; it will come back after the same time",
         "have the account excluded from the sign-in frequency policy"];
    700084 Refused Author
        "the refresh token belongs to a single-page app, whose tokens last a day at most"
        ["register http://localhost under 'Mobile and desktop applications' instead, and sign in again"];
    50173 Refused Owner
        "the refresh token was revoked, for instance by a changed password or by an administrator"
        ["sign in again with patkeeper sign-in"];
    50132 Refused Owner
        "the sign-in is over because the password expired or was changed"
        ["sign in again with patkeeper sign-in"];
    50133 Refused Owner
        "the sign-in is over because the password expired or was changed"
        ["sign in again with patkeeper sign-in"];
    70000 Refused Author
        "the refresh token or the code is not one that this app can redeem"
        ["check that refreshTokenVault and refreshTokenSecret name what patkeeper sign-in wrote, and clientId its app",
         "sign in again with patkeeper sign-in"];
    700005 Refused Author
        "the refresh token or the code was issued in another tenant"
        ["check tenantId: it must be the one given to patkeeper sign-in"];
    54005 Refused Owner
        "the sign-in's code was redeemed before"
        ["sign in again with patkeeper sign-in"];
    501481 Refused Owner
        "the code does not belong to the sign-in that was begun (PKCE)"
        ["sign in again with patkeeper sign-in, in one browser tab"];

    // Device code.
    70016 Refused Owner
        "nobody has entered the device code yet"
        ["open the page that patkeeper sign-in shows, and enter the code there"];
    70018 Refused Owner
        "the code that was entered is not the one shown"
        ["sign in again with patkeeper sign-in --device-code, and enter the new code"];
    70019 Refused Owner
        "the device code ran out before anyone entered it"
        ["sign in again with patkeeper sign-in --device-code: a code lasts about 15 minutes"];

    // Tenant, cloud and service.
    90002 Refused Author
        "there is no such tenant"
        ["check tenantId, and the cloud that the service connection belongs to"];
    900023 Refused Author
        "the tenant is neither an id nor a domain name"
        ["give tenantId as the GUID on the Overview page of Microsoft Entra ID"];
    500011 Refused Author
        "the tenant does not know the service that a token is asked for"
        ["check tenantId: it must be the tenant that the organization, or the vault, belongs to",
         "sign in to the organization once in a browser, if nobody of this tenant ever has"];
    500014 Refused EntraAdministrator
        "the service that a token is asked for is disabled in the tenant"
        ["have it enabled under Enterprise applications (Azure DevOps is 499b84ac-1321-427f-aa17-267ca6975798)",
         "check that the tenant's subscription has not lapsed"];
    50001 Refused Author
        "the service that a token is asked for is disabled or not known"
        ["ask for resource 499b84ac-1321-427f-aa17-267ca6975798 (Azure DevOps)"];
    90038 Refused Author
        "the tenant belongs to another cloud"
        ["use a service connection of the tenant's own cloud (docs/sign-in.md#other-clouds)"];

    // What passes.
    50033 Service Service
        "Entra had trouble that passes" ["run the step again"];
    90006 Service Service
        "Entra is out of reach for the moment" ["run the step again"];
    90024 Service Service
        "Entra had trouble that passes" ["run the step again"];
    90033 Service Service
        "Entra is out of reach for the moment"
        ["run the step again", "look at azure.status.microsoft if it stays so"];
    90055 Service Service
        "there are too many sign-ins in this tenant" ["run the step again in some minutes"];
    50196 Service Author
        "the same token was asked for too often in a short time"
        ["run the step again in some minutes", "let fewer jobs use this account at the same time"];
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_number_is_found_with_and_without_its_prefix() {
        for row in ROWS {
            let [name, number] = row.codes else {
                panic!("{:?}", row.codes)
            };
            assert_eq!(name.strip_prefix("AADSTS"), Some(*number));
            assert!(
                number.parse::<u32>().is_ok_and(|number| number > 9_999),
                "{number}"
            );
        }
    }
}
