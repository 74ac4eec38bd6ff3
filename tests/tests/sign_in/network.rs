//! The agent's proxy and certificates on the way to Microsoft Entra and Key Vault; what never takes that way; and
//! variables of the job that would lead elsewhere.

use std::fs;

use patkeeper_sim::Certificate;
use patkeeper_tests::step::StepResult::{Failed, Succeeded};
use patkeeper_tests::world::{end, ends};

use crate::office::{ENTRA_HOST, Office, VAULT_HOST};

fn healthy() -> Office {
    Office::with(&[("healthy", 60)])
}

/// The hosts that tunnels led to, each once.
fn hosts(office: &Office) -> Vec<String> {
    let mut hosts: Vec<String> = office
        .world
        .sim
        .tunnels()
        .into_iter()
        .map(|tunnel| tunnel.host)
        .collect();
    hosts.sort();
    hosts.dedup();
    hosts
}

#[test]
fn entra_and_key_vault_are_reached_through_the_agents_proxy() {
    let mut office = healthy();
    let step = office.refresh_step();
    let run = office.run(&step);
    assert_eq!(end(&run), ends("ok", Succeeded, 0), "{}", run.log());
    assert_eq!(
        hosts(&office),
        [VAULT_HOST, "dev.azure.com", ENTRA_HOST, "vssps.dev.azure.com"]
    );
    let tunnels = office.world.sim.tunnels();
    assert!(
        tunnels
            .iter()
            .all(|tunnel| tunnel.method == "CONNECT" && tunnel.status == Some(200)),
        "{tunnels:#?}"
    );
}

#[test]
fn the_identity_endpoint_is_never_asked_through_a_proxy() {
    let mut office = healthy();
    office.apps_have_the_same_pats();
    office.in_app_service();
    let proxy = office.world.sim.proxy_url().to_owned();
    office.machine(&[
        ("HTTP_PROXY", &proxy),
        ("http_proxy", &proxy),
        ("HTTPS_PROXY", &proxy),
        ("ALL_PROXY", &proxy),
    ]);
    let run = office.run(&Office::step("managedIdentity"));
    assert_eq!(end(&run), ends("unknown", Failed, 3), "{}", run.log());
    assert_eq!(office.asked("127.0.0.1").len(), 1);
    assert_eq!(hosts(&office), ["dev.azure.com", "vssps.dev.azure.com"]);
}

#[test]
fn a_certificate_that_is_not_trusted_ends_the_sign_in_at_the_first_try() {
    for host in [ENTRA_HOST, VAULT_HOST] {
        let mut office = healthy();
        office.world.sim.certificate(host, Certificate::UntrustedCa);
        let step = office.refresh_step();
        let run = office.run(&step);
        assert_eq!(end(&run), ends("unknown", Failed, 4), "{host}\n{}", run.log());
        assert!(
            run.log().contains("certificate") && run.log().contains(host),
            "{}",
            run.log()
        );
        assert_eq!(office.tunnels(host), 1, "{host}");
        assert!(office.asked(host).is_empty());
    }
}

#[test]
fn a_machine_without_any_certificate_authority_is_told_so() {
    let mut office = healthy();
    let (file, folder) = (
        office.world.job.root().join("empty.pem"),
        office.world.job.root().join("empty"),
    );
    fs::write(&file, "").unwrap();
    fs::create_dir(&folder).unwrap();
    office.machine(&[
        ("SSL_CERT_FILE", &file.display().to_string()),
        ("SSL_CERT_DIR", &folder.display().to_string()),
    ]);
    office.change_job(|job| job.agent_setting("AGENT_CAINFO", ""));
    let step = office.refresh_step();
    let run = office.run(&step);
    assert_eq!(run.exit_code, Some(2), "{}", run.log());
    let [error] = run.record.errors.as_slice() else {
        panic!("{}", run.log())
    };
    assert!(
        error.contains("certificate") && error.contains("ca-certificates"),
        "{error}"
    );
    assert!(office.world.sim.tunnels().is_empty());
}

#[test]
fn no_variable_of_the_job_leads_a_sign_in_elsewhere() {
    const ELSEWHERE: &str = "https://evil.example/";
    let mut office = healthy();
    office.has_azure_cli();
    office.in_app_service();
    office.apps_have_the_same_pats();
    let names = [
        "AZURE_AUTHORITY_HOST",
        "AZURE.AUTHORITY.HOST",
        "IDENTITY_ENDPOINT",
        "IDENTITY_HEADER",
        "AZURE_CONFIG_DIR",
        "AZURE_CLIENT_ID",
        "AZURE_TENANT_ID",
        "AZURE_FEDERATED_TOKEN_FILE",
        "MSI_ENDPOINT",
        "IMDS_ENDPOINT",
        "REQUESTS_CA_BUNDLE",
    ];
    let connection = office.federated.clone();
    let fields = [
        "ENVIRONMENTAUTHORITYURL",
        "ACTIVEDIRECTORYAUTHORITY",
        "AZUREKEYVAULTDNSSUFFIX",
    ];
    let fields = fields.map(|field| format!("ENDPOINT_DATA_{connection}_{field}"));
    office.change_job(|job| {
        let names = names.iter().copied().chain(fields.iter().map(String::as_str));
        names.fold(job, |job, name| job.variable(name, ELSEWHERE))
    });
    let steps = [
        office.refresh_step(),
        Office::connection_step(&office.federated),
        Office::connection_step(&office.managed),
        Office::step("managedIdentity"),
        Office::step("azureCli"),
    ];
    for step in steps {
        office.run(&step);
        assert!(
            hosts(&office).iter().all(|host| !host.contains("evil")),
            "{step:?}: {:?}",
            hosts(&office)
        );
    }
    for record in fs::read_dir(office.az_record()).unwrap() {
        let record = fs::read_to_string(record.unwrap().path()).unwrap();
        assert!(!record.contains("evil"), "{record}");
    }
    // Where the agent's own word for it is taken, a place that is not Azure DevOps' is refused before anything is sent.
    office.world.sim.clear_log();
    for uri in [
        "https://evil.example/oidctoken",
        "https://dev.azure.com.evil.example/oidctoken",
        "http://dev.azure.com/oidctoken",
        "https://dev.azure.com@evil.example/oidctoken",
    ] {
        office.change_job(|job| job.variable("SYSTEM_OIDCREQUESTURI", uri));
        let step = office.refresh_step();
        let run = office.run(&step);
        assert_eq!(run.exit_code, Some(2), "{uri}\n{}", run.log());
        assert!(run.log().contains("System.OidcRequestUri"), "{}", run.log());
        assert_eq!(office.world.sim.tunnels().len(), 0, "{uri}");
    }
}
