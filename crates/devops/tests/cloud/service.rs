//! The adapter against the simulated service, over a proxy and TLS as behind a company's proxy.

use patkeeper_core::advice::PatTokenError;
use patkeeper_core::failure::FailureKind;
use patkeeper_core::pat::{AuthorizationId, Listed, Reach};
use patkeeper_devops::{AzureDevOps, NewPat, PatChange, Reason};
use patkeeper_lifecycle::ports::{OwnPats, Revoked};
use patkeeper_sim::{Action, Fault, Match, PatSeed, Refusal, Sim, SimConfig, TokenSpec};
use secrecy::ExposeSecret;

use crate::acme_with;

/// The organization acme with one user, and a way in with the token that `token` makes.
fn acme(sim: &Sim, pats: usize, token: impl FnOnce(&str) -> TokenSpec) -> AzureDevOps {
    let token = sim.cloud(|cloud| {
        cloud.add_organization("acme");
        let user = cloud.add_user("acme", "svc-build@acme.example", "Build Service");
        for number in 0..pats {
            cloud.add_pat(PatSeed::new(
                &user,
                "acme",
                &format!("pat {number:04}"),
                "vso.code",
            ));
        }
        cloud.token(token(&user))
    });
    acme_with(sim, token)
}

fn sim() -> Sim {
    Sim::start(SimConfig::default()).unwrap()
}

fn new_pat(sim: &Sim, name: &str, scope: &str) -> NewPat {
    let valid_to = sim.cloud(|cloud| cloud.now()) + chrono::TimeDelta::days(30);
    NewPat {
        display_name: name.into(),
        scope: scope.into(),
        valid_to,
    }
}

#[tokio::test]
async fn a_long_list_is_read_over_all_its_pages_with_its_filters_and_its_order_repeated() {
    let sim = sim();
    let acme = acme(&sim, 250, TokenSpec::user);
    let listing = acme.list(Listed::Active).await;
    assert_eq!((listing.pats.len(), listing.unreadable.len()), (250, 0));
    let log = sim.log();
    assert_eq!(log.len(), 3);
    for request in &log {
        assert_eq!(request.host, "vssps.dev.azure.com");
        for part in [
            "displayFilterOption=active",
            // Without an order, PATs that come and go while we read would make pages slide over one another.
            "sortByOption=displayName",
            "isSortAscending=true",
            "top=100",
            "api-version=7.1-preview.1",
        ] {
            assert!(request.query.contains(part), "{}", request.query);
        }
        assert_eq!(request.header("x-tfs-fedauthredirect"), Some("Suppress"));
        assert_eq!(request.header("accept"), Some("application/json"));
    }
    assert_eq!(acme.signed_in().name.as_deref(), Some("svc-build@acme.example"));
}

#[tokio::test]
async fn a_pat_lives_from_creation_to_revocation() {
    let sim = sim();
    let acme = acme(&sim, 0, TokenSpec::user);
    let account = acme.account().await.unwrap();
    assert_eq!(account.user_name.as_deref(), Some("svc-build@acme.example"));

    let minted = acme.create(&new_pat(&sim, "ci", "vso.code")).await.unwrap();
    let id = minted.pat.authorization_id.clone();
    assert_eq!(minted.pat.reach, Reach::Organizations(vec![account.id]));
    assert_eq!(
        sim.cloud(|cloud| cloud.secret_of(id.as_str()).map(str::to_owned))
            .as_deref(),
        Some(minted.secret.expose_secret())
    );

    let change = PatChange {
        authorization_id: id.clone(),
        display_name: "ci renamed".into(),
        scope: "vso.code".into(),
        valid_to: minted.pat.valid_to + chrono::TimeDelta::days(7),
        all_orgs: false,
    };
    assert_eq!(acme.update(&change).await.unwrap().display_name, "ci renamed");
    assert_eq!(acme.get(&id).await.unwrap().display_name, "ci renamed");
    assert_eq!(acme.revoke(&id).await.unwrap(), Revoked::Now);
    assert!(acme.list(Listed::Active).await.pats.is_empty());
}

#[tokio::test]
async fn revoking_what_the_service_does_not_know_is_told_apart_from_revoking() {
    let sim = sim();
    let acme = acme(&sim, 0, TokenSpec::user);
    let unknown = AuthorizationId::new("00000000-0000-0000-0000-000000000001");
    assert_eq!(acme.revoke(&unknown).await.unwrap(), Revoked::Gone);
    assert!(matches!(
        acme.get(&unknown).await.unwrap_err().reason,
        Reason::NotFound | Reason::Pat(_)
    ));
}

#[tokio::test]
async fn a_pat_is_revoked_only_where_the_answer_says_nothing_else() {
    let sim = sim();
    let acme = acme(&sim, 1, TokenSpec::user);
    let id = acme.list(Listed::Active).await.pats.remove(0).authorization_id;
    for (status, body, revoked) in [
        (200, "", Some(Revoked::Now)),
        (200, "{}", None),
        (200, r#"{"success":false}"#, None),
        (
            200,
            r#"{"count":1,"value":"There is no explicit reference"}"#,
            None,
        ),
        (
            200,
            r#"{"PatToken":null,"PatTokenError":"None"}"#,
            Some(Revoked::Now),
        ),
        (
            200,
            r#"{"PatTokenError":"AuthorizationNotFound"}"#,
            Some(Revoked::Gone),
        ),
        (200, r#"{"PatToken":null,"PatTokenError":"AccessDenied"}"#, None),
        (200, "[]", None),
        (200, r#""x""#, None),
        (200, "0", None),
        (200, "null", None),
        (202, "{}", None),
    ] {
        let answer = Action::Replace {
            status,
            content_type: "application/json".to_owned(),
            body: body.to_owned(),
        };
        sim.fault(Fault::once(Match::any().method("DELETE"), answer));
        match (acme.revoke(&id).await, revoked) {
            (Ok(came), Some(expected)) => assert_eq!(came, expected, "{status} {body}"),
            (Err(error), None) => {
                let refused = matches!(error.reason, Reason::Pat(_));
                assert_eq!(error.may_have_happened(), !refused, "{status} {body}: {error}");
            }
            (came, _) => panic!("{status} {body}: {came:?}"),
        }
    }
}

#[tokio::test]
async fn a_pat_that_is_gone_after_a_lost_answer_was_most_likely_revoked_by_it() {
    let sim = sim();
    let acme = acme(&sim, 1, TokenSpec::user);
    let id = acme.list(Listed::Active).await.pats.remove(0).authorization_id;
    sim.fault(Fault::once(Match::any().method("DELETE"), Action::ResetAfter));
    assert_eq!(acme.revoke(&id).await.unwrap(), Revoked::GoneOnceMore);
    assert_eq!(acme.revoke(&id).await.unwrap(), Revoked::Gone);
}

#[tokio::test]
async fn a_policy_that_refuses_inside_a_200_is_named() {
    let sim = sim();
    let acme = acme(&sim, 0, TokenSpec::user);
    sim.cloud(|cloud| {
        cloud
            .organization_mut("acme")
            .unwrap()
            .policies
            .restrict_full_scope = true
    });
    let error = acme.create(&new_pat(&sim, "ci", "app_token")).await.unwrap_err();
    assert!(
        matches!(
            error.reason,
            Reason::Pat(PatTokenError::FullScopePatPolicyViolation)
        ),
        "{error}"
    );
    assert!(!error.may_have_happened());
}

#[tokio::test]
async fn a_list_that_is_refused_inside_a_200_is_named_too() {
    let sim = sim();
    let acme = acme(&sim, 1, TokenSpec::user);
    let refused = Action::Replace {
        status: 200,
        content_type: "application/json".to_owned(),
        body: r#"{"patToken":null,"patTokenError":"failedToReadTenantPolicy"}"#.to_owned(),
    };
    sim.fault(Fault::always(Match::any().path("_apis/tokens/pats"), refused));
    let listing = acme.list(Listed::Active).await;
    assert_eq!(
        listing.unreadable[0].failure.code.as_deref(),
        Some("failedToReadTenantPolicy")
    );
}

#[tokio::test]
async fn a_creation_whose_answer_is_lost_is_not_sent_twice() {
    let sim = sim();
    let acme = acme(&sim, 0, TokenSpec::user);
    sim.fault(Fault::once(Match::any().method("POST"), Action::ResetAfter));
    let error = acme.create(&new_pat(&sim, "ci", "vso.code")).await.unwrap_err();
    assert!(error.may_have_happened(), "{error}");
    assert_eq!(acme.list(Listed::Active).await.pats.len(), 1);
}

#[tokio::test]
async fn a_service_principal_is_refused_by_name_with_the_ways_out() {
    let sim = sim();
    let acme = acme(&sim, 0, |_| TokenSpec::app("sp-pipelines"));
    let listing = acme.list(Listed::Active).await;
    let failure = &listing.unreadable[0].failure;
    assert_eq!(failure.kind, FailureKind::Refused);
    assert_eq!(failure.code.as_deref(), Some("InvalidAccessException"));
    assert!(failure.what.contains("service principal"), "{}", failure.what);
    let ways = failure.ways_out.join("\n");
    for way in ["signIn: refreshToken", "signIn: accessToken", "signIn: azureCli"] {
        assert!(ways.contains(way), "{ways}");
    }
    assert!(
        failure
            .service_words
            .as_deref()
            .unwrap()
            .contains("InvalidAccessException")
    );
}

#[tokio::test]
async fn every_refusal_of_the_service_has_its_own_code() {
    for (refusal, code) in [
        (Refusal::SignInPage, "signInPage"),
        (Refusal::SignInRedirect, "signInPage"),
        (Refusal::Anonymous, "UnauthorizedRequestException"),
        (Refusal::BearerRefused, "TF400813"),
        (Refusal::ServicePrincipal, "InvalidAccessException"),
        (Refusal::WrongTokenType, "InvalidAccessException"),
        (Refusal::NotInOrganization("tenant\\object".into()), "TF401444"),
        (Refusal::ConditionalAccess, "VS403463"),
        (Refusal::PatRefused, "notAuthorized"),
        (Refusal::MalformedBody, "TF400898"),
        (Refusal::NoSuchOrganization, "organizationNotFound"),
    ] {
        let sim = sim();
        let acme = acme(&sim, 1, TokenSpec::user);
        let shown = format!("{refusal:?}");
        sim.fault(Fault::always(Match::any(), Action::Refuse(refusal)));
        let listing = acme.list(Listed::Active).await;
        assert!(listing.pats.is_empty());
        assert_eq!(
            listing.unreadable[0].failure.code.as_deref(),
            Some(code),
            "{shown}"
        );
        let asked = sim
            .log()
            .iter()
            .filter(|entry| entry.path.contains("tokens/pats"))
            .count();
        assert_eq!(asked, 1, "{shown}: a refusal is not asked again");
    }
}

#[tokio::test]
async fn a_token_of_another_tenant_is_told_both() {
    const OTHER: &str = "11111111-1111-4111-8111-111111111111";
    let sim = sim();
    let acme = acme(&sim, 0, |user| TokenSpec::user(user).tenant(OTHER));
    for _ in 0..2 {
        let failure = acme.list(Listed::Active).await.unreadable.remove(0).failure;
        assert_eq!(failure.code.as_deref(), Some("wrongTenant"));
        let why = failure.why.unwrap();
        assert!(
            why.contains(OTHER) && why.contains("acme is connected to"),
            "{why}"
        );
    }
    let asked = sim
        .log()
        .iter()
        .filter(|entry| entry.path.contains("connectionData"))
        .count();
    assert_eq!(asked, 1, "the tenant is asked for once");
}

#[tokio::test]
async fn a_token_that_lacks_a_scope_is_told_which() {
    let sim = sim();
    let acme = acme(&sim, 0, |user| TokenSpec::user(user).scopes("vso.pats"));
    let failure = acme.list(Listed::Active).await.unreadable.remove(0).failure;
    assert_eq!(failure.code.as_deref(), Some("missingScopes"));
    assert!(failure.why.unwrap().contains("vso.pats_manage"));
}

#[tokio::test]
async fn a_token_that_the_service_echoes_comes_back_in_no_failure() {
    const TOKEN: &str = "made-up-opaque-token-of-41-characters-123";
    let with = |name: &str, value: &str| {
        let mut pat = serde_json::json!({
            "displayName": "ci", "validFrom": "2026-01-01T00:00:00Z", "authorizationId": "1a"
        });
        pat[name] = value.into();
        serde_json::json!({ "patTokens": [pat] })
    };
    let padded = format!("{}{TOKEN}", "x".repeat(100));
    for body in [
        with("displayName", &padded),
        with("authorizationId", &padded),
        serde_json::json!({ "patToken": null, "patTokenError": TOKEN, "patTokenErrorMessage": &TOKEN[..25] }),
        serde_json::json!({ "message": TOKEN, "typeKey": TOKEN }),
    ] {
        let sim = sim();
        let acme = acme_with(&sim, TOKEN.to_owned());
        let body = body.to_string();
        let content_type = "application/json".to_owned();
        sim.fault(Fault::always(
            Match::any(),
            Action::Replace {
                status: 200,
                content_type,
                body: body.clone(),
            },
        ));
        let listed = format!("{:?}", acme.list(Listed::Active).await.unreadable);
        let made = format!(
            "{:?}",
            acme.create(&new_pat(&sim, "ci", "vso.code"))
                .await
                .unwrap_err()
                .failure()
        );
        let shown = listed + &made;
        assert!(shown.contains("***"), "{body}: {shown}");
        assert!(
            !shown.contains(&TOKEN[..20]) && !shown.contains(&TOKEN[21..]),
            "{shown}"
        );
    }
}

#[tokio::test]
async fn garbage_on_the_second_page_keeps_the_first() {
    for action in [
        Action::GarbageJson,
        Action::ContentType("text/html".into()),
        Action::ContentType(String::new()),
        Action::Replace {
            status: 200,
            content_type: "application/json".into(),
            body: "{}".into(),
        },
        Action::Huge(40 * 1024 * 1024),
    ] {
        let sim = sim();
        let acme = acme(&sim, 150, TokenSpec::user);
        let shown = format!("{action:?}");
        sim.fault(Fault::always(Match::any().query("continuationToken"), action));
        let listing = acme.list(Listed::Active).await;
        assert_eq!(
            (listing.pats.len(), listing.unreadable.len()),
            (100, 1),
            "{shown}"
        );
        assert_eq!(
            listing.unreadable[0].failure.kind,
            FailureKind::Service,
            "{shown}"
        );
        assert!(listing.unreadable[0].what.contains("page 2"), "{shown}");
    }
}
