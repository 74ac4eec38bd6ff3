//! What rotation needs of the service, against the simulated one: endings, later ends, unclear creations, trials.

use chrono::{DateTime, TimeDelta, Utc};
use patkeeper_core::advice::PatTokenError;
use patkeeper_core::failure::FailureKind;
use patkeeper_core::organization::Organization;
use patkeeper_core::pat::{AuthorizationId, Listed};
use patkeeper_core::scope::ScopeSet;
use patkeeper_devops::{AzureDevOps, NewPat, Probe, Reason, Trial};
use patkeeper_sim::{
    Action, Activation, Clock, ConnectionData, Fault, Match, PatSeed, Refusal, Sim, SimConfig,
};
use secrecy::{ExposeSecret, SecretString};

use crate::acme_with;

struct World {
    sim: Sim,
    acme: AzureDevOps,
    user: String,
}

fn now() -> DateTime<Utc> {
    "2026-11-21T12:00:00Z".parse().unwrap()
}

fn organization() -> Organization {
    Organization::parse("acme").unwrap()
}

fn world() -> World {
    let sim = Sim::start(SimConfig {
        clock: Clock::Fixed(now()),
        ..SimConfig::default()
    })
    .unwrap();
    let (user, token) = sim.cloud(|cloud| {
        cloud.add_organization("acme");
        let user = cloud.add_user("acme", "svc-build@acme.example", "Build Service");
        let token = cloud.user_token(&user);
        (user, token)
    });
    let acme = acme_with(&sim, token);
    World { sim, acme, user }
}

impl World {
    fn add(&self, name: &str, seed: impl FnOnce(PatSeed) -> PatSeed) -> AuthorizationId {
        let pat = seed(PatSeed::new(&self.user, "acme", name, "vso.code"));
        AuthorizationId::new(self.sim.cloud(|cloud| cloud.add_pat(pat)))
    }

    /// A fresh PAT with these scopes.
    async fn mint(&self, scopes: &str) -> (AuthorizationId, SecretString) {
        let minted = self.acme.create(&wish("ci", scopes)).await.unwrap();
        (minted.pat.authorization_id, minted.secret)
    }

    async fn try_with(&self, scopes: &str, pat: &SecretString) -> Trial {
        let probe = Probe::chosen(&organization(), &ScopeSet::parse(scopes));
        self.acme.try_pat(&probe, pat).await
    }

    async fn try_given(&self, url: &str, pat: &SecretString) -> Trial {
        let probe = Probe::given(&organization(), url).unwrap();
        self.acme.try_pat(&probe, pat).await
    }

    fn asked(&self) -> usize {
        self.sim.log().len()
    }
}

fn wish(name: &str, scopes: &str) -> NewPat {
    NewPat {
        display_name: name.into(),
        scope: scopes.into(),
        valid_to: now() + TimeDelta::days(30),
    }
}

fn is_refused(trial: &Trial) -> bool {
    matches!(trial, Trial::Refused(failure) if failure.code.as_deref() == Some("newPatRefused"))
}

#[tokio::test]
async fn the_own_list_is_whole_or_fails() {
    let world = world();
    for number in 0..150 {
        world.add(&format!("pat {number:03}"), |seed| seed);
    }
    let list = world.acme.own_pats(Listed::Active).await.unwrap();
    assert_eq!((list.pats.len(), list.odd.len()), (150, 0));
    world.sim.fault(Fault::once(
        Match::any().query("continuationToken"),
        Action::GarbageJson,
    ));
    let error = world.acme.own_pats(Listed::Active).await.unwrap_err();
    assert!(matches!(error.reason, Reason::NotUnderstood(_)), "{error}");
}

#[tokio::test]
async fn only_what_the_lists_show_has_ended() {
    let world = world();
    let revoked = world.add("revoked", |seed| seed.revoked(now()));
    let expired = world.add("expired", |seed| seed.ends(now() - TimeDelta::days(2)));
    let active = world.add("active", |seed| seed);
    let stranger = world.sim.cloud(|cloud| {
        let other = cloud.add_user("acme", "ann@acme.example", "Ann");
        AuthorizationId::new(cloud.add_pat(PatSeed::new(&other, "acme", "hers", "vso.code").revoked(now())))
    });
    let nobody = AuthorizationId::new("00000000-0000-0000-0000-000000000001");
    let ended = world.acme.ended().await.unwrap();
    assert_eq!(
        (ended.revoked.as_slice(), ended.expired.as_slice()),
        ([revoked].as_slice(), [expired].as_slice())
    );
    // An id that no list shows may be anything.
    for other in [active, stranger, nobody] {
        assert!(!ended.shows(&other), "{other}");
    }
    assert_eq!(world.asked(), 2);
    world
        .sim
        .fault(Fault::once(Match::any().query("revoked"), Action::GarbageJson));
    assert!(world.acme.ended().await.is_err());
}

#[tokio::test]
async fn a_creation_without_a_clear_answer_may_have_happened_and_one_refused_has_not() {
    type Lost = (Action, bool);
    let page = "<html><head><title>Azure DevOps Services | Sign In</title></head></html>";
    let lost: [Lost; 8] = [
        (Action::ResetAfter, true),
        (Action::Truncate(30), true),
        (Action::GarbageJson, true),
        (Action::ContentType("text/plain".into()), true),
        (
            Action::Status {
                status: 503,
                processed: true,
                retry_after: None,
            },
            true,
        ),
        (
            Action::Replace {
                status: 203,
                content_type: "text/html; charset=utf-8".into(),
                body: page.into(),
            },
            true,
        ),
        (Action::status(500), false),
        (Action::Refuse(Refusal::SignInPage), false),
    ];
    for (action, made) in lost {
        let world = world();
        let said = format!("{action:?}");
        world.sim.fault(Fault::once(Match::any().method("POST"), action));
        let error = world.acme.create(&wish("ci", "vso.code")).await.unwrap_err();
        assert!(error.may_have_happened(), "{said}: {error}");
        let list = world.acme.own_pats(Listed::Active).await.unwrap();
        let found = list.pats.iter().filter(|pat| pat.display_name == "ci").count();
        assert_eq!(found, usize::from(made), "{said}");
    }
    for refusal in [
        Refusal::BearerRefused,
        Refusal::ServicePrincipal,
        Refusal::ConditionalAccess,
    ] {
        let world = world();
        let said = format!("{refusal:?}");
        world.sim.fault(Fault::always(
            Match::any().method("POST"),
            Action::Refuse(refusal),
        ));
        let error = world.acme.create(&wish("ci", "vso.code")).await.unwrap_err();
        assert!(!error.may_have_happened(), "{said}: {error}");
    }
}

#[tokio::test]
async fn two_pats_of_one_name_have_two_ids() {
    let world = world();
    let (one, other) = (world.mint("vso.code").await, world.mint("vso.code").await);
    assert_ne!(one.0, other.0);
    let list = world.acme.own_pats(Listed::Active).await.unwrap();
    assert_eq!(list.pats.iter().filter(|pat| pat.display_name == "ci").count(), 2);
}

#[tokio::test]
async fn what_a_policy_has_shortened_is_what_the_creation_tells() {
    let world = world();
    let policies = |days| {
        world
            .sim
            .cloud(|cloud| cloud.organization_mut("acme").unwrap().policies.max_lifespan_days = days);
    };
    policies(Some(7));
    let minted = world.acme.create(&wish("ci", "vso.code")).await.unwrap();
    assert_eq!(minted.pat.valid_to, now() + TimeDelta::days(7));
}

#[tokio::test]
async fn extending_resends_everything_and_tells_what_was_won() {
    let world = world();
    let id = world.add("legacy", |seed| seed.global().starts(now()));
    let extended = world.acme.extend(&id, now() + TimeDelta::days(60)).await.unwrap();
    assert_eq!(extended.before.valid_to, now() + TimeDelta::days(30));
    assert_eq!(extended.after.valid_to, now() + TimeDelta::days(60));
    assert_eq!(
        extended.after.reach, extended.before.reach,
        "a global PAT stays one"
    );
    assert_eq!(extended.after.scopes, extended.before.scopes);
    assert_eq!(extended.after.display_name, "legacy");
    assert_eq!(world.asked(), 2);
    world
        .sim
        .cloud(|cloud| cloud.organization_mut("acme").unwrap().policies.max_lifespan_days = Some(60));
    let capped = world.acme.extend(&id, now() + TimeDelta::days(90)).await.unwrap();
    assert_eq!(capped.after.valid_to, capped.before.valid_to, "nothing is won");
}

#[tokio::test]
async fn an_extension_whose_answer_is_lost_is_settled_by_reading() {
    let world = world();
    let until = now() + TimeDelta::days(60);
    let put = || Match::any().method("PUT");
    let id = world.add("ci", |seed| seed);
    world.sim.fault(Fault::always(put(), Action::GarbageJson));
    let extended = world.acme.extend(&id, until).await.unwrap();
    assert_eq!(extended.after.valid_to, until);
    world.sim.clear_faults();
    let id = world.add("other", |seed| seed);
    world
        .sim
        .fault(Fault::always(put(), Action::Refuse(Refusal::SignInPage)));
    let error = world.acme.extend(&id, until).await.unwrap_err();
    assert!(matches!(error.reason, Reason::SignInPage), "{error}");
    world.sim.clear_faults();
    for ended in [
        world.add("gone", |seed| seed.revoked(now())),
        world.add("over", |seed| seed.ends(now() - TimeDelta::days(1))),
    ] {
        let error = world.acme.extend(&ended, until).await.unwrap_err();
        let expected = [
            PatTokenError::ExpiredPatCannotBeExtended,
            PatTokenError::FailedToUpdateAccessToken,
        ];
        assert!(
            matches!(&error.reason, Reason::Pat(why) if expected.contains(why)),
            "{error}"
        );
    }
}

#[tokio::test]
async fn a_new_pat_works_where_one_of_its_scopes_opens_the_url() {
    for scopes in [
        "vso.build_execute",
        "vso.code",
        "vso.project",
        "vso.work_full",
        "vso.packaging_write",
        "vso.symbols",
        "vso.auditlog",
        "vso.agentpools",
        "vso.serviceendpoint",
        "vso.wiki",
        "vso.memberentitlementmanagement",
        "vso.release",
        "app_token",
    ] {
        let world = world();
        let (id, pat) = world.mint(scopes).await;
        world.sim.clear_log();
        let trial = world.try_with(scopes, &pat).await;
        assert_eq!(trial, Trial::Works { status: 200 }, "{scopes}");
        assert_eq!(world.asked(), 1, "{scopes}");
        assert_eq!(world.sim.log()[0].identity, format!("pat:{id}"));
        world.acme.revoke(&id).await.unwrap();
        let trial = world.try_with(scopes, &pat).await;
        assert!(is_refused(&trial), "{scopes}: {trial:?}");
    }
}

#[tokio::test]
async fn a_pat_that_is_not_active_yet_is_refused_once_for_each_try() {
    let world = world();
    world
        .sim
        .cloud(|cloud| cloud.manners.activation = Activation::AfterUses(2));
    let (_, pat) = world.mint("vso.build").await;
    let mut trials = Vec::new();
    for _ in 0..3 {
        trials.push(is_refused(&world.try_with("vso.build", &pat).await));
    }
    assert_eq!(trials, [true, true, false]);
}

#[tokio::test]
async fn public_projects_do_not_make_a_dead_pat_work() {
    let world = world();
    world
        .sim
        .cloud(|cloud| cloud.organization_mut("acme").unwrap().public = true);
    let dead = SecretString::from("made-up-pat-of-forty-characters-01234567");
    let projects = "https://dev.azure.com/acme/_apis/projects?api-version=7.1";
    for scopes in ["vso.project", "vso.code", "vso.release"] {
        let trial = world.try_with(scopes, &dead).await;
        assert!(is_refused(&trial), "{scopes}: {trial:?}");
    }
    assert!(is_refused(&world.try_given(projects, &dead).await));
    let (_, pat) = world.mint("vso.project").await;
    world.sim.clear_log();
    assert_eq!(
        world.try_given(projects, &pat).await,
        Trial::Works { status: 200 }
    );
    assert_eq!(world.asked(), 1);
}

#[tokio::test]
async fn a_missing_page_is_a_refusal_only_where_a_person_named_it() {
    let world = world();
    let (_, pat) = world.mint("vso.build").await;
    let missing = "https://dev.azure.com/acme/platform/_apis/nothing?api-version=7.1";
    let Trial::Refused(failure) = world.try_given(missing, &pat).await else {
        panic!("a page that is missing was taken for one that is there")
    };
    assert!(failure.ways_out[0].contains("correct verifyUrl"), "{failure:?}");
    let gone = || {
        Fault::once(
            Match::any().path("build"),
            Action::Replace {
                status: 404,
                content_type: "application/json".into(),
                body: "{}".into(),
            },
        )
    };
    world.sim.fault(gone());
    world.sim.clear_log();
    assert_eq!(
        world.try_with("vso.build", &pat).await,
        Trial::Works { status: 404 }
    );
    assert_eq!(world.asked(), 2, "connection data settles it");
    world.sim.fault(gone());
    world
        .sim
        .cloud(|cloud| cloud.manners.connection_data = ConnectionData::Refused(Refusal::PatRefused));
    assert!(is_refused(&world.try_with("vso.build", &pat).await));
}

#[tokio::test]
async fn a_service_that_fails_proves_nothing_and_is_asked_once() {
    for action in [
        Action::status(500),
        Action::status(503),
        Action::ResetBefore,
        Action::ResetAfter,
        Action::Truncate(5),
        Action::Replace {
            status: 200,
            content_type: "text/html".into(),
            body: "<html>the proxy's own page</html>".into(),
        },
    ] {
        let world = world();
        let (_, pat) = world.mint("vso.build").await;
        let said = format!("{action:?}");
        world.sim.fault(Fault::always(Match::any(), action));
        world.sim.clear_log();
        let Trial::ProvesNothing(failure) = world.try_with("vso.build", &pat).await else {
            panic!("{said} proved something")
        };
        assert_eq!(failure.kind, FailureKind::Service, "{said}");
        assert!(failure.what.starts_with("A call to "));
        assert_eq!(world.asked(), 1, "{said}");
    }
}

#[tokio::test]
async fn a_pat_that_a_service_quotes_comes_back_in_no_failure() {
    let world = world();
    let (_, pat) = world.mint("vso.build").await;
    for status in [401, 403, 500] {
        let body = format!(
            r#"{{"message":"who is {} there","typeKey":"x"}}"#,
            pat.expose_secret()
        );
        world.sim.fault(Fault::always(
            Match::any(),
            Action::Replace {
                status,
                content_type: "application/json".into(),
                body,
            },
        ));
        let trial = format!("{:?}", world.try_with("vso.build", &pat).await);
        assert!(trial.contains("***"), "{trial}");
        assert!(!trial.contains(&pat.expose_secret()[..30]), "{trial}");
        world.sim.clear_faults();
    }
}

#[tokio::test]
async fn connection_data_tells_the_account_and_the_users_id() {
    let world = world();
    let account = world.acme.account().await.unwrap();
    assert_eq!(account.user_id.as_deref(), Some(world.user.as_str()));
    let id = world
        .sim
        .cloud(|cloud| cloud.organization("acme").unwrap().account_id.clone());
    assert_eq!(account.id, id);
}
