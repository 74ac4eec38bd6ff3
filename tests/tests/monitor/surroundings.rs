//! What of the job reaches the program: its environment and its arguments.

use patkeeper_sim::{Action, Fault, Match};
use patkeeper_tests::processes::Seen;
use patkeeper_tests::running::Run;

use patkeeper_tests::world::{PATS, World, eventually};

/// Runs the step, and looks at the program while the cloud keeps it waiting.
fn program_of(world: &mut World) -> (Seen, Run) {
    world
        .sim
        .fault(Fault::once(Match::any().path(PATS), Action::Hang));
    let running = world.start(&World::step());
    eventually("the list is asked for", || {
        world.sim.log().iter().any(|request| request.path.contains(PATS))
    });
    let seen = running.descendants();
    assert_eq!(seen.len(), 1, "{seen:?}");
    let run = running.cancel().finish(&mut world.job);
    (seen.into_iter().next().unwrap(), run)
}

#[test]
fn the_program_gets_what_it_needs_and_no_other_secret_of_the_job() {
    let mut world = World::having(&[("a", 60)]);
    world.job = world
        .job
        .secret("Deploy.Key", "another secret of the job")
        .secret("AZURE_CLIENT_SECRET", "a third secret, made up")
        .machine("SECRET_OF_THE_MACHINE", "a fourth secret, made up")
        .machine("AWS_SECRET_ACCESS_KEY", "a fifth secret, made up")
        .variable("LD_PRELOAD_HINT", "x");
    let (program, run) = program_of(&mut world);
    assert_eq!(program.variable("INPUT_ACCESSTOKEN"), Some(world.token.as_str()));
    assert_eq!(program.variable("AGENT_PROXYURL"), Some(world.sim.proxy_url()));
    for (name, value) in &program.environment {
        let foreign =
            name.starts_with("SECRET_") || name == "VSTS_SECRET_VARIABLES" || name == "AWS_SECRET_ACCESS_KEY";
        assert!(!foreign, "{name}");
        assert!(
            !value.contains("made up") && !value.contains("another secret"),
            "{name}"
        );
    }
    let others = [
        "another secret of the job",
        "a third secret, made up",
        "a fourth secret, made up",
        "a fifth secret, made up",
    ];
    world.assert_no_secret(&run, &others);
}

#[test]
fn the_jobs_token_that_yaml_maps_is_not_handed_on() {
    let mut world = World::having(&[("a", 60)]);
    let token = world.job.job_token().to_owned();
    world
        .sim
        .fault(Fault::once(Match::any().path(PATS), Action::Hang));
    let running = world.start(&World::step().env("SYSTEM_ACCESSTOKEN", &token));
    eventually("the list is asked for", || {
        world.sim.log().iter().any(|request| request.path.contains(PATS))
    });
    let program = running.descendants();
    let _ = running.cancel().finish(&mut world.job);
    assert_eq!(program[0].variable("SYSTEM_ACCESSTOKEN"), None);
}

#[test]
fn no_secret_is_among_the_programs_arguments() {
    let mut world = World::having(&[("a", 60)]);
    let (program, _) = program_of(&mut world);
    assert_eq!(
        program.arguments.get(1..),
        Some(&["task".to_owned(), "PatMonitor".to_owned()][..])
    );
}

#[test]
fn variables_of_the_job_cannot_redirect_the_program() {
    let steering = [
        "HTTPS_PROXY",
        "HTTP_PROXY",
        "ALL_PROXY",
        "NO_PROXY",
        "SSL_CERT_FILE",
        "SSL_CERT_DIR",
        "AZURE_AUTHORITY_HOST",
        "AZURE_CLIENT_ID",
        "IDENTITY_ENDPOINT",
        "IDENTITY_HEADER",
    ];
    let spellings: [fn(&str) -> String; 4] = [
        str::to_owned,
        |name| name.to_lowercase(),
        |name| name.replace('_', "."),
        |name| name.replace('_', " "),
    ];
    for spelling in spellings {
        let mut world = World::having(&[("a", 60)]);
        for name in steering {
            world.job = world.job.variable(&spelling(name), "http://127.0.0.1:9");
        }
        let (program, _) = program_of(&mut world);
        for name in steering {
            let reached = program
                .environment
                .iter()
                .find(|(known, _)| known.eq_ignore_ascii_case(name));
            assert_eq!(reached, None, "as {}", spelling(name));
        }
    }
}

#[test]
fn settings_of_the_machine_reach_the_program() {
    let mut world = World::having(&[("a", 60)]);
    world.job = world
        .job
        .machine("NO_PROXY", "internal.example")
        .machine("HTTPS_PROXY", "http://127.0.0.1:9");
    let (program, _) = program_of(&mut world);
    assert_eq!(program.variable("NO_PROXY"), Some("internal.example"));
    assert_eq!(program.variable("HTTPS_PROXY"), Some("http://127.0.0.1:9"));
}

#[test]
fn the_tokens_go_to_their_host_alone() {
    let mut world = World::having(&[("a", 60)]);
    world.run(&World::step());
    let log = world.sim.log();
    assert!(!log.is_empty());
    for request in log {
        assert!(
            ["dev.azure.com", "vssps.dev.azure.com"].contains(&request.host.as_str()),
            "{}",
            request.host
        );
        assert!(
            !request.path.contains(&world.token) && !request.query.contains("secret"),
            "{request:?}"
        );
        assert_eq!(request.identity, format!("user:{}", patkeeper_tests::world::UPN));
    }
}
