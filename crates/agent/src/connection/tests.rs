use proptest::prelude::*;

use super::*;

const ID: &str = "0f1e2d3c-0000-4000-8000-00000000abcd";
const TENANT: (&str, &str) = (
    "AUTH_PARAMETER_<id>_TENANTID",
    "0f1e2d3c-0000-4000-8000-0000000e4a17",
);
const APP: (&str, &str) = (
    "AUTH_PARAMETER_<id>_SERVICEPRINCIPALID",
    "0f1e2d3c-0000-4000-8000-00000000c11e",
);
const KEY: (&str, &str) = ("AUTH_PARAMETER_<id>_SERVICEPRINCIPALKEY", "made-up-key");

/// The variables, named without `ENDPOINT_` and with `<id>` for the connection's id.
fn variables(values: &[(&str, &str)]) -> Vec<(String, String)> {
    let variable = |(name, value): &(&str, &str)| {
        let name = match name.strip_prefix('$') {
            Some(name) => name.to_owned(),
            None => format!("ENDPOINT_{}", name.replace("<id>", ID)),
        };
        (name, (*value).to_owned())
    };
    values.iter().map(variable).collect()
}

fn read(values: &[(&str, &str)]) -> Result<AzureConnection, Failure> {
    AzureConnection::read(ID, variables(values))
}

fn scheme(scheme: &'static str) -> (&'static str, &'static str) {
    ("AUTH_SCHEME_<id>", scheme)
}

/// A federated connection, and more.
fn federated(values: &[(&str, &str)]) -> Result<AzureConnection, Failure> {
    read(&[&[scheme("WorkloadIdentityFederation"), TENANT, APP], values].concat())
}

fn refused<T: std::fmt::Debug>(read: Result<T, Failure>, words: &[&str]) {
    let failure = read.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Input);
    assert!(!failure.ways_out.is_empty(), "{failure:?}");
    let said = format!("{} {}", failure.what, failure.why.as_deref().unwrap_or_default());
    for word in words {
        assert!(said.contains(word), "no '{word}' in: {said}");
    }
    assert!(!format!("{failure:?}").contains("made-up"), "{failure:?}");
}

#[test]
fn the_scheme_decides_how_the_identity_proves_itself() {
    let read_one = read(&[scheme("workloadidentityfederation"), TENANT, APP]).unwrap();
    assert!(matches!(read_one.subject, Authentication::Federated));
    assert_eq!((read_one.id.as_str(), read_one.tenant.as_str()), (ID, TENANT.1));
    assert_eq!(
        (read_one.client_id.as_deref(), read_one.cloud),
        (Some(APP.1), Cloud::Public)
    );
    assert_eq!(read_one.secrets().count(), 0);

    for name in ["ServicePrincipal", "SERVICEPRINCIPAL"] {
        let by_key = ("AUTH_PARAMETER_<id>_AUTHENTICATIONTYPE", "SpnKey");
        for values in [
            &[scheme(name), TENANT, APP, KEY][..],
            &[scheme(name), TENANT, APP, KEY, by_key],
        ] {
            let connection = read(values).unwrap();
            let Authentication::Secret(key) = &connection.subject else {
                panic!("{connection:?}")
            };
            assert_eq!(key.expose_secret(), KEY.1);
            assert_eq!(connection.client_id.as_deref(), Some(APP.1));
            let masked: Vec<_> = connection
                .secrets()
                .map(|(_, secret)| secret.expose_secret())
                .collect();
            assert_eq!(masked, [KEY.1]);
            assert!(!format!("{connection:?}").contains(KEY.1));
        }
    }
    let no_scheme = read(&[TENANT, APP, KEY]).unwrap();
    assert!(matches!(no_scheme.subject, Authentication::Secret(_)));

    let own = read(&[scheme("ManagedServiceIdentity"), TENANT]).unwrap();
    assert!(matches!(
        own.subject,
        Authentication::ManagedIdentity { client_id: None }
    ));
    assert_eq!(own.client_id, None);
    let assigned = read(&[
        scheme("ManagedServiceIdentity"),
        TENANT,
        ("DATA_<id>_MSICLIENTID", &format!(" {} ", APP.1)),
    ])
    .unwrap();
    assert!(
        matches!(assigned.subject, Authentication::ManagedIdentity { client_id: Some(id) } if id == APP.1)
    );
}

#[test]
fn the_json_form_says_the_same_as_the_single_variables() {
    let auth = format!(
        r#"{{"parameters":{{"tenantid":"{}","serviceprincipalid":"{}","serviceprincipalkey":"made-up-key"}},"scheme":"ServicePrincipal"}}"#,
        TENANT.1, APP.1
    );
    let data = r#"{"environment":"AzureUSGovernment","environmentAuthorityUrl":"https://login.microsoftonline.us/"}"#;
    let connection = read(&[("AUTH_<id>", &auth), ("DATA_<id>", data)]).unwrap();
    assert!(matches!(connection.subject, Authentication::Secret(_)));
    assert_eq!(
        (connection.tenant.as_str(), connection.cloud),
        (TENANT.1, Cloud::UsGovernment)
    );
}

#[test]
fn an_id_is_found_whatever_the_case_of_its_letters() {
    let variables = variables(&[scheme("WorkloadIdentityFederation"), TENANT, APP]);
    let read = AzureConnection::read(&ID.to_uppercase(), variables).unwrap();
    assert_eq!(read.client_id.as_deref(), Some(APP.1));
}

#[test]
fn whatever_is_missing_is_named() {
    let federation = scheme("WorkloadIdentityFederation");
    let principal = scheme("ServicePrincipal");
    refused(read(&[federation, APP]), &[ID, "tenantid"]);
    refused(read(&[federation, TENANT]), &["serviceprincipalid"]);
    refused(read(&[principal, TENANT, KEY]), &["serviceprincipalid"]);
    refused(read(&[principal, TENANT, APP]), &["serviceprincipalkey"]);
    let blank = ("AUTH_PARAMETER_<id>_SERVICEPRINCIPALKEY", "  ");
    refused(read(&[principal, TENANT, APP, blank]), &["serviceprincipalkey"]);
    refused(read(&[scheme("ManagedServiceIdentity")]), &["tenantid"]);
    refused(read(&[]), &["no service connection", ID]);
    refused(
        read(&[("AUTH_<id>", "made-up, not JSON")]),
        &["not understood", ID],
    );
}

#[test]
fn a_certificate_and_a_scheme_of_another_kind_are_refused_as_what_they_are() {
    let certificate = (
        "AUTH_PARAMETER_<id>_SERVICEPRINCIPALCERTIFICATE",
        "made-up certificate",
    );
    let by_certificate = ("AUTH_PARAMETER_<id>_AUTHENTICATIONTYPE", "spnCertificate");
    let principal = scheme("ServicePrincipal");
    refused(
        read(&[principal, TENANT, APP, by_certificate, certificate]),
        &["certificate"],
    );
    refused(read(&[principal, TENANT, APP, certificate]), &["certificate"]);
    let odd = ("AUTH_PARAMETER_<id>_AUTHENTICATIONTYPE", "spnDance");
    refused(read(&[principal, TENANT, APP, KEY, odd]), &["spndance"]);
    for other in ["OAuth", "Token", "UsernamePassword", "PublishProfile"] {
        refused(read(&[scheme(other), TENANT, APP, KEY]), &[other]);
    }
}

#[test]
fn each_cloud_is_known_by_any_of_its_signs() {
    for (name, value, cloud) in [
        ("DATA_<id>_ENVIRONMENT", "AzureCloud", Cloud::Public),
        ("DATA_<id>_ENVIRONMENT", "azurechinacloud", Cloud::China),
        (
            "DATA_<id>_ENVIRONMENTAUTHORITYURL",
            "https://login.microsoftonline.us/",
            Cloud::UsGovernment,
        ),
        (
            "DATA_<id>_ACTIVEDIRECTORYAUTHORITY",
            "https://login.chinacloudapi.cn/",
            Cloud::China,
        ),
        (
            "DATA_<id>_AZUREKEYVAULTDNSSUFFIX",
            ".vault.usgovcloudapi.net",
            Cloud::UsGovernment,
        ),
    ] {
        assert_eq!(federated(&[(name, value)]).unwrap().cloud, cloud, "{name}");
    }
    // What a connection to the public cloud really holds: two names of one authority.
    let public = [
        ("DATA_<id>_ENVIRONMENT", "AzureCloud"),
        ("DATA_<id>_ENVIRONMENTAUTHORITYURL", "https://login.windows.net/"),
        (
            "DATA_<id>_ACTIVEDIRECTORYAUTHORITY",
            "https://login.microsoftonline.com/",
        ),
        ("DATA_<id>_AZUREKEYVAULTDNSSUFFIX", "vault.azure.net"),
    ];
    assert_eq!(federated(&public).unwrap().cloud, Cloud::Public);
}

#[test]
fn credentials_go_to_no_cloud_that_is_unknown_or_contradicted() {
    for (name, key, value) in [
        ("DATA_<id>_ENVIRONMENT", "environment", "AzureStack"),
        (
            "DATA_<id>_ENVIRONMENTAUTHORITYURL",
            "environmentAuthorityUrl",
            "https://login.evil.example/",
        ),
        (
            "DATA_<id>_ACTIVEDIRECTORYAUTHORITY",
            "activeDirectoryAuthority",
            "http://login.microsoftonline.com/",
        ),
        (
            "DATA_<id>_AZUREKEYVAULTDNSSUFFIX",
            "AzureKeyVaultDnsSuffix",
            "vault.azure.net.evil.example",
        ),
    ] {
        refused(federated(&[(name, value)]), &[ID, key, value, "AzureCloud"]);
    }
    let two = [
        ("DATA_<id>_ENVIRONMENT", "AzureCloud"),
        ("DATA_<id>_AZUREKEYVAULTDNSSUFFIX", "vault.azure.cn"),
    ];
    refused(
        federated(&two),
        &["environment", "AzureKeyVaultDnsSuffix", "AzureChinaCloud"],
    );
}

#[test]
fn a_client_id_that_is_no_id_is_refused_by_its_name() {
    let app = ("AUTH_PARAMETER_<id>_SERVICEPRINCIPALID", "acme deploy");
    let federation = scheme("WorkloadIdentityFederation");
    refused(read(&[federation, TENANT, app]), &["serviceprincipalid"]);
    let assigned = ("DATA_<id>_MSICLIENTID", "acme/agents");
    let identity = scheme("ManagedServiceIdentity");
    refused(read(&[identity, TENANT, assigned]), &["msiclientId"]);
}

#[test]
fn a_tenant_that_could_leave_its_place_in_a_url_is_refused() {
    for tenant in ["../common", "..", "a/b", "a?b", "a#b", "a%2fb", "a b"] {
        let values = [
            scheme("WorkloadIdentityFederation"),
            ("AUTH_PARAMETER_<id>_TENANTID", tenant),
            APP,
        ];
        refused(read(&values), &["tenantid"]);
    }
}

const URI: (&str, &str) = (
    "$SYSTEM_OIDCREQUESTURI",
    "https://dev.azure.com/acme/p1/_apis/distributedtask/hubs/build/plans/p2/jobs/j3/oidctoken",
);
const JOB_TOKEN: (&str, &str) = (
    "AUTH_PARAMETER_SYSTEMVSSCONNECTION_ACCESSTOKEN",
    "made-up-job-token",
);

fn oidc(values: &[(&str, &str)]) -> Result<OidcRequest, Failure> {
    federated(&[]).unwrap().oidc_request(variables(values))
}

#[test]
fn the_oidc_token_is_asked_for_with_the_jobs_token() {
    let json = r#"{"parameters":{"AccessToken":"made-up-job-token"},"scheme":"OAuth"}"#;
    for token in [JOB_TOKEN, ("AUTH_SYSTEMVSSCONNECTION", json)] {
        let request = oidc(&[URI, token]).unwrap();
        assert_eq!(
            (request.uri.as_str(), request.token.expose_secret()),
            (URI.1, JOB_TOKEN.1)
        );
        assert!(!format!("{request:?}").contains("made-up"));
    }
}

#[test]
fn without_a_place_or_a_token_the_message_says_which_and_why() {
    refused(oidc(&[JOB_TOKEN]), &["System.OidcRequestUri", "agent"]);
    refused(
        oidc(&[JOB_TOKEN, ("$SYSTEM_OIDCREQUESTURI", " ")]),
        &["System.OidcRequestUri"],
    );
    refused(oidc(&[URI]), &["job's own token"]);
    let with_key = read(&[TENANT, APP, KEY]).unwrap();
    refused(
        with_key.oidc_request(variables(&[URI, JOB_TOKEN])),
        &[ID, "workload identity federation"],
    );
}

#[test]
fn the_jobs_token_is_sent_to_azure_devops_only() {
    let path = "/_apis/distributedtask/hubs/build/plans/p/jobs/j/oidctoken";
    for host in [
        "dev.azure.com/acme",
        "DEV.azure.com/acme",
        "vstoken.dev.azure.com/acme",
        "acme.visualstudio.com",
    ] {
        let uri = format!("https://{host}{path}");
        assert!(
            oidc(&[("$SYSTEM_OIDCREQUESTURI", &uri), JOB_TOKEN]).is_ok(),
            "{uri}"
        );
    }
    for place in [
        "http://dev.azure.com/acme",
        "https://dev.azure.com.evil.example/acme",
        "https://evil.example/dev.azure.com",
        "https://dev.azure.com@evil.example/acme",
        "https://me@dev.azure.com/acme",
        "https://dev.azure.com:8443/acme",
        "https://evildev.azure.com/acme",
        "https://visualstudio.com/acme",
        "https://relay.tunnels.visualstudio.com/acme",
        "https://127.0.0.1/acme",
        "https://[::1]/acme",
        "https://dev.azure.com\\@evil.example/acme\n",
        "dev.azure.com/acme",
        "javascript:alert(1)",
    ] {
        let uri = format!("{place}{path}");
        let result = oidc(&[("$SYSTEM_OIDCREQUESTURI", &uri), JOB_TOKEN]);
        if place.contains('\\') {
            // A backslash is a slash to whoever reads URLs, so this one does lead to Azure DevOps.
            assert!(
                result.unwrap().uri.starts_with("https://dev.azure.com/@evil"),
                "{uri}"
            );
        } else {
            refused(result, &["System.OidcRequestUri", "token"]);
        }
    }
}

fn names() -> impl Strategy<Value = String> {
    let parts = prop_oneof![
        Just("AUTH_<id>"),
        Just("AUTH_SCHEME_<id>"),
        Just("AUTH_PARAMETER_<id>_TENANTID"),
        Just("AUTH_PARAMETER_<id>_SERVICEPRINCIPALID"),
        Just("AUTH_PARAMETER_<id>_SERVICEPRINCIPALKEY"),
        Just("AUTH_PARAMETER_<id>_AUTHENTICATIONTYPE"),
        Just("DATA_<id>"),
        Just("DATA_<id>_ENVIRONMENT"),
        Just("DATA_<id>_ENVIRONMENTAUTHORITYURL"),
        Just("DATA_<id>_AZUREKEYVAULTDNSSUFFIX"),
    ];
    parts.prop_map(str::to_owned)
}

fn values() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[ -~]{0,40}",
        Just("WorkloadIdentityFederation".to_owned()),
        Just("ManagedServiceIdentity".to_owned()),
        Just(r#"{"scheme":"ServicePrincipal","parameters":{"tenantid":"t"}}"#.to_owned()),
        Just("AzureCloud".to_owned()),
        Just("https://login.microsoftonline.us/".to_owned()),
    ]
}

proptest! {
    #[test]
    fn whatever_an_agent_passes_is_a_connection_or_one_harmless_refusal(
        given in prop::collection::vec((names(), values()), 0..8),
        id in prop_oneof![Just(ID.to_owned()), any::<String>()],
    ) {
        let given: Vec<_> = given
            .into_iter()
            .map(|(name, value)| (format!("ENDPOINT_{}", name.replace("<id>", &id)), value))
            .collect();
        match AzureConnection::read(&id, given) {
            Ok(connection) => {
                prop_assert!(!connection.tenant.is_empty() && !connection.tenant.contains(['/', '?', '#', '@', '%']));
                prop_assert!(connection.client_id.as_deref() != Some(""));
            }
            Err(failure) => {
                let said = format!("{} {}", failure.what, failure.why.unwrap_or_default());
                prop_assert!(!said.contains(['\n', '\r', '\u{1b}']), "{:?}", said);
                prop_assert!(!said.to_lowercase().contains("##vso"), "{:?}", said);
            }
        }
    }

    #[test]
    fn a_key_is_in_no_refusal(key in "[a-zA-Z0-9~._-]{12,40}", more in values()) {
        let values = [TENANT, KEY, ("DATA_<id>_ENVIRONMENT", more.as_str())];
        let variables = variables(&values).into_iter().map(|(name, value)| {
            let value = if value == KEY.1 { key.clone() } else { value };
            (name, value)
        });
        if let Err(failure) = AzureConnection::read(ID, variables) {
            let printed = format!("{failure:?}");
            prop_assert!(!printed.contains(&key));
        }
    }

    #[test]
    fn an_oidc_place_that_is_accepted_is_azure_devops(uri in "https://[a-z0-9.@:/\\\\?#-]{0,20}(dev.azure.com|visualstudio.com)[a-z0-9.@:/\\\\?#-]{0,20}") {
        if let Ok(request) = oidc(&[("$SYSTEM_OIDCREQUESTURI", &uri), JOB_TOKEN]) {
            let rest = request.uri.strip_prefix("https://").unwrap();
            let host = rest.split(['/', '?', '#']).next().unwrap();
            let known = host == "dev.azure.com" || host.ends_with(".dev.azure.com") || host.ends_with(".visualstudio.com");
            prop_assert!(known && !host.contains([':', '@']), "{}", request.uri);
        }
    }
}
