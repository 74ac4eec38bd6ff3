//! How many requests a rotation of one due PAT may cost, sign-in included. Who waits for a pipeline waits for these.

use patkeeper_sim::LoggedRequest;
use patkeeper_tests::office::Registration;

use crate::scene::{Scene, end, ends};

fn listed(requests: &[LoggedRequest]) -> String {
    let lines = requests.iter().map(|request| {
        format!(
            "{} {}{} {}",
            request.method, request.host, request.path, request.query
        )
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn with_a_token_and_a_service_principal_for_the_vault() {
    for overlap in ["24", "0"] {
        let mut scene = Scene::rotated(70);
        let run = scene.rotate(&scene.step().input("overlapHours", overlap));
        assert_eq!(end(&run), ends(true, 0), "{}", run.log());
        let requests = scene.requests();
        println!("overlapHours {overlap}: {} requests", requests.len());
        assert!(requests.len() <= 16, "{}:\n{}", requests.len(), listed(&requests));
    }
}

#[test]
fn with_a_refresh_token_over_federation() {
    for (registration, how) in [
        (Registration::Public, "none"),
        (Registration::Federated, "federated"),
    ] {
        let mut scene = Scene::rotated(70);
        scene.office.signed_in(registration);
        let step = scene
            .filled(scene.office.refresh_step())
            .input("clientAuthentication", how);
        let run = scene.rotate(&step);
        assert_eq!(end(&run), ends(true, 0), "{}", run.log());
        let requests = scene.requests();
        println!("clientAuthentication {how}: {} requests", requests.len());
        assert!(requests.len() <= 22, "{}:\n{}", requests.len(), listed(&requests));
    }
}

#[test]
fn a_run_in_which_nothing_is_due_costs_little() {
    let mut scene = Scene::rotated(10);
    let run = scene.rotate(&scene.step());
    assert_eq!(end(&run), ends(false, 0), "{}", run.log());
    let requests = scene.requests();
    println!("not due: {} requests", requests.len());
    assert!(requests.len() <= 8, "{}:\n{}", requests.len(), listed(&requests));
}
