//! The agent's proxy and certificates.

use patkeeper_sim::{Action, Certificate, Fault, Match, SimConfig};
use patkeeper_tests::step::StepResult::{Failed, Succeeded};

use patkeeper_tests::world::{World, end, ends};

#[test]
fn a_certificate_that_is_not_trusted_fails_at_once_and_sends_nothing() {
    for kind in [
        Certificate::UntrustedCa,
        Certificate::Expired,
        Certificate::WrongName,
    ] {
        let mut world = World::having(&[("a", 60)]);
        for host in ["dev.azure.com", "vssps.dev.azure.com"] {
            world.sim.certificate(host, kind);
        }
        let run = world.run(&World::step());
        run.assert_well_behaved();
        assert_eq!(end(&run), ends("unknown", Failed, 4), "{kind:?}\n{}", run.log());
        assert!(run.log().contains("certificate"), "{}", run.log());
        assert!(world.sim.log().is_empty());
        let tunnels = world.sim.tunnels().len();
        assert!(tunnels <= 3, "{tunnels} tries, though none could help");
        world.assert_no_secret(&run, &[]);
    }
}

#[test]
fn without_the_agents_ca_the_proxys_certificates_are_not_trusted() {
    let mut world = World::having(&[("a", 60)]);
    world.job = world.job.agent_setting("AGENT_CAINFO", "");
    let run = world.run(&World::step());
    run.assert_well_behaved();
    assert_eq!(run.result(), Failed, "{}", run.log());
    assert!(world.sim.log().is_empty());
}

#[test]
fn a_ca_file_that_is_missing_or_empty_is_bad_configuration() {
    for content in [None, Some("no certificate")] {
        let mut world = World::having(&[("a", 60)]);
        let path = world.job.root().join("ca.pem");
        if let Some(content) = content {
            std::fs::write(&path, content).unwrap();
        }
        world.job = world
            .job
            .agent_setting("AGENT_CAINFO", &path.display().to_string());
        let run = world.run(&World::step());
        run.assert_well_behaved();
        assert_eq!(run.exit_code, Some(2), "{}", run.log());
        assert!(run.log().contains("AGENT_CAINFO"), "{}", run.log());
        assert!(world.sim.tunnels().is_empty());
    }
}

#[test]
fn skipping_certificate_checks_is_honored_and_warned_of() {
    let mut world = World::having(&[("a", 60)]);
    world
        .sim
        .certificate("vssps.dev.azure.com", Certificate::UntrustedCa);
    world.sim.certificate("dev.azure.com", Certificate::Expired);
    world.job = world.job.agent_setting("AGENT_SKIPCERTVALIDATION", "True");
    let run = world.run(&World::step());
    run.assert_well_behaved();
    assert_eq!(
        (run.output("status"), run.exit_code),
        ("ok", Some(0)),
        "{}",
        run.log()
    );
    assert_eq!(run.record.warnings.len(), 1, "{}", run.log());
}

fn with_password(user: &str, password: &str) -> World {
    let auth = Some(("svc-proxy".to_owned(), "p@ss:w%rd/made up".to_owned()));
    let mut world = World::with(SimConfig {
        proxy_auth: auth,
        ..SimConfig::default()
    });
    world.pat("a", 60);
    world.job = world
        .job
        .agent_setting("AGENT_PROXYUSERNAME", user)
        .agent_setting("SECRET_AGENT_PROXYPASSWORD", password);
    world
}

#[test]
fn a_proxy_that_asks_for_a_password_gets_it() {
    let mut world = with_password("svc-proxy", "p@ss:w%rd/made up");
    let run = world.run(&World::step());
    run.assert_well_behaved();
    assert_eq!(end(&run), ends("ok", Succeeded, 0), "{}", run.log());
    world.assert_no_secret(&run, &["p@ss:w%rd/made up"]);
}

#[test]
fn a_proxy_that_refuses_the_password_is_named_and_the_password_is_not() {
    let mut world = with_password("svc-proxy", "the wrong one");
    let run = world.run(&World::step());
    run.assert_well_behaved();
    assert_eq!(run.result(), Failed, "{}", run.log());
    assert_eq!(run.output("status"), "unknown");
    assert!(run.log().contains("127.0.0.1"), "{}", run.log());
    assert!(world.sim.log().is_empty());
    world.assert_no_secret(&run, &["the wrong one"]);
}

#[test]
fn a_proxy_that_is_down_or_refuses_is_named() {
    let mut world = World::having(&[("a", 60)]);
    world.job = world.job.agent_setting("AGENT_PROXYURL", "http://127.0.0.1:9");
    let run = world.run(&World::step());
    run.assert_well_behaved();
    assert_eq!(end(&run), ends("unknown", Failed, 4), "{}", run.log());
    assert!(run.log().contains("127.0.0.1:9"), "{}", run.log());

    let mut world = World::having(&[("a", 60)]);
    world
        .sim
        .fault(Fault::always(Match::any().method("CONNECT"), Action::status(403)));
    let run = world.run(&World::step());
    run.assert_well_behaved();
    assert_eq!(end(&run), ends("unknown", Failed, 4), "{}", run.log());
}

#[test]
fn a_bypass_list_that_is_no_list_is_bad_configuration() {
    let mut world = World::having(&[("a", 60)]);
    world.job = world.job.agent_setting("AGENT_PROXYBYPASSLIST", "not json");
    let run = world.run(&World::step());
    run.assert_well_behaved();
    assert_eq!(run.exit_code, Some(2), "{}", run.log());
    assert!(world.sim.tunnels().is_empty());
}

#[test]
fn a_bypass_pattern_that_is_none_lets_nothing_past_the_proxy_and_is_warned_of() {
    let mut world = World::having(&[("a", 60)]);
    world.job = world
        .job
        .agent_setting("AGENT_PROXYBYPASSLIST", r#"["(", "internal\\.example"]"#);
    let run = world.run(&World::step());
    run.assert_well_behaved();
    assert_eq!(
        (run.output("status"), run.exit_code),
        ("ok", Some(0)),
        "{}",
        run.log()
    );
    assert_eq!(run.record.warnings.len(), 1, "{}", run.log());
    assert!(!world.sim.log().is_empty());
}

#[test]
fn a_bypass_list_for_other_hosts_changes_nothing() {
    let mut world = World::having(&[("a", 60)]);
    world.job = world.job.agent_setting(
        "AGENT_PROXYBYPASSLIST",
        r#"["internal\\.example","^https://localhost"]"#,
    );
    let run = world.run(&World::step());
    assert_eq!(end(&run), ends("ok", Succeeded, 0), "{}", run.log());
}

#[test]
fn the_machines_own_proxy_and_roots_are_used_where_the_agent_has_none() {
    let mut world = World::having(&[("a", 60)]);
    world.job = world
        .job
        .agent_setting("AGENT_PROXYURL", "")
        .agent_setting("AGENT_CAINFO", "");
    for (name, value) in world.sim.plain_env() {
        world.job = world.job.machine(&name, &value);
    }
    let run = world.run(&World::step());
    run.assert_well_behaved();
    assert_eq!(end(&run), ends("ok", Succeeded, 0), "{}", run.log());
    assert!(!world.sim.log().is_empty());
}
