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

fn token() -> SecretString {
    "made-up-token".into()
}

/// A made-up token, as long as one without groups.
fn long_token() -> String {
    (0..90).map(|n| format!("made.up{n:x}")).collect()
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
    fault(answer, About::Organization, facts, &token())
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
    let (reason, words) = fault(&answer(401, &header, ""), About::Organization, &user(), &token()).unwrap();
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
    assert_eq!(
        reason(&json_answer(401, &said), &facts),
        "WrongAudience(\"https://management.azure.com\")"
    );
}

#[test]
fn a_refusal_that_names_another_tenant_is_about_the_tenant() {
    let facts = TokenFacts {
        tenant: Some("11111111-1111-4111-8111-111111111111".into()),
        ..user()
    };
    let told = |tenant: &str, facts: &TokenFacts| {
        let challenge = format!("Bearer authorization_uri=https://login.microsoftonline.com/{tenant}");
        reason(&answer(401, &[("www-authenticate", &challenge)], ""), facts)
    };
    let other = "22222222-2222-4222-8222-222222222222";
    assert!(told(other, &facts).starts_with("WrongTenant"));
    assert_eq!(told("00000000-0000-0000-0000-000000000000", &facts), "NoTenant");
    assert_eq!(told("11111111-1111-4111-8111-111111111111", &facts), "Refused");
    let app = TokenFacts {
        kind: Some(IdentityKind::App),
        ..facts
    };
    assert_eq!(told(other, &app), "AppOnly", "no tenant would let it in");
}

#[test]
fn a_token_is_expired_by_the_services_clock_not_ours() {
    let facts = TokenFacts {
        expires: "2026-11-21T10:00:00Z".parse().ok(),
        ..user()
    };
    let at = |date: &str| reason(&answer(401, &[("date", date)], ""), &facts);
    assert_eq!(
        at("Sat, 21 Nov 2026 10:30:00 GMT"),
        "TokenExpired(2026-11-21T10:00:00Z)"
    );
    assert_eq!(
        at("Sat, 21 Nov 2026 10:00:01 GMT"),
        "TokenExpired(2026-11-21T10:00:00Z)"
    );
    assert_eq!(at("Sat, 21 Nov 2026 09:59:59 GMT"), "Refused");
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
    let told = |answer, about| format!("{:?}", fault(answer, about, &user(), &token()).unwrap().0);
    assert_eq!(told(&json, About::OnePat), "NotFound");
    assert_eq!(told(&json, About::Organization), "OrganizationNotFound");
    assert_eq!(told(&page, About::OnePat), "OrganizationNotFound");
}

#[test]
fn an_error_that_comes_as_a_success_is_no_success() {
    let answer = json_answer(200, &error("Something else", "BrandNewException"));
    assert!(reason(&answer, &user()).starts_with("NotUnderstood"));
}

/// Whether a run of this many characters of the token stands in the text.
fn holds(text: &str, token: &str, length: usize) -> bool {
    (0..=token.len() - length).any(|at| text.contains(&token[at..at + length]))
}

#[test]
fn a_token_that_the_service_echoes_is_in_no_words_of_it_however_they_are_cut() {
    let long = long_token();
    let short = "0123456789abcdefghij.opaque-key".to_owned();
    for token in [long, short] {
        let least = (token.len() / 2).min(20);
        let echoes = [
            format!("TF400813: '{token}' is unknown"),
            format!("{} is half of it", &token[..token.len() / 2]),
            format!("{} is the other half", &token[token.len() / 2..]),
            // Cut off by the service, by a quote's bound within the token, and right before its end.
            format!("the token {}", &token[..token.len() - 3]),
            format!(
                "{}{token}",
                "x".repeat(words::LONGEST_MESSAGE - token.len().min(words::LONGEST_MESSAGE) / 2)
            ),
            format!(
                "{}{token}",
                "x".repeat((words::LONGEST_MESSAGE + 1).saturating_sub(token.len()))
            ),
        ];
        for echo in echoes {
            let answers = [
                json_answer(401, &error(&echo, &echo)),
                answer(401, &[("x-tfs-serviceerror", &echo.replace('.', "%2E"))], ""),
                answer(401, &[("activityid", &echo)], ""),
                json_answer(200, &error(&echo, "X")),
            ];
            for answer in answers {
                let secret = SecretString::from(token.clone());
                let (reason, words) = fault(&answer, About::Organization, &user(), &secret).unwrap();
                let shown = format!("{reason:?} {words:?}");
                assert!(shown.contains("***"), "{shown}");
                assert!(!holds(&shown, &token, least), "{shown}");
            }
        }
    }
}

proptest! {
    #[test]
    fn no_answer_panics_and_quotes_are_bounded(
        status in 100u16..1000, kind in "(text/html|application/json|)", header in "[ -~]{0,80}", body in "\\PC{0,300}"
    ) {
        let answer = answer(status, &[("content-type", kind.as_str()), ("x-tfs-serviceerror", &header), ("activityid", &header)], &body);
        if let Some((_, words)) = fault(&answer, About::OnePat, &user(), &token()) {
            prop_assert!(words.message.unwrap_or_default().chars().count() <= words::LONGEST_MESSAGE);
        } else {
            prop_assert!((200..300).contains(&status) && status != 203);
        }
    }

    #[test]
    fn long_messages_are_cut(message in "\\PC{700,800}") {
        let answer = json_answer(400, &error(&message, "X"));
        let words = fault(&answer, About::Organization, &user(), &token()).unwrap().1;
        prop_assert!(words.message.unwrap().chars().count() <= words::LONGEST_MESSAGE);
    }

    #[test]
    fn unescaping_any_text_does_not_panic(text in "\\PC{0,60}", escaped in "(%[0-9a-zA-Z]{0,3}){0,10}") {
        let _ = (unescape(&text), unescape(&escaped));
    }
}

fn of_user(status: u16, body: &str) -> String {
    fault(&json_answer(status, body), About::User, &user(), &token())
        .map_or("none".to_owned(), |(reason, _)| format!("{reason:?}"))
}

#[test]
fn a_404_is_about_the_user_only_where_it_speaks_of_one() {
    for (message, type_key) in [
        ("VS403283: Could not find a user.", "IdentityNotFoundException"),
        ("The subject 'aad.QW5u' was not found.", "VssServiceException"),
        ("There is no such thing.", "GraphSubjectNotFoundException"),
    ] {
        assert_eq!(of_user(404, &error(message, type_key)), "NoSuchUser", "{message}");
    }
    for (message, type_key) in [
        ("The resource cannot be found.", ""),
        (
            "API resource location 0001 is not registered on https://vssps.dev.azure.com/users/.",
            "VssResourceNotFoundException",
        ),
        (
            "The controller for path '/users-org/_apis/tokenadmin' was not found.",
            "HttpException",
        ),
        (
            "The collection 'identity-org' does not exist.",
            "HostNotFoundException",
        ),
    ] {
        assert_eq!(
            of_user(404, &error(message, type_key)),
            "OrganizationNotFound",
            "{message}"
        );
    }
    assert_eq!(of_user(404, ""), "OrganizationNotFound");
    let page = answer(404, &[("content-type", "text/html")], "<h1>No such user</h1>");
    let page = fault(&page, About::User, &user(), &token()).unwrap();
    assert!(matches!(page.0, Reason::OrganizationNotFound));
    let not_here = error("Could not find a user.", "IdentityNotFoundException");
    assert_eq!(
        reason(&json_answer(404, &not_here), &user()),
        "OrganizationNotFound"
    );
}

#[test]
fn what_a_token_lacks_depends_on_what_it_was_used_for() {
    let facts = |scope: &str| TokenFacts {
        scopes: vec![scope.into()],
        ..user()
    };
    let of = |about, facts: &TokenFacts| match fault(&answer(403, &[], ""), about, facts, &token()) {
        Some((reason, _)) => format!("{reason:?}"),
        None => "none".to_owned(),
    };
    assert_eq!(of(About::AuditLog, &user()), "MissingScopes([\"vso.auditlog\"])");
    assert_eq!(of(About::AuditLog, &facts("vso.auditlog")), "Refused");
    assert!(of(About::AnyonesPats, &facts("vso.graph")).contains("vso.tokenadministration"));
    assert_eq!(of(About::User, &facts("user_impersonation")), "Refused");
    let denied = json_answer(
        403,
        &error(
            "The requested operation is not allowed.",
            "InvalidAccessException",
        ),
    );
    let user = fault(&denied, About::User, &facts("user_impersonation"), &token()).unwrap();
    assert!(matches!(user.0, Reason::NotAuthorized), "a user is no app");
    let app = fault(&denied, About::User, &app(), &token()).unwrap();
    assert!(matches!(app.0, Reason::AppOnly));
}

#[test]
fn a_log_that_is_switched_off_is_told_from_one_that_may_not_be_read() {
    let of = |status, message: &str| {
        let answer = json_answer(status, &error(message, "AuditException"));
        let facts = TokenFacts {
            scopes: vec!["vso.auditlog".into()],
            ..user()
        };
        fault(&answer, About::AuditLog, &facts, &token()).map(|(reason, _)| format!("{reason:?}"))
    };
    for status in [400, 403, 404] {
        assert_eq!(
            of(status, "Auditing is not enabled for this organization.").as_deref(),
            Some("AuditingOff")
        );
    }
    assert_eq!(
        of(403, "You need the permission View audit log.").as_deref(),
        Some("Refused")
    );
    assert_eq!(
        of(404, "The resource cannot be found.").as_deref(),
        Some("OrganizationNotFound")
    );
}
