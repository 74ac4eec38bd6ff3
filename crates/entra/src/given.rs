//! A token that an earlier step got: `signIn: accessToken`.

use std::fmt;

use patkeeper_core::failure::{Failure, FailureKind};
use patkeeper_http::{AZURE_DEVOPS, BoxFuture, TokenFacts, TokenSource};
use secrecy::{ExposeSecret, SecretString};

/// A token as it was given. It is used as long as the service takes it; nobody here can renew it.
#[derive(Clone)]
pub struct GivenToken {
    token: SecretString,
    facts: TokenFacts,
}

impl GivenToken {
    /// Takes the text of an input; blanks and line breaks around it are dropped. `input` is what the input is
    /// called by whoever gave it, such as `accessToken` or `--access-token`.
    ///
    /// # Errors
    /// Text that cannot be an access token: empty, several words or lines, or a PAT. The message names the input
    /// and never quotes its value.
    pub fn new(text: &SecretString, input: &str) -> Result<Self, Failure> {
        let token = text.expose_secret().trim();
        if let Some(why) = no_token(token) {
            return Err(bad(input, why));
        }
        if is_pat(token) {
            return Err(bad(input, "it is a PAT, not an access token")
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
    fn token(&self) -> BoxFuture<'_, Result<SecretString, Failure>> {
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

/// Why a text can be no access token. RFC 6750 names what `Authorization: Bearer` can carry (b64token).
fn no_token(text: &str) -> Option<&'static str> {
    if text.is_empty() {
        return Some("it is empty");
    }
    let odd = text
        .chars()
        .find(|c| !c.is_ascii_alphanumeric() && !"-._~+/=".contains(*c))?;
    let scheme = text.split(char::is_whitespace).next().unwrap_or_default();
    Some(match odd {
        // Not dropped: what is masked in the log is the whole text of the input, not its second word.
        c if c.is_whitespace() && scheme.eq_ignore_ascii_case("bearer") => {
            "it starts with the word Bearer; give the token alone"
        }
        '\n' | '\r' => "it has more than one line",
        c if c.is_whitespace() => "it has blanks in it",
        '{' | '"' => "it looks like JSON; only the value of accessToken in it is the token",
        _ => "it has characters that no access token has",
    })
}

fn bad(input: &str, why: &str) -> Failure {
    Failure::new(
        FailureKind::Input,
        format!("{input}: this is no access token: {why} (its value is not shown, because it is a secret)."),
    )
    .with_code("badInput")
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
        GivenToken::new(&SecretString::from(text.to_owned()), "--access-token").map_err(Box::new)
    }

    #[tokio::test]
    async fn blanks_and_line_breaks_around_it_are_dropped() {
        for text in ["abc.def", "  abc.def\n", "\tabc.def\r\n"] {
            assert_eq!(
                given(text).unwrap().token().await.unwrap().expose_secret(),
                "abc.def",
                "{text:?}"
            );
        }
    }

    #[test]
    fn what_no_header_can_carry_is_bad_input_told_by_the_inputs_name_and_not_quoted() {
        for (text, why) in [
            ("", "empty"),
            ("  ", "empty"),
            ("Bearer abc.def", "the word Bearer"),
            ("bearer\tabc", "the word Bearer"),
            ("abc\ndef: 1", "more than one line"),
            ("abc def", "blanks"),
            ("{\"accessToken\":\"abc\"}", "JSON"),
            ("abc\u{e9}", "characters"),
            ("abc\0d", "characters"),
        ] {
            let failure = given(text).unwrap_err();
            assert_eq!(failure.kind, FailureKind::Input, "{text:?}");
            assert_eq!(failure.code.as_deref(), Some("badInput"));
            assert!(failure.what.starts_with("--access-token: "), "{}", failure.what);
            assert!(failure.what.contains(why), "{}", failure.what);
            assert!(!format!("{failure:?}").contains("abc"), "{failure:?}");
        }
        assert!(
            given("bearer.abc").is_ok(),
            "a token may begin with these letters itself"
        );
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
