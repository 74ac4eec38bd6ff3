//! The new PAT is tried before it is stored.

use std::slice;
use std::time::Duration;

use chrono::TimeDelta;
use patkeeper_sim::{Action, Activation, Fault, Match, Pat, Refusal};
use patkeeper_tests::job::Step;

use patkeeper_tests::world::at_once;

use crate::scene::{Scene, assert_says, end, ends};

/// What the scopes lead to.
const CHOSEN: &str = "_apis/build/controllers";

fn always(action: Action) -> impl Fn(&Scene) + Send + Sync {
    move |scene| {
        scene
            .sim()
            .fault(Fault::always(Match::any().path(CHOSEN), action.clone()));
    }
}

type Arrange = Box<dyn Fn(&Scene) + Send + Sync>;
/// What is arranged, what the step says more, and words that the log must hold.
type Case = (Arrange, fn(Step) -> Step, &'static [&'static str]);

/// The only PAT minted was revoked again, and the old one is as it was.
fn assert_taken_back(scene: &Scene, old: &Pat, log: &str) {
    assert_eq!(scene.live(), slice::from_ref(old), "{log}");
    assert_eq!(scene.stored(), *old, "{log}");
    let revoked = scene.cloud(|cloud| cloud.pats.iter().filter(|pat| pat.revoked.is_some()).count());
    assert_eq!(revoked, 1, "{log}");
    assert_eq!(scene.tag("patkeeper-intent"), "", "{log}");
    assert_eq!(scene.versions().len(), 2, "{log}");
}

/// All that is tried for half a minute, at once.
#[test]
fn a_pat_that_does_not_work_is_revoked_again_and_the_old_one_stays() {
    let same: fn(Step) -> Step = |step| step;
    let repositories: fn(Step) -> Step =
        |step| step.input("verifyUrl", "https://dev.azure.com/acme/_apis/git/repositories");
    let nothing_there: fn(Step) -> Step =
        |step| step.input("verifyUrl", "https://dev.azure.com/acme/_apis/no/such/thing");
    let not_its_scope: fn(Step) -> Step = |step| {
        step.input(
            "verifyUrl",
            "https://dev.azure.com/acme/_apis/distributedtask/pools",
        )
    };
    let forbidden: Arrange = Box::new(|scene| {
        let refusal = Refusal::Exception {
            status: 403,
            type_key: "AccessDeniedException".to_owned(),
            message: "made-up refusal of the repositories".to_owned(),
        };
        scene.sim().fault(Fault::always(
            Match::any().path("_apis/git/repositories"),
            Action::Refuse(refusal),
        ));
    });
    let nothing: fn() -> Arrange = || Box::new(|_| {});
    let never: Arrange = Box::new(|scene| {
        scene.cloud(|cloud| cloud.manners.activation = Activation::After(TimeDelta::hours(1)));
    });
    let cases: Vec<Case> = vec![
        (
            Box::new(always(Action::Refuse(Refusal::PatRefused))),
            same,
            &[
                "The new PAT does not work",
                "The new PAT was revoked, and the old one is as it was",
            ],
        ),
        (
            Box::new(always(Action::Refuse(Refusal::SignInPage))),
            same,
            &["The new PAT does not work"],
        ),
        (never, same, &["The new PAT does not work"]),
        (
            Box::new(always(Action::status(503))),
            same,
            &["Whether the new PAT works could not be seen"],
        ),
        (
            forbidden,
            repositories,
            &["does not work", "_apis/git/repositories", "verifyUrl"],
        ),
        (
            nothing(),
            nothing_there,
            &["does not work", "_apis/no/such/thing", "verifyUrl"],
        ),
        (
            nothing(),
            not_its_scope,
            &["does not work", "distributedtask/pools", "verifyUrl"],
        ),
    ];
    at_once(&cases, 24, |(arrange, alter, words)| {
        let mut scene = Scene::rotated(70);
        let old = scene.stored();
        arrange(&scene);
        let step = alter(scene.step());
        let run = scene.rotate(&step);
        assert_eq!(end(&run), ends(false, 4), "{}", run.log());
        assert_says(&run, words);
        assert_taken_back(&scene, &old, &run.log());
    });
}

#[test]
fn a_pat_that_takes_a_while_to_work_is_tried_again_and_stored() {
    for activation in [
        Activation::AfterUses(3),
        Activation::After(TimeDelta::milliseconds(1500)),
    ] {
        let mut scene = Scene::rotated(70);
        scene.cloud(|cloud| cloud.manners.activation = activation);
        let run = scene.rotate(&scene.step());
        assert_eq!(end(&run), ends(true, 0), "{activation:?}\n{}", run.log());
        // One PAT was made, and tried until it worked.
        assert_eq!(scene.live().len(), 2);
        let tries = scene
            .requests()
            .iter()
            .filter(|request| request.path.contains(CHOSEN))
            .count();
        assert!(tries > 1, "{}", run.log());
    }
}

#[test]
fn a_url_that_is_slow_to_answer_is_waited_for() {
    let mut scene = Scene::rotated(70);
    scene.sim().fault(Fault::once(
        Match::any().path(CHOSEN),
        Action::Delay(Duration::from_millis(300)),
    ));
    let run = scene.rotate(&scene.step());
    assert_eq!(end(&run), ends(true, 0), "{}", run.log());
}

#[test]
fn the_url_that_is_named_is_the_one_that_is_tried() {
    let mut scene = Scene::rotated(70);
    let url = "https://dev.azure.com/acme/_apis/git/repositories?api-version=7.1";
    let run = scene.rotate(&scene.step().input("verifyUrl", url));
    assert_eq!(end(&run), ends(true, 0), "{}", run.log());
    let asked = |path: &str| {
        scene
            .requests()
            .iter()
            .filter(|request| request.path.contains(path))
            .count()
    };
    assert!(asked("_apis/git/repositories") > 0 && asked(CHOSEN) == 0);
    let basic = scene.requests().into_iter().find(|request| {
        request.path.contains("_apis/git/repositories")
            && request
                .header("authorization")
                .is_some_and(|header| header.starts_with("Basic"))
    });
    assert!(basic.is_some(), "the PAT itself is tried");
}

#[test]
fn a_url_that_is_not_the_organizations_is_refused_and_nothing_is_sent() {
    for url in [
        "https://evil.example/acme/_apis/projects",
        "https://dev.azure.com.evil.example/acme/_apis/projects",
        "https://dev.azure.com/other/_apis/projects",
        "https://dev.azure.com@evil.example/acme/_apis/projects",
        "https://dev.azure.com:8443/acme/_apis/projects",
        "http://dev.azure.com/acme/_apis/projects",
        "https://other.visualstudio.com/_apis/projects",
        "dev.azure.com/acme/_apis/projects",
        "https://dev.azure.com/acme/../other/_apis/projects",
    ] {
        let mut scene = Scene::rotated(70);
        let run = scene.rotate(&scene.step().input("verifyUrl", url));
        assert_eq!(
            (run.exit_code, run.output("rotated")),
            (Some(2), ""),
            "{url}\n{}",
            run.log()
        );
        assert_says(&run, &["verifyUrl"]);
        assert!(scene.requests().is_empty(), "{url}");
        assert!(scene.sim().tunnels().is_empty(), "{url}");
    }
}
