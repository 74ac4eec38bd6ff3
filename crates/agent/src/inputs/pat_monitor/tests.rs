use super::*;
use crate::inputs::agent_variable;
use crate::inputs::sign_in::SignIn;
use crate::registry::{Kind, channels};

/// What each sign-in takes; a plain step chooses none.
const EVERY_SIGN_IN: &[(&str, &str)] = &[
    ("INPUT_AZURESUBSCRIPTION", "0f1e2d3c-0000-4000-8000-00000000abcd"),
    ("INPUT_REFRESHTOKENVAULT", "acme-kv"),
    ("INPUT_REFRESHTOKENSECRET", "patkeeper-refresh"),
    ("INPUT_CLIENTID", "0f1e2d3c-0000-4000-8000-00000000c11e"),
];

/// A parallel job that reads a whole organization.
const PARALLEL: &[(&str, &str)] = &[
    ("INPUT_SCOPE", "organization"),
    ("SYSTEM_JOBPOSITIONINPHASE", "3"),
    ("SYSTEM_TOTALJOBSINPHASE", "8"),
];

/// Given after a choice, it decides nothing.
const CHOSEN: (&str, &str) = ("INPUT_SIGNIN", "accessToken");

/// What a plain step has; values given replace these.
const BASE: &[(&str, &str)] = &[
    ("SYSTEM_COLLECTIONURI", "https://dev.azure.com/acme/"),
    ("AGENT_TEMPDIRECTORY", "/agent/_temp"),
    ("INPUT_ACCESSTOKEN", "made-up-token"),
];

fn read(values: &[(&str, &str)]) -> Result<PatMonitorInputs, BadInput> {
    let all: Vec<_> = values.iter().chain(BASE).copied().collect();
    let variable = |name: &str| {
        all.iter()
            .find(|(key, _)| *key == name)
            .map(|(_, value)| (*value).to_owned())
    };
    let inputs = Inputs::from_agent(&registry::TASK, variable)?;
    PatMonitorInputs::read(&inputs, &AgentContext::read(variable))
}

/// What is read from the service: organizations, sign-in, whose PATs.
fn from_service(values: &[(&str, &str)]) -> (Vec<String>, SignIn, Scope) {
    match read(values).unwrap().judged {
        Judged::Read {
            organizations,
            sign_in,
            scope,
        } => (
            organizations.iter().map(|one| one.name().to_owned()).collect(),
            sign_in.choice,
            scope,
        ),
        Judged::Reports { .. } => panic!("reports are merged"),
    }
}

fn refusal(input: &Input, value: &str) -> BadInput {
    let key = agent_variable("INPUT_", input.name);
    let bad = read(&[(&key, value)]).unwrap_err();
    assert_eq!(bad.input, input.name, "{bad}");
    assert!(bad.message.starts_with(&format!("{}: ", input.name)), "{bad}");
    bad
}

#[test]
fn a_step_with_nothing_but_a_token_has_the_contracts_defaults() {
    let inputs = read(&[]).unwrap();
    let (organizations, sign_in, scope) = from_service(&[]);
    assert_eq!((organizations, scope), (vec!["acme".to_owned()], Scope::Mine));
    assert!(matches!(sign_in, SignIn::AccessToken(_)));
    assert_eq!(
        (
            inputs.warning_days,
            inputs.critical_days,
            inputs.expired_within_days
        ),
        (30, 7, 30)
    );
    assert_eq!(
        (inputs.fail_on, inputs.fail_on_policy),
        (FailOn::Expired, FailOnPolicy::Never)
    );
    assert_eq!(inputs.policy, PolicyInputs::default());
    assert_eq!(inputs.alert_on, AlertOn::Attention);
    assert_eq!(
        inputs.report_formats,
        [ReportFormat::Json, ReportFormat::Markdown]
    );
    assert_eq!(
        inputs.report_directory,
        Some(PathBuf::from("/agent/_temp/patkeeper"))
    );
    assert!(inputs.names.is_empty() && inputs.require_names.is_empty());
    assert!(inputs.policy_file.is_none() && inputs.channels.webhook.is_none());
}

#[test]
fn an_empty_value_of_any_input_is_the_same_as_none() {
    for input in registry::TASK
        .inputs
        .iter()
        .filter(|input| input.name != "accessToken")
    {
        let key = agent_variable("INPUT_", input.name);
        for empty in ["", "  ", "\n\t"] {
            assert!(read(&[(&key, empty)]).is_ok(), "{}", input.name);
        }
    }
}

#[test]
fn every_number_refuses_the_wrong_type_and_what_is_out_of_range() {
    for input in registry::TASK.inputs {
        let Kind::Number { min, max } = input.kind else {
            continue;
        };
        for wrong in [
            "soon",
            "-1",
            "+7",
            "7.5",
            "1e3",
            "0x10",
            "3651",
            "99999999999",
            "7 days",
            "٧",
        ] {
            let bad = refusal(input, wrong);
            assert!(bad.message.contains(&format!("from {min} to {max}")), "{bad}");
            assert!(bad.message.contains(wrong), "{bad}");
        }
    }
    refusal(&registry::MAX_LIFETIME_DAYS, "0");
}

#[test]
fn every_choice_refuses_what_it_does_not_know_and_says_what_it_does() {
    for input in registry::TASK.inputs {
        let options = input.kind.options();
        if options.is_empty() {
            continue;
        }
        let bad = refusal(input, "banana");
        assert!(
            options.iter().all(|(value, _)| bad.message.contains(value)),
            "{bad}"
        );
        for later in input.later {
            let bad = refusal(input, later);
            assert!(
                bad.message.contains("does not have") && bad.message.contains(later),
                "{bad}"
            );
        }
    }
}

#[test]
fn what_the_designer_offers_is_what_the_reading_knows() {
    for input in registry::TASK.inputs {
        let key = agent_variable("INPUT_", input.name);
        for (value, _) in input.kind.options() {
            for spelling in [(*value).to_owned(), value.to_uppercase()] {
                let values = [
                    &[(key.as_str(), spelling.as_str())],
                    EVERY_SIGN_IN,
                    PARALLEL,
                    &[CHOSEN],
                ]
                .concat();
                assert!(read(&values).is_ok(), "{} = {spelling}", input.name);
            }
        }
    }
}

#[test]
fn each_choice_means_itself() {
    assert_eq!(read(&[("INPUT_FAILON", "Never")]).unwrap().fail_on, FailOn::Never);
    assert_eq!(
        read(&[("INPUT_FAILON", "critical")]).unwrap().fail_on,
        FailOn::Critical
    );
    assert_eq!(
        read(&[("INPUT_FAILON", "warning")]).unwrap().fail_on,
        FailOn::Warning
    );
    assert_eq!(
        read(&[("INPUT_FAILONPOLICY", "error")]).unwrap().fail_on_policy,
        FailOnPolicy::Error
    );
    assert_eq!(
        read(&[("INPUT_ALERTON", "always")]).unwrap().alert_on,
        AlertOn::Always
    );
}

#[test]
fn formats_may_be_separated_by_spaces_commas_or_lines() {
    use ReportFormat::{Csv, Html, Json, Junit, Sarif};
    for text in [
        "csv json junit sarif html",
        "csv,json, junit,sarif , html",
        "csv\njson\r\njunit\nsarif\nHTML\n",
        "csv CSV json,,junit SARIF html csv",
    ] {
        assert_eq!(
            read(&[("INPUT_REPORTFORMATS", text)]).unwrap().report_formats,
            [Csv, Json, Junit, Sarif, Html]
        );
    }
}

#[test]
fn names_are_patterns_one_a_line() {
    let inputs = read(&[
        ("INPUT_NAMES", "ci-*\r\n\n  svc build, v2  "),
        ("INPUT_REQUIRENAMES", "deploy"),
    ])
    .unwrap();
    assert_eq!(
        inputs.names.iter().map(Glob::as_str).collect::<Vec<_>>(),
        ["ci-*", "svc build, v2"]
    );
    assert_eq!(
        inputs.require_names.iter().map(Glob::as_str).collect::<Vec<_>>(),
        ["deploy"]
    );
}

#[test]
fn critical_over_warning_is_refused_even_when_one_is_a_default() {
    let both = read(&[("INPUT_WARNINGDAYS", "10"), ("INPUT_CRITICALDAYS", "11")]).unwrap_err();
    assert_eq!(both.input, "criticalDays");
    assert!(
        both.message.contains("11") && both.message.contains("warningDays (10)"),
        "{both}"
    );
    assert_eq!(
        read(&[("INPUT_WARNINGDAYS", "3")]).unwrap_err().input,
        "criticalDays"
    );
    assert!(read(&[("INPUT_WARNINGDAYS", "7")]).is_ok());
}

#[test]
fn at_a_command_line_the_defaults_are_the_same() {
    let flags = [("organization", "acme"), ("accessToken", "made-up-token")];
    let given = Inputs::from_flags(&registry::TASK, |name| {
        let flag = flags.iter().find(|(flag, _)| *flag == name);
        flag.map(|(_, value)| (*value).to_owned())
    });
    let people = PatMonitorInputs::read(&given.unwrap(), &AgentContext::default()).unwrap();
    let agent = read(&[]).unwrap();
    let judged = |inputs: &PatMonitorInputs| {
        let days = (
            inputs.warning_days,
            inputs.critical_days,
            inputs.expired_within_days,
        );
        (days, inputs.fail_on, inputs.fail_on_policy, inputs.alert_on)
    };
    assert_eq!(judged(&people), judged(&agent));
    assert_eq!(
        people.report_directory, None,
        "only an agent can resolve this default"
    );
}

#[test]
fn several_organizations_are_read_one_a_line_and_each_once() {
    let text = "https://dev.azure.com/acme/\n\nfabrikam\nACME\nhttps://acme.visualstudio.com/";
    let (organizations, ..) = from_service(&[("INPUT_ORGANIZATION", text)]);
    assert_eq!(organizations, ["acme", "fabrikam"]);
}

#[test]
fn what_is_no_organization_is_refused_with_the_forms_that_are() {
    for wrong in [
        "https://evil.example/acme",
        "http://dev.azure.com/acme",
        "acme/../other",
        "acme fabrikam",
    ] {
        let bad = refusal(&SEVERAL, wrong);
        assert!(bad.message.contains("https://dev.azure.com/acme/"), "{bad}");
    }
    let pasted = refusal(&SEVERAL, "https://me:hunter2@dev.azure.com/acme");
    assert!(!pasted.message.contains("hunter2"), "{pasted}");
    let second = read(&[("INPUT_ORGANIZATION", "acme\nhttps://evil.example/")]).unwrap_err();
    assert!(second.message.contains("evil.example"), "{second}");
}

#[test]
fn an_azure_devops_server_gets_its_own_message() {
    let bad = refusal(&SEVERAL, "https://tfs.example.com/tfs/DefaultCollection");
    assert!(bad.message.contains("Azure DevOps Server"), "{bad}");
    let default = read(&[(
        "SYSTEM_COLLECTIONURI",
        "https://tfs.example.com/tfs/DefaultCollection/",
    )])
    .unwrap_err();
    assert!(default.message.contains("Azure DevOps Server"), "{default}");
}

#[test]
fn webhooks_are_https_urls_and_never_shown() {
    for input in [
        &channels::SLACK_WEBHOOK_URL,
        &channels::TEAMS_WEBHOOK_URL,
        &channels::WEBHOOK_URL,
    ] {
        for wrong in [
            "http://hooks.example/s3cret",
            "hooks.example/s3cret",
            "https://",
            "ftp://x/s3cret",
            "https://x/s3 cret",
            "https://me:s3cret@x/",
        ] {
            let bad = refusal(input, wrong);
            assert!(
                bad.message.contains("https") && !bad.message.contains("s3"),
                "{bad}"
            );
        }
        let key = agent_variable("INPUT_", input.name);
        assert!(read(&[(&key, "https://hooks.example/services/x?sig=y")]).is_ok());
    }
}

#[test]
fn forbidden_scopes_that_name_none_or_are_none_are_refused() {
    refusal(&registry::FORBIDDEN_SCOPES, ",");
    refusal(&registry::FORBIDDEN_SCOPES, "vso.code; vso.build");
    let inputs = read(&[(
        "INPUT_FORBIDDENSCOPES",
        "vso.full_access, vso.code_manage\napp_token",
    )])
    .unwrap();
    let scopes = inputs.policy.forbidden_scopes.unwrap();
    assert_eq!(
        scopes.iter().collect::<Vec<_>>(),
        ["app_token", "vso.code_manage"]
    );
}

#[test]
fn a_path_of_several_lines_is_refused() {
    refusal(&registry::POLICY_FILE, "a.yml\nb.yml");
    refusal(&REPORT_DIRECTORY, "/a\n/b");
}

#[test]
fn a_whole_organization_is_read_with_as_many_requests_at_once_as_are_asked_for() {
    let organization = ("INPUT_SCOPE", "organization");
    let (.., scope) = from_service(&[organization]);
    let whole = |parallelism| Scope::Organization {
        parallelism,
        slice: None,
    };
    assert_eq!(scope, whole(16));
    for (given, parallelism) in [("1", 1), ("64", 64)] {
        let (.., scope) = from_service(&[organization, ("INPUT_PARALLELISM", given)]);
        assert_eq!(scope, whole(parallelism));
    }
    for wrong in ["0", "65"] {
        assert!(
            refusal(&registry::PARALLELISM, wrong)
                .message
                .contains("from 1 to 64")
        );
    }
}

#[test]
fn a_parallel_job_takes_its_share_only_where_it_is_told_to() {
    let slice = |values: &[(&str, &str)]| match from_service(&[values, PARALLEL].concat()) {
        (.., Scope::Organization { slice, .. }) => slice,
        (.., Scope::Mine) => panic!("not the organization"),
    };
    assert_eq!(slice(&[("INPUT_SLICE", "auto")]), Slice::new(3, 8));
    assert_eq!(
        slice(&[]),
        None,
        "a job of a matrix is numbered too, and reads everybody"
    );
}

#[test]
fn a_share_of_nothing_that_can_be_shared_is_refused() {
    let auto = ("INPUT_SLICE", "auto");
    let position = |position| ("SYSTEM_JOBPOSITIONINPHASE", position);
    let total = |total| ("SYSTEM_TOTALJOBSINPHASE", total);
    for (given, what) in [
        (vec![position(""), total("")], "missing"),
        (vec![position("1"), total("")], "missing"),
        (vec![position("one"), total("8")], "no whole numbers"),
        (vec![position("-1"), total("8")], "no whole numbers"),
        (vec![position("9"), total("8")], "9 of 8"),
        (vec![position("0"), total("8")], "0 of 8"),
    ] {
        let bad = read(&[given.as_slice(), &[auto], PARALLEL].concat()).unwrap_err();
        assert_eq!(bad.input, "slice");
        assert!(
            bad.message.contains(what) && bad.message.contains("strategy: parallel"),
            "{bad}"
        );
    }
    let mine = read(&[&[auto, ("INPUT_SCOPE", "mine")], PARALLEL].concat()).unwrap_err();
    assert!(mine.message.contains("scope is mine"), "{mine}");
}

#[test]
fn reports_are_merged_without_a_sign_in_or_an_organization() {
    let merged = read(&[
        (
            "INPUT_MERGEREPORTS",
            "slices/1/patkeeper.json\r\n\n slices/2/patkeeper.json ",
        ),
        ("INPUT_ACCESSTOKEN", ""),
        ("INPUT_SIGNIN", "refreshToken"),
        ("INPUT_SCOPE", "organization"),
        (
            "SYSTEM_COLLECTIONURI",
            "https://tfs.example.com/tfs/DefaultCollection/",
        ),
    ])
    .unwrap();
    let Judged::Reports { paths, given } = merged.judged else {
        panic!("PATs are read");
    };
    assert_eq!(
        paths,
        ["slices/1/patkeeper.json", "slices/2/patkeeper.json"].map(PathBuf::from)
    );
    assert!(given.is_empty(), "{given:?}");
    refusal(&registry::MERGE_REPORTS, "a\u{7}.json");
}

#[test]
fn a_merge_knows_which_limits_were_asked_for() {
    let given = |values: &[(&str, &str)]| {
        let all = [values, &[("INPUT_MERGEREPORTS", "a.json")]].concat();
        match read(&all).unwrap().judged {
            Judged::Reports { given, .. } => given.join(" "),
            Judged::Read { .. } => panic!("PATs are read"),
        }
    };
    let defaults = [
        ("INPUT_WARNINGDAYS", "030"),
        ("INPUT_CRITICALDAYS", "7"),
        ("INPUT_FAILON", "never"),
    ];
    assert_eq!(given(&defaults), "", "an agent fills defaults in");
    let all = [
        ("INPUT_NAMES", "ci-*"),
        ("INPUT_REQUIRENAMES", "ci-*"),
        ("INPUT_WARNINGDAYS", "31"),
        ("INPUT_CRITICALDAYS", "8"),
        ("INPUT_EXPIREDWITHINDAYS", "0"),
        ("INPUT_MAXLIFETIMEDAYS", "90"),
        ("INPUT_FORBIDDENSCOPES", "app_token"),
        ("INPUT_POLICYFILE", "policy.yml"),
    ];
    assert_eq!(
        given(&all),
        "names requireNames warningDays criticalDays expiredWithinDays maxLifetimeDays forbiddenScopes policyFile"
    );
}

#[test]
fn a_merge_is_no_share() {
    let both = [("INPUT_SLICE", "auto"), ("INPUT_MERGEREPORTS", "a.json")];
    let bad = read(&[&both, PARALLEL].concat()).unwrap_err();
    assert_eq!(bad.input, "slice");
    assert!(bad.message.contains("mergeReports"), "{bad}");
}
