//! Everybody's PATs, revoking them, and the audit log.

use patkeeper_core::failure::FailureKind;
use patkeeper_core::organization::Organization;
use patkeeper_core::owner::{Owner, SubjectDescriptor};
use patkeeper_core::pat::AuthorizationId;
use patkeeper_devops::{AzureDevOps, LeakedPat, NewPat, OwnersOrganizations, Standing};
use patkeeper_lifecycle::ports::{AuditLog, AuditPage, EveryonesPats, RevokeAnyones, RevokeOwn, UsersPats};
use patkeeper_sim::{
    Action, AuditOff, AuditSeed, Fault, Match, PatSeed, Refusal, Sim, SimConfig, TokenSpec, Unreadable,
    UserKind, UserSeed,
};

use crate::{acme_with, client};

fn sim() -> Sim {
    Sim::start(SimConfig::default()).unwrap()
}

/// An organization with an administrator, who may do all.
fn administered(sim: &Sim) -> (AzureDevOps, String) {
    let (user, token) = sim.cloud(|cloud| {
        let user = cloud.enroll(UserSeed::new("acme", "admin@acme.example", "Admin").administrator());
        let token = cloud.full_token(&user);
        (user, token)
    });
    (acme_with(sim, token), user)
}

fn owner(sim: &Sim, user: &str) -> Owner {
    sim.cloud(|cloud| {
        let user = cloud.user(user).unwrap();
        Owner {
            descriptor: SubjectDescriptor::parse(&user.descriptor).unwrap(),
            principal_name: Some(user.upn.clone()),
            display_name: None,
            deleted_in_origin: false,
        }
    })
}

async fn pats_of(sim: &Sim, acme: &AzureDevOps, user: &str) -> UsersPats {
    acme.pats_of(&owner(sim, user)).await
}

#[tokio::test]
async fn users_are_listed_over_empty_pages_and_services_are_passed_over() {
    let sim = sim();
    let (acme, _) = administered(&sim);
    sim.cloud(|cloud| {
        cloud.manners.graph_page = 3;
        for number in 0..10 {
            cloud.enroll(UserSeed::new("acme", &format!("u{number}@acme.example"), "U"));
            cloud.enroll(UserSeed::new("acme", &format!("b{number}"), "B").kind(UserKind::BuildService));
        }
    });
    let (mut next, mut users, mut empty, mut asked) = (None, 0, 0, 0);
    loop {
        let page = acme.users(next.as_deref()).await.unwrap();
        users += page.users.len();
        empty += usize::from(page.users.is_empty());
        asked += 1;
        next = page.next;
        if next.is_none() {
            break;
        }
    }
    assert_eq!(users, 11);
    assert!(empty > 0 && asked > empty);
    for request in sim.log() {
        assert!(
            request.query.contains("subjectTypes=aad%2Cmsa"),
            "{}",
            request.query
        );
    }
}

#[tokio::test]
async fn a_users_pats_are_read_over_all_pages_and_a_size_that_is_not_taken_is_given_up() {
    let sim = sim();
    let (acme, admin) = administered(&sim);
    let ann = sim.cloud(|cloud| {
        let ann = cloud.add_user("acme", "ann@acme.example", "Ann");
        for number in 0..45 {
            cloud.add_pat(PatSeed::new(&ann, "acme", &format!("pat {number}"), "vso.code"));
        }
        ann
    });
    let answer = pats_of(&sim, &acme, &ann).await;
    assert_eq!(
        (answer.listing.pats.len(), answer.listing.unreadable.len()),
        (45, 0)
    );
    assert_eq!(sim.log().len(), 1, "one page is enough");

    let (acme, refused) = (
        acme_with(&sim, sim.cloud(|cloud| cloud.full_token(&admin))),
        || {
            Action::Refuse(Refusal::Exception {
                status: 400,
                type_key: "ArgumentOutOfRangeException".to_owned(),
                message: "pageSize".to_owned(),
            })
        },
    );
    sim.fault(Fault::always(Match::any().query("pageSize"), refused()));
    let answer = pats_of(&sim, &acme, &ann).await;
    assert_eq!(
        (answer.listing.pats.len(), answer.listing.unreadable.len()),
        (45, 0)
    );
    let before = sim.log().len();
    let _ = pats_of(&sim, &acme, &ann).await;
    assert!(
        sim.log()
            .iter()
            .skip(before)
            .all(|request| !request.query.contains("pageSize"))
    );
}

#[tokio::test]
async fn who_cannot_be_read_is_told_apart_from_who_is_gone() {
    let sim = sim();
    let (acme, _) = administered(&sim);
    for (why, expected) in [
        (Unreadable::Forbidden, Some(FailureKind::Refused)),
        (Unreadable::Failing, Some(FailureKind::Service)),
        (Unreadable::Hostile, Some(FailureKind::Service)),
        (Unreadable::Unknown, None),
    ] {
        let user = sim.cloud(|cloud| {
            cloud.enroll(UserSeed::new("acme", &format!("{why:?}@acme.example"), "U").unreadable(why))
        });
        let answer = pats_of(&sim, &acme, &user).await;
        let kind = answer.listing.unreadable.first().map(|entry| entry.failure.kind);
        assert_eq!(kind, expected, "{why:?}");
        assert_eq!(answer.no_such_user.is_some(), expected.is_none(), "{why:?}");
        let named = format!("the PATs of {why:?}@acme.example (aad.");
        for entry in answer.listing.unreadable {
            assert!(entry.what.starts_with(&named), "{}", entry.what);
            assert!(entry.failure.what.contains(&named), "{}", entry.failure.what);
        }
    }
}

#[tokio::test]
async fn who_is_no_administrator_is_told_what_it_takes_and_whose_token_it_was() {
    let sim = sim();
    let (_, admin) = administered(&sim);
    let (user, app) = sim.cloud(|cloud| {
        let ann = cloud.add_user("acme", "ann@acme.example", "Ann");
        (
            cloud.full_token(&ann),
            cloud.token(TokenSpec::app("sp-pipelines")),
        )
    });
    let user = descriptor_failure(&sim, user, &admin).await;
    assert_eq!(user.kind, FailureKind::Refused);
    assert!(user.what.ends_with("for ann@acme.example"), "{}", user.what);
    assert!(user.why.unwrap().contains("Project Collection Administrator"));
    let app = descriptor_failure(&sim, app, &admin).await;
    assert_eq!(app.kind, FailureKind::Refused);
    assert!(app.why.unwrap().contains("is not documented"));
    assert!(app.ways_out.last().unwrap().contains("refreshToken"));
}

async fn descriptor_failure(sim: &Sim, token: String, of: &str) -> patkeeper_core::failure::Failure {
    let acme = acme_with(sim, token);
    pats_of(sim, &acme, of).await.listing.unreadable.remove(0).failure
}

#[tokio::test]
async fn anyones_pats_are_revoked_in_one_request_and_seen_as_revoked_after_that() {
    let sim = sim();
    let (acme, _) = administered(&sim);
    let (ann, ids) = sim.cloud(|cloud| {
        let ann = cloud.add_user("acme", "ann@acme.example", "Ann");
        let ids: Vec<_> = (0..3)
            .map(|number| cloud.add_pat(PatSeed::new(&ann, "acme", &format!("pat {number}"), "vso.code")))
            .map(AuthorizationId::new)
            .collect();
        (ann, ids)
    });
    let before = sim.log().len();
    // The first answer is lost: sent again, it does no harm.
    sim.fault(Fault::once(Match::any().method("POST"), Action::ResetAfter));
    acme.revoke_all(&ids[..2]).await.unwrap();
    assert_eq!(sim.log().len() - before, 2);
    let answer = pats_of(&sim, &acme, &ann).await;
    assert_eq!((answer.listing.pats.len(), answer.revoked.len()), (1, 2));

    acme.revoke_all(&[]).await.unwrap();
    for (action, unclear) in [
        (Action::Refuse(Refusal::MalformedBody), true),
        (
            Action::Refuse(Refusal::Exception {
                status: 400,
                type_key: "ArgumentException".to_owned(),
                message: "No.".to_owned(),
            }),
            false,
        ),
        (Action::Refuse(Refusal::PatRefused), false),
        (
            Action::Replace {
                status: 200,
                content_type: "application/json".to_owned(),
                body: "{}".to_owned(),
            },
            true,
        ),
    ] {
        let shown = format!("{action:?}");
        sim.fault(Fault::once(Match::any().method("POST"), action));
        let not_done = acme.revoke_all(&ids).await.unwrap_err();
        assert_eq!(not_done.unclear, unclear, "{shown}");
    }
}

#[tokio::test]
async fn a_refusal_that_follows_a_lost_answer_says_nothing_of_what_was_done() {
    let sim = sim();
    let (acme, admin) = administered(&sim);
    let id = sim.cloud(|cloud| cloud.add_pat(PatSeed::new(&admin, "acme", "ci", "vso.code")));
    let no = Refusal::Exception {
        status: 400,
        type_key: "ArgumentException".to_owned(),
        message: "No.".to_owned(),
    };
    sim.fault(Fault::once(Match::any().method("POST"), Action::ResetAfter));
    sim.fault(Fault::always(Match::any().method("POST"), Action::Refuse(no)));
    let not_done = acme.revoke_all(&[AuthorizationId::new(id)]).await.unwrap_err();
    assert!(not_done.unclear, "{not_done:?}");
}

#[tokio::test]
async fn ones_own_pats_that_have_ended_are_revoked_or_expired_ones() {
    let sim = sim();
    let (acme, admin) = administered(&sim);
    let id = sim.cloud(|cloud| cloud.add_pat(PatSeed::new(&admin, "acme", "ci", "vso.code")));
    let id = AuthorizationId::new(id);
    let own: &dyn Fn() -> _ = &|| RevokeOwn::ended(&acme);
    assert!(own().await.unwrap().is_empty());
    RevokeOwn::revoke(&acme, &id).await.unwrap();
    assert_eq!(own().await.unwrap(), [id]);
}

async fn log(acme: &AzureDevOps, sim: &Sim) -> Result<Vec<AuditPage>, patkeeper_core::failure::Failure> {
    let now = sim.cloud(|cloud| cloud.now());
    let (mut pages, mut next) = (Vec::new(), None);
    loop {
        let from = now - chrono::TimeDelta::days(30);
        let page = AuditLog::page(acme, from, now, next.as_deref()).await?;
        next = page.next.clone();
        pages.push(page);
        if next.is_none() {
            return Ok(pages);
        }
    }
}

#[tokio::test]
async fn the_audit_log_is_read_in_both_wrappings_with_escapes_that_json_does_not_know() {
    for wrapped in [false, true] {
        let sim = sim();
        let (acme, _) = administered(&sim);
        sim.cloud(|cloud| {
            cloud.manners.audit_wrapped = wrapped;
            cloud.audit("acme", true);
            let ago = cloud.now() - chrono::TimeDelta::hours(2);
            for _ in 0..60 {
                cloud.add_event(
                    AuditSeed::new("acme", "Token.PatCreateEvent")
                        .at(ago)
                        .bad_escape(),
                );
            }
        });
        let pages = log(&acme, &sim).await.unwrap();
        let events: usize = pages.iter().map(|page| page.events.len()).sum();
        assert!(events >= 60, "{events}");
        assert!(pages.iter().all(|page| page.unreadable.is_empty()));
    }
}

#[tokio::test]
async fn switched_off_not_allowed_and_no_such_organization_are_three_failures() {
    let sim = sim();
    let (acme, _) = administered(&sim);
    let code = async |acme: &AzureDevOps| log(acme, &sim).await.unwrap_err().code.unwrap_or_default();
    sim.cloud(|cloud| {
        cloud.audit("acme", false);
        cloud.manners.audit_off = AuditOff::Forbidden;
    });
    assert_eq!(code(&acme).await, "auditingOff");
    // Without a word of auditing: the organization itself is there.
    let not_found = Refusal::Exception {
        status: 404,
        type_key: "HttpException".to_owned(),
        message: "The resource cannot be found.".to_owned(),
    };
    sim.fault(Fault::once(
        Match::any().path("_apis/audit"),
        Action::Refuse(not_found),
    ));
    assert_eq!(code(&acme).await, "auditingOff");
    let nobody = sim.cloud(|cloud| {
        cloud.audit("acme", true);
        let ann = cloud.add_user("acme", "ann@acme.example", "Ann");
        cloud.full_token(&ann)
    });
    let failure = log(&acme_with(&sim, nobody), &sim).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Refused);
    assert!(failure.why.unwrap().contains("View audit log"));
    sim.fault(Fault::always(
        Match::any(),
        Action::Refuse(Refusal::NoSuchOrganization),
    ));
    assert_eq!(code(&acme).await, "organizationNotFound");
}

#[tokio::test]
async fn a_leaked_pat_tells_whose_it_is_and_a_dead_one_nothing() {
    let sim = sim();
    let (token, until) = sim.cloud(|cloud| {
        let ann = cloud.add_user("acme", "ann@acme.example", "Ann");
        (cloud.user_token(&ann), cloud.now() + chrono::TimeDelta::days(30))
    });
    let new = NewPat {
        display_name: "ci".into(),
        scope: "vso.code".into(),
        valid_to: until,
    };
    let minted = acme_with(&sim, token).create(&new).await.unwrap();
    let id = minted.pat.authorization_id;
    let acme = Organization::parse("acme").unwrap();
    let other = Organization::parse("no-such-org").unwrap();
    let leaked = LeakedPat::new(client(&sim), minted.secret);
    match leaked.standing_in(&acme).await {
        Standing::Works(person) => assert_eq!(person.name.as_deref(), Some("ann@acme.example")),
        other => panic!("{other:?}"),
    }
    assert!(!matches!(leaked.standing_in(&other).await, Standing::Works(_)));
    assert_eq!(leaked.organizations().await, OwnersOrganizations::NotTold);
    administered(&sim).0.revoke_all(&[id]).await.unwrap();
    assert!(matches!(leaked.standing_in(&acme).await, Standing::Refused(_)));
    sim.fault(Fault::always(Match::any(), Action::GarbageJson));
    assert!(matches!(
        leaked.standing_in(&acme).await,
        Standing::Unknown(_) | Standing::Refused(_)
    ));
}
