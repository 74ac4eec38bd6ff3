//! How many requests it may take to end 500 PATs, against the least that the service's pages and calls allow.

use patkeeper_sim::LoggedRequest;
use patkeeper_tests::job::Step;
use patkeeper_tests::world::PATS;

use crate::scene::{REVOCATIONS, Scene, end, ends, everyones, for_real, mine};

const MANY: usize = 500;
/// As many as either list has on a page.
const PAGE: usize = 100;

/// Revokes them all; the ids, and what was sent.
fn revoked(everyone: bool, how: impl Fn(&Scene, Vec<String>) -> Step) -> Vec<LoggedRequest> {
    let mut scene = Scene::new();
    let owner = if everyone {
        scene.ann.clone()
    } else {
        scene.world.user.clone()
    };
    let ids = (0..MANY).map(|number| scene.pat_of(&owner, &format!("ci-{number:03}")));
    let ids: Vec<String> = ids.collect();
    let step = how(&scene, ids);
    let run = scene.revoke(&for_real(step));
    assert_eq!(end(&run), ends([500, 500, 0, 0], 0), "{}", run.log());
    scene.requests()
}

fn count(requests: &[LoggedRequest], part: &str) -> usize {
    requests
        .iter()
        .filter(|request| request.path.contains(part))
        .count()
}

fn assert_within_two(requests: &[LoggedRequest], least: usize, what: &str) {
    let sent = requests.len();
    assert!(sent <= least + 2, "{what}: {sent} requests, {least} would do");
}

#[test]
fn ones_own_take_a_request_each_and_the_pages_of_the_list() {
    let least = MANY + MANY / PAGE;
    for selector in ["all", "names", "authorizationIds"] {
        let requests = revoked(false, |_, ids| match selector {
            "all" => mine().input("all", "true"),
            "names" => mine().input("names", "ci-*"),
            _ => mine().input("authorizationIds", &ids.join("\n")),
        });
        assert_eq!(count(&requests, PATS), least, "{selector}");
        assert_within_two(&requests, least, selector);
    }
}

#[test]
fn an_owners_take_one_request_and_the_pages_of_the_lists() {
    for selector in ["all", "names", "authorizationIds"] {
        let by_descriptor = revoked(true, |scene, ids| {
            let step = everyones().input("owners", &scene.descriptor(&scene.ann));
            chosen(step, selector, &ids)
        });
        assert_eq!(count(&by_descriptor, REVOCATIONS), 1, "{selector}");
        assert_within_two(&by_descriptor, 1 + MANY / PAGE, selector);

        let by_upn = revoked(true, |_, ids| {
            chosen(everyones().input("owners", "ann@acme.example"), selector, &ids)
        });
        let least = 1 + MANY / PAGE + count(&by_upn, "graph/users");
        assert_within_two(&by_upn, least, selector);
    }
}

fn chosen(step: Step, selector: &str, ids: &[String]) -> Step {
    match selector {
        "all" => step.input("all", "true"),
        "names" => step.input("names", "ci-*"),
        _ => step.input("authorizationIds", &ids.join("\n")),
    }
}
