use proptest::prelude::*;
use secrecy::ExposeSecret;

use super::*;
use crate::inputs::agent_variable;
use crate::registry::pat_monitor::TASK;

const CONNECTION: (&str, &str) = ("azureSubscription", "0f1e2d3c-0000-4000-8000-00000000abcd");
const TOKEN: (&str, &str) = ("accessToken", "made-up-token");
const VAULT: (&str, &str) = ("refreshTokenVault", "https://acme-kv.vault.azure.net/");
const SECRET: (&str, &str) = ("refreshTokenSecret", "patkeeper-refresh");
const APP: (&str, &str) = ("clientId", "0F1E2D3C-0000-4000-8000-00000000c11e");
const TENANT: (&str, &str) = ("tenantId", "acme.onmicrosoft.com");
/// All that a refresh token takes on an agent.
const REFRESH: [(&str, &str); 4] = [CONNECTION, VAULT, SECRET, APP];

/// As a task reads them; of two values for one input the first counts.
fn on_agent(values: &[(&str, &str)]) -> Result<SignInInputs, BadInput> {
    let inputs = Inputs::from_agent(&TASK, |variable| match variable {
        "SYSTEM_COLLECTIONURI" => Some("https://dev.azure.com/acme/".to_owned()),
        "AGENT_TEMPDIRECTORY" => Some("/agent/_temp".to_owned()),
        _ => values
            .iter()
            .find(|(name, _)| agent_variable("INPUT_", name) == variable)
            .map(|(_, value)| (*value).to_owned()),
    });
    SignInInputs::read(&inputs.unwrap())
}

/// As a command line gives them.
fn at_terminal(values: &[(&str, &str)]) -> Result<SignInInputs, BadInput> {
    let inputs = Inputs::from_flags(&TASK, |flag| {
        let value = values.iter().find(|(name, _)| *name == flag);
        value.map(|(_, value)| (*value).to_owned())
    });
    SignInInputs::read(&inputs.unwrap())
}

fn refused(read: Result<SignInInputs, BadInput>, input: &str, words: &[&str]) {
    let bad = read.unwrap_err();
    assert_eq!(bad.input, input, "{bad}");
    for word in words {
        assert!(bad.message.contains(word), "no '{word}' in: {bad}");
    }
}

#[test]
fn without_a_choice_the_inputs_imply_one() {
    let choice = |values: &[(&str, &str)]| on_agent(values).unwrap().choice;
    assert!(
        matches!(choice(&[TOKEN]), SignIn::AccessToken(token) if token.expose_secret() == "made-up-token")
    );
    assert!(matches!(choice(&[CONNECTION]), SignIn::ServiceConnection));
    assert!(matches!(choice(&REFRESH), SignIn::RefreshToken(_)));
    // The connection reaches the vault in every mode, so it never stands against another sign-in.
    assert!(matches!(choice(&[CONNECTION, TOKEN]), SignIn::AccessToken(_)));
}

#[test]
fn the_connection_is_known_whatever_the_choice() {
    for sign_in in [
        "serviceConnection",
        "managedIdentity",
        "accessToken",
        "refreshToken",
        "azureCli",
    ] {
        let values = [&[("signIn", sign_in), TOKEN][..], &REFRESH].concat();
        let read = on_agent(&values).unwrap();
        assert_eq!(
            read.azure_subscription.as_deref(),
            Some(CONNECTION.1),
            "{sign_in}"
        );
    }
    assert_eq!(on_agent(&[TOKEN]).unwrap().azure_subscription, None);
}

#[test]
fn two_sign_ins_need_the_choice_and_it_decides() {
    let both = [&[TOKEN][..], &REFRESH].concat();
    refused(
        on_agent(&both),
        "signIn",
        &["accessToken", "refreshTokenSecret", "choose"],
    );
    let chosen = |sign_in| {
        on_agent(&[&[("signIn", sign_in)][..], &both].concat())
            .unwrap()
            .choice
    };
    assert!(matches!(chosen("accessToken"), SignIn::AccessToken(_)));
    assert!(matches!(chosen("refreshToken"), SignIn::RefreshToken(_)));
}

#[test]
fn no_sign_in_at_all_is_refused_on_an_agent_and_the_azure_cli_at_a_terminal() {
    refused(
        on_agent(&[]),
        "signIn",
        &["accessToken", "azureSubscription", "azureCli"],
    );
    refused(
        on_agent(&[("managedIdentityClientId", APP.1)]),
        "signIn",
        &["managedIdentityClientId", "managedIdentity"],
    );
    assert!(matches!(at_terminal(&[]).unwrap().choice, SignIn::AzureCli));
}

#[test]
fn each_choice_names_what_it_lacks() {
    let lacks = |sign_in: &'static str, without: &[(&str, &str)], input: &str| {
        let values = [&[("signIn", sign_in)][..], without].concat();
        refused(on_agent(&values), input, &["missing", "signIn", sign_in]);
    };
    lacks("accessToken", &[CONNECTION], "accessToken");
    lacks("serviceConnection", &[TOKEN], "azureSubscription");
    for left_out in REFRESH {
        let rest: Vec<_> = REFRESH.into_iter().filter(|value| *value != left_out).collect();
        lacks("refreshToken", &rest, left_out.0);
    }
    let implied: Vec<_> = REFRESH.into_iter().filter(|value| *value != APP).collect();
    refused(
        on_agent(&implied),
        "clientId",
        &["missing", "imply", "refreshToken"],
    );
}

#[test]
fn a_vault_whose_secret_was_forgotten_is_not_taken_for_a_plain_connection() {
    refused(
        on_agent(&[CONNECTION, VAULT, APP]),
        "refreshTokenSecret",
        &["missing"],
    );
    assert!(on_agent(&[TOKEN, VAULT]).is_ok());
}

#[test]
fn a_refresh_token_is_read_with_all_that_it_takes() {
    let SignIn::RefreshToken(read) = on_agent(&REFRESH).unwrap().choice else {
        panic!("another sign-in")
    };
    assert_eq!((read.client_id.as_str(), read.tenant_id), (APP.1, None));
    assert_eq!((read.vault.name(), read.secret.as_str()), ("acme-kv", SECRET.1));
    assert!(matches!(read.proof, ClientProof::None));
    let SignIn::RefreshToken(read) = on_agent(&[&[TENANT][..], &REFRESH].concat()).unwrap().choice else {
        panic!("another sign-in")
    };
    assert_eq!(read.tenant_id.as_deref(), Some(TENANT.1));
}

#[test]
fn an_app_proves_itself_as_chosen_and_no_secret_is_left_unused() {
    let with = |values: &[(&str, &str)]| on_agent(&[values, &REFRESH].concat());
    let proof = |values: &[(&str, &str)]| match with(values).unwrap().choice {
        SignIn::RefreshToken(read) => read.proof,
        other => panic!("{other:?}"),
    };
    let secret = ("clientSecret", "made-up-secret");
    assert!(matches!(
        proof(&[("clientAuthentication", "federated")]),
        ClientProof::Federated
    ));
    let given = proof(&[("clientAuthentication", "Secret"), secret]);
    assert!(matches!(given, ClientProof::Secret(given) if given.expose_secret() == secret.1));
    refused(
        with(&[("clientAuthentication", "secret")]),
        "clientSecret",
        &["missing", "clientAuthentication"],
    );
    for unused in ["none", "federated", ""] {
        let bad = with(&[("clientAuthentication", unused), secret]);
        refused(bad, "clientSecret", &["clientAuthentication", "secret"]);
    }
    // Another sign-in never looks at it.
    assert!(on_agent(&[TOKEN, secret]).is_ok());
}

#[test]
fn ids_are_guids_and_a_tenant_may_be_a_domain() {
    for wrong in [
        "acme",
        "0f1e2d3c00004000800000000000c11e",
        "{0f1e2d3c-0000-4000-8000-00000000c11e}",
        "0f1e2d3c-0000-4000-8000-00000000c11g",
        "0f1e2d3c0-000-4000-8000-00000000c11e",
        "0f1e2d3c-0000-4000-8000-00000000c11e\n0f1e2d3c-0000-4000-8000-00000000c11e",
        "acme.example/../x",
    ] {
        let shown = &wrong[..4];
        refused(
            on_agent(&[&[("clientId", wrong)][..], &REFRESH].concat()),
            "clientId",
            &[shown, "GUID"],
        );
        let identity = [("signIn", "managedIdentity"), ("managedIdentityClientId", wrong)];
        refused(on_agent(&identity), "managedIdentityClientId", &[shown, "GUID"]);
        refused(
            on_agent(&[&[("tenantId", wrong)][..], &REFRESH].concat()),
            "tenantId",
            &[shown, "GUID"],
        );
    }
    for wrong in [
        "common",
        "organizations",
        ".com",
        "acme..com",
        "-acme.com",
        "acme.com?x",
        "acme.com#",
        "äcme.com",
    ] {
        refused(
            on_agent(&[&[("tenantId", wrong)][..], &REFRESH].concat()),
            "tenantId",
            &["onmicrosoft.com"],
        );
    }
    for right in ["acme.onmicrosoft.com", "acme.example", APP.1] {
        assert!(
            on_agent(&[&[("tenantId", right)][..], &REFRESH].concat()).is_ok(),
            "{right}"
        );
    }
    let identity = [("signIn", "managedIdentity"), ("managedIdentityClientId", APP.1)];
    let SignIn::ManagedIdentity { client_id } = on_agent(&identity).unwrap().choice else {
        panic!("another sign-in")
    };
    assert_eq!(client_id.as_deref(), Some(APP.1));
}

#[test]
fn a_vault_is_one_of_azure_and_a_secret_has_a_name_that_can_be_one() {
    for wrong in [
        "https://acme-kv.vault.azure.net.evil.example/",
        "http://acme-kv.vault.azure.net",
        "a",
        "a_b",
    ] {
        let bad = on_agent(&[&[("refreshTokenVault", wrong)][..], &REFRESH].concat());
        refused(bad, "refreshTokenVault", &[wrong, "acme-kv"]);
    }
    for wrong in ["a/b", "a_b", "a b"] {
        let bad = on_agent(&[&[("refreshTokenSecret", wrong)][..], &REFRESH].concat());
        refused(bad, "refreshTokenSecret", &[wrong, "hyphens"]);
    }
}

#[test]
fn what_the_chosen_sign_in_does_not_use_is_not_looked_at() {
    let odd = [
        TOKEN,
        ("clientId", "odd"),
        ("tenantId", "odd"),
        ("managedIdentityClientId", "odd"),
        ("refreshTokenVault", "!"),
        ("clientSecret", "odd"),
    ];
    assert!(matches!(on_agent(&odd).unwrap().choice, SignIn::AccessToken(_)));
    let unknown = [TOKEN, ("clientAuthentication", "perhaps")];
    refused(
        on_agent(&unknown),
        "clientAuthentication",
        &["perhaps", "federated"],
    );
}

#[test]
fn a_connection_is_one_line_of_any_kind() {
    refused(
        on_agent(&[("azureSubscription", "a\nb")]),
        "azureSubscription",
        &["one service connection"],
    );
    let named = on_agent(&[("azureSubscription", " Contoso (production) ")]).unwrap();
    assert_eq!(named.azure_subscription.as_deref(), Some("Contoso (production)"));
}

#[test]
fn at_a_terminal_nothing_waits_for_a_connection() {
    refused(
        at_terminal(&[CONNECTION]),
        "azureSubscription",
        &["--azure-subscription", "agent", "Azure CLI"],
    );
    refused(
        at_terminal(&[("signIn", "serviceConnection")]),
        "signIn",
        &["--sign-in", "azureCli"],
    );
    let refresh = [VAULT, SECRET, APP];
    refused(at_terminal(&refresh), "tenantId", &["--tenant-id", "missing"]);
    let complete = [&[TENANT][..], &refresh].concat();
    assert!(matches!(
        at_terminal(&complete).unwrap().choice,
        SignIn::RefreshToken(_)
    ));
    let federated = [&[("clientAuthentication", "federated")][..], &complete].concat();
    refused(
        at_terminal(&federated),
        "clientAuthentication",
        &["--client-authentication", "secret"],
    );
    assert!(matches!(
        at_terminal(&[TOKEN]).unwrap().choice,
        SignIn::AccessToken(_)
    ));
    let identity = [("signIn", "managedIdentity")];
    assert!(matches!(
        at_terminal(&identity).unwrap().choice,
        SignIn::ManagedIdentity { client_id: None }
    ));
}

#[test]
fn no_secret_shows_when_what_was_read_is_printed() {
    let values = [
        &[
            ("clientAuthentication", "secret"),
            ("clientSecret", "made-up-secret"),
        ][..],
        &REFRESH,
    ]
    .concat();
    let printed = format!(
        "{:?} {:?}",
        on_agent(&values).unwrap(),
        on_agent(&[TOKEN]).unwrap()
    );
    assert!(!printed.contains("made-up"), "{printed}");
}

proptest! {
    #[test]
    fn a_tenant_that_is_read_cannot_leave_its_place_in_a_url(text in "\\PC{0,40}|[a-zA-Z0-9./?#@:%-]{1,40}") {
        let values = [&[("signIn", "refreshToken"), ("tenantId", text.as_str())][..], &REFRESH].concat();
        let inputs = Inputs::from_flags(&TASK, |flag| {
            let value = values.iter().find(|(name, _)| *name == flag && flag != "azureSubscription");
            value.map(|(_, value)| (*value).to_owned())
        });
        if let Ok(Ok(SignInInputs { choice: SignIn::RefreshToken(read), .. })) = inputs.map(|i| SignInInputs::read(&i)) {
            let tenant = read.tenant_id.unwrap();
            prop_assert!(tenant.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.'));
            prop_assert!(!tenant.starts_with('.') && !tenant.contains(".."), "{}", tenant);
        }
    }
}
