use patkeeper_core::glob::Glob;

use super::*;
use crate::inputs::given;
use crate::registry::Input;

const ONE: &str = "3f9c01ab-0000-4000-8000-00000000000a";
const TWO: &str = "3f9c01ab-0000-4000-8000-00000000000b";

/// What a plain step has; values given replace these.
const BASE: &[(&str, &str)] = &[("organization", "acme"), ("accessToken", "made-up-token")];

fn read(values: &[(&str, &str)]) -> Result<PatRevokeInputs, BadInput> {
    let inputs = given::by_agent(&registry::TASK, &[values, BASE].concat())?;
    PatRevokeInputs::read(&inputs)
}

fn typed(values: &[(&str, &str)]) -> Result<PatRevokeInputs, BadInput> {
    let inputs = given::by_people(&registry::TASK, &[values, BASE].concat())?;
    PatRevokeInputs::read(&inputs)
}

fn refusal(values: &[(&str, &str)], input: &Input) -> String {
    given::refusal(input, read(values).unwrap_err(), typed(values).unwrap_err())
}

#[test]
fn a_step_with_an_id_lists_and_changes_nothing() {
    for inputs in [
        read(&[("authorizationIds", ONE)]).unwrap(),
        typed(&[("authorizationIds", ONE)]).unwrap(),
    ] {
        let settings = inputs.settings;
        assert_eq!(
            settings.selection,
            Selection::Ids(vec![AuthorizationId::new(ONE)])
        );
        assert_eq!(
            (settings.organization.name(), settings.whose, settings.dry_run),
            ("acme", Whose::Mine, true)
        );
        assert_eq!((settings.expect_count, settings.reason), (None, None));
        assert_eq!(
            inputs.report_formats,
            [ReportFormat::Json, ReportFormat::Markdown]
        );
    }
}

#[test]
fn every_input_reaches_what_it_is_for() {
    let inputs = read(&[
        ("all", "True"),
        ("scope", "Organization"),
        ("owners", "ann@acme.example\n\naad.OGYxZTFk\r\nann@acme.example"),
        ("dryRun", "false"),
        ("expectCount", "0"),
        ("reason", "INC-4711: leaked"),
        ("webhookUrl", "https://hooks.example/x"),
        ("reportDirectory", "out"),
        ("reportFormats", "csv"),
    ])
    .unwrap();
    let settings = inputs.settings;
    let owners = ["ann@acme.example", "aad.OGYxZTFk"].map(|owner| OwnerName::parse(owner).unwrap());
    assert_eq!(settings.whose, Whose::Organization(owners.to_vec()));
    assert_eq!(settings.selection, Selection::All);
    assert!(!settings.dry_run);
    assert_eq!(settings.expect_count, Some(0));
    assert_eq!(settings.reason.as_deref(), Some("INC-4711: leaked"));
    assert!(inputs.channels.webhook.is_some() && inputs.channels.slack.is_none());
    assert_eq!(inputs.report_directory, Some(PathBuf::from("out")));
    assert_eq!(inputs.report_formats, [ReportFormat::Csv]);
}

#[test]
fn ids_may_be_separated_by_anything_and_count_once_whatever_their_letter_case() {
    for text in [
        format!("{ONE}\n{TWO}\r\n\n{ONE}"),
        format!("{ONE},{}, {TWO}", ONE.to_uppercase()),
        format!(" {ONE}  {TWO} "),
    ] {
        let selection = read(&[("authorizationIds", &text)]).unwrap().settings.selection;
        assert_eq!(
            selection,
            Selection::Ids([ONE, TWO].map(AuthorizationId::new).to_vec())
        );
    }
}

#[test]
fn names_are_patterns_one_a_line() {
    let selection = read(&[("names", "ci-*\n\n legacy bridge, old \n")])
        .unwrap()
        .settings
        .selection;
    let patterns = ["ci-*", "legacy bridge, old"].map(Glob::new);
    assert_eq!(selection, Selection::Names(patterns.to_vec()));
}

#[test]
fn without_a_word_on_which_pats_nothing_is_done() {
    for nothing in [
        vec![],
        vec![("authorizationIds", " \n "), ("names", "\n\n"), ("all", "FALSE")],
        vec![("scope", "organization"), ("owners", "ann@acme.example")],
    ] {
        let message = refusal(&nothing, &registry::AUTHORIZATION_IDS);
        assert!(
            message.contains("names") && message.contains("all") && message.contains("give one"),
            "{message}"
        );
    }
    let people = typed(&[]).unwrap_err();
    assert!(people.message.contains("--names and --all"), "{people}");
}

#[test]
fn two_words_on_which_pats_contradict_each_other() {
    let (ids, names, all) = (("authorizationIds", ONE), ("names", "ci-*"), ("all", "true"));
    for (given, input, other) in [
        (vec![ids, names], &registry::NAMES, "authorizationIds"),
        (vec![ids, all], &registry::ALL, "authorizationIds"),
        (vec![names, all], &registry::ALL, "names"),
        (vec![ids, names, all], &registry::NAMES, "authorizationIds"),
    ] {
        let message = refusal(&given, input);
        assert!(message.contains(other), "{message}");
    }
}

#[test]
fn a_malformed_id_is_quoted_among_good_ones() {
    for wrong in [
        "3f9c01ab",
        "{3f9c01ab-0000-4000-8000-00000000000a}",
        "3f9c01ab-0000-4000-8000-00000000000g",
        "ci-build",
        "../pats",
    ] {
        let message = refusal(
            &[("authorizationIds", &format!("{ONE}\n{wrong}"))],
            &registry::AUTHORIZATION_IDS,
        );
        assert!(message.contains(&format!("'{wrong}'")), "{message}");
    }
    refusal(&[("authorizationIds", ",")], &registry::AUTHORIZATION_IDS);
}

#[test]
fn a_pat_in_place_of_its_id_is_not_shown() {
    let pat = format!("{}AZDO{}", "Made0Up1".repeat(10).split_at(76).0, "abcd");
    let message = refusal(&[("authorizationIds", &pat)], &registry::AUTHORIZATION_IDS);
    assert!(
        message.contains("patkeeper identify") && !message.contains("Made0Up1"),
        "{message}"
    );
    let owner = refusal(
        &[("all", "true"), ("scope", "organization"), ("owners", &pat)],
        &registry::OWNERS,
    );
    assert!(!owner.contains("Made0Up1"), "{owner}");
}

#[test]
fn owners_are_of_an_organization() {
    let owner = ("owners", "ann@acme.example");
    let message = refusal(&[("all", "true"), owner], &registry::OWNERS);
    assert!(message.contains("scope"), "{message}");
    let organization = ("scope", "organization");
    for wrong in ["Ann Archer", "ann", "@acme.example", "ann@", "aad.", "aad.a/b"] {
        let given = [
            ("all", "true"),
            organization,
            ("owners", &format!("ann@acme.example\n{wrong}")),
        ];
        let message = refusal(&given, &registry::OWNERS);
        assert!(message.contains(&format!("'{wrong}'")), "{message}");
    }
}

#[test]
fn all_pats_of_everybody_are_nobodys_wish() {
    let organization = ("scope", "organization");
    for everything in [("all", "true"), ("names", "*"), ("names", "ci-*\n??*")] {
        let message = refusal(&[everything, organization], &registry::OWNERS);
        assert!(message.contains("everybody"), "{message}");
    }
    for given in [("names", "ci-*"), ("authorizationIds", ONE)] {
        let settings = read(&[given, organization]).unwrap().settings;
        assert_eq!(settings.whose, Whose::Organization(Vec::new()));
    }
}

#[test]
fn a_revocation_is_for_one_organization() {
    let message = refusal(
        &[("organization", "acme\nfabrikam"), ("all", "true")],
        &registry::ORGANIZATION,
    );
    assert!(message.contains("2 organizations"), "{message}");
}

#[test]
fn what_is_of_another_type_is_refused() {
    for (input, wrong) in [
        (&registry::ALL, "yes"),
        (&registry::DRY_RUN, "no"),
        (&registry::SCOPE, "everybody"),
        (&registry::EXPECT_COUNT, "-1"),
        (&registry::EXPECT_COUNT, "few"),
        (&REPORT_FORMATS, "junit"),
        (&REPORT_FORMATS, "json sarif"),
        (&REPORT_DIRECTORY, "a\nb"),
    ] {
        let base = [(input.name, wrong), ("authorizationIds", ONE)];
        refusal(&base, input);
    }
}
