//! Telling an answer from a sign-in page, a refusal or trouble, before its JSON is believed.

use patkeeper_core::advice::{self, Advice};
use patkeeper_core::reading::IdentityKind;
use patkeeper_http::{Response, TokenFacts};
use serde_json::Value;

use crate::error::{Reason, Words};

/// Longest quotation of the service, in characters.
const LONGEST_QUOTE: usize = 500;
/// How much of a page is looked at, in bytes.
const LONGEST_LOOK: usize = 64 * 1024;

/// What was asked, as far as the meaning of an answer depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum About {
    /// The organization as a whole.
    Organization,
    /// One PAT: a 404 may mean that it is gone.
    OnePat,
}

/// Why an answer is none; `None`: it is a 2xx that may be decoded.
pub(crate) fn fault(answer: &Response, about: About, facts: &TokenFacts) -> Option<(Reason, Words)> {
    let said = Said::of(answer);
    let by_words = || said.reason(facts);
    let reason = match answer.status {
        // 203 is how Azure DevOps shows its sign-in page; nothing that we ask for is ever answered with it.
        203 | 300..=399 => Reason::SignInPage,
        200..=299 if is_page(answer) && is_sign_in(answer) => Reason::SignInPage,
        200..=299 if is_page(answer) => Reason::ForeignPage,
        200..=299 if said.is_error => {
            by_words().unwrap_or(Reason::NotUnderstood("it is an error, sent as a success"))
        }
        200..=299 => return None,
        429 => Reason::RateLimited,
        401 | 403 => by_words().unwrap_or_else(|| refused(answer, facts)),
        404 => by_words().unwrap_or_else(|| not_found(answer, about)),
        408 | 500.. => by_words().unwrap_or(Reason::ServiceError),
        _ => by_words().unwrap_or(Reason::BadRequest),
    };
    Some((reason, said.words))
}

/// What an answer says of itself, for support.
pub(crate) fn words(answer: &Response) -> Words {
    Said::of(answer).words
}

/// What an answer says in words.
struct Said {
    words: Words,
    /// Whether the body is an error object.
    is_error: bool,
}

impl Said {
    fn of(answer: &Response) -> Self {
        // Error bodies come with and without a content type, so what parses counts.
        let body: Option<Value> = if is_page(answer) {
            None
        } else {
            serde_json::from_slice(answer.body()).ok()
        };
        let text = |name: &str| {
            let value = body.as_ref()?.get(name)?.as_str()?.trim();
            (!value.is_empty()).then(|| bounded(value))
        };
        let header = |name: &str| {
            answer
                .header(name)
                .map(str::trim)
                .filter(|value| !value.is_empty())
        };
        let type_key = text("typeKey");
        let message =
            text("message").or_else(|| header("x-tfs-serviceerror").map(|value| bounded(&unescape(value))));
        let activity = ["x-vss-e2eid", "activityid", "x-tfs-session"]
            .into_iter()
            .find_map(header)
            .map(bounded);
        let is_error = type_key.is_some()
            || (text("message").is_some()
                && body.as_ref().is_some_and(|body| body.get("errorCode").is_some()));
        let status = (answer.status != 200).then_some(answer.status);
        Self {
            words: Words {
                message,
                type_key,
                activity,
                status,
            },
            is_error,
        }
    }

    /// The reason that the words themselves give, as the table of advice knows them.
    fn reason(&self, facts: &TokenFacts) -> Option<Reason> {
        let by_message = self.words.message.as_deref().and_then(advice::recognize);
        let by_type = self.words.type_key.as_deref().and_then(advice::find);
        by_message
            .and_then(|row| named(row, facts))
            .or_else(|| named(by_type?, facts))
    }
}

/// The reason of a row of the table, where an answer as a whole can have it.
fn named(row: &Advice, facts: &TokenFacts) -> Option<Reason> {
    Some(match row.code() {
        "InvalidAccessException" => Reason::AppOnly,
        "TF400813" => blame_token(facts).unwrap_or(Reason::NotAuthorized),
        "UnauthorizedRequestException" => blame_token(facts).unwrap_or(Reason::Anonymous),
        "TF401444" => Reason::NeverSignedIn,
        "VS403463" => Reason::ConditionalAccess,
        "TF400733" => Reason::RateLimited,
        "TF400898" => Reason::InternalError,
        "SessionTokenNotFoundException" => Reason::NotFound,
        _ => return None,
    })
}

/// A refusal without words.
fn refused(answer: &Response, facts: &TokenFacts) -> Reason {
    if facts.kind == Some(IdentityKind::App) {
        return Reason::AppOnly;
    }
    let expired = answer
        .header("date")
        .and_then(|date| chrono::DateTime::parse_from_rfc2822(date).ok())
        .is_some_and(|date| facts.has_expired(date.to_utc()));
    if expired {
        return Reason::TokenExpired;
    }
    blame_token(facts).unwrap_or(Reason::Refused)
}

/// What the refused token itself gives as a likely cause. It is looked at after a refusal only.
fn blame_token(facts: &TokenFacts) -> Option<Reason> {
    if facts.is_for_azure_devops() == Some(false) {
        return Some(Reason::WrongAudience);
    }
    if facts.kind == Some(IdentityKind::App) {
        return Some(Reason::AppOnly);
    }
    let missing = facts.missing_pat_scopes();
    (!missing.is_empty()).then_some(Reason::MissingScopes(missing))
}

/// A 404 with a page, or for what every organization has, is about the organization.
fn not_found(answer: &Response, about: About) -> Reason {
    if about == About::OnePat && !is_page(answer) {
        Reason::NotFound
    } else {
        Reason::OrganizationNotFound
    }
}

fn is_page(answer: &Response) -> bool {
    answer.content_type.contains("html")
}

/// Whether a page is about signing in. Azure DevOps's own is titled `Azure DevOps Services | Sign In`; the body
/// of a page is not searched for such words, because JSON under a wrong content type may hold any PAT's name.
fn is_sign_in(answer: &Response) -> bool {
    let start = answer.body().get(..LONGEST_LOOK).unwrap_or(answer.body());
    let page = String::from_utf8_lossy(start).to_ascii_lowercase();
    let title = page
        .split_once("<title")
        .and_then(|(_, rest)| rest.split_once("</title"));
    let title = title.map_or("", |(title, _)| title);
    page.trim_start().starts_with('<')
        && (["sign in", "signin", "sign-in", "log in", "login"]
            .iter()
            .any(|word| title.contains(word))
            || page.contains("_signin")
            || page.contains("login.microsoftonline.com"))
}

/// At most [`LONGEST_QUOTE`] characters.
pub(crate) fn bounded(text: &str) -> String {
    let mut quote: String = text.chars().take(LONGEST_QUOTE).collect();
    if quote.len() < text.len() {
        quote.push('…');
    }
    quote
}

/// `X-TFS-ServiceError` is URL-encoded. What is no valid escape stays as it is.
fn unescape(text: &str) -> String {
    let hex = |byte: Option<&u8>| byte.and_then(|byte| char::from(*byte).to_digit(16));
    let bytes = text.as_bytes();
    let mut plain = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        match (byte, hex(after.first()), hex(after.get(1))) {
            (b'%', Some(high), Some(low)) => {
                plain.push(u8::try_from(high * 16 + low).unwrap_or(b'?'));
                rest = after.get(2..).unwrap_or_default();
            }
            (b'+', _, _) => plain.push(b' '),
            _ => plain.push(byte),
        }
    }
    String::from_utf8_lossy(&plain).into_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn user() -> TokenFacts {
        TokenFacts {
            kind: Some(IdentityKind::User),
            scopes: vec!["vso.pats".into(), "vso.pats_manage".into()],
            ..TokenFacts::default()
        }
    }

    fn app() -> TokenFacts {
        TokenFacts {
            kind: Some(IdentityKind::App),
            ..TokenFacts::default()
        }
    }

    fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> Response {
        Response::from_parts("vssps.dev.azure.com/acme", status, headers.iter().copied(), body)
    }

    fn json_answer(status: u16, body: &str) -> Response {
        answer(
            status,
            &[("content-type", "application/json; charset=utf-8")],
            body,
        )
    }

    fn error(message: &str, type_key: &str) -> String {
        serde_json::json!({ "$id": "1", "message": message, "typeKey": type_key, "errorCode": 0, "eventId": 3000 })
            .to_string()
    }

    fn reason(answer: &Response, facts: &TokenFacts) -> String {
        fault(answer, About::Organization, facts)
            .map_or("none".to_owned(), |(reason, _)| format!("{reason:?}"))
    }

    const SIGN_IN: &str = "<html><head><title>Azure DevOps Services | Sign In</title></head></html>";

    #[test]
    fn a_sign_in_page_is_recognized_with_every_status_it_comes_with() {
        let html = [("content-type", "text/html; charset=utf-8")];
        for page in [
            answer(203, &html, SIGN_IN),
            answer(200, &html, SIGN_IN),
            answer(203, &[], ""),
            answer(302, &html, "<h1>Object moved</h1>"),
        ] {
            assert_eq!(reason(&page, &user()), "SignInPage", "{page:?}");
        }
        assert_eq!(
            reason(&answer(200, &html, "<h1>Blocked by your company</h1>"), &user()),
            "ForeignPage"
        );
        let json = "{\"patTokens\":[{\"displayName\":\"login-bot _signin\"}]}";
        assert_eq!(reason(&answer(200, &html, json), &user()), "ForeignPage");
    }

    #[test]
    fn json_that_says_200_is_looked_at_further() {
        assert_eq!(reason(&json_answer(200, "{\"patTokens\":[]}"), &user()), "none");
        // A PAT may be called anything; its name is no message.
        assert_eq!(
            reason(
                &json_answer(200, "{\"patToken\":{\"displayName\":\"TF400813\"}}"),
                &user()
            ),
            "none"
        );
    }

    #[test]
    fn an_app_is_refused_by_name_whatever_the_status() {
        for message in [
            "Service principals are not allowed to perform this action.",
            "The requested operation is not allowed.",
        ] {
            for status in [200, 400, 401, 403, 500] {
                let answer = json_answer(status, &error(message, "InvalidAccessException"));
                assert_eq!(reason(&answer, &app()), "AppOnly", "{status} {message}");
            }
        }
        assert_eq!(reason(&answer(401, &[], ""), &app()), "AppOnly");
    }

    #[test]
    fn a_refusal_behind_a_bom_is_read() {
        let body = format!(
            "\u{feff}{}",
            error(
                "TF400813: The user is not authorized to access this resource.",
                "InvalidIdentityException"
            )
        );
        assert_eq!(reason(&json_answer(401, &body), &user()), "NotAuthorized");
        assert_eq!(
            reason(&answer(401, &[], &body), &user()),
            "NotAuthorized",
            "without a content type"
        );
    }

    #[test]
    fn a_refusal_in_a_header_alone_is_read() {
        let header = [(
            "x-tfs-serviceerror",
            "TF401444%3A+Sign-in+at+least+once+as+acme%5Cbuild",
        )];
        let (reason, words) = fault(&answer(401, &header, ""), About::Organization, &user()).unwrap();
        assert!(matches!(reason, Reason::NeverSignedIn));
        assert_eq!(
            words.message.as_deref(),
            Some("TF401444: Sign-in at least once as acme\\build")
        );
    }

    #[test]
    fn a_user_token_that_lacks_a_scope_is_told_which() {
        let facts = TokenFacts {
            scopes: vec!["vso.pats".into()],
            ..user()
        };
        assert_eq!(
            reason(&answer(401, &[], ""), &facts),
            "MissingScopes([\"vso.pats_manage\"])"
        );
        let broad = TokenFacts {
            scopes: vec!["user_impersonation".into()],
            ..user()
        };
        assert_eq!(reason(&answer(401, &[], ""), &broad), "Refused");
    }

    #[test]
    fn a_token_for_another_service_is_told_so() {
        let facts = TokenFacts {
            audience: Some("https://management.azure.com".into()),
            ..user()
        };
        let said = error(
            "TF400813: The user is not authorized to access this resource.",
            "InvalidIdentityException",
        );
        assert_eq!(reason(&json_answer(401, &said), &facts), "WrongAudience");
    }

    #[test]
    fn a_token_is_expired_by_the_services_clock_not_ours() {
        let facts = TokenFacts {
            expires: "2026-11-21T10:00:00Z".parse().ok(),
            ..user()
        };
        let at = |date: &str| reason(&answer(401, &[("date", date)], ""), &facts);
        assert_eq!(at("Sat, 21 Nov 2026 10:30:00 GMT"), "TokenExpired");
        assert_eq!(at("Sat, 21 Nov 2026 10:01:00 GMT"), "Refused");
        assert_eq!(at("yesterday"), "Refused");
    }

    #[test]
    fn every_other_published_refusal_has_its_own_name() {
        for (status, message, type_key, expected) in [
            (
                401,
                "TF400813: Resource not available for anonymous access. Client authentication required.",
                "UnauthorizedRequestException",
                "Anonymous",
            ),
            (
                403,
                "VS403463: The conditional access policy defined by your Microsoft Entra administrator has failed.",
                "X",
                "ConditionalAccess",
            ),
            (429, "TF400733: The request has been canceled", "X", "RateLimited"),
            (
                400,
                "TF400898: An Internal Error Occurred. Activity Id: 1",
                "JsonReaderException",
                "InternalError",
            ),
            (404, "", "SessionTokenNotFoundException", "NotFound"),
            (400, "The value is not valid.", "ArgumentException", "BadRequest"),
            (404, "invalidToken", "SessionTokenNotFoundException", "NotFound"),
            (503, "", "", "ServiceError"),
            (401, "something new", "BrandNewException", "Refused"),
        ] {
            assert_eq!(
                reason(&json_answer(status, &error(message, type_key)), &user()),
                expected,
                "{message}"
            );
        }
    }

    #[test]
    fn a_404_is_about_the_pat_only_where_one_was_asked_for() {
        let json = json_answer(404, "{}");
        let page = answer(404, &[("content-type", "text/html")], "<h1>404</h1>");
        let told = |answer, about| format!("{:?}", fault(answer, about, &user()).unwrap().0);
        assert_eq!(told(&json, About::OnePat), "NotFound");
        assert_eq!(told(&json, About::Organization), "OrganizationNotFound");
        assert_eq!(told(&page, About::OnePat), "OrganizationNotFound");
    }

    #[test]
    fn an_error_that_comes_as_a_success_is_no_success() {
        let answer = json_answer(200, &error("Something else", "BrandNewException"));
        assert!(reason(&answer, &user()).starts_with("NotUnderstood"));
    }

    proptest! {
        #[test]
        fn no_answer_panics_and_quotes_are_bounded(
            status in 100u16..1000, kind in "(text/html|application/json|)", header in "[ -~]{0,80}", body in "\\PC{0,300}"
        ) {
            let answer = answer(status, &[("content-type", kind.as_str()), ("x-tfs-serviceerror", &header), ("activityid", &header)], &body);
            if let Some((_, words)) = fault(&answer, About::OnePat, &user()) {
                prop_assert!(words.message.unwrap_or_default().chars().count() <= LONGEST_QUOTE + 1);
            } else {
                prop_assert!((200..300).contains(&status) && status != 203);
            }
        }

        #[test]
        fn long_messages_are_cut(message in "\\PC{600,700}") {
            let answer = json_answer(400, &error(&message, "X"));
            let words = fault(&answer, About::Organization, &user()).unwrap().1;
            prop_assert!(words.message.unwrap().chars().count() <= LONGEST_QUOTE + 1);
        }

        #[test]
        fn unescaping_any_text_does_not_panic(text in "\\PC{0,60}", escaped in "(%[0-9a-zA-Z]{0,3}){0,10}") {
            let _ = (unescape(&text), unescape(&escaped));
        }
    }
}
