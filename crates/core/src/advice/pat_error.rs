//! `patTokenError`: what the PAT lifecycle API refuses inside an HTTP 200.
//!
//! Azure DevOps REST API specification 7.2, `SessionTokenError`, 37 values; an open set.

use std::fmt;

use super::{Advice, Origin, Who, find};
use crate::failure::FailureKind;

macro_rules! pat_token_errors {
    ($($variant:ident $code:literal $kind:ident $who:ident $meaning:literal [$($way:literal),+ $(,)?];)+) => {
        /// Why the PAT lifecycle API refused, as its `patTokenError` says. Never `none`.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum PatTokenError {
            $(#[doc = concat!("`", $code, "`: ", $meaning, ".")] $variant,)+
            /// A value newer than this list, as the service wrote it.
            Other(String),
        }

        impl PatTokenError {
            /// Reads the service's value, whatever its letter case; `None` for `none`.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                let text = text.trim();
                if text.eq_ignore_ascii_case("none") {
                    return None;
                }
                $(if text.eq_ignore_ascii_case($code) { return Some(Self::$variant); })+
                Some(Self::Other(text.to_owned()))
            }

            /// The service's spelling.
            #[must_use]
            pub fn code(&self) -> &str {
                match self {
                    $(Self::$variant => $code,)+
                    Self::Other(text) => text,
                }
            }
        }

        pub(super) static ROWS: &[Advice] = &[$(Advice {
            codes: &[$code],
            phrases: &[],
            origin: Origin::PatLifecycle,
            kind: FailureKind::$kind,
            meaning: $meaning,
            who: Who::$who,
            ways_out: &[$($way),+],
        },)+];
    };
}

impl PatTokenError {
    /// Whether it is a value of the table.
    pub(crate) fn is_known(code: &str) -> bool {
        ROWS.iter().any(|row| row.code().eq_ignore_ascii_case(code))
    }

    /// What it means; `None` for a value newer than the table.
    #[must_use]
    pub fn advice(&self) -> Option<&'static Advice> {
        find(self.code())
    }

    /// Whether it says that there is no such PAT.
    #[must_use]
    pub fn is_gone(&self) -> bool {
        matches!(
            self,
            Self::TokenNotFound | Self::AuthorizationNotFound | Self::HostAuthorizationNotFound
        )
    }
}

impl fmt::Display for PatTokenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

pat_token_errors! {
    DisplayNameRequired "displayNameRequired" Refused Author
        "the PAT has no name" ["give it a name"];
    InvalidDisplayName "invalidDisplayName" Refused Author
        "the PAT's name is too long or holds characters that are not allowed"
        ["use letters, digits, blanks, '.', '_' and '-'"];
    InvalidValidTo "invalidValidTo" Refused Author
        "the end asked for lies in the past or more than a year ahead"
        ["ask for an end from 1 to 365 days ahead (validDays of PatRotate@1)"];
    InvalidScope "invalidScope" Refused Author
        "at least one scope does not exist or cannot be given to a PAT"
        ["find the right one with patkeeper scopes", "scopes are separated by single spaces"];
    UserIdRequired "userIdRequired" Refused Owner
        "the token names no user"
        ["sign in as a user: signIn: refreshToken, or accessToken with a user's token (docs/sign-in.md)"];
    InvalidUserId "invalidUserId" Refused Owner
        "the service does not know the token's user" ["open the organization once in a browser with this account"];
    InvalidUserType "invalidUserType" Refused Author
        "this kind of identity cannot have PATs; only users can"
        ["sign in as a user: signIn: refreshToken, or accessToken with a user's token (docs/sign-in.md)"];
    AccessDenied "accessDenied" Refused OrganizationAdministrator
        "the account may not do this here; where PAT creation is restricted this is also how it may be said"
        ["ask for the token with both vso.pats and vso.pats_manage",
         "have the account added to the allowlist of 'Restrict personal access token creation'"];
    FailedToIssueAccessToken "failedToIssueAccessToken" Service Service
        "the service could not make the PAT" ["run the step again", "report it with the activity id if it stays so"];
    InvalidClient "invalidClient" Refused Author
        "the app that signed in is not accepted" ["use an app registration of the organization's own tenant"];
    InvalidClientType "invalidClientType" Refused Author
        "the kind of app that signed in is not accepted" ["use an app registration of the organization's own tenant"];
    InvalidClientId "invalidClientId" Refused Author
        "the app that signed in is not known" ["check clientId and the tenant it is registered in"];
    InvalidTargetAccounts "invalidTargetAccounts" Refused Author
        "the PAT cannot be valid in the organizations asked for"
        ["make it for the one organization it is used in; the account must be a member there"];
    HostAuthorizationNotFound "hostAuthorizationNotFound" Service Owner
        "the service finds no such permission in this organization" ["check the authorization id and the organization"];
    AuthorizationNotFound "authorizationNotFound" Service Owner
        "the service knows no PAT with that id" ["check the authorization id; it may be revoked already"];
    FailedToUpdateAccessToken "failedToUpdateAccessToken" Service Service
        "the service could not change the PAT" ["run the step again", "report it with the activity id if it stays so"];
    SourceNotSupported "sourceNotSupported" Refused Owner
        "PATs cannot be managed from where this request came" ["run the step on an agent in the accepted network"];
    InvalidSourceIp "invalidSourceIP" Refused Owner
        "the agent's address is not one the request may come from" ["run the step on an agent in the accepted network"];
    InvalidSource "invalidSource" Refused Owner
        "the request came from where PATs cannot be managed" ["run the step on an agent in the accepted network"];
    DuplicateHash "duplicateHash" Service Service
        "the service made a value that exists already" ["run the step again"];
    SshPolicyDisabled "sshPolicyDisabled" Refused OrganizationAdministrator
        "SSH sign-in is switched off in the organization" ["have it switched on, or use a PAT over https"];
    InvalidToken "invalidToken" Refused Owner
        "the PAT is not one the service knows" ["check the authorization id; it may be revoked already"];
    TokenNotFound "tokenNotFound" Service Owner
        "the service knows no PAT with that id" ["check the authorization id; it may be revoked already"];
    InvalidAuthorizationId "invalidAuthorizationId" Refused Author
        "the id is not an authorization id" ["copy it from the report or from patkeeper monitor: it is a GUID"];
    FailedToReadTenantPolicy "failedToReadTenantPolicy" Service Service
        "the service could not read the tenant's PAT policies, and so allows nothing"
        ["run the step again", "check that the organization is connected to an Entra tenant"];
    GlobalPatPolicyViolation "globalPatPolicyViolation" Refused TenantAdministrator
        "the tenant's policy forbids PATs for all organizations"
        ["make one PAT for each organization that needs one"];
    FullScopePatPolicyViolation "fullScopePatPolicyViolation" Refused TenantAdministrator
        "the tenant's policy forbids PATs with full access"
        ["name the scopes it needs: patkeeper scopes", "or have the account put on the policy's allowlist"];
    PatLifespanPolicyViolation "patLifespanPolicyViolation" Refused TenantAdministrator
        "the end asked for is later than the tenant's policy allows; extending counts from the day the PAT was made"
        ["ask for no more days than the tenant allows (validDays of PatRotate@1)",
         "make a new PAT instead of extending one (mode: replace): its days count from today (docs/rotation.md)"];
    InvalidTokenType "invalidTokenType" Refused Author
        "this kind of token cannot do that"
        ["sign in as a user: signIn: refreshToken, or accessToken with a user's token (docs/sign-in.md)"];
    InvalidAudience "invalidAudience" Refused Author
        "the token was issued for another service"
        ["ask for it with resource 499b84ac-1321-427f-aa17-267ca6975798"];
    InvalidSubject "invalidSubject" Refused Author
        "the token's subject is not accepted here" ["sign in as a user who is a member of the organization"];
    DeploymentHostNotSupported "deploymentHostNotSupported" Refused Author
        "this host does not offer it" ["use an organization on dev.azure.com"];
    DisablePatCreationPolicyViolation "disablePatCreationPolicyViolation" Refused OrganizationAdministrator
        "the organization restricts PAT creation ('Restrict personal access token creation'), which also covers renewing"
        ["have the account put on that policy's allowlist",
         "where packaging scopes are allowed, use only those",
         "where the consumer is itself a pipeline, do without a PAT: a service connection or managed identity"];
    FailedToReadOrgPolicy "failedToReadOrgPolicy" Service Service
        "the service could not read the organization's PAT policies, and so allows nothing" ["run the step again"];
    GlobalPatCreationBlocked "globalPATCreationBlocked" Refused Author
        "the service no longer makes PATs for all organizations; those that exist end on 2026-12-01"
        ["make one PAT for each organization that needs one"];
    ExpiredPatCannotBeExtended "expiredPatCannotBeExtended" Refused Author
        "the PAT has ended, and an ended one cannot be given a later end"
        ["make a new one in its place: PatRotate@1, mode: replace (docs/rotation.md)"];
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn all_36_errors_of_the_specification_are_known() {
        // 37 values of SessionTokenError, without `none`.
        assert_eq!(ROWS.len(), 36);
        for row in ROWS {
            let parsed = PatTokenError::parse(row.code()).unwrap();
            assert!(!matches!(parsed, PatTokenError::Other(_)), "{}", row.code());
            assert_eq!(parsed.code(), row.code());
        }
    }

    #[test]
    fn none_is_no_error_and_an_unknown_value_survives() {
        assert_eq!(PatTokenError::parse("none"), None);
        assert_eq!(PatTokenError::parse("None"), None);
        let unknown = PatTokenError::parse("moonPhasePolicyViolation").unwrap();
        assert_eq!(
            unknown,
            PatTokenError::Other("moonPhasePolicyViolation".to_owned())
        );
        assert!(unknown.advice().is_none());
        assert!(
            matches!(PatTokenError::parse(""), Some(PatTokenError::Other(_))),
            "empty is not 'none'"
        );
    }

    #[test]
    fn odd_letter_case_of_the_service_is_understood() {
        assert_eq!(
            PatTokenError::parse("globalPATCreationBlocked"),
            PatTokenError::parse("GlobalPatCreationBlocked")
        );
    }

    proptest! {
        #[test]
        fn whatever_comes_keeps_its_text(text in "[a-zA-Z]{1,30}") {
            match PatTokenError::parse(&text) {
                None => prop_assert!(text.eq_ignore_ascii_case("none")),
                Some(error) => prop_assert!(error.code().eq_ignore_ascii_case(&text)),
            }
        }
    }
}
