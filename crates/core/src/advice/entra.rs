//! Microsoft Entra's sign-in errors.

use super::{Advice, Origin, Who};
use crate::failure::FailureKind;

const fn row(
    codes: &'static [&'static str],
    who: Who,
    meaning: &'static str,
    ways_out: &'static [&'static str],
) -> Advice {
    Advice {
        codes,
        phrases: &[],
        origin: Origin::Entra,
        kind: FailureKind::Refused,
        meaning,
        who,
        ways_out,
    }
}

pub(super) static ROWS: &[Advice] = &[
    row(
        &["AADSTS65001", "65001"],
        Who::EntraAdministrator,
        "nobody has consented to the app's permissions for this account",
        &[
            "sign in once with patkeeper sign-in and consent",
            "or have an administrator grant consent on the app registration's API permissions page",
        ],
    ),
    row(
        &["AADSTS650053", "650053"],
        Who::Author,
        "the app asks for a permission that Azure DevOps does not have",
        &[
            "use vso.pats and vso.pats_manage of resource 499b84ac-1321-427f-aa17-267ca6975798, spelled exactly so",
        ],
    ),
    row(
        &["AADSTS50011", "50011"],
        Who::EntraAdministrator,
        "the address that the browser is sent back to is not registered with the app",
        &["add http://localhost as a redirect URI of the platform 'Mobile and desktop applications'"],
    ),
    row(
        &["AADSTS7000218", "7000218"],
        Who::EntraAdministrator,
        "the app must prove itself with a secret or assertion, because it is not registered as a public client",
        &[
            "clientAuthentication: federated, or secret",
            "or allow public client flows on the app registration's Authentication page",
        ],
    ),
    row(
        &["AADSTS700016", "700016"],
        Who::Author,
        "there is no app with that client id in that tenant",
        &[
            "check clientId and tenantId",
            "have the app registered, or consented to, in that tenant",
        ],
    ),
    row(
        &["AADSTS700025", "700025"],
        Who::Author,
        "the app is a public client and a secret or assertion was sent all the same",
        &["clientAuthentication: none"],
    ),
    row(
        &["AADSTS50076", "50076"],
        Who::Owner,
        "multi-factor authentication is required, which nobody is there to do",
        &["sign in again with patkeeper sign-in, passing multi-factor authentication once"],
    ),
    row(
        &["AADSTS50079", "50079"],
        Who::Owner,
        "the account must first register for multi-factor authentication",
        &[
            "sign in to any Microsoft page in a browser with this account and register",
            "then sign in again with patkeeper sign-in",
        ],
    ),
    row(
        &["AADSTS53003", "53003"],
        Who::EntraAdministrator,
        "a Conditional Access policy blocks this sign-in",
        &[
            "run the step on an agent that the policy accepts",
            "have the account, the app or the agents' addresses excluded from the policy",
        ],
    ),
    row(
        &["AADSTS7000222", "7000222"],
        Who::Author,
        "the service principal's client secret has expired",
        &[
            "move the service connection to workload identity federation, which has no secret",
            "or make a new secret and put it into the connection",
        ],
    ),
    row(
        &["AADSTS7000215", "7000215"],
        Who::Author,
        "the client secret is wrong",
        &[
            "give the secret's value, not its id",
            "or move to workload identity federation, which has no secret",
        ],
    ),
    row(
        &["AADSTS700024", "700024"],
        Who::Author,
        "the assertion is used before or after the time it is good for",
        &[
            "check the clock of the agent's machine",
            "run the step again: it gets a fresh assertion",
        ],
    ),
    row(
        &["AADSTS700082", "700082"],
        Who::Owner,
        "the refresh token ran out because it was not used for too long (90 days as a rule)",
        &[
            "sign in again with patkeeper sign-in",
            "schedule the pipeline so that it runs well within 90 days",
        ],
    ),
    row(
        &["AADSTS50173", "50173"],
        Who::Owner,
        "the refresh token was revoked, for instance by a changed password or by an administrator",
        &["sign in again with patkeeper sign-in"],
    ),
    row(
        &["AADSTS50057", "50057"],
        Who::EntraAdministrator,
        "the account is disabled",
        &["have it enabled, or sign in with another one"],
    ),
    row(
        &["AADSTS90002", "90002"],
        Who::Author,
        "there is no such tenant",
        &["check tenantId, and the cloud that the service connection belongs to"],
    ),
];
