//! Answers of Azure DevOps.

use super::{Advice, Origin, Who, row};
use crate::failure::FailureKind;

pub(super) static ROWS: &[Advice] = &[
    row(
        Origin::AzureDevOps,
        &["signInPage", "203"],
        &["azure devops services | sign in"],
        FailureKind::Refused,
        Who::Author,
        "it shows its sign-in page instead of an answer: that is how it treats a token it does not know at all, \
         for instance one that is cut off, made up of something else, or issued for another service",
        &[
            "check that the whole token arrives: a secret variable that is not mapped, or is empty, is the usual cause",
            "ask for the token with resource 499b84ac-1321-427f-aa17-267ca6975798 (Azure DevOps)",
            "check that the organization's name is right and that it is connected to the token's Entra tenant",
        ],
    ),
    row(
        Origin::AzureDevOps,
        &["InvalidAccessException"],
        &[
            "service principals are not allowed to perform this action",
            "the requested operation is not allowed.",
        ],
        FailureKind::Refused,
        Who::Author,
        "it lets only users near the PAT lifecycle API; service principals and managed identities are refused, \
         even for listing",
        &[
            "signIn: refreshToken, a user's sign-in kept in Key Vault: unattended, after patkeeper sign-in was run once \
             (docs/sign-in.md#refresh-token)",
            "signIn: accessToken, a user's token from an earlier step (docs/sign-in.md#access-token)",
            "PatMonitor and PatRevoke: scope: organization, where an administrator's identity may read everyone's PATs; \
             whether an application may is not documented, so it is tried",
            "signIn: azureCli, on an agent of your own where a user has signed in with az login \
             (docs/sign-in.md#azure-cli)",
        ],
    ),
    row(
        Origin::AzureDevOps,
        &["missingScopes"],
        &[],
        FailureKind::Refused,
        Who::Author,
        "managing PATs takes a token with both scopes, vso.pats and vso.pats_manage, even for listing; \
         one alone is refused",
        &[
            "add both permissions to the app registration (Azure DevOps, delegated) and ask for both: \
             '499b84ac-1321-427f-aa17-267ca6975798/vso.pats 499b84ac-1321-427f-aa17-267ca6975798/vso.pats_manage'",
            "have an administrator consent to them where users may not, then sign in again (docs/sign-in.md#register-the-app)",
        ],
    ),
    row(
        Origin::AzureDevOps,
        &["tokenExpired"],
        &[],
        FailureKind::Refused,
        Who::Author,
        "the access token has run out; one lasts about an hour, and a job may wait longer than that",
        &[
            "get the token in a step right before this one",
            "or signIn: refreshToken, which gets a fresh one whenever it is needed (docs/sign-in.md#refresh-token)",
        ],
    ),
    row(
        Origin::AzureDevOps,
        &["wrongAudience"],
        &[],
        FailureKind::Refused,
        Who::Author,
        "the token was issued for another service, not for Azure DevOps",
        &[
            "ask for it with resource 499b84ac-1321-427f-aa17-267ca6975798: \
             az account get-access-token --resource 499b84ac-1321-427f-aa17-267ca6975798",
            "the job's own token (System.AccessToken) will not do: it is no user's",
        ],
    ),
    row(
        Origin::AzureDevOps,
        &["wrongTenant"],
        &[],
        FailureKind::Refused,
        Who::Author,
        "the token was issued in another Entra tenant than the one that the organization is connected to",
        &[
            "sign in to the organization's tenant: tenantId of that tenant, or az login --tenant <its id>",
            "check the organization's name: a tenant has its own organizations",
            "an account of another tenant must be invited as a guest there, and then sign in to that tenant",
        ],
    ),
    row(
        Origin::AzureDevOps,
        &["noTenant"],
        &[],
        FailureKind::Refused,
        Who::OrganizationAdministrator,
        "the organization is connected to no Entra tenant, so no Entra token opens it",
        &["have it connected to one: Organization settings, Microsoft Entra"],
    ),
    row(
        Origin::AzureDevOps,
        &["UnauthorizedRequestException"],
        &["resource not available for anonymous access"],
        FailureKind::Refused,
        Who::Author,
        "no sign-in arrived with the request, or none that it accepts",
        &[
            "check that the token input is mapped to a secret variable with a value",
            "check that the organization accepts Entra tokens: it must be connected to an Entra tenant",
        ],
    ),
    row(
        Origin::AzureDevOps,
        &["TF400813", "InvalidIdentityException"],
        &["the user is not authorized to access this resource"],
        FailureKind::Refused,
        Who::OrganizationAdministrator,
        "it knows the token but not its owner as a member of this organization, or the token lacks a permission",
        &[
            "check the organization's name, and that its Entra tenant (Organization settings, Microsoft Entra) is the token's",
            "have the account added to the organization, and sign in there once in a browser",
            "ask for the token with both vso.pats and vso.pats_manage",
        ],
    ),
    row(
        Origin::AzureDevOps,
        &["TF401444"],
        &["sign-in at least once"],
        FailureKind::Refused,
        Who::OrganizationAdministrator,
        "the account was never added to the organization, or has never signed in to it",
        &[
            "as a user: open the organization once in a browser with this account",
            "as a service principal or managed identity: it can be added under Organization settings, Users, but PATs stay \
             closed to it: sign in as a user, signIn: refreshToken (docs/sign-in.md)",
        ],
    ),
    row(
        Origin::AzureDevOps,
        &["VS403463"],
        &["conditional access policy defined by your"],
        FailureKind::Refused,
        Who::EntraAdministrator,
        "a Conditional Access policy of the tenant does not let this sign-in reach Azure DevOps from here",
        &[
            "run the step on an agent that the policy accepts, such as one with a listed address",
            "have the pipeline's account or the agents' addresses excluded from the policy",
        ],
    ),
    row(
        Origin::AzureDevOps,
        &["TF400733", "429"],
        &["request was blocked due to exceeding usage of resource"],
        FailureKind::Service,
        Who::Service,
        "the account has used up its share of the service's rate limit (200 units in five minutes) and is asked to wait",
        &[
            "run the step again in some minutes",
            "let fewer jobs use this account at the same time",
        ],
    ),
    row(
        Origin::AzureDevOps,
        &["TF400898"],
        &["tf400898: an internal error occurred"],
        FailureKind::Service,
        Who::Service,
        "it says that it failed inside, which is also how it answers a request it cannot read",
        &[
            "run the step again",
            "report it with the activity id if it stays so",
        ],
    ),
    row(
        Origin::AzureDevOps,
        &["patRefused"],
        &[],
        FailureKind::Refused,
        Who::Owner,
        "the PAT is expired, revoked, or lacks the scope for this request; the service gives all three the same empty answer",
        &[
            "look the PAT up in the list of its owner's PATs: patkeeper monitor shows what ended",
            "find the scope it takes with patkeeper scopes",
        ],
    ),
    row(
        Origin::AzureDevOps,
        &["notAuthorized", "401", "403"],
        &[],
        FailureKind::Refused,
        Who::Owner,
        "it refused without saying why: the token is not accepted, is not this organization's, or lacks a permission",
        &[
            "check that the account is a member of the organization, and that the organization's Entra tenant is the token's",
            "ask for the token with both vso.pats and vso.pats_manage",
        ],
    ),
    row(
        Origin::AzureDevOps,
        &["organizationNotFound"],
        &[],
        FailureKind::Service,
        Who::Author,
        "there is no organization of that name, or it does not offer this to the account",
        &[
            "check the organization's name: it is the part after https://dev.azure.com/",
            "Azure DevOps Server has no PAT lifecycle API",
        ],
    ),
    row(
        Origin::AzureDevOps,
        &["SessionTokenNotFoundException"],
        &[],
        FailureKind::Service,
        Who::Owner,
        "the service knows no PAT with that id in this account and organization",
        &["check the authorization id, and that the PAT belongs to the signed-in account"],
    ),
    row(
        Origin::AzureDevOps,
        &["badRequest", "400"],
        &[],
        FailureKind::Service,
        Who::Author,
        "it did not accept the request as it was put",
        &[
            "read the service's words below",
            "report it with the activity id if they do not help",
        ],
    ),
    row(
        Origin::AzureDevOps,
        &["serviceError", "500", "502", "503", "504", "408"],
        &[],
        FailureKind::Service,
        Who::Service,
        "it failed or was out of reach, also when asked again",
        &["run the step again", "look at status.dev.azure.com"],
    ),
    row(
        Origin::AzureDevOps,
        &["notUnderstood"],
        &[],
        FailureKind::Service,
        Who::Service,
        "its answer is not what its documentation says, so nothing is concluded from it",
        &[
            "run the step again",
            "report it with the activity id if it stays so",
        ],
    ),
    row(
        Origin::AzureDevOps,
        &["foreignPage"],
        &[],
        FailureKind::Service,
        Who::Author,
        "a web page came where data was due: something between the agent and the service seems to answer in its place",
        &["look at the agent's proxy: does it let the Azure DevOps hosts through without a page of its own?"],
    ),
    row(
        Origin::AzureDevOps,
        &["endlessList"],
        &[],
        FailureKind::Service,
        Who::Service,
        "the list's pages never end: the service gave the same place to go on from twice, or more pages than anyone has PATs",
        &[
            "run the step again",
            "report it with the activity id if it stays so",
        ],
    ),
    row(
        Origin::AzureDevOps,
        &["serviceConnectionNotReferenced"],
        &["there is no explicit reference to service connection"],
        FailureKind::Refused,
        Who::Author,
        "a job gets assertions only for connections that an input of one of its tasks names, and which those are is \
         settled when the job is queued",
        &[
            "name the connection in this task's azureSubscription input, as it is called: a variable set by an earlier \
             step comes too late",
            "after a change of the YAML, start a new run: a rerun keeps the connections of the old one",
        ],
    ),
    row(
        Origin::AzureDevOps,
        &["TaskOrchestrationPlanSecurityException"],
        &[],
        FailureKind::Service,
        Who::Service,
        "the job's own token was not accepted for its run, as happens for moments at a job's start, and after its end",
        &["run the step again"],
    ),
    row(
        Origin::AzureDevOps,
        &["globalPatsEnd"],
        &[],
        FailureKind::Refused,
        Who::Owner,
        "PATs for all organizations stop working on 2026-12-01, whatever end they show",
        &["make one PAT for each organization that needs one: choose one organization when you create it"],
    ),
];
