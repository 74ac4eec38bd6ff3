//! Azure's instance metadata service is at 169.254.169.254 wherever a program runs, so a test that goes there runs in a
//! network namespace of its own, in which nothing else can be reached either.

use std::process::Command;

use patkeeper_sim::AppTokens;
use patkeeper_tests::job::Step;
use patkeeper_tests::step::StepResult::{Failed, Succeeded};
use patkeeper_tests::world::{end, ends, task};

use crate::office::Office;

/// Set inside.
const INSIDE: &str = "PATKEEPER_TESTS_OWN_NETWORK";
/// The loopback device alone.
const LOOPBACK: &str = "ip link set lo up";
/// And on it the metadata service's address.
const METADATA: &str = "ip link set lo up && ip addr add 169.254.169.254/32 dev lo";

/// Runs the test of this name again in a namespace that this script has prepared. `true`: this is it.
fn inside(test: &str, prepare: &str) -> bool {
    if std::env::var_os(INSIDE).is_some() {
        return true;
    }
    let namespace = |script: &str| {
        let mut command = Command::new("unshare");
        command.args(["--map-root-user", "--net", "sh", "-c", script, "sh"]);
        command
    };
    if !namespace(prepare)
        .output()
        .is_ok_and(|output| output.status.success())
    {
        eprintln!("skipped: {test}: no network namespace can be had here");
        return false;
    }
    // Whatever has to be built is built out here.
    let _ = task();
    let this = std::env::current_exe().unwrap();
    let output = namespace(&format!("{prepare} && exec \"$@\""))
        .arg(this)
        .args(["--exact", test, "--nocapture", "--test-threads=1"])
        .env(INSIDE, "")
        .output()
        .unwrap();
    let said =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
    false
}

#[test]
fn a_virtual_machines_identity_signs_in_past_every_proxy() {
    if !inside(
        "own_network::a_virtual_machines_identity_signs_in_past_every_proxy",
        METADATA,
    ) {
        return;
    }
    let mut office = Office::with(&[("healthy", 60)]);
    office.apps_have_the_same_pats();
    office
        .world
        .sim
        .cloud(|cloud| cloud.manners.app_tokens = AppTokens::Allowed);
    office
        .world
        .sim
        .imds("169.254.169.254:80".parse().unwrap())
        .unwrap();
    let proxy = office.world.sim.proxy_url().to_owned();
    office.machine(&[
        ("HTTP_PROXY", &proxy),
        ("http_proxy", &proxy),
        ("ALL_PROXY", &proxy),
    ]);
    let steps = [
        Office::step("managedIdentity"),
        Office::step("managedIdentity").input("managedIdentityClientId", &office.identity),
        Office::connection_step(&office.managed),
        office
            .refresh_step()
            .input("azureSubscription", &office.managed)
            .input("tenantId", &office.tenant),
    ];
    for step in steps {
        office.world.sim.clear_log();
        let run = office.run(&step);
        assert_eq!(end(&run), ends("ok", Succeeded, 0), "{step:?}\n{}", run.log());
        let asked = office.asked("169.254.169.254");
        assert!(
            asked.iter().any(|request| request.status == Some(200)),
            "{asked:#?}"
        );
        assert_eq!(office.tunnels("169.254.169.254"), 0);
        let tunnels = office.world.sim.tunnels();
        assert!(
            tunnels.iter().all(|tunnel| tunnel.method == "CONNECT"),
            "{tunnels:#?}"
        );
    }
}

fn is_told_that_it_is_outside_of_azure(office: &mut Office, step: &Step) {
    let run = office.run(step);
    assert_eq!(end(&run), ends("unknown", Failed, 3), "{}", run.log());
    for words in [
        "No managed identity on this agent",
        "169.254.169.254",
        "outside Azure",
        "workload identity federation",
    ] {
        assert!(run.log().contains(words), "no '{words}' in:\n{}", run.log());
    }
}

#[test]
fn where_nobody_answers_at_the_address_a_step_is_told_that_it_is_outside_of_azure() {
    if inside(
        "own_network::where_nobody_answers_at_the_address_a_step_is_told_that_it_is_outside_of_azure",
        METADATA,
    ) {
        let mut office = Office::new();
        is_told_that_it_is_outside_of_azure(&mut office, &Office::step("managedIdentity"));
    }
}

#[test]
fn where_no_way_leads_to_the_address_a_step_is_told_that_it_is_outside_of_azure() {
    if inside(
        "own_network::where_no_way_leads_to_the_address_a_step_is_told_that_it_is_outside_of_azure",
        LOOPBACK,
    ) {
        let mut office = Office::new();
        let step = Office::connection_step(&office.managed);
        is_told_that_it_is_outside_of_azure(&mut office, &step);
    }
}
