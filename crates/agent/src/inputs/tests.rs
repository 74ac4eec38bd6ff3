use proptest::prelude::*;

use super::*;
use crate::context::AgentContext;
use crate::registry::{self, channels, organization, pat_monitor, reports, sign_in};

fn agent(values: &[(&str, &str)]) -> Result<Inputs, BadInput> {
    Inputs::from_agent(&pat_monitor::TASK, |name| {
        values
            .iter()
            .find(|(key, _)| *key == name)
            .map(|(_, value)| (*value).to_owned())
    })
}

const COLLECTION: (&str, &str) = ("SYSTEM_COLLECTIONURI", "https://dev.azure.com/acme/");
const TEMP: (&str, &str) = ("AGENT_TEMPDIRECTORY", "/agent/_temp");

#[test]
fn a_default_that_came_with_its_macro_is_resolved_from_the_agents_variables() {
    for given in [
        None,
        Some(("INPUT_ORGANIZATION", "$(System.CollectionUri)")),
        Some(("INPUT_ORGANIZATION", " ")),
    ] {
        let mut values = vec![COLLECTION, TEMP];
        values.extend(given);
        let inputs = agent(&values).unwrap();
        assert_eq!(
            inputs.text(&organization::SEVERAL),
            Some("https://dev.azure.com/acme/")
        );
        assert_eq!(
            inputs.text(&reports::REPORT_DIRECTORY),
            Some("/agent/_temp/patkeeper")
        );
    }
}

#[test]
fn a_default_that_cannot_be_resolved_is_bad_input() {
    let bad = agent(&[TEMP]).unwrap_err();
    assert_eq!(bad.input, "organization");
    assert!(bad.message.contains("$(System.CollectionUri)"), "{bad}");
}

#[test]
fn every_input_with_an_unresolved_macro_is_refused_by_name() {
    for input in pat_monitor::TASK.inputs {
        let key = agent_variable("INPUT_", input.name);
        for value in ["$(Not.There)", "  x $(Not.There) y"] {
            let bad = agent(&[COLLECTION, TEMP, (&key, value)]).unwrap_err();
            assert_eq!(bad.input, input.name);
            assert!(bad.message.starts_with(&format!("{}: ", input.name)), "{bad}");
            assert!(bad.message.contains("$(Not.There)"), "{bad}");
        }
    }
}

#[test]
fn people_read_the_flag_and_not_the_agents_name() {
    let inputs = Inputs::from_flags(&pat_monitor::TASK, |name| {
        (name == "warningDays").then(|| "soon".to_owned())
    })
    .unwrap();
    let bad = inputs.number(&pat_monitor::WARNING_DAYS).unwrap_err();
    assert_eq!(
        bad.message,
        "--warning-days: 'soon' is not a whole number from 0 to 3650."
    );
    assert!(
        !inputs.has(&organization::SEVERAL),
        "only an agent can resolve this default"
    );
    assert_eq!(inputs.number(&pat_monitor::CRITICAL_DAYS), Ok(Some(7)));
}

#[test]
fn a_default_kept_for_the_policy_file_does_not_count_as_given() {
    let inputs = agent(&[COLLECTION, TEMP]).unwrap();
    assert_eq!(inputs.number(&pat_monitor::MAX_LIFETIME_DAYS), Ok(None));
    assert!(!inputs.has(&pat_monitor::FORBIDDEN_SCOPES));
}

#[test]
fn an_alias_stands_in_for_a_name_that_is_not_given() {
    static TASK: Task = Task {
        inputs: &[Input::new("connection", Kind::Flag, "", "").aliases(&["serviceConnection"])],
        ..pat_monitor::TASK
    };
    let read = |values: &[(&str, &str)]| {
        Inputs::from_agent(&TASK, |name| {
            values
                .iter()
                .find(|(key, _)| *key == name)
                .map(|(_, value)| (*value).to_owned())
        })
        .unwrap()
    };
    let input = &TASK.inputs[0];
    assert_eq!(
        read(&[("INPUT_SERVICECONNECTION", "TRUE")]).flag(input),
        Ok(Some(true))
    );
    let both = [("INPUT_SERVICECONNECTION", "true"), ("INPUT_CONNECTION", "False")];
    assert_eq!(read(&both).flag(input), Ok(Some(false)));
    assert_eq!(read(&[]).flag(input), Ok(None));
    assert_eq!(
        read(&[("INPUT_CONNECTION", "yes")])
            .flag(input)
            .unwrap_err()
            .message,
        "connection: 'yes' is neither true nor false."
    );
}

#[test]
fn the_secrets_given_are_known_before_any_input_is_judged() {
    let inputs = agent(&[
        COLLECTION,
        TEMP,
        ("INPUT_ACCESSTOKEN", "made-up-token"),
        ("INPUT_CLIENTSECRET", "made-up-secret"),
        ("INPUT_WEBHOOKURL", "no url at all"),
        ("INPUT_WARNINGDAYS", "soon"),
    ])
    .unwrap();
    let names: Vec<_> = inputs.secrets().map(|(name, _)| name).collect();
    assert_eq!(names, ["accessToken", "clientSecret", "webhookUrl"]);
}

#[test]
fn a_bad_input_is_a_failure_of_exit_code_2() {
    let failure = Failure::from(agent(&[TEMP]).unwrap_err());
    assert_eq!(failure.kind.exit_code(), 2);
}

proptest! {
    #[test]
    fn numbers_are_read_only_from_plain_digits(text in "[ -~]{1,12}") {
        let inputs = agent(&[COLLECTION, TEMP, ("INPUT_WARNINGDAYS", &text)]);
        if let Ok(Ok(Some(number))) = inputs.map(|inputs| inputs.number(&pat_monitor::WARNING_DAYS)) {
            let text = text.trim();
            prop_assert!(text.is_empty() || text.trim_start_matches('0') == number.to_string().trim_start_matches('0'));
            prop_assert!(number <= 3650);
        }
    }

    #[test]
    fn reading_anything_never_panics_and_a_refusal_is_one_harmless_line(
        which in 0..pat_monitor::TASK.inputs.len(),
        value in any::<String>(),
    ) {
        let input = &registry::pat_monitor::TASK.inputs[which];
        let key = agent_variable("INPUT_", input.name);
        let token = ("INPUT_ACCESSTOKEN", "made-up-token");
        let result = agent(&[(&key, &value), COLLECTION, TEMP, token]).and_then(|i| PatMonitorInputs::read(&i, &AgentContext::default()));
        if let Err(bad) = result {
            prop_assert!(!bad.message.contains(['\n', '\r']), "{:?}", bad);
            prop_assert!(!bad.message.to_lowercase().contains("##vso"), "{:?}", bad);
            prop_assert!(bad.message.chars().count() < 600, "{:?}", bad);
        }
    }

    #[test]
    fn a_refusal_of_a_secret_input_never_shows_its_value(
        which in 0..5usize,
        value in "[a-zA-Z0-9:/ ?&=.\u{e9}\n-]{8,60}",
    ) {
        let secrets = [
            &sign_in::ACCESS_TOKEN,
            &sign_in::CLIENT_SECRET,
            &channels::SLACK_WEBHOOK_URL,
            &channels::TEAMS_WEBHOOK_URL,
            &channels::WEBHOOK_URL,
        ];
        let key = agent_variable("INPUT_", secrets[which].name);
        let token = ("INPUT_ACCESSTOKEN", "made-up-token");
        let result = agent(&[(&key, &value), COLLECTION, TEMP, token]).and_then(|i| PatMonitorInputs::read(&i, &AgentContext::default()));
        if let Err(bad) = result {
            let shown = format!("{bad:?}");
            for part in value.split_whitespace().filter(|part| part.len() >= 8) {
                prop_assert!(!shown.contains(part));
            }
        }
    }
}
