use super::*;
use crate::inputs::agent_variable;
use crate::inputs::given;
use crate::registry::{Kind, TASKS};

/// What a plain step has; values given replace these.
const BASE: &[(&str, &str)] = &[
    ("organization", "acme"),
    ("accessToken", "made-up-token"),
    ("azureSubscription", "0f1e2d3c-0000-4000-8000-00000000abcd"),
    ("vault", "acme-kv"),
    ("secretName", "build-pipeline-pat"),
    ("name", "ci-build"),
    ("scopes", "vso.build_execute vso.code"),
];

const GUID: &str = "3f9c01ab-0000-4000-8000-00000000000a";

fn read(values: &[(&str, &str)]) -> Result<PatRotateInputs, BadInput> {
    let inputs = given::by_agent(&registry::TASK, &[values, BASE].concat())?;
    PatRotateInputs::read(&inputs)
}

fn typed(values: &[(&str, &str)]) -> Result<PatRotateInputs, BadInput> {
    let inputs = given::by_people(
        &registry::TASK,
        &[values, &[("azureSubscription", "")], BASE].concat(),
    )?;
    PatRotateInputs::read(&inputs)
}

fn refusal(values: &[(&str, &str)], input: &Input) -> String {
    given::refusal(input, read(values).unwrap_err(), typed(values).unwrap_err())
}

#[test]
fn a_step_with_what_is_required_has_the_contracts_defaults() {
    for inputs in [read(&[]).unwrap(), typed(&[]).unwrap()] {
        let settings = &inputs.settings;
        assert_eq!(settings.organization.name(), "acme");
        assert_eq!(settings.store, "Key Vault acme-kv");
        assert_eq!(
            (settings.name.as_str(), settings.secret.as_str()),
            ("ci-build", "build-pipeline-pat")
        );
        assert_eq!(
            (settings.mode, settings.valid_days, settings.overlap_hours),
            (Mode::Replace, 90, 24)
        );
        assert_eq!(
            (settings.renew_before_days, settings.adopt.as_ref()),
            (None, None)
        );
        assert!(!settings.force && !settings.dry_run && !inputs.expose_token);
        assert!(inputs.warnings.is_empty() && inputs.verify_url.is_none() && inputs.channels.slack.is_none());
    }
}

#[test]
fn every_input_reaches_what_it_is_for() {
    let inputs = read(&[
        ("vault", "https://acme-kv.vault.azure.net/"),
        ("scopes", "vso.code,\nvso.work vso.full_access"),
        ("mode", "Extend"),
        ("validDays", "365"),
        ("renewBeforeDays", "364"),
        ("overlapHours", "0"),
        ("force", "True"),
        ("allowFullAccess", "true"),
        ("adopt", GUID),
        ("dryRun", "true"),
        ("exposeToken", "true"),
        (
            "verifyUrl",
            "https://dev.azure.com/acme/_apis/projects?api-version=7.1",
        ),
        ("slackWebhookUrl", "https://hooks.example/x"),
    ])
    .unwrap();
    let settings = &inputs.settings;
    assert_eq!(settings.mode, Mode::Extend);
    assert_eq!(
        (
            settings.valid_days,
            settings.renew_before_days,
            settings.overlap_hours
        ),
        (365, Some(364), 0)
    );
    assert!(settings.force && settings.dry_run && inputs.expose_token);
    assert_eq!(settings.adopt.as_ref().unwrap().as_str(), GUID);
    assert_eq!(settings.scopes.to_string(), "vso.code vso.work app_token");
    assert_eq!(
        inputs.verify_url.as_deref(),
        Some("https://dev.azure.com/acme/_apis/projects?api-version=7.1")
    );
    assert!(inputs.channels.slack.is_some() && inputs.channels.teams.is_none());
    assert_eq!(
        (inputs.vault.name(), inputs.secret.as_str()),
        ("acme-kv", "build-pipeline-pat")
    );
}

#[test]
fn an_organization_that_the_agent_names_need_not_be_named_again() {
    let all = [("SYSTEM_COLLECTIONURI", "https://dev.azure.com/fabrikam/")];
    let variable = |name: &str| match name.strip_prefix("INPUT_") {
        Some(input) if !input.eq_ignore_ascii_case("organization") => given::find(BASE, input),
        _ => given::find(&all, name),
    };
    let inputs = PatRotateInputs::read(&Inputs::from_agent(&registry::TASK, variable).unwrap()).unwrap();
    assert_eq!(inputs.settings.organization.name(), "fabrikam");
}

#[test]
fn what_is_required_is_missed_by_name() {
    for (input, what) in [
        (&registry::NAME, "base name"),
        (&registry::SCOPES, "vso.code"),
        (&registry::VAULT, "name or URL"),
        (&registry::SECRET_NAME, "secret's name"),
    ] {
        assert!(input.required);
        for empty in ["", "  "] {
            let refused = refusal(&[(input.name, empty)], input);
            assert!(refused.contains(what), "{refused}");
        }
    }
    let organization = typed(&[("organization", "")]).unwrap_err();
    assert_eq!(organization.input, "organization");
}

#[test]
fn every_optional_input_may_be_empty() {
    let optional = registry::TASK.inputs.iter().filter(|input| !input.required);
    for input in
        optional.filter(|input| !["organization", "accessToken", "azureSubscription"].contains(&input.name))
    {
        for empty in ["", " \n\t"] {
            assert!(read(&[(input.name, empty)]).is_ok(), "{}", input.name);
        }
    }
}

#[test]
fn every_refusal_names_the_input_shows_the_value_and_says_what_is_allowed() {
    let long = "x".repeat(65);
    for (input, value, parts) in [
        (
            &registry::ORGANIZATION,
            "https://evil.example/acme",
            ["evil.example", "https://dev.azure.com/acme/"],
        ),
        (
            &registry::ORGANIZATION,
            "https://tfs.example/DefaultCollection",
            ["tfs.example", "Azure DevOps Server"],
        ),
        (
            &registry::ORGANIZATION,
            "acme\nfabrikam",
            ["'acme, fabrikam'", "allowed is one"],
        ),
        (
            &registry::ORGANIZATION,
            "acme\nacme",
            ["'acme, acme'", "allowed is one"],
        ),
        (&registry::NAME, "ci/prod", ["'ci/prod'", "letters"]),
        (&registry::NAME, "größe", ["'größe'", "letters"]),
        (&registry::NAME, &long, ["'xxx", "64"]),
        (&registry::SCOPES, ",\n ,", ["none", "vso.code"]),
        (
            &registry::SCOPES,
            "vso.code;vso.work",
            ["'vso.code;vso.work'", "separated"],
        ),
        (
            &registry::SCOPES,
            "vso.full_access",
            ["app_token", "allowFullAccess"],
        ),
        (&registry::MODE, "renew", ["'renew'", "replace and extend"]),
        (&registry::VALID_DAYS, "0", ["'0'", "1 to 365"]),
        (&registry::VALID_DAYS, "366", ["'366'", "1 to 365"]),
        (&registry::VALID_DAYS, "soon", ["'soon'", "1 to 365"]),
        (&registry::RENEW_BEFORE_DAYS, "0", ["'0'", "1 to 364"]),
        (&registry::RENEW_BEFORE_DAYS, "90", ["90", "1 to 89"]),
        (&registry::RENEW_BEFORE_DAYS, "91", ["91", "1 to 89"]),
        (&registry::RENEW_BEFORE_DAYS, "a third", ["'a third'", "1 to 364"]),
        (&registry::OVERLAP_HOURS, "-1", ["'-1'", "0 to 8760"]),
        (&registry::OVERLAP_HOURS, "1 day", ["'1 day'", "0 to 8760"]),
        (&registry::ADOPT, "ci-build", ["'ci-build'", "GUID"]),
        (&registry::STORE, "keychain", ["'keychain'", "keyVault"]),
        (
            &registry::STORE,
            "hashicorpVault",
            ["does not have 'hashicorpVault' yet", "keyVault"],
        ),
        (
            &registry::STORE,
            "AWSSecretsManager",
            ["does not have 'awsSecretsManager' yet", "keyVault"],
        ),
        (
            &registry::VAULT,
            "https://acme-kv.vault.evil.example/",
            ["acme-kv.vault.evil", "https://acme-kv.vault.azure.net/"],
        ),
        (
            &registry::VAULT,
            "http://acme-kv.vault.azure.net/",
            ["http://acme-kv", "https://"],
        ),
        (&registry::VAULT, "kv", ["'kv'", "3 to 24"]),
        (
            &registry::SECRET_NAME,
            "build_pat",
            ["'build_pat'", "letters, digits and hyphens"],
        ),
        (&registry::SECRET_NAME, "a/b", ["'a/b'", "1 to 127"]),
        (
            &registry::VERIFY_URL,
            "https://dev.azure.com/acme/\nhttps://evil.example/",
            ["'https://dev.azure.com/acme/", "one URL"],
        ),
        (&registry::FORCE, "maybe", ["'maybe'", "true nor false"]),
        (&registry::DRY_RUN, "1", ["'1'", "true nor false"]),
        (&registry::EXPOSE_TOKEN, "yes", ["'yes'", "true nor false"]),
        (&registry::ALLOW_FULL_ACCESS, "on", ["'on'", "true nor false"]),
    ] {
        let refused = refusal(&[(input.name, value)], input);
        for part in parts {
            assert!(refused.contains(part), "{refused}");
        }
        assert!(!refused.contains('\n'), "{refused}");
    }
}

#[test]
fn the_days_before_the_end_are_compared_with_the_days_given_and_not_with_the_default() {
    let refused = refusal(
        &[("validDays", "30"), ("renewBeforeDays", "30")],
        &registry::RENEW_BEFORE_DAYS,
    );
    assert!(refused.contains("1 to 29"), "{refused}");
    assert!(read(&[("validDays", "120"), ("renewBeforeDays", "100")]).is_ok());
    let one = refusal(
        &[("validDays", "1"), ("renewBeforeDays", "1")],
        &registry::RENEW_BEFORE_DAYS,
    );
    assert!(one.contains("Leave it out"), "{one}");
}

#[test]
fn a_password_in_a_url_is_not_shown() {
    for (input, value) in [
        (&registry::VERIFY_URL, "https://me:hunter2@dev.azure.com/ acme"),
        (&registry::VAULT, "https://me:hunter2@acme-kv.vault.azure.net/"),
        (&registry::ORGANIZATION, "https://me:hunter2@dev.azure.com/acme"),
    ] {
        let refused = refusal(&[(input.name, value)], input);
        assert!(!refused.contains("hunter2"), "{refused}");
    }
}

#[test]
fn at_a_terminal_a_refusal_and_a_warning_speak_of_flags_alone() {
    let inputs: Vec<&str> = TASKS
        .iter()
        .flat_map(|task| task.inputs)
        .map(|input| input.name)
        .collect();
    let camel = |words: &str| {
        let mut named = inputs.iter().filter(|name| name.contains(char::is_uppercase));
        named.find(|name| words.contains(**name)).copied()
    };
    for values in [
        [("scopes", "app_token"), ("validDays", "90")],
        [("validDays", "1"), ("renewBeforeDays", "1")],
        [("validDays", "30"), ("renewBeforeDays", "30")],
    ] {
        let refused = typed(&values).unwrap_err().message;
        assert_eq!(camel(&refused), None, "{refused}");
    }
    let scopes = [("scopes", "vso.code vso.cod_write")];
    let warned = typed(&scopes).unwrap().warnings;
    assert!(
        warned
            .iter()
            .all(|words| words.starts_with("--scopes: vso.cod_write")),
        "{warned:?}"
    );
    assert!(
        read(&scopes)
            .unwrap()
            .warnings
            .concat()
            .starts_with("scopes: vso.cod_write")
    );
    assert_eq!(warned.len(), 1);
}

#[test]
fn on_an_agent_the_vault_is_reached_by_a_connection_or_by_a_machine_that_signs_in() {
    let without = ("azureSubscription", "");
    let refused = read(&[without]).unwrap_err();
    assert_eq!(refused.input, "azureSubscription");
    assert!(refused.message.contains("Key Vault"), "{refused}");
    let refreshed = [
        without,
        ("signIn", "refreshToken"),
        ("refreshTokenVault", "acme-kv"),
        ("refreshTokenSecret", "patkeeper-refresh"),
        ("clientId", GUID),
    ];
    assert_eq!(read(&refreshed).unwrap_err().input, "azureSubscription");
    for choice in ["managedIdentity", "azureCli"] {
        let inputs = read(&[without, ("signIn", choice)]).unwrap();
        assert_eq!(inputs.sign_in.azure_subscription, None, "{choice}");
    }
    let connection = read(&[("signIn", "managedIdentity")]).unwrap();
    assert!(
        connection.sign_in.azure_subscription.is_some(),
        "it reaches the vault where it is given"
    );
    assert!(typed(&[]).is_ok(), "at a terminal the Azure CLI reaches it");
}

#[test]
fn the_bounds_that_the_designer_shows_are_those_of_the_rotation() {
    let bounds = |input: &Input| match input.kind {
        Kind::Number { min, max } => (min, max),
        _ => panic!("{} is no number", input.name),
    };
    for input in [&registry::VALID_DAYS, &registry::OVERLAP_HOURS] {
        let (min, max) = bounds(input);
        for value in [min, max] {
            assert!(
                read(&[(input.name, &value.to_string())]).is_ok(),
                "{} {value}",
                input.name
            );
        }
    }
    let (min, max) = bounds(&registry::RENEW_BEFORE_DAYS);
    for value in [min, max] {
        let values = [("validDays", "365"), ("renewBeforeDays", &value.to_string())];
        assert!(read(&values).is_ok(), "{value}");
    }
}

#[test]
fn a_dry_run_may_be_asked_for_the_token_too() {
    let inputs = read(&[("dryRun", "true"), ("exposeToken", "true")]).unwrap();
    assert!(inputs.settings.dry_run && inputs.expose_token);
}

#[test]
fn a_variable_that_is_not_set_is_refused_in_every_input() {
    for input in registry::TASK.inputs {
        let key = agent_variable("INPUT_", input.name);
        let given = |name: &str| match name {
            _ if name == key => Some("$(nowhere)".to_owned()),
            _ => given::find(BASE, name.strip_prefix("INPUT_")?),
        };
        let refused = Inputs::from_agent(&registry::TASK, given).unwrap_err();
        assert_eq!(refused.input, input.name);
        assert!(refused.message.contains("$(nowhere)"), "{refused}");
    }
}
