//! A token that an earlier step got: `signIn: accessToken`.

use std::fmt;
use std::future::Future;
use std::pin::Pin;

use patkeeper_core::failure::{Failure, FailureKind};
use patkeeper_http::{AZURE_DEVOPS, TokenFacts, TokenSource};
use secrecy::{ExposeSecret, SecretString};

/// A token as it was given. It is used as long as the service takes it; nobody here can renew it.
#[derive(Clone)]
pub struct GivenToken {
    token: SecretString,
    facts: TokenFacts,
}

impl GivenToken {
    /// Takes the text of an input. Blanks and line breaks around it are dropped, and a leading `Bearer `.
    ///
    /// # Errors
    /// Text that cannot be an access token: empty, several words or lines, or a PAT. The message never quotes it.
    pub fn new(text: &SecretString) -> Result<Self, Failure> {
        let text = text.expose_secret().trim();
        let token = match text.get(..6) {
            Some(scheme) if scheme.eq_ignore_ascii_case("bearer") => {
                let rest = text.split_at(6).1;
                // A token may begin with these letters itself.
                if rest.is_empty() || rest.starts_with(char::is_whitespace) {
                    rest.trim()
                } else {
                    text
                }
            }
            _ => text,
        };
        if token.is_empty() {
            return Err(bad("it is empty"));
        }
        // RFC 6750, b64token: what `Authorization: Bearer` can carry. Everything else cannot be a token.
        if let Some(odd) = token
            .chars()
            .find(|c| !c.is_ascii_alphanumeric() && !"-._~+/=".contains(*c))
        {
            let why = match odd {
                '\n' | '\r' => "it has more than one line",
                c if c.is_whitespace() => "it has blanks in it",
                '{' | '"' => "it looks like JSON; only the value of accessToken in it is the token",
                _ => "it has characters that no access token has",
            };
            return Err(bad(why));
        }
        if is_pat(token) {
            return Err(bad("it is a PAT, not an access token")
                .with_why(
                    "Azure DevOps does not let a PAT read or change PATs; only a user's Entra token may",
                )
                .with_code("patAsToken"));
        }
        Ok(Self {
            token: SecretString::from(token.to_owned()),
            facts: TokenFacts::read(token),
        })
    }

    /// What the token says of itself.
    #[must_use]
    pub fn facts(&self) -> &TokenFacts {
        &self.facts
    }
}

impl TokenSource for GivenToken {
    fn token(&self) -> Pin<Box<dyn Future<Output = Result<SecretString, Failure>> + Send + '_>> {
        Box::pin(std::future::ready(Ok(self.token.clone())))
    }

    fn how(&self) -> &'static str {
        "access token"
    }
}

impl fmt::Debug for GivenToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GivenToken")
            .field("facts", &self.facts)
            .finish_non_exhaustive()
    }
}

fn bad(why: &str) -> Failure {
    Failure::new(
        FailureKind::Input,
        format!("The input accessToken is no access token: {why}"),
    )
    .with_code("accessToken")
    .with_way_out(format!(
        "get one in the step before: az account get-access-token --resource {AZURE_DEVOPS} \
             --query accessToken --output tsv"
    ))
    .with_way_out("hand it over in a secret variable")
}

/// Whether a text has the shape of a PAT: 84 characters with the signature `AZDO` before the last four, or the
/// older 52 lower-case base32-like ones ("Use personal access tokens", Azure DevOps documentation).
/// An access token is a JWT, far longer and with dots.
fn is_pat(text: &str) -> bool {
    let letters = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    match text.len() {
        84 => text.get(76..80) == Some("AZDO") && letters(text),
        52 => text
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || (b'2'..=b'7').contains(&byte)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn given(text: &str) -> Result<GivenToken, Box<Failure>> {
        GivenToken::new(&SecretString::from(text.to_owned())).map_err(Box::new)
    }

    #[tokio::test]
    async fn blanks_line_breaks_and_the_scheme_are_dropped() {
        for text in ["abc.def", "  abc.def\n", "Bearer abc.def\r\n", "bearer  abc.def"] {
            assert_eq!(
                given(text).unwrap().token().await.unwrap().expose_secret(),
                "abc.def",
                "{text:?}"
            );
        }
    }

    #[test]
    fn what_no_header_can_carry_is_bad_input_and_not_quoted() {
        for text in [
            "",
            "  ",
            "Bearer ",
            "abc\ndef",
            "abc def",
            "{\"accessToken\":\"abc\"}",
            "abc\u{e9}",
            "a\0b",
        ] {
            let failure = given(text).unwrap_err();
            assert_eq!(failure.kind, FailureKind::Input, "{text:?}");
            assert!(!format!("{failure:?}").contains("abc"), "{failure:?}");
        }
    }

    #[test]
    fn a_pat_in_place_of_a_token_gets_its_own_message() {
        let new = format!("{}AZDO{}", "a".repeat(76), "b".repeat(4));
        let old = "a2".repeat(26);
        for pat in [new, old] {
            let failure = given(&pat).unwrap_err();
            assert_eq!(failure.code.as_deref(), Some("patAsToken"));
            assert!(!format!("{failure:?}").contains(&pat));
        }
        assert!(
            given(&"a".repeat(84)).is_ok(),
            "84 characters without the signature are no PAT"
        );
    }

    #[test]
    fn debug_shows_no_token() {
        assert!(!format!("{:?}", given("T0PS3CRET").unwrap()).contains("T0PS3CRET"));
    }

    proptest! {
        #[test]
        fn any_text_is_taken_or_refused_without_being_quoted(text in "\\PC{12,120}") {
            match given(&text) {
                Ok(token) => prop_assert!(token.token.expose_secret().bytes().all(|byte| byte.is_ascii_graphic())),
                Err(failure) => {
                    let shown = format!("{failure:?}");
                    prop_assert!(!shown.contains(text.trim()), "{}", shown);
                }
            }
        }
    }
}
