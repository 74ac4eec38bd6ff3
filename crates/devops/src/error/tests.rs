use super::*;

fn error(reason: Reason) -> DevOpsError {
    DevOpsError {
        reason,
        doing: Doing::List,
        organization: "acme".into(),
        who: "svc@acme.example".into(),
        words: Words {
            message: Some("Not today.".into()),
            type_key: Some("X".into()),
            activity: Some("7c1e".into()),
            status: Some(403),
            follows_a_lost_one: false,
        },
    }
}

fn all() -> Vec<Reason> {
    let id = || AuthorizationId::new("1a");
    vec![
        Reason::Http(HttpError::Broken {
            asked: "h/p".into(),
            why: "reset".into(),
        }),
        Reason::NoToken(Box::new(
            Failure::new(FailureKind::Refused, "No")
                .with_way_out("w")
                .with_why("y"),
        )),
        Reason::SignInPage,
        Reason::ForeignPage,
        Reason::AppOnly,
        Reason::TokenExpired("2026-11-21T10:00:00Z".parse().unwrap()),
        Reason::WrongAudience("https://management.azure.com".into()),
        Reason::WrongTenant {
            token: "t".into(),
            organization: "o".into(),
        },
        Reason::NoTenant,
        Reason::MissingScopes(vec!["vso.pats_manage"]),
        Reason::Anonymous,
        Reason::NotAuthorized,
        Reason::NeverSignedIn,
        Reason::ConditionalAccess,
        Reason::Refused,
        Reason::RateLimited,
        Reason::OrganizationNotFound,
        Reason::NotFound,
        Reason::Pat(PatTokenError::FullScopePatPolicyViolation),
        Reason::Pat(PatTokenError::Other("moonPhase".into())),
        Reason::BadRequest,
        Reason::ServiceError,
        Reason::InternalError,
        Reason::NotUnderstood("why"),
        Reason::NoSecret(id()),
        Reason::EndlessList,
        Reason::SlowList(Duration::from_secs(600)),
    ]
}

#[test]
fn every_reason_says_what_where_and_what_to_do() {
    for reason in all() {
        let shown = format!("{reason:?}");
        let no_token = matches!(reason, Reason::NoToken(_));
        let failure = error(reason).failure();
        assert!(
            no_token || failure.what.contains("acme"),
            "{shown}: {}",
            failure.what
        );
        assert!(!failure.ways_out.is_empty(), "{shown}");
        assert!(failure.code.is_some() || no_token, "{shown}");
        assert!(
            matches!(failure.kind, FailureKind::Refused | FailureKind::Service),
            "{shown}"
        );
        let words = failure.service_words.unwrap_or_default();
        assert!(
            no_token || words == "\"Not today.\" (X, HTTP 403, activity 7c1e)",
            "{shown}: {words}"
        );
    }
}

#[test]
fn an_app_only_refusal_names_the_identity_the_rule_and_the_ways_out() {
    let failure = error(Reason::AppOnly).failure();
    assert_eq!(
        failure.what,
        "Azure DevOps refused to list PATs in acme for svc@acme.example"
    );
    assert!(failure.why.unwrap().contains("only users"));
    let ways: Vec<&str> = failure
        .ways_out
        .iter()
        .filter_map(|way| way.split(',').next())
        .collect();
    assert_eq!(
        ways,
        [
            "signIn: refreshToken",
            "signIn: accessToken",
            "PatMonitor and PatRevoke: scope: organization",
            "signIn: azureCli"
        ]
    );
    assert!(
        failure.ways_out[0].contains("patkeeper sign-in"),
        "{:?}",
        failure.ways_out
    );
    assert_eq!(failure.kind, FailureKind::Refused);
}

#[test]
fn what_is_wrong_with_a_token_is_said_in_its_own_words() {
    let why = |reason| error(reason).failure().why.unwrap();
    let ended = why(Reason::TokenExpired("2026-11-21T10:00:00Z".parse().unwrap()));
    assert!(ended.contains("2026-11-21 at 10:00 UTC"), "{ended}");
    let audience = why(Reason::WrongAudience("https://management.azure.com".into()));
    assert!(audience.contains("'https://management.azure.com'"), "{audience}");
    let tenant = why(Reason::WrongTenant {
        token: "1111".into(),
        organization: "2222".into(),
    });
    assert!(
        tenant.contains("tenant 1111, and acme is connected to the tenant 2222"),
        "{tenant}"
    );
}

#[test]
fn an_unknown_policy_error_keeps_its_name() {
    let failure = error(Reason::Pat(PatTokenError::Other("moonPhase".into()))).failure();
    assert_eq!(failure.code.as_deref(), Some("moonPhase"));
    assert_eq!(failure.kind, FailureKind::Refused);
}

#[test]
fn only_what_was_never_processed_is_sure_not_to_have_happened() {
    let may = |reason| error(reason).may_have_happened();
    assert!(!may(Reason::Http(HttpError::Connect {
        host: "h".into(),
        why: "refused".into()
    })));
    assert!(!may(Reason::Pat(PatTokenError::AccessDenied)));
    assert!(!may(Reason::RateLimited));
    assert!(may(Reason::Http(HttpError::Broken {
        asked: "h".into(),
        why: "reset".into()
    })));
    assert!(may(Reason::ServiceError));
    assert!(may(Reason::NotUnderstood("it is not JSON")));
}

#[test]
fn a_sign_in_page_in_place_of_an_answer_does_not_say_that_nothing_was_made() {
    let may = |reason, status| {
        let mut error = error(reason);
        error.words.status = status;
        error.may_have_happened()
    };
    assert!(may(Reason::SignInPage, Some(203)));
    assert!(may(Reason::SignInPage, None));
    assert!(may(Reason::ForeignPage, None));
    assert!(may(Reason::SignInPage, Some(302)));
    assert!(may(Reason::Refused, Some(408)));
    assert!(may(Reason::NotAuthorized, Some(503)));
    for status in [400, 401, 403, 404, 409, 429] {
        assert!(!may(Reason::Refused, Some(status)), "{status}");
    }
}
