//! Which Entra tenant an organization is connected to.
//!
//! `GET /_apis/connectiondata` without credentials answers 401 and
//! `WWW-Authenticate: Bearer authorization_uri=https://login.microsoftonline.com/{tenant}` (azure-pipelines-agent finds
//! the tenant in this way); an organization without a tenant tells the empty GUID. Some answers tell it in
//! `X-VSS-ResourceTenant` alone (Git Credential Manager reads it there).

use patkeeper_http::{Response, TokenFacts};
use uuid::Uuid;

use crate::error::Reason;

/// The tenant that an answer names; the empty GUID stands for none.
pub(crate) fn named_in(answer: &Response) -> Option<Uuid> {
    answer
        .header_values("www-authenticate")
        .find_map(challenged)
        .or_else(|| answer.header("x-vss-resourcetenant")?.trim().parse().ok())
}

/// The tenant in one `WWW-Authenticate`, which may hold several challenges.
fn challenged(value: &str) -> Option<Uuid> {
    let (_, address) = value.split_once("authorization_uri=")?;
    let address = address.trim_start_matches('"').split(['"', ',', ' ']).next()?;
    let (_, path) = address.split_once("://")?.1.split_once('/')?;
    path.split('/').next()?.parse().ok()
}

/// What the organization's tenant says about a refused token: it is another one than the token's, or there is none.
pub(crate) fn blame(organization: Uuid, facts: &TokenFacts) -> Option<Reason> {
    let of_token: Uuid = facts.tenant.as_deref()?.parse().ok()?;
    if organization.is_nil() {
        Some(Reason::NoTenant)
    } else if organization != of_token {
        Some(Reason::WrongTenant {
            token: of_token.to_string(),
            organization: organization.to_string(),
        })
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ACME: &str = "3c1f7d2a-0000-4000-8000-00000000ac3e";

    fn named(headers: &[(&str, &str)]) -> Option<String> {
        let answer = Response::from_parts("dev.azure.com/acme", 401, headers.iter().copied(), "");
        named_in(&answer).map(|tenant| tenant.to_string())
    }

    #[test]
    fn the_tenant_is_read_from_whichever_challenge_names_it() {
        let bearer = format!("Bearer authorization_uri=https://login.microsoftonline.com/{ACME}");
        let all = format!("{bearer}, Basic realm=\"https://acme\", TFS-Federated");
        let quoted = format!("Bearer authorization_uri=\"https://login.microsoftonline.com/{ACME}/\"");
        for value in [&bearer, &all, &quoted] {
            let headers = [("www-authenticate", "Basic realm=x"), ("www-authenticate", value)];
            assert_eq!(named(&headers).as_deref(), Some(ACME), "{value}");
        }
        assert_eq!(named(&[("x-vss-resourcetenant", ACME)]).as_deref(), Some(ACME));
        for header in [
            "Bearer",
            "Bearer authorization_uri=x",
            "Bearer authorization_uri=https://a/common",
        ] {
            assert_eq!(named(&[("www-authenticate", header)]), None, "{header}");
        }
    }

    #[test]
    fn only_another_tenant_is_blamed_whatever_the_letter_case() {
        let facts = |tenant: &str| TokenFacts {
            tenant: Some(tenant.into()),
            ..TokenFacts::default()
        };
        let acme = ACME.parse().unwrap();
        assert!(blame(acme, &facts(&ACME.to_uppercase())).is_none());
        assert!(blame(acme, &TokenFacts::default()).is_none());
        assert!(blame(acme, &facts("acme.example")).is_none());
        let other = "11111111-1111-4111-8111-111111111111";
        assert!(matches!(
            blame(acme, &facts(other)),
            Some(Reason::WrongTenant { .. })
        ));
        assert!(matches!(
            blame(Uuid::nil(), &facts(other)),
            Some(Reason::NoTenant)
        ));
    }

    proptest! {
        #[test]
        fn no_challenge_panics(value in "[ -~]{0,60}", address in "[ -~]{0,40}") {
            let _ = named(&[("www-authenticate", value.as_str())]);
            let _ = named(&[("www-authenticate", &format!("Bearer authorization_uri={address}"))]);
        }
    }
}
